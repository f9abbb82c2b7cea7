/**
 * What the customer is about to buy. Kept in this browser, and for who has signed in at the shop as well: there it is the
 * same in every browser. What was chosen before signing in is added to what the shop has. A change is made here at once and
 * sent afterwards; one that could not be sent is kept, and sent with the next.
 */

import { readCart, readProduct, setInCart } from "./api.js";

const LARGEST_QUANTITY = 100; // of one line, as the API has it

export class Bag extends EventTarget {
  #session;
  #lines; // by the product's id: {product, quantity}
  #unsent; // ids of products whose quantity the shop does not know yet
  #owner; // the account whose bag it is; null is nobody's yet
  #work = Promise.resolve(); // one exchange with the shop after the other

  constructor(session) {
    super();
    this.#session = session;
    this.#restore();
    session.addEventListener("change", () => this.#follow());
    addEventListener("online", () => this.synchronise());
    if (this.#owner !== null && !session.subject) this.#empty(); // a bag of who is not here
  }

  /** [{product, quantity}], in the order of choosing. */
  get lines() {
    return [...this.#lines.values()];
  }

  get count() {
    return this.lines.reduce((sum, line) => sum + line.quantity, 0);
  }

  get total() {
    return this.lines.reduce((sum, line) => sum + line.quantity * line.product.price_minor, 0);
  }

  /** Change a product's quantity by so many; at none the line is gone. Returns how many there are. */
  add(product, quantity = 1) {
    const wanted = (this.#lines.get(product.id)?.quantity ?? 0) + quantity;
    return this.set(product, wanted);
  }

  set(product, quantity) {
    const wanted = Math.max(0, Math.min(quantity, product.stock, LARGEST_QUANTITY));
    if (wanted > 0) this.#lines.set(product.id, { product, quantity: wanted });
    else this.#lines.delete(product.id);
    this.#unsent.add(product.id);
    this.#changed();
    this.synchronise();
    return wanted;
  }

  /** Empty it: its content is now an order. */
  ordered() {
    for (const id of this.#lines.keys()) this.#unsent.add(id);
    this.#lines.clear();
    this.#changed();
    this.synchronise();
  }

  /** Bring this bag and the shop's to the same. Tells of a failure by an event, and resolves in any case. */
  synchronise() {
    if (!this.#session.subject) return this.#work;
    this.#work = this.#work.then(() => this.#exchange()).catch((error) => {
      this.dispatchEvent(new CustomEvent("unsent", { detail: error }));
    });
    return this.#work;
  }

  async #exchange() {
    const subject = this.#session.subject;
    if (!subject) return;
    const there = new Map((await readCart()).lines.map((line) => [line.product_id, line.quantity]));
    if (this.#owner !== subject) this.#adopt(subject, there);
    for (const id of [...this.#unsent]) {
      const quantity = this.#lines.get(id)?.quantity ?? 0;
      try {
        await setInCart(id, quantity);
        there.set(id, quantity);
      } catch (error) {
        if (!(error.problem?.status < 500) || [401, 429].includes(error.problem.status)) throw error;
        this.dispatchEvent(new CustomEvent("unsent", { detail: error })); // refused: the shop's own counts
      }
      if ((this.#lines.get(id)?.quantity ?? 0) === quantity) this.#unsent.delete(id);
    }
    await this.#take(there);
  }

  /** From now on it is an account's: what was chosen before comes on top of what the shop has. */
  #adopt(subject, there) {
    for (const [id, line] of this.#lines) {
      line.quantity = Math.min(line.quantity + (there.get(id) ?? 0), line.product.stock, LARGEST_QUANTITY);
      this.#unsent.add(id);
    }
    this.#owner = subject;
    this.#changed();
  }

  /** Have what the shop has, but for what it does not know yet. */
  async #take(there) {
    const wanted = [...there].filter(([id, quantity]) => quantity > 0 && !this.#unsent.has(id));
    const known = await Promise.allSettled(wanted.map(([id]) => this.#lines.get(id)?.product ?? readProduct(id)));
    const lines = new Map(wanted.flatMap(([id, quantity], at) =>
      known[at].value ? [[id, { product: known[at].value, quantity }]] : []));
    const before = JSON.stringify([...this.#lines]);
    for (const id of this.#lines.keys()) if (!lines.has(id) && !this.#unsent.has(id)) this.#lines.delete(id);
    for (const [id, line] of lines) this.#lines.set(id, line);
    if (JSON.stringify([...this.#lines]) !== before) this.#changed();
    else this.#save();
  }

  #follow() {
    if (this.#session.subject) this.synchronise();
    else this.#empty(); // the shop keeps it for the next time
  }

  #empty() {
    this.#lines = new Map();
    this.#unsent = new Set();
    this.#owner = null;
    this.#changed();
  }

  #restore() {
    let kept = {};
    try {
      kept = JSON.parse(localStorage.getItem("bag")) ?? {};
    } catch {
      // what stands there is none of ours
    }
    this.#lines = new Map(kept.lines ?? []);
    this.#unsent = new Set(kept.unsent ?? []);
    this.#owner = kept.owner ?? null;
  }

  #save() {
    const kept = { owner: this.#owner, lines: [...this.#lines], unsent: [...this.#unsent] };
    localStorage.setItem("bag", JSON.stringify(kept));
  }

  #changed() {
    this.#save();
    this.dispatchEvent(new Event("change"));
  }
}
