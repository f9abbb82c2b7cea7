/**
 * A room of the support chat over a WebSocket. What was said to it and not confirmed is kept and said again on the next
 * connection, under the same key: the shop takes it once. What was missed meanwhile comes with the welcome.
 */

import { backOff } from "./dom.js";

const ENDED = { 4401: "signed-out", 4403: "forbidden" }; // closes after which trying again is of no use

export class Chat extends EventTarget {
  messages = []; // the oldest first
  waiting = new Map(); // by key: what the shop has not confirmed
  people = [];
  you = null;
  state = "connecting"; // open, waiting (for the next try), signed-out, forbidden, left
  #room;
  #session;
  #socket;
  #timer;
  #tries = 0;
  #hasRenewed = false;

  constructor(room, session) {
    super();
    this.#room = room;
    this.#session = session;
    this.#connect();
  }

  say(text) {
    const message = { type: "say", text, key: crypto.randomUUID() };
    this.waiting.set(message.key, message);
    this.#send(message);
    this.#changed();
  }

  /** Put older messages before those that are there. */
  prepend(messages) {
    const known = new Set(this.messages.map(({ id }) => id));
    this.messages = [...messages.filter(({ id }) => !known.has(id)), ...this.messages];
    this.#changed();
  }

  leave() {
    clearTimeout(this.#timer);
    this.state = "left";
    this.#socket?.close();
  }

  #connect() {
    const address = new URL(`/chat/rooms/${this.#room}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onopen = () => {
      const after = this.messages.at(-1)?.id ?? null;
      socket.send(JSON.stringify({ type: "authenticate", token: this.#session.token, after }));
    };
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => this.#closed(code);
  }

  #hear(said) {
    if (said.type === "welcome") this.#welcome(said);
    else if (said.type === "message") this.#take(said);
    else if (said.type === "present") this.people = said.people;
    else if (said.type === "problem") this.#refused(said);
    this.#changed();
  }

  #welcome({ you, messages, present }) {
    Object.assign(this, { you, people: present, state: "open" });
    this.#tries = 0;
    this.#hasRenewed = false;
    for (const message of messages) this.#take(message);
    for (const message of this.waiting.values()) this.#send(message);
  }

  #take(message) {
    this.waiting.delete(message.key);
    if (this.messages.some(({ id }) => id === message.id)) return; // after a gap some come twice
    this.messages.push(message);
    this.messages.sort((one, other) => (one.id < other.id ? -1 : 1)); // ids sort by the time
  }

  /** What was said too fast is said again by itself; anything else goes back to who typed it. */
  #refused({ title, detail, retry_after: seconds }) {
    const [key, message] = this.waiting.entries().next().value ?? [];
    if (key && seconds) setTimeout(() => this.waiting.has(key) && this.#send(message), seconds * 1000);
    else this.waiting.delete(key);
    const returned = seconds ? null : message?.text;
    this.dispatchEvent(new CustomEvent("problem", { detail: { text: detail || title, seconds, returned } }));
  }

  #send(message) {
    if (this.state === "open" && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  async #closed(code) {
    if (this.state === "left") return;
    if (code === 4401 && !this.#hasRenewed) {
      this.#hasRenewed = true;
      if (await this.#session.renew().catch(() => false)) return this.#connect();
    }
    this.state = ENDED[code] ?? "waiting";
    this.people = [];
    if (this.state === "waiting") this.#timer = setTimeout(() => this.#connect(), backOff(this.#tries++));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
