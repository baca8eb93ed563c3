// The dialog with the workers that are registered.

import { attempt, open } from "./dialogs.js";
import { at, element } from "./pieces.js";
import { get } from "./server.js";

// How far a worker's clock is from the master's, where that was heard.
function clockText({ clockAheadMs, clockOff }) {
  if (clockAheadMs == null) return "";
  const seconds = (Math.abs(clockAheadMs) / 1000).toFixed(1);
  if (!clockOff) return ` (clock within ${Math.max(0.1, seconds)} s)`;
  return ` (clock is OFF: ${seconds} s ${clockAheadMs > 0 ? "ahead" : "behind"})`;
}

// What it has still to bring to the log store, and what was lost of it; numbers are rounded down.
function spoolText({ registration }) {
  const { waiting, cut, refused } = registration?.spool ?? {};
  const said = [];
  if (waiting) said.push(`${waiting}+ records wait for the log store`);
  if (cut) said.push(`${cut}+ outputs were cut`);
  if (refused) said.push(`${refused}+ records were refused`);
  return said.length ? ` (${said.join(", ")})` : "";
}

// What there is to say of a worker beside that it is there.
function beside({ kind, drained, registration }) {
  if (kind === "go") return ": a Go worker, runs every job; beside it once is best effort";
  if (!drained) return registration?.draining ? ": is about to end, takes no more runs" : "";
  const why = drained.reason ? `: ${drained.reason}` : "";
  return `: takes no more runs, drained by ${drained.by}${why}`;
}

export async function showWorkers() {
  at("addresses").replaceChildren();
  at("no-workers").hidden = true;
  open(at("workers"));
  const workers = await attempt(at("workers"), () => get("/api/v1/workers"));
  if (workers === undefined) return;
  const line = (worker) =>
    element("li", { textContent: worker.id + clockText(worker) + spoolText(worker) + beside(worker) });
  at("addresses").replaceChildren(...workers.map(line));
  at("no-workers").hidden = workers.length > 0;
}
