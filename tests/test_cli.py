"""The command, as it is typed: real processes, real files, exit codes."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import hotspots as hs
from hotspots.cli import Layout
from hotspots.incidents.layouts import LAYOUTS
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


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Give a year of calls: a busy place of nuisance, one with fewer personal reports, a victim."""
    weekly = pd.date_range("2025-01-03 21:15", periods=48, freq="7D")
    rng = np.random.default_rng(1)
    quiet = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 8640, 600), unit="h")
    parts = [
        (weekly[:44], 528_050, 184_100, "nuisance", "N"),
        (weekly[2:32], 529_050, 184_100, "personal", "P"),
        (
            quiet,
            rng.integers(527_000, 530_000, 600),
            rng.integers(183e3, 186e3, 600),
            "nuisance",
            "Q",
        ),
        # One person, three dates in a fortnight, in a place of its own.
        (weekly[3:6], 528_550, 185_100, "environmental", "V"),
    ]
    tables = [
        pd.DataFrame(
            {
                "received": when.strftime("%Y-%m-%d %H:%M"),
                "easting": x,
                "northing": y,
                "asb_type": kind,
                "person_key": [f"{who}{0 if who == 'V' else k}" for k in range(len(when))],
            }
        )
        for when, x, y, kind, who in parts
    ]
    path = tmp_path / "calls.csv"
    pd.concat(tables).to_csv(path, index=False)
    return path


WEIGHTS = """
name = "Camden"
version = "2026-04"
unknown = 1
vulnerable = 2
repeat = 2
[types]
personal = 10
nuisance = 1
environmental = 0.5
"""


def test_weights_and_victims(calls: Path, tmp_path: Path) -> None:
    """The weights of the file rank the list, stand in the manifest, and victims are written."""
    weights, plain, out = tmp_path / "weights.toml", tmp_path / "plain", tmp_path / "out"
    weights.write_text(WEIGHTS, "utf-8")
    camden = ("analyse", calls, "--borough", "Camden", "--no-progress", "--out")
    assert run(*camden, plain).returncode == 0
    done = run(*camden, out, "--weights", weights, "--victims")
    assert done.returncode == 0, done.stderr
    first = {}
    for folder in (plain, out):
        table = gpd.read_parquet(folder / "hotspots.parquet")
        first[folder] = table.geometry[table["rank"] == 1].iloc[0]
    assert first[plain].covers(shapely.Point(528_050, 184_100))
    assert first[out].covers(shapely.Point(529_050, 184_100))
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["harm"]["weights"]["name"] == "Camden"
    assert manifest["harm"]["weights"]["types"]["personal"] == 10
    assert "weights" in manifest["beside"]
    assert not (plain / "victims.csv").exists()
    victims = pd.read_csv(out / "victims.csv").set_index("person_key")
    assert victims.index.tolist() == ["V0"]
    # Three environmental reports of half a point.
    assert victims.loc["V0", ["n", "n_dates_in_window", "harm"]].tolist() == [3, 3, 1.5]
    assert victims.loc["V0", "dates"] == "2025-01-24, 2025-01-31, 2025-02-07"


def test_weights_and_victims_refused(calls: Path, tmp_path: Path) -> None:
    """Bad weights, and victims for partners, stop the run before anything is written."""
    weights, out = tmp_path / "weights.toml", tmp_path / "out"
    weights.write_text(WEIGHTS.replace("personal = 10", "personal = -1"), "utf-8")
    camden = ("analyse", calls, "--borough", "Camden", "--no-progress", "--out", out)
    for options, said in (
        (("--weights", weights), "Invalid types.personal '-1'. Must be a number of at least 0"),
        (("--weights", tmp_path / "none.toml"), "Cannot read the harm weights"),
        (("--victims", "--marking", "partner"), "Invalid victims with marking 'partner'"),
    ):
        done = run(*camden, *options)
        assert done.returncode == 3
        assert said in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
        assert not out.exists()


def test_previous(months: Path, tmp_path: Path) -> None:
    """With the folder of the last run the command says what has changed, and writes it."""
    files = sorted(months.rglob("*.csv"))
    first, last = tmp_path / "first", tmp_path / "last"
    camden = ("--borough", "Camden", "--no-progress", "--out")
    assert run("analyse", *files[:6], *camden, first).returncode == 0
    done = run("analyse", *files, "--previous", first, *camden, last)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Since the last list, made from" in said
    assert "a list by plain counts" in said
    ids = pd.read_csv(last / "changes.csv", index_col=0)
    before, after = (gpd.read_parquet(folder / "hotspots.parquet") for folder in (first, last))
    assert set(ids["previous_id"].dropna()) == set(before.index)
    assert set(ids.loc[ids["change"] != "gone", "hotspot_id"]) >= set(after.index)
    outcomes = pd.read_csv(last / "last_list_outcomes.csv", index_col=0)
    assert outcomes.index.tolist() == before.index.tolist()
    manifest = json.loads((last / "manifest.json").read_text("utf-8"))
    assert len(manifest["since_last_list"]) > 3
    assert all(" ".join(each.split()) in said for each in manifest["since_last_list"])
    assert manifest["previous"]["made_at"] <= manifest["made_at"]
    assert "Since the last list" in (last / "index.html").read_text("utf-8")
    layers = {str(name) for name, _ in pyogrio.list_layers(last / "hotspots.gpkg")}
    assert "gone" in layers
    analysis = hs.analyse(
        hs.read_incidents(files), boroughs=["Camden"], previous=first, progress=False
    )
    gone = ids.loc[ids["change"] == "gone", "hotspot_id"].iloc[0]
    assert "of the last list" in str(analysis.explain(gone))
    wrong = run("analyse", *files, "--previous", months, *camden, tmp_path / "no")
    assert wrong.returncode == 3
    assert "holds no manifest.json of an analysis" in " ".join(wrong.stderr.split())


def test_analyse_with_areas(tmp_path: Path) -> None:
    """The Met's layout with its own team areas gives each of them a list."""
    simulation = hs.simulate_incidents(3000, boroughs=["Camden"], rng=1)
    write_met_layout(simulation, tmp_path / "MPS_Antisocial_Behaviour.csv")
    for layer in ("other", "teams"):
        simulation.team_areas.to_file(tmp_path / "teams.gpkg", layer=layer, engine="pyogrio")
    done = run(
        "analyse",
        tmp_path / "MPS_Antisocial_Behaviour.csv",
        "--areas",
        tmp_path / "teams.gpkg",
        "--areas-layer",
        "teams",
        "--out",
        tmp_path / "out",
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["is_simulated"] is True
    assert manifest["tier"] == "timed"
    assert len(manifest["areas"]) == len(simulation.team_areas)


def test_card_and_groups(tmp_path: Path) -> None:
    """Answers to the card and small areas of residents reach the folder; bad ones stop early."""
    simulation = hs.simulate_incidents(1000, boroughs=["Camden"], rng=1)
    write_met_layout(simulation, tmp_path / "MPS_Antisocial_Behaviour.csv")
    wards = simulation.team_areas.assign(population=1000)
    wards.to_file(tmp_path / "wards.gpkg", engine="pyogrio")
    (tmp_path / "card.toml").write_text('senior_responsible_owner = "The Superintendent"\n')
    given = ["--borough", "Camden", "--out", tmp_path / "out", "--groups", tmp_path / "wards.gpkg"]
    file = tmp_path / "MPS_Antisocial_Behaviour.csv"
    done = run("analyse", file, *given, "--card", tmp_path / "card.toml")
    assert done.returncode == 0, done.stderr
    assert "The Superintendent" in (tmp_path / "out" / "model_card.md").read_text("utf-8")
    spread = pd.read_csv(tmp_path / "out" / "spread.csv")
    assert "population" in spread.to_csv()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert {"card", "groups"} <= set(manifest["beside"])
    (tmp_path / "card.toml").write_text('owner = "x"\n')
    wrong = run("analyse", "nowhere.csv", *given, "--card", tmp_path / "card.toml")
    assert wrong.returncode == 3
    assert "Invalid card 'owner'" in " ".join(wrong.stderr.split())


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


def test_every_layout_is_in_the_help() -> None:
    """What --layout takes is what there is."""
    (option,) = Layout.__metadata__
    assert [name for name in LAYOUTS if name not in option.help] == []


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
    (tmp_path / "bad.csv").write_text("received,easting,northing\nyesterday,530000,180000\n")
    nothing = run("check", tmp_path / "bad.csv")
    assert nothing.returncode == 3
    assert "No row can be used." in nothing.stdout
    turned = run("check", months, "--column", "Month=start")
    assert turned.returncode == 3
    assert 'the part first. Type --column "start=Month"' in " ".join(turned.stderr.split())
    public = run("analyse", months, "--marking", "public", "--out", tmp_path / "out")
    assert public.returncode == 3
    assert not (tmp_path / "out").exists()


def test_rejected_rows(tmp_path: Path) -> None:
    """The rejected rows go to a new file; one that is there, above all the input, stays."""
    calls = tmp_path / "calls.csv"
    content = "received,easting,northing\n2025-01-06 21:00,530000,180000\n=1+1,530000,180000\n"
    calls.write_text(content)
    done = run("check", calls, "--rejected", tmp_path / "rejected.csv")
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "rejected.csv").read_bytes().decode("utf-8-sig")
    assert written.split() == ["file,line,reason,detail", "calls.csv,3,bad_time,'=1+1"]
    refused = run("check", calls, "--rejected", calls)
    assert refused.returncode == 4
    assert "it is there already. Must be a new file." in " ".join(refused.stderr.split())
    assert calls.read_text() == content
    nowhere = run("check", calls, "--rejected", tmp_path / "none" / "rejected.csv")
    assert nowhere.returncode == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calls.csv", "rejected.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent Ctrl-C there")
def test_ctrl_c(tmp_path: Path) -> None:
    """Stopped on the way, an analysis says so in one line and leaves nothing."""
    n = 1_000_000
    rng = np.random.default_rng(1)
    day = np.char.add("2025-01-", rng.integers(10, 28, n).astype(str))
    calls = pd.DataFrame(
        {
            "received": np.char.add(day, " 21:00"),
            "easting": rng.integers(525_000, 535_000, n),
            "northing": rng.integers(175_000, 185_000, n),
        }
    )
    calls.to_csv(tmp_path / "calls.csv", index=False)
    words = ["analyse", "calls.csv", "--stream", "--out", "out", "--verbose"]
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "hotspots.cli", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test that runs in the background hands on that interrupts are ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as process:
        assert process.stderr is not None
        while "layout 'cad'" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    lines = [line for line in said.splitlines() if not line.startswith("hotspots.")]
    (line,) = lines
    assert line.startswith("Stopped. Nothing is half written: ")
    assert [path.name for path in tmp_path.iterdir()] == ["calls.csv"]
