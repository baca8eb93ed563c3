// What a run prints while it prints it, in the dialog with its job's records.

import { at, badge, element } from "./pieces.js";

const MOST = 1 << 18; // so many characters are kept on the page

let source = null;

export function unfollow() {
  source?.close();
  source = null;
}

// A run that waits or runs now; who follows it sees it to its end, and is told of that by `over`.
export function liveRun(name, run, over) {
  const output = element("pre", { tabIndex: 0, hidden: true });
  output.setAttribute("aria-label", `Output of ${run.runId}`);
  output.setAttribute("role", "log");
  const state = element("span");
  const tell = (outcome, text) => state.replaceChildren(badge(outcome), ` ${run.runId} ${text} `);
  tell({ outcome: run.state }, run.text);
  const follow = element("button", { type: "button", textContent: "Follow" });
  follow.onclick = () => {
    follow.remove();
    output.hidden = false;
    listen(name, run.runId, output, tell, over);
  };
  return element("article", {}, element("p", { className: "line" }, state, follow), output);
}

function listen(name, id, output, tell, over) {
  unfollow();
  const mine = new EventSource(`/api/v1/output?${new URLSearchParams({ name, id })}`);
  source = mine;
  mine.addEventListener("output", ({ data }) => append(output, JSON.parse(data)));
  mine.addEventListener("state", ({ data }) => {
    const { state, text } = JSON.parse(data);
    tell({ outcome: state }, text);
  });
  mine.addEventListener("end", ({ data }) => {
    mine.close();
    const { record, text } = JSON.parse(data);
    tell(record, text);
    over();
  });
  mine.addEventListener("error", () => {
    if (mine.readyState === EventSource.CLOSED) {
      tell({ outcome: "unknown" }, "is not shown by the server now; try again.");
    }
  });
}

function append(output, { skipped, text }) {
  const low = output.scrollHeight - output.scrollTop - output.clientHeight < 8;
  const gap = skipped ? `\n... ${skipped} bytes not shown here ...\n` : "";
  const shown = output.textContent + gap + text;
  output.textContent = shown.length > MOST ? shown.slice(-MOST) : shown;
  if (low) output.scrollTop = output.scrollHeight;
}

at("log").addEventListener("close", unfollow);
