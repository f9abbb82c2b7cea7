// Follows the local cloud, and says so where it cannot.

import { Capacity } from "./capacity.js";
import { element } from "./elements.js";
import { Load } from "./load.js";
import { Panel } from "./panel.js";
import { Timeline } from "./timeline.js";
import { Topology } from "./topology.js";
import { Trace } from "./trace.js";

const STALE = 15; // seconds without news
const LINKS = { site: "Shop", api: "API", load_balancer: "Load balancer", aws: "AWS" };

const by = (id) => document.getElementById(id);
const topology = new Topology(by("topology"), by("edges"), choose);
const panel = new Panel(by("panel"), closed);
const trace = new Trace(by("follow"), by("trace"), () => panel.close({ quietly: true }), (nodes) => topology.follow(nodes));
const timeline = new Timeline(by("events"), by("faults"));
const capacity = new Capacity(by("capacity"));
const load = new Load(by("load"), by("visitors"));
let latest = null;
let connected = false;

function choose(id) {
  const nodes = latest.groups.flatMap((group) => group.nodes);
  trace.close({ quietly: true });
  topology.mark(id);
  panel.open(id, nodes.find((node) => node.id === id).title);
}

function closed(id, quietly) {
  topology.mark(null);
  if (!quietly) topology.nodes.get(id)?.button.focus();
}

function show(state) {
  latest = state;
  topology.show(state);
  timeline.show(state);
  capacity.show(state);
  load.show(state);
  by("stack").textContent = state.prefix.replace(/-$/, "");
  by("links").replaceChildren(...Object.entries(LINKS).filter(([name]) => state.addresses[name]).map(([name, title]) =>
    element("a", { href: state.addresses[name], target: "_blank", rel: "noreferrer" }, [title])));
  tell();
}

function tell() {
  const age = latest ? Date.now() / 1000 - latest.at : 0;
  const troubled = latest?.groups.flatMap((group) => group.nodes)
    .filter((node) => ["unhealthy", "failed", "absent", "starting"].includes(node.state)).length ?? 0;
  const pill = by("health");
  pill.className = `pill ${!connected || age > STALE ? "" : latest?.healthy && !troubled ? "good" : "bad"}`;
  pill.textContent = !connected ? "not connected"
    : !latest ? "looking"
    : latest.groups.length === 0 ? "nothing is deployed"
    : troubled ? `${troubled} of ${latest.groups.flatMap((group) => group.nodes).length} not healthy`
    : latest.healthy ? "all is healthy" : "not all is healthy";
  pill.title = !latest ? "" : latest.watched ? "The runtime itself has a standby" : "The runtime itself has no standby at the moment";
  const banner = by("banner");
  banner.textContent = !connected && latest ? `Not connected: this is how it was at ${new Date(latest.at * 1000).toLocaleTimeString()}. Is the local cloud running?`
    : age > STALE ? `No news for ${Math.round(age)} seconds: what is shown may be out of date.`
    : latest?.problem ?? "";
  banner.hidden = !banner.textContent;
  document.body.classList.toggle("stale", !connected || age > STALE);
}

const stream = new EventSource("/api/stream");
stream.addEventListener("open", () => { connected = true; tell(); });
stream.addEventListener("error", () => { connected = false; tell(); });
stream.addEventListener("state", (event) => { connected = true; show(JSON.parse(event.data)); });
setInterval(tell, 1_000);
