// What is asked: prompts, worlds, noise. All of it is in the link's fragment, so that a copied link
// shows the same and back goes back.

const usual = { prompts: ["The Louvre is located in"], text: "", worlds: [], seed: 0, sample: 0, tokens: 25, temperature: 1 };
let state = structuredClone(usual);
let start = null; // what the server says once: model, kinds of interventions, bounds

const kindOf = (word) => start.kinds.find((kind) => kind.word === word);
const quoteText = (text) => `"${text.replaceAll('"', '""')}"`;

/** An item as the command line has it: kind:place:argument:scale@key=value;… */
function itemText(item) {
  const kind = kindOf(item.kind);
  const place = kind?.placed ? `${item.place || 0}:` : "";
  const bare = !item.literal && !/["@,;\r\n]/.test(item.argument);
  const argument = bare ? item.argument : quoteText(item.argument);
  const scale = kind?.scaled && item.scale !== "" ? `:${item.scale}` : "";
  const options = Object.entries(item.options || {}).filter(([, value]) => value !== "");
  return `${item.kind}:${place}${argument}${scale}${options.length ? "@" + options.map((pair) => pair.join("=")).join(";") : ""}`;
}

/** Of an item that has no file yet there is nothing to ask. */
const isWhole = (item) => kindOf(item.kind)?.argument !== "file" || item.argument !== "";

const itemsText = (world) => world.items.filter(isWhole).map(itemText).join(",");

/** The worlds of which there is something to ask. */
const madeWorlds = () => state.worlds.filter((world) => world.items.some(isWhole));

/** A number that a slider can vary: where it is kept in the item, or null. */
function doseOf(item) {
  const kind = kindOf(item.kind);
  if (kind?.dose === "scale") return "scale";
  return kind?.dose === "setting" && kind.argument === "number" ? "argument" : null;
}

/** The request's body. */
function asked(more = {}) {
  const { prompts, text, seed, sample, tokens, temperature } = state;
  const strings = text ? { strings: [{ id: "1", prompt: prompts[0], text }] } : { prompts };
  return {
    session, ...strings, worlds: madeWorlds().map((world) => ({ name: world.name, items: itemsText(world) })),
    null: true, seed, sample, tokens, temperature, ...more,
  };
}

const number = (value, low, high, otherwise) => (Number.isFinite(value) && value >= low && value <= high ? value : otherwise);
const text = (value) => (typeof value === "string" ? value : "");

/** Only what a state of ours has, whatever a link says. */
function cleaned(raw) {
  const list = (value, most) => (Array.isArray(value) ? value.slice(0, most) : []);
  const item = (one) => ({
    kind: text(one?.kind), place: String(one?.place ?? ""), argument: text(one?.argument), literal: one?.literal === true,
    scale: String(one?.scale ?? ""),
    options: Object.fromEntries(Object.entries(one?.options ?? {}).map(([key, value]) => [key, String(value)])),
  });
  const prompts = list(raw.prompts, start.limits.prompts).map(text);
  return {
    prompts: prompts.length ? prompts : usual.prompts,
    text: text(raw.text),
    worlds: list(raw.worlds, start.limits.worlds).map((one) => ({
      name: text(one?.name),
      items: list(one?.items, start.limits.items).map(item).filter((made) => kindOf(made.kind)),
    })),
    seed: Math.floor(number(raw.seed, 0, Number.MAX_SAFE_INTEGER, usual.seed)),
    sample: Math.floor(number(raw.sample, 0, start.limits.sample, usual.sample)),
    tokens: Math.floor(number(raw.tokens, 1, start.limits.tokens, usual.tokens)),
    temperature: number(raw.temperature, 0, 100, usual.temperature),
  };
}

/** The state of the link; the server's own where it has none, or none that can be read. */
function stateOfLink() {
  try {
    const raw = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    return raw && typeof raw === "object" ? cleaned(raw) : cleaned(usual);
  } catch {
    return cleaned(usual);
  }
}

const linkOfState = () => "#" + encodeURIComponent(JSON.stringify(state));

/** Keeps the state in the link: as a step that back takes back, or in place of the last one. */
function keepState(step) {
  const link = linkOfState();
  if (link === location.hash) return;
  if (step) history.pushState(null, "", link);
  else history.replaceState(null, "", link);
}

/** A name that no world has yet. */
function freeName(base) {
  const taken = new Set(state.worlds.map((world) => world.name));
  for (let i = 1; ; ++i) {
    const name = i === 1 ? base : `${base}${i}`;
    if (!taken.has(name)) return name;
  }
}
