"""Reads XML results with every tool in turn and prints a Markdown table: xml_results.py WORK PERFKIT FLOOR [MB] [ROUNDS] [BEFORE]

Writes a file of MB megabytes to the directory WORK, from the samples of fixtures/controllers.xml without others in
them. PERFKIT is the program, FLOOR is quick-xml's (see examples/xml_floor.rs), and BEFORE another perfkit to compare
with. Figures are the best of all rounds.
"""

import os
import random
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from measure import in_turns, peak

FIXTURE = Path(__file__).parent.parent.parent / "fixtures/controllers.xml"
START = '<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">\n'


def write_results(path, size):
    """Writes at least `size` bytes of samples, with their times varied."""
    text = FIXTURE.read_text()
    found = re.finditer(r"^<(?:sample|httpSample) [^>]*/>\n|^<(sample|httpSample) .*?^</\1>\n", text, re.M | re.S)
    samples = [sample[0] for sample in found if len(re.findall(r"<(?:sample|httpSample) ", sample[0])) == 1]
    times = re.compile(r' t="\d+" it="\d+" lt="\d+" ct="\d+" ts="\d+"')
    chance = random.Random(7)
    start = 1_795_591_090_894
    with open(path, "w") as file:
        written = file.write(START)
        while written < size:
            for sample in samples:
                elapsed = int(chance.expovariate(1 / 40)) + 1
                start += chance.randrange(3)
                new = f' t="{elapsed}" it="0" lt="{elapsed - 1}" ct="{elapsed // 9}" ts="{start}"'
                written += file.write(times.sub(new, sample, count=1))
        file.write("</testResults>\n")


def iterate(path):
    """Reads the attributes of all samples with Python's own iterparse, and sums up a few."""
    samples = elapsed = errors = 0
    for _, element in ElementTree.iterparse(path):
        if element.tag in ("sample", "httpSample"):
            samples += 1
            elapsed += int(element.get("t"))
            errors += element.get("s") != "true"
            element.clear()
    print(samples, elapsed, errors)


def main():
    work, perfkit, floor = sys.argv[1:4]
    megabytes = int(sys.argv[4]) if len(sys.argv) > 4 else 320
    rounds = int(sys.argv[5]) if len(sys.argv) > 5 else 5
    before = sys.argv[6:7]
    results = f"{work}/{megabytes}.xml"
    if not os.path.exists(results):
        write_results(f"{results}.part", megabytes * 1_000_000)
        os.rename(f"{results}.part", results)
    options = ["analyze", results, "--no-report", "--format", "csv", "--threads"]
    commands = {
        "perfkit, 2 threads": [perfkit, *options, "2"],
        "perfkit, 1 thread": [perfkit, *options, "1"],
        "quick-xml, bare events, 1 thread": [floor, results],
        "Python's iterparse, 1 thread": [sys.executable, __file__, "--iterate", results],
    }
    for program in before:
        commands["perfkit before, 2 threads"] = [program, *options, "2"]
    best = in_turns(commands, rounds, min)
    size = os.path.getsize(results)
    print("| | wall time | MB/s | CPU time | MB per second of CPU | peak memory |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, (wall, cpu, memory) in best.items():
        rates = f"{size / 1e6 / wall:,.0f} | {cpu:.2f} s | {size / 1e6 / cpu:,.0f}"
        print(f"| {name} | {wall:.2f} s | {rates} | {peak(memory)} |")


if sys.argv[1:2] == ["--iterate"]:
    iterate(sys.argv[2])
else:
    main()
