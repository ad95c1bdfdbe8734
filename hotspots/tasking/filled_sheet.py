"""Read the sheet of visits that a team has filled in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from hotspots.errors import InputError, invalid
from hotspots.risk.judgements import did_you_mean
from hotspots.tasking.results import (
    PLANNED,
    REJECTED,
    RESULT_COLUMNS,
    TaskResults,
    stacked,
    typed_results,
)
from hotspots.times.week import read_day
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from hotspots.tasking.tactics import TacticsLibrary

SHEET: Final = "visits"
_YES: Final = frozenset({"yes", "y", "true", "1", "1.0", "x", "done"})
_NO: Final = frozenset({"no", "n", "false", "0", "0.0", "not done"})
_MOST_MINUTES: Final = 1440
_HEADER_WITHIN: Final = 10
_SAME: Final = ("team", "date", "name")
_NEEDED: Final = ("visit_id", *RESULT_COLUMNS)


def read_filled_sheet(
    given: str | PathLike[str] | pd.DataFrame,
    visits: pd.DataFrame,
    tactics: TacticsLibrary,
) -> TaskResults:
    """Read what teams have filled in beside the visits of a plan.

    Parameters
    ----------
    given : path or DataFrame
        `tasks.xlsx` or `visits.csv` of the plan, filled in, or its table.
    visits : DataFrame
        The visits table, as it was planned.
    tactics : TacticsLibrary
        What `activity` may name.

    Returns
    -------
    TaskResults

    Raises
    ------
    InputError
        If the file cannot be read, has no column `visit_id` or nothing is filled in.
    """
    table, file, first = _table(given)
    rows: list[dict[str, object]] = []
    rejected: list[tuple[object, ...]] = []
    seen: dict[str, int] = {}
    n_rows = 0
    for line, row in enumerate(table.to_dict("records"), start=first):
        if all(_text(value) == "" for value in row.values()):
            continue
        n_rows += 1
        key = _text(row["visit_id"])
        try:
            filled = _filled(row, tactics)
            _check_known(key, row, visits, seen)
            if not filled:
                continue
            if key == "":
                rows.append(_unplanned(row, len(rows) + 1) | filled)
            else:
                seen[key] = line
                rows.append({"visit_id": key, "is_planned": True} | filled)
        except _RowError as error:
            rejected.append((file, line, key, error.reason, error.detail))
    if not rows and not rejected:
        msg = (
            f"Nothing is filled in in '{file}'. Must have results in the columns "
            f"{', '.join(RESULT_COLUMNS)}."
        )
        raise InputError(msg)
    table = pd.DataFrame(rejected, columns=list(REJECTED))
    return TaskResults.of(
        _joined(rows, visits),
        table,
        n_rows=n_rows,
        n_accepted=len(rows),
        remarks=_remarks(rows, table),
    )


class _RowError(Exception):
    """A row that cannot be used."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


def _table(given: str | PathLike[str] | pd.DataFrame) -> tuple[pd.DataFrame, str, int]:
    """Give the rows, the name of the file, and the line of the first row."""
    if isinstance(given, pd.DataFrame):
        table = given.reset_index() if given.index.name == "visit_id" else given
        return _checked(table, "table"), "table", 1
    path = Path(given)
    try:
        if path.suffix.lower() == ".xlsx":
            sheets = pd.read_excel(path, sheet_name=None, header=None, dtype="object")
            cells = sheets.get(SHEET, next(iter(sheets.values())))
        else:
            cells = pd.read_csv(path, encoding="utf-8-sig", header=None, dtype="str")
    except (OSError, ValueError, BadZipFile, KeyError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = (
            f"Cannot read the results '{path}': {reason}. Must be the workbook or the CSV file of "
            "visits of a plan, closed in other programs."
        )
        raise InputError(msg) from error
    for number in range(min(_HEADER_WITHIN, len(cells))):
        names = [_text(value).lower() for value in cells.iloc[number]]
        if "visit_id" in names:
            table = cells.iloc[number + 1 :].set_axis(names, axis=1)
            return _checked(table, path.name), path.name, number + 2
    raise _refusal(f"{path.name} without visit_id")


def _checked(table: pd.DataFrame, file: str) -> pd.DataFrame:
    """Raise `InputError` unless the columns of results are there, once each."""
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise _refusal(f"{file} without {', '.join(missing)}")
    twice = [name for name in _NEEDED if (table.columns == name).sum() > 1]
    if twice:
        raise _refusal(f"{file} with {twice[0]} twice")
    return table.loc[:, ~table.columns.duplicated()]


def _refusal(given: str) -> InputError:
    rule = f"the sheet of visits of a plan, with each of {', '.join(_NEEDED)} once"
    return invalid("results", given, rule, "Fill in tasks.xlsx or visits.csv of the plan.")


def _text(value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(value).strip()


def _filled(row: dict[Any, Any], tactics: TacticsLibrary) -> dict[str, object]:
    """Read what was filled in; nothing if nothing was."""
    given = {name: _text(row[name]) for name in RESULT_COLUMNS}
    if not any(given.values()):
        return {}
    visited = given["visited"].casefold()
    if visited and visited not in _YES | _NO:
        raise _RowError("bad_visited", f"'{given['visited']}' is neither yes nor no")
    minutes = np.nan
    if given["minutes"]:
        minutes = float(pd.to_numeric(given["minutes"], errors="coerce"))
        if not 0 <= minutes <= _MOST_MINUTES:
            rule = f"'{given['minutes']}' is no number from 0 to {_MOST_MINUTES}"
            raise _RowError("bad_minutes", rule)
    was_made = visited in _YES or (visited == "" and minutes > 0)
    if visited in _NO and minutes > 0:
        raise _RowError("contradiction", f"not visited, and {minutes:g} minutes")
    known = visited != "" or minutes > 0
    return {
        "visited": ("yes" if was_made else "no") if known else None,
        "minutes": minutes if was_made else (0.0 if known else np.nan),
        "activity": given["activity"] or None,
        "tactic_id": tactics.find(given["activity"]) if given["activity"] else None,
        "outcome": given["outcome"] or None,
        "supervisor": given["supervisor"] or None,
        "advice": given["advice"] or None,
    }


def _check_known(
    key: str, row: dict[Any, Any], visits: pd.DataFrame, seen: Mapping[str, int]
) -> None:
    """Refuse an id that the plan does not have, has twice, or that stands at another visit."""
    if key == "":
        return
    if key not in visits.index:
        near = did_you_mean(key, visits.index)
        raise _RowError("unknown_visit", f"the plan has no such visit. {near}".rstrip())
    if key in seen:
        raise _RowError("duplicate_visit", f"line {seen[key]} has it already")
    planned = visits.loc[key]
    for name in _SAME:
        given = _text(row.get(name))
        if name == "date" and given:
            given = given[: len(str(planned[name]))]
        # A text that begins like a formula has an apostrophe before it in a CSV file.
        if given and given.removeprefix("'") != str(planned[name]).strip():
            raise _RowError(
                "changed_row", f"{name} is '{given}', and was '{planned[name]}' in the plan"
            )


def _unplanned(row: dict[Any, Any], number: int) -> dict[str, object]:
    """Read a visit that was made beside the plan."""
    team, name = _text(row.get("team")), _text(row.get("name"))
    if not team or not name or not _text(row.get("date")):
        raise _RowError("no_visit_id", "beside the plan a visit needs team, date and name")
    try:
        date = read_day("date", row["date"])
    except InputError as error:
        raise _RowError(
            "bad_date", f"'{_text(row['date'])}' is no day, such as 2026-06-01"
        ) from error
    return {
        "visit_id": f"unplanned_{number}",
        "is_planned": False,
        "team": team,
        "date": f"{date:%Y-%m-%d}",
        "tour": _text(row.get("tour")) or None,
        "name": name,
        "hotspot_id": _text(row.get("hotspot_id")) or None,
        "planned_minutes": 0.0,
    }


def _joined(rows: Sequence[dict[str, object]], visits: pd.DataFrame) -> pd.DataFrame:
    """Put what was filled in beside what was planned; a visit without a result has none."""
    table = visits[list(PLANNED)].astype("object").assign(is_planned=True)
    filled = pd.DataFrame(rows, dtype="object")
    results = ["visited", "minutes", "activity", "tactic_id", "outcome", "supervisor", "advice"]
    table[results] = None
    if len(filled):
        filled = filled.set_index("visit_id")
        planned = filled[filled["is_planned"].astype(bool)]
        table.loc[planned.index, results] = planned[results]
        extra = filled[~filled["is_planned"].astype(bool)].reindex(columns=table.columns)
        table = stacked([table, extra])
    return typed_results(table)


def _remarks(rows: Sequence[dict[str, object]], rejected: pd.DataFrame) -> list[str]:
    said = []
    unknown = sum(row["visited"] == "yes" and pd.isna(row["minutes"]) for row in rows)  # type: ignore[call-overload]
    if unknown:
        said.append(f"{count(unknown, 'visit')} made without minutes: their time is not counted.")
    if len(rejected):
        reasons = rejected["reason"].value_counts()
        listed = ", ".join(f"{reason} {n}" for reason, n in reasons.items())
        said.append(f"{count(len(rejected), 'row')} of results could not be used: {listed}.")
    return said
