/** The dialog in which people register, confirm their address, and sign in and out. */

import { confirmAddress, register, resendCode } from "./api.js";
import { explain } from "./problems.js";

const find = (selector) => document.querySelector(`#account ${selector}`);

export class Account {
  #session;
  #waiting = null; // what signs in once the address is confirmed

  constructor(session) {
    this.#session = session;
    find("#login").addEventListener("submit", (event) => this.#try(event, () => this.#signIn()));
    find("#register").addEventListener("click", (event) => this.#try(event, () => this.#register()));
    find("#confirm").addEventListener("submit", (event) => this.#try(event, () => this.#confirm()));
    find("#resend").addEventListener("click", (event) => this.#try(event, () => this.#resend()));
    find("#leave").addEventListener("click", () => session.end());
    session.addEventListener("change", () => this.#show());
    this.#show();
  }

  /** Open it; `why` is told where it is opened because something needs it. */
  open(why = "") {
    this.#say("");
    find("#why").textContent = why;
    document.querySelector("#account").showModal();
  }

  async #signIn() {
    await this.#session.start(find("#login-email").value, find("#password").value);
    this.#done();
  }

  async #register() {
    if (!find("#login").reportValidity()) return;
    const [email, password] = [find("#login-email").value, find("#password").value];
    const { detail } = await register(email, password);
    this.#waiting = { email, password };
    this.#show();
    this.#say(detail);
    find("#code").focus();
  }

  async #confirm() {
    const { email, password } = this.#waiting;
    await confirmAddress(email, find("#code").value);
    this.#waiting = null;
    await this.#session.start(email, password);
    this.#done();
  }

  async #resend() {
    this.#say((await resendCode(this.#waiting.email)).detail);
  }

  #done() {
    find("#login").reset();
    find("#confirm").reset();
    document.querySelector("#account").close();
  }

  #show() {
    const email = this.#session.email;
    find("#login").hidden = Boolean(email || this.#waiting);
    find("#confirm").hidden = Boolean(email || !this.#waiting);
    find("#signed-in").hidden = !email;
    find("#who").textContent = email ?? "";
    this.#say("");
  }

  #say(text) {
    find(".trouble").textContent = text;
  }

  async #try(event, action) {
    event.preventDefault();
    this.#say("");
    try {
      await action();
    } catch (error) {
      this.#say(error.problem?.status === 401 ? error.message : explain(error));
    }
  }
}
