"""The one step that looks at every incident: from points in time to a sparse table of counts.

Only the (place, date, hour) rows that are not zero are kept, and zeros come from the index of
places and the period; a dense array for a London year would hold 612 million numbers.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array

from hotspots.areas import Grid, PlaceIndex, PolygonIndex, load_boroughs
from hotspots.counts.tally import NO_HOUR, WALK, CountTask, check_size, merged
from hotspots.errors import InputError, MonthlyDataError, invalid, is_whole
from hotspots.incidents import MILLIONTHS, Dataset, Reading, batch_of, open_incidents
from hotspots.tables import PLACES, TIMEZONE, check_areas, require_crs
from hotspots.times import HOURS, exposure
from hotspots.times.week import read_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.counts.tally import Tally
    from hotspots.incidents import Account
    from hotspots.incidents.dataset import Task
    from hotspots.incidents.reading import Tier

    Incidents: TypeAlias = (
        gpd.GeoDataFrame | Reading | Dataset | str | PathLike[str] | Sequence[str | PathLike[str]]
    )

Result = TypeVar("Result")

_LOG = logging.getLogger(__name__)
_DAY: Final = 24


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
    area_week : DataFrame
        Weight of the incidents of each area by hour of the week (0–167; −1 where the hour is not
        known), each in the area of its own point; no rows if no areas were given.
    walk : dict of str to int
        Where the rows went: "in areas", "context", "out of area", "no place".
    n_monthly : int
        Counted rows of which only the month is known, whatever the tier: where there are any, days
        and weeks cannot be told apart.
    n_points, n_coded : int
        Rows that have a point; rows that have the code of an area, or a borough, and no point.
    months_seen : PeriodIndex
        Calendar months with at least one row.
    sources : tuple of str
        What the rows' `source` says.
    unknown_codes : dict of str to int
        Rows without a point by their `area_code`, where no place or area has it for its code or
        name; the most frequent first.
    account : Account or None
        Where every row of a dataset or reading went.
    task : CountTask
        What the incidents were counted with.
    """

    table: pd.DataFrame
    places: gpd.GeoDataFrame
    start: pd.Timestamp
    end: pd.Timestamp
    tier: Tier
    n_outside: float
    context: np.ndarray[Any, Any]
    missing: pd.PeriodIndex
    area_week: pd.DataFrame
    walk: dict[str, int]
    n_monthly: int
    n_points: int
    n_coded: int
    months_seen: pd.PeriodIndex
    sources: tuple[str, ...]
    unknown_codes: dict[str, int]
    account: Account | None
    task: CountTask = field(repr=False)

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

    def since(self, start: pd.Timestamp) -> Counts | None:
        """Give the counts from a midnight on; None if there are none.

        Parameters
        ----------
        start : Timestamp
            Midnight in Europe/London; the first of a month for monthly data.

        Returns
        -------
        Counts or None
            With the same places. `area_week`, `walk` and the account are still those of all.
        """
        table = self.table[self.table["date"] >= start.tz_localize(None)]
        if len(table) == 0:
            return None
        return replace(self, table=table.reset_index(drop=True), start=max(start, self.start))

    def until(self, end: pd.Timestamp) -> Counts | None:
        """Give the counts up to a midnight; None if there are none.

        Parameters
        ----------
        end : Timestamp
            Midnight in Europe/London; the first of a month for monthly data.

        Returns
        -------
        Counts or None
            With the same places, and nothing of what came later in `table`, `start`, `end`,
            `months`, `missing` and what follows from them. `area_week`, `walk`, `context`,
            `months_seen` and the account are still those of all.
        """
        table = self.table[self.table["date"] < end.tz_localize(None)]
        if len(table) == 0:
            return None
        return replace(self, table=table.reset_index(drop=True), end=min(end, self.end))

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
            table = table[table["hour"] != NO_HOUR]
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
        if not is_whole(night_ends, 0, _DAY - 1):
            raise invalid("night_ends", night_ends, "an hour of the day, a whole number 0–23")
        table = self.table
        is_small_hours = (table["hour"] < night_ends).astype("int64")
        nights = table["date"] - pd.to_timedelta(is_small_hours, unit="D")
        return nights.mask(table["hour"] == NO_HOUR)

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


def check_counts(counts: object) -> None:
    """Raise `InputError` unless these are what `count_incidents` gives."""
    if not isinstance(counts, Counts):
        remedy = "Use hs.count_incidents(incidents, places)."
        raise invalid("counts", type(counts).__name__, "Counts", remedy)


def count_incidents(
    incidents: Incidents,
    places: gpd.GeoDataFrame | Grid,
    *,
    areas: gpd.GeoDataFrame | None = None,
    reach: float = 0.0,
    period: tuple[pd.Timestamp | str, pd.Timestamp | str] | None = None,
    missing: pd.PeriodIndex | None = None,
    client: Any = None,  # noqa: ANN401 (a distributed.Client, which is an extra)
    progress: bool | None = None,
) -> Counts:
    """Count incidents by place, date and hour.

    Parameters
    ----------
    incidents : GeoDataFrame, Reading, Dataset or path
        An incidents table, or what `open_incidents` or a path names: files larger than memory are
        read in chunks.
    places : GeoDataFrame or Grid
        A places table, such as `make_grid` gives. Rows without a point are counted by their
        `area_code`, or their `borough`, where the places have that code. A `Grid` makes the
        cells in which there are incidents.
    areas : GeoDataFrame, optional
        An areas table. Each incident is then also counted in its own area, by the rule of
        `assign_areas`, and those in no area are left out. A row without a point may carry the
        name of an area, in any case, instead of its code, if no other area has that name.
    reach : float
        Metres outside the areas within which incidents count in their places, as context.
    period : pair of Timestamp or str, optional
        Dates [start, end) to count; by default from the first to the last day (month, for monthly
        data) that has an incident, announced in the log.
    missing : PeriodIndex, optional
        Calendar months of the period for which there are no data: missing is not zero, so they
        are left out of every rate.
    client : str or distributed.Client, optional
        A Dask cluster or its address, for a dataset in a folder that its workers reach. Needs the
        extra `distributed`.
    progress : bool, optional
        Whether to show how many rows have been read; by default only on a terminal.

    Returns
    -------
    Counts
        A frozen, sparse record. Weights count as repetition.

    Raises
    ------
    MonthlyDataError
        If the period cuts a month, and the incidents are monthly: they know no part of a month.
    InputError
        If the places are not a places table, there is nothing to take a period from, the
        period ends before it starts, `missing` is no PeriodIndex of months, all months are missing,
        or a dataset cannot be read.

    Notes
    -----
    Every incident of the period is counted once, is in `n_outside`, or, with areas, in no area
    (`walk`). Weights are added in whole millionths, so the counts are the same to the last bit
    for a table, a dataset in chunks and the parts of a cluster. O(n log n).

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
    span = None if period is None else given_period(period)
    task = count_task(places, areas=areas, reach=reach, span=span)
    return count_with(
        task, incidents, places, span=span, missing=missing, client=client, progress=progress
    )


def count_with(
    task: CountTask,
    incidents: Incidents,
    places: gpd.GeoDataFrame | Grid,
    *,
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    missing: pd.PeriodIndex | None = None,
    client: Any = None,  # noqa: ANN401 (a distributed.Client, which is an extra)
    progress: bool | None = None,
) -> Counts:
    """Count with everything made ready by `count_task`; see `count_incidents`."""
    tallies, account = run(incidents, task, client=client, progress=progress)
    return counts_of(tallies, account, task, places, span=span, missing=missing)


def counts_of(
    tallies: Sequence[Tally],
    account: Account | None,
    task: CountTask,
    places: gpd.GeoDataFrame | Grid,
    *,
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    missing: pd.PeriodIndex | None = None,
) -> Counts:
    """Make counts of what `run` gave for a `CountTask`; see `count_incidents`."""
    tally = merged(tallies)
    tier: Tier = "timed" if 2 * tally.n_clock >= tally.n_rows else "monthly"
    start, end = span if span is not None else _observed_period(tally, tier, account)
    if tier == "monthly" and tally.n_monthly:
        _check_whole_months(start, end)
    place, day, hour, weight = tally.rows()
    if isinstance(places, Grid):
        # The rows are sorted by place already.
        is_new = np.append(True, place[1:] != place[:-1])[: len(place)]
        cells, place = place[is_new], np.cumsum(is_new) - 1
        places = places.places(cells)
        found = np.searchsorted(cells, list(tally.context)).tolist()
        tally.context = dict(zip(found, tally.context.values(), strict=True))
    table = pd.DataFrame(
        {
            "place": place.astype(np.int32),
            "date": day.astype("datetime64[D]").astype("datetime64[s]"),
            "hour": hour.astype(np.int8),
            "n": weight / MILLIONTHS,
        },
        copy=False,
    )
    context = np.zeros(len(places))
    for one, n in tally.context.items():
        context[one] = n / MILLIONTHS
    missing = given_months(pd.PeriodIndex([], freq="M") if missing is None else missing)
    week = pd.DataFrame(
        tally.area_week / MILLIONTHS, index=task.area_ids, columns=[*range(HOURS), NO_HOUR]
    )
    counts = Counts(
        table=table,
        places=places,
        start=start,
        end=end,
        tier=tier,
        n_outside=tally.n_outside / MILLIONTHS,
        context=context,
        missing=missing,
        area_week=week,
        walk=dict(zip(WALK, tally.walk.tolist(), strict=True)),
        n_monthly=tally.n_monthly,
        n_points=tally.n_points,
        n_coded=tally.n_coded,
        months_seen=pd.PeriodIndex(
            np.array(sorted(tally.months), dtype="datetime64[M]").astype("datetime64[s]"), freq="M"
        ),
        sources=tuple(sorted(tally.sources)),
        unknown_codes=dict(
            sorted(tally.unknown_codes.items(), key=lambda item: (-item[1], item[0]))
        ),
        account=account,
        task=task,
    )
    _LOG.info("%r: %g outside the places; rows %s", counts, counts.n_outside, counts.walk)
    if counts.n_days == 0:
        msg = f"Invalid missing '{len(missing)} months'. Must leave a part of the period."
        raise InputError(msg)
    return counts


def run(
    incidents: Incidents,
    task: Task[Result],
    *,
    client: Any = None,  # noqa: ANN401 (a distributed.Client, which is an extra)
    progress: bool | None = None,
) -> tuple[list[Result], Account | None]:
    """Do a task on all incidents, wherever they are.

    Parameters
    ----------
    incidents : GeoDataFrame, Reading, Dataset or path
        As for `count_incidents`.
    task : callable
        Takes an iterable of `Batch` and gives a result.
    client, progress
        As for `count_incidents`.

    Returns
    -------
    list, Account or None
        The results of all parts in order, and where every row of a dataset went.
    """
    if isinstance(incidents, (str, PathLike, list, tuple)):
        incidents = open_incidents(incidents)
    if isinstance(incidents, Dataset):
        return incidents.run(task, client=client, progress=progress)
    table = incidents.incidents if isinstance(incidents, Reading) else incidents
    if not isinstance(table, gpd.GeoDataFrame):  # what is not typed may still be given
        raise invalid(
            "incidents",
            type(table).__name__,
            "an incidents table, a Reading, a Dataset or a path",
            "Use hs.read_incidents(path).",
        )
    require_crs("incidents", table)
    if client is not None:
        msg = (
            "A table in memory cannot be counted on a cluster. Must be files that every worker can "
            "read. Leave out client=, or give the folder of the files."
        )
        raise InputError(msg)
    account = incidents if isinstance(incidents, Reading) else None
    return [task([batch_of(table)])], account


def count_task(
    places: gpd.GeoDataFrame | Grid,
    *,
    areas: gpd.GeoDataFrame | None = None,
    reach: float = 0.0,
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None,
) -> CountTask:
    """Make everything ready that counting needs, once for all batches."""
    if isinstance(places, Grid):
        check_size(places.n_cells)
        finder: Grid | PlaceIndex = places
        place_ids = pd.Index([], dtype="str")
    else:
        PLACES.validate(places)
        check_size(len(places))
        finder, place_ids = PlaceIndex.build(places), places.index
    days = None
    if span is not None:
        first, end = (moment.tz_localize(None).to_datetime64() for moment in span)
        days = (_day(first), _day(end))
    if areas is None:
        return CountTask(finder, place_ids, days=days)
    check_areas(areas)
    polygons = areas.geometry.to_numpy()
    around = shapely.union_all(polygons) if reach > 0 else None
    index = PolygonIndex.build(polygons, areas.index.to_numpy(dtype=object))
    are_boroughs = bool(areas.index.isin(load_boroughs(city=True).index).any())
    ids = pd.Series(areas.index, index=areas["name"].str.lower())
    names = ids[~ids.index.duplicated(keep=False)]
    return CountTask(
        finder, place_ids, index, areas.index, around, reach, days, names, are_boroughs
    )


def _day(moment: np.datetime64) -> int:
    return int(moment.astype("datetime64[D]").astype(np.int64))


def _sum_by(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Sum `n` over the different values of some columns, sorted."""
    return rows.groupby(columns, sort=True)["n"].sum().reset_index()


def _observed_period(
    tally: Tally, tier: Tier, account: Account | None
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Give the period from the first to the last day (month, for monthly data) with an incident."""
    if tally.first is None or tally.last is None:
        if account is not None and account.n_rows:
            raise account.nothing_accepted()
        msg = "There are no incidents to take a period from. Give period=(start, end)."
        raise InputError(msg)
    first, last = (pd.Timestamp(np.datetime64(day, "D")) for day in (tally.first, tally.last))
    if tier == "monthly":
        start, end = first.replace(day=1), last.replace(day=1) + pd.DateOffset(months=1)
    else:
        start, end = first, last + pd.Timedelta(days=1)
    _LOG.info("period: %s to %s, from the incidents", start.date(), end.date())
    return start.tz_localize(TIMEZONE), end.tz_localize(TIMEZONE)


def given_period(
    period: tuple[pd.Timestamp | str, pd.Timestamp | str],
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Read a period that the caller gives, as midnights in London."""
    if not isinstance(period, (tuple, list)) or len(period) != len(("start", "end")):
        raise invalid("period", period, "a start and an end, such as ('2025-01-01', '2026-01-01')")
    start, end = (read_day("period", value) for value in period)
    if not end > start:
        raise invalid("period", period, "a start and a later end")
    return start.tz_localize(TIMEZONE), end.tz_localize(TIMEZONE)


def _check_whole_months(start: pd.Timestamp, end: pd.Timestamp) -> None:
    """Refuse a period that cuts a month: all of its incidents, or none, would be counted."""
    whole = start.replace(day=1), end if end.day == 1 else end + pd.offsets.MonthBegin()
    if whole != (start, end):
        msg = (
            f"Invalid period '{start:%Y-%m-%d} to {end:%Y-%m-%d}'. Must be whole months, because "
            "these incidents know only their month. Use "
            f"period=('{whole[0]:%Y-%m-%d}', '{whole[1]:%Y-%m-%d}')."
        )
        raise MonthlyDataError(msg)


def given_months(missing: Any) -> pd.PeriodIndex:  # noqa: ANN401 (what is none is refused)
    """Refuse anything but calendar months: days or texts would match none, and be ignored."""
    if not isinstance(missing, pd.PeriodIndex) or missing.freqstr != "M":
        of = f" of {missing.freqstr}" if isinstance(missing, pd.PeriodIndex) else ""
        given = type(missing).__name__ + of
        remedy = "Use pd.PeriodIndex(['2026-03'], freq='M')."
        raise invalid("missing", given, "a PeriodIndex of months", remedy)
    return missing
