/** The form in which a card pays; and the cards of the sandbox, which move no money. */

import { field, make } from "./dom.js";

const CARDS = [
  ["4242 4242 4242 4242", "pays"],
  ["4000 0000 0000 0002", "is declined"],
  ["4000 0000 0000 9995", "has too little on it"],
  ["4000 0000 0000 3220", "pays, and takes its time"],
  ["4000 0000 0000 0119", "pays, and the answer is lost: it is found out"],
];

/** The fields of a card, with those of the sandbox to choose from; `number` returns what was typed, in digits. */
export function cardFields(typed = "") {
  const input = make("input", {
    id: "card", name: "card", required: true, inputMode: "numeric", autocomplete: "cc-number", maxLength: 23,
    pattern: "[0-9 ]{13,23}", placeholder: CARDS[0][0], title: "13 to 19 digits", value: typed,
  });
  const choose = (number) => () => {
    input.value = number;
    input.focus();
  };
  const cards = CARDS.map(([number, does]) =>
    make("li", {}, make("button", { type: "button", onclick: choose(number) }, number), ` ${does}`));
  const element = make("div", { className: "card-fields" }, field("Card number", input),
    make("details", { className: "sandbox" }, make("summary", {}, "A sandbox: these cards move no money"), make("ul", {}, ...cards)));
  return { element, number: () => input.value.replaceAll(" ", ""), typed: () => input.value };
}

/** The words for a card that was refused; other errors have words of their own. */
export function refusal(error) {
  if (error.problem?.status !== 402) return null;
  const why = error.problem.reason === "insufficient_funds" ? "There is too little on this card." : "The card was declined.";
  return `${why} Nothing was taken, and your order is kept: try another card.`;
}
