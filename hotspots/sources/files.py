"""Files, folders and zips to sources, and sources to chunks.

A file that is not what its name says is refused when it is found. If there are several, each is
read once then: its checksum says whether it was given twice, and if it is damaged, no work is done.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import pyarrow as pa

from hotspots.errors import DuplicateInputError, InputError, invalid
from hotspots.sources import columnar, kinds, packed, sheets, vectors
from hotspots.sources.text import read_text

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from hotspots.sources.kinds import Kind
    from hotspots.sources.raw import RawChunk

_LOG = logging.getLogger(__name__)

ROWS: Final = 500_000
"""Rows of a chunk."""

# What Hive and Spark call the folder of rows without a value.
_NO_VALUE: Final = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Source:
    """One table in a file; can be sent to another process that sees the same folder.

    Parameters
    ----------
    name : str
        What the user sees: the file name, with the archive's name before it; the path where two
        have the same name.
    path : Path
        The file or the zip.
    member : str
        Name inside the zip, with "/" between folders; empty outside.
    kind : str
        "text", "parquet", "sheet" (of a workbook) or "vector" (through GDAL).
    layer : str
        Layer of a GeoPackage or sheet of a workbook.
    constants : tuple of (str, str)
        Columns that the folders say, such as `year=2024`; an empty value stands for none.
    groups : (int, int), optional
        Row groups of a Parquet file, from the first up to but without the last; by default all.
    crs : str, optional
        Coordinate system of its points, "EPSG:27700" or WKT; None if the source has no points or
        does not say.
    checksum : str
        SHA-256 of the file, if it was needed to find the source; see `sha256`.
    """

    name: str
    path: Path
    member: str = ""
    kind: Kind = "text"
    layer: str = ""
    constants: tuple[tuple[str, str], ...] = ()
    groups: tuple[int, int] | None = None
    crs: str | None = None
    checksum: str = ""

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file (of the member, inside a zip) as it is."""
        return self.checksum or packed.checksums(self.path, self.member, name=self.name)[0]


@dataclass(frozen=True)
class _Found:
    """A file or member that is to be read, with its short name and its full one."""

    path: Path
    member: str
    short: str
    full: str
    constants: tuple[tuple[str, str], ...]


def find_sources(paths: Sequence[str | Path], *, layer: str | None = None) -> list[Source]:
    r"""Find every table in files, folders and zips.

    Parameters
    ----------
    paths : sequence of paths
        Tables as text (.csv, .tsv, .tab, .txt, each also .gz), Parquet (.parquet, .geoparquet,
        .pq), workbooks (.xlsx, .xlsm), points (.geojson, .json, .gpkg, .shp, .fgb), zips of
        these, and folders of all of these, searched in depth.
    layer : str, optional
        Layer of a GeoPackage or sheet of a workbook; "*" for all. By default the only layer of
        points and the first visible sheet with a table.

    Returns
    -------
    list of Source
        In the given order, inside a folder or zip by folder and name.

    Raises
    ------
    InputError
        If a path does not exist or cannot be read, a folder or zip holds no table or one that is
        not read, a file is damaged or not what its name says, or an archive may do harm.
    DuplicateInputError
        If two files have the same content.

    Notes
    -----
    Passed over in folders and zips are hidden files, what goes with a shapefile, what Windows,
    macOS, Office and Spark leave behind, the outcomes and the stops and searches of
    data.police.uk, README and LICENCE, JSON without features, and everything that is no table.
    Folders called `key=value` give a column.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "calls.csv").write_text("when,where\n2024-07-05,here\n")
    ...     [source] = find_sources([folder])
    ...     [chunk] = read_chunks(source)
    >>> source.name, source.kind, chunk.table.column_names
    ('calls.csv', 'text', ['when', 'where'])
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    if not given:
        argument = "paths"
        raise invalid(argument, "", "a non-empty list of paths")
    found = [one for path in given for one in _find(Path(path))]
    shorts = Counter(one.short for one in found)
    sources: list[Source] = []
    seen: dict[tuple[object, ...], str] = {}
    for one in found:
        name = one.short if shorts[one.short] == 1 else one.full
        parts, key = _describe(one, name, layer, is_alone=len(found) == 1)
        if key in seen:
            msg = (
                f"The files '{seen[key]}' and '{name}' have the same content. Must be different "
                "files, or every incident would count twice. Give one of them."
            )
            raise DuplicateInputError(msg)
        seen[key] = name
        sources += parts
    if layer is not None and not any(source.layer for source in sources):
        argument = "layer"
        remedy = "None was given. Leave out layer=."
        raise invalid(argument, layer, "a sheet of a workbook or a layer of a GeoPackage", remedy)
    return sources


def read_chunks(source: Source, *, rows: int = ROWS) -> Generator[RawChunk, None, None]:
    """Read the rows of a source as they were given.

    Parameters
    ----------
    source : Source
        From `find_sources` or `split_source`.
    rows : int, optional
        Most rows of a chunk.

    Yields
    ------
    RawChunk
        At least one, all with the same columns and types.

    Raises
    ------
    InputError
        If the source cannot be read to its end.
    """
    if rows < 1:
        argument = "rows"
        raise invalid(argument, rows, "a number of rows above 0")
    for chunk in _read(source, rows):
        table = chunk.table
        for key, value in source.constants:
            # A file that has the column itself knows better than its folder.
            if key not in table.column_names:
                values = pa.array([value or None], type=pa.string()).take(
                    pa.repeat(0, table.num_rows)
                )
                table = table.append_column(key, values)
        yield replace(chunk, table=table)


def split_source(source: Source, *, rows: int) -> list[Source]:
    """Divide a source into parts that can be read one beside the other.

    Parameters
    ----------
    source : Source
        From `find_sources`.
    rows : int
        Rows of a part, about.

    Returns
    -------
    list of Source
        Parts of a Parquet file by row groups, with the lines of the whole file; of anything else,
        and inside a zip (which each part would unpack), the source itself.
    """
    if source.kind != "parquet" or source.member or packed.is_gzip(source.path):
        return [source]
    signed = replace(source, checksum=source.sha256)
    return columnar.split_parquet(source.path, signed, rows=rows)


def _read(source: Source, rows: int) -> Generator[RawChunk, None, None]:
    path, member, name = source.path, source.member, source.name
    if source.kind == "text":
        with packed.open_stream(path, member, name=name) as stream:
            yield from read_text(stream, name, rows=rows)
        return
    readers = {
        "parquet": columnar.read_parquet,
        "sheet": sheets.read_sheet,
        "vector": vectors.read_vector,
    }
    with packed.real_file(path, member, name=name) as file:
        yield from readers[source.kind](file, source, rows=rows)


def _find(path: Path) -> list[_Found]:
    """Find the files behind a path that the user gave."""
    try:
        is_folder = path.is_dir()
        is_file = path.stat() is not None and path.is_file()
    except OSError as error:
        raise packed.cannot_read(path, error) from error
    except ValueError as error:  # such as a NUL in the path
        argument = "path"
        raise invalid(argument, repr(str(path)), "a file, folder or zip that exists") from error
    if is_folder:
        return _find_in_folder(path)
    if not is_file:
        msg = f"Cannot read '{path}': it is no file. Must be a file, folder or zip. Save it first."
        raise InputError(msg)
    if path.suffix.lower() == ".zip":
        found = _find_in_zip(path, ())
        if not found:
            msg = (
                f"The zip '{path.name}' holds no table. Must hold one ending in {kinds.READABLE}. "
                "Give the files themselves."
            )
            raise InputError(msg)
        return found
    return [_Found(path, "", path.name, path.as_posix(), ())]


def _find_in_folder(folder: Path) -> list[_Found]:
    found = []
    where = f"The folder '{folder}'"
    for name in kinds.choose_tables(_walk(folder), where):
        path = folder / name
        constants = _constants(PurePosixPath(folder.name) / name)
        if path.suffix.lower() == ".zip":
            found += _find_in_zip(path, constants)
        elif not _is_other_json(path, ""):
            found.append(_Found(path, "", path.name, path.as_posix(), constants))
    if not found:
        msg = (
            f"{where} holds no table. Must hold at least one file ending in {kinds.READABLE}. "
            "Check which folder is meant."
        )
        raise InputError(msg)
    return found


def _find_in_zip(path: Path, constants: tuple[tuple[str, str], ...]) -> list[_Found]:
    kinds.check_content(path.name, ".zip", packed.read_head(path, name=path.name)[0])
    where = f"The zip '{path.name}'"
    found = []
    members = packed.list_members(path)
    kinds.check_members(path.name, members)
    for member in kinds.choose_tables(members, where):
        if member.lower().endswith(".zip"):
            msg = (
                f"{where} holds another zip, '{member}'. Must hold the tables themselves. Unpack "
                "it, and give the folder."
            )
            raise InputError(msg)
        if not _is_other_json(path, member):
            short, full = f"{path.name}/{member}", f"{path.as_posix()}/{member}"
            own = constants + _constants(PurePosixPath(member))
            found.append(_Found(path, member, short, full, own))
    return found


def _walk(folder: Path) -> list[str]:
    """Name the files in a folder, in depth, sorted by folder and name."""

    def refuse(error: OSError) -> None:
        raise packed.cannot_read(Path(error.filename or folder), error) from error

    names: list[PurePosixPath] = []
    for root, folders, files in os.walk(folder, onerror=refuse):
        own = PurePosixPath(Path(root).relative_to(folder).as_posix())
        if "_delta_log" in folders:
            msg = (
                f"The folder '{root}' is a Delta table, whose files hold rows that were deleted. "
                "Must be plain Parquet files. Save the table as one."
            )
            raise InputError(msg)
        # Folders can be geodatabases, which are named like files.
        names += [own / name for name in folders if name.lower().endswith(".gdb")]
        names += [own / name for name in files]
    return [str(name) for name in sorted(names, key=lambda name: name.parts)]


def _constants(inside: PurePosixPath) -> tuple[tuple[str, str], ...]:
    """Give the columns that the folders called `key=value` say."""
    pairs = (folder.partition("=") for folder in inside.parts[:-1])
    return tuple(
        (unquote(key), "" if value == _NO_VALUE else unquote(value))
        for key, sign, value in pairs
        if key and sign
    )


def _is_other_json(path: Path, member: str) -> bool:
    """Say whether a file is JSON without features, such as settings beside the tables."""
    name = member or path.name
    if not name.lower().endswith(".json"):
        return False
    is_other = not kinds.is_geojson(packed.read_head(path, member, name=name)[0])
    if is_other:
        _LOG.info("passed over %s: JSON without features", name)
    return is_other


def _describe(
    one: _Found, name: str, layer: str | None, *, is_alone: bool
) -> tuple[list[Source], tuple[object, ...]]:
    """Give the sources in a file, and what no other file may have in common with it."""
    inside = one.member or one.path.name
    suffix = kinds.suffix_of(inside)
    head, is_gzip = packed.read_head(one.path, one.member, name=name)
    if not suffix:
        raise kinds.not_read(name, head)
    if inside.lower().endswith(".gz") and not is_gzip:
        kinds.check_content(name, ".gz", head)
    kinds.check_content(name, suffix, head)
    # A file alone is like no other, and its checksum is made while its rows are worked on.
    alone = ("", "")
    sha256, content = alone if is_alone else packed.checksums(one.path, one.member, name=name)
    kind = kinds.KINDS[suffix]
    source = Source(name, one.path, one.member, kind, constants=one.constants, checksum=sha256)
    key: tuple[object, ...] = (content, one.constants)
    if kind == "text":
        return [source], key
    with packed.real_file(one.path, one.member, name=name) as file:
        if kind == "parquet":
            crs, n_rows = columnar.describe_parquet(file, name)
            # Spark writes empty files, all alike; nothing in them can count twice.
            key = key if n_rows else (*key, one.full)
            return [replace(source, crs=crs)], key
        layers: list[tuple[str, str | None]]
        if kind == "sheet":
            layers = [(own, None) for own in sheets.find_sheets(file, name, layer)]
        else:
            layers = vectors.find_layers(file, name, layer)
        attributes = vectors.side_file(file, ".dbf") if suffix == ".shp" else None
        if attributes is not None:
            # Counts at the same points differ in their attributes only.
            key = (*key, *packed.checksums(attributes, name=name))
    names = [f"{name}/{own}" if len(layers) > 1 else name for own, _ in layers]
    parts = [
        replace(source, name=shown, layer=own, crs=crs)
        for shown, (own, crs) in zip(names, layers, strict=True)
    ]
    return parts, key
