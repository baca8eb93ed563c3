// Pieces of the page. Whatever comes from the server goes in as text, never as markup.

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
export const at = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// On a narrow screen, where a table has no heads, the label stands before what is in the cell.
export function cell(label, ...children) {
  const made = element("td", {}, ...children);
  made.dataset.label = label;
  return made;
}

// Who has the focus keeps it by the key, whatever the text becomes when the list is made anew.
export function button(text, job, action, key = text) {
  const made = element("button", { type: "button", textContent: text, onclick: () => action(job) });
  made.setAttribute("aria-label", `${text} ${job.name}`);
  made.dataset.key = JSON.stringify([job.name, key]);
  return made;
}

export function moment(ms) {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return document.createTextNode("–");
  return element("time", { dateTime: date.toISOString(), textContent: clock.format(date) });
}

export function duration(ms) {
  if (ms < 1000) return `${ms} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const [h, m, s] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  return h ? `${h} h ${m} min` : `${m} min ${s} s`;
}

export function size(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${power ? (bytes / 1024 ** power).toFixed(1) : bytes} ${units[power]}`;
}

// Records of workers of the fixed interface have no outcome of their own.
export const outcomeOf = (record) => record.outcome || (record.err ? "failed" : "success");

export function badge(record) {
  const outcome = outcomeOf(record);
  const good = outcome === "success";
  const calm = ["asked", "running", "waiting", "skipped_overlap", "ran_elsewhere"].includes(outcome);
  const kind = good ? "good" : calm ? "calm" : "bad";
  const beside = record.lost && outcome !== "lost" ? " (worker was lost meanwhile)" : "";
  const textContent = outcome.replaceAll("_", " ") + beside;
  return element("span", { className: `badge ${kind}`, textContent });
}

export function focusOn(key) {
  if (key) document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

export function say(text) {
  at("status").textContent = text;
}

// Whoever changed something says so; the list of jobs then shows it.
export const CHANGED = "jobs-changed";

export function changed() {
  document.dispatchEvent(new Event(CHANGED));
}
