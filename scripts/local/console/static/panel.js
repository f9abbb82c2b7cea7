// What is known of one node.

import { chart } from "./chart.js";
import { element } from "./elements.js";

const EVERY = 2_000; // milliseconds

export class Panel {
  constructor(aside, onClose) {
    this.aside = aside;
    this.onClose = onClose;
    this.id = null;
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.id) this.close();
    });
  }

  async open(id, title) {
    this.id = id;
    this.title = title;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.refresh(), EVERY);
    this.build();
    await this.refresh();
  }

  close({ quietly = false } = {}) {
    clearInterval(this.timer);
    const id = this.id;
    this.id = null;
    this.aside.hidden = true;
    this.onClose(id, quietly);
  }

  build() {
    const close = element("button", { class: "button", type: "button", "aria-label": "Close" }, ["✕"]);
    close.addEventListener("click", () => this.close());
    this.parts = Object.fromEntries(["facts", "charts", "faults", "commands", "log", "described"].map((name) => [name, element("div")]));
    this.aside.replaceChildren(
      element("header", {}, [element("h2", { id: "panel-title", tabindex: "-1" }, [this.title]), close]),
      ...Object.values(this.parts),
    );
    this.faults = "";
    this.aside.hidden = false;
    this.aside.querySelector("h2").focus();
  }

  async refresh() {
    const id = this.id;
    let answer;
    try {
      answer = await fetch(`/api/node?id=${encodeURIComponent(id)}`);
    } catch {
      return; // the banner says so
    }
    if (this.id !== id) return;
    if (answer.status === 404) {
      this.parts.facts.replaceChildren(element("p", {}, ["It is gone: what follows is how it was."]));
      return;
    }
    if (answer.ok) this.show(await answer.json());
  }

  show(node) {
    const facts = node.processes.flatMap((process) => [
      ["process", `${process.name}${process.pid ? `, id ${process.pid}` : ""}`],
      ["state", `${process.state}, ${process.healthy ? "healthy" : "not healthy"}${process.detail ? `: ${process.detail}` : ""}`],
      ...(process.port ? [["here", `127.0.0.1:${process.port}`]] : []),
      ...(process.restarts ? [["restarts", String(process.restarts)]] : []),
    ]);
    if (node.place) facts.push(["deployed", node.place]);
    this.parts.facts.replaceChildren(element("dl", {}, facts.flatMap(([name, value]) => [
      element("dt", {}, [name]), element("dd", {}, [value]),
    ])));
    const charts = Object.entries(node.history).map(([name, points]) => chart(name, points));
    this.fill("charts", "Last ten minutes", charts.length ? [element("div", { class: "charts" }, charts)] : []);
    this.fillFaults(node.faults);
    this.fill("commands", "Commands", node.commands.map(command));
    this.fillLog(node.log.flat());
    if (!this.parts.described.hasChildNodes()) {
      const text = JSON.stringify(node.described, null, 2);
      this.fill("described", "As AWS describes it", text === "{}" ? [] : [element("pre", { tabindex: "0" }, [text])]);
    }
  }

  fill(part, title, children) {
    if (part === "commands" && this.parts[part].contains(document.activeElement)) return;
    this.parts[part].replaceChildren(...(children.length ? [element("h3", {}, [title]), ...children] : []));
  }

  // The buttons stay as they are while nothing changes: somebody may be about to press one.
  fillFaults(faults) {
    const told = JSON.stringify(faults);
    if (told === this.faults) return;
    this.faults = told;
    const answer = element("p", { role: "status" });
    this.fill("faults", "Break it", faults.length ? [element("div", { class: "buttons" }, faults.map((fault) => breaker(fault, answer))), answer] : []);
  }

  // Follows the end of the log, unless somebody has scrolled up to read.
  fillLog(lines) {
    const before = this.parts.log.querySelector("pre");
    const follows = !before || before.scrollTop + before.clientHeight >= before.scrollHeight - 20;
    if (!follows) return;
    this.fill("log", "Log", lines.length ? [element("pre", { tabindex: "0" }, [lines.join("\n")])] : []);
    const now = this.parts.log.querySelector("pre");
    if (now) now.scrollTop = now.scrollHeight;
  }
}

function command(text) {
  const copy = element("button", { class: "button", type: "button" }, ["Copy"]);
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1_500);
  });
  return element("div", { class: "command" }, [element("code", {}, [text]), copy]);
}

// Asks once more before it breaks something.
function breaker(fault, answer) {
  const button = element("button", { class: "button", type: "button" }, [fault.title]);
  let sure = false;
  button.addEventListener("click", async () => {
    if (!sure) {
      sure = true;
      button.textContent = `Really? ${fault.title}`;
      button.classList.add("danger");
      setTimeout(() => {
        sure = false;
        button.textContent = fault.title;
        button.classList.remove("danger");
      }, 4_000);
      return;
    }
    sure = false;
    answer.textContent = "asking …";
    const { kind, target, seconds } = fault;
    const told = await fetch("/api/faults", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ kind, target, seconds }),
    });
    answer.textContent = told.ok ? "Done: see what happens below." : (await told.json()).detail;
  });
  return button;
}
