#!/usr/bin/env python3
"""Compares perfkit's Aggregate Report with that of JMeter's own classes, byte for byte, on random results.

The results vary in labels, codes, controllers, SampleCount columns, delimiters, time stamp formats and sizes.
Three quirks of JMeter are excluded, because perfkit differs on purpose:

- If a window has no length, or ends before it begins, JMeter's throughput is an infinity or negative. perfkit's is
  an empty cell.
- JMeter writes a label with a line break without quotes, which breaks the table. perfkit quotes it.
- JMeter tries yyyy/MM/dd before MM/dd/yy, so it takes 03/04/20 for a day in the year 3. perfkit takes it for 2020.

    scripts/check-against-jmeter.py [--files 200] [--seed 1]

Needs Java, Maven and cargo. Prints every difference and a verdict; exits 1 if there is a difference.
"""
import argparse
import csv
import datetime
import pathlib
import random
import re
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
COLUMNS = ("timeStamp elapsed label responseCode responseMessage threadName dataType success failureMessage bytes "
           "sentBytes grpThreads allThreads URL Latency").split()
# The formats that JMeter tries if a time stamp is not a number, as strftime writes them.
FORMATS = ["%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%m/%d/%y %H:%M:%S"]
LABELS = ["Fibonacci", "IsPrime", "Log in", "a,b", "a;b", "tab\tbed", "pipe|d", "said \"so\"", "Ünïcode ☃",
          "-1", "\"", "GET /x?y=1&z=<2>", "'", "label-0", "label-1"]

NO_THROUGHPUT = re.compile(r",(∞|-\d+\.\d{5}),")


def sizes(count, dice):
    """Mostly small files, to cover every way in which a rank can round, and a few large ones."""
    fixed = [1, 2, 3, 7, 100_000]
    return (fixed + [dice.choice([dice.randint(1, 12), dice.randint(1, 200), dice.randint(1, 5_000)])
                     for _ in range(count)])[:max(count, len(fixed))]


def write(path, size, dice):
    with_counts, with_rest = dice.random() < 0.25, dice.random() < 0.8
    delimiter = dice.choice(",,,\t;|:~")
    written = None if dice.random() < 0.7 else dice.choice(FORMATS)
    columns = COLUMNS + (["SampleCount", "ErrorCount"] if with_counts else []) + (["IdleTime", "Connect"] if with_rest else [])
    labels = dice.sample(LABELS, dice.randint(1, 6))
    typical = dice.choice([1, 20, 300, 20_000])
    start = 1_500_000_000_000 + dice.randrange(10**11)
    if written and written.startswith("%m"):
        start = 1_589_760_000_000  # 05/18/20
    spread = dice.choice([0, 1, 50, 5_000]) * size
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        out.writerow(columns)
        for _ in range(size):
            # -1 occurs if a clock is set back.
            elapsed = int(dice.lognormvariate(0, 1.2) * typical) - 1
            stamp = start + dice.randint(0, spread)
            if written:
                moment = datetime.datetime.fromtimestamp(stamp // 1000, datetime.timezone.utc)
                moment = moment.replace(microsecond=stamp % 1000 * 1000)
                stamp = moment.strftime(written)
                stamp = stamp[:-3] if written.endswith("%f") else stamp
            ok = dice.random() < 0.9
            code, message = (200, "OK") if ok else dice.choice(
                [(500, "Internal Server Error"), ("Non HTTP response code: java.net.SocketException", "reset"), ("", ""), (200, "OK")])
            if dice.random() < 0.1:
                message = "Number of samples in transaction : 2, number of failing samples : 0"
            count = dice.randint(1, 9)
            row = [stamp, elapsed, dice.choice(labels), code, message, f"Users 1-{dice.randint(1, 99)}", "text",
                   str(ok).lower(), "" if ok else dice.choice(["", "expected \"a\",\nfound b"]), dice.randint(0, 3_000),
                   dice.randint(0, 500), 1, 1, "http://h/", elapsed]
            row += ([count, dice.randint(0, count)] if with_counts else []) + ([0, 0] if with_rest else [])
            out.writerow(row)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=REPOSITORY, check=True)
    target = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=REPOSITORY, check=True,
                            capture_output=True, text=True).stdout.split('"target_directory":"')[1].split('"')[0]
    differences = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pairs, rows = [], 0
        for number, size in enumerate(sizes(options.files, dice)):
            results = folder / f"{number}.jtl"
            write(results, size, dice)
            pairs += [results, folder / f"{number}.jmeter.csv"]
            rows += size
        subprocess.run([REPOSITORY / "scripts/jmeter/aggregate-report.sh", *pairs], check=True)
        for results, table in zip(pairs[::2], pairs[1::2]):
            ours = subprocess.run([f"{target}/release/perfkit", "analyze", results, "--format", "csv", "--no-report",
                                   "--timezone", "UTC"], capture_output=True)
            jmeters_table = NO_THROUGHPUT.sub(",,", table.read_text())
            if ours.stdout.decode() != jmeters_table:
                differences += 1
                print(f"--- {results.name}: {ours.stderr.decode()}")
                for mine, jmeters in zip(ours.stdout.decode().splitlines(), jmeters_table.splitlines()):
                    if mine != jmeters:
                        print(f"  perfkit {mine}\n  JMeter  {jmeters}")
    files = len(pairs) // 2
    print(f"{'FAIL' if differences else 'PASS'}: {files} files, {rows} rows, {differences} tables differ")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
