"""Tables written as CSV that a spreadsheet program opens as text and never runs.

A cell that begins with `=` or a few other characters is a formula to such programs, and may come
from a report: it gets an apostrophe before it, which they show as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

_BEGINS_FORMULA: Final = r"^(?=\s*[=+\-@|%＝＋－＠]|[\t\r\n])"


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
    Texts, column names among them, that begin with `=`, `+`, `-`, `@`, `|`, `%` (in full width or
    after spaces, too), a tab or a line break get an apostrophe before them. Numbers are left as
    they are.

    References
    ----------
    OWASP, "CSV Injection".
    """
    whole = (
        frame.reset_index(names=[name or "row" for name in frame.index.names]) if index else frame
    )
    columns = [whole.iloc[:, place] for place in range(whole.shape[1])]
    names = list(whole.columns)
    table = pd.DataFrame({place: _defused(column) for place, column in enumerate(columns)})
    table.columns = pd.Index(_defused(pd.Series([str(name) for name in names], dtype="object")))
    table.to_csv(path, index=False, encoding="utf-8-sig")


def _defused(column: Any) -> Any:  # noqa: ANN401 (a Series or an Index)
    """Give the values of a column, texts without a formula."""
    values = pd.Series(column).reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return values
    is_text = values.map(lambda value: isinstance(value, str)).astype(bool)
    texts = values.astype("str").str.replace(_BEGINS_FORMULA, "'", regex=True)
    return values.astype("object").mask(is_text, texts)
