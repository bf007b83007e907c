// Saving: a self-contained drawing with title, legend and colours.

const FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif";

const standalone = (chart) => {
  const colors = getComputedStyle(root);
  const literal = (rules) => rules.replace(/var\((--\w+)\)/g, (_, name) => colors.getPropertyValue(name).trim());
  const { figure, hidden } = chart;
  const { side, picture_width: width, swatch, legend: [legendSize, firstRow] } = measures;
  const shown = figure.panels[0].series.filter((series) => !hidden.has(series.index));
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = `${legendSize}px ${FONT}`;
  let [x, y] = [side, firstRow];
  const legend = svg("g");
  for (const series of chart.element.querySelector(".legend") ? shown : []) {
    const room = swatch + measures.swatch_gap + ruler.measureText(series.name).width + measures.legend_gap;
    if (x > side && x + room > width) { x = side; y += measures.legend_row; }
    const name = text("a name", x + swatch + measures.swatch_gap, y + measures.baseline * legendSize, series.name);
    legend.append(svg("path", { class: `swatch c${series.color}`, d: `M${x} ${y}h${swatch}` }), name);
    x += room;
  }
  if (!legend.childNodes.length) y -= measures.legend_row;
  const { drawing } = drawPanels(figure, chart.views(), hidden, width, y + measures.below_legend, side);
  const height = Number(drawing.getAttribute("viewBox").split(" ")[3]) + measures.foot;
  put(drawing, { width, height, viewBox: `0 0 ${width} ${height}` }, []);
  drawing.prepend(
    svg("title", {}, figure.title), svg("desc", {}, figure.description), svg("style", {}, literal(data.css) + `svg text{font-family:${FONT}}`),
    svg("rect", { width: "100%", height: "100%", fill: literal("var(--paper)") }),
    text("a title", side, measures.title[1], figure.title), text("s", side, measures.subtitle, fitting(figure.subtitle, width - 2 * side)), legend,
  );
  return { source: new XMLSerializer().serializeToString(drawing), width, height };
};
const download = (blob, name) => {
  const url = URL.createObjectURL(blob);
  html("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};
const saveSvg = (chart) => download(new Blob([standalone(chart).source], { type: "image/svg+xml" }), `${chart.figure.slug}.svg`);
const savePng = (chart) => {
  const { source, width, height } = standalone(chart);
  const image = new Image();
  image.onload = () => {
    const canvas = html("canvas", { width: width * 2, height: height * 2 });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(blob, `${chart.figure.slug}.png`), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
};
