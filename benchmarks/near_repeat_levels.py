"""How often `near_repeat` finds what is not there: the table in `docs/near-repeat.md`.

Boroughs of `simulate_null`: in "independent", "bursty" and "common" the date never depends on the
place, in the others it does, by good and bad weeks or by seasons. Of 100 boroughs of the first
three, 5 should have p of at most 0.05; 99 in 100 times the share lies within the limits that are
printed. In the bursty kind hardly two occurrences are at exactly one point, so both together are
looked at, up to 100 m. "compact" is a small and busy area with short bins, in which many calls run
into one episode: 400 calls anywhere and at any time in 400 × 400 m and 60 days, and bins of one
day, up to four.

`python benchmarks/near_repeat_levels.py` takes 200 boroughs each, in as many processes as there are
processors, and prints the table; the seeds are 0, 1, 2 …. Boroughs with a town centre, "centre" and
"common", have fifteen times as many occurrences; ask for fewer of them, such as `--only common
--boroughs 100 --replicates 39`.
"""

from __future__ import annotations

import argparse
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Final, Literal, cast, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.stats import binom

import hotspots as hs
from hotspots.patterns.near_repeat import DAYS
from hotspots.simulate import Kind, simulate_null

LEVEL = 0.05
REPLICATES = 399
COMPACT: Final = "compact"
KINDS: tuple[str, ...] = (*get_args(Kind), COMPACT)
CENTRE = 15
COMPACT_CALLS, COMPACT_METRES, COMPACT_DAYS = 400, 400, 60
SPACE = (0, 100, 200, 300, 400)
Unit = Literal["episode", "call"]
Within = Literal["month", "week"] | None


def simulate_compact(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Simulate calls that are anywhere in a small area at any time."""
    table = simulate_null(COMPACT_CALLS, rng=rng)
    x, y = rng.uniform(0, COMPACT_METRES, (2, COMPACT_CALLS))
    minutes = rng.integers(0, COMPACT_DAYS * 24 * 60, COMPACT_CALLS)
    # In winter no hour is skipped or comes twice.
    start = pd.Timestamp("2025-01-01", tz="Europe/London") + pd.to_timedelta(minutes, unit="min")
    return table.assign(start=start).set_geometry(
        gpd.points_from_xy(530_000 + x, 180_000 + y, crs=table.crs)
    )


def look(
    kind: str, unit: Unit, within: Within, n: int, replicates: int, seed: int
) -> tuple[float, ...]:
    """Give p of the first days up to 100 m and of 100-200 m, the share of p up to the level, any q.

    The share is of the bins; any q says whether one is up to the level.
    """
    rng, days = np.random.default_rng([seed, 1]), DAYS
    if kind == COMPACT:
        table, days = simulate_compact(rng), (0, 1, 2, 3, 4)
    else:
        n_drawn = n * CENTRE if kind in ("centre", "common") else n
        table = simulate_null(n_drawn, cast("Kind", kind), rng=rng)
    # Few replicates are enough for the first bins, whose p is all that is read.
    warnings.simplefilter("ignore", hs.HotspotsWarning)
    found = hs.near_repeat(
        table,
        space=SPACE,
        days=days,
        unit=unit,
        within=within,
        n_permutations=replicates,
        rng=seed,
        threads=1,
        progress=False,
    ).table
    nearest, next_to_it = found.loc[found["from_days"] == 0, "p"].iloc[:2]
    return nearest, next_to_it, (found["p"] <= LEVEL).mean(), (found["q"] <= LEVEL).any()


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boroughs", type=int, default=200)
    parser.add_argument("--occurrences", type=int, default=1500)
    parser.add_argument("--replicates", type=int, default=REPLICATES)
    parser.add_argument("--only", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--units", nargs="*", choices=get_args(Unit), default=get_args(Unit))
    parser.add_argument("--processes", type=int, help="By default one for each processor.")
    asked = parser.parse_args()
    low, high = binom.ppf([0.005, 0.995], asked.boroughs, LEVEL) / asked.boroughs
    print(f"{asked.boroughs} boroughs of {asked.occurrences:,} occurrences, ", end="")
    print(f"{asked.replicates} replicates; limits {low:.3f} to {high:.3f}\n")
    print("| null | unit | dealt out within | up to 100 m, p ≤ 0.05 | 100–200 m ", end="")
    print("| of all bins | any q ≤ 0.05 |")
    print("| --- " * 7 + "|")
    ways: tuple[tuple[Unit, Within], ...] = (
        ("episode", None),
        ("episode", "month"),
        ("episode", "week"),
        ("call", None),
    )
    with ProcessPoolExecutor(asked.processes) as pool:
        for kind in asked.only:
            for unit, within in (way for way in ways if way[0] in asked.units):
                job = partial(look, kind, unit, within, asked.occurrences, asked.replicates)
                found = np.array(list(pool.map(job, range(asked.boroughs), chunksize=5)))
                found[:, :2] = found[:, :2] <= LEVEL
                shares = " | ".join(f"{share:.3f}" for share in found.mean(axis=0))
                whole = within or "the whole period"
                print(f"| {kind} | {unit} | {whole} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
