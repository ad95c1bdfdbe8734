"""The raw columns of a chunk by the part they play, as texts, as numbers or as distinct values.

Reports repeat themselves: each different text of a column is looked at once, and the answer is
spread over the rows.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Integers = np.ndarray[Any, np.dtype[np.int64]]

MISSING_TEXTS: Final = (
    "",
    "nan",
    "None",
    "NaT",
    "<NA>",
    "NULL",
    "null",
    "N/A",
    "n/a",
    "#N/A",
    "-",
    "--",
)
"""Texts that stand for nothing."""

_DECIMAL: Final = r"^\s*([+-]?[0-9]+),([0-9]+)\s*$"
_THOUSANDS: Final = r"^([+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?)$"


@dataclass(frozen=True)
class Distinct:
    """The different values of a column, and which row has which.

    Parameters
    ----------
    entries : pyarrow.Array
        The different values, none of them missing; texts are trimmed.
    codes : array of int64
        Position in `entries` of each row; −1 where the row has none.
    """

    entries: pa.Array
    codes: Integers

    def counts(self) -> Integers:
        """Say how often each value occurs."""
        found = self.codes[self.codes >= 0]
        return np.bincount(found, minlength=len(self.entries))

    def texts(self) -> list[str]:
        """Give the values as a list of texts."""
        return [str(value) for value in as_text(self.entries).to_pylist()]

    def spread(self, answers: Any, missing: Any) -> np.ndarray[Any, Any]:  # noqa: ANN401
        """Give every row the answer of its value, or `missing`."""
        table = np.append(
            np.asarray(answers), np.asarray([missing], dtype=np.asarray(answers).dtype)
        )
        return np.asarray(table[self.codes])

    def take(self, rows: np.ndarray[Any, Any]) -> Distinct:
        """Keep some rows, by mask or position."""
        return Distinct(self.entries, self.codes[rows])

    def column(self) -> pa.Array:
        """Give the value of every row, null where it has none."""
        codes = pa.array(self.codes, mask=self.codes < 0)
        return self.entries.take(codes)


def text_series(texts: pa.Array) -> pd.Series[Any]:
    """Give an array of texts as a Series; missing where it is null."""
    dtype = "str" if pd.__version__ >= "3" else "object"
    series: pd.Series[Any] = pd.Series(texts.to_pandas(), dtype=dtype)
    return series


def as_text(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Give values as texts, as a reader would write them."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_string(values.type):
        return values
    if pa.types.is_floating(values.type):
        # 101.0 in a column with gaps is the whole number 101.
        texts = pc.cast(values, pa.string())
        return pc.replace_substring_regex(texts, r"\.0$", "")
    texts = pc.cast(values, pa.string())
    if pa.types.is_timestamp(values.type):
        return pc.replace_substring_regex(texts, r"\.0+(Z?)$", r"\1")
    return texts


def trimmed(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Give values as texts without spaces round them, null where there is nothing."""
    texts = pc.utf8_trim_whitespace(as_text(values))
    return pc.if_else(pc.is_in(texts, pa.array(MISSING_TEXTS)), pa.scalar(None, pa.string()), texts)


def _without_empty(values: pa.Array) -> pa.Array:
    texts = as_text(values)
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


class Parts:
    """The columns of a table of raw values, by the part they play.

    Parameters
    ----------
    table : pyarrow.Table
        Raw values.
    columns : mapping of str to sequence of str
        The columns that play each part.
    rows : array of int64, optional
        Positions of the rows that are meant, in order; all by default. A column is cut to them
        only when it is asked for.
    decimals : frozenset of str
        Parts whose numbers have a decimal comma.
    """

    def __init__(
        self,
        table: pa.Table,
        columns: Mapping[str, Sequence[str]],
        rows: Integers | None = None,
        *,
        decimals: frozenset[str] = frozenset(),
    ) -> None:
        self.table = table
        self.columns = columns
        self.rows = rows
        self.decimals = decimals
        self._mask: pa.Array | None = None
        if rows is not None:
            # Filtering is several times faster than taking, and the rows stay in order.
            mask = np.zeros(table.num_rows, dtype=bool)
            mask[rows] = True
            self._mask = pa.array(mask)
        self._columns: dict[str, pa.Array] = {}
        self._texts: dict[str, pa.Array] = {}
        self._distinct: dict[str, Distinct] = {}

    def __contains__(self, part: str) -> bool:
        """Whether a column plays the part."""
        return part in self.columns

    def __len__(self) -> int:
        """Give the number of rows."""
        return int(self.table.num_rows) if self.rows is None else len(self.rows)

    def take(self, rows: Integers) -> Parts:
        """Keep some rows, by position, each once and in order."""
        chosen = rows if self.rows is None else self.rows[rows]
        return Parts(self.table, self.columns, chosen, decimals=self.decimals)

    def column(self, name: str) -> pa.Array:
        """Give a column as it was given."""
        if name not in self._columns:
            column = self.table.column(name)
            if self._mask is not None:
                column = column.filter(self._mask)
            self._columns[name] = column.combine_chunks()
        return self._columns[name]

    def raw(self, part: str) -> pa.Array:
        """Give the column of a part as it was given."""
        return self.column(self.columns[part][0])

    def text(self, part: str) -> pa.Array:
        """Give the texts of a part, null where there is none."""
        if part not in self:
            return pa.nulls(len(self), pa.string())
        if part not in self._texts:
            self._texts[part] = trimmed(self.raw(part))
        return self._texts[part]

    def distinct(self, part: str) -> Distinct:
        """Give the different texts of a part, and which row has which."""
        if part not in self._distinct:
            if part in self:
                self._distinct[part] = distinct(self.raw(part))
            else:
                none = np.full(len(self), -1, dtype=np.int64)
                self._distinct[part] = Distinct(pa.array([], pa.string()), none)
        return self._distinct[part]

    def number(self, part: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Give the numbers of a part; NaN where there is none or it is not a number."""
        return numbers(self.raw(part), has_decimal_comma=part in self.decimals)

    def has_commas(self, part: str) -> bool:
        """Say whether there is a comma in any text of a part."""
        return is_text(self.raw(part)) and bool(
            pc.any(pc.match_substring(as_text(self.raw(part)), ",")).as_py()
        )

    def has_decimals(self, part: str) -> bool:
        """Say whether the commas of a part are decimal commas: degrees have no thousands."""
        texts = as_text(self.raw(part))
        n_decimal = pc.sum(pc.match_substring_regex(texts, _DECIMAL)).as_py() or 0
        if part in ("longitude", "latitude"):
            return n_decimal > 0
        n_thousands = pc.sum(pc.match_substring_regex(texts, _THOUSANDS)).as_py() or 0
        return bool(n_decimal - n_thousands > n_thousands)


def distinct(column: pa.Array | pa.ChunkedArray, *, typed: bool = False) -> Distinct:
    """Give the different values of a column.

    Parameters
    ----------
    column : pyarrow array
        Raw values.
    typed : bool
        Whether times and numbers stay what they are; otherwise everything becomes text.

    Returns
    -------
    Distinct
        Different values in the order of their first row.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    encoded = pc.dictionary_encode(column)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    values = encoded.dictionary
    if typed and not is_text(column):
        return Distinct(values, codes)
    # Different texts may be alike when trimmed, and some say nothing.
    tidy = pc.dictionary_encode(trimmed(values))
    again = tidy.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    if not np.array_equal(again, np.arange(len(again))):
        codes = np.append(again, -1)[codes]
    return Distinct(tidy.dictionary, codes)


def numbers(
    column: pa.Array | pa.ChunkedArray, *, has_decimal_comma: bool = False
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give a column as numbers; NaN where there is none or it is not a number.

    Commas separate thousands, or are decimal commas.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        # The nearest number is near enough where a whole number is too long for one.
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    # Nearly every column is of plain numbers and empty texts: most need no trimming.
    for tidied in (_without_empty, trimmed):
        texts = tidied(column)
        with suppress(pa.ArrowInvalid):
            return np.asarray(texts.cast(pa.float64()).to_numpy(zero_copy_only=False))
    if has_decimal_comma:
        tidy = pc.replace_substring_regex(texts, _DECIMAL, r"\1.\2")
    else:
        is_thousands = pc.match_substring_regex(texts, _THOUSANDS)
        tidy = pc.if_else(is_thousands, pc.replace_substring(texts, ",", ""), texts)
    read = pd.to_numeric(pd.Series(tidy.to_pandas(), dtype="object"), errors="coerce")
    return np.asarray(read, dtype=np.float64)


def is_text(column: pa.Array) -> bool:
    """Say whether a column holds texts."""
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))
