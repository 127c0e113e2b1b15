// Everything else: the look, copying, the table of tests, and the start.
const change = (changes, step = false) => {
  toAddress(changes, step);
  draw();
};

const draw = () => {
  showFilters(byId("filters"));
  const shown = JSON.stringify([...FILTERS, "all", "open"].map((name) => state[name]));
  if (shown !== view.shown) drawGrid();
  view.shown = shown;
  drawDrawer();
};

const remembered = (theme) => {
  try {
    if (theme) localStorage.setItem("arc-compliance-theme", theme);
    return localStorage.getItem("arc-compliance-theme");
  } catch {
    return null; // a page in a sandbox has no storage
  }
};

const listenToTheme = () => {
  const root = document.documentElement;
  const known = remembered();
  if (known === "dark" || known === "light") root.dataset.theme = known;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const name = () => { byId("theme").textContent = isDark() ? "Light" : "Dark"; };
  byId("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remembered(root.dataset.theme);
    name();
  });
  system.addEventListener("change", name);
  name();
};

const copy = async (button) => {
  const letter = button.parentElement.querySelector("pre");
  const say = (words) => {
    button.textContent = words;
    setTimeout(() => { button.textContent = "Copy request"; }, 2500);
  };
  try {
    await navigator.clipboard.writeText(letter.textContent);
    say("Copied");
  } catch {
    getSelection().selectAllChildren(letter); // a page that came without TLS may not copy by itself
    say("Press Ctrl+C");
  }
};

const makeRowFilters = (box) => {
  const rows = [...document.querySelectorAll("#results tbody tr")];
  const hidden = new Set();
  const search = make("input", { type: "search", id: "row-q", autocomplete: "off" });
  const apply = () => {
    const words = search.value.toLowerCase();
    for (const row of rows) row.hidden = hidden.has(row.dataset.outcome) || !row.textContent.toLowerCase().includes(words);
  };
  search.addEventListener("input", apply);
  const ticks = [...new Set(rows.map((row) => row.dataset.outcome))].map((outcome, place) => {
    const tick = make("input", { type: "checkbox", id: `row-${place}`, checked: true });
    tick.addEventListener("change", () => {
      hidden[tick.checked ? "delete" : "add"](outcome);
      apply();
    });
    return make("label", { class: "tick", for: tick.id }, tick, outcome);
  });
  box.append(make("label", { for: "row-q" }, "Search", search), ...ticks);
};

// On paper nothing is folded, in browsers too whose style cannot open what is.
const listenToPrinter = () => {
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const folded of opened) folded.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const folded of opened) folded.open = false;
  });
};

// A link to a part that is folded unfolds it.
const unfold = () => {
  let target = null;
  try {
    target = byId(decodeURIComponent(location.hash.slice(1)));
  } catch { /* not an address of ours */ }
  for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  if (target?.closest("#requirements")) target.scrollIntoView();
};

const start = () => {
  document.documentElement.classList.add("js");
  for (const folded of document.querySelectorAll("#failures")) folded.open = false;
  listenToTheme();
  listenToPrinter();
  makeFilters(byId("filters"), change);
  listenToGrid();
  listenToDrawer();
  if (byId("row-filters")) makeRowFilters(byId("row-filters"));
  if (!fromAddress()) unfold();
  draw();
  window.addEventListener("hashchange", () => {
    if (fromAddress()) draw();
    else unfold();
  });
  window.addEventListener("popstate", () => { if (fromAddress()) draw(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const button = event.target.closest(".copy");
    if (button) copy(button);
    const [name, value] = link?.getAttribute("href").slice(1).split(/=(.*)/s) ?? [];
    if (["host", "case"].includes(name)) { // beside the filters, not in their place
      event.preventDefault();
      change({ host: "", case: "", [name]: name === "host" ? decodeURIComponent(value) : value }, true);
    } else if (link?.classList.contains("more")) byId("matrix").scrollIntoView();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing && byId("filter-q")) {
      event.preventDefault();
      byId("filter-q").focus();
    }
  });
};
start();
