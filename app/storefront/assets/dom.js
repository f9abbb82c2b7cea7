/** What the pages' scripts make and find elements with. */

export const find = (selector, within = document) => within.querySelector(selector);

export const money = (minor, currency = "EUR") =>
  new Intl.NumberFormat(undefined, { style: "currency", currency }).format(minor / 100);

/** An element with properties and children; texts are texts, never markup. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
