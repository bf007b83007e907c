// Saving: a drawing that stands alone, with title, legend and colours in it.

const SAVED_WIDTH = 960;
const SIDE = 20;

const standalone = (chart) => {
  const color = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  const { figure, hidden } = chart;
  const shown = figure.panels[0].series.filter((series) => !hidden.has(series.name));
  const font = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif";
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = `13px ${font}`;
  let [x, y] = [SIDE, 74];
  const legend = svg("g");
  for (const series of chart.element.querySelector(".legend") ? shown : []) {
    const width = ruler.measureText(series.name).width + 54;
    if (x > SIDE && x + width > SAVED_WIDTH) { x = SIDE; y += 22; }
    legend.append(svg("path", { class: `swatch c${series.color % 8}`, d: `M${x} ${y}h20` }), text("a l", x + 27, y + 4.5, series.name));
    x += width;
  }
  const top = legend.childNodes.length ? y + 14 : 62;
  const { drawing } = drawPanels(figure, chart.views(), hidden, SAVED_WIDTH, top, SIDE);
  const height = Number(drawing.getAttribute("viewBox").split(" ")[3]);
  const colors = [0, 1, 2, 3, 4, 5, 6, 7].map((number) => `.c${number}{color:${color(`c${number}`)}}`).join("");
  const style = `text{font:12px ${font};fill:${color("faint")}}.a{fill:${color("ink")}}.m{text-anchor:middle}.e{text-anchor:end}` +
    `.title{font-size:19px;font-weight:600}.l{font-size:13px}path{fill:none}.grid{stroke:${color("grid")}}.axis{stroke:${color("faint")}}` +
    ".line{stroke:currentColor;stroke-width:1.75;stroke-linejoin:round}.swatch{stroke:currentColor;stroke-width:4}.area{fill:currentColor;fill-opacity:.13}" +
    ".bars,.cells{fill:currentColor}.cells{shape-rendering:crispEdges}.dots{stroke:currentColor;stroke-width:5.5;stroke-linecap:round}.cloud{stroke-opacity:.55}" + colors;
  put(drawing, { width: SAVED_WIDTH, height }, []);
  drawing.prepend(
    svg("title", {}, figure.title), svg("desc", {}, figure.description), svg("style", {}, style),
    svg("rect", { width: "100%", height: "100%", fill: color("paper") }),
    text("a title", SIDE, 32, figure.title), text("s", SIDE, 52, figure.subtitle), legend,
  );
  return { source: new XMLSerializer().serializeToString(drawing), height };
};
const download = (blob, name) => {
  const url = URL.createObjectURL(blob);
  html("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};
const saveSvg = (chart) => download(new Blob([standalone(chart).source], { type: "image/svg+xml" }), `${chart.figure.slug}.svg`);
const savePng = (chart) => {
  const { source, height } = standalone(chart);
  const image = new Image();
  image.onload = () => {
    const canvas = html("canvas", { width: SAVED_WIDTH * 2, height: height * 2 });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(blob, `${chart.figure.slug}.png`), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
};
