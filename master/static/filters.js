// Forms whose fields are those of a query. Times are epoch ms there, durations ms, and of several
// words each ticked box gives one.

import { go } from "./fragment.js";
import { element } from "./pieces.js";

// What such a field holds is written for people: `YYYY-MM-DDTHH:MM:SS` in their own time zone.
function local(ms) {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return "";
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

const READ = {
  "datetime-local": (value) => String(new Date(value).getTime()),
  number: (value) => String(Math.round(Number(value) * 1000)),
};
const WRITTEN = {
  "datetime-local": (text) => (/^\d{1,15}$/.test(text) ? local(Number(text)) : ""),
  number: (text) => (/^\d{1,15}$/.test(text) ? String(Number(text) / 1000) : ""),
};

const fieldsOf = (form) =>
  [...form.elements].filter(({ name, type }) => name && type !== "checkbox");
const boxesOf = (form) => [...form.elements].filter(({ type }) => type === "checkbox");

// What is given of a form keeps the text that it had, as long as nobody changes what is shown.
export function fill(form, query) {
  for (const field of fieldsOf(form)) {
    const text = query.get(field.name) ?? "";
    field.value = WRITTEN[field.type]?.(text) ?? text;
    Object.assign(field.dataset, { text, shown: field.value });
  }
  for (const box of boxesOf(form)) {
    box.checked = (query.get(box.name) ?? "").split(",").includes(box.value);
  }
}

function textOf({ type, value, dataset }) {
  if (value && value === dataset.shown) return dataset.text;
  return value && READ[type] ? READ[type](value) : value.trim();
}

export function asked(form) {
  const query = Object.fromEntries(fieldsOf(form).map((field) => [field.name, textOf(field)]));
  for (const { name, value, checked } of boxesOf(form)) {
    if (checked) query[name] = query[name] ? `${query[name]},${value}` : value;
  }
  return query;
}

// On a narrow screen a form that has been answered folds up, so that the answer is in sight.
const narrow = matchMedia("(max-width: 52rem)");

export function fold(form, query) {
  const given = Object.keys(asked(form)).filter((name) => query.get(name));
  const place = form.closest("details");
  place.open = !narrow.matches || given.length === 0;
  place.querySelector("summary").textContent = ["Filters", given.join(", ")]
    .filter(Boolean).join(": ");
}

// A box to tick for each of these words.
export function boxes(name, words) {
  return words.map((value) => element("label", { className: "tick" },
    element("input", { type: "checkbox", name, value }), ` ${value.replaceAll("_", " ")}`));
}

// Whoever submits the form goes to the view with what it asks; its reset asks for all.
export function leads(form, view) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(view, asked(form));
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    go(view);
  });
}
