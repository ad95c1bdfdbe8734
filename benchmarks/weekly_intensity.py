"""The weekly intensity of 40,000 places.

Counts of a simulated London year by 150 m square, cut to 40,000 squares with incidents and without:
`weekly_intensity`, and the expected numbers of all of them in all 168 hours. There is no peer that
does the same. Each run has a process of its own. The target is 10 s.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
from measure import medians, peak_memory, print_head, run_task

import hotspots as hs

ROWS = 300_000
PLACES = 40_000


def work() -> dict[str, float]:
    """Do one run in this process."""
    calls = hs.simulate_incidents(ROWS, rng=1).incidents
    grid = hs.make_grid(hs.load_boroughs())
    chosen = np.sort(np.random.default_rng(1).permutation(len(grid))[:PLACES])
    counts = hs.count_incidents(calls, grid.iloc[chosen])
    before = peak_memory() / 1e9
    started = time.perf_counter()
    intensity = hs.weekly_intensity(counts)
    fitted = time.perf_counter()
    expected = intensity.expected(np.arange(PLACES))
    return {
        "fit": fitted - started,
        "expected": time.perf_counter() - fitted,
        "incidents": counts.total,
        "numbers": float(expected.size),
        "before": before,
        "memory": peak_memory() / 1e9,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="Runs.")
    parser.add_argument("--task", nargs="?", const="all", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(work()))
        return
    row = medians(run_task(__file__, "all") for _ in range(asked.runs))
    print_head(
        *("incidents", "expected numbers", "estimate, s", "all numbers, s"),
        *("memory before, GB", "peak memory, GB"),
        measured=f"{PLACES:,} places; median of {asked.runs}; ",
    )
    print(f"| {row['incidents']:,.0f} | {row['numbers']:,.0f} | {row['fit']:.2f} ", end="")
    print(f"| {row['expected']:.2f} | {row['before']:.2f} | {row['memory']:.2f} |")


if __name__ == "__main__":
    main()
