/** Server-sent events by `fetch`: EventSource sends no Authorization header. */

import { backOff, pause } from "./dom.js";
import { ApiError } from "./api.js";

/** The events of an open answer's body: {type, data}, as the HTML standard has them ("server-sent events"). */
async function* eventsOf(body) {
  let rest = "";
  let event = { type: "message", data: [] };
  for await (const text of texts(body)) {
    const lines = (rest + text).split(/\r\n|\n|\r/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (event.data.length) yield { type: event.type, data: event.data.join("\n") };
        event = { type: "message", data: [] };
      } else if (line.startsWith("event:")) event.type = line.slice(6).trim();
      else if (line.startsWith("data:")) event.data.push(line.slice(5).replace(/^ /, ""));
    }
  }
}

async function* texts(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}

/**
 * Follow a stream until the signal or `hear` ends it: `open(signal)` gets a body, `hear(event)` tells whether to go on.
 * A stream that breaks is opened again, later each time; `tell(isConnected)` is told how it stands.
 */
export async function follow(open, { signal, hear, tell }) {
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      const body = await open(signal);
      tell(true);
      for await (const event of eventsOf(body)) {
        tries = 0;
        if (!hear(event)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && [401, 403, 404].includes(error.problem.status)) throw error;
    }
    tell(false);
    await pause(backOff(tries), signal).catch(() => {});
  }
}
