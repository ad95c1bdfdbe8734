"""Columns to be read as times, and what was read in a form to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots.tables import PRECISIONS
from hotspots.times import london_wall

if TYPE_CHECKING:
    from hotspots.incidents.clock import Moments


def objects(*values: object) -> pd.Series[Any]:
    """Give a column of Python objects, as they are."""
    column = pd.Series([None] * len(values), dtype=object)
    for at, value in enumerate(values):
        column.iloc[at] = value
    return column


def texts(*values: str | None) -> pd.Series[Any]:
    """Give a column of texts."""
    return pd.Series(list(values), dtype="str")


def numbers(*values: float) -> pd.Series[Any]:
    """Give a column of numbers."""
    return pd.Series(list(values), dtype="float64")


def walls(moments: Moments) -> list[str | None]:
    """Give what the London clock showed, to the second; None where nothing was read."""
    shown = london_wall(moments.start)
    return [
        None if np.isnat(time) else str(np.datetime_as_string(time, "s")).replace("T", " ")
        for time in shown
    ]


def precisions(moments: Moments) -> list[str]:
    """Give the names of the precisions."""
    return [PRECISIONS[at] for at in moments.precision]


def utc(*values: str) -> list[np.datetime64]:
    """Give moments in UTC."""
    return list(np.array(values, dtype="datetime64[us]"))


def assert_same(left: Moments, right: Moments) -> None:
    """All four arrays must agree."""
    for name in ("start", "precision", "is_ambiguous", "is_nonexistent"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))
