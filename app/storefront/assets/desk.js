/** The support's desk: who has written, the newest first, and the conversation that is taken up. For staff. */

import { listRooms } from "./api.js";
import { Conversation } from "./conversation.js";
import { field, make, pause, time } from "./dom.js";
import { explain } from "./problems.js";
import { heading } from "./router.js";

const LOOK = 4_000; // milliseconds between two looks at who has written

export async function show(page, { signal, shop }) {
  shop.session.addEventListener("change", () => shop.router.show(), { signal, once: true });
  page.append(heading("The desk"));
  if (!shop.session.isStaff) {
    page.append(make("p", { className: "plain" }, "Staff alone sit here. ",
      make("button", { type: "button", className: "link", onclick: () => shop.account.open() }, "Sign in")));
    return;
  }
  const rooms = make("ul", { className: "rooms", ariaLabel: "Conversations" });
  const said = make("p", { className: "said", role: "status" });
  const place = make("div", { className: "panel" }, make("p", { className: "quieter" }, "Choose a conversation."));
  let open = null;
  const take = (room) => {
    open?.leave();
    open = new Conversation(room, shop.session);
    place.replaceChildren(open.element);
    open.focus();
    for (const item of rooms.children) item.firstChild.ariaCurrent = String(item.dataset.room === room);
    rooms.dataset.open = room;
  };
  signal.addEventListener("abort", () => open?.leave());
  page.append(finder(shop), make("div", { className: "columns desk" }, make("div", {}, said, rooms), place));
  watch(rooms, said, take, signal);
}

async function watch(rooms, said, take, signal) {
  while (!signal.aborted) {
    if (!document.hidden) await look(rooms, said, take);
    await pause(LOOK, signal).catch(() => {});
  }
}

async function look(rooms, said, take) {
  try {
    const { items } = await listRooms();
    said.textContent = items.length ? "" : "Nobody has written yet.";
    const focused = document.activeElement?.closest?.("[data-room]")?.dataset.room;
    rooms.replaceChildren(...items.map((one) => entry(one, rooms.dataset.open, take)));
    if (focused) rooms.querySelector(`[data-room="${CSS.escape(focused)}"] button`)?.focus();
  } catch (error) {
    said.textContent = explain(error);
  }
}

function entry({ room, newest }, open, take) {
  const button = make("button", { type: "button", ariaCurrent: String(room === open), onclick: () => take(room) },
    make("b", {}, newest.author.role === "customer" ? newest.author.name : `Room ${room.slice(-4)}`), time(newest.at, "clock"),
    make("span", {}, newest.text));
  const item = make("li", {}, button);
  item.dataset.room = room;
  return item;
}

function finder({ router }) {
  const number = make("input", {
    id: "number", required: true, pattern: "[0-9a-fA-F-]{36}", title: "The whole number, 36 signs", placeholder: "00000000-0000-…",
  });
  const form = make("form", { className: "finder" }, field("Number of an order", number), make("button", { className: "quiet" }, "Open it"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    router.go(`/order/${number.value.trim().toLowerCase()}`);
  });
  return form;
}
