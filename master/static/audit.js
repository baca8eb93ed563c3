// The view of who did what, when and from where. Its address is what is asked for.

import { attempt } from "./dialogs.js";
import { differences } from "./differences.js";
import { boxes, fill, fold, leads } from "./filters.js";
import { address, besides } from "./fragment.js";
import { at, button, cell, element, moment } from "./pieces.js";
import { showRevisions } from "./revisions.js";
import { get } from "./server.js";

const EDITS = ["created", "changed", "paused", "resumed", "deleted", "restored"];
const WHATS = [...EDITS, "killed", "run", "drained", "undrained", "forgot"];

const view = at("audit-view");
const form = at("audit-search");
let number = 0;

export async function showAudit(query) {
  const mine = ++number;
  fill(form, query);
  fold(form, query);
  at("audit-told").textContent = "Looking …";
  at("entries").hidden = at("audit-newest").hidden = at("audit-older").hidden = true;
  const page = await attempt(view, () => get("/api/v1/audit", query));
  if (mine !== number) return;
  at("audit-told").textContent = page ? told(page) : "";
  if (!page) return;
  at("entries").tBodies[0].replaceChildren(...page.entries.map(row));
  at("entries").hidden = page.entries.length === 0;
  at("audit-newest").hidden = !query.has("after");
  at("audit-newest").href = address("audit", besides(query, { after: null }));
  at("audit-older").hidden = page.next === null;
  at("audit-older").href = address("audit", besides(query, { after: page.next ?? "" }));
}

function told({ entries, problem }) {
  const count = entries.length ? `${entries.length} shown, newest first.` : "There are none.";
  return problem ? `${count} ${problem}` : count;
}

function row(entry) {
  return element("tr", {},
    element("th", { scope: "row" }, moment(entry.at)),
    cell("What", entry.what),
    cell("Of", element("bdi", { textContent: entry.job ?? entry.worker ?? "–" })),
    cell("By", entry.by ?? "–"),
    cell("From", entry.from ?? "–"),
    cell("More", ...more(entry)));
}

function more(entry) {
  const said = [entry.fields?.join(", "), entry.job && entry.worker && `on ${entry.worker}`,
    entry.reason].filter(Boolean).map((textContent) => element("p", { textContent }));
  if (entry.runId) {
    const href = address("records", { job: entry.job ?? "", run: entry.runId });
    said.push(element("p", {}, element("a", { href, textContent: entry.runId })));
  }
  return EDITS.includes(entry.what) ? [...said, ...edit(entry)] : said;
}

// What is large is made only when somebody looks at it.
function edit(entry) {
  const revisions = button("Revisions", { name: entry.job }, showRevisions, entry.id);
  if (entry.leftOut) {
    const textContent = "The job before and after is too large for this list.";
    return [element("p", { className: "hint", textContent }), revisions];
  }
  const made = element("details", {},
    element("summary", { textContent: "Before and after" }));
  made.addEventListener("toggle", () =>
    made.append(differences(entry.before ?? null, entry.after ?? null)), { once: true });
  return [made, revisions];
}

at("audit-whats").append(...boxes("what", WHATS));
leads(form, "audit");
