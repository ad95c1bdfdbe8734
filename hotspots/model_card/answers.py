"""The organisation's own answers to a model card, in a small file."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping as MappingABC
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotspots.errors import InputError, invalid
from hotspots.model_card.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_card_answers(path: str | PathLike[str]) -> dict[str, str]:
    """Read what an organisation says in its model cards.

    Parameters
    ----------
    path : path
        A TOML file: the key of a field and a text, a line each. The keys are in every card.

    Returns
    -------
    dict of str to str
        Answer by key.

    Raises
    ------
    InputError
        If the file cannot be read, a key is none of a question of the card, or an answer is no
        text or empty.

    Caveats
    -------
    The card goes wherever the list goes. Name roles and shared addresses, no persons.

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "card.toml")
    ...     _ = path.write_text('team = "Neighbourhood analysis"')
    ...     read_card_answers(path)
    {'team': 'Neighbourhood analysis'}
    """
    try:
        text = Path(path).read_text("utf-8-sig")
        given = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = (
            f"Cannot read the answers for the model card, '{path}': {reason}. Must be a TOML file "
            'with lines such as team = "Neighbourhood analysis".'
        )
        raise InputError(msg) from error
    return check_answers(given)


def as_answers(card: str | PathLike[str] | Mapping[str, str] | None) -> dict[str, str]:
    """Give the answers, wherever they are: in a file, in a mapping, or nowhere."""
    if card is None:
        return {}
    if isinstance(card, (str, PathLike)):
        return read_card_answers(card)
    if isinstance(card, MappingABC):
        return check_answers(card)
    raise invalid("card", type(card).__name__, "a TOML file, or a mapping of answers by key")


def check_answers(given: Mapping[str, Any]) -> dict[str, str]:
    """Raise `InputError` unless these are answers to questions of the card."""
    asked = [key for key, field in FIELDS.items() if field.question]
    for key, answer in given.items():
        if key not in asked:
            near = difflib.get_close_matches(str(key), asked, n=1)
            remedy = f"Did you mean '{near[0]}'?" if near else ""
            if key in FIELDS:
                remedy = "The run fills that field itself."
            raise invalid("card", key, "the key of a question of the card", remedy)
        if not isinstance(answer, str) or not answer.strip():
            raise invalid(f"card['{key}']", answer, "a text, not empty", "Leave out what is open.")
    return {key: " ".join(given[key].split()) for key in asked if key in given}
