// How many visitors the shop has: the slider, and what comes of it.

import { number, percent } from "./format.js";

export class Load {
  constructor(slider, output) {
    this.slider = slider;
    this.output = output;
    slider.addEventListener("input", () => { output.textContent = slider.value; });
    slider.addEventListener("change", () => this.ask(Number(slider.value)));
  }

  async ask(visitors) {
    this.asking = true;
    const answer = await fetch("/api/load", {
      method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ visitors }),
    });
    this.asking = false;
    if (!answer.ok) this.output.textContent = (await answer.json()).detail;
  }

  show(state) {
    if (this.asking || document.activeElement === this.slider && this.slider.matches(":active")) return;
    this.slider.value = state.visitors;
    const figures = state.groups.find((group) => group.kind === "client")?.nodes[0].figures ?? {};
    const failed = figures.failures ? `, ${percent(Math.min(figures.failures / figures.requests, 1))} fail` : "";
    this.output.textContent = state.visitors
      ? `${state.visitors}: ${number(figures.requests ?? 0)} req/s${failed}` : "0";
  }
}
