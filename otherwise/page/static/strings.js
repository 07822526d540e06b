// The strings: sorted, filtered, and only those near the window in the page. Heights are guessed
// from the length of the text until a pair was shown, then they are known.

const orders = {
  run: ["as in the run", null],
  first: ["first divergence first", (a, b) => (a.same ? 1e9 : a.lcp) - (b.same ? 1e9 : b.lcp)],
  last: ["last divergence first", (a, b) => (b.same ? 1e9 : b.lcp) - (a.same ? 1e9 : a.lcp)],
  margin: ["smallest margin first", (a, b) => (a.margin ?? 1e9) - (b.margin ?? 1e9)],
  stay: ["least likely to stay first", (a, b) => keptChance(a) - keptChance(b)],
  long: ["longest first", (a, b) => strings[b.s].pieces.length - strings[a.s].pieces.length],
};
const kinds = {
  all: ["all", () => true],
  changed: ["changed", (pair) => !pair.same],
  same: ["unchanged", (pair) => pair.same],
  fragile: ["fragile (margin below 0.01)", (pair) => pair.margin != null && pair.margin < 0.01],
};

/** log P(unchanged), for sorting alone. */
function keptChance(pair) {
  if (!pair.stay) return 1;
  pair.kept ??= pair.stay.reduce((sum, stay) => sum + Math.log(Math.max(stay, 0.1) / 1000), 0);
  return pair.kept;
}

report.targets.forEach((target, i) => {
  kinds[`gained-${i}`] = [`gained ${target}`, (pair) => pair.hits?.[i] === 2];
  kinds[`lost-${i}`] = [`lost ${target}`, (pair) => pair.hits?.[i] === 1];
  kinds[`hit-${i}`] = [`counterfactual matches ${target}`, (pair) => (pair.hits?.[i] & 2) !== 0];
});

const view = { world: "all", kind: "all", order: "run", search: "", shown: [], heights: new Map(), rows: new Map() };

function textOf(pair) {
  if (pair.text == null) {
    const string = strings[pair.s];
    const join = (list) => list.map((i) => pieces[i]).join("");
    pair.text = [string.id, string.prompt, join(string.pieces), join(string.pieces.slice(0, pair.lcp)) + join(pair.tail)].join("\n").toLowerCase();
  }
  return pair.text;
}

function choose() {
  const words = view.search.trim().toLowerCase();
  const keep = kinds[view.kind][1];
  const list = [];
  pairs.forEach((pair, i) => {
    if (view.world !== "all" && pair.w !== Number(view.world)) return;
    if (keep(pair) && (!words || textOf(pair).includes(words))) list.push(i);
  });
  const by = orders[view.order][1];
  if (by) list.sort((a, b) => by(pairs[a], pairs[b]) || a - b);
  view.shown = list;
}

function verdict(pair) {
  if (pair.same) return "unchanged";
  const string = strings[pair.s];
  return pair.lcp === 0 ? "diverges at once" : `diverges after ${whole(pair.lcp)} of ${plural(string.pieces.length, "token")}`;
}

function hitTags(pair) {
  return (pair.hits || []).map((hit, i) => (hit === 2 ? `gained ${report.targets[i]}` : hit === 1 ? `lost ${report.targets[i]}` : ""))
    .filter(Boolean).map((text) => el("span", { class: "tag" }, text));
}

/** One pair. */
function pairNode(index, place, count) {
  const pair = pairs[index];
  const string = strings[pair.s];
  const world = worlds[pair.w];
  const name = nameOf(string);
  const head = el("header", {}, el("h3", {}, name), hitTags(pair),
    pair.margin != null && pair.margin < 0.01 ? el("span", { class: "tag" }, `fragile: ${brief(pair.margin)} nats`) : null,
    el("span", { class: "verdict" }, verdict(pair)));
  const side = (who, text) => el("div", {}, el("p", { class: "who" }, who), text);
  return el("article", { class: "pair", "aria-posinset": place + 1, "aria-setsize": count, "aria-label": `${name}, ${world.name}: ${verdict(pair)}` },
    head, string.prompt ? el("p", { class: "prompt" }, string.prompt) : null,
    el("div", { class: "sides" }, side(string.observed ? "factual, observed" : "factual", factualText(pair, index)), side(world.name, counterfactualText(pair))));
}

const list = el("div", { id: "list", role: "feed", "aria-label": "Strings" });
const status = el("p", { class: "status", role: "status" });

/** Pixels, guessed from the number of tokens where the pair was not shown yet. */
function heightOf(index) {
  const known = view.heights.get(index);
  if (known) return known;
  const pair = pairs[index];
  const tokens = Math.max(strings[pair.s].pieces.length, pair.lcp + pair.tail.length);
  const wide = list.clientWidth > 640;
  const lines = Math.ceil((tokens * 40) / Math.max(240, wide ? list.clientWidth / 2 : list.clientWidth));
  return 132 + (wide ? 1 : 2) * 29 * lines;
}

/** Puts the pairs near the window into the page and takes the others out. */
function render() {
  if (list.closest("section").hidden) return;
  const margin = 700;
  const from = -list.getBoundingClientRect().top - margin;
  const to = from + innerHeight + 2 * margin;
  let top = 0;
  let before = 0;
  let after = 0;
  const wanted = new Map();
  view.shown.forEach((index, place) => {
    const height = heightOf(index);
    if (top + height < from) before += height;
    else if (top > to) after += height;
    else wanted.set(index, place);
    top += height;
  });
  for (const [index, node] of view.rows) {
    if (wanted.has(index)) continue;
    if (node.contains(document.activeElement)) hideTip();
    node.remove();
    view.rows.delete(index);
  }
  let last = null;
  for (const [index, place] of wanted) {
    let node = view.rows.get(index);
    if (!node) {
      node = pairNode(index, place, view.shown.length);
      view.rows.set(index, node);
    }
    const expected = last ? last.nextSibling : list.firstChild;
    if (node !== expected) list.insertBefore(node, expected);
    last = node;
  }
  list.style.paddingTop = `${before}px`;
  list.style.paddingBottom = `${after}px`;
  for (const [index, node] of view.rows) view.heights.set(index, node.offsetHeight);
}

let queued = false;
function renderSoon() {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    render();
  });
}

function clearRows() {
  hideTip();
  for (const node of view.rows.values()) node.remove();
  view.rows.clear();
}

/** After a change of order or filter. */
function refresh() {
  choose();
  clearRows();
  const left = report.all_strings - strings.length;
  const out = left > 0 ? ` ${plural(left, "more string")} of this run ${left === 1 ? "is" : "are"} left out of this page; they count in every number of the overview.` : "";
  status.textContent = `${whole(view.shown.length)} of ${plural(pairs.length, "pair")}.${out}`;
  render();
}

function select(label, key, options) {
  const box = el("select", { name: key }, options.map(([value, text]) => el("option", { value }, text)));
  box.value = view[key];
  box.addEventListener("change", () => {
    view[key] = box.value;
    refresh();
  });
  return el("label", {}, label, box);
}

function legend() {
  const names = ["90 to 99\u00a0%", "70 to 90\u00a0%", "40 to 70\u00a0%", "10 to 40\u00a0%", "below 10\u00a0%"];
  return el("p", { class: "legend" }, el("span", {}, "A factual token stays with"),
    names.map((name, i) => el("span", { class: `chip h${i + 1}` }, name)),
    el("span", {}, el("span", { class: "cut", "aria-hidden": "true" }), " where the strings diverge"), el("span", {}, "∎ the model’s own end"));
}

function tools() {
  const search = el("input", { type: "search", placeholder: "text, prompt or name", name: "search", autocomplete: "off", spellcheck: "false" });
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      view.search = search.value;
      refresh();
    }, 120);
  });
  const named = worlds.map((world, i) => [String(i), world.name]);
  return el("form", { class: "tools", role: "search" }, el("h1", { id: "strings-title" }, "Strings"),
    el("label", { class: "grow" }, "Search", search), select("World", "world", [["all", "all worlds"], ...named]),
    select("Show", "kind", Object.entries(kinds).map(([key, [name]]) => [key, name])),
    select("Order", "order", Object.entries(orders).map(([key, [name]]) => [key, name])));
}

function startStrings() {
  const form = tools();
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("strings").append(form, legend(), status, list);
  watchTokens(document.getElementById("main"));
  addEventListener("scroll", renderSoon, { passive: true });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    view.heights.clear();
    renderSoon();
  });
  refresh();
}

/** The first pairs, all of them in the page, for paper. */
function renderForPrint(most) {
  clearRows();
  const count = Math.min(most, view.shown.length);
  for (let place = 0; place < count; ++place) {
    const node = pairNode(view.shown[place], place, count);
    view.rows.set(view.shown[place], node);
    list.append(node);
  }
  list.style.padding = "0";
  return count;
}
