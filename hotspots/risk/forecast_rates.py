"""How busy each place is: a plain count, and one that believes what is recent more.

The second is shrunk three times: the recent rate of a place towards that of its own year, its year
towards its neighbours, and those towards the area. How strongly is learnt from how the incidents
of each step so far were shared among the places, predicted from the steps before it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np
from scipy.optimize import minimize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.risk.forecast_history import History

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_LOG = logging.getLogger(__name__)

HALF_LIVES: Final = (3.0, 4.5, 6.5, 9.0, 13.0, 26.0)
"""Half-lives that are tried, weeks."""

_FARTHEST: Final = 6.0
_TRUST: Final = 2.0


class Memory(NamedTuple):
    """How much a place's recent count, its year and its neighbours are believed.

    Parameters
    ----------
    half_life : float
        Weeks after which a count weighs half.
    recent_shape : float
        Incidents that the place's own year is worth beside its recent count.
    year_weeks : float
        Weeks that the neighbours are worth beside the place's own year.
    neighbour_weeks : float
        Weeks of one place that the area is worth beside the neighbours.
    """

    half_life: float
    recent_shape: float
    year_weeks: float
    neighbour_weeks: float

    def named(self) -> dict[str, float]:
        """Give the four numbers by name, with their units."""
        names = ("half_life_weeks", "recent_shape", "year_weeks", "neighbour_weeks")
        return dict(zip(names, map(float, self), strict=True))


DEFAULT: Final = Memory(4.5, 10.0, 3.0, 50.0)
"""About what a year of London's hexagons gives; where there is nothing to learn from."""


class Evidence(NamedTuple):
    """What is known of each place before a step: counts and the weeks behind them."""

    year: Floats
    year_weeks: float
    beside: Floats
    n_beside: Floats
    area_rate: Floats
    recent: Floats
    recent_weeks: float


def plain_rates(history: History, target: int) -> Floats:
    """Give incidents a week of each place over the year before a step, as counted."""
    year, weeks = history.sums(history.within_year(target))
    return year / weeks


def gather(history: History, target: int, half_life: float) -> Evidence:
    """Gather what is known of each place before a step, with the recent count by a half-life."""
    year, year_weeks = history.sums(history.within_year(target))
    recent, recent_weeks = history.sums(history.decay(target, half_life))
    return Evidence(
        year,
        year_weeks,
        history.beside @ year,
        history.n_beside,
        area_rates(history, year, year_weeks),
        recent,
        recent_weeks,
    )


def area_rates(history: History, count: Floats, weeks: float) -> Floats:
    """Give incidents a week and place of the area of each place.

    The rate of all places is worth one incident in it, so that none is zero.
    """
    everywhere = max(count.sum(), 0.5) / (weeks * len(count))
    in_area = np.bincount(history.area, weights=count)
    n_places = np.bincount(history.area)
    rates = (in_area + 1.0) / (n_places * weeks + 1.0 / everywhere)
    return np.asarray(rates[history.area])


def weighted_rates(known: Evidence, memory: Memory) -> Floats:
    """Give incidents a week of each place: recent, shrunk to year, to neighbours, to area."""
    area, year, shape = memory.neighbour_weeks, memory.year_weeks, memory.recent_shape
    around = (known.beside + area * known.area_rate) / (known.n_beside * known.year_weeks + area)
    usual = (known.year + year * around) / (known.year_weeks + year)
    return np.asarray((known.recent + shape) / (known.recent_weeks + shape / usual))


def at_level(history: History, target: int, rates: Floats) -> Floats:
    """Give the count to expect of each place in a step: its share of the level then."""
    return np.asarray(rates * (history.level(target) / rates.sum() * history.weeks[target]))


def fit_memory(history: History, half_life: float | None) -> Memory:
    """Find the memory under which the steps so far were shared among places as they were.

    Parameters
    ----------
    history : History
        Steps of which at least two have incidents; `DEFAULT` if there are fewer.
    half_life : float or None
        Weeks; None to try `HALF_LIVES`.

    Returns
    -------
    Memory

    Notes
    -----
    Minimises −Σ y log(rate / Σ rate) over one-step-ahead predictions, the multinomial likelihood
    of how each step was shared, plus ((log value − log default) / 2)² / 2 of each strength, which
    decides only where data do not. O(targets × places) an evaluation, some 40 a half-life.
    """
    targets = history.targets
    tried = HALF_LIVES if half_life is None else (half_life,)
    if not targets:
        return DEFAULT._replace(half_life=tried[0] if half_life else DEFAULT.half_life)
    counts = [history.column(target) for target in targets]
    best, least = DEFAULT, np.inf
    for weeks in tried:
        known = [gather(history, target, weeks) for target in targets]
        found, misfit = _fit(known, counts, weeks)
        if misfit < least:
            best, least = found, misfit
    _LOG.info("half-life %g weeks, from %d steps of the history", best.half_life, len(targets))
    return best


def _fit(
    known: Sequence[Evidence], counts: Sequence[Floats], half_life: float
) -> tuple[Memory, float]:
    centre = np.log(DEFAULT[1:])

    def misfit(logs: Floats) -> tuple[float, Floats]:
        strengths = np.exp(logs)
        off = (logs - centre) / _TRUST
        total, slope = float((off**2).sum()) / 2, off / _TRUST
        for evidence, count in zip(known, counts, strict=True):
            part, part_slope = _misfit(*evidence, count, *strengths)
            total += part
            slope = slope + part_slope * strengths
        return total, slope

    bounds = [(middle - _FARTHEST, middle + _FARTHEST) for middle in centre]
    found = minimize(misfit, centre, jac=True, method="L-BFGS-B", bounds=bounds)
    return Memory(half_life, *(float(value) for value in np.exp(found.x))), float(found.fun)


@numba.njit(cache=True, nogil=True)
def _misfit(
    year: Any,  # noqa: ANN401
    year_weeks: float,
    beside: Any,  # noqa: ANN401
    n_beside: Any,  # noqa: ANN401
    area_rate: Any,  # noqa: ANN401
    recent: Any,  # noqa: ANN401
    recent_weeks: float,
    count: Any,  # noqa: ANN401
    shape: float,
    own: float,
    area: float,
) -> tuple[float, Any]:
    """Give −Σ y log(rate / Σ rate) of one step, and its slope by the three strengths.

    The rate is that of `weighted_rates`; one pass, because it is asked for hundreds of times.
    """
    total = logs = n = 0.0
    slopes, of_logs, slope = np.zeros(3), np.zeros(3), np.empty(3)
    for i in range(len(year)):
        weeks = n_beside[i] * year_weeks + area
        around = (beside[i] + area * area_rate[i]) / weeks
        usual = (year[i] + own * around) / (year_weeks + own)
        below = recent_weeks * usual + shape
        rate = (recent[i] + shape) * usual / below
        by_usual = (recent[i] + shape) * shape / below**2
        slope[0] = usual * (recent_weeks * usual - recent[i]) / below**2
        slope[1] = by_usual * (around - usual) / (year_weeks + own)
        slope[2] = by_usual * own / (year_weeks + own) * (area_rate[i] - around) / weeks
        total += rate
        slopes += slope
        if count[i] > 0:
            n += count[i]
            logs += count[i] * np.log(rate)
            of_logs += count[i] / rate * slope
    return n * np.log(total) - logs, slopes * (n / total) - of_logs
