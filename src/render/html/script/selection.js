// The selection: a stretch of time and a label. All parts of the page follow it, and its address keeps it.

const selection = { view: null, label: null };
const followers = [];
let slices = null;

const isSelected = () => selection.view !== null || selection.label !== null;
const labelName = (label) => data.labels[label];

// The fragment of an address: where to go, then what is selected, such as `#errors&t=12.5-60&label=Login`.
const fragmentOf = (anchor) => {
  const seconds = (ms) => String(Math.round(ms) / 1000);
  const parts = [
    anchor,
    selection.view && `t=${selection.view.map(seconds).join("-")}`,
    selection.label !== null && `label=${encodeURIComponent(labelName(selection.label))}`,
  ];
  return `#${parts.filter((part) => part || part === "").join("&")}`;
};
const readFragment = (hash) => {
  const [anchor, ...parts] = hash.replace(/^#/, "").split("&");
  const found = { anchor, view: null, label: null };
  for (const part of parts) {
    const time = /^t=([\d.]+)-([\d.]+)$/.exec(part);
    if (time) {
      const view = [time[1], time[2]].map((seconds) => Math.min(data.length, Number(seconds) * 1000));
      if (view[1] > view[0]) found.view = view;
    }
    if (part.startsWith("label=")) {
      let name = part.slice(6);
      try { name = decodeURIComponent(name); } catch { /* A damaged address selects nothing. */ }
      const label = data.labels.indexOf(name);
      if (label >= 0) found.label = label;
    }
  }
  return found;
};
const goTo = (fragment) => {
  // A page in a sandbox has no history.
  try { history.pushState(null, "", fragment); } catch { /* Nothing to go back to. */ }
};
const scrollToAnchor = (anchor) => {
  const target = anchor && document.getElementById(anchor);
  if (!target) return;
  const folded = target.closest("details");
  if (folded) folded.open = true;
  target.scrollIntoView({ block: "start", behavior: "instant" });
};
const follow = () => {
  root.classList.toggle("selected", isSelected());
  slices?.summed.clear();
  for (const follower of followers) follower();
};
// Selects a time, a label or both; `undefined` leaves either as it is.
const select = ({ view = selection.view, label = selection.label }) => {
  const isWhole = view && view[0] <= 0 && view[1] >= data.length;
  const next = isWhole ? null : view;
  if (String(next) === String(selection.view) && label === selection.label) return;
  [selection.view, selection.label] = [next, label];
  goTo(fragmentOf(""));
  follow();
};
const restoreFromAddress = () => {
  const { anchor, view, label } = readFragment(location.hash);
  const isSame = String(view) === String(selection.view) && label === selection.label;
  [selection.view, selection.label] = [view, label];
  if (!isSame) follow();
  scrollToAnchor(anchor);
};
addEventListener("popstate", restoreFromAddress);
// Links within the page keep what is selected.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const anchor = link.getAttribute("href").slice(1);
  goTo(fragmentOf(anchor));
  scrollToAnchor(anchor);
  const target = document.getElementById(anchor);
  if (target && link.classList.contains("skip")) { target.tabIndex = -1; target.focus(); }
});
