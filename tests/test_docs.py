"""The page "Getting your data in" tells the truth: whatever it shows is run and compared."""

from __future__ import annotations

import ast
import doctest
import io
import re
import shlex
import sys
import zipfile
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import hotspots as hs
from hotspots import cli
from hotspots.incidents import REASONS, SCOPE_REASONS, load_codes
from hotspots.simulate import write_met_layout, write_police_uk_layout

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "getting-your-data-in.md"
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
WIDTH = "92"
N_NOT_RUN = 2
CRS = "EPSG:27700"
CALLS = "received,easting,northing\n2025-03-01 21:10,530000,181000\n"
# What people write who report noise, and how often of 20.
NOISES = {"Loud music": 8, "Party": 3, "Barking dog": 3, "Car alarm": 2}
NOISES |= {"Bass through wall": 2, "Bins not collected": 1, "Test": 1}


# ---- The files that the page reads ----


def write_files(folder: Path) -> None:
    """Write small simulated files in the layouts that the page walks through."""
    simulation = hs.simulate_incidents(4000, boroughs=["Camden", "Islington"], rng=1)
    record = write_police_uk_layout(simulation, folder / "year")
    write_download(record.paths[:3], folder)
    write_met_layout(simulation, folder / "MPS_Antisocial_Behaviour.csv")
    incidents = simulation.incidents
    spring = incidents[incidents["start"] < "2025-04-01"]
    write_workbook(spring, folder / "cad-extract.xlsx")
    write_geopackage(spring.iloc[::5], folder / "partner.gpkg")
    write_noise(spring.iloc[::4], folder / "noise.csv")


def write_download(paths: tuple[Path, ...], folder: Path) -> None:
    """Write months as data.police.uk packs them, as a zip and unpacked."""
    with zipfile.ZipFile(folder / "download.zip", "w") as archive:
        for path in paths:
            month = path.name[:7]
            contents = {"street": path.read_text("utf-8"), "outcomes": "Crime ID,Month\n"}
            for kind, content in contents.items():
                target = folder / "street" / month / f"{month}-metropolitan-{kind}.csv"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content, encoding="utf-8")
                archive.write(target, f"{month}/{target.name}")


def write_workbook(incidents: gpd.GeoDataFrame, path: Path) -> None:
    """Write an extract as a control room gives it: a title, codes, and a few faults."""
    code_of = {code.value: code.code for code in load_codes().values()}
    start = incidents["start"].dt.tz_localize(None)
    kind, heading = (incidents[name].map(code_of) for name in ("asb_type", "heading"))
    table = pd.DataFrame(
        {
            "CAD No": incidents.groupby(start.dt.date).cumcount() + 1001,
            "Received": start,
            "Easting": incidents.geometry.x.round().astype("int64"),
            "Northing": incidents.geometry.y.round().astype("int64"),
            "Location": incidents["location"],
            "Opening Codes": kind.str.cat(heading, ", "),
            "Closing Codes": heading,
            "Officer": "PC 0000",
        }
    ).reset_index(drop=True)
    table.loc[[20, 60, 61], "Closing Codes"] = "506"  # duplicates
    table.loc[[70, 71], "Closing Codes"] = "639"  # called again before the police came
    for name in ("Opening Codes", "Closing Codes"):
        table.loc[80, name] = "001"  # not anti-social behaviour
    table.loc[30, "Received"] = pd.NaT
    for name in ("Easting", "Northing"):
        table.loc[100, name] = 0
    table.loc[151, "CAD No"] = table["CAD No"].iloc[150]
    table.loc[850, "Received"] = pd.Timestamp("2025-03-30 01:20")  # the clocks went forward
    with pd.ExcelWriter(path) as book:
        table.to_excel(book, sheet_name="ASB calls", index=False, startrow=2)
        book.sheets["ASB calls"]["A1"] = "ASB calls received, January to March 2025"


def write_geopackage(incidents: gpd.GeoDataFrame, path: Path) -> None:
    """Write a partner's layers of points and polygons, in the system of web maps."""
    reports = gpd.GeoDataFrame(
        {
            "case_ref": [f"HA-{number:04}" for number in range(len(incidents))],
            "reported_at": incidents["start"].dt.tz_localize(None).to_numpy(),
            "category": incidents["heading"].to_numpy(dtype=object),
            "estate": "Estate 1 (simulated)",
        },
        geometry=incidents.geometry.to_numpy(),
        crs=CRS,
    ).to_crs(3857)
    estates = gpd.GeoDataFrame({"estate": ["1"]}, geometry=[reports.union_all().convex_hull])
    reports.to_file(path, layer="reports", engine="pyogrio")
    estates.set_crs(3857).to_file(path, layer="estates", engine="pyogrio")


def write_noise(incidents: gpd.GeoDataFrame, path: Path) -> None:
    """Write what a council's noise app exports: odd names, free words, latitude first."""
    points = incidents.geometry.to_crs(4326)
    kinds = [kind for kind, n in NOISES.items() for _ in range(n)]
    chance = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "Ticket": [f"N{number}" for number in range(50_001, 50_001 + len(incidents))],
            "Raised": incidents["start"].dt.strftime("%d/%m/%Y %H:%M"),
            "What is the problem?": chance.choice(kinds, len(incidents)),
            "Pos N": points.y.round(6),
            "Pos E": points.x.round(6),
            "Street": incidents["location"],
            "Sent from": chance.choice(["iOS", "Android", "Web"], len(incidents)),
        }
    )
    table.to_csv(path, index=False, sep=";")


# ---- What the page is made of ----


@dataclass(frozen=True)
class Block:
    """A block of code on the page: what stands in it, in which line, and what is said of it."""

    language: str
    text: str
    line: int
    said: str


def read_blocks() -> list[Block]:
    """Find the blocks; a comment on the line above says what is special about one."""
    page = PAGE.read_text("utf-8")
    pattern = r"(?:^<!-- ([^\n]*) -->\n)?^```(\w+)\n(.*?)^```$"
    return [
        Block(found[2], found[3], page[: found.start(3)].count("\n"), found[1] or "")
        for found in re.finditer(pattern, page, re.DOTALL | re.MULTILINE)
    ]


def read_tables() -> list[list[str]]:
    """Find the rows of all tables of the page, cell by cell."""
    rows = re.findall(r"^\| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [[cell.strip() for cell in row.split(" | ")] for row in rows]


def differs(shown: str, real: str) -> str:
    """Say how the real text differs from the one that is shown; "" if … stands for the rest.

    What tables are drawn with, and how wide they are, does not matter.
    """
    want, got = (re.sub("[\u2500-\u257f]", " ", text) for text in (shown, real))
    want = want.replace("…", "...")
    if doctest.OutputChecker().check_output(want, got, OPTIONS):
        return ""
    return f"Shown:\n{shown}\nReal:\n{real}"


def run_python(block: Block, names: dict[str, Any]) -> str:
    """Run a block with prompts, in the names that blocks before it have left."""
    test = doctest.DocTestParser().get_doctest(block.text, names, PAGE.name, PAGE.name, block.line)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    return "".join(said)


def run_command(block: Block) -> str:
    """Run a command as the user types it, and compare what it says."""
    typed, _, shown = block.text.partition("\n")
    sys.argv = shlex.split(typed)
    with redirect_stdout(io.StringIO()) as said, pytest.raises(SystemExit) as end:
        cli.main()
    wrong = "" if end.value.code in (0, None) else f"Exit code {end.value.code}.\n"
    return wrong + differs(shown, said.getvalue())


def change_file(path: Path, text: str) -> str:
    """Do what the page tells the reader to do: write these lines in place of those with the key."""
    content = path.read_text("utf-8").splitlines()
    for line in text.splitlines():
        key = line.partition(" = ")[0]
        found = [at for at, old in enumerate(content) if old.startswith((key, f"# {key}"))]
        if len(found) != 1:
            return f"{path} has {len(found)} lines for {key}."
        content[found[0]] = line
    path.write_text("\n".join(content) + "\n", encoding="utf-8")
    return ""


def run(block: Block, names: dict[str, Any]) -> str:
    """Do what a block shows; "" if all is as shown."""
    what, _, file = block.said.partition(" ")
    if what == "shows":
        return differs(block.text, Path(file).read_text("utf-8"))
    if what == "change":
        return change_file(Path(file), block.text)
    return run_command(block) if block.language == "console" else run_python(block, names)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of simulated files, as in a terminal of one width without colours."""
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", WIDTH)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for name in ("argv", "excepthook"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    return tmp_path


# ---- The page ----


def test_blocks_run(folder: Path) -> None:
    """Every block, from the first to the last, does and says what the page shows."""
    names: dict[str, Any] = {}
    wrong = [
        f"{PAGE.name}, line {block.line + 1}:\n{said}"
        for block in read_blocks()
        if block.said != "not run" and (said := run(block, names))
    ]
    assert not wrong, "\n".join(wrong)
    assert (folder / "asb" / "index.html").exists()


def test_blocks_are_understood() -> None:
    """No block escapes: it is run, compared with a file, or one of the few marked as not run."""
    blocks = read_blocks()
    assert PAGE.read_text("utf-8").count("```") == 2 * len(blocks)
    assert sum(block.said == "not run" for block in blocks) == N_NOT_RUN
    for block in blocks:
        if block.said == "not run" and block.language == "python":
            ast.parse(block.text)
        elif block.language == "python":
            assert block.text.startswith(">>> "), block
        elif block.language == "console":
            assert block.text.startswith("hotspots "), block
        else:
            assert re.fullmatch(r"(shows|change) \S+", block.said), block


@pytest.mark.parametrize("reasons", [SCOPE_REASONS, REASONS], ids=["out of scope", "rejected"])
def test_reasons(reasons: dict[str, str]) -> None:
    """Every reason of the code is on the page, with the words of the code and what to do."""
    rows = {row[0].strip("`"): row[1:] for row in read_tables()}
    for reason, meaning in reasons.items():
        assert rows[reason][0] == meaning
        assert len(rows[reason][1]) > 0


def test_no_other_reason() -> None:
    """The page has no reason that the code no longer gives."""
    names = {row[0].strip("`") for row in read_tables() if re.fullmatch(r"`[a-z_]+`", row[0])}
    assert names == {*REASONS, *SCOPE_REASONS}


def _locked_zip(folder: Path) -> list[Path]:
    with zipfile.ZipFile(folder / "locked.zip", "w") as archive:
        archive.writestr("calls.csv", CALLS)
        archive.filelist[0].flag_bits |= 1  # says that it is encrypted
    return [folder / "locked.zip"]


def _locked_workbook(folder: Path) -> list[Path]:
    # Office puts an encrypted workbook into a container that begins like this.
    content = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
    (folder / "locked.xlsx").write_bytes(content)
    return [folder / "locked.xlsx"]


def _bomb(folder: Path) -> list[Path]:
    with zipfile.ZipFile(folder / "bomb.zip", "w") as archive:
        archive.writestr("calls.csv", CALLS)
        archive.filelist[0].file_size = 2 * 10**9  # says that it unpacks to so many bytes
    return [folder / "bomb.zip"]


def _zip_in_zip(folder: Path) -> list[Path]:
    with zipfile.ZipFile(folder / "outer.zip", "w") as archive:
        archive.writestr("inner.zip", b"PK\x05\x06")
    return [folder / "outer.zip"]


def _same_file(folder: Path) -> list[Path]:
    paths = [folder / "calls.csv", folder / "copy of calls.csv"]
    for path in paths:
        path.write_text(CALLS, encoding="utf-8")
    return paths


def _same_month(folder: Path) -> list[Path]:
    head = "Month,Reported by,Falls within,Longitude,Latitude,Location,Crime type\n"
    row = "2025-01,Metropolitan Police Service,,-0.1,51.5,,Anti-social behaviour\n"
    paths = [folder / "2025-01-metropolitan-street.csv", folder / "2025-01-new-street.csv"]
    for number, path in enumerate(paths, 1):
        path.write_text(head + number * row, encoding="utf-8")
    return paths


def _old_workbook(folder: Path) -> list[Path]:
    (folder / "months").mkdir()
    (folder / "months" / "january.csv").write_text(CALLS, encoding="utf-8")
    (folder / "months" / "february.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    return [folder / "months"]


def _sign_in_page(folder: Path) -> list[Path]:
    (folder / "asb.csv").write_text("<!DOCTYPE html><html><body>Sign in", encoding="utf-8")
    return [folder / "asb.csv"]


def _two_sheets(folder: Path) -> list[Path]:
    table = pd.read_csv(io.StringIO(CALLS))
    with pd.ExcelWriter(folder / "year.xlsx") as book:
        for sheet in ("January", "February"):
            table.to_excel(book, sheet_name=sheet, index=False)
    return [folder / "year.xlsx"]


def _headerless(folder: Path) -> list[Path]:
    (folder / "rows.csv").write_text("2025-03-01 21:10,530000,181000\n" * 2, encoding="utf-8")
    return [folder / "rows.csv"]


def _one_name(folder: Path) -> list[Path]:
    text = "received,x,x,y\n2025-03-01 21:10,530000,530000,181000\n"
    (folder / "twice.csv").write_text(text, encoding="utf-8")
    return [folder / "twice.csv"]


def _polygons(folder: Path) -> list[Path]:
    areas = gpd.GeoDataFrame({"received": ["2025-03-01"]}, geometry=gpd.points_from_xy([5], [5]))
    areas = areas.set_geometry(areas.buffer(1)).set_crs(CRS)
    areas.to_file(folder / "areas.gpkg", engine="pyogrio")
    return [folder / "areas.gpkg"]


REFUSED = (
    _same_file,
    _same_month,
    _locked_zip,
    _locked_workbook,
    _bomb,
    _zip_in_zip,
    _old_workbook,
    _sign_in_page,
    _two_sheets,
    _headerless,
    _one_name,
    _polygons,
)


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__.strip("_"))
def test_refusals(
    make: Callable[[Path], list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page says is refused is refused, in the words of the page."""
    monkeypatch.chdir(tmp_path)
    paths = [path.relative_to(tmp_path) for path in make(tmp_path)]
    with pytest.raises(hs.InputError) as refused:
        hs.read_incidents(paths)
    said = str(refused.value).split(". Must ")[0]
    shown = [row[1] for row in read_tables() if len(row) > 1]
    assert f"{said}." in shown


def test_page_is_found() -> None:
    """The page is the first that the start page lists, and the README links to it."""
    start = (DOCS / "index.md").read_text("utf-8")
    tree = re.search(r"```\{toctree\}\n(?::.*\n)*\n([\w-]+)", start)
    assert tree is not None
    assert tree[1] == PAGE.stem
    assert f"(docs/{PAGE.name})" in (DOCS.parent / "README.md").read_text("utf-8")


def test_differences_are_seen() -> None:
    """A comparison that finds everything alike would prove nothing."""
    assert differs("1 row\n…\nDone\n", "1 row\n2 rows\nDone\n") == ""
    assert differs("│ 1 │ a │\n", "| 1 | a |\n".replace("|", "┃")) == ""
    assert differs("1 row\n", "1 row\nmore\n") != ""
    assert differs("2 rows\n…\n", "1 row\nmore\n") != ""
