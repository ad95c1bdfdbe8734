"""A backtest of six months of London by hexagon.

A simulated year of 236,000 incidents on hexagons of 100 m that cover London, about 61,000 of them,
which is what the real hexagon year has. Each method is tried beside the plain count, whose own
time is the first row; the last row is all of them in one call. Forecasts, scores and 999 draws of
blocks together; counting is not in the time. The target for all methods is 3 minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import get_args

from measure import medians, peak_memory, print_head, run_task

import hotspots as hs
from hotspots.risk.forecast import Method

N_INCIDENTS = 236_000
ALL = "all methods"
METHODS = get_args(Method)


def work(way: str) -> dict[str, float]:
    """Do one run in this process: a small one first, then the one that is measured."""
    methods = list(METHODS) if way == ALL else [way]
    found = {}
    for n, names in ((3000, ["Camden"]), (N_INCIDENTS, None)):
        boroughs = hs.load_boroughs(city=True)
        if names:
            boroughs = boroughs[boroughs["name"].isin(names)]
        incidents = hs.simulate_incidents(n, boroughs=names, rng=1).incidents
        places = hs.make_grid(boroughs, cell_size=100, shape="hexagon")
        counts = hs.count_incidents(incidents, places, period=("2025-01-01", "2026-01-01"))
        started = time.perf_counter()
        result = hs.backtest(counts, methods, rng=1, progress=False)
        found = {
            "wall": time.perf_counter() - started,
            "places": float(len(places)),
            "hit": 100 * float(result.summary.loc[methods[-1], "hit_rate"].to_numpy()[2]),
        }
    return {**found, "memory": peak_memory() / 1e9}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1, help="Runs of each way.")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(work(asked.task)))
        return
    print_head("method", "wall, s", "peak memory, GB", "incidents in the top 1 % of land, %")
    for way in (*METHODS, ALL):
        row = medians(run_task(__file__, way) for _ in range(asked.runs))
        hit = "" if way == ALL else f"{row['hit']:.2f}"
        print(f"| {way} | {row['wall']:.1f} | {row['memory']:.2f} | {hit} |", flush=True)


if __name__ == "__main__":
    main()
