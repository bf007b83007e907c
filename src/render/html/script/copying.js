// Copying: tables as Markdown and CSV, and links.

const copyText = async (content) => {
  try {
    await navigator.clipboard.writeText(content);
  } catch {
    // Without the permission, or in an older browser.
    const area = html("textarea", { class: "unseen" });
    area.value = content;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
};
// Copies, and says so on the button for a moment.
const copied = (pressed, content) => {
  copyText(content);
  const before = pressed.dataset.name || pressed.textContent;
  pressed.dataset.name = before;
  pressed.textContent = "Copied";
  setTimeout(() => { pressed.textContent = before; }, 1200);
};
const linkTo = (anchor) => location.href.replace(/#.*$/, "") + fragmentOf(anchor);

// The rows of a table as text, without what only the page adds; numbers without separators.
const rowsOf = (table) => {
  const rows = [...table.tHead.rows, ...table.tBodies[0].rows, ...(table.tFoot ? table.tFoot.rows : [])];
  return rows.filter((row) => !row.hidden).map((row) => [...row.cells].filter((cell) => !cell.classList.contains("spark-cell")).map((cell) => {
    const whole = cell.title && cell.title.length < 300 ? cell.title : cell.textContent.trim();
    return /^-?[\d,]+(\.\d+)?%?$/.test(whole) ? whole.replaceAll(",", "") : whole.replace(/\s+/g, " ");
  }));
};
const asMarkdown = (table) => {
  const escape = (cell) => cell.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;");
  const [head, ...rows] = rowsOf(table).map((row) => `| ${row.map(escape).join(" | ")} |`);
  const isText = (cell) => cell.classList.contains("t");
  const heads = [...table.tHead.rows[0].cells].filter((cell) => !cell.classList.contains("spark-cell"));
  return [head, `|${heads.map((cell) => (isText(cell) ? "---|" : "--:|")).join("")}`, ...rows].join("\n") + "\n";
};
// Quotes what needs it. A cell that a spreadsheet would take for a formula gets an apostrophe.
const asCsv = (table) => {
  const cellOf = (cell) => {
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(cell) ? `'${cell}` : cell;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rowsOf(table).map((row) => row.map(cellOf).join(",")).join("\r\n") + "\r\n";
};
const addTableTools = (scroll) => {
  const table = scroll.querySelector("table");
  const name = table.caption?.textContent || "table";
  const tool = (kind, make) => {
    const made = button("tool", kind, () => copied(made, make(table)));
    made.title = `Copy “${name}” as ${kind}`;
    made.setAttribute("aria-label", made.title);
    return made;
  };
  scroll.before(html("div", { class: "table-tools" }, tool("Markdown", asMarkdown), tool("CSV", asCsv)));
};
