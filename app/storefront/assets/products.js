/** How products look in lists. */

import { draw, make, money } from "./dom.js";

const FEW = 6;

export function stockText({ stock }) {
  if (stock === 0) return "Sold out";
  return stock < FEW ? `Only ${stock} left` : "In stock";
}

export const stockClass = ({ stock }) => (stock < FEW ? "stock few" : "stock");

export function picture({ image_path: src }, size = 400) {
  return make("img", { src, alt: "", width: size, height: size, loading: size > 100 ? "lazy" : "eager", decoding: "async" });
}

/** A product in a list. */
export function card(product) {
  const link = make("a", { className: "cover", href: `#/product/${product.id}` }, product.name);
  return make("li", { className: "card" },
    make("div", { className: "frame" }, picture(product)),
    make("h3", {}, link),
    found(product.highlights) ?? make("p", { className: "kind" }, product.category),
    make("p", { className: "figures" },
      make("span", { className: "price" }, money(product.price_minor, product.currency)),
      make("span", { className: stockClass(product) }, stockText(product))));
}

/** A product in the order of what was bought most. */
export function ranked(product) {
  return make("li", { className: "ranked" }, picture(product, 72),
    make("div", {}, make("a", { className: "cover", href: `#/product/${product.id}` }, product.name),
      make("p", { className: "kind" }, money(product.price_minor, product.currency), ` · ${product.sold} sold`)));
}

/** Where a search found its words. */
function found(highlights) {
  if (!highlights?.length) return null;
  const parts = highlights.map(({ text, matches }) => (matches ? make("mark", {}, text) : text));
  return make("p", { className: "kind" }, ...parts);
}

/** So many of five stars, as a picture with its meaning in words. */
export function stars(rating) {
  const shape = "M8 1.3l2 4.3 4.7.6-3.4 3.2.9 4.6L8 11.7 3.8 14l.9-4.6L1.3 6.2 6 5.6z";
  const star = (fill, at) => draw("path", { d: shape, transform: `translate(${at * 17})`, class: fill });
  const all = [0, 1, 2, 3, 4].flatMap((at) => [star("hollow", at), ...(rating >= at + 0.5 ? [star("full", at)] : [])]);
  return draw("svg", { viewBox: "0 0 84 16", class: "stars", role: "img", "aria-label": `${rating} of 5 stars` }, ...all);
}
