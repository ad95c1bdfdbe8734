"""Excel workbooks: the table in a sheet, in chunks whose types agree.

A sheet is read once from top to bottom. Its blocks wait in a temporary folder, as a column has a
type only when its last cell is known.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Final

import openpyxl
import pyarrow as pa
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from pyarrow import feather

from hotspots.errors import InputError, invalid
from hotspots.sources.packed import cannot_read, check_size, real_file
from hotspots.sources.plain import cell_text, column_names, text_column
from hotspots.sources.quiet import in_our_words
from hotspots.sources.raw import RawChunk, no_broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from _typeshed import WriteableBuffer
    from openpyxl.workbook import Workbook

    from hotspots.sources.files import Source

ALL_SHEETS: Final = "*"
"""What to give for `layer` to read all sheets with a table; no sheet can have this name."""

_HEADER_CELLS: Final = 2
"""Filled cells that a header has at least; rows above it with fewer are titles."""

_SAME_SHARE: Final = 0.5
"""A sheet that has more than this share of the columns of the first may belong to its table."""

_LINES: Final = "lines"
_BLOCK_ROWS: Final = 50_000
_BLANK_CELL: Final = re.compile(rb'<c\b[^>]*\br="[A-Z]+\d+"[^>]*/>')
_BLANK_ROW: Final = re.compile(rb'<row\b[^>]*\br="\d+"[^>]*(?:/>|>\s*</row>)')
_SCAN: Final = 1 << 20
_OVERLAP: Final = 1 << 14
_LARGEST_WHOLE: Final = 2**63
_ERROR_CELL: Final = re.compile(
    r"#(N/A|NAME\?|GETTING_DATA|"
    r"(REF|VALUE|DIV/0|NULL|NUM|SPILL|CALC|FIELD|BLOCKED|CONNECT|UNKNOWN|BUSY)!)"
)
_MERGED: Final = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z0-9:]+)"')
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[ />]")
# A formula with a value, or whose value is said to be text (which may be none), TRUE or an error.
_CACHED: Final = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^>]*)?/>)\s*<(?:\w+:)?v(?:\s[^>]*)?>[^<]"
    rb'|<(?:\w+:)?c\s[^>]*\bt="(?:str|b|e)"[^>]*>\s*<(?:\w+:)?f'
)
_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    InvalidFileException,
    OSError,
    EOFError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    SyntaxError,  # of XML
    TypeError,
    ValueError,
)


@dataclass
class _Spilled:
    """A sheet in blocks on the disk, and what was learned about its columns."""

    header: list[str]
    blocks: list[Path] = field(default_factory=list)
    kinds: dict[int, set[pa.DataType]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Extras:
    """What openpyxl does not tell: merged cells, and whether formulas were calculated.

    `merged` has, by the first row of a merged range of several rows, its column and last row.
    """

    merged: dict[int, list[tuple[int, int]]]
    has_values: bool


def find_sheets(path: Path, name: str, layer: str | None) -> list[str]:
    """Choose the sheets to read.

    Parameters
    ----------
    path : Path
        The workbook.
    name : str
        What to call it in messages.
    layer : str, optional
        A sheet, or `ALL_SHEETS` for all visible ones with a table. By default the first visible
        one with a table.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If it is no complete workbook, has no such sheet, no table, or several sheets with more
        than half of the columns of the first: these may be the months of a year, all to be read,
        or extracts of the first, which would count twice. `layer` says which.
    """
    with _workbook(path, name) as workbook, _excel(name):
        if layer is not None and layer != ALL_SHEETS:
            titles = [str(sheet.title) for sheet in workbook.worksheets]
            if layer not in titles:
                argument = "layer"
                raise invalid(argument, layer, f"a sheet of '{name}': {', '.join(titles)}")
            return [layer]
        tables = _tables_of(workbook, visible=True)
    if not tables:
        msg = (
            f"The workbook '{name}' holds no table. Must have a visible sheet with a row of "
            "column names and rows below it. Use layer= (--layer) to name a hidden sheet."
        )
        raise InputError(msg)
    if layer == ALL_SHEETS:
        return list(tables)
    first, *others = tables
    same = [title for title in others if _is_same(tables[first], tables[title])]
    if same:
        listed = ", ".join([first, *same])
        msg = (
            f"The workbook '{name}' has {1 + len(same)} sheets with the same columns ({listed}). "
            f"Must be clear which are meant. Use layer='{ALL_SHEETS}' (--layer '{ALL_SHEETS}') "
            f"to read all of them, or layer='{first}' for one."
        )
        raise InputError(msg)
    return [first]


def sheet_titles(source: Source) -> dict[str, bool]:
    """Name the sheets with a table of the workbook that a source is of.

    Parameters
    ----------
    source : Source
        One of its sheets.

    Returns
    -------
    dict of str to bool
        Whether each is visible; those that are come first.
    """
    with (
        real_file(source.path, source.member, name=source.name) as file,
        _workbook(file, source.name) as workbook,
        _excel(source.name),
    ):
        return {
            title: visible
            for visible in (True, False)
            for title in _tables_of(workbook, visible=visible)
        }


def sheet_notes(sources: Sequence[Source]) -> tuple[str, ...]:
    """Say which sheets of workbooks hold tables that are not read.

    Parameters
    ----------
    sources : sequence of Source
        All that are read together.

    Returns
    -------
    tuple of str
        A sentence for each workbook with such sheets.
    """
    books: dict[tuple[Path, str], list[Source]] = {}
    for source in sources:
        if source.kind == "sheet":
            books.setdefault((source.path, source.member), []).append(source)
    notes = []
    for parts in books.values():
        read = {part.layer for part in parts}
        left = [
            title if visible else f"{title} (hidden)"
            for title, visible in sheet_titles(parts[0]).items()
            if title not in read
        ]
        if left:
            notes.append(
                f"{parts[0].name}: of its sheets with a table only {', '.join(sorted(read))} is "
                f"read, not {', '.join(left)}; layer= (--layer) names another"
            )
    return tuple(notes)


def read_sheet(path: Path, source: Source, *, rows: int) -> Iterator[RawChunk]:
    """Read the table in one sheet.

    Parameters
    ----------
    path : Path
        The workbook.
    source : Source
        It, as it was found, with the sheet.
    rows : int
        Most rows of a chunk.

    Yields
    ------
    RawChunk
        At least one; lines are the rows of the sheet. A column of dates is timestamps, one of
        numbers int64 or float64, one of TRUE and FALSE booleans; all others are text (see
        `cell_text`). Cells with an error such as #N/A are null.

    Raises
    ------
    InputError
        If the workbook is damaged, or its formulas were never calculated.

    Notes
    -----
    The first row with at least two filled cells is the header; rows above it are titles. Columns
    without a name are called after their position, and left out if they have no values either.
    Blank rows are no rows. A cell that is merged over several rows stands in each of them.
    """
    with TemporaryDirectory(prefix="hotspots-", ignore_cleanup_errors=True) as folder:
        spilled = _spill(path, source, Path(folder), min(rows, _BLOCK_ROWS))
        kept = {
            at: _common(spilled.kinds.get(at, set()))
            for at, name in enumerate(spilled.header)
            if name.strip() or at in spilled.kinds
        }
        named = column_names(spilled.header)
        names = [named[at] for at in kept]
        for block in spilled.blocks:
            table = feather.read_table(block, memory_map=False)
            columns = [_as(table, str(at), kind) for at, kind in kept.items()]
            lines = table.column(_LINES).to_numpy()
            yield RawChunk(pa.table(columns, names=names), lines, no_broken())


def _spill(path: Path, source: Source, folder: Path, size: int) -> _Spilled:
    """Read a sheet once, and lay down its rows in blocks."""
    name = source.name
    with _workbook(path, name) as workbook, _excel(name):
        sheet = workbook[source.layer]
        extras = _scan(workbook, sheet)
        if not extras.has_values:
            msg = (
                f"The formulas in '{name}', sheet {source.layer}, have no values: they were never "
                "calculated. Must have values. Open it in Excel, save it, and give it again."
            )
            raise InputError(msg)
        rows = _rows(sheet)
        header = next((cells for _, cells in rows if _n_filled(cells) >= _HEADER_CELLS), None)
        if header is None:
            msg = (
                f"The sheet {source.layer} of '{name}' holds no table. Must have a row of column "
                "names and rows below it."
            )
            raise InputError(msg)
        spilled = _Spilled([cell_text(cell) or "" for cell in header])
        lines: list[int] = []
        block: list[list[Any]] = []
        for line, cells in _filled(rows, extras.merged):
            lines.append(line)
            block.append(cells)
            if len(block) == size:
                _lay_down(spilled, lines, block, folder)
                lines, block = [], []
        if block or not spilled.blocks:
            _lay_down(spilled, lines, block, folder)
    return spilled


def _lay_down(spilled: _Spilled, lines: list[int], block: list[list[Any]], folder: Path) -> None:
    columns: dict[str, pa.Array | pa.ChunkedArray] = {_LINES: pa.array(lines, type=pa.int64())}
    for at, values in enumerate(zip_longest(*block)):
        array = _typed(values)
        if array is not None:
            columns[str(at)] = array
            spilled.kinds.setdefault(at, set()).add(array.type)
            spilled.header += [""] * (at + 1 - len(spilled.header))
    target = folder / f"{len(spilled.blocks)}.arrow"
    feather.write_feather(pa.table(columns), str(target), compression="uncompressed")
    spilled.blocks.append(target)


def _rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:  # noqa: ANN401 (openpyxl's own class)
    """Give the rows with anything in them, by their number."""
    # What a sheet says about its size is often wrong, in both directions.
    sheet.reset_dimensions()
    get_bytes = sheet._get_source  # noqa: SLF001
    sheet._get_source = lambda: io.BufferedReader(_Lean(get_bytes()), _SCAN)  # noqa: SLF001
    for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        # A row of nothing but errors is a row.
        if any(cell is not None and str(cell).strip() for cell in cells):
            yield line, [_value(cell) for cell in cells]


def _value(cell: object) -> object:
    """Give the value of a cell; None for blanks and errors."""
    if isinstance(cell, str):
        return None if not cell.strip() or _ERROR_CELL.fullmatch(cell) else cell
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        return dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 (Excel knows no zones)
    return cell


def _filled(
    rows: Iterator[tuple[int, list[Any]]], merged: dict[int, list[tuple[int, int]]]
) -> Iterator[tuple[int, list[Any]]]:
    """Repeat the value of a cell that is merged over several rows in each of them."""
    if not merged:
        yield from rows
        return
    above: dict[int, tuple[Any, int]] = {}
    for line, given in rows:
        cells = given
        above = {at: kept for at, kept in above.items() if line <= kept[1]}
        for at, (value, _) in above.items():
            cells = [*cells, *[None] * (at + 1 - len(cells))]
            cells[at] = value if cells[at] is None else cells[at]
        above |= {at: (cells[at], last) for at, last in merged.get(line, []) if at < len(cells)}
        yield line, cells


def _n_filled(cells: list[Any]) -> int:
    return sum(cell is not None for cell in cells)


def _typed(values: tuple[Any, ...]) -> pa.Array | pa.ChunkedArray | None:
    """Give cells of one kind their type, and text to all others; None if all are blank."""
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return None
    if kinds == {bool}:
        return pa.array(values, type=pa.bool_())
    if kinds == {dt.datetime}:
        return pa.array(values, type=pa.timestamp("us"))
    if kinds == {int} and all(v is None or abs(v) < _LARGEST_WHOLE for v in values):
        return pa.array(values, type=pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if v is None else float(v) for v in values], type=pa.float64())
    return text_column(values)


def _common(kinds: set[pa.DataType]) -> pa.DataType:
    """Give the type of a column from those of its blocks."""
    if kinds == {pa.int64(), pa.float64()}:
        return pa.float64()
    return next(iter(kinds)) if len(kinds) == 1 else pa.string()


def _as(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    if name not in table.column_names:
        return pa.chunked_array([pa.nulls(table.num_rows, type=kind)])
    column = table.column(name)
    if column.type == kind:
        return column
    return text_column(column.to_pylist()) if kind == pa.string() else column.cast(kind)


def _tables_of(workbook: Workbook, *, visible: bool) -> dict[str, list[str]]:
    """Give the header of each visible (or hidden) sheet with a table."""
    found = {}
    for sheet in workbook.worksheets:
        if (sheet.sheet_state == "visible") == visible:
            rows = (cells for _, cells in _rows(sheet))
            header = next((cells for cells in rows if _n_filled(cells) >= _HEADER_CELLS), None)
            if header is not None:
                found[str(sheet.title)] = [cell_text(cell) or "" for cell in header]
    return found


def _is_same(first: list[str], other: list[str]) -> bool:
    own, their = ({name.strip().lower() for name in names if name} for names in (first, other))
    return len(own & their) > _SAME_SHARE * len(own)


def _scan(workbook: Workbook, sheet: Any) -> _Extras:  # noqa: ANN401 (openpyxl's own class)
    """Look through the bytes of a sheet for what openpyxl passes over."""
    refs: set[bytes] = set()
    has_formula = has_cached = False
    tail = b""
    archive: zipfile.ZipFile = workbook._archive  # type: ignore[attr-defined]  # noqa: SLF001
    with archive.open(sheet._worksheet_path) as stream:  # noqa: SLF001
        while block := stream.read(_SCAN):
            window = tail + block
            if b"mergeCell" in window:
                refs.update(_MERGED.findall(window))
            if not has_cached and (b"<f" in window or b":f" in window):
                has_formula = has_formula or _FORMULA.search(window) is not None
                has_cached = _CACHED.search(window) is not None
            tail = window[-_OVERLAP:]
    merged: dict[int, list[tuple[int, int]]] = {}
    for ref in refs:
        column, row, _, last = range_boundaries(ref.decode())
        if column is not None and row is not None and last is not None:
            merged.setdefault(row, []).append((column - 1, last))
    return _Extras(merged, has_cached or not has_formula)


class _Lean(io.RawIOBase):
    """The bytes of a sheet without its blank cells and rows.

    Formatting makes Excel keep a million blank rows, which would take minutes to parse. Rows and
    cells that do not say where they are stay: there they count.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        into = memoryview(buffer).cast("B")
        while not self._ready:
            block = self._stream.read(_SCAN)
            if not block:
                return 0
            # A row that is cut in two stays; there is one in each block.
            self._ready = _BLANK_ROW.sub(b"", _BLANK_CELL.sub(b"", block))
        count = min(len(into), len(self._ready))
        into[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


@contextmanager
def _workbook(path: Path, name: str) -> Iterator[Workbook]:
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            size = path.stat().st_size
        except OSError as error:
            raise cannot_read(path, error) from error
        with _excel(name):
            with zipfile.ZipFile(file) as archive:
                check_size(archive.infolist(), size, name)
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
            stack.callback(workbook.close)
        yield workbook


def _excel(name: str) -> AbstractContextManager[None]:
    """Keep openpyxl's warnings to ourselves, and turn its errors into ours."""
    rule = "Must be a complete Excel workbook. Open it in Excel and save it again."
    return in_our_words(_ERRORS, f"read '{name}' as a workbook", rule)
