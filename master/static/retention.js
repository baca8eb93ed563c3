// The foot of the page: how long records are kept, and what the last look for old ones removed.

import { at, element, moment, size } from "./pieces.js";
import { get } from "./server.js";

const LOOK_MS = 60_000;

let looked = -LOOK_MS;

// Asked for seldom: it changes once an hour.
export async function showRetention() {
  if (performance.now() - looked < LOOK_MS) return;
  looked = performance.now();
  const told = await get("/api/v1/retention").catch(() => null);
  if (told) at("retention").replaceChildren(...lines(told));
}

function lines({ text, keeper, last, auditWaiting }) {
  const said = [[`${text[0].toUpperCase()}${text.slice(1)}.`]];
  said.push(last ? pass(last) : ["Nothing was looked through for old records yet."]);
  if (!keeper) said.push(["No master looks after that at the moment."]);
  if (auditWaiting) said.push([`Entries of the audit that wait for the log store: ${auditWaiting}.`]);
  const made = said.map((parts) => element("p", {}, ...parts));
  if (last?.problem) made.push(element("p", { className: "error", textContent: last.problem }));
  return made;
}

function pass({ at: ms, by, removed, oldest, bytes }) {
  const gone = Object.entries(removed ?? {}).filter(([, count]) => count)
    .map(([rule, count]) => `${count.toLocaleString()} by ${rule}`);
  const said = ["Last looked through ", moment(ms), ` by ${by}`,
    gone.length ? `: removed ${gone.join(", ")}` : ": nothing to remove"];
  if (bytes) said.push(`; ${size(bytes)} are kept`);
  return oldest == null ? [...said, "."] : [...said, ", the oldest of ", moment(oldest), "."];
}
