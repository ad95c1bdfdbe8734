"""Neighbourhood teams: their posts, who is away, and when the rest are on duty.

A team is read from a TOML file or from a table with a row for each team and rank, as a personnel
system gives it. Everything that is wrong is said at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self
from zipfile import BadZipFile

import pandas as pd

from hotspots.errors import InputError, invalid, is_number
from hotspots.risk.judgements import did_you_mean
from hotspots.tasking.tours import Tour, read_tours
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Hashable

_DAYS_IN_WEEK: Final = 7
_BY_RANK: Final = ("posts", "vacancies", "leave", "abstraction")
_RATES: Final = ("leave", "abstraction")
_REQUIRED: Final = ("name", "posts")
_TABLE: Final = ("team", "rank", "posts")
_RULES: Final = {
    "name": "a text",
    "areas": "a list of names or ids of areas",
    "posts": "a number of at least 0 for each rank",
    "vacancies": "a number from 0 to the posts of the rank",
    "leave": "a share of 0 or more and under 1, or one for each rank",
    "abstraction": "a share of 0 or more and under 1, or one for each rank",
    "tours_per_week": "a number above 0 and at most 7",
    "patrol_share": "a share above 0 and at most 1",
    "delivery": "a share above 0 and at most 1",
}


@dataclass(frozen=True)
class Team:
    """A team: whom it has, who is away, and when the rest are on duty.

    Parameters
    ----------
    name : str
        What it is called.
    areas : tuple of str
        Names or ids of the areas that it covers; by default one of its own name.
    posts : mapping of str to float
        Its establishment: posts by rank, part-time ones as fractions.
    vacancies : mapping of str to float
        Posts that nobody holds, by rank.
    leave : float or mapping of str to float
        Share of the time for which officers are on leave or ill, 0 to under 1, of all or by rank.
    abstraction : float or mapping of str to float
        Share of the time that is left for which officers are taken for other work: aid, court,
        training.
    tours : tuple of Tour
        Its tours of duty.
    tours_per_week : float
        How many tours one officer works a week, above 0 and at most 7.
    patrol_share : float
        Share of a tour in which officers can be sent to hotspots, beside calls, briefings, meals,
        victims and paper.
    delivery : float
        Share of the patrols that can be planned in this time that truly happen.

    Raises
    ------
    InputError
        Naming everything that is not allowed, at once.

    Notes
    -----
    The defaults are starting points. `delivery` is that of trials: 53 % of planned patrols were
    made in one (Ariel 2016) and about 67 % in another (Williams and Coupe 2017). No published
    figures were found for leave, abstraction and the share of a tour: ask your duty planner.

    Examples
    --------
    >>> team = Team("Camden Town", posts={"sergeant": 1, "pc": 2, "pcso": 3}, vacancies={"pcso": 1})
    >>> team.areas, team.strength
    (('Camden Town',), 5.0)
    """

    name: str
    areas: tuple[str, ...] = ()
    posts: Mapping[str, float] = field(default_factory=dict)
    vacancies: Mapping[str, float] = field(default_factory=dict)
    leave: float | Mapping[str, float] = 0.15
    abstraction: float | Mapping[str, float] = 0.15
    tours: tuple[Tour, ...] = field(default_factory=lambda: read_tours(["early", "late"]))
    tours_per_week: float = 5.0
    patrol_share: float = 0.25
    delivery: float = 0.6

    def __post_init__(self) -> None:
        """Check everything, and keep copies that nobody else can change."""
        problems = _problems({each.name: getattr(self, each.name) for each in fields(self)})
        if problems:
            raise _refusal(f"team '{self.name}'", problems)
        object.__setattr__(self, "areas", tuple(self.areas) or (self.name,))
        object.__setattr__(self, "tours", read_tours(self.tours))
        for key in _BY_RANK:
            value = getattr(self, key)
            if isinstance(value, Mapping):
                copy = MappingProxyType({str(rank): float(n) for rank, n in value.items()})
                object.__setattr__(self, key, copy)

    @property
    def strength(self) -> float:
        """Posts that somebody holds."""
        return sum(self.posts.values()) - sum(self.vacancies.values())

    def rate(self, kind: str, rank: str) -> float:
        """Give the share of the time for which a rank is away; 0 where it is by rank and not said.

        Parameters
        ----------
        kind : {"leave", "abstraction"}
            What takes them away.
        rank : str
            Which of the team's ranks.
        """
        value = getattr(self, kind)
        return float(value.get(rank, 0.0) if isinstance(value, Mapping) else value)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a team of plain values, as a TOML file holds them.

        Raises
        ------
        InputError
            Naming every key that is unknown (with the nearest known one), missing or not allowed.
        """
        if not isinstance(values, Mapping):
            raise invalid("team", values, "a table with name and posts")
        name = f"team '{values.get('name', '')}'"
        known = [each.name for each in fields(cls)]
        problems = [
            f"Unknown key '{key}'. Must be one of {', '.join(known)}. "
            f"{did_you_mean(key, known)}".rstrip()
            for key in values
            if key not in known
        ]
        problems += [
            f"{key} is missing. Must be {_RULES[key]}." for key in _REQUIRED if key not in values
        ]
        problems += _problems({key: values[key] for key in known if key in values})
        if problems:
            raise _refusal(name, problems)
        plain = dict(values)
        if "areas" in plain:
            plain["areas"] = tuple(plain["areas"])
        if "tours" in plain:
            plain["tours"] = tuple(read_tours(plain["tours"]))
        return cls(**plain)

    def __reduce__(self) -> tuple[Any, ...]:
        """Give what makes it again, for copies and other processes."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        plain |= {
            key: dict(value) for key, value in plain.items() if isinstance(value, MappingProxyType)
        }
        return _again, (plain,)


def _again(values: dict[str, Any]) -> Team:
    return Team(**values)


def read_teams(path: str | PathLike[str]) -> tuple[Team, ...]:
    """Read teams from a TOML file, a CSV file or a workbook.

    Parameters
    ----------
    path : path
        A `.toml` file with a table `[[team]]` for each team and, if wanted, one `[defaults]` of
        what holds for all; or a `.csv` or `.xlsx` table with a row for each team and rank: columns
        `team`, `rank`, `posts` and, if wanted, `vacancies`, `leave`, `abstraction`, and, the same
        in all rows of a team, `areas` and `tours` (several by semicolons), `tours_per_week`,
        `patrol_share`, `delivery`.

    Returns
    -------
    tuple of Team

    Raises
    ------
    InputError
        If the file cannot be read, or naming everything in it that is not allowed.

    Examples
    --------
    >>> import tempfile
    >>> text = '''
    ... [defaults]
    ... tours = ["early", {name = "late", weekdays = "Sun, Mon, Tue, Wed, Thu"},
    ...          {name = "town", hours = "18-02", weekdays = "Fri, Sat", share = 2}]
    ... abstraction = {sergeant = 0.1, pc = 0.3, pcso = 0.05}
    ... [[team]]
    ... name = "Camden Town"
    ... posts = {sergeant = 1, pc = 2, pcso = 3}
    ... vacancies = {pcso = 1}
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "teams.toml"
    ...     written = path.write_text(text)
    ...     [(team.name, team.strength) for team in read_teams(path)]
    [('Camden Town', 5.0)]
    """
    if not isinstance(path, str | PathLike):
        raise invalid("path", type(path).__name__, "the path of a file of teams")
    kind = Path(path).suffix.lower()
    try:
        if kind == ".toml":
            given = _of_toml(tomllib.loads(Path(path).read_text("utf-8-sig")))
        elif kind == ".csv":
            given = _of_table(pd.read_csv(path, encoding="utf-8-sig"))
        elif kind == ".xlsx":
            given = _of_table(pd.read_excel(path))
        else:
            raise invalid("path", path, "a .toml, .csv or .xlsx file of teams")
        return as_teams(given)
    except OSError as error:
        msg = (
            f"Cannot read the teams '{path}': {error.strerror}. Must be a file that exists. Check "
            "the spelling and the folder."
        )
        raise InputError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = (
            f"The teams '{path}' are not valid TOML: {error}. Must look like '[[team]]' and below "
            "it 'name = \"Camden Town\"'."
        )
        raise InputError(msg) from error
    except InputError:
        raise
    except (ValueError, BadZipFile) as error:  # what is no text, no table or no workbook
        msg = f"The teams '{path}' cannot be read: {error}. Must be a table, as text in UTF-8."
        raise InputError(msg) from error


def as_teams(teams: object) -> tuple[Team, ...]:
    """Give teams: those given, those of a table or tables, or those of a file.

    Raises
    ------
    InputError
        If they are none, there is no team, or two have one name; naming all problems at once.
    """
    if isinstance(teams, str | PathLike):
        return read_teams(teams)
    if isinstance(teams, pd.DataFrame):
        teams = _of_table(teams)
    if isinstance(teams, Team):
        teams = [teams]
    if not isinstance(teams, Sequence):
        rule = "teams, a table of them, or the path of their file"
        raise invalid("teams", type(teams).__name__, rule, "Use hs.read_teams(path).")
    made, problems = [], []
    for each in teams:
        try:
            made.append(each if isinstance(each, Team) else Team.from_dict(each))
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError("\n".join(problems))
    if not made:
        msg = "There is no team. Must be at least one. Write [[team]], a name and its posts."
        raise InputError(msg)
    names = pd.Index([team.name for team in made])
    if not names.is_unique:
        repeated = ", ".join(names[names.duplicated()].unique()[:5])
        msg = f"Invalid teams '{repeated}'. Must have different names."
        raise InputError(msg)
    return tuple(made)


def _of_toml(values: dict[str, Any]) -> list[dict[str, Any]]:
    unknown = [key for key in values if key not in ("defaults", "team")]
    if unknown:
        raise invalid(
            "key", unknown[0], "[defaults] or [[team]]", did_you_mean(unknown[0], ["team"])
        )
    teams, defaults = values.get("team", []), values.get("defaults", {})
    if not isinstance(teams, list) or not isinstance(defaults, dict):
        raise invalid("teams", "a single table", "one [[team]] for each, in double brackets")
    return [{**defaults, **team} for team in teams]


def _of_table(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Make plain teams of a table with a row for each team and rank."""
    table = table.rename(columns=lambda name: str(name).strip().lower().replace(" ", "_"))
    known = ["team", "rank", *(each.name for each in fields(Team) if each.name != "name")]
    problems = [f"{column} is missing." for column in _TABLE if column not in table.columns]
    problems += [
        f"Unknown column '{column}'. {did_you_mean(column, known)}".rstrip()
        for column in table.columns
        if column not in known
    ]
    if problems:
        problems.append(f"Must be of {', '.join(known)}.")
        raise _refusal("table of teams", problems)
    table = table.dropna(how="all")
    for column in ("team", "rank"):
        if table[column].isna().any():
            row = int(table[column].isna().to_numpy().argmax()) + 2
            raise invalid(column, "", f"in every row, as in line {row}")
    rows = table.assign(
        team=table["team"].astype("str").str.strip(), rank=table["rank"].astype("str").str.strip()
    )
    return [_of_rows(str(name), own) for name, own in rows.groupby("team", sort=False)]


def _of_rows(name: Hashable, rows: pd.DataFrame) -> dict[str, Any]:
    values: dict[str, Any] = {"name": name}
    if rows["rank"].duplicated().any():
        twice = rows["rank"][rows["rank"].duplicated()].iloc[0]
        raise invalid(f"rank of the team '{name}'", twice, "in one row of the team")
    for column in rows.columns.difference(["team", "rank"]):
        said = rows[["rank", column]].dropna()
        if len(said) == 0:
            continue
        if column in _BY_RANK:
            values[column] = dict(zip(said["rank"], said[column].tolist(), strict=True))
            continue
        different = said[column].unique()
        if len(different) > 1:
            given = "', '".join(str(value) for value in different)
            raise invalid(f"{column} of the team '{name}'", given, "the same in all its rows")
        value = said[column].iloc[0]
        is_list = column in ("areas", "tours")
        values[column] = [part.strip() for part in str(value).split(";")] if is_list else value
    return values


def _problems(values: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with the values that are there."""
    problems = [
        str(invalid(key, value, _RULES[key]))
        for key, value in values.items()
        if key != "tours" and not _is_allowed(key, value)
    ]
    if "tours" in values:
        try:
            read_tours(values["tours"])
        except InputError as error:
            problems.append(str(error))
    # What ranks may be is asked only where each part is what it should be.
    return problems or _rank_problems(values)


def _rank_problems(values: Mapping[str, Any]) -> list[str]:
    """Say what the posts do not allow of the rest."""
    posts = values.get("posts")
    if posts is None:
        return []
    if not sum(posts.values()):
        remedy = "A team whose officers have all left has posts, and as many vacancies."
        return [f"It has no officers. Must have at least one post. {remedy}"]
    tables = {key: values.get(key, {}) for key in ("vacancies", *_RATES)}
    problems = [
        str(
            invalid(
                key, rank, f"of a rank with posts: {', '.join(posts)}", did_you_mean(rank, posts)
            )
        )
        for key, table in tables.items()
        for rank in (table if isinstance(table, Mapping) else ())
        if rank not in posts
    ]
    problems += [
        str(invalid(f"vacancies of {rank}", f"{n:g}", f"at most {posts[rank]:g}, its posts"))
        for rank, n in tables["vacancies"].items()
        if n > posts.get(rank, n)
    ]
    return problems


def _is_allowed(key: str, value: Any) -> bool:  # noqa: ANN401 (what is not allowed is refused)
    if key == "name":
        return isinstance(value, str) and value.strip() != ""
    if key == "areas":
        is_list = isinstance(value, list | tuple)
        return is_list and all(isinstance(area, str) and area.strip() for area in value)
    if key in ("posts", "vacancies"):
        is_table = isinstance(value, Mapping)
        return is_table and all(is_number(n, 0) for n in value.values())
    if key in _RATES:
        shares = value.values() if isinstance(value, Mapping) else [value]
        return all(is_number(share, 0, 1) and share < 1 for share in shares)
    most = _DAYS_IN_WEEK if key == "tours_per_week" else 1
    return is_number(value, 0, most) and value > 0


def _refusal(what: str, problems: list[str]) -> InputError:
    listed = "\n".join(f"- {problem}" for problem in problems)
    return InputError(
        f"Invalid {what}: {count(len(problems), 'problem')}.\n{listed}\n"
        "See the page 'Team capacity'."
    )
