"""Colour classes of a map: which hotspots share a colour, and what the legend says of it.

The breaks are rounded quantiles. Values are rounded in the same way before they are classed, so the
number that a reader sees in a popup always belongs to the class that the legend gives it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

PALETTE: Final = ("#F6D543", "#F1711F", "#C43C4E", "#87216B", "#2F0A5B")
"""Five steps of matplotlib's 'inferno' (CC0), fewest to most.

Lightness falls at each step, also for readers who see no red or no green and on a black-and-white
print; the palest step still stands out from the white ground.
"""

_PALEST_WITH_WHITE_TEXT: Final = 2


@dataclass(frozen=True)
class Classes:
    """Colour classes of one map, lowest first.

    Parameters
    ----------
    breaks : tuple of float
        Lower ends of all classes but the lowest, rounded.
    colours : tuple of str
        One colour per class.
    labels : tuple of str
        What the legend says, one per class.
    decimals : int
        Decimals to which values are rounded and shown.
    """

    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    labels: tuple[str, ...]
    decimals: int

    def shown(self, value: float) -> str:
        """Give a value as the page shows it."""
        return f"{np.round(value, self.decimals):.{self.decimals}f}"


def make_classes(values: pd.Series[Any]) -> Classes:
    """Choose up to five classes that hold about equal numbers of hotspots.

    Parameters
    ----------
    values : Series of float
        Expected incidents a week of the listed hotspots.

    Returns
    -------
    Classes
        Without classes when there are no values; fewer than five where rounded breaks coincide.

    Notes
    -----
    Breaks are the 20th, 40th, 60th and 80th percentile of the values, after these are rounded to
    one decimal if the median is at least 1 and to two otherwise. A class is [lower, upper).

    Examples
    --------
    >>> import pandas as pd
    >>> make_classes(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])).breaks
    (2.0, 3.0, 4.0, 5.0)
    >>> make_classes(pd.Series([2.0, 2.0])).labels
    ('2.0',)
    """
    if len(values) == 0:
        return Classes((), (), (), 1)
    numbers = values.to_numpy(dtype=float)
    decimals = 1 if np.median(numbers) >= 1 else 2
    rounded = np.round(numbers, decimals)
    # 'higher' takes breaks from the values themselves, so that no class is empty.
    quantiles = np.quantile(rounded, [0.2, 0.4, 0.6, 0.8], method="higher")
    # A break at the lowest value would leave the class under it empty.
    breaks = tuple(float(edge) for edge in np.unique(quantiles[quantiles > rounded.min()]))
    return Classes(breaks, _colours(len(breaks) + 1), _labels(breaks, rounded, decimals), decimals)


def classify_expected(values: pd.Series[Any], classes: Classes) -> pd.Series[Any]:
    """Say into which class each value falls, 0 for the lowest.

    Parameters
    ----------
    values : Series of float
        Expected incidents a week.
    classes : Classes
        From `make_classes`.

    Returns
    -------
    Series of int
        On the same index.
    """
    return values.round(classes.decimals).map(
        lambda value: int(np.searchsorted(classes.breaks, value, side="right"))
    )


def text_colour(colour: str) -> str:
    """Give the colour of text that can be read on a palette colour."""
    return "#fff" if PALETTE.index(colour) >= _PALEST_WITH_WHITE_TEXT else "#111"


def _colours(n: int) -> tuple[str, ...]:
    if n == 1:
        return (PALETTE[len(PALETTE) // 2],)
    steps = np.round(np.linspace(0, len(PALETTE) - 1, n)).astype(int)
    return tuple(PALETTE[step] for step in steps)


def _labels(breaks: tuple[float, ...], rounded: Any, decimals: int) -> tuple[str, ...]:  # noqa: ANN401 (an array)
    low, high = (f"{end:.{decimals}f}" for end in (rounded.min(), rounded.max()))
    edges = [f"{edge:.{decimals}f}" for edge in breaks]
    if not edges:
        return (low,) if low == high else (f"{low} to {high}",)
    between = [f"{lower} to under {upper}" for lower, upper in itertools.pairwise(edges)]
    return (f"under {edges[0]}", *between, f"{edges[-1]} or more")
