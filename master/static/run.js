// The dialog that runs a job now, and follows what comes of it.

import { attempt, open } from "./dialogs.js";
import { at, badge, changed, element } from "./pieces.js";
import { get, post } from "./server.js";

const LOOK_MS = 700;

const dialog = at("run");
const form = dialog.querySelector("form");
let name = "";
let asked = 0;

const choice = (value, textContent) => element("option", { value, textContent });

export async function runNow(job) {
  name = job.name;
  asked += 1;
  at("run-title").textContent = `Run ${name} now`;
  at("run-worker").replaceChildren(choice("", "any that may run it"));
  at("run-states").replaceChildren();
  open(dialog);
  const workers = await attempt(dialog, () => get("/api/v1/workers"));
  const ours = (workers ?? []).filter(({ kind }) => kind === "fleetcron");
  at("run-worker").append(...ours.map(({ id }) => choice(id, id)));
}

async function start(event) {
  event.preventDefault();
  const submit = form.querySelector("[type=submit]");
  const number = ++asked;
  submit.disabled = true;
  const worker = at("run-worker").value;
  const begun = await attempt(dialog, () =>
    post("/api/v1/run", worker ? { name, worker } : { name }));
  submit.disabled = false;
  if (begun) await follow(begun, number);
}

// Looks until all have ended, the dialog is closed, or something else is asked.
async function follow({ runs, warnings }, number) {
  for (;;) {
    const states = await attempt(dialog, () =>
      Promise.all(runs.map((id) => get("/api/v1/run", { name, id }))));
    if (!dialog.open || number !== asked || states === undefined) return;
    at("run-states").replaceChildren(...warnings.map(warned), ...states.map(line));
    if (states.every(({ record }) => record)) return changed();
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

const warned = (warning) => element("li", { textContent: `Warning: ${warning}` });

function line({ runId, state, outcome, text }) {
  return element("li", {}, badge({ outcome: outcome || state }), ` ${runId}: ${text}`);
}

form.addEventListener("submit", start);
