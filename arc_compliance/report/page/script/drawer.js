// The drawer shows one case with its evidence, or one host with all its cases.
const verdictPill = (verdict) => make("p", {},
  make("span", { class: `pill tone-${verdict.tone}` }, sign(verdict.tone), capital(verdict.long)), " ",
  make("code", { class: "id" }, verdict.id));

const told = (pairs) => make("dl", { class: "told" }, pairs.filter(([, value]) => value && value.length)
  .map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));

const stepOf = (stage, name, strip) => {
  const place = strip.steps.findIndex((one) => one.stage === stage);
  if (place < 0) {
    const direct = stage === "proxy" && strip.steps.some((one) => ["tls", "http", "connect"].includes(one.stage));
    const plain = strip.scheme === "http" && ["tls", "certificate"].includes(stage);
    return make("li", { class: "idle" }, make("b", {}, name), make("p", {}, direct ? "none" : plain ? "not used" : "not reached"));
  }
  const { cause, detail, facts } = strip.steps[place];
  return make("li", { class: cause ? "bad" : "" },
    make("b", {}, sign(cause ? "fail" : "pass"), name),
    make("p", { class: "ms" }, `${strip.times[place].toLocaleString("en")} ms`),
    cause && [make("p", {}, capital(data.causes.get(cause) ?? cause)), make("p", {}, make("code", { class: "id" }, cause))],
    detail && make("p", {}, isolated(detail)),
    facts.map((fact) => make("p", {}, isolated(fact))));
};

const stripElement = (strip) => make("div", { class: "strip" },
  make("h4", {}, isolated(strip.name), " ", make("small", {}, `port ${strip.port}`), " ", strip.note && make("small", {}, strip.note)),
  make("ol", { class: "steps", role: "list" }, data.stages.map(([stage, name]) => stepOf(stage, name, strip))));

const stripList = (title, strips, most) => {
  if (!strips.length) return [];
  const rest = strips.slice(most);
  return [
    title && make("h3", {}, title),
    strips.slice(0, most).map(stripElement),
    rest.length ? make("details", {}, make("summary", {}, `${plural(rest.length, "more name")}`), rest.map(stripElement)) : null,
  ];
};

// The strips of a case: those of its row, else those of the names behind its verdict.
const evidenceOf = (host, column, outcome) => {
  const all = data.stripsOf(host);
  if (!all.length) return [make("p", { class: "calm" }, "The page holds no evidence of this host.")];
  const failing = new Set(outcome.failing);
  const failed = (strip) => failing.has(strip.name) || strip.steps.some((step) => step.cause);
  const row = data.rowOf(host, column.endpoint).map((place) => all[place]);
  const own = row.length ? row : all.filter((strip) => failing.has(strip.name));
  const ordered = [...own.filter(failed), ...own.filter((strip) => !failed(strip))];
  const others = all.filter((strip) => !own.includes(strip));
  return [
    ...stripList("Evidence", ordered, 5),
    row.length || !others.length ? null : make("details", {},
      make("summary", {}, `${own.length ? "The other" : "All"} ${plural(others.length, "name")} measured on this host`),
      others.map(stripElement)),
  ];
};

const askElements = (asks) => asks.map(([owner, text]) => make("p", {}, make("b", {}, `${capital(owner)}: `), text));

const evidenceLink = (host) => host.evidence && make("p", {},
  make("a", { href: host.evidence }, "Evidence file of this host"));

// What the page says of a requirement once for all hosts.
const aboutOf = (requirement) => {
  const about = byId(`about-${requirement}`)?.querySelector("dl").cloneNode(true);
  if (!about) return null;
  for (const place of about.querySelectorAll("small")) place.remove(); // links to the page below
  for (const told of [...about.children].slice(0, 4)) told.remove(); // section and level stand above
  return make("details", {}, make("summary", {}, "How it is judged"), about);
};

const title = (...words) => make("h2", { id: "drawer-title", tabindex: -1, autofocus: true }, words);

// A case is called by its row of the document, or by what is required where it has none.
const caseName = (column) => (column.endpoint ? isolated(column.endpoint) : column.statement || capital(column.label));

const caseContent = ({ host, column }) => {
  const outcome = data.outcomes[host.cells[column.place]];
  const { verdict, cause, expected, actual, asks, without, waiver } = outcome;
  return [
    title(caseName(column), " ", make("small", {}, column.kind && `${column.kind} `, "on ", isolated(host.label))),
    verdictPill(verdict),
    told([
      ["Waived", waiver],
      ["Without the waiver", without && [capital(without.long), " ", make("code", { class: "id" }, without.id)]],
      ["Requirement", [column.statement || column.requirement, " ", make("code", { class: "id" }, column.requirement)]],
      ["Level", `${column.level}${column.condition ? `, ${column.condition}` : ""}`],
      ["Section", data.sections[column.section]],
      ["Cause", cause && [capital(data.causes.get(cause) ?? cause), " ", make("code", { class: "id" }, cause)]],
      ["Expected", expected],
      ["Seen", actual],
      ["Remediation", askElements(asks)],
      ["Names", outcome.failing.join(", ")],
    ]),
    aboutOf(column.requirement),
    evidenceOf(host, column, outcome),
    evidenceLink(host),
  ];
};

const hostContent = (host) => {
  const line = (column) => {
    const outcome = data.outcomes[host.cells[column.place]];
    return make("li", {}, make("button", { type: "button", onclick: () => change({ case: caseAddress(host, column), host: "" }, true) },
      make("span", { class: `tone-${outcome.verdict.tone}` }, sign(outcome.verdict.tone), capital(outcome.verdict.short)), " ",
      make("span", {}, column.kind && `${capital(column.kind)}: `, caseName(column), " ", make("code", { class: "id" }, column.requirement),
        make("small", {}, outcome.actual))));
  };
  const rank = (column) => data.verdicts.indexOf(data.outcomes[host.cells[column.place]].verdict);
  return [
    title(isolated(host.label), " ", make("small", {}, data.groups[host.group])),
    make("p", {}, make("span", { class: `pill tone-${host.tone}` }, sign(host.tone), capital(host.word)), " ", host.counts),
    told(host.vantage.map(data.texts)),
    evidenceLink(host),
    data.sections.map((name, section) => {
      const columns = data.columns.filter((one) => one.section === section && host.cells[one.place] >= 0
        && data.outcomes[host.cells[one.place]].verdict.id !== "not-applicable");
      if (!columns.length) return null;
      columns.sort((one, other) => rank(one) - rank(other) || one.place - other.place);
      return [make("h3", {}, name), make("ul", { class: "case-list" }, columns.map(line))];
    }),
    stripList("Every name that was measured", data.stripsOf(host), 0),
  ];
};

const drawDrawer = () => {
  const drawer = byId("drawer");
  const found = state.case ? caseAt(state.case) : null;
  const host = state.host ? data.hosts.find((one) => one.label === state.host) : null;
  if (!found && !host) {
    if (drawer.open) drawer.close();
    return;
  }
  const close = make("button", { type: "button", class: "close", onclick: () => drawer.close() }, "Close");
  const back = found && make("button", {
    type: "button", onclick: () => change({ host: found.host.label, case: "" }, true),
  }, "All cases of this host");
  drawer.replaceChildren(make("div", { class: "tools" }, back || "", close),
    make("div", {}, found ? caseContent(found) : hostContent(host)));
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
};

const listenToDrawer = () => {
  const drawer = byId("drawer");
  drawer.addEventListener("close", () => {
    if (state.case || state.host) toAddress({ case: "", host: "" });
  });
  drawer.addEventListener("click", (event) => {
    if (event.target === drawer) drawer.close(); // the backdrop
  });
};
