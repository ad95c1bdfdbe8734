"""Tables that people keep by hand: read them, and say which rows cannot be used."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import pandas as pd

from hotspots.errors import InputError, invalid
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SHOWN: Final = 5


def read_rows(given: object, name: str, what: str, needed: Sequence[str]) -> pd.DataFrame:
    """Read a table from a CSV file or a workbook, or take the one that is given.

    Parameters
    ----------
    given : path or DataFrame
        The table, or the path of its `.csv` or `.xlsx` file; cells of a CSV file stay texts.
    name, what : str
        The name of the argument, and what it is, for messages.
    needed : sequence of str
        Columns that it must have.

    Returns
    -------
    DataFrame

    Raises
    ------
    InputError
        If it cannot be read, or lacks a column.
    """
    if isinstance(given, pd.DataFrame):
        table = given
    elif isinstance(given, str | PathLike):
        try:
            if Path(given).suffix.lower() == ".xlsx":
                table = pd.read_excel(given, dtype="object")
            else:
                table = pd.read_csv(given, encoding="utf-8-sig", dtype="str")
        except (OSError, ValueError, BadZipFile) as error:
            reason = getattr(error, "strerror", None) or error
            msg = (
                f"Cannot read the {what} '{given}': {reason}. Must be a CSV file in UTF-8, or a "
                "workbook."
            )
            raise InputError(msg) from error
    else:
        rule = f"a table of {what}, or the path of its CSV file or workbook"
        raise invalid(name, type(given).__name__, rule)
    missing = [column for column in needed if column not in table.columns]
    if missing:
        lacking = f"a table without {', '.join(missing)}"
        raise invalid(name, lacking, f"a table with {', '.join(needed)}")
    return table


def check_rows(
    table: pd.DataFrame, name: str, check: Callable[[dict[Any, Any]], dict[str, object]]
) -> list[dict[str, object]]:
    """Check every row.

    Parameters
    ----------
    table : DataFrame
        The rows.
    name : str
        What they are, for the message.
    check : callable
        Gives a row as it is used, or raises `InputError`.

    Returns
    -------
    list of dict

    Raises
    ------
    InputError
        Naming every row that cannot be used; line 1 is that of the column names.
    """
    rows, problems = [], []
    for line, row in enumerate(table.to_dict("records"), start=2):
        try:
            rows.append(check(row))
        except InputError as error:
            problems.append(f"Line {line}: {error}")
    if problems:
        shown = "\n".join(f"- {problem}" for problem in problems[:_SHOWN])
        msg = f"Invalid {name}: {count(len(problems), 'row')} cannot be used.\n{shown}"
        raise InputError(msg)
    return rows
