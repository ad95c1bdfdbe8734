"""Reading the known layouts: every row accepted, out of scope or rejected, with a reason."""

import gzip
import hashlib
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.tables import INCIDENTS

POLICE_UK = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context\n"
)
ASB = (
    ",{month},{force},{force},-0.1246,51.5007,On or near Bridge Street,E01004736,W 020C,{kind},,\n"
)
MET = (
    "Date,Hour,OP01,Opening_Type_1,OP02,Opening_Type_2,OP03,Opening_Type_3,CL01,Close_Type_1,CL02,"
    "Close_Type_2,CL03,Close_Type_3,Resolution_Type_1,Resolution_Type_2,Ward (AW54),Ward_Code,"
    "Response_Time,Duplicate,ASBCount,Datetime,Ward_WardCode,Safer_Neighborhood_Team_Name,"
    "Safer_Neighborhood_Team_Code,Safer_Neighborhood_Team_Borough_Name,"
    "Safer_Neighborhood_Team_Borough_Code\n"
)


def police_uk_row(
    month: str = "2025-01", kind: str = "Anti-social behaviour", force: str = "Met"
) -> str:
    """Give one row of a street file."""
    return ASB.format(month=month, kind=kind, force=force)


def met_row(**parts: str) -> str:
    """Give one row of the Met's file."""
    row = {
        "date": "31-10-2023",
        "hour": "19:00",
        "op1": "215,ASB Nuisance",
        "op2": "202,Rowdy Or Inconsiderate Behaviour",
        "cl1": "202,Rowdy Or Inconsiderate Behaviour",
        "duplicate": "No",
        "count": "1",
        "ward": "E05013806",
        "borough": "Westminster",
    } | parts
    return (
        "{date},{hour},{op1},{op2},,,{cl1},,,,,,,St James's,,12,{duplicate},{count},1900-01-01,"
        "{ward},St James's,SNT1,{borough},01WE\n"
    ).format(**row)


def write(folder: Path, name: str, text: str) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def assert_accounted(reading: hs.Reading) -> None:
    """Every row must be somewhere, and the incidents must keep their schema."""
    assert reading.n_rows == reading.n_accepted + len(reading.out_of_scope) + len(reading.rejected)
    assert reading.summary["rows"].sum() == reading.n_rows
    files = reading.files
    parts = files["accepted"] + files["out_of_scope"] + files["rejected"]
    assert (files["rows"] == parts).all()
    INCIDENTS.validate(reading.incidents)


class TestByHand:
    """Small files whose every row can be followed."""

    def test_police_uk(self, tmp_path: Path) -> None:
        """A street file keeps its anti-social behaviour and sets the rest aside, by line."""
        text = POLICE_UK + police_uk_row() + police_uk_row(kind="Burglary") + police_uk_row()
        reading = hs.read_incidents(write(tmp_path, "2025-01-met-street.csv", text))
        assert_accounted(reading)
        assert reading.files.loc[0, "layout"] == "police_uk"
        assert reading.n_accepted == 2
        assert reading.out_of_scope["line"].tolist() == [3]
        assert reading.out_of_scope["reason"].tolist() == ["other_crime_type"]
        assert reading.tier == "monthly"
        first = reading.incidents.iloc[0]
        assert first["start"] == pd.Timestamp("2025-01-01", tz="Europe/London")
        assert first["end"] == pd.Timestamp("2025-02-01", tz="Europe/London")
        assert first["time_precision"] == "month"
        assert first["area_code"] == "E01004736"
        assert first["location"] == "On or near Bridge Street"
        assert first["source"] == "police_uk"
        assert first["LSOA name"] == "W 020C"  # columns that play no part pass through

    def test_exact_copies_are_kept(self, tmp_path: Path) -> None:
        """Rows without an identity are never de-duplicated."""
        text = POLICE_UK + police_uk_row() * 5
        reading = hs.read_incidents(write(tmp_path, "a.csv", text))
        assert reading.n_accepted == 5
        assert reading.incidents.index.tolist()[:2] == ["a.csv:2", "a.csv:3"]

    def test_ordnance_survey_example(self) -> None:
        """The OS worked example comes out to a centimetre, through OSTN15, and is recorded."""
        table = pd.DataFrame(
            {
                "received": ["2025-01-01 10:00"],
                "longitude": [1 + 42 / 60 + 57.8663 / 3600],
                "latitude": [52 + 39 / 60 + 28.8282 / 3600],
            }
        )
        reading = hs.read_incidents(table)
        point = reading.incidents.geometry.iloc[0]
        assert point.x == pytest.approx(651409.804, abs=0.01)
        assert point.y == pytest.approx(313177.450, abs=0.01)
        assert "EPSG:4326 to EPSG:27700 by OSTN15" in reading.notes[0]

    def test_met_file(self, tmp_path: Path) -> None:
        """The Met's file gives type, heading and ward; duplicates and excluded codes go aside."""
        text = (
            MET
            + met_row()
            + met_row(op2="635,Vulnerable", cl1="204,Rowdy / Nuisance Neighbours")
            + met_row(duplicate="Ye")
            + met_row(op2="503,Police Generated Resource Activity")
            + met_row(cl1="639,Repeat Call - PNYA")
            + met_row(ward="", borough="Aviation Security (SO18)")
        )
        reading = hs.read_incidents(write(tmp_path, "MPS_Antisocial_Behaviour.csv", text))
        assert_accounted(reading)
        assert reading.files.loc[0, "layout"] == "met_asb"
        assert reading.out_of_scope["reason"].tolist() == [
            "flagged_duplicate",
            "police_generated",
            "recall",
        ]
        assert reading.out_of_scope["detail"].tolist() == ["", "503", "639"]
        table = reading.incidents
        assert table["asb_type"].tolist() == ["nuisance"] * 3
        assert table["heading"].iloc[0] == "Rowdy or inconsiderate behaviour"
        assert table["heading"].iloc[1] == "Rowdy or nuisance neighbours"
        assert table["qualifiers"].iloc[1] == "635"
        assert table["is_flagged_vulnerable"].tolist() == [False, True, False]
        assert table["start"].iloc[0] == pd.Timestamp("2023-10-31 19:00", tz="Europe/London")
        assert set(table["time_precision"]) == {"hour"}
        assert table["area_code"].iloc[0] == "E05013806"
        assert table["borough"].iloc[0] == "E09000033"
        assert table["borough"].isna().tolist() == [False, False, True]
        assert table.geometry.isna().all()
        assert reading.tier == "timed"

    def test_cad_table(self) -> None:
        """A CAD-like table with its own headings is recognised by their names."""
        table = pd.DataFrame(
            {
                "CAD Ref": ["1234", "1235"],
                "Call Received": ["31/12/2024 23:59", "01/01/2025 00:10"],
                "Easting": [530000, 530100.5],
                "Northing": [180000, 180100],
                "Opening Codes": ["215, 610", "214"],
                "Channel": ["101", "999"],
            }
        )
        reading = hs.read_incidents(table)
        assert_accounted(reading)
        assert reading.files.loc[0, "layout"] == "cad"
        incidents = reading.incidents
        assert incidents.index.tolist() == ["1234/2024-12-31", "1235/2025-01-01"]
        assert incidents["start"].dt.strftime("%Y-%m-%d %H:%M").tolist() == [
            "2024-12-31 23:59",
            "2025-01-01 00:10",
        ]
        assert incidents["asb_type"].tolist() == ["nuisance", "personal"]
        assert incidents["is_flagged_repeat"].tolist() == [True, False]
        assert incidents["channel"].tolist() == ["101", "999"]
        assert incidents.geometry.x.tolist() == [530000, 530100.5]

    def test_codes_without_asb_are_out_of_scope(self) -> None:
        """A call with codes, none of them of anti-social behaviour, is another matter."""
        table = pd.DataFrame(
            {
                "received": ["2025-01-01 10:00"] * 2,
                "easting": 530000,
                "northing": 180000,
                "codes": ["304", "202"],
            }
        )
        reading = hs.read_incidents(table)
        assert reading.out_of_scope["reason"].tolist() == ["not_asb"]
        assert reading.n_accepted == 1

    def test_counted_cells(self) -> None:
        """A cell's count is its weight, and an empty cell is no incident."""
        table = pd.DataFrame(
            {
                "month": ["2025-05", "2025-06", "2025-06"],
                "easting": [530000.0, 530000.0, 531000.0],
                "northing": [180000.0, 180000.0, 180000.0],
                "asb_count": [7, 0, 3],
            }
        )
        reading = hs.read_incidents(table)
        assert_accounted(reading)
        assert reading.files.loc[0, "layout"] == "cells"
        assert reading.incidents["weight"].tolist() == [7, 3]
        assert reading.out_of_scope["reason"].tolist() == ["zero_weight"]

    def test_collisions(self) -> None:
        """Road collisions are read as such, with their date and time joined."""
        table = pd.DataFrame(
            {
                "collision_index": ["2025A", "2025B"],
                "date": ["2025/08/11", "2025/03/30"],
                "time": ["12:29", "01:30"],
                "longitude": [-0.08883, 0.14146],
                "latitude": [51.5173, 51.57218],
                "number_of_casualties": ["1", "2"],
            }
        )
        reading = hs.read_incidents(table)
        assert_accounted(reading)
        assert reading.noun == "road collisions"
        assert reading.incidents.index.tolist() == ["2025A/2025-08-11"]
        assert reading.rejected["reason"].tolist() == ["nonexistent_time"]

    def test_own_columns(self) -> None:
        """The caller may say which column plays which part."""
        table = pd.DataFrame({"T": ["2025-01-01 10:00"], "X": [530000], "Y": [180000]})
        reading = hs.read_incidents(table, columns={"start": "T"})
        assert reading.n_accepted == 1

    def test_geodataframe(self) -> None:
        """A GeoDataFrame is read with its own points and coordinate system."""
        frame = gpd.GeoDataFrame(
            {"received": ["2025-01-01 10:00"]},
            geometry=gpd.points_from_xy([-0.1246], [51.5007]),
            crs=4326,
        )
        reading = hs.read_incidents(frame)
        point = reading.incidents.geometry.iloc[0]
        assert (point.x, point.y) == pytest.approx((530268, 179640), abs=30)
        assert hs.read_incidents(frame.to_crs(3857)).incidents.geometry.iloc[0].distance(
            point
        ) == pytest.approx(0, abs=0.01)


class TestRejected:
    """Each reason for a rejected row, with its line."""

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"received": ""}, "missing_time"),
            ({"received": "yesterday"}, "bad_time"),
            ({"received": "2025-02-30 10:00"}, "bad_time"),
            ({"received": "2025-03-30 01:30"}, "nonexistent_time"),
            ({"easting": ""}, "bad_location"),
            ({"easting": "abc"}, "bad_location"),
            ({"easting": "0", "northing": "0"}, "bad_location"),
            ({"easting": "900000"}, "outside_great_britain"),
            ({"weight": "-1"}, "bad_weight"),
            ({"weight": "many"}, "bad_weight"),
            ({"weight": "inf"}, "bad_weight"),
        ],
    )
    def test_reason(self, tmp_path: Path, change: dict[str, str], reason: str) -> None:
        """The bad row is rejected with its line, and the good one beside it accepted."""
        good = {
            "received": "2025-01-01 10:00",
            "easting": "530000",
            "northing": "180000",
            "weight": "1",
        }
        table = pd.DataFrame([good, good | change])
        path = tmp_path / "calls.csv"
        table.to_csv(path, index=False)
        reading = hs.read_incidents(path)
        assert_accounted(reading)
        assert reading.rejected[["line", "reason"]].to_numpy().tolist() == [[3, reason]]

    def test_repeated_reference(self) -> None:
        """A CAD number may return on another day, not on the same one."""
        table = pd.DataFrame(
            {
                "cad_ref": ["7", "7", "7"],
                "received": ["2025-01-01 10:00", "2025-01-01 11:00", "2025-01-02 10:00"],
                "easting": 530000,
                "northing": 180000,
            }
        )
        reading = hs.read_incidents(table)
        assert_accounted(reading)
        assert reading.rejected[["line", "reason"]].to_numpy().tolist() == [[2, "repeated_id"]]
        assert reading.incidents.index.tolist() == ["7/2025-01-01", "7/2025-01-02"]

    def test_broken_row_of_another_crime(self, tmp_path: Path) -> None:
        """What is out of scope is not judged further."""
        row = police_uk_row(kind="Burglary").replace("51.5007", "abc")
        reading = hs.read_incidents(write(tmp_path, "a.csv", POLICE_UK + row))
        assert reading.out_of_scope["reason"].tolist() == ["other_crime_type"]
        assert reading.rejected.empty


class TestEdges:
    """Clocks, blanks, encodings, empty tables."""

    def test_hour_that_occurs_twice(self) -> None:
        """01:30 on the long day is accepted as the first and flagged."""
        table = pd.DataFrame(
            {"received": ["2025-10-26 01:30"], "easting": 530000, "northing": 180000}
        )
        incidents = hs.read_incidents(table).incidents
        assert incidents["is_ambiguous_time"].tolist() == [True]
        assert incidents["start"].iloc[0].utcoffset() == pd.Timedelta(hours=1)

    def test_time_with_an_offset(self) -> None:
        """A time with an offset is converted, and is then not ambiguous."""
        table = pd.DataFrame(
            {
                "received": ["2025-10-26T01:30:00Z", "2025-07-01T10:00:00+02:00"],
                "easting": 530000,
                "northing": 180000,
            }
        )
        incidents = hs.read_incidents(table).incidents
        assert incidents["is_ambiguous_time"].tolist() == [False, False]
        assert incidents["start"].dt.strftime("%H:%M").tolist() == ["01:30", "09:00"]

    def test_row_without_a_place(self, tmp_path: Path) -> None:
        """A report without coordinates is accepted, counted, and noted."""
        row = police_uk_row().replace("-0.1246,51.5007", ",").replace("E01004736", "")
        reading = hs.read_incidents(write(tmp_path, "a.csv", POLICE_UK + row))
        assert reading.n_accepted == 1
        assert reading.incidents.geometry.isna().all()
        assert "1 accepted rows have no point" in reading.notes[-1]

    def test_blank_lines_keep_the_line_numbers(self, tmp_path: Path) -> None:
        """A blank line is no row, and does not shift the lines after it."""
        text = "received,easting,northing\n\n2025-01-01 10:00,530000,180000\nx,530000,180000\n\n"
        reading = hs.read_incidents(write(tmp_path, "a.csv", text))
        assert reading.n_rows == 2
        assert reading.rejected["line"].tolist() == [4]

    def test_byte_order_mark_and_semicolons(self, tmp_path: Path) -> None:
        """A file from a spreadsheet is read as it is."""
        path = tmp_path / "a.csv"
        path.write_bytes(
            "\ufeffreceived;easting;northing\n01/02/2025 10:00;530000;180000\n".encode()
        )
        incidents = hs.read_incidents(path).incidents
        assert incidents["start"].dt.month.tolist() == [2]

    def test_header_only(self, tmp_path: Path) -> None:
        """A file with a header and no rows gives an empty table of incidents."""
        reading = hs.read_incidents(write(tmp_path, "a.csv", POLICE_UK))
        assert_accounted(reading)
        assert reading.n_rows == 0

    def test_gzip_folder_and_zip(self, tmp_path: Path) -> None:
        """A gzipped file, a folder and a zip of months give the same incidents."""
        folder = tmp_path / "months"
        folder.mkdir()
        texts = {
            f"2025-0{month}-met-street.csv": POLICE_UK + police_uk_row(f"2025-0{month}") * month
            for month in (1, 2, 3)
        }
        for name, text in texts.items():
            (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        (folder / "2025-01-met-outcomes.csv").write_text("Crime ID,Month\n")
        with zipfile.ZipFile(tmp_path / "months.zip", "w") as archive:
            for name, text in texts.items():
                archive.writestr(f"download/{name}", text)
        for source in (folder, tmp_path / "months.zip", sorted(folder.glob("*street*"))):
            reading = hs.read_incidents(source)
            assert_accounted(reading)
            assert reading.n_accepted == 6
            assert len(reading.files) == 3
        contents = [path.read_bytes() for path in sorted(folder.glob("*street*"))]
        sums = [hashlib.sha256(content).hexdigest() for content in contents]
        assert reading.files["sha256"].tolist() == sums
        for path, checksum in zip(sorted(folder.glob("*street*")), sums, strict=True):
            assert hs.read_incidents(path).files["sha256"].tolist() == [checksum]

    def test_inputs_are_not_changed(self) -> None:
        """The caller's table stays as it was."""
        table = pd.DataFrame(
            {"received": ["2025-01-01 10:00"], "easting": [530000], "northing": [180000]}
        )
        before = table.copy(deep=True)
        hs.read_incidents(table)
        pd.testing.assert_frame_equal(table, before)


class TestTimes:
    """The ways in which sources write a date and a clock time."""

    @pytest.mark.parametrize(
        ("text", "wall"),
        [
            ("2025-08-14 21:10", "2025-08-14 21:10"),
            ("2025-08-14T21:10:05", "2025-08-14 21:10"),
            ("14/08/2025 21:10", "2025-08-14 21:10"),
            ("14-08-2025 21:10", "2025-08-14 21:10"),
            ("14 AUGUST 2025 21:10", "2025-08-14 21:10"),
            ("14 Oct 2025 21:10", "2025-10-14 21:10"),
            ("14-OCT-2025 21:10", "2025-10-14 21:10"),
            ("14/08/2025 09:10 PM", "2025-08-14 21:10"),
            ("2025-07-01T10:00:00Z", "2025-07-01 11:00"),
            ("2025-07-01 10:00:00+01", "2025-07-01 10:00"),
            ("2025-07-01 10:00:00 +0100", "2025-07-01 10:00"),
            ("01/07/2025 10:00:00+01:00", "2025-07-01 10:00"),
            ("2025-07-01 10:00:00-05:30", "2025-07-01 16:30"),
        ],
    )
    def test_clock_times(self, text: str, wall: str) -> None:
        """Each is read as the same moment on the London clock."""
        table = pd.DataFrame({"received": [text], "easting": 530000, "northing": 180000})
        incidents = hs.read_incidents(table).incidents
        assert incidents["start"].dt.strftime("%Y-%m-%d %H:%M").tolist() == [wall]
        assert incidents["time_precision"].tolist() == ["minute"]

    @pytest.mark.parametrize("text", ["31-10-2023", "31/10/2023", "2023-10-31"])
    def test_dates(self, text: str) -> None:
        """A date without a clock is known to the day, and ends with it."""
        table = pd.DataFrame({"received": [text], "easting": 530000, "northing": 180000})
        first = hs.read_incidents(table).incidents.iloc[0]
        assert first["time_precision"] == "day"
        assert first["start"] == pd.Timestamp("2023-10-31", tz="Europe/London")
        assert first["end"] == pd.Timestamp("2023-11-01", tz="Europe/London")

    def test_a_column_of_midnights_is_a_column_of_dates(self) -> None:
        """Texts and times are judged alike."""
        texts = ["2025-01-05 00:00:00", "2025-01-06 00:00:00"]
        for values in (texts, pd.to_datetime(texts)):
            table = pd.DataFrame({"received": values, "easting": 530000, "northing": 180000})
            assert set(hs.read_incidents(table).incidents["time_precision"]) == {"day"}

    def test_date_and_hour_apart(self) -> None:
        """A date with an hour, as text or number, and a date with a time received."""
        table = pd.DataFrame(
            {"date": ["2025-01-01"], "hour": [19], "easting": 530000, "northing": 180000}
        )
        assert hs.read_incidents(table).incidents["start"].dt.hour.tolist() == [19]
        table = pd.DataFrame(
            {
                "Date Received": ["01/02/2025"],
                "Time Received": ["19:05"],
                "easting": 530000,
                "northing": 180000,
            }
        )
        start = hs.read_incidents(table).incidents["start"]
        assert start.dt.strftime("%d %m %H:%M").tolist() == ["01 02 19:05"]

    def test_missing_ends(self) -> None:
        """An end that is missing stays missing, in some rows or in all."""
        table = pd.DataFrame(
            {
                "received": ["2025-01-01 10:00"] * 3,
                "end": [None, "2025-01-02 12:00", None],
                "easting": 530000,
                "northing": 180000,
            }
        )
        assert hs.read_incidents(table).incidents["end"].isna().tolist() == [True, False, True]
        none = hs.read_incidents(table.assign(end=None)).incidents
        assert none["end"].isna().all()


class TestCodes:
    """What opening and closing codes do to a row."""

    def test_the_closing_heading_wins(self) -> None:
        """Headings are closing codes; types are opening codes."""
        table = pd.DataFrame(
            {
                "received": ["2025-01-01 10:00"],
                "easting": 530000,
                "northing": 180000,
                "opening_codes": "215 202",
                "closing_codes": "211",
            }
        )
        first = hs.read_incidents(table).incidents.iloc[0]
        assert (first["heading"], first["asb_type"]) == ("Noise", "nuisance")

    def test_excluded_codes_among_qualifiers(self) -> None:
        """A repeat call and a duplicate are out of scope wherever the code stands."""
        table = pd.DataFrame(
            {
                "received": ["2025-01-01 10:00"] * 3,
                "easting": 530000,
                "northing": 180000,
                "asb_type": "ASB Nuisance",
                "qualifiers": ["639", "506", "610"],
            }
        )
        reading = hs.read_incidents(table)
        assert reading.out_of_scope["reason"].tolist() == ["recall", "excluded_code"]
        assert reading.incidents["is_flagged_repeat"].tolist() == [True]

    @pytest.mark.parametrize("column", ["Crime type", "category"])
    def test_other_crime_types_in_a_free_layout(self, column: str) -> None:
        """An extract of several crime types is not taken to be all anti-social behaviour."""
        kinds = ["burglary", "anti-social-behaviour", "drugs"]
        table = pd.DataFrame(
            {"month": "2025-01", "longitude": -0.12, "latitude": 51.5, column: kinds}
        )
        reading = hs.read_incidents(table)
        assert reading.n_accepted == 1
        assert set(reading.out_of_scope["reason"]) == {"other_crime_type"}


class TestSeveralFiles:
    """Identity across files."""

    CALLS = "cad_ref,received,easting,northing\n{ref},2025-01-01 10:00,530000,{north}\n"

    def test_a_reference_in_two_files(self, tmp_path: Path) -> None:
        """An overlap of two extracts is rejected once, and ids stay unique."""
        paths = [
            write(tmp_path, "a.csv", self.CALLS.format(ref="1", north=180000)),
            write(tmp_path, "b.csv", self.CALLS.format(ref="1", north=180001)),
        ]
        reading = hs.read_incidents(paths)
        assert_accounted(reading)
        assert reading.rejected[["file", "reason"]].to_numpy().tolist() == [
            ["b.csv", "repeated_id"]
        ]

    def test_two_files_of_one_name(self, tmp_path: Path) -> None:
        """Files of one name in two folders are told apart, and a repeated month is noticed."""
        for folder, n in (("jan", 1), ("feb", 2)):
            (tmp_path / folder).mkdir()
            rows = POLICE_UK + police_uk_row("2025-01") * n
            (tmp_path / folder / "street.csv").write_text(rows)
            rows = "received,easting,northing\n2025-01-01 10:00,530000,18000" + f"{n}\n"
            (tmp_path / folder / "calls.csv").write_text(rows)
        reading = hs.read_incidents([tmp_path / "jan/calls.csv", tmp_path / "feb/calls.csv"])
        assert_accounted(reading)
        assert reading.files["file"].is_unique
        with pytest.raises(hs.DuplicateInputError, match="both hold Met, 2025-01"):
            hs.read_incidents([tmp_path / "jan/street.csv", tmp_path / "feb/street.csv"])

    def test_cells_return_every_month(self) -> None:
        """The name of a cell is no reference of an incident."""
        table = pd.DataFrame(
            {
                "id": "c1",
                "month": ["2025-01", "2025-02", "2025-02"],
                "easting": 530000,
                "northing": 180000,
                "count": [4, 5, 6],
            }
        )
        assert hs.read_incidents(table).incidents["weight"].tolist() == [4, 5, 6]

    def test_named_columns_replace_their_rivals(self) -> None:
        """Longitude and latitude that the caller names are used instead of X and Y."""
        table = pd.DataFrame(
            {"received": ["2025-01-01 10:00"], "x": [1], "y": [1], "a": [-0.12], "b": [51.5]}
        )
        reading = hs.read_incidents(table, columns={"longitude": "a", "latitude": "b"})
        assert reading.n_accepted == 1
        assert reading.incidents.geometry.x.iloc[0] > 500_000


class TestRelations:
    """What must hold for any input."""

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(
                    ["2025-01-01 10:00", "2025-03-30 01:15", "", "nonsense", "2025-10-26 01:00"]
                ),
                st.sampled_from(["530000", "", "x", "-5", "0", "inf"]),
                st.sampled_from(["180000", "", "x", "9999999", "0"]),
                st.sampled_from(["215", "304", "506", "610", "", "202;635"]),
            ),
            max_size=30,
        )
    )
    def test_every_row_is_accounted_for(self, rows: list[tuple[str, str, str, str]]) -> None:
        """Accepted, out of scope and rejected add up to the rows, whatever they hold."""
        table = pd.DataFrame(
            rows, columns=["received", "easting", "northing", "codes"], dtype="str"
        )
        assert_accounted(hs.read_incidents(table))

    @given(st.permutations(range(6)))
    def test_row_order_does_not_matter(self, order: list[int]) -> None:
        """The same rows in another order give the same incidents."""
        table = pd.DataFrame(
            {
                "cad_ref": list("abcdef"),
                "received": ["2025-01-01 10:00"] * 5 + ["x"],
                "easting": 530000 + np.arange(6),
                "northing": 180000,
            }
        )
        reading = hs.read_incidents(table)
        again = hs.read_incidents(table.iloc[list(order)])
        pd.testing.assert_frame_equal(
            pd.DataFrame(again.incidents.sort_index()), pd.DataFrame(reading.incidents)
        )


class TestMessages:
    """What is wrong, what was given, what is allowed, what to do."""

    def test_same_file_twice(self, tmp_path: Path) -> None:
        """The same content is refused, even under another name."""
        text = POLICE_UK + police_uk_row()
        paths = [write(tmp_path, "a.csv", text), write(tmp_path, "b.csv", text)]
        with pytest.raises(hs.DuplicateInputError, match=r"'a.csv' and 'b.csv' have the same"):
            hs.read_incidents(paths)

    def test_same_force_and_month_twice(self, tmp_path: Path) -> None:
        """A force's month in two files is refused by name."""
        paths = [
            write(tmp_path, "a.csv", POLICE_UK + police_uk_row()),
            write(tmp_path, "b.csv", POLICE_UK + police_uk_row() * 2),
        ]
        with pytest.raises(hs.DuplicateInputError, match=r"both hold Met, 2025-01"):
            hs.read_incidents(paths)

    def test_unknown_columns(self) -> None:
        """An unknown table is refused with its columns and what to type."""
        with pytest.raises(hs.InputError, match=r"Its columns are: a, b.*columns=\{'start'"):
            hs.read_incidents(pd.DataFrame({"a": [1], "b": [2]}))

    def test_misspelt_column(self) -> None:
        """A misspelt column is answered with the nearest one."""
        table = pd.DataFrame({"Recieved": ["2025-01-01"], "easting": [1], "northing": [2]})
        with pytest.raises(hs.InputError, match=r"Did you mean 'Recieved'\?"):
            hs.read_incidents(table, columns={"start": "Received"})
        with pytest.raises(hs.InputError, match=r"Invalid part in \[columns\] 'when'"):
            hs.read_incidents(table, columns={"when": "Recieved"})

    def test_unknown_layout(self) -> None:
        """An unknown layout is answered with the known ones."""
        with pytest.raises(hs.InputError, match="'auto' or one of police_uk, met_asb"):
            hs.read_incidents(pd.DataFrame({"a": [1]}), layout="xml")

    def test_missing_file(self, tmp_path: Path) -> None:
        """A path that does not exist is named."""
        with pytest.raises(hs.InputError, match=r"Cannot read '.*none.csv': No such file"):
            hs.read_incidents(tmp_path / "none.csv")

    def test_empty_file_and_folder(self, tmp_path: Path) -> None:
        """An empty file and an empty folder are refused."""
        with pytest.raises(hs.InputError, match="is empty"):
            hs.read_incidents(write(tmp_path, "a.csv", "\n"))
        (tmp_path / "folder").mkdir()
        with pytest.raises(hs.InputError, match="holds no table"):
            hs.read_incidents(tmp_path / "folder")

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("a.csv.gz", "complete gzip file"),
            ("a.zip", "complete zip file"),
            ("a.parquet", "complete Parquet file"),
        ],
    )
    def test_broken_file(self, tmp_path: Path, name: str, message: str) -> None:
        """A file that is not what its name says is refused."""
        (tmp_path / name).write_bytes(b"not at all")
        with pytest.raises(hs.InputError, match=message):
            hs.read_incidents(tmp_path / name)

    def test_unknown_kind_of_file(self, tmp_path: Path) -> None:
        """What is no whole workbook is told how to become readable."""
        (tmp_path / "calls.xlsx").write_bytes(b"PK")
        with pytest.raises(hs.InputError, match=r"Save it as CSV \(UTF-8\)"):
            hs.read_incidents(tmp_path / "calls.xlsx")

    def test_two_columns_of_one_name(self) -> None:
        """Two columns of one name cannot be told apart."""
        table = pd.DataFrame([["2025-01-01", 1, 2, 3]])
        table.columns = ["received", "easting", "northing", "northing"]
        with pytest.raises(hs.InputError, match="more than one column named northing"):
            hs.read_incidents(table)

    def test_unknown_coordinate_system(self) -> None:
        """A coordinate system that does not exist is refused."""
        table = pd.DataFrame({"received": ["2025-01-01"], "x": [1000], "y": [2000]})
        with pytest.raises(hs.InputError, match="Invalid crs 'EPSG:2770000'"):
            hs.read_incidents(table, crs="EPSG:2770000")

    def test_no_source(self) -> None:
        """An empty list of paths is refused."""
        with pytest.raises(hs.InputError, match="non-empty list of paths"):
            hs.read_incidents([])

    @pytest.mark.parametrize(
        ("source", "options", "message"),
        [
            ([None], {}, "Invalid path in source 'NoneType'. Must be a path."),
            ([pd.DataFrame()], {}, "Invalid path in source 'DataFrame'.*Give a table by itself."),
            ("a.csv", {"columns": ["a"]}, "Invalid columns .*Must be parts with their columns"),
            ("a.csv", {"columns": "start=a"}, "Invalid columns 'start=a'"),
            ("a.csv", {"mapping": {"columns": {}}}, "Invalid mapping .*hs.Mapping.from_dict"),
            ("a.csv", {"mapping": 5}, "Invalid mapping '5'"),
        ],
    )
    def test_options_of_a_wrong_kind(
        self, source: object, options: dict[str, Any], message: str
    ) -> None:
        """What is neither paths, parts nor a mapping is refused by name."""
        with pytest.raises(hs.InputError, match=message):
            hs.read_incidents(source, **options)

    def test_frame_without_coordinate_system(self) -> None:
        """A GeoDataFrame must say where its points are."""
        frame = gpd.GeoDataFrame(
            {"received": ["2025-01-01"]}, geometry=gpd.points_from_xy([1], [2])
        )
        with pytest.raises(hs.InputError, match="no coordinate system"):
            hs.read_incidents(frame)


class TestAcceptance:
    """Real files, against the totals that their publishers give."""

    @pytest.mark.acceptance
    def test_west_yorkshire(self, shared_data: Path) -> None:
        """7,429 of 27,176 rows are accepted, 47 of them without coordinates, none rejected."""
        folder = shared_data / "asb" / "police_uk_west_yorkshire"
        reading = hs.read_incidents(folder)
        assert_accounted(reading)
        assert reading.files["rows"].tolist() == [27_176, 28_537, 31_635]
        assert reading.files["accepted"].tolist() == [7_429, 5_955, 5_442]
        assert reading.rejected.empty
        assert reading.incidents.geometry.isna().sum() == 47 + 43 + 43

    @pytest.mark.acceptance
    def test_city_of_london(self, shared_data: Path) -> None:
        """Twelve months hold 8,875 rows, 128 of them anti-social behaviour."""
        reading = hs.read_incidents(shared_data / "asb" / "police_uk_city_of_london_2025")
        assert_accounted(reading)
        assert (reading.n_rows, reading.n_accepted) == (8_875, 128)

    @pytest.mark.acceptance
    def test_met_sample(self, shared_data: Path) -> None:
        """Of 16 rows 12 are in scope; the row in Arun is of another crime type."""
        reading = hs.read_incidents(shared_data / "asb" / "2019-01-metropolitan-street.SAMPLE.csv")
        assert_accounted(reading)
        assert (reading.n_rows, reading.n_accepted) == (16, 12)
        assert reading.out_of_scope["line"].iloc[0] == 2

    @pytest.mark.acceptance
    def test_london_hexagons(self, shared_data: Path) -> None:
        """The weights of the counted hexagons add up to 236,151."""
        reading = hs.read_incidents(
            shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
        )
        assert_accounted(reading)
        assert reading.incidents["weight"].sum() == 236_151
        assert reading.tier == "monthly"

    @pytest.mark.acceptance
    def test_lancashire(self, shared_data: Path) -> None:
        """56,434 monthly points are all accepted."""
        reading = hs.read_incidents(shared_data / "asb" / "lancashire_asb.tab")
        assert_accounted(reading)
        assert (reading.n_rows, reading.n_accepted, reading.tier) == (56_434, 56_434, "monthly")

    @pytest.mark.acceptance
    def test_collisions(self, shared_data: Path) -> None:
        """20,876 road collisions are timed, with the peak at 17 h and the trough at 4 h."""
        reading = hs.read_incidents(shared_data / "timed" / "london_collisions_2025.csv.gz")
        assert_accounted(reading)
        assert (reading.n_rows, reading.n_accepted) == (20_876, 20_876)
        assert (reading.tier, reading.noun) == ("timed", "road collisions")
        by_hour = reading.incidents["start"].dt.hour.value_counts()
        assert (by_hour.idxmax(), by_hour.idxmin()) == (17, 4)
