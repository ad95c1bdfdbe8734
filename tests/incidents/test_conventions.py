"""What later rows and other files say, once it is decided how a source says things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import hotspots as hs
from hotspots.incidents import dataset

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 100
"""Rows of a chunk in these tests."""


@pytest.fixture
def chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in chunks of 100 rows, of which the first one decides."""
    monkeypatch.setattr(dataset, "ROWS", ROWS)


def calls(received: list[str], **columns: Any) -> pd.DataFrame:
    """Make a table of calls at one place."""
    place = {"easting": 530000, "northing": 180000}
    return pd.DataFrame({"received": received, **place, **columns})


def dates_of(reading: hs.Reading) -> list[str]:
    """Give the dates on which incidents began."""
    return reading.incidents["start"].dt.strftime("%Y-%m-%d").tolist()


class TestOrderOfDates:
    """All columns and files of one system have their dates in one order."""

    def test_start_proves_ends(self) -> None:
        """What the dates of the start prove holds for those of the end."""
        table = calls(
            ["12/25/2024 10:00", "12/11/2024 10:00", "01/02/2025 10:00"],
            end=["", "12/11/2024 11:00", "01/02/2025 12:00"],
        )
        incidents = hs.read_incidents(table).incidents
        hours = (incidents["end"] - incidents["start"]).dt.total_seconds() / 3600
        assert hours.tolist()[1:] == [1.0, 2.0]

    def test_ends_prove_start(self) -> None:
        """It is so the other way round, and a note says it."""
        table = calls(["12/10/2024 22:00"], end=["12/13/2024 01:00"])
        reading = hs.read_incidents(table)
        assert dates_of(reading) == ["2024-12-10"]
        assert "table: the dates are month-first, as those of the ends prove" in reading.notes

    def test_sibling_proves_late(self, tmp_path: Path) -> None:
        """A file of which only row 12,000 proves the order proves it for another."""
        days = [1 + k // 1000 for k in range(14_000)]
        calls([f"01/{day:02}/2025 10:00" for day in days]).to_csv(tmp_path / "b.csv")
        calls(["02/03/2025 10:00"]).to_csv(tmp_path / "a.csv")
        reading = hs.read_incidents(tmp_path)
        assert dates_of(reading)[0] == "2025-02-03"
        assert "a.csv: the dates are month-first, as those of 'b.csv' prove" in reading.notes

    @pytest.mark.parametrize("names", ["abc", "acb", "bca", "cab"])
    def test_contradiction(self, tmp_path: Path, names: str) -> None:
        """If files prove both orders, the one that proves none cannot be read with them."""
        dates = {"a": "02/03/2025 10:00", "b": "25/03/2025 10:00", "c": "03/25/2025 10:00"}
        for name, date in dates.items():
            calls([date]).to_csv(tmp_path / f"{name}.csv")
        paths = [tmp_path / f"{name}.csv" for name in names]
        with pytest.raises(hs.InputError, match=r"'a\.csv' prove no order.*date_order="):
            hs.read_incidents(paths)
        assert hs.read_incidents([tmp_path / "b.csv", tmp_path / "c.csv"]).n_rows == 2

    @pytest.mark.usefixtures("chunks")
    def test_first_slashes_later(self) -> None:
        """Dates that begin with the year prove nothing for later ones that do not."""
        first = ["2024-11-03 10:00"] * ROWS
        with pytest.raises(hs.InputError, match=r"1 later ones can only be month-first"):
            hs.read_incidents(calls([*first, "01/02/2025 10:00", "01/13/2025 10:00"]))
        reading = hs.read_incidents(calls([*first, "01/02/2025 10:00", "5/6/2025 10:00"]))
        assert dates_of(reading)[ROWS:] == ["2025-02-01", "2025-06-05"]
        assert any(
            note.startswith("table: dates could be day-first or month-first (2 rows): read day")
            for note in reading.notes
        )

    @pytest.mark.usefixtures("chunks")
    def test_later_ends_disprove(self) -> None:
        """Ends count as proof, too."""
        table = calls(["03/04/2025 10:00"] * 120, end=["04/04/2025 10:00"] * 119 + ["04/13/2025"])
        with pytest.raises(hs.InputError, match=r"1 later ones can only be month-first"):
            hs.read_incidents(table)


class TestNotes:
    """What is noted is counted over all rows, and shows no cell of a row."""

    @pytest.mark.usefixtures("chunks")
    def test_lost_ends(self) -> None:
        """Ends that cannot be read are counted, not quoted: they may hold a name."""
        ends = [""] * ROWS + ["ring Mrs Smith 07700 900000"] * 3
        reading = hs.read_incidents(calls(["2025-01-06 10:00"] * len(ends), end=ends))
        assert "table: ends cannot be read and are taken as not given (3 rows)" in reading.notes
        assert "Smith" not in " ".join(reading.notes)

    @pytest.mark.usefixtures("chunks")
    def test_unknown_headings(self) -> None:
        """Headings in unknown words are counted in every chunk, and over all files."""
        table = calls(["2025-01-06 10:00"] * 250, heading=["Noise", "Zorp"] * 125)
        (note,) = (note for note in hs.read_incidents(table).notes if "not known here" in note)
        assert note.startswith("table: words in 'heading' are not known here (125 rows): counted")

    def test_unknown_codes(self) -> None:
        """Words for codes that are not known put rows out of scope, which is said and listed."""
        words = ["Youth nuisance", "214", "ASB - Noise", "ASB: youths", "Theft"]
        reading = hs.read_incidents(calls(["2025-01-06 10:00"] * 5, **{"opening codes": words}))
        assert reading.out_of_scope["detail"].tolist() == ["Youth nuisance", "Theft"]
        assert reading.incidents["heading"].fillna("").tolist() == ["", "Noise", ""]
        (note,) = (note for note in reading.notes if "not known here" in note)
        assert note.startswith("table: words in 'opening codes' are not known here (2 rows)")
        assert "--suggest" in note

    def test_odd_duplicates(self) -> None:
        """A flag that is neither yes nor no is taken for no, and counted."""
        flags = ["DUP", "Y", "N", "", "see CAD 12"]
        reading = hs.read_incidents(calls(["2025-01-06 10:00"] * 5, duplicate=flags))
        assert reading.by_reason("out_of_scope") == {"flagged_duplicate": 2}
        assert (
            "table: 'duplicate' has values that are neither yes nor no (1 row): taken as no "
            "duplicates"
        ) in reading.notes


class TestReferences:
    """A reference is unique in its system and day, not beyond."""

    def test_two_systems(self, tmp_path: Path) -> None:
        """The numbers of a council and those of the police do not repeat each other."""
        numbers = list(range(1, 11))
        calls(["2025-01-06 21:00"] * 10, ref=numbers).to_csv(tmp_path / "a.csv", index=False)
        later = calls(["2025-01-06 09:00"] * 10, **{"incident number": numbers})
        later.to_csv(tmp_path / "b.csv", index=False)
        reading = hs.read_incidents(tmp_path)
        assert (reading.n_accepted, len(reading.rejected)) == (20, 0)
        assert reading.incidents.index.is_unique
        assert reading.incidents.index[[0, 10]].tolist() == ["1/2025-01-06", "1/2025-01-06 b.csv"]

    def test_blank_force(self, tmp_path: Path) -> None:
        """A row of no force is no month of a force that was given twice."""
        header = "Month,Reported by,Falls within,Longitude,Latitude,Location,Crime type\n"
        for name, force in (("a", "Met"), ("b", "City")):
            rows = [
                f"2024-01,{by},{by},-0.1,51.5,On or near X,Anti-social behaviour\n"
                for by in (force, "")
            ]
            (tmp_path / f"2024-01-{name}-street.csv").write_text(header + "".join(rows))
        assert hs.read_incidents(tmp_path).n_accepted == 4


class TestPoints:
    """Which system numbers are in is not left to what a system writes for "no point"."""

    def test_sentinels(self) -> None:
        """Many rows of -1, -1 do not turn the metres of the others into degrees."""
        table = calls(["2025-01-06 21:00"] * 9)
        table.loc[:5, ["easting", "northing"]] = -1
        reading = hs.read_incidents(table)
        assert reading.n_accepted == 3
        assert reading.by_reason("rejected") == {"outside_great_britain": 6}

    def test_wrong_system_given(self) -> None:
        """If the numbers are plain metres of the National Grid, the advice is to say nothing."""
        reading = hs.read_incidents(calls(["2025-01-06 21:00"]), crs=4326)
        (note,) = (note for note in reading.notes if "look like" in note)
        assert "EPSG:27700, which needs no crs=" in note

    @pytest.mark.usefixtures("chunks")
    def test_two_systems_in_a_column(self) -> None:
        """Points that state another system than the first ones are refused, however late."""
        texts = ["SRID=4326;POINT(-0.1 51.5)"] * ROWS + ["SRID=4277;POINT(-0.1 51.5)"]
        table = pd.DataFrame({"received": "2025-01-06 21:00", "geometry": texts})
        with pytest.raises(hs.InputError, match=r"Invalid SRID '4277, 4326'.*as a file of their"):
            hs.read_incidents(table)


def test_interval_over_the_autumn_change() -> None:
    """01:50 to 01:10 on the day with 25 hours is an interval of twenty minutes."""
    reading = hs.read_incidents(calls(["2025-10-26 01:50"], end=["2025-10-26 01:10"]))
    (incident,) = reading.incidents.itertuples()
    assert (incident.end - incident.start).total_seconds() == 20 * 60
    table = calls(["x"], date="2025-10-26", time="01:50", end_time="01:10")
    (incident,) = hs.read_incidents(table.drop(columns="received")).incidents.itertuples()
    assert (incident.end - incident.start).total_seconds() == 20 * 60
