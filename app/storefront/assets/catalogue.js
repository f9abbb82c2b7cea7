/** The products: all, those of a category, or those that match the words typed; and what was bought most. */

import { listBestSellers, listCategories, listProducts } from "./api.js";
import { find, make, pause } from "./dom.js";
import { card, ranked } from "./products.js";
import { explain, failed } from "./problems.js";

const FRESH = 60_000; // milliseconds for which a list is shown again as it was left
const SLOW = 1_000; // milliseconds that the products wait for what stands above them
const WINDOWS = { today: "Today", week: "Seven days" };

const hero = find(".hero"); // stands in the page from the start
const title = make("h1", { tabIndex: -1 });
const said = make("p", { className: "said", role: "status" });
const chips = make("nav", { className: "chips", ariaLabel: "Categories" });
const list = make("ul", { className: "grid", ariaLabel: "Products" });
const more = make("button", { type: "button", className: "quiet", hidden: true }, "Show more");
const sold = make("ol", { className: "ranking" });
const windows = make("div", { className: "switch", role: "group", ariaLabel: "Bought most" });
const bestSellers = make("section", { className: "best", hidden: true },
  make("header", {}, make("h2", {}, "Bought most"), windows), sold);

let shown = { key: null, at: 0 };
let wanted = {};
let next = null;
let loading = new AbortController();

export async function show(page, { query, shop }) {
  document.title = "Blueprint — useful things, quietly made";
  wanted = { q: query.get("q") ?? "", category: query.get("category") ?? "" };
  const isSearch = Boolean(wanted.q || wanted.category);
  title.textContent = wanted.q ? `“${wanted.q}”` : wanted.category;
  page.append(isSearch ? title : hero);
  more.onclick = () => load({ isMore: true });
  shop.search(wanted.q);
  const isShown = shown.key === JSON.stringify(wanted) && Date.now() - shown.at < FRESH;
  const around = Promise.all([showCategories(), showBestSellers(isSearch)]);
  // All at once, so that nothing is pushed down by what comes later; but the products wait for nothing slow.
  await Promise.all([isShown ? null : load(), Promise.race([around, pause(SLOW)])]);
  page.append(bestSellers, chips, said, make("h2", { className: "hidden" }, "Products"), list, more);
}

/** Load a page: the first one of what is wanted now, or the one that follows. */
async function load({ isMore = false } = {}) {
  loading.abort();
  loading = new AbortController();
  const key = JSON.stringify(wanted);
  list.ariaBusy = "true";
  try {
    const page = await listProducts({ ...wanted, cursor: isMore ? next : "" }, loading.signal);
    const cards = page.items.map((product) => card(product));
    if (isMore) list.append(...cards);
    else list.replaceChildren(...cards);
    next = page.next;
    shown = { key, at: Date.now() };
    more.hidden = !next;
    tell();
    if (isMore) find("a", cards[0]).focus();
  } catch (error) {
    if (error.name === "AbortError") return;
    if (isMore) said.textContent = explain(error);
    else list.replaceChildren(make("li", { className: "whole" }, failed(error, () => load())));
  }
  list.ariaBusy = "false";
}

function tell() {
  if (!list.childElementCount) said.textContent = "Nothing found. Try other words, or another category.";
  else if (wanted.q) said.textContent = `${next ? "The first " : ""}${list.childElementCount} found`;
  else said.textContent = "";
}

let categories = [];

async function showCategories() {
  try {
    if (!categories.length) categories = (await listCategories()).items;
  } catch {
    return; // the list does without; the next visit asks again
  }
  const links = ["", ...categories].map((category) => {
    const query = new URLSearchParams(Object.entries({ ...wanted, category }).filter(([, value]) => value));
    const link = make("a", { className: "chip", href: `#/?${query}` }, category || "Everything");
    if (category === wanted.category) link.ariaCurrent = "true";
    return link;
  });
  chips.replaceChildren(...links);
}

let period = "week";

/** What was bought most, where anything was; the rest of the page does without. */
async function showBestSellers(isSearch) {
  bestSellers.hidden = isSearch || !sold.childElementCount;
  if (isSearch) return;
  const buttons = Object.entries(WINDOWS).map(([name, text]) => {
    const choose = () => {
      period = name;
      showBestSellers(false);
    };
    return make("button", { type: "button", ariaPressed: String(name === period), onclick: choose }, text);
  });
  const focused = [...windows.children].indexOf(document.activeElement);
  windows.replaceChildren(...buttons);
  buttons[focused]?.focus();
  try {
    const { items } = await listBestSellers(period);
    const cards = items.slice(0, 5).map(ranked);
    const nothing = make("li", { className: "whole" }, "Nothing was bought yet today.");
    sold.replaceChildren(...(cards.length || period === "week" ? cards : [nothing]));
    bestSellers.hidden = !sold.childElementCount;
  } catch {
    bestSellers.hidden = true;
  }
}
