"""Reads files of several kinds in turns and prints a Markdown table: files.py PERFKIT ROUNDS NAME=FILE...

Each of perfkit and its peers has two threads. The ratios are of runs next to each other: with their spread,
they hold on a busy machine too.
"""

import os
import re
import statistics
import sys
from importlib.metadata import version
from pathlib import Path

import measure

perfkit, rounds = sys.argv[1], int(sys.argv[2])
here = Path(__file__).parent
POLARS, DUCKDB = f"Polars {version('polars')}", f"DuckDB {version('duckdb')}"


def script(name, *arguments):
    return [sys.executable, here / f"{name}_aggregate.py", *arguments]


def commands(path):
    own = {"perfkit": [perfkit, "analyze", path, "--no-report", "--format", "csv", "--threads", "2"]}
    if path.endswith(".xml"):
        return own | {"Python's iterparse": script("xml", path)}
    return own | {POLARS: script("polars", path, "2"), DUCKDB: script("duckdb", path, "2")}


def spread(figures, unit):
    return f"{statistics.median(figures):.2f}{unit} ({min(figures):.2f}–{max(figures):.2f})"


def main():
    print(f"Medians of {rounds} rounds in turns (lowest–highest), two threads.\n")
    print("| results | | wall time | peak memory | times as long as perfkit |")
    print("|---|---|--:|--:|--:|")
    for argument in sys.argv[3:]:
        name, path = argument.split("=", 1)
        print(f"{name}: {path}", file=sys.stderr)
        measured = measure.rounds(commands(path), rounds)
        own = [wall for wall, _, _ in measured["perfkit"]]
        name = re.sub(r"\d+", lambda number: f"{int(number[0]):,}", name)
        cell = f"{name}, {os.path.getsize(path) / 1e6:,.0f} MB"
        for tool, runs in measured.items():
            walls = [wall for wall, _, _ in runs]
            memory = measure.peak(max(memory for _, _, memory in runs))
            ratio = spread([theirs / ours for theirs, ours in zip(walls, own)], "") if tool != "perfkit" else "1"
            print(f"| {cell} | {tool} | {spread(walls, ' s')} | {memory} | {ratio} |", flush=True)
            cell = ""


main()
