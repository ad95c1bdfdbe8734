"""The rows of a source as they were given: nothing is interpreted, nothing is lost.

A source is read in chunks, so that it may be larger than memory. What cannot be split into
columns is no row of the table but is listed, with its line and the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

POINT_X: Final = "_point_x"
POINT_Y: Final = "_point_y"
"""Columns with the coordinates of the points of a spatial source, in its own system."""

LONGEST_DETAIL: Final = 100
"""Characters of a broken or rejected value that are shown."""

BROKEN_REASONS: Final = {
    "ragged_row": "more or fewer values than the header has columns",
    "open_quote": "a quotation mark is opened and never closed",
    "long_row": "longer than 1 MB: not a row of a table",
}
"""Why a row cannot be split into columns, by reason code."""


@dataclass(frozen=True)
class RawChunk:
    """Consecutive rows of one source.

    Parameters
    ----------
    table : pyarrow.Table
        The values under the source's own column names. Texts are `string`; typed sources keep
        their numbers, times and booleans. The points of a spatial source are in `POINT_X` and
        `POINT_Y` (float64, null where a row has none).
    lines : array of int64
        Line (of a text file), row (of a sheet) or number (of anything else, from 1) of each row.
    broken : DataFrame
        Rows that could not be split into columns: `line` (int64), `reason` (a key of
        `BROKEN_REASONS`), `detail` (how the row begins, at most `LONGEST_DETAIL` characters).
    """

    table: pa.Table
    lines: np.ndarray[Any, np.dtype[np.int64]]
    broken: pd.DataFrame


def no_broken() -> pd.DataFrame:
    """Give an empty table of broken rows."""
    return pd.DataFrame(
        {
            "line": pd.Series([], dtype="int64"),
            "reason": pd.Series([], dtype="str"),
            "detail": pd.Series([], dtype="str"),
        }
    )
