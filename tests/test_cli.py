"""The command, as it is typed: real processes, real files, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import hotspots as hs
from hotspots.simulate import write_met_layout, write_police_uk_layout


def run(*words: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "hotspots.cli", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of simulated months in the layout of data.police.uk."""
    folder = tmp_path_factory.mktemp("months")
    write_police_uk_layout(hs.simulate_incidents(3000, boroughs=["Camden"], rng=1), folder)
    return folder


def test_demo(tmp_path: Path) -> None:
    """The demonstration writes its folder where it is run, and says what to open."""
    done = run("demo", "--rows", 6000, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "asb-demo" in done.stdout
    manifest = json.loads((tmp_path / "asb-demo" / "manifest.json").read_text("utf-8"))
    assert manifest["is_simulated"] is True
    assert len(manifest["areas"]) == 32
    assert done.stderr == ""  # no progress bar where there is no terminal


def test_analyse(months: Path, tmp_path: Path) -> None:
    """Files, a borough and settings give a folder; the rows are reported on the way."""
    settings = tmp_path / "mine.toml"
    settings.write_text("[hotspots]\nper_area = 4\n")
    done = run(
        "analyse", months, "--borough", "Camden", "--settings", settings, "--out", tmp_path / "out"
    )
    assert done.returncode == 0, done.stderr
    assert "out of scope" in done.stdout
    assert "4 hotspots" in done.stdout
    assert (tmp_path / "out" / "index.html").exists()


def test_analyse_with_areas(tmp_path: Path) -> None:
    """The Met's layout with its own team areas gives each of them a list."""
    simulation = hs.simulate_incidents(3000, boroughs=["Camden"], rng=1)
    write_met_layout(simulation, tmp_path / "MPS_Antisocial_Behaviour.csv")
    simulation.team_areas.to_file(tmp_path / "teams.gpkg", engine="pyogrio")
    done = run(
        "analyse",
        tmp_path / "MPS_Antisocial_Behaviour.csv",
        "--areas",
        tmp_path / "teams.gpkg",
        "--out",
        tmp_path / "out",
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["is_simulated"] is True
    assert manifest["tier"] == "timed"
    assert len(manifest["areas"]) == len(simulation.team_areas)


def test_check(months: Path) -> None:
    """A look at files says what is in them and writes nothing."""
    before = sorted(months.iterdir())
    done = run("check", months)
    assert done.returncode == 0, done.stderr
    assert "rows read" in done.stdout
    assert "other_crime_type" in done.stdout
    assert "monthly" in done.stdout
    assert "Camden" in done.stdout
    assert sorted(months.iterdir()) == before


def test_suggestion(tmp_path: Path) -> None:
    """A suggestion that is not enough leaves no file behind; the next one is written, once."""
    (tmp_path / "calls.csv").write_text("When,P,Q\n2025-03-03 21:10,1,2\n", "utf-8")
    done = run("check", "calls.csv", "--suggest", folder=tmp_path)
    assert done.returncode == 3
    assert "Wrote nothing, as this is not enough:" in done.stdout
    assert "Question: Which columns say where?" in done.stdout
    assert "it has no place" in " ".join(done.stderr.split())
    assert "--suggest" not in done.stderr
    words = ("check", "calls.csv", "--suggest", "--column", "area_code=Q")
    done = run(*words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Wrote calls.mapping.toml:" in done.stdout
    assert "Question" not in done.stdout
    done = run(*words, folder=tmp_path)
    assert done.returncode == 4
    assert "give another name (--out)" in " ".join(done.stderr.split())


def test_exit_codes(months: Path, tmp_path: Path) -> None:
    """2 for a wrong command, 3 for bad input, 4 for a place that cannot be written."""
    assert run("analyse", months).returncode == 2
    missing = run("check", tmp_path / "none.csv")
    assert missing.returncode == 3
    assert "Cannot read" in missing.stderr
    assert "Traceback" not in missing.stderr
    wrong = run("analyse", months, "--borough", "Camdem", "--out", tmp_path / "out")
    assert wrong.returncode == 3
    assert "Did you mean 'Camden'" in wrong.stderr
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x")
    taken = run("analyse", months, "--borough", "Camden", "--out", tmp_path / "mine")
    assert taken.returncode == 4
    assert "was not made by an analysis" in taken.stderr.replace("\n", " ")
    public = run("analyse", months, "--marking", "public", "--out", tmp_path / "out")
    assert public.returncode == 3
    assert not (tmp_path / "out").exists()
