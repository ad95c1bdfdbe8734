"""Options to consider at a hotspot: a library that is data, and that belongs to the user.

Which options go with a kind of behaviour depends on how the place behaves: a patrol is fast and
fades fast, problem-solving is slow and lasts. Each option says who leads, who decides, how good the
evidence is, and which power it needs, with its legal test. None is an order.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import pandas as pd

from hotspots.tables import TACTICS
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EVIDENCE: Final = {
    "strong": "a systematic review finds a reduction",
    "some": "single trials or studies",
    "mixed": "studies disagree",
    "no effect": "a review finds none",
    "practice": "done, and not tested",
}
"""Grades of evidence, and what each means."""

_LONG: Final = ("persistent", "diminishing")


@dataclass(frozen=True)
class Power:
    """A power: who may use it, what has to be shown, how far it goes.

    Parameters
    ----------
    name, law, who, test, limits : str
        In words. A summary, and no legal advice.
    """

    name: str
    law: str
    who: str
    test: str
    limits: str


@dataclass(frozen=True)
class Tactic:
    """Something that can be done at a place.

    Parameters
    ----------
    name, family, lead, decides : str
        What it is, of what kind, who leads it, who decides on it.
    evidence : str
        One of `EVIDENCE`.
    source, limits : str
        Where the grade comes from, and what speaks against it.
    power : str
        Id of the power that it uses; "" for none.
    """

    name: str
    family: str
    lead: str
    decides: str
    evidence: str
    source: str
    limits: str
    power: str = ""


@dataclass(frozen=True)
class HeadingOptions:
    """Which options go with a kind of behaviour.

    Parameters
    ----------
    words : tuple of str
        Words of which one occurs in the heading; empty for every other heading.
    short, long : tuple of str
        Ids of tactics, the first first: for hotspots that are new or come and go, and for those
        that stay.
    partner : str
        Who to ask to the table.
    success : str
        What those who suffer would notice.
    """

    words: tuple[str, ...]
    short: tuple[str, ...]
    long: tuple[str, ...]
    partner: str
    success: str


@dataclass(frozen=True)
class TacticsLibrary:
    """A library of tactics.

    Parameters
    ----------
    name, version, source : str
        What it is called, which edition, and who decided on it.
    powers : mapping of str to Power
        By id.
    tactics : mapping of str to Tactic
        By id.
    headings : tuple of HeadingOptions
        The first of whose words one occurs in a heading holds for it.
    """

    name: str
    version: str
    source: str
    powers: Mapping[str, Power]
    tactics: Mapping[str, Tactic]
    headings: tuple[HeadingOptions, ...]

    def row(self, heading: str | None) -> HeadingOptions:
        """Give the options of a heading; those of every other one if none is named for it."""
        text = (heading or "").casefold()
        return next(
            row
            for row in self.headings
            if not row.words or any(word.casefold() in text for word in row.words)
        )

    def options(self, heading: str | None, persistence: str | None = None) -> tuple[str, ...]:
        """Give the ids of the tactics to consider, the first first.

        Parameters
        ----------
        heading : str or None
            The kind of behaviour in words; None if it is not known.
        persistence : {"new", "intermittent", "persistent", "diminishing"} or None
            How the place behaves. Where it is not known it counts as new: what is fast comes first.
        """
        row = self.row(heading)
        return row.long if persistence in _LONG else row.short

    def in_short(self, ids: Sequence[str]) -> str:
        """Name options with the grade of their evidence, for a task."""
        return "; ".join(
            f"{self.tactics[each].name} ({self.tactics[each].evidence})" for each in ids
        )

    def table(self, recorded: pd.DataFrame | None = None) -> pd.DataFrame:
        """Give a tactics table: what each option is, who leads and decides, its power and test.

        Parameters
        ----------
        recorded : DataFrame, optional
            What was recorded here: `TaskResults.by_tactic`.
        """
        rows = []
        for key, own in self.tactics.items():
            power = self.powers.get(own.power)
            rows.append(
                {
                    "tactic_id": key,
                    **{each.name: getattr(own, each.name) for each in fields(own)},
                    "evidence_means": EVIDENCE[own.evidence],
                    "power": power.name if power else None,
                    **{name: getattr(power, name, None) for name in ("law", "who", "test")},
                    "power_limits": power.limits if power else None,
                }
            )
        table = pd.DataFrame(rows).set_index("tactic_id")
        none = pd.DataFrame({"n": [], "outcomes": []})
        here = (none if recorded is None else recorded).reindex(table.index)
        table["n_here"] = here["n"].astype("float64").fillna(0.0).astype("int64")
        table["outcomes_here"] = here["outcomes"].astype("object").where(here["n"].notna())
        texts = {
            name: table[name].astype("str").mask(table[name].isna())
            for name in ("power", "law", "who", "test", "power_limits", "outcomes_here")
        }
        return table.assign(**texts)[[column.name for column in TACTICS.columns]]

    def find(self, text: str) -> str | None:
        """Give the id of a tactic by its id or name in any case; None if there is none."""
        wanted = text.strip().casefold()
        for key, own in self.tactics.items():
            if wanted in (key.casefold(), own.name.casefold()):
                return key
        return None

    def __repr__(self) -> str:
        """Answer the first questions: whose, which edition, how much."""
        return (
            f"<TacticsLibrary '{self.name}', version {self.version}: "
            f"{count(len(self.tactics), 'tactic')}, {count(len(self.powers), 'power')}, "
            f"{count(len(self.headings), 'heading')}>"
        )
