// Charts of the selection: what a chart shows of one label, or of a part of the run. `null` if it cannot.

const line = (name, color, mark, points, index = 0) => ({ name, color, mark, index, raw: points });
// Splits points where their slices are not neighbours.
const piecesOf = (over, value) => {
  const pieces = [];
  let next = null;
  for (const slice of over) {
    const found = value(slice);
    if (found === null || found === undefined) { next = null; continue; }
    if (slice.place !== next) pieces.push([]);
    pieces[pieces.length - 1].push({ x: slice.x, value: found });
    next = slice.place + 1;
  }
  return pieces;
};
// Places points on the axes of a panel.
const placed = (panel, series) => ({
  ...panel,
  series: series.map(({ raw, ...one }) => {
    const pieces = raw.map((piece) => piece.map((point) => ({ ...point, y: placeOn(panel.y, point.value) })));
    return { ...one, pieces, points: pieces.flat() };
  }),
});
const valuesOf = (series) => series.flatMap((one) => one.raw.flat().map((point) => point.value));
const most = (values) => values.reduce((max, value) => Math.max(max, value), 0);
const rates = (over, of) => piecesOf(over, (slice) => (slice.seconds > 0 ? of(slice.times) / slice.seconds : null));
const counted = (panel, series) => placed({ ...panel, y: linearAxis(panel.y.label, most(valuesOf(series))) }, series);
const timed = (panel, series) => placed({ ...panel, y: timesAxis(panel.y.label, valuesOf(series)) }, series);
const successes = ({ samples, errors }) => samples - errors;
const shareOf = (name) => (name === "median" ? 0.5 : Number.parseFloat(name.replace(/^p/, "")) / 100);

// One line of a label, in the colour that it has in the chart, if it is drawn there.
const ofLabel = (panel, label, pieces) => {
  const drawn = panel.series.find((series) => (series.full || series.name) === labelName(label));
  return { ...line(data.short[label], drawn ? drawn.color : 0, "line", pieces), full: labelName(label) };
};
const percentileLines = (panel, label, outcomes) => {
  const over = slices.over(label, slices.joinedBy(label), outcomes);
  return panel.series.filter((series) => series.mark !== "band").map((series) => {
    const share = shareOf(series.name);
    return line(series.name, series.color, "line", piecesOf(over, ({ times }) => times.at(share)), series.index);
  });
};
// Steps through a label's times: the share of samples that do not exceed each.
const curve = (times) => {
  const points = [];
  let below = 0;
  const nines = (share) => -Math.log10(1 - share);
  times.each(([low, high], count) => {
    const reached = Math.min(below + count, times.samples - 1);
    const value = low + Math.floor((high - low) / 2);
    points.push({ x: nines(Math.min(below, reached) / times.samples), value }, { x: nines(reached / times.samples), value });
    below += count;
  });
  return points;
};
const histogram = (times, edges, place) => {
  const shares = edges.slice(1).map(() => 0);
  let bin = 0;
  times.each(([low, high], count) => {
    const value = low + (high - low) / 2;
    while (bin + 1 < shares.length && edges[bin + 1] <= value) bin += 1;
    if (value < edges[edges.length - 1]) shares[bin] += (count / times.samples) * 100;
  });
  return shares.flatMap((share, at) => [{ x: place(edges[at]), value: share }, { x: place(edges[at + 1]), value: share }]);
};
const logEdges = (max) => {
  const edges = [0];
  for (let step = 0; edges[edges.length - 1] <= max; step += 1) {
    const edge = Math.round(10 ** (step / 10));
    if (edge !== edges[edges.length - 1]) edges.push(edge);
  }
  return edges;
};
const SHOWN = 0.995;

const derived = {
  overview: ({ panels }, { label }) => {
    if (label === null) return null;
    const over = slices.over(label);
    return panels.map((panel) => {
      if (panel.y.label === "active threads") return panel;
      if (panel.y.label.startsWith("response")) return timed(panel, percentileLines(panel, label, ["ok"]));
      return counted(panel, panel.series.map((series) => line(series.name, series.color, series.mark, rates(over, series.name === "failed" ? ({ errors }) => errors : successes), series.index)));
    });
  },
  "response-time-percentiles-over-time": ({ panels: [panel] }, { label }) => {
    if (label === null) return null;
    const over = slices.over(label, slices.joinedBy(label), ["ok"]);
    const band = panel.series.find((series) => series.mark === "band");
    const lines = percentileLines(panel, label, ["ok"]);
    if (band) {
      const [upper, lower] = [piecesOf(over, ({ times }) => times.max), piecesOf(over, ({ times }) => times.min)];
      lines.push(line(band.name, band.color, "band", upper.map((piece, at) => [...piece, ...[...lower[at]].reverse()]), band.index));
    }
    return [timed(panel, lines)];
  },
  "response-time-over-time": ({ panels: [panel] }, { label }) =>
    label === null ? null : [timed(panel, [ofLabel(panel, label, piecesOf(slices.over(label), ({ times }) => times.mean))])],
  "response-time-p95-by-label": ({ panels: [panel] }, { label }) =>
    label === null ? null : [timed(panel, [ofLabel(panel, label, piecesOf(slices.over(label, slices.joinedBy(label)), ({ times }) => times.at(0.95)))])],
  "transactions-per-second": ({ panels: [panel] }, { label }) =>
    label === null ? null : [counted(panel, [ofLabel(panel, label, rates(slices.over(label), ({ samples }) => samples))])],
  "hits-per-second": ({ panels: [panel] }, { label }) =>
    label === null ? null : [counted(panel, [line("hits", 0, "area", rates(slices.over(label), ({ samples }) => samples))])],
  "throughput-and-errors-over-time": ({ panels: [panel] }, { label }) => {
    if (label === null) return null;
    const over = slices.over(label);
    return [counted(panel, [line("succeeded", 0, "area", rates(over, successes), 0), line("failed", 1, "line", rates(over, ({ errors }) => errors), 1)])];
  },
  "error-rate-over-time": ({ panels: [panel] }, { label }) =>
    label === null ? null : [counted(panel, [{ ...line(data.short[label], 1, "area", piecesOf(slices.over(label), ({ times }) => 100 * times.errorShare)), full: labelName(label) }])],
  "response-time-heatmap": ({ panels: [panel] }, { label }) => {
    if (label === null) return null;
    const over = slices.over(label);
    const { y } = panel.cells;
    const edges = y.map((edge) => ({ x: edge }));
    const counts = over.map(({ times }) => {
      const rows = y.slice(1).map(() => 0);
      times.each(([low, high], count) => {
        const row = from(edges, low + (high - low) / 2 + 1e-9) - 1;
        rows[Math.max(0, Math.min(rows.length - 1, row))] += count;
      });
      return [0, ...rows];
    });
    // Slices without samples leave a gap.
    const [columns, cells] = [[], []];
    over.forEach((slice, at) => {
      if (at && over[at - 1].to < slice.from - 1e-6) { columns.push(over[at - 1].to); cells.push([]); }
      columns.push(slice.from);
      cells.push(counts[at]);
    });
    return [{ ...panel, cells: { ...panel.cells, x: [...columns, over[over.length - 1].to], counts: cells } }];
  },
  "response-time-distribution": ({ panels: [curves, shares] }, { label, view }) => {
    const wanted = label === null ? curves.series.map((series) => ({ series, label: data.labels.indexOf(series.full || series.name) })) : [{ series: ofLabel(curves, label, []), label }];
    const drawn = wanted.filter((one) => one.label >= 0 && slices.has(one.label)).map(({ series, label }) => ({ series, times: slices.within(label, view) })).filter(({ times }) => times.samples);
    if (!drawn.length) return null;
    const values = drawn.map(({ times }) => times);
    const typical = values.reduce((sum, times) => sum + times.at(0.5), 0) / values.length;
    const [min, max] = [Math.min(...values.map((times) => times.min)), Math.max(...values.map((times) => times.max))];
    const shown = Math.max(...values.map((times) => times.at(SHOWN)));
    const isLog = shown > Math.max(1, typical) * measures.max_linear_ratio;
    const step = Math.max(1, roundStep(Math.max(1, shown) / 60));
    const edges = isLog ? logEdges(max) : Array.from({ length: Math.floor(shown / step) + 2 }, (_, bin) => bin * step);
    const end = edges[edges.length - 1];
    const x = isLog ? logAxis("response time (ms), log scale", min, end) : linearAxis("response time (ms)", end);
    const lines = drawn.map(({ series, times }, at) => ({ ...series, index: series.index ?? at, raw: [curve(times)] }));
    const outlines = drawn.map(({ series, times }, at) => ({ ...series, mark: "area", index: series.index ?? at, raw: [histogram(times, edges, (edge) => Math.max(x.min, placeOn(x, edge)))] }));
    const samples = Math.max(10, ...values.map((times) => times.samples));
    const unit = isLog ? "% of samples per bin, ten to a decade" : `% of samples per ${step} ms`;
    const nines = { ...curves.x, max: Math.log10(samples), ticks: curves.x.ticks.filter((tick) => tick.at <= Math.log10(samples) + 1e-9) };
    return [timed({ ...curves, x: nines }, lines), placed({ ...shares, x, y: linearAxis(unit, most(valuesOf(outlines))) }, outlines)];
  },
  "response-time-against-throughput": ({ panels: [panel] }, { label, view }) => {
    const [first, end] = slices.range(view);
    const within = ({ place }) => place >= first && place < end;
    const points = (outcomes) => {
      const all = new Map(slices.over(label).map((slice) => [slice.place, slice]));
      return slices.over(label, 1, outcomes).filter((slice) => within(slice) && slice.times.samples && slice.seconds > 0)
        .map((slice) => ({ x: all.get(slice.place).times.samples / slice.seconds, value: slice.times.at(0.5) }));
    };
    const series = [line("succeeded", 0, "points", [points(["ok"])], 0), line("failed", 1, "points", [points(["ko"])], 1)].filter((one) => one.raw[0].length);
    if (!series.length) return null;
    return [timed({ ...panel, x: linearAxis(panel.x.label, most(series.flatMap((one) => one.raw[0].map((point) => point.x)))) }, series)];
  },
};

// Returns the panels of a chart for the selection, and what to say about it.
const panelsFor = (figure) => {
  const isTime = figure.panels.some((panel) => panel.x.scale === "time");
  const plain = { panels: figure.panels, remark: "" };
  if (!isSelected() || !slices || (selection.view && selection.label === null && isTime)) return plain;
  if (!slices.has(selection.label)) return { ...plain, remark: "This label has no slices in the page: the chart shows the whole run." };
  const make = derived[figure.slug];
  const panels = make ? make(figure, selection) : null;
  if (panels) return { panels, remark: selection.label !== null || !isTime ? slices.precision : "" };
  const missing = [selection.label !== null && "all labels", selection.view && !isTime && "the whole run"].filter(Boolean);
  return { ...plain, remark: missing.length ? `This chart always shows ${missing.join(" and ")}.` : "" };
};

// Fits the vertical axis of a panel over time to what is in view.
const rescaled = (panel, view) => {
  const kinds = ["linear", "logarithmic"];
  if (!view || panel.x.scale !== "time" || panel.cells || !kinds.includes(panel.y.scale) || panel.y.min < 0 && panel.y.scale === "linear") return panel;
  const inView = (point) => point.x >= view[0] && point.x <= view[1];
  const values = panel.series.flatMap((series) => series.points.filter(inView).map((point) => point.value));
  if (!values.length) return panel;
  const y = /\(ms\)/.test(panel.y.label) ? timesAxis(panel.y.label, values) : linearAxis(panel.y.label, most(values));
  return placed({ ...panel, y }, panel.series.map(({ pieces, points, ...series }) => ({ ...series, raw: pieces })));
};
