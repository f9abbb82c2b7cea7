// What happened, the newest first; and the faults that go on.

import { element } from "./elements.js";

export class Timeline {
  constructor(list, faults) {
    this.list = list;
    this.faults = faults;
    this.shown = "";
    this.going = "";
  }

  show(state) {
    const last = state.events[state.events.length - 1];
    const shown = `${state.events.length} ${last?.time}`;
    if (shown !== this.shown) {
      this.shown = shown;
      this.list.replaceChildren(...[...state.events].reverse().map(line));
    }
    this.showFaults(state.faults, state.at);
  }

  showFaults(faults, now) {
    const going = JSON.stringify(faults);
    if (going !== this.going) {
      this.going = going;
      const heal = element("button", { class: "button", type: "button" }, ["Heal all"]);
      heal.addEventListener("click", () => fetch("/api/faults", { method: "DELETE" }));
      this.faults.replaceChildren(...faults.map(chip), ...(faults.length ? [heal] : []));
    }
    faults.forEach((fault, place) => {
      const left = Math.max(0, Math.round(fault.begun_at + fault.seconds - now));
      this.faults.children[place].querySelector("span").textContent = ` ${left} s`;
    });
  }
}

function line(event) {
  const at = new Date(event.time * 1000);
  return element("li", { class: event.kind }, [
    element("time", { datetime: at.toISOString() }, [at.toLocaleTimeString()]),
    element("b", {}, [event.kind]),
    element("span", {}, [event.sentence]),
  ]);
}

function chip(fault) {
  return element("span", { class: "chip" }, [`${fault.kind}: ${fault.target}`, element("span")]);
}
