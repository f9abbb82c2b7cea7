// Draws the tiers, and the lines between them.

import { glance } from "./format.js";
import { drawn, element } from "./elements.js";

const TIERS = {
  clients: "Clients", edge: "Edge", balancing: "Balancing", services: "Services",
  data: "Data", events: "Events", consumers: "Consumers",
};
// What is said before or after the name of a group.
const HEADINGS = { fleet: "Fleet", database: "PostgreSQL", cache: "Redis" };
const KINDS = { bus: "event bus", queue: "queue", stream: "stream", function: "function" };
const FOLDED = new Set(["table", "bucket", "dead letters"]); // of which most are seldom looked at
const CROWD = 6; // nodes from which on a group shows them side by side
const BAD = new Set(["unhealthy", "failed", "absent"]);

export class Topology {
  constructor(section, edges, onChoose) {
    this.section = section;
    this.edges = edges;
    this.onChoose = onChoose;
    this.cards = new Map();
    this.nodes = new Map();
    this.shape = "";
    this.chosen = null;
    this.unfolded = new Set();
    this.followed = new Set();
    new ResizeObserver(() => this.drawEdges()).observe(section);
    section.addEventListener("pointerover", (event) => this.highlight(event.target.closest(".group")));
    section.addEventListener("pointerleave", () => this.highlight(null));
    section.addEventListener("focusin", (event) => this.highlight(event.target.closest(".group")));
    section.addEventListener("focusout", () => this.highlight(null));
  }

  show(state) {
    this.state = state;
    const shape = JSON.stringify(state.groups.map((group) => [group.id, group.tier, group.nodes.map((node) => node.id)]));
    if (shape !== this.shape) {
      this.shape = shape;
      this.build();
    }
    for (const group of state.groups) this.update(group);
    this.drawEdges();
  }

  // Anew, since something came or went; what had the focus keeps it.
  build() {
    const focused = document.activeElement?.dataset?.node;
    this.section.querySelectorAll(".tier").forEach((tier) => tier.remove());
    this.cards.clear();
    const known = new Set(this.nodes.keys());
    this.nodes.clear();
    for (const [tier, title] of Object.entries(TIERS)) {
      const groups = this.state.groups.filter((group) => group.tier === tier);
      if (groups.length === 0) continue;
      this.section.append(element("div", { class: "tier" }, [
        element("h2", {}, [title]), ...groups.map((group) => this.card(group, known)),
      ]));
    }
    if (focused) this.nodes.get(focused)?.button.focus();
    this.follow(this.followed);
  }

  card(group, known) {
    const count = element("span");
    const nodes = group.nodes.map((node) => this.node(node, known.size > 0 && !known.has(node.id)));
    const title = HEADINGS[group.kind] ? `${HEADINGS[group.kind]} ${group.title}` : group.title;
    const content = FOLDED.has(group.kind) ? [this.folded(title, count, nodes)]
      : group.nodes.length === 1 && !group.sizes ? nodes
      : [element("h3", {}, [title, count]), element("div", { class: group.nodes.length > CROWD ? "crowd" : "" }, nodes)];
    const card = element("div", { class: "group", "data-group": group.id, role: "group", "aria-label": title }, content);
    this.cards.set(group.id, { card, count });
    return card;
  }

  folded(title, count, nodes) {
    const details = element("details", {}, [element("summary", {}, [title, count]), ...nodes]);
    details.open = this.unfolded.has(title);
    details.addEventListener("toggle", () => {
      this.unfolded[details.open ? "add" : "delete"](title);
      this.drawEdges();
    });
    return details;
  }

  node(node, isNew) {
    const dot = element("i", { class: "dot" });
    const title = element("b", {}, [node.title]);
    const text = element("small");
    const button = element("button", {
      class: isNew ? "node changed" : "node", type: "button", "data-node": node.id, "aria-expanded": "false",
    }, [dot, title, text]);
    button.addEventListener("click", () => this.onChoose(node.id));
    this.nodes.set(node.id, { button, dot, text, state: node.state });
    return button;
  }

  update(group) {
    const { card, count } = this.cards.get(group.id);
    const running = group.nodes.filter((node) => node.state === "healthy").length;
    if (group.sizes) count.title = `between ${group.sizes.min} and ${group.sizes.max}`;
    const troubled = group.nodes.some((node) => isTroubled(group, node));
    card.classList.toggle("troubled", troubled);
    if (troubled && FOLDED.has(group.kind)) card.querySelector("details").open = true;
    count.textContent = group.sizes ? `${running} of ${group.sizes.desired}`
      : group.kind === "dead letters" ? deadLetters(group)
      : FOLDED.has(group.kind) ? `${group.nodes.length} ${group.kind}s` : "";
    for (const node of group.nodes) {
      const shown = this.nodes.get(node.id);
      const role = ROLES.has(node.role) ? node.role : KINDS[group.kind] ?? "";
      const text = [role, glance(group.kind, node)].filter(Boolean).join(" · ");
      shown.dot.className = `dot ${node.state}`;
      shown.text.textContent = text;
      shown.text.classList.toggle("warn", isTroubled(group, node));
      shown.button.title = `${node.title}: ${node.state}${text ? `, ${text}` : ""}`;
      shown.button.setAttribute("aria-label", shown.button.title);
      if (shown.state !== node.state) {
        shown.button.classList.remove("changed");
        void shown.button.offsetWidth; // so that the animation begins anew
        shown.button.classList.add("changed");
        shown.state = node.state;
      }
    }
  }

  mark(id) {
    for (const [node, { button }] of this.nodes) button.setAttribute("aria-expanded", String(node === id));
  }

  // Marks the nodes that an order came by.
  follow(ids) {
    this.followed = ids;
    for (const [node, { button }] of this.nodes) button.classList.toggle("followed", ids.has(node));
  }

  highlight(card) {
    const id = card?.dataset.group ?? null;
    if (id === this.chosen) return;
    this.chosen = id;
    this.drawEdges();
  }

  drawEdges() {
    if (!this.state) return;
    const origin = this.section.getBoundingClientRect();
    const left = origin.left - this.section.scrollLeft;
    const paths = this.state.edges.map(([from, to]) => {
      const [source, target] = [this.state.groups[from], this.state.groups[to]];
      const [a, b] = [source, target].map((group) => this.cards.get(group.id).card.getBoundingClientRect());
      const path = drawn("path", { d: curve(a, b, left, origin.top - this.section.scrollTop) });
      if (flows(source, target, this.state)) path.classList.add("flows");
      if (this.chosen === source.id || this.chosen === target.id) path.classList.add("of");
      return path;
    });
    this.edges.classList.toggle("chosen", this.chosen !== null);
    this.edges.replaceChildren(...paths);
    this.edges.setAttribute("width", this.section.scrollWidth);
    this.edges.setAttribute("height", this.section.scrollHeight);
  }
}

const ROLES = new Set(["primary", "replica", "mapping off"]);

function deadLetters(group) {
  const waiting = group.nodes.reduce((sum, node) => sum + (node.figures.waiting ?? 0), 0);
  return waiting ? `${waiting} waiting` : `${group.nodes.length} queues, empty`;
}

function isTroubled(group, node) {
  return BAD.has(node.state) || (group.kind === "dead letters" && node.figures.waiting > 0);
}

// Whether something goes along a line at the moment, as far as figures tell.
function flows(source, target, state) {
  const sum = (group, name) => group.nodes.reduce((total, node) => total + (node.figures[name] ?? 0), 0);
  if (source.kind === "queue") return sum(source, "waiting") + sum(source, "in_flight") > 0;
  if (target.kind === "queue") return sum(target, "waiting") + sum(target, "in_flight") > 0;
  const requests = state.groups.filter((group) => group.kind === "balancer").some((group) => sum(group, "requests") > 0.05);
  const onTheWay = ["client", "cdn", "balancer", "fleet"];
  const reached = ["cdn", "balancer", "fleet", "cache", "database"];
  return requests && onTheWay.includes(source.kind) && reached.includes(target.kind);
}

// From the right of one to the left of the other; where that would lead back, from side to side in an arc.
function curve(a, b, left, top) {
  const [y1, y2] = [a.top + a.height / 2 - top, b.top + b.height / 2 - top];
  if (b.left >= a.right) {
    const [x1, x2] = [a.right - left, b.left - left];
    const bend = Math.max(18, (x2 - x1) / 2);
    return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  }
  const [x1, x2] = [a.left - left, b.right - left];
  const bend = b.right <= a.left ? Math.max(18, (x1 - x2) / 2) : 30;
  return `M${x1} ${y1} C${x1 - bend} ${y1} ${x2 + bend} ${y2} ${x2} ${y2}`;
}
