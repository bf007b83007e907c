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

// Beginning.

root.classList.add("js");
document.querySelector("nav").append(themeButton());
for (const scroll of document.querySelectorAll(".scroll")) {
  const table = scroll.querySelector("table");
  scroll.classList.toggle("long", table.tBodies[0].rows.length > 20);
  sortable(table);
}
for (const figure of data.figures) charts.push(new Chart(figure));

// Charts are drawn again when their width changes, and first of all when it is first known.
const byElement = new Map(charts.map((chart) => [chart.element, chart]));
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) if (byElement.get(target).hasRoomChanged()) drawSoon(byElement.get(target));
});
for (const chart of charts) resized.observe(chart.element);
// On paper all charts have the same width, whatever the window's.
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

// The section in view is marked in the navigation.
const links = new Map([...document.querySelectorAll("nav li a")].map((link) => [link.hash.slice(1), link]));
const spy = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(target.id)?.setAttribute("aria-current", "true");
  }
}, { rootMargin: "-20% 0px -75% 0px" });
for (const section of document.querySelectorAll("main > header, main > section")) spy.observe(section);
