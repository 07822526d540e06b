// The plots, drawn by Chart.js in the page's colours. The chosen world has the accent, the others
// are grey, the null world and nudges are dashed; no colour but the accent carries a meaning.

const drawn = [];

/** Vertical lines from low to high behind the points of a dataset with `whiskers`. */
const whiskers = {
  id: "whiskers",
  beforeDatasetsDraw(chart) {
    const { ctx, scales } = chart;
    for (const set of chart.data.datasets) {
      if (!set.whiskers) continue;
      ctx.save();
      ctx.strokeStyle = set.borderColor;
      ctx.globalAlpha = 0.45;
      ctx.lineWidth = 1.25;
      for (const { x, low, high } of set.whiskers) {
        if (low == null || high == null) continue;
        ctx.beginPath();
        ctx.moveTo(scales.x.getPixelForValue(x), scales.y.getPixelForValue(low));
        ctx.lineTo(scales.x.getPixelForValue(x), scales.y.getPixelForValue(high));
        ctx.stroke();
      }
      ctx.restore();
    }
  },
};

/** Names of the lines at their ends, moved apart where they would overlap. */
const names = {
  id: "names",
  afterDatasetsDraw(chart) {
    const { ctx, scales, chartArea } = chart;
    const gap = 14;
    const ends = chart.data.datasets.filter((set) => set.named).map((set) => {
      const last = set.data[set.data.length - 1];
      return { set, x: scales.x.getPixelForValue(last.x), y: scales.y.getPixelForValue(last.y) };
    });
    ends.sort((a, b) => b.y - a.y);
    let below = chartArea.bottom + gap - 4;
    ctx.save();
    ctx.font = `11.5px ${cssVar("--sans")}`;
    ctx.textBaseline = "middle";
    for (const end of ends) {
      end.y = below = Math.min(end.y, below - gap);
    }
    let above = chartArea.top - gap;
    for (const end of ends.reverse()) {
      end.y = above = Math.max(end.y, above + gap);
      ctx.fillStyle = end.set.textColor;
      ctx.fillText(end.set.named, chartArea.right + 8, end.y);
    }
    ctx.restore();
  },
};

/** A name that fits beside a plot. */
const short = (name) => (name.length > 14 ? name.slice(0, 13) + "…" : name);

function axis(title, more = {}) {
  const { ticks = {}, ...rest } = more;
  const numbered = { callback: (value) => brief(value) };
  return {
    title: { display: true, text: title, color: cssVar("--soft"), font: { size: 11.5 } },
    grid: { color: cssVar("--line"), drawBorder: false, drawTicks: false },
    ticks: { color: cssVar("--soft"), padding: 8, font: { size: 11.5 }, maxRotation: 0, ...numbered, ...ticks },
    ...rest,
  };
}

/** The axis of named bars: the name of bar `keep`, and of those counted from `from` as many as fit. */
function barAxis(title, labels, from, keep) {
  const callback = function callback(value, i) {
    const least = labels.length / Math.max(3, Math.floor(this.chart.width / 64));
    const step = [1, 2, 4, 5, 10, 20].find((size) => size >= least) || Math.ceil(least);
    return i === keep || ((i - from) % step === 0 && Math.abs(keep - i) >= step) ? labels[i] : "";
  };
  return axis(title, { grid: { display: false, drawBorder: false }, ticks: { autoSkip: false, callback } });
}

function draw(id, type, datasets, { x, y, labels, label, right = 6, scales = {} }) {
  const canvas = document.getElementById(id);
  if (!canvas) return;
  drawn.push(new Chart(canvas, {
    type,
    data: { labels, datasets },
    plugins: [whiskers, names],
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      devicePixelRatio: Math.max(2, window.devicePixelRatio || 1),
      font: { family: cssVar("--sans") },
      interaction: { mode: "nearest", axis: "x", intersect: false },
      layout: { padding: { top: 6, right } },
      scales: { x, y, ...scales },
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: cssVar("--ink"), titleColor: cssVar("--paper"), bodyColor: cssVar("--paper"),
          displayColors: false, padding: 9, cornerRadius: 6, callbacks: label,
        },
      },
    },
  }));
}

const shareAxis = (title) => axis(title, { min: 0, max: 1, ticks: { stepSize: 0.25, callback: (v) => percent(v, 0) } });

/** [tokens, share] from the start on: exact where there is a law, else counted. */
function curveOf(world) {
  const points = world.exact.length ? world.exact : world.sampled;
  return [{ x: 0, y: 1 }, ...points.map(([x, y]) => ({ x, y }))];
}

/** Floors are dashed: the null world long, nudges short. */
function dashOf(world) {
  if (world.nudge) return [2, 3];
  return world.null ? [5, 4] : [];
}

function drawSurvival(chosen) {
  const accent = cssVar("--accent");
  const line = (world) => ({
    label: world.name, data: curveOf(world), showLine: true, pointRadius: 0, pointHitRadius: 8,
    borderWidth: world === chosen ? 2.5 : 1.5, borderDash: dashOf(world),
    borderColor: world === chosen ? accent : cssVar("--faint"), order: world === chosen ? 1 : 2,
    named: short(world.name), textColor: world === chosen ? accent : cssVar("--soft"),
  });
  const sets = worlds.filter((world) => world.exact.length || world.sampled.length).map(line);
  if (chosen.exact.length && chosen.sampled.length) {
    sets.push({
      label: `${chosen.name}, sampled`, showLine: false, order: 0,
      data: chosen.sampled.map(([x, y]) => ({ x, y })),
      whiskers: chosen.sampled.map(([x, , low, high]) => ({ x, low, high })),
      borderColor: accent, backgroundColor: cssVar("--paper"), borderWidth: 1.5, pointRadius: 3.2, pointHitRadius: 8,
    });
  }
  const widest = Math.max(...worlds.map((world) => short(world.name).length));
  draw("survival", "scatter", sets, {
    right: 16 + 6.6 * widest,
    x: axis("tokens from the start", { type: "linear", min: 0, grid: { display: false, drawBorder: false }, ticks: { precision: 0 } }),
    y: shareAxis("strings still unchanged"),
    label: {
      title: (items) => (items.length ? `first ${plural(items[0].parsed.x, "token")}` : ""),
      label: (item) => `${item.dataset.label}: ${percent(item.parsed.y)}`,
    },
  });
}

function binName(histogram, i) {
  const from = i * histogram.width;
  return histogram.width === 1 ? String(from) : `${from}–${from + histogram.width - 1}`;
}

function drawHistogram(world) {
  const { counts, unchanged } = world.histogram;
  const labels = [...counts.map((_, i) => binName(world.histogram, i)), "never"];
  draw("histogram", "bar", [{
    data: [...counts, unchanged], barPercentage: 0.96, categoryPercentage: 0.92, borderRadius: 2,
    backgroundColor: [...counts.map(() => cssVar("--accent")), cssVar("--faint")],
  }], {
    labels,
    x: barAxis("tokens in common before they diverge", labels, 0, labels.length - 1),
    y: axis("pairs", { beginAtZero: true, ticks: { precision: 0, maxTicksLimit: 5 } }),
    label: {
      title: (items) => (items[0].label === "never" ? "never diverge" : `diverge after ${items[0].label} tokens`),
      label: (item) => plural(item.parsed.y, "pair"),
    },
  });
}

const edge = (id, value) => (id === "edits" ? String(Math.round(100 * value)) : String(Number(value.toFixed(2))));

/** "5 to 10 %" */
function binRange(id, { low, width }, i) {
  const range = `${edge(id, low + i * width)} to ${edge(id, low + (i + 1) * width)}`;
  return id === "edits" ? range + perCent : range;
}

function drawBins(world, id, title, apart) {
  const bins = world[id];
  if (!bins.counts.length) return;
  const names = bins.counts.map((_, i) => (id === "edits" ? edge(id, bins.low + i * bins.width) + perCent : edge(id, bins.low + i * bins.width)));
  const first = id === "edits"; // equal texts are at the near end: no edits, or a cosine of 1
  const place = (list, one) => (first ? [one, ...list] : [...list, one]);
  const labels = place(names, apart);
  const counts = place(bins.counts, bins.apart);
  draw(id, "bar", [{
    data: counts, barPercentage: 0.96, categoryPercentage: 0.92, borderRadius: 2,
    backgroundColor: place(bins.counts.map(() => cssVar("--accent")), cssVar("--faint")),
  }], {
    labels,
    x: barAxis(title, labels, first ? 1 : 0, first ? 0 : labels.length - 1),
    y: axis("pairs", { beginAtZero: true, ticks: { precision: 0, maxTicksLimit: 5 } }),
    label: {
      title: (items) => {
        const i = items[0].dataIndex - (first ? 1 : 0);
        return i < 0 || i >= names.length ? "equal texts" : binRange(id, bins, i);
      },
      label: (item) => plural(item.parsed.y, "pair"),
    },
  });
}

const prefixName = (curve) => (curve.exact ? "expected common prefix" : "mean common prefix");
const keptName = (curve) => (curve.exact ? "P(unchanged)" : "unchanged");

function drawDose(curve, index) {
  const set = {
    label: prefixName(curve), showLine: true, borderWidth: 2, pointRadius: 3.2,
    data: curve.points.map((p) => ({ x: p.dose, y: p.expected_lcp.value })),
    whiskers: curve.points.map((p) => ({ x: p.dose, low: p.expected_lcp.low, high: p.expected_lcp.high })),
    borderColor: cssVar("--accent"), backgroundColor: cssVar("--paper"),
  };
  const kept = {
    label: keptName(curve), showLine: true, borderWidth: 1.5, borderDash: [5, 4], pointRadius: 2.4, yAxisID: "kept",
    data: curve.points.map((p) => ({ x: p.dose, y: p.unchanged.value })),
    borderColor: cssVar("--soft"), backgroundColor: cssVar("--paper"),
  };
  const told = (item) => (item.dataset === kept ? percent(item.parsed.y) : `${brief(item.parsed.y)} tokens`);
  draw(`dose-${index}`, "scatter", [set, kept], {
    x: axis(curve.name, { type: "linear" }),
    y: axis(`${prefixName(curve)}, tokens`, { beginAtZero: true }),
    scales: { kept: { ...shareAxis(keptName(curve)), position: "right", grid: { display: false, drawBorder: false } } },
    label: { title: (items) => (items.length ? `${curve.name} ${brief(items[0].parsed.x)}` : ""), label: (item) => `${item.dataset.label}: ${told(item)}` },
  });
}

function drawAll(chosen) {
  for (const chart of drawn.splice(0)) chart.destroy();
  Chart.defaults.font.family = cssVar("--sans");
  drawSurvival(chosen);
  drawHistogram(chosen);
  drawBins(chosen, "edits", "of the longer text edited", "equal");
  drawBins(chosen, "cosines", "cosine", "equal");
  report.doses.forEach(drawDose);
}
