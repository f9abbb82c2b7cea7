/** Who has signed in. The tokens are this tab's alone, and gone with it: no other site's page, and no cookie, has them. */

import { ApiError, readMe, refresh, setAuthorization, signIn, signOut } from "./api.js";

const STAFF = ["admin", "support"];

export class Session extends EventTarget {
  #kept = read();

  constructor() {
    super();
    setAuthorization(() => this.token, () => this.renew());
  }

  /** The address that signed in; undefined where nobody has. */
  get email() {
    return this.#kept?.email;
  }

  /** The account's lasting id. */
  get subject() {
    return this.#kept?.subject;
  }

  get isStaff() {
    return Boolean(this.#kept?.roles.some((role) => STAFF.includes(role)));
  }

  get token() {
    return this.#kept?.access_token;
  }

  async start(email, password) {
    const tokens = await signIn(email, password);
    this.#keep({ email, ...tokens, ...(await readMe(tokens.access_token)) });
  }

  /** End it here at once; that the shop ends it, too, is not waited for. */
  end() {
    const { refresh_token } = this.#kept;
    this.#keep(null);
    signOut(refresh_token).catch(() => {}); // it expires by itself
  }

  /** Get another access token; tell whether there is one. */
  async renew() {
    if (!this.#kept) return false;
    try {
      this.#keep({ ...this.#kept, ...(await refresh(this.#kept.refresh_token)) }, { isNew: false });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.status !== 401) throw error;
      this.#keep(null);
      return false;
    }
  }

  #keep(session, { isNew = true } = {}) {
    this.#kept = session;
    sessionStorage.setItem("session", JSON.stringify(session));
    if (isNew) this.dispatchEvent(new Event("change"));
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem("session"));
  } catch {
    return null;
  }
}
