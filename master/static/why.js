// The dialog that says why a due instant did, did not, or will (not) run.

import { attempt, open } from "./dialogs.js";
import { at, element, moment } from "./pieces.js";
import { get } from "./server.js";

const dialog = at("why");
let name = "";
let asked = 0;

export function showWhy(job) {
  name = job.name;
  at("why-title").textContent = `Why did ${name} run, or not?`;
  at("why-which").value = "last";
  open(dialog);
  choose();
}

function choose() {
  const timed = at("why-which").value === "at";
  at("why-at").hidden = at("why-at-label").hidden = !timed;
  at("why-answer").replaceChildren();
  if (!timed) answer();
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
  at("why-answer").replaceChildren(...(told ? lines(told) : []));
}

function lines({ planTime, answer }) {
  const sentences = answer.map((textContent) => element("p", { textContent }));
  if (planTime === null) return sentences;
  return [element("p", { className: "hint" }, "Due at ", moment(planTime)), ...sentences];
}

at("why-which").addEventListener("change", choose);
dialog.querySelector("form").addEventListener("submit", answer);
