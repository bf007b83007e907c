"""Compares the drawings in a page with those that its script makes of the same data at the same width."""
import re

# The largest difference of two places, in pixels: both round to tenths.
TOLERANCE = 0.1001

# Shows every chart at the width of the page's own drawing; tells the drawings that the page came with and
# those of its script: paths as class, opacity and `d`, texts as class, place and content.
WIDTH = """const width = JSON.parse(document.getElementById("data").textContent).measures.page_width;
if (!document.getElementById("fixed-width")) document.head.insertAdjacentHTML("beforeend",
  `<style id="fixed-width">figure { box-sizing: content-box !important; width: ${width}px !important; }</style>`);
return [...document.querySelectorAll(".plot > svg")].filter((drawing) => drawing.viewBox.baseVal.width !== width).length;"""
DRAWINGS = """const page = new DOMParser().parseFromString(arguments[0], "text/html");
const of = (drawing) => ({
  view: drawing.getAttribute("viewBox"),
  paths: [...drawing.querySelectorAll("path")].map((path) => [path.getAttribute("class"), path.getAttribute("fill-opacity") || "", path.getAttribute("d")]),
  texts: [...drawing.querySelectorAll("text")].map((text) => [text.getAttribute("class"), Number(text.getAttribute("x")), Number(text.getAttribute("y")), text.textContent]),
});
return [...page.querySelectorAll("figure")].map((figure) => ({
  slug: figure.id, own: of(figure.querySelector(".plot > svg")), script: of(document.getElementById(figure.id).querySelector(".plot > svg")),
}));"""


def places(d):
    """The places that a path goes to, each with whether the pen is down; none twice in a row."""
    found, at, start = [], (0, 0), (0, 0)
    for command, arguments in re.findall(r"([MmLlHhVvz])([^MmLlHhVvz]*)", d):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", arguments)]
        x, y = at if command.islower() else (0, 0)
        match command.lower():
            case "h":
                steps = [(x + number, at[1]) for number in numbers]
            case "v":
                steps = [(at[0], y + number) for number in numbers]
            case "z":
                steps = [start]
            case _:
                steps = []
                for across, down in zip(numbers[::2], numbers[1::2]):
                    steps.append((x + across, y + down))
                    x, y = steps[-1] if command.islower() else (0, 0)
        for step in steps:
            is_down = command not in "Mm"
            if not is_down:
                start = step
            if not (is_down and found and max(abs(step[0] - at[0]), abs(step[1] - at[1])) < 0.01):
                found.append((is_down, *step))
            at = step
    return found


def difference(own, script):
    """What differs between two drawings; `None` if nothing does that could be seen."""
    if own["view"] != script["view"]:
        return f"size {own['view']} and {script['view']}"
    for kind in ("paths", "texts"):
        if [one[0] for one in own[kind]] != [one[0] for one in script[kind]]:
            return f"{kind} {[one[0] for one in own[kind]]} and {[one[0] for one in script[kind]]}"
    for (name, opacity, d), (_, other_opacity, other) in zip(own["paths"], script["paths"]):
        here, there = places(d), places(other)
        if opacity != other_opacity or [place[0] for place in here] != [place[0] for place in there]:
            return f"{name} {opacity}: {len(here)} places {d[:60]}, and {other_opacity}: {len(there)} places {other[:60]}"
        apart = max((abs(a - b) for one, two in zip(here, there) for a, b in zip(one[1:], two[1:])), default=0)
        if apart > TOLERANCE:
            return f"{name}: {apart:.2f} px apart"
    for (name, x, y, content), (_, other_x, other_y, other) in zip(own["texts"], script["texts"]):
        if content != other or max(abs(x - other_x), abs(y - other_y)) > TOLERANCE:
            return f"text {name} {content} at {x}, {y} and {other} at {other_x}, {other_y}"
    return None
