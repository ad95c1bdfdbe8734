"""Wall time and peak memory of processes, and the head of the tables that show them.

The scripts beside this one measure each thing in a process of its own, so that nothing is warm
that a user would find cold, and no memory of another is counted.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence

_EVERY_S = 0.05


def run_measured(command: Sequence[str], **options: Any) -> tuple[float, float]:  # noqa: ANN401
    """Run a command and give its wall seconds and the peak of its resident memory in GB.

    The options are those of `subprocess.Popen`. A command that fails ends the benchmark.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, **options)
    watched = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(_EVERY_S)
    seconds = time.perf_counter() - started
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return seconds, peak / 1e9


def peak_memory() -> int:
    """Give the most memory this process has held so far, bytes."""
    held = psutil.Process().memory_info()
    if hasattr(held, "peak_wset"):
        return int(held.peak_wset)
    import resource  # noqa: PLC0415 (not on Windows, which has the above)

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def print_head(*columns: str, measured: str = "") -> None:
    """Say what was measured and on what machine, and print the head of a table."""
    print(f"{measured}Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print(f"| {' | '.join(columns)} |")
    print("| --- " * len(columns) + "|", flush=True)
