"""Two periods of 600,000 calls, beside scipy's exact test.

Two simulated years of London, a fortnight against the same weeks a year before, by borough. The
peer is what an analyst would put together with pandas and `scipy.stats.binomtest`: counts of calls,
and an exact test and interval by borough, as by chance alone. `compare_periods` finds the episodes
and measures how like periods vary besides; `unit="call"` leaves out the episodes. Each run has a
process of its own. The target is 10 s.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings

import pandas as pd
from measure import medians, peak_memory, print_head, run_task

import hotspots as hs

ROWS = 300_000
LEVEL = 0.05
CURRENT, AGAINST = ("2026-06-01", "2026-06-15"), ("2025-06-02", "2025-06-16")
PEER = "pandas and scipy"
WAYS = {"compare_periods": "episode", 'compare_periods, unit="call"': "call"}


def run_peer(calls: pd.DataFrame) -> dict[str, float]:
    """Time the peer."""
    from scipy.stats import binomtest  # noqa: PLC0415 (slow to import)

    started = time.perf_counter()
    day = calls["start"].dt.tz_localize(None)
    x, y = (
        calls["borough"][(day >= first) & (day < last)].value_counts()
        for first, last in (CURRENT, AGAINST)
    )
    tests = {name: binomtest(int(x[name]), int(x[name] + y[name])) for name in x.index}
    limits = [test.proportion_ci(method="exact") for test in tests.values()]
    found = sum(test.pvalue <= LEVEL for test in tests.values())
    wall = time.perf_counter() - started
    return {"wall": wall, "rows": float(len(limits)), "found": float(found)}


def work(way: str) -> dict[str, float]:
    """Do one run in this process."""
    warnings.simplefilter("ignore")
    years = [hs.simulate_incidents(ROWS, year=year, rng=year).incidents for year in (2025, 2026)]
    calls = pd.concat(years)
    calls.index = pd.Index([f"c{number}" for number in range(len(calls))], dtype="str")
    if way == PEER:
        found = run_peer(calls)
    else:
        started = time.perf_counter()
        table = hs.compare_periods(calls, CURRENT, unit=WAYS[way]).table  # type: ignore[arg-type]
        wall = time.perf_counter() - started
        n_found = float((table["p"] <= LEVEL).sum())
        found = {"wall": wall, "rows": float(len(table)), "found": n_found}
    return {**found, "memory": peak_memory() / 1e9}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="Runs of each way.")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(work(asked.task)))
        return
    print_head(
        *("way", "wall, s", "peak memory, GB", "boroughs", "p ≤ 0.05"),
        measured=f"{2 * ROWS:,} calls; median of {asked.runs}; ",
    )
    for way in (PEER, *WAYS):
        row = medians(run_task(__file__, way) for _ in range(asked.runs))
        print(f"| {way} | {row['wall']:.2f} | {row['memory']:.2f} ", end="")
        print(f"| {row['rows']:.0f} | {row['found']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
