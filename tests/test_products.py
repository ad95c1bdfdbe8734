"""The folder: every file opens in another program, and nothing is in it that should not be."""

import json
import os
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

import hotspots as hs
from hotspots.products import make_manifest, read_record, short_lists, to_degrees, whole_folder
from hotspots.tables import PLACE_RECORDS
from tests.scenes import SIDE, WEST
from tests.test_analysis import FRIDAYS, at_place, background, make_incidents, square_area


@pytest.fixture(scope="module")
def analysis() -> hs.Analysis:
    """Give an analysis of a simulated borough, with what was read."""
    rows = pd.concat([background(2000), at_place(10, 10, FRIDAYS + pd.Timedelta(hours=22))])
    table = pd.DataFrame(
        {
            "received": [*rows["start"].dt.strftime("%Y-%m-%d %H:%M"), "nonsense"],
            "easting": [*rows["x"], 1.0],
            "northing": [*rows["y"], 1.0],
            "cad_ref": [f"CADREF{number}" for number in range(len(rows) + 1)],
            # The planted place is one caller's.
            "person_key": [
                *(f"SECRETPERSON{number}" for number in range(2000)),
                *["SECRETPERSON"] * (len(rows) + 1 - 2000),
            ],
            "telephone": "SECRETPHONE",
        }
    )
    return hs.analyse(hs.read_incidents(table), areas=square_area(), progress=False)


@pytest.fixture(scope="module")
def folder(analysis: hs.Analysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that it is saved to."""
    return analysis.save(tmp_path_factory.mktemp("saved") / "out")


class TestFiles:
    """Each file, opened by the program that its users have."""

    def test_geopackage(self, folder: Path, analysis: hs.Analysis) -> None:
        """GDAL reads every layer with the right coordinate system."""
        layers = {name for name, _ in pyogrio.list_layers(folder / "hotspots.gpkg")}
        assert layers == {"hotspots", "clusters", "own_hours", "judgements", "areas"}
        table = gpd.read_file(folder / "hotspots.gpkg", layer="hotspots")
        assert table.crs == "EPSG:27700"
        assert table["hotspot_id"].tolist() == analysis.hotspots.index.tolist()
        assert table.geometry.area.round().tolist() == analysis.hotspots.area.round().tolist()

    def test_geojson(self, folder: Path, analysis: hs.Analysis) -> None:
        """The GeoJSON is in longitude and latitude, and comes back to the metre."""
        content = json.loads((folder / "hotspots.geojson").read_text("utf-8"))
        assert "crs" not in content  # RFC 7946 knows only one
        west = content["features"][0]["geometry"]["coordinates"][0][0]
        assert -1 < west[0] < 1
        assert 51 < west[1] < 52
        back = gpd.read_file(folder / "hotspots.geojson").to_crs(27700)
        # Back by PROJ's approximate path, which is up to 2 m off; the file itself is by OSTN15.
        distance = back.geometry.centroid.distance(
            gpd.GeoSeries(analysis.hotspots.centroid.to_numpy(), crs=27700)
        )
        assert distance.max() < 3

    def test_geoparquet(self, folder: Path, analysis: hs.Analysis) -> None:
        """The library geopandas reads back the same table."""
        back = gpd.read_parquet(folder / "hotspots.parquet")
        given = pd.DataFrame(analysis.hotspots.drop(columns="geometry"))
        again = pd.DataFrame(back.drop(columns="geometry"))
        # Missing text is None or NaN, by the version of pandas.
        pd.testing.assert_frame_equal(
            again.astype(object).where(again.notna(), None),
            given.astype(object).where(given.notna(), None),
        )

    def test_tasks(self, folder: Path, analysis: hs.Analysis) -> None:
        """The sheet and the text hold the same tasks, with the marking on top of the sheet."""
        text = pd.read_csv(folder / "tasks.csv", index_col=0)
        assert text.index.tolist() == analysis.tasks.index.tolist()
        sheet = openpyxl.load_workbook(folder / "tasks.xlsx")["tasks"]
        assert str(sheet["A1"].value).startswith("RESTRICTED: tasks for 5 January 2026 to 18")
        assert sheet.max_row == len(analysis.tasks) + 2
        assert sheet["A2"].value == "name"

    def test_rejected(self, folder: Path) -> None:
        """The row that could not be read is there, with its reason and what was given."""
        rejected = pd.read_csv(folder / "rejected.csv")
        assert rejected[["reason", "detail"]].to_numpy().tolist() == [["bad_time", "nonsense"]]

    def test_manifest(self, folder: Path, analysis: hs.Analysis) -> None:
        """The manifest says how it was made, and its rows add up."""
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        rows = manifest["rows"]
        assert rows["read"] == rows["accepted"] + sum(rows["rejected"].values())
        assert rows["accepted"] == sum(manifest["accepted_rows"].values())
        assert manifest["rows"]["rejected"] == {"bad_time": 1}
        assert manifest["tier"] == "timed"
        assert manifest["is_simulated"] is False
        assert manifest["settings"]["places"]["cell_size"] == 150
        assert manifest["versions"]["hotspots"] == hs.__version__
        assert manifest["episodes"] == analysis.n_episodes > 0
        assert manifest["inputs"][0]["layout"] == "cad"

    def test_simulated_is_said_everywhere(self, tmp_path: Path) -> None:
        """Every product of a simulated year says so."""
        simulated = hs.simulate_incidents(3000, boroughs=["Camden"], rng=1).incidents
        out = hs.analyse(simulated, boroughs=["Camden"], progress=False).save(tmp_path / "out")
        assert "SIMULATED" in (out / "index.html").read_text("utf-8")
        assert json.loads((out / "manifest.json").read_text("utf-8"))["is_simulated"] is True
        assert (pd.read_csv(out / "tasks.csv")["source"] == "simulated").all()
        sheet = openpyxl.load_workbook(out / "tasks.xlsx")["tasks"]
        assert str(sheet["A1"].value).startswith("SIMULATED DATA.")
        for layer in ("hotspots", "clusters"):
            table = gpd.read_file(out / "hotspots.gpkg", layer=layer)
            assert (table["source"] == "simulated").all()
        assert (gpd.read_file(out / "hotspots.geojson")["source"] == "simulated").all()
        assert (gpd.read_parquet(out / "hotspots.parquet")["source"] == "simulated").all()


class TestLastList:
    """What a run leaves for the next one, read back or refused."""

    def test_round_trip(self, folder: Path, analysis: hs.Analysis) -> None:
        """The folder gives the same record as the analysis."""
        record, own = read_record(folder), analysis.record
        assert own.places is not None
        assert record.places is not None
        PLACE_RECORDS.validate(record.places)
        # Missing text is None or NaN, by the version of pandas.
        pd.testing.assert_frame_equal(record.places.fillna(""), own.places.fillna(""))
        pd.testing.assert_frame_equal(record.busiest_hours, own.busiest_hours, check_names=False)
        assert (record.start, record.end, record.weeks) == (own.start, own.end, own.weeks)
        assert (record.areas, record.tier) == (own.areas, own.tier)
        assert record.hotspots.index.equals(own.hotspots.index)

    def test_partner(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """A folder for partners holds no counts of places, and ids go on from it."""
        out = analysis.save(tmp_path / "out", marking="partner")
        assert not (out / "places.parquet").exists()
        record = read_record(out)
        assert record.places is None
        others = analysis.hotspots[~analysis.hotspots["is_one_caller"]]
        assert len(others) == len(analysis.hotspots) - 1
        assert record.hotspots.index.equals(others.index)

    def test_messages(self, folder: Path, tmp_path: Path) -> None:
        """No folder of an analysis, a changed table, one that is missing, an older version."""
        with pytest.raises(hs.InputError, match="holds no manifest.json of an analysis"):
            read_record(tmp_path / "none")
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        table = pd.read_parquet(copy / "places.parquet")
        table.assign(n=table["n"] + 1).to_parquet(copy / "places.parquet")
        with pytest.raises(hs.InputError, match="it was changed since it was written"):
            read_record(copy)
        (copy / "hotspots.parquet").unlink()
        with pytest.raises(hs.InputError, match="Give the whole folder"):
            read_record(copy)
        other = tmp_path / "other"
        shutil.copytree(folder, other)
        manifest = json.loads((other / "manifest.json").read_text("utf-8"))
        for period in ({}, {"start": "x", "end": "x", "weeks": 1}, None):
            text = json.dumps(manifest | {"period": period})
            (other / "manifest.json").write_text(text, "utf-8")
            with pytest.raises(hs.InputError, match="of another version of the package"):
                read_record(other)

    def test_wrong_kind(self) -> None:
        """The last list is a folder or an analysis."""
        with pytest.raises(hs.InputError, match="Invalid previous 'int'. Must be the folder"):
            hs.analyse(make_incidents(background(50)), areas=square_area(), previous=3)  # type: ignore[arg-type]


class TestPrivacy:
    """What is not shown is not in the files."""

    def test_no_incident_in_any_file(self, folder: Path, analysis: hs.Analysis) -> None:
        """Neither references, callers, other columns nor coordinates of incidents are written."""
        points = analysis.incidents.geometry
        degrees = to_degrees(analysis.incidents.iloc[:50]).geometry
        wanted = {"CADREF", "SECRETPERSON", "SECRETPHONE"}
        for path in folder.iterdir():
            content = path.read_bytes()
            if path.suffix == ".xlsx":
                with zipfile.ZipFile(path) as book:
                    content = b"".join(book.read(name) for name in book.namelist())
            for secret in wanted:
                assert secret.encode() not in content, (path.name, secret)
            for x, y in zip(degrees.x, degrees.y, strict=True):
                # One of them alone may be that of a corner of a place by chance.
                told = [f"{each:.6f}".encode() in content for each in (x, y)]
                assert not all(told), (path.name, x, y)
        # No outline has an incident for a corner or for its middle.
        true = {(round(x, 1), round(y, 1)) for x, y in zip(points.x, points.y, strict=True)}
        for layer in ("hotspots", "clusters"):
            ground = gpd.read_file(folder / "hotspots.gpkg", layer=layer).geometry
            assert len(ground)
            written = np.concatenate(
                [shapely.get_coordinates(ground), shapely.get_coordinates(ground.centroid)]
            )
            corners = {(round(x, 1), round(y, 1)) for x, y in written}
            # The planted calls stand in the middle of a place, where any of its hotspots has it.
            assert len(corners & true) <= 1

    def test_partner_gets_less(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """A partner gets neither shares of callers, reasons nor rejected rows."""
        out = analysis.save(tmp_path / "out", marking="partner")
        assert not (out / "rejected.csv").exists()
        table = gpd.read_parquet(out / "hotspots.parquet")
        assert "expected_per_week" in table
        assert {"why", "top_caller_share", "location"}.isdisjoint(table.columns)
        assert not (out / "harm_by_kind.csv").exists()
        harm = pd.read_csv(out / "harm.csv")
        assert "harm_per_week" in harm
        hidden = {"n_vulnerable", "n_repeat", "prior", "own_history", "recency", "harm_per_report"}
        assert hidden.isdisjoint(harm.columns)
        manifest = json.loads((out / "manifest.json").read_text("utf-8"))
        assert manifest["harm"]["weights"]["source"] == ""
        assert manifest["harm"]["weights"]["types"]["personal"] == 2
        with pytest.raises(hs.InputError, match="Invalid victims with marking 'partner'"):
            analysis.save(tmp_path / "people", marking="partner", victims=True)
        assert not (tmp_path / "people").exists()
        restricted = analysis.save(tmp_path / "restricted")
        for name in ("index.html", "manifest.json", "model_card.json", "model_card.md"):
            sentence = "nine tenths or more from one caller"
            assert sentence in (restricted / name).read_text("utf-8")
            assert sentence not in (out / name).read_text("utf-8")
        assert "PARTNER" in (out / "index.html").read_text("utf-8")
        assert str(openpyxl.load_workbook(out / "tasks.xlsx")["tasks"]["A1"].value).startswith(
            "PARTNER"
        )

    def test_public_is_refused(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """A public edition is another product."""
        with pytest.raises(hs.InputError, match="Must be 'restricted' or 'partner'"):
            analysis.save(tmp_path / "out", marking="public")
        with pytest.raises(hs.InputError, match="Must be 'restricted' or 'partner'"):
            analysis.map(marking="public")
        assert list(tmp_path.iterdir()) == []


def test_short_lists() -> None:
    """Areas with one reason are said together, the first few of them by name."""
    areas = pd.concat(
        [square_area(f"Ham {n}", west=WEST + n * SIDE, code=f"Q0{n}") for n in range(9)]
    )
    rows = pd.concat(
        [at_place(40 * area, 3, FRIDAYS[:n]) for area, n in enumerate((1, 2, 2, 4))],
        ignore_index=True,
    )
    analysis = hs.analyse(make_incidents(rows), areas=areas, progress=False)
    none, one = "makes 0 hotspots with at least 3 incidents.", "makes 1 hotspot with at least 3"
    two = "its 2 incidents lie in 1 place, which"
    assert short_lists(analysis) == [
        f"Ham 0: 0 of 10 hotspots. Its 1 incident lies in 1 place, which {none}",
        f"2 areas have fewer hotspots than asked for: Ham 1, Ham 2. In each: {two} {none}",
        f"Ham 3: 1 of 10 hotspots. Its 4 incidents lie in 1 place, which {one} incidents.",
        "5 areas have no incident of the period: Ham 4, Ham 5, Ham 6, Ham 7, Ham 8.",
    ]
    elsewhere = make_incidents([("2025-01-06 21:00", 0.0, 0.0)])
    nothing = hs.analyse(elsewhere, areas=areas, progress=False)
    assert short_lists(nothing) == [
        "9 areas have no incident of the period: Ham 0, Ham 1, Ham 2, Ham 3, Ham 4, …"
    ]


def fail_half_way(out: Path) -> None:
    """Write one file of a folder and then fail."""
    with whole_folder(out) as work:
        (work / "half").write_text("x")
        raise ZeroDivisionError


class TestWholeOrNot:
    """A folder is written whole or not at all."""

    def test_failure_leaves_nothing(self, tmp_path: Path) -> None:
        """When writing fails the folder does not exist, nor any trace of it."""
        with pytest.raises(ZeroDivisionError):
            fail_half_way(tmp_path / "out")
        assert list(tmp_path.iterdir()) == []

    def test_failure_keeps_the_old_one(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """When replacing fails the earlier folder stays as it was."""
        out = analysis.save(tmp_path / "out")
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        with pytest.raises(ZeroDivisionError):
            fail_half_way(out)
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_replacing(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """An analysis replaces an earlier one, and leaves nothing beside it."""
        analysis.save(tmp_path / "out")
        analysis.save(tmp_path / "out")
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_work_is_never_replaced(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """A note that was added or a sheet that was filled in keeps the folder from replacement."""
        out = analysis.save(tmp_path / "out")
        (out / "notes.txt").write_text("x")
        with pytest.raises(hs.OutputError, match="changed since it was written: notes.txt"):
            analysis.save(out)
        (out / "notes.txt").unlink()
        with (out / "tasks.csv").open("a") as file:
            file.write("done\n")
        with pytest.raises(hs.OutputError, match="tasks.csv"):
            analysis.save(out)
        assert (out / "tasks.csv").read_text("utf-8").endswith("done\n")

    def test_failure_at_the_last_step(
        self, analysis: hs.Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If the new folder cannot take its place, the old one is back, and nothing is left."""
        out = analysis.save(tmp_path / "out")
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        move = os.replace

        def refuse(source: Path, target: Path) -> None:
            if Path(target) == out and ".out-old-" not in str(source):
                raise PermissionError(13, "the file is open in another program")
            move(source, target)

        monkeypatch.setattr("hotspots.products.folder.os.replace", refuse)
        with pytest.raises(hs.OutputError, match="open in another program.*Nothing was changed"):
            analysis.save(out)
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_stopped_at_the_last_step(
        self, analysis: hs.Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Stopped between two moves, the old folder is back, too."""
        out = analysis.save(tmp_path / "out")
        move = os.replace

        def stop(source: Path, target: Path) -> None:
            if Path(target) == out and ".out-old-" not in str(source):
                raise KeyboardInterrupt
            move(source, target)

        monkeypatch.setattr("hotspots.products.folder.os.replace", stop)
        with pytest.raises(KeyboardInterrupt):
            analysis.save(out)
        assert (out / "manifest.json").exists()

    def test_foreign_folder_is_refused(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """A folder with something else in it is never replaced, nor a file."""
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "letter.txt").write_text("x")
        for name in ("mine", "mine/letter.txt"):
            with pytest.raises(hs.OutputError, match="was not made by an analysis"):
                analysis.save(tmp_path / name)
        assert (tmp_path / "mine" / "letter.txt").read_text() == "x"

    def test_place_that_cannot_be_written(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """A folder below a file cannot be made."""
        (tmp_path / "file").write_text("x")
        with pytest.raises(hs.OutputError, match="Cannot write to .*file"):
            analysis.save(tmp_path / "file" / "out")


def test_manifest_without_a_reading() -> None:
    """An analysis of a table in memory has a manifest too."""
    analysis = hs.analyse(make_incidents(background(200)), areas=square_area(), progress=False)
    manifest = make_manifest(analysis)
    assert manifest["rows"] == {"read": 200}
    json.dumps(manifest)
