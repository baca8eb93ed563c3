// The dialog with the workers that are registered.

import { attempt, open } from "./dialogs.js";
import { at, element, moment } from "./pieces.js";
import { get } from "./server.js";

// What was lost on the way to the log store; numbers are rounded down.
const LOST = {
  cut: "outputs were cut",
  refused: "records were refused by the log store",
  stuck: "refused records could not be put aside",
  unreadable: "parts of the spool are unreadable",
  leftToKeys: "records are left to be made of their keys",
  keysGone: "runs have their ends in its spool alone, for too many waited",
};

// How far a worker's clock is from the master's, where that was heard.
function clockText({ clockAheadMs, clockOff }) {
  if (clockAheadMs == null) return "";
  const seconds = (Math.abs(clockAheadMs) / 1000).toFixed(1);
  if (!clockOff) return ` (clock within ${Math.max(0.1, seconds)} s)`;
  return ` (clock is OFF: ${seconds} s ${clockAheadMs > 0 ? "ahead" : "behind"})`;
}

// What there is to say of a worker beside that it is there.
function beside({ kind, drained, registration }) {
  if (kind === "go") return ": a Go worker, runs every job; beside it once is best effort";
  if (drained) {
    const why = drained.reason ? `: ${drained.reason}` : "";
    return `: takes no more runs, drained by ${drained.by}${why}`;
  }
  if (registration?.draining) return ": is about to end, takes no more runs";
  const said = [];
  if (registration?.shortOf) said.push(`takes no runs, short of ${registration.shortOf}`);
  if (registration?.executors) said.push(`executors: ${registration.executors}`);
  return said.length ? `: ${said.join("; ")}` : "";
}

// What a worker has still to bring to the log store, and what was lost of it.
function spool({ waiting, since, ...told }) {
  const said = [];
  if (waiting) {
    const when = since ? [", since ", moment(since)] : [];
    said.push(element("li", {}, `${waiting}+ records wait for the log store`, ...when));
  }
  const lost = Object.entries(LOST).filter(([name]) => told[name]);
  said.push(...lost.map(([name, words]) =>
    element("li", { className: "bad", textContent: `${told[name]}+ ${words}` })));
  return said.length ? [element("ul", {}, ...said)] : [];
}

const line = (worker) => element("li", {},
  worker.id + clockText(worker) + beside(worker), ...spool(worker.registration?.spool ?? {}));

export async function showWorkers() {
  at("addresses").replaceChildren();
  at("no-workers").hidden = true;
  open(at("workers"));
  const workers = await attempt(at("workers"), () => get("/api/v1/workers"));
  if (workers === undefined) return;
  at("addresses").replaceChildren(...workers.map(line));
  at("no-workers").hidden = workers.length > 0;
}
