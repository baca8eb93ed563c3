// What differs between two versions of a job, field by field.

import { cell, element } from "./pieces.js";

// A version is the job's object, its text where that is no object, or null: it was not there.
const fieldsOf = (version) =>
  typeof version === "string" ? { "the whole text": version } : version ?? {};

const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function side(label, fields, field) {
  if (!Object.hasOwn(fields, field)) return cell(label, "–");
  return cell(label, element("code", { textContent: shown(fields[field]) }));
}

export function differences(before, after) {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  const differs = [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((field) => JSON.stringify(was[field]) !== JSON.stringify(is[field]));
  if (!differs.length) return element("p", { className: "hint", textContent: "No field differs." });
  const head = element("tr", {}, ...["Field", "Before", "After"]
    .map((textContent) => element("th", { scope: "col", textContent })));
  const rows = differs.map((field) => element("tr", {},
    element("th", { scope: "row", textContent: field }),
    side("Before", was, field), side("After", is, field)));
  return element("table", { className: "differences" },
    element("thead", {}, head), element("tbody", {}, ...rows));
}
