"""What follows recent incidents nearby: an excess that is counted in bands of metres and days.

After each incident more is expected at its place and around it for some weeks. How much more is
learnt band by band, and never negative; where there is no excess, the background is left.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from scipy.optimize import minimize
from scipy.sparse import csr_array, eye_array
from scipy.spatial import cKDTree

from hotspots.errors import MonthlyDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.counts import Counts

    Floats = np.ndarray[Any, np.dtype[np.float64]]

METRES: Final = (0.0, 200.0, 400.0)
"""Ends of the bands of distance between the middles of places; 0 is the place itself."""

DAYS: Final = (7, 14, 28)
"""Ends of the bands of days before the coming period."""

NAMES: Final = tuple(f"excess_{metres:g}_m_{days}_days" for metres in METRES for days in DAYS)
"""The bands: incidents to expect a week for each earlier one in the band."""


def check_dates(counts: Counts) -> None:
    """Refuse counts of which some rows know only their month."""
    if counts.tier == "monthly" or counts.n_monthly:
        msg = (
            "forecast with method='near_repeat' needs the date of each incident, but these counts "
            "hold months. Must be counts of dated incidents. Use method='weighted'."
        )
        raise MonthlyDataError(msg)


def rings(counts: Counts) -> list[csr_array[Any, Any]]:
    """Say which places lie in each band of distance of each other, by their middles.

    Parameters
    ----------
    counts : Counts
        Of which the places are taken.

    Returns
    -------
    list of sparse array of float (n_places, n_places)
        1 for each pair, one array a band.
    """
    n = len(counts.places)
    middle = shapely.get_coordinates(shapely.centroid(counts.places.geometry.to_numpy()))
    pairs = cKDTree(middle).query_pairs(METRES[-1], output_type="ndarray")
    apart = np.hypot(*(middle[pairs[:, 0]] - middle[pairs[:, 1]]).T)
    found = [csr_array(eye_array(n, format="csr"))]
    for nearest, farthest in pairwise(METRES):
        # Areas that lie over each other may have one middle: they are near, not the same.
        left, right = pairs[((nearest < apart) | (nearest == 0)) & (apart <= farthest)].T
        ones = np.ones(2 * len(left))
        ends = np.concatenate([left, right]), np.concatenate([right, left])
        found.append(csr_array((ones, ends), shape=(n, n)))
    return found


def count_recent(
    counts: Counts, around: Sequence[csr_array[Any, Any]], start: pd.Timestamp, usual: Floats
) -> Floats:
    """Count the incidents in each band of metres and days before a moment.

    Parameters
    ----------
    counts : Counts
        Of dated incidents.
    around : sequence of sparse array
        From `rings`.
    start : Timestamp
        Midnight without time zone; nothing from then on is looked at.
    usual : array of float (n_places,)
        Incidents a week of each place. Days without data count as days with so many, because no
        data are not the same as no incident.

    Returns
    -------
    array of float (n_places, n_bands)
        Columns as in `NAMES`.
    """
    table, n = counts.table, len(counts.places)
    age = (start - table["date"]).dt.days.to_numpy()
    first, end = counts.start.tz_localize(None), counts.end.tz_localize(None)
    days = pd.date_range(end=start, periods=DAYS[-1] + 1, inclusive="left")
    is_known = (days >= first) & (days < end) & ~days.to_period("M").isin(counts.missing)
    lost = (start - days[~is_known]).days.to_numpy()
    bands = list(zip((0, *DAYS[:-1]), DAYS, strict=True))
    lately = []
    for youngest, oldest in bands:
        is_in = (youngest < age) & (age <= oldest)
        weights = table["n"].to_numpy()[is_in]
        counted = np.bincount(table["place"].to_numpy()[is_in], weights, minlength=n)
        n_lost = ((youngest < lost) & (lost <= oldest)).sum()
        lately.append(counted + usual * (n_lost / 7))
    return np.column_stack([ring @ number for ring in around for number in lately])


def fit_excess(
    background: Sequence[Floats], recent: Sequence[Floats], counts: Sequence[Floats]
) -> Floats:
    """Find the excess of each band under which the steps so far were shared as they were.

    Parameters
    ----------
    background : sequence of array of float (n_places,)
        Incidents a week of each place without excess, for each predicted step.
    recent : sequence of array of float (n_places, n_bands)
        From `count_recent`.
    counts : sequence of array of float (n_places,)
        What came.

    Returns
    -------
    array of float (n_bands,)
        Incidents to expect a week for each earlier one, at least 0; all 0 if nothing was predicted.
    """
    rows = [
        (rates[y > 0], near[y > 0], y[y > 0], rates.sum(), near.sum(axis=0))
        for rates, near, y in zip(background, recent, counts, strict=True)
    ]

    def misfit(excess: Floats) -> tuple[float, Floats]:
        total, slope = 0.0, np.zeros(len(excess))
        for base, near, y, all_base, all_near in rows:
            rates, everywhere = base + near @ excess, all_base + all_near @ excess
            total -= float(y @ np.log(rates / everywhere))
            slope += y.sum() / everywhere * all_near - (y / rates) @ near
        return total, slope

    bounds = [(0.0, None)] * len(NAMES)
    found = minimize(misfit, np.zeros(len(NAMES)), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, dtype=np.float64)
