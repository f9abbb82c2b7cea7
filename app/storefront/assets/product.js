/** A product's own page: what it is, how many there are at this moment, what buyers say, and what else they bought. */

import { listBestSellers, readProduct } from "./api.js";
import { draw, make, money, pause } from "./dom.js";
import { card, picture, stockClass, stockText } from "./products.js";
import { reviewsOf } from "./reviews.js";
import { heading } from "./router.js";

const LOOK = 5_000; // milliseconds between two looks at the stock: as long as the CDN keeps an answer

export async function show(page, { params: [id], signal, shop }) {
  const product = await readProduct(id, signal);
  const buy = purchase(product, shop);
  const related = make("section", { className: "best", hidden: true });
  const reviews = make("section", { className: "reviews", ariaLabel: "Reviews" });
  page.append(
    make("nav", { className: "crumbs", ariaLabel: "You are here" },
      make("a", { href: "#/" }, "Products"), " / ",
      make("a", { href: `#/?category=${encodeURIComponent(product.category)}` }, product.category)),
    make("article", { className: "product" },
      make("figure", { className: "sheet" }, measured(picture(product, 640)),
        make("figcaption", {}, make("span", {}, "No. ", make("b", {}, product.sku)), make("span", {}, "Scale 1 : 1"),
          make("span", {}, "Sheet ", make("b", {}, String(product.id))))),
      make("div", { className: "about" },
        heading(product.name),
        make("p", { className: "lead" }, product.description),
        make("p", { className: "price" }, money(product.price_minor, product.currency)),
        buy.element)),
    reviews, related);
  watch(product, buy.stock, signal);
  reviewsOf(product, reviews, shop);
  shop.session.addEventListener("change", () => reviewsOf(product, reviews, shop), { signal });
  showRelated(product, related);
}

/** The picture between dimension lines, as a drawing has them. */
function measured(image) {
  const line = (className) => draw("svg", { class: className, viewBox: "0 0 400 12", preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("path", { d: "M1 0V12M399 0V12M1 6H399" }));
  return make("div", { className: "measured" }, image, line("dimension"));
}

function purchase(product, shop) {
  const quantity = make("input", { id: "quantity", type: "number", min: 1, max: 100, value: 1, required: true, inputMode: "numeric" });
  const button = make("button", { className: "primary" }, "Put into the bag");
  const state = make("p", { role: "status", className: stockClass(product) }, stockText(product));
  const form = make("form", { className: "buy" },
    make("label", { htmlFor: "quantity" }, "Quantity"), quantity, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const before = shop.bag.lines.find((line) => line.product.id === product.id)?.quantity ?? 0;
    const there = shop.bag.add(product, Number(quantity.value));
    shop.say(there === before ? `There are no more of ${product.name}.` : `${product.name} is in your bag.`);
    quantity.value = 1;
  });
  const stock = (newest) => {
    product.stock = newest.stock;
    button.disabled = newest.stock === 0;
    state.className = stockClass(newest);
    if (state.textContent !== stockText(newest)) state.textContent = stockText(newest);
    count.textContent = newest.stock;
  };
  const count = make("b", {});
  const element = make("div", {}, make("div", { className: "availability" }, state,
    make("p", { className: "count" }, count, " in the store room, counted live")), form);
  stock(product);
  return { element, stock };
}

/** Look at the stock again and again, while somebody sees it. */
async function watch(product, tell, signal) {
  for (;;) {
    await pause(LOOK, signal).catch(() => {});
    if (signal.aborted) return;
    if (!document.hidden) await readProduct(product.id, signal).then(tell, () => {}); // the next look tells
  }
}

async function showRelated(product, section) {
  const { items } = await listBestSellers("week").catch(() => ({ items: [] }));
  const others = items.filter(({ id }) => id !== product.id);
  const alike = others.filter(({ category }) => category === product.category);
  const chosen = [...alike, ...others.filter((other) => !alike.includes(other))].slice(0, 5);
  if (!chosen.length) return;
  section.append(make("header", {}, make("h2", {}, "Others bought")), make("ul", { className: "grid row" }, ...chosen.map((one) => card(one))));
  section.hidden = false;
}
