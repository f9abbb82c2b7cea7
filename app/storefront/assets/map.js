/** The map with the courier on it, and the couriers whom staff may send. */

import { listCouriers } from "./api.js";
import { city, distance, HEIGHT, HOUSE, project, WIDTH } from "./city.js";
import { draw, make, time } from "./dom.js";

const TRAIL = 40; // positions that are drawn behind the courier

export class CourierMap {
  #trail = [];
  #line = draw("path", { class: "trail" });
  #courier = draw("g", { class: "courier", visibility: "hidden" },
    draw("circle", { r: 22, class: "halo" }), draw("circle", { r: 16 }),
    draw("path", { transform: "scale(1.4)", d: "M-5.4 3.4a2.6 2.6 0 1 0 .1 0zM5.4 3.4a2.6 2.6 0 1 0 .1 0zM-5.4 6L-2-2.4H3.4L5.4 6M-2-2.4L1.4 5.6L3.4-2.4L2.6-5H5.4M-3.6-3.4H-.6" }));
  #told = make("p", { className: "told", role: "status" }, "Waiting for the courier’s first position …");

  constructor() {
    const house = project(HOUSE);
    const label = "A map of the city, with the shop and the courier";
    this.element = make("figure", { className: "map" },
      draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, city(),
        draw("g", { class: "house", transform: `translate(${house.x} ${house.y})` },
          draw("path", { d: "M-13 12V-3L0-14L13-3V12z" }), draw("path", { d: "M-4 12V2H4V12", class: "door" }), draw("text", { y: 30 }, "Blueprint")),
        this.#line, this.#courier),
      make("figcaption", {}, this.#told));
  }

  /** The courier is at {latitude, longitude, recorded_at} now. */
  move(position) {
    const place = project(position);
    this.#trail = [...this.#trail, place].slice(-TRAIL);
    this.#line.setAttribute("d", `M${this.#trail.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`);
    this.#courier.setAttribute("visibility", "visible");
    this.#courier.style.transform = `translate(${place.x}px, ${place.y}px)`;
    Object.assign(this.element.dataset, { latitude: position.latitude, longitude: position.longitude });
    const far = distance(position);
    const where = far < 0.1 ? "at the shop" : `${far.toFixed(1)} km from the shop`;
    this.#told.replaceChildren(`Your courier was ${where} at `, time(position.recorded_at, "clock"), place.isOn ? "." : ", off this map.");
  }

  arrived(isThere) {
    this.#courier.classList.toggle("arrived", isThere);
    if (isThere) this.#told.textContent = "It has arrived.";
  }
}

/** Fill a choice with the couriers who are nearest to the shop. */
export async function offer(select) {
  const { items } = await listCouriers(HOUSE);
  select.append(...items.map(({ courier_id: id, distance_km: far }) => make("option", { value: id }, `courier ${id.slice(-8)}, ${far.toFixed(1)} km away`)));
  if (items.length) select.selectedIndex = 1;
}
