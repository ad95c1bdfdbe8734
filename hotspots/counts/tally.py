"""Counting batch by batch: the one step that sees every row of a big input.

Place, day and hour are packed into one whole number; a batch is sorted, and runs of equal numbers
are added up. Sums are of whole millionths, so the result is the same to the last bit in whatever
parts and order the rows come.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
import pandas as pd
import shapely

from hotspots.errors import InputError, invalid
from hotspots.incidents import MILLIONTHS
from hotspots.tables import PRECISIONS
from hotspots.times import london_wall

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hotspots.areas import Grid, PlaceIndex, PolygonIndex
    from hotspots.incidents import Batch

    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]

NO_HOUR: Final = -1
HOUR_COLUMNS: Final = 169
"""Hours of the week, and last the incidents whose hour is not known."""

WALK: Final = ("in areas", "context", "out of area", "no place")
"""Where an accepted row can go."""

_MONTH: Final = PRECISIONS.index("month")
_HOUR_BITS: Final = 5
_DAY_BITS: Final = 17  # days since 1900 until the year 2258
_FIRST_DAY: Final = -25_567
_PLACE_BITS: Final = 63 - _HOUR_BITS - _DAY_BITS
_MICROSECONDS_IN_HOUR: Final = 3_600_000_000
_LARGEST_TOTAL: Final = 9e18
_MONDAY: Final = 3  # 1 January 1970 was a Thursday


@numba.njit(cache=True, nogil=True)
def _pack(
    place: Any,  # noqa: ANN401
    wall: Any,  # noqa: ANN401
    has_clock: Any,  # noqa: ANN401
    keys: Any,  # noqa: ANN401
    week: Any,  # noqa: ANN401
) -> int:
    """Write the key of every row that has a place, and the hour of the week of every row."""
    n = 0
    for row in range(len(place)):
        hours = wall[row] // _MICROSECONDS_IN_HOUR
        day = hours // 24
        hour = hours - day * 24
        if has_clock[row]:
            week[row] = (day + _MONDAY) % 7 * 24 + hour
        else:
            hour = NO_HOUR
            week[row] = HOUR_COLUMNS - 1
        if place[row] >= 0:
            keys[n] = (((place[row] << _DAY_BITS) + day - _FIRST_DAY) << _HOUR_BITS) + hour + 1
            n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _add_runs(keys: Any, weights: Any, order: Any) -> int:  # noqa: ANN401
    """Add up runs of equal keys in place (weights by `order`); give how many there are."""
    n = 0
    total = np.empty(len(keys), dtype=np.int64)
    for row in range(len(keys)):
        if n == 0 or keys[row] != keys[n - 1]:
            keys[n] = keys[row]
            total[n] = 0
            n += 1
        total[n - 1] += weights[order[row]]
    weights[:n] = total[:n]
    return n


@numba.njit(cache=True, nogil=True)
def _count_runs(keys: Any, weights: Any) -> int:  # noqa: ANN401
    """Count runs of equal sorted keys in place; every row weighs one incident."""
    n = 0
    for row in range(len(keys)):
        if n == 0 or keys[row] != keys[n - 1]:
            keys[n] = keys[row]
            weights[n] = 0
            n += 1
        weights[n - 1] += MILLIONTHS
    return n


@numba.njit(cache=True, nogil=True)
def _merge(first: Any, first_sums: Any, second: Any, second_sums: Any, keys: Any, sums: Any) -> int:  # noqa: ANN401
    """Merge two sorted runs of keys into one, each key once; give the number of different keys."""
    i, j, n = 0, 0, 0
    while i < len(first) or j < len(second):
        if j == len(second) or (i < len(first) and first[i] < second[j]):
            keys[n], sums[n] = first[i], first_sums[i]
            i += 1
        elif i == len(first) or second[j] < first[i]:
            keys[n], sums[n] = second[j], second_sums[j]
            j += 1
        else:
            keys[n], sums[n] = first[i], first_sums[i] + second_sums[j]
            i += 1
            j += 1
        n += 1
    return n


def add_up(keys: Integers, weights: Integers | None) -> tuple[Integers, Integers]:
    """Give the different keys in order, and the sum of the weights of each.

    Parameters
    ----------
    keys : array of int64
        One a row; is used up.
    weights : array of int64 or None
        Millionths; None if every row is one incident.

    Returns
    -------
    keys, sums : arrays of int64
        Sorted, each key once.
    """
    if weights is None:
        keys.sort()
        sums = np.empty(len(keys), dtype=np.int64)
        n = _count_runs(keys, sums)
    else:
        order = np.argsort(keys, kind="stable")
        keys, sums = keys[order], weights.copy()
        n = _add_runs(keys, sums, order)
    return keys[:n].copy(), sums[:n].copy()


@dataclass
class Tally:
    """What has been counted so far; parts are merged by adding.

    Parameters
    ----------
    keys, weights : list of arrays
        Runs of packed keys and their sums in millionths.
    area_week : array (areas, 169)
        Millionths by area and hour of the week, the last column for those without an hour.
    context : dict of int to int
        Millionths of context by place.
    walk : array of 4
        Rows by where they went (`WALK`).
    n_outside : int
        Millionths that belong to the areas, or to none asked for, and lie in no place.
    total : float
        Millionths of all rows.
    n_clock, n_monthly, n_rows, n_points, n_coded : int
        Rows with a clock time, counted rows of which only the month is known, all rows, rows with a
        point, rows with a code and no point.
    first, last : int
        First and last day in London, since 1970.
    months : set of int
        Months since 1970 in which there is a row.
    sources : set of str
        What the rows' `source` says.
    unknown_codes : Counter of str
        Rows without a point by their `area_code`, where no place or area has it.
    """

    area_week: Integers
    keys: list[Integers] = field(default_factory=list)
    weights: list[Integers] = field(default_factory=list)
    context: dict[int, int] = field(default_factory=dict)
    walk: Integers = field(default_factory=lambda: np.zeros(len(WALK), dtype=np.int64))
    n_outside: int = 0
    total: float = 0.0
    n_clock: int = 0
    n_monthly: int = 0
    n_rows: int = 0
    n_points: int = 0
    n_coded: int = 0
    first: int | None = None
    last: int | None = None
    months: set[int] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    unknown_codes: Counter[str] = field(default_factory=Counter)

    def push(self, keys: Integers, weights: Integers) -> None:
        """Add sorted keys and their sums. Runs of like size are merged, so that few remain."""
        self.keys.append(keys)
        self.weights.append(weights)
        while len(self.keys) > 1 and len(self.keys[-2]) <= 2 * len(self.keys[-1]):
            self._merge_last()

    def shrink(self) -> None:
        """Merge all runs into one."""
        while len(self.keys) > 1:
            self._merge_last()

    def _merge_last(self) -> None:
        second, second_sums = self.keys.pop(), self.weights.pop()
        first, first_sums = self.keys.pop(), self.weights.pop()
        keys = np.empty(len(first) + len(second), dtype=np.int64)
        sums = np.empty_like(keys)
        n = _merge(first, first_sums, second, second_sums, keys, sums)
        self.keys.append(keys[:n])
        self.weights.append(sums[:n])

    def merge(self, other: Tally) -> None:
        """Add what another part has counted."""
        for keys, weights in zip(other.keys, other.weights, strict=True):
            self.push(keys, weights)
        self.area_week += other.area_week
        for place, weight in other.context.items():
            self.context[place] = self.context.get(place, 0) + weight
        self.walk += other.walk
        self.add_total(other.total)
        for name in ("n_outside", "n_clock", "n_monthly", "n_rows", "n_points", "n_coded"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.see(other.first)
        self.see(other.last)
        self.months |= other.months
        self.sources |= other.sources
        self.unknown_codes.update(other.unknown_codes)

    def add_total(self, weight: float) -> None:
        """Raise `InputError` before sums grow past what a whole number can hold."""
        self.total += weight
        if self.total > _LARGEST_TOTAL:
            rule = f"at most {_LARGEST_TOTAL / MILLIONTHS:,.0f} incidents in all"
            raise invalid("sum of weights", f"{self.total / MILLIONTHS:,.0f}", rule)

    def see(self, day: int | None) -> None:
        """Widen the period to a day."""
        if day is not None:
            self.first = day if self.first is None else min(self.first, day)
            self.last = day if self.last is None else max(self.last, day)

    def rows(self) -> tuple[Integers, Integers, Integers, Integers]:
        """Give place, day, hour and millionths of every count that is not zero, in this order."""
        self.shrink()
        if not self.keys:
            none = np.zeros(0, dtype=np.int64)
            return none, none, none, none
        keys, weights = self.keys[0], self.weights[0]
        hour = (keys & ((1 << _HOUR_BITS) - 1)) - 1
        day = ((keys >> _HOUR_BITS) & ((1 << _DAY_BITS) - 1)) + _FIRST_DAY
        return keys >> (_HOUR_BITS + _DAY_BITS), day, hour, weights


@dataclass(frozen=True)
class CountTask:
    """Counts batches; holds everything that a worker needs.

    Parameters
    ----------
    places : PlaceIndex or Grid
        Finds the place of a point.
    place_ids : sequence of str
        Ids of the places, for rows that carry a code instead of a point.
    areas : PolygonIndex, optional
        Finds the area of a point; by default everything counts.
    area_ids : sequence of str
        Ids of the areas.
    around : Geometry, optional
        The areas as one, to tell what lies within reach of them.
    reach : float
        Metres outside the areas within which an incident is context.
    days : pair of int, optional
        Days since 1970 [first, end) to count.
    names : Series of str
        Ids of the areas by their names in lower case, for rows that carry a name for a code.
    are_boroughs : bool
        Whether the areas are boroughs, so that a row of another borough lies elsewhere.
    """

    places: PlaceIndex | Grid
    place_ids: pd.Index[str]
    areas: PolygonIndex | None = None
    area_ids: pd.Index[str] = field(default_factory=lambda: pd.Index([], dtype="str"))
    around: shapely.Geometry | None = None
    reach: float = 0.0
    days: tuple[int, int] | None = None
    names: pd.Series[str] = field(default_factory=lambda: pd.Series(dtype="str"))
    are_boroughs: bool = False

    def __call__(self, batches: Iterable[Batch]) -> Tally:
        """Count all batches."""
        tally = Tally(np.zeros((len(self.area_ids), HOUR_COLUMNS), dtype=np.int64))
        for batch in batches:
            self.count(batch, tally)
        tally.shrink()
        return tally

    def count(self, batch: Batch, tally: Tally) -> None:
        """Add a batch to a tally."""
        batch, wall, day = self.in_period(batch)
        if len(batch) == 0:
            return
        tally.n_rows += len(batch)
        has_clock = batch.has_clock
        tally.n_clock += int(has_clock.sum())
        tally.n_points += int(batch.has_point.sum())
        is_coded = (batch.area_code.codes >= 0) | (batch.borough.codes >= 0)
        tally.n_coded += int((is_coded & ~batch.has_point).sum())
        first = int(day.min())
        if not _FIRST_DAY <= first <= int(day.max()) < _FIRST_DAY + (1 << _DAY_BITS):
            dates = np.array([first, int(day.max())], dtype="datetime64[D]").astype(str)
            raise invalid("dates", " to ".join(dates), "from 1900 to 2258")
        tally.add_total(float(batch.weight.sum(dtype=np.float64)))
        days = np.flatnonzero(np.bincount(day - first)) + first
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        tally.months |= set(months.tolist())
        tally.see(int(days[0]))
        tally.see(int(days[-1]))
        tally.sources |= batch.sources
        place = self.find_places(batch)
        area, where = self.find_areas(batch, place)
        tally.walk += np.bincount(where, minlength=len(WALK))
        is_counted = where <= 1
        is_monthly = batch.precision == _MONTH
        tally.n_monthly += int((is_monthly & is_counted & (place >= 0)).sum())
        self._add(batch, np.where(is_counted, place, -1), area, wall, has_clock, tally)
        is_context = np.flatnonzero((where == 1) & (place >= 0) & (batch.weight > 0))
        context = zip(place[is_context].tolist(), batch.weight[is_context].tolist(), strict=True)
        for one, weight in context:
            tally.context[one] = tally.context.get(one, 0) + weight
        tally.n_outside += int(batch.weight[is_counted & (place < 0)].sum())
        is_lost = (place < 0) & (area < 0) & (where != WALK.index("out of area"))
        lost = batch.area_code.codes[is_lost & ~batch.has_point]
        codes, n = np.unique(lost[lost >= 0], return_counts=True)
        texts = batch.area_code.texts() if len(codes) else []
        tally.unknown_codes.update(
            {str(texts[code]): int(rows) for code, rows in zip(codes, n, strict=True)}
        )

    def in_period(self, batch: Batch) -> tuple[Batch, Integers, Integers]:
        """Keep the incidents of the period; give their London microseconds and days since 1970."""
        wall = london_wall(batch.start).astype(np.int64)
        day = wall // (24 * _MICROSECONDS_IN_HOUR)
        if self.days is not None:
            inside = np.flatnonzero((day >= self.days[0]) & (day < self.days[1]))
            if len(inside) < len(day):
                return batch.take(inside), wall[inside], day[inside]
        return batch, wall, day

    def _add(
        self,
        batch: Batch,
        place: Integers,
        area: Integers,
        wall: Integers,
        has_clock: Flags,
        tally: Tally,
    ) -> None:
        is_one = bool((batch.weight == MILLIONTHS).all())
        if not is_one:
            place = np.where(batch.weight > 0, place, -1)
        keys = np.empty(len(place), dtype=np.int64)
        week = np.empty(len(place), dtype=np.int64)
        n = _pack(place, wall, has_clock, keys, week)
        weights = None if is_one else batch.weight[place >= 0]
        tally.push(*add_up(keys[:n], weights))
        if len(self.area_ids):
            cell = area * HOUR_COLUMNS + week
            own = area >= 0
            np.add.at(tally.area_week.reshape(-1), cell[own], batch.weight[own])

    def find_places(self, batch: Batch) -> Integers:
        """Find the place of each incident: by its point, else by a code that it carries."""
        place = self.places.find(batch.easting, batch.northing)
        return self._by_codes(batch, place, self.place_ids)

    def find_areas(self, batch: Batch, place: Integers) -> tuple[Integers, Integers]:
        """Find the area of each incident (−1 for none), and where it goes (position in `WALK`)."""
        n = len(batch)
        if self.areas is None:
            return np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=np.int64)
        has_point = batch.has_point
        area = self._by_codes(batch, self.areas.find(batch.easting, batch.northing), self.area_ids)
        where = np.zeros(n, dtype=np.int64)
        # A borough that is not among boroughs is elsewhere; another code may be a part of one.
        is_elsewhere = has_point | (self.are_boroughs & (batch.borough.codes >= 0))
        where[area < 0] = np.where(is_elsewhere[area < 0], 2, 3)
        near = np.flatnonzero((area < 0) & has_point & (place >= 0))
        if len(near) and self.around is not None:
            points = shapely.points(batch.easting[near], batch.northing[near])
            where[near[shapely.dwithin(self.around, points, self.reach)]] = 1
        return area, where

    def _by_codes(self, batch: Batch, found: Integers, ids: pd.Index[str]) -> Integers:
        """Fill in the position of rows without a point from the codes or names that they carry."""
        if len(ids) == 0 or batch.has_point.all():
            return found
        for codes in (batch.area_code, batch.borough):
            if len(codes.entries):
                given = pd.Series(codes.texts(), dtype="str")
                named = given.str.lower().map(self.names)
                position = ids.get_indexer(pd.Index(given.where(given.isin(ids), named)))
                by_code = codes.spread(position.astype(np.int64), -1)
                found = np.where(~batch.has_point & (found < 0), by_code, found)
        return found


def check_size(n_places: int) -> None:
    """Raise `InputError` if there are more places than can be told apart."""
    most = 1 << _PLACE_BITS
    if n_places > most:
        msg = f"Invalid number of places {n_places:,}. Must be at most {most:,}. Use larger cells."
        raise InputError(msg)


def merged(tallies: Sequence[Tally]) -> Tally:
    """Add the tallies of all parts to one."""
    whole = tallies[0]
    for tally in tallies[1:]:
        whole.merge(tally)
    whole.shrink()
    return whole
