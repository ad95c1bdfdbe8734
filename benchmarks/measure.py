"""Wall time and peak memory of processes, and the head of the tables that show them.

The scripts beside this one measure each thing in a process of its own, so that nothing is warm
that a user would find cold, and no memory of another is counted.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


def run_task(script: str, *task: str) -> dict[str, Any]:
    """Run a script's `--task` in a process of its own and read the JSON that it prints last.

    This process stays small: on Linux a child's peak of memory begins with that of its parent.
    """
    command = [sys.executable, script, "--task", *task]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(task)} ended with {done.returncode}\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def medians(runs: Iterable[dict[str, float]]) -> dict[str, float]:
    """Give the median of each figure over some runs."""
    found = list(runs)
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


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
