// The dialog for a new job, or an edit of one.

import { attempt, open } from "./dialogs.js";
import { at, changed, element, moment, say, zone } from "./pieces.js";
import { showRevisions } from "./revisions.js";
import { get, send, warningsOf } from "./server.js";

const PREVIEW_MS = 250;
const FIELDS = ["name", "command", "cronExpr", "timezone"];

const editor = at("editor");
const form = editor.querySelector("form");
let edited = null;
let previews = 0;
let previewTimer = 0;

export function edit(job) {
  edited = job;
  at("editor-title").textContent = job ? `Edit ${job.name}` : "New job";
  for (const field of FIELDS) form.elements[field].value = job?.[field] ?? "";
  if (job?.cronExprSource) form.elements.cronExpr.value = job.cronExprSource;
  form.elements.name.readOnly = job !== null;
  at("name-hint").hidden = job !== null;
  at("show-revisions").hidden = job === null;
  at("explained").replaceChildren();
  open(editor);
  form.elements[job ? "command" : "name"].focus();
  preview();
}

// Only what this form has is sent: a save keeps the job's other fields as they are.
function formJob() {
  const job = Object.fromEntries(FIELDS.map((field) => [field, form.elements[field].value]));
  job.name = edited ? edited.name : job.name.trim();
  job.cronExpr = job.cronExpr.trim();
  job.timezone = job.timezone.trim() || null;
  if (job.timezone === null && !edited) delete job.timezone;
  return job;
}

async function save(event) {
  event.preventDefault();
  const submit = form.querySelector("[type=submit]");
  submit.disabled = true;
  const saved = await attempt(editor, async () => {
    const job = formJob();
    await send("/job/save", { job: JSON.stringify(job) });
    return { ...job, warnings: await warningsOf(job.name) };
  });
  submit.disabled = false;
  if (!saved) return;
  editor.close();
  say([`${saved.name} is saved.`, ...saved.warnings].join(" "));
  changed();
}

async function preview() {
  const number = ++previews;
  const { name, cronExpr, timezone } = formJob();
  const place = at("explained");
  if (!cronExpr) return place.replaceChildren();
  const query = { expr: cronExpr, count: 3 };
  if (timezone) query.zone = timezone;
  // The name decides what an H in the expression stands for.
  if (name) query.name = name;
  let parts;
  try {
    const { text, next } = await get("/api/v1/explain", query);
    const instants = next.map((ms) => element("li", {}, moment(ms)));
    const told = instants.length ? `${text}. Next, in ${zone}:` : text;
    parts = [element("p", { textContent: told }), element("ul", {}, ...instants)];
  } catch (error) {
    parts = [element("p", { className: "error", textContent: error.message })];
  }
  if (number === previews) place.replaceChildren(...parts);
}

function previewSoon() {
  clearTimeout(previewTimer);
  previewTimer = setTimeout(preview, PREVIEW_MS);
}

function turnToRevisions() {
  editor.close();
  showRevisions(edited);
}

form.addEventListener("submit", save);
at("show-revisions").addEventListener("click", turnToRevisions);
for (const field of ["name", "cronExpr", "timezone"]) {
  form.elements[field].addEventListener("input", previewSoon);
}
const zones = Intl.supportedValuesOf?.("timeZone") ?? [];
at("zones").append(...["UTC", ...zones].map((value) => element("option", { value })));
