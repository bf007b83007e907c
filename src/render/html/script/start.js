// Light and dark: the reader's choice is remembered.

const THEME = "perfkit-theme";
const remembered = (change) => {
  // A page in a sandbox has no storage.
  try { return change === undefined ? localStorage.getItem(THEME) : localStorage.setItem(THEME, change); } catch { return null; }
};
const themeButton = () => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const made = button("tool", "", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remembered(root.dataset.theme);
    name();
  });
  const name = () => { made.textContent = isDark() ? "Light" : "Dark"; made.setAttribute("aria-label", isDark() ? "Light colours" : "Dark colours"); };
  const chosen = remembered();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  dark.addEventListener("change", name);
  name();
  return made;
};

// Startup.

root.classList.add("js");
document.querySelector("nav").append(themeButton());
// Sets up everything in `main`.
const begin = () => {
  measures = data.measures;
  slices = data.slices ? new Slices(data.slices) : null;
  charts.splice(0, charts.length, ...data.figures.map((figure) => new Chart(figure)));
  beginLabels();
  for (const scroll of document.querySelectorAll("main section > .scroll")) {
    const table = scroll.querySelector("table");
    scroll.classList.toggle("long", table.tBodies[0].rows.length > 20);
    sortable(table);
    addTableTools(scroll);
  }
  beginBar();
  beginCards();
  byElement.clear();
  resized.disconnect();
  for (const chart of charts) {
    byElement.set(chart.element, chart);
    resized.observe(chart.element);
  }
  links.clear();
  for (const link of document.querySelectorAll("nav li a")) links.set(link.hash.slice(1), link);
  spy.disconnect();
  for (const section of document.querySelectorAll("main > header, main > section")) spy.observe(section);
};

// Draws charts when their width is first known, and whenever it changes.
const byElement = new Map();
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const chart = byElement.get(target);
    if (chart?.hasRoomChanged()) drawSoon(chart);
  }
});
// On paper all charts have the same width, whatever the window's width.
const PAPER_WIDTH = 640;
addEventListener("beforeprint", () => charts.forEach((chart) => chart.draw(PAPER_WIDTH)));
addEventListener("afterprint", () => charts.forEach((chart) => chart.draw()));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const chart of [...charts, ...labelPanel.charts]) {
    chart.leave();
    if (chart.own.some(Boolean)) { chart.own.fill(null); chart.draw(); }
  }
  select({ view: null, label: null });
});

// Marks the section in view in the navigation, and keeps it in view there.
const links = new Map();
const spy = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    for (const link of links.values()) link.removeAttribute("aria-current");
    const link = links.get(target.id);
    link?.setAttribute("aria-current", "true");
    const list = link?.closest("ul");
    if (list && list.scrollWidth > list.clientWidth) list.scrollTo({ left: link.offsetLeft - list.clientWidth / 2, behavior: "instant" });
  }
}, { rootMargin: "-20% 0px -75% 0px" });

begin();
{
  const { anchor, view, label } = readFragment(location.hash);
  [selection.view, selection.label] = [view, label];
  follow();
  if (anchor && (view || label !== null)) scrollToAnchor(anchor);
}
