import { Account } from "./account.js";
import { ApiError, listBestSellers, listCategories, listProducts, placeOrder, readProduct } from "./api.js";
import { Bag } from "./bag.js";
import { find, make, money } from "./dom.js";
import { Orders } from "./orders.js";
import { Session } from "./session.js";

const bag = new Bag();
const session = new Session();
const account = new Account(session);
const orders = new Orders(bag, session);

// --- Products ---------------------------------------------------------------------------------------------------

const wanted = { q: "", category: "" };
let nextPage = null;
let loading = new AbortController();

function stockText({ stock }) {
  if (stock === 0) return "Sold out";
  return stock < 6 ? `Only ${stock} left` : "In stock";
}

function card(product) {
  const picture = make("img", { src: product.image_path, alt: "", width: 400, height: 400, loading: "lazy" });
  const open = make("button", { className: "cover", type: "button", onclick: () => showProduct(product.id) }, product.name);
  const price = make("span", { className: "price" }, money(product.price_minor, product.currency));
  const stock = make("span", { className: product.stock < 6 ? "stock few" : "stock" }, stockText(product));
  return make("li", { className: "card" }, picture, make("h2", {}, open), make("p", {}, price, stock));
}

/** Load a page: the first one of what is wanted now, or the one that follows. */
async function load({ more = false } = {}) {
  loading.abort();
  loading = new AbortController();
  const list = find("#products");
  list.ariaBusy = "true";
  try {
    const page = await listProducts({ ...wanted, cursor: more ? nextPage : "" }, loading.signal);
    const cards = page.items.map(card);
    if (more) list.append(...cards);
    else list.replaceChildren(...cards);
    nextPage = page.next;
    find("#more").hidden = !nextPage;
    find("#said").textContent = list.childElementCount ? "" : "Nothing found. Try other words, or another category.";
    if (more) find("button", cards[0]).focus();
    list.ariaBusy = "false";
  } catch (error) {
    if (error.name !== "AbortError") find("#said").textContent = error.message;
  }
}

async function showCategories() {
  const { items } = await listCategories();
  const chips = ["", ...items].map((category) => {
    const chip = make("button", { type: "button", className: "chip" }, category || "Everything");
    chip.ariaPressed = String(category === wanted.category);
    chip.onclick = () => {
      wanted.category = category;
      for (const other of find("#categories").children) other.ariaPressed = String(other === chip);
      load();
    };
    return chip;
  });
  find("#categories").replaceChildren(...chips);
}

/** What was bought most, where anything was; the rest of the page does without. */
async function showBestSellers() {
  const { items } = await listBestSellers();
  find("#best-sellers ul").replaceChildren(...items.slice(0, 6).map(card));
  find("#best-sellers").hidden = items.length === 0;
}

async function showProduct(id) {
  const dialog = find("#product");
  const product = await readProduct(id);
  const add = make("button", { className: "primary", type: "button", disabled: product.stock === 0 }, "Put into the bag");
  add.onclick = () => {
    bag.add(product);
    dialog.close();
    find("#open-bag").focus();
  };
  const close = make("button", { className: "close", type: "button", ariaLabel: "Close", onclick: () => dialog.close() }, "×");
  dialog.replaceChildren(
    close,
    make("img", { src: product.image_path, alt: "", width: 400, height: 400 }),
    make("div", {},
      make("p", { className: "category" }, product.category),
      make("h2", { id: "product-name" }, product.name),
      make("p", {}, product.description),
      make("p", { className: "price" }, money(product.price_minor, product.currency)),
      make("p", { className: product.stock < 6 ? "stock few" : "stock" }, stockText(product)),
      add),
  );
  dialog.showModal();
}

// --- Bag and orders ---------------------------------------------------------------------------------------------

function line({ product, quantity }) {
  const change = (by, sign, told) =>
    make("button", { type: "button", ariaLabel: `${told} ${product.name}`, onclick: () => bag.add(product, by) }, sign);
  return make("li", {},
    make("img", { src: product.image_path, alt: "", width: 64, height: 64 }),
    make("div", {}, product.name, make("small", {}, money(product.price_minor, product.currency))),
    make("div", { className: "quantity" }, change(-1, "−", "One less of"), String(quantity), change(1, "+", "One more of")));
}

function showBag() {
  find("#count").textContent = bag.count;
  find("#total").textContent = money(bag.total);
  find("#order").hidden = bag.count === 0;
  const lines = bag.lines.map(line);
  find("#lines").replaceChildren(...(lines.length ? lines : [make("li", { className: "empty" }, "Nothing in it yet.")]));
}

async function submitOrder(event) {
  event.preventDefault();
  if (!session.email) return account.open();
  const button = find("#place");
  const trouble = find("#trouble");
  trouble.textContent = "";
  button.disabled = true;
  try {
    const lines = bag.lines.map(({ product, quantity }) => ({ product_id: product.id, quantity }));
    bag.ordered(await placeOrder(find("#email").value, lines));
    await orders.show();
    find("#placed").scrollIntoView({ behavior: "smooth" });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    trouble.textContent = error.message;
  } finally {
    button.disabled = false;
  }
}

function showSession() {
  find("#open-account").textContent = session.email ? "Account" : "Sign in";
  find("#place").textContent = session.email ? "Place order" : "Sign in to order";
  find("#email").value ||= session.email ?? "";
  if (find("#bag").open) orders.show();
}

// --- Events -----------------------------------------------------------------------------------------------------

let typing;
find("#words").addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    wanted.q = event.target.value.trim();
    load();
  }, 150);
});
find("#search").addEventListener("submit", (event) => event.preventDefault());
find("#more").addEventListener("click", () => load({ more: true }));
find("#order").addEventListener("submit", submitOrder);
find("#open-bag").addEventListener("click", () => {
  find("#bag").showModal();
  orders.show();
});
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.matches(".close")) dialog.close();
  });
}
find("#open-account").addEventListener("click", () => account.open());
bag.addEventListener("change", showBag);
session.addEventListener("change", showSession);

showBag();
showSession();
await Promise.allSettled([load(), showCategories(), showBestSellers()]);
