"""The one step that looks at every incident: from points in time to a sparse table of counts.

Only the (place, date, hour) rows that are not zero are kept, and zeros come from the index of
places and the period; a dense array for a London year would hold 612 million numbers.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from hotspots.areas import locate
from hotspots.errors import InputError, MonthlyDataError, invalid
from hotspots.incidents import tier_of
from hotspots.tables import PLACES, TIMEZONE, has_clock, has_point
from hotspots.times import HOURS, exposure

if TYPE_CHECKING:
    from typing import Any

    import geopandas as gpd

    from hotspots.incidents.reading import Tier

_LOG = logging.getLogger(__name__)
_DAY: Final = 24
_NO_HOUR: Final = -1


@dataclass(frozen=True)
class Counts:
    """Counts of incidents by place, date and hour, as a sparse record.

    Parameters
    ----------
    table : DataFrame
        The rows that are not zero: `place` (position in `places`), `date` (midnight, no time
        zone; the first of the month for monthly data), `hour` (0–23, −1 if not known), `n`
        (sum of weights). Sorted, each (place, date, hour) once.
    places : GeoDataFrame
        All places, with and without incidents.
    start, end : Timestamp
        The period [start, end), midnights in Europe/London.
    tier : {"timed", "monthly"}
        Whether hours are known.
    n_outside : float
        Weight of the incidents of the period that are in no place.
    context : array of float
        Of the count of each place, the weight of incidents that are context.
    missing : PeriodIndex
        Calendar months of the period for which there are no data; they are no part of the
        exposure.
    """

    table: pd.DataFrame
    places: gpd.GeoDataFrame
    start: pd.Timestamp
    end: pd.Timestamp
    tier: Tier
    n_outside: float
    context: np.ndarray[Any, Any]
    missing: pd.PeriodIndex

    @property
    def total(self) -> float:
        """Weight of all counted incidents."""
        return float(self.table["n"].sum())

    @cached_property
    def _spans(self) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        """The parts of the period for which there are data: start and end without time zone."""
        start, end = self.start.tz_localize(None), self.end.tz_localize(None)
        return [
            (max(start, month.start_time), min(end, (month + 1).start_time))
            for month in self.months
            if month not in self.missing
        ]

    @property
    def n_days(self) -> int:
        """Days of the period for which there are data."""
        return sum((last - first).days for first, last in self._spans)

    @property
    def n_occasions(self) -> int:
        """Nights of the period for which there are data, or months for monthly data."""
        return len(self._spans) if self.tier == "monthly" else self.n_days

    @property
    def weeks(self) -> float:
        """Weeks of the period for which there are data."""
        return self.n_days / 7

    @property
    def months(self) -> pd.PeriodIndex:
        """The calendar months that the period touches, the columns of `by("month")`."""
        first = self.start.tz_localize(None)
        last = self.end.tz_localize(None) - pd.Timedelta(days=1)
        return pd.period_range(first, last, freq="M")

    @cached_property
    def exposure(self) -> pd.Series[int]:
        """How often each hour of the week occurred where there are data: 168 counts."""
        parts = [exposure(first, last) for first, last in self._spans]
        return pd.Series(sum(part.to_numpy() for part in parts), index=parts[0].index)

    def by(self, unit: Literal["hour_of_week", "month"]) -> csr_array[Any, Any]:
        """Give a matrix of counts, places in rows.

        Parameters
        ----------
        unit : {"hour_of_week", "month"}
            The columns: 168 hours of the week, or the months of `months`.

        Returns
        -------
        sparse array of float64
            Rows in the order of `places`. Rows of the table without an hour are left out of
            "hour_of_week".

        Raises
        ------
        MonthlyDataError
            If hours are asked of monthly data.
        InputError
            If the unit is not known.
        """
        table = self.table
        if unit == "hour_of_week":
            if self.tier == "monthly":
                msg = (
                    "Counts.by('hour_of_week') needs the hour of each incident, but these counts "
                    "are monthly. Must be counts of timed incidents. Use by('month')."
                )
                raise MonthlyDataError(msg)
            table = table[table["hour"] != _NO_HOUR]
            column = table["date"].dt.day_of_week * _DAY + table["hour"]
            width = HOURS
        elif unit == "month":
            first = self.months[0]
            dates = table["date"].dt
            column = (dates.year - first.year) * 12 + dates.month - first.month
            width = len(self.months)
        else:
            raise invalid("unit", unit, "'hour_of_week' or 'month'")
        return csr_array(
            (table["n"].to_numpy(), (table["place"].to_numpy(), column.to_numpy())),
            shape=(len(self.places), width),
        )

    def totals(self) -> np.ndarray[Any, Any]:
        """Give the count of each place over the period, in the order of `places`."""
        return np.bincount(self.table["place"], weights=self.table["n"], minlength=len(self.places))

    def nights(self, *, night_ends: int = 6) -> pd.Series[Any]:
        """Give the evening to which each row of the table belongs.

        Parameters
        ----------
        night_ends : int
            Hour of the day at which a night gives way to the next date.

        Returns
        -------
        Series of datetime64
            On the index of `table`; missing where the hour is not known.
        """
        table = self.table
        is_small_hours = (table["hour"] < night_ends).astype("int64")
        nights = table["date"] - pd.to_timedelta(is_small_hours, unit="D")
        return nights.mask(table["hour"] == _NO_HOUR)

    def occasions(self, *, night_ends: int = 6) -> pd.DataFrame:
        """Give the count of each place on each occasion: night, or month for monthly data.

        Parameters
        ----------
        night_ends : int
            Hour of the day at which a night gives way to the next date.

        Returns
        -------
        DataFrame
            Columns `place`, `occasion` (date of the evening, or first of the month), `n`; only
            the rows that are not zero.
        """
        table = self.table
        if self.tier == "monthly":
            occasion = table["date"].dt.to_period("M").dt.start_time
        else:
            occasion = self.nights(night_ends=night_ends).fillna(table["date"])
        return _sum_by(table.assign(occasion=occasion), ["place", "occasion"])

    def __repr__(self) -> str:
        """Answer the first questions: how many, where, when."""
        return (
            f"<Counts: {self.total:,.0f} incidents in {len(self.places):,} places, "
            f"{self.start:%Y-%m-%d} to {self.end - pd.Timedelta(days=1):%Y-%m-%d}, {self.tier}>"
        )


def count_incidents(
    incidents: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    *,
    period: tuple[pd.Timestamp | str, pd.Timestamp | str] | None = None,
    missing: pd.PeriodIndex | None = None,
) -> Counts:
    """Count incidents by place, date and hour.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table. A row without a point is counted by its `area_code`, or its `borough`,
        where the places have that code.
    places : GeoDataFrame
        A places table, such as `make_grid` gives.
    period : pair of Timestamp or str, optional
        Dates [start, end) to count; by default from the first to the last day (month, for monthly
        data) that has an incident, announced in the log.
    missing : PeriodIndex, optional
        Calendar months of the period for which there are no data: missing is not zero, so they
        are left out of every rate.

    Returns
    -------
    Counts
        A frozen, sparse record. Weights count as repetition.

    Raises
    ------
    InputError
        If the places are not a places table, there is nothing to take a period from, the
        period ends before it starts, or all of its months are missing.

    Notes
    -----
    Every incident of the period is counted once or is in `n_outside`. O(n log n).

    Caveats
    -------
    A default period is the span of the reports: if a source began or ended in the middle of it,
    give the period, and if it lacks months, say which, or places will look quieter than they are.

    Examples
    --------
    >>> import hotspots as hs
    >>> simulation = hs.simulate_incidents(1000, rng=1)
    >>> places = hs.make_grid(hs.load_boroughs(), cell_size=500)
    >>> counts = count_incidents(simulation.incidents, places)
    >>> counts.by("hour_of_week").shape == (len(places), 168)
    True
    """
    PLACES.validate(places)
    tier = tier_of(incidents)
    start, end = period_of(incidents) if period is None else _given_period(period)
    local = incidents["start"].dt.tz_convert(TIMEZONE)
    is_inside = ((local >= start) & (local < end)).to_numpy()
    chosen = incidents[is_inside]
    wall = local[is_inside].dt.tz_localize(None)
    position = place_positions(chosen, places)
    rows = pd.DataFrame(
        {
            "place": position,
            "date": wall.dt.normalize().to_numpy(),
            "hour": np.where(has_clock(chosen), wall.dt.hour, _NO_HOUR),
            "n": chosen["weight"].to_numpy(dtype=float),
        }
    )
    placed = rows[rows["place"] >= 0]
    n_outside = float(rows.loc[rows["place"] < 0, "n"].sum())
    table = _sum_by(placed, ["place", "date", "hour"])
    _LOG.info(
        "%d of %d incidents counted, %g outside the places", len(placed), len(rows), n_outside
    )
    is_context = (chosen["is_context"].to_numpy(dtype=bool) & (position >= 0)).astype(bool)
    context = np.bincount(
        position[is_context],
        weights=rows["n"].to_numpy()[is_context],
        minlength=len(places),
    )
    if missing is None:
        missing = pd.PeriodIndex([], freq="M")
    counts = Counts(table, places, start, end, tier, n_outside, context, missing)
    if counts.n_days == 0:
        msg = f"Invalid missing '{len(missing)} months'. Must leave a part of the period."
        raise InputError(msg)
    return counts


def _sum_by(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Sum `n` over the different values of some columns, sorted."""
    return rows.groupby(columns, sort=True)["n"].sum().reset_index()


def period_of(incidents: gpd.GeoDataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Give the period from the first to the last day (month, for monthly data) with an incident.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table with at least one row.

    Returns
    -------
    start, end : Timestamp
        Midnights in Europe/London; the end is the first midnight after the period.

    Raises
    ------
    InputError
        If there is no incident.
    """
    times = incidents["start"].dropna()
    if times.empty:
        msg = "There are no incidents to take a period from. Give period=(start, end)."
        raise InputError(msg)
    first = times.min().tz_convert(TIMEZONE).tz_localize(None).normalize()
    last = times.max().tz_convert(TIMEZONE).tz_localize(None).normalize()
    if tier_of(incidents) == "monthly":
        start, end = first.replace(day=1), last.replace(day=1) + pd.DateOffset(months=1)
    else:
        start, end = first, last + pd.Timedelta(days=1)
    _LOG.info("period: %s to %s, from the incidents", start.date(), end.date())
    return start.tz_localize(TIMEZONE), end.tz_localize(TIMEZONE)


def _given_period(
    period: tuple[pd.Timestamp | str, pd.Timestamp | str],
) -> tuple[pd.Timestamp, pd.Timestamp]:
    start, end = (_date(value) for value in period)
    if not end > start:
        raise invalid("period", period, "a start and a later end")
    return start.tz_localize(TIMEZONE), end.tz_localize(TIMEZONE)


def _date(value: pd.Timestamp | str) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(value)
    except ValueError as error:
        raise invalid("period", value, "dates such as '2025-01-01'") from error
    if moment.tzinfo is not None:
        moment = moment.tz_convert(TIMEZONE).tz_localize(None)
    return moment.normalize()


def place_positions(incidents: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """Find the place of each incident: by its point, else by a code that it carries.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table.
    places : GeoDataFrame
        A places table.

    Returns
    -------
    array of int64
        Positions in `places`; −1 for none.
    """
    position = locate(places, incidents.geometry.x.to_numpy(), incidents.geometry.y.to_numpy())
    is_placed = has_point(incidents)
    for column in ("area_code", "borough"):
        by_code = places.index.get_indexer(pd.Index(incidents[column]))
        position = np.where(~is_placed & (position < 0), by_code, position)
    return np.asarray(position, dtype=np.int64)
