"""Runs commands in turn and prints a Markdown table: compare.py FILE PERFKIT FLOOR [ROUNDS]

FILE contains the results to read, PERFKIT is the program, FLOOR the csv crate's (see examples/csv_floor.rs).
Figures are medians over the rounds.
"""

import os
import platform
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from measure import in_turns, peak

results, perfkit, floor = sys.argv[1:4]
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
here = Path(__file__).parent
work = tempfile.mkdtemp()


def analyze(*options):
    return [perfkit, "analyze", results, *options]


def peer(name, threads):
    return [sys.executable, here / f"{name}_aggregate.py", results, str(threads)]


STATISTICS, ONE_THREAD = "perfkit, 2 threads", "perfkit, 1 thread"
COMMANDS = {
    STATISTICS: analyze("--no-report", "--threads", "2"),
    ONE_THREAD: analyze("--no-report", "--threads", "1"),
    "perfkit, 2 threads, with charts and report": analyze("--output", f"{work}/report", "--threads", "2"),
    f"DuckDB {version('duckdb')}, 2 threads": peer("duckdb", 2),
    f"DuckDB {version('duckdb')}, 1 thread": peer("duckdb", 1),
    f"Polars {version('polars')}, 2 threads": peer("polars", 2),
    f"Polars {version('polars')}, 1 thread": peer("polars", 1),
    "csv crate, needed fields only, 1 thread": [floor, results],
    "wc -l": ["wc", "-l", results],
}


def main():
    medians = in_turns(COMMANDS, rounds)
    shutil.rmtree(work)
    size = os.path.getsize(results)
    print(f"{size / 1e9:.2f} GB, medians of {rounds} rounds in turns; {os.cpu_count()} cores, {platform.system()} "
          f"{platform.machine()}, Python {platform.python_version()}.\n")
    print("| | wall time | GB/s | CPU time | peak memory | wall time, relative to perfkit with as many threads |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, (wall, cpu, memory) in medians.items():
        own = medians[ONE_THREAD if "1 thread" in name else STATISTICS][0]
        print(f"| {name} | {wall:.2f} s | {size / 1e9 / wall:.2f} | {cpu:.2f} s | {peak(memory)} | {wall / own:.1f} |")


main()
