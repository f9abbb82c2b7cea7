// A figure over time, as a line.

import { drawn, element } from "./elements.js";
import { figure } from "./format.js";

const [WIDTH, HEIGHT] = [200, 40];

// `points` are pairs of seconds and values, the oldest first.
export function chart(name, points) {
  const last = points[points.length - 1][1];
  const [title, text] = figure(name, last);
  const highest = Math.max(...points.map((point) => point[1]), 0) || 1;
  const [from, to] = [points[0][0], points[points.length - 1][0]];
  const x = (at) => (to === from ? WIDTH : ((at - from) / (to - from)) * WIDTH);
  const y = (value) => HEIGHT - (value / highest) * (HEIGHT - 3);
  const line = points.map(([at, value]) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("L");
  const svg = drawn("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
    "aria-label": `${title}: now ${text}, at most ${figure(name, highest)[1]}`,
  }, [
    drawn("path", { d: `M0 ${HEIGHT}L${line}L${WIDTH} ${HEIGHT}Z`, class: "area" }),
    drawn("path", { d: `M${line}`, class: "line" }),
  ]);
  return element("div", { class: "chart" }, [
    element("p", {}, [title, element("b", {}, [text])]), svg,
  ]);
}
