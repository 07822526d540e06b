// The overview of one chosen world: the answer, then what stands behind it.

/** The answer, with the number that opens it in the accent. */
function headline(text) {
  const match = /^(All [\d\u202f]+|No (?:string|sample)|(?:(?:less|more) than )?[\d.]+\s%)/.exec(text);
  const title = el("h1", { id: "answer" });
  const lead = match ? match[0] : "";
  if (lead) title.append(el("span", { class: "lead-number" }, lead));
  for (const part of text.slice(lead.length).split(/(\[[^\]]*\])/)) {
    title.append(part.startsWith("[") ? el("span", { class: "range" }, part.replaceAll(" ", "\u00a0")) : part);
  }
  return title;
}

/** What a world changes, in the words of the command line. */
function changesOf(world) {
  const most = 160;
  const text = world.changes.join(", ");
  if (world.nudge) return "a change of no meaning";
  return world.null ? "changes nothing" : el("code", {}, text.length > most ? text.slice(0, most) + "…" : text);
}

/** "16 samples of 8 strings" */
function countOf(world) {
  return world.pairs === world.strings ? plural(world.strings, "string") : `${plural(world.pairs, "sample")} of ${plural(world.strings, "string")}`;
}

function hero(world) {
  const { head } = report;
  const names = el("p", { class: "eyebrow" }, el("b", {}, world.name), " ", changesOf(world), " on ", el("b", {}, head.model),
    ` · ${countOf(world)}`, head.title ? ` · ${head.title}` : "");
  return el("div", { class: "hero" }, names, headline(world.sentences.answer),
    world.sentences.rounding ? el("p", { class: "certainty" }, world.sentences.rounding) : null,
    el("p", { class: "certainty" }, world.sentences.certainty),
    head.warnings.map((text) => el("p", { class: "warn", role: "note" }, text)));
}

/** The first pair in which something happens after a shared start. */
function example(world) {
  const place = worlds.indexOf(world);
  const of = (test) => pairs.findIndex((pair) => pair.w === place && test(pair));
  let found = of((pair) => !pair.same && pair.lcp > 2 && pair.tail.length > 5);
  if (found < 0) found = of((pair) => !pair.same);
  if (found < 0) found = of(() => true);
  if (found < 0) return null;
  const link = el("a", { href: "#strings" }, `all ${plural(pairs.length, "pair")}`);
  const say = pairs[found].stay ? "Colour: how likely a token was to change. Point at one to see what it would have become, or read " : "One of them; read ";
  return el("div", { class: "example" }, pairNode(found, 0, 1), el("p", { class: "more" }, say, link, "."));
}

function worldRow(world, chosen) {
  const unchanged = measureOf(world, "unchanged");
  const cell = (label, ...content) => el("td", { "data-label": label }, ...content);
  const mean = unchanged ? unchanged.mean : {};
  const edits = measureOf(world, "edit_share_longer");
  const button = el("button", { type: "button", "aria-pressed": String(world === chosen), "data-world": worlds.indexOf(world) }, world.name);
  const floor = world.null ? "nothing: the floor of every measure" : "nothing of meaning: the rounding floor";
  const changes = world.null || world.nudge ? floor : world.changes.join("\n");
  return el("tr", { "data-on": world === chosen },
    el("th", { scope: "row" }, button, el("span", { class: "changes" }, changes)),
    cell("unchanged", percent(mean.value)),
    el("td", { class: "bar-cell" }, track(mean.value, mean.low, mean.high), el("span", { class: "hear" }, interval(mean, "share"))),
    cell("tokens in common", amount(world.summary.lcp_mean, "tokens")),
    cell("tokens changed", percent(world.summary.changed_share)),
    cell("of the text edited", edits ? percent(edits.mean.value) : "–"),
    cell("fragile pairs", whole(world.summary.fragile)));
}

function worldsPart(chosen) {
  const titles = ["World, and what is changed", "unchanged", "0 to 100\u00a0%", "tokens in common, mean", "tokens changed", "of the text edited", "fragile pairs"];
  const head = el("tr", {}, titles.map((title) => el("th", { scope: "col" }, title)));
  const body = el("tbody", {}, worlds.map((world) => worldRow(world, chosen)));
  const whole = el("table", { class: "worlds" }, el("caption", { class: "hear" }, "The worlds; choose one to see it below"), el("thead", {}, head), body);
  const say = worlds.length > 1 ? "Choose a world; everything on this page then speaks of it." : "";
  return part("worlds-title", "Worlds", say, el("div", { class: "scroll" }, whole));
}

function survivalFigure(world) {
  const rows = world.exact.length
    ? world.exact.filter(([x]) => x <= 10 || x % 5 === 0).map(([x, y, n]) => [x, percent(y), whole(n)])
    : world.sampled.map(([x, y, , , n]) => [x, percent(y), whole(n)]);
  const key = [keyLine(`${world.name}${world.exact.length ? ", exact law" : ", sampled"}`, { colour: "--accent", width: 2.5 })];
  if (world.exact.length && world.sampled.length) key.push(keyLine("sampled pairs, 95\u00a0% interval", { colour: "--accent", dot: true }));
  if (worlds.some((w) => w !== world && !w.null && !w.nudge)) key.push(keyLine("other worlds", { colour: "--faint" }));
  if (worlds.some((w) => w.null)) key.push(keyLine("null world", { colour: world.null ? "--accent" : "--faint", dash: "5 4" }));
  const nudges = worlds.filter((w) => w.nudge);
  if (nudges.length) key.push(keyLine("nudge: rounding alone", { colour: nudges.includes(world) ? "--accent" : "--faint", dash: "2 3" }));
  return figure("survival", "How long strings stay the same", world.sentences.survival,
    { key, details: numbers("Survival by tokens", ["first tokens", "unchanged", "strings"], rows) });
}

function histogramFigure(world) {
  const { histogram } = world;
  const rows = histogram.counts.map((n, i) => [binName(histogram, i), whole(n)]);
  rows.push(["never", whole(histogram.unchanged)]);
  return figure("histogram", "Where they diverge", world.sentences.histogram,
    { details: numbers("Pairs by tokens in common", ["tokens in common", "pairs"], rows) });
}

function curvesPart(world) {
  return part("curves-title", "How far the strings hold", "",
    el("div", { class: "two wide-left" }, survivalFigure(world), histogramFigure(world)));
}

function dosePart() {
  const list = report.doses.map((curve, i) => {
    const rows = curve.points.map((p) => [brief(p.dose) + (p.factual ? ", the factual world" : ""), amount(p.expected_lcp.value, "tokens"), interval(p.expected_lcp, "tokens"), percent(p.unchanged.value), brief(p.kl)]);
    const titles = ["dose", prefixName(curve), "95\u00a0% interval", keptName(curve), "KL, nats"];
    const key = [keyLine(`${prefixName(curve)}, tokens`, { colour: "--accent" }), keyLine(`${keptName(curve)}, right`, { colour: "--soft", dash: "5 4" })];
    return figure(`dose-${i}`, curve.name, curve.sentence, { key, details: numbers(curve.name, titles, rows) });
  });
  return list.length ? part("dose-title", "Doses", "", el("div", { class: "two" }, list)) : null;
}

function targetsPart(world) {
  const shifts = world.shifts.filter((s) => s.key === "target" || s.key === "off-target");
  if (!shifts.length) return null;
  const rows = shifts.map((s) => [quoted(s), percent(s.factual.value), percent(s.counterfactual.value),
    amount(s.difference.value, "share", true), interval(s.difference, "share", true),
    track(s.difference.value, s.difference.low, s.difference.high, { from: -1, to: 1, zero: true, on: true }),
    `+${whole(s.flips.gained)} −${whole(s.flips.lost)}`, brief(s.flips.p)]);
  return part("targets-title", "Targets", world.sentences.targets, table("Rates of the targets",
    ["pattern", "factual", "counterfactual", "shift", "95\u00a0% interval", "−100 to +100\u00a0%", "pairs gained and lost", "p (McNemar)"], rows));
}

/** A plot of how many pairs have what distance. */
function binsFigure(id, title, world, apart) {
  const bins = world[id];
  if (!bins.counts.length) return null;
  const rows = bins.counts.map((n, i) => [binRange(id, bins, i), whole(n)]);
  rows.push([apart, whole(bins.apart)]);
  return figure(id, title, world.sentences[id], { details: numbers(title, [title, "pairs"], rows) });
}

/** Histograms of the distances. */
function distancesOf(world) {
  const list = [binsFigure("edits", "How much had to be edited", world, "equal"),
    binsFigure("cosines", "Cosine of the embeddings", world, "equal")].filter(Boolean);
  return el("div", { class: list.length > 1 ? "two after" : "after" }, list);
}

function likenessPart(world) {
  const keep = ["lcp_tokens", "edit_tokens", "edit_characters", "edit_share_longer", "cosine"];
  const rows = world.measures.filter((m) => keep.includes(m.key) && m.mean.n > 0).map((m) => [m.title.trim() === "over the longer text" ? "edits over the longer text" : m.title,
    amount(m.mean.value, m.unit), interval(m.mean, m.unit), m.median ? amount(m.median.value, m.unit) : "", whole(m.mean.n)]);
  const shifts = world.shifts.filter((s) => !s.key.includes("target") && s.difference.n > 0).map((s) => [s.title,
    amount(s.factual.value, s.unit), amount(s.counterfactual.value, s.unit), amount(s.difference.value, s.unit, true), interval(s.difference, s.unit, true)]);
  const block = (title, sentence, content) => el("div", {}, el("h3", {}, title), el("p", { class: "eyebrow" }, sentence), content);
  return part("texts-title", "What the texts became", "", el("div", { class: "two" },
    block("Distance", world.sentences.likeness, table("Likeness of the pairs", ["measure", "mean", "95\u00a0% interval", "median", "n"], rows)),
    block("Shifts", world.sentences.shifts, table("Shifts", ["of", "factual", "counter­factual", "shift", "95\u00a0% interval"], shifts))),
    distancesOf(world));
}

function wordList(title, list, threshold, most) {
  const items = list.map((w) => {
    const strong = Math.abs(w.z) > threshold;
    const bar = el("span", { class: "amount", "aria-hidden": "true" });
    bar.style.width = `${Math.max(1, (100 * Math.abs(w.z)) / most)}%`;
    return el("li", { class: strong ? "strong" : "" }, el("span", { class: "word", title: w.word }, w.word),
      el("span", {}, bar), el("span", { class: "times" }, `${whole(w.factual)} → ${whole(w.counterfactual)}`,
        el("span", { class: "hear" }, ` times, z ${brief(w.z)}${strong ? ", beyond chance" : ""}`)));
  });
  return el("div", {}, el("h3", {}, title), el("ul", { class: "words" }, items));
}

function wordsPart(world) {
  const { gained, lost, threshold } = world.words;
  if (!gained.length && !lost.length) return says("words-title", "Words gained and lost", world.sentences.words);
  const most = Math.max(...[...gained, ...lost].map((w) => Math.abs(w.z)), threshold);
  const say = `${world.sentences.words} Bars are z-scores; those in the accent are beyond chance in the whole list.`;
  return part("words-title", "Words gained and lost", say, el("div", { class: "two narrow" },
    wordList("Gained", gained, threshold, most), wordList("Lost", lost, threshold, most)));
}

function lawPart(world) {
  const { law } = world;
  if (!law) return null;
  const known = law.positions > 0 && table("Measures of the law", ["", ""], [
    ["KL divergence, mean", `${brief(law.kl.mean)} nats`], ["KL divergence, median", `${brief(law.kl.median)} nats`],
    ["KL divergence, 99\u00a0%", `${brief(law.kl.p99)} nats`], ["same most probable token", percent(law.same_top)],
    ["RMS change of the token’s probability", percent(law.rms_dp)],
    ["perplexity, factual → this world", `${brief(law.perplexity)} → ${brief(law.other_perplexity)}`],
    ["a token stays", percent(law.agreement)], ["two fresh samples agree", percent(law.same_draw)]]);
  const [low, high] = law.bounds;
  const bounds = table("P(unchanged) over couplings", ["P(unchanged) of a string", "", "0 to 100\u00a0%"], [
    ["Gumbel coupling", percent(law.unchanged.value), track(law.unchanged.value, law.unchanged.low, law.unchanged.high, { on: true })],
    ["any coupling", `${percent(low)} to ${percent(high)}`, track(null, low, high)],
    ["at most, token by token", percent(law.token_bounds[1]), track(law.token_bounds[1])]]);
  return part("law-title", "Beside what you know", "", el("div", { class: "two" },
    known ? el("div", {}, el("h3", {}, "The law of the next token"), el("p", { class: "eyebrow" }, world.sentences.law), known) : null,
    el("div", {}, el("h3", {}, "What another coupling could say"), el("p", { class: "eyebrow" }, world.sentences.bounds), bounds)));
}

/** A part that has only a sentence. */
function says(id, title, sentence) {
  return sentence ? part(id, title, "", el("p", { class: "lede" }, sentence)) : null;
}

function fragilePart(world) {
  if (!world.fragile.length) return says("fragile-title", "Fragile tokens", world.sentences.fragile);
  const rows = world.fragile.map((f) => {
    return [nameOf(f), f.same ? "unchanged" : `diverges at ${whole(f.lcp)}`, f.same ? "" : el("span", { class: "piece" }, visible(f.piece)), brief(f.margin)];
  });
  return part("fragile-title", "Fragile tokens", world.sentences.fragile,
    table("The smallest margins", ["string", "", "factual token there", "margin, nats"], rows));
}

function factsPart() {
  const list = el("dl", { class: "facts" }, report.head.facts.map(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]));
  return report.head.facts.length ? part("run-title", "This run", "", list) : null;
}

function showOverview(chosen) {
  const parts = [hero(chosen), example(chosen), worldsPart(chosen), curvesPart(chosen), dosePart(), targetsPart(chosen),
    likenessPart(chosen), wordsPart(chosen), lawPart(chosen), fragilePart(chosen), factsPart()];
  document.getElementById("overview").replaceChildren(...parts.filter(Boolean));
  drawAll(chosen);
}
