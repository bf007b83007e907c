"use strict";
(() => {
  const { platforms } = JSON.parse(document.getElementById("history-data").textContent);
  const panel = document.getElementById("series");
  const filter = document.getElementById("filter");
  const choice = document.getElementById("platform");
  const SVG = "http://www.w3.org/2000/svg";
  // Text is always set as text: labels are untrusted.
  const make = (tag, attributes, text) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const HEIGHT = 320;
  const LEFT = 64;
  const RIGHT = 16;
  const TOP = 12;
  const BOTTOM = 34;
  let current = 0;
  let shown = null;

  const amount = (value, unit) => {
    const text = value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
    return unit === "%" || unit === "/s" ? text + unit : text + " " + unit;
  };
  const steps = (low, high) => {
    const rough = (high - low) / 5 || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
    const ticks = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) ticks.push(at);
    return ticks;
  };

  const draw = (number, run) => {
    const platform = platforms[current];
    const series = platform.series[number];
    const known = series.values.filter((value) => value !== null);
    let low = Math.min(...known, ...series.levels.map((level) => level[3]));
    let high = Math.max(...known, ...series.levels.map((level) => level[4]));
    const margin = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
    low = Math.max(0, low - margin);
    high += margin;
    const count = Math.max(series.values.length, 2);
    panel.hidden = false;
    const WIDTH = Math.max(320, panel.clientWidth - 40);
    const x = (at) => LEFT + ((at + 0.5) / count) * (WIDTH - LEFT - RIGHT);
    const y = (value) => HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
    const chart = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
    chart.setAttribute("aria-label", `${series.metric} of ${series.label} over ${series.values.length} runs`);
    for (const at of steps(low, high)) {
      chart.append(make("path", { class: "grid", d: `M${LEFT} ${y(at)}H${WIDTH - RIGHT}` }));
      chart.append(make("text", { class: "e", x: LEFT - 8, y: y(at) + 4 }, amount(at, "").trim()));
    }
    const stride = Math.ceil(platform.runs.length / Math.max(1, Math.floor(WIDTH / 130)));
    platform.runs.forEach(([name, , date], at) => {
      if (at % stride === 0) {
        const text = `${name}: ${date}`;
        const near = Math.min(Math.max(x(at), LEFT + 20), WIDTH - 50);
        chart.append(make("text", { class: "m", x: near, y: HEIGHT - 10 }, text));
      }
    });
    const levels = make("g", { class: "c1" });
    series.levels.forEach(([first, last, value, from, to], place) => {
      const [a, b] = [x(first - 0.5), x(last + 0.5)];
      levels.append(make("rect", { class: "band", x: a, y: y(to), width: b - a, height: Math.max(1, y(from) - y(to)) }));
      levels.append(make("path", { class: "level", d: `M${a} ${y(value)}H${b}` }));
      if (place > 0) chart.append(make("path", { class: "change", d: `M${a} ${TOP}V${HEIGHT - BOTTOM}` }));
    });
    chart.append(levels);
    const points = make("g", { class: "c0" });
    series.values.forEach((value, at) => {
      if (value === null) return;
      points.append(make("circle", { class: "run", cx: x(at), cy: y(value), r: count > 150 ? 2 : 3 }));
      if (series.outliers.includes(at)) points.append(make("circle", { class: "outlier", cx: x(at), cy: y(value), r: 6 }));
    });
    chart.append(points);
    const ring = make("circle", { class: "chosen", r: 7 });
    chart.append(ring);

    const heading = document.createElement("h3");
    heading.textContent = `${series.metric} of ${series.label === "TOTAL" ? "all samples" : series.label}` +
      (platform.first > 0 ? `, newest ${platform.runs.length} runs` : "");
    const say = document.createElement("p");
    say.className = "say";
    say.setAttribute("aria-live", "polite");
    panel.replaceChildren(heading, chart, say);
    const choose = (at) => {
      const value = series.values[at];
      if (value === null || value === undefined) return;
      shown.run = at;
      ring.setAttribute("cx", x(at));
      ring.setAttribute("cy", y(value));
      const [name, title, date, page] = platform.runs[at];
      const level = series.levels.find(([first, last]) => first <= at && at <= last);
      const change = level && level[2] > 0 ? `, level ${amount(level[2], series.unit)} (${((value / level[2] - 1) * 100).toFixed(1)}%)` : "";
      const outlier = series.outliers.includes(at) ? ", an outlier" : "";
      say.textContent = `Run ${name} (${title}, ${date}): ${amount(value, series.unit)}${change}${outlier}. `;
      if (page) {
        const link = document.createElement("a");
        link.href = page;
        link.textContent = "Report of this run";
        say.append(link);
      }
    };
    chart.addEventListener("pointermove", (event) => {
      const box = chart.getBoundingClientRect();
      const at = ((event.clientX - box.left) / box.width) * WIDTH;
      choose(Math.min(series.values.length - 1, Math.max(0, Math.round(((at - LEFT) / (WIDTH - LEFT - RIGHT)) * count - 0.5))));
    });
    shown = { number, run, choose, count: series.values.length };
    choose(run === undefined ? series.values.length - 1 : run);
  };

  // Left and right go from run to run.
  panel.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !shown) return;
    event.preventDefault();
    shown.choose(Math.min(shown.count - 1, Math.max(0, (shown.run ?? 0) + step)));
  });
  const cells = () => [...document.querySelectorAll(`[data-platform="${current}"] .spark`)];
  const open = (cell) => {
    for (const other of document.querySelectorAll(".spark[aria-current]")) other.removeAttribute("aria-current");
    cell.setAttribute("aria-current", "true");
    draw(Number(cell.dataset.series));
  };
  document.addEventListener("click", (event) => {
    const cell = event.target.closest?.(".spark");
    if (!cell) return;
    event.preventDefault();
    open(cell);
    panel.scrollIntoView({ block: "nearest" });
    panel.focus({ preventScroll: true });
  });
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const row of document.querySelectorAll(".trends tbody tr")) {
      row.hidden = wanted !== "" && !row.dataset.label.toLowerCase().includes(wanted);
    }
  });
  const show = (number) => {
    current = number;
    for (const part of document.querySelectorAll("[data-platform]")) part.hidden = Number(part.dataset.platform) !== number;
    const [first] = cells().filter((cell) => cell.getAttribute("aria-label").startsWith("p95")).concat(cells());
    if (first) open(first);
  };
  choice?.addEventListener("change", () => show(Number(choice.value)));
  document.querySelector(".choose").hidden = false;
  addEventListener("DOMContentLoaded", () => show(0));
})();
