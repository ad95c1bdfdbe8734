"""Hostile inputs: whatever a file holds, each row is somewhere and the user is told what to do.

Every case of the specification is read as a user would read it, through `read_incidents`, and some
through the command. A refused file must be told in four parts (what is wrong, what was given, what
is allowed, what to do), a row left out in three (its line, its reason, what was given).
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import math
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots import cli
from hotspots.sources import packed
from hotspots.tables import INCIDENTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_LISTED = 100_000
HEADER = "received,easting,northing,location\n"
# A good row but for its last value.
GOOD = "2024-01-05 10:20,530000,180000,"
POLICE_UK = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context\n"
)
ASB = ",2024-05,Met,Met,-0.1276,51.5072,On or near Strand,E01004734,W 018A,{kind},,\n"
# The worked example of the Ordnance Survey's guide, in degrees and on the National Grid.
OS_DEGREES = (1 + 42 / 60 + 57.8663 / 3600, 52 + 39 / 60 + 28.8282 / 3600)
OS_GRID = (651409.804, 313177.450)
FORMULA = "=cmd|' /C calc'!A0"
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(folder: Path, content: str | bytes, name: str = "calls.csv") -> Path:
    """Write a file as it stands, and return its path."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_of(n: int) -> str:
    """Give good rows with different times, points and locations."""
    whens = (f"2024-01-{k % 28 + 1:02d} {k % 24:02d}:17" for k in range(n))
    return "".join(
        f"{when},{530_000 + k % 50},{180_000 + k // 50},Road {k}\n" for k, when in enumerate(whens)
    )


def times_of(texts: Sequence[str]) -> str:
    """Give a table of good rows with these times."""
    lines = [f'"{text}",530000,180000,Road\n' for text in texts]
    return HEADER + "".join(lines)


def zipped(members: dict[str, str | bytes]) -> bytes:
    """Give the bytes of a zip."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in members.items():
            archive.writestr(name, inside)
    return content.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    """Give the bytes of a Parquet file."""
    content = io.BytesIO()
    frame.to_parquet(content)
    return content.getvalue()


def read(source: Any, n_rows: int, **options: Any) -> hs.Reading:
    """Read, and check that every one of so many rows is somewhere, once."""
    reading = hs.read_incidents(source, **options)
    assert reading.n_rows == n_rows
    assert n_rows == reading.n_accepted + reading.n_out_of_scope + reading.n_rejected
    assert n_rows == reading.summary["rows"].sum()
    assert len(reading.incidents) == reading.n_accepted
    for outcome, listed in (("rejected", reading.rejected), ("out_of_scope", reading.out_of_scope)):
        counts = reading.by_reason(outcome)
        shown = {reason: min(count, MOST_LISTED) for reason, count in counts.items()}
        assert listed["reason"].value_counts().to_dict() == shown
        assert (listed["detail"].str.len() <= 100).all()
    INCIDENTS.validate(reading.incidents)
    return reading


def left_out(reading: hs.Reading) -> list[tuple[int, str, str]]:
    """Give the line, the reason and what was given of each rejected row."""
    rejected = reading.rejected
    return list(zip(rejected["line"], rejected["reason"], rejected["detail"], strict=True))


def noted(reading: hs.Reading, words: str) -> str:
    """Give the only note with some words in it."""
    found = [note for note in reading.notes if words in note]
    assert len(found) == 1, f"'{words}' is in {len(found)} of {reading.notes}"
    return found[0]


def walls(reading: hs.Reading) -> list[str]:
    """Give what the London clock showed."""
    return [f"{start:%Y-%m-%d %H:%M}" for start in reading.incidents["start"]]


def points(reading: hs.Reading) -> list[tuple[float, float]]:
    """Give the points, rounded to a millimetre."""
    geometry = reading.incidents.geometry
    return [(round(x, 3), round(y, 3)) for x, y in zip(geometry.x, geometry.y, strict=True)]


def refused(source: Any, given: str, **options: Any) -> str:
    """Give the message with which a source is refused; it must have its four parts."""
    with pytest.raises(hs.HotspotsError) as caught:
        hs.read_incidents(source, **options)
    message = str(caught.value)
    assert given in message, f"does not say what was given: {message}"
    said = re.fullmatch(r"(?P<wrong>.+?)[.:;] Must (?P<rule>.+)", message, re.DOTALL)
    assert said is not None, f"does not say what is allowed: {message}"
    has_remedy = re.search(r"[.?!)] [A-Z'\"].*[.?]$", said["rule"], re.DOTALL)
    assert has_remedy, f"does not say what to do: {message}"
    return message


CHILD = """
import json, sys
import hotspots as hs

told = []
for path in sys.argv[1:]:
    try:
        reading = hs.read_incidents(path)
    except hs.HotspotsError as error:
        told.append({"error": str(error)})
        continue
    told.append({
        "rows": reading.n_rows,
        "parts": [reading.n_accepted, reading.n_out_of_scope, reading.n_rejected],
        "rejected": reading.by_reason("rejected"),
        "listed": reading.rejected["reason"].value_counts().to_dict(),
        "last": int(reading.rejected["line"].max()) if reading.n_rejected else 0,
        "notes": reading.notes,
    })
if sys.platform == "win32":
    import psutil
    peak = psutil.Process().memory_info().peak_wset
elif sys.platform == "linux":
    # What getrusage gives would include the process that started this one.
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"told": told, "peak_mb": peak / 1e6}))
"""


def measured(*paths: Path) -> tuple[list[dict[str, Any]], float]:
    """Read files in a process of its own: what came of each, and the most memory, megabytes."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", CHILD, *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return answer["told"], answer["peak_mb"]


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "hotspots.cli", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
        timeout=120,
    )


class TestText:
    """How a text table may be written: whatever the bytes, the rows come out."""

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_delimiters(self, tmp_path: Path, delimiter: str) -> None:
        """The delimiter is found in the file, whatever its name says."""
        text = (HEADER + rows_of(3)).replace(",", delimiter)
        reading = read(write(tmp_path, text, "calls.tsv"), 3)
        assert points(reading) == [(530000, 180000), (530001, 180000), (530002, 180000)]

    @pytest.mark.parametrize(
        ("encoding", "mark"),
        [
            ("utf-8", codecs.BOM_UTF8),
            ("cp1252", b""),
            ("utf-16-le", codecs.BOM_UTF16_LE),
            ("utf-16-be", codecs.BOM_UTF16_BE),
            ("utf-16-le", b""),
            ("utf-16-be", b""),
        ],
    )
    def test_encodings(self, tmp_path: Path, encoding: str, mark: bytes) -> None:
        """Accents, dashes and pounds come through, and the first column keeps its name."""
        # A mark before the quotation mark of the first name must not make it part of the name.
        text = f'"received"{HEADER.removeprefix("received")}{rows_of(20)}{GOOD}Café Zoë – £5\n'
        reading = read(write(tmp_path, mark + text.encode(encoding)), 21)
        assert reading.incidents["location"].iloc[-1] == "Café Zoë – £5"
        assert reading.incidents.index[-1] == "calls.csv:22"

    def test_nul(self, tmp_path: Path) -> None:
        """NUL bytes in a text are dropped; the values around them are read."""
        text = HEADER + GOOD + "High\0 Street\n" + "2024-01\0-06 11:00,53\x000001,180000,b\n"
        reading = read(write(tmp_path, text), 2)
        assert reading.incidents["location"].tolist() == ["High Street", "b"]
        assert walls(reading) == ["2024-01-05 10:20", "2024-01-06 11:00"]
        assert points(reading)[1] == (530001, 180000)

    def test_ragged_rows(self, tmp_path: Path) -> None:
        """A row with more or fewer values is rejected as it stands, the others are not moved."""
        text = HEADER + rows_of(5) + "x,530000\n" + GOOD + "High Street, north\n" + rows_of(2)
        reading = read(write(tmp_path, text), 9)
        assert left_out(reading) == [
            (7, "ragged_row", "x,530000"),
            (8, "ragged_row", GOOD + "High Street, north"),
        ]
        assert reading.incidents.index[-1] == "calls.csv:10"

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            pytest.param((HEADER + GOOD + "a\nx,,,\n").replace("\n", "\r"), 3, id="carriage"),
            pytest.param(("sep=;\n" + HEADER + GOOD + "a\nx,,,\n").replace(",", ";"), 4, id="sep"),
            pytest.param("Calls\nPrinted 1 May\n\n" + HEADER + GOOD + "a\nx,,,\n", 6, id="titles"),
            pytest.param("Calls,,,\n,,,\n" + HEADER + GOOD + "a\nx,,,\n", 5, id="filled titles"),
            pytest.param((HEADER + GOOD + "a\nx,,,\n").replace("\n", ",\n"), 3, id="trailing"),
            pytest.param(HEADER + GOOD + "a,\nx,,,,\n", 3, id="trailing below"),
            pytest.param(HEADER + "\n\n" + GOOD + "a\n \n,,,\nx,,,\n\n", 7, id="blank lines"),
            pytest.param(HEADER + GOOD + '"a\nb"\nx,,,\n', 4, id="quoted line break"),
            pytest.param(HEADER + GOOD + '"a\r\n\r\nb"\r\nx,,,\n', 5, id="quoted blank line"),
            pytest.param(HEADER + GOOD + "a\nx,,,\n\x1a", 3, id="end of file mark"),
            pytest.param(HEADER + GOOD + "a\nx,,,", 3, id="no last line end"),
        ],
    )
    def test_line_numbers(self, tmp_path: Path, text: str, line: int) -> None:
        """Blank lines, titles and quoted line breaks count as lines and never as rows."""
        reading = read(write(tmp_path, text), 2)
        assert left_out(reading) == [(line, "bad_time", "x")]
        assert walls(reading) == ["2024-01-05 10:20"]

    @pytest.mark.parametrize("later", ["", '"High Street, north"'])
    def test_unbalanced_quote(self, tmp_path: Path, later: str) -> None:
        """Of 1,000 rows only the one with the open quotation mark is lost, whatever follows."""
        lines = [f"2024-01-05 10:20,{530_000 + k},180000,Road {k}\n" for k in range(1000)]
        lines[499] = GOOD + '"Road 499\n'
        lines[502] = lines[502].replace("Road 502", later or "Road 502")
        reading = read(write(tmp_path, HEADER + "".join(lines) + "x,,,\n"), 1001)
        assert left_out(reading) == [
            (501, "open_quote", GOOD + '"Road 499'),
            (1002, "bad_time", "x"),
        ]
        # Each of the others has its own easting, and so its own line.
        shift = reading.incidents.index.str.split(":").str[1].astype(int) - 2
        assert (reading.incidents.geometry.x - 530_000 == shift.to_numpy()).all()

    @pytest.mark.parametrize("text", [HEADER, HEADER.strip(), HEADER + "\n\n"])
    def test_header_only(self, tmp_path: Path, text: str) -> None:
        """A header without rows is a table without rows."""
        assert read(write(tmp_path, text), 0).incidents.empty

    def test_300_columns(self, tmp_path: Path) -> None:
        """Columns that play no part pass through, however many."""
        more = [f"c{k}" for k in range(297)]
        text = ",".join(["received", "easting", "northing", *more]) + "\n"
        text += ",".join(["2024-01-05 10:20", "530000", "180000", *map(str, range(297))]) + "\n"
        incidents = read(write(tmp_path, text), 1).incidents
        assert incidents[more].iloc[0].tolist() == [str(k) for k in range(297)]

    def test_column_names_with_quotes_and_line_breaks(self, tmp_path: Path) -> None:
        """Such names are recognised by their words, and pass through unchanged."""
        text = '"Call\nReceived",Easting,Northing,"a ""b"" c",=x\n' + GOOD + "1,2\n"
        reading = read(write(tmp_path, text), 1)
        assert reading.incidents.index.tolist() == ["calls.csv:3"]
        assert reading.incidents[['a "b" c', "=x"]].iloc[0].tolist() == ["1", "2"]

    def test_any_case_and_spaces_in_names(self, tmp_path: Path) -> None:
        """Case, spaces and underscores of a name do not matter."""
        text = " RECEIVED ,East_ing,NORTHING,Location\n" + GOOD + "a\n"
        assert read(write(tmp_path, text), 1).n_accepted == 1


class TestPlaces:
    """Coordinates that are exchanged, missing, of another system, or written in another way."""

    degrees = "longitude,latitude,received\n"
    metres = "easting,northing,received\n"
    when = ",2024-01-05 10:20\n"

    def table(self, header: str, pairs: Sequence[str]) -> str:
        """Give a table with these pairs of coordinates."""
        return header + "".join(pair + self.when for pair in pairs)

    def test_all_exchanged_degrees(self, tmp_path: Path) -> None:
        """If longitude and latitude stand in each other's place they are exchanged, with a note."""
        right = read(write(tmp_path, self.table(self.degrees, ["-0.12,51.5", "-0.13,51.51"])), 2)
        text = self.table(self.degrees, ["51.5,-0.12", "51.51,-0.13"])
        reading = read(write(tmp_path, text, "wrong.csv"), 2)
        assert points(reading) == points(right)
        assert "longitude and latitude" in noted(reading, "exchanged")

    def test_all_exchanged_metres(self, tmp_path: Path) -> None:
        """London's eastings and northings are told apart, although both orders are in Britain."""
        path = write(tmp_path, self.table(self.metres, ["180000,530000", "180100,530010"]))
        reading = read(path, 2)
        assert points(reading) == [(530000, 180000), (530010, 180100)]
        assert "easting and northing" in noted(reading, "exchanged")

    def test_some_exchanged_degrees(self, tmp_path: Path) -> None:
        """A single row that is exchanged is rejected and named as such."""
        text = self.table(self.degrees, ["-0.12,51.5"] * 11 + ["51.51,-0.13"])
        reading = read(write(tmp_path, text), 12)
        assert left_out(reading) == [(13, "swapped_location", "51.51, -0.13")]
        assert not any("exchanged" in note for note in reading.notes)

    def test_some_exchanged_metres(self, tmp_path: Path) -> None:
        """So is one in metres, which would lie in the sea off Galloway."""
        text = self.table(self.metres, ["530000,180000"] * 11 + ["180000,530000"])
        reading = read(write(tmp_path, text), 12)
        assert left_out(reading) == [(13, "swapped_location", "180000, 530000")]

    @pytest.mark.parametrize("header", [degrees, metres])
    @pytest.mark.parametrize("zero", ["0,0", "0.0,0.000", "-0,0"])
    def test_null_island(self, tmp_path: Path, header: str, zero: str) -> None:
        """Two zeros are no place, in degrees and in metres, among others and alone."""
        good = "-0.12,51.5" if header == self.degrees else "530000,180000"
        reading = read(write(tmp_path, self.table(header, [good] * 3 + [zero])), 4)
        assert left_out(reading) == [(5, "bad_location", zero.replace(",", ", "))]
        alone = read(write(tmp_path, self.table(header, [zero]), "alone.csv"), 1)
        assert alone.by_reason("rejected") == {"bad_location": 1}

    @pytest.mark.parametrize("pair", ["530000,0", "0,180000", "1,1", "0.05,51.5"])
    def test_no_place_of_the_grid(self, tmp_path: Path, pair: str) -> None:
        """Metres with a zero, ones, or degrees among them are in the sea: no report is there."""
        reading = read(
            write(tmp_path, self.table(self.metres, ["530000,180000"] * 11 + [pair])), 12
        )
        assert [(line, given) for line, _, given in left_out(reading)] == [
            (13, pair.replace(",", ", "))
        ]
        assert set(reading.rejected["reason"]) <= {"bad_location", "outside_great_britain"}

    @pytest.mark.parametrize("header", ["x,y,received\n", degrees])
    def test_web_mercator(self, tmp_path: Path, header: str) -> None:
        """Web Mercator is not guessed but named; with crs= it is right to a metre."""
        # By the formulas of the projection, of which PROJ knows nothing: x is the longitude and y
        # the stretched latitude, in radians of a sphere of 6,378,137 m.
        longitude, latitude = (math.radians(value) for value in OS_DEGREES)
        x = 6_378_137 * longitude
        y = 6_378_137 * math.log(math.tan(math.pi / 4 + latitude / 2))
        path = write(tmp_path, self.table(header, [f"{x:.3f},{y:.3f}"] * 2))
        reading = read(path, 2)
        given = f"{x:.3f}, {y:.3f}"
        assert left_out(reading) == [
            (2, "outside_great_britain", given),
            (3, "outside_great_britain", given),
        ]
        assert "give crs='EPSG:3857'" in noted(reading, "Web Mercator")
        for crs in ("EPSG:3857", 3857):
            there = read(path, 2, crs=crs)
            assert points(there)[0] == pytest.approx(OS_GRID, abs=1)
            noted(there, "EPSG:3857 to EPSG:4326")

    @pytest.mark.parametrize(
        ("crs", "pair"),
        [
            # Charing Cross, by PROJ 9.5.
            ("EPSG:32630", "699330.98,5710142.07"),
            ("EPSG:32631", "282963.14,5710868.34"),
            ("EPSG:3035", "3620448.67,3203879.37"),
        ],
    )
    def test_other_systems(self, tmp_path: Path, crs: str, pair: str) -> None:
        """The system that is named is the one in which the points are in London, not in the sea."""
        path = write(tmp_path, self.table("x,y,received\n", [pair] * 2))
        reading = read(path, 2)
        assert reading.by_reason("rejected") == {"outside_great_britain": 2}
        assert f"give crs='{crs}'" in noted(reading, "outside Great Britain")
        # Charing Cross on the National Grid.
        assert points(read(path, 2, crs=crs))[0] == pytest.approx((530040, 180370), abs=30)

    @pytest.mark.parametrize(
        ("header", "good", "far"),
        [
            (degrees, "-0.12,51.5", ["2.35,48.85", "179,51.5", "-0.1,89"]),
            (metres, "530000,180000", ["900000,180000", "-5,180000", "1e9,2e9"]),
        ],
    )
    def test_far_away(self, tmp_path: Path, header: str, good: str, far: list[str]) -> None:
        """A point in Paris, at sea or off the map is rejected, and moves no other point."""
        few = read(write(tmp_path, self.table(header, [good, good])), 2)
        text = self.table(header, [good, good, *far])
        reading = read(write(tmp_path, text, "far.csv"), 5)
        assert left_out(reading) == [
            (line, "outside_great_britain", pair.replace(",", ", "))
            for line, pair in enumerate(far, start=4)
        ]
        assert points(reading) == points(few)

    def test_one_impossible_longitude(self, tmp_path: Path) -> None:
        """One number that can be no degree does not turn a small file of degrees into metres."""
        text = self.table(self.degrees, ["-0.12,51.5", "0.05,51.5", "0.06,51.51", "530000,51.5"])
        reading = read(write(tmp_path, text), 4)
        assert left_out(reading) == [(5, "outside_great_britain", "530000, 51.5")]
        assert (reading.incidents.geometry.x > 500_000).all()

    def test_words_and_halves(self, tmp_path: Path) -> None:
        """Words, half a point and no number are rejected; no point at all is accepted, noted."""
        given = ["-0.12,51.5", "abc,51.5", ",51.5", "-0.1,inf", "530000m,1", ","]
        reading = read(write(tmp_path, self.table(self.degrees, given)), 6)
        assert left_out(reading) == [
            (3, "bad_location", "abc, 51.5"),
            (4, "bad_location", ", 51.5"),
            (5, "bad_location", "-0.1, inf"),
            (6, "bad_location", "530000m, 1"),
        ]
        assert reading.incidents.geometry.isna().tolist() == [False, True]
        assert "1 accepted" in noted(reading, "no point")

    def test_thousands(self, tmp_path: Path) -> None:
        """Quoted thousands separators are read, misplaced ones are not."""
        pairs = ['"530,000","180,000"', '530100.5,"180,100.25"', '"530,00","180,000"']
        reading = read(write(tmp_path, self.table(self.metres, pairs)), 3)
        assert points(reading) == [(530000, 180000), (530100.5, 180100.25)]
        assert left_out(reading) == [(4, "bad_location", "530,00, 180,000")]

    @pytest.mark.parametrize("pair", ["-0,12;51,5", "-0,120;51,500", "0,120;51,500"])
    def test_decimal_commas_put_no_point_elsewhere(self, tmp_path: Path, pair: str) -> None:
        """Degrees with a decimal comma are read right or not at all, never as thousands."""
        text = "longitude;latitude;received\n" + f"{pair};2024-01-05 10:20\n" * 2
        reading = read(write(tmp_path, text), 2)
        right = "longitude;latitude;received\n" + f"{pair};2024-01-05 10:20\n".replace(",", ".")
        there = points(read(write(tmp_path, right, "right.csv"), 1))
        assert points(reading) == there * reading.n_accepted
        assert reading.n_rejected in (0, 2)

    @pytest.mark.parametrize("pair", ["-0,12;51,5", "-0,120;51,500", "0,120;51,500"])
    def test_decimal_commas_are_explained(self, tmp_path: Path, pair: str) -> None:
        """The user is told of the commas, whichever way it went."""
        text = "longitude;latitude;received\n" + f"{pair};2024-01-05 10:20\n" * 2
        reading = read(write(tmp_path, text), 2)
        assert any("comma" in note for note in reading.notes), reading.notes

    def test_well_known_text(self, tmp_path: Path) -> None:
        """A column of points may hold an empty one (no place), and what is no point is rejected."""
        given = ["POINT (530000 180000)", "", "POINT EMPTY", "LINESTRING (0 0, 1 1)", "rubbish"]
        text = "received;geometry\n" + "".join(f"2024-01-05 10:20;{word}\n" for word in given)
        reading = read(write(tmp_path, text), 5)
        assert left_out(reading) == [
            (5, "bad_location", "LINESTRING (0 0, 1 1)"),
            (6, "bad_location", "rubbish"),
        ]
        assert reading.incidents.geometry.isna().tolist() == [False, True, True]


class TestTimes:
    """Dates and clock times that cannot be, are not known, or could mean two things."""

    def test_unparsable(self, tmp_path: Path) -> None:
        """What is no date is rejected as it was given; nothing rolls over."""
        given = ["yesterday", "32/01/2024 10:00", "2024-02-30 10:00", "10:00", "2024-13-01", "12"]
        reading = read(write(tmp_path, times_of(["2024-01-05 10:20", *given, ""])), 8)
        assert left_out(reading) == [
            *((line, "bad_time", text) for line, text in enumerate(given, start=3)),
            (9, "missing_time", ""),
        ]

    def test_ambiguous(self, tmp_path: Path) -> None:
        """03/04/2024 is 3 April, with a note that says what to give if it is 4 March."""
        path = write(tmp_path, times_of(["03/04/2024 10:20", "05/06/2024 11:20"]))
        reading = read(path, 2)
        assert walls(reading) == ["2024-04-03 10:20", "2024-06-05 11:20"]
        assert "give date_order='month-first'" in noted(reading, "03/04/2024")
        other = read(path, 2, date_order="month-first")
        assert walls(other) == ["2024-03-04 10:20", "2024-05-06 11:20"]
        stated = read(path, 2, date_order="day-first")
        assert walls(stated) == walls(reading)
        assert not any("could be" in note for note in (*other.notes, *stated.notes))

    def test_evidence(self, tmp_path: Path) -> None:
        """One date that fits one order only decides for all of them."""
        path = write(tmp_path, times_of(["03/04/2024 10:20", "05/26/2024 11:20"]))
        reading = read(path, 2)
        assert walls(reading) == ["2024-03-04 10:20", "2024-05-26 11:20"]
        assert "give date_order='day-first'" in noted(reading, "05/26/2024")
        path = write(tmp_path, times_of(["03/04/2024 10:20", "26/05/2024 11:20"]), "b.csv")
        assert walls(read(path, 2)) == ["2024-04-03 10:20", "2024-05-26 11:20"]

    def test_evidence_on_both_sides(self, tmp_path: Path) -> None:
        """The greater number decides; what it cannot explain is rejected, not turned round."""
        given = ["03/04/2024 10:20", "26/05/2024 10:20", "27/05/2024 10:20", "05/26/2024 10:20"]
        reading = read(write(tmp_path, times_of(given)), 4)
        assert left_out(reading) == [(5, "bad_time", "05/26/2024 10:20")]
        assert walls(reading)[0] == "2024-04-03 10:20"
        assert "give date_order='month-first'" in noted(reading, "2 dates can only be day-first")

    def test_future_and_past(self, tmp_path: Path) -> None:
        """2999 and 1900 are what systems fill in: each has its reason. Today is no future."""
        soon = f"{pd.Timestamp.now() + pd.Timedelta(hours=12):%Y-%m-%d %H:%M}"
        later = f"{pd.Timestamp.now() + pd.Timedelta(days=3):%Y-%m-%d %H:%M}"
        given = [
            ("2999-01-01 00:30", "future_time"),
            ("9999-12-31 23:59", "future_time"),
            (later, "future_time"),
            ("1900-01-01 00:00", "old_time"),
            ("01/01/1900", "old_time"),
            ("1970-01-01 00:00", "old_time"),
            ("1989-12-31 23:59", "old_time"),
        ]
        texts = ["1990-01-01 00:01", soon, *(text for text, _ in given)]
        reading = read(write(tmp_path, times_of(texts)), 9)
        assert left_out(reading) == [
            (line, reason, text) for line, (text, reason) in enumerate(given, start=4)
        ]
        assert walls(reading) == ["1990-01-01 00:01", soon]

    @pytest.mark.parametrize("kind", ["csv", "xlsx", "frame"])
    def test_serial_numbers(self, tmp_path: Path, kind: str) -> None:
        """Excel's days since 1899-12-30: 45350 is 28 February 2024, 0.75 of it is 18:00."""
        frame = pd.DataFrame(
            {"received": [45350.75, 45351.5, 45352.0], "easting": 530000, "northing": 180000}
        )
        source: Any = frame
        if kind == "csv":
            source = write(tmp_path, frame.to_csv(index=False))
        elif kind == "xlsx":
            source = tmp_path / "calls.xlsx"
            frame.to_excel(source, index=False)
        reading = read(source, 3)
        assert walls(reading) == ["2024-02-28 18:00", "2024-02-29 12:00", "2024-03-01 00:00"]
        assert "45350.75 is 2024-02-28 18:00" in noted(reading, "days of a spreadsheet")

    def test_numbers_that_are_no_dates(self, tmp_path: Path) -> None:
        """Plain numbers are not guessed, and a note says how to write them."""
        reading = read(write(tmp_path, times_of(["45350.75", "123456789", "1", "2"])), 4)
        assert reading.by_reason("rejected") == {"bad_time": 4}
        assert "write them as 2024-11-03 18:30" in noted(reading, "plain numbers")

    def test_midnight_heaping(self, tmp_path: Path) -> None:
        """Where 00:00 stands for "not known" these rows are days; the other times are kept."""
        known = [f"2024-01-{k % 28 + 1:02d} {k % 23 + 1:02d}:{7 * k % 60:02d}" for k in range(48)]
        dates = [f"2024-02-{k % 28 + 1:02d} 00:00" for k in range(60)]
        reading = read(write(tmp_path, times_of(known + dates)), 108)
        assert reading.incidents["time_precision"].tolist() == ["minute"] * 48 + ["day"] * 60
        assert walls(reading)[:48] == known
        last = reading.incidents.iloc[-1]
        assert last["end"] - last["start"] == pd.Timedelta(days=1)
        noted(reading, "60 of 108 times are exactly 00:00")

    def test_genuine_midnights(self, tmp_path: Path) -> None:
        """If every full hour is as frequent, midnight is a time like any other."""
        given = [f"2024-01-{k % 28 + 1:02d} {k % 24:02d}:00" for k in range(480)]
        reading = read(write(tmp_path, times_of(given)), 480)
        assert set(reading.incidents["time_precision"]) == {"minute"}
        assert not any("00:00" in note for note in reading.notes)

    def test_a_column_of_midnights(self, tmp_path: Path) -> None:
        """If every time is 00:00 the column holds dates."""
        reading = read(write(tmp_path, times_of(["2024-01-05 00:00", "2024-01-06 00:00"])), 2)
        assert set(reading.incidents["time_precision"]) == {"day"}
        noted(reading, "every time is 00:00")

    def test_offsets(self, tmp_path: Path) -> None:
        """An offset says which moment it is, on the days of the clock change, too."""
        given = {
            "2025-07-01T10:00:00Z": "2025-07-01 11:00",
            "2025-07-01T10:00:00+05:30": "2025-07-01 05:30",
            "2025-10-26T01:30:00+01:00": "2025-10-26 01:30",
            "2025-10-26T01:30:00+00:00": "2025-10-26 01:30",
            "2025-03-30T01:30:00Z": "2025-03-30 02:30",
        }
        reading = read(write(tmp_path, times_of([*given, "2025-07-01T10:00:00+99:00"])), 6)
        assert walls(reading) == list(given.values())
        starts = reading.incidents["start"]
        assert starts.iloc[3] - starts.iloc[2] == pd.Timedelta(hours=1)
        assert not reading.incidents["is_ambiguous_time"].any()
        assert left_out(reading) == [(7, "bad_time", "2025-07-01T10:00:00+99:00")]

    def test_24_hours(self, tmp_path: Path) -> None:
        """24:00 is the midnight that follows; 24:01 and 23:60 are no times."""
        given = ["2024-12-31 24:00", "2024-12-31 24:01", "2024-12-31 23:60", "2024-12-31 25:00"]
        reading = read(write(tmp_path, times_of(given)), 4)
        assert walls(reading) == ["2025-01-01 00:00"]
        assert [(line, reason) for line, reason, _ in left_out(reading)] == [
            (3, "bad_time"),
            (4, "bad_time"),
            (5, "bad_time"),
        ]

    def test_clock_changes(self, tmp_path: Path) -> None:
        """01:00 to 01:59 is never in spring (rejected) and twice in autumn (flagged)."""
        spring = ["2025-03-30 00:59", "2025-03-30 01:00", "2025-03-30 01:59", "2025-03-30 02:00"]
        autumn = ["2025-10-26 00:59", "2025-10-26 01:00", "2025-10-26 01:59", "2025-10-26 02:00"]
        reading = read(write(tmp_path, times_of(spring + autumn)), 8)
        assert left_out(reading) == [
            (3, "nonexistent_time", "2025-03-30 01:00"),
            (4, "nonexistent_time", "2025-03-30 01:59"),
        ]
        incidents = reading.incidents
        assert incidents["is_ambiguous_time"].tolist() == [False] * 3 + [True] * 2 + [False]
        # The first of the two: summer time is an hour ahead.
        assert incidents["start"].iloc[3].utcoffset() == pd.Timedelta(hours=1)

    def test_date_and_clock_apart(self, tmp_path: Path) -> None:
        """Date and clock in two columns, the clock in every way that it is written."""
        clocks = {
            "18:00": "18:00",
            "0.75": "18:00",
            "0.520833333333333": "12:30",
            "1900-01-00 07:30:15": "07:30",
            "7.30pm": "19:30",
            "1905": "19:05",
            "": "00:00",
        }
        text = "date,time,easting,northing\n"
        text += "".join(f"28/02/2024,{clock},530000,180000\n" for clock in [*clocks, "noon", "1.5"])
        reading = read(write(tmp_path, text), 9)
        assert walls(reading) == [f"2024-02-28 {clock}" for clock in clocks.values()]
        assert reading.incidents["time_precision"].tolist() == ["minute"] * 6 + ["day"]
        assert left_out(reading) == [
            (9, "bad_time", "28/02/2024 noon"),
            (10, "bad_time", "28/02/2024 1.5"),
        ]

    def test_serial_dates_and_fractions(self, tmp_path: Path) -> None:
        """Both columns may hold Excel's numbers: 45350 and 0.75 is 28 February 2024, 18:00."""
        text = "date,time,easting,northing\n45350,0.75,530000,180000\n45351,0,530000,180000\n"
        reading = read(write(tmp_path, text + "45352,0.25,530000,180000\n"), 3)
        assert walls(reading) == ["2024-02-28 18:00", "2024-02-29 00:00", "2024-03-01 06:00"]

    def test_one_fraction_among_clock_times(self, tmp_path: Path) -> None:
        """A single cell that a spreadsheet left as a number takes no other time with it."""
        text = "date,time,easting,northing\n" + "28/02/2024,18:00,530000,180000\n" * 20
        reading = read(write(tmp_path, text + "28/02/2024,0.75,530000,180000\n"), 21)
        assert walls(reading) == ["2024-02-28 18:00"] * 21

    def test_dotted_clock_just_after_midnight(self, tmp_path: Path) -> None:
        """In a column with 19.00 and 9.30, 0.30 is half past midnight, no fraction of a day."""
        text = "date,time,easting,northing\n"
        text += "".join(
            f"2024-02-28,{clock},530000,180000\n" for clock in ("19.00", "9.30", "0.30")
        )
        reading = read(write(tmp_path, text), 3)
        assert walls(reading) == ["2024-02-28 19:00", "2024-02-28 09:30", "2024-02-28 00:30"]

    @pytest.mark.parametrize("kind", ["xlsx", "parquet", "frame"])
    @pytest.mark.parametrize("clock", [[0.75, 0.5, 0.25], ["18:00", "12:00", "06:00"]])
    def test_typed_date_and_clock_apart(
        self, tmp_path: Path, kind: str, clock: list[float] | list[str]
    ) -> None:
        """A date that is a date in the file may have its clock beside it, a number or a text."""
        dates = pd.to_datetime(["2024-02-28", "2024-02-29", "2024-03-01"])
        frame = pd.DataFrame({"date": dates, "time": clock, "easting": 530000, "northing": 180000})
        source: Any = frame
        if kind == "xlsx":
            source = tmp_path / "calls.xlsx"
            frame.to_excel(source, index=False)
        elif kind == "parquet":
            source = write(tmp_path, parquet(frame), "calls.parquet")
        assert walls(read(source, 3)) == [
            "2024-02-28 18:00",
            "2024-02-29 12:00",
            "2024-03-01 06:00",
        ]

    def test_months(self, tmp_path: Path) -> None:
        """A month is known to the month, whichever way it is written; a thirteenth is none."""
        given = ["2024-01", "02/2024", "Mar 2024", "Apr-24", "15/05/2024"]
        lines = "".join(f"{month},530000,180000\n" for month in [*given, "2024-13"])
        reading = read(write(tmp_path, "month,easting,northing\n" + lines), 6)
        assert walls(reading) == [f"2024-0{k}-01 00:00" for k in range(1, 6)]
        assert set(reading.incidents["time_precision"]) == {"month"}
        assert reading.incidents["end"].dt.strftime("%Y-%m-%d").iloc[0] == "2024-02-01"
        assert reading.tier == "monthly"
        assert left_out(reading) == [(7, "bad_time", "2024-13")]


class TestIntervals:
    """When it began and when it ended."""

    four = "date_from,time_from,date_to,time_to,easting,northing\n"
    place = ",530000,180000\n"

    def ends(self, reading: hs.Reading) -> list[str | None]:
        """Give the ends on the London clock; None where none is known."""
        ends = reading.incidents["end"]
        return [None if pd.isna(end) else f"{end:%Y-%m-%d %H:%M}" for end in ends]

    def test_end_before_start(self, tmp_path: Path) -> None:
        """An interval that ends before it begins is rejected; one without length is not."""
        text = "start,end,easting,northing\n"
        for end in ("2024-01-05 10:19", "2024-01-05 10:20", "", "2024-01-06 01:00"):
            text += f"2024-01-05 10:20,{end}{self.place}"
        reading = read(write(tmp_path, text), 4)
        assert left_out(reading) == [(2, "end_before_start", "2024-01-05 10:19")]
        assert self.ends(reading) == ["2024-01-05 10:20", None, "2024-01-06 01:00"]

    def test_four_columns(self, tmp_path: Path) -> None:
        """Date and clock of both ends are joined, fractions of a day among them."""
        given = [
            "13/02/2024,22:00,14/02/2024,07:00",
            "13/02/2024,22:00,13/02/2024,07:00",
            "13/02/2024,0.25,13/02/2024,0.5",
            "13/02/2024,25:00,14/02/2024,07:00",
            "13/02/2024,22:00,,",
        ]
        reading = read(write(tmp_path, self.four + "".join(f"{x}{self.place}" for x in given)), 5)
        assert left_out(reading) == [
            (3, "end_before_start", "13/02/2024 07:00"),
            (5, "bad_time", "13/02/2024 25:00"),
        ]
        assert walls(reading) == ["2024-02-13 22:00", "2024-02-13 06:00", "2024-02-13 22:00"]
        assert self.ends(reading) == ["2024-02-14 07:00", "2024-02-13 12:00", None]

    def test_one_date_and_two_clocks(self, tmp_path: Path) -> None:
        """A clock time alone that is before the start is of the next day."""
        text = "date,start time,end time,easting,northing\n"
        text += f"13/02/2024,22:00,02:00{self.place}13/02/2024,22:00,23:00{self.place}"
        assert self.ends(read(write(tmp_path, text), 2)) == ["2024-02-14 02:00", "2024-02-13 23:00"]

    @pytest.mark.parametrize("start", ["13/02/2024,22:00", "13/02/2024,"])
    def test_end_that_is_only_a_date(self, tmp_path: Path, start: str) -> None:
        """A date that ends an interval lasts to its midnight: the same day is not before 22:00."""
        lines = f"12/02/2024,21:00,12/02/2024,23:30{self.place}{start},13/02/2024,{self.place}"
        reading = read(write(tmp_path, self.four + lines), 2)
        assert left_out(reading) == []
        assert self.ends(reading) == ["2024-02-12 23:30", "2024-02-14 00:00"]

    def test_end_in_the_far_future(self, tmp_path: Path) -> None:
        """What a system fills in for "still open" makes no interval of a thousand years."""
        text = "start,end,easting,northing\n"
        text += f"2024-01-05 10:20,2024-01-05 11:20{self.place}"
        text += f"2024-01-05 10:20,2999-12-31 00:00{self.place}"
        reading = read(write(tmp_path, text), 2)
        ends = reading.incidents["end"].dropna()
        assert (ends < pd.Timestamp("2100-01-01", tz="Europe/London")).all()


class TestWeightsAndReferences:
    """Counts that are none, and references that return."""

    def test_weights(self, tmp_path: Path) -> None:
        """Above 0 and up to a million, to a millionth; 0 is out of scope, the rest rejected."""
        given = ["1", "0.1", "0.333333", "0.3333339", "1000000", "2.50"]
        bad = ["-1", "inf", "-inf", "0.0000001", "1000001", "1e7", "1e400", "two", "1;5", ""]
        text = "received,easting,northing,weight\n"
        text += "".join(f"{GOOD}{weight}\n" for weight in [*given, "0", "-0.0", *bad, "nan"])
        reading = read(write(tmp_path, text), 19)
        weights = reading.incidents["weight"].tolist()
        assert weights == [1, 0.1, 0.333333, 0.333334, 1_000_000, 2.5]
        assert reading.out_of_scope["line"].tolist() == [8, 9]
        assert set(reading.out_of_scope["reason"]) == {"zero_weight"}
        shown = [*enumerate(bad, start=10), (20, "")]
        assert left_out(reading) == [(line, "bad_weight", text) for line, text in shown]

    def test_decimal_commas(self, tmp_path: Path) -> None:
        """Beside 1,5 the weight 1,500 is one and a half: a column has one meaning of its comma."""
        text = "received,easting,northing,weight\n" + "".join(
            f'{GOOD}"{weight}"\n' for weight in ("1,5", "1,500", "2,25")
        )
        reading = read(write(tmp_path, text), 3)
        assert set(reading.incidents["weight"]) <= {1.5, 2.25}
        assert any("comma" in note for note in reading.notes), reading.notes

    def test_fractions_add_up(self, tmp_path: Path) -> None:
        """A thousand tenths are exactly a hundred: weights are added in whole millionths."""
        text = "received,easting,northing,weight\n" + f"{GOOD}0.1\n" * 1000
        reading = read(write(tmp_path, text), 1000)
        area = gpd.GeoDataFrame(
            {"name": ["Square"]},
            geometry=[shapely.box(529_900, 179_900, 530_100, 180_100)],
            index=pd.Index(["Q01"], name="area_id"),
            crs="EPSG:27700",
        )
        assert hs.count_incidents(reading.incidents, hs.make_grid(area)).total == 100

    def test_repeated_references(self, tmp_path: Path) -> None:
        """A reference may return on another day, not on the same one; none at all may."""
        text = (
            "ref,received,easting,northing\n"
            "7,2024-01-05 10:20,530000,180000\n"
            "7,2024-01-05 23:59,530000,180000\n"
            "7,2024-01-06 00:00,530000,180000\n"
            ",2024-01-05 10:20,530000,180000\n"
            ",2024-01-05 10:20,530000,180000\n"
            "07,2024-01-05 10:20,530000,180000\n"
        )
        reading = read(write(tmp_path, text), 6)
        assert left_out(reading) == [(3, "repeated_id", "7")]
        assert reading.incidents.index.tolist() == [
            "7/2024-01-05",
            "7/2024-01-06",
            "calls.csv:5",
            "calls.csv:6",
            "07/2024-01-05",
        ]

    def test_a_reference_whose_first_row_is_rejected(self, tmp_path: Path) -> None:
        """Only an accepted row uses up its reference: the good one after a bad one counts."""
        text = "ref,received,easting,northing\n"
        text += "7,2024-01-05 10:20,0,0\n7,2024-01-05 10:21,530000,180000\n"
        reading = read(write(tmp_path, text), 2)
        assert left_out(reading) == [(2, "bad_location", "0, 0")]
        assert walls(reading) == ["2024-01-05 10:21"]


class TestSpatial:
    """Spatial files and workbooks whose rows may have no point."""

    @pytest.mark.parametrize(
        "name", ["a.geojson", "a.gpkg", "a.shp", "a.parquet", "frame", "a.csv", "a.xlsx"]
    )
    def test_null_geometry(self, tmp_path: Path, name: str) -> None:
        """A row without a point is accepted, counted and noted; the others keep their places."""
        received = ["2024-01-05 10:20", "2024-01-05 11:20", "2024-01-05 12:20"]
        at = [shapely.Point(*OS_DEGREES), None, shapely.Point(*OS_DEGREES)]
        frame = gpd.GeoDataFrame({"received": received}, geometry=at, crs=4326)
        plain = pd.DataFrame({"received": received, "easting": OS_GRID[0], "northing": OS_GRID[1]})
        plain.loc[1, ["easting", "northing"]] = None
        source: Any = tmp_path / name
        if name == "frame":
            source = frame
        elif name == "a.parquet":
            frame.to_parquet(source)
        elif name == "a.csv":
            plain.to_csv(source, index=False)
        elif name == "a.xlsx":
            plain.to_excel(source, index=False)
        else:
            frame.to_file(source, engine="pyogrio")
        reading = read(source, 3)
        geometry = reading.incidents.geometry
        assert geometry.isna().tolist() == [False, True, False]
        for point in geometry.dropna():
            assert (point.x, point.y) == pytest.approx(OS_GRID, abs=0.01)
        assert walls(reading) == received
        assert "1 accepted" in noted(reading, "no point")

    def test_null_geometry_of_flatgeobuf(self, tmp_path: Path) -> None:
        """The same in a FlatGeobuf, in a process of its own, which must not crash."""
        at = [shapely.Point(*OS_DEGREES), None, shapely.Point(*OS_DEGREES)]
        frame = gpd.GeoDataFrame({"received": ["2024-01-05 10:20"] * 3}, geometry=at, crs=4326)
        # Only without an index may a row have no point.
        frame.to_file(tmp_path / "a.fgb", engine="pyogrio", SPATIAL_INDEX="NO")
        (told,), _ = measured(tmp_path / "a.fgb")
        assert told["parts"] == [3, 0, 0]
        assert any("no point" in note for note in told["notes"])

    def test_every_hostile_point(self, tmp_path: Path) -> None:
        """Null Island, Paris and an exchanged point are told apart in a GeoPackage, too."""
        at = [shapely.Point(pair) for pair in ((-0.1, 51.5), (0, 0), (51.5, -0.1), (2.3, 48.8))]
        geometry = [*at, shapely.Point(), None]
        received = ["2024-01-05 10:20"] * 6
        frame = gpd.GeoDataFrame({"received": received}, geometry=geometry, crs=4326)
        frame.to_file(tmp_path / "a.gpkg", engine="pyogrio")
        reading = read(tmp_path / "a.gpkg", 6)
        assert [(line, reason) for line, reason, _ in left_out(reading)] == [
            (2, "bad_location"),
            (3, "swapped_location"),
            (4, "outside_great_britain"),
        ]
        assert reading.incidents.geometry.isna().tolist() == [False, True, True]

    def test_other_system(self, tmp_path: Path) -> None:
        """A file that states its system needs no crs=: Web Mercator is right to a centimetre."""
        at = gpd.GeoSeries([shapely.Point(*OS_DEGREES)], crs=4326).to_crs(3857)
        frame = gpd.GeoDataFrame({"received": ["2024-01-05 10:20"]}, geometry=at)
        frame.to_file(tmp_path / "a.gpkg", engine="pyogrio")
        assert points(read(tmp_path / "a.gpkg", 1))[0] == pytest.approx(OS_GRID, abs=0.01)

    def test_gaps_and_errors_in_a_workbook(self, tmp_path: Path) -> None:
        """Titles, blank rows, gaps and error cells of a sheet shift no row number."""
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for cells in (
            ("Calls of January",),
            (),
            ("received", "easting", "northing"),
            ("2024-01-05 10:20", 530000, 180000),
            (),
            (None, 530000, 180000),
            ("2024-01-05 10:20", "#N/A", 180000),
            ("2024-01-05 10:20", None, None),
        ):
            sheet.append(cells)
        book.save(tmp_path / "a.xlsx")
        reading = read(tmp_path / "a.xlsx", 4)
        assert [(line, reason) for line, reason, _ in left_out(reading)] == [
            (6, "missing_time"),
            (7, "bad_location"),
        ]
        assert reading.incidents.index.tolist() == ["a.xlsx:4", "a.xlsx:8"]


class TestSize:
    """Files that are larger than what they hold is worth: memory stays bounded."""

    def test_line_of_200_megabytes(self, tmp_path: Path) -> None:
        """A line without end is rejected as one row, or refused as a header; none fills memory."""
        block = b"x" * 1_000_000
        row, header = tmp_path / "row.csv", tmp_path / "header.csv"
        with row.open("wb") as file:
            file.write((HEADER + GOOD + "a\n" + GOOD).encode())
            for _ in range(200):
                file.write(block)
            file.write(("\n" + GOOD + "b\nx,,,\n").encode())
        with header.open("wb") as file:
            for _ in range(200):
                file.write(block)
            file.write(("\n" + GOOD + "b\n").encode())
        (first, second), peak_mb = measured(row, header)
        row.unlink()
        header.unlink()
        assert first["rows"] == 4
        assert first["parts"] == [2, 0, 2]
        assert first["rejected"] == {"long_row": 1, "bad_time": 1}
        assert first["last"] == 5
        assert "longer than 1 MB" in second["error"]
        assert "header.csv" in second["error"]
        assert "Save the data as CSV" in second["error"]
        # Measured: 340 MB, nearly all of it the libraries.
        assert peak_mb < 700

    def test_million_bad_rows(self, tmp_path: Path) -> None:
        """All are counted, 100,000 of each reason are listed, and the report stays short."""
        path = tmp_path / "bad.csv"
        four = "x,530000,180000,a\n2024-01-05 10:20,,180000,b\n2024-01-05 10:20,530000\n"
        four += "2999-01-05 10:20,530000,180000,d\n"
        with path.open("wb") as file:
            file.write(HEADER.encode())
            for _ in range(100):
                file.write(four.encode() * 2500)
            file.write((GOOD + "good\n").encode())
        (told,), peak_mb = measured(path)
        reasons = ("bad_time", "bad_location", "ragged_row", "future_time")
        assert told["rows"] == 1_000_001
        assert told["parts"] == [1, 0, 1_000_000]
        assert told["rejected"] == dict.fromkeys(reasons, 250_000)
        assert told["listed"] == dict.fromkeys(reasons, MOST_LISTED)
        for reason in reasons:
            assert any(reason in note and "100,000 of 250,000" in note for note in told["notes"])
        # Measured: 590 MB, half of it the libraries.
        assert peak_mb < 1200
        done = run("check", path)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) < 60
        assert "1,000,000" in done.stdout
        for reason in reasons:
            assert f"250,000 {reason}" in done.stdout
        # 400,000 are listed, so no more can be in the file that it names.
        assert "999,995 more, in rejected.csv" not in done.stdout


class TestFormulas:
    """Cells that a spreadsheet program would run stay text in everything that is written."""

    @pytest.fixture(scope="class")
    @staticmethod
    def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Analyse reports whose references, locations and broken rows are formulas."""
        where = tmp_path_factory.mktemp("formulas")
        lines = ["ref,received,easting,northing,location\n"]
        lines += [
            f'"{FORMULA}{day}{k}",2024-01-{day:02d} {20 + k % 3}:{k:02d},'
            f'{530_000 + 3 * (k % 4)},{180_000 + day % 5},"{FORMULA}"\n'
            for day in range(1, 29)
            for k in range(12)
        ]
        lines += [
            f'"{FORMULA}10",2024-01-01 20:30,530000,180000,"@SUM(1)"\n',
            "+1,2024-01-30 10:00,=2+5,180000,-x\n",
            "+2,=NOW(),530000,180000,-x\n",
            '+3,"\t=1",530000,180000,-x\n',
            "=4,2024-01-30 10:00,530000\n",
            "@5,2024-01-30\n",
        ]
        # The name of a file may be one, too.
        reading = read(write(where, "".join(lines), "=calls.csv"), 28 * 12 + 6)
        assert reading.by_reason("rejected") == {
            "repeated_id": 1,
            "bad_location": 1,
            "bad_time": 2,
            "ragged_row": 2,
        }
        analysis = hs.analyse(reading, boroughs=["Westminster"], progress=False)
        assert analysis.tasks["location"].tolist() == [FORMULA] * len(analysis.tasks)
        assert len(analysis.tasks) > 0
        return analysis.save(where / "out", victims=True)

    def test_csv(self, folder: Path) -> None:
        """No text in any CSV begins like a formula, and none is lost."""
        tables = sorted(folder.glob("*.csv"))
        names = ["harm.csv", "harm_by_kind.csv", "left_out.csv", "rejected.csv", "spread.csv"]
        names += ["shortfall.csv", "shortfall_by_area.csv", "what_if.csv"]
        names += ["tactics.csv", "tasks.csv", "team_tours.csv", "victims.csv", "visits.csv"]
        assert [path.name for path in tables] == sorted(names)
        cells: list[str] = []
        for path in tables:
            with path.open(encoding="utf-8-sig", newline="") as file:
                cells += [cell for row in csv.reader(file) for cell in row]
        numbers = re.compile(r"-?[0-9.]+")
        unsafe = [cell for cell in cells if cell.startswith(BEGINS_FORMULA)]
        assert [cell for cell in unsafe if not numbers.fullmatch(cell)] == []
        assert f"'{FORMULA}" in cells
        assert "'=NOW()" in cells
        assert "'=2+5, 180000" in cells
        assert "'=calls.csv" in cells

    def test_workbook(self, folder: Path) -> None:
        """In the workbook such a cell is text, not a formula."""
        book = openpyxl.load_workbook(folder / "tasks.xlsx")
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert any(cell.value == FORMULA for cell in cells)
        assert {cell.data_type for cell in cells} <= {"s", "n", "b"}


HOSTILE = [
    ("yesterday,530000,180000,a,1", "bad_time"),
    (",530000,180000,a,1", "missing_time"),
    ("2999-01-01 10:00,530000,180000,a,1", "future_time"),
    ("1900-01-01 00:00,530000,180000,a,1", "old_time"),
    ("2025-03-30 01:30,530000,180000,a,1", "nonexistent_time"),
    ("2024-01-05 10:20,abc,180000,a,1", "bad_location"),
    ("2024-01-05 10:20,0,0,a,1", "bad_location"),
    ("2024-01-05 10:20,900000,180000,a,1", "outside_great_britain"),
    ("2024-01-05 10:20,530000,180000,a,-1", "bad_weight"),
    ("2024-01-05 10:20,530000,180000,a,0", "zero_weight"),
    ("2024-01-05 10:20,530000", "ragged_row"),
    ("2024-01-05 10:20,530000,180000,a,b,1", "ragged_row"),
    ('2024-01-05 10:20,530000,180000,"a,1', "open_quote"),
    ("2024-01-05 10:20,530000,180000,\udcff,one", "bad_weight"),
]


class TestRelations:
    """What must hold whatever rows stand together."""

    @given(
        order=st.permutations(range(60)),
        hostile=st.lists(st.sampled_from(HOSTILE), max_size=20),
    )
    @settings(max_examples=25)
    def test_a_hostile_row_changes_no_other(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        order: list[int],
        hostile: list[tuple[str, str]],
    ) -> None:
        """Every hostile row is left out at its line for its reason, every good one accepted."""
        good = [f"2024-01-05 10:20,{530_000 + k},180000,Road {k},1" for k in range(60)]
        lines = [*good, *(text for text, _ in hostile)]
        places = [*order, *range(60, len(lines))]
        # The hostile ones go between the good ones, each after as many as its position says.
        places.sort(key=lambda k: order.index(k) if k < 60 else 3 * (k - 60) + 0.5)
        text = "received,easting,northing,location,weight\n"
        text += "".join(f"{lines[place]}\n" for place in places)
        folder = tmp_path_factory.mktemp("mixed")
        path = write(folder, text.encode("utf-8", "surrogateescape"))
        reading = read(path, len(lines))
        expected = {
            line: hostile[place - 60][1]
            for line, place in enumerate(places, start=2)
            if place >= 60
        }
        found = pd.concat([reading.rejected, reading.out_of_scope])
        assert dict(zip(found["line"], found["reason"], strict=True)) == expected
        assert sorted(reading.incidents.geometry.x) == [530_000 + k for k in range(60)]


@pytest.mark.acceptance
def test_a_report_of_the_met_in_arun(tmp_path: Path, shared_data: Path) -> None:
    """A point of the Met's file in Sussex is a place: accepted, and outside the areas."""
    path = shared_data / "asb" / "2019-01-metropolitan-street.SAMPLE.csv"
    lines = path.read_text("utf-8").splitlines()
    assert "Arun 018E" in lines[1]
    # In the file it is a violent crime; as a report of anti-social behaviour it is in scope.
    lines[1] = lines[1].replace("Violence and sexual offences", "Anti-social behaviour")
    reading = read(write(tmp_path, "\n".join(lines) + "\n", path.name), 16)
    assert reading.n_rejected == 0
    assert reading.n_accepted == 13
    arun = reading.incidents.iloc[0]
    assert (arun.geometry.x, arun.geometry.y) == pytest.approx((491000, 99000), abs=1000)
    analysis = hs.analyse(reading, boroughs=["Barking and Dagenham"], progress=False)
    assert analysis.walk == {"in areas": 12, "context": 0, "out of area": 1, "no place": 0}
    assert "1 accepted rows lie outside the areas" in " ".join(analysis.left_out)


class TestRefused:
    """What is no table is refused, in four parts: what is wrong, what it is, what may be, a way."""

    def test_missing(self, tmp_path: Path) -> None:
        """A file that is not there is named with its path."""
        message = refused(tmp_path / "none.csv", "none.csv")
        assert "No such file" in message or "cannot find" in message

    @pytest.mark.parametrize("content", ["", " \n\n \t\n", "\ufeff"])
    def test_empty(self, tmp_path: Path, content: str) -> None:
        """A file without anything in it is said to be empty."""
        assert "is empty" in refused(write(tmp_path, content), "calls.csv")

    @pytest.mark.parametrize("name", ["calls.csv.gz", "calls.zip", "calls.parquet", "calls.xlsx"])
    def test_truncated(self, tmp_path: Path, name: str) -> None:
        """Half a file is no file: it is refused as a whole, before any row counts."""
        frame = pd.read_csv(io.StringIO(HEADER + rows_of(3000)))
        book = io.BytesIO()
        frame.head(50).to_excel(book, index=False)
        content = {
            "calls.csv.gz": gzip.compress((HEADER + rows_of(3000)).encode()),
            "calls.zip": zipped({"a.csv": HEADER + rows_of(3000)}),
            "calls.parquet": parquet(frame),
            "calls.xlsx": book.getvalue(),
        }[name]
        read(write(tmp_path, content, name), 50 if name == "calls.xlsx" else 3000)
        message = refused(write(tmp_path, content[: len(content) // 2], name), name)
        assert "complete" in message

    @pytest.mark.parametrize("name", ["calls.csv.gz", "calls.zip"])
    def test_damaged(self, tmp_path: Path, name: str) -> None:
        """One wrong byte in the middle is found by the checksum."""
        text = HEADER + rows_of(3000)
        whole = gzip.compress(text.encode()) if name.endswith("gz") else zipped({"a.csv": text})
        broken = bytearray(whole)
        broken[len(broken) // 2] ^= 0xFF
        refused(write(tmp_path, bytes(broken), name), name)

    @pytest.mark.parametrize(
        ("name", "content", "what"),
        [
            ("a.csv", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\n", "PDF document"),
            ("a.xlsx", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\n", "PDF document"),
            ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\6\0", "picture"),
            ("a.csv", b"<!DOCTYPE html>\n<html><body>Log in</body></html>", "web page"),
            ("a.parquet", b"<html><body>404</body></html>", "web page"),
            ("a.csv", b'{"error": "no such dataset", "code": 404}', "JSON"),
            ("a.json", b'{"error": "no such dataset", "code": 404}', "JSON"),
            ("a.csv", b'[{"received": "2024-01-05"}]', "JSON"),
            ("a.csv", np.random.default_rng(1).bytes(5000), "binary data"),
            ("a.parquet", np.random.default_rng(1).bytes(5000), "a.parquet"),
            ("a.xlsx", np.random.default_rng(1).bytes(5000), "a.xlsx"),
            ("a.zip", np.random.default_rng(1).bytes(5000), "a.zip"),
            ("a.csv.gz", np.random.default_rng(1).bytes(5000), "a.csv.gz"),
            ("a.geojson", np.random.default_rng(1).bytes(5000), "a.geojson"),
            ("a.gpkg", np.random.default_rng(1).bytes(5000), "a.gpkg"),
        ],
    )
    def test_no_table(self, tmp_path: Path, name: str, content: bytes, what: str) -> None:
        """Documents, pictures, web pages, JSON and noise are told by what they are."""
        assert what in refused(write(tmp_path, content, name), name)

    def test_wrong_delimiter(self, tmp_path: Path) -> None:
        """A delimiter that is not known leaves one column: the message names those that are."""
        text = (HEADER + rows_of(3)).replace(",", "^")
        message = refused(write(tmp_path, text), "received^easting^northing^location")
        for word in ("comma", "tab", "semicolon", "bar"):
            assert word in message

    def test_mostly_ragged(self, tmp_path: Path) -> None:
        """If most rows do not fit the header the file is refused, not read to pieces."""
        text = HEADER + (GOOD + "High Street, north\n") * 5 + rows_of(1)
        message = refused(write(tmp_path, text), "calls.csv")
        assert "5 of its first 6 rows" in message
        assert "quotation marks" in message

    def test_missing_columns(self, tmp_path: Path) -> None:
        """A misspelt column is asked for by its name, with what to type."""
        text = (HEADER + GOOD + "a\n").replace("received", "Recieved").replace("easting", "Eastng")
        message = refused(write(tmp_path, text), "calls.csv")
        assert "Did you mean 'Recieved' for start and 'Eastng' for easting" in message
        assert "columns={'start': 'Recieved', 'easting': 'Eastng'" in message
        assert "a time (received, date or month) and a place" in message

    def test_misspelt_option(self, tmp_path: Path) -> None:
        """The caller's own name of a column is compared with those that are there."""
        path = write(tmp_path, HEADER.replace("received", "Call tme") + GOOD + "a\n")
        message = refused(path, "Call Time", columns={"start": "Call Time"})
        assert "Did you mean 'Call tme'?" in message

    def test_duplicated_columns(self, tmp_path: Path) -> None:
        """Two columns of one name, or of one meaning, are refused by that name."""
        text = "received,easting,easting,northing\n2024-01-05 10:20,530000,530001,180000\n"
        assert "more than one column named easting" in refused(write(tmp_path, text), "calls.csv")
        path = write(tmp_path, text.replace("easting,easting", "Easting,EASTING"), "b.csv")
        message = refused(path, "'Easting', 'EASTING'")
        assert "columns={'easting': 'Easting'}" in message
        assert points(read(path, 1, columns={"easting": "EASTING"})) == [(530001, 180000)]

    def test_one_column(self, tmp_path: Path) -> None:
        """A time alone has no place, and the message says so."""
        message = refused(write(tmp_path, "received\n2024-01-05 10:20\n"), "calls.csv")
        assert "it has no place" in message
        assert "Its columns are: received" in message

    def test_300_unknown_columns(self, tmp_path: Path) -> None:
        """Of many columns the message lists some, and how many there are."""
        names = ",".join(f"c{k}" for k in range(300))
        message = refused(write(tmp_path, f"{names}\n{names}\n"), "calls.csv")
        assert "(300 in all)" in message
        assert len(message) < 1000

    @pytest.mark.parametrize("name", ["a.xls", "a.ods", "a.mdb", "a.kml", "a.doc", "a.foo", "a"])
    def test_unknown_suffix(self, tmp_path: Path, name: str) -> None:
        """Kinds that are not read are refused with what to save them as, alone and in a folder."""
        path = write(tmp_path, "rows", name)
        message = refused(path, name)
        assert "Must end in .csv" in message
        if name == "a.xls":
            assert "save it as an Excel workbook (.xlsx)" in message
            write(tmp_path, HEADER + GOOD + "a\n")
            assert "or its rows would be missing" in refused(tmp_path, "a.xls")

    def test_folder_without_tables(self, tmp_path: Path) -> None:
        """A folder or zip with nothing to read is refused, by its name."""
        (tmp_path / "month").mkdir()
        assert "holds no table" in refused(tmp_path / "month", "month")
        write(tmp_path / "month", "x", "map.png")
        write(tmp_path / "month", "x", "README.txt")
        assert "holds no table" in refused(tmp_path / "month", "month")
        path = write(tmp_path, zipped({"map.png": "x"}), "month.zip")
        assert "holds no table" in refused(path, "month.zip")

    @pytest.mark.parametrize("other", ["calls.csv", "copy.csv", "copy.csv.gz", "copy.zip"])
    def test_same_content_twice(self, tmp_path: Path, other: str) -> None:
        """A table counts once, however it is called and packed."""
        text = HEADER + rows_of(3)
        path = write(tmp_path, text)
        packings = {
            "copy.csv.gz": gzip.compress(text.encode()),
            "copy.zip": zipped({"x.csv": text}),
        }
        again = write(tmp_path, packings.get(other, text.encode()), other)
        with pytest.raises(hs.DuplicateInputError, match="same content"):
            hs.read_incidents([path, again])
        assert "every incident would count twice" in refused([path, again], other)

    def test_same_force_and_month_twice(self, tmp_path: Path) -> None:
        """Two files of one force and month are refused even if they differ; two months are not."""
        one = write(tmp_path, POLICE_UK + ASB.format(kind="Anti-social behaviour"), "one.csv")
        two = write(tmp_path, POLICE_UK + ASB.format(kind="Burglary"), "two.csv")
        with pytest.raises(hs.DuplicateInputError, match="both hold Met, 2024-05"):
            hs.read_incidents([one, two])
        message = refused([one, two], "Met, 2024-05")
        assert "'one.csv'" in message
        assert "'two.csv'" in message
        june = ASB.format(kind="Burglary").replace("2024-05", "2024-06")
        reading = read([one, write(tmp_path, POLICE_UK + june, "june.csv")], 2)
        assert reading.by_reason("out_of_scope") == {"other_crime_type": 1}

    @pytest.mark.parametrize("name", ["bomb.zip", "bomb.csv.gz"])
    def test_bombs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """An archive that unpacks to far more than its size is refused, with a way round."""
        monkeypatch.setattr(packed, "LARGEST_SURE", 1_000_000)
        text = HEADER + (GOOD + "a\n") * 100_000
        content = gzip.compress(text.encode()) if "gz" in name else zipped({"a.csv": text})
        assert len(text) > packed.LARGEST_RATIO * len(content)
        message = refused(write(tmp_path, content, name), name)
        assert "200 times its size" in message
        assert "unpack it yourself" in message

    @pytest.mark.parametrize(
        "member", ["../x.csv", "a/../../x.csv", "/etc/x.csv", "C:\\x.csv", "..\\x.csv"]
    )
    def test_names_out_of_the_folder(self, tmp_path: Path, member: str) -> None:
        """A zip whose names lead out of its folder is refused, and nothing is written there."""
        (tmp_path / "deep").mkdir()
        content = zipped({member: HEADER + GOOD + "a\n"})
        before = sorted(tmp_path.rglob("*"))
        path = write(tmp_path / "deep", content, "calls.zip")
        message = refused(path, member.replace("\\", "/"))
        assert "outside its own folder" in message
        assert sorted(tmp_path.rglob("*")) == sorted([*before, path])

    def test_formulas_without_values(self, tmp_path: Path) -> None:
        """A workbook whose formulas were never calculated is refused: its cells have no values."""
        frame = pd.DataFrame({"received": ["=NOW()"], "easting": [530000], "northing": [180000]})
        frame.to_excel(tmp_path / "a.xlsx", index=False)
        assert "never calculated" in refused(tmp_path / "a.xlsx", "a.xlsx")


class TestCommand:
    """The same through the command: exit code, a message on stderr, no traceback."""

    def type(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
    ) -> tuple[int, str, str]:
        """Type a command; give its exit code, and what it wrote, in one line each."""
        monkeypatch.setattr(sys, "argv", ["hotspots", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, " ".join(out.split()), " ".join(err.split())

    def test_process(self, tmp_path: Path) -> None:
        """A real process ends with 3, says why on stderr and shows no traceback."""
        whole = gzip.compress((HEADER + rows_of(3000)).encode())
        done = run("check", write(tmp_path, whole[: len(whole) // 2], "half.csv.gz"))
        assert done.returncode == 3
        assert "Error: Cannot unpack 'half.csv.gz'" in done.stderr
        assert "complete gzip file" in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
        assert done.stdout == ""

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("none.csv", None, "Cannot read"),
            ("a.csv", b"", "is empty"),
            ("a.csv", b"%PDF-1.4", "PDF document"),
            ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as an Excel workbook"),
            ("a.csv", b"when,where\n1,2\n", "--suggest"),
            ("a.zip", zipped({"../x.csv": HEADER}), "outside its own folder"),
            ("[bold]a[/x].csv", b"", "The file '[bold]a[/x].csv' is empty"),
        ],
    )
    def test_refused(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        name: str,
        content: bytes | None,
        words: str,
    ) -> None:
        """A file that cannot be used ends both commands with 3 and its message."""
        path = tmp_path / name
        if content is not None:
            path = write(tmp_path, content, name.replace("/", "_"))
        for command in (["check", path], ["analyse", path, "--out", tmp_path / "out"]):
            code, out, err = self.type(monkeypatch, capsys, *command)
            assert code == 3
            assert out == ""
            assert err.startswith("Error: ")
            assert words.replace("/", "_") in err
        assert not (tmp_path / "out").exists()

    def test_nothing_accepted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A file none of whose rows is accepted is no analysis: the message says what to type."""
        text = "x,y,received\n" + "-14204.37,6711506.71,2024-01-05 10:20\n" * 5
        path = write(tmp_path, text)
        code, out, err = self.type(monkeypatch, capsys, "analyse", path, "--out", tmp_path / "out")
        assert code == 3
        assert "None of the 5 rows was accepted: 5 rejected (outside_great_britain)" in err
        assert "give crs='EPSG:3857'" in err
        assert not (tmp_path / "out").exists()
        code, out, err = self.type(monkeypatch, capsys, "check", path)
        assert (code, err) == (3, "")
        assert "5 outside_great_britain" in out
        assert "give crs='EPSG:3857'" in out
        code, out, err = self.type(monkeypatch, capsys, "check", path, "--crs", "EPSG:3857")
        assert code == 0
        assert "In the 32 boroughs 5 of 5" in out

    def test_cells_that_steer_a_terminal(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What a cell says to the terminal, or to the printer of tables, stays text."""
        text = HEADER + GOOD + "a\n" + "\x1b]0;owned\x07\x1b[2J,1,1,a\n[red]now[/red],1,1,a\n"
        path = write(tmp_path, text)
        read(path, 3)
        code, out, _ = self.type(monkeypatch, capsys, "check", path)
        assert code == 0
        assert "[red]now[/red]" in out
        assert "\x1b" not in out
