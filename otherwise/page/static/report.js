// Starts the page: its three parts by the address, the chosen world, colours, paper.

let chosen = worlds.find((world) => !world.null) || worlds[0];
const said = document.getElementById("said");
const sections = [...document.querySelectorAll("main > section")];

/** Shows the part that the address names. */
function showPart() {
  const name = location.hash.slice(1);
  const shown = sections.find((section) => section.id === name) || sections[0];
  for (const section of sections) section.hidden = section !== shown;
  for (const link of document.querySelectorAll(".bar nav a")) {
    if (link.hash === `#${shown.id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  hideTip();
  scrollTo(0, 0);
  if (shown.id === "strings") render();
}

document.getElementById("overview").addEventListener("click", (event) => {
  const button = event.target.closest("[data-world]");
  if (!button) return;
  chosen = worlds[button.dataset.world];
  const top = button.getBoundingClientRect().top;
  showOverview(chosen);
  said.textContent = `${chosen.name}: ${chosen.sentences.answer}`;
  const again = document.querySelector(`[data-world="${button.dataset.world}"]`);
  again.focus({ preventScroll: true });
  scrollBy(0, again.getBoundingClientRect().top - top);
});

// Paper is light, has no window to scroll, and takes the first pairs only.
const mostPrinted = 40;
let before = null;
addEventListener("beforeprint", () => {
  before = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
  for (const section of sections) section.hidden = false;
  drawAll(chosen);
  const count = renderForPrint(mostPrinted);
  status.dataset.kept = status.textContent;
  status.textContent = `The first ${whole(count)} of ${plural(pairs.length, "pair")}.`;
});
addEventListener("afterprint", () => {
  document.documentElement.dataset.theme = before || "light";
  status.textContent = status.dataset.kept;
  clearRows();
  showPart();
  drawAll(chosen);
});

startColours(() => drawAll(chosen));
showOverview(chosen);
startStrings();
addEventListener("hashchange", showPart);
showPart();
document.documentElement.dataset.ready = "true";
