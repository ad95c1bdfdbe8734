"""Every kind of source opens in one way, and is read ahead of its use."""

from __future__ import annotations

import gzip
import threading
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from hotspots.errors import InputError
from hotspots.sources import FrameSource, find_sources, open_chunks, read_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotspots.sources import RawChunk, Source

ROWS = 1000
PATIENCE = 10.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a file of many rows."""
    path = tmp_path / "calls.csv"
    pd.DataFrame({"row": range(ROWS), "when": "2024-07-05"}).to_csv(path, index=False)
    return path


def test_all_rows_in_order(path: Path) -> None:
    """Reading ahead neither loses nor exchanges chunks, whatever their size."""
    (source,) = find_sources([path])
    for rows in (1, 7, ROWS, 2 * ROWS):
        crs, chunks = open_chunks(source, rows=rows)
        assert crs is None
        found = [text for chunk in chunks for text in chunk.table["row"].to_pylist()]
        assert found == [str(row) for row in range(ROWS)]


def test_table_in_memory() -> None:
    """A table is opened like a file."""
    frame = pd.DataFrame({"row": range(3)})
    _, chunks = open_chunks(FrameSource(frame), rows=2)
    assert [chunk.table["row"].to_pylist() for chunk in chunks] == [[0, 1], [2]]


def test_stopped_early(path: Path) -> None:
    """Who stops reading leaves no thread behind and no file open."""
    (source,) = find_sources([path])
    before = threading.active_count()
    _, chunks = open_chunks(source, rows=10)
    next(chunks)
    chunks.close()
    patience = time.monotonic() + PATIENCE
    while threading.active_count() > before and time.monotonic() < patience:
        time.sleep(0.01)
    assert threading.active_count() == before
    path.unlink()


def test_closed_by_the_reading_thread(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The collector may close a forgotten reading in any thread, also in the one that reads."""
    (source,) = find_sources([path])
    held: list[Any] = []
    is_closed = threading.Event()

    def read(source: Source, *, rows: int) -> Iterator[RawChunk]:
        first, *_ = read_chunks(source, rows=rows)
        yield first
        held[0].close()
        is_closed.set()

    monkeypatch.setattr("hotspots.sources.opening.read_chunks", read)
    _, chunks = open_chunks(source, rows=10)
    held.append(chunks)
    next(chunks)
    assert is_closed.wait(PATIENCE)


def test_errors_come_through(tmp_path: Path) -> None:
    """What goes wrong while reading ahead is raised where the rows are used."""
    packed = tmp_path / "calls.csv.gz"
    rows = b"when,what\n" + b"2024-07-05,noise\n" * 100_000
    packed.write_bytes(gzip.compress(rows)[:-20])
    (source,) = find_sources([packed])
    _, chunks = open_chunks(source, rows=100)
    with pytest.raises(InputError, match=r"calls\.csv\.gz"):
        list(chunks)
