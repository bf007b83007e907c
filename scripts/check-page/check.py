#!/usr/bin/env python3
"""Opens report.html pages in a headless Chromium and Firefox and tries everything that they promise.

    scripts/check-page/check.py REPORT_DIRECTORY... [--comparison PAGE]... [--firefox REPORT_DIRECTORY]...
        --screenshots DIR

Beside REPORT_DIRECTORY, the rows may stand as REPORT_DIRECTORY.jtl: parts of the run are checked against
them. Needs Debian's chromium, chromium-driver and firefox-esr, or the same from elsewhere on the PATH. Prints each check
with PASS or FAIL, then a verdict; exit code 1 if one failed.
"""
import argparse
import json
import pathlib
import re
import struct
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

from browser import Browser
from firefox import Firefox
import copying
import drawings
import following
import layout

# What the checks ask the page.
BOX = """const figure = document.getElementById(arguments[0]); figure.scrollIntoView({block: "center", behavior: "instant"});
const drawing = figure.querySelector(".plot svg"), frame = drawing.getBoundingClientRect();
const [, left, bottom, right] = /^M([\\d.]+) ([\\d.]+)H([\\d.]+)/.exec(figure.querySelector(".axis").getAttribute("d")).map(Number);
const scale = frame.width / drawing.viewBox.baseVal.width;
return {left: frame.left + left * scale, right: frame.left + right * scale, top: frame.top + 30, bottom: frame.top + bottom * scale};"""
TIP = """const tip = document.getElementById(arguments[0]).querySelector(".tip");
return tip.hidden ? null : tip.innerText.replaceAll("\\n", " ");"""
TICKS = """return [...document.getElementById(arguments[0]).querySelectorAll(".plot text.m:not(.a)")].map(text => text.textContent)"""
FIGURES = """document.querySelectorAll("details.also").forEach(folded => { folded.open = true; });
return JSON.parse(document.getElementById("data").textContent).figures
.map(figure => ({slug: figure.slug, isTime: figure.panels[0].x.scale === "time", min: figure.panels[0].x.min, max: figure.panels[0].x.max,
 series: figure.panels[0].series.map(series => series.name)}))"""

PERCENTILES = "response-time-percentiles-over-time"


class Check:
    def __init__(self, browser, directory, screenshots, downloads):
        self.browser, self.screenshots, self.downloads = browser, screenshots, downloads
        self.page = directory / "report.html"
        self.name = directory.name
        self.report = json.loads((directory / "report.json").read_text())
        self.failures = 0

    def tell(self, what, is_right, seen=""):
        print(f"{'PASS' if is_right else 'FAIL'}  {self.name}: {what}{'' if is_right else f': {seen}'}", flush=True)
        self.failures += not is_right

    def all(self):
        self.browser.size(1280, 900)
        self.browser.media()
        self.loads()
        self.draws()
        self.draws_as_perfkit()
        self.reads()
        self.toggles()
        self.zooms()
        self.sorts()
        self.saves()
        copying.all_checks(self)
        following.all_checks(self, self.page.parent.with_suffix(".jtl"))
        layout.all_checks(self)
        layout.remembers_the_theme(self)
        self.is_harmless()
        self.looks()
        self.prints()
        self.works_without_script()
        return self.failures

    def loads(self):
        self.tell("is below 1 MB", self.page.stat().st_size < 1_000_000, self.page.stat().st_size)
        self.browser.open(self.page)
        timing = self.browser.run("return performance.getEntriesByType('navigation')[0].toJSON()")
        took = timing["loadEventEnd"] - timing["startTime"]
        self.tell(f"is there within 2 s ({took:.0f} ms, {self.page.stat().st_size // 1000} KB)", 0 < took < 2000, took)

    def draws(self):
        started = time.monotonic()
        self.figures = self.browser.run(FIGURES)
        waiting = self.wait("return [...document.querySelectorAll('.plot')].filter(plot => !plot.querySelector('.tip')).length", 0)
        self.tell(f"draws all {len(self.figures)} charts ({1000 * (time.monotonic() - started):.0f} ms)", waiting == 0, waiting)

    def draws_as_perfkit(self):
        """At the same width, the script draws what the page came with, path by path."""
        waiting = self.wait(drawings.WIDTH, 0)
        pairs = self.browser.run(drawings.DRAWINGS, self.page.read_text())
        different = {pair["slug"]: drawings.difference(pair["own"], pair["script"]) for pair in pairs}
        different = {slug: what for slug, what in different.items() if what}
        paths = sum(len(pair["own"]["paths"]) for pair in pairs)
        self.tell(f"draws {paths} paths of {len(pairs)} charts as perfkit does", not waiting and pairs and not different, different)
        self.browser.run("document.getElementById('fixed-width').remove()")

    def wait(self, script, wanted):
        for _ in range(40):
            seen = self.browser.run(script)
            if seen == wanted:
                break
            time.sleep(0.05)
        return seen

    def box(self, slug):
        self.browser.run(BOX, slug)
        time.sleep(0.1)
        return self.browser.run(BOX, slug)

    def reads(self):
        """The tooltip tells what report.json has."""
        series = self.report["time_series"]
        values = series["percentiles"][0]["values"]
        known = [number for number, value in enumerate(values[:-1]) if value is not None and number > 0]
        if not known:
            return
        bucket = known[len(known) // 2]
        figure = next(figure for figure in self.figures if figure["slug"] == PERCENTILES)
        box = self.box(PERCENTILES)
        middle = series["start_ms"] - self.report["window"]["start_ms"] + (bucket + 0.5) * series["bucket_ms"]
        x = box["left"] + middle / figure["max"] * (box["right"] - box["left"])
        self.browser.move(x, (box["top"] + box["bottom"]) / 2)
        tip = self.browser.run(TIP, PERCENTILES) or ""
        wanted = [f"{name} {one['values'][bucket]:,} ms" for name, one in zip(figure["series"], series["percentiles"])]
        # On a logarithmic axis, 0 is less than 1.
        wanted = [text if text in tip else re.sub(r" 0 ms$", " <1 ms", text) for text in wanted]
        self.tell(f"tells the values pointed at ({wanted[0]})", all(text in tip for text in wanted), f"{tip!r}, not {wanted}")
        self.browser.screenshot(self.screenshots / f"{self.name}-hover.png")
        box = self.box("response-time-heatmap")
        self.browser.move((box["left"] + box["right"]) / 2, box["bottom"] - 20)
        tip = self.browser.run(TIP, "response-time-heatmap") or ""
        self.tell("tells a cell's range and count", "ms" in tip and "sample" in tip, tip)
        for slug in ("response-time-distribution", "response-time-against-throughput"):
            box = self.box(slug)
            self.browser.move(box["left"] + 0.6 * (box["right"] - box["left"]), box["bottom"] - 40)
            tip = self.browser.run(TIP, slug) or ""
            self.tell(f"tells a point of {slug}", "ms" in tip, tip)
            self.browser.screenshot(self.screenshots / f"{self.name}-hover-{slug}.png")
        self.browser.run(f"document.querySelector('#{PERCENTILES} .plot').focus()")
        self.browser.key("ArrowRight")
        spoken = self.browser.run(f"return document.querySelector('#{PERCENTILES} [role=status]').textContent")
        self.tell("tells the values to keys and screen readers", "percentile: " in spoken, spoken)
        self.browser.move(1, 1)

    def toggles(self, slug=PERCENTILES):
        entry = f"document.querySelectorAll('#{slug} .legend button')[0]"
        lines = f"return document.querySelectorAll('#{slug} [data-series=\"0\"]').length"
        all_lines = f"return new Set([...document.querySelectorAll('#{slug} [data-series]')].map(line => line.dataset.series)).size"
        all_before = self.browser.run(all_lines)
        before = self.browser.run(lines)
        self.browser.run(f"{entry}.click()")
        after, pressed = self.browser.run(lines), self.browser.run(f"return {entry}.getAttribute('aria-pressed')")
        others = all_before - self.browser.run(all_lines)
        self.tell("hides one series at a click", before > 0 and (after, pressed, others) == (0, "false", 1), (before, after, pressed, others))
        self.browser.run(f"{entry}.click()")
        self.tell("shows it again", self.browser.run(lines) == before)

    def time_ticks(self):
        time.sleep(0.5)  # charts are drawn one after the other
        shown = [figure for figure in self.figures if figure["isTime"] and figure["slug"] != "overview"]
        return {figure["slug"]: self.browser.run(TICKS, figure["slug"]) for figure in shown}

    def zooms(self):
        before = self.time_ticks()
        box = self.box(PERCENTILES)
        width, y = box["right"] - box["left"], (box["top"] + box["bottom"]) / 2
        drag = [box["left"] + share * width for share in (0.3, 0.4, 0.5)]
        self.browser.press(drag[0], y)
        for x in drag[1:]:
            self.browser.move(x, y)
        self.browser.release(drag[-1], y)
        zoomed = self.time_ticks()
        changed = [slug for slug in before if before[slug] != zoomed[slug]]
        alike = len({tuple(ticks) for ticks in zoomed.values()}) == 1
        self.tell(f"zooms all {len(before)} charts over time", changed == list(before) and alike, zoomed)
        self.browser.screenshot(self.screenshots / f"{self.name}-zoomed.png")
        self.browser.click(drag[1], y, clicks=2)
        self.tell("shows all again at a double click", self.time_ticks() == before)
        self.browser.press(drag[0], y)
        self.browser.move(drag[2], y)
        self.browser.release(drag[2], y)
        is_zoomed = self.time_ticks() != before
        self.browser.key("Escape")
        self.tell("shows all again at Escape", is_zoomed and self.time_ticks() == before)

    def sorts(self):
        samples = "return [...document.querySelectorAll('#aggregate tbody tr')].map(row => +row.cells[2].textContent.replaceAll(',', ''))"
        head = "document.querySelector('#aggregate thead').rows[0].cells[2]"
        shown = self.browser.run(samples)
        if len(shown) < 2:
            return
        orders = []
        for _ in range(3):
            self.browser.run(f"{head}.querySelector('button').click()")
            orders.append((self.browser.run(f"return {head}.getAttribute('aria-sort')"), self.browser.run(samples)))
        wanted = [("descending", sorted(shown, reverse=True)), ("ascending", sorted(shown)), (None, shown)]
        self.tell("sorts by a column, both ways and back", orders == wanted, orders)
        last = self.browser.run("return document.querySelector('#aggregate table').rows[document.querySelector('#aggregate table').rows.length - 1].cells[0].textContent")
        self.tell("keeps TOTAL last", last == "TOTAL", last)

    def saves(self):
        for kind, number in (("png", 1), ("svg", 2)):
            saved = self.downloads / f"{PERCENTILES}.{kind}"
            saved.unlink(missing_ok=True)
            self.browser.run(f"document.querySelectorAll('#{PERCENTILES} .tools button')[{number}].click()")
            for _ in range(60):
                if saved.exists() and saved.stat().st_size:
                    break
                time.sleep(0.05)
            content = saved.read_bytes() if saved.exists() else b""
            if kind == "png":
                width = struct.unpack(">I", content[16:20])[0] if content[:8] == b"\x89PNG\r\n\x1a\n" else None
                self.tell("saves a chart as PNG, 1920 wide", width == 1920, width)
            else:
                try:
                    root = xml.fromstring(content)
                    is_right = root.tag.endswith("svg") and root.find(".//{*}title") is not None
                except xml.ParseError as error:
                    is_right, root = False, error
                self.tell("saves a chart as SVG that stands alone", is_right, root)
            (self.screenshots / f"{self.name}-saved.{kind}").write_bytes(content)
        self.browser.run(f"document.querySelector('#{PERCENTILES} details').open = true")
        rows = self.wait(f"return document.querySelectorAll('#{PERCENTILES} details tbody tr').length > 0", True)
        self.tell("has a table of the data behind a chart", rows is True, rows)
        self.browser.run(f"document.querySelector('#{PERCENTILES} details').open = false")

    def is_harmless(self):
        """Labels are text: nothing of theirs ran, and the page is made of nothing else than it should be."""
        strange = self.browser.run("return [window.pwned || '', document.querySelectorAll('img, iframe, object, link:not([rel=icon]), main script').length]")
        self.tell("runs nothing that a label says", strange == ["", 0], strange)
        errors = self.browser.errors()
        self.tell("has no script errors", not errors, errors)
        asked = [url for url in self.browser.requests() if not url.startswith(("data:", "blob:")) and url != self.page.resolve().as_uri()[:100]]
        self.tell("asks nobody for anything", not asked, asked)

    def looks(self):
        self.browser.run("document.activeElement.blur(); window.scrollTo({top: 0, behavior: 'instant'})")
        self.browser.screenshot(self.screenshots / f"{self.name}-light.png")
        self.whole("light-whole")
        background = "return getComputedStyle(document.body).backgroundColor"
        light = self.browser.run(background)
        self.browser.media(scheme="dark")
        dark = self.browser.run(background)
        self.browser.screenshot(self.screenshots / f"{self.name}-dark.png")
        self.whole("dark-whole")
        self.browser.run("document.querySelector('nav button').click()")
        self.tell("is dark where that is wished, and light at a click", light != dark and self.browser.run(background) == light, (light, dark))
        self.browser.run("document.querySelector('nav button').click()")
        self.browser.media()
        self.tell("is dark at a click", self.browser.run(background) == dark)
        self.browser.run("delete document.documentElement.dataset.theme; localStorage.clear()")
        self.browser.size(360, 780, mobile=True, scale=2)
        time.sleep(0.3)
        wide = self.browser.run("return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
        self.tell("fits a phone", wide <= 360, wide)
        self.browser.screenshot(self.screenshots / f"{self.name}-phone.png")
        self.whole("phone-whole")
        self.browser.size(1280, 900)

    def whole(self, name):
        time.sleep(0.5)
        self.browser.screenshot(self.screenshots / f"{self.name}-{name}.png", whole=True)

    def prints(self):
        pdf = self.browser.pdf()
        (self.screenshots / f"{self.name}.pdf").write_bytes(pdf)
        self.tell("prints", pdf.startswith(b"%PDF") and len(pdf) > 10_000, len(pdf))
        layout.pages(self, pdf)

    def works_without_script(self):
        self.browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
        self.browser.open(self.page)
        root = self.browser.cdp("DOM.getDocument")["root"]["nodeId"]
        def find(selector):
            return self.browser.cdp("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]
        drawings = find("section > figure > .plot > svg")
        shown = [self.browser.cdp("DOM.getBoxModel", nodeId=node)["model"]["height"] for node in drawings]
        is_right = len(find(".plot > svg")) == len(self.figures) and len(drawings) > 2 and all(height > 100 for height in shown) and not find("button")
        self.tell("shows tables and charts without script", is_right and bool(find("table")), shown)
        self.browser.screenshot(self.screenshots / f"{self.name}-no-script.png", whole=True)
        self.browser.cdp("Emulation.setScriptExecutionDisabled", value=False)


class FirefoxCheck(Check):
    """The same in Firefox, without what only Chromium's driver can emulate."""

    def __init__(self, browser, directory, screenshots, downloads):
        super().__init__(browser, directory, screenshots, downloads)
        self.name = f"{directory.name}-firefox"

    def all(self):
        self.browser.size(1280, 900)
        self.loads()
        self.draws()
        self.draws_as_perfkit()
        self.reads()
        self.toggles()
        self.zooms()
        self.sorts()
        self.saves()
        copying.all_checks(self)
        following.all_checks(self, self.page.parent.with_suffix(".jtl"))
        layout.first_screen(self)
        layout.anchors(self, 1280)
        layout.ticks(self)
        layout.remembers_the_theme(self)
        self.is_harmless()
        self.browser.screenshot(self.screenshots / f"{self.name}-light.png")
        return self.failures


class ComparisonCheck(Check):
    """The same of a comparison, whose charts and tables are others."""

    def __init__(self, browser, page, screenshots, downloads):
        self.browser, self.screenshots, self.downloads = browser, screenshots, downloads
        self.page, self.name, self.failures = page, page.stem, 0

    def all(self):
        self.browser.size(1280, 900)
        self.browser.media()
        self.loads()
        self.draws()
        self.draws_as_perfkit()
        self.toggles(self.figures[0]["slug"])
        self.colours()
        self.is_harmless()
        self.looks()
        self.prints()
        self.works_without_script()
        return self.failures

    def colours(self):
        colour = "return [...document.querySelectorAll('{} td')].filter(cell => /{}/.test(cell.textContent)).map(cell => getComputedStyle(cell).color)"
        ink = self.browser.run("return getComputedStyle(document.body).color")
        verdicts = {word: set(self.browser.run(colour.format("#figures", f"^{word}$"))) for word in ("worse", "better")}
        changes = set(self.browser.run(colour.format("#changes", "[▲▼]")))
        others = set(self.browser.run(colour.format("#changes", "^[^▲▼]*$")))
        told = set().union(*verdicts.values())
        is_right = told and ink not in told and all(len(colours) < 2 for colours in verdicts.values())
        is_right = is_right and len(told) == sum(map(len, verdicts.values())) and changes and changes <= told
        self.tell("shows in colour what is worse or better", is_right and others <= {ink}, (ink, verdicts, changes, others))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("directories", nargs="*", type=pathlib.Path)
    arguments.add_argument("--comparison", action="append", default=[], type=pathlib.Path)
    arguments.add_argument("--firefox", action="append", default=[], type=pathlib.Path)
    arguments.add_argument("--screenshots", type=pathlib.Path, required=True)
    arguments = arguments.parse_args()
    arguments.screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as downloads:
        browser = Browser(downloads)
        try:
            of = browser, arguments.screenshots, pathlib.Path(downloads)
            checks = [Check(of[0], directory, *of[1:]) for directory in arguments.directories]
            checks += [ComparisonCheck(of[0], page, *of[1:]) for page in arguments.comparison]
            failures = sum(check.all() for check in checks)
        finally:
            browser.close()
        if arguments.firefox:
            browser = Firefox(downloads)
            try:
                of = arguments.screenshots, pathlib.Path(downloads)
                failures += sum(FirefoxCheck(browser, directory, *of).all() for directory in arguments.firefox)
            finally:
                browser.close()
    print(f"FAIL: {failures} checks" if failures else "PASS")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
