"""Measure how the main job grows: `analyse` on datasets of simulated London calls.

`python benchmarks/main_job.py 1 3 10 30` takes as many million rows, written as Parquet from
repeated simulated years, each in a process of its own; it prints a table for `docs/scale.md`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from measure import print_head, run_measured

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


def main() -> None:
    """Measure and print."""
    sizes = [float(text) for text in sys.argv[1:]] or [1.0, 3.0]
    print_head("rows, million", "wall, s", "peak memory, GB")
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "calls"
            folder.mkdir()
            write_calls(folder, int(size * MILLION))
            out = Path(name) / "out"
            seconds, peak = run_measured([sys.executable, "-c", JOB, str(folder), str(out)])
        print(f"| {size:g} | {seconds:.0f} | {peak:.1f} |", flush=True)


if __name__ == "__main__":
    main()
