// The dialog with a job's revisions: what each was, how two differ, and back to one of them.

import { ask, attempt, open } from "./dialogs.js";
import { differences } from "./differences.js";
import { at, button, element, moment } from "./pieces.js";
import { get, post } from "./server.js";

const NOTHING = "";
const OUTSIDE = "changed without the audit: by the Go master, by hand, or before there was one";

const dialog = at("revisions");
let name = "";
let opened = 0;
let compared = 0;

export function showRevisions(job) {
  name = job.name;
  opened += 1;
  at("revisions-title").textContent = `Revisions of ${name}`;
  at("revision-list").replaceChildren();
  at("revision-changes").replaceChildren();
  at("revision-before").replaceChildren();
  at("revision-after").replaceChildren();
  at("revisions-problem").textContent = "";
  at("revisions-older").hidden = true;
  open(dialog);
  return add("");
}

// The page behind this entry; of the first one, the two newest are compared.
async function add(after) {
  const mine = opened;
  const query = after ? { name, after } : { name };
  const page = await attempt(dialog, () => get("/api/v1/revisions", query));
  if (page === undefined || mine !== opened) return;
  const kept = page.revisions.filter(({ revision }) => revision !== null);
  at("revision-list").append(...page.revisions.map(line));
  for (const choices of [at("revision-before"), at("revision-after")]) {
    if (!after) choices.append(choice(NOTHING, "nothing"));
    choices.append(...kept.map((each) => choice(each.revision, `${each.revision}, ${each.what}`)));
  }
  at("revisions-problem").textContent = page.problem;
  at("revisions-older").hidden = page.next === null;
  at("revisions-older").onclick = () => add(page.next);
  if (after) return;
  const [newest, before] = page.revisions;
  at("revision-after").value = newest?.revision ?? NOTHING;
  at("revision-before").value = before?.revision ?? NOTHING;
  await compare();
}

const choice = (value, textContent) => element("option", { value, textContent });

function line(each) {
  const { revision, what, at: ms, by, from, fields, reason, current } = each;
  const made = element("li", {}, element("strong", { textContent: revision ?? "–" }), " ");
  if (ms === undefined) made.append(revision === null ? "deleted without the audit" : OUTSIDE);
  else made.append(`${what} `, moment(ms), ` by ${by || "–"}`, from ? ` from ${from}` : "");
  const said = [fields?.join(", "), reason].filter(Boolean).join("; ");
  if (said) made.append(`: ${said}`);
  if (current) made.append(" ", element("span", { className: "badge good", textContent: "as it is" }));
  else if (revision !== null && what !== "deleted") made.append(" ", restorer(revision));
  return made;
}

const restorer = (revision) =>
  button("Restore", { name: `revision ${revision}` }, () => restore(name, revision));

function restore(job, revision) {
  ask(`Restore ${job} as it was at revision ${revision}?`,
    "All its fields become what they were then; whether it is paused stays as it is.", "Restore",
    async () => {
      const { changed, warnings } = await post("/api/v1/restore", { name: job, revision });
      dialog.close();
      const done = `${job} is as at revision ${revision}${changed ? "" : " already"}.`;
      return [done, ...warnings].join(" ");
    });
}

async function version(revision) {
  if (revision === NOTHING) return null;
  return (await get("/api/v1/revision", { name, revision })).job;
}

async function compare() {
  const mine = ++compared;
  const [before, after] = [at("revision-before").value, at("revision-after").value];
  const both = await attempt(dialog, () => Promise.all([version(before), version(after)]));
  if (mine !== compared) return;
  at("revision-changes").replaceChildren(...(both ? [differences(...both)] : []));
}

at("revision-before").addEventListener("change", compare);
at("revision-after").addEventListener("change", compare);
