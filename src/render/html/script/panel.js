// The panel of the selected label: its share of the run, what failed, and its own charts.

const labelPanel = { charts: [] };

const factsOf = (label) => {
  const times = slices.within(label, selection.view);
  const all = slices.within(null, selection.view);
  const share = (part, whole) => (whole > 0 ? `${((100 * part) / whole).toFixed(1)}%` : "–");
  const at = (percent) => { const value = times.at(percent / 100); return value === null ? "–" : `≈ ${told(value)} ms`; };
  return [
    ["Samples", `${told(times.samples)} (${share(times.samples, all.samples)} of all)`],
    ["Share of total time", share(times.sum, all.sum)],
    ["Succeeded", told(times.samples - times.errors)],
    ["Failed", `${told(times.errors)} (${percentOf(times.errorShare)})`],
    ["Median", at(50)], ["90%", at(90)], ["95%", at(95)], ["99%", at(99)],
  ];
};
const outcomeBar = (label) => {
  const times = slices.within(label, selection.view);
  const part = (name, count) => (count ? html("span", { class: name, style: `flex-grow:${count}` }) : null);
  return html("div", { class: "bar", "aria-hidden": "true" }, part("ok", times.samples - times.errors), part("ko", times.errors));
};
// The label's most frequent errors, from the table of all labels.
const errorsOf = (label) => {
  const rows = [...(document.querySelector("#top-errors table")?.tBodies[0].rows || [])];
  const own = rows.filter((row) => (row.cells[0].title || row.cells[0].textContent) === labelName(label));
  if (!own.length) return null;
  return html("ul", { class: "errors" }, ...own.map((row) => html("li", {}, html("strong", {}, row.cells[4].textContent), ` × ${row.cells[3].title || row.cells[3].textContent}`)));
};
const panelChart = (slug, title) => {
  const source = charts.find((chart) => chart.base.slug === slug);
  if (!source) return null;
  const panels = derived[slug](source.base, selection);
  if (!panels) return null;
  const element = html("figure", { id: `label-${slug}` }, html("figcaption", {}, html("h3", {}, title), html("p", {}, slices.precision)), html("div", { class: "plot" }));
  const figure = { ...source.base, slug: `label-${slug}`, title, panels: [] };
  const chart = new Chart(figure, element);
  chart.base = { ...figure, panels };
  chart.figure = chart.base;
  chart.own = panels.map(() => null);
  chart.isOverTime = panels.some((panel) => panel.x.scale === "time");
  chart.addLegend();
  return chart;
};
const followWithPanel = () => {
  for (const chart of labelPanel.charts) { resized.unobserve(chart.element); byElement.delete(chart.element); }
  labelPanel.charts = [];
  const old = document.getElementById("label-panel");
  if (selection.label === null) { old?.remove(); return; }
  const { label } = selection;
  const close = button("tool", "All labels", () => select({ label: null }));
  const body = [html("h2", {}, labelName(label) || "(no name)"), close];
  if (slices?.has(label)) {
    const facts = factsOf(label).map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value)));
    labelPanel.charts = [
      panelChart("response-time-percentiles-over-time", "Percentiles over time"),
      panelChart("response-time-distribution", "Distribution"),
    ].filter(Boolean);
    const errors = errorsOf(label);
    body.push(html("dl", { class: "facts" }, ...facts), outcomeBar(label), html("p", { class: "remark" }, slices.precision));
    if (errors) body.push(html("h3", {}, "Most frequent errors, whole run"), errors);
    body.push(html("div", { class: "beside" }, ...labelPanel.charts.map((chart) => chart.element)));
  } else body.push(html("p", { class: "remark" }, "This label has no slices in the page: its row in the table shows the whole run."));
  const panel = html("section", { id: "label-panel", "aria-label": `Label ${labelName(label)}` }, ...body);
  if (old) old.replaceWith(panel); else document.getElementById("at-a-glance")?.after(panel);
  for (const chart of labelPanel.charts) {
    byElement.set(chart.element, chart);
    resized.observe(chart.element);
  }
};
followers.push(followWithPanel);
