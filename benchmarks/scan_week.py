"""A replicate of `scan_week`.

The largest ratio over all circles and 8,256 windows, exactly. Two data sets of 300,000 incidents: a
simulated London year, and incidents spread over 40,000 cells of 250 m in 36 boroughs, as many as
London has. There is no peer: nothing else scans place and week. The target is 0.5 s.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from measure import peak_memory, print_head

import hotspots as hs
from hotspots.patterns.scan_week import RADII
from hotspots.patterns.week_zones import Replicates, make_zones
from hotspots.simulate import ordinary_week

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 300_000
SIDE = 210
BOROUGH = 35


def data_sets() -> Iterator[tuple[str, Any, Any, Any]]:
    """Give a name, points, hours of the week and boroughs of each data set."""
    incidents = hs.simulate_incidents(ROWS, rng=1).incidents
    incidents = incidents[incidents["borough"].notna()]
    xy = np.column_stack([incidents.geometry.x, incidents.geometry.y])
    hours = hs.hour_of_week(incidents["start"]).to_numpy(dtype=np.int64)
    strata = np.unique(incidents["borough"].to_numpy(dtype=str), return_inverse=True)[1]
    yield "a simulated London year", xy, hours, strata.astype(np.int64)
    chance = np.random.default_rng(5)
    rate = chance.lognormal(0, 1, SIDE * SIDE)
    cell = chance.choice(SIDE * SIDE, ROWS, p=rate / rate.sum())
    column, row = cell % SIDE, cell // SIDE
    xy = 250 * (np.column_stack([column, row]) + chance.random((ROWS, 2)))
    hours = chance.choice(168, ROWS, p=ordinary_week())
    yield "spread over 40,000 cells", xy, hours, column // BOROUGH * 6 + row // BOROUGH


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=40)
    asked = parser.parse_args()
    n_all = os.cpu_count() or 1
    print_head("data", "cells", "s a replicate, 1 thread", f"{n_all} threads", "peak memory, GB")
    for name, xy, hours, strata in data_sets():
        scan = make_zones(
            xy,
            hours,
            strata,
            cell_size=250.0,
            radii=RADII,
            max_days=7,
            max_hours=8,
            n_strata=int(strata.max()) + 1,
            least_count=3,
            is_one_group=False,
        )
        every = np.ones(scan.n_groups, dtype=bool)
        replicates = Replicates(scan)
        replicates.learn(replicates.maxima(0, every)[None])
        times = []
        for threads in (1, n_all):
            started = time.perf_counter()
            with ThreadPoolExecutor(threads) as pool:
                seeds = range(1, asked.replicates + 1)
                list(pool.map(lambda seed, of=replicates, all_=every: of.maxima(seed, all_), seeds))
            times.append(f"{(time.perf_counter() - started) / asked.replicates:.2f}")
        print(f"| {name} | {scan.n_cells:,} | {' | '.join(times)} | {peak_memory() / 1e9:.1f} |")


if __name__ == "__main__":
    main()
