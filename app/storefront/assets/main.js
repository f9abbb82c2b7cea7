/** Puts the shop together: who is there, the bag, and the views by their addresses. */

import { Account } from "./account.js";
import { Bag } from "./bag.js";
import * as catalogue from "./catalogue.js";
import { find, make, money } from "./dom.js";
import { explain } from "./problems.js";
import { picture } from "./products.js";
import { Router } from "./router.js";
import { Session } from "./session.js";

const ROUTES = [
  [/^\/$/, () => catalogue],
  [/^\/product\/(\d+)$/, () => import("./product.js")],
  [/^\/checkout$/, () => import("./checkout.js")],
  [/^\/orders$/, () => import("./orders.js")],
  [/^\/order\/([0-9a-f-]{36})$/, () => import("./order.js")],
  [/^\/desk$/, () => import("./desk.js")],
];
const SAID = 5_000; // milliseconds that a remark stays
const TYPED = 150; // milliseconds after the last key, before it is searched

const session = new Session();
const shop = { session, bag: new Bag(session), account: new Account(session), say, search: showSearched };
shop.router = new Router(find("#main"), ROUTES, shop);

let speaking;

/** Remark something that is done; it goes away by itself. */
function say(text) {
  clearTimeout(speaking);
  find("#said").textContent = text;
  speaking = setTimeout(() => (find("#said").textContent = ""), SAID);
}

// --- Search -----------------------------------------------------------------------------------------------------

let typing;

/** Show what is searched, unless it is being typed. */
function showSearched(words) {
  if (document.activeElement !== find("#words")) find("#words").value = words;
}

addEventListener("hashchange", () => {
  clearTimeout(typing); // who has gone elsewhere is not fetched back
  if (!/^#\/?(\?|$)/.test(location.hash)) showSearched("");
});

function search() {
  clearTimeout(typing);
  const words = find("#words").value.trim();
  const [path, query] = location.hash.slice(1).split("?");
  const isThere = path === "/" || path === "";
  const wanted = new URLSearchParams(isThere ? query : "");
  if (words) wanted.set("q", words);
  else wanted.delete("q");
  if (isThere || words) shop.router.go(wanted.size ? `/?${wanted}` : "/", { replace: isThere });
}

find("#words").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, TYPED);
});
find("#search").addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});

// --- Bag --------------------------------------------------------------------------------------------------------

function line({ product, quantity }) {
  const change = (by, sign, told) =>
    make("button", { type: "button", ariaLabel: `${told} ${product.name}`, onclick: () => changeLine(product, by, told) }, sign);
  return make("li", {}, picture(product, 64),
    make("div", {}, make("a", { href: `#/product/${product.id}` }, product.name), make("small", {}, money(product.price_minor, product.currency))),
    make("div", { className: "quantity" }, change(-1, "−", "One less of"), make("b", {}, String(quantity)), change(1, "+", "One more of")));
}

/** The buttons are made anew; the focus stays where it was, or where the line was. */
function changeLine(product, by, told) {
  shop.bag.add(product, by);
  const again = find(`#lines button[aria-label="${CSS.escape(`${told} ${product.name}`)}"]`);
  (again ?? find("#bag .close")).focus();
}

function showBag() {
  const lines = shop.bag.lines.map(line);
  find("#count").textContent = shop.bag.count;
  find("#total").textContent = money(shop.bag.total);
  find("#to-checkout").hidden = shop.bag.count === 0;
  find("#lines").replaceChildren(...(lines.length ? lines : [make("li", { className: "empty" }, "Nothing in it yet.")]));
}

shop.bag.addEventListener("change", showBag);
shop.bag.addEventListener("unsent", ({ detail: error }) => {
  find("#bag-trouble").textContent = `${explain(error)} Your bag is kept in this browser.`;
  if (!find("#bag").open) say(`The bag is kept in this browser for now. ${explain(error)}`);
});
find("#open-bag").addEventListener("click", () => {
  find("#bag-trouble").textContent = "";
  find("#bag").showModal();
  shop.bag.synchronise();
});

// --- Who is there, and the dialogs ------------------------------------------------------------------------------

function showSession() {
  find("#open-account").textContent = session.email ? "Account" : "Sign in";
  find("#to-orders").hidden = !session.email;
  find("#to-desk").hidden = !session.isStaff;
  find("#open-support").hidden = session.isStaff; // they sit at the desk
}

session.addEventListener("change", showSession);
find("#open-account").addEventListener("click", () => shop.account.open());
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest(".close, a")) dialog.close();
  });
}

const support = () => import("./support.js");
find("#open-support").addEventListener("click", async () => {
  const { open, close } = await support();
  if (find("#support").hidden) open(shop);
  else close();
});
find("#support").addEventListener("keydown", async (event) => {
  if (event.key === "Escape") (await support()).close();
});
find("#support .close").addEventListener("click", async () => (await support()).close());
addEventListener("offline", () => say("You are offline. What you do here is kept."));
addEventListener("online", () => say("You are back online."));

showBag();
showSession();
shop.bag.synchronise();
await shop.router.show();
