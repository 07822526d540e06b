// Worlds made and changed by hand: a name, items, and for each what its kind takes; strengths by
// slider and number box.

let files = []; // that the server lets pages name
let changed = () => {}; // (step): evaluate again; a step is one that back takes back

const field = (label, control) => el("label", {}, el("span", {}, label), control);

/** A number by slider and by box, which go together. `take(value, step)` has it as text. */
function strength(label, value, low, high, step, take) {
  const shown = Number(value);
  const slider = el("input", { type: "range", min: Math.min(low, shown), max: Math.max(high, shown), step, value, "aria-label": `${label}, slider` });
  const box = el("input", { type: "number", step: "any", value, "aria-label": label });
  slider.addEventListener("input", () => {
    box.value = slider.value;
    take(slider.value, false);
  });
  box.addEventListener("input", () => {
    if (box.value === "" || !Number.isFinite(Number(box.value))) return;
    slider.min = Math.min(slider.min, box.value);
    slider.max = Math.max(slider.max, box.value);
    slider.value = box.value;
    take(box.value, false);
  });
  for (const control of [slider, box]) control.addEventListener("change", () => take(box.value, true));
  return el("span", { class: "strength" }, slider, box);
}

const bounds = { temp: [0, 2, 0.01], "top-p": [0.01, 1, 0.01], "min-p": [0, 1, 0.01], "top-k": [0, 100, 1] };

/** The control of an item's own argument. */
function argumentControl(item, kind) {
  const set = (value, step) => {
    item.argument = value;
    changed(step);
  };
  if (kind.argument === "number" && kind.dose === "setting") {
    const [low, high, step] = bounds[item.kind] ?? [-4, 4, 0.05];
    return strength(kind.name, item.argument || "1", low, high, step, set);
  }
  if (kind.argument === "file") {
    const names = files.map((file) => file.name);
    const listed = item.argument && !names.includes(item.argument) ? [item.argument, ...names] : names;
    const box = el("select", { "aria-label": `file of ${kind.name}` }, el("option", { value: "" }, listed.length ? "choose a file" : "no file: start with --files DIR"),
      listed.map((name) => el("option", { value: name }, name.split("/").pop())));
    box.value = item.argument;
    box.addEventListener("change", () => set(box.value, true));
    return box;
  }
  const box = el("input", { type: "text", value: item.argument, spellcheck: "false", "aria-label": `${kind.name}: ${kind.usage}` });
  box.addEventListener("change", () => {
    item.literal = kind.argument === "text" || kind.argument === "token";
    set(box.value, true);
  });
  return box;
}

const fileWords = { lora: "LoRA", control_vector: "control vector", affine: "fitted map", heads: "shifts of attention heads" };

/** "layers 3 to 7" of the tensors, "" without. */
function layersOf(tensors) {
  const layers = [...new Set(tensors.map((tensor) => tensor.layer).filter((layer) => layer >= 0))].sort((a, b) => a - b);
  if (!layers.length) return "";
  return layers.length === 1 ? `layer ${layers[0]}` : `layers ${layers[0]} to ${layers.at(-1)}`;
}

/** What `inspect` knows of a file, in a line. */
function factsLine(facts) {
  if (facts.kind === "model") {
    const calls = facts.batch_invariant ? "the same bits in every batch" : "not batch invariant";
    return [facts.name, facts.quantization, `${facts.layers} layers`, `width ${facts.width}`, calls].filter(Boolean).join(", ");
  }
  const word = fileWords[facts.kind];
  if (!word) return "no file that a world can take";
  const rank = Math.max(0, ...facts.tensors.map((tensor) => tensor.rank));
  return [word + (facts.architecture ? ` for ${facts.architecture}` : ""), layersOf(facts.tensors), facts.node && `at ${facts.node}`,
    facts.kind === "lora" && rank && `rank ${rank}`, facts.width && `width ${facts.width}`].filter(Boolean).join(", ");
}

const knownFacts = new Map(); // file -> a promise of its line

function factsOf(name) {
  if (!knownFacts.has(name)) {
    const asking = whenAtRest().then(() => getJson(`/api/inspect?file=${encodeURIComponent(name)}`)).then(factsLine);
    knownFacts.set(name, asking.catch((error) => {
      knownFacts.delete(name); // it may be there the next time
      return error.message;
    }));
  }
  return knownFacts.get(name);
}

let factsNodes = 0;

/** What is known of an item's file, below it; of a model, which takes seconds, once it is asked for. */
function factsNode(item, control) {
  const node = el("p", { class: "file-facts", id: `facts-${++factsNodes}`, "aria-live": "polite" });
  control.setAttribute("aria-describedby", node.id);
  const show = async () => {
    const name = item.argument;
    node.textContent = name ? "…" : "";
    const line = name ? await factsOf(name) : "";
    if (item.argument === name) node.textContent = line;
  };
  const offer = () => {
    if (item.kind !== "model" || knownFacts.has(item.argument)) return show();
    const button = el("button", { type: "button", class: "quiet" }, "what is in it?");
    button.addEventListener("click", show);
    node.replaceChildren(item.argument ? button : "");
  };
  control.addEventListener("change", offer);
  offer();
  return node;
}

function optionControl(item, option) {
  const take = (value) => {
    item.options = { ...item.options, [option.key]: value };
    changed(true);
  };
  const value = item.options?.[option.key] ?? "";
  if (option.key === "scope") {
    const box = el("select", {}, ["", "prompt", "written", "all"].map((scope) => el("option", { value: scope }, scope || "as usual")));
    box.value = value;
    box.addEventListener("change", () => take(box.value));
    return field("scope", box);
  }
  const box = el("input", { type: "text", value, placeholder: option.usage, size: 8, spellcheck: "false" });
  box.addEventListener("change", () => take(box.value.trim()));
  return field(option.key, box);
}

function itemNode(world, item) {
  const kind = kindOf(item.kind);
  const choice = el("select", { "aria-label": "kind of change" }, start.kinds.map((one) => el("option", { value: one.word, title: one.summary }, one.name)));
  choice.value = item.kind;
  choice.title = kind.summary;
  choice.addEventListener("change", () => {
    const index = world.items.indexOf(item);
    world.items[index] = newItem(choice.value);
    drawWorlds();
    changed(true);
  });
  const place = el("input", { type: "number", min: 0, value: item.place || "0", "aria-label": "position of the written token" });
  place.addEventListener("change", () => {
    item.place = place.value;
    changed(true);
  });
  const remove = el("button", { type: "button", class: "quiet", "aria-label": `remove ${kind.name}` }, "remove");
  remove.addEventListener("click", () => {
    world.items.splice(world.items.indexOf(item), 1);
    drawWorlds();
    changed(true);
  });
  const scale = kind.scaled ? strength(`strength of ${kind.name}`, item.scale === "" ? "1" : item.scale, -2, 4, 0.05, (value, step) => {
    item.scale = value;
    changed(step);
  }) : null;
  const argument = argumentControl(item, kind);
  return el("li", { class: "item" }, choice, kind.placed ? field("at", place) : null, argument, scale,
    kind.options.map((option) => optionControl(item, option)), remove, kind.argument === "file" ? factsNode(item, argument) : null);
}

/** An item of this kind that makes sense at once, where its kind has one. */
function newItem(word) {
  const kind = kindOf(word);
  const argument = { temp: "1.5", "top-k": "40", "top-p": "0.9", "min-p": "0.05" }[word] ?? (kind.argument === "file" && files.length === 1 ? files[0].name : "");
  return { kind: word, place: kind.placed ? "0" : "", argument, literal: kind.argument === "text" || kind.argument === "token", scale: kind.scaled ? "1" : "", options: {} };
}

function worldNode(world, index) {
  const name = el("input", { type: "text", value: world.name, pattern: "[A-Za-z0-9_.\\-]+", size: 10, spellcheck: "false", "aria-label": "name of the world" });
  name.addEventListener("change", () => {
    world.name = name.value.trim();
    changed(true);
  });
  const add = el("button", { type: "button", class: "quiet" }, "add a change");
  add.addEventListener("click", () => {
    world.items.push(newItem("temp"));
    drawWorlds();
    changed(true);
  });
  const remove = el("button", { type: "button", class: "quiet", "aria-label": `remove world ${world.name}` }, "remove world");
  remove.addEventListener("click", () => {
    state.worlds.splice(index, 1);
    drawWorlds();
    changed(true);
  });
  return el("fieldset", { class: "world" }, el("legend", {}, el("span", { class: "hear" }, "world "), name),
    el("ul", {}, world.items.map((item) => itemNode(world, item))), el("p", { class: "world-tools" }, add, remove));
}

function drawWorlds() {
  const add = el("button", { type: "button", class: "quiet" }, "another world");
  add.addEventListener("click", () => {
    state.worlds.push({ name: freeName("world"), items: [newItem("temp")] });
    drawWorlds();
    changed(true);
  });
  document.getElementById("worlds").replaceChildren(...state.worlds.map(worldNode), add);
}
