// The tiles: headline figures of the selection.

const tileText = (key, times, seconds) => {
  const rate = seconds > 0 ? times.samples / seconds : null;
  if (key === "samples") return told(times.samples);
  if (key === "error_percent") return percentOf(times.errorShare);
  if (key === "throughput") return rate === null ? "–" : formatted(rate, 2);
  const value = key === "max" ? times.max : times.at(shareOf(key));
  return value === null ? "–" : `≈ ${told(value)}`;
};
const percentOf = (share) => (share === null ? "–" : `${(100 * share).toFixed(3)}%`);
// The time that a selection covers, in seconds.
const selectedSeconds = () => {
  if (!selection.view) return data.length / 1000;
  const [from, to] = slices.covered(...slices.range(selection.view));
  return (to - from) / 1000;
};

// A label's course at no more places than a sparkline shows; `null` where it has no samples.
const SPARK_PLACES = 40;
const courseOf = (label, of) => {
  const by = Math.max(1, Math.ceil(slices.count / SPARK_PLACES));
  const course = Array.from({ length: Math.ceil(slices.count / by) }, () => null);
  for (const slice of slices.over(label, by)) course[slice.place] = of(slice);
  return course;
};
const tileCourse = (key, label) => courseOf(label, ({ times, seconds }) => {
  if (key === "error_percent") return seconds > 0 ? times.errors / seconds : null;
  if (key === "samples" || key === "throughput") return seconds > 0 ? times.samples / seconds : null;
  return key === "max" ? times.max : times.at(shareOf(key));
});
// Draws the courses of the selected label, or those that the page came with.
const followWithSparks = (tiles, isKnown) => {
  for (const tile of tiles) {
    const path = tile.querySelector(".spark path");
    if (!path) continue;
    path.dataset.own ??= path.getAttribute("d");
    path.setAttribute("d", isKnown && selection.label !== null ? sparkPath(tileCourse(tile.dataset.key, selection.label)) : path.dataset.own);
  }
};

const followWithTiles = () => {
  const note = document.querySelector(".tiles-note");
  const tiles = [...document.querySelectorAll(".figures [data-key]")];
  if (!note) return;
  const isKnown = slices && slices.has(selection.label);
  followWithSparks(tiles, isKnown);
  if (!isSelected() || !isKnown) {
    for (const tile of tiles) if (tile.dataset.own !== undefined) { tile.querySelector("dd span").textContent = tile.dataset.own; delete tile.dataset.own; }
    note.textContent = isSelected() ? "This label has no slices in the page: the tiles show the whole run." : "";
    note.hidden = !isSelected();
    return;
  }
  const times = slices.within(selection.label, selection.view);
  for (const tile of tiles) {
    const value = tile.querySelector("dd span");
    tile.dataset.own ??= value.textContent;
    value.textContent = tileText(tile.dataset.key, times, selectedSeconds());
  }
  note.hidden = false;
  note.textContent = slices.precision;
};
followers.push(followWithTiles);

// Sparklines: a label's course as a line without axes.
const sparkPath = (values) => {
  const top = values.reduce((max, value) => Math.max(max, value ?? 0), 0) || 1;
  let isDown = false;
  return values.map((value, at) => {
    if (value === null || value === undefined) { isDown = false; return ""; }
    const step = `${isDown ? "L" : "M"}${Math.round((1000 * at) / Math.max(1, values.length - 1)) / 10} ${(23 - (21 * value) / top).toFixed(1)}`;
    isDown = true;
    return step;
  }).join("");
};
const spark = (values, name) => {
  const drawing = svg("svg", { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", role: "img", "aria-label": name });
  const d = sparkPath(values);
  if (d) drawing.append(svg("path", { d }));
  return drawing;
};
