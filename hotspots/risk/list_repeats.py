"""How much of a list was on the last one, beside what a world without change would repeat.

A list that repeats is not proof of bias: busy places stay busy. So the share of places that are
listed again stands beside the share that would be if no place had changed since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from hotspots.risk.recency import recency

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hotspots.counts import Counts
    from hotspots.risk.record import ListRecord

    Floats = np.ndarray[Any, np.dtype[np.float64]]

MOSTLY: Final = 0.5
"""A hotspot is on an earlier list if at least this share of its ground was."""

_TAIL: Final = 0.025


def trace_hotspots(
    hotspots: gpd.GeoDataFrame, previous: Sequence[ListRecord], shared: Sequence[str]
) -> pd.DataFrame:
    """Say of each hotspot how much of its ground was listed before, and for how many lists.

    Parameters
    ----------
    hotspots : GeoDataFrame
        The hotspots table.
    previous : sequence of ListRecord
        Earlier lists, the newest first, at least one.
    shared : sequence of str
        Areas that had a list then and have one now.

    Returns
    -------
    DataFrame
        On the index of the hotspots of those areas: `name`, `area`; `ground_before`, the share of
        its ground that the last list held, 0–1; `was_listed`, whether that is at least a half;
        `lists_in_a_row`, this one and those before it without a gap, as far as they were given.
    """
    listed = hotspots[hotspots["borough"].isin(shared)]
    ground = listed.geometry.to_numpy()
    before = np.array([_share_held(ground, each.hotspots) for each in previous])
    in_a_row = 1 + np.cumprod(before >= MOSTLY, axis=0).sum(axis=0)
    return pd.DataFrame(
        {
            "name": listed["name"].astype("str"),
            "area": listed["area"].astype("str"),
            "ground_before": before[0],
            "was_listed": before[0] >= MOSTLY,
            "lists_in_a_row": in_a_row.astype(np.int64),
        },
        index=listed.index,
    )


def _share_held(ground: np.ndarray[Any, Any], last: gpd.GeoDataFrame) -> Floats:
    held = shapely.union_all(last.geometry.to_numpy())
    return np.asarray(shapely.area(shapely.intersection(ground, held)) / shapely.area(ground))


def shared_share(last: ListRecord, counts: Counts) -> float:
    """Give the share of the last list's period that this one's period holds, too, 0–1."""
    start, end = max(last.start, counts.start), min(last.end, counts.end)
    return max(0.0, (end - start) / (last.end - last.start))


def draw_repeats(
    last: ListRecord,
    shared: Sequence[str],
    counts: Counts,
    *,
    n_draws: int,
    chance: np.random.Generator,
) -> tuple[float, float, float]:
    """Draw how much of the last list would be listed again if no place had changed.

    Parameters
    ----------
    last : ListRecord
        The last list, with its places.
    shared : sequence of str
        Areas that had a list then and have one now.
    counts : Counts
        What the new list was made from.
    n_draws : int
        How many worlds to draw, at least 1.
    chance : Generator
        Source of chance.

    Returns
    -------
    share, low, high : float
        Mean share of the places of the last list that would be listed again, 0–1, and the interval
        that holds 95 of 100 worlds; missing where the last list does not hold its places.

    Notes
    -----
    Each place keeps a rate that is drawn from its gamma posterior, and what a report of it weighs.
    Of its count then, the part of the weeks that both periods hold is kept (binomial); the other
    weeks of the new period are drawn from a negative binomial distribution with its dispersion. A
    report counts as much as one of these weeks does on average, by the half-life of the last list;
    those that are kept as much more, or less, as the reports of the place did then. In each area as
    many places as were listed are listed again, by the harm that the model would estimate.
    """
    if last.places is None:
        return np.nan, np.nan, np.nan
    is_own = last.places["area_id"].isin(shared) & ~last.places["is_context"].astype(bool)
    places = last.places[is_own]
    # By what they are and not by their names, so that other names give the same draws.
    total = places.groupby("area_id")["n"].transform("sum")
    names = ("harm_per_report", "rate", "shape", "n_recent", "n")
    keys = (places["hotspot_id"].notna(), *(places[name] for name in names), total)
    places = places.iloc[np.lexsort(keys)]
    was = places["hotspot_id"].notna().to_numpy()
    if not was.any():
        return np.nan, np.nan, np.nan
    n, recent, dispersion, shape, rate, weight = (
        places[name].to_numpy(dtype=np.float64)
        for name in ("n", "n_recent", "dispersion", "shape", "rate", "harm_per_report")
    )
    prior_shape = np.maximum(shape - recent / dispersion, 0.0)
    prior_rate = np.maximum(rate - last.recent_weeks / dispersion, 0.0)
    again = shared_share(last, counts)
    new_weeks = max(0.0, counts.weeks - again * last.weeks)
    u, weeks = recency(counts, last.half_life)
    day = counts.start + pd.to_timedelta(np.arange(len(u)), unit="D")
    was_seen = (day >= last.start) & (day < last.end)
    # Beside what a report of the place counted then, on average.
    kept = _mean(u[was_seen]) * recent / n / (last.recent_weeks / last.weeks)
    fresh = _mean(u[~was_seen])
    area = pd.factorize(places["area_id"])[0]
    n_listed = np.bincount(area, weights=was).astype(np.int64)
    # Within an area, the highest come first.
    first = np.concatenate([[0], np.cumsum(np.bincount(area))[:-1]])
    shares = np.empty(n_draws)
    for draw in range(n_draws):
        mean = chance.gamma(shape, 1 / rate) * new_weeks
        bursts = np.maximum(dispersion - 1, 1e-9)
        came = chance.poisson(chance.gamma(np.maximum(mean, 1e-12) / bursts, bursts))
        count = chance.binomial(np.rint(n).astype(np.int64), again) * kept + came * fresh
        estimate = (prior_shape + count / dispersion) / (prior_rate + weeks / dispersion)
        order = np.lexsort((chance.random(len(n)), -estimate * weight, area))
        position = np.empty(len(n), dtype=np.int64)
        position[order] = np.arange(len(n)) - first[area[order]]
        shares[draw] = was[position < n_listed[area]].sum() / was.sum()
    low, high = np.quantile(shares, [_TAIL, 1 - _TAIL])
    return float(shares.mean()), float(low), float(high)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0
