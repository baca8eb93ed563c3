// The master's calls. An answer has errno 0 and data, or the reason why not.

async function call(path, options) {
  let answer;
  try {
    answer = await (await fetch(path, { ...options, cache: "no-store" })).json();
  } catch {
    throw new Error("The server gave no answer that can be read.");
  }
  if (answer.errno !== 0) throw new Error(answer.msg || "The server refused without a reason.");
  return answer.data;
}

export const get = (path, query = {}) => call(`${path}?${new URLSearchParams(query)}`, {});

// The calls of the fixed interface take forms, ours take JSON.
export const send = (path, form) =>
  call(path, { method: "POST", body: new URLSearchParams(form) });

export const post = (path, body) => call(path, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

// What is unwise about a job as it is; none where that cannot be told.
export const warningsOf = (name) =>
  get("/api/v1/job", { name }).then(({ warnings }) => warnings ?? [], () => []);
