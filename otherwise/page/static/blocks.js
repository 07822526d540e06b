// Tables, intervals on a line, and figures with their sentence and their numbers.

/** Rows of cells (texts or elements) under a head; the first column names the row. */
function table(caption, head, rows) {
  const body = el("tbody");
  for (const [name, ...cells] of rows) {
    body.append(el("tr", {}, el("th", { scope: "row" }, name), cells.map((cell) => el("td", {}, cell))));
  }
  const titles = head.map((title) => el("th", { scope: "col" }, title));
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    el("table", {}, el("caption", { class: "hear" }, caption), el("thead", {}, el("tr", {}, titles)), body));
}

/** A value between low and high on a line from `from` to `to`; the numbers stand beside it as text. */
function track(value, low, high, { from = 0, to = 1, tick = null, zero = false, on = false } = {}) {
  const place = (x) => `${(100 * (Math.min(to, Math.max(from, x)) - from)) / (to - from)}%`;
  const line = el("span", { class: "track" + (zero ? " zero" : "") + (on ? " on" : ""), "aria-hidden": "true" });
  if (low != null && high != null) {
    const range = el("i");
    range.style.left = place(low);
    range.style.width = `calc(${place(high)} - ${place(low)})`;
    line.append(range);
  }
  if (tick != null) {
    const mark = el("u");
    mark.style.left = place(tick);
    line.append(mark);
  }
  if (value != null) {
    const dot = el("b");
    dot.style.left = place(value);
    line.append(dot);
  }
  return line;
}

/** The numbers of a figure, folded. */
function numbers(caption, head, rows) {
  return el("details", { class: "small" }, el("summary", {}, "Numbers"), table(caption, head, rows));
}

/** A plot with its title, its sentence, its key and its numbers. */
function figure(id, title, sentence, { key = [], details = null } = {}) {
  const canvas = el("canvas", { id, role: "img", "aria-label": `${title}. ${sentence}` });
  return el("figure", {}, el("h3", {}, title), el("figcaption", {}, sentence),
    el("div", { class: "canvas" }, canvas), key.length ? el("ul", { class: "key" }, key) : null, details);
}

/** An entry of a key: a short line, drawn as in the plot. */
function keyLine(text, { colour, width = 2, dash = "", dot = false }) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({ width: 22, height: 10, "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  const mark = document.createElementNS(space, dot ? "circle" : "line");
  const shape = dot
    ? { cx: 11, cy: 5, r: 3, fill: "none", "stroke-width": 1.5 }
    : { x1: 0, x2: 22, y1: 5, y2: 5, "stroke-width": width, "stroke-dasharray": dash };
  for (const [name, value] of Object.entries(shape)) mark.setAttribute(name, value);
  mark.style.stroke = `var(${colour})`;
  svg.append(mark);
  return el("li", {}, svg, text);
}

/** A part of the overview: a heading, what it says in a sentence, and its content. */
function part(id, title, sentence, ...content) {
  const shown = content.flat().filter(Boolean);
  if (!shown.length) return null;
  return el("section", { class: "part", "aria-labelledby": id }, el("h2", { id }, title),
    sentence ? el("p", { class: "lede" }, sentence) : null, shown);
}
