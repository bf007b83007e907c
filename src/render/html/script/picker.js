// The bar that stays in view: picks a label, says what is selected, and resets it.

const timeText = (view) => {
  const step = view[1] - view[0] < 10000 ? 100 : 1000;
  const unit = data.length < 60000 ? " s" : "";
  return `${clock(view[0], step, data.length)}–${clock(view[1], step, data.length)}${unit}`;
};
const MAX_OPTIONS = 50;

// A text field with a list of the labels that match it, worst first.
const labelPicker = () => {
  const list = html("ul", { id: "label-options", role: "listbox", "aria-label": "Labels", hidden: "" });
  const field = html("input", { type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "label-options", "aria-autocomplete": "list", "aria-label": "Show one label", placeholder: "All labels", autocomplete: "off", spellcheck: "false" });
  let [options, active] = [[], -1];
  const close = () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    field.value = selection.label === null ? "" : labelName(selection.label);
  };
  const choose = (label) => { select({ label }); close(); };
  const mark = (at) => {
    active = at;
    [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    list.children[at]?.scrollIntoView({ block: "nearest" });
    if (list.children[at]) field.setAttribute("aria-activedescendant", list.children[at].id);
  };
  const open = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = data.labels.map((name, label) => ({ name, label }));
    const matching = all.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
    const order = badness[labelOrder] || ((figures) => figures.p95);
    const worst = new Map(matching.map(({ label }) => [label, order(figuresOf(label))]));
    matching.sort((one, other) => worst.get(other.label) - worst.get(one.label));
    options = [{ name: "All labels", label: null }, ...matching.slice(0, MAX_OPTIONS)];
    const more = matching.length - MAX_OPTIONS;
    list.replaceChildren(...options.map(({ name, label }, at) => {
      const option = html("li", { id: `label-option-${at}`, role: "option", title: name }, label === null ? name : data.short[label] || "(no name)");
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(label); });
      return option;
    }));
    if (more > 0) list.append(html("li", { class: "remark", "aria-hidden": "true" }, `${more} more: type to search`));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark(words.length && options.length > 1 ? 1 : 0);
  };
  field.addEventListener("focus", () => { field.value = ""; open(); });
  field.addEventListener("click", () => { if (list.hidden) { field.value = ""; open(); } });
  field.addEventListener("input", open);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (moves[event.key]) {
      if (list.hidden) open();
      mark(Math.max(0, Math.min(options.length - 1, active + moves[event.key])));
    } else if (event.key === "Enter" && !list.hidden && options[active]) choose(options[active].label);
    else if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); close(); } else return;
    event.preventDefault();
  });
  followers.push(() => { if (list.hidden) close(); });
  return html("div", { class: "picker" }, field, list);
};

let bar = null;
const beginBar = () => {
  const place = document.querySelector(".controls");
  if (!place || !data.length) return;
  if (!bar) {
    const [time, reset] = [html("span", { role: "status" }), button("tool", "Reset (Esc)", () => select({ view: null, label: null }))];
    bar = html("div", { class: "selection" }, data.labels.length > 1 ? labelPicker() : null, time, reset);
    followers.push(() => {
      time.textContent = selection.view ? `${timeText(selection.view)} of ${clock(data.length, 1000, data.length)}` : "Whole run";
      reset.hidden = !isSelected();
    });
  }
  place.append(bar);
};

// The cards of findings: a click selects their time and label.
const beginCards = () => {
  for (const card of document.querySelectorAll(".cards [data-finding]")) {
    const { from, to, label } = card.dataset;
    const wanted = { view: from === undefined ? null : [Number(from), Number(to)], label: label === undefined ? null : data.labels.indexOf(label) };
    if (wanted.label === -1) wanted.label = null;
    if (!wanted.view && wanted.label === null) continue;
    const heading = card.querySelector("h3");
    const show = button("show", "", () => select(wanted));
    show.title = "Show this time and label in all charts";
    show.append(...heading.childNodes);
    heading.append(show);
  }
};
