#!/usr/bin/env python3
"""Hurts perfkit for a while, and checks that nothing it touches is lost.

Until the time is up it picks an accident at random: a kill at any moment, a full disk, standard error or output that is
full or closed, an input that is damaged or replaced while it is read. After each, the inputs must be unchanged, files of
others must be there, an output must be the old one or the new one as a whole, and perfkit must not have panicked.

    scripts/chaos.py [--minutes 10] [--seed 1] [--binary target/release/perfkit]

Needs Linux and cargo (to build, without --binary). Prints what was tried and lost by accident, and a verdict; exits 1 if
anything was lost.
"""
import argparse
import collections
import contextlib
import hashlib
import gzip
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
HEADER = ("timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,"
          "sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n")
ACCOUNT = re.compile(r"(\d[\d,]*) rows? read: (\d[\d,]*) counted[^,;]*?, (\d[\d,]*) filtered out, (\d[\d,]*) rejected")


class Lost(Exception):
    """Something that perfkit must never lose."""


def expect(condition, what):
    if not condition:
        raise Lost(what)


def rows(count, dice, start=1_700_000_000_000):
    lines = []
    for number in range(count):
        ok = dice.random() < 0.95
        elapsed = int(dice.lognormvariate(3, 1))
        failure = "" if ok else '"expected /a, b/, got ""c"""'
        lines.append(f"{start + number * 20},{elapsed},{dice.choice('ABC')},{200 if ok else 500},OK,Users 1-{number % 9},"
                     f"text,{str(ok).lower()},{failure},500,100,9,9,http://h/,{elapsed},0,1\n")
    return "".join(lines)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Place:
    """A directory with results, a README and files of others."""

    def __init__(self, binary, path, dice):
        self.binary, self.path, self.dice = binary, path, dice
        (path / "results.jtl").write_text(HEADER + rows(dice.randint(1, 3000), dice))
        (path / "README.md").write_text("# Mine\n\nkeep this\n")
        (path / "out").mkdir()
        (path / "out" / "mine.txt").write_text("mine")
        self.inputs = {path / "results.jtl": digest(path / "results.jtl")}

    def command(self, *arguments):
        return [str(self.binary), *arguments]

    def run(self, *arguments, limit=None, **options):
        def set_limit():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.run(self.command(*arguments), cwd=self.path, timeout=120, preexec_fn=set_limit,
                              stdin=subprocess.DEVNULL, **options)

    def kill_at_random(self, *arguments, within=0.4):
        process = subprocess.Popen(self.command(*arguments), cwd=self.path, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            process.wait(self.dice.uniform(0, within))
        except subprocess.TimeoutExpired:
            process.send_signal(self.dice.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
        said = process.communicate(timeout=60)[1]
        expect(b"panicked" not in said, "a panic: " + said.decode(errors="replace"))

    def check_untouched(self):
        for path, before in self.inputs.items():
            expect(path.exists() and digest(path) == before, f"{path.name} changed")
        expect((self.path / "out" / "mine.txt").read_text() == "mine", "a file of someone else's")
        expect("keep this" in (self.path / "README.md").read_text(), "text of the README")

    def report(self, directory):
        """The title of the report in a directory, after checking that it is whole."""
        place = self.path / directory
        if not place.exists():
            return None
        report = json.loads((place / "report.json").read_text())
        head = (place / "report.md").read_text().splitlines()[0]
        expect(head == "# " + report["title"], f"a mix of reports: {head!r} and {report['title']!r}")
        for name in ("report.html", "aggregate.csv", "statistics.json"):
            expect((place / name).stat().st_size > 0, f"{name} is empty")
        return report["title"]


def check(process, codes=(0, 1, 2)):
    said = (process.stderr or b"").decode(errors="replace")
    expect(process.returncode in codes, f"exit code {process.returncode}: {said[-300:]}")
    expect("panicked" not in said and "bug in perfkit" not in said, said[-300:])
    return said


ANALYZE = ("analyze", "results.jtl", "--charts", "none")


def killed_while_it_replaces_a_report(place):
    place.run(*ANALYZE, "-o", "new", "--title", "old")
    place.kill_at_random(*ANALYZE, "-o", "new", "--title", "new")
    expect(place.report("new") in ("old", "new"), "the report")


def killed_while_it_updates_a_readme(place):
    place.run(*ANALYZE, "--no-report", "--platform", "A", "--update", "README.md")
    before = (place.path / "README.md").read_text()
    place.kill_at_random(*ANALYZE, "--no-report", "--platform", "B", "--update", "README.md")
    expect((place.path / "README.md").read_text().startswith(before.rstrip()[:40]), "the README")
    expect("| A" in (place.path / "README.md").read_text(), "the block of another platform")


def disk_is_full(place):
    place.run(*ANALYZE, "-o", "new", "--title", "old")
    process = place.run(*ANALYZE, "-o", "new", "--title", "new", "--junit", "junit.xml", "--fail-if", "p95 > 1h",
                        limit=place.dice.choice([1, 100, 5_000, 20_000]))
    check(process, (0, 2))
    expect(place.report("new") == ("new" if process.returncode == 0 else "old"), "the old report")
    left = [path.name for path in place.path.iterdir() if path.name.startswith((".perfkit-report", ".tmp"))]
    expect(not left, f"temporary files remain: {left}")


def nobody_listens(place):
    """Standard error and output are full, closed, or pipes that nobody reads any more."""
    with contextlib.ExitStack() as stack:
        def stream():
            kind = place.dice.choice(["full", "gone", "fine"])
            if kind == "full":
                return stack.enter_context(open("/dev/full", "wb"))
            if kind == "gone":
                reader, writer = os.pipe()
                os.close(reader)
                stack.callback(os.close, writer)
                return writer
            return subprocess.DEVNULL
        process = place.run(*ANALYZE, "-o", "new", "--title", "new", stdout=stream(), stderr=stream())
    expect(process.returncode in (0, 2), f"exit code {process.returncode}")
    expect(place.report("new") == "new", "the report")


def damaged_results(place):
    text = bytearray((place.path / "results.jtl").read_bytes())
    for _ in range(place.dice.randint(1, 20)):
        at = place.dice.randrange(len(text))
        kind = place.dice.randrange(3)
        if kind == 0:
            text[at] = place.dice.randrange(256)
        elif kind == 1:
            del text[at:at + place.dice.randint(1, 300)]
        else:
            text[at:at] = bytes(place.dice.choice([b'"', b"\0" * 600, b"\r\n", b",,", b"\xff\xfe"]))
        if not text:
            break
    if place.dice.random() < 0.3:
        text = gzip.compress(bytes(text))[:place.dice.choice([None, 200])]
    (place.path / "damaged.jtl").write_bytes(bytes(text))
    said = check(place.run("analyze", "damaged.jtl", "--no-report", "--format", "csv"))
    for account in ACCOUNT.finditer(said):
        read, *parts = (int(number.replace(",", "")) for number in account.groups())
        expect(read == sum(parts), f"rows: {account.group(0)}")


def damaged_record(place):
    """A summary or a saved report with some bytes changed."""
    check(place.run("summarize", "results.jtl", "-o", "run.summary"), (0,))
    check(place.run(*ANALYZE, "-o", "new", "--title", "new"), (0,))
    record = place.dice.choice([place.path / "run.summary", place.path / "new" / "report.json"])
    data = bytearray(record.read_bytes())
    for _ in range(place.dice.randint(1, 4)):
        data[place.dice.randrange(len(data))] = place.dice.choice(b"0123456789-,.\xff\0")
    (place.path / "damaged").write_bytes(bytes(data))
    check(place.run("compare", "results.jtl", "damaged"))


def input_is_replaced_while_it_is_followed(place):
    live = place.path / "live.jtl"
    live.write_text(HEADER + rows(20, place.dice))
    process = subprocess.Popen(place.command("analyze", "--follow", "live.jtl", "--until-idle", "1s", "--interval", "0.2s",
                                             "--charts", "none", "-o", "new", "--title", "new"),
                               cwd=place.path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    time.sleep(place.dice.uniform(0.1, 0.6))
    change = place.dice.randrange(4)
    if change == 0:
        with live.open("a") as file:
            file.write(rows(30, place.dice) + "17000000")
    elif change == 1:
        live.write_text(HEADER + rows(5, place.dice))
    elif change == 2:
        live.unlink()
        live.mkdir()
    else:
        live.unlink()
        live.write_bytes(gzip.compress((HEADER + rows(9, place.dice)).encode()))
    said = process.communicate(timeout=60)[1]
    expect(process.returncode in (0, 2) and b"panicked" not in said, said.decode(errors="replace")[-300:])
    expect(place.report("new") == "new", "the report of what was read")


def server_loses_its_streams(place):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    reader, writer = os.pipe()
    log = open("/dev/full", "wb") if place.dice.random() < 0.5 else subprocess.DEVNULL
    process = subprocess.Popen(place.command("serve", "--host", "127.0.0.1", "--port", str(port), "--access-log",
                                             "--monitor", "usage.csv"),
                               cwd=place.path, stdin=subprocess.DEVNULL, stdout=log, stderr=writer)
    os.close(writer)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
                break
            time.sleep(0.05)
        os.close(reader)
        for number in range(place.dice.randint(1, 50)):
            answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/fibo/{number}", timeout=5)
            expect(answer.status == 200, f"status {answer.status}")
    finally:
        process.send_signal(place.dice.choice([signal.SIGTERM, signal.SIGINT]))
        code = process.wait(30)
    expect(code == 0, f"the server ended with {code}")


ACCIDENTS = [killed_while_it_replaces_a_report, killed_while_it_updates_a_readme, disk_is_full, nobody_listens,
             damaged_results, damaged_record, input_is_replaced_while_it_is_followed, server_loses_its_streams]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary", type=pathlib.Path)
    arguments = parser.parse_args()
    binary = arguments.binary
    if binary is None:
        subprocess.run(["cargo", "build", "--release", "--locked"], cwd=REPOSITORY, check=True)
        binary = REPOSITORY / "target/release/perfkit"
    binary = binary.resolve()
    dice = random.Random(arguments.seed)
    tried, lost = collections.Counter(), collections.Counter()
    end = time.monotonic() + 60 * arguments.minutes
    while time.monotonic() < end:
        accident = dice.choice(ACCIDENTS)
        directory = pathlib.Path(tempfile.mkdtemp(prefix="chaos-"))
        tried[accident.__name__] += 1
        try:
            place = Place(binary, directory, dice)
            accident(place)
            place.check_untouched()
        except (Lost, OSError, ValueError, subprocess.TimeoutExpired) as why:
            lost[accident.__name__] += 1
            print(f"LOST {accident.__name__}: {why} (left in {directory})", flush=True)
            continue
        shutil.rmtree(directory)
    for accident in ACCIDENTS:
        name = accident.__name__
        print(f"{name.replace('_', ' ')}: {tried[name]} tried, {lost[name]} lost something")
    print(f"{'FAIL' if lost else 'PASS'}: {tried.total()} accidents, {lost.total()} lost something")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
