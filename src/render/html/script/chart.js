// A chart: its state, its drawing, and its interaction.

const charts = [];
const shared = { view: null };

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

class Chart {
  constructor(figure) {
    this.figure = figure;
    this.element = document.getElementById(figure.slug);
    this.plot = this.element.querySelector(".plot");
    this.hidden = new Set();
    this.own = figure.panels.map(() => null);
    this.isOverTime = figure.panels.some((panel) => panel.x.scale === "time");
    this.isDrawn = false;
    this.pointer = null;
    figure.panels.forEach(unpack);
    this.tip = html("div", { class: "tip", hidden: "" });
    this.spoken = html("p", { class: "unseen", role: "status" });
    this.addTools();
    this.addLegend();
    this.addTable();
    this.listen();
  }

  // Takes over the view of the same chart in an earlier revision.
  takeOver(before) {
    if (before.own.length === this.own.length) this.own = before.own;
    this.hidden = before.hidden;
    this.pointer = before.pointer;
    this.element.querySelectorAll(".legend button").forEach((toggle, at) => {
      toggle.setAttribute("aria-pressed", String(!this.hidden.has(this.figure.panels[0].series[at].name)));
    });
    if (before.element.querySelector("details").open) this.element.querySelector("details").open = true;
  }

  views() {
    return this.figure.panels.map((panel, at) => (panel.x.scale === "time" ? shared.view : this.own[at]));
  }

  draw(width = Math.round(this.plot.clientWidth)) {
    if (!width) return;
    const { drawing, boxes } = drawPanels(this.figure, this.views(), this.hidden, width);
    this.boxes = boxes;
    this.layer = svg("g");
    drawing.append(this.layer);
    this.plot.replaceChildren(drawing, this.tip);
    this.reset.hidden = this.views().every((view) => !view);
    this.isDrawn = true;
    this.drawnWidth = width;
  }

  hasRoomChanged() {
    return Math.round(this.plot.clientWidth) !== this.drawnWidth;
  }

  addTools() {
    this.reset = button("tool", "Reset zoom", () => this.unzoom());
    this.reset.hidden = true;
    const save = (kind, press) => {
      const made = button("tool", kind, press);
      made.setAttribute("aria-label", `Save “${this.figure.title}” as ${kind}`);
      made.title = `Save as ${kind}`;
      return made;
    };
    const tools = [this.reset, save("PNG", () => savePng(this)), save("SVG", () => saveSvg(this))];
    this.element.querySelector("figcaption").prepend(html("div", { class: "tools" }, ...tools));
  }

  addLegend() {
    const names = this.figure.panels[0].series;
    this.element.querySelectorAll(".legend li").forEach((item, at) => {
      const toggle = button("", "", () => {
        const { name } = names[at];
        if (!this.hidden.delete(name)) this.hidden.add(name);
        toggle.setAttribute("aria-pressed", String(!this.hidden.has(name)));
        this.draw();
      });
      toggle.setAttribute("aria-pressed", "true");
      toggle.title = "Show or hide";
      toggle.append(...item.childNodes);
      item.append(toggle);
    });
  }

  // Adds the data table, filled when it is first opened.
  addTable() {
    const details = html("details", {}, html("summary", {}, "Data table"));
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1) details.append(...dataTables(this.figure));
    });
    this.element.append(details, this.spoken);
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
  }

  showDrag(x) {
    this.leave();
    const { place } = this.drag;
    const inside = (pixels) => Math.min(place.box.right, Math.max(place.box.left, pixels));
    const [left, right] = [inside(Math.min(x, this.drag.x)), inside(Math.max(x, this.drag.x))];
    this.layer.append(svg("rect", { class: "zoom", x: left, width: right - left, y: place.box.top, height: place.box.bottom - place.box.top }));
  }

  // Zooms to the range between two pixels; all time axes zoom together.
  zoom(place, left, right) {
    const { panel, to } = place;
    const [low, high] = [to.back(Math.min(left, right)), to.back(Math.max(left, right))];
    let view = [Math.max(panel.x.min, low), Math.min(panel.x.max, high)];
    if (panel.y.scale === "names" || view[1] - view[0] < (panel.x.max - panel.x.min) * 1e-4) return;
    if (view[0] === panel.x.min && view[1] === panel.x.max) view = null;
    if (panel.x.scale === "time") zoomTime(view);
    else { this.own[this.figure.panels.indexOf(panel)] = view; this.draw(); }
    this.leave();
  }

  unzoom() {
    if (this.own.some(Boolean)) {
      this.own.fill(null);
      this.draw();
    }
    if (shared.view && this.isOverTime) zoomTime(null);
  }
}

const zoomTime = (view) => {
  shared.view = view;
  for (const chart of charts) if (chart.isOverTime) drawSoon(chart);
};
