// The data of a chart as tables.

const MAX_ROWS = 2000;

const dataTables = (figure) => figure.panels.flatMap((panel) => {
  const { head, rows } = panel.cells ? cellRows(panel) : panel.x.scale === "time" ? timeRows(panel) : pointRows(panel);
  const row = (cells) => html("tr", {}, ...cells.map((cell, at) => html(at ? "td" : "th", at ? {} : { scope: "row" }, cell)));
  const caption = html("caption", {}, [figure.title, panel.title].filter(Boolean).join(": "));
  const heading = html("thead", {}, html("tr", {}, ...head.map((name) => html("th", { scope: "col" }, name))));
  const table = html("table", {}, caption, heading, html("tbody", {}, ...rows.slice(0, MAX_ROWS).map(row)));
  const parts = [html("div", { class: "scroll long titled", tabindex: "0", role: "region", "aria-label": caption.textContent }, table)];
  if (rows.length > MAX_ROWS) parts.push(html("p", { class: "remark" }, `The first ${MAX_ROWS} of ${rows.length} rows.`));
  return parts;
});
const timeRows = (panel) => {
  const rows = new Map();
  panel.series.forEach((series, number) => {
    for (const point of series.points) {
      if (!rows.has(point.x)) rows.set(point.x, panel.series.map(() => "–"));
      rows.get(point.x)[number] = told(point.value);
    }
  });
  const sorted = [...rows].sort((one, other) => one[0] - other[0]);
  const unit = unitOf(panel.y);
  return { head: ["Time", ...panel.series.map((series) => series.name + (unit ? `,${unit}` : ""))], rows: sorted.map(([x, cells]) => [xText(panel, x), ...cells]) };
};
const pointRows = (panel) => ({
  head: ["Series", panel.x.label, panel.y.label.replace(/, log scale.*/, "")],
  rows: panel.series.flatMap((series) => series.points.map((point) => [
    series.name,
    panel.x.scale === "nines" ? percentText(point.x) : told(point.x),
    panel.y.scale === "names" ? (panel.y.ticks.find((tick) => Math.abs(tick.at - point.y) < 1e-9) || { text: "" }).text : told(point.value),
  ])),
});
const cellRows = ({ cells, ...panel }) => ({
  head: ["Time", "Response time (ms), from", "below", "Samples"],
  rows: cells.counts.flatMap((column, at) => column.slice(1).map((count, offset) => [
    xText(panel, (cells.x[at] + cells.x[at + 1]) / 2), told(cells.y[column[0] + offset]), told(cells.y[column[0] + offset + 1]), told(count),
  ]).filter((row) => row[3] !== "0")),
});

// Sortable tables.

const sortable = (table) => {
  const body = table.tBodies[0];
  if (body.rows.length < 2) return;
  const first = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const number = (row, at) => Number.parseFloat(row.cells[at].textContent.replaceAll(",", ""));
  heads.forEach((head, at) => {
    if (head.classList.contains("spark-cell")) return;
    const isText = head.classList.contains("t");
    const compare = (one, other) => (isText ? one.cells[at].textContent.localeCompare(other.cells[at].textContent, "en", { numeric: true }) : number(one, at) - number(other, at));
    const press = button("", "", () => {
      // Cycles through both orders and the original one; numbers start with the largest.
      const order = isText ? ["ascending", "descending"] : ["descending", "ascending"];
      const next = order[order.indexOf(head.getAttribute("aria-sort")) + 1];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      const sorted = [...first];
      if (next) {
        head.setAttribute("aria-sort", next);
        const isMissing = (row) => !isText && Number.isNaN(number(row, at));
        const sign = next === "ascending" ? 1 : -1;
        sorted.sort((one, other) => isMissing(one) - isMissing(other) || (isMissing(one) ? 0 : sign * compare(one, other)));
      }
      body.append(...sorted);
      if (!next) orderLabels();
    });
    press.append(...head.childNodes);
    head.append(press);
  });
};
