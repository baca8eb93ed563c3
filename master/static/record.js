// The dialog with one record, whole: how the run went, what it used, and what it printed.

import { attempt, open } from "./dialogs.js";
import { address } from "./fragment.js";
import { outputOf, tookOf } from "./output.js";
import { at, badge, duration, element, moment, size } from "./pieces.js";
import { get } from "./server.js";

const dialog = at("record");
let asked = "";

// Opened for the run of this id; `closed` is told when it is closed again.
export async function showRecord(id, closed) {
  asked = id;
  at("record-title").textContent = `Run ${id}`;
  at("record-fields").replaceChildren();
  at("record-output").replaceChildren();
  dialog.onclose = () => dialog.open || closed();
  open(dialog);
  const entry = await attempt(dialog, () => get("/api/v1/record", { id }));
  if (entry === undefined || asked !== id) return;
  at("record-fields").replaceChildren(...facts(entry).flatMap(([term, ...said]) =>
    [element("dt", { textContent: term }), element("dd", {}, ...said)]));
  at("record-output").replaceChildren(...outputOf(entry));
}

// Only what the record says anything about.
function facts(entry) {
  const told = [
    ["Job", job(entry)],
    ["Outcome", badge(entry)],
    ["Error", entry.err],
    ["Reason", entry.reason === entry.err ? "" : entry.reason],
    ["Due", entry.planTime ? moment(entry.planTime) : ""],
    ["Missed", missed(entry)],
    ...times(entry),
    ["Worker", entry.worker],
    ["Trigger", [entry.trigger, entry.by && `by ${entry.by}`].filter(Boolean).join(" ")],
    ["Attempt", entry.attempt],
    ["Exit code", entry.exitCode],
    ["Signal", entry.signal],
    ...usage(entry),
    ["Output", printed(entry)],
    ["Job's revision", entry.jobRevision],
    ["Command", entry.command ? element("code", { textContent: entry.command }) : ""],
  ];
  return told.filter(([, said]) => said !== undefined && said !== "");
}

const job = ({ jobName }) =>
  element("a", { href: address("records", { job: jobName }), textContent: jobName });

function times(entry) {
  const took = tookOf(entry);
  if (took === null) return [];
  return [["Started", moment(entry.startTime)], ["Ended", moment(entry.endTime)],
    ["Took", duration(took)]];
}

function usage({ cpuSeconds, peakMemoryBytes, readBytes, writtenBytes }) {
  const amount = (bytes) => (bytes === undefined ? "" : size(bytes));
  return [
    ["CPU time", cpuSeconds === undefined ? "" : duration(Math.round(cpuSeconds * 1000))],
    ["Peak memory", amount(peakMemoryBytes)],
    ["Read from disk", amount(readBytes)],
    ["Written to disk", amount(writtenBytes)],
  ];
}

function printed({ outputBytes, truncated, invalidBytes }) {
  const said = outputBytes === undefined ? [] : [size(outputBytes)];
  if (truncated) said.push("not all of it was kept");
  if (invalidBytes) said.push(`${invalidBytes} bytes were no UTF-8`);
  return said.join("; ");
}

function missed({ count, from, to }) {
  if (count === undefined) return "";
  return element("span", {}, `${count} instants, from `, moment(from), " to ", moment(to));
}
