// Light and dark.

const themeButton = () => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const made = button("tool", "", () => { root.dataset.theme = isDark() ? "light" : "dark"; name(); });
  const name = () => { made.textContent = isDark() ? "Light" : "Dark"; made.setAttribute("aria-label", isDark() ? "Light colours" : "Dark colours"); };
  dark.addEventListener("change", name);
  name();
  return made;
};

// Startup.

root.classList.add("js");
document.querySelector("nav").append(themeButton());
// Sets up everything in `main`.
const begin = () => {
  for (const scroll of document.querySelectorAll(".scroll")) {
    const table = scroll.querySelector("table");
    scroll.classList.toggle("long", table.tBodies[0].rows.length > 20);
    sortable(table);
  }
  charts.splice(0, charts.length, ...data.figures.map((figure) => new Chart(figure)));
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
  for (const { target } of entries) if (byElement.get(target).hasRoomChanged()) drawSoon(byElement.get(target));
});
// On paper all charts have the same width, whatever the window's width.
const PAPER_WIDTH = 800;
addEventListener("beforeprint", () => charts.forEach((chart) => chart.draw(PAPER_WIDTH)));
addEventListener("afterprint", () => charts.forEach((chart) => chart.draw()));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const chart of charts) {
    chart.leave();
    chart.unzoom();
  }
});

// Marks the section in view in the navigation.
const links = new Map();
const spy = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(target.id)?.setAttribute("aria-current", "true");
  }
}, { rootMargin: "-20% 0px -75% 0px" });

begin();
