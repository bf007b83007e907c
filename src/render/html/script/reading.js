// Reading: finds the values at a position.

// Returns the index of the first point at or beyond x; points ascend by x.
const from = (points, x) => {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].x < x) low = middle + 1; else high = middle;
  }
  return low;
};
const nearest = (points, x) => {
  const at = from(points, x);
  const [before, after] = [points[at - 1], points[at]];
  return !after || (before && x - before.x < after.x - x) ? before : after;
};
const yText = (panel, value) => (panel.y.scale === "logarithmic" && value < 1 ? "<1" : told(value)) + unitOf(panel.y);
const xText = (panel, x) => {
  if (panel.x.scale === "nines") return `${percentText(x)}th percentile`;
  if (panel.x.scale === "logarithmic") return `${x < 0 ? "<1" : told(Number((10 ** x).toPrecision(3)))} ms`;
  if (panel.x.scale !== "time") return `${told(Number(x.toPrecision(5)))}${unitOf(panel.x)} ${panel.x.label.replace(/ \((ms|%)\)/, "")}`;
  const since = clock(x, panel.x.max < 60000 ? 100 : 1000, panel.x.max);
  // Compared runs started at different times.
  const moment = new Date(data.start === null ? NaN : data.start + x);
  const utc = Number.isNaN(moment.getTime()) ? "" : ` · ${moment.toISOString().slice(11, panel.x.max < 60000 ? 23 : 19)} UTC`;
  return since + (panel.x.max < 60000 ? " s" : "") + utc;
};

// Returns the reading at a pixel: heading, lines (colour, name, value) and points to mark.
const readAt = (place, hidden, pixelX, pixelY) => {
  const { panel, box, view, to } = place;
  const x = to.back(Math.min(box.right, Math.max(box.left, pixelX)));
  const shown = panel.series.filter((series) => !hidden.has(series.index) && series.points.length);
  if (panel.cells) {
    const { cells } = panel;
    const at = cells.counts.findIndex((_, at) => x >= cells.x[at] && x < cells.x[at + 1]);
    const y = to.up(pixelY);
    const row = cells.places.findIndex((edge, at) => y >= edge && y < cells.places[at + 1]);
    if (at < 0 || row < 0) return null;
    const column = cells.counts[at];
    const count = row >= column[0] ? column[row - column[0] + 1] || 0 : 0;
    const [low, high] = [cells.y[row], cells.y[row + 1]];
    const range = high - low <= 1 ? `${told(low)} ms` : `${told(low)} to ${told(high - 1)} ms`;
    const frame = { left: to.x(cells.x[at]), right: to.x(cells.x[at + 1]), top: to.y(cells.places[row + 1]), bottom: to.y(cells.places[row]) };
    return { heading: xText(panel, (cells.x[at] + cells.x[at + 1]) / 2), lines: [{ color: cells.color, name: range, value: `${told(count)} ${count === 1 ? "sample" : "samples"}` }], marks: [], frame };
  }
  if (!shown.length) return null;
  if (shown[0].mark === "points" || shown[0].mark === "bars") {
    const isBars = shown[0].mark === "bars";
    const distance = (point) => Math.hypot(isBars ? 0 : to.x(point.x) - pixelX, to.y(point.y) - pixelY);
    let best = null;
    for (const series of shown) {
      for (const point of series.points) {
        if (point.x >= view[0] && point.x <= view[1] && (!best || distance(point) < distance(best.point))) best = { series, point };
      }
    }
    if (!best) return null;
    const line = ({ series, point }) => ({ color: series.color, name: series.name, value: isBars ? told(point.x) : yText(panel, point.value) });
    if (!isBars) return { heading: xText(panel, best.point.x), lines: [line(best)], marks: [best] };
    const beside = shown.map((series) => ({ series, point: series.points.find((point) => point.y === best.point.y) })).filter((one) => one.point);
    const name = panel.y.ticks.find((tick) => Math.abs(tick.at - best.point.y) < 1e-9);
    return { heading: name ? name.full || name.text : "", lines: beside.map(line), marks: beside };
  }
  // Steps hold their value until the next one; over time, every line is read at the same point.
  const isSteps = panel.x.scale !== "time";
  const candidates = shown.filter((series) => series.mark !== "band").map((series) => nearest(series.points, x)).filter((point) => point.x >= view[0] && point.x <= view[1]);
  if (!candidates.length) return null;
  const apart = (point) => Math.abs(point.x - x);
  const at = isSteps ? x : candidates.reduce((best, point) => (apart(point) < apart(best) ? point : best)).x;
  const marks = [];
  const lines = shown.map((series) => {
    if (series.mark === "band") {
      const ends = series.points.filter((point) => Math.abs(to.x(point.x) - to.x(at)) <= 2).map((point) => point.value);
      const value = ends.length ? `${yText(panel, Math.min(...ends))} to ${yText(panel, Math.max(...ends))}` : "–";
      return { color: series.color, name: series.name, value };
    }
    let point = isSteps ? series.points[from(series.points, at + 1e-12) - 1] : nearest(series.points, at);
    if (isSteps && point && at > series.points[series.points.length - 1].x) point = undefined;
    if (point && !isSteps && Math.abs(to.x(point.x) - to.x(at)) > 2) point = undefined;
    if (point) marks.push({ series, point: { x: isSteps ? at : point.x, y: point.y } });
    return { color: series.color, name: series.name, value: point ? yText(panel, point.value) : "–" };
  });
  return { heading: xText(panel, at), lines, marks, cross: to.x(at), time: isSteps ? undefined : at };
};
