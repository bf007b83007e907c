// Drawing: mirrors chart/drawing.rs path by path, from the same numbers.

let clips = 0;

const tenths = (pixels) => Math.round(pixels * 10);
const round = (pixels) => tenths(pixels) / 10;
// Maps `low`..`high` to the pixels `start`..`end`, in whole tenths as plotters does.
const along = (low, high, start, end) => {
  const [first, length] = [tenths(start), tenths(end) - tenths(start)];
  return (at) => {
    const way = length * ((at - low) / (high - low));
    return (first + (length > 0 ? Math.floor(way + 1e-3) : Math.ceil(way - 1e-3))) / 10;
  };
};
const mapper = (panel, view, box) => {
  const up = along(panel.y.min, panel.y.max, box.bottom, box.top);
  return {
    x: along(view[0], view[1], box.left, box.right),
    y: (at) => up(Math.min(panel.y.max, Math.max(panel.y.min, at))),
    back: (pixels) => view[0] + ((pixels - box.left) / (box.right - box.left)) * (view[1] - view[0]),
    up: (pixels) => panel.y.min + ((box.bottom - pixels) / (box.bottom - box.top)) * (panel.y.max - panel.y.min),
  };
};
const text = (name, x, y, content) => svg("text", { class: name, x: round(x), y: round(y) }, content);
const path = (name, d, attributes) => (d ? svg("path", { class: name, d, ...attributes }) : null);
const linePath = (points) => points.map(([x, y], at) => `${at ? "L" : "M"}${x} ${y}`).join("");
const dotsPath = (dots) => dots.map(([x, y]) => `M${x} ${y}h0`).join("");
const rectanglePath = (left, top, right, bottom) => `M${left} ${top}H${right}V${bottom}H${left}z`;

// Drops the points of a line that make no visible difference.
const visible = (points) => {
  let last = null;
  return points.filter((point, at) => {
    const isSeen = !last || Math.max(Math.abs(point[0] - last[0]), Math.abs(point[1] - last[1])) > measures.visible - 0.01;
    if (isSeen) last = point;
    return isSeen || at + 1 === points.length;
  });
};

// Names need more room than numbers, within what the panel can spare.
const letterWidth = measures.page_text * measures.letter;
const leftOf = (panel, wide) => {
  if (panel.letters === undefined) return measures.left;
  const names = panel.letters * letterWidth + measures.names_padding;
  return Math.min(wide * measures.max_names, Math.max(measures.left, names));
};
// Shortens a name to fit. Keeps mostly its end, where names differ.
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const widthOf = (character) => (WIDE.test(character) ? 2 : /[\p{M}\u200d]/u.test(character) ? 0 : 1);
const take = (characters, max) => {
  let width = 0;
  const end = characters.findIndex((character) => (width += widthOf(character)) > max);
  return end < 0 ? characters : characters.slice(0, end);
};
const fitting = (name, room) => {
  const [max, characters] = [Math.floor(room / letterWidth), [...name]];
  if (take(characters, max).length === characters.length) return name;
  const head = Math.floor((max - 1) / 5);
  return [...take(characters, head), "…", ...take(characters.reverse(), max - 1 - head).reverse()].join("");
};

const textWidth = (content, size) => [...content].reduce((sum, character) => sum + widthOf(character), 0) * size * measures.letter;

// Marks stretches of time, with their names in the first panel.
const drawSpans = (spans, view, box, to, hasNames) => {
  const places = spans
    .filter((span) => span.to >= view[0] && span.from <= view[1])
    .map((span) => ({ ...span, left: to.x(Math.max(view[0], span.from)), right: Math.max(to.x(Math.min(view[1], span.to)), to.x(Math.max(view[0], span.from)) + measures.min_span) }));
  const marks = places.map(({ left, right }) => rectanglePath(left, round(box.top), right, round(box.bottom)));
  const names = hasNames ? places.map(({ left, right, name }) => text("m a", Math.trunc(tenths(left + right) / 2) / 10, box.top + measures.span_name, name)) : [];
  return put(svg("g"), {}, [path("span", marks.join("")), ...names]);
};

const drawAxes = (panel, view, box, to, hasTimes) => {
  const group = svg("g");
  const isNames = panel.y.scale === "names";
  const below = measures.baseline * measures.page_text;
  const ticks = ticksOf(panel.x, view, box.right - box.left);
  const grid = isNames ? "" : panel.y.ticks.map((tick) => `M${round(box.left)} ${to.y(tick.at)}H${round(box.right)}`).join("");
  const axis = ticks.map((tick) => `M${to.x(tick.at)} ${round(box.bottom)}v${measures.tick}`);
  put(group, {}, [path("grid", grid), path("axis", `M${round(box.left)} ${round(box.bottom)}H${round(box.right)}${axis.join("")}`)]);
  for (const tick of panel.y.ticks) {
    const name = isNames ? fitting(tick.text, box.left - box.outer - measures.value_gap) : tick.text;
    group.append(text("e", box.left - measures.value_gap, to.y(tick.at) + below, name));
  }
  if (hasTimes) {
    // A text at the end moves aside rather than being cut off.
    const edge = (tick) => box.right + measures.right - round(textWidth(tick.text, measures.page_text) / 2);
    for (const tick of ticks) group.append(text("m", Math.min(to.x(tick.at), edge(tick)), box.bottom + measures.tick_text, tick.text));
    group.append(text("m a", (box.left + box.right) / 2, box.bottom + measures.axis_title, axisTitle(panel.x, view)));
  }
  const above = panel.title ? `${panel.title}: ${panel.y.label}` : panel.y.label;
  group.append(text("a", box.outer, box.top - measures.panel_title, above));
  return group;
};

// Returns where the bars of earlier series at this height end.
const startOfBar = (panel, series, y) => {
  const earlier = panel.series.slice(0, panel.series.indexOf(series)).flatMap((other) => other.points);
  return earlier.filter((bar) => Math.abs(bar.y - y) < 1e-9).reduce((end, bar) => end + bar.x, panel.x.min);
};

const drawSeries = (panel, series, box, to) => {
  const color = `c${series.color}`;
  const pieces = series.pieces.map((piece) => piece.map((point) => [to.x(point.x), to.y(point.y)]));
  const paths = [];
  if (series.mark === "bars") {
    const half = measures.bar / 2;
    const bars = series.points.map((point) => {
      const start = startOfBar(panel, series, point.y);
      return rectanglePath(to.x(start), to.y(point.y + half), to.x(start + point.x), to.y(point.y - half));
    });
    paths.push(path(`bars ${color}`, bars.join("")));
  } else if (series.mark === "points") {
    // Spread over several paths, so that overlapping dots look darker.
    const { cloud_layers: layers } = measures;
    const dots = pieces.flat();
    for (let layer = 0; layer < layers; layer += 1) {
      paths.push(path(`dots cloud ${color}`, dotsPath(dots.filter((_, at) => at % layers === layer))));
    }
  } else if (series.mark === "band") {
    paths.push(path(`area ${color}`, pieces.map((outline) => `${linePath(outline)}z`).join("")));
  } else {
    const lines = pieces.filter((piece) => piece.length > 1).map(visible);
    if (series.mark === "area") {
      const ends = (line) => `L${line[line.length - 1][0]} ${round(box.bottom)}L${line[0][0]} ${round(box.bottom)}z`;
      paths.push(path(`area ${color}`, lines.map((line) => linePath(line) + ends(line)).join("")));
    }
    paths.push(path(`line ${color}`, lines.map(linePath).join("")));
    paths.push(path(`dots ${color}`, dotsPath(pieces.filter((piece) => piece.length === 1).flat())));
  }
  return put(svg("g", { "data-series": series.index }), {}, paths);
};

// Draws one path per shade; neighbouring cells in a row share a rectangle.
const drawCells = (panel, to) => {
  const { cells } = panel;
  const max = cells.counts.reduce((max, column) => column.slice(1).reduce((a, b) => Math.max(a, b), max), 0);
  const shadeOf = (count) => (count ? Math.ceil(Math.sqrt(count / max) * measures.shades) - 1 : -1);
  const byShade = Array.from({ length: measures.shades }, () => []);
  for (let row = 0; row + 1 < cells.places.length; row += 1) {
    const shades = cells.counts.map((column) => (row < column[0] ? -1 : shadeOf(column[row - column[0] + 1] || 0)));
    for (let first = 0, next; first < shades.length; first = next) {
      for (next = first + 1; shades[next] === shades[first]; next += 1);
      if (shades[first] < 0) continue;
      const [left, right] = [to.x(cells.x[first]), to.x(cells.x[next])];
      byShade[shades[first]].push(rectanglePath(left, to.y(cells.places[row + 1]), right, to.y(cells.places[row])));
    }
  }
  const opacity = (shade) => (measures.min_shade + ((1 - measures.min_shade) * (shade + 1)) / measures.shades).toFixed(3);
  const paths = byShade.map((cells, shade) => path(`cells c${panel.cells.color}`, cells.join(""), { "fill-opacity": opacity(shade) }));
  return put(svg("g"), {}, paths);
};

// Draws all panels of a figure, side by side or above each other; returns their positions in `boxes`.
const STACKED_BELOW = 640;
const MIN_NAME_HEIGHT = 16;
const drawPanels = (figure, views, hidden, width, top = 0, side = 0) => {
  const count = figure.panels.length;
  // Panels that share a time axis are always above each other, others only where there is little room.
  const sharesTime = figure.arrangement === "stacked";
  const isStacked = !sharesTime && count > 1 && width < STACKED_BELOW;
  const wide = (width - 2 * side) / (isStacked || sharesTime ? 1 : count);
  const perWidth = count > 1 ? measures.height_beside : measures.height_alone;
  const names = Math.max(...figure.panels.map((panel) => (panel.letters === undefined ? 0 : panel.y.ticks.length)));
  const forNames = names * MIN_NAME_HEIGHT + measures.top + measures.bottom;
  const high = Math.round(Math.max(forNames, Math.min(measures.max_height, Math.max(measures.min_height, wide * perWidth))));
  const data = sharesTime ? measures.stacked_height : high - measures.top - measures.bottom;
  const whole = sharesTime ? count * (measures.top + data) + (count - 1) * measures.stack_gap + measures.bottom : high * (isStacked ? count : 1);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${top + whole}`, role: "img", "aria-label": figure.description });
  const boxes = figure.panels.map((panel, at) => {
    const left = sharesTime || isStacked ? side : side + at * wide;
    const above = sharesTime ? top + at * (data + measures.top + measures.stack_gap) : isStacked ? top + at * high : top;
    const box = {
      outer: left, left: left + leftOf(panel, wide), right: left + wide - measures.right,
      top: above + measures.top, bottom: above + measures.top + data,
    };
    const view = views[at] || [panel.x.min, panel.x.max];
    const to = mapper(panel, view, box);
    const clip = `clip${(clips += 1)}`;
    const edge = 3;
    const area = { x: box.left - edge, y: box.top - edge, width: Math.max(0, box.right - box.left + 2 * edge), height: box.bottom - box.top + 2 * edge };
    drawing.append(svg("clipPath", { id: clip }, svg("rect", area)));
    if (figure.spans.length) drawing.append(drawSpans(figure.spans, view, box, to, at === 0));
    drawing.append(drawAxes(panel, view, box, to, !sharesTime || at + 1 === count));
    const inside = svg("g", { "clip-path": `url(#${clip})` });
    if (panel.cells) inside.append(drawCells(panel, to));
    for (const series of [...panel.series].reverse()) {
      if (!hidden.has(series.index)) inside.append(drawSeries(panel, series, box, to));
    }
    drawing.append(inside);
    return { panel, box, view, to };
  });
  return { drawing, boxes };
};
