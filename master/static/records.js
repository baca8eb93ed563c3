// The view in which the records of all jobs are searched. Its address is the search.

import { showCounts } from "./counts.js";
import { attempt } from "./dialogs.js";
import { boxes, fill, fold, leads } from "./filters.js";
import { address, besides, go, place } from "./fragment.js";
import { tookOf } from "./output.js";
import { at, badge, cell, duration, element, moment } from "./pieces.js";
import { showRecord } from "./record.js";
import { get } from "./server.js";

const OUTCOMES = ["success", "failed", "timeout", "killed", "oom", "could_not_start",
  "not_started", "lost", "unknown", "skipped_overlap", "ran_elsewhere", "missed"];

const view = at("records-view");
const form = at("search");
let listed = null;
let wasOpen = false;
let number = 0;

export function showRecords(query, anew) {
  const run = query.get("run");
  query.delete("run");
  const text = String(query);
  // Only the dialog was opened or closed, unless the very same was asked for.
  if (anew || text !== listed || !(run || wasOpen)) list(query);
  listed = text;
  wasOpen = Boolean(run);
  if (run) showRecord(run, () => leave(run));
}

function leave(run) {
  const { view: here, query } = place();
  if (here === "records" && query.get("run") === run) go("records", besides(query, { run: null }));
}

async function list(query) {
  const mine = ++number;
  fill(form, query);
  fold(form, query);
  at("looked").textContent = "Looking …";
  at("found").hidden = true;
  for (const link of [at("records-newest"), at("records-older")]) link.hidden = true;
  showCounts(query);
  const page = await attempt(view, () => get("/api/v1/records", query));
  if (mine !== number) return;
  at("looked").replaceChildren(...(page ? told(query, page) : []));
  if (!page) return;
  at("found").tBodies[0].replaceChildren(...page.records.map((entry) => row(query, entry)));
  at("found").hidden = page.records.length === 0;
  lead(at("records-newest"), query, query.has("after") && { after: null });
  lead(at("records-older"), query, page.next !== null && { after: page.next });
  at("records-older").textContent = page.complete ? "Older" : "Go on";
}

function lead(link, query, changes) {
  link.hidden = !changes;
  if (changes) link.href = address("records", besides(query, changes));
}

const inOutput = (query) => query.has("text") || query.has("pattern");

// How many there are, and how far it was looked for them.
function told(query, { records, next, looked, lookedTo, complete, noSuchJob }) {
  const count = inOutput(query)
    ? `${records.length} found among ${looked} looked at`
    : `${records.length} shown`;
  if (noSuchJob) return [`${count}; there is no job of that name now.`];
  if (next === null) return [query.has("after") ? `${count}; there are no older ones.` : `${count}.`];
  if (lookedTo === null) return [`${count}; there are older ones.`];
  const said = [`${count}; looked as far as `, moment(lookedTo)];
  return [...said, complete ? "." : ", and what is older is not looked at yet: go on."];
}

function row(query, entry) {
  const took = tookOf(entry);
  const href = address("records", besides(query, { run: entry.runId ?? "" }));
  return element("tr", {},
    element("th", { scope: "row" }, element("a", { href }, moment(entry.startTime))),
    cell("Job", element("bdi", { textContent: entry.jobName })),
    cell("Outcome", badge(entry)),
    cell("Took", took === null ? "–" : duration(took)),
    cell("Worker", entry.worker || "–"),
    cell("Trigger", entry.trigger || "–"),
    cell("Why", element("span", { className: "clamp", textContent: why(entry) || "–" })));
}

const why = ({ err, reason }) => err || reason || "";

at("search-outcomes").append(...boxes("outcome", OUTCOMES));
leads(form, "records");
