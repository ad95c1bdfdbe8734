"""Files in the layouts of the Met and of data.police.uk."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.areas import to_longitude_latitude
from hotspots.errors import MonthlyDataError, OutputError
from hotspots.incidents import read_incidents
from hotspots.simulate import (
    Simulation,
    simulate_incidents,
    write_met_layout,
    write_police_uk_layout,
)
from hotspots.simulate.layouts import MET_COLUMNS, POLICE_UK_COLUMNS

N = 6000


@pytest.fixture(scope="module")
def met(camden: Simulation, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Write the Met's layout and read it back as text."""
    path = tmp_path_factory.mktemp("met") / "simulated.csv"
    write_met_layout(camden, path)
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def police_uk(camden: Simulation, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Write the street files and read them back as text, one after the other."""
    record = write_police_uk_layout(camden, tmp_path_factory.mktemp("street"))
    parts = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in record.paths]
    return pd.concat(parts, ignore_index=True)


class TestByHand:
    """Single rows whose text is known."""

    def test_met_row(self, camden: Simulation, met: pd.DataFrame) -> None:
        """Date, hour, codes and area of the first incident are in the file."""
        first = camden.incidents.iloc[0]
        row = met.iloc[0]
        assert row["Date"] == first["start"].strftime("%d-%m-%Y")
        assert row["Hour"] == first["start"].strftime("%H:00")
        assert row["Opening_Type_1"] == f"ASB {first['asb_type'].capitalize()}"
        assert row["Ward_WardCode"] == first["area_code"]
        assert row["Safer_Neighborhood_Team_Borough_Name"] == "Camden"

    def test_police_uk_row(self, police_uk: pd.DataFrame) -> None:
        """An ASB row has no crime id and no outcome, and its force says that it is simulated."""
        row = police_uk[police_uk["Crime type"] == "Anti-social behaviour"].iloc[0]
        assert row["Crime ID"] == ""
        assert row["Last outcome category"] == ""
        assert row["Context"] == ""
        assert row["Reported by"] == row["Falls within"] == "Simulated Police Service"
        assert row["Location"].startswith("On or near Simulated street ")


class TestEdges:
    """The quirks."""

    def test_met_header(self, met: pd.DataFrame) -> None:
        """The 27 columns in their order."""
        assert tuple(met.columns) == MET_COLUMNS
        assert len(MET_COLUMNS) == 27

    def test_met_formats(self, met: pd.DataFrame) -> None:
        """Dates are day-first, hours on the hour, and the useless columns useless."""
        assert met["Date"].str.match(r"\d\d-\d\d-2025$").all()
        assert met["Hour"].str.match(r"[012]\d:00$").all()
        assert set(met["OP01"]) == {"214", "215", "216"}
        assert (met["Ward_Code"] == "").all()
        assert set(met["Datetime"]) == {"20249"}
        assert set(met["ASBCount"]) == {"1"}
        assert set(met["Duplicate"]) == {"No", "Ye"}
        assert {"", " ", "610", "635"} == set(met["OP03"])
        assert met["Response_Time"].str.fullmatch(r"\d+").all()

    def test_met_says_simulated(self, met: pd.DataFrame) -> None:
        """Every area code begins with SIM, every team name ends in (simulated)."""
        known = met[met["Ward_WardCode"] != ""]
        assert known["Ward_WardCode"].str.startswith("SIM-").all()
        assert known["Safer_Neighborhood_Team_Name"].str.endswith("(simulated)").all()

    def test_police_uk_header(self, police_uk: pd.DataFrame) -> None:
        """The 12 columns in their order."""
        assert tuple(police_uk.columns) == POLICE_UK_COLUMNS
        assert len(POLICE_UK_COLUMNS) == 12

    def test_police_uk_formats(self, police_uk: pd.DataFrame) -> None:
        """Coordinates have six decimals, or are missing together with the location."""
        missing = police_uk["Longitude"] == ""
        assert (missing == (police_uk["Latitude"] == "")).all()
        assert (missing == (police_uk["Location"] == "No Location")).all()
        assert police_uk.loc[~missing, "Longitude"].str.match(r"-?0\.\d{6}$").all()
        assert police_uk.loc[~missing, "Latitude"].str.match(r"51\.\d{6}$").all()
        others = police_uk[police_uk["Crime type"] != "Anti-social behaviour"]
        assert others["Crime ID"].str.match(r"[0-9a-f]{64}$").all()
        assert others["Crime ID"].is_unique

    def test_hour_that_came_twice(self, tmp_path: Path) -> None:
        """The clock hour is written as it was shown."""
        simulation = simulate_incidents(40_000, boroughs=["Camden"], rng=1)
        write_met_layout(simulation, tmp_path / "met.csv")
        rows = pd.read_csv(tmp_path / "met.csv", dtype=str)
        written = ((rows["Date"] == "26-10-2025") & (rows["Hour"] == "01:00")).sum()
        assert written >= simulation.incidents["is_ambiguous_time"].sum() > 0


class TestReference:
    """Against the record and the simulation."""

    def test_met_record(self, camden: Simulation, tmp_path: Path, met: pd.DataFrame) -> None:
        """Every quirk is there as often as the record says, in the published shares."""
        record = write_met_layout(camden, tmp_path / "again.csv")
        assert record.n_rows == len(met)
        assert record.n_incidents == N
        assert record.n_copies == met.duplicated().sum() == np.ceil(N * 1206 / 255432)
        assert record.n_flagged_duplicates == (met["Duplicate"] == "Ye").sum()
        aviation = met["Safer_Neighborhood_Team_Borough_Name"] == "Aviation Security (SO18)"
        real = met[(met["Duplicate"] == "No") & ~aviation].drop_duplicates()
        assert len(real) == N
        assert record.n_aviation <= aviation.sum() <= record.n_aviation + 2
        assert record.n_without_ward == (real["Ward_WardCode"] == "").sum()
        assert record.n_without_ward / N == pytest.approx(0.01, abs=0.006)
        assert record.n_rows == N + (
            record.n_copies + record.n_flagged_duplicates + record.n_aviation
        )

    def test_met_totals(self, camden: Simulation, met: pd.DataFrame) -> None:
        """Without the quirks the file has the simulation's hours, headings and qualifiers."""
        aviation = met["Safer_Neighborhood_Team_Borough_Name"] == "Aviation Security (SO18)"
        real = met[(met["Duplicate"] == "No") & ~aviation].drop_duplicates()
        hours = camden.incidents["start"].dt.strftime("%H:00").value_counts()
        assert real["Hour"].value_counts().to_dict() == hours.to_dict()
        neighbours = camden.incidents["heading"] == "Rowdy or nuisance neighbours"
        assert (real["OP02"] == "204").sum() == neighbours.sum()
        assert (real["Opening_Type_2"] == "Rowdy / Nuisance Neighbours").sum() == neighbours.sum()
        for code, column in (("610", "is_flagged_repeat"), ("635", "is_flagged_vulnerable")):
            found = ((real["OP03"] == code) | (real["CL02"] == code)).sum()
            assert found == camden.incidents[column].sum()

    def test_police_uk_record(self, camden: Simulation, tmp_path: Path) -> None:
        """One file a month, one ASB row for each incident, about one in a hundred nowhere."""
        record = write_police_uk_layout(camden, tmp_path / "street")
        months = [f"2025-{month:02d}-simulated-street.csv" for month in range(1, 13)]
        assert [path.name for path in record.paths] == months
        rows = pd.concat([pd.read_csv(path) for path in record.paths], ignore_index=True)
        is_asb = rows["Crime type"] == "Anti-social behaviour"
        assert record.n_rows == len(rows)
        assert record.n_asb == is_asb.sum() == N
        assert record.n_other == (~is_asb).sum()
        assert record.n_asb_without_point == rows.loc[is_asb, "Longitude"].isna().sum()
        assert record.n_asb_without_point / N == pytest.approx(0.01, abs=0.005)
        by_month = camden.incidents["start"].dt.strftime("%Y-%m").value_counts()
        assert rows.loc[is_asb, "Month"].value_counts().to_dict() == by_month.to_dict()

    @pytest.mark.parametrize("mode", ["timed", "monthly"])
    def test_police_uk_points(self, tmp_path: Path, mode: str) -> None:
        """Whatever the mode, the points are the snapped ones, to six decimals."""
        simulation = simulate_incidents(400, boroughs=["Camden"], mode=mode, rng=1)  # type: ignore[arg-type]
        snapped = simulate_incidents(400, boroughs=["Camden"], mode="snapped", rng=1)
        record = write_police_uk_layout(simulation, tmp_path / mode)
        rows = pd.concat([pd.read_csv(path, dtype=str) for path in record.paths])
        asb = rows[(rows["Crime type"] == "Anti-social behaviour") & rows["Longitude"].notna()]
        points = snapped.incidents.geometry
        longitude, latitude = to_longitude_latitude(points.x.to_numpy(), points.y.to_numpy())
        expected = {
            (f"{lon:.6f}", f"{lat:.6f}") for lon, lat in zip(longitude, latitude, strict=True)
        }
        assert set(zip(asb["Longitude"], asb["Latitude"], strict=True)) <= expected

    def test_met_round_trip(self, camden: Simulation, tmp_path: Path) -> None:
        """The reader finds every incident again, and says that they are simulated."""
        small = simulate_incidents(1500, boroughs=["Camden"], rng=1)
        record = write_met_layout(small, tmp_path / "met.csv")
        found = read_incidents(tmp_path / "met.csv")
        accepted = found.incidents
        assert len(accepted) == record.n_rows - record.n_flagged_duplicates
        assert (accepted["time_precision"] == "hour").all()
        named = accepted[accepted["area_code"].notna()]
        assert (named["source"] == "simulated").all()
        assert set(named["borough"].dropna()) == set(camden.incidents["borough"])
        assert set(accepted["heading"]) == set(small.incidents["heading"])

    def test_police_uk_round_trip(self, tmp_path: Path) -> None:
        """The reader finds the ASB rows, the same points to a decimetre, and sorts out the rest."""
        small = simulate_incidents(1500, boroughs=["Camden"], mode="monthly", rng=1)
        record = write_police_uk_layout(small, tmp_path / "street")
        found = read_incidents(list(record.paths))
        assert len(found.incidents) + len(found.rejected) == record.n_asb
        placed = found.incidents[found.incidents.geometry.notna()]
        row = small.incidents.sindex.nearest(placed.geometry, return_all=False)[1]
        nearest = small.incidents.geometry.iloc[row]
        assert placed.geometry.distance(nearest, align=False).max() < 0.2
        assert (found.incidents["source"] == "simulated").all()


class TestRelations:
    """What must hold whatever is given."""

    @settings(max_examples=8, deadline=None)
    @given(n=st.integers(1, 300), seed=st.integers(0, 1000))
    def test_small_files_have_every_quirk(
        self, tmp_path_factory: pytest.TempPathFactory, n: int, seed: int
    ) -> None:
        """However small the file, the record adds up and copies are counted."""
        simulation = simulate_incidents(n, boroughs=["Sutton"], rng=seed)
        path = tmp_path_factory.mktemp("small") / "met.csv"
        record = write_met_layout(simulation, path, rng=seed)
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert len(rows) == record.n_rows
        assert rows.duplicated().sum() == record.n_copies >= 1
        assert record.n_incidents == n

    def test_same_seed_same_file(self, camden: Simulation, tmp_path: Path) -> None:
        """Writing twice gives the same bytes, and the simulation is not changed."""
        before = camden.incidents.copy()
        for name in ("one", "two"):
            write_met_layout(camden, tmp_path / f"{name}.csv")
            write_police_uk_layout(camden, tmp_path / name)
        one, two = ((tmp_path / f"{name}.csv").read_bytes() for name in ("one", "two"))
        assert one == two
        for path in (tmp_path / "one").iterdir():
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
        pd.testing.assert_frame_equal(pd.DataFrame(camden.incidents), pd.DataFrame(before))


class TestMessages:
    """What is said when it cannot be written; nothing is left behind."""

    def test_monthly_has_no_hours(self, tmp_path: Path) -> None:
        """The Met's layout needs a clock."""
        simulation = simulate_incidents(10, boroughs=["Camden"], mode="monthly", rng=1)
        with pytest.raises(MonthlyDataError, match="write_met_layout needs the hour"):
            write_met_layout(simulation, tmp_path / "met.csv")
        assert list(tmp_path.iterdir()) == []

    def test_existing_file_is_kept(self, camden: Simulation, tmp_path: Path) -> None:
        """A real file is not replaced by a simulated one."""
        path = tmp_path / "MPS_Antisocial_Behaviour.csv"
        path.write_text("real", "utf-8")
        with pytest.raises(OutputError, match="Must be a new file"):
            write_met_layout(camden, path)
        assert path.read_text("utf-8") == "real"

    def test_no_such_folder(self, camden: Simulation, tmp_path: Path) -> None:
        """The folder of the file, and the parent of the folder, must exist."""
        with pytest.raises(OutputError, match="Must be a place in an existing folder"):
            write_met_layout(camden, tmp_path / "nowhere" / "met.csv")
        with pytest.raises(OutputError, match="Must be a place in an existing folder"):
            write_police_uk_layout(camden, tmp_path / "nowhere" / "street")
        assert list(tmp_path.iterdir()) == []

    def test_all_months_or_none(self, camden: Simulation, tmp_path: Path) -> None:
        """If one month is in the way, no other is written."""
        folder = tmp_path / "street"
        folder.mkdir()
        (folder / "2025-07-simulated-street.csv").write_text("old", "utf-8")
        with pytest.raises(OutputError, match=r"1 of 12 exist"):
            write_police_uk_layout(camden, folder)
        assert len(list(folder.iterdir())) == 1

    def test_disk_full(
        self, camden: Simulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If writing fails half way, what was written is removed, and so is the new folder."""
        write = pd.DataFrame.to_csv

        def fail(frame: pd.DataFrame, path: Path, **options: object) -> None:
            write(frame, path, **options)  # type: ignore[call-overload]
            if "-05-" in path.name:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
        with pytest.raises(OutputError, match="No space left on device"):
            write_police_uk_layout(camden, tmp_path / "street")
        assert list(tmp_path.iterdir()) == []
