// The fragment of the page's address: which view is shown, and what is asked of it. So what is
// found can be sent to somebody, outlives a reload, and the browser's "back" is one page newer.

export function place() {
  const [view, ...query] = location.hash.slice(1).split("?");
  return { view, query: new URLSearchParams(query.join("?")) };
}

// The address of a view that is asked these fields; what says nothing is left out.
export function address(view, fields = {}) {
  const said = [...new URLSearchParams(fields)].filter(([, value]) => value !== "");
  return said.length ? `#${view}?${new URLSearchParams(said)}` : `#${view}`;
}

// Goes there; to where we are already means to look anew.
export function go(view, fields) {
  const there = address(view, fields);
  if (location.hash === there) window.dispatchEvent(new Event("hashchange"));
  else location.hash = there;
}

// The same query with other fields; null takes one away.
export function besides(query, changes) {
  const fields = { ...Object.fromEntries(query), ...changes };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
