// Light or dark: as the system says, or as the button does, which is kept for the next visit.

/** `redraw` draws again what has the page's colours in it. */
function startColours(redraw) {
  const button = document.getElementById("theme");
  const say = () => {
    button.textContent = document.documentElement.dataset.theme === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `${button.textContent} colours`);
  };
  const set = (theme, keep) => {
    document.documentElement.dataset.theme = theme;
    say();
    redraw();
    try {
      if (keep) localStorage.setItem("otherwise-theme", theme);
    } catch {
      // then it holds for this visit
    }
  };
  button.addEventListener("click", () => set(document.documentElement.dataset.theme === "dark" ? "light" : "dark", true));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => set(event.matches ? "dark" : "light", false));
  say();
}

