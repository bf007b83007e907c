// Drawing: a panel between its axes, as the static drawing has it.

const MARGIN = { left: 62, right: 14, top: 30, bottom: 46 };
const LEAST_SHADE = 0.12;
const LETTER = 7;
let clips = 0;

const mapper = (panel, view, box) => ({
  x: (at) => box.left + ((at - view[0]) / (view[1] - view[0])) * (box.right - box.left),
  y: (at) => box.bottom - ((at - panel.y.min) / (panel.y.max - panel.y.min)) * (box.bottom - box.top),
  back: (pixels) => view[0] + ((pixels - box.left) / (box.right - box.left)) * (view[1] - view[0]),
  up: (pixels) => panel.y.min + ((box.bottom - pixels) / (box.bottom - box.top)) * (panel.y.max - panel.y.min),
});
const round = (pixels) => Math.round(pixels * 10) / 10;
const linePath = (points, to) => points.map((point, at) => `${at ? "L" : "M"}${round(to.x(point.x))} ${round(to.y(point.y))}`).join("");
const text = (name, x, y, content) => svg("text", { class: name, x: round(x), y: round(y) }, content);

// Names need more room than numbers, but not more than the panel can spare.
const leftOf = (panel, wide) => {
  if (panel.y.scale !== "names") return MARGIN.left;
  const longest = panel.y.ticks.reduce((most, tick) => Math.max(most, tick.text.length), 0);
  return Math.min(wide * 0.4, Math.max(MARGIN.left, longest * LETTER + 12));
};
const fitting = (name, room) => (name.length * LETTER > room ? `${name.slice(0, Math.floor(room / LETTER) - 1)}…` : name);

const drawAxes = (panel, view, box, to) => {
  const group = svg("g");
  let grid = "";
  const isNames = panel.y.scale === "names";
  for (const tick of panel.y.ticks) {
    if (!isNames) grid += `M${box.left} ${round(to.y(tick.at))}H${box.right}`;
    group.append(text("e", box.left - 8, to.y(tick.at) + 4, isNames ? fitting(tick.text, box.left - box.outer - 8) : tick.text));
  }
  let axis = `M${box.left} ${box.bottom}H${box.right}`;
  for (const tick of ticksOf(panel.x, view, box.right - box.left)) {
    axis += `M${round(to.x(tick.at))} ${box.bottom}v5`;
    group.append(text("m", to.x(tick.at), box.bottom + 19, tick.text));
  }
  group.prepend(svg("path", { class: "grid", d: grid }), svg("path", { class: "axis", d: axis }));
  group.append(text("m a", (box.left + box.right) / 2, box.bottom + 38, axisTitle(panel.x, view)));
  const above = panel.title ? `${panel.title}: ${panel.y.label}` : panel.y.label;
  group.append(text("a", box.outer, box.top - 14, above));
  return group;
};

const drawSeries = (panel, series, box, to) => {
  const color = `c${series.color % 8}`;
  const group = svg("g", { class: color, "data-series": series.name });
  const dots = [];
  for (const piece of series.pieces) {
    if (series.kind === "bars") {
      const half = (Math.abs(to.y(0) - to.y(1)) * 0.6) / 2;
      for (const point of piece) {
        const [y, right] = [to.y(point.y), to.x(point.x)];
        group.append(svg("path", { class: "bars", d: `M${box.left} ${round(y - half)}H${round(right)}V${round(y + half)}H${box.left}z` }));
      }
    } else if (series.kind === "points" || piece.length === 1) {
      dots.push(...piece);
    } else {
      const line = linePath(piece, to);
      if (series.kind === "area") {
        const ends = `L${round(to.x(piece[piece.length - 1].x))} ${box.bottom}L${round(to.x(piece[0].x))} ${box.bottom}z`;
        group.append(svg("path", { class: "area", d: line + ends }));
      }
      group.append(svg("path", { class: "line", d: line }));
    }
  }
  if (dots.length) {
    const d = dots.map((point) => `M${round(to.x(point.x))} ${round(to.y(point.y))}h0`).join("");
    group.append(svg("path", { class: series.kind === "points" ? "dots cloud" : "dots", d }));
  }
  return group;
};

const drawCells = (panel, to) => {
  const { cells } = panel;
  const most = cells.counts.reduce((most, column) => column.slice(1).reduce((a, b) => Math.max(a, b), most), 0);
  const byShade = new Map();
  cells.counts.forEach((column, at) => {
    const [left, right] = [round(to.x(cells.x[at])), round(to.x(cells.x[at + 1]))];
    column.slice(1).forEach((count, offset) => {
      if (!count) return;
      const [bottom, top] = [0, 1].map((edge) => round(to.y(cells.places[column[0] + offset + edge])));
      const shade = Math.ceil(Math.sqrt(count / most) * 20) / 20;
      byShade.set(shade, (byShade.get(shade) || "") + `M${left} ${top}H${right}V${bottom}H${left}z`);
    });
  });
  const paths = [...byShade].map(([shade, d]) => svg("path", { class: "cells", d, "fill-opacity": round(100 * (LEAST_SHADE + (1 - LEAST_SHADE) * shade)) / 100 }));
  return svg("g", { class: `c${cells.color % 8}` }, ...paths);
};

// All panels of a figure, side by side or one above the other; where each lies is in `boxes`.
const drawPanels = (figure, views, hidden, width, top = 0, side = 0) => {
  const count = figure.panels.length;
  const isStacked = count > 1 && width < 640;
  const wide = (width - 2 * side) / (isStacked ? 1 : count);
  const high = Math.round(Math.min(380, Math.max(230, wide * (count > 1 ? 0.66 : 0.36))));
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${top + high * (isStacked ? count : 1)}`, role: "img", "aria-label": figure.description });
  const boxes = figure.panels.map((panel, at) => {
    const [left, above] = isStacked ? [side, top + at * high] : [side + at * wide, top];
    const box = { outer: left, left: left + leftOf(panel, wide), right: left + wide - MARGIN.right, top: above + MARGIN.top, bottom: above + high - MARGIN.bottom };
    const view = views[at] || [panel.x.min, panel.x.max];
    const to = mapper(panel, view, box);
    const clip = `clip${(clips += 1)}`;
    const edge = 3;
    const area = { x: box.left - edge, y: box.top - edge, width: Math.max(0, box.right - box.left + 2 * edge), height: box.bottom - box.top + 2 * edge };
    drawing.append(svg("clipPath", { id: clip }, svg("rect", area)), drawAxes(panel, view, box, to));
    const inside = svg("g", { "clip-path": `url(#${clip})` });
    if (panel.cells) inside.append(drawCells(panel, to));
    for (const series of [...panel.series].reverse()) {
      if (!hidden.has(series.name)) inside.append(drawSeries(panel, series, box, to));
    }
    drawing.append(inside);
    return { panel, box, view, to };
  });
  return { drawing, boxes };
};
