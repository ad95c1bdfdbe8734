"""How often `scan_recent` finds that something has begun where nothing has, and where it has.

Levels: boroughs of `simulate_null`; 99 in 100 times the share with p of at most 0.05 lies within
the limits that are printed, if dates do not depend on the place. They do not in "independent" and
"bursty"; in "overdispersed" each place has good and bad weeks, and in "seasonal" a season of its
own. Two have a town centre and fifteen times as many occurrences, so that those of one night run
into each other: in "common" dates do not depend on the place, in "centre" they do, by good and bad
weeks. Calls are dealt out instead of episodes beside it. Power: one address gets an episode more on
a number of the last seven nights, in boroughs of the first kind.

`python benchmarks/recent_levels.py` takes 400 boroughs each, in as many processes as there are
processors, and prints the tables of `docs/scan-recent.md`; the seeds are 0, 1, 2 ….
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.stats import binom

import hotspots as hs
from hotspots.simulate import Kind, simulate_null

if TYPE_CHECKING:
    from collections.abc import Iterable

LEVEL = 0.05
REPLICATES = 39
CENTRE = 15
UNTIL = "2024-12-29"
PLACE = (532_625.0, 182_625.0)
ADDED = (3, 4, 5, 6, 7)
WAYS: tuple[dict[str, Any], ...] = (
    {"adjust": "weekday"},
    {"adjust": "season"},
    {"adjust": "weekday", "prospective": False},
    {"adjust": "season", "prospective": False},
    {"adjust": "weekday", "unit": "call"},
)


def p_of(table: gpd.GeoDataFrame, way: dict[str, Any], seed: int) -> tuple[float, ...]:
    """Give the p of a borough's largest ratio, by the Gumbel tail, and among earlier dates."""
    scan = hs.scan_recent(
        table, until=UNTIL, n_permutations=REPLICATES, rng=seed, threads=1, progress=False, **way
    )
    return scan.p, scan.p_gumbel, scan.p_before


def null(kind: Kind, way: dict[str, Any], n: int, seed: int) -> tuple[float, ...]:
    """Scan one borough in which nothing has begun."""
    n_drawn = n * CENTRE if kind in ("centre", "common") else n
    return p_of(simulate_null(n_drawn, kind, rng=np.random.default_rng([seed, 1])), way, seed)


def planted(added: int, background: int, n: int, seed: int) -> tuple[float, ...]:
    """Scan one borough in which an address has an episode more on so many of the last seven nights.

    The address has `background` ordinary episodes besides, in the whole year.
    """
    chance = np.random.default_rng([seed, added, background])
    table = simulate_null(n, rng=chance)
    more = simulate_null(added + background, rng=chance)
    back = pd.to_timedelta(chance.choice(7, added, replace=False), unit="D")
    more.iloc[:added, more.columns.get_loc("start")] = (
        pd.Timestamp(f"{UNTIL} 22:00", tz="Europe/London") - back
    )
    where = np.array(PLACE) + chance.uniform(-30, 30, (len(more), 2))
    more = more.set_geometry(gpd.points_from_xy(*where.T, crs=table.crs))
    more.index = "more-" + more.index
    return p_of(pd.concat([table, more]), {}, seed)


def shares(found: Iterable[tuple[float, ...]]) -> list[str]:
    """Give the share of each p that is at most the level; a dash where it is missing."""
    p = np.array(list(found))
    each = zip((p <= LEVEL).mean(axis=0), np.isnan(p).all(axis=0), strict=True)
    return ["–" if is_missing else f"{share:.3f}" for share, is_missing in each]


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boroughs", type=int, default=400)
    parser.add_argument("--occurrences", type=int, default=1500)
    parser.add_argument("--only", choices=["levels", "power"])
    parser.add_argument("--kinds", nargs="*", choices=get_args(Kind), default=get_args(Kind))
    parser.add_argument("--processes", type=int)
    parser.add_argument("--ways", type=int, nargs="*", default=range(len(WAYS)))
    asked = parser.parse_args()
    seeds, n = range(asked.boroughs), asked.occurrences
    low, high = binom.ppf([0.005, 0.995], asked.boroughs, LEVEL) / asked.boroughs
    with ProcessPoolExecutor(asked.processes) as pool:
        if asked.only != "power":
            print(
                f"{asked.boroughs} boroughs of {n:,} occurrences, {REPLICATES} replicates; ", end=""
            )
            print(f"limits {low:.3f} to {high:.3f}\n")
            print("| null | options | p ≤ 0.05 | `p_gumbel` | `p_before` |\n" + "| --- " * 5 + "|")
            for way in (WAYS[number] for number in asked.ways):
                said = ", ".join(f"{name}={value!r}" for name, value in way.items())
                for kind in asked.kinds:
                    found = pool.map(partial(null, kind, way, n), seeds, chunksize=5)
                    print(f"| {kind} | `{said}` | {' | '.join(shares(found))} |", flush=True)
        if asked.only != "levels":
            print("\n| ordinary episodes there | p | " + " | ".join(f"+{k}" for k in ADDED) + " |")
            print("| --- " * (len(ADDED) + 2) + "|")
            for background in (0, 50, 200):
                rows = [
                    shares(pool.map(partial(planted, added, background, n), seeds, chunksize=5))
                    for added in ADDED
                ]
                for name, at in (("p", 0), ("p_before", 2)):
                    row = " | ".join(f"{float(each[at]):.2f}" for each in rows)
                    print(f"| {background} | `{name}` | {row} |", flush=True)


if __name__ == "__main__":
    main()
