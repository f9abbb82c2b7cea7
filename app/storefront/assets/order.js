/** An order's own page: how it stands, live; the card that pays it; and on a map the courier who brings it. */

import { moveOrder, openOrderEvents, payOrder, readOrder } from "./api.js";
import { make, money, time } from "./dom.js";
import { follow } from "./live.js";
import { cardFields, refusal } from "./payment.js";
import { explain, troubleFor } from "./problems.js";
import { heading } from "./router.js";
import { isOver, TOLD, WAY } from "./states.js";

export async function show(page, { params: [id], signal, shop }) {
  shop.session.addEventListener("change", () => shop.router.show(), { signal, once: true });
  if (!shop.session.email) {
    page.append(heading("An order"), make("p", { className: "plain" }, "Only who placed it may see it. ",
      make("button", { type: "button", className: "link", onclick: () => shop.account.open() }, "Sign in")));
    return;
  }
  const view = new OrderView(await readOrder(id), shop);
  page.append(view.element);
  view.follow(signal);
}

class OrderView {
  #order;
  #shop;
  #state = make("strong", { role: "status" });
  #way = make("ol", { className: "way" });
  #link = make("p", { className: "link-state", role: "status" });
  #doing = make("div", { className: "doing" }); // what there is to do in this state
  #place = make("div", { className: "place", hidden: true }); // the map
  #map = null;
  #shown = null; // the state that the page shows

  constructor(order, shop) {
    this.#order = order;
    this.#shop = shop;
    this.element = make("article", { className: "order" },
      make("header", {}, heading(`Order ${order.id.slice(-8)}`), this.#state, this.#link), this.#way,
      make("div", { className: "columns" }, make("div", {}, this.#place, this.#doing), this.#slip()));
    this.#update(order);
  }

  /** Show what becomes of it, until nothing can any more. */
  async follow(signal) {
    const hear = ({ type, data }) => {
      if (type === "order") this.#update(JSON.parse(data));
      if (type === "position") this.#move(JSON.parse(data));
      return !isOver(this.#order.status);
    };
    const tell = (isConnected) => {
      this.#link.textContent = isConnected ? "" : "The connection broke off. It is tried again, and nothing is missed.";
    };
    try {
      await follow((until) => openOrderEvents(this.#order.id, until), { signal, hear, tell });
    } catch (error) {
      this.#link.textContent = explain(error);
    }
  }

  #update(order) {
    this.#order = order;
    if (this.#shown === order.status) return; // so that nothing that is being typed is lost
    this.#shown = order.status;
    this.#state.textContent = TOLD[order.status];
    this.#state.className = `state ${order.status}`;
    this.#way.replaceChildren(...steps(order.status));
    this.#doing.replaceChildren(...this.#actions(order));
    this.#place.hidden = !["shipped", "delivered"].includes(order.status) || (order.status === "delivered" && !this.#map);
    if (order.status === "shipped") this.#showMap();
    this.#map?.arrived(order.status === "delivered");
  }

  async #showMap() {
    const { CourierMap } = await import("./map.js");
    this.#map ??= new CourierMap();
    this.#place.replaceChildren(this.#map.element);
  }

  async #move(position) {
    await this.#showMap();
    this.#map.move(position);
  }

  #actions(order) {
    const { session } = this.#shop;
    const isOwn = order.customer_id === session.subject;
    return [
      isOwn && order.status === "placed" ? this.#payment(order) : null,
      session.isStaff ? this.#staff(order) : null,
      ["placed", "paid"].includes(order.status) ? this.#cancellation(order) : null,
    ].filter(Boolean);
  }

  #payment(order) {
    const refused = JSON.parse(sessionStorage.getItem("refused") ?? "{}");
    const isRefused = refused.order === order.id;
    const card = cardFields(isRefused ? refused.card : "");
    const button = make("button", { className: "primary" }, `Pay ${money(order.total_minor, order.currency)}`);
    const trouble = troubleFor();
    const element = make("form", { className: "panel" }, make("h2", {}, "Pay it"), card.element, trouble.element, button);
    if (isRefused) trouble.say(refused.text);
    element.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      trouble.say("");
      try {
        await payOrder(order.id, card.number());
        sessionStorage.removeItem("refused");
        element.replaceChildren(make("p", { role: "status" }, "The bank said yes. The money is being taken …"));
      } catch (error) {
        trouble.say(refusal(error) ?? explain(error));
        button.disabled = false;
      }
    });
    return element;
  }

  /** Two presses, so that a slip of the finger cancels nothing. */
  #cancellation(order) {
    const button = make("button", { type: "button", className: "link" }, "Cancel this order");
    const trouble = troubleFor(button);
    button.onclick = () => {
      button.textContent = "Really cancel it?";
      button.onclick = () => this.#act(trouble, order, "cancellation");
    };
    return make("div", {}, button, trouble.element);
  }

  /** What staff do in the back of the house: a learner drives the order on by it. */
  #staff(order) {
    const trouble = troubleFor();
    const element = make("section", { className: "panel staff" }, make("h2", {}, "Staff"));
    const button = (text, where, content) =>
      make("button", { type: "button", className: "quiet", onclick: () => this.#act(trouble, order, where, content?.()) }, text);
    if (order.status === "paid") {
      const couriers = make("select", { id: "courier" }, make("option", { value: "" }, "nobody who is followed"));
      import("./map.js").then(({ offer }) => offer(couriers)).catch((error) => trouble.say(explain(error)));
      const chosen = () => (couriers.value ? { courier_id: couriers.value } : undefined);
      element.append(make("label", { htmlFor: "courier" }, "Brought by"), couriers, button("Ship it", "shipment", chosen));
    } else if (order.status === "shipped") element.append(button("It has arrived", "delivery"));
    else if (order.status === "delivered") element.append(button("It came back: refund it", "refund"));
    else element.append(make("p", {}, "Nothing to do for it now."));
    element.append(trouble.element);
    return element;
  }

  async #act(trouble, order, where, content) {
    await trouble.try(async () => {
      await moveOrder(order.id, where, content);
      this.#update(await readOrder(order.id));
    });
  }

  #slip() {
    const { lines, total_minor: total, currency, customer_email: email, created_at: at, id } = this.#order;
    const rows = lines.map((line) => make("li", {},
      make("a", { href: `#/product/${line.product_id}` }, line.product_name),
      make("small", {}, `${line.quantity} × ${money(line.unit_price_minor, currency)}`),
      make("b", {}, money(line.quantity * line.unit_price_minor, currency))));
    return make("aside", { className: "slip", ariaLabel: "What was ordered" },
      make("p", {}, "Placed ", time(at)), make("ul", {}, ...rows),
      make("p", { className: "total" }, "Total ", make("b", {}, money(total, currency))),
      make("p", {}, "Confirmed to ", email), make("p", {}, make("code", {}, id)));
  }
}

function steps(status) {
  const reached = Object.keys(WAY).indexOf(status);
  const off = reached < 0 ? [make("li", { className: "off", ariaCurrent: "step" }, TOLD[status])] : [];
  const way = Object.values(WAY).map((text, at) => {
    const step = make("li", { className: at <= reached ? "done" : "" }, text);
    if (at === reached) step.ariaCurrent = "step";
    return step;
  });
  return [...(off.length ? way.slice(0, 1) : way), ...off];
}
