#!/usr/bin/env python3
"""Measures perfkit serve against its own constant route and against Flask with the same endpoints.

wrk requests random paths of both endpoints over 64 keep-alive connections, from perfkit serve, from
Flask's development server, and from gunicorn with 2 workers of 4 threads. perfkit's constant route,
/healthz, shows what hyper and axum cost without any computation. The servers take turns on this
machine, which also runs wrk, so the figures compare only with each other. Prints a Markdown table of
medians and a verdict; exits 1 if it is FAIL. Takes 2 minutes.

    scripts/serve-speed.py [ROUNDS] [SECONDS]

Needs wrk (apt-get install wrk) and Python's venv (apt-get install python3-venv). Flask and gunicorn
come from PyPI, into a directory under ~/.cache.
"""

import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import venv

from server import REPOSITORY, Perfkit

HERE = REPOSITORY / "scripts/serve-speed"
# perfkit must be at least this many times as fast as ...
TARGETS = {"constant": 0.9, "flask": 40, "gunicorn": 8}
NAMES = {
    "perfkit": "perfkit serve",
    "constant": "perfkit serve, constant route",
    "flask": "Flask's development server",
    "gunicorn": "gunicorn, 2 workers x 4 threads",
}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: apt-get install wrk")
    python = flask_environment()
    flask_port, gunicorn_port = free_port(), free_port()
    flask = ["-m", "flask", "--app", "app", "run", "--port", str(flask_port)]
    gunicorn = ["-m", "gunicorn", "--workers", "2", "--threads", "4", "--keep-alive", "60"]
    gunicorn += ["--bind", f"127.0.0.1:{gunicorn_port}", "app:app"]
    with Perfkit() as perfkit, App(python, flask, flask_port), App(python, gunicorn, gunicorn_port):
        ports = {
            "perfkit": perfkit.port,
            "constant": perfkit.port,
            "flask": flask_port,
            "gunicorn": gunicorn_port,
        }
        for name, port in ports.items():  # What a server does once, it does now.
            wrk(name, port, 1)
        runs = {name: [] for name in ports}
        for number in range(rounds):
            # In turns, so that a busy moment of the machine affects every server.
            order = list(ports) if number % 2 == 0 else list(reversed(ports))
            for name in order:
                runs[name].append(wrk(name, ports[name], seconds))
    report(runs)


def wrk(name, port, seconds):
    """One run: requests per second, 99th percentile of latency in ms, failures."""
    command = ["wrk", "-t2", "-c64", f"-d{seconds}s", "--latency", "-s", HERE / "paths.lua"]
    command += [f"http://127.0.0.1:{port}", "--", name]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    latency, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", said).groups()
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    milliseconds = float(latency) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]
    return rate, milliseconds, int(failed[1]) if failed else 0


def report(runs):
    passed = True
    rows = []
    for name, measured in runs.items():
        # Ratios of neighbours in time, so that other work on the machine cancels out.
        ratios = [ours[0] / theirs[0] for ours, theirs in zip(runs["perfkit"], measured)]
        ratio = statistics.median(ratios)
        target = TARGETS.get(name)
        verdict = ""
        if target:
            verdict = f"{target}x: " + ("reached" if ratio >= target else "missed")
            passed &= ratio >= target
        passed &= sum(failures for _, _, failures in measured) == 0
        rows.append(
            [
                NAMES[name],
                f"{statistics.median(rate for rate, _, _ in measured):,.0f}",
                f"{statistics.median(p99 for _, p99, _ in measured):.1f}",
                f"{ratio:.2f}x" if name != "perfkit" else "",
                f"{min(ratios):.2f}x to {max(ratios):.2f}x" if name != "perfkit" else "",
                verdict,
            ]
        )
    header = ["Server", "Requests/s", "p99 (ms)", "perfkit is", "in single rounds", "Target"]
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
    failures = sum(run[2] for measured in runs.values() for run in measured)
    print(f"\n{failures} answers that were not 200\n{'PASS' if passed else 'FAIL'}")
    sys.exit(not passed)


def flask_environment():
    """Returns the Python of an environment with Flask and gunicorn."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    directory = cache / "perfkit/serve-speed"
    python = directory / "bin/python"
    if not python.exists():
        venv.create(directory, with_pip=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([python, *install, "-r", HERE / "requirements.txt"], check=True)
    return python


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class App:
    """Runs the Flask app under one of its servers, for the duration of a `with` block."""

    def __init__(self, python, arguments, port):
        self.command = [python, *arguments]
        self.port = port

    def __enter__(self):
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(self.command, cwd=HERE, stdout=quiet, stderr=quiet)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.1)
        sys.exit(f"{self.command} does not listen")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


if __name__ == "__main__":
    main()
