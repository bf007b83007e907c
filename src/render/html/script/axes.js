// Axes: converts values to positions, and picks ticks for the current view.

const TIME_STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5,
  108e5, 216e5, 432e5, 864e5, 1728e5,
];
const placeOn = (axis, value) => {
  if (axis.scale !== "logarithmic") return value;
  return value < 1 ? axis.min : Math.log10(value);
};
// Builds axes as chart/scale.rs does.
const linearAxis = (label, most) => {
  const max = most > 0 && Number.isFinite(most) ? most : 1;
  const step = roundStep(max / 5);
  const count = Math.max(1, Math.ceil(max / step - 1e-9));
  const decimals = Math.max(0, -Math.floor(Math.log10(step)));
  const ticks = Array.from({ length: count + 1 }, (_, number) => ({ at: number * step, text: grouped(number * step, decimals) }));
  return { label, scale: "linear", min: 0, max: count * step, ticks };
};
const logAxis = (label, min, max) => {
  const low = Math.floor(Math.log10(Math.max(1, min)));
  const high = Math.log10(Math.max(max, 10 * Math.max(1, min)));
  let ticks = [];
  for (let decade = low; decade <= Math.ceil(high); decade += 1) {
    for (const factor of [1, 2, 5]) ticks.push({ at: Math.log10(factor * 10 ** decade), text: grouped(factor * 10 ** decade, 0) });
  }
  const last = ticks.findIndex((tick) => tick.at >= high - 1e-12);
  ticks = ticks.slice(0, last + 1);
  const end = Math.max(ticks[ticks.length - 1].at, high);
  if (end - low > 4) ticks = ticks.filter((tick) => Math.abs(tick.at - Math.round(tick.at)) < 1e-9);
  if (min < 1) ticks.unshift({ at: measures.below_one, text: "<1" });
  return { label, scale: "logarithmic", min: min < 1 ? measures.below_one : low, max: end, ticks };
};
// One rule for all times: a logarithmic axis where the largest is far from the typical.
const timesAxis = (label, values) => {
  const sorted = values.filter(Number.isFinite).sort((one, other) => one - other);
  const typical = sorted[Math.floor(sorted.length / 2)] || 0;
  const max = sorted[sorted.length - 1] || 0;
  const plain = label.replace(/, log scale$/, "");
  return max > Math.max(1, typical) * measures.max_linear_ratio ? logAxis(`${plain}, log scale`, sorted[0], max) : linearAxis(plain, max);
};
// Formats a time since the start, as precisely as the step between ticks requires.
const clock = (ms, step, whole) => {
  const decimals = step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3;
  if (whole < 60000 && step < 1000) return (ms / 1000).toFixed(decimals);
  const two = (number) => String(number).padStart(2, "0");
  const seconds = (ms / 1000) % 60;
  const text = decimals ? seconds.toFixed(decimals).padStart(decimals + 3, "0") : two(Math.floor(seconds));
  const [minutes, hours] = [Math.floor(ms / 60000), Math.floor(ms / 3600000)];
  if (whole < 3600000) return `${minutes}:${text}`;
  const head = whole < 172800000 ? `${hours}` : `${Math.floor(hours / 24)}d ${two(hours % 24)}`;
  return step % 60000 === 0 ? `${head}:${two(minutes % 60)}` : `${head}:${two(minutes % 60)}:${text}`;
};
const timeStep = (span, max) => {
  const day = 86400000;
  return TIME_STEPS.find((step) => span / step <= max) || (Math.floor(span / max / day) + 1) * day;
};
// Minimum distance between ticks, in pixels. At the width of the static drawing all ticks fit.
const MIN_TICK_ROOM = 70;
const ticksOf = (axis, view, width) => {
  const maxSteps = Math.max(2, Math.floor(width / MIN_TICK_ROOM));
  const [min, max] = view;
  if (min === axis.min && max === axis.max && (axis.ticks.length <= maxSteps + 1 || axis.scale === "nines")) return axis.ticks;
  if (axis.scale === "time" || axis.scale === "linear") {
    const step = axis.scale === "time" ? timeStep(max - min, maxSteps) : roundStep((max - min) / maxSteps);
    const decimals = Math.max(0, -Math.floor(Math.log10(step)));
    const ticks = [];
    for (let number = Math.ceil(min / step - 1e-9) + 0; number * step <= max * (1 + 1e-12); number += 1) {
      const at = number * step;
      const text = axis.scale === "time" ? clock(at, step, axis.max) : grouped(at, decimals);
      ticks.push({ at, text });
    }
    return ticks;
  }
  const inView = axis.ticks.filter((tick) => tick.at >= min - 1e-9 && tick.at <= max + 1e-9);
  if (axis.scale !== "nines" || inView.length >= 3) return inView;
  return [0, 1, 2, 3, 4].map((number) => {
    const at = min + ((max - min) * number) / 4;
    return { at, text: percentText(at) };
  });
};
// Formats a percentile with one decimal more than it has nines.
const percentText = (at) => String(Number(((1 - 10 ** -at) * 100).toFixed(Math.min(8, Math.max(1, Math.ceil(at) - 1)))));
const axisTitle = (axis, view) => {
  const isZoomed = axis.scale === "time" && (view[0] !== axis.min || view[1] !== axis.max);
  return isZoomed ? axis.label.replace(/ \([^)]*\)$/, axis.max < 60000 ? " (s)" : axis.max < 3600000 ? " (min:s)" : " (h:min)") : axis.label;
};

// Unpacks series into pieces of { x, y, value }; x and y are positions on the axes.

const unpack = (panel) => {
  for (const series of panel.series) {
    const pieces = [[]];
    const add = (x, value) => {
      if (value === null || value === undefined) pieces.push([]);
      else pieces[pieces.length - 1].push({ x, value, y: placeOn(panel.y, value) });
    };
    if (series.grid !== undefined) series.y.forEach((value, at) => add(data.grids[series.grid][at], value));
    else for (let at = 0; at < series.y.length; at += 2) {
      if (series.y[at] === null) { pieces.push([]); at -= 1; } else add(placeOn(panel.x, series.y[at]), series.y[at + 1]);
    }
    series.pieces = pieces.filter((piece) => piece.length);
    series.points = series.pieces.flat();
  }
  if (panel.cells) panel.cells.places = panel.cells.y.map((edge) => (edge < 1 ? panel.y.min : Math.log10(edge)));
};
