"""Density clusters over place and the cyclic week, as a scikit-learn estimator.

Coincident points are collapsed first and weigh as often as they occur, so that twenty thousand
reports at one map point and hour cost no more than one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import _check_sample_weight, validate_data

from hotspots.errors import invalid
from hotspots.patterns.neighbours import (
    DAYS_RULES,
    WEEK,
    connect,
    find_nearest,
    hours_of_cycle,
    neighbour_weights,
    number_squares,
    sort_into_cells,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# Weights need not be whole: ten of 0.1 are enough for 1, though their sum is rounded below it.
_ENOUGH: Final = 1 - 1e-10


class WeekDBSCAN(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # no types there
    """Cluster points that are close in place and in the hour of the week.

    Two points are neighbours if they are within `radius` metres and within `hours` of each other
    in the week, where Sunday 23:00 is next to Monday 00:00. A point with enough neighbours is a
    core point, core points that are neighbours are in one cluster, and every other point joins its
    nearest core neighbour or none (Ester et al. 1996, with a stated rule for border points).

    Parameters
    ----------
    radius : float
        Largest distance of neighbours, in the unit of the coordinates (metres).
    hours : float
        Largest gap of neighbours, hours, 0–84.
    min_incidents : int
        Weight within reach of a point, itself included, that makes it a core point.
    days : {"cyclic", "any", "nights"}
        "cyclic": the gap is taken round the whole week. "any": round the day, so that a place that
        is busy every night at 22:00 is one cluster and not seven. "nights": as "any", and both on
        a Friday or Saturday night (from 06:00 to 06:00) or both not.

    Attributes
    ----------
    labels_ : array of int (n,)
        Cluster of each row, 0 for the heaviest; −1 for none.
    core_sample_indices_ : array of int
        Rows that are core points.
    n_features_in_ : int
        Columns seen in `fit`.

    Notes
    -----
    Core points and their partition are those of `sklearn.cluster.DBSCAN` on the metric
    max(distance / radius, gap / hours) with eps = 1. Weights count as repetition. The result does
    not depend on the order of the rows. Of n rows with m different points, of which k lie within
    the hours of a point and in or next to its square of a radius: O(n log n + m k) in time and
    O(n) in memory.

    Caveats
    -------
    Clusters describe which incidents belong together. They prove nothing: hours drawn at random
    still give clusters wherever many incidents are.

    References
    ----------
    Ester, Kriegel, Sander and Xu (1996), "A density-based algorithm for discovering clusters",
    KDD-96, 226–231.

    Examples
    --------
    >>> import numpy as np
    >>> friday_night = np.array([[0, 0, 119], [10, 0, 120], [0, 10, 119], [500, 0, 119]])
    >>> WeekDBSCAN(radius=50, hours=2, min_incidents=3).fit_predict(friday_night)
    array([ 0,  0,  0, -1])
    """

    def __init__(
        self,
        radius: float = 100.0,
        *,
        hours: float = 2.0,
        min_incidents: int = 10,
        days: str = "cyclic",
    ) -> None:
        self.radius = radius
        self.hours = hours
        self.min_incidents = min_incidents
        self.days = days

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:  # noqa: ARG002, N803 (scikit-learn's names)
        """Find the clusters.

        Parameters
        ----------
        X : array (n, d + 1)
            d coordinates, then the hour of the week (taken modulo 168).
        y : None
            Not used; present by convention.
        sample_weight : array (n,), optional
            How many incidents each row stands for.

        Returns
        -------
        WeekDBSCAN
            Itself, with `labels_` and `core_sample_indices_`.

        Raises
        ------
        InputError
            If a parameter is out of its range.
        """
        points: np.ndarray[Any, Any] = validate_data(
            self, X, ensure_min_features=2, dtype=np.float64
        )
        weights = _check_sample_weight(sample_weight, points, dtype=np.float64)
        least = np.full(len(points), float(self.min_incidents))
        labels, is_core = cluster_points(
            points[:, :-1],
            points[:, -1],
            weights,
            least,
            radius=self.radius,
            hours=self.hours,
            days=self.days,
        )
        self.labels_ = labels
        self.core_sample_indices_ = np.flatnonzero(is_core)
        return self


def cluster_points(
    xy: np.ndarray[Any, Any],
    hour: np.ndarray[Any, Any],
    weights: np.ndarray[Any, Any],
    least: np.ndarray[Any, Any],
    *,
    radius: float,
    hours: float,
    days: str,
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Cluster points, each with its own threshold; see `WeekDBSCAN`.

    Parameters
    ----------
    xy : float array (n, d)
        Coordinates, metres.
    hour : float array (n,)
        Hour of the week, taken modulo 168.
    weights, least : float arrays (n,)
        Weight of each point, and the weight within reach that makes it a core point. Of points
        that coincide the smallest threshold is used.
    radius, hours, days
        As in `WeekDBSCAN`.

    Returns
    -------
    labels : int array (n,)
        0 for the heaviest cluster, −1 for none.
    is_core : bool array (n,)
        Whether each point is a core point.
    """
    check_reach(radius, hours, days)
    if len(weights) == 0:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=bool)
    hour = np.mod(hour, WEEK)
    first, place_of = _collapse(xy, hour, radius)
    needed = np.full(len(first), np.inf)
    np.minimum.at(needed, place_of, least)
    weight = np.bincount(place_of, weights=weights, minlength=len(first))
    where, when = xy[first], hour[first]

    rule = DAYS_RULES[days]
    order, keys, height = sort_into_cells(where, radius, hours_of_cycle(when, rule))
    where, when = np.ascontiguousarray(where[order]), when[order]
    reach = (height, float(radius), float(hours), rule)
    within = neighbour_weights(where, when, weight[order], keys, *reach)
    core = within >= needed[order] * _ENOUGH
    cores = (where[core], when[core], order[core], keys[core])
    roots = connect(*cores, *reach)
    nearest = find_nearest(where[~core], when[~core], keys[~core], *cores, *reach)

    root_of = np.full(len(first), -1, dtype=np.intp)
    root_of[order[core]] = order[core][roots]
    near = nearest >= 0
    root_of[order[~core][near]] = order[core][roots[nearest[near]]]
    is_core = np.zeros(len(first), dtype=bool)
    is_core[order[core]] = True
    return _number(root_of, weight)[place_of], is_core[place_of]


def _collapse(
    xy: np.ndarray[Any, Any], hour: np.ndarray[Any, Any], radius: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Find the different points, in an order that is not that of the rows.

    They are in the order of squares as wide as the radius, then of coordinates, then of hours.

    Returns
    -------
    first : array of int (m,)
        A row of each of the different points.
    place_of : array of int (n,)
        For each row, which of the different points it is.
    """
    columns = (*xy.T, hour)
    squares, _ = number_squares(xy, radius)
    order = np.lexsort([*columns[::-1], squares])
    is_first = np.zeros(len(order), dtype=bool)
    is_first[0] = True
    for column in columns:
        in_order = column[order]
        is_first[1:] |= in_order[1:] != in_order[:-1]
    place_of = np.empty(len(order), dtype=np.intp)
    place_of[order] = np.cumsum(is_first) - 1
    return order[is_first], place_of


def check_reach(radius: float, hours: float, days: str) -> None:
    """Raise `InputError` unless radius, hours and days are in their ranges."""
    half_week = WEEK / 2
    if not radius > 0 or not np.isfinite(radius):
        raise invalid("radius", radius, "a number of metres above 0")
    if not 0 <= hours <= half_week:
        raise invalid("hours", hours, "a number from 0 to 84")
    if days not in DAYS_RULES:
        raise invalid("days", days, f"one of {', '.join(DAYS_RULES)}")


def _number(root_of: np.ndarray[Any, Any], weight: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Rank the clusters from the heaviest to the lightest, ties by the order of their roots."""
    is_in = root_of >= 0
    total = np.bincount(root_of[is_in], weights=weight[is_in], minlength=len(root_of))
    roots = np.flatnonzero(root_of == np.arange(len(root_of)))
    rank = np.full(len(root_of) + 1, -1, dtype=np.intp)  # the last, which -1 indexes, is noise
    rank[roots[np.argsort(-total[roots], kind="stable")]] = np.arange(len(roots))
    return np.asarray(rank[root_of])
