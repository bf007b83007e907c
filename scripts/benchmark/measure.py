"""Runs commands in turn and measures them."""

import os
import resource
import statistics
import subprocess
import sys
import time


def run(command):
    """Wall seconds, CPU seconds and peak memory in MiB of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} failed:\n{said.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, mebibytes(usage)


def mebibytes(usage):
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def in_turns(commands, rounds, middle=statistics.median):
    """The median (or another middle) of each figure of each command, by its name. Each round runs every command once, so
    that other work affects all of them."""
    measured = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            figures = run(command)
            # The first round only warms the page cache.
            if number > 0:
                measured[name].append(figures)
        print(f"round {number} of {rounds} done", file=sys.stderr)
    return {name: [middle(column) for column in zip(*runs)] for name, runs in measured.items()}


def peak(memory):
    """Peak memory in words. A process counts the memory of its parent, so less than that is invisible."""
    own = mebibytes(resource.getrusage(resource.RUSAGE_SELF))
    return f"{memory:,.0f} MiB" if memory > own else f"below {own:.0f} MiB"
