/** What buyers say of a product, and the form in which one says it oneself. */

import { deleteReview, listReviews, writeReview } from "./api.js";
import { find, make, time } from "./dom.js";
import { stars } from "./products.js";
import { failed, troubleFor } from "./problems.js";

/** Fill the section with a product's reviews; `isExact` for who has just changed one. */
export async function reviewsOf(product, section, shop, { isExact = false } = {}) {
  section.replaceChildren(make("h2", {}, "What buyers say"));
  try {
    const page = await listReviews(product.id, { isExact });
    const list = make("ul", { className: "said-of-it" }, ...page.items.map(item));
    const own = page.items.find(({ author_id: author }) => author === shop.session.subject);
    section.append(make("div", { className: "columns" },
      make("div", {}, summary(page.ratings), list, rest(product, list, page.next)),
      form(product, own, section, shop)));
  } catch (error) {
    section.append(failed(error, () => reviewsOf(product, section, shop)));
  }
}

function summary({ count, average, by_rating: by }) {
  if (!count) return make("p", { className: "quieter" }, "Nobody has said anything yet. Be the first.");
  const rows = [5, 4, 3, 2, 1].map((rating) =>
    make("li", {}, `${rating}`, make("meter", { min: 0, max: count, value: by[rating], title: `${by[rating]} of ${count}` }), `${by[rating]}`));
  return make("div", { className: "ratings" },
    make("p", {}, make("b", {}, average.toFixed(1)), stars(average), make("span", {}, count === 1 ? "one review" : `${count} reviews`)),
    make("ol", { ariaLabel: "How many gave how many stars" }, ...rows));
}

function item(review) {
  return make("li", {},
    make("header", {}, stars(review.rating), make("h3", {}, review.title)),
    review.text ? make("p", {}, review.text) : null,
    make("p", { className: "by" }, review.author_name, ", ", time(review.updated_at, "day")));
}

/** A button for the reviews that follow, while there are any. */
function rest(product, list, next) {
  if (!next) return null;
  const button = make("button", { type: "button", className: "quiet" }, "Older ones");
  const trouble = troubleFor(button);
  button.onclick = () => trouble.try(async () => {
    const page = await listReviews(product.id, { cursor: next });
    list.append(...page.items.map(item));
    next = page.next;
    if (!next) button.remove();
  });
  return make("div", {}, button, trouble.element);
}

function form(product, own, section, shop) {
  const draft = `review-${product.id}`;
  const said = own ?? { author_name: shop.session.email?.split("@")[0] ?? "" };
  const choice = make("fieldset", { className: "rating" }, make("legend", {}, "How many stars?"), ...[1, 2, 3, 4, 5].map((value) =>
    make("label", {}, make("input", { type: "radio", name: "rating", value, required: true, checked: said.rating === value }),
      make("span", { ariaHidden: "true" }, "★"), make("span", { className: "hidden" }, `${value}`))));
  const name = make("input", {
    id: "review-name", name: "author_name", required: true, maxLength: 50, autocomplete: "nickname", value: said.author_name,
  });
  const title = make("input", { id: "review-title", name: "title", required: true, maxLength: 120, value: said.title ?? "" });
  const text = make("textarea", { id: "review-text", name: "text", rows: 4, maxLength: 5000, value: said.text ?? "" });
  const button = make("button", { className: "primary" }, own ? "Say it anew" : "Say it");
  const trouble = troubleFor(button);
  const element = make("form", { className: "panel" }, make("h3", {}, own ? "Your review" : "Say what you think"), choice,
    make("label", { htmlFor: "review-name" }, "Name, for all to see"), name,
    make("label", { htmlFor: "review-title" }, "In one line"), title,
    make("label", { htmlFor: "review-text" }, "In more, if you like"), text, trouble.element, button);
  const content = () => {
    const rating = Number(new FormData(element).get("rating"));
    return { rating, author_name: name.value, title: title.value, text: text.value };
  };
  restore(element, draft);
  element.addEventListener("input", () => sessionStorage.setItem(draft, JSON.stringify(content())));
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!shop.session.email) return shop.account.open("Sign in, and your review can go out. It waits here.");
    const isSent = await trouble.try(() => writeReview(product.id, content()));
    if (!isSent) return;
    sessionStorage.removeItem(draft);
    shop.say("Thank you: your review is out.");
    await reviewsOf(product, section, shop, { isExact: true });
  });
  if (own) element.append(withdrawal(product, section, shop, trouble));
  return element;
}

/** What was typed and not sent before. */
function restore(element, draft) {
  const kept = JSON.parse(sessionStorage.getItem(draft) ?? "{}");
  for (const [name, value] of Object.entries(kept)) {
    if (name !== "rating") element.elements[name].value = value;
    else if (value) find(`input[value="${value}"]`, element).checked = true;
  }
}

function withdrawal(product, section, shop, trouble) {
  const button = make("button", { type: "button", className: "link" }, "Take it back");
  button.onclick = async () => {
    if (await trouble.try(() => deleteReview(product.id))) await reviewsOf(product, section, shop, { isExact: true });
  };
  return button;
}
