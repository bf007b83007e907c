"""Checks where things are: the first screen, links within the page, what stays in view, and paper."""
import re
import time

MAX_PAGES = 10


def all_checks(check):
    first_screen(check)
    for width in (1280, 1024, 390):
        check.browser.size(width, 844, mobile=width < 600)
        time.sleep(0.3)
        anchors(check, width)
    check.browser.size(1280, 900)
    ticks(check)


def first_screen(check):
    """The verdict, the figures and the start of the overview are seen without scrolling."""
    check.browser.run("window.scrollTo({top: 0, behavior: 'instant'})")
    tops = check.browser.run("""return [".banner", ".figures", "#overview .plot"].map(part => document.querySelector(part)?.getBoundingClientRect().top ?? 9999)""")
    check.tell(f"shows verdict, figures and overview on the first screen ({tops[2]:.0f} px)", tops == sorted(tops) and tops[2] < 760, tops)


def anchors(check, width):
    """Links of the navigation land where they say, below what stays in view, and the navigation stays."""
    wrong = {}
    for anchor in check.browser.run("return [...document.querySelectorAll('nav li a')].map(link => link.getAttribute('href').slice(1))"):
        check.browser.run(f"document.querySelector('nav a[href=\"#{anchor}\"]').click()")
        top, cover, nav, rest = check.browser.run(f"""const heading = document.getElementById({anchor!r}).getBoundingClientRect();
const bars = [...document.querySelectorAll("nav, .controls")].map(bar => bar.getBoundingClientRect()).filter(bar => bar.top <= 60 && bar.height < 300);
const bottom = document.documentElement.scrollHeight - innerHeight - scrollY;
return [heading.top, Math.max(0, ...bars.map(bar => bar.bottom)), document.querySelector("nav").getBoundingClientRect().top, bottom]""")
        if nav < -1 or not (cover - 2 <= top <= cover + 90 or rest < 2):
            wrong[anchor] = (top, cover, nav)
    check.tell(f"lands where links say at {width} px, with the navigation in view", not wrong, wrong)
    wide = check.browser.run("return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
    check.tell(f"fits {width} px", wide <= width, wide)


def ticks(check):
    """No text of a chart is cut off at its edge."""
    cut = check.browser.run("""return [...document.querySelectorAll(".plot > svg")].flatMap(drawing => {
const frame = drawing.getBoundingClientRect();
return [...drawing.querySelectorAll("text")].filter(text => { const box = text.getBoundingClientRect(); return box.width && (box.right > frame.right + 3 || box.left < frame.left - 3); }).map(text => text.textContent);
})""")
    check.tell("cuts no text off", not cut, cut[:5])


def pages(check, pdf):
    """The pages of a PDF."""
    count = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
    check.tell(f"prints on {count} pages", 0 < count and (check.name != "standard" or count < MAX_PAGES), count)


def remembers_the_theme(check):
    background = "return getComputedStyle(document.body).backgroundColor"
    light = check.browser.run(background)
    check.browser.run("document.querySelector('nav button').click()")
    dark = check.browser.run(background)
    check.browser.open(check.page)
    kept = check.browser.run(background)
    check.browser.run("document.querySelector('nav button').click(); localStorage.clear(); delete document.documentElement.dataset.theme")
    check.tell("remembers the theme", dark != light and kept == dark, (light, dark, kept))
