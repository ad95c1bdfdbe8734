"""How often `compare_periods` finds a change where there is none: the tables in its page.

Eight boroughs of two years by `simulate_null`, about sixty occurrences a fortnight each, in which
the second year is as the first. Of the boroughs 5 in 100 should have p of at most 0.05, a random
fortnight of the second year being compared with the same weeks of the first, and with the twelve
weeks before. Beside it p without the overdispersion, and calls instead of episodes. In "seasonal"
each place has the same season in both years; in "summer" all places have one season together, which
makes "recent" unfair, and shows what the same weeks are for. Power: the share of boroughs that are
found if the current fortnight has so many times as many episodes.

`python benchmarks/compare_levels.py` takes 50 sets of 8 boroughs; the seeds are 0, 1, 2 …; of 400
boroughs chance keeps the share between 0.025 and 0.080 in 99 of 100 such trials.
"""

from __future__ import annotations

import argparse
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.patterns.count_ratios import Spread, compare_counts
from hotspots.simulate import simulate_null

if TYPE_CHECKING:
    import geopandas as gpd

LEVEL = 0.05
BOROUGHS = 8
OCCURRENCES = 1560
YEAR = pd.Timedelta(days=364)
# A year later no break in London's records lies between; a Monday stays one.
SETTLED = pd.Timedelta(days=364)
START = pd.Timestamp("2024-12-30")
POWERS = (1.25, 1.5, 2.0)
KINDS = ("independent", "bursty", "overdispersed", "seasonal", "summer")
SWING = 0.6


def two_years(kind: str, code: str, seed: list[int]) -> gpd.GeoDataFrame:
    """Give a borough in which the second year is as the first."""
    chance = np.random.default_rng(seed)
    if kind == "seasonal":
        # The same places and seasons: each call of a doubled year falls in either year.
        calls = simulate_null(2 * OCCURRENCES, "seasonal", rng=chance)
        later = chance.random(len(calls)) < 1 / 2
    else:
        like: Any = "independent" if kind == "summer" else kind
        parts = [simulate_null(OCCURRENCES, like, rng=chance) for _ in range(2)]
        calls = pd.concat(parts)
        later = np.repeat([False, True], [len(part) for part in parts])
    wall = calls["start"].dt.tz_localize(None) + SETTLED + YEAR * later.astype(np.int64)
    start = wall.dt.tz_localize("Europe/London", ambiguous=True, nonexistent="shift_forward")
    calls["start"] = start.dt.as_unit("us")
    calls["borough"] = code
    if kind == "summer":
        share = 1 + SWING * np.sin(2 * np.pi * (wall - START) / YEAR)
        calls = calls[chance.random(len(calls)) < share / (1 + SWING)].copy()
    calls.index = [f"{code}-{number}" for number in range(len(calls))]
    return calls


def one_set(kind: str, unit: str, against: str, more: float, seed: int) -> list[tuple[float, ...]]:
    """Give p of each borough: as it is, and by chance alone."""
    codes = [f"B{number}" for number in range(BOROUGHS)]
    calls = pd.concat([two_years(kind, code, [seed, at]) for at, code in enumerate(codes)])
    chance = np.random.default_rng([seed, 99])
    first = START + YEAR + pd.Timedelta(days=14 * int(chance.integers(1, 26)))
    last = first + pd.Timedelta(days=14)
    if more > 1:
        day = calls["start"].dt.tz_localize(None)
        again = (day >= first) & (day < last) & (chance.random(len(calls)) < more - 1)
        extra = calls[again]
        # At another place and hour, so that they are episodes of their own.
        extra = extra.set_geometry(extra.geometry.translate(7000.0, 0.0))
        extra.index = extra.index + "-more"
        calls = pd.concat([calls, extra])
    period = (START, START + 2 * YEAR)
    options: dict[str, Any] = {"against": against, "unit": unit, "period": period}
    found = hs.compare_periods(calls, (first, last), **options).table
    x, y = (found[name].to_numpy(dtype=float) for name in ("n_current", "n_against"))
    days = tuple(float(found[name].iloc[0]) for name in ("days_current", "days_against"))
    plain = compare_counts(x, y, (days[0], days[1]), Spread(np.ones(len(x)), np.inf, 0), LEVEL)
    rows = zip(found["p"], plain.p, found["overdispersion"], found["q"], strict=True)
    return [tuple(map(float, row)) for row in rows]


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=50)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    asked = parser.parse_args()
    warnings.simplefilter("ignore", HotspotsWarning)
    with ProcessPoolExecutor() as pool:
        print("| null | unit | against | p ≤ 0.05 | by chance alone | mean overdispersion ", end="")
        print("| sets with any q ≤ 0.05 |\n" + "| --- " * 7 + "|")
        for kind in asked.kinds:
            for unit in ("episode", "call"):
                for against in ("last year", "recent"):
                    task = partial(one_set, kind, unit, against, 1.0)
                    table = np.array(list(pool.map(task, range(asked.sets), chunksize=5)))
                    p, plain = ((table[:, :, at] <= LEVEL).mean() for at in (0, 1))
                    any_q = (table[:, :, 3].min(axis=1) <= LEVEL).mean()
                    shown = f"{p:.3f} | {plain:.3f} | {table[:, :, 2].mean():.2f} | {any_q:.3f}"
                    print(f"| {kind} | {unit} | {against} | {shown} |", flush=True)
        print("\n| null | " + " | ".join(f"× {more:g}" for more in POWERS) + " |")
        print("| --- " * (1 + len(POWERS)) + "|")
        for kind in asked.kinds:
            row = []
            for more in POWERS:
                task = partial(one_set, kind, "episode", "last year", more)
                table = np.array(list(pool.map(task, range(asked.sets // 3), chunksize=5)))
                row.append(f"{(table[:, :, 0] <= LEVEL).mean():.2f}")
            print(f"| {kind} | " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
