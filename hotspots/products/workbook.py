"""The workbook of a plan: tasks to brief from, visits to fill in, options to look up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.tasking.filled_sheet import SHEET
from hotspots.tasking.results import RESULT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_WIDEST_COLUMN: Final = 60
_NARROWEST_COLUMN: Final = 12
_HEADER: Final = 2
_TO_FILL: Final = "FFF2CC"
_OUTCOMES: Final = (
    "nothing seen",
    "people seen, no concern",
    "advice given",
    "moved on",
    "warning given",
    "power used",
    "referred to a partner",
    "victim or witness seen",
)
"""What is offered in the sheet; any other text is taken, too."""


def write_workbook(
    path: Path, banner: str, tasks: pd.DataFrame, visits: pd.DataFrame, tactics: pd.DataFrame
) -> None:
    """Write the workbook of a plan.

    Parameters
    ----------
    path : Path
        File to write.
    banner : str
        What stands above all: the marking, and what it is made from.
    tasks, visits, tactics : DataFrame
        The tables, for the audience that may receive them; beside the visits are empty columns for
        what came of them.
    """
    from openpyxl import Workbook  # noqa: PLC0415 (only for writing)

    book = Workbook()
    del book["Sheet"]
    # What a briefing reads stands first; the identifiers stand last.
    _add_sheet(book, "tasks", banner, tasks, last=("task_id", "hotspot_id"))
    to_fill = visits.drop(columns="planned_delivery")
    results = to_fill.assign(**dict.fromkeys(RESULT_COLUMNS))
    identifiers = ("visit_id", "task_id", "hotspot_id")
    sheet = _add_sheet(book, SHEET, banner, _as_texts(results), last=identifiers)
    _add_sheet(book, "options", banner, tactics, last=("tactic_id",))
    names = [str(name) for name in tactics["name"]]
    _offer(book, sheet, {"visited": ("yes", "no"), "activity": names, "outcome": _OUTCOMES})
    book.save(path)


def _as_texts(visits: pd.DataFrame) -> pd.DataFrame:
    """Give times as the clock shows them: a sheet knows no time zone."""
    times = visits.select_dtypes("datetimetz").columns
    shown = {name: visits[name].dt.strftime("%Y-%m-%d %H:%M").astype("object") for name in times}
    return visits.assign(**shown)


def _add_sheet(
    book: Workbook, title: str, banner: str, table: pd.DataFrame, last: Sequence[str]
) -> Worksheet:
    """Add a table as a sheet that prints, filters and keeps its head in sight."""
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415 (only for writing)
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.properties import PageSetupProperties  # noqa: PLC0415

    sheet: Worksheet = book.create_sheet(title)
    table = table.reset_index()
    table = table[[name for name in table.columns if name not in last] + list(last)]
    sheet.append([banner])
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False):
        sheet.append([_cell(value) for value in row])
    for cell in (*sheet[1], *sheet[_HEADER]):
        cell.font = Font(bold=True)
    for number, column in enumerate(table.columns, start=1):
        longest = max([len(str(column)), *(len(str(value)) for value in table[column])])
        is_to_fill = column in RESULT_COLUMNS and title == SHEET
        width = min(max(longest + 2, 2 * _NARROWEST_COLUMN * is_to_fill), _WIDEST_COLUMN)
        sheet.column_dimensions[get_column_letter(number)].width = width
        if is_to_fill:
            colour = PatternFill("solid", start_color=_TO_FILL)
            for cells in sheet.iter_rows(min_row=_HEADER, min_col=number, max_col=number):
                cells[0].fill = colour
    for cells in sheet.iter_rows(min_row=_HEADER):
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            # A text from the data that begins like a formula must stay text.
            if isinstance(cell.value, str):
                cell.data_type = "s"
    sheet.freeze_panes = f"A{_HEADER + 1}"
    sheet.auto_filter.ref = f"A{_HEADER}:{get_column_letter(len(table.columns))}{sheet.max_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"1:{_HEADER}"
    return sheet


def _offer(book: Workbook, sheet: Worksheet, choices: dict[str, Sequence[str]]) -> None:
    """Let cells be filled in from lists, which stand on a sheet of their own."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 (only for writing)
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    names = [cell.value for cell in sheet[_HEADER]]
    lists = book.create_sheet("lists")
    lists.sheet_state = "hidden"
    for own, (name, values) in enumerate(choices.items(), start=1):
        for row, value in enumerate((name, *values), start=1):
            lists.cell(row=row, column=own, value=value).data_type = "s"
        letter = get_column_letter(own)
        # Other words are taken, too, except for yes and no.
        offer = DataValidation(
            type="list",
            formula1=f"lists!${letter}$2:${letter}${len(values) + 1}",
            allow_blank=True,
            showErrorMessage=name == "visited",
        )
        if len(values) and sheet.max_row > _HEADER:
            at = get_column_letter(names.index(name) + 1)
            offer.add(f"{at}{_HEADER + 1}:{at}{sheet.max_row}")
            sheet.add_data_validation(offer)


def _cell(value: Any) -> object:  # noqa: ANN401 (any value of a table)
    """Give a value as a sheet can hold it: rounded, without control characters."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    if isinstance(value, str):
        return ILLEGAL_CHARACTERS_RE.sub("", value)
    if pd.isna(value):
        return None
    return round(value, 2) if isinstance(value, float) else value
