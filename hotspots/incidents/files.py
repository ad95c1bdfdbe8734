"""Files, folders and zips to tables of raw values, each with its name, checksum and line numbers.

Nothing is interpreted here: texts stay texts, so that a rejected row can be shown as it was given.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from hotspots.errors import DuplicateInputError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TABLE_SUFFIXES: Final = (".csv", ".tsv", ".tab", ".txt", ".parquet")
# A download of data.police.uk holds these beside the street files; they are other data sets.
_OTHER_POLICE_UK: Final = ("-outcomes", "-stop-and-search")
_DELIMITERS: Final = (",", "\t", ";", "|")


@dataclass(frozen=True)
class RawTable:
    """One file as it was given.

    Parameters
    ----------
    name : str
        File name, with the archive's name before it.
    sha256 : str
        Checksum of the file (of the member, inside a zip); empty for a table in memory.
    frame : DataFrame
        The values, on a RangeIndex.
    lines : Series of int
        Line of each row in the file (the header is line 1); 1, 2, … for a table in memory.
    """

    name: str
    sha256: str
    frame: pd.DataFrame
    lines: pd.Series[int]


def read_tables(paths: Sequence[Path]) -> Iterator[RawTable]:
    """Read every table in the files, folders and zips.

    Parameters
    ----------
    paths : sequence of Path
        Files, folders (searched in depth) and zips.

    Yields
    ------
    RawTable
        One a file, in sorted order inside a folder or zip.

    Raises
    ------
    InputError
        If a path does not exist, is not a readable table, or a folder or zip holds none.
    DuplicateInputError
        If two files have the same content.
    """
    seen: dict[str, str] = {}
    names: set[str] = set()
    for path, short, content in _contents(paths):
        # Two files of one name in different folders are told apart by their paths.
        name = short if short not in names else path
        names.add(name)
        plain = _uncompressed(name, content)
        key = hashlib.sha256(plain).hexdigest()
        if key in seen:
            msg = (
                f"The files '{seen[key]}' and '{name}' have the same content. Must be different "
                "files, or every incident would count twice. Give one of them."
            )
            raise DuplicateInputError(msg)
        seen[key] = name
        frame, lines = _parse(name, plain)
        yield RawTable(name, hashlib.sha256(content).hexdigest(), frame, lines)


def _contents(paths: Sequence[Path]) -> Iterator[tuple[str, str, bytes]]:
    """Give the path, the short name and the bytes of every file."""
    for path in paths:
        if path.is_dir():
            files = [file for file in sorted(path.rglob("*")) if _is_table(file.name)]
            if not files:
                msg = (
                    f"The folder '{path}' holds no table. Must hold at least one file ending in "
                    f"{', '.join(TABLE_SUFFIXES)}, .gz or .zip."
                )
                raise InputError(msg)
            yield from _contents(files)
        elif path.suffix.lower() == ".zip":
            yield from _members(path)
        else:
            yield path.as_posix(), path.name, _bytes(path)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        msg = f"Cannot read '{path}': {reason}. Must be a file, folder or zip that exists."
        raise InputError(msg) from error


def _members(path: Path) -> Iterator[tuple[str, str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(_bytes(path))) as archive:
            names = [name for name in sorted(archive.namelist()) if _is_table(Path(name).name)]
            if not names:
                msg = f"The zip '{path.name}' holds no table. Must hold a CSV or Parquet file."
                raise InputError(msg)
            for name in names:
                yield f"{path.as_posix()}/{name}", f"{path.name}/{name}", archive.read(name)
    except (zipfile.BadZipFile, RuntimeError) as error:  # a password is a RuntimeError
        msg = f"Cannot open '{path.name}': {error}. Must be a complete zip file."
        raise InputError(msg) from error


def _is_table(name: str) -> bool:
    stem = name.lower().removesuffix(".gz")
    if stem.startswith(".") or any(Path(stem).stem.endswith(part) for part in _OTHER_POLICE_UK):
        return False
    return stem.endswith((*TABLE_SUFFIXES, ".zip"))


def _uncompressed(name: str, content: bytes) -> bytes:
    if not name.lower().endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError) as error:
        msg = f"Cannot unpack '{name}': {error}. Must be a complete gzip file."
        raise InputError(msg) from error


def _parse(name: str, content: bytes) -> tuple[pd.DataFrame, pd.Series[int]]:
    if not content.strip():
        msg = f"The file '{name}' is empty. Must be a table with a header line."
        raise InputError(msg)
    if not name.lower().removesuffix(".gz").endswith(TABLE_SUFFIXES):
        msg = (
            f"Cannot read '{name}': files of this kind are not read. Must end in "
            f"{', '.join(TABLE_SUFFIXES)}, .gz or .zip. Save it as CSV (UTF-8) and give that."
        )
        raise InputError(msg)
    if name.lower().removesuffix(".gz").endswith(".parquet"):
        try:
            frame = pd.read_parquet(io.BytesIO(content))
        except (OSError, ValueError) as error:
            msg = f"Cannot read '{name}' as Parquet: {error}. Must be a complete Parquet file."
            raise InputError(msg) from error
        frame = frame.reset_index(drop=True)
        return frame, pd.Series(range(1, len(frame) + 1), dtype="int64")
    text = _decoded(content)
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        # Blank lines are kept while parsing, so that the line numbers stay those of the file.
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            dtype="str",
            keep_default_na=False,
            na_filter=False,
            skip_blank_lines=False,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        msg = (
            f"Cannot read '{name}' as a table: {str(error).strip()}. Must have the same number of "
            "values on every line."
        )
        raise InputError(msg) from error
    lines = pd.Series(range(2, len(frame) + 2), dtype="int64")
    # With one column a blank line is a missing value, with more it is a blank row: not data.
    is_blank = (frame.iloc[:, 0] == "") & (frame == "").all(axis=1)
    if is_blank.any():
        frame = frame.loc[~is_blank].reset_index(drop=True)
        lines = lines.loc[~is_blank].reset_index(drop=True)
    return frame, lines


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
