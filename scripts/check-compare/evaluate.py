#!/usr/bin/env python3
"""Evaluates perfkit compare on the runs that check-compare.sh recorded: false alarms and findings.

    evaluate.py PERFKIT DIR

DIR contains same-01.jtl to same-12.jtl, and slow-1.jtl to slow-6.jtl with each response 10% slower.
Prints Markdown tables and a verdict; exits 1 if it is FAIL. Tables marked "overlapping" use a run in
several comparisons. They are for information and count in no verdict.
"""

import collections
import itertools
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys

SAME = [f"same-{number:02}" for number in range(1, 13)]
SLOW = [f"slow-{number}" for number in range(1, 7)]
RANDOM_GROUPS = 40
# The keys that name a figure in compare's JSON, in any version.
MEAN, MEDIAN, P95 = {"average", "mean"}, {"median", "p50"}, {"p95"}

Outcome = collections.namedtuple("Outcome", "name verdicts fails")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    perfkit = Perfkit(sys.argv[1], sys.argv[2])
    report_deviation(perfkit)

    alarms = [
        ("1 against 1, disjoint", [perfkit.pair(*pair) for pair in zip(SAME[::2], SAME[1::2])]),
        ("1 against 1, overlapping", [perfkit.pair(*pair) for pair in itertools.combinations(SAME, 2)]),
    ]
    found = [
        ("1 against 1, disjoint", [perfkit.pair(*pair) for pair in zip(SAME, SLOW)]),
        ("1 against 1, overlapping", [perfkit.pair(*pair) for pair in itertools.product(SAME, SLOW)]),
    ]
    group_alarms, group_found = [], []
    if perfkit.compares_groups:
        group_alarms = [
            ("3 against 3, disjoint", [perfkit.groups(SAME[:3], SAME[3:6]), perfkit.groups(SAME[6:9], SAME[9:])]),
            ("5 against 5", [perfkit.groups(SAME[:5], SAME[5:10])]),
        ]
        group_found = [
            ("3 against 3, disjoint", [perfkit.groups(SAME[:3], SLOW[:3]), perfkit.groups(SAME[3:6], SLOW[3:])]),
            ("5 against 5", [perfkit.groups(SAME[:5], SLOW[:5])]),
            ("6 against 6", [perfkit.groups(SAME[:6], SLOW)]),
        ]
        alarms += group_alarms + [("3 against 3, random, overlapping", random_groups(perfkit, SAME))]
        found += group_found + [("3 against 3, random, overlapping", random_groups(perfkit, SLOW))]

    report_alarms(alarms)
    report_found(found)
    if not perfkit.compares_groups:
        print("\nThis perfkit has no --candidate: skipped groups of runs.")
    sys.exit(not judge_all(alarms[0][1], found[0][1], group_alarms, group_found))


class Perfkit:
    """Calls the binary on the runs of a directory."""

    def __init__(self, binary, runs):
        self.binary = binary
        self.runs = pathlib.Path(runs)
        self.compares_groups = "--candidate" in self.run("compare", "--help")[0]
        self.pairs = {}
        self.samples = {}

    def run(self, command, *arguments):
        """Returns standard output and the exit code, which is 1 if a figure got worse."""
        done = subprocess.run([self.binary, command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            sys.exit(f"perfkit {command} {' '.join(arguments)} failed:\n{done.stderr}")
        return done.stdout, done.returncode

    def path(self, name):
        return str(self.runs / f"{name}.jtl")

    def analyze(self, name):
        return json.loads(self.run("analyze", self.path(name), "--no-config", "--no-report", "--format", "json")[0])

    def compare(self, name, *arguments):
        said, code = self.run("compare", *arguments, "--no-config", "--format", "json", "--fail-if-worse")
        # By label and figure: the verdict and the relative change.
        verdicts = {}
        for label in json.loads(said)["labels"]:
            for figure in label["figures"]:
                change = figure["changes"][0]
                if change and change.get("verdict"):
                    verdicts[label["label"], figure["key"]] = change["verdict"], change.get("ratio")
        return Outcome(name, verdicts, code == 1)

    def pair(self, baseline, candidate):
        names = baseline, candidate
        if names not in self.pairs:
            self.pairs[names] = self.compare(" vs ".join(names), self.path(baseline), self.path(candidate))
        return self.pairs[names]

    def groups(self, baseline, candidate):
        name = f"{', '.join(baseline)} vs {', '.join(candidate)}"
        paths = [[self.path(run) for run in group] for group in (baseline, candidate)]
        return self.compare(name, "--baseline", *paths[0], "--candidate", *paths[1])


def random_groups(perfkit, candidates):
    """Unchanged runs against others, three each: the same choice in every evaluation."""
    choice = random.Random(1)
    outcomes = []
    for _ in range(RANDOM_GROUPS):
        baseline = choice.sample(SAME, 3)
        candidate = choice.sample([run for run in candidates if run not in baseline], 3)
        outcomes.append(perfkit.groups(sorted(baseline), sorted(candidate)))
    return outcomes


def report_deviation(perfkit):
    same = figures_by_label(perfkit, SAME)
    slow = figures_by_label(perfkit, SLOW)
    rows = []
    for label, runs in same.items():
        figures = list(zip(*runs))
        slowed = statistics.mean(run[0] for run in slow[label]) / statistics.mean(figures[0]) - 1
        rows.append(
            [label]
            + [f"{statistics.mean(figure):.1f} ms" for figure in figures]
            + [f"{statistics.stdev(map(math.log, figure)):.2%}" for figure in figures]
            + [f"{max(figure) / min(figure) - 1:.2%}" for figure in figures]
            + [f"{slowed:+.2%}"]
        )
    samples = [perfkit.samples[run] for run in SAME]
    print(f"The {len(SAME)} unchanged runs, of {min(samples):,} to {max(samples):,} samples each. SD is the standard")
    print("deviation from run to run of the figure's logarithm, range is largest over smallest:\n")
    table(
        ["Label", "Mean", "Median", "p95", "SD of mean", "of median", "of p95"]
        + ["Range of mean", "of median", "of p95", "Mean of the slow runs"],
        rows,
    )


def figures_by_label(perfkit, names):
    """Mean, median and p95 of each run, by label, with TOTAL last."""
    figures = {}
    for name in names:
        report = perfkit.analyze(name)
        perfkit.samples[name] = report["total"]["samples"]
        for label in [*report["labels"], report["total"]]:
            elapsed = label["elapsed"]
            at = {entry["percent"]: entry["value"] for entry in elapsed["percentiles"]}
            figures.setdefault(label["label"], []).append((elapsed["mean"], at[50.0], at[95.0]))
    return figures


def report_alarms(comparisons):
    print("\nUnchanged runs against unchanged runs, where each worse or better is a false alarm:\n")
    rows = [
        [
            kind,
            str(len(outcomes)),
            count(outcomes, lambda outcome: has(outcome, "worse") or has(outcome, "better")),
            count(outcomes, lambda outcome: has(outcome, "worse")),
            count(outcomes, lambda outcome: has(outcome, "better")),
            mean_share(outcomes, "inconclusive"),
            mean_share(outcomes, "no_change"),
            count(outcomes, lambda outcome: outcome.fails),
        ]
        for kind, outcomes in comparisons
    ]
    table(
        ["Runs", "Comparisons", "Any worse or better", "Any worse", "Any better"]
        + ["Times inconclusive", "Times with no change", "Exit 1"],
        rows,
    )
    for kind, outcomes in comparisons:
        if "overlapping" not in kind:
            for outcome in outcomes:
                report_figures(outcome)


def report_figures(outcome):
    alarms = [
        f"{label} {figure} {verdict}" + ("" if ratio is None else f" ({ratio:+.1%})")
        for (label, figure), (verdict, ratio) in outcome.verdicts.items()
        if verdict in ("worse", "better")
    ]
    if alarms:
        print(f"\n{outcome.name}: {'; '.join(alarms)}")


def report_found(comparisons):
    print("\nUnchanged runs against runs that are 10% slower, found to be worse:\n")
    rows = [
        [
            kind,
            str(len(outcomes)),
            count(outcomes, lambda outcome: is_worse(outcome, "TOTAL", MEAN)),
            count(outcomes, lambda outcome: is_worse(outcome, "TOTAL", MEDIAN)),
            count(outcomes, lambda outcome: is_worse(outcome, "TOTAL", P95)),
            count(outcomes, every_mean_is_worse),
            mean_share(outcomes, "worse"),
            mean_share(outcomes, "inconclusive"),
            count(outcomes, lambda outcome: has(outcome, "better")),
            count(outcomes, lambda outcome: outcome.fails),
        ]
        for kind, outcomes in comparisons
    ]
    table(
        ["Runs", "Comparisons", "TOTAL mean", "TOTAL median", "TOTAL p95", "Every label's mean"]
        + ["Times worse", "Times inconclusive", "Any better", "Exit 1"],
        rows,
    )


def has(outcome, verdict):
    return any(found == verdict for found, _ in outcome.verdicts.values())


def is_worse(outcome, label, keys):
    return any(outcome.verdicts.get((label, key), ("",))[0] == "worse" for key in keys)


def every_mean_is_worse(outcome):
    labels = {label for label, _ in outcome.verdicts} - {"TOTAL"}
    return bool(labels) and all(is_worse(outcome, label, MEAN) for label in labels)


def mean_share(outcomes, verdict):
    """The share of the figures of response time that get this verdict: error rates do not change here."""
    shares = []
    for outcome in outcomes:
        times = [found for (_, key), (found, _) in outcome.verdicts.items() if key != "error_percent"]
        shares.append(times.count(verdict) / len(times) if times else 0.0)
    return f"{statistics.mean(shares):.0%}"


def judge_all(alarms, found, group_alarms, group_found):
    """Returns whether every check passed; groups count if this perfkit supports them."""
    print()
    holds = [
        judge("disjoint pairs of unchanged runs fail, at most 1 may", alarms, lambda failed, _: failed <= 1),
        judge("disjoint pairs with a slowed run fail, at least 5 must", found, lambda failed, _: failed >= 5),
    ]
    if group_alarms:
        alarms = [outcome for _, outcomes in group_alarms for outcome in outcomes]
        found = [outcome for _, outcomes in group_found for outcome in outcomes]
        holds += [
            judge("groups of unchanged runs fail, at most 1 may", alarms, lambda failed, _: failed <= 1),
            judge("groups with slowed runs fail, all must", found, lambda failed, tried: failed == tried),
        ]
    print("PASS" if all(holds) else "FAIL")
    return all(holds)


def judge(what, outcomes, holds):
    failed = sum(outcome.fails for outcome in outcomes)
    passed = holds(failed, len(outcomes))
    print(f"{'PASS' if passed else 'FAIL'}  {failed} of {len(outcomes)} {what}")
    return passed


def count(outcomes, holds):
    return str(sum(map(bool, map(holds, outcomes))))


def table(header, rows):
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")


if __name__ == "__main__":
    main()
