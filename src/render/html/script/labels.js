// The table of labels: search, order, sparklines, and figures of the selected time.

let labelOrder = null;
const labelTable = () => document.querySelector("#aggregate table");
const labelRows = () => [...(labelTable()?.tBodies[0].rows || [])];
// A row's label: its place among the labels, which is that of the row in the page's source.
const labelOf = (row) => (row.dataset.label === undefined ? null : Number(row.dataset.label));

const cellText = (key, times, seconds) => {
  const fixed = (value, decimals) => (value === null ? "–" : formatted(value, decimals));
  const whole = (value) => (value === null ? "–" : told(Math.trunc(value)));
  const perSecond = (count) => (seconds > 0 ? fixed(count / seconds, 5) : "–");
  if (key === "median" || /^p\d/.test(key)) return whole(times.at(shareOf(key)));
  const figures = {
    samples: () => told(times.samples), ok: () => told(times.samples - times.errors), ko: () => told(times.errors), average: () => whole(times.mean),
    min: () => whole(times.min), max: () => whole(times.max), error_percent: () => percentOf(times.errorShare),
    throughput: () => perSecond(times.samples), goodput: () => perSecond(times.samples - times.errors),
  };
  return figures[key] ? figures[key]() : "–";
};

// Shows the figures of the selected time in each row, or what the page came with.
const fillRow = (row, keys, label) => {
  const isKnown = selection.view && slices && slices.has(label);
  row.classList.toggle("whole-run", Boolean(selection.view && !isKnown));
  const times = isKnown ? slices.within(label, selection.view) : null;
  [...row.cells].forEach((cell, at) => {
    const key = keys[at];
    if (!at || !key) return;
    if (isKnown) {
      cell.dataset.own ??= cell.textContent;
      cell.textContent = cellText(key, times, selectedSeconds());
    } else if (cell.dataset.own !== undefined) {
      cell.textContent = cell.dataset.own;
      delete cell.dataset.own;
    }
  });
};
const followWithLabels = () => {
  const table = labelTable();
  if (!table || !data.labels.length) return;
  const keys = [...table.tHead.rows[0].cells].map((head) => head.dataset.key);
  for (const row of labelRows()) {
    const label = labelOf(row);
    if (label !== null) fillRow(row, keys, label);
    row.classList.toggle("chosen", label !== null && label === selection.label);
    row.querySelector("th button")?.setAttribute("aria-pressed", String(label !== null && label === selection.label));
  }
  const total = table.tFoot?.rows[0];
  if (total) fillRow(total, keys, null);
  const note = document.getElementById("labels-scope");
  if (note) {
    note.hidden = !selection.view;
    const rest = labelRows().some((row) => row.classList.contains("whole-run")) ? " Rows in grey have no slices in the page and show the whole run." : "";
    note.textContent = slices ? `Figures of the selected time. ${slices.precision}${rest}` : "The page has no slices: the table shows the whole run.";
  }
  orderLabels();
  filterTables();
};
followers.push(followWithLabels);

// Other tables by label show the rows of the selected one.
const filterTables = () => {
  for (const table of document.querySelectorAll("main section:not(#aggregate) table")) {
    const head = table.tHead?.rows[0].cells[0];
    if (!head || head.textContent.trim() !== "Label") continue;
    for (const row of table.tBodies[0].rows) {
      const name = row.cells[0].title || row.cells[0].textContent;
      row.hidden = selection.label !== null && name !== labelName(selection.label);
    }
  }
};

// How badly a label does, by what readers look for first.
const badness = {
  p95: (figures) => figures.p95,
  "error %": (figures) => figures.errors,
  "total time": (figures) => figures.time,
};
const figuresOf = (label) => {
  if (selection.view && slices?.has(label)) {
    const times = slices.within(label, selection.view);
    return { p95: times.at(0.95) ?? -1, errors: times.errorShare ?? -1, time: times.sum };
  }
  const [p95, errors, time] = data.worst[label];
  return { p95, errors, time };
};
const orderLabels = () => {
  const table = labelTable();
  if (!labelOrder || !table || table.tHead.querySelector("[aria-sort]")) return;
  const rows = labelRows();
  const worst = new Map(rows.map((row) => [row, labelOf(row) === null ? -2 : labelOrder === "file" ? -labelOf(row) : badness[labelOrder](figuresOf(labelOf(row)))]));
  table.tBodies[0].append(...rows.sort((one, other) => worst.get(other) - worst.get(one) || labelOf(one) - labelOf(other)));
};
const defaultOrder = () => (data.worst.some(([, errors]) => errors > 0.01) ? "error %" : "p95");

const searchLabels = (words) => {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of labelRows()) {
    const label = labelOf(row);
    const name = (label === null ? row.cells[0].textContent : labelName(label)).toLowerCase();
    row.hidden = !wanted.every((word) => name.includes(word));
  }
};

// Adds what only the script can do: search, order, sparklines, and a button on each label.
const beginLabels = () => {
  const table = labelTable();
  if (!table || !data.labels.length) return;
  labelRows().forEach((row, at) => {
    if (at < data.labels.length) row.dataset.label = at;
    const spot = row.insertCell(1);
    spot.className = "spark-cell";
    if (at >= data.labels.length) return;
    if (slices?.has(at)) spot.append(spark(courseOf(at, ({ times }) => times.at(0.95)), `95th percentile of ${data.short[at]} over time`));
    const name = row.cells[0].querySelector("div");
    const open = button("label", "", () => select({ label: selection.label === at ? null : at }));
    open.append(...name.childNodes);
    open.title = labelName(at);
    name.append(open);
  });
  const head = html("th", { class: "spark-cell", scope: "col" }, "p95 over time");
  table.tHead.rows[0].cells[0].after(head);
  for (const row of table.tFoot?.rows || []) { row.insertCell(1).className = "spark-cell"; }
  const scroll = table.closest(".scroll");
  labelOrder ??= defaultOrder();
  const orders = Object.keys(badness).concat("file").map((order) => {
    const made = button("tool", order === "file" ? "order of the file" : order, () => {
      labelOrder = order;
      table.tHead.querySelectorAll("[aria-sort]").forEach((sorted) => sorted.removeAttribute("aria-sort"));
      orders.forEach((other) => other.setAttribute("aria-pressed", String(other === made)));
      orderLabels();
    });
    made.setAttribute("aria-pressed", String(order === labelOrder));
    return made;
  });
  const search = html("input", { type: "search", placeholder: "Search labels", "aria-label": "Search labels" });
  search.addEventListener("input", () => searchLabels(search.value));
  scroll.before(html("div", { class: "table-bar" }, search, html("span", { class: "orders", role: "group", "aria-label": "Worst first by" }, "Worst first: ", ...orders)));
  scroll.after(html("p", { class: "remark", id: "labels-scope", hidden: "" }));
  orderLabels();
};
