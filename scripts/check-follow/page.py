#!/usr/bin/env python3
"""Opens the page of a live run and checks what it promises.

    scripts/check-follow/page.py http://127.0.0.1:PORT CAPTURES

Exit code 1 if a check failed. Screenshots are left in CAPTURES.
"""
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "check-page"))
from browser import Browser  # noqa: E402

CHART = "response-time-percentiles-over-time"
STATE = """const chart = document.getElementById(arguments[0]);
return {
  samples: Number(document.querySelector(".figures dd").textContent.replaceAll(",", "")),
  marked: Boolean(window.isMarked), pressed: [...chart.querySelectorAll(".legend button")].map((one) => one.getAttribute("aria-pressed")),
  sorted: document.querySelector("#aggregate th[aria-sort]")?.cellIndex, top: chart.getBoundingClientRect().top,
  zoomed: [...chart.querySelectorAll(".tools button")].some((one) => one.textContent === "Reset zoom" && !one.hidden),
  open: chart.querySelector("details").open, badge: document.querySelector("nav .remark").textContent,
};"""
ACT = """window.isMarked = true;
document.querySelectorAll("#aggregate th button")[1].click();
const chart = document.getElementById(arguments[0]);
chart.querySelectorAll(".legend button")[1].click();
chart.querySelector("summary").click();
chart.scrollIntoView({block: "center", behavior: "instant"});
chart.querySelector(".plot").focus({preventScroll: true});"""


def main():
    address, captures = sys.argv[1], pathlib.Path(sys.argv[2])
    failures = 0

    def tell(what, is_right, seen=""):
        nonlocal failures
        print(f"{'PASS' if is_right else 'FAIL'}  page: {what}{'' if is_right else f': {seen}'}", flush=True)
        failures += not is_right

    with tempfile.TemporaryDirectory() as downloads:
        browser = Browser(downloads)
        try:
            browser.size(1280, 900)
            browser.call("POST", "/url", {"url": address})
            time.sleep(1)
            browser.screenshot(captures / "page.png")
            browser.run(ACT, CHART)
            browser.key("+")
            time.sleep(1)
            first = browser.run(STATE, CHART)
            time.sleep(6)
            later = browser.run(STATE, CHART)
            browser.screenshot(captures / "page-later.png")
            tell("samples grow", later["samples"] > first["samples"] > 0, (first, later))
            tell("is not loaded again", later["marked"], later)
            kept = ["pressed", "sorted", "zoomed", "open"]
            tell("keeps what was done to it", all(first[name] == later[name] for name in kept), (first, later))
            tell("was changed at all", first["zoomed"] and "false" in first["pressed"] and first["sorted"] is not None, first)
            tell("stays where it was scrolled to", abs(first["top"] - later["top"]) < 2, (first["top"], later["top"]))
            tell("says that it is live", later["badge"] == "● Live", later["badge"])
            tell("has no script error", not (errors := browser.errors()), errors)
            asked = {url for url in browser.requests() if not url.startswith(("data:", address))}
            tell("asks nobody else", not asked, asked)
        finally:
            browser.close()
    return failures > 0


sys.exit(main())
