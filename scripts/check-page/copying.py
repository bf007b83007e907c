"""Checks what is copied: tables as Markdown and CSV, and links."""
import csv
import io

CAPTURE = """window.copiedText = null;
Object.defineProperty(navigator, "clipboard", {configurable: true, value: {writeText: text => { window.copiedText = text; return Promise.resolve(); }}});"""


def all_checks(check, table="#aggregate"):
    check.browser.run(CAPTURE)
    press = "[...document.querySelectorAll('{} .table-tools button')].find(button => button.textContent === '{}').click(); return window.copiedText"
    rows = check.browser.run(f"return [...document.querySelectorAll('{table} table tr')].filter(row => !row.hidden).length")
    markdown = check.browser.run(press.format(table, "Markdown"))
    lines = markdown.splitlines()
    check.tell("copies a table as Markdown", len(lines) == rows + 1 and set(lines[1]) <= set("|-:") and all(line.startswith("| ") for line in lines[2:]), lines[:3])
    text = check.browser.run(press.format(table, "CSV"))
    parsed = list(csv.reader(io.StringIO(text)))
    is_right = len(parsed) == rows and len({len(row) for row in parsed}) == 1 and parsed[-1][0] == "TOTAL"
    check.tell("copies a table as CSV, without separators in numbers", is_right and "," not in "".join(parsed[-1][1:]), parsed[:2])
    slug = check.figures[0]["slug"]
    link = check.browser.run(f"[...document.querySelectorAll('#{slug} .tools button')].find(button => button.textContent === 'Link').click(); return window.copiedText")
    check.tell("copies a link to a chart", link.endswith(f"#{slug}"), link)
