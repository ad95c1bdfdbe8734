"""What a file is: by its name, by its first bytes, and whether the two agree.

Files of the wrong kind are refused with what they are and what to save them as.
"""

from __future__ import annotations

import logging
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Literal

from hotspots.errors import InputError
from hotspots.sources.packed import split_suffix

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["text", "parquet", "sheet", "vector"]

KINDS: Final[dict[str, Kind]] = {
    ".csv": "text",
    ".tsv": "text",
    ".tab": "text",
    ".txt": "text",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "sheet",
    ".xlsm": "sheet",
    ".geojson": "vector",
    ".json": "vector",
    ".gpkg": "vector",
    ".shp": "vector",
    ".fgb": "vector",
}
"""Kinds of tables by suffix."""

READABLE: Final = (
    ".csv, .tsv, .tab, .txt (plain or .gz), .parquet, .xlsx, .geojson, .gpkg, .shp, .fgb or .zip"
)
"""The suffixes, for messages."""

_LOG = logging.getLogger(__name__)
_SHOWN: Final = 5
_EXCEL: Final = "Open it in Excel, and save it as an Excel workbook (.xlsx)"
_GIS: Final = "Open it in a GIS, and save it as a GeoPackage (.gpkg)"
_ACCESS: Final = "Open it in Access, and export the table as an Excel workbook (.xlsx)"
_UNPACK: Final = "Unpack it, and give the folder"
_PROGRAM: Final = "Open it in the program that made it, and save the table as CSV (UTF-8)"
_CSV: Final = "Save it as CSV (UTF-8) and give that"
_DBF: Final = "Give the .shp that belongs to it, or open it in Excel and save it as CSV (UTF-8)"

# Tables that are not read. One in a folder is refused: passing it over would lose its rows.
_UNREADABLE: Final = (
    dict.fromkeys((".xls", ".xlsb", ".xlt"), _EXCEL)
    | dict.fromkeys((".ods", ".numbers"), "Open it, and save it as an Excel workbook (.xlsx)")
    | dict.fromkeys((".mdb", ".accdb"), _ACCESS)
    | dict.fromkeys((".kml", ".kmz", ".gml", ".mif", ".gdb"), _GIS)
    | dict.fromkeys((".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz", ".zst"), _UNPACK)
    | dict.fromkeys((".sav", ".dta", ".sas7bdat", ".rds", ".rdata"), _PROGRAM)
    | dict.fromkeys((".db", ".sqlite", ".sqlite3"), "Give its URL, such as sqlite:///calls.db")
    | dict.fromkeys((".feather", ".arrow", ".orc", ".avro"), "Save it as Parquet (.parquet)")
    | {".dbf": _DBF}
)
_DOCUMENTS: Final = dict.fromkeys(
    (".pdf", ".doc", ".docx", ".ppt", ".pptx", ".htm", ".html", ".xml"),
    "Find the table that it was made from, and save that as CSV (UTF-8)",
)

# A download of data.police.uk holds these beside the street files; they are other data sets.
_OTHER_POLICE_UK: Final = ("-outcomes", "-stop-and-search")
_PROSE: Final = ("readme", "licence", "license")
_JUNK: Final = ("thumbs.db", "desktop.ini")

_CONTENTS: Final[dict[str, tuple[str, str]]] = {
    "parquet": ("a Parquet file", "Rename it to end in .parquet"),
    "workbook": ("an Excel workbook", "Rename it to end in .xlsx"),
    "zip": ("a zip archive", "Rename it to end in .zip"),
    "gzip": ("a gzip file", "Rename it to end in .csv.gz"),
    "text": ("plain text", "Save it as CSV (UTF-8), or rename it to end in .csv if it is that"),
    "pdf": ("a PDF document", _DOCUMENTS[".pdf"]),
    "document": ("a Word or PowerPoint document", _DOCUMENTS[".pdf"]),
    "page": (
        "a web page",
        "Open it in a browser: it says why the download failed, or holds the table to copy",
    ),
    "xml": ("an XML file", "Open it in Excel or a GIS, and save the table as CSV (UTF-8)"),
    "office": (
        "an old Excel file, or one with a password",
        "Open it in Excel, and save it as an Excel workbook (.xlsx) without a password",
    ),
    "opendocument": ("an OpenDocument file", _UNREADABLE[".ods"]),
    "sqlite": ("a database (SQLite)", "Rename it to end in .gpkg if it is a GeoPackage"),
    "json": ("JSON", "Rename it to end in .geojson if it is GeoJSON, or save it as CSV (UTF-8)"),
    "shapefile": ("a shapefile", "Rename it to end in .shp, and keep its other files beside it"),
    "flatgeobuf": ("a FlatGeobuf file", "Rename it to end in .fgb"),
    "mapinfo": ("a MapInfo table", _GIS),
    "access": ("an Access database", _ACCESS),
    "packed": ("an archive that is no zip", _UNPACK),
}

_UNKNOWN: Final = ("something else", "Save it again from where it came")

_SIGNATURES: Final = (
    # A column may be called PAR1: in Parquet no text follows.
    (rb"PAR[1E](?![ -~\r\n])", "parquet"),
    (rb"\x1f\x8b", "gzip"),
    (rb"%PDF", "pdf"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
    (rb"SQLite format 3\x00", "sqlite"),
    (rb"\x00\x00\x27\x0a", "shapefile"),
    (rb"fgb[\x00-\x1f]", "flatgeobuf"),
    (rb".{4}Standard (Jet|ACE) DB", "access"),
    (rb"7z\xbc\xaf\x27\x1c|Rar!|BZh[1-9]|\xfd7zXZ|\x28\xb5\x2f\xfd|.{257}ustar", "packed"),
    (rb"(\xef\xbb\xbf)?\s*!table\s", "mapinfo"),
    (
        rb"(\xef\xbb\xbf)?\s*(?i:<(!doctype html|html|head|body|table|div|meta|style|script)\b)",
        "page",
    ),
    (rb"(\xef\xbb\xbf)?\s*<\?xml\b", "xml"),
    (rb"(\xef\xbb\xbf)?\s*(\{\s*[\"}]|\[\s*\{)", "json"),
)
_ZIPPED: Final = (
    (rb"PK\x03\x04.{26}xl/", "workbook"),
    (rb"PK\x03\x04.{26}(word|ppt)/", "document"),
    (rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis", "opendocument"),
)
# What a file must be by its suffix. Binary data of no known kind may be UTF-16, which the reader
# of text finds out; a workbook may begin with parts of any name.
_TEXT: Final = (("text", None), "a table as text")
_PARQUET: Final = (("parquet",), "a complete Parquet file")
_WORKBOOK: Final = (("workbook", "zip"), "an Excel workbook")
_GEOJSON: Final = (("json",), "GeoJSON")
_OFFICE: Final = "[Content_Types].xml"
_EXPECTED: Final[dict[str, tuple[tuple[str | None, ...], str]]] = {
    ".csv": _TEXT,
    ".tsv": _TEXT,
    ".tab": _TEXT,
    ".txt": _TEXT,
    ".parquet": _PARQUET,
    ".geoparquet": _PARQUET,
    ".pq": _PARQUET,
    ".xlsx": _WORKBOOK,
    ".xlsm": _WORKBOOK,
    ".geojson": _GEOJSON,
    ".json": _GEOJSON,
    ".gpkg": (("sqlite",), "a GeoPackage"),
    ".shp": (("shapefile",), "a shapefile"),
    ".fgb": (("flatgeobuf",), "a FlatGeobuf file"),
    # A table at the front of a zip may be taken for a part of it; its members tell.
    ".zip": (("zip", "workbook", "document", "opendocument"), "a complete zip file"),
    ".gz": (("gzip",), "a complete gzip file"),
}


def what_is(head: bytes) -> str | None:
    """Say what a file is from its first bytes.

    Parameters
    ----------
    head : bytes
        Some thousands are enough.

    Returns
    -------
    str or None
        A key such as "parquet", "workbook" (Excel), "zip", "pdf", "page" (HTML), "json" or "text";
        None for other binary data.

    Examples
    --------
    >>> what_is(b"%PDF-1.7"), what_is(b"when;where")
    ('pdf', 'text')
    """
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        inside = (key for pattern, key in _ZIPPED if re.search(pattern, head, re.DOTALL))
        return next(inside, "zip")
    for pattern, key in _SIGNATURES:
        if re.match(pattern, head, re.DOTALL):
            return key
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "text" if is_wide or b"\0" not in head else None


def is_geojson(head: bytes) -> bool:
    """Say whether a JSON file holds features, from its first bytes."""
    return what_is(head) == "json" and b'"Feature' in head


def check_content(name: str, suffix: str, head: bytes) -> None:
    """Refuse a file whose content contradicts its suffix, or that holds nothing.

    Parameters
    ----------
    name : str
        Of the source, for messages.
    suffix : str
        A key of `KINDS`, ".zip" or ".gz".
    head : bytes
        Its first bytes.

    Raises
    ------
    InputError
        With what the file really is, and what to do with it.
    """
    if not head.removeprefix(b"\xef\xbb\xbf").strip():
        msg = f"The file '{name}' is empty. Must be a table with a header line. Export it again."
        raise InputError(msg)
    found = what_is(head)
    if found not in _EXPECTED[suffix][0]:
        raise _mismatch(name, suffix, found)
    if found == "json" and not is_geojson(head):
        msg = f"The file '{name}' is JSON, but no GeoJSON. Must hold features. {_CSV}."
        raise InputError(msg)


def check_members(name: str, members: Sequence[str]) -> None:
    """Refuse a zip that is an Office file by what it holds."""
    if _OFFICE in members:
        is_book = any(member.startswith("xl/") for member in members)
        raise _mismatch(name, ".zip", "workbook" if is_book else "document")


def _mismatch(name: str, suffix: str, found: str | None) -> InputError:
    noun, remedy = _CONTENTS.get(found or "", _UNKNOWN)
    if (suffix, found) == (".gz", "text"):
        remedy = "Take .gz off its name"
    msg = (
        f"The file '{name}' is not what its name says: it is {noun}. Must be "
        f"{_EXPECTED[suffix][1]}. {remedy}."
    )
    return InputError(msg)


def not_read(name: str, head: bytes) -> InputError:
    """Say that files of this kind are not read, and what to do.

    Parameters
    ----------
    name : str
        As the user gave it; ends in none of `KINDS`.
    head : bytes
        Its first bytes, which say what it is if its name does not.
    """
    remedy = (_UNREADABLE | _DOCUMENTS).get(split_suffix(name)[1])
    if remedy is None:
        noun, remedy = _CONTENTS.get(what_is(head) or "", ("", _CSV))
        remedy = f"It is {noun} by its content. {remedy}" if noun else remedy
    msg = (
        f"Cannot read '{name}': files of this kind are not read. Must end in {READABLE}. {remedy}."
    )
    return InputError(msg)


def suffix_of(name: str) -> str:
    """Give the suffix that says what a file is.

    Parameters
    ----------
    name : str
        Of a file.

    Returns
    -------
    str
        A key of `KINDS`, ".zip", or nothing if files of this kind are not read. A file that is
        only called `.gz` is taken for text.

    Examples
    --------
    >>> suffix_of("Jan.CSV.gz"), suffix_of("Jan.gz"), suffix_of("Jan.doc")
    ('.csv', '.csv', '')
    """
    _, suffix = split_suffix(name)
    if name.lower().endswith(".gz"):
        return (suffix if suffix in KINDS else "") if suffix else ".csv"
    return suffix if suffix in KINDS or suffix == ".zip" else ""


def choose_tables(names: list[str], where: str) -> list[str]:
    """Choose the tables and zips among the files of a folder or zip.

    Parameters
    ----------
    names : list of str
        Paths inside it, with "/" between folders.
    where : str
        What to call it in messages.

    Returns
    -------
    list of str
        In the given order. Passed over are hidden files, what goes with a shapefile, the files
        that Windows, macOS, Office and Spark leave behind, other data sets of data.police.uk,
        notes (README, LICENCE) and everything that is no table.

    Raises
    ------
    InputError
        If one is a table that is not read, as passing it over would lose its rows.
    """
    stems = {split_suffix(name)[0].lower() for name in names if name.lower().endswith(".shp")}
    chosen: list[str] = []
    passed: list[str] = []
    for name in names:
        stem, suffix = split_suffix(name)
        short = PurePosixPath(name).name.lower()
        is_side = suffix == ".dbf" and stem.lower() in stems
        is_prose = suffix == ".txt" and short.startswith(_PROSE)
        if _is_junk(name) or is_side or is_prose:
            passed.append(name)
        elif suffix in _UNREADABLE:
            msg = (
                f"{where} holds '{name}', a file of a kind that is not read. Must hold tables "
                f"that are, or its rows would be missing. {_UNREADABLE[suffix]}; or take it out."
            )
            raise InputError(msg)
        else:
            (chosen if suffix_of(name) else passed).append(name)
    if passed:
        shown = ", ".join(passed[:_SHOWN]) + (", …" if len(passed) > _SHOWN else "")
        _LOG.info("%s: passed over %d files that are no tables: %s", where, len(passed), shown)
    return chosen


def _is_junk(name: str) -> bool:
    """Say whether a file is hidden, left behind by a program, or another data set."""
    parts = PurePosixPath(name).parts
    short = parts[-1].lower()
    is_hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    is_other = PurePosixPath(split_suffix(short)[0]).name.endswith(_OTHER_POLICE_UK)
    return is_hidden or short in _JUNK or short.startswith("~$") or is_other
