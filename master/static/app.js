// The page of the fixed interface: list, new, edit, delete, kill, log, workers.
// Whatever comes from the server goes into the page as text, never as markup.

const PAGE_SIZE = 20;
const REFRESH_MS = 5000;
const PREVIEW_MS = 250;
const FIELDS = ["name", "command", "cronExpr", "timezone"];

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const at = (id) => document.getElementById(id);

// ---- the server

async function call(path, form) {
  const options = form ? { method: "POST", body: new URLSearchParams(form) } : {};
  let answer;
  try {
    answer = await (await fetch(path, { ...options, cache: "no-store" })).json();
  } catch {
    throw new Error("The server gave no answer that can be read.");
  }
  if (answer.errno !== 0) throw new Error(answer.msg || "The server refused without a reason.");
  return answer.data;
}

const get = (path, query = {}) => call(`${path}?${new URLSearchParams(query)}`);

// ---- pieces of the page

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function button(text, job, action) {
  const made = element("button", { type: "button", textContent: text, onclick: () => action(job) });
  made.setAttribute("aria-label", `${text} ${job.name}`);
  made.dataset.key = JSON.stringify([job.name, text]);
  return made;
}

function moment(ms) {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return document.createTextNode("–");
  return element("time", { dateTime: date.toISOString(), textContent: clock.format(date) });
}

function duration(ms) {
  if (ms < 1000) return `${ms} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const [h, m, s] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  return h ? `${h} h ${m} min` : `${m} min ${s} s`;
}

// Records of workers of the fixed interface have no outcome of their own.
const outcomeOf = (record) => record.outcome || (record.err ? "failed" : "success");

function badge(record) {
  const outcome = outcomeOf(record);
  const good = outcome === "success";
  const calm = ["running", "waiting", "skipped_overlap", "ran_elsewhere"].includes(outcome);
  const kind = good ? "good" : calm ? "calm" : "bad";
  const beside = record.lost && outcome !== "lost" ? " (worker was lost meanwhile)" : "";
  const textContent = outcome.replaceAll("_", " ") + beside;
  return element("span", { className: `badge ${kind}`, textContent });
}

function show(alert, error) {
  const text = error ? error.message : "";
  if (alert.textContent !== text) alert.textContent = text;
  alert.hidden = !error;
}

// Runs what a dialog or the page does, and shows there what went wrong.
async function attempt(place, action) {
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

function open(dialog) {
  show(dialog.querySelector("[role=alert]"), null);
  dialog.showModal();
}

function say(text) {
  at("status").textContent = text;
}

// ---- the list of jobs

let listed = "";

function row({ job, next, last, text }) {
  const cell = (label, ...children) => {
    const made = element("td", {}, ...children);
    made.dataset.label = label;
    return made;
  };
  const name = element("th", { scope: "row" }, element("bdi", { textContent: job.name }));
  const schedule = [element("code", { textContent: job.cronExprSource || job.cronExpr })];
  for (const hint of [text, job.timezone].filter(Boolean)) {
    schedule.push(element("span", { className: "hint", textContent: hint }));
  }
  return element("tr", {},
    name,
    cell("Schedule", ...schedule),
    cell("Command", element("code", { className: "command", textContent: job.command })),
    cell("Next", next === null ? "–" : moment(next)),
    cell("Last", ...(last ? [badge(last), " ", moment(last.startTime)] : ["–"])),
    cell("Actions", element("div", { className: "buttons" },
      button("Edit", job, edit),
      button("Log", job, showLog),
      button("Kill", job, kill),
      button("Delete", job, remove))));
}

// Why nothing can be saved or run although the server answers; when it does not, others say so.
async function showProblems() {
  const { problems } = await get("/api/v1/health").catch(() => ({ problems: [] }));
  show(at("problems"), problems.length ? new Error(problems.join(" ")) : null);
}

async function refresh() {
  const jobs = await attempt(document.body, () => get("/api/v1/jobs"));
  const text = JSON.stringify(jobs);
  if (jobs === undefined || text === listed) return;
  listed = text;
  const focused = document.activeElement?.dataset?.key;
  at("jobs").tBodies[0].replaceChildren(...jobs.map(row));
  at("jobs").hidden = jobs.length === 0;
  at("empty").hidden = jobs.length > 0;
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

// One look at a time, and none that nobody sees or that would move a row under an open dialog.
async function keepFresh() {
  if (!document.hidden && !document.querySelector("dialog[open]")) {
    await showProblems();
    await refresh();
  }
  setTimeout(keepFresh, REFRESH_MS);
}

// ---- new and edit

const editor = at("editor");
const form = editor.querySelector("form");
let edited = null;
let previews = 0;
let previewTimer = 0;

function edit(job) {
  edited = job;
  at("editor-title").textContent = job ? `Edit ${job.name}` : "New job";
  for (const field of FIELDS) form.elements[field].value = job?.[field] ?? "";
  if (job?.cronExprSource) form.elements.cronExpr.value = job.cronExprSource;
  form.elements.name.readOnly = job !== null;
  at("name-hint").hidden = job !== null;
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
    await call("/job/save", { job: JSON.stringify(job) });
    return job;
  });
  submit.disabled = false;
  if (!saved) return;
  editor.close();
  say(`${saved.name} is saved.`);
  await refresh();
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

// ---- kill and delete

let agreed = null;

function ask(question, consequence, yes, action) {
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
  await refresh();
}

const remove = (job) => ask(
  `Delete ${job.name}?`, "It will not run again. Its log is kept.", "Delete",
  async () => {
    await call("/job/delete", { name: job.name });
    return `${job.name} is deleted.`;
  });

const kill = (job) => ask(
  `Kill ${job.name}?`, "What runs of it now is ended. It will run again when it is next due.",
  "Kill",
  async () => {
    await call("/job/kill", { name: job.name });
    return `${job.name}: the kill is on its way.`;
  });

// ---- the log

const log = { name: "", skip: 0 };

function record(entry) {
  const line = element("p", { className: "line" }, badge(entry), " ", moment(entry.startTime), ", ",
    duration(Math.max(0, entry.endTime - entry.startTime)));
  if (entry.worker) line.append(` on ${entry.worker}`);
  const made = element("article", {}, line);
  if (entry.err) made.append(element("p", { className: "error", textContent: entry.err }));
  if (entry.reason && entry.reason !== entry.err) {
    made.append(element("p", { className: "hint", textContent: entry.reason }));
  }
  if (entry.output) {
    const output = element("pre", { textContent: entry.output, tabIndex: 0 });
    output.setAttribute("aria-label", "Output");
    output.setAttribute("role", "region");
    made.append(output);
    if (entry.shortened) {
      made.append(element("p", { textContent: "Shortened on this page; read alone it is whole." }));
    }
  }
  return made;
}

async function turn(skip) {
  const asked = log.name;
  const query = { name: asked, skip, limit: PAGE_SIZE };
  const entries = await attempt(at("log"), () => get("/job/log", query));
  if (entries === undefined || asked !== log.name) return;
  log.skip = skip;
  at("records").replaceChildren(...entries.map(record));
  at("records").scrollTop = 0;
  at("newer").disabled = skip === 0;
  at("older").disabled = entries.length < PAGE_SIZE;
  at("page").textContent = entries.length
    ? `${skip + 1} to ${skip + entries.length}`
    : skip ? "No more runs." : "It has not run yet.";
}

async function showLog(job) {
  log.name = job.name;
  at("log-title").textContent = `Log of ${job.name}`;
  at("records").replaceChildren();
  at("page").textContent = "";
  at("newer").disabled = at("older").disabled = true;
  open(at("log"));
  await turn(0);
}

// ---- workers

// How far a worker's clock is from the master's, where that was heard.
function clockText({ clockAheadMs, clockOff }) {
  if (clockAheadMs == null) return "";
  const seconds = (Math.abs(clockAheadMs) / 1000).toFixed(1);
  if (!clockOff) return ` (clock within ${Math.max(0.1, seconds)} s)`;
  return ` (clock is OFF: ${seconds} s ${clockAheadMs > 0 ? "ahead" : "behind"})`;
}

async function showWorkers() {
  at("addresses").replaceChildren();
  at("no-workers").hidden = true;
  open(at("workers"));
  const workers = await attempt(at("workers"), () => get("/api/v1/workers"));
  if (workers === undefined) return;
  const line = (worker) => element("li", { textContent: worker.id + clockText(worker) });
  at("addresses").replaceChildren(...workers.map(line));
  at("no-workers").hidden = workers.length > 0;
}

// ---- start

for (const place of document.querySelectorAll(".zone")) place.textContent = zone;
for (const close of document.querySelectorAll("dialog .close")) {
  close.addEventListener("click", () => close.closest("dialog").close());
}
const zones = Intl.supportedValuesOf?.("timeZone") ?? [];
at("zones").append(...["UTC", ...zones].map((value) => element("option", { value })));
at("new").addEventListener("click", () => edit(null));
at("show-workers").addEventListener("click", showWorkers);
at("newer").addEventListener("click", () => turn(Math.max(0, log.skip - PAGE_SIZE)));
at("older").addEventListener("click", () => turn(log.skip + PAGE_SIZE));
form.addEventListener("submit", save);
for (const field of ["name", "cronExpr", "timezone"]) {
  form.elements[field].addEventListener("input", previewSoon);
}
at("confirm").querySelector("form").addEventListener("submit", agree);
keepFresh();
