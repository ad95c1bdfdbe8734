"""The workbook of tasks: what a briefing reads, on paper and on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path


_WIDEST_COLUMN: Final = 60


def write_workbook(tasks: pd.DataFrame, path: Path, banner: str) -> None:
    """Write the workbook of a plan.

    Parameters
    ----------
    tasks : DataFrame
        The tasks table, for the audience that may receive it.
    path : Path
        File to write.
    banner : str
        What stands above all: the marking, and what it is made from.
    """
    from openpyxl import Workbook  # noqa: PLC0415 (only for writing)
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook()
    sheet = book.create_sheet("tasks", 0)
    del book["Sheet"]
    # What a briefing reads stands first; the identifiers stand last.
    identifiers = ["task_id", "hotspot_id"]
    table = tasks.reset_index()
    table = table[[name for name in table.columns if name not in identifiers] + identifiers]
    sheet.append([banner])
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False):
        sheet.append([_cell(value) for value in row])
    header = 2
    for cell in (*sheet[1], *sheet[header]):
        cell.font = Font(bold=True)
    for number, column in enumerate(table.columns, start=1):
        longest = max([len(str(column)), *(len(str(value)) for value in table[column])])
        width = min(longest + 2, _WIDEST_COLUMN)
        sheet.column_dimensions[get_column_letter(number)].width = width
    for cells in sheet.iter_rows(min_row=header):
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            # A text from the data that begins like a formula must stay text.
            if isinstance(cell.value, str):
                cell.data_type = "s"
    sheet.freeze_panes = "A3"
    sheet.auto_filter.ref = f"A{header}:{get_column_letter(len(table.columns))}{sheet.max_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{header}"
    book.save(path)


def _cell(value: Any) -> object:  # noqa: ANN401 (any value of a table)
    """Give a value as a sheet can hold it: rounded, without control characters."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    if isinstance(value, str):
        return ILLEGAL_CHARACTERS_RE.sub("", value)
    if pd.isna(value):
        return None
    return round(value, 2) if isinstance(value, float) else value
