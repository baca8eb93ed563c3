// What a run printed, as its record has it.

import { element } from "./pieces.js";
import { timedOutput } from "./times.js";

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

export function outputOf(entry) {
  if (!entry.output) return [];
  const output = element("pre", { textContent: entry.output, tabIndex: 0 });
  output.setAttribute("aria-label", "Output");
  output.setAttribute("role", "region");
  return entry.lineTimes ? [output, timesButton(entry, output)] : [output];
}

// A command that never began took no time; that it did is told by how it ended.
export function tookOf({ startTime, endTime, exitCode, signal }) {
  const ms = endTime - startTime;
  return ms > 0 || exitCode != null || signal != null ? Math.max(0, ms) : null;
}
