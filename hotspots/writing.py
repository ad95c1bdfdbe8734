"""Files written whole or not at all, and tables that a spreadsheet program never runs.

A file gets its name once it is complete. A cell of a table that begins with `=` or a few other
characters is a formula to a spreadsheet program, and may come from a report: it gets an apostrophe
before it, which such programs show as text.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""What Excel knows UTF-8 by."""

_BEGINS_FORMULA: Final = r"^(?=\s*[=+\-@|%＝＋－＠]|[\t\r\n])"


def write_whole(content: str | bytes, target: Path, remedy: str) -> None:
    """Write a file completely or not at all.

    Parameters
    ----------
    content : str or bytes
        What it shall hold; a text is written as UTF-8.
    target : Path
        File to write; an existing one is replaced.
    remedy : str
        What to say, or what to do, where it cannot be written.

    Raises
    ------
    OutputError
        If the file cannot be written; an existing one is then unchanged.
    """
    if isinstance(content, str):
        content = content.encode("utf-8")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    except OSError as error:
        msg = (
            f"Cannot write '{target}': {error.strerror}. Must be a file in an existing folder that "
            f"you may write to. {remedy}"
        )
        raise OutputError(msg) from error
    finally:
        part.unlink(missing_ok=True)


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
    path.write_text(as_csv(frame, index=index), encoding="utf-8", newline="")


def as_csv(frame: pd.DataFrame, *, index: bool = True) -> str:
    """Give a table as the text of its CSV file; see `write_csv`."""
    whole = (
        frame.reset_index(names=[name or "row" for name in frame.index.names]) if index else frame
    )
    columns = [whole.iloc[:, place] for place in range(whole.shape[1])]
    names = list(whole.columns)
    table = pd.DataFrame({place: _defused(column) for place, column in enumerate(columns)})
    table.columns = pd.Index(_defused(pd.Series([str(name) for name in names], dtype="object")))
    return f"{_MARK}{table.to_csv(index=False)}"


def _defused(column: Any) -> Any:  # noqa: ANN401 (a Series or an Index)
    """Give the values of a column, texts without a formula."""
    values = pd.Series(column).reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return values
    is_text = values.map(lambda value: isinstance(value, str)).astype(bool)
    texts = values.astype("str").str.replace(_BEGINS_FORMULA, "'", regex=True)
    return values.astype("object").mask(is_text, texts)
