/**
 * The city that the couriers ride through: invented, and drawn from a few numbers; no other host is asked for tiles.
 * It lies where the couriers' positions are, so that a kilometre on it is one of theirs.
 */

import { draw } from "./dom.js";

export const WIDTH = 1000;
export const HEIGHT = 640;
/** The shop's own house, in the middle of the map. */
export const HOUSE = { latitude: 52.52, longitude: 13.405 };
const METRES = 10.8; // a unit of the drawing
const METRES_A_DEGREE = 111_320; // of latitude (WGS 84, rounded)

/** Where a position is on the drawing, and whether it lies on it at all. */
export function project({ latitude, longitude }) {
  const shrunk = Math.cos((HOUSE.latitude * Math.PI) / 180);
  const x = WIDTH / 2 + ((longitude - HOUSE.longitude) * METRES_A_DEGREE * shrunk) / METRES;
  const y = HEIGHT / 2 - ((latitude - HOUSE.latitude) * METRES_A_DEGREE) / METRES;
  const [within, edge] = [(value, most) => Math.min(Math.max(value, 14), most - 14), { x, y }];
  const place = { x: within(x, WIDTH), y: within(y, HEIGHT) };
  return { ...place, isOn: place.x === edge.x && place.y === edge.y };
}

/** Kilometres between a position and the shop's house, as the crow flies. */
export function distance(position) {
  const shrunk = Math.cos((HOUSE.latitude * Math.PI) / 180);
  const east = (position.longitude - HOUSE.longitude) * METRES_A_DEGREE * shrunk;
  return Math.hypot(east, (position.latitude - HOUSE.latitude) * METRES_A_DEGREE) / 1000;
}

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const COLUMNS = 26;
const ROWS = 17;
const PARKS = [[232, 150, 84], [770, 505, 96], [610, 130, 46]]; // x, y, radius
const SQUARES = [[500, 320, 30], [330, 330, 20], [720, 250, 22]];
const QUARTERS = [["Paper Hill", 120, 66], ["Lanterns", 236, 154], ["Glasshouse", 470, 214], ["Old Market", 748, 236],
  ["Foundry", 140, 330], ["Weavers", 330, 560], ["Orchards", 772, 510], ["Kilnside", 868, 92]];

const river = (x) => 412 + 74 * Math.sin(x / 168 + 0.5) + 26 * Math.sin(x / 61);
const breadth = (x) => 27 + 7 * Math.sin(x / 90);

/** Points down the river, at a share of its breadth from the middle. */
const along = (share) => Array.from({ length: 53 }, (_, at) => at * 20 - 20).map((x) => [x, river(x) + share * breadth(x)]);

/** A point of the street grid: straight streets, bent by the river and the hill. */
function corner(column, row) {
  const u = (column / COLUMNS) * 1120 - 60;
  const v = (row / ROWS) * 760 - 60;
  const x = u + 22 * Math.sin(v / 120) + 10 * Math.sin(u / 75 + v / 210);
  const pull = Math.exp(-(((v - river(x)) / 150) ** 2));
  return [x, v + 16 * Math.sin(u / 150 + 1) + pull * (river(x) - 412) * 0.55];
}

const isNear = (places, [x, y]) => places.some(([px, py, radius]) => Math.hypot(x - px, y - py) < radius);
const point = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
const mid = (a, b, share) => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];

/** The drawing, as a group of SVG. */
export function city() {
  const { paths, trees } = blocks(numbers(7));
  return draw("g", { class: "city" },
    draw("rect", { width: WIDTH, height: HEIGHT, class: "streets" }),
    ...Object.entries(paths).map(([kind, parts]) => draw("path", { d: parts.join(""), class: kind })),
    draw("path", { d: trees.join(""), class: "trees" }),
    draw("path", { d: shore(1), class: "water" }),
    ...[0.62, 0.2, -0.25, -0.66].map((share) => draw("path", { d: ripple(share), class: "ripple" })),
    draw("path", { d: quays().join(""), class: "trees" }),
    ...bridges(),
    draw("path", { d: "M-10 588C170 520 260 610 420 580S700 420 760 380S910 180 1010 150", class: "railway" }),
    draw("path", { id: "course", d: ripple(0), class: "course" }),
    draw("text", { class: "river-name", dy: 5 }, draw("textPath", { href: "#course", startOffset: "13%" }, "River Ink")),
    ...QUARTERS.map(([name, x, y]) => draw("text", { x, y, class: "quarter" }, name)),
    compass());
}

/** The houses between the streets, by what they are; the river and the squares have none. */
function blocks(chance) {
  const paths = { block: [], yard: [], landmark: [], green: [] };
  const trees = [];
  for (let row = 0; row < ROWS; row += 1) {
    for (let column = 0; column < COLUMNS; column += 1) {
      const gap = { x: column % 6 === 2 ? 0.17 : 0.07, y: row % 5 === 2 ? 0.2 : 0.09 };
      const at = (dx, dy) => corner(column + dx, row + dy);
      const corners = [at(gap.x, gap.y), at(1 - 0.06, gap.y), at(1 - 0.06, 1 - 0.08), at(gap.x, 1 - 0.08)];
      const middle = at(0.5, 0.5);
      const toWater = Math.min(...corners.map(([x, y]) => Math.abs(y - river(x)) - breadth(x)));
      const crosses = corners.some(([x, y]) => y > river(x)) && corners.some(([x, y]) => y < river(x));
      const luck = chance();
      if (toWater < 7 || crosses || isNear(SQUARES, middle)) continue;
      if (isNear(PARKS, middle)) {
        paths.green.push(`M${corners.map(point).join("L")}z`);
        for (let count = 0; count < 5; count += 1) {
          const place = at(0.2 + chance() * 0.6, 0.2 + chance() * 0.6);
          trees.push(tree(place, 1.6 + chance() * 2.2));
        }
      } else build(paths, corners, luck, chance);
    }
  }
  return { paths, trees };
}

function build(paths, corners, luck, chance) {
  const kind = luck < 0.035 ? "landmark" : "block";
  const [a, b, c, d] = corners;
  const share = 0.35 + chance() * 0.3;
  if (luck > 0.72) { // two houses with a lane between
    paths.block.push(`M${[a, mid(a, b, share - 0.03), mid(d, c, share - 0.03), d].map(point).join("L")}z`);
    paths.block.push(`M${[mid(a, b, share + 0.03), b, c, mid(d, c, share + 0.03)].map(point).join("L")}z`);
    return;
  }
  paths[kind].push(`M${corners.map(point).join("L")}z`);
  if (luck < 0.035 || luck > 0.5) return;
  const heart = mid(a, c, 0.5);
  paths.yard.push(`M${corners.map((one) => point(mid(heart, one, 0.42))).join("L")}z`);
}

/** A circle, as a part of a path. */
function tree([x, y], radius) {
  const [r, across] = [radius.toFixed(1), (2 * radius).toFixed(1)];
  return `M${point([x - radius, y])}a${r} ${r} 0 1 0 ${across} 0a${r} ${r} 0 1 0-${across} 0z`;
}

function shore(share) {
  return `M${[...along(-share), ...along(share).reverse()].map(point).join("L")}z`;
}

const ripple = (share) => `M${along(share).map(point).join("L")}`;

/** Trees along the water. */
function quays() {
  return Array.from({ length: 66 }, (_, at) => at * 16 - 12).flatMap((x) =>
    [-1, 1].map((side) => tree([x, river(x) + side * (breadth(x) + 9)], 2.6)));
}

function bridges() {
  return [2, 8, 14, 20].flatMap((column) => {
    const x = corner(column + 0.08, 11)[0];
    const d = `M${point([x - 5, river(x) - breadth(x) - 7])}L${point([x + 5, river(x) + breadth(x) + 7])}`;
    return [draw("path", { d, class: "bridge edge" }), draw("path", { d, class: "bridge" })];
  });
}

function compass() {
  return draw("g", { class: "compass", transform: "translate(946 582)" },
    draw("circle", { r: 22 }), draw("path", { d: "M0-30L6 0L0 30L-6 0z" }), draw("path", { d: "M0-30L6 0H-6z", class: "north" }),
    draw("text", { y: -34 }, "N"));
}
