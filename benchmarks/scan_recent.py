"""999 replicates of `scan_recent`, beside SaTScan.

The prospective space-time permutation scan without early stopping. For the first two data sets
SaTScan 10.3.2 took 3.4 s and 69 s on two cores when it was measured; it is not run here, and
of its settings only these numbers are known. They are taken to be its usual circles of up to half
of all cases, and windows of up to seven days, which is most of the work. The others are as large as
London, with circles of up to 1 km: a year of 300,000 episodes in 40,000 cells, weekday by weekday,
and the same looking anywhere in the year, of which fewer replicates are taken and counted up.

Processor seconds are those of all threads. On processors that others use too they say more than
the wall clock: divided by the threads they are what it would show.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from measure import peak_memory, print_head

from hotspots.patterns.recent_circles import make_circles
from hotspots.patterns.recent_zones import Replicates, make_zones

if TYPE_CHECKING:
    from hotspots.patterns.recent_zones import RecentZones

REPLICATES = 999
SPREAD = 300.0
RADIUS = 1_000.0


class Data(NamedTuple):
    """A data set, how it is scanned, and what SaTScan took."""

    name: str
    n_places: int
    n_cases: int
    n_dates: int
    is_prospective: bool = True
    n_strata: int = 1
    is_local: bool = False
    share: float = 1.0
    satscan: str = "–"


DATA = (
    Data("2,000 places, 20,000 cases, 90 days", 2_000, 20_000, 90, satscan="3.4"),
    Data("10,000 places, 60,000 cases, 365 days", 10_000, 60_000, 365, satscan="69"),
    Data("London, the last days", 40_000, 300_000, 365, n_strata=7, is_local=True),
    Data(
        "London, any days",
        40_000,
        300_000,
        365,
        is_prospective=False,
        n_strata=7,
        is_local=True,
        share=0.05,
    ),
)


def zones_of(data: Data) -> RecentZones:
    """Make places, cases and circles."""
    chance = np.random.default_rng(1)
    side = np.sqrt(data.n_places) * SPREAD
    xy = chance.uniform(0, side, (data.n_places, 2))
    xy = xy[np.argsort(xy[:, 0])]
    rate = chance.lognormal(0, 1, data.n_places)
    places = chance.choice(data.n_places, data.n_cases, p=rate / rate.sum())
    n_of = np.bincount(places, minlength=data.n_places)
    return make_zones(
        places,
        chance.integers(0, data.n_dates, data.n_cases),
        np.arange(data.n_dates) % data.n_strata,
        circles=make_circles(xy, n_of, RADIUS if data.is_local else 2 * side),
        max_days=7,
        min_cases=2,
        min_dates=1,
        is_prospective=data.is_prospective,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=REPLICATES)
    asked = parser.parse_args()
    for is_prospective in (True, False):
        few = zones_of(Data("", 50, 500, 30, is_prospective))
        replicates = Replicates(few)
        replicates.learn(np.array([replicates.maximum(0)]))
    n_all = os.cpu_count() or 1
    print_head(
        "data", "circles, s", f"999 replicates, s, {n_all} threads", "processor, s", "SaTScan, s",
        "peak memory, GB",
    )  # fmt: skip
    for data in DATA:
        wall = [time.perf_counter()]
        zones = zones_of(data)
        wall.append(time.perf_counter())
        used = time.process_time()
        replicates = Replicates(zones)
        n = max(int(asked.replicates * data.share), 30)
        replicates.learn(np.array([replicates.maximum(0)]))
        with ThreadPoolExecutor(n_all) as pool:
            first = list(pool.map(replicates.maximum, range(1, 21)))
            replicates.learn(np.array(first))
            list(pool.map(replicates.maximum, range(21, n)))
        more = REPLICATES / n
        wall.append(time.perf_counter())
        said = [wall[1] - wall[0], (wall[2] - wall[1]) * more, (time.process_time() - used) * more]
        figures = " | ".join(f"{each:.1f}" for each in said)
        print(
            f"| {data.name} | {figures} | {data.satscan} | {peak_memory() / 1e9:.1f} |", flush=True
        )


if __name__ == "__main__":
    main()
