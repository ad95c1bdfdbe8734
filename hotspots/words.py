"""Figures in words, the same everywhere: in reasons, answers and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_LEAST = 0.01


def percent(share: float) -> str:
    """Say a share in percent: 0.714 is "71 %".

    Examples
    --------
    >>> percent(0.714)
    '71 %'
    """
    return f"{100 * share:.0f} %"


def count(number: int, noun: str) -> str:
    """Say how many: "1 area", "2 areas".

    Examples
    --------
    >>> count(1, "area"), count(1200, "area")
    ('1 area', '1,200 areas')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def rate(value: float) -> str:
    """Say an expected number: one decimal from 1 up, two below, never a bare zero.

    Examples
    --------
    >>> rate(12.34), rate(0.43), rate(0.001), rate(0)
    ('12.3', '0.43', 'under 0.01', '0')
    """
    if value == 0:
        return "0"
    if value < _LEAST:
        return f"under {_LEAST}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def day(moment: pd.Timestamp) -> str:
    """Say a day: "1 May 2025".

    Examples
    --------
    >>> import pandas as pd
    >>> day(pd.Timestamp("2025-05-01 13:00"))
    '1 May 2025'
    """
    return f"{moment.day} {moment:%B %Y}"


def days(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """Say a period [start, end) by its first and its last day.

    Examples
    --------
    >>> import pandas as pd
    >>> days(pd.Timestamp("2025-05-01"), pd.Timestamp("2025-11-01"))
    '1 May 2025 to 31 October 2025'
    """
    return f"{day(start)} to {day(end - (end - start) / 2**20)}"
