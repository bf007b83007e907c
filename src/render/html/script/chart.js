// A chart: its state, its drawing, and its interaction.

const charts = [];
const shared = { cursor: null };

// Charts waiting to be drawn: one at a time to keep the page responsive, those in view first.
const waiting = new Set();
const drawSoon = (chart) => {
  if (!waiting.size) setTimeout(drawNext);
  waiting.add(chart);
};
const drawNext = () => {
  const away = (chart) => Math.abs(chart.element.getBoundingClientRect().top);
  const nearest = [...waiting].reduce((best, chart) => (away(chart) < away(best) ? chart : best));
  waiting.delete(nearest);
  nearest.draw();
  if (waiting.size) setTimeout(drawNext);
};

// The chart whose brush selects a time: it always shows the whole run.
const OVERVIEW = "overview";

class Chart {
  constructor(figure, element = document.getElementById(figure.slug)) {
    this.base = figure;
    this.figure = figure;
    this.element = element;
    this.plot = this.element.querySelector(".plot");
    this.hidden = new Set();
    this.own = figure.panels.map(() => null);
    this.isOverTime = figure.panels.some((panel) => panel.x.scale === "time");
    this.isOverview = figure.slug === OVERVIEW;
    this.isDrawn = false;
    this.pointer = null;
    figure.panels.forEach(unpack);
    numbered(figure);
    this.tip = html("div", { class: "tip", hidden: "" });
    this.spoken = html("p", { class: "unseen", role: "status" });
    this.scope = html("p", { class: "remark scope", hidden: "" });
    this.addTools();
    this.addLegend();
    this.addTable();
    this.listen();
  }

  // Takes over the view of the same chart in an earlier revision.
  takeOver(before) {
    if (before.own.length === this.own.length) this.own = before.own;
    // Series are known by their names: a new one may have come before others.
    const nameOf = (series) => series.full || series.name;
    const all = (chart) => chart.base.panels.flatMap((panel) => panel.series);
    const hidden = new Set(all(before).filter(({ index }) => before.hidden.has(index)).map(nameOf));
    this.hidden = new Set(all(this).filter((series) => hidden.has(nameOf(series))).map(({ index }) => index));
    this.pointer = before.pointer;
    this.addLegend();
    if (before.element.querySelector("details.data")?.open) this.element.querySelector("details.data").open = true;
  }

  views() {
    return this.figure.panels.map((panel, at) => (panel.x.scale !== "time" ? this.own[at] : this.isOverview ? null : selection.view));
  }

  // Takes over the selection.
  follow() {
    const { panels, remark } = panelsFor(this.base);
    const isOther = this.figure.panels !== panels;
    this.figure = { ...this.base, panels };
    if (isOther) {
      this.own.fill(null);
      this.addLegend();
      this.emptyTable();
    }
    this.scope.textContent = remark;
    this.scope.hidden = !remark;
    drawSoon(this);
  }

  // The panels as they are drawn: fitted to the time in view.
  shown() {
    const views = this.views();
    return { ...this.figure, panels: this.figure.panels.map((panel, at) => rescaled(panel, views[at])) };
  }

  draw(width = Math.round(this.plot.clientWidth)) {
    if (!width) return;
    const { drawing, boxes } = drawPanels(this.shown(), this.views(), this.hidden, width);
    this.boxes = boxes;
    this.layer = svg("g");
    if (this.isOverview && selection.view) drawing.append(this.brush());
    drawing.append(this.layer);
    this.plot.replaceChildren(drawing, this.tip);
    this.reset.hidden = this.views().every((view) => !view);
    this.isDrawn = true;
    this.drawnWidth = width;
  }

  // Shades what is not selected.
  brush() {
    const shades = this.boxes.flatMap(({ box, to }) => {
      const [left, right] = selection.view.map((time) => to.x(time));
      return [[box.left, left], [right, box.right]].map(([from, end]) => svg("rect", { class: "outside", x: from, width: Math.max(0, end - from), y: box.top, height: box.bottom - box.top }));
    });
    return svg("g", {}, ...shades);
  }

  hasRoomChanged() {
    return Math.round(this.plot.clientWidth) !== this.drawnWidth;
  }

  addTools() {
    this.reset = button("tool", "Reset zoom", () => this.unzoom());
    this.reset.hidden = true;
    const tool = (kind, title, press) => {
      const made = button("tool", kind, () => press(made));
      made.setAttribute("aria-label", title);
      made.title = title;
      return made;
    };
    const { title } = this.base;
    const tools = [
      this.reset,
      tool("PNG", `Save “${title}” as PNG`, () => savePng(this)),
      tool("SVG", `Save “${title}” as SVG`, () => saveSvg(this)),
      tool("Link", `Copy a link to “${title}” with what is selected`, (made) => copied(made, linkTo(this.base.slug))),
    ];
    this.element.querySelector("figcaption").prepend(html("div", { class: "tools" }, ...tools));
  }

  // Builds the legend of what is drawn; each name shows or hides its series.
  addLegend() {
    const panels = this.figure.arrangement === "stacked" ? this.figure.panels : this.figure.panels.slice(0, 1);
    const all = panels.flatMap((panel) => panel.series);
    const isPlain = this.figure.panels.length === 1 && all.length === 1 && (this.figure.panels[0].y.label.includes(all[0].name) || all[0].mark === "bars");
    const items = (isPlain ? [] : all).map((series) => {
      const { index } = series;
      const toggle = button("", "", () => {
        if (!this.hidden.delete(index)) this.hidden.add(index);
        toggle.setAttribute("aria-pressed", String(!this.hidden.has(index)));
        this.draw();
      });
      toggle.setAttribute("aria-pressed", String(!this.hidden.has(index)));
      toggle.title = series.full || "Show or hide";
      toggle.append(html("i", { class: `c${series.color}` }), series.name);
      return html("li", {}, toggle);
    });
    this.element.querySelector(".legend")?.remove();
    if (items.length) this.plot.before(html("ul", { class: "legend" }, ...items));
  }

  // Adds the data table, filled when it is opened.
  addTable() {
    const details = html("details", { class: "data" }, html("summary", {}, "Data table"));
    this.table = details;
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1) details.append(...dataTables(this.figure));
    });
    this.plot.after(this.scope);
    this.element.append(details, this.spoken);
  }

  emptyTable() {
    this.table.open = false;
    this.table.replaceChildren(this.table.firstChild);
  }

  listen() {
    const { plot } = this;
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", `${this.figure.title}. Arrow keys read the values, plus and minus zoom, Escape shows all.`);
    const at = (event) => {
      const frame = plot.getBoundingClientRect();
      return [event.clientX - frame.left, event.clientY - frame.top];
    };
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.isDrawn) return;
      const [x, y] = at(event);
      this.drag = { place: this.placeAt(x, y), x };
      if (event.pointerType === "mouse") event.preventDefault();
      plot.focus({ preventScroll: true });
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener("pointermove", (event) => {
      const [x, y] = at(event);
      this.pointer = [x, y];
      if (this.drag && Math.abs(x - this.drag.x) > 6) this.showDrag(x);
      else if (!this.drag || event.pointerType === "mouse") this.read(x, y);
    });
    plot.addEventListener("pointerup", (event) => {
      const { drag } = this;
      this.drag = null;
      const [x, y] = at(event);
      if (drag && drag.place && Math.abs(x - drag.x) > 6) this.zoom(drag.place, drag.x, x);
      else if (event.pointerType !== "mouse") this.read(x, y);
    });
    plot.addEventListener("pointercancel", () => { this.drag = null; this.leave(); });
    plot.addEventListener("pointerleave", () => { if (!this.drag) this.leave(); });
    plot.addEventListener("blur", () => this.leave());
    plot.addEventListener("dblclick", () => this.unzoom());
    plot.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (!this.isDrawn || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 40 : 8;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const { box } = this.boxes[0];
    if (!this.pointer) this.pointer = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const move = moves[event.key];
    if (move) {
      const last = this.boxes[this.boxes.length - 1].box;
      const keep = (value, low, high) => Math.min(high, Math.max(low, value));
      this.pointer = [keep(this.pointer[0] + move[0], box.left, last.right), keep(this.pointer[1] + move[1], box.top, last.bottom)];
      const reading = this.read(...this.pointer);
      if (reading) this.spoken.textContent = [reading.heading, ...reading.lines.map((line) => `${line.name}: ${line.value}`)].join("; ");
    } else if (event.key === "+" || event.key === "-" || event.key === "=") {
      const place = this.placeAt(...this.pointer);
      const half = ((place.box.right - place.box.left) / 2) * (event.key === "-" ? 2 : 0.5);
      this.zoom(place, this.pointer[0] - half, this.pointer[0] + half);
    } else return;
    event.preventDefault();
  }

  placeAt(x, y) {
    const apart = ({ box }) => Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
    return this.boxes.reduce((best, place) => (apart(place) < apart(best) ? place : best));
  }

  read(x, y) {
    if (!this.isDrawn) return null;
    const place = this.placeAt(x, y);
    const { box, to } = place;
    const isInside = x >= box.left - 12 && x <= box.right + 12 && y >= box.top - 12 && y <= box.bottom + 12;
    const reading = isInside ? readAt(place, this.hidden, x, y) : null;
    this.leave();
    if (!reading) return null;
    if (reading.time !== undefined) shareCursor(this, reading.time);
    if (reading.cross !== undefined) this.layer.append(svg("path", { class: "cross", d: `M${round(reading.cross)} ${box.top}V${box.bottom}` }));
    if (reading.frame) {
      const { left, right, top, bottom } = reading.frame;
      this.layer.append(svg("path", { class: "frame", d: `M${left} ${top}H${right}V${bottom}H${left}z` }));
    }
    for (const { series, point } of reading.marks) {
      this.layer.append(svg("circle", { class: `mark c${series.color}`, cx: round(to.x(point.x)), cy: round(to.y(point.y)), r: 4.5 }));
    }
    const lines = reading.lines.map((line) => html("div", {}, html("i", { class: `c${line.color}` }), html("span", {}, line.name), html("strong", {}, line.value)));
    this.tip.replaceChildren(html("b", {}, reading.heading), ...lines);
    this.tip.hidden = false;
    const [wide, high] = [this.tip.offsetWidth, this.tip.offsetHeight];
    const left = x + 16 + wide > this.plot.clientWidth ? x - wide - 16 : x + 16;
    this.tip.style.transform = `translate(${Math.max(0, left)}px, ${Math.max(0, Math.min(y - high / 2, this.plot.clientHeight - high))}px)`;
    return reading;
  }

  leave() {
    this.tip.hidden = true;
    if (this.layer) this.layer.replaceChildren();
    if (shared.cursor === this) clearCursor();
  }

  // Marks the time that is read in another chart.
  cross(time) {
    const lines = this.boxes.filter(({ panel, view }) => panel.x.scale === "time" && time >= view[0] && time <= view[1])
      .map(({ box, to }) => svg("path", { class: "cross", d: `M${to.x(time)} ${box.top}V${box.bottom}` }));
    this.layer.replaceChildren(...lines);
  }

  showDrag(x) {
    this.leave();
    const { place } = this.drag;
    const inside = (pixels) => Math.min(place.box.right, Math.max(place.box.left, pixels));
    const [left, right] = [inside(Math.min(x, this.drag.x)), inside(Math.max(x, this.drag.x))];
    this.layer.append(svg("rect", { class: "zoom", x: left, width: right - left, y: place.box.top, height: place.box.bottom - place.box.top }));
  }

  // Zooms to the range between two pixels; a time is selected for the whole page.
  zoom(place, left, right) {
    const { panel, to } = place;
    const [low, high] = [to.back(Math.min(left, right)), to.back(Math.max(left, right))];
    let view = [Math.max(panel.x.min, low), Math.min(panel.x.max, high)];
    if (panel.y.scale === "names" || view[1] - view[0] < (panel.x.max - panel.x.min) * 1e-4) return;
    if (view[0] === panel.x.min && view[1] === panel.x.max) view = null;
    this.leave();
    if (panel.x.scale === "time") select({ view });
    else { this.own[this.boxes.indexOf(place)] = view; this.draw(); }
  }

  unzoom() {
    if (this.own.some(Boolean)) {
      this.own.fill(null);
      this.draw();
    }
    if (this.isOverTime) select({ view: null });
  }
}

// Gives each series its place in the legend. Panels side by side show the same series.
const numbered = (figure) => {
  let first = 0;
  for (const panel of figure.panels) {
    panel.series.forEach((series, at) => { series.index = first + at; });
    if (figure.arrangement === "stacked") first += panel.series.length;
  }
};

// A cursor in one chart over time is shown in all that are in view.
const isInView = ({ element }) => {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
};
const shareCursor = (from, time) => {
  shared.cursor = from;
  for (const chart of charts) if (chart !== from && chart.isOverTime && chart.isDrawn && isInView(chart)) chart.cross(time);
};
const clearCursor = () => {
  const from = shared.cursor;
  shared.cursor = null;
  for (const chart of charts) if (chart !== from && chart.isOverTime && chart.layer) chart.layer.replaceChildren();
};
followers.push(() => charts.forEach((chart) => chart.follow()));
