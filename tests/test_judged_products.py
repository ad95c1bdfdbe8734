"""Judgements from the file to the folder: command, manifest, layers, answers, large data."""

from __future__ import annotations

import json
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from geopandas.testing import assert_geodataframe_equal

import hotspots as hs
from hotspots.tables import HOTSPOTS, JUDGEMENTS
from tests.test_analysis import FRIDAYS, at_place, background, make_incidents, square_area
from tests.test_cli import run

if TYPE_CHECKING:
    from pathlib import Path

BUSY, NEXT, QUIET = "sq150-3610-1210", "sq150-3620-1220", "sq150-3630-1230"
SECRETS = ("MRS SECRET", "A. Analyst", "541575 181575")
FILE = f"""action,at,name,radius_m,reason,author,expires\r
exclude,541575 181575,,,MRS SECRET at number 4 is the caller,A. Analyst,31/12/2099\r
rename,{NEXT},Station approach,,What the panel calls it,A. Analyst,31/12/2099\r
pin,{QUIET},,,MRS SECRET was promised a visit,A. Analyst,31/12/2099\r
rename,sq150-3605-1230,The park,,It was on the last list,A. Analyst,31/12/2099\r
"""


def rows() -> pd.DataFrame:
    """Give a busy place, the next busy one, a quiet one, and some reports around."""
    hours = pd.Timedelta(hours=22)
    return pd.concat(
        [
            background(1500),
            at_place(10, 10, FRIDAYS + hours),
            at_place(20, 20, FRIDAYS[:40] + hours),
            at_place(30, 30, FRIDAYS[:2] + hours),
            at_place(5, 30, FRIDAYS[:1] + hours),
        ],
        ignore_index=True,
    )


# All reports count alike, so that ranks can be counted by hand.
BY_COUNT = hs.Settings.from_dict({"risk": {"half_life": 0}})


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file of judgements as Excel saves it."""
    path = tmp_path_factory.mktemp("judged") / "judgements.csv"
    path.write_bytes(b"\xef\xbb\xbf" + FILE.encode())
    return path


@pytest.fixture(scope="module")
def analysis(file: Path) -> hs.Analysis:
    """Give an analysis with these judgements."""
    incidents = make_incidents(rows())
    return hs.analyse(
        incidents, areas=square_area(), settings=BY_COUNT, judgements=file, progress=False
    )


class TestAnalysis:
    """The list, the reasons and the answers."""

    def test_list(self, analysis: hs.Analysis) -> None:
        """The excluded place is off the list, the named and the pinned one are on it."""
        HOTSPOTS.validate(analysis.hotspots)
        JUDGEMENTS.validate(analysis.judgements)
        assert BUSY not in set(analysis.found.members["place_id"])
        assert analysis.hotspots["name"].iloc[0] == "Station approach"
        assert len(analysis.hotspots) == 11
        assert repr(analysis).endswith("3 of 4 judgements applied>")
        assert set(analysis.tasks["name"]) >= {"Station approach"}
        assert analysis.judgements["is_applied"].tolist() == [True, True, True, False]
        assert analysis.left_out[0] == (
            "Judgement 4 (rename The park) is not applied this time: no hotspot there is on this "
            "list."
        )

    def test_totals_are_unchanged(self, analysis: hs.Analysis) -> None:
        """What is excluded still counts."""
        plain = hs.analyse(
            make_incidents(rows()), areas=square_area(), settings=BY_COUNT, progress=False
        )
        assert plain.n_incidents == analysis.n_incidents
        assert plain.counts.total == analysis.counts.total
        assert BUSY in set(plain.found.members["place_id"])
        assert len(plain.judgements) == 0
        assert plain.hotspots["judgement"].isna().all()

    def test_reason(self, analysis: hs.Analysis) -> None:
        """The reason says who decided, why, until when, and what the reports alone would say."""
        last = analysis.hotspots.iloc[-1]
        assert last["why"].startswith("Rank 11, behind the 10 that were asked for: ")
        assert (
            "Pinned until 31 December 2099 by A. Analyst: MRS SECRET was promised a visit; by its "
            "reports alone it would"
        ) in last["why"]
        assert "Renamed until" in analysis.hotspots["why"].iloc[0]

    def test_explain(self, analysis: hs.Analysis) -> None:
        """A councillor's question finds who excluded the street, and what it takes for others."""
        said = str(analysis.explain(BUSY))
        assert "It is not on the list. Excluded until 31 December 2099 by A. Analyst: MRS" in said
        assert "more report" not in said
        assert "as part of Station approach" in str(analysis.explain("station approach"))
        other = str(analysis.explain("sq150-3605-1230"))
        # The pinned one behind the ten is no measure for those who want to be among them.
        assert (
            f"The last of the 10 on the list of Squareham, {analysis.hotspots['name'].iloc[9]}"
            in other
        )

    def test_dataset_in_chunks(self, analysis: hs.Analysis, file: Path, tmp_path: Path) -> None:
        """Larger than memory gives the same judged list."""
        table = rows()
        calls = pd.DataFrame(
            {
                "received": table["start"].dt.strftime("%Y-%m-%d %H:%M"),
                "easting": table["x"],
                "northing": table["y"],
            }
        )
        calls.to_csv(tmp_path / "calls.csv", index=False)
        dataset = hs.open_incidents(tmp_path / "calls.csv")
        chunked = hs.analyse(
            dataset, areas=square_area(), settings=BY_COUNT, judgements=file, progress=False
        )
        columns = ["name", "rank", "expected_per_week", "n", "judgement", "geometry"]
        assert_geodataframe_equal(chunked.hotspots[columns], analysis.hotspots[columns])
        assert_geodataframe_equal(chunked.judgements, analysis.judgements)


class TestFolder:
    """What the folder carries, for whom."""

    def test_restricted(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """Manifest, layer and page have every judgement with its reason and outcome."""
        out = analysis.save(tmp_path / "out")
        manifest = json.loads((out / "manifest.json").read_text("utf-8"))
        assert [each["judgement_id"] for each in manifest["judgements"]] == [1, 2, 3, 4]
        first = manifest["judgements"][0]
        # 52 Fridays, and one report of the background.
        assert (first["expires"], first["n"], first["author"]) == ("2099-12-31", 53, "A. Analyst")
        assert first["name"] is None
        layer = gpd.read_file(out / "hotspots.gpkg", layer="judgements")
        assert layer["outcome"].tolist() == analysis.judgements["outcome"].tolist()
        assert layer.geometry.area.iloc[0] == pytest.approx(150**2)
        page = (out / "index.html").read_text("utf-8")
        assert "Judgements of analysts" in page
        assert "MRS SECRET" in page
        back = gpd.read_parquet(out / "hotspots.parquet")
        assert back["judgement"].notna().sum() == 2

    def test_partner(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """Partners get the action and the outcome; no file holds a reason, an author or a point."""
        out = analysis.save(tmp_path / "out", marking="partner")
        for path in out.iterdir():
            content = path.read_bytes()
            if path.suffix == ".xlsx":
                with zipfile.ZipFile(path) as book:
                    content = b"".join(book.read(name) for name in book.namelist())
            assert [secret for secret in SECRETS if secret.encode() in content] == [], path.name
        manifest = json.loads((out / "manifest.json").read_text("utf-8"))
        assert manifest["judgements"][2] == {
            "judgement_id": 3,
            "action": "pin",
            "name": None,
            "expires": "2099-12-31",
            "is_applied": True,
            "outcome": analysis.judgements["outcome"].iloc[2],
            "hotspot_id": analysis.hotspots.index[-1],
        }
        assert "pinned" in (out / "index.html").read_text("utf-8")
        layer = pyogrio.read_info(out / "hotspots.gpkg", layer="judgements")
        assert {"reason", "author", "at", "n"}.isdisjoint(layer["fields"])

    def test_without_judgements(self, tmp_path: Path) -> None:
        """The layer and the list are there, and empty."""
        plain = hs.analyse(make_incidents(background(300)), areas=square_area(), progress=False)
        out = plain.save(tmp_path / "out")
        assert len(gpd.read_file(out / "hotspots.gpkg", layer="judgements")) == 0
        assert json.loads((out / "manifest.json").read_text("utf-8"))["judgements"] == []


def test_command(file: Path, tmp_path: Path) -> None:
    """The command applies a file, records its checksum, and says loudly what was not applied."""
    table = rows()
    calls = pd.DataFrame(
        {"received": table["start"], "easting": table["x"], "northing": table["y"]}
    )
    calls.to_csv(tmp_path / "calls.csv", index=False)
    square_area().to_file(tmp_path / "area.gpkg", engine="pyogrio")
    (tmp_path / "s.toml").write_text("[risk]\nhalf_life = 0\n", encoding="utf-8")
    words = ("analyse", tmp_path / "calls.csv", "--areas", tmp_path / "area.gpkg")
    words += ("--settings", tmp_path / "s.toml")
    out = tmp_path / "out"
    done = run(*words, "--judgements", file, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "(rename The park) is not applied this time" in " ".join(done.stdout.split())
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    checksum = sha256(file.read_bytes()).hexdigest()
    assert manifest["beside"]["judgements"] == {"file": file.name, "sha256": checksum}
    assert [each["is_applied"] for each in manifest["judgements"]] == [True, True, True, False]

    old = tmp_path / "old.csv"
    old.write_text(FILE.replace("31/12/2099", "31/12/2019"), encoding="utf-8")
    refused = run(*words, "--judgements", old, "--out", tmp_path / "other")
    assert refused.returncode == 3
    assert "4 have expired" in refused.stderr
    assert "rows read" not in refused.stdout
    nowhere = tmp_path / "nowhere.csv"
    nowhere.write_text(FILE.replace("541575 181575", "400000 300000"), encoding="utf-8")
    refused = run(*words, "--judgements", nowhere, "--out", tmp_path / "other")
    assert refused.returncode == 3
    assert "lies outside the areas of this analysis" in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "other").exists()


@pytest.mark.acceptance
def test_london_hexagons(shared_data: Path, tmp_path: Path) -> None:
    """On 236,151 monthly reports, two boroughs are judged and the other thirty stay the same."""
    path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
    reading = hs.read_incidents(path)
    plain = hs.analyse(reading, progress=False)
    camden, westminster = (
        plain.hotspots[plain.hotspots["area"] == name].index for name in ("Camden", "Westminster")
    )
    decided = {"reason": "To see it", "author": "A. Analyst", "expires": "2099-12-31"}
    judged = hs.analyse(
        reading,
        judgements=[
            hs.Judgement("exclude", westminster[0], **decided),
            hs.Judgement("merge", [camden[0], camden[1]], **decided),
            hs.Judgement("rename", camden[0], name="The two", **decided),
            hs.Judgement("pin", camden[9], **decided),
        ],
        progress=False,
    )
    assert judged.judgements["is_applied"].all()
    assert judged.n_incidents == plain.n_incidents
    is_other = ~plain.hotspots["area"].isin(["Camden", "Westminster"])
    others = ~judged.hotspots["area"].isin(["Camden", "Westminster"])
    assert_geodataframe_equal(judged.hotspots[others], plain.hotspots[is_other])
    # The other nine move up, and one that was not listed follows them.
    of_westminster = judged.hotspots.index[judged.hotspots["area"] == "Westminster"]
    assert westminster[0] not in of_westminster
    assert len(set(of_westminster) & set(westminster)) == 9
    first = judged.hotspots[judged.hotspots["area"] == "Camden"].iloc[0]
    assert first["name"] == "The two"
    assert first["n"] == plain.hotspots.loc[camden[:2], "n"].sum()
    assert first["expected_per_week"] == pytest.approx(
        plain.hotspots.loc[camden[:2], "expected_per_week"].sum()
    )
    layer = gpd.read_file(judged.save(tmp_path / "out") / "hotspots.gpkg", layer="judgements")
    assert layer["is_applied"].all()
