"""What a forecast says: the next period's count of each place, with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotspots.words import days

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True, eq=False)
class Forecast:
    """The count to expect of each place in a coming period.

    Parameters
    ----------
    table : DataFrame
        A row a place, index `place_id`, or a row a place and window of hours, index `place_id`,
        `window`: `n` (the count of the whole history), `expected` (the mean
        of the count of the coming period), `size` (of the negative binomial distribution of that
        count: its variance is expected + expected² / size; infinite for Poisson), `low` and `high`
        (the interval, whole numbers).
    method : str
        How it was made.
    start, end : Timestamp
        The coming period [start, end), midnights in Europe/London.
    level : float
        Probability of the interval, 0–1.
    tuned : mapping of str to float
        What was estimated or chosen from the history, such as `half_life_weeks`.
    """

    table: pd.DataFrame
    method: str
    start: pd.Timestamp
    end: pd.Timestamp
    level: float
    tuned: Mapping[str, float]

    def __repr__(self) -> str:
        """Answer the first questions: how many, where, when, how."""
        n_places = self.table.index.get_level_values(0).nunique()
        return (
            f"<Forecast: {self.table['expected'].sum():,.0f} incidents in {n_places:,} places, "
            f"{days(self.start, self.end)}; {self.method}>"
        )
