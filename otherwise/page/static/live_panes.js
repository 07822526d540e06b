// The strings as they come: the factual one and one pane a world, in the data that the report's own
// token view draws (tokens.js).

let chosen = null; // the world whose stay probabilities colour the factual strings
const grown = new Map(); // "world string" -> tokens while it is being written
const verdicts = new Map(); // "world string" -> the last pair and law
const pieceIndex = new Map();

function indexOfPiece(piece) {
  if (!pieceIndex.has(piece)) {
    pieceIndex.set(piece, pieces.length);
    pieces.push(piece);
  }
  return pieceIndex.get(piece);
}

const keyOf = (world, string) => `${world} ${string}`;
const worldNames = () => madeWorlds().map((world) => world.name);
const promptList = () => (state.text ? [state.prompts[0]] : state.prompts);

/** Worlds and strings of the state, without what is not true of them any more. */
function layPanes(fresh) {
  const names = [...worldNames(), "null"];
  const before = new Map(worlds.map((world) => [world.name, world]));
  worlds.splice(0, worlds.length, ...names.map((name) =>
    before.get(name) ?? { name, exact: [], sampled: [], measures: [], shifts: [], null: name === "null", nudge: false }));
  if (fresh) {
    strings.splice(0, strings.length, ...promptList().map((prompt, i) =>
      ({ id: String(i + 1), sample: 0, prompt, pieces: [], ended: false, observed: Boolean(state.text) })));
    grown.clear();
    verdicts.clear();
  }
  chosen = worlds.find((world) => world.name === chosen?.name) ?? worlds[0];
  drawPanes();
}

/** What a world is to write again. */
function forgetWorld(name) {
  for (const string of strings) grown.delete(keyOf(name, string.id));
}

/** The pair of a world and a string, as far as it is known. */
function pairOf(world, string, s) {
  const tokens = grown.get(keyOf(world.name, string.id)) ?? [];
  const known = verdicts.get(keyOf(world.name, string.id)) ?? {};
  let lcp = 0;
  while (lcp < tokens.length && lcp < string.pieces.length && tokens[lcp] === string.pieces[lcp]) ++lcp;
  const whole = Boolean(known.pair);
  const growing = lcp === tokens.length && !(whole && lcp < string.pieces.length);
  const same = whole ? lcp === tokens.length && lcp === string.pieces.length : growing;
  return {
    s, w: worlds.indexOf(world), lcp, same, tail: tokens.slice(lcp), ended: known.pair?.counterfactual.end === "eog",
    stay: known.law?.stay.map((stay) => Math.round(1000 * stay)), become: known.become, whole, law: known.law, margin: known.pair?.margin,
  };
}

function verdictOf(pair) {
  const length = strings[pair.s].pieces.length;
  if (!pair.whole) return pair.same ? (pair.lcp ? "the same so far" : "…") : `diverges after ${plural(pair.lcp, "token")}`;
  if (pair.same) return "unchanged";
  return pair.lcp === 0 ? "diverges at once" : `diverges after ${whole(pair.lcp)} of ${plural(length, "token")}`;
}

function measuresOf(pair) {
  if (!pair.law) return el("p", { class: "measures" }, " ");
  return el("p", { class: "measures" }, track(pair.law.unchanged, null, null, { on: worlds[pair.w] === chosen }),
    ` P(unchanged) ${percent(pair.law.unchanged)}, expected common prefix ${amount(pair.law.expected_lcp, "tokens")} tokens`);
}

/** One world's side of one string. */
function paneOf(world, string, s) {
  const pair = pairOf(world, string, s);
  const index = pairs.push(pair) - 1;
  const floor = world.null ? (pair.whole && !pair.same ? " broken" : " sound") : "";
  const name = world.null ? "null world" : world.name;
  return el("article", { class: "pane" + floor, "data-world": world.name, "data-string": string.id, "aria-label": `${name}: ${verdictOf(pair)}` },
    el("header", {}, el("button", { type: "button", class: "who", "data-choose": world.name, "aria-pressed": String(world === chosen) }, name),
      el("span", { class: "verdict" }, verdictOf(pair))),
    world.null && pair.same ? null : counterfactualText(pair), measuresOf(pair), world.null ? null : doseStrip(world, string), el("span", { hidden: true, "data-pair": index }));
}

function factualPane(string, s) {
  const pair = pairOf(chosen, string, s);
  const index = pairs.push(pair) - 1;
  return el("article", { class: "pane factual-pane", "aria-label": "factual" },
    el("header", {}, el("span", { class: "who" }, string.observed ? "your text" : "factual")),
    string.pieces.length ? factualText(pair, index) : el("p", { class: "text waiting" }, "…"));
}

let drawing = false;
let curvesChanged = false; // by laws, since they were drawn
let answered = 0; // the evaluation that the next frame shows something of

/** In the next frame, once for all that came until then. */
function drawPanesSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawPanes();
    if (curvesChanged) drawCurves();
    document.body.dataset.answered = answered;
  });
}

/** The token at this position, or what else stands there for the keyboard. */
function focusToken(area, position) {
  const token = area?.querySelector(`.factual [data-token="${CSS.escape(position)}"]`);
  if (token) {
    for (const other of token.parentElement.querySelectorAll("[tabindex]")) other.tabIndex = -1;
    token.tabIndex = 0; // one stop a string
  }
  (token ?? area?.querySelector("button.who"))?.focus();
}

function drawPanes() {
  const held = document.activeElement?.closest?.("#panes") ? document.activeElement.dataset : null;
  hideTip();
  pairs.length = 0;
  const area = document.getElementById("panes");
  area.replaceChildren(...strings.map((string, s) => el("section", { class: "string", "aria-label": nameOf(string) },
    el("h2", { class: "prompt" }, string.prompt || "(no prompt)"),
    el("div", { class: "panes" }, factualPane(string, s), worlds.map((world) => paneOf(world, string, s))))));
  if (held?.choose) area.querySelector(`[data-choose="${CSS.escape(held.choose)}"]`)?.focus();
  else if (held?.token) focusToken(area, held.token);
}

/** Survival of each world, the mean over the strings. */
function drawCurves() {
  curvesChanged = false;
  for (const chart of drawn.splice(0)) chart.destroy();
  for (const world of worlds) {
    const laws = strings.map((string) => verdicts.get(keyOf(world.name, string.id))?.law).filter(Boolean);
    const longest = Math.max(0, ...laws.map((law) => law.survival.length));
    const at = (law, t) => law.survival[Math.min(t, law.survival.length - 1)] ?? 1;
    world.exact = laws.length ? Array.from({ length: longest }, (_, t) => [t + 1, laws.reduce((sum, law) => sum + at(law, t), 0) / laws.length]) : [];
  }
  Chart.defaults.font.family = cssVar("--sans");
  if (worlds.some((world) => world.exact.length)) drawSurvival(chosen);
}

/** One event of /api/run. */
function takeEvent(name, data) {
  if (name === "tokens" || name === "string") {
    const tokens = data.pieces.map(indexOfPiece);
    const string = strings.find((one) => one.id === data.string);
    if (!string) return;
    if (data.world === "factual") {
      string.pieces.splice(data.position, Infinity, ...tokens);
    } else {
      const key = keyOf(data.world, data.string);
      if (name === "tokens" && data.position === 0) verdicts.delete(key);
      grown.set(key, [...(grown.get(key) ?? []).slice(0, data.position), ...tokens]);
    }
  } else if (name === "pair") {
    takePair(data);
  } else if (name === "law") {
    const key = keyOf(data.world, data.string);
    const string = strings.find((one) => one.id === data.string);
    if (string) string.pieces = data.pieces.map(indexOfPiece);
    verdicts.set(key, { ...verdicts.get(key), law: data });
    curvesChanged = true;
  }
  drawPanesSoon();
}

/** A whole pair; its strings came before. */
function takePair(pair) {
  const key = keyOf(pair.world, pair.string);
  const string = strings.find((one) => one.id === pair.string);
  if (!string) return;
  verdicts.set(key, { pair });
  string.ended = pair.factual.end === "eog";
}
