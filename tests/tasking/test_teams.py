"""Teams: read from every kind of file, and refused with all that is wrong."""

import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import hotspots as hs
from hotspots.tasking.teams import as_teams

TOML = """
[defaults]
tours = ["early", "late 14-22"]
leave = 0.1
[[team]]
name = "North"
posts = {pc = 2, pcso = 3}
vacancies = {pcso = 1.5}
[[team]]
name = "South"
areas = ["South Side", "Docks"]
posts = {pc = 4}
leave = {pc = 0.2}
delivery = 0.5
"""

TABLE = pd.DataFrame(
    {
        "Team": ["North", "North", "South"],
        "Rank": ["pc", "pcso", "pc"],
        "Posts": [2, 3, 4],
        "vacancies": [None, 1.5, None],
        "leave": [0.1, 0.1, 0.2],
        "areas": [None, None, "South Side; Docks"],
        "tours": ["early; late 14-22"] * 3,
        "delivery": [None, None, 0.5],
    }
)


def write(path: Path, kind: str) -> Path:
    """Write the same two teams in one of the formats."""
    path = path / f"teams.{kind}"
    if kind == "toml":
        path.write_text(TOML)
    elif kind == "csv":
        TABLE.to_csv(path, index=False, encoding="utf-8-sig")
    else:
        TABLE.to_excel(path, index=False)
    return path


class TestByHand:
    """The same teams, however they are written."""

    @pytest.mark.parametrize("kind", ["toml", "csv", "xlsx"])
    def test_read(self, tmp_path: Path, kind: str) -> None:
        """Every format gives the same teams."""
        north, south = hs.read_teams(write(tmp_path, kind))
        assert (north.name, north.areas, north.strength) == ("North", ("North",), 3.5)
        assert (south.name, south.areas, south.strength) == ("South", ("South Side", "Docks"), 4)
        assert north.rate("leave", "pcso") == 0.1
        assert south.rate("leave", "pc") == 0.2
        assert [tour.start_hour for tour in south.tours] == [7, 14]
        assert (north.delivery, south.delivery) == (0.6, 0.5)

    def test_a_rank_that_is_not_named(self) -> None:
        """Where leave is given by rank, one that is not named is never away."""
        team = hs.Team("A", posts={"pc": 1, "pcso": 1}, leave={"pc": 0.2})
        assert team.rate("leave", "pcso") == 0

    def test_as_teams(self) -> None:
        """A team, a list, a table and plain values will do."""
        team = hs.Team("A", posts={"pc": 1})
        assert as_teams(team) == as_teams([team]) == as_teams([{"name": "A", "posts": {"pc": 1}}])
        assert [each.name for each in as_teams(TABLE)] == ["North", "South"]

    def test_copies(self) -> None:
        """A team can be sent to another process, and nobody can change it from outside."""
        posts = {"pc": 1.0}
        team = hs.Team("A", posts=posts, leave={"pc": 0.2})
        posts["pc"] = 5
        assert team.strength == 1
        assert pickle.loads(pickle.dumps(team)) == team  # noqa: S301 (our own)


class TestMessages:
    """What the analyst reads."""

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"name": " "}, "Invalid name"),
            ({"posts": {}}, "It has no officers. Must have at least one post"),
            ({"posts": {"pc": 0}}, "It has no officers"),
            ({"posts": {"pc": -1}}, "Invalid posts"),
            ({"posts": 3}, "Invalid posts '3'. Must be a number of at least 0 for each rank"),
            ({"vacancies": {"pc": 3}}, "Invalid vacancies of pc '3'. Must be at most 2"),
            ({"vacancies": {"pcs": 1}}, "Invalid vacancies 'pcs'.*Did you mean 'pc'"),
            ({"vacancies": 1}, "Invalid vacancies '1'"),
            ({"leave": 1}, "Invalid leave '1'. Must be a share of 0 or more and under 1"),
            ({"leave": {"inspector": 0.1}}, "Invalid leave 'inspector'"),
            ({"abstraction": -0.1}, "Invalid abstraction"),
            ({"abstraction": "20 %"}, "Invalid abstraction"),
            ({"tours": ["noon"]}, "Invalid tours 'noon'"),
            ({"tours_per_week": 8}, "Invalid tours_per_week '8'"),
            ({"patrol_share": 0}, "Invalid patrol_share '0'"),
            ({"delivery": 60}, "Invalid delivery '60'. Must be a share above 0 and at most 1"),
            ({"areas": "Camden"}, "Invalid areas 'Camden'. Must be a list"),
        ],
    )
    def test_bad_values(self, change: dict[str, Any], said: str) -> None:
        """Each value is checked, in Python and in a file alike."""
        values = {"name": "A", "posts": {"pc": 2}} | change
        with pytest.raises(hs.InputError, match=said):
            hs.Team(**values)
        with pytest.raises(hs.InputError, match=said):
            as_teams([values])

    def test_all_at_once(self) -> None:
        """Every problem of every team is named in one message."""
        bad = [{"name": "A", "post": {}, "leave": 2}, {"posts": {"pc": 1}}]
        with pytest.raises(hs.InputError) as caught:
            as_teams(bad)
        for part in (
            "Invalid team 'A': 3 problems",
            "Unknown key 'post'",
            "Did you mean 'posts'?",
            "posts is missing",
            "Invalid leave '2'",
            "name is missing",
            "See the page 'Team capacity'",
        ):
            assert part in str(caught.value)

    def test_two_teams_of_one_name(self) -> None:
        """Teams need different names."""
        team = hs.Team("A", posts={"pc": 1})
        with pytest.raises(hs.InputError, match="Invalid teams 'A'. Must have different names"):
            as_teams([team, team])

    @pytest.mark.parametrize("given", [3, None])
    def test_no_teams(self, given: Any) -> None:
        """What is none is refused with what to use."""
        with pytest.raises(hs.InputError, match=r"Use hs.read_teams\(path\)"):
            as_teams(given)
        with pytest.raises(hs.InputError, match="There is no team"):
            as_teams([])

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [
            ("teams.toml", "[[team]\n", "not valid TOML"),
            ("teams.toml", "[team]\nname='A'", "double brackets"),
            ("teams.toml", "[[teams]]\nname='A'", "Invalid key 'teams'.*Did you mean 'team'"),
            ("teams.toml", "", "There is no team"),
            ("teams.csv", "", "cannot be read"),
            ("teams.csv", "team,posts\nA,1\n", "rank is missing"),
            ("teams.csv", "team,rank,posts,vacancy\nA,pc,1,0\n", "Unknown column 'vacancy'"),
            ("teams.csv", "team,rank,posts\nA,,1\n", "Invalid rank ''.*line 2"),
            ("teams.csv", "team,rank,posts\nA,pc,1\nA,pc,2\n", "Invalid rank of the team 'A' 'pc'"),
            ("teams.csv", "team,rank,posts\nA,pc,two\n", "Invalid posts"),
            (
                "teams.csv",
                "team,rank,posts,delivery\nA,pc,1,0.5\nA,pcso,1,0.6\n",
                "Invalid delivery of the team 'A' '0.5', '0.6'. Must be the same",
            ),
            ("teams.doc", "", r"a .toml, .csv or .xlsx file"),
        ],
    )
    def test_bad_files(self, tmp_path: Path, name: str, text: str, said: str) -> None:
        """Whatever is wrong with a file is said in the house's words."""
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(hs.InputError, match=f"(?s){said}"):
            hs.read_teams(path)

    def test_unreadable(self, tmp_path: Path) -> None:
        """A file that is not there, one that is no text, and one that is no workbook."""
        with pytest.raises(hs.InputError, match="Cannot read the teams"):
            hs.read_teams(tmp_path / "none.toml")
        for name in ("teams.csv", "teams.toml", "teams.xlsx"):
            path = tmp_path / name
            path.write_bytes(b"\xff\xfe\x00\x81")
            with pytest.raises(hs.InputError, match="teams"):
                hs.read_teams(path)
        with pytest.raises(hs.InputError, match="Invalid path 'int'"):
            hs.read_teams(3)  # type: ignore[arg-type]
