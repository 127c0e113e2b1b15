// What is shown stands in the address, so that a view can be sent to somebody.
const FILTERS = ["q", "group", "stand", "verdict", "cause", "owner", "level", "section"];
const state = {};

const fromAddress = () => {
  const hash = location.hash.slice(1);
  if (hash && !hash.includes("=")) return false; // a link to a section of the page
  for (const name of Object.keys(state)) delete state[name];
  for (const part of hash.split("&")) {
    const [name, value = ""] = part.split(/=(.*)/s);
    if (!name) continue;
    // A case's parts stay encoded until they are told apart.
    try {
      state[name] = name === "case" ? value : decodeURIComponent(value);
    } catch { /* not an address of ours */ }
  }
  return true;
};

const toAddress = (changes, step = false) => {
  for (const [name, value] of Object.entries(changes)) {
    if (value) state[name] = value;
    else delete state[name];
  }
  const parts = Object.entries(state).map(([name, value]) =>
    `${name}=${name === "case" ? value : encodeURIComponent(value)}`);
  const hash = parts.length ? `#${parts.join("&")}` : location.pathname + location.search;
  history[step ? "pushState" : "replaceState"](null, "", hash);
};

const caseAddress = (host, column) =>
  [host.label, column.requirement, column.endpoint].map(encodeURIComponent).join("~");

// The host and the column of a case's address, or null where this page has no such case.
const caseAt = (address) => {
  let parts;
  try {
    parts = address.split("~").map(decodeURIComponent);
  } catch {
    return null;
  }
  const [requirement, endpoint] = parts.slice(-2);
  const host = data.hosts.find((one) => one.label === parts.slice(0, -2).join("~"));
  const column = data.columns.find((one) => one.requirement === requirement && one.endpoint === endpoint);
  return host && column && host.cells[column.place] >= 0 ? { host, column } : null;
};
