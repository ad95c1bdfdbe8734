"""The count to expect of each place in the next month or week, and how sure that is.

Every method predicts each step of the history from the steps before it, and learns from that how
to predict and how far off it is; the coming period is the step after the last.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from hotspots.errors import HotspotsWarning, invalid, is_number
from hotspots.risk.forecast_history import make_history
from hotspots.risk.forecast_rates import at_level, fit_memory, gather, plain_rates, weighted_rates
from hotspots.risk.forecast_record import Forecast
from hotspots.risk.forecast_size import fit_spread, interval
from hotspots.tables import TIMEZONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotspots.counts import Counts
    from hotspots.risk.forecast_history import History, Step

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Predict = Callable[[int], Floats]

_LOG = logging.getLogger(__name__)

Method = Literal["plain", "weighted"]


def forecast(
    counts: Counts,
    *,
    method: Method = "weighted",
    step: Step = "month",
    season: pd.Series[float] | None = None,
    level: float = 0.9,
    half_life: float | None = None,
) -> Forecast:
    """Forecast the count of each place in the next month or week, with an interval.

    Parameters
    ----------
    counts : Counts
        Counts of incidents by place, with the `area_id` of each place.
    method : {"weighted", "plain"}
        "weighted": what was recent counts more, shrunk to the place's own year, its neighbours and
        its area. "plain": the count of the last year.
    step : {"month", "week"}
        The coming period: the next calendar month that begins at or after the end of the counts, or
        the week after it. The history is cut into steps of the same kind.
    season : Series, optional
        Factor of each calendar month, index 1–12, above 0. A year cannot teach them.
    level : float
        Probability that the interval holds at least, above 0 and below 1.
    half_life : float, optional
        Weeks after which a count weighs half, above 0; None to choose it by the history's own
        one-step-ahead predictions.

    Returns
    -------
    Forecast
        With a row a place, in the order of `counts.places`.

    Raises
    ------
    MonthlyDataError
        If weeks are asked of data of which some rows know only their month.
    InputError
        If there is no whole step or no incident, or an argument is out of its range.

    Warns
    -----
    HotspotsWarning
        If the history has one step with incidents only.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> counts = hs.count_incidents(calls, hs.make_grid(hs.load_boroughs().loc[["E09000007"]]))
    >>> coming = hs.forecast(counts)
    >>> list(coming.table.columns)
    ['n', 'expected', 'size', 'low', 'high']
    """
    if method not in get_args(Method):
        raise invalid("method", method, f"one of {', '.join(get_args(Method))}")
    if not is_number(level) or not 0 < level < 1:
        raise invalid("level", level, "a number above 0 and below 1")
    if half_life is not None and (not is_number(half_life) or half_life <= 0):
        raise invalid("half_life", half_life, "a number of weeks above 0, or None to estimate it")
    history = make_history(counts, step, season)
    targets = history.targets
    if not targets:
        warnings.warn(
            f"There is no {step} with incidents after another, so nothing shows how well counts "
            "can be predicted; the strengths and the interval are those of London. Give a longer "
            "history.",
            HotspotsWarning,
            stacklevel=2,
        )
    predict, tuned = _plain(history) if method == "plain" else _weighted(history, half_life)
    spread = fit_spread([predict(t) for t in targets], [history.column(t) for t in targets])
    expected = predict(history.n_steps)
    size = spread.sizes(expected)
    low, high = interval(expected, size, level)
    table = pd.DataFrame(
        {"n": counts.totals(), "expected": expected, "size": size, "low": low, "high": high},
        index=counts.places.index,
    )
    start, end = (moments[-1].tz_localize(TIMEZONE) for moments in (history.starts, history.ends))
    tuned = {**tuned, **spread._asdict(), "n_steps_tested": float(len(targets))}
    return Forecast(table, method, start, end, float(level), tuned)


def _plain(history: History) -> tuple[Predict, dict[str, float]]:
    def predict(target: int) -> Floats:
        return np.asarray(plain_rates(history, target) * history.weeks[target])

    return predict, {}


def _weighted(history: History, half_life: float | None) -> tuple[Predict, dict[str, float]]:
    memory = fit_memory(history, half_life)

    def predict(target: int) -> Floats:
        rates = weighted_rates(gather(history, target, memory.half_life), memory)
        return at_level(history, target, rates)

    return predict, memory.named()
