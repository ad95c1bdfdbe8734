"""The library of tactics: data that a borough may change, checked when it is read."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

import hotspots as hs
from hotspots.incidents.codes import load_codes
from hotspots.tables import TACTICS

SMALL = """
name = "ours"
version = "1"
source = "the meeting"

[powers.notice]
name = "Notice"
law = "Act"
who = "council"
test = "harm"
limits = "age 16"

[tactics.walk]
name = "Walk"
family = "patrol"
lead = "team"
decides = "sergeant"
evidence = "some"
source = "a trial"
limits = "short"

[tactics.write]
name = "Write"
family = "enforcement"
lead = "council"
decides = "council"
power = "notice"
evidence = "practice"
source = "the Act"
limits = ""

[[headings]]
words = ["noise"]
short = ["write"]
long = ["write", "walk"]
partner = "council"
success = "it is quiet"

[[headings]]
words = []
short = ["walk"]
long = ["walk"]
partner = "council"
success = "fewer reports"
"""


def library(text: str, tmp_path: Path) -> hs.TacticsLibrary:
    """Read a library from a text."""
    path = tmp_path / "tactics.toml"
    path.write_text(text, encoding="utf-8")
    return hs.read_tactics(path)


class TestStartingPoint:
    """The library of the package."""

    def test_every_heading_of_the_met(self) -> None:
        """Each of the headings has options of its own, and each row is some heading's."""
        tactics = hs.read_tactics()
        headings = [code.value for code in load_codes().values() if code.role == "heading"]
        rows = [tactics.row(heading) for heading in headings]
        assert all(row.words for row in rows)
        assert len({row.words for row in rows}) == len(headings) == 13
        assert tactics.row("Rowdy or nuisance neighbours").partner == "landlord"
        assert tactics.row("one caller: Noise").words == ("one caller",)

    def test_unknown_heading(self) -> None:
        """Any other heading, or none, has those of the last row."""
        tactics = hs.read_tactics()
        assert tactics.row("Something else") is tactics.row(None) is tactics.headings[-1]

    def test_fast_and_slow(self) -> None:
        """What is fast comes first where a place is new; what lasts where it stays."""
        tactics = hs.read_tactics()
        heading = "Rowdy or inconsiderate behaviour"
        for persistence in ("new", "intermittent", None):
            assert tactics.options(heading, persistence)[0] == "patrol"
        for persistence in ("persistent", "diminishing"):
            assert tactics.options(heading, persistence)[0] == "problem_solving"

    def test_table(self) -> None:
        """Every option has its power's test beside it, and no power is without a user."""
        tactics = hs.read_tactics()
        table = tactics.table()
        TACTICS.validate(table)
        assert table.loc["dispersal", "law"] == "2014 Act, sections 34 and 35"
        assert "inspector" in table.loc["dispersal", "who"]
        assert table.loc["patrol", "power"] is None or table["power"].isna()["patrol"]
        used = {own.power for own in tactics.tactics.values()} - {""}
        assert used <= set(tactics.powers)

    def test_neighbours_are_never_led_by_patrol(self) -> None:
        """For neighbours, noise and one caller no patrol is an option."""
        tactics = hs.read_tactics()
        for heading in ("Rowdy or nuisance neighbours", "one caller: Rowdy"):
            row = tactics.row(heading)
            assert "patrol" not in (*row.short, *row.long)

    def test_find(self) -> None:
        """By id or name, in any case."""
        tactics = hs.read_tactics()
        assert tactics.find(" Mediation ") == tactics.find("MEDIATION") == "mediation"
        assert tactics.find("visible patrol in its hours") == "patrol"
        assert tactics.find("dance") is None


class TestReading:
    """A borough's own file."""

    def test_own(self, tmp_path: Path) -> None:
        """What the file says is what is used."""
        tactics = library(SMALL, tmp_path)
        assert repr(tactics) == (
            "<TacticsLibrary 'ours', version 1: 2 tactics, 1 power, 2 headings>"
        )
        assert tactics.options("Noise", "persistent") == ("write", "walk")
        assert tactics.in_short(("write", "walk")) == "Write (practice); Walk (some)"

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('evidence = "some"', 'evidence = "strng"', "Did you mean 'strong'"),
            ('power = "notice"', 'power = "notic"', "Did you mean 'notice'"),
            (
                'short = ["write"]',
                'short = ["wite"]',
                "headings 1: tactic 'wite'.*mean 'write'",
            ),
            ('short = ["write"]', "short = []", "headings 1: short and long must name"),
            ('short = ["write"]', 'short = "write"', "Must be a list of texts"),
            ("words = []", 'words = ["x"]', "The last of the headings must be the only one"),
            ('words = ["noise"]', "words = []", "The last of the headings must be the only one"),
            ('lead = "team"\n', "", "tactics.walk.lead is missing"),
            ('lead = "team"', 'leed = "team"', "Unknown key 'tactics.walk.leed'.*mean 'lead'"),
            ('name = "ours"', "", "Invalid name ''. Must be a text"),
            ("[tactics.walk]", "[tatics.walk]", "Unknown key 'tatics'"),
            ('test = "harm"', "test = 3", "Invalid powers.notice.test '3'. Must be a text"),
        ],
    )
    def test_bad(self, old: str, new: str, said: str, tmp_path: Path) -> None:
        """What is wrong is named, with the nearest known name, and the file."""
        assert old in SMALL
        with pytest.raises(hs.InputError, match=f"(?s)Invalid tactics '.*tactics.toml'.*{said}"):
            library(SMALL.replace(old, new, 1), tmp_path)

    def test_all_at_once(self, tmp_path: Path) -> None:
        """Two problems are two lines."""
        text = SMALL.replace('name = "ours"', "name = 3").replace('lead = "team"\n', "")
        with pytest.raises(hs.InputError, match="2 problems"):
            library(text, tmp_path)

    @pytest.mark.parametrize("text", ["", "headings = 3", "tactics = 3", "[[tactics]]\nname='x'"])
    def test_not_a_library(self, text: str, tmp_path: Path) -> None:
        """Any TOML file that is none is refused in the house pattern."""
        with pytest.raises(hs.InputError, match="Invalid tactics"):
            library(text, tmp_path)

    def test_files(self, tmp_path: Path) -> None:
        """A file that is not there, no TOML, or no path."""
        with pytest.raises(hs.InputError, match="Cannot read the tactics"):
            hs.read_tactics(tmp_path / "none.toml")
        with pytest.raises(hs.InputError, match="not valid TOML"):
            library("[[", tmp_path)
        given: Any = 3
        with pytest.raises(hs.InputError, match="Invalid path 'int'"):
            hs.read_tactics(given)

    def test_shipped_file_is_a_copy_to_begin_with(self, tmp_path: Path) -> None:
        """The file of the package can be copied, changed and read."""
        text = resources.files("hotspots.tasking").joinpath("tactics.toml").read_text("utf-8")
        changed = library(text.replace('"starting point"', '"Camden"'), tmp_path)
        assert changed.name == "Camden"
        assert set(changed.tactics) == set(tomllib.loads(text)["tactics"])
