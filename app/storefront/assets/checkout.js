/** From the bag to a paid order: what is bought, where the confirmation goes, and the card. */

import { payOrder, placeOrder } from "./api.js";
import { field, make, money } from "./dom.js";
import { cardFields, refusal } from "./payment.js";
import { explain, troubleFor } from "./problems.js";
import { picture } from "./products.js";
import { heading } from "./router.js";

const kept = { email: "", card: "" }; // what was typed, for who comes back to the page

export async function show(page, { shop, signal }) {
  const form = checkout(shop);
  const list = make("ul", { className: "lines" });
  const total = make("output", {});
  const content = make("div", { className: "columns checkout" }, form.element,
    make("aside", { className: "panel", ariaLabel: "What you buy" }, make("h2", {}, "What you buy"), list,
      make("p", { className: "total" }, "Total ", total)));
  const nothing = make("p", { className: "plain" }, "Your bag is empty. ", make("a", { href: "#/" }, "Find something"));
  const update = () => {
    list.replaceChildren(...shop.bag.lines.map(line));
    total.textContent = money(shop.bag.total);
    content.hidden = shop.bag.count === 0 && !form.isBusy();
    nothing.hidden = !content.hidden;
    form.update();
  };
  shop.bag.addEventListener("change", update, { signal });
  shop.session.addEventListener("change", update, { signal });
  page.append(heading("Checkout"), content, nothing);
  update();
}

function line({ product, quantity }) {
  const each = money(product.price_minor, product.currency);
  return make("li", {}, picture(product, 64), make("div", {}, product.name, make("small", {}, `${quantity} × ${each}`)),
    make("b", {}, money(quantity * product.price_minor, product.currency)));
}

function checkout({ bag, session, account, router }) {
  const email = make("input", {
    id: "email", type: "email", required: true, maxLength: 254, autocomplete: "email", value: kept.email || session.email || "",
  });
  const card = cardFields(kept.card);
  const button = make("button", { className: "primary" });
  const trouble = troubleFor(button);
  const element = make("form", { className: "panel" },
    field("E-mail", email, "The confirmation goes there, and what becomes of the order."), card.element, trouble.element, button);
  let isBusy = false;
  element.addEventListener("input", () => Object.assign(kept, { email: email.value, card: card.typed() }));
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    kept.card = card.typed();
    if (!session.email) return account.open("Sign in to order. What you typed stays here.");
    isBusy = true;
    const isDone = await trouble.try(async () => {
      await bag.synchronise(); // after which nothing of it is still on its way
      const lines = bag.lines.map(({ product, quantity }) => ({ product_id: product.id, quantity }));
      const order = await placeOrder(email.value, lines);
      bag.ordered();
      await payment(order, card);
      router.go(`/order/${order.id}`);
    });
    isBusy = false;
    if (isDone) kept.card = "";
  });
  const update = () => {
    button.textContent = session.email ? `Order and pay ${money(bag.total)}` : "Sign in to order";
    email.value ||= session.email ?? "";
  };
  return { element, update, isBusy: () => isBusy };
}

/** Pay the order; what the card's bank says against it is told on the order's page, where the next card is tried. */
async function payment(order, card) {
  try {
    await payOrder(order.id, card.number());
    sessionStorage.removeItem("refused");
  } catch (error) {
    const text = refusal(error) ?? explain(error);
    sessionStorage.setItem("refused", JSON.stringify({ order: order.id, text, card: card.typed() }));
  }
}
