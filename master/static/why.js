// The dialog that says why a due instant did, did not, or will (not) run.

import { attempt, open } from "./dialogs.js";
import { at, element } from "./pieces.js";
import { get } from "./server.js";

const dialog = at("why");
let name = "";
let asked = 0;

export function showWhy(job) {
  name = job.name;
  at("why-title").textContent = `Why did ${name} run, or not?`;
  at("why-which").value = "last";
  choose();
  open(dialog);
  answer();
}

function choose() {
  const timed = at("why-which").value === "at";
  at("why-at").hidden = at("why-at-label").hidden = !timed;
  at("why-answer").replaceChildren();
}

function query() {
  const which = at("why-which").value;
  if (which !== "at") return { name, [which]: 1 };
  const time = new Date(at("why-at").value).getTime();
  if (Number.isNaN(time)) throw new Error("Say which time.");
  return { name, at: time };
}

async function answer(event) {
  event?.preventDefault();
  const number = ++asked;
  const told = await attempt(dialog, () => get("/api/v1/why", query()));
  if (number !== asked) return;
  const sentences = (told?.answer ?? []).map((textContent) => element("p", { textContent }));
  at("why-answer").replaceChildren(...sentences);
}

at("why-which").addEventListener("change", choose);
dialog.querySelector("form").addEventListener("submit", answer);
