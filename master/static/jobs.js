// The list of jobs, and what can be done with each.

import { ask, attempt } from "./dialogs.js";
import { edit } from "./editor.js";
import { kill } from "./kill.js";
import { showLog } from "./log.js";
import { pause, rest, resume } from "./pause.js";
import { at, badge, button, cell, CHANGED, element, focusOn, moment } from "./pieces.js";
import { runNow } from "./run.js";
import { get, send } from "./server.js";
import { showWhy } from "./why.js";

let listed = "";

// Where a job runs, as far as it says anything about that.
function places({ where, hosts }) {
  const found = [];
  if (hosts !== undefined && hosts !== "any") {
    found.push(hosts === "all" ? "on all hosts" : `on ${hosts} hosts`);
  }
  if (where?.length) found.push(`where ${where.join(" and ")}`);
  return found;
}

function row({ job, next, last, text }) {
  const resting = rest(job);
  const name = element("th", { scope: "row" },
    element("bdi", { textContent: job.name }), ...resting);
  const schedule = [element("code", { textContent: job.cronExprSource || job.cronExpr })];
  for (const hint of [text, job.timezone].filter(Boolean)) {
    schedule.push(element("span", { className: "hint", textContent: hint }));
  }
  for (const where of places(job)) {
    schedule.push(element("span", { className: "hint", textContent: where }));
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
      button("Run", job, runNow),
      button("Kill", job, kill),
      resting.length ? button("Resume", job, resume, "Pause") : button("Pause", job, pause),
      button("Why", job, showWhy),
      button("Delete", job, remove))));
}

export async function refresh() {
  const jobs = await attempt(at("jobs-view"), () => get("/api/v1/jobs"));
  if (jobs === undefined) return;
  // A pause that ends by itself changes nothing of what the server says of the job.
  const text = JSON.stringify([jobs, jobs.map(({ job }) => rest(job).length)]);
  if (text === listed) return;
  listed = text;
  const focused = document.activeElement?.dataset?.key;
  at("jobs").tBodies[0].replaceChildren(...jobs.map(row));
  at("jobs").hidden = jobs.length === 0;
  at("empty").hidden = jobs.length > 0;
  focusOn(focused);
}

const remove = (job) => ask(
  `Delete ${job.name}?`, "It will not run again. Its log is kept.", "Delete",
  async () => {
    await send("/job/delete", { name: job.name });
    return `${job.name} is deleted.`;
  });

at("new").addEventListener("click", () => edit(null));
document.addEventListener(CHANGED, refresh);
