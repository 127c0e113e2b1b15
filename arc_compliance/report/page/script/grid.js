// The matrix. Only the rows in view are in the document, so that 1,000 hosts cost what 40 do.
const ROW = 34;
const WIDTHS = { host: 220, narrow: 140, column: 94, rest: 112 };
// What follows from a failure elsewhere, or holds everywhere, has no column of its own.
const QUIET = new Set(["pass", "not-applicable", "not-testable", "blocked"]);
const view = { rows: [], slots: [], first: -1, last: -1, at: [0, 0], wanted: null };

const isOpen = (section) => Boolean(state.all) || (state.open ?? "").split(",").includes(String(section));

// A host without a measurement has one thing to say, not one for each requirement.
const isUnmeasured = (host) => host.word === "not measured";

// The columns of each section: those that say something, and one for what is left of it.
const slotsOf = (hosts, columns, wanted) => {
  const loud = new Uint8Array(data.columns.length);
  const applies = new Uint8Array(data.columns.length);
  for (const host of hosts) {
    if (isUnmeasured(host)) continue;
    host.cells.forEach((cell, place) => {
      if (cell < 0) return;
      const id = data.outcomes[cell].verdict.id;
      if (id !== "not-applicable") applies[place] = 1;
      if (wanted ? wanted[cell] : !QUIET.has(id)) loud[place] = 1;
    });
  }
  const slots = [];
  data.sections.forEach((name, section) => {
    const its = columns.filter((one) => one.section === section && (state.all || applies[one.place] || loud[one.place]));
    const shown = isOpen(section) ? its : its.filter((one) => loud[one.place]);
    const rest = its.filter((one) => !shown.includes(one));
    shown.forEach((column, place) => slots.push({ section, column, first: place === 0 }));
    if (rest.length) slots.push({ section, rest, first: shown.length === 0 });
  });
  return slots;
};

const restOf = (host, columns) => {
  const counts = new Map();
  for (const { place } of columns) {
    if (host.cells[place] < 0) continue;
    const { verdict } = data.outcomes[host.cells[place]];
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  return data.verdicts.filter((one) => counts.has(one)).map((one) => [one, counts.get(one)]);
};

const cellOf = (host, slot, row, place) => {
  const common = { role: "gridcell", tabindex: -1, "data-at": `${row},${place + 1}` };
  if (slot.rest) {
    const [[verdict, number] = []] = restOf(host, slot.rest).filter(([one]) => one.id !== "not-applicable");
    if (!verdict) return make("td", { ...common, class: `blank${slot.first ? " first-of" : ""}` }, "n/a");
    const quiet = ["pass", "not-testable"].includes(verdict.id);
    return make("td", { ...common, class: `${quiet ? "" : `tone-${verdict.tone}`}${slot.first ? " first-of" : ""}` }, sign(verdict.tone), `${number} ${verdict.short}`);
  }
  const cell = host.cells[slot.column.place];
  if (cell < 0) return make("td", { ...common, class: `blank${slot.first ? " first-of" : ""}` }, "n/a");
  const { verdict, cause } = data.outcomes[cell];
  const dim = view.wanted && !view.wanted[cell] ? " dim" : "";
  const title = cause ? capital(data.causes.get(cause) ?? cause) : capital(verdict.long);
  return make("td", { ...common, class: `tone-${verdict.tone}${slot.first ? " first-of" : ""}${dim}`, title },
    sign(verdict.tone), verdict.tone === "none" ? "n/a" : verdict.short);
};

const blankRow = (host, row) => make("td", {
  role: "gridcell", tabindex: -1, "data-at": `${row},1`, class: "tone-error", colspan: Math.max(view.slots.length, 1),
}, sign("error"), "not measured: ", isolated(data.texts(host.vantage[0] ?? [])[1] ?? ""));

const standing = (host) => {
  if (isUnmeasured(host)) return host.word;
  const counts = restOf(host, data.columns).filter(([one]) => ["fail", "error", "not-tested", "warn"].includes(one.id));
  return [host.word, ...counts.slice(0, 1).map(([one, number]) => `${number} ${one.short}`)].join(": ");
};

const rowOfHost = (host, row) => make("tr", { "aria-rowindex": row + 3 },
  make("th", { scope: "row", class: "host", tabindex: -1, "data-at": `${row},0`, title: `${host.label}: ${host.counts}` },
    sign(host.tone), isolated(host.label), make("small", {}, standing(host))),
  isUnmeasured(host) ? blankRow(host, row) : view.slots.map((slot, place) => cellOf(host, slot, row, place)));

const rowOfGroup = ({ group, number }, row) => make("tr", { "aria-rowindex": row + 3 },
  make("th", { scope: "rowgroup", class: "group", tabindex: -1, "data-at": `${row},0` }, group || "No group"),
  make("td", { class: "group blank", colspan: Math.max(view.slots.length, 1), role: "gridcell" }, plural(number, "host")));

const headOf = () => {
  const sections = [];
  for (const slot of view.slots) {
    const last = sections.at(-1);
    if (last?.section === slot.section) last.slots.push(slot);
    else sections.push({ section: slot.section, slots: [slot] });
  }
  const toggle = ({ section, slots }) => {
    const open = isOpen(section);
    return make("th", { class: "section first-of", colspan: slots.length, scope: "colgroup" },
      make("button", {
        type: "button", "aria-expanded": String(open), title: data.sections[section], "data-section": section,
        onclick: () => {
          const others = (state.open ?? "").split(",").filter((one) => one && one !== String(section));
          change({ all: "", open: (open ? others : [...others, section]).join(",") });
          byId("grid").querySelector(`[data-section="${section}"]`)?.focus();
        },
      }, make("span", {}, data.sections[section])));
  };
  const names = view.slots.map((slot) => make("th", {
    class: `name${slot.first ? " first-of" : ""}`, scope: "col",
    title: slot.rest ? "The other requirements of this section" : `${slot.column.statement} (${slot.column.requirement})`,
  }, slot.rest ? make("i", {}, `${slot.first ? "all" : "other"} ${slot.rest.length}`)
    : [slot.column.kind && make("i", {}, slot.column.kind), make("span", {}, breakable(slot.column.label))]));
  return make("thead", {},
    make("tr", { "aria-rowindex": 1 }, make("th", { class: "corner", rowspan: 2, scope: "col" }, "Host"), sections.map(toggle)),
    make("tr", { "aria-rowindex": 2 }, names));
};

const drawRows = (force) => {
  const box = byId("grid");
  const body = box.querySelector("tbody");
  if (!body) return;
  const first = Math.max(0, Math.floor(box.scrollTop / ROW) - 12);
  const last = Math.min(view.rows.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + 12);
  if (!force && first === view.first && last === view.last) return;
  const held = body.contains(document.activeElement);
  [view.first, view.last] = [first, last];
  const space = (rows) => {
    const cell = make("td", { colspan: view.slots.length + 1 });
    cell.style.height = `${rows * ROW}px`;
    return make("tr", { class: "spacer", "aria-hidden": "true" }, cell);
  };
  body.replaceChildren(
    ...(first ? [space(first)] : []),
    ...view.rows.slice(first, last).map((one, place) =>
      one.host ? rowOfHost(one.host, first + place) : rowOfGroup(one, first + place)),
    ...(last < view.rows.length ? [space(view.rows.length - last)] : []));
  mark(held);
};

// One cell of the grid can be reached with Tab, the others from it with the arrow keys.
const mark = (focus) => {
  const body = byId("grid").querySelector("tbody");
  body?.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
  const cell = body?.querySelector(`[data-at="${view.at}"]`) ?? body?.querySelector("[data-at]");
  cell?.setAttribute("tabindex", "0");
  if (focus) cell?.focus({ preventScroll: true });
};

const drawGrid = () => {
  const { hosts, columns, wanted } = filtered();
  view.wanted = wanted;
  view.slots = slotsOf(hosts, columns, wanted);
  view.rows = [];
  const grouped = data.groups.length > 1;
  hosts.forEach((host, place) => {
    if (grouped && host.group !== hosts[place - 1]?.group) {
      const number = hosts.filter((one) => one.group === host.group).length;
      view.rows.push({ group: data.groups[host.group], number });
    }
    view.rows.push({ host });
  });
  view.at = [Math.min(view.at[0], Math.max(view.rows.length - 1, 0)), Math.min(view.at[1], view.slots.length)];
  const box = byId("grid");
  const all = data.hosts.length;
  byId("shown").textContent = hosts.length === all ? plural(all, "host") : `${hosts.length.toLocaleString("en")} of ${plural(all, "host")}`;
  if (!hosts.length) {
    box.replaceChildren(make("p", { class: "empty" }, "No host matches. Clear a filter to see more."));
    return;
  }
  const widths = [innerWidth < 700 ? WIDTHS.narrow : WIDTHS.host, ...view.slots.map((slot) => (slot.rest ? WIDTHS.rest : WIDTHS.column))];
  const table = make("table", { role: "grid", "aria-rowcount": view.rows.length + 2, "aria-label": "Hosts and requirements" },
    make("colgroup", {}, widths.map((width) => make("col", { width }))), headOf(), make("tbody"));
  table.style.width = `${widths.reduce((sum, one) => sum + one, 0)}px`;
  const top = box.scrollTop;
  box.replaceChildren(table);
  box.scrollTop = top;
  drawRows(true);
};

const atOf = (cell) => cell.dataset.at.split(",").map(Number);

const openCell = (cell) => {
  const [row, place] = atOf(cell);
  const { host } = view.rows[row];
  if (!host) return;
  view.at = [row, place];
  mark(false);
  const slot = view.slots[place - 1];
  if (!slot || isUnmeasured(host)) change({ host: host.label, case: "" }, true);
  else if (slot.rest) change({ open: [state.open, slot.section].filter(Boolean).join(",") });
  else if (host.cells[slot.column.place] >= 0) change({ case: caseAddress(host, slot.column), host: "" }, true);
};

const moveTo = (row, place) => {
  const box = byId("grid");
  view.at = [Math.max(0, Math.min(row, view.rows.length - 1)), Math.max(0, Math.min(place, view.slots.length))];
  const head = box.querySelector("thead").offsetHeight;
  const top = view.at[0] * ROW;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW > box.scrollTop + box.clientHeight - head) box.scrollTop = top + ROW - box.clientHeight + head;
  drawRows(false);
  mark(true);
  const cell = document.activeElement;
  if (cell.dataset?.at && view.at[1] > 0) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
};

const listenToGrid = () => {
  const box = byId("grid");
  box.addEventListener("scroll", () => requestAnimationFrame(() => drawRows(false)), { passive: true });
  window.addEventListener("resize", () => drawRows(false));
  box.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-at]");
    if (cell) openCell(cell);
  });
  box.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-at]");
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const [row, place] = atOf(cell);
    const page = Math.max(1, Math.floor(box.clientHeight / ROW) - 3);
    const moves = {
      ArrowUp: [row - 1, place], ArrowDown: [row + 1, place], ArrowLeft: [row, place - 1], ArrowRight: [row, place + 1],
      PageUp: [row - page, place], PageDown: [row + page, place], Home: [row, 0], End: [row, view.slots.length],
    };
    if (moves[event.key]) moveTo(...moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") openCell(cell);
    else return;
    event.preventDefault();
  });
};
