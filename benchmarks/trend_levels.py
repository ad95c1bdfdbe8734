"""How often `classify_trend` finds what is not there: the tables in `docs/trends.md`.

First cubes of nothing, independent counts of one mean in 40 x 40 squares and twelve months: the
share of bins up to a level by the exact p and by the p of z, of cubes with any bin of q of at most
0.05, and of places with a trend, over single months and over the z that overlap. Then a borough's
eleven months by `simulate_null`, in which places differ but none changes, except with its season:
the share of places with a trend, and in classes that say there was a change.

`python benchmarks/trend_levels.py` takes 100 cubes and 100 boroughs each; the seeds are 0, 1, 2 ….
"""

from __future__ import annotations

import argparse
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

import hotspots as hs
from hotspots.areas import neighbours
from hotspots.areas.places import make_places
from hotspots.errors import HotspotsWarning
from hotspots.patterns.mann_kendall import mann_kendall
from hotspots.patterns.space_time import judge_cube, make_cube
from hotspots.patterns.surroundings import false_discovery_rates, normal_p
from hotspots.simulate import Kind, simulate_null

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.places import make_cells

LEVEL, STRICT = 0.05, 0.001
SIDE, MONTHS = 40, 12
WEST, SOUTH, CELL, CELLS = 530_000, 180_000, 250, 20
PERIOD = ("2025-01-01", "2025-12-01")
SETTLED = 366
OCCURRENCES = 6000
CHANGED = ("new", "consecutive", "intensifying", "diminishing", "historical")


def nothing(mean: float, seed: int) -> list[float]:
    """Give the shares of one cube of nothing."""
    places = make_cells(SIDE, SIDE)
    values = np.random.default_rng(seed).poisson(mean, (len(places), MONTHS))
    months = pd.period_range("2025-01", periods=MONTHS, freq="M")
    cube = make_cube(pd.DataFrame(values, places.index, months), places, "month", None, None)
    one = np.zeros(MONTHS, dtype=np.int64)
    found = judge_cube(cube, neighbours(places), 1, one)
    by_z = normal_p(found.z, "two-sided")
    shares = [float((p <= level).mean()) for level in (LEVEL, STRICT) for p in (found.p, by_z)]
    shares += [float(false_discovery_rates(p.ravel()).min() <= LEVEL) for p in (found.p, by_z)]
    trends = (mann_kendall(series, one).p for series in (found.step_sums, found.z))
    return shares + [float((p <= LEVEL).mean()) for p in trends]


def squares() -> gpd.GeoDataFrame:
    """Give the squares of the borough of `simulate_null`."""
    row, column = np.divmod(np.arange(CELLS**2), CELLS)
    x, y = WEST + column * CELL, SOUTH + row * CELL
    return make_places(
        [f"s{number}" for number in range(CELLS**2)],
        shapely.box(x, y, x + CELL, y + CELL),
        area_id=None,
        area_m2=float(CELL**2),
        shape="square",
        cell_size_m=float(CELL),
        column=WEST // CELL + column,
        row=SOUTH // CELL + row,
    )


def borough(kind: Kind, unit: str, trend_of: str, seed: int) -> list[float]:
    """Give the shares of one borough in which nothing changes."""
    calls = simulate_null(OCCURRENCES, kind, rng=seed)
    # A year later, no break in London's records lies in it.
    calls["start"] = calls["start"] + pd.Timedelta(days=SETTLED)
    if unit == "episode":
        calls = calls[~hs.find_episodes(calls).duplicated()]
    places = squares()
    counts = hs.count_incidents(calls, places, period=PERIOD)
    found = hs.classify_trend(counts, places, trend_of=trend_of)  # type: ignore[arg-type]
    kinds = found["category"].str.replace(" hot spot", "", regex=False)
    shares = [(kinds == name).mean() for name in CHANGED]
    trend = (found["trend_p"] <= LEVEL).mean()
    any_trend = float(found["trend_q"].min() <= LEVEL)
    return [float(each) for each in (trend, any_trend, found["last_is_hot"].mean(), *shares)]


def print_row(name: str, rows: Iterable[list[float]]) -> None:
    """Print means, in percent."""
    cells = [f"{100 * mean:.2f}" for mean in np.array(list(rows)).mean(axis=0)]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cubes", type=int, default=100)
    parser.add_argument("--boroughs", type=int, default=100)
    asked = parser.parse_args()
    warnings.simplefilter("ignore", HotspotsWarning)
    with ProcessPoolExecutor() as pool:
        print("| mean count | p ≤ 0.05 | by z | p ≤ 0.001 | by z | any q ≤ 0.05 | by z | ", end="")
        print("trend p ≤ 0.05 | over z |\n" + "| --- " * 9 + "|")
        for mean in (0.1, 0.75, 3.0):
            seeds = range(asked.cubes)
            print_row(f"{mean:g}", pool.map(partial(nothing, mean), seeds, chunksize=5))
        print(
            "\n| null | unit | trend of | trend p ≤ 0.05 | any trend q ≤ 0.05 | hot at last ",
            end="| ",
        )
        print(" | ".join(CHANGED) + " |\n" + "| --- " * (6 + len(CHANGED)) + "|")
        kinds: tuple[Kind, ...] = ("independent", "bursty", "overdispersed", "seasonal")
        for kind in kinds:
            for unit in ("episode", "call"):
                for trend_of in ("counts", "shares"):
                    task = partial(borough, kind, unit, trend_of)
                    rows = pool.map(task, range(asked.boroughs), chunksize=5)
                    print_row(f"{kind} | {unit} | {trend_of}", rows)


if __name__ == "__main__":
    main()
