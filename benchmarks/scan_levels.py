"""How often `scan_week` finds hours of their own where there are none, and where there are some.

Levels: boroughs of `simulate_null`, in which hours never depend on the place; of them 5 in 100
should have p of at most 0.05, and 99 in 100 times the share lies within the limits that are
printed. Calls are dealt out instead of episodes beside it. Boroughs with a town centre have fifteen
times as many occurrences, so that those of one night run into each other. Power: a place of one
cell gets a number of episodes more on Friday nights, in boroughs of the first kind.

`python benchmarks/scan_levels.py` takes 400 boroughs each, in as many processes as there are
processors, and prints the tables of `docs/scan-week.md`; the seeds are 0, 1, 2 ….
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

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
KINDS: tuple[Kind, ...] = ("independent", "bursty", "overdispersed", "seasonal", "centre")
CENTRE = 15
HOURS = (4 * 24 + 21, 4 * 24 + 25)
PLACE = (532_625.0, 182_625.0)
ADDED = (5, 10, 15, 20, 30)


def p_of(table: gpd.GeoDataFrame, unit: str, seed: int) -> tuple[float, float]:
    """Give the p of a borough's largest ratio, and that by the Gumbel tail."""
    scan = hs.scan_week(
        table,
        unit=unit,  # type: ignore[arg-type]
        n_permutations=REPLICATES,
        stop_after=None,
        rng=seed,
        threads=1,
        progress=False,
    )
    return float(scan.boroughs["p"].iloc[0]), float(scan.boroughs["p_gumbel"].iloc[0])


def null(kind: Kind, unit: str, n: int, seed: int) -> tuple[float, float]:
    """Scan one borough without hours of their own."""
    chance = np.random.default_rng([seed, 1])
    n_drawn = n * CENTRE if kind == "centre" else n
    return p_of(simulate_null(n_drawn, kind, rng=chance), unit, seed)


def planted(added: int, background: int, n: int, seed: int) -> tuple[float, float]:
    """Scan one borough in which a place has so many Friday nights more.

    The place has `background` ordinary episodes besides.
    """
    chance = np.random.default_rng([seed, added, background])
    table = simulate_null(n, rng=chance)
    more = simulate_null(added + background, rng=chance)
    weeks = chance.choice(52, added, replace=False)
    minutes = weeks * 7 * 24 * 60 + chance.integers(HOURS[0] * 60, HOURS[1] * 60, added)
    wall = pd.Series(np.datetime64("2024-01-01", "m") + minutes.astype("timedelta64[m]"))
    start = wall.dt.tz_localize("Europe/London", ambiguous=True, nonexistent="shift_forward")
    more.iloc[:added, more.columns.get_loc("start")] = start.to_numpy()
    where = np.array(PLACE) + chance.uniform(-100, 100, (len(more), 2))
    more = more.set_geometry(gpd.points_from_xy(*where.T, crs=table.crs))
    more.index = "more-" + more.index
    return p_of(pd.concat([table, more]), "episode", seed)


def shares(found: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Give the shares of p and of Gumbel p that are at most the level."""
    p = np.array(list(found))
    share, tail = (p <= LEVEL).mean(axis=0)
    return float(share), float(tail)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boroughs", type=int, default=400)
    parser.add_argument("--occurrences", type=int, default=1500)
    parser.add_argument("--only", choices=["levels", "power"])
    asked = parser.parse_args()
    seeds, n = range(asked.boroughs), asked.occurrences
    low, high = binom.ppf([0.005, 0.995], asked.boroughs, LEVEL) / asked.boroughs
    with ProcessPoolExecutor() as pool:
        if asked.only != "power":
            print(
                f"{asked.boroughs} boroughs of {n:,} occurrences, {REPLICATES} replicates; ", end=""
            )
            print(f"limits {low:.3f} to {high:.3f}\n")
            print("| null | unit | p ≤ 0.05 | Gumbel p ≤ 0.05 |\n| --- | --- | --- | --- |")
            for unit in ("episode", "call"):
                for kind in KINDS:
                    found = pool.map(partial(null, kind, unit, n), seeds, chunksize=5)
                    share, tail = shares(found)
                    print(f"| {kind} | {unit} | {share:.3f} | {tail:.3f} |", flush=True)
        if asked.only != "levels":
            print("\n| ordinary episodes there | " + " | ".join(f"+{k}" for k in ADDED) + " |")
            print("| --- " * (len(ADDED) + 1) + "|")
            for background in (0, 50, 200):
                row = []
                for added in ADDED:
                    some = pool.map(
                        partial(planted, added, background, n), seeds[:100], chunksize=5
                    )
                    row.append(f"{shares(some)[0]:.2f}")
                print(f"| {background} | " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
