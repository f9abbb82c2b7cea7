/** What is told of what went wrong, in plain words and beside the place where it did. */

import { ApiError } from "./api.js";
import { make } from "./dom.js";

const later = (seconds) => (seconds ? `Try again in ${seconds} s.` : "Try again in a moment.");

/** The words for an error; one that is none of the API's is a mistake of ours, and goes on as such. */
export function explain(error) {
  if (!(error instanceof ApiError)) throw error;
  const { status, detail, title, request_id: request } = error.problem;
  if (!status && !navigator.onLine) return "You are offline. Try again once you are back: nothing is lost.";
  if (!status) return `The shop cannot be reached. ${later()}`;
  if (status === 401) return "Please sign in again: what you typed stays here.";
  if (status === 412) return "It was changed elsewhere meanwhile. Look at it again.";
  if (status === 429) return `That was a little fast. ${later(error.retryAfter)}`;
  if (status === 503 || status === 504) return `This part of the shop has its hands full. ${later(error.retryAfter)}`;
  if (status >= 500) return `Something broke on our side${request ? ` (request ${request})` : ""}. ${later()}`;
  return detail || title;
}

/** A place for such words; `try(action)` runs it with its button held, and tells whether it went well. */
export function troubleFor(button = null) {
  const element = make("p", { className: "trouble", role: "alert" });
  return {
    element,
    say: (text) => (element.textContent = text),
    async try(action) {
      element.textContent = "";
      if (button) button.disabled = true;
      try {
        await action();
        return true;
      } catch (error) {
        element.textContent = explain(error);
        return false;
      } finally {
        if (button) button.disabled = false;
      }
    },
  };
}

/** In the place of what could not be loaded: why, and another try. */
export function failed(error, again) {
  return make("div", { className: "failed", role: "alert" },
    make("p", {}, explain(error)),
    make("button", { type: "button", className: "quiet", onclick: again }, "Try again"));
}
