/** Shows the view that the address names. Addresses are fragments: `#/product/7`; a bucket serves one page for all. */

import { find, make, pause } from "./dom.js";
import { failed } from "./problems.js";

const SOON = 200; // milliseconds after which a view is shown while it still loads

export class Router {
  #page;
  #routes;
  #shop;
  #scrolls = new Map(); // where each address was left
  #at = null;
  #leaving = new AbortController();

  /** `routes`: [pattern of the path, what loads the module with its `show(page, {params, query, signal, shop})`]. */
  constructor(page, routes, shop) {
    this.#page = page;
    this.#routes = routes;
    this.#shop = shop;
    history.scrollRestoration = "manual";
    addEventListener("hashchange", () => this.show());
  }

  /** Go to a path. Replacing the address, it is the same place to who is there: focus and scroll stay. */
  go(path, { replace = false } = {}) {
    history[replace ? "replaceState" : "pushState"](null, "", `#${path}`);
    return this.show({ stays: replace });
  }

  async show({ stays = false } = {}) {
    const address = location.hash.slice(1) || "/";
    if (!address.startsWith("/")) return; // a place on the page
    if (this.#at !== null) this.#scrolls.set(this.#at, scrollY);
    const isFirst = this.#at === null;
    this.#at = address;
    this.#leaving.abort();
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    const view = make("div", { className: "view" });
    this.#page.ariaBusy = "true";
    const shown = this.#fill(view, address, signal);
    await (stays ? shown : Promise.race([shown, pause(SOON)]));
    if (signal.aborted) return;
    this.#page.replaceChildren(view);
    await shown;
    if (signal.aborted) return;
    Object.assign(this.#page, { ariaBusy: "false" }).dataset.shown = address;
    if (stays) return;
    scrollTo(0, history.state?.seen ? (this.#scrolls.get(address) ?? 0) : 0);
    history.replaceState({ seen: true }, "");
    if (!isFirst) find("h1", view)?.focus({ preventScroll: true });
  }

  async #fill(view, address, signal) {
    const [path, query] = address.split("?");
    const [load, params] = this.#match(path);
    try {
      const { show } = await load();
      await show(view, { params, query: new URLSearchParams(query), signal, shop: this.#shop });
    } catch (error) {
      if (signal.aborted) return;
      view.replaceChildren(failed(error, () => this.show()));
    }
  }

  #match(path) {
    for (const [pattern, load] of this.#routes) {
      const found = pattern.exec(path);
      if (found) return [load, found.slice(1)];
    }
    return [() => ({ show: showNothing }), []];
  }
}

/** A view's heading, which is told to who comes by keyboard or hears the page, and its title. */
export function heading(text, properties = {}) {
  document.title = `${text} · Blueprint`;
  return make("h1", { tabIndex: -1, ...properties }, text);
}

function showNothing(view) {
  view.append(make("section", { className: "plain" }, heading("Not on our shelves"),
    make("p", {}, "There is nothing at this address. ", make("a", { href: "#/" }, "Back to the products"))));
}
