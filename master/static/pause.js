// Pausing a job, perhaps until a time and with a reason, and letting it go on.

import { ask, attempt, open } from "./dialogs.js";
import { at, changed, element, moment, say } from "./pieces.js";
import { post } from "./server.js";

const dialog = at("pause");
let name = "";

// Whether a job rests, and what to say of that.
export function rest(job) {
  if (!job.paused || (job.pausedUntil != null && job.pausedUntil <= Date.now())) return [];
  const parts = [element("span", { className: "badge calm", textContent: "paused" })];
  if (job.pausedUntil != null) parts.push(" until ", moment(job.pausedUntil));
  if (job.pausedBy) parts.push(` by ${job.pausedBy}`);
  if (job.pauseReason) parts.push(`: ${job.pauseReason}`);
  return [element("span", { className: "hint" }, ...parts)];
}

export function pause(job) {
  name = job.name;
  at("pause-title").textContent = `Pause ${name}`;
  at("pause-until").value = at("pause-reason").value = "";
  open(dialog);
}

async function agree(event) {
  event.preventDefault();
  const until = at("pause-until").value;
  const reason = at("pause-reason").value.trim();
  const body = { name };
  if (until) body.until = new Date(until).getTime();
  if (reason) body.reason = reason;
  const paused = await attempt(dialog, () => post("/api/v1/pause", body));
  if (!paused) return;
  dialog.close();
  say([`${name} is paused.`, ...paused.warnings].join(" "));
  changed();
}

export const resume = (job) => ask(
  `Resume ${job.name}?`, "It runs again from its next due instant on.", "Resume",
  async () => {
    await post("/api/v1/resume", { name: job.name });
    return `${job.name} goes on.`;
  });

dialog.querySelector("form").addEventListener("submit", agree);
