"""Clusters of incidents by location, time of day and day of week, and what each is like.

How many incidents make a cluster is derived for each borough from its own intensity; a cluster too
large to walk is split at its peaks.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from scipy.stats import poisson

from hotspots.errors import InputError, invalid
from hotspots.patterns.neighbours import (
    DAYS_RULES,
    hour_gap,
    neighbour_weights,
    sort_into_cells,
)
from hotspots.patterns.week_dbscan import check_reach, cluster_points
from hotspots.tables import CLUSTERS, CRS, require_clock, require_points
from hotspots.times import HOURS, best_band, describe_band, hour_of_week, night_of
from hotspots.words import percent

if TYPE_CHECKING:
    from typing import Any

_LOG = logging.getLogger(__name__)
_ALL: Final = "all"


def _coordinates(incidents: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    return np.column_stack([incidents.geometry.x.to_numpy(), incidents.geometry.y.to_numpy()])


def choose_min_incidents(
    incidents: gpd.GeoDataFrame,
    *,
    radius: float = 100.0,
    hours: float = 2.0,
    days: str = "cyclic",
    shuffled_share: float = 0.01,
    least_incidents: int = 5,
) -> pd.Series[int]:
    """Choose, for each borough, how many incidents make the core of a cluster.

    The number is the smallest that no more than `shuffled_share` of the borough's incidents would
    have around them if its hours were dealt out again between its places. So a busy borough needs
    more than a quiet one, and each is judged by itself.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table with clock times; its `borough` column groups it (one group if empty).
    radius, hours, days
        As in `WeekDBSCAN`.
    shuffled_share : float
        Share of the incidents, above 0 and below 1.
    least_incidents : int
        The number is never smaller than this.

    Returns
    -------
    Series of int64
        Index: the borough codes (or "all").

    Raises
    ------
    MonthlyDataError
        If a row has no clock time.

    Notes
    -----
    An incident with S others within the radius would have about Poisson(S × W(h)) others within
    the radius and the window round hour h, where W(h) is the share of the borough's week in that
    window. The share that reaches a number is averaged over incidents and hours.

    Caveats
    -------
    The share describes calls, not episodes: bursts of calls make clusters that one party explains.
    Look at `n_nights`.
    """
    require_clock(incidents, "choose_min_incidents")
    check_reach(radius, hours, days)
    chosen = incidents[require_points(incidents, "choose_min_incidents")]
    hour = hour_of_week(chosen["start"]).to_numpy(dtype=np.int64)
    weight = chosen["weight"].to_numpy(dtype=float)
    others = _weight_near(_coordinates(chosen), weight, radius) - weight
    group = _groups(chosen)
    found = {}
    for name, rows in group.groupby(group, sort=True).indices.items():
        week = np.bincount(hour[rows], weights=weight[rows], minlength=HOURS)
        week = week / week.sum()
        in_window = _window_matrix(hours, days) @ week
        near, first = np.unique(np.round(others[rows]), return_inverse=True)
        share = np.bincount(first.ravel(), weights=weight[rows]) / weight[rows].sum()
        mean = near[:, None] * in_window[None, :]

        def shuffled(needed: int, mean: Any = mean, share: Any = share, week: Any = week) -> float:  # noqa: ANN401
            return float(share @ poisson.sf(needed - 2, mean) @ week)

        low, high = least_incidents - 1, max(least_incidents, int(near.max()) + 2)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if shuffled(middle) <= shuffled_share else (middle, high)
        found[name] = high
    chosen_numbers = pd.Series(found, dtype="int64", name="min_incidents").rename_axis("borough")
    _LOG.info("min_incidents by borough: %s", chosen_numbers.to_dict())
    return chosen_numbers


def _groups(incidents: gpd.GeoDataFrame) -> pd.Series[Any]:
    group = incidents["borough"]
    return group.fillna(_ALL) if group.notna().any() else pd.Series(_ALL, index=incidents.index)


def _weight_near(
    xy: np.ndarray[Any, Any], weight: np.ndarray[Any, Any], radius: float
) -> np.ndarray[Any, Any]:
    """Sum the weights within the radius of each point at any hour, itself included."""
    if len(xy) == 0:
        return np.empty(0)
    different, place_of = np.unique(xy, axis=0, return_inverse=True)
    total = np.bincount(place_of.ravel(), weights=weight)
    order, keys, height = sort_into_cells(different, radius)
    hours = np.zeros(len(different))
    near = np.empty(len(different))
    near[order] = neighbour_weights(
        np.ascontiguousarray(different[order]), hours, total[order], keys, height, radius, 0.0, 0
    )
    return near[place_of.ravel()]


def _window_matrix(hours: float, days: str) -> np.ndarray[Any, Any]:
    """Say which hours of the week are within the window of which, 168 × 168."""
    rule = DAYS_RULES[days]
    gaps = np.array(
        [[hour_gap(float(a), float(b), rule) for b in range(HOURS)] for a in range(HOURS)]
    )
    return np.asarray((gaps >= 0) & (gaps <= hours), dtype=float)


def find_clusters(
    incidents: gpd.GeoDataFrame,
    *,
    radius: float = 100.0,
    hours: float = 2.0,
    days: str = "cyclic",
    min_incidents: int | pd.Series[int] | None = None,
    max_area: float | None = 100_000.0,
) -> pd.Series[Any]:
    """Find clusters by location, time of day and day of week.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table in which every row has a clock time.
    radius, hours, days
        As in `WeekDBSCAN`; hours are whole hours of the week.
    min_incidents : int or Series, optional
        Incidents within reach that make a core, for all or by borough code. By default
        `choose_min_incidents` derives it for each borough; it is announced in the log.
    max_area : float or None
        A cluster that covers more ground, m², is split at its peaks; None leaves it whole.

    Returns
    -------
    Series of int64, named "cluster_id"
        On the same index: 0 for the largest cluster, −1 for none. Rows without a point are in
        none.

    Raises
    ------
    MonthlyDataError
        If a row has no clock time.
    InputError
        If a parameter is out of its range, or a borough has no number in `min_incidents`.

    Notes
    -----
    The ground of a cluster is the squares of half a radius that hold its incidents. To split one,
    the point with most of it around is taken with what lies within a circle that fits `max_area`,
    then the next, while a part holds enough incidents; what is left is in no cluster.

    Caveats
    -------
    Clusters describe and do not prove. At force level, hours drawn at random still give thousands
    of clusters; for evidence that a place has hours of its own, use a test.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> clusters = hs.find_clusters(calls)
    >>> bool(clusters.max() >= 0)
    True
    """
    require_clock(incidents, "find_clusters")
    check_reach(radius, hours, days)
    is_placed = require_points(incidents, "find_clusters")
    chosen = incidents[is_placed]
    least = _thresholds(chosen, min_incidents, radius, hours, days)
    labels = np.full(len(incidents), -1, dtype=np.int64)
    if len(chosen):
        xy = _coordinates(chosen)
        weight = chosen["weight"].to_numpy(dtype=float)
        hour = hour_of_week(chosen["start"]).to_numpy(dtype=float)
        found, _ = cluster_points(xy, hour, weight, least, radius=radius, hours=hours, days=days)
        if max_area is not None:
            found = _split_large(found, xy, weight, least, radius, max_area)
        labels[is_placed] = _renumber(found, weight, xy)
    return pd.Series(labels, index=incidents.index, name="cluster_id")


def _thresholds(
    incidents: gpd.GeoDataFrame,
    min_incidents: int | pd.Series[int] | None,
    radius: float,
    hours: float,
    days: str,
) -> np.ndarray[Any, Any]:
    if min_incidents is None:
        min_incidents = choose_min_incidents(incidents, radius=radius, hours=hours, days=days)
    if isinstance(min_incidents, pd.Series):
        least = _groups(incidents).map(min_incidents)
        if least.isna().any():
            lacking = sorted(set(_groups(incidents)[least.isna()]))
            msg = f"Invalid min_incidents. Must hold a number for {', '.join(lacking[:5])} too."
            raise InputError(msg)
        return least.to_numpy(dtype=float)
    if min_incidents < 1:
        raise invalid("min_incidents", min_incidents, "a whole number of at least 1")
    return np.full(len(incidents), float(min_incidents))


def _ground(xy: np.ndarray[Any, Any], radius: float) -> Any:  # noqa: ANN401
    """Give the ground of a cluster: the squares of half a radius that hold its points.

    Squares of a fixed grid, so that the outline does not give the points away.
    """
    side = radius / 2
    corners = np.unique(np.floor(xy / side), axis=0) * side
    squares = shapely.box(corners[:, 0], corners[:, 1], corners[:, 0] + side, corners[:, 1] + side)
    return shapely.union_all(squares)


def _split_large(
    labels: np.ndarray[Any, Any],
    xy: np.ndarray[Any, Any],
    weight: np.ndarray[Any, Any],
    least: np.ndarray[Any, Any],
    radius: float,
    max_area: float,
) -> np.ndarray[Any, Any]:
    # Every square that touches a point within the reach lies within a circle of max_area.
    reach = np.sqrt(max_area / np.pi) - radius / np.sqrt(2)
    if reach <= 0:
        raise invalid(
            "max_area", max_area, f"more than a circle of 0.71 times the radius of {radius:g} m"
        )
    labels = labels.copy()
    free = int(labels.max()) + 1
    rows_of = pd.Series(labels).groupby(labels, sort=True).indices
    for label in range(free):
        rows = rows_of[label]
        if _ground(xy[rows], radius).area <= max_area:
            continue
        labels[rows] = -1
        for part in _peaks(xy[rows], weight[rows], least[rows], reach):
            labels[rows[part]] = free
            free += 1
    return labels


def _peaks(
    xy: np.ndarray[Any, Any],
    weight: np.ndarray[Any, Any],
    least: np.ndarray[Any, Any],
    reach: float,
) -> list[np.ndarray[Any, Any]]:
    """Cut points into circles round the heaviest of what is left, while they are heavy enough."""
    different, first, place_of = np.unique(xy, axis=0, return_index=True, return_inverse=True)
    place_of = place_of.ravel()
    left = np.bincount(place_of, weights=weight)
    tree = cKDTree(different)
    near = tree.sparse_distance_matrix(tree, reach, output_type="coo_matrix").tocsr()
    near.data[:] = 1.0
    near.setdiag(1.0)
    parts = []
    is_left = np.ones(len(different), dtype=bool)
    while is_left.any():
        sums = np.where(is_left, near @ left, -1.0)
        peak = int(np.argmax(sums))
        if sums[peak] < least[first[peak]]:
            break
        members = near.indices[near.indptr[peak] : near.indptr[peak + 1]]
        members = members[is_left[members]]
        is_left[members] = False
        left[members] = 0.0
        parts.append(np.flatnonzero(np.isin(place_of, members)))
    return parts


def _renumber(
    labels: np.ndarray[Any, Any], weight: np.ndarray[Any, Any], xy: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Rank clusters from the heaviest, ties by their westernmost, then southernmost point."""
    frame = pd.DataFrame({"label": labels, "weight": weight, "x": xy[:, 0], "y": xy[:, 1]})
    each = (
        frame[frame["label"] >= 0]
        .groupby("label")
        .agg(weight=("weight", "sum"), x=("x", "min"), y=("y", "min"))
    )
    each = each.sort_values(["weight", "x", "y"], ascending=[False, True, True])
    rank = pd.Series(np.arange(len(each)), index=each.index)
    return pd.Series(labels).map(rank).fillna(-1).to_numpy(dtype=np.int64)


def summarise_clusters(
    incidents: gpd.GeoDataFrame,
    clusters: pd.Series[Any],
    *,
    radius: float = 100.0,
    night_ends: int = 6,
) -> gpd.GeoDataFrame:
    """Describe each cluster: where, when, how many, what kind, how often it recurs.

    Parameters
    ----------
    incidents : GeoDataFrame
        The incidents that were clustered.
    clusters : Series of int
        What `find_clusters` gave, on the same index.
    radius : float
        The radius that was used, metres; the polygon is made of squares of half of it.
    night_ends : int
        Hour of the day at which a night gives way to the next date.

    Returns
    -------
    GeoDataFrame
        A clusters table, one row a cluster, index `cluster_id`, largest first.

    Raises
    ------
    InputError
        If the clusters are not on the index of the incidents.

    Caveats
    -------
    The peak is the band of at most 12 hours a week that holds most of the cluster, found on the
    same incidents that it describes: a small cluster always has a peak. `share_of_weeks` says
    how often it recurred; a cluster of one week is an event, not a pattern.
    """
    if not clusters.index.equals(incidents.index):
        msg = "Invalid clusters 'on another index'. Must be on the index of the incidents."
        raise InputError(msg)
    require_clock(incidents, "summarise_clusters")
    is_in = (clusters >= 0).to_numpy()
    chosen = incidents[is_in]
    if chosen.empty:
        return CLUSTERS.empty()
    label = clusters[is_in].to_numpy()
    hour = hour_of_week(chosen["start"]).to_numpy(dtype=np.int64)
    night = night_of(chosen["start"], night_ends=night_ends)
    every_night = night_of(incidents["start"], night_ends=night_ends)
    first_night = every_night.min()
    n_weeks = (every_night.max() - first_night).days // 7 + 1
    xy = _coordinates(chosen)
    weight = chosen["weight"].to_numpy(dtype=float)
    rows = []
    grounds = []
    rows_of = pd.Series(label).groupby(label).indices
    for name in np.unique(label):
        at = rows_of[name]
        part, own = chosen.iloc[at], weight[at]
        profile = np.bincount(hour[at], weights=own, minlength=HOURS)
        band, in_band = best_band(profile)
        weeks = (night.iloc[at] - first_night).dt.days // 7
        ground = _ground(xy[at], radius)
        borough = part["weight"].groupby(part["borough"]).sum()
        rows.append(
            {
                "cluster_id": int(name),
                "borough": borough.idxmax() if len(borough) else None,
                "n": own.sum(),
                "n_nights": int(night.iloc[at].nunique()),
                "area_m2": ground.area,
                "peak_weekdays": ",".join(map(str, band.weekdays)),
                "peak_start_hour": band.start_hour,
                "peak_end_hour": band.end_hour,
                "peak": describe_band(band),
                "share_in_peak": in_band / own.sum(),
                "types": mix_in_words(part["asb_type"], part["weight"]),
                "headings": mix_in_words(part["heading"], part["weight"]),
                "source": ", ".join(sorted(part["source"].unique())),
                "share_of_weeks": weeks.nunique() / n_weeks,
            }
        )
        grounds.append(ground)
    table = pd.DataFrame(rows).set_index("cluster_id")
    table["borough"] = table["borough"].astype("str").mask(table["borough"].isna())
    return gpd.GeoDataFrame(table, geometry=grounds, crs=CRS)


def mix_in_words(values: pd.Series[Any], weights: pd.Series[Any], *, most: int = 3) -> str:
    """Put a mix into words, largest first: "nuisance 80 %, personal 20 %"."""
    total = weights.groupby(values.fillna("not recorded")).sum().sort_values(ascending=False)
    shares = total / total.sum()
    return ", ".join(f"{name} {percent(share)}" for name, share in shares[:most].items())
