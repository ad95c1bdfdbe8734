"""What the simulator knows about London: published figures, assumptions and fitted values.

They are in `facts.toml`, and what is published about the days of the year in `times/season.toml`,
each with its source; this module does the arithmetic that turns published totals into shares and
daily rates.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from hotspots.times.season import load_totals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Facts:
    """The figures of `facts.toml` and of `times/season.toml`.

    Parameters
    ----------
    published : mapping
        Figures with a source.
    assumed : mapping
        Figures for which no source was found.
    fitted : mapping
        Figures chosen so that what is simulated agrees with published ones.

    Caveats
    -------
    The published totals describe one past year of one data set. What joins them (which weekday has
    which hours, which heading has which hours) is assumed.

    Examples
    --------
    >>> facts = load_facts()
    >>> int(facts.hour_shares.argmax()), int(facts.hour_shares.argmin())
    (19, 5)
    """

    published: Mapping[str, Any]
    assumed: Mapping[str, Any]
    fitted: Mapping[str, Any]

    @property
    def days(self) -> NDArray[np.datetime64]:
        """Every day of the published period."""
        last = np.datetime64(self.published["last_day"], "D")
        return np.arange(np.datetime64(self.published["first_day"], "D"), last + 1)

    @property
    def hour_shares(self) -> NDArray[np.float64]:
        """Share of the reports in each clock hour, 0–23."""
        return shares(self.published["hours"])

    @property
    def weekday_rates(self) -> NDArray[np.float64]:
        """Reports on a mean Monday … Sunday, relative to a mean day."""
        held = np.bincount(weekdays_of(self.days), minlength=7)
        return np.asarray(self.published["weekdays"]) / held / self._mean_day

    @property
    def month_rates(self) -> NDArray[np.float64]:
        """Reports on a mean day of January … December, relative to a mean day of the year."""
        held = np.bincount(months_of(self.days) - 1, minlength=12)
        return np.asarray(self.published["months"]) / held / self._mean_day

    @property
    def halloween_rate(self) -> float:
        """Reports on 31 October, relative to a mean day."""
        return float(self.published["halloween"] / self._mean_day)

    @property
    def _mean_day(self) -> float:
        return float(self.published["n"] / len(self.days))


@cache
def load_facts() -> Facts:
    """Load the figures that ship with the package.

    Returns
    -------
    Facts
        The same object at every call.

    Caveats
    -------
    They are meant for the simulator. For an analysis of London use the source itself.

    Examples
    --------
    >>> load_facts().published["halloween"]
    1312
    """
    text = resources.files("hotspots.simulate").joinpath("facts.toml").read_text("utf-8")
    figures = tomllib.loads(text)
    return Facts(**{**figures, "published": {**load_totals(), **figures["published"]}})


def shares(counts: Any) -> NDArray[np.float64]:  # noqa: ANN401 (anything that numpy takes)
    """Divide numbers by their sum.

    Examples
    --------
    >>> shares([1, 3]).tolist()
    [0.25, 0.75]
    """
    numbers = np.asarray(counts, dtype=float)
    return np.asarray(numbers / numbers.sum())


def weekdays_of(dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Give the weekday of each date, 0 = Monday.

    Examples
    --------
    >>> weekdays_of(np.array(["2025-01-06", "2025-01-12"], dtype="datetime64[D]")).tolist()
    [0, 6]
    """
    # 1 January 1970 was a Thursday.
    return (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7


def months_of(dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Give the month of each date, 1–12.

    Examples
    --------
    >>> months_of(np.array(["2025-01-06", "2025-12-31"], dtype="datetime64[D]")).tolist()
    [1, 12]
    """
    return dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
