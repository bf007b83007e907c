"""Times perfkit on compressed results and prints a Markdown table: compressed.py FILE PERFKIT [ROUNDS [OLDER_PERFKIT]]

FILE contains the results, plain; gzip, zstd and pzstd must be installed. Each round runs every command once, so that
other work affects all of them; figures are the fastest of all rounds. With an older perfkit beside, the last column
says how many times as long that one takes.
"""

import os
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from measure import in_turns

results, perfkit = Path(sys.argv[1]), sys.argv[2]
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 9
older = sys.argv[4] if len(sys.argv) > 4 else None
work = Path(tempfile.mkdtemp())
FILES = 4


def pack(command, source, target):
    with source.open("rb") as plain, target.open("wb") as packed:
        subprocess.run(command, stdin=plain, stdout=packed, check=True)
    return target


def bgzf(source, target):
    """Writes blocks of gzip that say their length, as bgzip does."""
    with source.open("rb") as plain, target.open("wb") as packed:
        while True:
            text = plain.read(65_280)
            deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
            data = deflate.compress(text) + deflate.flush()
            packed.write(b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(data) + 25) + data)
            packed.write(struct.pack("<II", zlib.crc32(text), len(text)))
            if not text:
                return target


def split():
    """The results as several files, each with the header."""
    size = -(-results.stat().st_size // FILES)
    with results.open("rb") as plain:
        header = plain.readline()
        for number in range(FILES):
            part = work / f"part{number}.jtl"
            with part.open("wb") as rows:
                rows.write(header)
                while rows.tell() < size and (row := plain.readline()):
                    rows.write(row)
            yield part


parts = list(split())
INPUTS = {
    "plain": [results],
    "gzip": [pack(["gzip", "-c"], results, work / "r.gz")],
    "BGZF (bgzip)": [bgzf(results, work / "r.bgzf.gz")],
    "zstd, one frame": [pack(["zstd", "-qc"], results, work / "r.zst")],
    "zstd, several frames (pzstd)": [pack(["pzstd", "-qc"], results, work / "r.p.zst")],
    f"gzip, {FILES} files": [pack(["gzip", "-c"], part, part.with_suffix(".gz")) for part in parts],
    f"zstd, {FILES} files": [pack(["zstd", "-qc"], part, part.with_suffix(".zst")) for part in parts],
}


def analyze(program, inputs):
    return [program, "analyze", *inputs, "--no-report", "--format", "csv"]


programs = [perfkit, *([older] if older else [])]
commands = {(name, program): analyze(program, inputs) for name, inputs in INPUTS.items() for program in programs}
measured = in_turns(commands, rounds, min)

size = results.stat().st_size
print(f"{size / 1e6:.0f} MB, fastest of {rounds} rounds on {os.cpu_count()} cores\n")
print("| | wall time | MB/s | CPU time | peak memory | relative to plain |" + (" older perfkit |" if older else ""))
print("|---|--:|--:|--:|--:|--:|" + ("--:|" if older else ""))
plain = measured["plain", perfkit][0]
for name in INPUTS:
    wall, cpu, memory = measured[name, perfkit]
    row = f"| {name} | {wall:.2f} s | {size / wall / 1e6:,.0f} | {cpu:.2f} s | {memory:.0f} MiB | {wall / plain:.1f} |"
    if older:
        row += f" {measured[name, older][0] / wall:.2f} |"
    print(row)
