/** The orders of who has signed in, the newest first. */

import { listOrders } from "./api.js";
import { make, money, time } from "./dom.js";
import { troubleFor } from "./problems.js";
import { heading } from "./router.js";
import { TOLD } from "./states.js";

export async function show(page, { shop, signal }) {
  page.append(heading("Your orders"));
  shop.session.addEventListener("change", () => shop.router.show(), { signal, once: true });
  if (!shop.session.email) {
    page.append(make("p", { className: "plain" }, "They are yours alone. ",
      make("button", { type: "button", className: "link", onclick: () => shop.account.open() }, "Sign in to see them")));
    return;
  }
  const list = make("ul", { className: "ledger" });
  const more = make("button", { type: "button", className: "quiet" }, "Older ones");
  const trouble = troubleFor(more);
  let next = null;
  const load = async () => {
    const found = await listOrders(next);
    list.append(...found.items.map(item));
    next = found.next;
    more.hidden = !next;
  };
  await load();
  more.onclick = () => trouble.try(load);
  const nothing = make("p", { className: "plain", hidden: list.childElementCount > 0 }, "None yet. ", make("a", { href: "#/" }, "Find something"));
  page.append(list, nothing, trouble.element, more);
}

function item(order) {
  return make("li", {},
    make("a", { href: `#/order/${order.id}` }, "Order ", make("code", {}, order.id.slice(-8))),
    time(order.created_at), make("span", { className: `state ${order.status}` }, TOLD[order.status]),
    make("b", {}, money(order.total_minor, order.currency)));
}
