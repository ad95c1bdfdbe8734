"""Accepted incidents as plain arrays: what counting needs, at the speed of arrays.

A table of incidents with its points is made from a batch only where events are wanted one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from hotspots.errors import invalid
from hotspots.incidents.parts import Distinct, distinct, text_series
from hotspots.tables import PRECISIONS, TIMEZONE

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Times = np.ndarray[Any, np.dtype[np.datetime64]]

MILLIONTHS: Final = 1_000_000
"""Weights are whole numbers of millionths, so that their sums do not depend on their order."""

LARGEST_WEIGHT: Final = 1_000_000.0
"""Incidents that one row may stand for."""

EXTRA: Final = "\0"
"""Begins the name of a column of the source that plays no part and passes through."""

_N_CLOCK: Final = PRECISIONS.index("day")


@dataclass(frozen=True)
class Batch:
    """Accepted incidents of one source, by array.

    Parameters
    ----------
    name : str
        The source.
    lines : array of int64
        Line of each in the source.
    start, end : array of datetime64, UTC
        When it was reported; the end of the interval, NaT for a moment.
    precision : array of int8
        Position in `PRECISIONS`.
    is_ambiguous : array of bool
        Whether the clock showed the hour twice.
    easting, northing : array of float
        Metres (EPSG:27700); NaN without a point.
    weight : array of int64
        Millionths of an incident.
    area_code, borough : Distinct
        Codes that the row carries.
    reference : pyarrow.Array or None
        The source's own reference; None if it has none.
    sources : frozenset of str
        What the incidents' `source` says.
    rest : callable
        Gives the other columns of some rows (positions; None for all) as a DataFrame. Those that
        are no column of an incidents table begin with `EXTRA`.
    table : GeoDataFrame, optional
        The rows as an incidents table, if they come from one.
    """

    name: str
    lines: Integers
    start: Times
    end: Times
    precision: np.ndarray[Any, np.dtype[np.int8]]
    is_ambiguous: Flags
    easting: Numbers
    northing: Numbers
    weight: Integers
    area_code: Distinct
    borough: Distinct
    reference: pa.Array | None
    sources: frozenset[str]
    rest: Callable[[Integers | None], pd.DataFrame]
    table: gpd.GeoDataFrame | None = None

    def __len__(self) -> int:
        """Give the number of incidents."""
        return len(self.start)

    @property
    def has_point(self) -> Flags:
        """Whether each has a point."""
        return ~np.isnan(self.easting)

    @property
    def has_clock(self) -> Flags:
        """Whether the hour of each is known."""
        return np.asarray(self.precision < _N_CLOCK)

    def take(self, rows: Integers) -> Batch:
        """Keep some incidents, by position, each once and in order."""
        whole = self.rest
        return replace(
            self,
            lines=self.lines[rows],
            start=self.start[rows],
            end=self.end[rows],
            precision=self.precision[rows],
            is_ambiguous=self.is_ambiguous[rows],
            easting=self.easting[rows],
            northing=self.northing[rows],
            weight=self.weight[rows],
            area_code=self.area_code.take(rows),
            borough=self.borough.take(rows),
            reference=None if self.reference is None else self.reference.take(pa.array(rows)),
            rest=lambda chosen: whole(rows if chosen is None else rows[chosen]),
            table=None if self.table is None else self.table.iloc[rows],
        )

    def frame(self) -> pd.DataFrame:
        """Give the incidents as a table without index: all columns, easting and northing."""
        rest = self.rest(None)
        table = {
            "file": pd.Series(self.name, index=range(len(self)), dtype="str"),
            "line": self.lines,
            "reference": _texts(self.reference, len(self)),
            "start": _london(self.start),
            "end": _london(self.end),
            "time_precision": text_series(pa.array(PRECISIONS).take(pa.array(self.precision))),
            "asb_type": rest["asb_type"],
            "heading": rest["heading"],
            "qualifiers": rest["qualifiers"],
            "source": rest["source"],
            "channel": rest["channel"],
            "location_precision_m": np.nan,
            "location": rest["location"],
            "weight": self.weight / MILLIONTHS,
            "person_key": rest["person_key"],
            "is_ambiguous_time": self.is_ambiguous,
            "is_context": False,
            "area_code": _texts(self.area_code.column(), len(self)),
            "borough": _texts(self.borough.column(), len(self)),
            "is_flagged_repeat": rest["is_flagged_repeat"],
            "is_flagged_vulnerable": rest["is_flagged_vulnerable"],
            "easting": self.easting,
            "northing": self.northing,
        }
        taken = {*table, "geometry"}
        extra = [str(column) for column in rest.columns if str(column).startswith(EXTRA)]
        # Those whose names are free keep them, whatever stands before them.
        for column in sorted(extra, key=lambda name: name.removeprefix(EXTRA) in taken):
            own = column.removeprefix(EXTRA)
            while own in taken:
                own += "_given"
            table[own] = rest[column]
            taken.add(own)
        return pd.DataFrame(table)


def _texts(values: pa.Array | None, n: int) -> pd.Series[Any]:
    if values is None:
        values = pa.nulls(n, pa.string())
    return text_series(values)


def _london(utc: Times) -> pd.Series[Any]:
    times: pd.Series[Any] = pd.Series(utc).dt.tz_localize("UTC").dt.tz_convert(TIMEZONE)
    return times


def batch_of(incidents: gpd.GeoDataFrame) -> Batch:
    """Give an incidents table as a batch.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table.

    Returns
    -------
    Batch
        The same rows in the same order; its `rest` gives the rows of the table itself.
    """
    n = len(incidents)
    precision = pd.Index(PRECISIONS).get_indexer(pd.Index(incidents["time_precision"]))
    points = incidents.geometry
    given = incidents["weight"].to_numpy(dtype=float)
    if not ((given >= 0) & (given <= LARGEST_WEIGHT)).all():
        wrong = given[~((given >= 0) & (given <= LARGEST_WEIGHT))][0]
        raise invalid("weight", wrong, f"a number from 0 to {LARGEST_WEIGHT:,.0f}")
    weight = np.rint(given * MILLIONTHS).astype(np.int64)

    def rest(chosen: Integers | None) -> pd.DataFrame:
        return pd.DataFrame(incidents if chosen is None else incidents.iloc[chosen])

    return Batch(
        name="table",
        lines=np.arange(1, n + 1),
        start=_utc(incidents["start"]),
        end=_utc(incidents["end"]),
        precision=precision.astype(np.int8),
        is_ambiguous=np.zeros(n, dtype=bool),
        easting=points.x.to_numpy(),
        northing=points.y.to_numpy(),
        weight=weight,
        area_code=_codes(incidents["area_code"]),
        borough=_codes(incidents["borough"]),
        reference=None,
        sources=frozenset(incidents["source"].unique()),
        rest=rest,
        table=incidents,
    )


def _utc(times: pd.Series[Any]) -> Times:
    utc = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(utc.to_numpy(dtype="datetime64[us]"))


def _codes(texts: pd.Series[Any]) -> Distinct:
    return distinct(pa.array(texts, from_pandas=True, type=pa.string()))
