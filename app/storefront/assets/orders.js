/** The orders that were placed here: what has become of them, and the card that pays one. */

import { ApiError, payOrder, readOrder } from "./api.js";
import { find, make, money } from "./dom.js";

const LOOK = 2000; // milliseconds between two looks, while something is about to happen
const TOLD = {
  placed: "waits for your payment",
  paid: "paid",
  shipped: "on its way",
  delivered: "delivered",
  cancelled: "cancelled",
  refunded: "refunded",
};

export class Orders {
  #bag;
  #session;
  #shown = new Map(); // id -> what of it is on the page
  #paying = new Set(); // ids of orders whose money is on its way
  #next;

  constructor(bag, session) {
    this.#bag = bag;
    this.#session = session;
  }

  /** Show them as they are now, and as they change while the bag is open. */
  async show() {
    clearTimeout(this.#next);
    const found = await Promise.allSettled(this.#session.email ? this.#bag.orders.map(readOrder) : []);
    const orders = found.filter((one) => one.status === "fulfilled").map(({ value }) => value);
    const items = orders.map((order) => this.#item(order));
    if (!orders.length) find("#placed").replaceChildren();
    else if (this.#has(items)) return this.#follow(orders);
    else find("#placed").replaceChildren(make("h2", {}, "Your orders"), make("ul", { className: "orders" }, ...items));
    this.#follow(orders);
  }

  #has(items) {
    const list = find("#placed ul");
    return list !== null && list.childElementCount === items.length && items.every((item, at) => item === list.children[at]);
  }

  #follow(orders) {
    for (const { id, status } of orders) if (status !== "placed") this.#paying.delete(id);
    const isMoving = orders.some(({ id, status }) => this.#paying.has(id) || ["paid", "shipped"].includes(status));
    if (isMoving && find("#bag").open) this.#next = setTimeout(() => this.show(), LOOK);
  }

  /** The order's element: the one that is there, so that nothing typed into it is lost, while nothing has changed. */
  #item(order) {
    const isPaying = order.status === "placed" && this.#paying.has(order.id);
    const state = isPaying ? "is being paid" : TOLD[order.status];
    const shown = this.#shown.get(order.id);
    if (shown?.state === state) return shown.item;
    const lines = order.lines.map((line) => `${line.quantity} × ${line.product_name}`).join(", ");
    const item = make("li", {},
      make("p", {}, make("code", {}, order.id.slice(-8)), ` ${lines}`),
      make("p", { className: "state" }, money(order.total_minor, order.currency), make("strong", { role: "status" }, state)));
    if (order.status === "placed" && !isPaying) item.append(this.#payment(order));
    this.#shown.set(order.id, { state, item });
    return item;
  }

  #payment(order) {
    const id = `card-${order.id}`;
    const trouble = make("p", { className: "trouble", role: "alert" });
    const card = make("input", {
      id, required: true, inputMode: "numeric", autocomplete: "cc-number", maxLength: 23,
      pattern: "[0-9 ]{13,23}", placeholder: "4242 4242 4242 4242", title: "13 to 19 digits",
    });
    const button = make("button", { className: "primary" }, `Pay ${money(order.total_minor, order.currency)}`);
    const form = make("form", { className: "pay" },
      make("label", { htmlFor: id }, "Card number"), card,
      make("small", {}, "A sandbox: 4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined, no money moves."),
      trouble, button);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      trouble.textContent = "";
      button.disabled = true;
      try {
        await payOrder(order.id, card.value.replaceAll(" ", ""));
        this.#paying.add(order.id);
        await this.show();
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        trouble.textContent = error.message;
      } finally {
        button.disabled = false;
      }
    });
    return form;
  }
}
