// Starts the live page: the state of the link, its controls, one evaluation at a time.

const problem = document.getElementById("problem");

function say(sentence) {
  document.getElementById("said").textContent = sentence;
}

function complain(error) {
  problem.textContent = error ? error.message : "";
  problem.hidden = !error;
}

/** A question whose failure is told, not thrown. */
const told = (question) => async (...given) => {
  try {
    await question(...given);
  } catch (error) {
    if (error.name !== "AbortError") complain(error);
  }
};

let running = null; // the evaluation under way
let evaluations = 0; // body[data-answered] is the last one of which something is on the screen
let askedLast = ""; // what is evaluated, or was; "" after a failure
let shownHead = ""; // all but the worlds, of what is on the screen
const shownWorlds = new Map(); // name -> its items, as they are on the screen

const headOf = () => JSON.stringify([state.prompts, state.text, state.seed, state.sample, state.tokens, state.temperature]);

/** Evaluates the state; what was under way ends. Waits for the server where it is gone. */
async function evaluate() {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  const turn = ++evaluations;
  const fresh = headOf() !== shownHead;
  if (fresh) shownWorlds.clear();
  layPanes(fresh);
  const awaited = new Set();
  for (const world of madeWorlds()) {
    if (shownWorlds.get(world.name) === itemsText(world)) continue;
    thresholds.clear();
    awaited.add(world.name);
    shownWorlds.set(world.name, itemsText(world));
  }
  shownHead = headOf();
  askedLast = JSON.stringify(asked());
  document.body.dataset.busy = "true";
  try {
    await stream("/api/run", asked(), (name, data) => {
      if (running !== mine) return;
      if (name === "error") {
        complain(new Refused(data.error));
        askedLast = "";
        rest();
      } else if (name === "done") finish(data);
      else if (name === "note") say(data.note);
      else {
        takeEvent(name, data);
        if (awaited.has(data.world)) answered = turn;
      }
    }, mine.signal);
  } catch (error) {
    if (running === mine && error.name !== "AbortError") await recover(error);
  }
}

const atRest = []; // what waits until nothing is evaluated

const whenAtRest = () => (document.body.dataset.busy === "true" ? new Promise((go) => atRest.push(go)) : Promise.resolve());

function rest() {
  document.body.dataset.busy = "false";
  for (const go of atRest.splice(0)) go();
}

function finish(result) {
  rest();
  complain(null);
  drawPanesSoon();
  const sentences = worlds.filter((world) => !world.null).map((world) => `${world.name} ${strings.map((string, s) => verdictOf(pairOf(world, string, s))).join(", ")}`);
  if (result.warnings.length) complain(new Error(result.warnings.join("; ")));
  say((result.anew ? "another remedy for exactness: all was evaluated anew; " : "") + sentences.join("; "));
}

/** A refusal is told; where the server is gone the page goes on with the next one. */
async function recover(error) {
  askedLast = "";
  rest();
  if (error instanceof Refused) {
    complain(error);
    return;
  }
  complain(new Error("The server does not answer. Start it again, and this page goes on."));
  const mine = running;
  while (running === mine) {
    await new Promise((go) => setTimeout(go, 1000));
    try {
      await getJson("/api/state");
      shownHead = "";
      evaluate();
    } catch {
      // not yet
    }
  }
}

changed = (step) => {
  keepState(step);
  if (JSON.stringify(asked()) !== askedLast) evaluate(); // not when a slider is let go
};

function numberField(label, key, attributes) {
  const box = el("input", { type: "number", name: key, value: state[key], ...attributes });
  box.addEventListener("change", () => {
    if (!box.checkValidity() || box.value === "") return;
    state[key] = Number(box.value);
    changed(true);
  });
  return field(label, box);
}

/** Moves what follows the cursor out of the prompt: the observed text. */
function splitAtCursor(prompt, own) {
  const at = prompt.selectionStart;
  own.value = prompt.value.slice(at) + own.value;
  prompt.value = prompt.value.slice(0, at);
  state.prompts = [prompt.value];
  state.text = own.value;
}

function promptFields() {
  const prompt = el("textarea", { name: "prompts", rows: 2, spellcheck: "false", "aria-describedby": "prompts-help" });
  prompt.value = state.prompts.join("\n---\n");
  const own = el("textarea", { name: "text", rows: 2, spellcheck: "false", placeholder: "an observed text, whose luck is inferred in hindsight" });
  own.value = state.text;
  let timer = 0;
  const take = (step) => {
    state.prompts = own.value ? [prompt.value] : prompt.value.split("\n---\n");
    state.text = own.value;
    changed(step);
  };
  for (const box of [prompt, own]) {
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => take(false), 250);
    });
    box.addEventListener("change", () => {
      clearTimeout(timer);
      take(true);
    });
  }
  const split = el("button", { type: "button", class: "quiet" }, "end the prompt at the cursor");
  split.addEventListener("click", () => {
    splitAtCursor(prompt, own);
    changed(true);
  });
  return [el("div", { class: "grow" }, field("Prompt", prompt), el("p", { id: "prompts-help", class: "help" }, "several with a line of --- between them; ", split)),
    el("div", { class: "grow" }, field("Your own text after it", own))];
}

function drawAsked() {
  const draw = el("button", { type: "button", class: "quiet" }, "another draw");
  draw.addEventListener("click", () => {
    state.sample += 1;
    drawAsked();
    changed(true);
  });
  const temperature = el("label", {}, el("span", {}, "Temperature"), strength("temperature", String(state.temperature), 0, 2, 0.01, (value, step) => {
    state.temperature = Number(value);
    changed(step);
  }));
  const noise = el("div", { class: "noise" }, numberField("Seed", "seed", { min: 0, step: 1 }),
    numberField("Draw", "sample", { min: 0, max: start.limits.sample, step: 1 }), draw,
    numberField("Tokens", "tokens", { min: 1, max: start.limits.tokens, step: 1 }), temperature);
  document.getElementById("asked").replaceChildren(...promptFields(), noise);
}

function drawCurvePart() {
  document.getElementById("curves").replaceChildren(figure("survival", "Survival", "The exact share of strings still unchanged after so many tokens, the mean over the prompts."));
}

function drawQuickPart() {
  const count = el("input", { type: "number", min: 1, max: 500, value: 20 });
  const target = el("input", { type: "text", placeholder: "such as Paris|Rome", spellcheck: "false", name: "target" });
  const go = el("button", { type: "button" }, "Quick table");
  go.addEventListener("click", told(() => askTable(Number(count.value), target.value)));
  const draws = () => asked({ sample: Math.max(0, Math.round(count.value / promptList().length) - 1) });
  const save = el("button", { type: "button", class: "quiet" }, "Save as run file");
  save.addEventListener("click", told(() => download("/api/save", draws(), "live.db")));
  const page = el("button", { type: "button", class: "quiet" }, "Save as report");
  page.addEventListener("click", told(() => download("/api/report", draws(), "otherwise.html")));
  document.getElementById("quick").replaceChildren(el("h2", {}, "More strings"), el("div", { class: "noise" }, field("Strings", count), field("Target, a pattern", target), go, save, page), el("div", { id: "quick-table" }));
}

function showState() {
  drawAsked();
  drawWorlds();
  evaluate();
}

function watchPanes() {
  const area = document.getElementById("panes");
  watchTokens(area);
  const tokenOf = (event) => event.target.closest?.(".factual .tok");
  const open = told((token) => {
    const pair = pairs[token.dataset.pair];
    return openToken(pair.s, Number(token.dataset.token));
  });
  area.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-choose]");
    const threshold = event.target.closest("[data-threshold]");
    if (choice) {
      chosen = worlds.find((world) => world.name === choice.dataset.choose);
      drawPanes();
      drawCurves();
    } else if (threshold) {
      told(askThreshold)(threshold.dataset.threshold);
    } else if (tokenOf(event)) {
      open(tokenOf(event));
    }
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && tokenOf(event)) open(tokenOf(event));
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leavePanel();
  });
}

function watchButtons() {
  const copy = async (text, sentence) => {
    await navigator.clipboard.writeText(text);
    say(sentence);
  };
  const on = (id, question) => document.getElementById(id).addEventListener("click", told(question));
  on("copy-command", async () => copy((await (await ask("/api/command", asked())).text()).trim(), "the command is copied"));
  on("copy-link", () => copy(location.href, "the link is copied"));
  on("save-study", () => download("/api/study", asked(), "study.toml"));
  on("save-page", () => download("/api/report", asked(), "otherwise.html"));
}

async function begin() {
  if (location.search) history.replaceState(null, "", location.pathname + location.hash); // see unlock.js
  start = await getJson("/api/state");
  files = await getJson("/api/files");
  document.getElementById("model").textContent = start.model;
  const own = start.strings[0];
  Object.assign(usual, { prompts: start.prompts.length ? start.prompts : [own?.prompt ?? ""], text: own?.text ?? "", worlds: start.worlds });
  for (const key of ["seed", "tokens", "temperature"]) usual[key] = start[key];
  state = stateOfLink();
  startColours(() => {
    if (chosen) drawCurves();
  });
  document.getElementById("asked").addEventListener("submit", (event) => event.preventDefault());
  drawCurvePart();
  drawQuickPart();
  watchPanes();
  watchButtons();
  addEventListener("popstate", () => {
    state = stateOfLink();
    showState();
  });
  document.documentElement.dataset.ready = "true";
  showState();
}

told(begin)();
