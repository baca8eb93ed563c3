// The dialog with a job's records.

import { attempt, open } from "./dialogs.js";
import { liveRun } from "./follow.js";
import { address } from "./fragment.js";
import { outputOf, tookOf } from "./output.js";
import { at, badge, duration, element, moment } from "./pieces.js";
import { get } from "./server.js";
import { statistics } from "./stats.js";

const PAGE_SIZE = 20;
const log = { name: "", skip: 0 };

function record(entry) {
  const took = tookOf(entry);
  const line = element("p", { className: "line" }, badge(entry), " ", moment(entry.startTime));
  if (took !== null) line.append(`, ${duration(took)}`);
  if (entry.worker) line.append(` on ${entry.worker}`);
  const made = element("article", {}, line);
  if (entry.err) made.append(element("p", { className: "error", textContent: entry.err }));
  if (entry.reason && entry.reason !== entry.err) {
    made.append(element("p", { className: "hint", textContent: entry.reason }));
  }
  made.append(...outputOf(entry));
  if (entry.shortened) {
    made.append(element("p", {}, "Shortened on this page; ",
      element("a", { href: address("records", { job: entry.jobName, run: entry.runId }),
        textContent: "read alone it is whole" }), "."));
  }
  return made;
}

async function turn(skip) {
  const asked = log.name;
  const query = { name: asked, skip, limit: PAGE_SIZE };
  const entries = await attempt(at("log"), () => get("/job/log", query));
  if (entries === undefined || asked !== log.name) return;
  log.skip = skip;
  at("log-records").replaceChildren(...entries.map(record));
  at("log-records").scrollTop = 0;
  at("newer").disabled = skip === 0;
  at("older").disabled = entries.length < PAGE_SIZE;
  at("page").textContent = entries.length
    ? `${skip + 1} to ${skip + entries.length}`
    : skip ? "No more runs." : "It has not run yet.";
}

// What runs now stands above; what is over by the time it was followed to its end is below then.
async function showLive(name) {
  const runs = await get("/api/v1/runs", { name }).catch(() => []);
  if (name !== log.name) return;
  const over = () => name === log.name && log.skip === 0 && turn(0);
  at("live-runs").replaceChildren(...runs.map((run) => liveRun(name, run, over)));
}

async function showStatistics(name) {
  const parts = await statistics(name).catch((error) => [error.message]);
  if (name === log.name) at("log-stats").replaceChildren(...parts);
}

export async function showLog(job) {
  log.name = job.name;
  at("log-title").textContent = `Log of ${job.name}`;
  at("log-records").replaceChildren();
  at("live-runs").replaceChildren();
  at("log-stats").replaceChildren();
  at("log-search").href = address("records", { job: job.name });
  at("page").textContent = "";
  at("newer").disabled = at("older").disabled = true;
  open(at("log"));
  await Promise.all([showLive(job.name), turn(0), showStatistics(job.name)]);
}

at("newer").addEventListener("click", () => turn(Math.max(0, log.skip - PAGE_SIZE)));
at("older").addEventListener("click", () => turn(log.skip + PAGE_SIZE));
