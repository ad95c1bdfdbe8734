"""Texts and naive times to moments on the London clock, saying how finely each is known.

Every format is tried on what the formats before it could not read; a clock hour that occurs twice
is read as the first and flagged, one that does not exist stays missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.tables import TIMEZONE

if TYPE_CHECKING:
    from typing import Any

# The British order of day and month is assumed, and announced by the reader.
_DATES: Final = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%d/%m/%y",
)
_CLOCKS: Final = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
# An offset follows a clock time, or the dash of 31-10-2023 would look like one.
_OFFSET: Final = re.compile(r"^(.*:[0-9.]+) ?(?:Z|([+-])([0-9]{2}):?([0-9]{2})?)$")
_MONTH: Final = re.compile(r"^[0-9]{4}-[0-9]{2}$")


@dataclass(frozen=True)
class Moments:
    """Parsed times, one a row.

    Parameters
    ----------
    start : Series of datetime in Europe/London
        The moment; missing where it could not be read or does not exist.
    precision : Series of str
        "minute", "day" or "month".
    is_ambiguous : Series of bool
        Whether the clock showed that hour twice; the first was taken.
    is_nonexistent : Series of bool
        Whether the clock skipped it.
    """

    start: pd.Series[Any]
    precision: pd.Series[Any]
    is_ambiguous: pd.Series[Any]
    is_nonexistent: pd.Series[Any]


def read_moments(values: pd.Series[Any]) -> Moments:
    """Read a column of texts or times as moments on the London clock.

    Parameters
    ----------
    values : Series
        Texts in ISO 8601 or the British day-first order, or datetime values; times with an offset
        are converted, times without one are taken to be London wall-clock times.

    Returns
    -------
    Moments
        On the same index.
    """
    index = values.index
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        start = values.dt.tz_convert(TIMEZONE).dt.as_unit("us")
        no = pd.Series(data=False, index=index)
        return Moments(start, _precision_of_times(start), no, no)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _localise(values, _precision_of_times(values))

    texts = values.astype("str").str.strip().mask(values.isna(), "")
    # Months and days repeat: parsing each different text once is several times faster.
    codes, different = pd.factorize(texts)
    unique = pd.Series(different, dtype="str").reset_index(drop=True)
    parts = unique.str.extract(_OFFSET)
    has_offset = parts[0].notna()
    wall = _parse(unique.where(~has_offset, parts[0]))
    precision = pd.Series("minute", index=unique.index, dtype="str")
    precision[~unique.str.contains(":")] = "day"
    precision[unique.str.match(_MONTH)] = "month"
    if _precision_of_times(wall.dropna()).eq("day").all():
        precision[precision == "minute"] = "day"
    moments = _localise(wall.mask(has_offset), precision)
    start = moments.start.copy()
    if has_offset.any():
        sign = np.where(parts[1] == "-", -1, 1)
        hours, minutes = (pd.to_numeric(parts[place]).fillna(0) for place in (2, 3))
        offset = pd.to_timedelta(sign * (hours * 60 + minutes), unit="min")
        aware = (wall - offset).dt.tz_localize("UTC").dt.tz_convert(TIMEZONE).dt.as_unit("us")
        start[has_offset] = aware[has_offset]

    def spread(column: pd.Series[Any]) -> pd.Series[Any]:
        return column.take(codes).set_axis(index)

    return Moments(
        spread(start),
        spread(precision),
        spread(moments.is_ambiguous),
        spread(moments.is_nonexistent),
    )


def _parse(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Read texts without an offset as naive times."""
    tidy = texts.str.replace(r"(?<=[0-9])T(?=[0-9])", " ", n=1, regex=True)
    wall = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    formats = [
        *(f"{date} {clock}" for date in _DATES for clock in _CLOCKS),
        *_DATES,
        "%Y-%m",
    ]
    for pattern in formats:
        left = wall.isna() & (tidy != "")
        if not left.any():
            break
        parsed = pd.to_datetime(tidy[left], format=pattern, errors="coerce")
        wall[left] = parsed.dt.as_unit("us")
    return wall


def _localise(wall: pd.Series[Any], precision: pd.Series[Any]) -> Moments:
    wall = wall.dt.as_unit("us")
    first = wall.dt.tz_localize(
        TIMEZONE, ambiguous=np.ones(len(wall), dtype=bool), nonexistent="NaT"
    )
    once = wall.dt.tz_localize(TIMEZONE, ambiguous="NaT", nonexistent="NaT")
    skipped = wall.notna() & first.isna()
    return Moments(first, precision, first.notna() & once.isna(), skipped)


def _precision_of_times(times: pd.Series[Any]) -> pd.Series[Any]:
    """Call a column of midnights days: a source that knows the minute does not only know 00:00."""
    known = times.dropna()
    # One midnight may be a time; a column of them is a column of dates.
    several = len(known) > 1 and known.min() != known.max()
    is_date = bool(several and (known == known.dt.normalize()).all())
    return pd.Series("day" if is_date else "minute", index=times.index, dtype="str")
