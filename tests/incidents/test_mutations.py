"""Nothing breaks the reader: broken files end in the package's own errors, and no row is lost.

`--cases` sets how many mutated files are read; the seed is fixed, and every case has its own, so
that one that fails can be run alone.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs

if TYPE_CHECKING:
    from pathlib import Path

SEED = 2012

CAD = (
    "CAD Ref,Received,Easting,Northing,Opening codes,Location,Count\n"
    "C1,2025-03-03 21:10,530000,180000,215 202,Park Road,1\n"
    'C2,03/04/2025 07:05,530010.5,180020,"214, 204","High Street, north end",1\n'
    "C3,2025-03-30 01:30,530020,180030,215,Park Road,2\n"
    'C4,2025-10-26 01:30:00,,,215,"two\nlines",1\n'
    "C5,,530030,180040,506,Park Road,1\n"
    "C6,2025-06-01T22:00:00+01:00,0,0,215,=cmd(),1\n"
    "C1,2025-03-03 22:10,530000,180000,211,Café,1\n"
)
POLICE_UK = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context\n"
    ",2024-05,Metropolitan Police Service,Metropolitan Police Service,-0.1276,51.5072,"
    "On or near Strand,E01004734,Westminster 018A,Anti-social behaviour,,\n"
    "ab12,2024-05,Metropolitan Police Service,Metropolitan Police Service,-0.1,51.5,"
    "On or near Strand,E01004734,Westminster 018A,Burglary,Under investigation,\n"
    ",2024-05,Metropolitan Police Service,Metropolitan Police Service,,,No Location,,,"
    "Anti-social behaviour,,\n"
)
CELLS = "month;longitude;latitude;count\n2024-01;-0.1;51.5;3\n2024-02;-0.1;51.5;0\n2024-03;51;0;1\n"


def documents() -> dict[str, bytes]:
    """Make one small file of every kind that is read, by suffix."""
    frame = pd.read_csv(io.StringIO(CAD), dtype="str")
    found = {
        "cad.csv": CAD.encode(),
        "police.csv": POLICE_UK.encode(),
        "cells.csv": CELLS.encode(),
        "bom.csv": CAD.encode("utf-8-sig"),
        "wide.csv": CAD.encode("utf-16"),
        "old.csv": CAD.encode("cp1252"),
        "cad.csv.gz": gzip.compress(CAD.encode(), mtime=0),
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("one.csv", CAD)
        packed.writestr("two/police.csv", POLICE_UK)
    found["both.zip"] = archive.getvalue()
    sheet, table = io.BytesIO(), io.BytesIO()
    frame.to_excel(sheet, index=False)
    frame.to_parquet(table)
    found["cad.xlsx"], found["cad.parquet"] = sheet.getvalue(), table.getvalue()
    points = gpd.GeoDataFrame(
        {"received": ["2025-03-03 21:10", "2025-03-03 22:10"]},
        geometry=gpd.points_from_xy([-0.1, -0.2], [51.5, 51.6]),
        crs="EPSG:4326",
    )
    found["points.geojson"] = points.to_json().encode()
    return found


# A broken text is read in a few milliseconds; the other kinds take longer and have fewer ways.
OFTEN = ("cad.csv", "police.csv", "cells.csv", "bom.csv", "wide.csv", "old.csv")


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Change some bytes: flip, insert, delete, repeat, cut off, or swap in telling characters."""
    data = bytearray(content)
    telling = b"\"',;\t\n\r\0\xff\xfe=|-. \x1a{<"
    for _ in range(int(rng.integers(1, 6))):
        if not data:
            break
        at = int(rng.integers(len(data)))
        size = int(rng.integers(1, 20))
        kind = int(rng.integers(6))
        if kind == 0:
            data[at] = int(rng.integers(256))
        elif kind == 1:
            data[at:at] = rng.integers(0, 256, size, dtype=np.uint8).tobytes()
        elif kind == 2:
            del data[at : at + size]
        elif kind == 3:
            data[at:at] = data[at : at + size]
        elif kind == 4:
            del data[at:]
        else:
            data[at] = telling[int(rng.integers(len(telling)))]
    return bytes(data)


def check_nothing_lost(reading: hs.Reading) -> None:
    """Rows in = accepted + out of scope + rejected, in all, by file, by reason and in the lists."""
    parts = reading.n_accepted + reading.n_out_of_scope + reading.n_rejected
    assert reading.n_rows == parts == reading.summary["rows"].sum()
    assert len(reading.incidents) == reading.n_accepted
    assert len(reading.rejected) == reading.n_rejected
    assert len(reading.out_of_scope) == reading.n_out_of_scope
    assert reading.incidents.index.is_unique
    assert (reading.incidents["weight"] > 0).all()


def test_mutated_files_end_in_our_errors_or_a_full_account(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Whatever a byte does to a file, no other library's error comes through and no row is lost."""
    kinds = documents()
    others = [name for name in kinds if name not in OFTEN]
    n_read = n_refused = 0
    for case in range(*pytestconfig.getoption("cases")):
        rng = np.random.default_rng([SEED, case])
        names = others if case % 10 == 0 else OFTEN
        name = names[int(rng.integers(len(names)))]
        path = tmp_path / f"{case}-{name}"
        path.write_bytes(mutated(kinds[name], rng))
        try:
            reading = hs.read_incidents(path)
        except hs.HotspotsError as error:
            n_refused += len(str(error)) > 0
        except Exception as error:  # noqa: BLE001 (any other is the defect that is looked for)
            pytest.fail(f"case {case} ({name}): {type(error).__name__}: {error}")
        else:
            check_nothing_lost(reading)
            n_read += 1
        path.unlink()
    first, end = pytestconfig.getoption("cases")
    assert n_read + n_refused == end - first
    assert n_read > n_refused / 10 > 0


CELL = st.one_of(
    st.sampled_from(
        ["", "2025-03-03 21:10", "03/04/2025", "31/02/2025", "2999-01-01", "1900-01-01", "45291.5"]
    ),
    st.sampled_from(["530000", "180000", "0", "-1", "1e309", "nan", "51.5", "-0.1", "inf", "1,5"]),
    st.sampled_from(["215 202", "506", "639", "=cmd|' /C calc'!A0", "Anti-social behaviour"]),
    st.text(max_size=12),
)


class TestProperties:
    """Tables of any cells."""

    @settings(max_examples=150)
    @given(
        rows=st.lists(st.lists(CELL, min_size=6, max_size=6), min_size=1, max_size=12),
        delimiter=st.sampled_from([",", ";", "\t", "|"]),
    )
    def test_every_row_that_a_writer_wrote_is_accounted_for(
        self, rows: list[list[str]], delimiter: str, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """As many rows come out as the standard library's writer put in, blank ones aside."""
        header = ["Ref", "Received", "Easting", "Northing", "Codes", "Location"]
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([header, *rows])
        path = tmp_path_factory.mktemp("rows") / "calls.csv"
        path.write_bytes(text.getvalue().encode("utf-8", errors="replace"))
        reading = hs.read_incidents(path)
        check_nothing_lost(reading)
        is_blank = [all(cell.strip(" \t\n\r\x0b\x0c\0") == "" for cell in row) for row in rows]
        assert reading.n_rows == len(rows) - sum(is_blank)

    @settings(max_examples=100)
    @given(
        rows=st.lists(
            st.tuples(
                st.one_of(st.none(), st.text(max_size=8), st.integers(-5, 10**6), st.floats()),
                st.one_of(st.none(), st.text(max_size=8), st.floats(), st.datetimes()),
                st.one_of(st.none(), st.floats(), st.just(530000)),
                st.one_of(st.none(), st.floats(), st.just(180000)),
                st.one_of(st.none(), st.floats(), st.just(1)),
            ),
            min_size=1,
            max_size=10,
        )
    )
    def test_every_row_of_a_frame_is_accounted_for(self, rows: list[tuple[Any, ...]]) -> None:
        """A table in memory with any objects in its cells."""
        frame = pd.DataFrame(rows, columns=["ref", "received", "easting", "northing", "count"])
        reading = hs.read_incidents(frame, layout="cells", columns={"id": "ref"})
        check_nothing_lost(reading)
        assert reading.n_rows == len(frame)
