// How many instances each group is to have and how many serve, over time.

import { element } from "./elements.js";
import { number } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";
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
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `${fleet.title}: ${fleet.sizes.desired} wanted, ${points[points.length - 1].serving} serve`);
    for (const limit of [fleet.sizes.min, fleet.sizes.max]) svg.append(path(`M0 ${y(limit)}H${WIDTH}`, "limit"));
    svg.append(path(steps(points, "serving", x, y, now), "serving"), path(steps(points, "desired", x, y, now), "desired"));
    const targets = Object.entries(fleet.targets).map(([metric, target]) => target_of(fleet, metric, target)).join(", ");
    return element("figure", {}, [
      element("figcaption", {}, [
        element("b", {}, [fleet.title]),
        element("span", {}, [`${points[points.length - 1].serving} serve, ${fleet.sizes.desired} wanted, ${fleet.sizes.min} to ${fleet.sizes.max} allowed`]),
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
  return `${title} ${now}${number(target)}${unit}`;
}

function steps(points, name, x, y, now) {
  const parts = points.map((point, place) => {
    const next = points[place + 1]?.at ?? now;
    return `${place ? "L" : "M"}${x(point.at).toFixed(1)} ${y(point[name]).toFixed(1)}H${x(next).toFixed(1)}`;
  });
  return parts.join("");
}

function path(d, name) {
  const made = document.createElementNS(SVG, "path");
  made.setAttribute("d", d);
  made.setAttribute("class", name);
  return made;
}
