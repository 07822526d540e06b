// The data, numbers as text, and elements. What a model wrote enters the page only as a text node.

const report = JSON.parse(document.getElementById("data").textContent);
const { worlds, strings, pairs, pieces } = report;

/** An element; attributes by name, children are elements or texts. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== ""));
  return node;
}

const minus = (text) => text.replace("-", "−");

const perCent = "\u00a0%"; // never alone on a line

/** A share as "60 %". */
function percent(share, digits) {
  if (share == null) return "–";
  const value = 100 * share;
  const size = Math.abs(value);
  if (digits == null) digits = size === 0 || size === 100 || (size >= 9.95 && size < 99.5) ? 0 : 1;
  if (size > 0 && size < 0.05) return (value < 0 ? "> −0.1" : "< 0.1") + perCent;
  if (size > 99.95 && size < 100) return "> 99.9" + perCent;
  return minus(value.toFixed(digits)) + perCent;
}

/** A number that is rounded to nothing has no sign. */
function rounded(value, digits, sign) {
  const text = minus(value.toFixed(digits));
  if (!/[1-9]/.test(text)) return text.replace("−", "");
  return sign && value > 0 ? "+" + text : text;
}

/** A number of one of the report's units. */
function amount(value, unit, sign = false) {
  if (value == null) return "–";
  if (unit === "share") return rounded(100 * value, 1, sign) + perCent;
  return rounded(value, unit === "number" ? 3 : unit === "tokens" ? 2 : 1, sign);
}

/** "52 to 68 %", or "–" where there is no interval. */
function interval(measured, unit, sign = false) {
  if (!measured || measured.low == null || measured.high == null) return "–";
  return amount(measured.low, unit, sign) + " to " + amount(measured.high, unit, sign);
}

function brief(value) {
  if (value == null) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return whole(Math.round(value));
  if (size !== 0 && size < 0.001) return minus(value.toExponential(1));
  return minus(String(Number(value.toPrecision(3))));
}

/** "25 000": thin spaces that do not break, everywhere on the page. */
const whole = (n) => minus(n.toLocaleString("en").replaceAll(",", "\u202f"));
const plural = (n, one) => `${whole(n)} ${one}${n === 1 ? "" : "s"}`;
const several = strings.some((string) => string.sample > 0);
/** A string's name; one that is only a number says what it is. */
function nameOf({ id, sample }) {
  const name = /^\d+$/.test(id) ? `string ${id}` : id;
  return several ? `${name}, sample ${sample}` : name;
}
const quoted = (shift) => `${shift.key} “${shift.title.slice(shift.key.length + 1)}”`;
const cssVar = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const measureOf = (world, key) => world.measures.find((m) => m.key === key);
const shiftOf = (world, key) => world.shifts.find((s) => s.key === key);
