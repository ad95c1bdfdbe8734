"""How often the intervals of `forecast` hold the count that came, on simulated boroughs.

Each borough is a year of `simulate_null` on squares of 250 m; the last periods are each forecast
from what came before. `held` is the share of counts inside the interval of 90 %. Counts are whole,
so an interval mostly holds more than it says; `spread out` is the share with the probability of
each count laid out evenly over its step, which is 0.90 if the distribution is right.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from measure import print_head
from scipy.stats import nbinom

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.simulate.null import simulate_null
from hotspots.times.bands import Band

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("independent", "bursty", "overdispersed", "seasonal")
WEEKEND = {"weekend": Band(first_day=4, n_days=2, start_hour=18, n_hours=8)}
PERIODS = 3


def main() -> None:
    """Print a row for each kind of borough, step and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=20_000, help="occurrences a year")
    parser.add_argument("--kinds", nargs="*", default=KINDS)
    parser.add_argument(
        "--methods", nargs="*", default=["plain", "weighted", "near_repeat", "trees"]
    )
    options = parser.parse_args()
    print_head(
        *("null", "step", "method", "came / expected", "held, all", "spread out, all"),
        *("counts with 1 expected", "held, those", "spread out, those", "seconds a forecast"),
    )
    warnings.simplefilter("ignore", HotspotsWarning)
    for kind in options.kinds:
        counts = borough(kind, options.n)
        for step in ("month", "week"):
            for method in options.methods:
                print_row(kind, step, method, judged(counts, step, method, is_weekend=False))
        row = judged(counts, "month", "weighted", is_weekend=True)
        print_row(kind, "month, weekend evenings", "weighted", row)


def borough(kind: str, n: int) -> hs.Counts:
    """Count a year of a simulated borough on squares of 250 m."""
    calls = simulate_null(n, kind, rng=1)  # type: ignore[arg-type]
    area = gpd.GeoDataFrame(
        {"name": ["Null"]},
        geometry=[shapely.box(*calls.total_bounds)],
        index=pd.Index(["N1"], name="area_id"),
        crs=calls.crs,
    )
    return hs.count_incidents(calls, hs.make_grid(area, cell_size=250))


def judged(counts: hs.Counts, step: str, method: str, *, is_weekend: bool) -> pd.DataFrame:
    """Forecast the last periods, and set what came beside it."""
    chance = np.random.default_rng(1)
    found = []
    for start, end in periods(counts, step):
        before, after = counts.until(start), counts.since(start)
        if before is None or after is None:
            continue
        begun = time.perf_counter()
        windows = WEEKEND if is_weekend else None
        made = hs.forecast(before, method=method, step=step, windows=windows, rng=1)  # type: ignore[arg-type]
        seconds = time.perf_counter() - begun
        came = after.until(end)
        if came is None:
            continue
        hours = WEEKEND["weekend"].mask
        y = (
            np.asarray(came.by("hour_of_week")[:, np.flatnonzero(hours)].sum(axis=1)).ravel()
            if is_weekend
            else came.totals()
        )
        size, mean = made.table["size"].to_numpy(), made.table["expected"].to_numpy()
        of = size / (size + mean)
        rank = nbinom.cdf(y - 1, size, of) + chance.random(len(y)) * nbinom.pmf(y, size, of)
        inside = (made.table["low"] <= y) & (y <= made.table["high"])
        found.append(
            made.table.assign(
                came=y, held=inside, even=np.abs(rank - 0.5) < made.level / 2, seconds=seconds
            )
        )
    return pd.concat(found)


def periods(counts: hs.Counts, step: str) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
    """Give the last whole periods of the counts."""
    end = counts.end
    if step == "month":
        end = end.normalize().replace(day=1)
    for back in range(PERIODS, 0, -1):
        length = pd.DateOffset(months=1) if step == "month" else pd.DateOffset(days=7)
        yield end - back * length, end - (back - 1) * length


def print_row(kind: str, step: str, method: str, found: pd.DataFrame) -> None:
    """Print one row of the table."""
    some = found[found["expected"] >= 1]
    every = [found["came"].sum() / found["expected"].sum(), found["held"].mean()]
    figures = [*every, found["even"].mean(), len(some), some["held"].mean(), some["even"].mean()]
    cells = " | ".join(f"{each:.2f}" if isinstance(each, float) else f"{each}" for each in figures)
    print(f"| {kind} | {step} | {method} | {cells} | {found['seconds'].median():.1f} |", flush=True)


if __name__ == "__main__":
    main()
