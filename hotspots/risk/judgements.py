"""Judgements: what an analyst knows and the data do not, with a reason, an author and an end.

A judgement says what to do with a place or a hotspot. Whatever is wrong with one is said at once;
what only a list can show, such as a point without reports, is said by `judge_hotspots`.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import pandas as pd

from hotspots.errors import InputError, invalid, is_number
from hotspots.tables import TIMEZONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Action = Literal["exclude", "pin", "merge", "split", "rename"]
"""What a judgement can do."""

ACTIONS: Final = get_args(Action)
_SEVERAL: Final = ("merge", "split")
_ONE: Final = ("pin", "rename")
_LARGEST_RADIUS: Final = 5000
_SHOWN: Final = 60
_CLOSE: Final = 0.6
_DAY_FIRST: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_A_DATE: Final = "a day such as 2026-06-30 or 30/06/2026 (the day first)"


@dataclass(frozen=True)
class Judgement:
    """What an analyst decides about a place or a hotspot, and why, and until when.

    Parameters
    ----------
    action : {"exclude", "pin", "merge", "split", "rename"}
        What to do; see the page "Judgements".
    at : str or sequence of str
        Where: a National Grid reference of at least six digits, "easting northing" in metres, the
        id of a hotspot or the id of a place. One to pin or rename, one or more to exclude, two or
        more to merge or split. Kept as a tuple.
    reason : str
        Why, in words that a colleague understands. Restricted.
    author : str
        Who decided it. Restricted.
    expires : date or str
        The last day on which it holds; as text 2026-06-30 or 30/06/2026. Kept as a date.
    name : str, optional
        The new name, to rename; seen by partners.
    radius_m : float, optional
        To exclude all places whose middle lies within so many metres; above 0, at most 5,000.

    Raises
    ------
    InputError
        Naming everything that is wrong, a line each.

    Caveats
    -------
    A judgement is an opinion with a name under it. It changes the list, and never the counts.

    Examples
    --------
    >>> Judgement(
    ...     action="exclude",
    ...     at="TQ 3026 7964",
    ...     reason="Callers are asked for the address of the hospital's switchboard",
    ...     author="A. Analyst",
    ...     expires="30/06/2026",
    ... ).expires
    datetime.date(2026, 6, 30)
    >>> Judgement("exlude", "TQ 3026 7964", "A prison", "A. Analyst", "2026-06-30")
    Traceback (most recent call last):
    ...
    hotspots.errors.InputError: Invalid action 'exlude'. Must be one of exclude, pin, merge, split,
    rename. Did you mean 'exclude'?
    """

    action: Action
    at: str | Sequence[str]
    reason: str
    author: str
    expires: dt.date | str
    name: str | None = None
    radius_m: float | None = None

    def __post_init__(self) -> None:
        """Bring every value into one form, and refuse what is not allowed."""
        problems: list[str] = []
        for field, check in _CHECKS.items():
            try:
                object.__setattr__(self, field, check(getattr(self, field)))
            except InputError as error:
                problems.append(str(error))
        if self.action in ACTIONS:
            problems += _misfits(self)
        if problems:
            raise InputError("\n".join(problems))

    @property
    def points(self) -> tuple[str, ...]:
        """Where, as a tuple."""
        return (self.at,) if isinstance(self.at, str) else tuple(self.at)

    @property
    def last_day(self) -> dt.date:
        """The last day on which it holds."""
        return _date(self.expires)

    @property
    def until(self) -> str:
        """The last day in words, such as "30 June 2026"."""
        return day_in_words(self.last_day)


def day_in_words(day: dt.date) -> str:
    """Write a day, such as "30 June 2026"."""
    return f"{day.day} {day:%B %Y}"


def refuse_expired(judgements: Iterable[Judgement], today: dt.date | None = None) -> None:
    """Raise `InputError` if a judgement has expired, naming every such one.

    Parameters
    ----------
    judgements : iterable of Judgement
        In the order of their file.
    today : date, optional
        The day of the run; today in London by default.
    """
    today = today or pd.Timestamp.now(TIMEZONE).date()
    expired = [
        f"{label(number, judgement)} expired on {judgement.until}."
        for number, judgement in enumerate(judgements, start=1)
        if judgement.last_day < today
    ]
    if expired:
        raise refusal(
            expired,
            "has expired" if len(expired) == 1 else "have expired",
            f"Must hold on {day_in_words(today)}. Look at each again: give it a new date and "
            "author, or delete it.",
        )


def label(number: int, judgement: Judgement) -> str:
    """Name a judgement in a message: its number in the file, what it does and where."""
    return f"Judgement {number} ({judgement.action} at '{_shown(judgement.points)}')"


def refusal(problems: Sequence[str], what: str, remedy: str) -> InputError:
    """Build the error that names everything that is wrong with the judgements."""
    listed = "\n".join(f"- {problem}" for problem in problems)
    return InputError(f"Invalid judgements: {len(problems)} {what}.\n{listed}\n{remedy}")


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """Name the nearest of the known words, in a sentence; "" if none is near."""
    near = difflib.get_close_matches(str(given).strip().lower(), list(known), n=1, cutoff=_CLOSE)
    return f"Did you mean '{near[0]}'?" if near else ""


def _misfits(judgement: Judgement) -> list[str]:
    """Say what does not go with the action."""
    problems, action = [], judgement.action
    n = len(judgement.points) if _is_texts(judgement.at) else None
    if n is not None and action in _SEVERAL and len(set(judgement.points)) < 2:  # noqa: PLR2004
        problems.append(_sentence("at", judgement.at, f"two or more different points to {action}"))
    if n is not None and action in _ONE and n > 1:
        remedy = "Write a judgement for each."
        problems.append(_sentence("at", judgement.at, f"one point to {action}", remedy))
    if action == "rename" and judgement.name is None:
        problems.append(_sentence("name", "", "the new name, to rename"))
    if action != "rename" and judgement.name is not None:
        remedy = "Write another judgement with the action rename."
        problems.append(_sentence("name", judgement.name, f"left out to {action}", remedy))
    if action != "exclude" and judgement.radius_m is not None:
        problems.append(_sentence("radius_m", judgement.radius_m, f"left out to {action}"))
    return problems


def _sentence(name: str, value: object, rule: str, remedy: str = "") -> str:
    return str(_bad(name, value, rule, remedy))


def _bad(name: str, value: object, rule: str, remedy: str = "") -> InputError:
    """Build the house sentence about a value from a file."""
    return invalid(name, _shown(value), rule, remedy)


def _shown(value: object) -> str:
    """Write a value from a file on one line, and not all of a long one."""
    if isinstance(value, tuple | list):
        value = "; ".join(map(str, value))
    text = _CONTROL.sub(" ", "" if value is None else str(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _action(value: Any) -> str:  # noqa: ANN401 (whatever stands in a file)
    plain = value.strip().lower() if isinstance(value, str) else value
    if plain not in ACTIONS:
        raise _bad("action", value, f"one of {', '.join(ACTIONS)}", did_you_mean(value, ACTIONS))
    return str(plain)


def _is_texts(value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, str):
        return bool(value.strip())
    is_list = isinstance(value, tuple | list) and len(value) > 0
    return is_list and all(isinstance(text, str) and text.strip() for text in value)


def _at(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    if not _is_texts(value):
        rule = "a grid reference, 'easting northing', or the id of a hotspot or place"
        raise _bad("at", value, rule, "Write it in quotes, several as a list.")
    texts = (value,) if isinstance(value, str) else value
    return tuple(_text("at", text) for text in texts)


def _text(name: str, value: Any, rule: str = "a text") -> str:  # noqa: ANN401
    if not isinstance(value, str) or not value.strip():
        raise _bad(name, value, rule)
    plain = " ".join(value.split())
    if _CONTROL.search(plain):
        raise _bad(name, value, "a text without control characters")
    return plain


def _date(value: Any) -> dt.date:  # noqa: ANN401
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if isinstance(value, str):
        day_first = _DAY_FIRST.fullmatch(value.strip())
        text = f"{day_first[3]}-{day_first[2]:0>2}-{day_first[1]:0>2}" if day_first else value
        try:
            return dt.datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 (no time)
        except ValueError:
            pass
    raise _bad("expires", value, _A_DATE)


def _radius(value: Any) -> float | None:  # noqa: ANN401
    if value is None:
        return None
    if not is_number(value) or not 0 < value <= _LARGEST_RADIUS:
        raise _bad("radius_m", value, f"metres, above 0 and at most {_LARGEST_RADIUS:,}")
    return float(value)


_CHECKS: Final[dict[str, Any]] = {
    "action": _action,
    "at": _at,
    "reason": lambda value: _text("reason", value, "a text that says why"),
    "author": lambda value: _text("author", value, "the name of who decided it"),
    "expires": _date,
    "name": lambda value: None if value is None else _text("name", value),
    "radius_m": _radius,
}
