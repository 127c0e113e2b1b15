// What grid.py wrote, with names in the place of positions.
const read = () => {
  const raw = JSON.parse(byId("data").textContent);
  const text = (number) => raw.strings[number];
  const texts = (numbers) => numbers.map(text);
  const sections = texts(raw.sections);
  const columns = raw.columns.map(([section, ...rest], place) => {
    const [requirement, endpoint, level, statement, condition, label, kind] = texts(rest);
    return { place, section, requirement, endpoint, level, statement, condition, label, kind };
  });
  const outcomes = raw.outcomes.map(([verdict, cause, expected, actual, asks, failing, without, waiver]) => ({
    verdict: raw.verdicts[verdict],
    cause: text(cause),
    expected: text(expected),
    actual: text(actual),
    asks: asks.map(texts),
    failing: texts(failing),
    without: without === undefined ? null : raw.verdicts[without],
    waiver: waiver === undefined ? "" : text(waiver),
  }));
  const causes = new Map(Object.entries(raw.causes).map(([id, words]) => [text(id), text(words)]));
  const allSteps = raw.steps.map(([stage, cause, detail, facts]) => ({
    stage: raw.stages[stage][0], cause: text(cause), detail: text(detail), facts: texts(facts),
  }));
  const shapes = raw.shapes.map(([name, port, scheme, note, steps]) => ({
    name: text(name),
    port,
    scheme: text(scheme),
    note: text(note),
    steps: steps.map((step) => allSteps[step]),
  }));
  const hosts = raw.hosts.map(([label, group, tone, word, counts, cells, strips, rows, evidence, vantage]) => ({
    label: text(label), group, tone: text(tone), word: text(word), counts: text(counts), cells,
    strips, rows, evidence: text(evidence), vantage,
  }));
  // A host's strips, taken apart when they are looked at: its shapes, each with its own times.
  const stripsOf = (host) => {
    const found = [];
    for (let at = 0; at < host.strips.length;) {
      const shape = shapes[host.strips[at]];
      const times = host.strips.slice(at + 1, at + 1 + shape.steps.length);
      found.push({ ...shape, times });
      at += 1 + times.length;
    }
    return found;
  };
  const rowOf = (host, endpoint) => {
    const rows = host.rows < 0 ? {} : raw.rowMaps[host.rows];
    const found = Object.keys(rows).find((label) => text(label) === endpoint);
    return found === undefined ? [] : rows[found];
  };
  return {
    verdicts: raw.verdicts, stages: raw.stages, groups: texts(raw.groups), sections, columns,
    outcomes, causes, hosts, stripsOf, rowOf, texts,
  };
};
const data = read();
