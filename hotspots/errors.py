"""The package's own errors, and the one sentence pattern that they all follow.

A message says what is wrong, what was given, what is allowed and what to do instead, so that an
analyst can act on it without reading the code.
"""

from __future__ import annotations

import math
from numbers import Integral, Real


class HotspotsError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(HotspotsError, ValueError):
    """Something that the caller gave cannot be used."""


class TableError(InputError):
    """A table breaks its documented schema; the message lists every problem at once."""


class MonthlyDataError(InputError):
    """A verb that needs a clock time was given monthly or daily data."""


class DuplicateInputError(InputError):
    """The same file, or the same force and month, was given twice."""


class OutputError(HotspotsError):
    """A result cannot be written where it was asked for; nothing was written."""


class HotspotsWarning(UserWarning):
    """A result is usable but may mislead; the message names the remedy."""


def is_number(value: object, least: float = -math.inf, most: float = math.inf) -> bool:
    """Say whether this is a finite number in a range, not a text, a truth value or a list."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        number = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return False
    return math.isfinite(number) and least <= number <= most


def is_whole(value: object, least: float = -math.inf, most: float = math.inf) -> bool:
    """Say whether this is a whole number in a range, not a text, a truth value or a list."""
    return isinstance(value, Integral) and is_number(value, least, most)


def invalid(name: str, value: object, rule: str, remedy: str = "") -> InputError:
    """Build the house error sentence for one bad value.

    Parameters
    ----------
    name : str
        The argument, column or setting that is wrong.
    value : object
        What was given.
    rule : str
        What is allowed, to follow "Must be".
    remedy : str, optional
        What to type or do instead, a full sentence.

    Returns
    -------
    InputError
        Ready to raise.

    Examples
    --------
    >>> print(invalid("cell_size", -5, "a positive number of metres"))
    Invalid cell_size '-5'. Must be a positive number of metres.
    """
    return InputError(f"Invalid {name} '{value}'. Must be {rule}. {remedy}".rstrip())
