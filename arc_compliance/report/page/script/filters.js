// The controls above the matrix, and which cells they let through.
const choices = () => {
  const used = new Set(data.hosts.flatMap((host) => host.cells));
  const outcomes = data.outcomes.filter((_, place) => used.has(place));
  const unique = (values) => [...new Set(values)].filter(Boolean).sort();
  const verdicts = data.verdicts.filter((one) => outcomes.some((o) => o.verdict === one));
  return [
    ["group", "Group", data.groups.length > 1 ? data.groups.map((g) => [g || "-", g || "no group"]) : []],
    ["stand", "Standing", data.hosts.length > 1 ? unique(data.hosts.map((h) => h.word)).map((w) => [w, capital(w)]) : []],
    ["verdict", "Verdict", verdicts.map((v) => [v.id, capital(v.short)])],
    ["cause", "Cause", unique(outcomes.map((o) => o.cause)).map((c) => [c, capital(data.causes.get(c) ?? c)])],
    ["owner", "Owner", unique(outcomes.flatMap((o) => o.asks.map(([owner]) => owner))).map((o) => [o, capital(o)])],
    ["level", "Level", unique(data.columns.map((c) => c.level)).map((l) => [l, l])],
    ["section", "Section", data.sections.filter((_, s) => data.columns.some((c) => c.section === s)).map((s) => [s, s])],
  ].filter(([, , options]) => options.length > 1 || (options.length && ["cause", "owner"].includes(options[0])));
};

const makeFilters = (form, changed) => {
  const search = make("input", {
    type: "search", id: "filter-q", autocomplete: "off", spellcheck: "false", placeholder: "Host or group", "aria-label": "Host or group",
  });
  search.addEventListener("input", () => changed({ q: search.value }));
  const selects = choices().map(([name, title, options]) => {
    const select = make("select", { id: `filter-${name}`, "aria-label": title, onchange: () => changed({ [name]: select.value }) },
      make("option", { value: "" }, `Any ${title.toLowerCase()}`),
      options.map(([value, words]) => make("option", { value }, words)));
    return select;
  });
  const all = make("input", { type: "checkbox", id: "filter-all", onchange: () => changed({ all: all.checked ? "1" : "" }) });
  const tick = make("label", { class: "tick", for: "filter-all" }, all, "All requirements");
  const clear = make("button", {
    type: "button", class: "quiet",
    onclick: () => changed(Object.fromEntries([...FILTERS, "all", "open"].map((name) => [name, ""]))),
  }, "Clear");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.append(...(data.hosts.length > 1 ? [search] : []), ...selects, tick, clear);
};

const showFilters = (form) => {
  for (const name of FILTERS) {
    const control = form.querySelector(`#filter-${name}`);
    if (control && control.value !== (state[name] ?? "")) control.value = state[name] ?? "";
  }
  form.querySelector("#filter-all").checked = Boolean(state.all);
  form.lastElementChild.hidden = ![...FILTERS, "all", "open"].some((name) => state[name]);
};

// Which hosts and columns are shown, and which outcomes were asked for (null: no cell is dimmed).
const filtered = () => {
  const words = (state.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const group = state.group === undefined ? -1 : data.groups.indexOf(state.group === "-" ? "" : state.group);
  const asked = Boolean(state.verdict || state.cause || state.owner);
  const wanted = data.outcomes.map((one) =>
    (!state.verdict || one.verdict.id === state.verdict)
    && (!state.cause || one.cause === state.cause)
    && (!state.owner || one.asks.some(([owner]) => owner === state.owner)));
  const columns = data.columns.filter((one) =>
    (!state.level || one.level === state.level)
    && (!state.section || data.sections[one.section] === state.section));
  const hosts = data.hosts.filter((host) => {
    if (state.group && host.group !== group) return false;
    if (state.stand && host.word !== state.stand) return false;
    const named = `${host.label} ${data.groups[host.group]}`.toLowerCase();
    if (!words.every((word) => named.includes(word))) return false;
    return !asked || columns.some(({ place }) => host.cells[place] >= 0 && wanted[host.cells[place]]);
  });
  return { hosts, columns, wanted: asked ? wanted : null };
};
