"""A plan made with what a borough has, and made anew from a saved analysis."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import icalendar
import openpyxl
import pandas as pd
import pytest
from shapely import box

import hotspots as hs
from hotspots.planning import ASSUMED, plan_tasks
from hotspots.products.calendar import write_calendars
from hotspots.products.geojson import from_degrees
from hotspots.settings import TaskSettings
from hotspots.tables import CRS, TACTICS
from tests.tasking.made import make_hotspots
from tests.test_cli import run as run_command

TEAM = hs.Team("Camden", posts={"pc": 12}, tours=hs.read_tours(["early", "late", "night"]))
TEAMS = """
[[team]]
name = "Camden"
posts = {pc = 12}
tours = ["early", "late", "night"]
"""


@pytest.fixture(scope="module")
def analysis() -> hs.Analysis:
    """Analyse a year of Camden, with a team of its own."""
    calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    planning = hs.Planning(teams=[TEAM])
    return hs.analyse(calls, boroughs=["Camden"], planning=planning, progress=False)


@pytest.fixture(scope="module")
def folder(analysis: hs.Analysis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Save it; no test may change what is there."""
    saved = analysis.save(tmp_path_factory.mktemp("analysis") / "out")
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    yield saved
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


@pytest.fixture(scope="module")
def filled(analysis: hs.Analysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill in the workbook of an analysis: every second visit was made."""
    folder = analysis.save(tmp_path_factory.mktemp("filled") / "out")
    book = openpyxl.load_workbook(folder / "tasks.xlsx")
    page = book["visits"]
    column = {cell.value: cell.column for cell in page[2]}
    for number, row in enumerate(range(3, page.max_row + 1)):
        page.cell(row, column["visited"], "no" if number % 2 else "yes")
        page.cell(row, column["minutes"], None if number % 2 else 11)
        page.cell(row, column["activity"], None if number % 2 else "Mediation")
    page.cell(3, column["visit_id"], "somebody_changed_me")
    book.save(folder / "tasks.xlsx")
    return folder / "tasks.xlsx"


class TestPlanning:
    """Files are read at once, so that what is wrong is said before a long run."""

    def test_files(self, tmp_path: Path) -> None:
        """Whatever may be a path is read."""
        (tmp_path / "teams.toml").write_text(TEAMS)
        areas = gpd.GeoDataFrame(
            {"area_id": ["n1"], "name": ["North"]},
            geometry=[box(530_000, 180_000, 530_900, 180_900)],
            crs=CRS,
        )
        areas.to_file(tmp_path / "areas.gpkg")
        (tmp_path / "away.csv").write_text("team,rank,kind,first_day,last_day,officers\n")
        (tmp_path / "fixed.csv").write_text("team,date,tour,minutes,officers,what\n")
        planning = hs.Planning(
            teams=tmp_path / "teams.toml",
            start="2026-02-02",
            team_areas=tmp_path / "areas.gpkg",
            absences=tmp_path / "away.csv",
            fixed=tmp_path / "fixed.csv",
        )
        assert planning.teams == (TEAM,)
        assert planning.start == pd.Timestamp("2026-02-02")
        assert isinstance(planning.team_areas, gpd.GeoDataFrame)
        assert isinstance(planning.tactics, hs.TacticsLibrary)

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("teams", "Cannot read the teams"),
            ("absences", "Cannot read the absences .*No such file"),
            ("team_areas", "none"),
            ("fixed", "Cannot read the fixed tasks .*No such file"),
            ("tactics", "Cannot read the tactics"),
        ],
    )
    def test_no_file(self, name: str, said: str) -> None:
        """A file that is not there is said at once."""
        given: dict[str, Any] = {name: Path("none.csv" if name != "tactics" else "none.toml")}
        with pytest.raises(hs.InputError, match=said):
            hs.Planning(**given)

    @pytest.mark.parametrize(
        "given",
        [{"teams": 3}, {"start": "soon"}, {"absences": 3}, {"team_areas": 3}, {"tactics": 3}],
    )
    def test_wrong_types(self, given: dict[str, Any]) -> None:
        """What is none of what is allowed is refused by its name."""
        with pytest.raises(hs.InputError, match="Invalid"):
            hs.Planning(**given)

    def test_assumed_teams_are_said(self) -> None:
        """Without teams the plan says first that it is nobody's."""
        calls = hs.simulate_incidents(2000, boroughs=["Bexley"], rng=1).incidents
        run = hs.analyse(calls, boroughs=["Bexley"], progress=False)
        assert run.plan.remarks[0] == ASSUMED
        assert ASSUMED in run.remarks("partner")
        assert [team.name for team in run.plan.capacity.teams] == ["Bexley"]


class TestReplan:
    """From the folder, without the incidents."""

    def test_nothing_changed(self, analysis: hs.Analysis, folder: Path) -> None:
        """The same teams make the same plan to the last digit."""
        again = hs.replan(folder, hs.Planning(teams=[TEAM]))
        for name in ("tasks", "visits", "left_out", "tactics"):
            pd.testing.assert_frame_equal(getattr(again, name), getattr(analysis.plan, name))
        assert (again.covered, again.bound, again.harm) == pytest.approx(
            (analysis.plan.covered, analysis.plan.bound, analysis.plan.harm), rel=1e-12
        )
        assert (again.tasks["kind"] == "exploration").any()

    def test_fewer_officers(self, analysis: hs.Analysis, folder: Path) -> None:
        """With half of the officers less is covered."""
        team = hs.Team("Camden", posts={"pc": 12}, vacancies={"pc": 6}, tours=TEAM.tours)
        assert 0 < hs.replan(folder, hs.Planning(teams=[team])).covered < analysis.plan.covered

    def test_options(self, folder: Path) -> None:
        """The first day, the settings and the tactics are those that are given."""
        settings = TaskSettings(days=7, visit_minutes=30)
        planning = hs.Planning(teams=[TEAM], start="2026-03-02")
        plan = hs.replan(folder, planning, settings=settings)
        assert plan.tasks["first_day"].eq("2026-03-02").all()
        assert plan.tasks["last_day"].eq("2026-03-08").all()
        assert plan.visits["planned_minutes"].eq(30).all()

    def test_settings_of_the_analysis(self, tmp_path: Path) -> None:
        """What is not given is as it was in the analysis."""
        calls = hs.simulate_incidents(2000, boroughs=["Bexley"], rng=1).incidents
        settings = hs.Settings.from_dict({"tasks": {"visit_minutes": 12}})
        run = hs.analyse(calls, boroughs=["Bexley"], settings=settings, progress=False)
        plan = hs.replan(run.save(tmp_path / "out"))
        assert plan.visits["planned_minutes"].eq(12).all()
        assert plan.remarks[0] == ASSUMED

    def test_partners_folder(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """What was written for partners lacks what a plan needs."""
        saved = analysis.save(tmp_path / "out", marking="partner")
        assert not (saved / "week.parquet").exists()
        with pytest.raises(hs.InputError, match="written for partners"):
            hs.replan(saved)

    def test_not_an_analysis(self, tmp_path: Path) -> None:
        """An empty folder, and one that somebody changed."""
        with pytest.raises(hs.InputError, match="holds no manifest.json of an analysis"):
            hs.replan(tmp_path)

    @pytest.mark.parametrize("name", ["week.parquet", "hotspots.parquet", "places.parquet"])
    def test_changed_file(self, analysis: hs.Analysis, name: str, tmp_path: Path) -> None:
        """No plan is made from a table that somebody changed, or that is gone."""
        saved = analysis.save(tmp_path / "out")
        (saved / name).write_bytes(b"x")
        with pytest.raises(hs.InputError, match=f"{name}' of the earlier run: it was changed"):
            hs.replan(saved)
        (saved / name).unlink()
        with pytest.raises(hs.InputError, match="Give the whole folder"):
            hs.replan(saved)

    def test_other_version(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """A manifest without what is needed is said to be another version's."""
        saved = analysis.save(tmp_path / "out")
        manifest = json.loads((saved / "manifest.json").read_text("utf-8"))
        del manifest["period"]
        (saved / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(hs.InputError, match="of another version"):
            hs.replan(saved)


class TestFolder:
    """The folder of a plan."""

    def test_files(self, folder: Path, tmp_path: Path) -> None:
        """Tables, workbook and manifest, with the checksums of what was given."""
        (tmp_path / "teams.toml").write_text(TEAMS)
        plan = hs.replan(folder, hs.Planning(teams=tmp_path / "teams.toml"))
        out = hs.save_plan(plan, tmp_path / "plan", beside={"teams": tmp_path / "teams.toml"})
        manifest = json.loads((out / "manifest.json").read_text("utf-8"))
        assert manifest["beside"]["teams"]["file"] == "teams.toml"
        assert manifest["plan"]["teams"] == 1
        assert manifest["plan"]["gap"] <= 0.01
        assert manifest["plan"]["seed"] == 1
        assert set(manifest["files"]) == {path.name for path in out.iterdir()} - {"manifest.json"}
        tactics = pd.read_csv(out / "tactics.csv", encoding="utf-8-sig")
        assert set(tactics["tactic_id"]) == set(plan.tactics.index)
        TACTICS.validate(plan.tactics)
        # It is replaced by the next plan, and by nothing else's.
        hs.save_plan(plan, out)
        (out / "notes.txt").write_text("x")
        with pytest.raises(hs.OutputError, match="changed since it was written: notes.txt"):
            hs.save_plan(plan, out)

    def test_never_over_an_analysis(self, folder: Path) -> None:
        """The folder of an analysis is not a plan's to replace."""
        plan = hs.replan(folder, hs.Planning(teams=[TEAM]))
        with pytest.raises(hs.OutputError, match="was not made by a plan"):
            hs.save_plan(plan, folder)

    def test_partners(self, analysis: hs.Analysis, tmp_path: Path) -> None:
        """Partners get no words from reports, and nothing of one caller's hotspots."""
        hotspots = analysis.hotspots.copy()
        hotspots.loc[hotspots.index[0], "is_one_caller"] = True
        ground = replace(analysis.ground, hotspots=hotspots)
        plan = plan_tasks(ground, hs.Planning(teams=[TEAM]))
        assert (plan.tasks["kind"] == "caller").sum() == 1
        out = hs.save_plan(plan, tmp_path / "plan", marking="partner")
        tasks = pd.read_csv(out / "tasks.csv", encoding="utf-8-sig")
        assert not {"reason", "location"} & set(tasks.columns)
        assert "caller" not in set(tasks["kind"])
        assert hotspots.index[0] not in set(tasks["hotspot_id"])
        assert {"options", "partner", "success"} <= set(tasks.columns)
        with pytest.raises(hs.InputError, match="Invalid marking 'public'"):
            hs.save_plan(plan, tmp_path / "other", marking="public")


class TestCommand:
    """`hotspots tasks FOLDER`, as it is typed."""

    def test_tasks(self, folder: Path, tmp_path: Path) -> None:
        """A changed capacity file makes another plan; the analysis is as it was."""
        (tmp_path / "teams.toml").write_text(TEAMS.replace("12", "6"))
        (tmp_path / "mine.toml").write_text("[tasks]\ndays = 7\n")
        words = ["--teams", tmp_path / "teams.toml", "--settings", tmp_path / "mine.toml"]
        done = run_command(
            "tasks", folder, *words, "--plan-from", "2026-02-02", "--out", tmp_path / "plan"
        )
        assert done.returncode == 0, done.stderr
        said = " ".join(done.stdout.split())
        assert "2 February 2026 to 8 February 2026; covers" in said
        manifest = json.loads((tmp_path / "plan" / "manifest.json").read_text("utf-8"))
        assert set(manifest["beside"]) == {"analysis", "teams", "settings"}
        assert manifest["plan"]["first_day"] == "2026-02-02"

    def test_experiment(self, analysis: hs.Analysis, folder: Path, tmp_path: Path) -> None:
        """A trial that was written down is kept by the plan."""
        history = hs.hotspot_history(analysis.found, analysis.counts)
        trial = hs.design_experiment(
            analysis.hotspots, history, start="2026-01-05", weeks=2, design="days"
        )
        home = hs.save_experiment(trial, tmp_path / "trial")
        (tmp_path / "teams.toml").write_text(TEAMS)
        words = ["--teams", tmp_path / "teams.toml", "--experiment", home]
        done = run_command("tasks", folder, *words, "--out", tmp_path / "plan")
        assert done.returncode == 0, done.stderr
        visits = pd.read_parquet(tmp_path / "plan" / "visits.parquet")
        control = trial.allocation[trial.allocation["arm"] == "control"]
        left_alone = set(zip(control["hotspot_id"], control["first_day"], strict=True))
        made = set(zip(visits["hotspot_id"], visits["date"], strict=True))
        assert len(made) > len(trial.hotspots)
        assert not made & left_alone
        manifest = json.loads((tmp_path / "plan" / "manifest.json").read_text("utf-8"))
        assert "experiment" in manifest["beside"]

    def test_bad_input(self, folder: Path, tmp_path: Path) -> None:
        """A wrong file is said in the house pattern, and nothing is written."""
        (tmp_path / "teams.toml").write_text(TEAMS.replace("12", "-2"))
        words = ["--teams", tmp_path / "teams.toml", "--out", tmp_path / "plan"]
        done = run_command("tasks", folder, *words)
        assert done.returncode == 3
        assert "Must be a number of at least 0 for each rank" in " ".join(done.stderr.split())
        assert not (tmp_path / "plan").exists()
        done = run_command("tasks", tmp_path, "--out", tmp_path / "plan")
        assert done.returncode == 3
        assert "holds no manifest.json" in " ".join(done.stderr.split())


class TestRoundTrip:
    """What the teams write comes back, and the next plan carries it."""

    def test_next_plan(self, analysis: hs.Analysis, filled: Path, tmp_path: Path) -> None:
        """Half were made: the next plan asks for less, says why, and keeps the account."""
        results = hs.read_task_results(filled)
        planned, half = len(analysis.plan.visits), len(analysis.plan.visits) // 2
        assert results.rejected["reason"].tolist() == ["unknown_visit"]
        assert results.n_rows == planned
        planning = hs.Planning(teams=[TEAM], results=results)
        plan = hs.replan(filled.parent, planning)
        delivery = plan.capacity.teams[0].delivery
        assert 0.3 < delivery < 0.6
        assert plan.covered < analysis.plan.covered
        assert any(f"its delivery is {100 * delivery:.0f} %" in said for said in plan.remarks)
        assert plan.tactics.loc["mediation", "n_here"] == pytest.approx(half, abs=1)
        out = hs.save_plan(plan, tmp_path / "next")
        manifest = json.loads((out / "manifest.json").read_text("utf-8"))
        assert manifest["plan"]["results"] == {
            "rows": planned,
            "used": planned - 1,
            "blank": 0,
            "rejected": 1,
        }
        by_team = pd.read_csv(out / "team_results.csv", encoding="utf-8-sig")
        assert by_team["planned_visits"].tolist() == [planned]
        assert len(pd.read_csv(out / "results.csv", encoding="utf-8-sig")) == planned
        rejected = pd.read_csv(out / "rejected_results.csv", encoding="utf-8-sig")
        assert rejected["visit_id"].tolist() == ["somebody_changed_me"]
        # Partners get what was done, and not what somebody wrote.
        partner = hs.save_plan(plan, tmp_path / "partner", marking="partner")
        assert not (partner / "rejected_results.csv").exists()
        shared = pd.read_csv(partner / "results.csv", encoding="utf-8-sig")
        assert not {"activity", "outcome", "supervisor", "advice"} & set(shared.columns)

    def test_filled_work_is_never_replaced(self, analysis: hs.Analysis, filled: Path) -> None:
        """An analysis is not written over a sheet that was filled in."""
        with pytest.raises(hs.OutputError, match=r"changed since it was written: tasks.xlsx"):
            analysis.save(filled.parent)

    def test_analyse(self, filled: Path) -> None:
        """The next analysis carries it, too."""
        calls = hs.simulate_incidents(2000, boroughs=["Camden"], rng=1).incidents
        planning = hs.Planning(teams=[TEAM], results=hs.read_task_results(filled))
        run = hs.analyse(calls, boroughs=["Camden"], planning=planning, progress=False)
        assert run.plan.capacity.teams[0].delivery < 0.6
        assert any("planned visits were made" in said for said in run.remarks("partner"))

    def test_command(self, filled: Path, tmp_path: Path) -> None:
        """`--results` reads it, twice if there are two."""
        words = ["--results", filled, "--results", filled, "--out", tmp_path / "plan"]
        done = run_command("tasks", filled.parent, *words)
        assert done.returncode == 0, done.stderr
        assert "planned visits were made" in " ".join(done.stdout.split())
        manifest = json.loads((tmp_path / "plan" / "manifest.json").read_text("utf-8"))
        assert set(manifest["beside"]) == {"analysis", "results 1", "results 2"}
        done = run_command("tasks", filled.parent, "--results", "no.xlsx", "--out", tmp_path / "x")
        assert done.returncode == 3
        assert "holds no manifest.json" in " ".join(done.stderr.split())


class TestForOtherPrograms:
    """Calendars and GeoJSON."""

    def test_calendars(self, analysis: hs.Analysis, folder: Path) -> None:
        """One file a team; each visit is an entry with the moments of the plan."""
        with zipfile.ZipFile(folder / "calendars.zip") as files:
            assert files.namelist() == ["Camden.ics"]
            text = files.read("Camden.ics")
        assert max(len(line) for line in text.split(b"\r\n")) <= 75  # RFC 5545, 3.1
        entries = icalendar.Calendar.from_ical(text).walk("VEVENT")
        visits = analysis.plan.visits
        assert len(entries) == len(visits)
        for entry, (name, visit) in zip(entries, visits.iterrows(), strict=True):
            assert entry["uid"] == f"{name}@hotspots"
            assert pd.Timestamp(entry["dtstart"].dt) == visit["arrive"]
            assert pd.Timestamp(entry["dtend"].dt) == visit["leave"]
            assert visit["grid_ref"] in entry["location"]
        assert "SIMULATED DATA. RESTRICTED" in entries[0]["description"]

    def test_calendars_of_monthly_data(self, tmp_path: Path) -> None:
        """Visits without a day are entries of their week; team names are safe file names."""
        hotspots, week = make_hotspots([None])
        ground = hotspots.set_geometry(hotspots.buffer(50))
        squad = hs.Team("A/B", areas=("Squareham",), posts={"pc": 9})
        plan = hs.recommend_tasks(ground, week, hs.team_capacity([squad], start="2026-06-01"))
        visits = pd.concat([plan.visits.assign(team=name) for name in ("A/B", "A:B", "=1+1\n")])
        write_calendars(visits, plan.tasks, tmp_path / "calendars.zip", "RESTRICTED")
        with zipfile.ZipFile(tmp_path / "calendars.zip") as files:
            assert files.namelist() == ["_1_1_.ics", "A_B.ics", "A_B 2.ics"]
            entry = icalendar.Calendar.from_ical(files.read("A_B.ics")).walk("VEVENT")[0]
        assert str(entry["dtstart"].dt) == "2026-06-01"
        assert str(entry["dtend"].dt) == "2026-06-08"

    def test_geojson(self, analysis: hs.Analysis, folder: Path) -> None:
        """Every task with a place has its ground, in longitude and latitude."""
        tasks = gpd.read_file(folder / "tasks.geojson", engine="pyogrio").set_index("task_id")
        assert tasks.crs == "EPSG:4326"
        ours = analysis.plan.tasks
        assert sorted(tasks.index) == sorted(ours.index)
        back = from_degrees(tasks).geometry
        apart = back.distance(analysis.plan.ground.geometry.reindex(back.index), align=False)
        assert apart.max() < 0.1
        kinds = tasks.geom_type.groupby(tasks["kind"]).unique()
        assert set(kinds["exploration"]) == {"Point"}
        assert set(kinds["patrol"]) <= {"Polygon", "MultiPolygon"}
