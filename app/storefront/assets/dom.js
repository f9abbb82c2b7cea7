/** What the pages' scripts make and find elements with. */

const SVG = "http://www.w3.org/2000/svg";

export const find = (selector, within = document) => within.querySelector(selector);

export const money = (minor, currency = "EUR") =>
  new Intl.NumberFormat(undefined, { style: "currency", currency }).format(minor / 100);

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** A `<time>` of what the API says in ISO 8601; `how`: moment, day or clock. */
export function time(iso, how = "moment") {
  return make("time", { dateTime: iso }, { moment, day, clock }[how].format(new Date(iso)));
}

/** An element with properties and children; texts are texts, never markup, and null is nothing. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The same for SVG, which knows attributes only. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A field with its label before it. */
export function field(label, input, hint = null) {
  return make("p", { className: "field" }, make("label", { htmlFor: input.id }, label), input,
    hint && make("small", {}, hint));
}

/** Wait; ends early, and by an error, where the signal says so. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Milliseconds before the next of some tries: longer each time, and never the same for all who wait. */
export const backOff = (tries) => Math.min(30_000, 500 * 2 ** tries) * (0.5 + Math.random() / 2);
