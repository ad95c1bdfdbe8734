"""Tables written as CSV that a spreadsheet program opens as text and never runs.

A cell that begins with `=` or a few other characters is a formula to such programs, and may come
from a report: it gets an apostrophe before it, which they show as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

_BEGINS_FORMULA: Final = r"^(?=[=+\-@\t\r\n|%])"


def write_csv(frame: pd.DataFrame, path: Path, *, index: bool = True) -> None:
    """Write a table as CSV (UTF-8 with a mark, so that Excel shows accents).

    Parameters
    ----------
    frame : DataFrame
        The table; is not changed.
    path : Path
        File to write.
    index : bool
        Whether the index is a column.

    Notes
    -----
    Texts, column names among them, that begin with `=`, `+`, `-`, `@`, `|`, `%`, a tab or a line
    break get an apostrophe before them. Numbers are left as they are.

    References
    ----------
    OWASP, "CSV Injection".
    """
    table = frame.reset_index() if index else frame.copy()
    for column in table.columns:
        values = table[column]
        if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
            continue
        is_text = values.map(lambda value: isinstance(value, str))
        table[column] = values.astype("object").mask(
            is_text, values.astype("str").str.replace(_BEGINS_FORMULA, "'", regex=True)
        )
    names = pd.Series([str(name) for name in table.columns], dtype="object")
    table.columns = pd.Index(names.str.replace(_BEGINS_FORMULA, "'", regex=True))
    table.to_csv(path, index=False, encoding="utf-8-sig")
