// How a job's newest runs went, in a sentence.

import { duration, moment } from "./pieces.js";
import { get } from "./server.js";

// Never rounded up to what it is not: of 2,000 runs one that failed still shows.
function percent(rate) {
  const shown = (100 * rate).toFixed(1);
  return shown === "100.0" && rate < 1 ? "99.9" : shown;
}

function sentence({ runs, success, successRate, p50Ms, p95Ms, from, complete }) {
  const said = [`Of its last ${runs} runs, since `, moment(from),
    `, ${success} went well (${percent(successRate)} %)`];
  if (p50Ms !== null) {
    said.push(`; half took ${duration(p50Ms)} at most, 95 % ${duration(p95Ms)} at most`);
  }
  return [...said, complete ? "." : "; there was no time to look at more."];
}

export async function statistics(name) {
  const told = await get("/api/v1/job/stats", { name });
  return told.runs ? sentence(told) : [];
}
