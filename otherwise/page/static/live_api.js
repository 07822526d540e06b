// The server's API (docs/serve.md), and nothing else of it.

const session = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** An answer that is an error in one sentence. */
class Refused extends Error {}

async function refusalOf(response) {
  try {
    return new Refused((await response.json()).error);
  } catch {
    return new Refused(`the server answered ${response.status}`);
  }
}

const post = (path, body, signal) =>
  fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });

async function getJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw await refusalOf(response);
  return response.json();
}

/** The whole answer of a single question. */
async function ask(path, body, signal) {
  const response = await post(path, body, signal);
  if (!response.ok) throw await refusalOf(response);
  return response;
}

/** The blocks of a stream of server-sent events, as [name, data]. */
function* eventsIn(block) {
  let name = "";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  if (name) yield [name, JSON.parse(data.join("\n"))];
}

/** Calls take(name, data) for each event as it comes. */
async function stream(path, body, take, signal) {
  const response = await ask(path, body, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) for (const [name, data] of eventsIn(block)) take(name, data);
  }
}

/** Lets the browser keep an answer as a file. */
async function download(path, body, name) {
  const blob = await (await ask(path, body)).blob();
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
