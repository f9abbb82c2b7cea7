/** The panel in which customers write to the shop; it stays open while they look around. */

import { Conversation } from "./conversation.js";
import { find, make } from "./dom.js";

let conversation = null;

export function open({ session, account }) {
  const panel = find("#support");
  panel.hidden = false;
  find("#open-support").ariaExpanded = "true";
  const content = find("#support-content");
  const fill = () => {
    conversation?.leave();
    conversation = session.subject ? new Conversation(`support-${session.subject}`, session) : null;
    content.replaceChildren(conversation?.element ?? invitation(account));
    conversation?.focus();
  };
  if (!content.childElementCount) {
    fill();
    session.addEventListener("change", fill);
  } else conversation?.focus();
}

export function close() {
  find("#support").hidden = true;
  find("#open-support").ariaExpanded = "false";
  find("#open-support").focus();
}

function invitation(account) {
  return make("p", { className: "plain" }, "So that we know whom we talk to: ",
    make("button", { type: "button", className: "link", onclick: () => account.open() }, "sign in first"), ".");
}
