"""A model card as a record that writes itself as JSON and as Markdown, the same in both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hotspots.model_card.answers import as_answers
from hotspots.model_card.facts import facts_of
from hotspots.model_card.fields import FIELDS, SCHEMA, SECTIONS, STANDARD
from hotspots.tables import check_marking

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from hotspots.analysis import Analysis
    from hotspots.risk import Spread
    from hotspots.tables import Marking


@dataclass(frozen=True)
class CardField:
    """One field of a card, filled in as far as it can be.

    Parameters
    ----------
    key, title : str
        As in the standard's template.
    text : tuple of str
        What the run knows, a paragraph each.
    answer : str
        What the organisation says; "" if nothing.
    question : str
        What is still to be filled in; "" if nothing.
    by : str
        By whom.
    """

    key: str
    title: str
    text: tuple[str, ...]
    answer: str
    question: str
    by: str


@dataclass(frozen=True)
class ModelCard:
    """What a list is, what it may be used for, how good it is, and who answers for it.

    Parameters
    ----------
    title : str
        What it is the card of.
    marking : {"restricted", "partner"}
        Who may receive it.
    is_simulated : bool
        Whether any incident comes from the simulator.
    sections : dict of str to tuple of CardField
        The fields by section.
    """

    title: str
    marking: Marking
    is_simulated: bool
    sections: dict[str, tuple[CardField, ...]]

    @property
    def to_fill_in(self) -> tuple[CardField, ...]:
        """The fields with an open question."""
        return tuple(
            field for fields in self.sections.values() for field in fields if field.question
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the card as plain values, for JSON; `schema` says how to read it."""
        return {
            "schema": SCHEMA,
            "standard": STANDARD,
            "title": self.title,
            "marking": self.marking,
            "is_simulated": self.is_simulated,
            "sections": [
                {
                    "title": title,
                    "fields": [
                        {
                            "key": field.key,
                            "title": field.title,
                            "text": list(field.text),
                            "answer": field.answer or None,
                            "to_fill_in": {"by": field.by, "question": field.question}
                            if field.question
                            else None,
                        }
                        for field in fields
                    ],
                }
                for title, fields in self.sections.items()
            ],
            "to_fill_in": [field.key for field in self.to_fill_in],
        }

    def to_json(self) -> str:
        """Give the card as JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    def to_markdown(self) -> str:
        """Give the card as Markdown."""
        open_fields = self.to_fill_in
        lines = [f"# {self.title}", ""]
        if self.is_simulated:
            lines += ["**SIMULATED DATA: nothing here is real.**", ""]
        lines += [f"Marking: {self.marking}. {STANDARD}.", ""]
        lines += [
            (
                f"{len(open_fields)} of {len(FIELDS)} fields are still to be filled in. Put the "
                "answers into a TOML file, a line each with the key in brackets, and give it as "
                "`card=` when saving."
            ),
            "",
        ]
        for title, fields in self.sections.items():
            lines += [f"## {_plain(title)}", ""]
            for field in fields:
                lines += [f"### {_plain(field.title)} (`{field.key}`)", ""]
                for text in field.text:
                    lines += [_plain(text), ""]
                if field.answer:
                    lines += [f"The organisation says: {_plain(field.answer)}", ""]
                if field.question:
                    lines += [f"**To be filled in by {field.by}:** {field.question}", ""]
        return "\n".join(lines).rstrip("\n") + "\n"


def _plain(text: str) -> str:
    """Keep what comes from a file from being read as Markdown or HTML."""
    text = " ".join(text.split()).replace("\\", "\\\\")
    for mark in "<>[]*_`|":
        text = text.replace(mark, f"\\{mark}")
    return f"\\{text}" if text.startswith(("#", "-", "+")) else text


def make_card(
    analysis: Analysis,
    spread: Spread,
    *,
    marking: Marking = "restricted",
    card: str | PathLike[str] | Mapping[str, str] | None = None,
) -> ModelCard:
    """Make the model card of a run.

    Parameters
    ----------
    analysis : Analysis
        The finished analysis.
    spread : Spread
        How its list spreads; see `check_spread`.
    marking : {"restricted", "partner"}
        Who may receive it.
    card : path or mapping of str to str, optional
        The organisation's answers: a file for `read_card_answers`, or answers by key.

    Returns
    -------
    ModelCard
        With `.to_json()` and `.to_markdown()`. The same run and answers give the same text: it
        holds no time of its making, and no person.

    Raises
    ------
    InputError
        If the marking is not known, or an answer is to no question of the card.

    Caveats
    -------
    A card is a draft of a transparency record, not a published one, and no assessment. A question
    that is left open is shown as open; the package never answers for an organisation.

    References
    ----------
    Mitchell, M. et al. (2019). Model cards for model reporting. Proceedings of the Conference on
    Fairness, Accountability, and Transparency. doi:10.1145/3287560.3287596
    Department for Science, Innovation and Technology. Algorithmic Transparency Recording Standard.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> run = hs.analyse(calls, boroughs=["Camden"], progress=False)
    >>> spread = hs.check_spread(run.hotspots, run.found.members, run.counts, run.areas)
    >>> card = hs.make_card(run, spread, card={"team": "Neighbourhood analysis"})
    >>> "team" in [field.key for field in card.to_fill_in]
    False
    >>> print(card.to_markdown()[:41])
    # Model card: list of anti-social behavio
    """
    check_marking(marking)
    answers = as_answers(card)
    facts = facts_of(analysis, spread, marking)
    return ModelCard(
        title="Model card: list of anti-social behaviour hotspots",
        marking=marking,
        is_simulated=analysis.is_simulated,
        sections={
            title: tuple(
                CardField(
                    key=field.key,
                    title=field.title,
                    text=facts.get(field.key, ()),
                    answer=answers.get(field.key, ""),
                    question="" if field.key in answers else field.question,
                    by=field.by,
                )
                for field in fields
            )
            for title, fields in SECTIONS.items()
        },
    )
