"""Checks that tiles, tables and charts follow the selected time and label, against the rows of the results."""
import csv
import time
import urllib.parse

DATA = """const data = JSON.parse(document.getElementById("data").textContent);
return {labels: data.labels, length: data.length, start: data.start,
 slices: data.slices && {start: data.slices.start, width: data.slices.width, count: data.slices.count, bits: data.slices.bits,
  kept: data.slices.cells.map(cells => cells !== null), bytes: JSON.stringify(data.slices).length}}"""
TILES = """return Object.fromEntries([...document.querySelectorAll(".figures [data-key]")].map(tile => [tile.dataset.key, tile.querySelector("dd span").textContent]))"""
# Runs an interaction, and returns how long the page could not answer because of it, in ms.
BUSY = """const done = arguments[arguments.length - 1], body = arguments[0];
let longest = 0;
const observer = new PerformanceObserver(list => { for (const task of list.getEntries()) longest = Math.max(longest, task.duration); });
try { observer.observe({type: "longtask"}); } catch {}
const started = performance.now();
new Function(body)();
const took = performance.now() - started;
setTimeout(() => { for (const task of observer.takeRecords()) longest = Math.max(longest, task.duration); observer.disconnect(); done([took, longest]); }, 900);"""
LABEL_BUTTON = "[...document.querySelectorAll('#aggregate tbody tr')].find(row => row.dataset.label === '{}').querySelector('th button')"

# Longest time for an interaction, ms.
MAX_BUSY = 100


def number(text):
    return float(text.replace("≈", "").replace(",", "").replace("%", "").strip())


def rank(count, share):
    return max(1, int(count * share + 0.5))


class Rows:
    """The rows of results, as (start since the run's start, elapsed, label, success)."""

    def __init__(self, path):
        with open(path, newline="", encoding="utf-8") as file:
            rows = [(int(row["timeStamp"]), int(row["elapsed"]), row["label"], row["success"] == "true") for row in csv.DictReader(file)]
        first = min(row[0] for row in rows)
        self.rows = [(start - first, *others) for start, *others in rows]

    def within(self, begin, end, label):
        return [row for row in self.rows if begin <= row[0] < end and (label is None or row[2] == label)]


def all_checks(check, results):
    check.browser.open(check.page)
    check.draws()
    data = check.browser.run(DATA)
    if not data["slices"]:
        return
    check.tell(f"has slices of at most 400 KB ({data['slices']['bytes'] // 1000} KB)", data["slices"]["bytes"] <= 410_000, data["slices"]["bytes"])
    # Of a run of a few slices, a part cannot be named to the millisecond.
    if results.exists() and data["slices"]["count"] >= 8:
        follows_time_and_label(check, data, Rows(results))
    if len(data["labels"]) > 1:
        picks_a_label(check, data)
        searches_and_orders(check)
    links_cursors(check)
    brushes(check)


def select(check, fragment):
    check.browser.run(f"location.hash = {fragment!r}")
    time.sleep(0.4)


def follows_time_and_label(check, data, rows):
    """Figures of a part of the run are those of its rows, within the precision of the slices."""
    slices = data["slices"]
    first, end = slices["count"] // 4, max(slices["count"] // 4 + 1, slices["count"] // 2)
    begin, finish = (slices["start"] + place * slices["width"] for place in (first, end))
    begin, finish = max(0, begin), min(data["length"], finish)
    kept = [label for label, is_kept in zip(data["labels"], slices["kept"]) if is_kept and label]
    tolerance = 1.05 / 2 ** slices["bits"]
    wrong = []
    for label in [None, *kept[:1], *kept[-1:]]:
        fragment = f"&t={begin / 1000}-{finish / 1000}" + (f"&label={urllib.parse.quote(label, safe='')}" if label else "")
        select(check, fragment)
        tiles = check.browser.run(TILES)
        own = rows.within(begin, finish, label)
        times = sorted(row[1] for row in own)
        failed = sum(not row[3] for row in own)
        if number(tiles["samples"]) != len(own):
            wrong.append((label, "samples", tiles["samples"], len(own)))
        if own and abs(number(tiles["error_percent"]) - 100 * failed / len(own)) > 0.001:
            wrong.append((label, "errors", tiles["error_percent"], failed))
        if own and finish > begin and abs(number(tiles["throughput"]) - 1000 * len(own) / (finish - begin)) > 0.01:
            wrong.append((label, "throughput", tiles["throughput"], 1000 * len(own) / (finish - begin)))
        for key, share in (("median", 0.5), ("p95", 0.95)):
            if own and abs(number(tiles[key]) - times[rank(len(times), share) - 1]) > tolerance * times[rank(len(times), share) - 1] + 0.5:
                wrong.append((label, key, tiles[key], times[rank(len(times), share) - 1]))
    check.tell("computes a part of the run as its rows say", not wrong, wrong)
    row = check.browser.run("const total = document.querySelector('#aggregate tfoot tr'); return total ? [...total.cells].map(cell => cell.textContent) : []")
    own = rows.within(begin, finish, None)
    check.tell("shows that part in the table", bool(row) and number(row[2]) == len(own), (row, len(own)))
    select(check, "")


def picks_a_label(check, data):
    label = [label for label in data["labels"] if label.strip()][-1]
    place = data["labels"].index(label)
    before = check.browser.run("return location.hash")
    check.browser.run("document.querySelector('.picker input').focus()")
    check.browser.run("""const field = document.querySelector(".picker input"); field.value = arguments[0];
field.dispatchEvent(new Event("input", {bubbles: true}));""", label)
    options = check.browser.run("return [...document.querySelectorAll('#label-options [role=option]')].map(option => option.title)")
    check.tell("finds a label by its name", label in options, options[:5])
    for _ in range((options.index(label) if label in options else 0) - 1):
        check.browser.key("ArrowDown")
    check.browser.key("Enter")
    time.sleep(0.4)
    shown = check.browser.run("""const panel = document.getElementById("label-panel");
return [panel?.querySelector("h2").textContent, panel?.querySelectorAll("figure .plot svg path").length > 4, location.hash.includes("label="),
 document.querySelectorAll("#transactions-per-second [data-series]").length]""")
    kept = data["slices"]["kept"][place]
    check.tell("opens the panel of a label that is picked", shown[0] == label and shown[2] and (not kept or shown[1]), shown)
    if kept and "transactions-per-second" in {figure["slug"] for figure in check.figures}:
        check.tell("draws only that label", shown[3] == 1, shown)
    linked = check.browser.run("return location.href")
    check.browser.screenshot(check.screenshots / f"{check.name}-label.png")
    check.browser.run("history.back()")
    time.sleep(0.4)
    gone = check.browser.run("return [document.getElementById('label-panel') === null, location.hash]")
    check.tell("goes back to all labels", gone[0] and gone[1] == before, gone)
    check.browser.go(linked)
    time.sleep(0.6)
    shown = check.browser.run("return document.querySelector('#label-panel h2')?.textContent")
    check.tell("shows what a link's sender saw", shown == label, shown)
    check.browser.run("document.activeElement.blur()")
    check.browser.key("Escape")
    time.sleep(0.3)
    check.tell("shows all again at Escape", check.browser.run("return document.getElementById('label-panel') === null"))
    answers_at_once(check, data)


def answers_at_once(check, data):
    """Every interaction leaves the page free to answer, however many labels there are."""
    label = max((place for place, kept in enumerate(data["slices"]["kept"]) if kept), default=0)
    rows = check.browser.run("return [...document.querySelectorAll('#aggregate tbody tr')].map(row => row.dataset.label).filter(label => label !== undefined)")
    shown = str(label) if str(label) in rows else rows[-1]
    half = data["length"] / 2000
    interactions = {
        "a label": LABEL_BUTTON.format(shown) + ".click()",
        "a time": f"location.hash = '&t=0-{half}'",
        "both": f"location.hash = '&t=0-{half}&label=' + encodeURIComponent({data['labels'][int(shown)]!r})",
        "a search": "const field = document.querySelector('.table-bar input'); field.value = '1'; field.dispatchEvent(new Event('input')); field.value = ''; field.dispatchEvent(new Event('input'))",
        "an order": "document.querySelectorAll('.orders button')[2].click()",
        "the picker": "document.querySelector('.picker input').focus()",
        "a reset": "document.activeElement.blur(); location.hash = ''",
    }
    # The least of several times is that of the page, not of what else the machine does.
    longest = {name: [] for name in interactions}
    for _ in range(3):
        for name, body in interactions.items():
            longest[name].append(max(check.browser.wait_for(BUSY, body)))
    slow = {name: [round(took) for took in times] for name, times in longest.items() if min(times) >= MAX_BUSY}
    check.tell(f"answers each of {len(interactions)} interactions within {MAX_BUSY} ms", not slow, slow)
    check.browser.run("document.querySelectorAll('.orders button')[0].click()")


def searches_and_orders(check):
    shown = """return [...document.querySelectorAll("#aggregate tbody tr:not([hidden])")].filter(row => row.dataset.label !== undefined).map(row => Number(row.dataset.label))"""
    worst = check.browser.run("return JSON.parse(document.getElementById('data').textContent).worst")
    orders = {}
    for place, column in ((0, 0), (1, 1), (2, 2)):
        check.browser.run(f"document.querySelectorAll('.orders button')[{place}].click()")
        rows = check.browser.run(shown)
        values = [worst[label][column] or 0 for label in rows]
        orders[place] = values == sorted(values, reverse=True)
    check.tell("orders labels worst first", all(orders.values()), orders)
    check.browser.run("document.querySelectorAll('.orders button')[0].click()")
    sparks = check.browser.run("return document.querySelectorAll('#aggregate .spark path').length")
    check.tell("shows the course of labels as sparklines", sparks > 0, sparks)


def links_cursors(check):
    slug = "response-time-percentiles-over-time"
    box = check.box(slug)
    check.browser.move((box["left"] + box["right"]) / 2, (box["top"] + box["bottom"]) / 2)
    crossed = check.browser.run("""return [...document.querySelectorAll("figure")].filter(figure => {
 const {top, bottom} = figure.getBoundingClientRect(); return bottom > 0 && top < innerHeight && figure.querySelector(".cross"); }).length""")
    check.browser.move(1, 1)
    left = check.browser.run("return document.querySelectorAll('.cross').length")
    others = check.browser.run("""return [...document.querySelectorAll("figure")].filter(figure => {
 const {top, bottom} = figure.getBoundingClientRect(); return bottom > 0 && top < innerHeight && figure.querySelector(".plot svg"); }).length""")
    check.tell("shows the cursor of one chart in the others in view", crossed > 1 or others < 2 and crossed == 1, (crossed, others))
    check.tell("takes it away again", left == 0, left)


def brushes(check):
    """A brush on the overview selects a time, and it keeps showing the whole run."""
    ticks = "return [...document.querySelectorAll('#overview text.m:not(.a)')].map(text => text.textContent).join()"
    before = check.browser.run(ticks)
    box = check.box("overview")
    y, width = box["top"] + 10, box["right"] - box["left"]
    check.browser.press(box["left"] + 0.2 * width, y)
    check.browser.move(box["left"] + 0.3 * width, y)
    check.browser.move(box["left"] + 0.6 * width, y)
    check.browser.release(box["left"] + 0.6 * width, y)
    time.sleep(0.4)
    seen = check.browser.run("return [location.hash.includes('&t='), document.querySelectorAll('#overview .outside').length > 0]")
    check.tell("selects a time with the brush", seen == [True, True] and check.browser.run(ticks) == before, seen)
    check.browser.screenshot(check.screenshots / f"{check.name}-brush.png")
    check.browser.run("document.activeElement.blur()")
    check.browser.key("Escape")
    time.sleep(0.3)
    check.tell("forgets it at Escape", check.browser.run("return !location.hash.includes('t=') && !document.querySelector('#overview .outside')"))
