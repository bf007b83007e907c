"""Runs a command and measures it. Each process that is run is waited for, so its figures are its own."""

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


def rounds(commands, count):
    """Runs commands of one name each in turn: the figures of each round by name. Other work on the machine
    affects all of them. A first round only warms the page cache."""
    measured = {name: [] for name in commands}
    for number in range(count + 1):
        for name, command in commands.items():
            figures = run(command)
            if number > 0:
                measured[name].append(figures)
        print(f"round {number} of {count} done", file=sys.stderr)
    return measured


def in_turns(commands, count, middle=statistics.median):
    """The median (or another middle) of each figure of each command over the rounds, by its name."""
    measured = rounds(commands, count)
    return {name: [middle(column) for column in zip(*runs)] for name, runs in measured.items()}


def peak(memory):
    """Peak memory as text. A process counts the memory of its parent, so less than this program takes is
    invisible."""
    own = mebibytes(resource.getrusage(resource.RUSAGE_SELF))
    return f"{memory:,.0f} MiB" if memory > own else f"below {own:.0f} MiB"


def mebibytes(usage):
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
