#!/usr/bin/env python3
"""Compares perfkit's figures with JMeter's dashboard (`jmeter -g`) of the same random results.

The results have few and many rows per label, transaction controllers, empty ones, errors, and rows out of order.
With `--compat dashboard`, every entry of statistics.json must be the same byte for byte. Without it, all except the
percentiles and the last digits of the mean. The tables of Apdex, errors and top 5 errors and the requests summary
are compared with those in dashboard.js. A further file is compared under every estimator of percentiles and under
several windows.

Intended differences are not compared. JMeter keeps a row of NaN for a label that has only empty transaction
controllers, and a Total of such rows. It writes NaN and Infinity where perfkit has null.

    scripts/check-against-dashboard.py [--files 12] [--seed 1] [RESULTS ...]
    scripts/check-against-dashboard.py --record-fixture

The second writes fixtures/dashboard.jtl.gz, and fixtures/dashboard.statistics.json as JMeter makes it from that file.
Needs Java, Maven and cargo. Prints every difference and a verdict; exits 1 if there is a difference.
"""
import argparse
import csv
import gzip
import html
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
COLUMNS = ("timeStamp elapsed label responseCode responseMessage threadName dataType success failureMessage bytes "
           "sentBytes grpThreads allThreads URL Latency IdleTime Connect").split()
LABELS = ["Fibonacci", "IsPrime", "Log in", "a,b", "Ünïcode ☃", "GET /x?y=1&z=<2>", "it's", "label-0"]
ERRORS = [("500", "Internal Server Error", ""), ("404", "", ""), ("200", "OK", "Test failed: text expected to contain /x/"),
          ("200", "OK", ""), ("", "", "no code"), ("Non HTTP response code: java.net.SocketException", "Connection reset", ""),
          ("503", "a & b < c", ""), ("429", "Too Many", "")]
ESTIMATORS = ["LEGACY"] + [f"R_{number}" for number in range(1, 10)]
WINDOWS = [20_000, 1_000, -1, 7, 2, 1]
ENTRY = re.compile(r'^  ".*?^  \}', re.M | re.S)


def rows(size, labels, dice, drift):
    """Rows of a run whose response times change over time, so that its end differs from the whole."""
    stamp, typical = 1_700_000_000_000, dice.choice([2, 20, 300])
    for number in range(size):
        stamp += dice.choice([0, 0, 1, 3])
        level = typical * (1 + drift * number / size)
        elapsed = int(dice.lognormvariate(0, 0.7) * level)
        code, message, failure = ("200", "OK", "")
        ok = dice.random() < 0.97
        if not ok:
            code, message, failure = dice.choice(ERRORS)
        label, size_of_answer = dice.choice(labels), dice.choice([150, 200, 225])
        if dice.random() < 0.05:
            inside = dice.randrange(3)
            label = dice.choice(["Order", "Order", labels[0], "Empty"])
            inside = 0 if label == "Empty" else inside
            message = f"Number of samples in transaction : {inside}, number of failing samples : {0 if ok else 1}"
            code = "200" if ok else code
        yield [stamp - dice.choice([0, 0, 0, 7]), elapsed, label, code, message, "Users 1-1", "text",
               str(ok).lower(), failure, size_of_answer, 120, 1, 1, "http://h/", elapsed, 0, 0]


def write(path, size, labels, dice, drift):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        out.writerows(rows(size, labels, dice, drift))


def dashboard(jmeter, results, folder, settings=None):
    """Lets JMeter write a dashboard with an estimator and a window, and returns its directory."""
    folder.mkdir()
    properties = []
    if settings:
        properties = [f"-Jbackend_metrics_percentile_estimator={settings[0]}",
                      f"-Jjmeter.reportgenerator.statistic_window={settings[1]}"]
    made = subprocess.run([jmeter, "-g", results, "-o", folder / "out", "-j", folder / "jmeter.log", *properties], cwd=folder,
                          capture_output=True, text=True)
    if not (folder / "out/statistics.json").exists():
        sys.exit(f"JMeter wrote no dashboard for {results}:\n{made.stdout}{made.stderr}")
    return folder / "out"


def is_row(entry):
    return '"sampleCount" : 0,' not in entry


def entries(path):
    text = re.sub(r'"(NaN|-?Infinity)"', "null", path.read_text(encoding="utf-8"))
    return sorted(filter(is_row, ENTRY.findall(text)))


def differences_of_statistics(out, ours):
    found = []
    theirs, mine = entries(out / "statistics.json"), entries(ours / "compat/statistics.json")
    if theirs != mine:
        found += [f"statistics.json: JMeter {entry}" for entry in theirs if entry not in mine]
        found += [f"statistics.json: perfkit {entry}" for entry in mine if entry not in theirs]
    theirs = {label: entry for label, entry in json.loads((out / "statistics.json").read_text()).items() if entry["sampleCount"]}
    exact = {label: entry for label, entry in json.loads((ours / "exact/statistics.json").read_text()).items() if entry["sampleCount"]}
    if theirs.keys() != exact.keys():
        return found + [f"labels: JMeter {sorted(theirs)}, perfkit {sorted(exact)}"]
    for label, entry in theirs.items():
        if list(entry) != list(exact[label]):
            found.append(f"keys: JMeter {list(entry)}, perfkit {list(exact[label])}")
        for key, value in entry.items():
            mine = exact[label][key]
            if key == "meanResTime":
                same = abs(mine - value) <= 1e-9 * max(1, abs(value))
            elif key.startswith(("pct", "median")):
                same = True
            else:
                same = mine == (None if value in ("Infinity", "NaN") else value)
            if not same:
                found.append(f"exact {label} {key}: JMeter {value}, perfkit {mine}")
    return found


def table(text, name):
    start = text.index('createTable($("#' + name + '"), ') + len('createTable($("#' + name + '"), ')
    return json.JSONDecoder().raw_decode(re.sub(r"\b(NaN|Infinity)\b", "null", text[start:]))[0]


def plain(error):
    """Undoes JMeter's HTML and JavaScript escapes of an error."""
    return html.unescape(error).replace("\\n", "\n").replace("\\t", "\t")


def differences_of_tables(out, ours):
    text = (out / "content/js/dashboard.js").read_text(encoding="utf-8")
    report = json.loads((ours / "exact/report.json").read_text(encoding="utf-8"))
    found = []

    def compare(name, theirs, mine):
        if theirs != mine:
            found.append(f"{name}:\n    JMeter  {theirs}\n    perfkit {mine}")

    apdex = table(text, "apdexTable")
    mine = [[row["apdex"], row["satisfied_ms"], row["tolerated_ms"], row["label"]]
            for row in report["apdex"]["labels"] + [report["apdex"]["total"]]]
    compare("apdex", sorted([item["data"] for item in apdex["items"]] + [apdex["overall"]["data"]], key=str), sorted(mine, key=str))

    errors = sorted([plain(row["data"][0])] + row["data"][1:] for row in table(text, "errorsTable")["items"])
    mine = sorted([row["error"], row["count"], row["ratio_of_errors"] * 100, row["ratio_of_samples"] * 100] for row in report["errors"])
    rounded = lambda table: [[cell if isinstance(cell, (int, str)) else round(cell, 9) for cell in row] for row in table]
    compare("errors", rounded(errors), rounded(mine))

    top = table(text, "top5ErrorsBySamplerTable")
    theirs = {row["data"][0]: row["data"][1:] for row in top["items"] + [top["overall"]] if row["data"]}
    mine = {row["label"]: row for row in report["top_errors"]["labels"] + [report["top_errors"]["total"]]}
    compare("top 5 labels", sorted(theirs), sorted(mine))
    for label in theirs.keys() & mine.keys():
        count, failed, *pairs = theirs[label]
        pairs = [(plain(error), number) for error, number in zip(pairs[::2], pairs[1::2]) if number != ""]
        own = [(error["error"], error["count"]) for error in mine[label]["top"]]
        # JMeter picks any of the errors that are equally frequent.
        least = min((number for _, number in pairs), default=0)
        above = lambda errors: sorted(error for error in errors if error[1] > least)
        compare(f"top 5 of {label}", [count, failed, [number for _, number in pairs], above(pairs)],
                [mine[label]["rows"], mine[label]["errors"], [number for _, number in own], above(own)])

    summary = json.loads(re.search(r"var data = (\{\"(?:Ok|Ko)Percent.*?\});", text)[1])
    for key, ratio in [("OkPercent", "ok_ratio"), ("KoPercent", "ko_ratio")]:
        compare(key, round(summary[key], 9), round((report["requests"][ratio] or 0) * 100, 9))
    return found


def analyse(perfkit, results, folder, settings=None):
    tool = f"dashboard:{settings[0]},window={settings[1]}" if settings else "dashboard"
    for name, options in [("exact", []), ("compat", ["--compat", tool])]:
        subprocess.run([perfkit, "analyze", results, "--platform", "x", "--timezone", "UTC", "--charts", "none", "-o", folder / name,
                        *options],
                       capture_output=True, check=True)


def record_fixture(jmeter, folder):
    dice = random.Random(4)
    results = folder / "dashboard.jtl"
    write(results, 24_000, ["Fibonacci"] * 24 + ["IsPrime"], dice, drift=2)
    out = dashboard(jmeter, results, folder / "jmeter")
    with open(REPOSITORY / "fixtures/dashboard.jtl.gz", "wb") as file:
        with gzip.GzipFile("", "wb", compresslevel=9, fileobj=file, mtime=0) as packed:
            packed.write(results.read_bytes())
    shutil.copyfile(out / "statistics.json", REPOSITORY / "fixtures/dashboard.statistics.json")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--perfkit", help="the binary to check, if it is not to be built")
    parser.add_argument("--record-fixture", action="store_true")
    parser.add_argument("results", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    jmeter = subprocess.run([REPOSITORY / "scripts/jmeter/assemble.sh"], check=True, capture_output=True,
                            text=True).stdout.strip() + "/bin/jmeter"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if options.record_fixture:
            return record_fixture(jmeter, folder)
        perfkit = options.perfkit
        if not perfkit:
            subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=REPOSITORY, check=True)
            metadata = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=REPOSITORY, check=True,
                                      capture_output=True, text=True).stdout
            perfkit = json.loads(metadata)["target_directory"] + "/release/perfkit"
        dice = random.Random(options.seed)
        files = [results.resolve() for results in options.results]
        if not files:
            sizes = [1, 2, 3, 30, 45_000, 70_000]
            for number in range(options.files):
                size = sizes[number] if number < len(sizes) else dice.choice([dice.randint(1, 400), dice.randint(1, 60_000)])
                files.append(folder / f"{number}.jtl")
                write(files[-1], size, dice.sample(LABELS, dice.randint(1, 4)), dice, dice.choice([0, 1, 5]))
        tasks = [(results, None) for results in files]
        if not options.results:
            settings = [(estimator, WINDOWS[number % len(WINDOWS)]) for number, estimator in enumerate(ESTIMATORS * 2)]
            varied = folder / "settings.jtl"
            write(varied, 3_001, LABELS[:3], dice, 1)
            # Every estimator with two windows.
            tasks += [(varied, setting) for setting in settings]
        different = 0
        for number, (results, settings) in enumerate(tasks):
            ours = folder / f"perfkit-{number}"
            analyse(perfkit, results, ours, settings)
            out = dashboard(jmeter, results, folder / f"jmeter-{number}", settings)
            found = differences_of_statistics(out, ours) + differences_of_tables(out, ours)
            different += bool(found)
            if found:
                print(f"--- {results.name} {settings or ''}", *found, sep="\n  ")
        print(f"{'FAIL' if different else 'PASS'}: {len(tasks)} dashboards, {different} differ")
        sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
