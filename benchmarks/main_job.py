"""Measure how the main job grows: `analyse` on datasets of simulated London calls.

`python benchmarks/main_job.py 1 3 10 30` takes as many million rows, written as Parquet from
repeated simulated years, each in a process of its own; it prints a table for `docs/scale.md`.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

MILLION = 1_000_000
A_YEAR = 500_000
YEARS = 4
JOB = """
import sys
import hotspots as hs
analysis = hs.analyse(hs.open_incidents(sys.argv[1]), progress=False)
print(analysis, file=sys.stderr)
analysis.save(sys.argv[2])
"""


def write_calls(folder: Path, n: int) -> None:
    """Write simulated years as Parquet files, as a CAD extract would have them."""
    import hotspots as hs  # noqa: PLC0415 (not in the measured process)

    years = [hs.simulate_incidents(A_YEAR, year=2024 - k, rng=k).incidents for k in range(YEARS)]
    for number in range(n // A_YEAR):
        calls = years[number % YEARS]
        # The same years again, two years of whole weeks earlier each time.
        back = np.timedelta64(104 * 7 * (number // YEARS), "D")
        table = {
            "received": calls["start"].dt.tz_localize(None) - back,
            "easting": calls.geometry.x,
            "northing": calls.geometry.y,
            "heading": calls["heading"],
            "asb_type": calls["asb_type"],
            "location": calls["location"],
            "person_key": calls["person_key"],
        }
        frame = calls[[]].assign(**table)
        frame.to_parquet(folder / f"calls{number:03}.parquet", index=False)


def measure(folder: Path, out: Path) -> tuple[float, float]:
    """Run the job; give wall seconds and peak memory in GB."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", JOB, str(folder), str(out)])
    watched = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.05)
    if process.returncode:
        sys.exit(f"the job ended with {process.returncode}")
    return time.perf_counter() - started, peak / 1e9


def main() -> None:
    """Measure and print."""
    sizes = [float(text) for text in sys.argv[1:]] or [1.0, 3.0]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| rows, million | wall, s | peak memory, GB |")
    print("| --- | --- | --- |")
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "calls"
            folder.mkdir()
            write_calls(folder, int(size * MILLION))
            seconds, peak = measure(folder, Path(name) / "out")
        print(f"| {size:g} | {seconds:.0f} | {peak:.1f} |", flush=True)


if __name__ == "__main__":
    main()
