"""How often `compare_periods` finds a change where there is none: the tables in its page.

Eight boroughs of two years by `simulate_null`, about sixty occurrences a fortnight each, in which
the second year is as the first. Of the boroughs 5 in 100 should have p of at most 0.05, a random
fortnight of the second year being compared with the same weeks of the first, and with the twelve
weeks before. Beside it p without the overdispersion, and calls instead of episodes. In "seasonal"
each place has the same season in both years; in "summer" all places have one season together, which
makes "recent" unfair, and shows what the same weeks are for. In "slow 0.5" and "slow 0.9" the level
of each borough wanders by a quarter up or down, and so much of it is left after a fortnight: the
second year is not as the first, and how far boroughs drift cannot be seen from neighbouring
fortnights. Power: the share of boroughs that are found if the current period has so many times as
many episodes: alone, and among eight or thirty-two of which no other changed, where p must be at
most an eighth or a thirty-second of the level.

`python benchmarks/compare_levels.py` takes 50 sets of 8 boroughs, half as many for power; the
seeds are 0, 1, 2 …. It prints between which limits chance keeps the share in 99 of 100 such trials.
`--days 3` compares the weekends from Friday to Sunday instead of the fortnights.
"""

from __future__ import annotations

import argparse
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import binom

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.patterns.count_ratios import Spread, compare_counts
from hotspots.simulate import simulate_null

if TYPE_CHECKING:
    import geopandas as gpd

    Rows = np.ndarray[Any, np.dtype[np.float64]]

LEVEL = 0.05
BOROUGHS = 8
OCCURRENCES = 1560
YEAR = pd.Timedelta(days=364)
# A year later no break in London's records lies between; a Monday stays one.
SETTLED = pd.Timedelta(days=364)
START = pd.Timestamp("2024-12-30")
POWERS = (1.25, 1.5, 2.0)
KINDS = ("independent", "bursty", "overdispersed", "seasonal", "summer", "slow 0.5", "slow 0.9")
SWING = 0.6
DRIFT = 0.25
FORTNIGHT = 14
GROUPS = (1, 8, 32)
UNITS = ("episode", "call")
AGAINST = ("last year", "recent")


def two_years(kind: str, code: str, seed: list[int]) -> gpd.GeoDataFrame:
    """Give a borough in which the second year is as the first."""
    chance = np.random.default_rng(seed)
    if kind == "seasonal":
        # The same places and seasons: each call of a doubled year falls in either year.
        calls = simulate_null(2 * OCCURRENCES, "seasonal", rng=chance)
        later = chance.random(len(calls)) < 1 / 2
    else:
        is_slow = kind.startswith("slow")
        like: Any = "independent" if is_slow or kind == "summer" else kind
        # What wanders is thinned to half.
        n = OCCURRENCES * (2 if is_slow else 1)
        parts = [simulate_null(n, like, rng=chance) for _ in range(2)]
        calls = pd.concat(parts)
        later = np.repeat([False, True], [len(part) for part in parts])
    wall = calls["start"].dt.tz_localize(None) + SETTLED + YEAR * later.astype(np.int64)
    start = wall.dt.tz_localize("Europe/London", ambiguous=True, nonexistent="shift_forward")
    calls["start"] = start.dt.as_unit("us")
    calls["borough"] = code
    if kind == "summer":
        share = 1 + SWING * np.sin(2 * np.pi * (wall - START) / YEAR)
        calls = calls[chance.random(len(calls)) < share / (1 + SWING)].copy()
    if kind.startswith("slow"):
        level = wandering(float(kind.split()[1]), chance)
        share = level[((wall - START).dt.days // FORTNIGHT).clip(0, len(level) - 1)]
        calls = calls[chance.random(len(calls)) < share].copy()
    calls.index = [f"{code}-{number}" for number in range(len(calls))]
    return calls


def wandering(kept: float, chance: np.random.Generator) -> Rows:
    """Give the level of each fortnight of two years, of which so much is kept to the next."""
    steps = chance.normal(0, DRIFT, 2 * 26 + 1)
    steps[1:] *= np.sqrt(1 - kept**2)
    drift = np.array(list(accumulate(steps, lambda before, step: kept * before + step)))
    return np.exp(np.minimum(drift / DRIFT, 3) * DRIFT - 3 * DRIFT)


def one_set(kind: str, n_days: int, seed: int) -> dict[tuple[str, str], Rows]:
    """Give p, p by chance alone, overdispersion and q of each borough, by unit and reference."""
    calls, current = make_set(kind, n_days, seed)
    found = {}
    for unit in UNITS:
        for against in AGAINST:
            found[unit, against] = compare(calls, current, unit, against)
    return found


def with_more(kind: str, n_days: int, seed: int) -> dict[float, Rows]:
    """Give the same of each borough if the current period has so many times as many."""
    calls, current = make_set(kind, n_days, seed)
    chance = np.random.default_rng([seed, 98])
    day = calls["start"].dt.tz_localize(None)
    is_current = (day >= current[0]) & (day < current[1])
    draw = chance.random(len(calls))
    found = {}
    for more in POWERS:
        extra = calls[is_current & (draw < more - 1)]
        # At another place, so that they are episodes of their own.
        extra = extra.set_geometry(extra.geometry.translate(7000.0, 0.0))
        extra.index = extra.index + "-more"
        found[more] = compare(pd.concat([calls, extra]), current, "episode", "last year")
    return found


def make_set(
    kind: str, n_days: int, seed: int
) -> tuple[gpd.GeoDataFrame, tuple[pd.Timestamp, pd.Timestamp]]:
    """Give the calls of some boroughs, and the last days of a fortnight of the second year."""
    codes = [f"B{number}" for number in range(BOROUGHS)]
    calls = pd.concat([two_years(kind, code, [seed, at]) for at, code in enumerate(codes)])
    fortnight = int(np.random.default_rng([seed, 99]).integers(1, 26))
    end = START + YEAR + pd.Timedelta(days=FORTNIGHT * (fortnight + 1))
    return calls, (end - pd.Timedelta(days=n_days), end)


def compare(calls: gpd.GeoDataFrame, current: Any, unit: str, against: Any) -> Rows:  # noqa: ANN401
    """Compare, and put p by chance alone beside it."""
    options: dict[str, Any] = {"unit": unit, "period": (START, START + 2 * YEAR)}
    found = hs.compare_periods(calls, current, against=against, **options).table
    x, y = (found[name].to_numpy(dtype=float) for name in ("n_current", "n_against"))
    days = [float(found[name].iloc[0]) for name in ("days_current", "days_against")]
    alone = Spread(np.ones(len(x)), np.inf, 0)
    plain = compare_counts(x, y, (days[0], days[1]), alone, LEVEL)
    return np.column_stack([found["p"], plain.p, found["overdispersion"], found["q"]])


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=50)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--only", choices=["levels", "power"])
    parser.add_argument("--days", type=int, default=FORTNIGHT)
    asked = parser.parse_args()
    warnings.simplefilter("ignore", HotspotsWarning)
    seeds, n = range(asked.sets), asked.sets * BOROUGHS
    low, high = binom.ppf([0.005, 0.995], n, LEVEL) / n
    with ProcessPoolExecutor() as pool:
        if asked.only != "power":
            print(f"{n} boroughs; limits {low:.3f} to {high:.3f}\n")
            print("| null | unit | against | p ≤ 0.05 | by chance alone | overdispersion ", end="")
            print("| any q ≤ 0.05 |\n" + "| --- " * 7 + "|", flush=True)
            for kind in asked.kinds:
                sets = list(pool.map(partial(one_set, kind, asked.days), seeds, chunksize=5))
                for unit in UNITS:
                    for against in AGAINST:
                        table = np.array([each[unit, against] for each in sets])
                        p, plain = ((table[:, :, at] <= LEVEL).mean() for at in (0, 1))
                        any_q = (table[:, :, 3].min(axis=1) <= LEVEL).mean()
                        shown = f"{p:.3f} | {plain:.3f} | {table[:, :, 2].mean():.2f}"
                        print(
                            f"| {kind} | {unit} | {against} | {shown} | {any_q:.2f} |", flush=True
                        )
        if asked.only != "levels":
            names = [f"× {more:g}, of {n}" for more in POWERS for n in GROUPS]
            print("\n| null | " + " | ".join(names) + " |")
            print("| --- " * (1 + len(names)) + "|", flush=True)
            for kind in asked.kinds:
                task = partial(with_more, kind, asked.days)
                sets = list(pool.map(task, seeds[: asked.sets // 2]))
                shares = [
                    np.mean([each[more][:, 0] <= LEVEL / n for each in sets])
                    for more in POWERS
                    for n in GROUPS
                ]
                print(f"| {kind} | " + " | ".join(f"{s:.2f}" for s in shares) + " |", flush=True)


if __name__ == "__main__":
    main()
