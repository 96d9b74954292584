"""A management command in a process of its own: `python -m bench.child sync_models …`, measured in its last line."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from django.core.management import execute_from_command_line


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a command took, from its start to its end, and the most memory it held."""

    seconds: float
    megabytes: float


def run(*command: str) -> Measured:
    """Raises CalledProcessError if the command fails; what it said is in it."""
    started = perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "bench.child", *command], stdout=subprocess.PIPE, check=True, text=True
    )
    return Measured(seconds=perf_counter() - started, megabytes=float(done.stdout.splitlines()[-1]))


def peak_megabytes() -> float:
    """Of this process alone: what getrusage says counts the parent in, from before the new program was loaded."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes


if __name__ == "__main__":
    execute_from_command_line(["manage.py", *sys.argv[1:]])
    print(peak_megabytes())
