// The page: its views, of which the address names the one that is shown.

import { showAudit } from "./audit.js";
import { show } from "./dialogs.js";
import { place } from "./fragment.js";
import { refresh } from "./jobs.js";
import { at, say, zone } from "./pieces.js";
import { showRecords } from "./records.js";
import { showRetention } from "./retention.js";
import { get } from "./server.js";
import { showWorkers } from "./workers.js";

const REFRESH_MS = 5000;
const VIEWS = { jobs: refresh, records: showRecords, audit: showAudit };

let shown = "";

// A view is told what is asked of it, and whether it is to look anew or only its dialog changes.
function turn() {
  const { view, query } = place();
  const before = shown;
  shown = Object.hasOwn(VIEWS, view) ? view : "jobs";
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const section of document.querySelectorAll("main > section")) {
    section.hidden = section.id !== `${shown}-view`;
  }
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === shown) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = shown === "jobs" ? "fleetcron" : `${shown} – fleetcron`;
  if (before && before !== shown) say("");
  VIEWS[shown](query, before !== shown);
}

// Why nothing can be saved or run although the server answers; when it does not, others say so.
async function showProblems() {
  const { problems } = await get("/api/v1/health").catch(() => ({ problems: [] }));
  show(at("problems"), problems.length ? new Error(problems.join(" ")) : null);
}

// One look at a time, and none that nobody sees or that would move a row under an open dialog.
// What somebody has searched for stays as it is until it is searched for again.
async function keepFresh() {
  if (!document.hidden && !document.querySelector("dialog[open]")) {
    await showProblems();
    await showRetention();
    if (shown === "jobs") await refresh();
  }
  setTimeout(keepFresh, REFRESH_MS);
}

for (const mark of document.querySelectorAll(".zone")) mark.textContent = zone;
at("show-workers").addEventListener("click", showWorkers);
window.addEventListener("hashchange", turn);
turn();
showProblems();
showRetention();
setTimeout(keepFresh, REFRESH_MS);
