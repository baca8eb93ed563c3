// Dialogs: opened, asked in, and told in them what went wrong.

import { at, changed, focusOn, say } from "./pieces.js";

export function show(alert, error) {
  const text = error ? error.message : "";
  if (alert.textContent !== text) alert.textContent = text;
  alert.hidden = !error;
}

// Runs what a dialog or the page does, and shows there what went wrong.
export async function attempt(place, action) {
  const alert = place.querySelector("[role=alert]");
  try {
    const result = await action();
    show(alert, null);
    return result;
  } catch (error) {
    show(alert, error);
    return undefined;
  }
}

const openers = new Map();

export function open(dialog) {
  openers.set(dialog, document.activeElement?.dataset?.key ?? "");
  show(dialog.querySelector("[role=alert]"), null);
  dialog.showModal();
}

let agreed = null;

export function ask(question, consequence, yes, action) {
  at("question").textContent = question;
  at("consequence").textContent = consequence;
  at("yes").textContent = yes;
  agreed = action;
  open(at("confirm"));
}

async function agree(event) {
  event.preventDefault();
  const done = await attempt(at("confirm"), agreed);
  if (done === undefined) return;
  at("confirm").close();
  say(done);
  changed();
}

at("confirm").querySelector("form").addEventListener("submit", agree);
for (const close of document.querySelectorAll("dialog .close")) {
  close.addEventListener("click", () => close.closest("dialog").close());
}
// The list may have been made anew meanwhile, and with it the button that opened the dialog.
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => focusOn(openers.get(dialog)));
}
