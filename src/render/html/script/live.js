// A running test: the page fetches newer revisions, and keeps the reader's changes.

const revisionOf = (page) => Number(page.querySelector("meta[name=revision]").content);
let revision = revisionOf(document);
let wanted = revision;
let isRefreshing = false;
let later;
const refreshLater = () => {
  clearTimeout(later);
  later = setTimeout(refresh, 500);
};

const badge = html("p", { class: "remark", role: "status" });
badge.style.padding = "0 .6rem";
const tell = (what) => { if (badge.textContent !== what) badge.textContent = what; };
tell("● Live");
document.querySelector("nav ul").after(badge);

// The focusable elements, in the order of the page.
const reachable = () => [...document.querySelectorAll("main a, main button, main summary, main [tabindex]")];

// Records the reader's changes, to apply them to the next revision.
const kept = () => {
  const anchor = [...document.querySelectorAll("main > header, main > section, main figure")].findLast((part) => part.getBoundingClientRect().top <= 80);
  return {
    anchor: anchor && { id: anchor.id, top: anchor.getBoundingClientRect().top },
    focus: reachable().indexOf(document.activeElement),
    charts: new Map(charts.map((chart) => [chart.figure.slug, chart])),
    tables: [...document.querySelectorAll("main section > .scroll")].map((scroll) => {
      const head = scroll.querySelector("th[aria-sort]");
      return { top: scroll.scrollTop, left: scroll.scrollLeft, column: head && head.cellIndex, order: head && head.getAttribute("aria-sort") };
    }),
  };
};
const restore = (old) => {
  for (const chart of charts) {
    const before = old.charts.get(chart.figure.slug);
    if (before) chart.takeOver(before);
    const { top, bottom } = chart.element.getBoundingClientRect();
    // Charts in view are drawn at once, to avoid flicker.
    if (bottom > -innerHeight && top < 2 * innerHeight) chart.draw();
    if (before && !before.tip.hidden && before.pointer) chart.read(...before.pointer);
  }
  [...document.querySelectorAll("main section > .scroll")].forEach((scroll, at) => {
    const table = old.tables[at];
    if (!table) return;
    const head = table.order && scroll.querySelector("thead tr").cells[table.column];
    for (let presses = 0; head && presses < 2 && head.getAttribute("aria-sort") !== table.order; presses += 1) head.querySelector("button")?.click();
    scroll.scrollTo({ top: table.top, left: table.left, behavior: "instant" });
  });
  const anchor = old.anchor && document.getElementById(old.anchor.id);
  if (anchor) scrollBy({ top: anchor.getBoundingClientRect().top - old.anchor.top, behavior: "instant" });
  reachable()[old.focus]?.focus({ preventScroll: true });
};

// Waits while the reader is zooming or selecting text.
const isBusy = () => charts.some((chart) => chart.drag) || !getSelection().isCollapsed;
const refresh = async () => {
  if (isRefreshing || wanted === revision) return;
  if (isBusy()) { refreshLater(); return; }
  isRefreshing = true;
  try {
    const answer = await fetch("/", { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const old = kept();
    const name = selection.label === null ? null : labelName(selection.label);
    data = dataOf(page);
    const label = data.labels.indexOf(name);
    selection.label = label < 0 ? null : label;
    revision = revisionOf(page);
    document.title = page.title;
    document.querySelector("nav ul").replaceWith(page.querySelector("nav ul"));
    document.querySelector("main").replaceWith(page.querySelector("main"));
    begin();
    restore(old);
    follow();
  } catch {
    // The connection is lost; the event source reports that, and reconnects.
  }
  isRefreshing = false;
  // Handles a revision that arrived in the meantime.
  if (wanted !== revision) refreshLater();
};

const events = new EventSource("/events");
events.addEventListener("revision", (event) => {
  tell("● Live");
  wanted = Number(event.data);
  refresh();
});
events.addEventListener("end", () => {
  tell("The run has ended: this is its whole report.");
  events.close();
});
events.addEventListener("error", () => tell("Not connected: perfkit is gone, or cannot be reached."));
