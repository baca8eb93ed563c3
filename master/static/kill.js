// The dialog that kills one run of a job, or all of them, and says when they are dead.

import { attempt, open } from "./dialogs.js";
import { at, badge, changed, element } from "./pieces.js";
import { get, post } from "./server.js";

const WAIT_SECONDS = 20;

const dialog = at("kill");
const form = dialog.querySelector("form");
let name = "";

export async function kill(job) {
  name = job.name;
  at("kill-title").textContent = `Kill ${name}?`;
  at("kill-run").replaceChildren(choice({ runId: "", text: "all of it that waits or runs now" }));
  at("kill-state").replaceChildren();
  open(dialog);
  const runs = await attempt(dialog, () => get("/api/v1/runs", { name }));
  if (dialog.open && name === job.name) at("kill-run").append(...(runs ?? []).map(choice));
}

function choice({ runId, text }) {
  return element("option", { value: runId, textContent: runId ? `${runId} ${text}` : text });
}

async function end(event) {
  event.preventDefault();
  const submit = form.querySelector("[type=submit]");
  const run = at("kill-run").value;
  submit.disabled = true;
  at("kill-state").textContent = "Waiting until it is dead.";
  const told = await attempt(dialog, () =>
    post("/api/v1/kill", { name, waitSeconds: WAIT_SECONDS, ...(run ? { run } : {}) }));
  submit.disabled = false;
  at("kill-state").replaceChildren(...(told ? lines(told) : []));
  changed();
}

function lines({ runs, elsewhere, dead }) {
  if (!runs.length && !elsewhere) return [element("p", { textContent: "Nothing of it ran." })];
  const found = runs.map(({ runId, state, outcome, worker }) =>
    element("li", {}, badge({ outcome: outcome || state }), ` ${runId} on ${worker || "nobody"}`));
  if (elsewhere) {
    const textContent = `What a Go worker ran: ${elsewhere === "over" ? "over" : "asked to end"}`;
    found.push(element("li", { textContent }));
  }
  const textContent = dead
    ? "All of it is dead."
    : `After ${WAIT_SECONDS} s it is not known to be dead: the kill stands, look again.`;
  return [element("p", { textContent }), element("ul", {}, ...found)];
}

form.addEventListener("submit", end);
