// How many instances each group is to have and how many serve, over time.

import { drawn, element } from "./elements.js";
import { number } from "./format.js";

const KEPT = 600; // seconds
const [WIDTH, HEIGHT] = [300, 56];
const METRICS = { ASGAverageCPUUtilization: ["CPU", " %"], ALBRequestCountPerTarget: ["requests a target and minute", ""] };

export class Capacity {
  constructor(place) {
    this.place = place;
    this.series = new Map();
  }

  show(state) {
    const fleets = state.groups.filter((group) => group.sizes);
    for (const fleet of fleets) this.add(fleet, state.at);
    this.place.replaceChildren(...fleets.map((fleet) => this.draw(fleet, state.at)));
  }

  add(fleet, at) {
    if (!this.series.has(fleet.id)) {
      this.series.set(fleet.id, []);
      this.load(fleet.id);
    }
    const serving = fleet.nodes.filter((node) => node.state === "healthy").length;
    const points = this.series.get(fleet.id);
    points.push({ at, desired: fleet.sizes.desired, serving });
    while (points[0].at < at - KEPT) points.shift();
  }

  async load(id) {
    const history = await (await fetch(`/api/history?id=${encodeURIComponent(id)}`)).json();
    const before = (history.desired ?? []).map(([at, desired], place) => ({ at, desired, serving: history.serving[place][1] }));
    const points = this.series.get(id);
    const first = points[0]?.at ?? Infinity;
    points.unshift(...before.filter((point) => point.at < first));
  }

  draw(fleet, now) {
    const points = this.series.get(fleet.id);
    const highest = Math.max(fleet.sizes.max, 1);
    const x = (at) => WIDTH - ((now - at) / KEPT) * WIDTH;
    const y = (value) => HEIGHT - 2 - (value / highest) * (HEIGHT - 6);
    const serving = points[points.length - 1].serving;
    const limits = [fleet.sizes.min, fleet.sizes.max].map((limit) => drawn("path", { d: `M0 ${y(limit)}H${WIDTH}`, class: "limit" }));
    const lines = ["serving", "desired"].map((name) => drawn("path", { d: steps(points, name, x, y, now), class: name }));
    const svg = drawn("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
      "aria-label": `${fleet.title}: ${fleet.sizes.desired} wanted, ${serving} serve`,
    }, [...limits, ...lines]);
    const targets = Object.entries(fleet.targets).map(([metric, target]) => target_of(fleet, metric, target)).join("; ");
    return element("figure", {}, [
      element("figcaption", {}, [
        element("b", {}, [fleet.title]),
        element("span", {}, [`${serving} serve, ${fleet.sizes.desired} wanted, ${fleet.sizes.min} to ${fleet.sizes.max} allowed`]),
        ...(targets ? [element("span", {}, [targets])] : []),
      ]),
      svg,
    ]);
  }
}

function target_of(fleet, metric, target) {
  const [title, unit] = METRICS[metric] ?? [metric, ""];
  const used = fleet.nodes.map((node) => node.figures.cpu).filter((value) => value !== undefined);
  const now = metric === "ASGAverageCPUUtilization" && used.length
    ? `${number(used.reduce((sum, value) => sum + value, 0) / used.length)}${unit} of ` : "";
  const burst = fleet.bursts[metric];
  return `${title} ${now}${number(target)}${unit}${burst === undefined ? "" : `, a burst from ${number(burst)}${unit}`}`;
}

function steps(points, name, x, y, now) {
  const parts = points.map((point, place) => {
    const next = points[place + 1]?.at ?? now;
    return `${place ? "L" : "M"}${x(point.at).toFixed(1)} ${y(point[name]).toFixed(1)}H${x(next).toFixed(1)}`;
  });
  return parts.join("");
}
