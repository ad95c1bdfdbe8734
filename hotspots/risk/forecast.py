"""The count to expect of each place in the next month or week, and how sure that is.

Every method predicts each step of the history from the steps before it, and learns from that how
to predict and how far off it is; the coming period is the step after the last.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from hotspots.chance import make_generator
from hotspots.counts import Counts, check_counts
from hotspots.errors import HotspotsWarning, invalid, is_number, is_whole
from hotspots.risk.forecast_history import make_history
from hotspots.risk.forecast_near import NAMES, check_dates, count_recent, fit_excess, rings
from hotspots.risk.forecast_rates import at_level, fit_memory, gather, plain_rates, weighted_rates
from hotspots.risk.forecast_record import Forecast
from hotspots.risk.forecast_size import fit_spread, interval
from hotspots.risk.forecast_trees import judged_steps, tree_rates
from hotspots.risk.forecast_windows import read_windows, share_out, widened
from hotspots.tables import TIMEZONE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotspots.risk.forecast_history import History, Season, Step
    from hotspots.times.bands import Band

    Floats = np.ndarray[Any, np.dtype[np.float64]]

Method = Literal["plain", "weighted", "near_repeat", "trees"]


def forecast(
    counts: Counts,
    *,
    method: Method = "weighted",
    step: Step = "month",
    windows: Mapping[str, Band | np.ndarray[Any, Any]] | None = None,
    season: Season = None,
    level: float = 0.9,
    half_life: float | None = None,
    rng: int | np.random.Generator | None = None,
    threads: int | None = None,
) -> Forecast:
    """Forecast the count of each place in the next month or week, with an interval.

    The room for cleverness is small: on London's hexagons the default holds about 2 % more of the
    next month's reports in the same land than a plain count of the year. Its interval is the gain.

    Parameters
    ----------
    counts : Counts
        Counts of incidents by place, with the `area_id` of each place.
    method : {"weighted", "plain", "near_repeat", "trees"}
        "weighted": what was recent counts more, shrunk to the place's own year, its neighbours and
        its area. "plain": the count of at most the last year. "near_repeat": as weighted, with an
        excess after recent incidents nearby; dated incidents only, and best with weeks. "trees":
        boosted Poisson trees, halfway to the weighted rates; at least four steps.
    step : {"month", "week"}
        The coming period: the next calendar month that begins at or after the end of the counts,
        or the week after it. The history is cut into steps of the same kind.
    windows : mapping of str to Band or bool array (168,), optional
        Hours of the week by name; a row a place and window. Timed incidents only.
    season : "london" or Series, optional
        "london": how busy each day of the year is in London by anti-social behaviour that was
        published (`season_factors`). Or a factor of each calendar month, index 1–12, above 0. None
        knows no season, and one year of counts cannot teach it.
    level : float
        Probability that the interval holds at least, above 0 and below 1.
    half_life : float, optional
        Weeks after which a recent count weighs half, above 0; None to choose it by the history's
        own one-step-ahead predictions. Of "weighted" and "near_repeat".
    rng : int or Generator, optional
        Seed of "trees"; the other methods draw nothing.
    threads : int, optional
        Of "trees"; one if None. The answer does not depend on it.

    Returns
    -------
    Forecast
        With a row a place in the order of `counts.places`, index `place_id`; with windows, index
        `place_id`, `window`. `tuned` holds what was estimated: the strengths of the method,
        `wander` and `burst` of the interval, and `n_steps_tested`, steps it was estimated on; with
        a season also `season_factor`, that of the coming period.

    Raises
    ------
    MonthlyDataError
        If weeks, near repeats or windows are asked of data that do not have the dates or hours.
    InputError
        If there is no whole step or no incident, too few steps for trees, or an argument is out of
        its range.

    Warns
    -----
    HotspotsWarning
        If the history has one step with incidents only.

    Notes
    -----
    weighted: a place with s incidents by weights ½^(age / half-life) in e weeks by the same weights
    has the rate (s + a) / (e + a / usual), where usual is (n + w around) / (t + w) from its n of
    the last year of t weeks, and around is the rate of its k neighbours, (Σ n + c area) / (k t +
    c). a, w, c and the half-life are those under which the steps of the history, each from those
    before it, were shared among places as they were (multinomial likelihood). Rates are scaled to
    the level of all places together, from exponential smoothing. The count is negative binomial
    with variance expected (1 + burst) + wander expected², by maximum likelihood over the same
    predictions. Nothing later than the end of the counts is looked at. O(places × steps × some
    hundred evaluations): a few seconds for 60,000 places and a year.

    Caveats
    -------
    It foretells reports, not behaviour, and where officers are sent there are more. A month that is
    unlike all before is not known, nor, without `season`, the season. "london" is right for
    anti-social behaviour of London alone: other crimes, other cities, a pandemic and a change of
    recording have other years. The interval is of one place by itself:
    places rise and fall together, so intervals of sums are wider than the places' own suggest.
    Ranks of places that are close are not different. Where hardly anything is expected the
    interval is 0 to 0, and holds 99 %.

    References
    ----------
    Clayton, D., Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for
    use in disease mapping. Biometrics 43(3). doi:10.2307/2532003
    Bowers, K. J., Johnson, S. D., Pease, K. (2004). Prospective hot-spotting: the future of crime
    mapping? British Journal of Criminology 44(5). doi:10.1093/bjc/azh036

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> counts = hs.count_incidents(calls, hs.make_grid(hs.load_boroughs().loc[["E09000007"]]))
    >>> coming = forecast(counts)
    >>> list(coming.table.columns)
    ['n', 'expected', 'size', 'low', 'high']
    >>> bool((coming.table["low"] <= coming.table["expected"].round()).all())
    True
    """
    _check(counts, method, level, half_life, threads)
    masks = None if windows is None else read_windows(counts, windows)
    if method == "near_repeat":
        check_dates(counts)
    history = make_history(counts, step, season)
    way = _choose(method, counts, history, half_life, rng, threads)
    if not way.tested:
        warnings.warn(
            f"There is no {step} with incidents after another, so nothing shows how well counts "
            "can be predicted; the strengths and the interval are those of London. Give a longer "
            "history.",
            HotspotsWarning,
            stacklevel=2,
        )
    spread = fit_spread(
        [way.predict(t) for t in way.tested], [history.column(t) for t in way.tested]
    )
    start, end = (moments[-1].tz_localize(TIMEZONE) for moments in (history.starts, history.ends))
    table = pd.DataFrame(
        {"n": counts.totals(), "expected": way.predict(history.n_steps)}, index=counts.places.index
    )
    if masks is None:
        size = spread.sizes(table["expected"].to_numpy())
    else:
        table = share_out(counts, table, masks, start, end)
        # An outbreak falls into one window: the size is that of a place with as many expected.
        own = spread.sizes(table["expected"].to_numpy())
        size = widened(own, table.pop("unsure").to_numpy())
    low, high = interval(table["expected"].to_numpy(), size, float(level))
    table = table.assign(size=size, low=low, high=high)
    tuned = {**way.tuned, **spread._asdict(), "n_steps_tested": float(len(way.tested))}
    if season is not None:
        tuned["season_factor"] = float(history.factors[-1])
    return Forecast(table, method, start, end, float(level), tuned)


def _check(
    counts: object, method: object, level: object, half_life: object, threads: object
) -> None:
    check_counts(counts)
    if method not in get_args(Method):
        raise invalid("method", method, f"one of {', '.join(get_args(Method))}")
    if not is_number(level, 0, 1) or level in {0, 1}:
        raise invalid("level", level, "a number above 0 and below 1")
    if half_life is not None and (not is_number(half_life, 0) or half_life == 0):
        raise invalid("half_life", half_life, "a number of weeks above 0, or None to estimate it")
    if threads is not None and not is_whole(threads, 1):
        raise invalid("threads", threads, "a whole number above 0")


class _Way(NamedTuple):
    """How a step is predicted from those before it, and the steps on which that was tried."""

    predict: Callable[[int], Floats]
    tested: list[int]
    tuned: dict[str, float]


def _choose(
    method: Method,
    counts: Counts,
    history: History,
    half_life: float | None,
    rng: int | np.random.Generator | None,
    threads: int | None,
) -> _Way:
    if method == "plain":
        return _plain(history)
    if method == "trees":
        return _trees(history, rng, threads)
    way = _weighted(history, half_life)
    return way if method == "weighted" else _near_repeat(counts, history, way)


def _plain(history: History) -> _Way:
    def predict(target: int) -> Floats:
        return np.asarray(plain_rates(history, target) * history.weeks[target])

    return _Way(predict, history.targets, {})


def _weighted(history: History, half_life: float | None) -> _Way:
    memory = fit_memory(history, half_life)

    def predict(target: int) -> Floats:
        rates = weighted_rates(gather(history, target, memory.half_life), memory)
        return at_level(history, target, rates)

    return _Way(predict, history.targets, memory.named())


def _near_repeat(counts: Counts, history: History, background: _Way) -> _Way:
    around = rings(counts)

    def look(target: int) -> tuple[Floats, Floats]:
        rates = background.predict(target) / history.weeks[target]
        return rates, count_recent(counts, around, history.starts[target], rates)

    targets = history.targets
    looked = [look(target) for target in targets]
    bases, recent = [base for base, _ in looked], [near for _, near in looked]
    excess = fit_excess(bases, recent, [history.column(target) for target in targets])

    def predict(target: int) -> Floats:
        base, near = look(target)
        return at_level(history, target, base + near @ excess)

    tuned = {**background.tuned, **dict(zip(NAMES, excess.tolist(), strict=True))}
    return _Way(predict, targets, tuned)


def _trees(history: History, rng: int | np.random.Generator | None, threads: int | None) -> _Way:
    seed = int(make_generator(rng).integers(2**31))

    def predict(target: int) -> Floats:
        return at_level(history, target, tree_rates(history, target, seed=seed, threads=threads))

    return _Way(predict, judged_steps(history), {})
