"""One way to open every kind of source: its coordinate system, and its rows in chunks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hotspots.sources.databases import QuerySource, read_query
from hotspots.sources.files import Source, read_chunks
from hotspots.sources.frames import frame_chunks

if TYPE_CHECKING:
    from collections.abc import Generator

    import pandas as pd

    from hotspots.sources.raw import RawChunk


@dataclass(frozen=True, eq=False)
class FrameSource:
    """A table in memory.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        The table; is not changed.
    name : str
        What it is called in reports.
    sha256 : str
        Empty: a table in memory has no checksum.
    """

    frame: pd.DataFrame = field(repr=False)
    name: str = "table"
    sha256: str = ""


AnySource = Source | QuerySource | FrameSource


def open_chunks(source: AnySource, *, rows: int) -> tuple[Any, Generator[RawChunk, None, None]]:
    """Open a source.

    Parameters
    ----------
    source : Source, QuerySource or FrameSource
        Where the rows are.
    rows : int
        Most rows of a chunk.

    Returns
    -------
    crs, iterator of RawChunk
        The coordinate system of its points, or None, and its rows; at least one chunk.

    Raises
    ------
    InputError
        If it cannot be read; some faults show only on the way.
    """
    if isinstance(source, FrameSource):
        return frame_chunks(source.frame, rows=rows)
    if isinstance(source, QuerySource):
        return read_query(source, rows=rows)
    return source.crs, _read_ahead(source, rows)


def _read_ahead(source: Source, rows: int) -> Generator[RawChunk, None, None]:
    """Read the next chunk, and after the last make the checksum, while the caller works on one."""
    chunks = read_chunks(source, rows=rows)

    def read_next() -> RawChunk | None:
        chunk = next(chunks, None)
        if chunk is None:
            source.sha256  # noqa: B018 (is kept)
        return chunk

    pool = ThreadPoolExecutor(max_workers=1)
    try:
        coming = pool.submit(read_next)
        while (chunk := coming.result()) is not None:
            coming = pool.submit(read_next)
            yield chunk
    finally:
        # Without waiting: the garbage collector may close this in the very thread that reads.
        pool.shutdown(wait=False, cancel_futures=True)
