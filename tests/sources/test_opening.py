"""Every kind of source opens in one way, and is read ahead of its use."""

from __future__ import annotations

import gzip
import threading
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hotspots.errors import InputError
from hotspots.sources import FrameSource, find_sources, open_chunks

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 1000


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
    del chunks
    assert threading.active_count() == before
    path.unlink()


def test_errors_come_through(tmp_path: Path) -> None:
    """What goes wrong while reading ahead is raised where the rows are used."""
    packed = tmp_path / "calls.csv.gz"
    rows = b"when,what\n" + b"2024-07-05,noise\n" * 100_000
    packed.write_bytes(gzip.compress(rows)[:-20])
    (source,) = find_sources([packed])
    _, chunks = open_chunks(source, rows=100)
    with pytest.raises(InputError, match=r"calls\.csv\.gz"):
        list(chunks)
