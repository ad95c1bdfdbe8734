"""What a forecast may look at: steps of time, the coming period, who lies beside whom.

The coming period is one more step after the last, so that it is predicted by the same lines as
each step of the history was, from the steps before it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from hotspots.areas.matching import neighbours
from hotspots.counts import count_steps
from hotspots.errors import InputError, invalid, is_number
from hotspots.times import season_factors

if TYPE_CHECKING:
    from hotspots.counts import Counts

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

Step = Literal["month", "week"]
Season: TypeAlias = "pd.Series[float] | Literal['london'] | None"

_WEEK: Final = pd.Timedelta(days=7)
_YEAR: Final = pd.DateOffset(years=1)
_OUTSIDE: Final = "(outside)"
_MONTHS: Final = range(1, 13)
# Level half-lives tried, in steps; the last is as good as no decay.
_LEVELS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 1000.0)
_MOST_TARGETS: Final = 12


@dataclass(frozen=True, eq=False)
class History:
    """Counts of places by step, with the coming period as one more step.

    Parameters
    ----------
    matrix : sparse array of float (n_places, n_steps)
        Counts, the oldest step first.
    starts, ends : DatetimeIndex (n_steps + 1,)
        Each step [start, end), midnights without time zone; the last is the coming period.
    factors : array of float (n_steps + 1,)
        How busy the season makes each, 1 without a season.
    area : array of int (n_places,)
        Number of the area of each place.
    beside : sparse array of float (n_places, n_places)
        1 where two places lie side by side.
    """

    matrix: csr_array[Any, Any]
    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex
    factors: Floats
    area: Integers
    beside: csr_array[Any, Any]

    @property
    def n_steps(self) -> int:
        """Steps of the history; also the number of the coming period."""
        return int(self.matrix.shape[1])

    @cached_property
    def weeks(self) -> Floats:
        """How long each step and the coming period are, in weeks of an average season."""
        return np.asarray((self.ends - self.starts) / _WEEK, dtype=np.float64) * self.factors

    @cached_property
    def totals(self) -> Floats:
        """Count of each step over all places."""
        return np.asarray(self.matrix.sum(axis=0), dtype=np.float64).ravel()

    @cached_property
    def n_beside(self) -> Floats:
        """How many neighbours each place has."""
        return np.asarray(self.beside.sum(axis=1), dtype=np.float64).ravel()

    @property
    def targets(self) -> list[int]:
        """Steps that can be predicted from those before them, the latest twelve at most.

        Steps without any incident, and those before which there was none, teach nothing.
        """
        known = np.cumsum(self.totals)
        found = [t for t in range(1, self.n_steps) if known[t - 1] > 0 and self.totals[t] > 0]
        return found[-_MOST_TARGETS:]

    def column(self, step: int) -> Floats:
        """Give the count of each place in one step."""
        return np.asarray(self.matrix[:, [step]].toarray(), dtype=np.float64).ravel()

    def decay(self, target: int, half_life: float) -> Floats:
        """Give the weight of each step for predicting one: ½ to the power of age / half-life.

        The age is the time from the end of the step to the start of the one that is predicted;
        that step and later ones weigh nothing.
        """
        age = np.asarray((self.starts[target] - self.ends[: self.n_steps]) / _WEEK)
        weights = 0.5 ** (np.maximum(age, 0.0) / half_life)
        weights[target:] = 0.0
        return np.asarray(weights, dtype=np.float64)

    def within_year(self, target: int) -> Floats:
        """Give weight 1 to the steps of the year before one; to the last before it if none is."""
        first = self.starts[target] - _YEAR
        weights = np.asarray(self.starts[: self.n_steps] >= first, dtype=np.float64)
        weights[target:] = 0.0
        if not weights.any():
            weights[target - 1] = 1.0
        return weights

    def sums(self, weights: Floats) -> tuple[Floats, float]:
        """Give the weighted count of each place, and the weighted weeks behind it."""
        return np.asarray(self.matrix @ weights), float(weights @ self.weeks[: self.n_steps])

    def level(self, target: int) -> float:
        """Predict the incidents a week of all places together in a step, from those before it.

        Exponential smoothing with several half-lives, each weighted by how well it would have
        predicted the steps so far; errors that chance explains do not tell them apart.
        """
        earlier = range(1, target)
        smooth = np.array(
            [[self._smooth(t, steps) for t in [*earlier, target]] for steps in _LEVELS]
        )
        seen = (self.totals[1:target] + 0.5) / self.weeks[1:target]
        error = np.log(seen) - np.log(smooth[:, :-1])
        chance = (1.0 / (self.totals[1:target] + 0.5)).sum()
        misfit = np.log((error**2).sum(axis=1) + chance) if target > 1 else np.zeros(len(_LEVELS))
        likely = np.exp(-0.5 * (target - 1) * (misfit - misfit.min()))
        return float(likely @ smooth[:, -1] / likely.sum())

    def _smooth(self, target: int, half_life: float) -> float:
        weights = 0.5 ** (np.arange(target - 1, -1, -1) / half_life)
        # Half an incident keeps an empty history possible.
        return float((weights @ self.totals[:target] + 0.5) / (weights @ self.weeks[:target]))


def make_history(counts: Counts, step: Step, season: Season) -> History:
    """Count the steps and add the coming period.

    Parameters
    ----------
    counts : Counts
        What was counted.
    step : {"month", "week"}
        Calendar months or whole weeks.
    season : Series, "london" or None
        Factor of each calendar month, index 1–12, or London's of each day.

    Returns
    -------
    History

    Raises
    ------
    MonthlyDataError
        If weeks are asked of data of which some rows know only their month.
    InputError
        If there is no whole step, no incident, or the season is none.
    """
    steps = count_steps(counts, step)
    if steps.matrix.sum() == 0:
        msg = (
            "There are no incidents in the places and the period. Must be at least one. Check that "
            "the places cover the incidents, or give a longer period."
        )
        raise InputError(msg)
    start = counts.end.tz_localize(None)
    if step == "month":
        # After a month that is cut short comes the next whole one.
        start = start if start.day == 1 else (start + pd.offsets.MonthBegin()).normalize()
    end = start + (pd.DateOffset(months=1) if step == "month" else _WEEK)
    starts, ends = (
        pd.DatetimeIndex([*known, coming])
        for known, coming in ((steps.starts, start), (steps.ends, end))
    )
    factors = np.ones(len(starts)) if season is None else _factors(starts, ends, season)
    area = counts.places["area_id"].fillna(_OUTSIDE).to_numpy()
    return History(
        matrix=steps.matrix,
        starts=starts,
        ends=ends,
        factors=factors,
        area=np.asarray(pd.factorize(area, sort=True)[0], dtype=np.int64),
        beside=csr_array(neighbours(counts.places).astype(np.float64)),
    )


def _factors(
    starts: pd.DatetimeIndex,
    ends: pd.DatetimeIndex,
    season: Any,  # noqa: ANN401 (what is none is refused)
) -> Floats:
    """Give the mean of the factors of the days of each step."""
    days = [
        pd.date_range(first, last, inclusive="left")
        for first, last in zip(starts, ends, strict=True)
    ]
    if isinstance(season, str) and season == "london":
        return np.array([season_factors(each).mean() for each in days])
    if not isinstance(season, pd.Series):
        given = season if isinstance(season, str) else type(season).__name__
        rule = "a Series of factors with the index 1 to 12, the calendar months, or 'london'"
        raise invalid("season", given, rule)
    lacking = [month for month in _MONTHS if month not in season.index]
    if lacking or not season.index.is_unique:
        raise invalid("season", list(season.index), "one factor for each calendar month, 1 to 12")
    by_month = season.loc[list(_MONTHS)]
    wrong = [value for value in by_month if not is_number(value) or value <= 0]
    if wrong:
        raise invalid("season", wrong[0], "numbers above 0")
    factor = by_month.to_numpy(dtype=np.float64)
    return np.array([factor[each.month.to_numpy() - 1].mean() for each in days])
