// Colours before the first paint: as chosen here before, else as the system.
document.documentElement.dataset.theme = (() => {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  try {
    return localStorage.getItem("otherwise-theme") || system;
  } catch {
    return system; // a page opened from a file may keep nothing
  }
})();
