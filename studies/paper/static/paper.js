// The page of all studies: claims, a part for each study, what a fact costs, the paper's code. Blocks and plots are
// the report's own (blocks.js, charts.js).

const { results, published, catalog, claims, reports } = report;
const studies = ["louvre", "koalas", "gender", "honesty", "instruct", "preamble"];
const share = (m) => (m && m.value != null ? percent(m.value) : "–");
const range = (m) => (m && m.low != null ? `${(100 * m.low).toFixed(1)} to ${(100 * m.high).toFixed(1)}${perCent}` : "–");
const both = (m, of = share) => (m && m.value != null && m.low != null ? `${of(m)} (${range(m)})` : of(m));
const three = (m) => (m && m.value != null ? m.value.toFixed(3) : "–");
const other = (m) => (m && m.value != null ? { value: 1 - m.value, low: m.high == null ? null : 1 - m.high, high: m.low == null ? null : 1 - m.low } : m);
const drawings = [];
/** Numbers stay on one line with their signs. */
const unbroken = (text) => text.replace(/ %/g, perCent).replace(/(?<=\d|%) (?=\[)/g, "\u00a0").replace(/(?<=\d), (?=[\d−]+\.\d+\])/g, ",\u00a0");

function hero() {
  const held = claims.filter((row) => row.verdict === "holds").length;
  const made = studies.map((name) => results[name]).find((result) => result && !result.skipped);
  const about = made ? `${(made.made_by.file || { name: made.made_by.model }).name}, ${made.settings.strings} openings of ${made.settings.tokens} tokens, ${made.made_by.processor}` : "";
  return el("div", { class: "hero" }, el("p", { class: "eyebrow" }, "arXiv 2411.07180, made again"),
    el("h1", {}, el("span", { class: "lead-number" }, `${held} of ${claims.length}`), " claims about what interventions do besides hold here"),
    el("p", { class: "certainty" }, about));
}

function claimsPart() {
  const rows = claims.map((row) => el("tr", {}, el("th", { scope: "row" }, row.claim, el("span", { class: "rule" }, row.rule)),
    el("td", {}, row.paper), el("td", {}, row.here.split("; ").map((text) => el("div", {}, unbroken(text)))),
    el("td", { class: row.verdict === "holds" ? "verdict-holds" : "verdict-other" }, row.verdict)));
  const head = el("thead", {}, el("tr", {}, ["claim, and the rule by which it is judged", "the paper", "here", ""].map((t) => el("th", { scope: "col" }, t))));
  return el("section", { class: "part", id: "claims" }, el("h2", {}, "The claims"),
    el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "The claims" }, el("table", { class: "claims" }, head, el("tbody", {}, rows))));
}

const label = { rome: "ROME", memit: "MEMIT", mimic: "MiMiC", iti: "ITI", instruct: "instruct", preamble: "preamble" };
const nameWorld = (world) => label[world.world] || world.world;

/** Under the same noise, and drawn anew. */
function likeness(result) {
  const rows = result.worlds.flatMap((world) => [["shared", ""], ["fresh", ", fresh noise"]].map(([kind, more]) => {
    const m = world[kind];
    return [nameWorld(world) + more, share(m.kept_whole), three(m.lcp_share_median), three(m.lcp_share_mean), three(m.edits),
      m.cosine ? three(m.cosine) : "–", whole(m.pairs)];
  }));
  return el("div", { class: "block" }, el("h3", {}, "The openings"), el("p", { class: "eyebrow" }, "Under the same noise, and with the other world’s string drawn anew. LCP share as in the paper: of pairs that part, prompt included."),
    table("Likeness", ["world", "kept whole", "LCP share, median", "mean", "edits over the counterfactual", "cosine", "pairs"], rows));
}

function lawTable(result) {
  const floor = result.floors.nudge;
  const rows = result.worlds.map((world) => [nameWorld(world), both(other(world.law.unchanged)), percent(1 - world.law.unchanged.value),
    `${percent(1 - world.law.token_bounds[1])} to ${percent(1 - world.law.bounds[0])}`, brief(world.law.expected_lcp.value), brief(world.law.kl), share(world.aside)]);
  rows.forEach((row) => row.splice(2, 1));
  const floors = [];
  if (floor) floors.push(["nudge: rounding alone", percent(1 - floor.unchanged), "–", "–", brief(floor.kl), "–"]);
  if (result.floors.null) floors.push(["null world", percent(1 - result.floors.null.unchanged), "–", "–", brief(result.floors.null.kl), "–"]);
  return el("div", { class: "block" }, el("h3", {}, "By the exact law"), el("p", { class: "eyebrow" }, "No sampling of counterfactuals. The bounds say how much of it is the choice of the Gumbel coupling: from the best coupling token by token to the worst of all."),
    table("The exact law", ["world", "strings that change", "over couplings", "tokens kept, expected", "KL, nats", "on openings about nothing of the kind"], [...rows, ...floors]));
}

function targetTable(result) {
  const rows = [];
  for (const world of result.worlds) {
    if (!world.target) continue;
    for (const kind of ["shared", "fresh"]) {
      for (const shift of world.target[kind]) {
        rows.push([`${nameWorld(world)}${kind === "fresh" ? ", fresh noise" : ""}: ${shift.title}`, share(shift.factual), share(shift.counterfactual),
          amount(shift.difference.value, "share", true), interval(shift.difference, "share", true)]);
      }
    }
    const old = world.target.of_old;
    if (old && old.new.n) rows.push([`${nameWorld(world)}: of ${old.new.n} strings with the old answer`, "100" + perCent, `new ${share(old.new)}, old ${share(old.old)}, neither ${share(old.neither)}`, "", range(old.new)]);
    if (world.target.log_odds) rows.push([`${nameWorld(world)}: log-odds of true over false, nats`, "", "", three(world.target.log_odds), `${three({ value: world.target.log_odds.low })} to ${three({ value: world.target.log_odds.high })}`]);
  }
  if (!rows.length) return null;
  return el("div", { class: "block" }, el("h3", {}, "What it is for"), el("p", { class: "eyebrow" }, `On ${result.worlds[0].target.strings} strings of its own.`),
    table("Target effects", ["of", "factual", "counterfactual", "shift", "95\u00a0% interval"], rows));
}

function wordsBlock(result) {
  const list = (words) => words.slice(0, 8).map(([word, a, b]) => `${word} ${a}→${b}`).join(", ") || "none";
  const rows = result.worlds.flatMap((world) => [["shared", ""], ["fresh", ", fresh noise"]].map(([kind, more]) =>
    [nameWorld(world) + more, list(world[kind].words.gained), list(world[kind].words.lost)]));
  const block = table("Words", ["world", "words gained", "words lost"], rows);
  block.classList.add("words-table");
  return el("div", { class: "block small" }, el("h3", {}, "Words gained and lost on the openings, by log-odds"), block);
}

/** Histogram of the LCP share, as in the paper's figure. */
function histogramOf(name, world, i) {
  const id = `lcp-${name}-${i}`;
  const { counts, kept_whole: kept } = world.shared.histogram;
  const labels = [...counts.map((_, k) => (k / counts.length).toFixed(2)), "whole"];
  const fresh = world.fresh.histogram;
  drawings.push(() => draw(id, "bar", [
    { label: "same noise", data: [...counts, kept], backgroundColor: cssVar("--accent"), barPercentage: 0.95, categoryPercentage: 0.9, borderRadius: 2 },
    { label: "fresh noise", data: [...fresh.counts, fresh.kept_whole], backgroundColor: cssVar("--faint"), barPercentage: 0.95, categoryPercentage: 0.9, borderRadius: 2 },
  ], { labels, x: barAxis("common prefix, of the factual string", labels, 0, labels.length - 1), y: axis("pairs", { beginAtZero: true, ticks: { precision: 0, maxTicksLimit: 5 } }),
    label: { label: (item) => `${item.dataset.label}: ${plural(item.parsed.y, "pair")}` } }));
  const key = [keyLine("same noise", { colour: "--accent", width: 6 }), keyLine("fresh noise", { colour: "--faint", width: 6 })];
  return figure(id, `${nameWorld(world)}: normalised LCP`, `Median of those that part ${three(world.shared.lcp_share_median)}; ${whole(kept)} of ${whole(world.shared.pairs)} pairs are kept whole.`, { key });
}

function survivalOf(name, result) {
  const id = `survival-${name}`;
  const accent = (i) => cssVar(i === 0 ? "--accent" : "--soft");
  drawings.push(() => draw(id, "scatter", result.worlds.map((world, i) => ({
    label: nameWorld(world), data: [{ x: 0, y: 1 }, ...world.survival.map(([x, y]) => ({ x, y }))], showLine: true, pointRadius: 0, pointHitRadius: 8,
    borderColor: accent(i), borderWidth: 2, named: nameWorld(world), textColor: accent(i),
  })), { right: 80, x: axis("tokens from the start", { type: "linear", min: 0, grid: { display: false, drawBorder: false } }), y: shareAxis("strings still unchanged"),
    label: { label: (item) => `${item.dataset.label}: ${percent(item.parsed.y)}` } }));
  return figure(id, "How long strings stay the same", "By the exact law: P(the first tokens stay), mean over the openings.");
}

function pairBlock(world) {
  const { pair } = world;
  if (!pair) return null;
  const side = (who, text) => el("div", {}, el("p", { class: "who" }, who), el("p", { class: "text" }, el("span", { class: "shared" }, text.slice(0, pair.common)), el("span", { class: "cut" }), text.slice(pair.common)));
  return el("article", { class: "pair" }, el("header", {}, el("h3", {}, `${nameWorld(world)}: the median pair`), el("span", {}, pair.id), el("span", { class: "verdict" }, `LCP share ${pair.share.toFixed(3)}`)),
    el("p", { class: "prompt" }, pair.prompt), el("div", { class: "sides" }, side("factual", pair.factual), side(nameWorld(world), pair.counterfactual)));
}

function besidePaper(name, result) {
  const rows = catalog[name].published.map((key) => published[key]).map((one) => [one.title, percent(one.kept_whole / one.pairs), one.lcp_share_median.toFixed(3), one.lcp_share_mean.toFixed(3), one.edits_mean.toFixed(3), whole(one.pairs)]);
  for (const world of result.worlds) rows.push([`here: ${nameWorld(world)}`, share(world.shared.kept_whole), three(world.shared.lcp_share_median), three(world.shared.lcp_share_mean), three(world.shared.edits), whole(world.shared.pairs)]);
  return el("div", { class: "block" }, el("h3", {}, "Beside the paper"), table("The paper’s numbers", ["", "kept whole", "LCP share, median", "mean", "edits", "pairs"], rows),
    el("p", { class: "differs" }, `The paper’s rows are computed from the pairs that its authors published. What differs here: ${catalog[name].differs}`));
}

function studyPart(name) {
  const result = results[name];
  if (!result) return null;
  const head = [el("h2", {}, result.title), el("p", { class: "lede" }, catalog[name].asks)];
  if (result.skipped) return el("section", { class: "study", id: name }, head, el("p", { class: "skipped" }, `Not run: ${result.skipped}.`));
  const links = reports.filter((file) => file === `${name}.html` || file === `${name}-targets.html`);
  const more = links.length ? el("p", { class: "more" }, "All strings: ", links.flatMap((file, i) => [i ? ", " : "", el("a", { href: file }, file.includes("targets") ? "those it is for" : "the openings")])) : null;
  return el("section", { class: "study", id: name }, head, result.misses.map((text) => el("p", { class: "warn", role: "note" }, text)),
    el("div", { class: "two" }, result.worlds.map((world, i) => histogramOf(name, world, i)), result.worlds.length === 1 ? survivalOf(name, result) : null),
    lawTable(result), likeness(result), targetTable(result), el("div", { class: "block example" }, result.worlds.map(pairBlock)), wordsBlock(result), besidePaper(name, result), more);
}

function factPart() {
  const result = results.fact;
  if (!result) return null;
  const points = (result.points || []).filter((point) => point.cost);
  const head = [el("h2", {}, "What a fact costs"), el("p", { class: "lede" }, "Each way to move the Louvre to Rome, at several strengths: how probable “ Rome” becomes after prompts about the Louvre that are not the edit’s own, against what openings about other things pay. Better is up and to the left.")];
  if (result.skipped) return el("section", { class: "study", id: "fact" }, head, el("p", { class: "skipped" }, `Not run: ${result.skipped}.`));
  const methods = [...new Set(points.map((point) => point.method))];
  const marks = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];
  /** Points that no other one beats, by their price. */
  const front = (x) => {
    const beats = (a, b) => a !== b && a.effect.value >= b.effect.value && x(a) <= x(b) && (a.effect.value > b.effect.value || x(a) < x(b));
    return points.filter((point) => !points.some((one) => beats(one, point))).map((p) => ({ x: x(p), y: p.effect.value })).sort((a, b) => a.x - b.x);
  };
  const plot = (id, title, x, floor) => drawings.push(() => draw(id, "scatter", [
    { label: "frontier", data: front(x), showLine: true, borderColor: cssVar("--accent"), borderWidth: 1.5, borderDash: [5, 4], pointRadius: 0, pointHitRadius: 0 },
    ...methods.map((method, i) => ({
      label: method, data: points.filter((p) => p.method === method).map((p) => ({ x: x(p), y: p.effect.value, point: p })), pointStyle: marks[i % marks.length], clip: false, showLine: false, pointRadius: 5,
      borderColor: cssVar("--ink"), backgroundColor: points.filter((p) => p.method === method).map((p) => cssVar(p.frontier ? "--accent" : "--paper")), borderWidth: 1.4, pointHitRadius: 8,
    }))], { x: axis(title, floor), y: shareAxis("P(“ Rome”) on prompts about the Louvre"),
    label: { title: (items) => (items[0] && items[0].raw.point ? `${items[0].dataset.label}, ${items[0].raw.point.strength}` : ""), label: (item) => `${percent(item.parsed.y)} at ${brief(item.parsed.x)}` } }));
  plot("fact-kl", "KL on other openings, nats a token (logarithmic)", (p) => Math.max(p.cost.kl, 1e-5), { type: "logarithmic", ticks: { callback: (v) => (Number.isInteger(Math.log10(v)) ? brief(v) : "") } });
  plot("fact-changed", "openings that change, 1 − P(unchanged)", (p) => 1 - p.cost.unchanged.value, { type: "linear", min: 0, max: 1, ticks: { callback: (v) => percent(v, 0) } });
  const names = { circle: "●", rect: "■", triangle: "▲", rectRot: "◆", crossRot: "✕", star: "✱" };
  const key = methods.map((method, i) => el("li", {}, `${names[marks[i % marks.length]]} ${method}`));
  const rows = [...points].sort((a, b) => b.effect.value - a.effect.value).map((p) => [`${p.method}, ${p.strength}`, both(p.effect), brief(p.cost.kl), both(other(p.cost.unchanged)), `${brief(p.cost.expected_lcp.value)} of ${brief(p.cost.length)}`, p.frontier ? "yes" : ""]);
  const without = result.points.filter((point) => point.skipped).map((point) => el("p", { class: "skipped" }, `${point.method}, ${point.strength}: ${point.skipped}.`));
  return el("section", { class: "study", id: "fact" }, head, el("div", { class: "two tall" },
    figure("fact-kl", "Effect against KL", "Filled, and joined by the line: ways that no other one beats, which would reach as much for less.", { key }),
    figure("fact-changed", "Effect against strings that change", "The same points, a string changes where any of its tokens does. Filled are those of the frontier by KL; the line is this plot’s own.", { key: key.map((item) => item.cloneNode(true)) })),
    el("div", { class: "block" }, table("What a fact costs", ["way, strength", "P(“ Rome”)", "KL, nats", "openings that change", "tokens kept, expected", "on the frontier"], rows)), without);
}

function codePart() {
  const result = results.code;
  if (!result) return null;
  const head = [el("h2", {}, "The paper’s code"), el("p", { class: "lede" }, "Where it does something else than its mathematics, and how much each moves the headline on this model: one at a time, on the same strings.")];
  if (result.skipped) return el("section", { class: "study", id: "code" }, head, el("p", { class: "skipped" }, `Not run: ${result.skipped}.`));
  const what = { "top-k": "sampled with top-k 50, noise inferred and written without", site: "fitted to the residual, applied after the next norm", identical: "pairs without a difference left out", again: "texts encoded again before hindsight" };
  const names = { lcp_share: "LCP share, mean", unchanged: "kept whole", lcp_written: "LCP over the written tokens", she: "biographies that say she" };
  const rows = result.rows.map((row) => [`${what[row.difference]}: ${label[row.world]}, ${names[row.headline]}`, three(row.right), three(row.theirs), row.moved.value == null ? "–" : amount(row.moved.value, "number", true), interval(row.moved, "number", true)]);
  return el("section", { class: "study", id: "code" }, head, table("Differences", ["difference, world, headline", "as the mathematics", "as the code", "moved by", "95\u00a0% interval"], rows),
    el("p", { class: "differs" }, `${whole(result.recoded.other_tokens)} of ${whole(result.recoded.strings)} factual strings have other tokens once their text is encoded again.`));
}

document.getElementById("page").append(...[hero(), claimsPart(), el("div", { id: "studies" }, studies.map(studyPart).filter(Boolean)), factPart(), codePart()].filter(Boolean));
const redraw = () => {
  for (const chart of drawn.splice(0)) chart.destroy();
  Chart.defaults.font.family = cssVar("--sans");
  drawings.forEach((one) => one());
};
startColours(redraw);
redraw();
document.documentElement.dataset.ready = "true";
