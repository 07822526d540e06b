"""Text against what is behind it, on a page (WCAG 2.2: at least 4.5 to 1)."""

#: [text, its colour, the colour behind it] of all text that is seen, colours as [red, green, blue, alpha]
TEXTS = """(() => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parts = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    element.getBoundingClientRect().width > 1 && !element.disabled;
  const found = [];
  const take = (element, text) => {
    if (seen(element) && text.trim()) found.push([text.trim().slice(0, 60), parts(getComputedStyle(element).color), behind(element)]);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) take(walk.currentNode.parentElement, walk.currentNode.data);
  for (const box of document.querySelectorAll("input:not([type=range]), textarea, select")) take(box, box.value);
  return found;
})()"""


def contrast(first, second):
    """Of two colours, [red, green, blue] up to 255."""

    def luminance(colour):
        parts = [part / 255 for part in colour[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def over(ink, paper):
    """A colour that lets some of what is behind it through."""
    share = ink[3] / 255
    return [share * a + (1 - share) * b for a, b in zip(ink[:3], paper[:3], strict=True)]


def faint_texts(page, least=4.5):
    """The texts of a page that stand out too little, with their contrast."""
    texts = page.run(TEXTS)
    ratios = [(text, round(contrast(over(ink, paper), paper), 2)) for text, ink, paper in texts]
    assert ratios, "expected text on the page"
    return sorted({(text, ratio) for text, ratio in ratios if ratio < least})
