const root = document.documentElement;
const dataOf = (page) => JSON.parse(page.getElementById("data").textContent);
let data = dataOf(document);
let { measures } = data;

// Elements. Text is always set as text: labels are untrusted.

const SVG = "http://www.w3.org/2000/svg";
const put = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
};
const html = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => put(document.createElementNS(SVG, tag), attributes, children);
const button = (name, text, press) => {
  const made = html("button", { type: "button", class: name }, text);
  made.addEventListener("click", press);
  return made;
};

// Numbers. Formats are kept: to make one takes longer than to use it.

const formats = new Map();
const formatted = (value, least, most = least) => {
  const key = 100 * least + most;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat("en-US", { minimumFractionDigits: least, maximumFractionDigits: most }));
  return formats.get(key).format(value);
};

const grouped = (value, decimals) => {
  for (const [unit, size] of [["T", 1e12], ["G", 1e9], ["M", 1e6]]) {
    if (Math.abs(value) >= size) return (value / size).toFixed(1).replace(/\.0$/, "") + unit;
  }
  return formatted(value, decimals);
};
// Formats a value with the five significant digits that the data hold.
const told = (value) => {
  const decimals = Number.isInteger(value) ? 0 : Math.max(0, 4 - Math.floor(Math.log10(Math.abs(value))));
  return formatted(value, 0, Math.min(decimals, 8));
};
const unitOf = (axis) => {
  const unit = /\((ms|%)\)/.exec(axis.label);
  return unit ? " " + unit[1] : axis.label.startsWith("%") ? " %" : "";
};
const roundStep = (least) => {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-9)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * (1 - 1e-9));
};
