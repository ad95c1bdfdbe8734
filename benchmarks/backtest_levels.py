"""How often the intervals of a backtest's differences hold the difference that they are about.

Simulated cities of 1,600 places, 500 m apart, in 100 squares of 2 km. The rates of squares are
exponentially distributed, those of the places in them gamma distributed; counts are Poisson, and
the same rates hold for twelve months, of which the last six are forecast. Two forecasts are made
from the last six months before: by all of them and by every other, of which the second is worse; or
by the odd and by the even ones, which are equally good. The true difference is the mean over all
cities of a kind.

`python benchmarks/backtest_levels.py --cities 60` prints the table of `docs/backtest.md`; seeds are
0, 1, 2 ….
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

import hotspots as hs
from hotspots.areas.places import make_places
from hotspots.counts.steps import count_steps

if TYPE_CHECKING:
    import geopandas as gpd

SIDE, APART_M, MONTHS = 40, 500.0, 12
SHAPE = 0.3
SHARES = (0.01, 0.05)
LEVEL = 0.9
WAYS = {"all months and every other": (1, 0, 2), "odd and even months": (2, 1, 2)}
"""Step and first month, from the end, of the plain count; first and step of the other."""


def city() -> gpd.GeoDataFrame:
    """Make the places."""
    row, column = np.divmod(np.arange(SIDE**2), SIDE)
    x, y = column * APART_M + 200, row * APART_M + 200
    ids = [f"c{number}" for number in range(SIDE**2)]
    box = shapely.box(x, y, x + 100, y + 100)
    kind = {"shape": "area", "cell_size_m": np.nan, "column": -1, "row": -1}
    return make_places(ids, box, area_id="A", area_m2=1e4, **kind)


def counted(matrix: np.ndarray, places: gpd.GeoDataFrame) -> hs.Counts:
    """Make counts of a matrix of places by months."""
    one = hs.simulate_incidents(10, rng=0).incidents
    grid = hs.count_incidents(one, places, period=("2025-01-01", "2026-01-01"))
    place, month = np.nonzero(matrix)
    dates = pd.date_range("2025-01-01", periods=MONTHS, freq="MS")[month]
    table = pd.DataFrame({"place": place, "date": dates, "hour": -1, "n": matrix[place, month]})
    return replace(grid, table=table, tier="monthly", n_outside=0.0)


def every(counts: hs.Counts, *, first: int, step: int) -> hs.Forecast:
    """Forecast the mean of some of the last six months."""
    recent = count_steps(counts).matrix.toarray()[:, -6:][:, first::step]
    ends = {"low": 0.0, "high": 9.0}
    table = pd.DataFrame(
        {"n": counts.totals(), "expected": recent.mean(axis=1), "size": np.inf, **ends},
        index=counts.places.index,
    )
    coming = counts.end + pd.DateOffset(months=1)
    return hs.Forecast(table, "mean", counts.end, coming, LEVEL, {})


def trial(way: str, mean: float, seed: int) -> list[tuple[float, float, float]]:
    """Give the difference and its interval for each share, in one city."""
    chance = np.random.default_rng([seed, 7])
    # Squares of 2 km are four places wide.
    row, column = np.divmod(np.arange(SIDE**2), SIDE)
    n_squares = SIDE // 4
    common = chance.exponential(1, n_squares**2)[row // 4 * n_squares + column // 4]
    rate = mean * common * chance.gamma(SHAPE, 1 / SHAPE, SIDE**2)
    matrix = chance.poisson(np.repeat(rate[:, None], MONTHS, axis=1)).astype(float)
    plain, first, step = WAYS[way]
    methods = {
        "plain": partial(every, first=0, step=plain),
        "other": partial(every, first=first, step=step),
    }
    found = hs.backtest(
        counted(matrix, city()), methods, shares=SHARES, level=LEVEL, rng=seed, progress=False
    )
    ahead = found.differences.loc["other", ["difference", "low", "high"]]
    return [tuple(each) for each in ahead.to_numpy()]


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cities", type=int, default=200)
    parser.add_argument("--processes", type=int)
    asked = parser.parse_args()
    print(f"{asked.cities} cities each, {LEVEL:.0%} intervals\n")
    print("| the two forecasts | incidents a place and month | 1 % of land | 5 % | mean, points |")
    print("| --- | --- | --- | --- | --- |")
    with ProcessPoolExecutor(asked.processes) as pool:
        for way in WAYS:
            for mean in (1.0, 0.1):
                one = partial(trial, way, mean)
                found = np.array(list(pool.map(one, range(asked.cities))))
                truth = found[:, :, 0].mean(axis=0)
                held = ((found[:, :, 1] <= truth) & (truth <= found[:, :, 2])).mean(axis=0)
                cells = " | ".join(f"{each:.2f}" for each in held)
                points = ", ".join(f"{100 * each:+.2f}" for each in truth)
                print(f"| {way} | {mean:g} | {cells} | {points} |", flush=True)


if __name__ == "__main__":
    main()
