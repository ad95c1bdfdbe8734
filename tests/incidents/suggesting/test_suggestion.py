"""Suggesting a mapping for tables that nobody has described."""

import dataclasses
import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.areas import national_grid_reference, to_longitude_latitude
from hotspots.errors import OutputError
from hotspots.incidents.layouts import PLACES, match_layout
from hotspots.incidents.mapping import Mapping
from hotspots.incidents.suggesting import (
    Suggestion,
    first_rows,
    suggest_dataset,
    suggest_mapping,
)

N = 120
RNG = np.random.default_rng(7)
# Inner London: eastings 528,000 to 536,000, northings 175,000 to 186,000.
EASTING = RNG.integers(528_000, 536_000, N)
NORTHING = RNG.integers(175_000, 186_000, N)
LONGITUDE, LATITUDE = to_longitude_latitude(EASTING.astype(float), NORTHING.astype(float))
# Three months from 3 March 2025, to the minute.
TIMES = pd.Series(
    pd.Timestamp("2025-03-03") + pd.to_timedelta(RNG.integers(0, 90 * 24 * 60, N), unit="min")
)

PLACE = {"x": EASTING, "y": NORTHING}
CALL = {"when": TIMES, **PLACE}


def pick(*values: str) -> list[str]:
    """Give one of some values for every row, each at least once."""
    return [*values, *RNG.choice(values, N - len(values))]


def written(pattern: str, times: "pd.Series[Any]" = TIMES) -> "pd.Series[str]":
    """Write times as texts."""
    return times.dt.strftime(pattern)


def in_system(crs: int | str) -> tuple[Any, Any]:
    """Give the places in another coordinate system."""
    return pyproj.Transformer.from_crs(27700, crs, always_xy=True).transform(EASTING, NORTHING)


def columns_of(suggestion: Suggestion) -> dict[str, str | tuple[str, ...]]:
    """Give the suggested columns, one as it is and several as a tuple."""
    return {
        part: names[0] if len(names) == 1 else tuple(names)
        for part, names in suggestion.mapping.columns.items()
    }


def suggest(**columns: Any) -> Suggestion:
    """Suggest a mapping for a table of some columns."""
    return suggest_mapping(pd.DataFrame(columns), "calls.csv")


def find(**columns: Any) -> dict[str, str | tuple[str, ...]]:
    """Give the columns that are suggested for a table of some columns."""
    return columns_of(suggest(**columns))


def assert_usable(table: pd.DataFrame, suggestion: Suggestion) -> hs.Reading:
    """Read the table with the written file: it must fit, and no row may be lost."""
    assert suggestion.unresolved == ()
    text = suggestion.to_toml()
    mapping = Mapping.from_dict(tomllib.loads(text))
    assert mapping == suggestion.mapping
    match_layout([str(name) for name in table.columns], "calls.csv", mapping)
    reading = hs.read_incidents(table, mapping=mapping)
    assert reading.n_rows == len(table)
    assert len(reading.rejected) == 0
    return reading


class TestByHand:
    """Files as councils, landlords and forces send them."""

    def test_noise_complaints(self) -> None:
        """A council's list of complaints; the complainant's particulars are left alone."""
        table = pd.DataFrame(
            {
                "Service Request Number": [f"SR-{n:06}" for n in range(N)],
                "Date Created": written("%d/%m/%Y %H:%M"),
                "Date Closed": written("%d/%m/%Y %H:%M", TIMES + pd.Timedelta(days=9)),
                "Noise Type": pick("Loud music", "Party", "Building works", "Barking dog"),
                "Complainant Name": "Ms A Sample",
                "Complainant Phone": "020 7946 0123",
                "Ward": pick("Brunswick", "Kilburn"),
                "Eastings": EASTING.astype(str),
                "Northings": NORTHING.astype(str),
            }
        )
        suggestion = suggest_mapping(table, "noise.csv")
        assert columns_of(suggestion) == {
            "id": "Service Request Number",
            "start": "Date Created",
            "easting": "Eastings",
            "northing": "Northings",
            "heading": "Noise Type",
        }
        assert suggestion.mapping.date_order == "day-first"
        assert suggestion.mapping.codes == {
            "Loud music": "Noise",
            "Party": "Noise",
            "Barking dog": "Animal problems",
        }
        assert [line[:3] for line in suggestion.proposals] == [("codes", "Building works", "")]
        assert "Sample" not in suggestion.to_toml()
        assert "7946" not in suggestion.to_toml()
        reading = assert_usable(table, suggestion)
        assert set(reading.incidents["heading"]) == {"Noise", "Animal problems", "Building works"}

    def test_landlord(self) -> None:
        """A typed sheet of repairs and complaints: date and clock apart, others asked about."""
        table = pd.DataFrame(
            {
                "Case Ref": [f"C{n}" for n in range(N)],
                "Date Reported": TIMES.dt.normalize(),
                "Time Reported": TIMES.dt.time,
                "Category": pick("Repairs - leak", "Noise nuisance", "Neighbour dispute", "Boiler"),
                "UPRN": RNG.integers(10**10, 10**11, N),
                "Property Address": "1 Sample Street, E1 1AA",
                "X Coord": EASTING.astype(float),
                "Y Coord": NORTHING.astype(float),
                "Tenancy Start Date": TIMES - pd.Timedelta(days=900),
            }
        )
        suggestion = suggest_mapping(table, "cases.xlsx")
        assert columns_of(suggestion) == {
            "id": "Case Ref",
            "date": "Date Reported",
            "time": "Time Reported",
            "easting": "X Coord",
            "northing": "Y Coord",
            "location": "Property Address",
            "heading": "Category",
        }
        assert suggestion.mapping.codes == {
            "Noise nuisance": "Noise",
            "Neighbour dispute": "Rowdy or nuisance neighbours",
        }
        assert {line[1:3] for line in suggestion.proposals} == {
            ("Repairs - leak", "not_asb"),
            ("Boiler", "not_asb"),
        }
        assert "Sample" not in suggestion.to_toml()
        assert "location" not in suggestion.examples
        assert len(suggestion.examples) == 10

    def test_command_and_control(self) -> None:
        """A force's export: misspelt names, codes by their columns, other times left alone."""
        table = pd.DataFrame(
            {
                "URN": [f"{n:04}" for n in RNG.permutation(N)],
                "Call Origin": pick("999", "101", "Web"),
                "Call Recieved Date/Time": written("%d-%b-%Y %H:%M:%S"),
                "First Unit At Scene": written("%d-%b-%Y %H:%M:%S", TIMES + pd.Timedelta("9min")),
                "Op Code 1": pick("215", "214", "304"),
                "Op Code 2": pick("", "610", "635"),
                "Cl Code 1": pick("202", "211", "305"),
                "OSGR E": EASTING,
                "OSGR N": NORTHING,
                "Grade": pick("I", "S"),
            }
        )
        suggestion = suggest_mapping(table, "cad.csv")
        assert columns_of(suggestion) == {
            "id": "URN",
            "start": "Call Recieved Date/Time",
            "easting": "OSGR E",
            "northing": "OSGR N",
            "codes": "Op Code 1",
            "closing": "Cl Code 1",
            "qualifiers": "Op Code 2",
            "channel": "Call Origin",
        }
        assert suggestion.mapping.codes == {}
        assert "out of scope" in suggestion.notes[0]
        assert_usable(table, suggestion)

    def test_web_mercator(self) -> None:
        """An export of a web map in its own metres, which are named, with compound names."""
        x, y = in_system(3857)
        table = pd.DataFrame(
            {
                "OBJECTID": range(1, N + 1),
                "IncidentDateTime": written("%Y-%m-%dT%H:%M:%S"),
                "ASBType": pick("Personal", "Nuisance", "Environmental"),
                "last_edited_date": "2025-08-01T10:00:00",
                "POINT_X": x,
                "POINT_Y": y,
            }
        )
        suggestion = suggest_mapping(table, "map.csv")
        assert columns_of(suggestion) == {
            "id": "OBJECTID",
            "start": "IncidentDateTime",
            "easting": "POINT_X",
            "northing": "POINT_Y",
            "asb_type": "ASBType",
        }
        assert suggestion.mapping.crs == "EPSG:3857"
        assert "Web Mercator" in suggestion.reasons["crs"]
        reading = assert_usable(table, suggestion)
        # Back on the National Grid within a metre or so of where they were.
        away = reading.incidents.geometry.x.to_numpy() - EASTING
        assert np.abs(away).max() < 5

    def test_grid_references(self) -> None:
        """References with letters are a place."""
        table = pd.DataFrame(
            {
                "when": written("%Y-%m-%d %H:%M"),
                "Grid Ref": national_grid_reference(EASTING, NORTHING, digits=6),
            }
        )
        suggestion = suggest_mapping(table, "refs.csv")
        assert columns_of(suggestion) == {"start": "when", "grid_reference": "Grid Ref"}
        assert_usable(table, suggestion)

    def test_exchanged_names(self) -> None:
        """Values decide where the names of two columns are exchanged."""
        table = pd.DataFrame(
            {"Reported At": written("%Y-%m-%d %H:%M"), "Longitude": LATITUDE, "Latitude": LONGITUDE}
        )
        suggestion = suggest_mapping(table, "calls.csv")
        assert columns_of(suggestion)["longitude"] == "Latitude"
        assert suggestion.reasons["columns.longitude"] == (
            "all values are longitudes in London, although its name says otherwise"
        )
        assert_usable(table, suggestion)
        metres = suggest(received=written("%Y-%m-%d"), easting=NORTHING, northing=EASTING)
        assert columns_of(metres)["easting"] == "northing"

    def test_interval(self) -> None:
        """From and to in four columns come before the time of the report."""
        end = TIMES + pd.Timedelta(hours=8)
        table = pd.DataFrame(
            {
                "Crime No": [f"01/{n}/25" for n in range(N)],
                "Reported": written("%d/%m/%Y %H:%M", TIMES + pd.Timedelta(hours=20)),
                "Date From": written("%d/%m/%Y"),
                "Time From": written("%H:%M"),
                "Date To": written("%d/%m/%Y", end),
                "Time To": written("%H:%M", end),
                "lsoa": pick("E01000001", "E01000002"),
            }
        )
        suggestion = suggest_mapping(table, "crimes.csv")
        assert columns_of(suggestion) == {
            "id": "Crime No",
            "date": "Date From",
            "time": "Time From",
            "end_date": "Date To",
            "end_time": "Time To",
            "area_code": "lsoa",
        }
        assert any("Times are also in 'Reported'" in note for note in suggestion.notes)
        reading = assert_usable(table, suggestion)
        hours = (reading.incidents["end"] - reading.incidents["start"]) / pd.Timedelta(hours=1)
        assert set(hours) <= {7.0, 8.0, 9.0}  # 7 or 9 across the change of the clocks

    def test_names_that_say_nothing(self) -> None:
        """Values alone tell the time, the place, the kind and the reference."""
        table = pd.DataFrame(
            {
                "Field1": range(1, N + 1),
                "Field2": written("%d/%m/%Y %H:%M", TIMES + pd.Timedelta(hours=50)),
                "Field3": written("%d/%m/%Y %H:%M"),
                "Field4": pick("Fly-tipping", "Loud music", "Youths gathering", "Graffiti"),
                "Field5": pick("Camden", "Hammersmith & Fulham"),
                "Field6": RNG.integers(1, 100, N),
                "Field7": NORTHING,
                "Field8": EASTING,
                "Field9": "x",
            }
        )
        suggestion = suggest_mapping(table, "dump.csv")
        assert columns_of(suggestion) == {
            "id": "Field1",
            "start": "Field3",
            "easting": "Field8",
            "northing": "Field7",
            "borough_name": "Field5",
            "heading": "Field4",
        }
        # The later time may be an end, or when the matter was closed: the analyst says.
        assert [line[:3] for line in suggestion.proposals] == [("columns", "end", "Field2")]
        assert_usable(table, suggestion)

    def test_american_dates(self) -> None:
        """Days above twelve in the second place prove the order."""
        table = pd.DataFrame(
            {"Incident Date/Time": written("%m/%d/%Y %I:%M %p"), "lat": LATITUDE, "lon": LONGITUDE}
        )
        suggestion = suggest_mapping(table, "calls.csv")
        assert columns_of(suggestion)["start"] == "Incident Date/Time"
        assert suggestion.mapping.date_order == "month-first"
        assert suggestion.reasons["date_order"] == "days above 12 stand in the second place"
        reading = assert_usable(table, suggestion)
        np.testing.assert_array_equal(reading.incidents["start"].dt.month, TIMES.dt.month)

    def test_mixed_kinds(self) -> None:
        """Where the table holds other kinds as well, sure ones are set aside, the others asked."""
        table = pd.DataFrame(
            {
                "Incident Date": written("%d/%m/%Y"),
                "Incident Time": written("%H%M"),
                "Incident Type": pick(
                    "ASB - Nuisance", "Burglary", "Concern for safety", "Domestic noise"
                ),
                "WD24CD": pick("E05013806", "E05013807"),
            }
        )
        suggestion = suggest_mapping(table, "incidents.csv")
        assert columns_of(suggestion) == {
            "date": "Incident Date",
            "time": "Incident Time",
            "area_code": "WD24CD",
            "heading": "Incident Type",
        }
        assert suggestion.mapping.codes == {
            "ASB - Nuisance": "nuisance",
            "Burglary": "not_asb",
        }
        assert {line[1:3] for line in suggestion.proposals} == {
            ("Concern for safety", "not_asb"),
            ("Domestic noise", ""),
        }

    def test_crime_types(self) -> None:
        """Anti-social behaviour among crimes makes a column of crime types."""
        suggestion = suggest(
            month=pick("2025-01", "2025-02"),
            kind=pick("Anti-social behaviour", "Burglary", "Robbery", "Other crime"),
            longitude=LONGITUDE,
            latitude=LATITUDE,
        )
        assert columns_of(suggestion)["crime_type"] == "kind"
        assert columns_of(suggestion)["month"] == "month"
        assert suggestion.mapping.codes == {}

    def test_counted_cells(self) -> None:
        """Counts are weights if their name says so."""
        cells = {"month": pick("2025-01", "2025-02"), **PLACE}
        found = find(**cells, asb_count=range(N))
        assert found["weight"] == "asb_count"
        assert "id" not in found
        assert "weight" not in find(**cells, asb_count=np.arange(N) + 0.5)
        assert "weight" not in find(**cells, amount=range(N))

    def test_published_layout(self) -> None:
        """A known layout is named, and nothing else."""
        suggestion = suggest(
            **{
                "Month": ["2025-01"],
                "Falls within": ["Met"],
                "Longitude": [-0.1],
                "Latitude": [51.5],
                "Crime type": ["Burglary"],
            }
        )
        assert suggestion.mapping == Mapping(layout="police_uk")
        assert suggestion.unresolved == ()

    def test_reasons_stand_behind_the_lines(self) -> None:
        """Shares are of the values that are given: 90 of 100 here, the rest is nonsense."""
        when = [*written("%Y-%m-%d %H:%M")[:90], *["soon"] * 10]
        text = suggest(when=when, x=EASTING[:100], y=NORTHING[:100]).to_toml()
        assert 'start = "when"  # 90 % of the values are dates and times\n' in text
        assert 'easting = "x"  # all values are eastings in London\n' in text


class TestPlaces:
    """The many ways of saying where."""

    @pytest.mark.parametrize(
        ("crs", "words"),
        [
            ("EPSG:32630", "UTM zone 30N"),
            ("EPSG:32631", "UTM zone 31N"),
            ("EPSG:3035", "the European grid"),
            ("EPSG:3857", "Web Mercator"),
        ],
    )
    @pytest.mark.parametrize("names", [("x", "y"), ("a", "b")])
    def test_other_systems(self, crs: str, words: str, names: tuple[str, str]) -> None:
        """London lies apart in each of the systems, with and without telling names."""
        x, y = in_system(crs)
        suggestion = suggest(received=written("%Y-%m-%d"), **{names[0]: x, names[1]: y})
        assert suggestion.mapping.crs == crs
        assert words in suggestion.reasons["crs"]
        assert columns_of(suggestion)["easting"] == names[0]

    def test_degrees_called_metres(self) -> None:
        """Numbers of longitude and latitude are that, whatever they are called."""
        found = find(when=TIMES, Easting=LONGITUDE, Northing=LATITUDE)
        assert (found["longitude"], found["latitude"]) == ("Easting", "Northing")

    def test_decimal_commas(self) -> None:
        """Degrees and metres with decimal commas are places, as they are to the reader."""
        pairs = {"longitude": (LONGITUDE, LATITUDE), "easting": (EASTING + 0.5, NORTHING)}
        for part, numbers in pairs.items():
            x, y = ([f"{n:.5f}".replace(".", ",") for n in axis] for axis in numbers)
            table = pd.DataFrame({"Tag": written("%Y-%m-%d %H:%M"), "a": x, "b": y})
            suggestion = suggest_mapping(table, "calls.csv")
            assert columns_of(suggestion)[part] == "a"
            reading = assert_usable(table, suggestion)
            assert (reading.incidents.geometry.x - EASTING).abs().max() < 1.5  # 5 decimals

    def test_separators_of_thousands(self) -> None:
        """A comma before three digits separates thousands where nothing else is shown."""
        x, y = ([f"{n:,}" for n in xs] for xs in (EASTING, NORTHING))
        assert find(when=TIMES, a=x, b=y)["easting"] == "a"

    def test_elsewhere_in_britain(self) -> None:
        """Outside London telling names, or decimals, are needed."""
        leeds = {"a": EASTING - 100_000, "b": NORTHING + 255_000}
        suggestion = suggest(when=TIMES, easting=leeds["a"], northing=leeds["b"])
        assert columns_of(suggestion)["easting"] == "easting"
        assert suggestion.reasons["columns.easting"].endswith("eastings in Great Britain")
        assert find(when=TIMES, **leeds)["easting"] == "a"
        apart = suggest(a=leeds["a"], when=TIMES, b=leeds["b"])
        assert "easting" not in apart.mapping.columns
        guessed = suggest(when=TIMES, **leeds)
        assert "Are 'a' and 'b' the coordinates" in guessed.unresolved[0]
        degrees = suggest(a=LONGITUDE - 1.3, when=TIMES, b=LATITUDE + 2.3)
        assert columns_of(degrees)["latitude"] == "b"

    @pytest.mark.parametrize("kind", ["wkt", "ewkt", "hex"])
    def test_points_as_text(self, kind: str) -> None:
        """Points are recognised as WKT, with a stated system, and as WKB in hexadecimal."""
        points = shapely.points(LONGITUDE, LATITUDE)
        texts = shapely.to_wkb(points, hex=True) if kind == "hex" else shapely.to_wkt(points)
        texts = [f"SRID=4326;{text}" for text in texts] if kind == "ewkt" else list(texts)
        table = pd.DataFrame({"when": written("%Y-%m-%d %H:%M"), "stuff": texts})
        suggestion = suggest_mapping(table, "points.csv")
        assert columns_of(suggestion) == {"start": "when", "geometry": "stuff"}
        assert suggestion.mapping.crs is None
        assert_usable(table, suggestion)

    def test_points_in_another_system(self) -> None:
        """Points as text in another system are told apart by where they lie."""
        x, y = in_system(3857)
        suggestion = suggest(when=TIMES, geom=shapely.to_wkt(shapely.points(x, y)))
        assert suggestion.mapping.crs == "EPSG:3857"
        nowhere = suggest(when=TIMES, geom=shapely.to_wkt(shapely.points(x * 50, y * 50)))
        assert "In which coordinate system are the points of 'geom'?" in nowhere.unresolved[0]

    def test_one_way_is_chosen(self) -> None:
        """Metres come before degrees, unless most of them are missing; the others are noted."""
        both = {"when": TIMES, "lat": LATITUDE, "lon": LONGITUDE, "y": NORTHING}
        suggestion = suggest(**both, x=EASTING)
        assert columns_of(suggestion)["easting"] == "x"
        assert "also in 'lon' and 'lat' (longitude and latitude)" in suggestion.notes[0]
        pairs = {f"{axis}{n}": v for n in range(5) for axis, v in (("x", EASTING), ("y", NORTHING))}
        assert any("; and 1 more." in note for note in suggest(when=TIMES, **pairs).notes)
        few = np.where(np.arange(N) < 20, EASTING.astype(float), np.nan)
        assert find(**both, x=few)["longitude"] == "lon"

    def test_place_of_the_incident(self) -> None:
        """The home of a victim is not where it happened."""
        found = suggest(
            when=TIMES,
            victim_easting=EASTING[::-1],
            victim_northing=NORTHING[::-1],
            incident_e=EASTING,
            incident_n=NORTHING,
        )
        assert columns_of(found)["easting"] == "incident_e"

    def test_points_of_the_source(self) -> None:
        """The points of a spatial source need no line."""
        suggestion = suggest(when=TIMES, _point_x=EASTING, _point_y=NORTHING)
        assert columns_of(suggestion) == {"start": "when"}
        assert suggestion.unresolved == ()

    def test_points_before_other_metres(self) -> None:
        """Degrees in a point come before metres that must be converted, references come last."""
        x, y = in_system(3857)
        references = national_grid_reference(EASTING, NORTHING)
        points = shapely.to_wkt(shapely.points(LONGITUDE, LATITUDE))
        found = find(when=TIMES, ngr=references, x=x, y=y, geom=points)
        assert found["geometry"] == "geom"
        found = find(when=TIMES, ngr=references, x=x, y=y)
        assert found["easting"] == "x"

    def test_counters_are_no_coordinates(self) -> None:
        """Numbers that rise from row to row are no metres, though they lie where London does."""
        counter = np.arange(N) + 530_000
        assert "easting" not in find(when=TIMES, a=counter, b=NORTHING)
        assert "easting" not in find(when=TIMES, a=EASTING, b=counter - 370_000)

    def test_whole_degrees_are_no_coordinates(self) -> None:
        """Ages and temperatures are no degrees of latitude and longitude."""
        assert "latitude" not in find(when=TIMES, a=LONGITUDE - 1.3, b=RNG.integers(50, 60, N))

    def test_other_codes_of_areas(self) -> None:
        """Codes of areas that are not of the national statistics need a known name."""
        codes = pick("00AGGD", "00AGGE")
        assert find(when=TIMES, ward_code=codes)["area_code"] == "ward_code"
        assert "area_code" not in find(when=TIMES, a=codes)
        names = pick("Brunswick", "Kilburn")
        assert "area_code" not in find(when=TIMES, ward_code=names)

    def test_areas(self) -> None:
        """Wards come before LSOA; codes of boroughs alone are a place."""
        wards, lsoa = pick("E05000001", "E05000002"), pick("E01000001", "E01000002")
        boroughs = pick("E09000007", "E09000019")
        found = find(when=TIMES, a=lsoa, b=wards, c=boroughs)
        assert (found["area_code"], found["borough_name"]) == ("b", "c")
        suggestion = suggest(when=TIMES, a=boroughs)
        assert columns_of(suggestion)["area_code"] == "a"
        assert suggestion.unresolved == ()

    def test_numbers_of_nowhere(self) -> None:
        """Columns called coordinates are kept, and their system asked for."""
        suggestion = suggest(when=TIMES, x=EASTING * 1000, y=NORTHING * 1000)
        assert columns_of(suggestion)["easting"] == "x"
        assert "In which coordinate system are 'x' and 'y'?" in suggestion.unresolved[0]

    def test_references_that_are_none(self) -> None:
        """Case numbers that look like grid references of the far north are not taken for places."""
        assert "grid_reference" not in find(when=TIMES, case=[f"HU{n:06}" for n in range(N)])


class TestTimes:
    """The many ways of saying when."""

    @pytest.mark.parametrize(
        "pattern", ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ", "%d %B %Y %H:%M", "%d.%m.%Y %H:%M"]
    )
    def test_formats(self, pattern: str) -> None:
        """What the reader reads is recognised under any name."""
        assert find(zzz=written(pattern), **PLACE)["start"] == "zzz"

    def test_typed_columns(self) -> None:
        """Times, dates and times with a zone are recognised as they are."""
        objects = [time.to_pydatetime() for time in TIMES]
        for values in (TIMES, TIMES.dt.tz_localize("UTC"), objects):
            assert find(a=values, **PLACE)["start"] == "a"
        dates = [dt.date(2025, 3, 1 + n % 28) for n in range(N)]
        assert find(a=dates, **PLACE)["date"] == "a"

    def test_hours(self) -> None:
        """Whole hours are clock times if the name says so, and numbers if not."""
        days = written("%Y-%m-%d")
        found = find(date=days, hour=TIMES.dt.hour, **PLACE)
        assert (found["date"], found["time"]) == ("date", "hour")
        found = find(date=days, units=TIMES.dt.hour, **PLACE)
        assert "time" not in found

    @pytest.mark.parametrize("kind", [str, int])
    def test_hours_and_minutes_as_digits(self, kind: type) -> None:
        """Digits such as 0855 that vary over the day are clock times under any name."""
        clock = written("%H%M").where(TIMES.dt.hour > 0, "1015").astype(kind)
        table = pd.DataFrame({"F1": written("%Y%m%d"), "F2": clock, **PLACE})
        suggestion = suggest_mapping(table, "calls.csv")
        assert columns_of(suggestion)["time"] == "F2"
        assert suggestion.reasons["columns.time"] == "all values are clock times"
        reading = assert_usable(table, suggestion)
        assert reading.incidents["start"].dt.strftime("%H%M").astype(kind).tolist() == list(clock)

    @pytest.mark.parametrize(
        "values",
        [
            RNG.integers(1000, 2400, N),  # Numbers: four in ten have no such minutes.
            RNG.integers(100, 160, N),  # House numbers: one hour.
            np.arange(N) % 10 * 100 + 800,  # Codes: few values, 10 hours.
        ],
    )
    def test_digits_that_are_no_clock(self, values: Any) -> None:
        """Other numbers of three and four digits are none."""
        assert "time" not in find(date=written("%Y-%m-%d"), a=values, **PLACE)

    def test_months(self) -> None:
        """Months may be written as such, or as their first days; a file may hold one alone."""
        firsts = pick("2025-01-01", "2025-02-01", "2025-03-01")
        for values in (pick("2025-01", "2025-02"), ["2025-01"] * N, firsts, pd.to_datetime(firsts)):
            assert find(a=values, **PLACE)["month"] == "a"
        assert find(month=["2025-01-01"] * N, **PLACE)["month"] == "month"
        assert find(date=["2025-01-01"] * N, **PLACE)["date"] == "date"

    def test_numbers_that_begin_with_a_year(self) -> None:
        """References that begin with a year are no dates."""
        references = [f"2025{n:09}" for n in range(N)]
        found = find(a=references, b=TIMES, **PLACE)
        assert found["start"] == "b"

    def test_response_times_are_no_clock_times(self) -> None:
        """Minutes until somebody came are no time of day."""
        minutes = RNG.integers(0, 20, N)
        found = find(date=written("%Y-%m-%d"), response_time=minutes, **PLACE)
        assert "time" not in found

    @pytest.mark.parametrize(
        "name", ["Last Updated", "DateClosed", "DOB", "Target Date", "Printed"]
    )
    def test_other_times(self, name: str) -> None:
        """When something else was is never taken for when it happened, even alone."""
        early = {name: TIMES - pd.Timedelta(days=1), **PLACE}
        assert find(**early, zzz=TIMES)["start"] == "zzz"
        assert "Which column says when?" in suggest(**early).unresolved[0]

    def test_typed_interval(self) -> None:
        """Two ends of one interval are recognised if the second is nearly never the earlier."""
        later = TIMES + pd.Timedelta(hours=3)
        found = find(**{"Occured From": TIMES, "Occured To": later}, **PLACE)
        assert (found["start"], found["end"]) == ("Occured From", "Occured To")
        wrong = later.where(np.arange(N) >= 12, TIMES - pd.Timedelta(days=1))  # 12 of 120: 10 %
        suggestion = suggest(**{"Occurred From": TIMES, "Occurred To": wrong}, **PLACE)
        assert "end" not in suggestion.mapping.columns
        assert any("is before it in 10 % of the rows" in note for note in suggestion.notes)
        wrong = later.where(np.arange(N) >= 6, TIMES - pd.Timedelta(days=1))  # 6 of 120: 5 %
        suggestion = suggest(**{"Occurred From": TIMES, "Occurred To": wrong}, **PLACE)
        assert columns_of(suggestion)["end"] == "Occurred To"
        assert any("before the start in 5 % of the rows" in note for note in suggestion.notes)

    def test_end_without_a_clock(self) -> None:
        """An end that is a date is compared by the day."""
        table = {"Occurred From": TIMES, "Occurred To": TIMES.dt.normalize()}
        found = find(**table, **PLACE)
        assert (found["start"], found["end_date"]) == ("Occurred From", "Occurred To")

    def test_clock_of_the_same_kind(self) -> None:
        """A date goes with the clock time of its own kind, and the earlier pair is when it was."""
        later = TIMES + pd.Timedelta(hours=30)
        table = {
            "Received Time": written("%H:%M", later),
            "Incident Time": written("%H:%M"),
            "Incident Date": written("%Y-%m-%d"),
            "Received Date": written("%Y-%m-%d", later),
        }
        found = find(**table, **PLACE)
        assert (found["date"], found["time"]) == ("Incident Date", "Incident Time")
        assert "end_date" not in found
        only = {name: values for name, values in table.items() if name != "Incident Date"}
        found = find(**only, **PLACE)
        assert (found["date"], found["time"]) == ("Received Date", "Received Time")

    def test_when_the_record_was_made(self) -> None:
        """When a record was made counts only if nothing says when it was reported."""
        earlier = TIMES - pd.Timedelta(minutes=1)
        found = find(Created=earlier, **{"Call Received": TIMES}, **PLACE)
        assert found["start"] == "Call Received"
        assert find(Created=TIMES, **PLACE)["start"] == "Created"

    def test_the_earlier_of_two(self) -> None:
        """Of two times without telling names the one that is never after the other is the start."""
        later = TIMES + pd.Timedelta(hours=3)
        found = find(a=later, b=TIMES, **PLACE)
        assert found["start"] == "b"

    def test_ambiguous_order(self) -> None:
        """No day above twelve: the shorter span is likelier, and the question stays."""
        # The first twelve days of May: day first, or the fifth of every month.
        days = pd.Series(pd.Timestamp("2025-05-01") + pd.to_timedelta(np.arange(N) % 12, unit="D"))
        british = suggest(date=written("%d/%m/%Y", days), **PLACE)
        assert british.proposals[0][:3] == ("", "date_order", "day-first")
        assert "No day is above 12" in british.unresolved[0]
        american = suggest(date=written("%m/%d/%Y", days), **PLACE)
        assert american.proposals == (
            (
                "",
                "date_order",
                "month-first",
                "no day is above 12; month first they span 11 days, day first 334",
            ),
        )
        # Days 1 to 10 of ten months span 282 days day first (1 January to 10 October), and month
        # first the same: the British order is taken.
        square = pd.Series(
            pd.to_datetime([f"2025-{n % 10 + 1}-{n // 10 % 10 + 1}" for n in range(N)])
        )
        assert suggest(date=written("%d/%m/%Y", square), **PLACE).proposals[0][2] == "day-first"

    def test_assumed_order_does_not_count(self) -> None:
        """An order that no date proves stays a comment: the reader goes on watching the dates."""
        dates = ["03/04/2025 10:00"] * N
        suggestion = suggest(when=dates, **PLACE)
        assert suggestion.mapping.date_order == "auto"
        assert '\n# date_order = "day-first"  # no day is above 12; ' in suggestion.to_toml()
        assert 'layout = "own"' in suggestion.to_toml().partition("# date_order = ")[0]
        later = pd.DataFrame({"when": [*dates, "03/25/2025 10:00"]})
        later = later.assign(x=530_000, y=180_000)
        reading = hs.read_incidents(later, mapping=suggestion.mapping)
        assert set(reading.incidents["start"].dt.month) == {3}

    def test_mixed_order(self) -> None:
        """Days above twelve in both places are asked about."""
        dates = ["13/01/2025", "01/13/2025"] * (N // 2)
        suggestion = suggest(when=dates, **PLACE)
        assert any("day first or month first" in question for question in suggestion.unresolved)

    def test_unreadable_times(self) -> None:
        """A column that is called a time but is none is named in the question."""
        suggestion = suggest(received=["soon"] * N, **PLACE)
        assert "How are the times in 'received' written?" in suggestion.unresolved[0]

    def test_clock_without_a_date(self) -> None:
        """Clock times alone are no time."""
        suggestion = suggest(at=written("%H:%M"), **PLACE)
        assert "Which column holds the date? 'at' holds clock times" in suggestion.unresolved[0]


class TestCodes:
    """What was reported."""

    def test_codes_without_names(self) -> None:
        """The Met's codes are known by their values; other numbers of three digits are not."""
        found = find(**CALL, a=pick("215", "214, 610"), b=pick("250", "260"))
        assert found["codes"] == "a"
        assert "b" not in found.values()

    def test_names_of_codes(self) -> None:
        """Names of types and headings are known as the Met spells them."""
        kinds = pick("Rowdy Or Inconsiderate Behaviour", "Noise", "Littering / Drugs Paraphernalia")
        found = find(**CALL, a=pick("ASB Nuisance", "ASB Personal"), b=kinds)
        assert (found["asb_type"], found["heading"]) == ("a", "b")

    def test_opening_codes_of_all_kinds(self) -> None:
        """Where the name says code, a few known ones are enough: most calls are about others."""
        kinds = ["ASB Nuisance"] * 12 + ["Suspicious circumstances"] * (N - 12)
        found = find(**CALL, OPENING1=kinds, CL1=kinds)
        assert (found["codes"], found["closing"]) == ("OPENING1", "CL1")
        notes = suggest(**CALL, OPENING1=kinds).notes
        assert notes == (
            "Rows without a code of anti-social behaviour in 'OPENING1' are out of scope.",
        )
        assert "codes" not in find(**CALL, a=kinds)

    def test_general_names_need_values(self) -> None:
        """A column called type that holds kinds of dwellings says nothing about the incident."""
        suggestion = suggest(**CALL, type=pick("House", "Flat"), status=pick("Open", "Shut"))
        assert set(suggestion.mapping.columns) == {"start", "easting", "northing"}

    def test_words_are_listed_by_frequency(self) -> None:
        """Every unknown word is there once, the frequent first, with its rows."""
        kinds = ["Muddle"] * 70 + ["MESS"] * 40 + ["Noise"] * 5 + ["Mess"] * 5
        suggestion = suggest(**CALL, category=kinds)
        assert [(key, comment) for _, key, _, comment in suggestion.proposals] == [
            ("Muddle", "70 rows: which code?"),
            ("MESS", "40 rows: which code?"),
        ]

    def test_no_guess_leaves_rows_out(self) -> None:
        """Rows are left out for a plain word that stands alone; a guess is only asked about."""
        guessed = ["Rubbish in void property", "Training dog barking", "Youths, no error", "DUP"]
        suggestion = suggest(**CALL, category=pick("Noise", " Test ", "Entered in error", *guessed))
        assert suggestion.mapping.codes == {"Test": "excluded", "Entered in error": "excluded"}
        assert {line[1:3] for line in suggestion.proposals} == {
            (text, "excluded") for text in guessed
        }
        assert all(line[3].endswith("out of scope?") for line in suggestion.proposals)

    def test_only_other_kinds(self) -> None:
        """Where no row is anti-social behaviour by its words, nothing is set aside."""
        suggestion = suggest(**CALL, category=pick("Burglary", "Robbery"))
        assert suggestion.mapping.codes == {}
        assert {line[1] for line in suggestion.proposals} == {"Burglary", "Robbery"}

    def test_personal_words_are_not_listed(self) -> None:
        """Telephone numbers, addresses and titles do not reach the file."""
        kinds = ["Noise"] * 60 + ["Muddle"] * 30
        kinds += ["Mr Sample rang"] * 10 + ["ring 07700 900123"] * 10 + ["at SW1A 1AA"] * 10
        suggestion = suggest(**CALL, category=kinds)
        text = suggestion.to_toml()
        assert "Muddle" in text
        assert not any(word in text for word in ("Sample", "900123", "SW1A"))
        assert any("3 values of a column of types" in note for note in suggestion.notes)

    def test_one_word_alone(self) -> None:
        """A column with one word tells no kinds apart, unless its name says that it does."""
        words = ["Noise nuisance"] * N
        assert "heading" not in find(**CALL, a=words)
        assert find(**CALL, category=words)["heading"] == "category"

    @pytest.mark.parametrize(("n_kinds", "is_kind"), [(200, True), (201, False)])
    def test_too_many_words(self, n_kinds: int, is_kind: bool) -> None:  # noqa: FBT001
        """Two hundred different words are listed, more are no kinds."""
        rows = np.arange(3 * n_kinds)
        words = [f"Kind {n % n_kinds}x" for n in rows]
        table = {"when": "2025-01-05 10:00", "x": 530_000 + rows, "y": 180_000, "category": words}
        suggestion = suggest_mapping(pd.DataFrame(table), "calls.csv")
        assert ("heading" in suggestion.mapping.columns) == is_kind
        assert len(suggestion.proposals) == (n_kinds if is_kind else 0)

    def test_free_text_is_no_kind(self) -> None:
        """Words that never return are a description, not a kind."""
        remarks = [f"Loud music from number {n}" for n in range(N)]
        assert "heading" not in find(**CALL, category=remarks)

    def test_duplicates(self) -> None:
        """A flag is yes or no; a reference to the other row is none."""
        found = find(**CALL, is_duplicate=pick("Y", "N"))
        assert found["duplicate"] == "is_duplicate"
        flagged = suggest(**CALL, is_duplicate=pick("Y", "N"))
        assert flagged.reasons["columns.duplicate"] == "all values are yes or no"
        found = find(**CALL, duplicate=pick("C1", "C2"))
        assert "duplicate" not in found


class TestWhatWasSaid:
    """What the caller says is kept, is not asked again, and helps with the rest."""

    def test_everything(self) -> None:
        """Layout, codes, noun, layer, system and order of a given mapping stay."""
        said = Mapping(
            layout="cad",
            columns={"start": "A", "location": "B"},
            codes={"Zorp": "not_asb"},
            crs="EPSG:3857",
            date_order="month-first",
            layer="Calls",
            noun="noise complaints",
        )
        x, y = in_system(3857)
        kinds = pick("zorp", "Noise", "Blub")
        table = pd.DataFrame(
            {"A": written("%m/%d/%Y"), "B": "x", "X": x, "Y": y, "Category": kinds}
        )
        suggestion = suggest_mapping(table, "calls.csv", said)
        found = suggestion.mapping
        assert found.with_options(columns={}) == dataclasses.replace(said, columns=found.columns)
        assert columns_of(suggestion) == {
            "start": "A",
            "easting": "X",
            "northing": "Y",
            "heading": "Category",
            "location": "B",
        }
        assert [line[1] for line in suggestion.proposals] == ["Blub"]
        assert suggestion.reasons["columns.location"] == "as given"
        assert suggestion.reasons["codes.Zorp"] == "as given"
        assert_usable(table, suggestion)

    @pytest.mark.parametrize(
        ("said", "questions"),
        [
            (Mapping(), ["In which coordinate", "Are the dates in 'a'"]),
            (Mapping(date_order="month-first"), ["In which coordinate"]),
            (Mapping(crs="EPSG:3857"), ["Are the dates in 'a'"]),
            (Mapping(columns={"area_code": "c"}), ["Are the dates in 'a'"]),
            (Mapping(columns={"geometry": "c"}), ["Are the dates in 'a'"]),
            (Mapping(columns={"start": "c"}), ["In which coordinate"]),
            (Mapping(columns={"start": "c", "area_code": "a"}), []),
        ],
    )
    def test_no_question_is_asked_again(self, said: Mapping, questions: list[str]) -> None:
        """Neither which column says when or where, nor the system, nor the order of the dates."""
        table = pd.DataFrame({"a": ["03/04/2025 21:00", "05/04/2025 20:00"], "c": ["A 1", "B 2"]})
        found = suggest_mapping(table.assign(x=1e9, y=1e9), "a.csv", said)
        assert [question[: len(questions[0])] for question in found.unresolved[:1]] == questions[:1]
        assert len(found.unresolved) == len(questions)
        assert set(said.columns.items()) <= set(found.mapping.columns.items())

    def test_order_of_the_named_dates(self) -> None:
        """The order is that of the dates that are named, not of others."""
        table = {"Received": written("%d/%m/%Y %H:%M"), "At": written("%m/%d/%Y %H:%M"), **PLACE}
        said = Mapping(columns={"start": "At"})
        suggestion = suggest_mapping(pd.DataFrame(table), "a.csv", said)
        assert columns_of(suggestion)["start"] == "At"
        assert suggestion.mapping.date_order == "month-first"

    def test_words_of_the_named_column(self) -> None:
        """Words of the column that is named get their meanings, those of others do not."""
        table = {**CALL, "category": pick("Noise", "Loud music"), "b": pick("Party", "Mess")}
        said = Mapping(columns={"heading": "b"})
        suggestion = suggest_mapping(pd.DataFrame(table), "a.csv", said)
        assert columns_of(suggestion)["heading"] == "b"
        assert suggestion.mapping.codes == {"Party": "Noise"}

    def test_no_column_plays_two_parts(self) -> None:
        """A column that is named for one part is suggested for no other."""
        table = {**CALL, "Ref": [f"R{n}" for n in range(N)], "Ward": pick("E05000001", "E05000002")}
        said = Mapping(columns={"location": "Ref", "channel": "Ward"})
        suggestion = suggest_mapping(pd.DataFrame(table), "a.csv", said)
        assert columns_of(suggestion) == {
            "start": "when",
            "easting": "x",
            "northing": "y",
            "location": "Ref",
            "channel": "Ward",
        }

    def test_published_layout(self) -> None:
        """What is said beside a known layout stays."""
        names = ["Month", "Falls within", "Longitude", "Latitude", "Crime type"]
        said = Mapping(noun="crimes")
        suggestion = suggest_mapping(pd.DataFrame(columns=names), "a.csv", said)
        assert suggestion.mapping == Mapping(layout="police_uk", noun="crimes")


class TestTrial:
    """Files on the disk: what is suggested for them, and their first rows as they are read."""

    def test_first_rows_as_they_are_read(self, tmp_path: Path) -> None:
        """Where a later file proves the order of the dates, the rows of the first have it too."""
        for name, day in (("a.csv", "03/04/2025"), ("b.csv", "03/25/2025")):
            rows = f"{day} 10:00,530000,180000\n{day} 11:00,530000,180000\n"
            (tmp_path / name).write_text(f"When,E,N\n{rows}")
        _, dataset = suggest_dataset(hs.open_incidents(tmp_path))
        rows = first_rows(dataset, 10)
        read = hs.read_incidents(tmp_path, mapping=dataset.mapping).incidents
        expected = read["start"].dt.strftime("%Y-%m-%d %H:%M").tolist()
        assert expected[0] == "2025-03-04 10:00"
        assert rows["start"].tolist() == expected[:2]

    @staticmethod
    def write_book(path: Path, **sheets: pd.DataFrame) -> Path:
        """Write a workbook whose first sheet is a summary."""
        summary = pd.DataFrame({"Ward": ["Brunswick", "Kilburn"], "Calls": [70, 50]})
        with pd.ExcelWriter(path) as book:
            for title, table in {"Summary": summary, **sheets}.items():
                table.to_excel(book, sheet_name=title, index=False)
        return path

    def test_only_sheet_with_reports(self, tmp_path: Path) -> None:
        """Behind a summary the only sheet with a time and a place is taken, and named."""
        calls = pd.DataFrame({"F1": TIMES, "F2": EASTING, "F3": NORTHING})
        codes = pd.DataFrame({"Code": ["211"], "Meaning": ["Noise"]})
        sums = pd.DataFrame({"Day": ["=1+1"], "Count": ["=2+2"]})  # never calculated
        book = self.write_book(tmp_path / "book.xlsx", Codes=codes, Sums=sums, Calls=calls)
        suggestion, dataset = suggest_dataset(hs.open_incidents(book))
        assert suggestion.mapping.layer == "Calls"
        assert "only Calls is read, not Summary, Codes, Sums" in dataset.notes[0]
        assert first_rows(dataset, 3)["easting"].tolist() == EASTING[:3].tolist()
        reading = hs.read_incidents(book, mapping=Mapping.from_dict(suggestion.mapping.to_dict()))
        assert len(reading.incidents) == N
        # Several workbooks are read from the sheet of this name, if each has it.
        other = self.write_book(tmp_path / "other.xlsx", Calls=calls.iloc[:9])
        suggestion, dataset = suggest_dataset(hs.open_incidents([book, other]))
        assert [source.layer for source in dataset.sources] == ["Calls", "Calls"]

    def test_no_only_sheet_with_reports(self, tmp_path: Path) -> None:
        """Of two such sheets, or against what the caller has said, none is taken."""
        calls = pd.DataFrame({"F1": TIMES, "F2": EASTING, "F3": NORTHING})
        others = calls.rename(columns=str.lower)
        book = self.write_book(tmp_path / "book.xlsx", Calls=calls, Others=others)
        suggestion, _ = suggest_dataset(hs.open_incidents(book))
        assert suggestion.mapping.layer is None
        suggestion, _ = suggest_dataset(hs.open_incidents(book, layer="Summary"))
        assert suggestion.mapping.layer == "Summary"
        third = self.write_book(tmp_path / "third.xlsx", Third=calls)
        suggestion, _ = suggest_dataset(hs.open_incidents([third, book]))
        assert suggestion.mapping.layer is None


class TestReferences:
    """The source's own reference of an incident."""

    def test_numbers_that_return_each_day(self) -> None:
        """A number that is unique on each day is a reference; one that repeats is not."""
        days = pd.Series(pd.Timestamp("2025-03-01") + pd.to_timedelta(np.arange(N) // 10, unit="D"))
        place = {"when": days + pd.Timedelta(hours=1), **PLACE}
        found = find(**place, cad=[f"{n % 10}" for n in range(N)])
        assert found["id"] == "cad"
        suggestion = suggest(**place, cad=[f"{n % 5}" for n in range(N)])
        assert "id" not in suggestion.mapping.columns
        assert any("50 % of the rows repeat" in note for note in suggestion.notes)

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("UPRN", [10_000_000_000 + 7 * n for n in range(N)]),
            ("Mobile", [f"07700 {900000 + n}" for n in range(N)]),
            ("zzz", [f"07700{900000 + n}" for n in range(N)]),
            ("Collar number", [f"P{n}" for n in range(N)]),
            ("price", [n * 1.5 for n in range(N)]),
            ("remarks", [f"number {n}" for n in range(N)]),
        ],
    )
    def test_other_numbers(self, name: str, values: list[Any]) -> None:
        """Numbers of properties, telephones and officers are no references."""
        assert "id" not in find(**CALL, **{name: values})

    def test_misspelt_names(self) -> None:
        """A misspelt name is enough for words, not for weights and keys of persons."""
        words = pick("999", "Web")
        found = find(**CALL, Chanel=words, Locaton=words, Wieght=1, Persson_key=range(N))
        assert (found["channel"], found["location"]) == ("Chanel", "Locaton")
        assert not {"weight", "person_key"} & set(found)

    def test_reasons(self) -> None:
        """It is said whether every value is there once."""
        once = suggest(**CALL, ref=[f"R{n}" for n in range(N)])
        assert once.reasons["columns.id"] == "every value occurs once"
        twice = suggest(
            when=["2025-01-05"] * N, x=EASTING, ref=["R0", *(f"R{n}" for n in range(N - 1))]
        )
        assert twice.reasons["columns.id"] == "nearly every value occurs once"

    def test_incident_before_row(self) -> None:
        """The reference of the incident comes before the number of the row."""
        found = find(**CALL, OBJECTID=range(N), **{"Log No": [f"L{n}" for n in range(N)]})
        assert found["id"] == "Log No"


class TestEdges:
    """Tables with nothing in them, with too much, and with hostile names."""

    def test_no_place(self) -> None:
        """A table without a place is a question, not a failure."""
        suggestion = suggest(received=TIMES, street="High Street")
        assert columns_of(suggestion) == {"start": "received", "location": "street"}
        assert [question[:25] for question in suggestion.unresolved] == [
            "Which columns say where? "
        ]
        assert "# QUESTION: Which columns say where?" in suggestion.to_toml()

    def test_no_time(self) -> None:
        """A table without a time is a question, not a failure."""
        suggestion = suggest(easting=EASTING, northing=NORTHING)
        assert [question[:22] for question in suggestion.unresolved] == ["Which column says when"]

    def test_nothing(self) -> None:
        """No rows and no columns."""
        suggestion = suggest_mapping(pd.DataFrame(), "empty.csv")
        assert suggestion.mapping.columns == {}
        assert len(suggestion.unresolved) == 1

    def test_no_rows(self) -> None:
        """Without rows names alone speak."""
        names = ["Ref", "Call Received", "X", "Y", "Nonsense"]
        suggestion = suggest_mapping(pd.DataFrame(columns=names), "empty.csv")
        assert columns_of(suggestion) == {
            "id": "Ref",
            "start": "Call Received",
            "easting": "X",
            "northing": "Y",
        }
        assert "Has the table rows?" in suggestion.unresolved[0]
        partly = suggest_mapping(pd.DataFrame(columns=["Recieved", "a", "Op1", "Op2"]), "empty.csv")
        assert columns_of(partly) == {"start": "Recieved", "codes": ("Op1", "Op2")}

    def test_empty_columns(self) -> None:
        """Columns without values play no part."""
        suggestion = suggest(
            received=TIMES,
            x=EASTING,
            y=NORTHING,
            easting=[None] * N,
            type=[""] * N,
            ref=["nan"] * N,
        )
        assert columns_of(suggestion) == {"start": "received", "easting": "x", "northing": "y"}

    def test_one_row(self) -> None:
        """One row is enough if its names and values speak."""
        assert find(received=["2025-01-05 10:00"], x=["530000"], y=["180000"]) == {
            "start": "received",
            "easting": "x",
            "northing": "y",
        }

    def test_three_hundred_columns(self) -> None:
        """The right columns are found among three hundred."""
        noise: dict[str, Any] = {f"n{n}": RNG.random(N) for n in range(100)}
        noise |= {f"t{n}": pick("alpha", "beta", "gamma") for n in range(100)}
        noise |= {f"i{n}": RNG.integers(0, 1_000_000, N) for n in range(97)}
        assert find(**noise, p=EASTING, q=NORTHING, r=written("%Y-%m-%d %H:%M")) == {
            "start": "r",
            "easting": "p",
            "northing": "q",
        }

    def test_hostile_names(self) -> None:
        """Quotes, line ends and characters of control are written and read back."""
        names = ['say "when"', "east\\ing\n[codes]", "#'''", "x\x00\x1b = 1"]
        table = pd.DataFrame(
            dict(zip(names, [TIMES, EASTING, NORTHING, pick("a", "b")], strict=True))
        )
        suggestion = suggest_mapping(table, 'a\n"b".csv')
        assert columns_of(suggestion) == {
            "start": names[0],
            "easting": names[1],
            "northing": names[2],
        }
        assert_usable(table, suggestion)

    def test_no_line_with_names(self) -> None:
        """A table whose names are values is asked for a line with names."""
        table = pd.DataFrame({"2025-01-05 10:00": TIMES, "530100": EASTING, "180100": NORTHING})
        suggestion = suggest_mapping(table, "calls.csv")
        assert "Has the table a first line with names?" in suggestion.unresolved[0]

    def test_no_name(self) -> None:
        """A column without a name can be named as such."""
        table = pd.DataFrame({"when": TIMES, "": EASTING, " ": NORTHING})
        suggestion = suggest_mapping(table, "calls.csv")
        assert columns_of(suggestion) == {"start": "when", "easting": "", "northing": " "}
        assert Mapping.from_dict(tomllib.loads(suggestion.to_toml())) == suggestion.mapping

    def test_columns_of_one_name(self) -> None:
        """Columns of one name cannot be named: the question says so, the others are used."""
        table = pd.DataFrame({"received": TIMES, "a": EASTING, "b": NORTHING, "c": 1, "d": 2})
        table.columns = pd.Index(["received", "x", "y", "note", "note"])
        suggestion = suggest_mapping(table, "calls.csv")
        assert columns_of(suggestion) == {"start": "received", "easting": "x", "northing": "y"}
        assert "Can columns be renamed? 'note' cannot be named" in suggestion.unresolved[0]

    def test_saved_once(self, tmp_path: Any) -> None:
        """The file is written whole, and a corrected one is not replaced by a new suggestion."""
        suggestion = suggest(received=TIMES, **PLACE)
        path = suggestion.save(tmp_path / "calls.mapping.toml")
        assert Mapping.from_toml(path) == suggestion.mapping
        with pytest.raises(OutputError, match="may hold corrections"):
            suggestion.save(path)
        suggestion.save(path, replace=True)

    def test_the_sample_is_not_changed(self) -> None:
        """The caller's table stays as it was."""
        table = pd.DataFrame({"received": written("%Y-%m-%d"), **PLACE})
        before = table.copy(deep=True)
        suggest_mapping(table, "calls.csv")
        pd.testing.assert_frame_equal(table, before)


VALUES = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.binary(max_size=4),
    st.decimals(),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(
        [
            "2025-01-05 10:00",
            "01/02/2025",
            "31/31/2025",
            "25:00",
            "530000",
            "TQ 301 802",
            "POINT (1",
            "POINT EMPTY",
            "01" * 30,
            "E05000001",
            "215",
            "ASB",
            "Noise",
            "<NA>",
            "1e400",
            "٣",
        ]
    ),
)
NAMES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["date", "time", "x", "y", "lat", "lon", "type", "from", "to", "id", "geometry"]
    ),
)


class TestRelations:
    """What must hold for any table."""

    @given(st.lists(st.tuples(NAMES, st.lists(VALUES, min_size=3, max_size=3)), max_size=6))
    @settings(max_examples=300)
    def test_never_fails(self, columns: list[tuple[str, list[Any]]]) -> None:
        """Any values under any names give a suggestion whose file is read back."""
        table = pd.DataFrame({place: values for place, (_, values) in enumerate(columns)})
        table.columns = pd.Index([name for name, _ in columns], dtype="object")
        suggestion = suggest_mapping(table, "any.csv")
        text = suggestion.to_toml()
        assert Mapping.from_dict(tomllib.loads(text)) == suggestion.mapping
        used = [name for names in suggestion.mapping.columns.values() for name in names]
        assert len(used) == len(set(used))
        assert set(used) <= {str(name) for name in table.columns}
        ways = [way for way in PLACES if set(way) & set(suggestion.mapping.columns)]
        assert len(ways) <= 1

    @given(st.permutations(range(5)))
    @settings(max_examples=25)
    def test_order_of_columns(self, order: list[int]) -> None:
        """Another order of the columns gives the same columns."""
        table = pd.DataFrame(
            {
                "a1": written("%Y-%m-%d %H:%M"),
                "a2": LONGITUDE,
                "a3": LATITUDE,
                "a4": pick("Loud music", "Graffiti"),
                "a5": [f"R-{n}" for n in range(N)],
            }
        )
        suggestion = suggest_mapping(table.iloc[:, order], "calls.csv")
        assert columns_of(suggestion) == {
            "id": "a5",
            "start": "a1",
            "longitude": "a2",
            "latitude": "a3",
            "heading": "a4",
        }

    @given(st.randoms(use_true_random=False))
    @settings(max_examples=25)
    def test_order_of_rows(self, random: Any) -> None:
        """Another order of the rows changes nothing, nor do other labels."""
        table = pd.DataFrame(
            {
                "a": written("%d/%m/%Y %H:%M"),
                "x": EASTING,
                "y": NORTHING,
                "kind": pick("Noise", "Mess"),
            }
        )
        first = suggest_mapping(table, "calls.csv")
        order = random.sample(range(N), N)
        again = suggest_mapping(table.iloc[order].set_axis(range(5, N + 5)), "calls.csv")
        assert again.to_toml() == first.to_toml()
