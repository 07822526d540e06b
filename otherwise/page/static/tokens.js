// One string beside its counterfactual: tokens coloured by how likely they were to stay, and the
// small window that says what a token would have become.

const heat = [0.99, 0.9, 0.7, 0.4, 0.1]; // stay below these: colours 1 to 5

function heatOf(stay) {
  let level = 0;
  while (level < heat.length && stay < heat[level]) ++level;
  return level;
}

/** Line ends and tabs as signs, for a piece that stands alone. */
const visible = (piece) => piece.replaceAll("\n", "↵").replaceAll("\t", "⇥").replace(/^ /, "␣");

/** A piece as nodes: a sign before each line end, so that it can be seen and pointed at. */
function pieceNodes(piece) {
  if (!piece.includes("\n")) return [piece];
  return piece.split("\n").flatMap((line, i) => (i ? [el("span", { class: "newline", "aria-hidden": "true" }, "↵"), "\n", line] : [line]));
}

const endSign = () => el("span", { class: "eog", title: "the model’s own end" }, "∎");

/** The factual side; tokens with a law can be pointed at, and reached with the arrow keys. */
function factualText(pair, index) {
  const string = strings[pair.s];
  const text = el("p", { class: "text factual", lang: "und", role: "group", "aria-label": "factual" });
  let reached = false;
  string.pieces.forEach((piece, t) => {
    if (t === pair.lcp && !pair.same) text.append(el("span", { class: "cut", "aria-hidden": "true" }));
    const content = string.ended && t === string.pieces.length - 1 ? [endSign()] : pieceNodes(pieces[piece]);
    if (!pair.stay || pair.stay[t] == null) {
      text.append(...content);
      return;
    }
    const level = heatOf(pair.stay[t] / 1000);
    const acts = report.live ? { role: "button", "aria-label": pieces[piece].trim() ? null : visible(pieces[piece]) } : {};
    const token = el("span", { class: `tok h${level}`, "data-pair": index, "data-token": t, ...acts }, ...content);
    if (!reached && level > 0) {
      token.tabIndex = 0; // one stop a string; the arrow keys do the rest
      reached = true;
    }
    text.append(token);
  });
  if (string.pieces.length <= pair.lcp && !pair.same) text.append(el("span", { class: "cut", "aria-hidden": "true" }));
  return text;
}

function counterfactualText(pair) {
  const string = strings[pair.s];
  const text = el("p", { class: "text", lang: "und", role: "group", "aria-label": "counterfactual" });
  const written = [...string.pieces.slice(0, pair.lcp), ...pair.tail];
  const nodes = written.map((piece, t) => (pair.ended && t === written.length - 1 ? [endSign()] : pieceNodes(pieces[piece])));
  if (pair.lcp) text.append(el("span", { class: "shared" }, nodes.slice(0, pair.lcp).flat()));
  if (!pair.same) text.append(el("span", { class: "cut", "aria-hidden": "true" }));
  text.append(...nodes.slice(pair.lcp).flat());
  return text;
}

const shareOf = (thousandths) => (thousandths === 0 ? "< 0.1" + perCent : percent(thousandths / 1000));

/** What the token would have become, most probable first. */
function tipContent(pair, t) {
  const string = strings[pair.s];
  const last = string.ended && t === string.pieces.length - 1;
  const name = last ? "The end" : `“${visible(pieces[string.pieces[t]])}”`;
  const stay = pair.stay[t];
  const nodes = [el("p", {}, `${name} stays with ${shareOf(stay)}`)];
  const become = (pair.become || {})[t];
  if (!become) {
    if (stay < 990) nodes.push(el("p", { class: "rest" }, report.live ? "Click it for what it would have become." : "What it would have become was not kept."));
    return nodes;
  }
  const list = el("ol", { "aria-label": "else it would have become" });
  let rest = 1000 - stay;
  for (let i = 0; i < become.length; i += 2) {
    const [piece, chance] = [become[i], become[i + 1]];
    const bar = el("span", { class: "amount", "aria-hidden": "true" });
    bar.style.width = `${chance / 10}%`;
    list.append(el("li", {}, el("span", { class: "piece" }, visible(pieces[piece])), bar, el("span", { class: "share" }, shareOf(chance))));
    rest -= chance;
  }
  nodes.push(list);
  if (rest > 1) nodes.push(el("p", { class: "rest" }, `others ${shareOf(rest)}`));
  return nodes;
}

const tip = document.getElementById("tip");
let tipFor = null;

function hideTip() {
  if (tipFor) {
    tipFor.classList.remove("at");
    tipFor.removeAttribute("aria-describedby");
  }
  tipFor = null;
  tip.hidden = true;
}

function showTip(token) {
  if (tipFor === token) return;
  hideTip();
  tipFor = token;
  tip.replaceChildren(...tipContent(pairs[token.dataset.pair], Number(token.dataset.token)));
  tip.hidden = false;
  token.classList.add("at");
  token.setAttribute("aria-describedby", "tip");
  const at = token.getClientRects()[0] || token.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const below = at.bottom + 10 + size.height < innerHeight;
  tip.style.left = `${Math.max(12, Math.min(at.left - 12, innerWidth - size.width - 12))}px`;
  tip.style.top = `${below ? at.bottom + 10 : Math.max(8, at.top - size.height - 10)}px`;
}

/** The token `step` further in the same string, to be focused. */
function moveFocus(token, step) {
  const all = [...token.parentElement.querySelectorAll(".tok")];
  const next = all[all.indexOf(token) + step];
  if (!next) return;
  token.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function watchTokens(area) {
  const tokenOf = (event) => event.target.closest?.(".tok");
  area.addEventListener("pointerover", (event) => {
    const token = tokenOf(event);
    if (token) showTip(token);
    else if (!document.activeElement?.classList.contains("tok")) hideTip();
  });
  area.addEventListener("pointerleave", hideTip);
  area.addEventListener("click", (event) => {
    const token = tokenOf(event);
    if (token) showTip(token);
    else hideTip();
  });
  area.addEventListener("focusin", (event) => {
    if (tokenOf(event)) showTip(tokenOf(event));
  });
  area.addEventListener("focusout", hideTip);
  area.addEventListener("keydown", (event) => {
    const token = tokenOf(event);
    if (!token) return;
    if (event.key === "Escape") hideTip();
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    moveFocus(token, step);
  });
  addEventListener("scroll", () => { if (!tip.hidden && tipFor && !tipFor.matches(":focus")) hideTip(); }, { passive: true });
}
