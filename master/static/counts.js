// How many records of each outcome a search means, and the files with all of them.

import { address, besides } from "./fragment.js";
import { at, badge, element } from "./pieces.js";
import { get } from "./server.js";

const PAGE = ["after", "limit"];
const WORDS = ["text", "pattern"];

let counted = "";
let number = 0;

const without = (query, names) =>
  new URLSearchParams([...query].filter(([name]) => !names.includes(name)));

// Files are of the very search; counts do not look into outputs, which is said where it matters.
export async function showCounts(query) {
  const all = without(query, PAGE);
  for (const format of ["jsonl", "csv"]) {
    at(`export-${format}`).href = `/api/v1/export?${new URLSearchParams([...all, ["format", format]])}`;
  }
  const filters = without(all, WORDS);
  at("words-hint").hidden = String(filters) === String(all);
  // The pages of one search are counted once.
  if (query.has("after") && counted === String(filters)) return;
  counted = String(filters);
  const mine = ++number;
  at("counts").replaceChildren();
  const told = await get("/api/v1/records/counts", filters).catch(() => null);
  if (mine !== number || !told) return;
  at("counts").replaceChildren(...items(query, told));
}

function items(query, { counts, atLeast, unknown }) {
  const said = Object.entries(counts).filter(([, count]) => count);
  const known = said.map(([outcome, count]) =>
    item(query, outcome, `${count.toLocaleString()}${atLeast.includes(outcome) ? "+" : ""}`));
  return [...known, ...unknown.map((outcome) => item(query, outcome, "not counted in time"))];
}

// Records of the Go worker say no outcome, and cannot be asked for by it.
function item(query, outcome, count) {
  if (!outcome) return element("li", { textContent: `no outcome said: ${count}` });
  const href = address("records", besides(query, { outcome, after: null }));
  return element("li", {}, element("a", { href }, badge({ outcome }), ` ${count}`));
}
