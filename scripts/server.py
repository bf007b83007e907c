"""Shared by the scripts here: builds perfkit and runs perfkit serve."""

import os
import pathlib
import re
import signal
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


class Perfkit:
    """Runs `perfkit serve` on a free port of this machine, for the duration of a `with` block."""

    def __enter__(self):
        subprocess.run(["cargo", "build", "--profile", "dist", "--quiet"], cwd=REPOSITORY, check=True)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
        command = [target / "dist/perfkit", "serve", "--host", "127.0.0.1", "--port", "0"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        said = self.process.stderr.readline()
        self.port = int(re.search(r"serves on 127\.0\.0\.1:(\d+)", said)[1])
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Stops it as an operator would, and returns its last output and whether it exited cleanly."""
        self.process.send_signal(signal.SIGTERM)
        summary = self.process.stderr.read().splitlines()[-1]
        return summary, self.process.wait(timeout=30) == 0
