// Single questions: what a token would have become and a do there; at which strength a string
// changes; a quick table.

/** The site that a strip varies in a world: the first number of its items, and its bounds. */
function siteOf(world) {
  for (const item of state.worlds.find((one) => one.name === world.name)?.items ?? []) {
    const dose = doseOf(item);
    if (dose === "scale") return { item, dose, target: `${item.kind}.scale`, low: 0, high: Math.max(2, 2 * Math.abs(Number(item.scale) || 1)) };
    if (dose === "argument") return { item, dose, target: item.kind, low: 1, high: Math.max(2, 2 * Number(item.argument)) };
  }
  return null;
}

const thresholds = new Map(); // "world string" -> what the strip says

/** Under a pane: the strength at which the string changes, once it was asked for. */
function doseStrip(world, string) {
  const site = siteOf(world);
  if (!site) return null;
  const button = el("button", { type: "button", class: "quiet", "data-threshold": world.name, "data-string": string.id }, "At which strength?");
  const found = thresholds.get(keyOf(world.name, string.id));
  if (!found) return el("p", { class: "strip" }, button);
  const { low, high, threshold, doses = [] } = found;
  const line = threshold == null ? track(null, null, null) : track(null, threshold, high, { from: low, to: high, tick: threshold, on: true });
  return el("div", { class: "strip" }, el("span", { class: "doses" }, line, doseCells(doses)), el("span", {}, found.sentence));
}

/** P(unchanged) at each dose, coloured as tokens are. */
function doseCells(doses) {
  const told = doses.map(({ dose, unchanged }) => `${brief(dose)}: ${percent(unchanged)}`);
  return el("span", { class: "cells", role: "img", "aria-label": `P(unchanged) by strength: ${told.join(", ")}`, hidden: !doses.length },
    doses.map(({ unchanged }, i) => el("span", { class: `cell h${heatOf(unchanged)}`, title: told[i] })));
}

const doseSteps = 10;

/** The exact P(unchanged) of one string along the strip: a world for each strength, which no probe is needed for. */
async function sweepOf(name, string, { item, dose, low, high }) {
  const world = state.worlds.find((one) => one.name === name);
  const at = (i) => low + ((high - low) * i) / doseSteps;
  const worldAt = (_, i) => ({ name: `at${i}`, items: world.items.filter(isWhole).map((one) => itemText(one === item ? { ...one, [dose]: String(at(i)) } : one)).join(",") });
  const given = state.text ? { text: state.text } : {};
  const body = asked({ session: session + "strip", null: false, strings: [{ id: string.id, prompt: string.prompt, ...given }], worlds: Array.from({ length: doseSteps + 1 }, worldAt) });
  delete body.prompts;
  const doses = [];
  await stream("/api/laws", body, (event, data) => {
    if (event === "law") doses[Number(data.world.slice(2))] = { dose: at(Number(data.world.slice(2))), unchanged: data.unchanged };
    if (event === "error") throw new Refused(data.error);
  });
  return doses;
}

function thresholdSentence(row, { target, low, high }) {
  if (row.threshold == null) return `${target}: unchanged from ${brief(low)} to ${brief(high)}`;
  const at = row.at_low ? `changed already at ${brief(low)}` : `changes at ${brief(row.threshold)}`;
  return `${target}: ${at}, token ${row.position}: “${visible(row.factual)}” becomes “${visible(row.counterfactual)}”`;
}

async function askThreshold(worldName) {
  const world = worlds.find((one) => one.name === worldName);
  const site = siteOf(world);
  const body = asked({ threshold: `${site.target}=${site.low}:${site.high}` });
  body.worlds = body.worlds.filter((one) => one.name === worldName);
  say(`looking for the strength at which ${worldName} changes`);
  const rows = await (await ask("/api/threshold", body)).json();
  for (const row of rows) {
    if (!state.text && row.sample !== state.sample) continue;
    const found = { ...site, threshold: row.threshold, sentence: thresholdSentence(row, site) };
    thresholds.set(keyOf(worldName, row.string), found);
    drawPanes();
    const string = strings.find((one) => one.id === row.string);
    if (string) found.doses = await sweepOf(worldName, string, site);
  }
  say(thresholds.get(keyOf(worldName, strings[0].id))?.sentence ?? "");
  drawPanes();
}

const panel = document.getElementById("token");
let openedAt = null; // the string and the position that the panel is about

/** Back to the token that the panel was opened at, for who has no pointer. */
function leavePanel() {
  panel.hidden = true;
  if (openedAt) focusToken(document.querySelectorAll("#panes .string")[openedAt.s], String(openedAt.position));
}

/** Forces a text at a position in the chosen world. */
function doThere(position, text) {
  const world = state.worlds.find((one) => one.name === chosen.name);
  if (!world) return;
  world.items = world.items.filter((item) => !(item.kind === "do" && Number(item.place) >= position));
  world.items.push({ kind: "do", place: String(position), argument: text, literal: true, scale: "", options: {} });
  drawWorlds();
  changed(true);
  leavePanel();
}

function outcomeNode(outcome, position) {
  const bar = el("span", { class: "amount", "aria-hidden": "true" });
  bar.style.width = `${100 * outcome.probability}%`;
  const force = el("button", { type: "button", class: "piece", title: "force it there, and see the rest follow" }, visible(outcome.text));
  force.addEventListener("click", () => doThere(position, outcome.text));
  return el("li", {}, force, bar, el("span", { class: "share" }, percent(outcome.probability)));
}

function panelContent(name, piece, position, table) {
  const close = el("button", { type: "button", class: "quiet", id: "token-close" }, "close");
  close.addEventListener("click", leavePanel);
  const own = el("input", { type: "text", "aria-label": "another text there", placeholder: "another text" });
  const form = el("form", { class: "own" }, own, el("button", { type: "submit" }, "do"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (own.value) doThere(position, own.value);
  });
  const law = table.find((one) => one.world === name);
  const list = law ? el("ol", {}, law.outcomes.map((outcome) => outcomeNode(outcome, position))) : el("p", {}, "After a do there is no law.");
  return [el("header", {}, el("h2", { id: "token-title" }, `“${visible(piece)}” in ${name}`), close),
    el("p", { class: "lede" }, law ? `It stays with ${percent(law.observed.probability)}; its probability is ${percent(law.observed.p)} in the factual world, ${percent(law.observed.q)} here.` : ""),
    list, law && law.rest > 0.0005 ? el("p", { class: "rest" }, `others ${percent(law.rest)}`) : null, form].filter(Boolean);
}

/** What the token would have become in the chosen world. */
async function openToken(s, position) {
  if (chosen.null) {
    say("in the null world every token stays");
    return;
  }
  const piece = pieces[strings[s].pieces[position]];
  openedAt = { s, position };
  const table = await (await ask("/api/token", asked({ string: strings[s].id, position, top: 12 }))).json();
  panel.replaceChildren(...panelContent(chosen.name, piece, position, table));
  panel.hidden = false;
  hideTip();
  document.getElementById("token-close").focus();
}

/** "0 % → 33 %, +33 % (−10 to 76 %)" of a target in both texts; floors have none. */
function targetCell(world) {
  const shift = world.shifts?.find((one) => one.key === "target");
  if (!shift) return "–";
  const range = interval(shift.difference, "share", true);
  return `${percent(shift.factual.value)} → ${percent(shift.counterfactual.value)}${range === "–" ? "" : ` (${range})`}`;
}

/** The quick table: more prompts or more draws of the one, what each world changed. */
async function askTable(count, target) {
  const draws = Math.max(1, Math.round(count / promptList().length));
  const body = asked({ sample: draws - 1, targets: target ? [target] : [] });
  delete body.session;
  let result = null;
  await stream("/api/table", body, (name, data) => {
    if (name === "progress") say(`${whole(data.done)} of ${plural(data.total, "pair")}`);
    if (name === "error") throw new Refused(data.error);
    if (name === "result") result = data;
  });
  const rows = result.worlds.map((world) => {
    const kept = world.measures?.unchanged;
    const lcp = world.measures?.lcp_tokens;
    return [world.world, plural(world.strings, "string"), `${percent(world.unchanged / world.strings)}`, interval(kept, "share"),
      amount(lcp?.value ?? world.lcp_mean, "tokens"), interval(lcp, "tokens"), ...(target ? [targetCell(world)] : [])];
  });
  document.getElementById("quick-table").replaceChildren(
    table("What each world changed", ["world", "strings", "unchanged", "95 %", "common prefix, tokens", "95 %", ...(target ? [`hits of ${target}`] : [])], rows));
  say("the table is there");
}
