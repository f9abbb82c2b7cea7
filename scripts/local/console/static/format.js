// Numbers as people read them.

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const BYTES = ["B", "KiB", "MiB", "GiB"];

export function number(value) {
  return NUMBER.format(value);
}

export function bytes(value) {
  let unit = 0;
  while (value >= 1024 && unit < BYTES.length - 1) { value /= 1024; unit += 1; }
  return `${number(value)} ${BYTES[unit]}`;
}

export function percent(value) {
  return `${number(value * 100)} %`;
}

// Every figure that the server tells: its name, and how its values are written.
export const FIGURES = {
  cpu: ["CPU", (value) => `${number(value)} %`],
  requests: ["requests", (value) => `${number(value)} req/s`],
  errors: ["failed", percent],
  refused: ["refused", percent],
  p50: ["p50", (value) => `${number(value)} ms`],
  p95: ["p95", (value) => `${number(value)} ms`],
  p99: ["p99", (value) => `${number(value)} ms`],
  connections: ["connections", number],
  transactions: ["transactions", (value) => `${number(value)} tx/s`],
  lag: ["behind, time", (value) => `${number(value)} s`],
  lag_bytes: ["behind", bytes],
  free_storage: ["free storage", bytes],
  operations: ["operations", (value) => `${number(value)} ops/s`],
  hits: ["hit ratio", percent],
  memory: ["memory", bytes],
  users: ["visitors", number],
  failures: ["failures a second", number],
  desired: ["wanted", number],
  serving: ["serve", number],
  invocations: ["calls", (value) => `${number(value)} calls/s`],
  duration: ["a call takes", (value) => `${number(value)} ms`],
  iterator_age: ["behind, time", (value) => `${number(value)} s`],
  waiting: ["waiting", number],
  in_flight: ["at work", number],
  delayed: ["delayed", number],
};

export function figure(name, value) {
  const [title, write] = FIGURES[name] ?? [name, number];
  return [title, write(value)];
}

// The figures that a node shows at a glance, by the kind of its group.
const GLANCE = {
  client: ["requests", "p95"],
  balancer: ["requests", "p95", "errors"],
  fleet: ["requests", "cpu"],
  database: ["transactions", "lag_bytes"],
  cache: ["operations", "hits"],
  queue: ["waiting", "in_flight"],
  "dead letters": ["waiting"],
  function: ["invocations", "duration", "errors"],
  stream: ["iterator_age"],
  cdn: ["requests", "hits"],
  gateway: ["requests", "refused", "errors"],
};

// Of which nothing is said while there is none.
const SILENT = new Set(["errors", "refused", "in_flight", "cpu"]);

export function glance(kind, node) {
  if (node.detail && node.state !== "healthy") return node.detail;
  const parts = [];
  for (const name of GLANCE[kind] ?? []) {
    const value = node.figures[name];
    if (value === undefined || (SILENT.has(name) && value === 0)) continue;
    const [title, text] = figure(name, value);
    parts.push(["requests", "transactions", "operations", "invocations"].includes(name) ? text : `${title} ${text}`);
  }
  if (node.state === "idle" && parts.length === 0) return "no process now";
  return parts.join(" · ");
}
