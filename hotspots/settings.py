"""Every tunable of the main job, with its unit, its default and the reason for it.

Settings are frozen: `Settings()` holds the defaults, `Settings.from_toml` reads a file that
overrides some of them, and `to_dict` gives what the manifest records. A misspelt or impossible
value is refused with the allowed ones.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from hotspots.errors import InputError, invalid

if TYPE_CHECKING:
    from pathlib import Path

_HOURS_IN_DAY: Final = 24


def _tunable(
    default: Any,  # noqa: ANN401 (any plain TOML value)
    reason: str,
    *,
    unit: str = "",
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:  # noqa: ANN401
    """Declare a setting: its default, why, its unit and what is allowed."""
    return field(
        default=default,
        metadata={"reason": reason, "unit": unit, "least": least, "most": most, "choices": choices},
    )


class _Section:
    """Checks that every setting of a section has the right type and an allowed value."""

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):  # type: ignore[arg-type]
            _check(_name_of(type(self)), item, getattr(self, item.name))


@dataclass(frozen=True, kw_only=True)
class PlaceSettings(_Section):
    """The places at which incidents are counted."""

    shape: Literal["square", "hexagon"] = _tunable(
        "square",
        "Squares match the patrol cells of most British trials; hexagons are the other common unit",
        choices=("square", "hexagon"),
    )
    cell_size: float = _tunable(
        150.0,
        "Side of a square; 150 m is the usual patrol cell. For hexagons set 200",
        unit="m",
        least=25,
        most=2000,
    )


@dataclass(frozen=True, kw_only=True)
class TimeSettings(_Section):
    """How the clock is read."""

    night_ends: int = _tunable(
        6,
        "The published hourly profile has its trough at 05:00, so few nights are cut in two",
        unit="hour of day",
        least=0,
        most=12,
    )


@dataclass(frozen=True, kw_only=True)
class EpisodeSettings(_Section):
    """Which calls count as one episode."""

    radius: float = _tunable(
        50.0,
        "Calls about one party come from both sides of the street",
        unit="m",
        least=0,
        most=500,
    )


@dataclass(frozen=True, kw_only=True)
class ClusterSettings(_Section):
    """Clusters by location, time of day and day of week."""

    radius: float = _tunable(
        100.0, "About a street block; larger radii chain town centres", unit="m", least=1, most=2000
    )
    hours: float = _tunable(
        2.0, "Half the length of a short tour of duty", unit="hours", least=0, most=12
    )
    days: str = _tunable(
        "cyclic",
        "cyclic: close in the whole week; any: close in the hour on any day; nights: close in the "
        "hour, and both on Friday or Saturday night, or both not",
        choices=("cyclic", "any", "nights"),
    )
    shuffled_share: float = _tunable(
        0.01,
        "A cluster's core needs more incidents than this share of the borough's incidents would "
        "have around them if its hours were shuffled between its places",
        least=1e-6,
        most=0.5,
    )
    least_incidents: int = _tunable(
        5, "Fewer cannot show a pattern, however quiet the borough", unit="incidents", least=2
    )
    max_area: float = _tunable(
        100_000.0, "A sergeant can walk it in fifteen minutes", unit="m²", least=1000
    )
    max_incidents: int = _tunable(
        1_000_000,
        "Clusters describe the present; of more incidents the latest whole days are used, which "
        "also keeps the memory of a long series bounded",
        unit="incidents",
        least=1000,
    )


@dataclass(frozen=True, kw_only=True)
class ScanSettings(_Section):
    """The scan for places that have hours of their own."""

    cell_size: float = _tunable(
        250.0, "Circles of such cells hold a street or a town centre", unit="m", least=100, most=750
    )
    episode_radius: float = _tunable(
        100.0,
        "An episode that falls into two makes hours of its own where there are none",
        unit="m",
        least=0,
        most=500,
    )
    min_nights: int = _tunable(
        3, "Fewer are an event, not a pattern", unit="nights", least=1, most=100
    )
    n_permutations: int = _tunable(
        39,
        "Enough for the Gumbel tail; 999 (--thorough) show p down to 0.001 by themselves",
        least=10,
        most=99_999,
    )
    seed: int = _tunable(1, "The same data and settings give the same answer", least=0)


@dataclass(frozen=True, kw_only=True)
class RiskSettings(_Section):
    """Harm and its ranks. What a report weighs is in a file of its own: `read_harm_weights`."""

    half_life: float = _tunable(
        13.0,
        "A report counts half after a quarter, the rhythm of plans and reviews; with 0 all reports "
        "of the period count alike",
        unit="weeks",
        least=0,
    )
    seed: int = _tunable(1, "The same data and settings give the same answer", least=0)


@dataclass(frozen=True, kw_only=True)
class HotspotSettings(_Section):
    """The hotspot list."""

    per_area: int = _tunable(10, "What one tasking meeting can discuss", least=1, most=1000)
    max_area: float = _tunable(
        100_000.0, "A sergeant can walk it in fifteen minutes", unit="m²", least=1000
    )
    hours_per_week: int = _tunable(
        12,
        "The most hours of one hotspot: the same for all makes them comparable, and about one tour "
        "and a half a week can be spared for the busiest places",
        unit="hours",
        least=1,
        most=168,
    )
    longest_band: int = _tunable(
        8, "One tour of duty", unit="hours in a day", least=1, most=_HOURS_IN_DAY
    )
    band_share: float = _tunable(
        0.9,
        "Of the bands of hours that hold at least this share of what the best one holds, the "
        "shortest is taken: hours in which little happens are not added for little",
        least=0.5,
        most=1,
    )
    least_incidents: int = _tunable(
        3, "One or two incidents say nothing about a place", unit="incidents", least=1
    )
    least_share: float = _tunable(
        0.33,
        "A place joins a hotspot only if it holds at least this share of the first place's "
        "expected incidents, by area",
        least=0,
        most=1,
    )
    interval: float = _tunable(0.9, "Level of the predictive interval", least=0.5, most=0.999)


@dataclass(frozen=True, kw_only=True)
class TaskSettings(_Section):
    """What a plan of visits is. What the teams can do is in a file of its own: `read_teams`."""

    days: int = _tunable(
        14, "Tasking meetings are fortnightly or four-weekly", unit="days", least=1, most=92
    )
    visit_minutes: int = _tunable(
        15, "Koper: 10–15 minutes of presence last longest", unit="minutes", least=1, most=120
    )
    travel_minutes: int = _tunable(
        10,
        "The way to the next place, on foot in a ward",
        unit="minutes a visit",
        least=0,
        most=120,
    )
    officers_per_visit: int = _tunable(
        2, "Officers patrol in pairs; each counts", unit="officers", least=1, most=20
    )
    effect_hours: float = _tunable(
        2.0,
        "How long a place is quieter after a visit; from under an hour to days in trials",
        unit="hours",
        least=0.25,
        most=12,
    )
    repeat: float = _tunable(
        0.8,
        "What each further visit to a place in a week counts against the one before: no trial "
        "settles it, and 1 would send everybody to the first places",
        least=0.05,
        most=1,
    )
    visits_per_tour: int = _tunable(1, "Most visits to a place in one tour", least=1, most=12)
    visits_per_week: int = _tunable(7, "Most visits to a place in a week", least=1, most=84)
    consecutive_days: int = _tunable(
        5,
        "Most days in a row at a place: nobody can foretell when officers come",
        unit="days",
        least=1,
        most=92,
    )
    least_expected: float = _tunable(
        0.02,
        "A visit that would meet less than one report in fifty such visits is wasted",
        unit="incidents a visit",
        least=0,
    )
    least_visits: int = _tunable(
        0, "Visits that every area of the list gets in any case, in all", unit="visits", least=0
    )
    exploration: float = _tunable(
        0.05,
        "Share of the visits that go to places drawn at random, so that the data do not only "
        "confirm themselves; 0.05 to 0.1 is usual",
        least=0,
        most=0.5,
    )
    review_days: int = _tunable(
        28, "A month shows little; more than a month is forgotten", unit="days", least=1, most=366
    )
    what_if: int = _tunable(
        3,
        "Officers more and fewer in every team for which the folder says what would be covered; "
        "each makes the plan again",
        unit="officers",
        least=0,
        most=20,
    )
    seed: int = _tunable(1, "The same data and settings give the same answer", least=0)
    gap: float = _tunable(
        0.01, "The solver stops when no plan can cover this much more", least=0, most=0.5
    )
    nodes: int = _tunable(
        10_000, "The solver stops after so many nodes, and never by the clock", least=1
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the main job.

    Parameters
    ----------
    places, times, episodes, clusters, scan, risk, hotspots, tasks
        One frozen section each; see the page 'Settings' for every field.

    Examples
    --------
    >>> Settings().places.cell_size
    150.0
    >>> Settings.from_dict({"hotspots": {"per_area": 5}}).hotspots.per_area
    5
    """

    places: PlaceSettings = field(default_factory=PlaceSettings)
    times: TimeSettings = field(default_factory=TimeSettings)
    episodes: EpisodeSettings = field(default_factory=EpisodeSettings)
    clusters: ClusterSettings = field(default_factory=ClusterSettings)
    scan: ScanSettings = field(default_factory=ScanSettings)
    risk: RiskSettings = field(default_factory=RiskSettings)
    hotspots: HotspotSettings = field(default_factory=HotspotSettings)
    tasks: TaskSettings = field(default_factory=TaskSettings)

    def __post_init__(self) -> None:
        """Check that the sections are sections, and what one asks of another."""
        for each in dataclasses.fields(self):
            kind, given = each.default_factory, getattr(self, each.name)
            if not isinstance(given, kind):  # type: ignore[arg-type]
                remedy = "Use hs.Settings.from_dict(tables) or hs.Settings.from_toml(path)."
                raise invalid(each.name, type(given).__name__, kind.__name__, remedy)  # type: ignore[union-attr]
        radius, max_area = self.clusters.radius, self.clusters.max_area
        if max_area <= math.pi * radius**2 / 2:
            raise invalid(
                "clusters.radius",
                radius,
                f"less than {math.sqrt(2 * max_area / math.pi):.0f} m with clusters.max_area at "
                f"{max_area:g} m²",
            )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build settings from nested plain values; what is absent keeps its default.

        Raises
        ------
        InputError
            If a section or setting is unknown (with the nearest name) or a value is not allowed.
        """
        sections = {item.name: item for item in dataclasses.fields(cls)}
        built = {}
        for name, section in values.items():
            if name not in sections:
                raise _unknown("section", name, sections)
            if not isinstance(section, dict):
                raise invalid(name, section, "a section of settings", f"Write [{name}] above it.")
            kind = sections[name].default_factory
            known = [item.name for item in dataclasses.fields(kind)]  # type: ignore[arg-type]
            for key in section:
                if key not in known:
                    raise _unknown(f"setting in [{name}]", key, known)
            built[name] = kind(**section)  # type: ignore[operator]
        return cls(**built)

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read settings from a TOML file with one table a section.

        Raises
        ------
        InputError
            If the file cannot be read, is not TOML, or holds something that is not allowed.
        """
        try:
            with open(path, "rb") as file:  # noqa: PTH123 (takes str or Path)
                values = tomllib.load(file)
        except OSError as error:
            msg = (
                f"Cannot read the settings file '{path}': {error.strerror}. Must be a file that "
                "exists. Check the spelling and the folder."
            )
            raise InputError(msg) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            msg = (
                f"The settings file '{path}' is not valid TOML: {error}. Must look like "
                "'[hotspots]' and below it 'per_area = 5'."
            )
            raise InputError(msg) from error
        return cls.from_dict(values)

    def to_dict(self) -> dict[str, Any]:
        """Give all settings as nested plain values, for JSON."""
        return dataclasses.asdict(self)


def _unknown(kind: str, name: str, known: Any) -> InputError:  # noqa: ANN401
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return InputError(f"Unknown {kind} '{name}'. Must be one of {', '.join(known)}.{hint}")


def _name_of(section: type) -> str:
    kinds: dict[Any, str] = {
        each.default_factory: each.name for each in dataclasses.fields(Settings)
    }
    return kinds[section]


def _check(section: str, item: dataclasses.Field[Any], value: object) -> None:
    name = f"{section}.{item.name}"
    allowed = item.metadata
    if isinstance(item.default, str):
        if value not in allowed["choices"]:
            raise invalid(name, value, f"one of {', '.join(allowed['choices'])}")
        return
    whole = isinstance(item.default, int)
    number = isinstance(value, int) if whole else isinstance(value, (int, float))
    rule = "a whole number" if whole else "a number"
    least, most = allowed["least"], allowed["most"]
    if least is not None:
        rule += f" of at least {least:g}"
    if most is not None:
        rule += f" and at most {most:g}"
    if not number or isinstance(value, bool) or not math.isfinite(value):  # type: ignore[arg-type]
        raise invalid(name, value, rule)
    if (least is not None and value < least) or (most is not None and value > most):
        raise invalid(name, value, rule)
