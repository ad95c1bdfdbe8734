"""Which column plays which part, found by names alone."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.incidents.layouts import LAYOUTS, MANY, PARTS, PLACES, match_layout
from hotspots.incidents.mapping import Mapping
from hotspots.incidents.names import (
    ALIASES,
    CLOCKS,
    DEGREE_PAIRS,
    GRID_PAIRS,
    family_of,
    key_of,
    nearest_column,
    simplify,
    words_of,
)


def parts_of(*names: str, **own: str) -> dict[str, str]:
    """Give the column of each part of a table of these columns; the first of several."""
    _, columns = match_layout(names, "calls.csv", Mapping(columns=own))
    return {part: found[0] for part, found in columns.items()}


def time_parts(*names: str, **own: str) -> dict[str, str]:
    """Give the parts that say when, of a table that also has a place."""
    found = parts_of(*names, "easting", "northing", **own)
    return {part: column for part, column in found.items() if part not in PLACES[0]}


def place_parts(*names: str, **own: str) -> dict[str, str]:
    """Give the parts that say where, of a table that also has a time."""
    found = parts_of("received", *names, **own)
    return {part: column for part, column in found.items() if part != "start"}


class TestByHand:
    """Tables whose columns a person would recognise."""

    def test_telephone_numbers(self) -> None:
        """The ID of a caller is a telephone number: no pseudonym, unless the user says so."""
        for name in ("Caller ID", "caller_id", "CallerID"):
            assert "person_key" not in parts_of("received", "easting", "northing", name)
            found = parts_of("received", "easting", "northing", name, person_key=name)
            assert found["person_key"] == name
        assert parts_of("received", "easting", "northing", "Caller Key")["person_key"]

    def test_published_layouts(self) -> None:
        """The layouts of publishers are recognised by their own columns."""
        street = ["Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude"]
        layout, columns = match_layout(
            [*street, "Location", "LSOA code", "Crime type"], "a.csv", Mapping()
        )
        assert layout.name == "police_uk"
        assert columns["force"] == ("Reported by",)
        assert columns["month"] == ("Month",)
        met = ["Date", "Hour", "OP01", "Opening_Type_1", "CL01", "Ward_WardCode", "ASBCount"]
        layout, columns = match_layout(met, "a.csv", Mapping())
        assert (layout.name, layout.has_whole_hours) == ("met_asb", True)
        assert columns["codes"] == ("OP01", "Opening_Type_1")
        assert (columns["date"], columns["time"]) == (("Date",), ("Hour",))

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (["Call Received"], {"start": "Call Received"}),
            (["CallReceived"], {"start": "CallReceived"}),
            (["Incident Date/Time"], {"start": "Incident Date/Time"}),
            (["Date Reported"], {"date": "Date Reported"}),
            (["Date", "Time Received"], {"date": "Date", "time": "Time Received"}),
            (["Time Received"], {"start": "Time Received"}),
            (["start_time"], {"start": "start_time"}),
            (["received", "date", "time", "month"], {"start": "received"}),
            (["date", "month"], {"date": "date"}),
            (["month"], {"month": "month"}),
            (
                ["Created", "Incident Date", "Incident Time"],
                {"date": "Incident Date", "time": "Incident Time"},
            ),
            (["Created", "Incident Date"], {"start": "Created"}),
            (
                ["Incident Date", "Received Date", "Received Time"],
                {"date": "Received Date", "time": "Received Time"},
            ),
            (["Incident Date", "Call Time"], {"date": "Incident Date", "time": "Call Time"}),
        ],
    )
    def test_times(self, names: list[str], expected: dict[str, str]) -> None:
        """A moment, a date with the clock time of its own kind, or a month: one of them."""
        assert time_parts(*names) == expected

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (["From", "To"], {"start": "From", "end": "To"}),
            (["received", "end"], {"start": "received", "end": "end"}),
            (
                ["Committed From", "Committed To"],
                {"start": "Committed From", "end": "Committed To"},
            ),
            (["start_time", "end_time"], {"start": "start_time", "end": "end_time"}),
            (["earliest", "latest", "reported"], {"start": "earliest", "end": "latest"}),
            (["first_date", "last_date"], {"date": "first_date", "end_date": "last_date"}),
            (
                ["Reported", "Date From", "Time From", "Date To", "Time To"],
                {
                    "date": "Date From",
                    "time": "Time From",
                    "end_date": "Date To",
                    "end_time": "Time To",
                },
            ),
            (
                ["date", "start_time", "end_time"],
                {"date": "date", "time": "start_time", "end_time": "end_time"},
            ),
            # The end of something else is no end of this, and "From" alone may be a caller.
            (["received", "committed_to"], {"start": "received"}),
            (["received", "From"], {"start": "received"}),
        ],
    )
    def test_intervals(self, names: list[str], expected: dict[str, str]) -> None:
        """Both ends of one interval come before the time of the report."""
        assert time_parts(*names) == expected

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (["POINT_X", "POINT_Y"], {"easting": "POINT_X", "northing": "POINT_Y"}),
            (["X_COORD", "Y_COORD"], {"easting": "X_COORD", "northing": "Y_COORD"}),
            (["osgr_e", "osgr_n"], {"easting": "osgr_e", "northing": "osgr_n"}),
            (["lon", "lat"], {"longitude": "lon", "latitude": "lat"}),
            (["the_geom"], {"geometry": "the_geom"}),
            (["NGR"], {"grid_reference": "NGR"}),
            (["lsoa21cd"], {"area_code": "lsoa21cd"}),
            # One way is used: metres, then degrees, then a point, then a reference.
            (["ngr", "wkt", "lat", "lon", "n", "e"], {"easting": "e", "northing": "n"}),
            (["ngr", "wkt", "lat", "lon"], {"longitude": "lon", "latitude": "lat"}),
            (["ngr", "wkt"], {"geometry": "wkt"}),
            # Half of a pair is no way, and pairs are not mixed.
            (["easting", "lat", "lon"], {"longitude": "lon", "latitude": "lat"}),
            (["x", "y", "eastings", "n"], {"easting": "x", "northing": "y"}),
            (["x", "northing"], {"easting": "x", "northing": "northing"}),
            (["ngr", "ward_code"], {"grid_reference": "ngr", "area_code": "ward_code"}),
        ],
    )
    def test_places(self, names: list[str], expected: dict[str, str]) -> None:
        """Each way of saying where is found; of several, the finest is used."""
        assert place_parts(*names) == expected

    def test_other_parts(self) -> None:
        """Names of forces, councils and landlords are known."""
        found = parts_of(
            "URN",
            "Call Origin",
            "Received",
            "OSGR E",
            "OSGR N",
            "Nature of complaint",
            "Is Duplicate",
        )
        assert found["id"] == "URN"
        assert found["channel"] == "Call Origin"
        assert found["heading"] == "Nature of complaint"
        assert found["duplicate"] == "Is Duplicate"

    def test_several_columns_of_codes(self) -> None:
        """Codes, closing and qualifiers take all their columns, in the order of the names."""
        names = ["received", "ward_code", "Op 2", "Op 1", "Cl Code"]
        _, columns = match_layout(names, "a.csv", Mapping())
        assert columns["codes"] == ("Op 1", "Op 2")
        assert columns["closing"] == ("Cl Code",)

    def test_points_of_the_source(self) -> None:
        """The points of a spatial source come first, unless the caller names a place."""
        names = ["_point_x", "_point_y", "easting", "northing", "wkt"]
        assert place_parts(*names)["easting"] == "_point_x"
        assert place_parts(*names, geometry="wkt") == {"geometry": "wkt"}


class TestOwnColumns:
    """What the caller names overrules what the layout says."""

    def test_one_column(self) -> None:
        """A named column replaces the recognised one; the rest is still recognised."""
        assert time_parts("When", "received", start="When") == {"start": "When"}

    def test_other_ways_are_dropped(self) -> None:
        """Naming a date and a clock replaces the moment; naming degrees replaces metres."""
        assert time_parts("received", "d", "t", date="d", time="t") == {"date": "d", "time": "t"}
        assert time_parts("received", "date", "t", time="t") == {"date": "date", "time": "t"}
        assert time_parts("received", "m", month="m") == {"month": "m"}
        found = place_parts("x", "y", "a", "b", longitude="a", latitude="b")
        assert found == {"longitude": "a", "latitude": "b"}

    def test_half_of_a_pair(self) -> None:
        """The other half may be recognised."""
        assert place_parts("E1", "northing", easting="E1") == {
            "easting": "E1",
            "northing": "northing",
        }

    def test_own_end(self) -> None:
        """A named end is used even if its name says nothing."""
        assert time_parts("received", "z", end="z") == {"start": "received", "end": "z"}
        assert time_parts("w", "committed_to", start="w") == {"start": "w"}

    def test_case_and_spaces(self) -> None:
        """A named column may differ in case and spaces, if only one does."""
        assert time_parts("Call time ", start="call TIME") == {"start": "Call time "}

    def test_layout_own(self) -> None:
        """In the layout "own" nothing but the named columns counts."""
        names = ["received", "x", "y", "type", "ref"]
        mapping = Mapping(
            layout="own", columns={"start": "received", "easting": "x", "northing": "y"}
        )
        layout, columns = match_layout(names, "a.csv", mapping)
        assert layout.name == "own"
        assert set(columns) == {"start", "easting", "northing"}

    def test_own_columns_complete_a_published_layout(self) -> None:
        """A renamed column of a published layout can be named."""
        names = ["Month", "Falls within", "Lng1", "Latitude", "Crime type"]
        mapping = Mapping(layout="police_uk", columns={"longitude": "Lng1"})
        layout, columns = match_layout(names, "a.csv", mapping)
        assert layout.name == "police_uk"
        assert columns["longitude"] == ("Lng1",)

    def test_noun(self) -> None:
        """The caller may say what a row is."""
        mapping = Mapping(noun="noise complaints")
        layout, _ = match_layout(["received", "ngr"], "a.csv", mapping)
        assert layout.noun == "noise complaints"
        assert LAYOUTS["cad"].noun == "ASB reports"


class TestNames:
    """The tables of names."""

    def test_simplified_names(self) -> None:
        """Case, spaces and underscores do not matter, and words are told apart."""
        assert simplify("Call Received (UTC)") == "call_received_utc"
        assert key_of("Call_Received") == key_of("CallReceived") == "callreceived"
        assert words_of("DateFrom") == ["date", "from"]

    def test_families(self) -> None:
        """Both ends of an interval are of one family, dates and clock times as well."""
        assert family_of("Date From") == family_of("time_to") == {"from"}
        assert family_of("committed_on_to") == family_of("committed_from")
        assert family_of("date") == frozenset()

    def test_every_name_has_one_part(self) -> None:
        """No name stands for two parts, but for clock times that may be whole moments."""
        parts: dict[str, set[str]] = {}
        for part, names in ALIASES.items():
            assert part in PARTS
            keys = [key_of(name) for name in names]
            if part not in {"latitude", "longitude"}:
                assert len(set(keys)) == len(keys), part
            for name in names:
                assert simplify(name) == name
                parts.setdefault(key_of(name), set()).add(part)
        double = {key: found for key, found in parts.items() if len(found) > 1}
        assert double == {key_of(name): {"start", "time"} for name in CLOCKS}

    def test_pairs(self) -> None:
        """Every pair of names is recognised together."""
        for east, north in GRID_PAIRS:
            assert place_parts(north, east) == {"easting": east, "northing": north}
        for east, north in DEGREE_PAIRS:
            assert place_parts(north, east) == {"longitude": east, "latitude": north}

    def test_every_alias_is_found(self) -> None:
        """A table with one of the names of a part has that part."""
        chosen = {part for way in PLACES for part in way} | {"end", "end_date", "end_time"}
        for part in set(ALIASES) - chosen - {"time", "weight", "id"}:
            for name in ALIASES[part]:
                if name in {"from", "earliest"}:
                    continue
                names = (
                    ["ngr", name]
                    if part in {"start", "date", "month"}
                    else ["received", name, "ngr"]
                )
                assert parts_of(*names)[part] == name

    def test_near_misses(self) -> None:
        """A misspelt name is found, a short one is not guessed."""
        assert nearest_column(["Eastng", "b"], ("x", "easting")) == "Eastng"
        assert nearest_column(["lt"], ("lat",)) == ""


class TestRelations:
    """What must hold for any table."""

    @given(
        st.permutations(
            [
                "received",
                "Date From",
                "Date To",
                "lat",
                "lon",
                "x",
                "y",
                "ngr",
                "Type",
                "Op1",
                "Op2",
            ]
        )
    )
    def test_order_does_not_matter(self, names: list[str]) -> None:
        """The order of the columns changes nothing."""
        assert parts_of(*names) == parts_of(*sorted(names))

    @given(st.lists(st.sampled_from(sorted(set().union(*ALIASES.values()))), unique_by=key_of))
    def test_every_match_can_be_read(self, names: list[str]) -> None:
        """Whatever is recognised has a time and a place, and no column plays two parts."""
        try:
            _, columns = match_layout(names, "a.csv", Mapping())
        except InputError as error:
            assert "Must have" in str(error)  # noqa: PT017 (either outcome is right)
            return
        used = list(itertools.chain.from_iterable(columns.values()))
        assert len(used) == len(set(used))
        assert set(used) <= set(names)
        assert {"start", "date", "month"} & set(columns)
        ways = [way for way in PLACES if set(way) & set(columns)]
        assert len(ways) == 1 or (not ways and "area_code" in columns)
        assert all(set(way) <= set(columns) for way in ways)
        assert len({"start", "date", "month"} & set(columns)) == 1
        assert not {"end", "end_date"} <= set(columns)
        assert all(len(found) == 1 for part, found in columns.items() if part not in MANY)
        # Naming what was found finds the same again.
        own = Mapping(layout="own", columns=columns)
        assert match_layout(names, "a.csv", own)[1] == columns


class TestMessages:
    """What is missing, and what it could be."""

    def test_misspelt_columns(self) -> None:
        """Both halves of a misspelt pair are proposed."""
        message = (
            r"it has no place\. Did you mean 'Eastng' for easting and 'Northng' for northing\? "
            r".*columns=\{'easting': 'Eastng', 'northing': 'Northng'\}"
        )
        with pytest.raises(InputError, match=message):
            match_layout(["received", "Eastng", "Northng"], "calls.csv", Mapping())

    def test_half_of_a_misspelt_pair(self) -> None:
        """Beside a misspelt half the other may be too short to be misspelt."""
        with pytest.raises(InputError, match=r"'Eastng' for easting and 'Y' for northing\?"):
            match_layout(["received", "Eastng", "Y"], "calls.csv", Mapping())

    def test_misspelt_time(self) -> None:
        """A misspelt time is proposed; what is there is not called missing."""
        with pytest.raises(
            InputError, match=r"it has no time\. Did you mean 'Recieved' for start\?"
        ):
            match_layout(["Recieved", "x", "y"], "calls.csv", Mapping())

    def test_nothing_near(self) -> None:
        """Without a near name the columns are listed, with what to type."""
        with pytest.raises(
            InputError, match=r"Its columns are: a, b\. .*columns=\{'start'.*--suggest"
        ):
            match_layout(["a", "b"], "calls.csv", Mapping())
        with pytest.raises(InputError, match=r"c19, … \(30 in all\)"):
            match_layout([f"c{n}" for n in range(30)], "calls.csv", Mapping())

    def test_no_line_with_names(self) -> None:
        """Where most of the names look like values, the first line may be data."""
        for names in (
            ["2025-01-03 21:10", "530100", "181000"],
            ["CAD1000", "05/06/2025 08:55", "51.54532", "-0.1579", "Street drinking"],
            ["5 June 2025 08:55", "08:55", "E05000001"],
        ):
            with pytest.raises(InputError, match=r"look like dates or numbers: if the first line"):
                match_layout(names, "rows.csv", Mapping())
        for names in (["a", "b"], ["Nr", "2024", "2025"], ["530100", "b"], ["a", "b", "1.5"]):
            with pytest.raises(InputError, match=r"Its columns are: [^:]*\. Name the columns"):
                match_layout(names, "rows.csv", Mapping())

    def test_missing_columns_of_a_published_layout(self) -> None:
        """A named layout says which of its columns are not there."""
        names = ["Month", "Falls within", "Longitude", "Latitude", "Crime typ"]
        message = r"as the layout 'police_uk'.*not found: crime_type\. Did you mean 'Crime typ'"
        with pytest.raises(InputError, match=message):
            match_layout(names, "a.csv", Mapping(layout="police_uk"))

    def test_cells_need_a_weight(self) -> None:
        """The layout of counted cells asks for the weight."""
        with pytest.raises(InputError, match="a weight .*Did you mean 'Wieght' for weight"):
            match_layout(["month", "x", "y", "Wieght"], "a.csv", Mapping(layout="cells"))

    def test_half_of_a_pair(self) -> None:
        """A named easting without a northing is asked for, even beside a code of an area."""
        with pytest.raises(InputError, match="Must have northing beside easting = 'E1'"):
            place_parts("E1", "ward_code", easting="E1")

    def test_columns_of_one_name(self) -> None:
        """Two columns of exactly one name are refused, used or not."""
        with pytest.raises(InputError, match="more than one column named note"):
            match_layout(["received", "x", "y", "note", "note"], "calls.csv", Mapping())

    def test_columns_of_nearly_one_name(self) -> None:
        """Two that differ in case alone are refused where it matters, unless one is named."""
        names = ["Received", "RECEIVED", "x", "y", "note", "Note"]
        with pytest.raises(
            InputError, match=r"2 columns that could be start: 'Received', 'RECEIVED'"
        ):
            match_layout(names, "calls.csv", Mapping())
        assert parts_of(*names, start="RECEIVED")["start"] == "RECEIVED"
        assert parts_of("received", "x", "y", "Ref", "REF")["id"] == "Ref"

    def test_missing_own_column(self) -> None:
        """A named column that is not there is answered with the nearest, or with all."""
        with pytest.raises(
            InputError, match=r"Invalid columns\['start'\] 'Receved'.*mean 'Received'\?"
        ):
            parts_of("Received", "x", "y", start="Receved")
        with pytest.raises(InputError, match=r"a column of 'calls.csv'\. Its columns are: x, y"):
            parts_of("x", "y", start="qqqqq")
        with pytest.raises(InputError, match=r"It could be 'A b' or 'a B'"):
            parts_of("A b", "a B", "x", "y", start="AB")
