"""Counts by group and day, from incidents or from counts of places.

Incidents are counted as episodes, each once in every group that it touches, on the day of its
first call there; counts of places are added up by a column of the places.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.areas import load_boroughs
from hotspots.areas.assignment import first_covering
from hotspots.counts import Counts
from hotspots.counts.counting import given_months, given_period
from hotspots.errors import HotspotsWarning, InputError, MonthlyDataError, invalid
from hotspots.incidents import find_episodes
from hotspots.tables import (
    CRS,
    has_clock,
    require_columns,
    require_crs,
    require_points,
    require_time,
    require_weights,
)
from hotspots.times.week import local_times
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Window = tuple[pd.Timestamp, pd.Timestamp]

_LOG = logging.getLogger(__name__)

Unit = Literal["episode", "call"]

_POLYGONS: Final = ("area", "hotspot")


class Daily(NamedTuple):
    """Counts by group and day.

    Parameters
    ----------
    table : DataFrame
        `group` (position in `groups`), `day` (no time zone; the first of the month for monthly
        data) and `n`.
    groups : Index
        All groups, with and without incidents.
    names : list of str
        What the groups are called.
    start, end : Timestamp
        The days [start, end) that the data cover, without time zone.
    missing : PeriodIndex
        Calendar months of them without data.
    n_monthly : int
        Rows of which only the month is known. Where there are any, only whole months are compared.
    """

    table: pd.DataFrame
    groups: pd.Index[Any]
    names: list[str]
    start: pd.Timestamp
    end: pd.Timestamp
    missing: pd.PeriodIndex
    n_monthly: int

    def sums(self, windows: Sequence[Window]) -> np.ndarray[Any, Any]:
        """Add up the counts of each group (rows) in windows [start, end) that follow each other."""
        starts, ends = (pd.DatetimeIndex(part) for part in zip(*windows, strict=True))
        day = self.table["day"].to_numpy()
        window = starts.searchsorted(day, side="right") - 1
        is_inside = (window >= 0) & (day < ends.to_numpy()[window])
        cell = self.table["group"].to_numpy() * len(windows) + window
        n = self.table["n"].to_numpy()
        size = len(self.groups) * len(windows)
        found = np.bincount(cell[is_inside], weights=n[is_inside], minlength=size)
        return found.reshape(len(self.groups), len(windows))

    def is_covered(self, start: pd.Timestamp, end: pd.Timestamp) -> bool:
        """Say whether there are data for all days [start, end)."""
        months = pd.period_range(start, end - pd.Timedelta(days=1), freq="M")
        return start >= self.start and end <= self.end and not months.isin(self.missing).any()


def make_daily(
    incidents: Any,  # noqa: ANN401 (what is neither a table nor Counts is refused)
    *,
    by: str,
    areas: gpd.GeoDataFrame | None,
    expected: Iterable[Any] | None,
    unit: Unit,
    episode_radius: float,
    period: tuple[pd.Timestamp | str, pd.Timestamp | str] | None,
    missing: pd.PeriodIndex | None,
) -> Daily:
    """Count by group and day; the parameters are those of `compare_periods`."""
    if unit not in ("episode", "call"):
        raise invalid("unit", unit, "'episode' or 'call'")
    if not isinstance(by, str):
        raise invalid("by", by, "'area', 'hotspot' or the name of one column")
    expected = _ids_of(expected)
    if isinstance(incidents, Counts):
        rows, groups = _of_counts(incidents, by)
        start, end = (day.tz_localize(None) for day in (incidents.start, incidents.end))
        n_monthly, seen = incidents.n_monthly, incidents.months_seen
        seen = seen[~seen.isin(given_months(incidents.missing))]
    elif isinstance(incidents, gpd.GeoDataFrame):
        require_crs("incidents", incidents)
        require_columns(incidents, ("start", "time_precision", "weight"), "compare_periods")
        require_time(incidents, "compare_periods", "month")
        require_weights(incidents)
        incidents = incidents[incidents["weight"] > 0]
        rows, groups = _of_incidents(incidents, by, areas, unit, episode_radius)
        n_monthly = int((incidents["time_precision"] == "month").sum())
        start, end = _span(incidents, is_monthly=n_monthly > 0)
        seen = pd.PeriodIndex(rows["day"].dt.to_period("M"))
    else:
        remedy = "Of a reading, use reading.incidents."
        given = type(incidents).__name__
        raise invalid("incidents", given, "an incidents table, or Counts", remedy)
    if period is not None:
        start, end = (day.tz_localize(None) for day in given_period(period))
    _LOG.info("the data cover %s to %s", start.date(), end.date())
    missing = _unseen(seen, start, end) if missing is None else given_months(missing)
    n_without = int(rows["group"].isna().sum())
    if n_without:
        _LOG.info("%s without a %s left out", count(n_without, "row"), by)
    rows = rows.dropna(subset=["group"])
    if expected:
        groups = pd.Index(list(dict.fromkeys([*expected, *groups])), name=groups.name)
    if len(groups) == 0:
        remedy = "Use incidents['borough'] = hs.assign_areas(incidents, hs.load_boroughs())."
        raise invalid("by", by, "a column with values", remedy if by == "borough" else "")
    table = rows.assign(group=groups.get_indexer(pd.Index(rows["group"])))
    return Daily(table, groups, _names(groups, by, areas), start, end, missing, n_monthly)


def _ids_of(expected: Any) -> list[Any]:  # noqa: ANN401
    """Give the groups that are expected, and refuse what is one text or nothing of several."""
    if isinstance(expected, str) or not (expected is None or np.iterable(expected)):
        remedy = f"Use expected=[{expected!r}]."
        raise invalid("expected", expected, "several ids of groups", remedy)
    return [] if expected is None else list(expected)


def _unseen(seen: pd.PeriodIndex, start: pd.Timestamp, end: pd.Timestamp) -> pd.PeriodIndex:
    """Give the months in which nobody at all reported anything: they are without data."""
    months = pd.period_range(start, end - pd.Timedelta(days=1), freq="M")
    unseen = months[~months.isin(seen)]
    if len(unseen):
        _LOG.info("months without any incident are missing: %s", list(unseen.astype(str)))
    return unseen


def _of_counts(counts: Counts, by: str) -> tuple[pd.DataFrame, pd.Index[Any]]:
    """Give the rows of counts with the group of their place, and the groups."""
    places = counts.places
    column = "area_id" if by in ("borough", "area") else by
    if by == "place":
        group = pd.Series(places.index, index=places.index)
    elif column in places.columns:
        group = places[column]
    else:
        remedy = "For hotspots count in hs.places_from_areas(hotspots), and use by='place'."
        rule = f"'borough', 'area', 'place' or one of {', '.join(map(str, places.columns))}"
        raise invalid("by", by, f"{rule} for Counts", remedy)
    table = counts.table
    at = table["place"].to_numpy()
    rows = pd.DataFrame(
        {
            "group": group.to_numpy(dtype=object)[at],
            "day": table["date"].to_numpy().astype("datetime64[ns]"),
            "n": table["n"].to_numpy(),
        }
    )
    return rows, pd.Index(sorted(group.dropna().unique(), key=str), name=by)


def _of_incidents(
    incidents: gpd.GeoDataFrame,
    by: str,
    areas: gpd.GeoDataFrame | None,
    unit: str,
    episode_radius: float,
) -> tuple[pd.DataFrame, pd.Index[Any]]:
    """Give a row for each call, or each episode and group, and the groups."""
    if by in _POLYGONS:
        group, groups = _in_polygons(incidents, by, areas)
    elif by in incidents.columns:
        group = incidents[by].astype(object)
        groups = pd.Index(sorted(group.dropna().unique(), key=str), name=by)
    else:
        rule = f"'area', 'hotspot' or one of {', '.join(map(str, incidents.columns))}"
        raise invalid("by", by, rule)
    rows = pd.DataFrame({"group": group, "day": _days_of(incidents)})
    rows["n"] = incidents["weight"]
    if unit == "episode":
        coarse = int((~has_clock(incidents)).sum())
        if coarse:
            msg = (
                f"compare_periods needs the hour of each incident to find episodes, but {coarse:,} "
                f"of {len(incidents):,} have none. Must be incidents with a clock time. Use "
                "unit='call'."
            )
            raise MonthlyDataError(msg)
        if (incidents["weight"] != 1).any():
            warnings.warn(
                "Some rows stand for another number of incidents than one; each is taken as one "
                "call of its episode. For counted cells use unit='call'.",
                HotspotsWarning,
                stacklevel=4,
            )
        rows["episode"] = find_episodes(incidents, radius=episode_radius)
        firsts = rows.groupby(["episode", "group"], dropna=False, sort=False)["day"].min()
        rows = firsts.reset_index().assign(n=1.0)
    return rows, groups


def _days_of(incidents: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Give the day of each incident in London."""
    day = local_times(incidents["start"], "start").dt.tz_localize(None).dt.normalize()
    return pd.Series(day.astype("datetime64[ns]"), index=incidents.index)


def _in_polygons(
    incidents: gpd.GeoDataFrame, by: str, areas: gpd.GeoDataFrame | None
) -> tuple[pd.Series[Any], pd.Index[Any]]:
    """Give the polygon of each incident, by the rule of `assign_areas`."""
    if not isinstance(areas, gpd.GeoDataFrame) or len(areas) == 0:
        remedy = "Use areas=hs.load_boroughs(), or the polygons of your hotspots."
        given = type(areas).__name__
        raise invalid("areas", given, f"a GeoDataFrame of polygons with by='{by}'", remedy)
    if areas.crs != CRS:
        raise invalid("coordinate system", areas.crs, CRS, f"Use areas.to_crs('{CRS}').")
    if not areas.index.is_unique:
        raise invalid("areas", "an index with repeats", "polygons, each with an id of its own")
    require_points(incidents, "compare_periods")
    points = np.asarray(incidents.geometry.to_numpy())
    at = first_covering(points, areas.geometry.to_numpy(), areas.index.to_numpy(dtype=object))
    ids = areas.index.to_numpy(dtype=object)
    found = pd.Series([ids[each] if each >= 0 else None for each in at], index=incidents.index)
    return found.astype(object), areas.index.rename(by)


def _names(groups: pd.Index[Any], by: str, areas: gpd.GeoDataFrame | None) -> list[str]:
    """Give the names of groups: of areas, of boroughs by their code, or the groups themselves."""
    named = load_boroughs(city=True) if areas is None else areas
    if by not in ("borough", *_POLYGONS) or "name" not in named.columns:
        return [str(each) for each in groups]
    names = named["name"].to_dict()
    return [str(names.get(each, each)) for each in groups]


def _span(incidents: gpd.GeoDataFrame, *, is_monthly: bool) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Give the days from the first to the last incident, or whole months of monthly data."""
    if len(incidents) < 2:  # noqa: PLR2004 (one has nothing to be compared with)
        msg = f"Invalid incidents: there are {len(incidents)}. Must be at least two."
        raise InputError(msg)
    days = _days_of(incidents)
    first, last = days.min(), days.max()
    if is_monthly:
        return first.replace(day=1), last.replace(day=1) + pd.DateOffset(months=1)
    return first, last + pd.Timedelta(days=1)
