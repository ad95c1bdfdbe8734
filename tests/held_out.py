"""How well weekly shapes foretell the hours of incidents that they have not seen.

Whole weeks are held out at random. What is judged is the hour alone: the logarithm of the share
that a shape gives to the hour of each incident of the held-out weeks, at its place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

import hotspots as hs
from hotspots.chance import make_generator
from hotspots.risk.intensity import own_weeks
from hotspots.risk.week_shapes import area_weeks
from hotspots.times import HOURS

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots import Simulation
    from hotspots.counts import Counts

    Integers = np.ndarray[Any, np.dtype[np.int64]]

HELD_OUT: Final = 0.3
BANDS: Final = {
    "none": (0, 0),
    "1–2": (1, 2),
    "3–5": (3, 5),
    "6–10": (6, 10),
    "11–20": (11, 20),
    "21–50": (21, 50),
    "51+": (51, np.inf),
}
"""How many incidents a place had in the weeks that were not held out."""
FEWEST: Final = 200
"""Held-out incidents that a band needs to be judged."""
SHAPES: Final = ("model", "smoothed borough", "borough", "London", "raw place")
_HALF: Final = 0.5
_DAY: Final = 24


def split_weeks(counts: Counts, rng: int | np.random.Generator) -> tuple[Counts, Counts]:
    """Give the counts without some weeks drawn at random, and those of these weeks."""
    week = (counts.table["date"] - counts.start.tz_localize(None)).dt.days // 7
    weeks = np.arange(-(-counts.n_days // 7))
    drawn = make_generator(rng).permutation(weeks)[: round(HELD_OUT * len(weeks))]
    is_out = week.isin(drawn).to_numpy()
    kept, out = (
        replace(counts, table=counts.table[mask].reset_index(drop=True))
        for mask in (~is_out, is_out)
    )
    return kept, out


def judge_shapes(counts: Counts, *, n_splits: int, rng: int) -> pd.DataFrame:
    """Judge the model's weekly shapes, and simpler ones, on weeks that were held out.

    Parameters
    ----------
    counts : Counts
        Timed counts by place.
    n_splits : int
        How often weeks are drawn.
    rng : int
        Seed.

    Returns
    -------
    DataFrame
        One row an incident of a held-out week (and split): `place`, `band` of volume, `n` (weight),
        and the log-likelihood of its hour under each of `SHAPES`. "borough" and "raw place" are
        counts with half an incident in every hour; without it an hour in which nothing came would
        have a likelihood of nothing.
    """
    generator = make_generator(rng)
    parts = [_judge(*split_weeks(counts, generator)) for _ in range(n_splits)]
    return pd.concat(parts, ignore_index=True)


def _judge(kept: Counts, out: Counts) -> pd.DataFrame:
    intensity = hs.weekly_intensity(kept)
    assert intensity.week is not None
    own = own_weeks(kept)
    area = intensity.places["area_id"].to_numpy()
    row = intensity.week.index.get_indexer(pd.Index(area))
    smooth, overall = area_weeks(own, area)
    raw = np.zeros(smooth.shape)
    np.add.at(raw, row, own.toarray())
    raw = (raw + _HALF) / (raw.sum(axis=1, keepdims=True) + _HALF * HOURS)

    table = out.table[out.table["hour"] >= 0]
    place = table["place"].to_numpy()
    hour = (table["date"].dt.day_of_week * _DAY + table["hour"]).to_numpy()
    used, position = np.unique(place, return_inverse=True)
    model = intensity.expected(used)
    model /= model.sum(axis=1, keepdims=True)
    mine = own[used].toarray() + _HALF
    mine /= mine.sum(axis=1, keepdims=True)
    n = kept.totals()[place]
    band = np.select([(n >= low) & (n <= high) for low, high in BANDS.values()], list(BANDS), "")
    return pd.DataFrame(
        {
            "place": place,
            "band": band,
            "n": table["n"].to_numpy(),
            "model": np.log(model[position, hour]),
            "smoothed borough": np.log(smooth.to_numpy()[row[place], hour]),
            "borough": np.log(raw[row[place], hour]),
            "London": np.log(overall[hour]),
            "raw place": np.log(mine[position, hour]),
        }
    )


def by_band(judged: pd.DataFrame) -> pd.DataFrame:
    """Give the mean log-likelihood an incident by band, and of all, and how many they are."""
    weighted = judged[list(SHAPES)].mul(judged["n"], axis=0).assign(n=judged["n"])
    sums = weighted.groupby(judged["band"]).sum().reindex([*BANDS]).fillna(0.0)
    sums.loc["all"] = sums.sum()
    means = sums[list(SHAPES)].div(sums["n"].where(sums["n"] > 0), axis=0)
    return means.assign(n=sums["n"])


def planted_places(simulation: Simulation, grid: gpd.GeoDataFrame) -> Integers:
    """Give the positions of the places of which at least half the incidents were planted."""
    is_planted = simulation.truth.incidents["hotspot_id"].notna()
    every, planted = (
        hs.count_incidents(incidents, grid).totals()
        for incidents in (simulation.incidents, simulation.incidents[is_planted])
    )
    return np.flatnonzero((planted > 0) & (2 * planted >= every))
