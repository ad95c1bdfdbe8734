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
from hotspots.counts.counting import given_period
from hotspots.errors import HotspotsWarning, InputError, MonthlyDataError, invalid
from hotspots.incidents import find_episodes
from hotspots.tables import (
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
    from collections.abc import Iterable

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
    is_monthly : bool
        Whether only the month of an incident is known.
    """

    table: pd.DataFrame
    groups: pd.Index[Any]
    names: list[str]
    start: pd.Timestamp
    end: pd.Timestamp
    missing: pd.PeriodIndex
    is_monthly: bool

    def sums(self, start: pd.Timestamp, end: pd.Timestamp) -> np.ndarray[Any, Any]:
        """Add up the counts of each group on the days [start, end)."""
        rows = self.table[(self.table["day"] >= start) & (self.table["day"] < end)]
        return np.bincount(rows["group"], weights=rows["n"], minlength=len(self.groups))

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
    _check(by, expected, unit, missing)
    if isinstance(incidents, Counts):
        rows, groups = _of_counts(incidents, by)
        start, end = (day.tz_localize(None) for day in (incidents.start, incidents.end))
        is_monthly = incidents.tier == "monthly"
        if missing is None and len(incidents.missing):
            missing = incidents.missing
    elif isinstance(incidents, gpd.GeoDataFrame):
        rows, groups = _of_incidents(incidents, by, areas, unit, episode_radius)
        is_monthly = bool((incidents["time_precision"] == "month").any())
        start, end = _span(incidents, is_monthly=is_monthly)
    else:
        remedy = "Of a reading, use reading.incidents."
        given = type(incidents).__name__
        raise invalid("incidents", given, "an incidents table, or Counts", remedy)
    if period is not None:
        start, end = (day.tz_localize(None) for day in given_period(period))
    _LOG.info("the data cover %s to %s", start.date(), end.date())
    if missing is None:
        missing = _silent_months(rows, start, end)
    n_without = int(rows["group"].isna().sum())
    if n_without:
        _LOG.info("%s without a %s left out", count(n_without, "row"), by)
    rows = rows.dropna(subset=["group"])
    if expected is not None:
        groups = pd.Index(list(dict.fromkeys([*expected, *groups])), name=groups.name)
    if len(groups) == 0:
        remedy = "Use incidents['borough'] = hs.assign_areas(incidents, hs.load_boroughs())."
        raise invalid("by", by, "a column with values", remedy if by == "borough" else "")
    table = rows.assign(group=groups.get_indexer(pd.Index(rows["group"])))
    return Daily(table, groups, _names(groups, by, areas), start, end, missing, is_monthly)


def _check(by: object, expected: object, unit: object, missing: object) -> None:
    """Refuse options that are of another kind."""
    if unit not in ("episode", "call"):
        raise invalid("unit", unit, "'episode' or 'call'")
    if not isinstance(by, str):
        raise invalid("by", by, "'area', 'hotspot' or the name of a column")
    if expected is not None and (isinstance(expected, str) or not np.iterable(expected)):
        raise invalid("expected", expected, "a list of groups", "Use ['Camden', 'Islington'].")
    if not (missing is None or isinstance(missing, pd.PeriodIndex)):
        remedy = "Use pd.PeriodIndex(['2025-03'], freq='M')."
        raise invalid("missing", missing, "a PeriodIndex of months", remedy)


def _silent_months(rows: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.PeriodIndex:
    """Give the months in which nobody at all reported anything: they are without data."""
    months = pd.period_range(start, end - pd.Timedelta(days=1), freq="M")
    silent = months[~months.isin(rows["day"].dt.to_period("M"))]
    if len(silent):
        _LOG.info("months without any incident are missing: %s", list(silent.astype(str)))
    return silent


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
    require_columns(incidents, ("weight",), "compare_periods")
    require_time(incidents, "compare_periods", "month")
    require_weights(incidents)
    require_points(incidents, "compare_periods")
    incidents = incidents[incidents["weight"] > 0]
    if len(incidents) < 2:  # noqa: PLR2004 (one has nothing to be compared with)
        msg = f"Invalid incidents: there are {len(incidents)}. Must be at least two."
        raise InputError(msg)
    if by in _POLYGONS:
        group, groups = _in_polygons(incidents, by, areas)
    elif by in incidents.columns:
        group = incidents[by].astype(object)
        groups = pd.Index(sorted(group.dropna().unique(), key=str), name=by)
    else:
        rule = f"'area', 'hotspot' or one of {', '.join(map(str, incidents.columns))}"
        raise invalid("by", by, rule)
    day = local_times(incidents["start"], "start").dt.tz_localize(None).dt.normalize()
    rows = pd.DataFrame({"group": group, "day": day.astype("datetime64[ns]")})
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
                "call of its episode. Use unit='call' to count what they stand for.",
                HotspotsWarning,
                stacklevel=4,
            )
        rows["episode"] = find_episodes(incidents, radius=episode_radius)
        firsts = rows.groupby(["episode", "group"], dropna=False, sort=False)["day"].min()
        rows = firsts.reset_index().assign(n=1.0)
    return rows, groups


def _in_polygons(
    incidents: gpd.GeoDataFrame, by: str, areas: gpd.GeoDataFrame | None
) -> tuple[pd.Series[Any], pd.Index[Any]]:
    """Give the polygon of each incident, by the rule of `assign_areas`."""
    if not isinstance(areas, gpd.GeoDataFrame) or len(areas) == 0:
        remedy = "Use areas=hs.load_boroughs(), or the polygons of your hotspots."
        given = type(areas).__name__
        raise invalid("areas", given, f"a GeoDataFrame of polygons with by='{by}'", remedy)
    require_crs("areas", areas)
    if not areas.index.is_unique:
        raise invalid("areas", "an index with repeats", "polygons, each with an id of its own")
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
    day = local_times(incidents["start"], "start").dt.tz_localize(None).dt.normalize()
    first, last = day.min(), day.max()
    if is_monthly:
        return first.replace(day=1), last.replace(day=1) + pd.DateOffset(months=1)
    return first, last + pd.Timedelta(days=1)
