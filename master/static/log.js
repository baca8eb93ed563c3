// The dialog with a job's records.

import { attempt, open } from "./dialogs.js";
import { liveRun } from "./follow.js";
import { at, badge, duration, element, moment } from "./pieces.js";
import { get } from "./server.js";
import { timedOutput } from "./times.js";

const PAGE_SIZE = 20;
const log = { name: "", skip: 0 };

function timesButton(entry, output) {
  const made = element("button", { type: "button", textContent: "Times of lines" });
  made.setAttribute("aria-pressed", "false");
  made.onclick = () => {
    const pressed = made.getAttribute("aria-pressed") !== "true";
    made.setAttribute("aria-pressed", String(pressed));
    output.textContent = pressed ? timedOutput(entry) : entry.output;
  };
  return made;
}

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
    if (entry.lineTimes) made.append(timesButton(entry, output));
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

// What runs now stands above; what is over by the time it was followed to its end is below then.
async function showLive(name) {
  const runs = await get("/api/v1/runs", { name }).catch(() => []);
  if (name !== log.name) return;
  const over = () => name === log.name && log.skip === 0 && turn(0);
  at("live-runs").replaceChildren(...runs.map((run) => liveRun(name, run, over)));
}

export async function showLog(job) {
  log.name = job.name;
  at("log-title").textContent = `Log of ${job.name}`;
  at("records").replaceChildren();
  at("live-runs").replaceChildren();
  at("page").textContent = "";
  at("newer").disabled = at("older").disabled = true;
  open(at("log"));
  await Promise.all([showLive(job.name), turn(0)]);
}

at("newer").addEventListener("click", () => turn(Math.max(0, log.skip - PAGE_SIZE)));
at("older").addEventListener("click", () => turn(log.skip + PAGE_SIZE));
