"""Days on which London's counts changed because recording or life did, not the places.

A period is cut at these days into eras. Numbers of different eras are not compared unless the
caller wants it, and then with a warning.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from hotspots.errors import HotspotsWarning

if TYPE_CHECKING:
    Integers = np.ndarray[Any, np.dtype[np.int64]]


class Break(NamedTuple):
    """A day from which counts mean something else."""

    day: pd.Timestamp
    words: str


BREAKS: Final = (
    Break(
        pd.Timestamp("2011-04-01"),
        "the recording standard of April 2011, three types instead of fourteen categories",
    ),
    Break(
        pd.Timestamp("2020-03-23"),
        "the lockdown from 23 March 2020, when breaches of its rules were recorded as anti-social "
        "behaviour",
    ),
    Break(
        pd.Timestamp("2024-02-28"),
        "28 February 2024, when the Metropolitan Police changed its recording system to CONNECT",
    ),
)
"""What is known for London, the earliest first; days without time zone."""


def eras_of(starts: pd.DatetimeIndex, ends: pd.DatetimeIndex) -> Integers:
    """Give the era of each step of time.

    A step in which a break falls belongs to the side on which most of it lies.

    Parameters
    ----------
    starts, ends : DatetimeIndex
        Each step [start, end), without time zone.

    Returns
    -------
    array of int64
        How many of `BREAKS` came before the middle of each step.

    Examples
    --------
    >>> months = pd.period_range("2024-01", "2024-03", freq="M")
    >>> eras_of(months.start_time, (months + 1).start_time).tolist()
    [2, 2, 3]
    """
    middles = (starts + (ends - starts) / 2).to_numpy()
    days = np.array([each.day for each in BREAKS], dtype="datetime64[ns]")
    return np.searchsorted(days, middles.astype("datetime64[ns]"), side="right").astype(np.int64)


def warn_of_breaks(eras: Integers, remedy: str, *, stacklevel: int = 3) -> None:
    """Warn if steps of different eras are compared.

    Parameters
    ----------
    eras : array of int64
        What `eras_of` gives.
    remedy : str
        What to do, a full sentence.
    stacklevel : int
        As of `warnings.warn`, from here.
    """
    crossed = BREAKS[int(eras.min()) : int(eras.max())]
    if crossed:
        named = "; and ".join(each.words for each in crossed)
        noun: Literal["a break", "breaks"] = "a break" if len(crossed) == 1 else "breaks"
        warnings.warn(
            f"The period spans {noun} in London's records: {named}. A change there may be one of "
            f"recording. {remedy}",
            HotspotsWarning,
            stacklevel=stacklevel,
        )
