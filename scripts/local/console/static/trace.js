// Follows an order: every step that is known of it, with its time.

import { element } from "./elements.js";
import { number } from "./format.js";

const EVERY = 1_000; // milliseconds

export class Trace {
  // `onOpen` is told before it shows, `onSteps` the ids of the nodes that the order came by.
  constructor(form, aside, onOpen, onSteps) {
    this.form = form;
    this.aside = aside;
    this.onOpen = onOpen;
    this.onSteps = onSteps;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.open(form.elements.order.value.trim());
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !aside.hidden) this.close();
    });
  }

  async open(order) {
    this.order = order;
    this.onOpen();
    this.build();
    clearInterval(this.timer);
    await this.refresh();
    if (this.order) this.timer = setInterval(() => this.refresh(), EVERY);
  }

  build() {
    const close = element("button", { class: "button", type: "button", "aria-label": "Close" }, ["✕"]);
    close.addEventListener("click", () => this.close());
    this.title = element("h2", { id: "trace-title", tabindex: "-1" }, ["Order"]);
    this.said = element("p", { role: "status" }, ["looking …"]);
    this.list = element("ol", { class: "steps" });
    this.aside.replaceChildren(element("header", {}, [this.title, close]), this.said, this.list);
    this.aside.hidden = false;
    this.title.focus();
  }

  close({ quietly = false } = {}) {
    clearInterval(this.timer);
    if (this.aside.hidden) return;
    this.aside.hidden = true;
    this.onSteps(new Set());
    if (!quietly) this.form.elements.order.focus();
  }

  async refresh() {
    let answer;
    try {
      answer = await fetch(`/api/trace${this.order ? `?order=${encodeURIComponent(this.order)}` : ""}`);
    } catch {
      return; // the banner says so
    }
    if (answer.status === 422) this.said.textContent = "This is no order's id: it has 32 digits and letters from a to f, and four hyphens.";
    else if (!answer.ok) this.said.textContent = (await answer.json()).detail;
    else this.show(await answer.json());
  }

  show({ order, steps }) {
    this.order = order; // the newest stays the one that is followed
    const begun = steps[0].at;
    this.title.textContent = `Order ${order}`;
    this.said.textContent = `${steps.length} steps in ${seconds(steps[steps.length - 1].at - begun)}`;
    if (this.list.childElementCount !== steps.length || this.list.dataset.order !== order) {
      this.list.dataset.order = order;
      this.list.replaceChildren(...steps.map((step) => line(step, begun)));
    }
    this.onSteps(new Set(steps.map((step) => step.node).filter(Boolean)));
  }
}

function line(step, begun) {
  return element("li", {}, [
    element("time", { datetime: new Date(step.at * 1000).toISOString() }, [`+${seconds(step.at - begun)}`]),
    element("b", {}, [step.place]),
    element("span", {}, [`${step.said}${step.times > 1 ? ` (${step.times} times)` : ""}`]),
  ]);
}

function seconds(value) {
  return value < 10 ? `${Math.round(value * 1000)} ms` : `${number(value)} s`;
}
