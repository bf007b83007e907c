#!/usr/bin/env python3
"""Recomputes every figure of a report's insights from the rows of its results.

    scripts/insight-oracle.py REPORT.json RESULTS.jtl [RESULTS.jtl ...]

Knows nothing of perfkit's code: it follows the definitions in examples/report.schema.json and docs/insights.md.
Prints every figure that differs, and every insight that it does not know. Exits 1 if there is one. Reads CSV results,
also compressed with gzip. Plain Python 3, no packages.
"""
import collections
import csv
import datetime
import gzip
import json
import math
import re
import struct
import sys

COLUMNS = ("timeStamp elapsed label responseCode responseMessage threadName dataType success failureMessage bytes "
           "sentBytes grpThreads allThreads URL Latency IdleTime Connect").split()
DATES = ("%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S")
CONTROLLER = "Number of samples in transaction"
# Exceptions, and messages of exceptions of sockets, that say that there was no connection.
UNCONNECTED = {"ConnectException", "HttpHostConnectException", "UnknownHostException", "NoRouteToHostException",
               "ConnectTimeoutException", "PortUnreachableException", "UnresolvedAddressException",
               "AnnotatedConnectException", "AnnotatedNoRouteToHostException", "BindException"}
NO_CONNECTION = re.compile("connect timed out|connection timed out: connect|connection refused|network is unreachable|"
                           "host is down|no route to host|assign requested address", re.I)
# Rates are quotients of whole numbers; the order of operations may change their last digits.
TOLERANCE = 1e-9


def float32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def time_of(text):
    try:
        return int(text)
    except ValueError:
        pass
    for pattern in DATES:
        try:
            moment = datetime.datetime.strptime(text, pattern).replace(tzinfo=datetime.timezone.utc)
            return round(moment.timestamp() * 1000)
        except ValueError:
            pass
    raise ValueError(f"no time: {text}")


class Row:
    """One sample."""

    def __init__(self, of, source):
        self.count = int(of.get("SampleCount") or 1)
        self.elapsed = int(of["elapsed"])
        self.start = time_of(of["timeStamp"])
        self.end = self.start + self.elapsed
        # A row that stands for several samples has their sum.
        self.value = int(self.elapsed / self.count) if self.count > 1 else self.elapsed
        self.label = of["label"]
        self.code = of.get("responseCode") or ""
        self.message = of.get("responseMessage") or ""
        self.failure = of.get("failureMessage") or ""
        self.thread = of.get("threadName") or ""
        self.ok = (of.get("success") or "true").lower() == "true"
        self.errors = int(of["ErrorCount"]) if of.get("ErrorCount") else (0 if self.ok else 1)
        self.threads = int(of["allThreads"]) if of.get("allThreads") else None
        self.latency = int(of["Latency"]) if of.get("Latency") else None
        self.connect = int(of["Connect"]) if of.get("Connect") else None
        self.host = host_of(of.get("URL") or "")
        self.engine = engine_of(self.thread) or of.get("Hostname") or source
        self.group = group_of(self.thread)
        self.is_controller = self.message.startswith(CONTROLLER)

    @property
    def is_unconnected(self):
        """Whether it failed without a connection."""
        code = re.sub("^Non HTTP response code: ", "", self.code)
        name = re.split("[:/ ]", code)[0].replace("$", ".").rpartition(".")[2]
        is_of_socket = re.fullmatch("Socket.*Exception", name)
        return not self.ok and (name in UNCONNECTED or bool(is_of_socket and NO_CONNECTION.search(self.message)))

    @property
    def error(self):
        """The error as the report names it."""
        if re.fullmatch(r"[23]\d\d", self.code) or (not self.code and self.failure):
            return self.failure.strip() or "Assertion failed"
        return f"{self.code}/{self.message}"


def host_of(url):
    found = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]+)", url)
    return found.group(1) if found else ""


def engine_of(thread):
    found = re.match(r"([^ ]+:\d+)-(?=.)", thread) or re.match(r"(\d+\.\d+\.\d+\.\d+)-(?=.)", thread)
    return found.group(1) if found else ""


def group_of(thread):
    engine = engine_of(thread)
    own = thread[len(engine) + 1:] if engine else thread
    found = re.fullmatch(r"(.*) \d+-\d+", own)
    return found.group(1) if found else own


def open_text(path):
    raw = open(path, "rb")
    if raw.peek(2)[:2] == b"\x1f\x8b":
        raw = gzip.open(raw)
    return (line.decode("utf-8-sig" if number == 0 else "utf-8", "replace") for number, line in enumerate(raw))


def rows_of(path, source):
    lines = open_text(path)
    first = next(lines, "")
    if first.lower().startswith("timestamp") or "elapsed" in first:
        found = re.search(r"\W", first)
        delimiter = found.group(0) if found else ","
        names = next(csv.reader([first], delimiter=delimiter))
    else:
        delimiter, names = ",", COLUMNS
        lines = iter([first, *lines])
    for cells in csv.reader(lines, delimiter=delimiter):
        if cells and cells != names:
            yield Row(dict(zip(names, cells)), source)


def percentile(rows, p):
    """The smallest value that a share p of the samples does not exceed, as JMeter counts."""
    counts = collections.Counter()
    for row in rows:
        counts[row.value] += row.count
    left = math.floor(sum(counts.values()) * (p if p == 0.5 else float32(p)) + 0.5)
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return None


def median(rows):
    return percentile(rows, 0.5)


def p95(rows):
    return percentile(rows, 0.95)


def samples(rows):
    return sum(row.count for row in rows)


def errors(rows):
    return sum(row.errors for row in rows)


def ratio(part, whole):
    return part / whole if whole else None


def rate(count, ms):
    return count / ms * 1000 if ms > 0 else None


class Run:
    """All samples of a run, and the buckets of its report."""

    def __init__(self, report, paths):
        self.report = report
        self.rows = [row for number, path in enumerate(paths) for row in rows_of(path, f"\0{number}")]
        stray = report.get("stray_times")
        self.placed = self.rows
        if stray:
            window = stray["window"]
            self.placed = [row for row in self.rows
                           if window["start_ms"] <= row.start and row.end <= window["end_ms"]]
        self.samplers = [row for row in self.rows if not row.is_controller]
        self.start = min(row.start for row in self.placed)
        self.end = max(row.end for row in self.placed)
        series = report.get("time_series")
        self.bucket_ms = series["bucket_ms"] if series else None

    def ended(self, start, end):
        return [row for row in self.placed if start <= row.end < end]

    def started(self, start, end=math.inf):
        return [row for row in self.placed if start <= row.start < end]

    def of(self, part, names):
        """The samples of some labels, hosts, engines or thread groups; all of them for a run."""
        if part == "run":
            return self.samplers
        return [row for row in self.samplers if getattr(row, PARTS[part]) in names]

    def sub_results(self):
        """The labels of sub-results, if the report says that there are some: `X-0` beside `X`."""
        if not any(caveat["kind"] == "sub_results" for caveat in self.report.get("caveats", [])):
            return set()
        labels = {row.label for row in self.rows}
        return {label for label in labels
                if re.fullmatch(r".*-\d+", label, re.S) and label.rpartition("-")[0] in labels}

    def threads(self, start, end):
        """The mean over the buckets of a time of the threads in each: of each engine the mean of its rows, or
        the last one before if it has rows later, together."""
        buckets = collections.defaultdict(lambda: collections.defaultdict(list))
        for row in self.ended(-math.inf, math.inf):
            if row.threads is not None:
                buckets[row.end // self.bucket_ms][row.engine].append(row.threads)
        last = {engine: number for number in sorted(buckets) for engine in buckets[number]}
        means, up = [], {}
        for number in sorted(buckets):
            up |= {engine: sum(rows) / len(rows) for engine, rows in buckets[number].items()}
            if start <= number * self.bucket_ms < end:
                means.append(sum(mean for engine, mean in up.items() if number <= last[engine]))
        return ratio(sum(means), len(means))

    def threads_at(self, ms):
        """The threads in the bucket of a moment, to the nearest integer."""
        start = ms // self.bucket_ms * self.bucket_ms
        threads = self.threads(start, start + self.bucket_ms)
        return None if threads is None else math.floor(threads + 0.5)


PARTS = {"label": "label", "host": "host", "engine": "engine", "thread_group": "group"}


def names(insight, field):
    return [name for name in [insight[field], *insight.get("others", [])] if name is not None]


def succeeded(rows):
    # A row that counts several samples is a success or a failure as a whole.
    return [row for row in rows if row.ok]


def failed(rows):
    return [row for row in rows if not row.ok]


def first_error(rows):
    return min(failed(rows), key=lambda row: row.start).error if failed(rows) else None


class Rounded(int):
    """An elapsed time that is exact below 2,048 ms, and above within 0.1%, rounded up."""

    def __eq__(self, told):
        return int(self) == told if self < 2_048 else self <= told <= self * 1.001

    __hash__ = int.__hash__


def rounded(ms):
    return None if ms is None else Rounded(ms)


KINDS = {}


def kind(function):
    KINDS[function.__name__] = function
    return function


# Each of these returns the figures that the rows give for an insight: those that it can say for certain.

@kind
def slow_label(run, insight):
    parts = run.sub_results()
    rows = [row for row in run.samplers if row.label not in parts]
    own = [row for row in rows if row.label == insight["label"]]
    others = [row for row in rows if row.label != insight["label"]]
    return {
        "samples": samples(own),
        "median_ms": median(own),
        "others_median_ms": max(median(others), 0),
        "others_p95_ms": max(p95(others), 0),
        "ratio_of_samples": ratio(samples(own), samples(rows)),
        "ratio_of_elapsed": ratio(sum(row.elapsed for row in own), sum(row.elapsed for row in rows)),
    }


@kind
def fast_errors(run, insight):
    return {
        "errors": errors(run.samplers),
        "error_median_ms": median(failed(run.samplers)),
        "ok_median_ms": median(succeeded(run.samplers)),
        "ok_p95_ms": p95(succeeded(run.samplers)),
        "median_ms": median(run.samplers),
        "p95_ms": p95(run.samplers),
    }


@kind
def bimodal(run, insight):
    ok = succeeded(run.of("label", [insight["label"]]))
    slow = [row for row in ok if row.value >= insight["valley_ms"]]
    fast = [row for row in ok if row.value < insight["valley_ms"]]
    return {
        "samples": samples(ok),
        "fast_median_ms": median(fast),
        "slow_median_ms": median(slow),
        "slow_ratio": ratio(samples(slow), samples(ok)),
    }


def connecting(run):
    """The rows that did not fail to connect, and those of them that opened a connection."""
    rows = [row for row in run.samplers if not row.is_unconnected]
    return rows, [row for row in rows if row.connect >= 1]


@kind
def new_connections(run, insight):
    rows, opened = connecting(run)
    ms = sum(row.connect for row in rows)
    return {
        "samples": len(rows),
        "unconnected": len(run.samplers) - len(rows),
        "ratio_of_samples": ratio(len(opened), len(rows)),
        "connect_mean_ms": ratio(ms, len(rows)),
        "ratio_of_elapsed": ratio(ms, sum(row.elapsed for row in rows)),
    }


@kind
def connect_time(run, insight):
    rows, opened = connecting(run)
    ms, latency = sum(row.connect for row in rows), sum(row.latency for row in rows)
    return {
        "samples": len(rows),
        "unconnected": len(run.samplers) - len(rows),
        "ratio_of_latency": ratio(ms, latency),
        "connect_mean_ms": ratio(ms, len(rows)),
        "latency_mean_ms": ratio(latency, len(rows)),
        "ratio_of_samples": ratio(len(opened), len(rows)),
    }


def slow_origin(run, insight, part):
    ok = [row for row in succeeded(run.samplers) if getattr(row, part)]
    names = {getattr(row, part) for row in ok}
    own = [row for row in ok if getattr(row, part) == insight[part]]
    others = [row for row in ok if getattr(row, part) != insight[part]]
    medians = [median([row for row in others if getattr(row, part) == name]) for name in names - {insight[part]}]
    return {
        part + "s": len(names),
        "samples": samples(own),
        "others_samples": samples(others),
        "median_ms": median(own),
        "others_median_ms": median(others),
        "others_min_median_ms": min(medians),
        "others_max_median_ms": max(medians),
    }


@kind
def slow_host(run, insight):
    return slow_origin(run, insight, "host")


@kind
def slow_engine(run, insight):
    return slow_origin(run, insight, "engine")


@kind
def always_fails(run, insight):
    own = run.of(insight["part"], names(insight, "name"))
    found = {"samples": samples(own), "errors": errors(own),
             "first_error": first_error(own)}
    if insight["part"] != "run":
        key = PARTS[insight["part"]]
        found["parts"] = len({getattr(row, key) for row in run.samplers} - {""})
    return found


@kind
def often_fails(run, insight):
    own = run.of(insight["part"], names(insight, "name"))
    found = {"samples": samples(own), "errors": errors(own)}
    messages = collections.Counter(row.error for row in failed(own))
    # Messages that differ only in numbers are one kind.
    if messages and "‹" not in (insight["error"] or ""):
        found["error"], found["error_samples"] = messages.most_common(1)[0]
    return found


@kind
def unreachable(run, insight):
    own = run.samplers if insight["host"] is None else run.of("host", names(insight, "host"))
    unconnected = [row for row in own if row.is_unconnected]
    return {
        "samples": samples(own),
        "errors": errors(own),
        "unconnected": samples(unconnected),
        "median_ms": median(unconnected),
        "error": first_error(unconnected),
    }


@kind
def failing_since(run, insight):
    own = run.of(insight["part"], names(insight, "name"))
    end = insight.get("end_ms") or math.inf
    since = [row for row in own if insight["start_ms"] <= row.start < end]
    before = [row for row in own if row.start < insight["start_ms"]]
    return {
        "since_start_ms": insight["start_ms"] - run.start,
        "samples": samples(since),
        "errors": errors(since),
        "ratio_before": ratio(errors(before), samples(before)) or 0.0,
        "first_error": first_error(since),
        "threads": run.threads_at(insight["start_ms"]),
    }


@kind
def error_burst(run, insight):
    labels = names(insight, "label")
    own = run.of("label", labels) if labels else run.samplers
    start, end = insight["start_ms"], insight["start_ms"] + insight["length_ms"]
    during = [row for row in own if start <= row.start < end]
    found = {
        "since_start_ms": start - run.start,
        "samples": samples(during),
        "errors": errors(during),
        "first_error": first_error(during),
        "first_error_ms": min(row.start for row in failed(during)),
    }
    if insight["bursts"] == 1:
        rest = [row for row in own if not start <= row.start < end]
        found["error_ratio_otherwise"] = ratio(errors(rest), samples(rest)) or 0.0
    return found


@kind
def timeouts(run, insight):
    own = run.samplers if insight["label"] is None else run.of("label", [insight["label"]])
    value = insight["value_ms"]
    ended = [row for row in own if value <= row.value <= value * 51 // 50]
    return {
        "samples": samples(ended),
        "errors": errors(ended),
        "longest_ms": max(row.value for row in ended),
        "ratio": ratio(samples(ended), samples(own)),
    }


def part_of_load(run, start, end, prefix=""):
    """Figures of successes that end in a part of the run."""
    ok = succeeded(run.ended(start, end))
    return {
        prefix + "threads": run.threads(start, end),
        prefix + "throughput_per_second": rate(samples(ok), end - start),
        prefix + "median_ms": rounded(median(ok)),
    }


@kind
def saturation(run, insight):
    start, last_end = insight["time_ms"], insight["last_end_ms"]
    return {
        "since_start_ms": start - run.start,
        **part_of_load(run, start, insight["knee_end_ms"]),
        **part_of_load(run, insight["last_start_ms"], last_end, "last_"),
        "samples": samples(run.ended(start, last_end)),
    }


@kind
def collapse(run, insight):
    start, end = insight["last_start_ms"], insight["last_end_ms"]
    last = run.ended(start, end)
    return {
        "since_start_ms": insight["time_ms"] - run.start,
        **part_of_load(run, insight["time_ms"], insight["peak_end_ms"]),
        **part_of_load(run, start, end, "last_"),
        "last_error_ratio": ratio(errors(last), samples(last)),
    }


@kind
def rises_with_load(run, insight):
    start = insight["time_ms"]
    return {
        "since_start_ms": start - run.start,
        **part_of_load(run, start, insight["first_end_ms"]),
        **part_of_load(run, insight["last_start_ms"], insight["last_end_ms"], "last_"),
    }


@kind
def drift(run, insight):
    start, end = insight["start_ms"], insight["end_ms"]
    last = run.started(insight["last_start_ms"], end)
    return {
        "since_start_ms": start - run.start,
        "start_median_ms": median(succeeded(run.started(start, insight["first_end_ms"]))),
        "end_median_ms": median(succeeded(last)),
        "samples": samples(run.started((start + end) // 2, end)),
        "has_errors": any(not row.ok for row in last),
    }


@kind
def steady_window(run, insight):
    steady = run.started(insight["start_ms"], insight["end_ms"])

    def throughput(rows):
        return rate(samples(rows), max(row.end for row in rows) - min(row.start for row in rows))

    return {
        "since_start_ms": insight["start_ms"] - run.start,
        "samples": samples(steady),
        "throughput_per_second": throughput(steady),
        "median_ms": median(steady),
        "p95_ms": p95(steady),
        "whole_throughput_per_second": throughput(run.placed),
        "whole_median_ms": median(run.placed),
        "whole_p95_ms": p95(run.placed),
    }


def silences(run):
    """Times in which no sample was in flight."""
    found, end = [], None
    for row in sorted(run.placed, key=lambda row: row.start):
        if end is not None and row.start > end:
            found.append((end, row.start))
        end = max(row.end, end if end is not None else row.end)
    return found


@kind
def gap(run, insight):
    start, end = max(silences(run), key=lambda silence: silence[1] - silence[0])
    return {
        "start_ms": start,
        "since_start_ms": start - run.start,
        "length_ms": end - start,
        "samples_before": samples(row for row in run.placed if row.end <= start),
        "samples_after": samples(row for row in run.placed if row.start >= end),
    }


@kind
def stall(run, insight):
    released = run.ended(insight["from_ms"], insight["to_ms"])
    held_up = [row for row in released if row.value >= insight["held_up_ms"]]
    return {
        "since_start_ms": insight["start_ms"] - run.start,
        "samples": samples(held_up),
        "longest_ms": max(row.elapsed for row in released),
        "median_ms": median(run.placed),
    }


@kind
def periodic_stalls(run, insight):
    # Where each stall is, the insight does not say: those of the period are sought around its moments.
    return {"median_ms": median(run.placed), "longest_ms": max(
        row.elapsed for row in run.placed if row.end >= insight["first_ms"])}


@kind
def low_load(run, insight):
    groups, active = collections.defaultdict(int), collections.defaultdict(int)
    for row in run.samplers:
        found = re.fullmatch(r".* (\d+)-(\d+)", row.thread)
        if found:
            key = (row.engine, row.group, found.group(1))
            groups[key] = max(groups[key], int(found.group(2)))
        active[row.engine] = max(active[row.engine], row.threads)
    return {"threads_started": sum(groups.values()), "max_threads": sum(active.values())}


@kind
def late_generator(run, insight):
    return {"since_start_ms": insight["start_ms"] - run.start}


@kind
def clocks_apart(run, insight):
    return {"engines": len({row.engine for row in run.placed})}


@kind
def stray_times(run, insight):
    window = run.report["stray_times"]["window"]
    return {
        "samples": samples(run.rows) - samples(run.placed),
        "throughput": rate(samples(run.placed), window["end_ms"] - window["start_ms"]),
    }


@kind
def too_few_samples(run, insight):
    own = run.rows if insight["label"] is None else [row for row in run.rows if row.label == insight["label"]]
    needed = math.ceil(math.log(0.05) / math.log(max(insight["percentiles"]) / 100) - 1e-9)
    return {"samples": samples(own), "samples_needed": needed}


@kind
def ids_in_labels(run, insight):
    return {"samples": samples(run.samplers), "labels": len({row.label for row in run.samplers})}


@kind
def sub_results(run, insight):
    return {}


@kind
def several_runs(run, insight):
    return {}


def is_equal(told, found):
    if isinstance(told, float) or isinstance(found, float):
        return None not in (told, found) and math.isclose(told, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return told == found


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    with open(arguments[0], encoding="utf-8") as file:
        report = json.load(file)
    told = report["insights"] + report.get("caveats", [])
    run = Run(report, arguments[1:]) if told else None
    wrong, checked = [], collections.Counter()
    for insight in told:
        recompute = KINDS.get(insight["kind"])
        if recompute is None:
            wrong.append(f"{insight['kind']}: no definition")
            continue
        for name, found in recompute(run, insight).items():
            checked[insight["kind"]] += 1
            if name not in insight and not found:
                # A figure that is usually zero is left out then.
                continue
            if not is_equal(insight.get(name), found):
                wrong.append(f"{insight['kind']}: {name} is {insight.get(name)}, but the rows give {found}"
                             f" ({insight['sentence']})")
    for line in wrong:
        print(f"{arguments[1]}: {line}")
    for name, count in sorted(checked.items()):
        print(f"checked {count} {name}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
