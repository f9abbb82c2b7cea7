/** A chat as people see it: what was said, who is there, and a line to say something. */

import { listMessages } from "./api.js";
import { Chat } from "./chat.js";
import { make, time } from "./dom.js";
import { troubleFor } from "./problems.js";

const LONGEST = 2_000; // characters of a message, as the API has it
const ORDER = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const TOLD = {
  connecting: "Connecting …",
  waiting: "The connection broke off. It is tried again; what you write goes out then.",
  "signed-out": "Please sign in again: what you wrote stays here.",
  forbidden: "This is somebody else’s conversation.",
};

export class Conversation {
  #chat;
  #room;
  #log = make("div", { className: "log", role: "log", tabIndex: 0, ariaLabel: "What was said" });
  #there = make("p", { className: "there", role: "status" });
  #input = make("textarea", { id: "say", rows: 2, maxLength: LONGEST, required: true, placeholder: "Write to us …" });
  #earlier = make("button", { type: "button", className: "link", hidden: true }, "Earlier");
  #trouble = troubleFor(this.#earlier);
  #before = undefined; // where what is older begins; null where nothing is

  constructor(room, session) {
    this.#room = room;
    this.#chat = new Chat(room, session);
    this.#chat.addEventListener("change", () => this.#show());
    this.#chat.addEventListener("problem", ({ detail }) => this.#refused(detail));
    this.#earlier.onclick = () => this.#trouble.try(() => this.#loadEarlier());
    this.element = make("section", { className: "conversation" },
      this.#there, this.#earlier, this.#log, this.#trouble.element, this.#form());
    this.#show();
  }

  leave() {
    this.#chat.leave();
  }

  focus() {
    this.#input.focus();
  }

  #form() {
    const form = make("form", {}, make("label", { htmlFor: "say", className: "hidden" }, "Your message"), this.#input,
      make("button", { className: "primary" }, "Send"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#trouble.say("");
      if (this.#input.value.trim()) this.#chat.say(this.#input.value.trim());
      this.#input.value = "";
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    return form;
  }

  #refused({ text, seconds, returned }) {
    this.#trouble.say(seconds ? `${text} It goes out by itself in ${Math.ceil(seconds)} s.` : text);
    if (returned) this.#input.value = `${returned}${this.#input.value}`;
  }

  async #loadEarlier() {
    const page = await listMessages(this.#room, this.#before ?? this.#chat.messages[0].id);
    this.#before = page.before;
    this.#chat.prepend(page.items);
  }

  #show() {
    const { messages, waiting, people, you, state } = this.#chat;
    const isAtEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 40;
    this.#there.textContent = TOLD[state] ?? present(people, you);
    this.#earlier.hidden = !(messages.length >= 50 && this.#before !== null);
    const known = new Set([...this.#log.children].map((one) => one.id));
    const said = messages.map((one) => [`m-${one.id}`, one, false]);
    const unsaid = [...waiting.values()].map((one) => [`m-${one.key}`, { ...one, author: you }, true]);
    const wanted = [...said, ...unsaid];
    for (const child of [...this.#log.children]) if (!wanted.some(([id]) => id === child.id)) child.remove();
    wanted.forEach(([id, message, isWaiting], at) => {
      if (!known.has(id)) this.#log.insertBefore(bubble(id, message, you, isWaiting), this.#log.children[at] ?? null);
    });
    if (isAtEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }
}

function present(people, you) {
  const others = people.filter(({ id }) => id !== you?.id).map(({ name }) => name);
  if (others.length) return `${others.join(", ")} ${others.length > 1 ? "are" : "is"} here.`;
  return you?.role === "customer" ? "Nobody is at the desk. Write: it is read later." : "The customer is away. It is read later.";
}

function bubble(id, { author, text, at }, you, isWaiting) {
  const isOwn = !author || author.id === you?.id;
  const by = isOwn ? "You" : author.name;
  return make("div", { id, className: `${isOwn ? "own" : ""} ${isWaiting ? "waiting" : ""}` },
    make("p", {}, ...linked(text)),
    make("small", {}, by, ", ", isWaiting ? "on its way …" : time(at, "clock")));
}

/** Numbers of orders lead to the orders. */
function linked(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(ORDER)) {
    parts.push(text.slice(from, found.index), make("a", { href: `#/order/${found[0]}` }, `order ${found[0].slice(-8)}`));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}
