"""How well would it have done? Forecasts of the past, each from what was known then.

The last steps are forecast one by one from the steps before them, and scored on shares of land
beside the plain count. A forecaster is handed a record that holds nothing of what came later.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from hotspots.areas import Grid
from hotspots.chance import draw_seeds, make_generator
from hotspots.counts import Counts, check_counts
from hotspots.counts.steps import Steps, count_steps
from hotspots.errors import HotspotsWarning, InputError, invalid, is_number, is_whole
from hotspots.progress import track
from hotspots.risk.backtest_record import PLAIN, Backtest
from hotspots.risk.backtest_scores import FEWEST_BLOCKS, Ground, Scores
from hotspots.risk.forecast import Method, forecast
from hotspots.risk.forecast_record import Forecast
from hotspots.tables import TIMEZONE
from hotspots.words import count, day, days

if TYPE_CHECKING:
    from collections.abc import Sequence

    Floats = np.ndarray[Any, np.dtype[np.float64]]

Forecaster: TypeAlias = Callable[[Counts], Forecast]

_LOG = logging.getLogger(__name__)
KNOWN: Final = get_args(Method)
"""The methods of `forecast`."""

_FEWEST_DRAWS: Final = 19
_NOTHING: Final = {"expected": 0.0, "size": np.inf, "low": 0.0, "high": 0.0}
_NUMBERS: Final = tuple(_NOTHING)


def backtest(
    counts: Counts,
    methods: Sequence[str] | Mapping[str, str | Forecaster] = (PLAIN, "weighted"),
    *,
    origins: int = 6,
    step: Literal["month", "week"] = "month",
    shares: Sequence[float] = (0.001, 0.005, 0.01, 0.02, 0.05),
    land: float | None = None,
    level: float = 0.9,
    n_bootstrap: int = 999,
    rng: int | np.random.Generator | None = None,
    progress: bool | None = None,
) -> Backtest:
    """Forecast the last steps of the past, each from the steps before it, and score the forecasts.

    Answers whether a method would have sent officers to better places than the plain count of the
    last year, how sure that is, and whether its intervals hold what they say.

    Parameters
    ----------
    counts : Counts
        The past, over all places, those without incidents too. Context places are not scored.
    methods : sequence of str, or mapping of str to str or callable
        Names of methods of `forecast`; or, by a name of your own, such a method or a function that
        takes `Counts` and gives a `Forecast` of the next step. The plain count comes first, whether
        it is named or not, unless a function has the name "plain".
    origins : int
        How many steps, the last ones, are forecast; at least 1.
    step : {"month", "week"}
        Calendar months or whole weeks. Months that the period cuts are not forecast.
    shares : sequence of float
        Shares of land to select, above 0 and at most 1, increasing.
    land : float, optional
        All land, square metres, at least that of the places; by default that of the places. Where
        the places are only the occupied ones, the default makes a share of the land a share of
        the occupied land: say how much there is. Areas have the land of their places.
    level : float
        Of the intervals of forecasts and of differences, above 0 and below 1.
    n_bootstrap : int
        Draws of the blocks, at least 19.
    rng : int or Generator, optional
        Seed.
    progress : bool, optional
        Whether to show a bar; by default only on a terminal.

    Returns
    -------
    Backtest
        With `.table`, `.summary`, `.areas`, `.differences`, `.calibration`, `.scores`,
        `.stability`, and `.plot()`; printed, it is a table.

    Raises
    ------
    MonthlyDataError
        If weeks, or a method that needs days, are asked of data that know only the month.
    InputError
        If there are fewer whole steps than origins and one, there is nothing before the first
        origin, all places are context or were made from the incidents (`hs.Grid`) and no land is
        given, a method is not known, a function gives a forecast of other places, another
        period, another level or with impossible numbers, or an option is out of its range.

    Warns
    -----
    HotspotsWarning
        If a step is without incidents, which hit rates leave out and calibration does not, counts
        are not whole, which intervals are, or there are too few blocks for intervals.

    Notes
    -----
    **No look-ahead.** A forecaster is given `counts.until(start of the step)` with the totals that
    `until` keeps of later days taken out. What it tunes, it can tune on that history alone. Of a
    `Grid` it is given the cells that had an incident before; in others nothing is expected.

    **Hit rate** on a share of land: places are taken by the expected count a square metre until the
    land is full; tied places and the last one count by their part (`land_weights`). PAI = hit rate
    / share of land (Chainey, Tompson and Uhlig 2008); PEI = hit rate / the largest possible at the
    same land (Hunt 2016).

    **Differences** are paired: squares of 2 km of the national grid are drawn with replacement, as
    many as there are, the same for both methods and all origins; a square at the edge is as it is.
    In each draw places are taken anew until the share of the drawn land is full.
    The interval is that of the percentiles of the draws.

    **Log scores** are means over the places; see `log_scores` for the floor. **Stability** is
    rank-biased overlap with p = 0.99, of the places by expected count a square metre.

    O(methods × origins × n log n) beside the forecasts themselves.

    Caveats
    -------
    Six steps are six: the interval says how sure the difference is for other parts of the same
    city and the same months, not for other years. Methods that were chosen by a backtest look
    better in it than they are: test the last one once, on other data. It scores reports, and where
    officers were sent the reports of later months may have changed because of it. PAI has no upper
    end and falls as the share grows: compare it at one share. A place that a report has once been
    snapped to is easier to foretell than ground where there never was any.

    References
    ----------
    Chainey, S., Tompson, L., Uhlig, S. (2008). The utility of hotspot mapping for predicting
    spatial patterns of crime. Security Journal 21(1-2). doi:10.1057/palgrave.sj.8350066
    Hunt, J. M. (2016). Do crime hot spots move? Exploring the effects of the modifiable areal unit
    problem and modifiable temporal unit problem on crime hot spot stability. American University.
    Webber, W., Moffat, A., Zobel, J. (2010). A similarity measure for indefinite rankings. ACM
    Transactions on Information Systems 28(4). doi:10.1145/1852102.1852106
    Czado, C., Gneiting, T., Held, L. (2009). Predictive model assessment for count data. Biometrics
    65(4). doi:10.1111/j.1541-0420.2009.01191.x

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> boroughs = hs.load_boroughs()
    >>> places = hs.make_grid(boroughs[boroughs["name"] == "Camden"])
    >>> counts = hs.count_incidents(calls, places, period=("2025-01-01", "2026-01-01"))
    >>> found = backtest(counts, ["plain"], origins=3, shares=[0.01, 0.05], rng=1)
    >>> found
    <Backtest: plain; 3 months forecast, 24.3 km² of land>
    """
    chance = make_generator(rng)
    top = _check_options(origins, shares, level, n_bootstrap)
    steps, at = _targets(counts, step, int(origins))
    # The draws of forecasts and of blocks are apart: neither depends on how many the other takes.
    seed = int(draw_seeds(chance.spawn(1)[0], 1)[0])
    named = _forecasters(methods, step, level, seed)
    own = np.flatnonzero(~counts.places["is_context"].to_numpy(dtype=bool))
    ground = Ground.of(counts.places.iloc[own], _check_land(counts, own, land), top)
    scores = Scores(ground, level)
    with track(len(at) * len(named), show=progress) as begin:
        for number, column in enumerate(at):
            known = _history(counts, steps.starts[column])
            actual = steps.matrix[:, [column]].toarray().ravel()[own]
            period = (steps.starts[column], steps.ends[column])
            scores.begin(number + 1, period, actual)
            for name, make in named.items():
                begin(f"{name}, {day(period[0])}")
                table = _checked(name, make(known), known.places.index, period, level)
                # Places of a Grid that had nothing yet are not known: nothing is expected there.
                table = table.reindex(counts.places.index).fillna(_NOTHING)
                scores.add(name, table.iloc[own])
    _warn(scores, ground, len(at), steps.matrix.data)
    result = Backtest(
        table=scores.table(),
        summary=scores.summary(),
        areas=scores.areas(),
        differences=scores.differences(int(n_bootstrap), chance),
        calibration=scores.calibration(),
        scores=scores.scores(),
        stability=scores.stability(),
        step=step,
        land_m2=float(ground.land_m2),
        level=float(level),
        n_blocks=ground.n_blocks,
    )
    _LOG.info("%r from %s", result, days(steps.starts[0], steps.ends[at[-1]]))
    return result


# ---- What is asked ----


def _check_options(origins: Any, shares: Any, level: Any, n_bootstrap: Any) -> Floats:  # noqa: ANN401
    """Refuse options that are out of their range; give the shares as an array."""
    if not is_whole(origins, 1):
        raise invalid("origins", origins, "a whole number of steps, 1 or more")
    if not is_number(level) or not 0 < level < 1:
        raise invalid("level", level, "a number above 0 and below 1")
    if not is_whole(n_bootstrap, _FEWEST_DRAWS):
        raise invalid("n_bootstrap", n_bootstrap, f"a whole number, at least {_FEWEST_DRAWS}")
    try:
        top = np.asarray(shares, dtype=np.float64)
    except (TypeError, ValueError):
        top = np.empty(0)
    is_right = top.ndim == 1 and len(top) > 0 and top[0] > 0 and top[-1] <= 1
    if not is_right or not (np.diff(top) > 0).all():
        rule = "increasing shares of land above 0 and at most 1"
        raise invalid("shares", shares, rule, "Use shares=(0.01, 0.05).")
    return top


def _targets(counts: Any, step: Any, origins: int) -> tuple[Steps, list[int]]:  # noqa: ANN401
    """Give the steps, and which of them are forecast: the last whole ones."""
    check_counts(counts)
    steps = count_steps(counts, step)
    is_whole_step = np.ones(len(steps.starts), dtype=bool)
    if step == "month":
        is_whole_step = (steps.starts.day == 1) & (steps.ends.day == 1)
    at = [int(each) for each in np.flatnonzero(is_whole_step) if each > 0]
    if len(at) < origins:
        n = len(at)
        rule = f"at most {n}, for so many whole {step}s come after another"
        if n == 0:
            rule = f"fewer than the whole {step}s, of which there must be two"
        raise invalid("origins", origins, rule, "Use fewer origins or give a longer period.")
    return steps, at[-origins:]


def _forecasters(
    methods: Any,  # noqa: ANN401 (what is none is refused)
    step: Literal["month", "week"],
    level: float,
    seed: int,
) -> dict[str, Forecaster]:
    """Give what makes the forecasts by name, the plain count first."""
    if isinstance(methods, str):
        methods = (methods,)
    if not isinstance(methods, Mapping):
        try:
            methods = {name: name for name in methods}
        except TypeError as error:
            remedy = "Use methods=('plain', 'weighted')."
            raise invalid("methods", methods, "names, or functions by name", remedy) from error
    wrong = [make for make in methods.values() if not (callable(make) or isinstance(make, str))]
    if wrong or not all(isinstance(name, str) for name in methods):
        given = wrong[0] if wrong else next(name for name in methods if not isinstance(name, str))
        raise invalid("methods", given, "the name of a method, or a function that takes Counts")
    unknown = [make for make in methods.values() if isinstance(make, str) and make not in KNOWN]
    if unknown:
        rule = f"one of {', '.join(KNOWN)}, or a function by a name of its own"
        raise invalid("methods", unknown[0], rule)
    named = {name: make for name, make in methods.items() if isinstance(make, str)}
    false = [f"{name}: {make}" for name, make in named.items() if name in KNOWN and name != make]
    if false:
        raise invalid("methods", false[0], "by its own name, or by one that is no method's")
    given = {"step": step, "level": level, "rng": seed}
    return {
        name: make if callable(make) else partial(forecast, method=make, **given)
        for name, make in {PLAIN: PLAIN, **methods}.items()
    }


def _check_land(counts: Counts, own: Any, land: float | None) -> float:  # noqa: ANN401
    """Give all land, square metres."""
    if len(own) == 0:
        raise invalid("counts", "context in all places", "over places that are not context")
    of_places = float(counts.places["area_m2"].to_numpy()[own].sum())
    if land is None:
        if isinstance(counts.task.places, Grid):
            msg = (
                "The counts were made with a Grid, which has only the places with incidents. Must "
                "be counted over all places, or be given the size of all land. Use "
                "hs.make_grid(areas), or land= in square metres."
            )
            raise InputError(msg)
        return of_places
    # Sizes of places are rounded; a land that is theirs may be a little less.
    if not is_number(land) or land < of_places * (1 - 1e-6):
        rule = f"at least the {of_places:,.0f} m² of the places"
        raise invalid("land", land, rule, "Leave out land= for that of the places.")
    return float(land)


# ---- What is known at an origin ----


def _history(counts: Counts, start: pd.Timestamp) -> Counts:
    """Give what was known on a day, without the totals that `until` keeps of later days."""
    known = counts.until(start.tz_localize(TIMEZONE))
    if known is None or known.total == 0:
        msg = (
            f"There are no incidents before {day(start)}. Must be some to forecast from. Use fewer "
            "origins or give a longer period."
        )
        raise InputError(msg)
    if isinstance(counts.task.places, Grid):
        # The places are those with incidents: which of them come later is not known yet.
        occupied, place = np.unique(known.table["place"], return_inverse=True)
        table = known.table.assign(place=place.astype(np.int32))
        known = replace(known, places=known.places.iloc[occupied], table=table)
    # For weeks, a part of the month that the step begins in is known.
    last = (start - np.timedelta64(1, "D")).to_period("M")
    return replace(
        known,
        context=np.zeros(len(known.places)),
        area_week=counts.area_week.iloc[:0],
        months_seen=counts.months_seen[counts.months_seen <= last],
        missing=counts.missing[counts.missing <= last],
        n_outside=0.0,
        walk={},
        unknown_codes={},
        account=None,
    )


def _checked(
    name: str,
    made: Any,  # noqa: ANN401 (what is no forecast is refused)
    places: pd.Index[Any],
    period: tuple[pd.Timestamp, pd.Timestamp],
    level: float,
) -> pd.DataFrame:
    """Refuse a forecast of anything but these places and this period."""
    who = f"forecast of '{name}'"
    if not isinstance(made, Forecast):
        raise invalid(who, type(made).__name__, "a Forecast")
    if not isinstance(made.table, pd.DataFrame):
        raise invalid(who, type(made.table).__name__, "a table with a row for each place")
    if not made.table.index.equals(places):
        given = f"{len(made.table)} rows on another index"
        remedy = "Use table.reindex(counts.places.index)."
        raise invalid(who, given, "a row for each place of the counts, in their order", remedy)
    start, end = (moment.tz_localize(TIMEZONE) for moment in period)
    if made.start != start or made.end != end:
        rule = f"midnights of {TIMEZONE}, of the step after the history"
        remedy = f"Use start=pd.Timestamp('{start:%Y-%m-%d}', tz='{TIMEZONE}') and so for end."
        raise invalid(who, f"{made.start} to {made.end}", rule, remedy)
    if made.level != level:
        raise invalid(who, f"level {made.level}", f"at the level of the backtest, {level:g}")
    lacking = [column for column in _NUMBERS if column not in made.table]
    if lacking:
        raise invalid(who, f"without {', '.join(lacking)}", f"with {', '.join(_NUMBERS)}")
    try:
        table: pd.DataFrame = made.table[[*_NUMBERS]].astype("float64")
    except (TypeError, ValueError) as error:
        rule = f"numbers in {', '.join(_NUMBERS)}"
        raise invalid(who, "values that are no numbers", rule) from error
    expected, size, low, high = (table[column].to_numpy() for column in _NUMBERS)
    is_right = np.isfinite(expected) & (expected >= 0) & (size > 0) & (low >= 0) & (low <= high)
    if not is_right.all():
        rule = "expected of at least 0, size above 0, and low of at least 0 up to high"
        shown = ", ".join(map(str, places[~is_right][:5]))
        raise invalid(who, f"impossible numbers ({shown})", rule)
    return table


def _warn(scores: Scores, ground: Ground, n_origins: int, numbers: Floats) -> None:
    """Say where the result may mislead."""
    if (numbers != np.round(numbers)).any():
        warnings.warn(
            "Some counts are not whole, because weights are not. Intervals are whole numbers, so "
            "coverage and log scores say little. Go by hit rates, or give incidents whole weights.",
            HotspotsWarning,
            stacklevel=3,
        )
    if scores.n_empty:
        warnings.warn(
            f"{count(scores.n_empty, 'step')} of {n_origins} had no incident, and no share of "
            "nothing was foretold. They are left out of hit rates, and count in what was expected "
            "and came; if there are no data for them, give missing= to count_incidents, else fewer "
            "origins, or longer steps.",
            HotspotsWarning,
            stacklevel=3,
        )
    if ground.n_blocks < FEWEST_BLOCKS:
        warnings.warn(
            f"The places lie in {count(ground.n_blocks, 'square')} of 2 km, too few to draw from; "
            f"differences have no interval. Give counts of a larger area.",
            HotspotsWarning,
            stacklevel=3,
        )
