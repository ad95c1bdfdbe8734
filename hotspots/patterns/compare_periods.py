"""Is this fortnight worse than last year's? Counts of two periods, group by group.

The ratio of two rates has an interval from the binomial distribution, widened by how much like
periods have varied before; what chance explains is said to be so.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from hotspots.counts.counting import given_period
from hotspots.errors import (
    HotspotsWarning,
    InputError,
    MonthlyDataError,
    invalid,
    is_number,
    is_whole,
)
from hotspots.patterns.breaks import eras_of, warn_of_breaks
from hotspots.patterns.count_ratios import (
    Spread,
    compare_counts,
    least_ratios,
    measure_spread,
)
from hotspots.patterns.daily import Daily, Unit, make_daily
from hotspots.patterns.period_words import say_days, summarise
from hotspots.patterns.surroundings import false_discovery_rates
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from hotspots.counts import Counts

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Days = tuple[pd.Timestamp | str, pd.Timestamp | str]
    Window = tuple[pd.Timestamp, pd.Timestamp]

_LOG = logging.getLogger(__name__)

_YEAR: Final = 364
_WEEK: Final = 7
_WEEK_LONG: Final = pd.Timedelta(days=_WEEK)
_FEWEST_DIFFERENCES: Final = 6
_NOUNS: Final = ("borough", "area", "hotspot", "place", "heading")


@dataclass(frozen=True)
class PeriodComparison:
    """How counts of two periods differ.

    Parameters
    ----------
    table : DataFrame
        A row for each group, in the order of their ids: `name`; `n_current`, `n_against`;
        `days_current`, `days_against`; `expected` in the current period at the other's rate;
        `ratio` of the rates with `ratio_low` and `ratio_high`; `p`, two-sided; `q`, the
        Benjamini–Hochberg rate over the groups; `overdispersion`, how many times more than by
        chance like periods vary from one to the next. Ratio, interval, p and q are missing where
        both counts are 0; the ratio is infinite where only the other is.
    summary : str
        What was found, in a sentence or two.
    current, against : pair of Timestamp
        The two periods [start, end), midnights without time zone.
    n_history : int
        Differences of like periods that the overdispersion was estimated from; 0 if it was not.
    alpha : float
        Intervals hold 1 − alpha; changes are named up to this q.
    """

    table: pd.DataFrame = field(repr=False)
    summary: str
    current: Window
    against: Window
    n_history: int
    alpha: float

    def __repr__(self) -> str:
        """Answer the first questions: what was compared, and what was found."""
        n_changed = int((self.table["q"] <= self.alpha).sum())
        return (
            f"<PeriodComparison: {say_days(self.current)} against {say_days(self.against)}; "
            f"{count(len(self.table), 'group')}, {n_changed} changed>"
        )


def compare_periods(
    incidents: gpd.GeoDataFrame | Counts,
    current: Days,
    *,
    against: Literal["last year", "recent"] | Days = "last year",
    by: str = "borough",
    areas: gpd.GeoDataFrame | None = None,
    expected: Iterable[Any] | None = None,
    unit: Unit = "episode",
    episode_radius: float = 50.0,
    period: Days | None = None,
    missing: pd.PeriodIndex | None = None,
    n_recent: int = 6,
    alpha: float = 0.05,
) -> PeriodComparison:
    """Compare a period with the same weeks last year, or with what it was like before.

    A change counts as one only if it is larger than chance makes it, and than like periods, one
    after the other, have differed before. If nothing has changed, it says so.

    Parameters
    ----------
    incidents : GeoDataFrame or Counts
        An incidents table, or what `count_incidents` gives.
    current : pair of Timestamp or str
        Days [start, end), such as ("2026-03-02", "2026-03-16"); first days of months for monthly
        data.
    against : {"last year", "recent"} or pair of Timestamp or str
        "last year": the days 52 weeks before, which have the same weekdays (the same months for
        monthly data); "recent": the `n_recent` periods of the same length just before; or days
        [start, end), of any length.
    by : str
        What the rows are. Of incidents: a column such as "borough" or "heading", or "area" or
        "hotspot" for the polygons in `areas`. Of Counts: "borough" or "area" for the `area_id` of
        the places, "place", or a column of theirs.
    areas : GeoDataFrame, optional
        Polygons, EPSG:27700, each of which is a row; a point belongs to the one that
        `assign_areas` would give it. Hours that hotspots have play no part.
    expected : iterable, optional
        Groups that are to have a row even if they never had an incident.
    unit : {"episode", "call"}
        What is counted of incidents. Calls are not independent. Counts are taken as they are.
    episode_radius : float
        As `radius` of `find_episodes`, metres, at least 0.
    period : pair of Timestamp or str, optional
        Days [start, end) that the data cover; by default from the first to the last incident, or
        the period of the Counts.
    missing : PeriodIndex, optional
        Calendar months of it without data, `freq="M"`. By default those without any incident, and
        those of the Counts.
    n_recent : int
        Periods before, above 0, that "recent" takes together.
    alpha : float
        Intervals hold 1 − alpha; changes are named up to this q; above 0, below 1.

    Returns
    -------
    PeriodComparison
        With `.table` and `.summary`.

    Raises
    ------
    MonthlyDataError
        If episodes, or days that are not whole months, are asked of data of which some rows are
        known only to the month.
    InputError
        If a period is not covered by the data or holds a month without them, the two overlap,
        counts are not whole numbers, there are fewer than two incidents, a column is lacking or
        holds what cannot be counted, the coordinate system is not EPSG:27700, or a parameter is
        out of its range.

    Warns
    -----
    HotspotsWarning
        If the periods hold weekdays in different proportion, a break in London's records lies
        between or inside them, rows stand for several incidents where episodes are counted, or the
        history is too short to say how much like periods vary.

    Notes
    -----
    Given the sum of x in e₁ days and y in e₀ days, x is binomial with share ρe₁/(ρe₁ + e₀) for a
    ratio ρ; p and the interval are exact (Clopper and Pearson). The overdispersion φ ≥ 1 of each
    group comes from second differences of all like periods before the current one, which a slow
    season does not touch: of the same length and weekdays, as few whole weeks apart as the length
    allows (the months before, for monthly data). Both counts are then taken for x/φ and y/φ, and p
    is that of t with the degrees of freedom of φ instead of the normal distribution. The interval
    leaves out 1 exactly where p is below alpha. q is the Benjamini–Hochberg rate over the groups
    with an incident. The rise that the summary says would mostly go unseen is that at which a group
    of middling counts has p of alpha/m, m groups being tested: a true rise of this size, alone, is
    named about every second time. Nothing is drawn; the order of rows does not matter. O(n log n).

    An episode counts once in each group that it touches, on the day of its first call there.

    Caveats
    -------
    **Bank holidays** move: Easter, and the days round Christmas and New Year, fall 52 weeks apart
    on other weekdays or in other weeks. "last year" drifts by a day or two from the calendar date.
    "recent" is not fair where the season turns: June is busier than May. Neither is proof of a
    cause. **Levels that wander** from month to month do not show in neighbouring periods: p is then
    at most 0.05 more often than 5 times in 100, and a change may have begun long before.
    **Many tests**: use q. Groups of few incidents have wide intervals: no finding is not no change,
    and the summary says how large a change would have been missed. The current period ends when the
    data do: late reports make it look quiet. A change of recording looks like a change. Areas of
    another cut, snapped points, and the edges of polygons decide what counts where. A hotspot
    counts at all hours, not only at its own. Hotspots that were chosen because they were high go
    down by themselves (regression to the mean): choose them from data before either period.

    References
    ----------
    Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
    series. Biometrika 31(3-4). doi:10.1093/biomet/31.3-4.313
    Korn, E. L., Graubard, B. I. (1998). Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data. Survey Methodology 24(2).
    Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
    Statistical Society B 57(1). doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(20_000, boroughs=["Camden", "Islington"], rng=1).incidents
    >>> found = compare_periods(calls, ("2025-10-06", "2025-10-20"), against="recent")
    >>> found.table[["name", "n_current", "n_against"]].values.tolist()
    [['Camden', 350, 2393], ['Islington', 304, 2015]]
    """
    if not is_number(alpha) or not 0 < alpha < 1:
        raise invalid("alpha", alpha, "a number above 0 and below 1")
    if not is_whole(n_recent, 1):
        raise invalid("n_recent", n_recent, "a whole number of periods above 0")
    daily = make_daily(
        incidents,
        by=by,
        areas=areas,
        expected=expected,
        unit=unit,
        episode_radius=episode_radius,
        period=period,
        missing=missing,
    )
    now = _window("current", current, daily)
    then = _against(against, now, int(n_recent), daily)
    _check_windows(now, then, daily)
    windows, spread = _history(now, daily)
    if spread.n == 0:
        warnings.warn(
            f"There are {len(windows)} like periods before the current one, too few to say how "
            "much they vary; intervals and p allow for chance alone. Give a longer history.",
            HotspotsWarning,
            stacklevel=2,
        )
    x, y = (daily.sums([window])[:, 0] for window in (now, then))
    both = np.concatenate([x, y])
    if (both % 1).any():
        remedy = "Rows that stand for a share of an incident cannot be compared."
        raise invalid("counts", both[both % 1 > 0][0], "whole numbers", remedy)
    days = (_n_days(now), _n_days(then))
    ratios = compare_counts(x, y, days, spread, alpha)
    table = pd.DataFrame(
        {
            "name": daily.names,
            "n_current": x.astype(np.int64),
            "n_against": y.astype(np.int64),
            "days_current": int(days[0]),
            "days_against": int(days[1]),
            "expected": y * days[0] / days[1],
            "ratio": ratios.ratio,
            "ratio_low": ratios.low,
            "ratio_high": ratios.high,
            "p": ratios.p,
            "q": false_discovery_rates(ratios.p),
            "overdispersion": spread.overdispersion,
        },
        index=daily.groups,
    )
    table["name"] = table["name"].astype("str")
    noun = by if by in _NOUNS else "group"
    is_tested = np.isfinite(ratios.p)
    # A lone change among so many is named if its p is at most this share of alpha.
    least = least_ratios(y, days, spread, alpha / max(int(is_tested.sum()), 1))[is_tested]
    summary = summarise(table, least, now, then, noun, alpha)
    return PeriodComparison(table, summary, now, then, spread.n, alpha)


# ---- Periods ----


def _window(name: str, days: Days, daily: Daily) -> Window:
    try:
        start, end = (day.tz_localize(None) for day in given_period(days))
    except InputError as error:
        raise InputError(str(error).replace("Invalid period", f"Invalid {name}", 1)) from error
    if daily.n_monthly and (start.day != 1 or end.day != 1):
        msg = (
            f"compare_periods needs the day of each incident for {say_days((start, end))}, but of "
            f"{count(daily.n_monthly, 'row')} it knows only the month. Must be whole months, such "
            "as ('2026-03-01', '2026-05-01')."
        )
        raise MonthlyDataError(msg)
    return start, end


def _against(against: Any, now: Window, n_recent: int, daily: Daily) -> Window:  # noqa: ANN401
    """Give the period to compare with."""
    if isinstance(against, str) and against == "last year":
        year = pd.DateOffset(years=1) if daily.n_monthly else pd.Timedelta(days=_YEAR)
        return now[0] - year, now[1] - year
    if isinstance(against, str) and against == "recent":
        length = pd.DateOffset(months=_n_months(now)) if daily.n_monthly else now[1] - now[0]
        return now[0] - n_recent * length, now[0]
    if isinstance(against, (tuple, list)):
        return _window("against", against, daily)  # type: ignore[arg-type]
    raise invalid("against", against, "'last year', 'recent', or a start and an end")


def _n_months(window: Window) -> int:
    return (window[1].year - window[0].year) * 12 + window[1].month - window[0].month


def _check_windows(now: Window, then: Window, daily: Daily) -> None:
    """Refuse periods without data or that overlap; warn of those that are not alike."""
    for name, window in (("current", now), ("against", then)):
        if window[0] < daily.start or window[1] > daily.end:
            remedy = "Choose another one, or say what the data cover with period=(start, end)."
            rule = f"inside the data, {say_days((daily.start, daily.end))}"
            raise invalid(name, say_days(window), rule, remedy)
        if not daily.is_covered(*window):
            lacking = ", ".join(daily.missing.astype(str))
            remedy = (
                f"There are none for {lacking}; missing is not zero. Choose another one, or, if "
                "there was nothing to report, say so: missing=pd.PeriodIndex([], freq='M')."
            )
            raise invalid(name, say_days(window), "in months with data", remedy)
    if now[0] < then[1] and then[0] < now[1]:
        raise invalid("against", say_days(then), f"apart from the current {say_days(now)}")
    if not daily.n_monthly and not np.allclose(_weekdays(now), _weekdays(then)):
        warnings.warn(
            f"{say_days(now)} and {say_days(then)} hold the days of the week in different "
            "proportion, and weekends are busier. Use whole weeks, or the same weekdays, for both.",
            HotspotsWarning,
            stacklevel=3,
        )
    day = pd.Timedelta(days=1)
    ends = pd.DatetimeIndex([min(now[0], then[0]), max(now[1], then[1]) - day])
    remedy = "Use days on one side of it: against='recent' with few n_recent, or days of your own."
    warn_of_breaks(eras_of(ends, ends + day), remedy, stacklevel=4)


def _weekdays(window: Window) -> Floats:
    days = pd.date_range(window[0], window[1], inclusive="left").day_of_week
    return np.bincount(days, minlength=_WEEK) / len(days)


def _n_days(window: Window) -> float:
    return float((window[1] - window[0]).days)


def _history(now: Window, daily: Daily) -> tuple[list[Window], Spread]:
    """Measure how the counts of like periods before the current one vary."""
    back, windows = _like_periods(now, daily)
    if not windows:
        return windows, Spread(np.ones(len(daily.groups)), np.inf, 0)
    starts, ends = (pd.DatetimeIndex(part) for part in zip(*windows, strict=True))
    day = pd.Timedelta(days=1)
    is_one_era = eras_of(starts, starts + day)[:-1] == eras_of(ends - day, ends)[1:]
    is_joined = np.asarray((np.diff(back) == -1) & is_one_era)
    days = np.array([_n_days(window) for window in windows])
    spread = measure_spread(daily.sums(windows), days, is_joined, _FEWEST_DIFFERENCES)
    if spread.n < _FEWEST_DIFFERENCES:
        return windows, spread._replace(n=0)
    _LOG.info("overdispersion from %s of like periods", count(spread.n, "difference"))
    return windows, spread


def _like_periods(now: Window, daily: Daily) -> tuple[list[int], list[Window]]:
    """Give the like periods before, the earliest first, and how many steps each lies back.

    A step is as few whole weeks as the length allows, so that weekdays are the same; of monthly
    data it is the length.
    """
    n_weeks = -int(-_n_days(now) // _WEEK)
    step = pd.DateOffset(months=_n_months(now)) if daily.n_monthly else n_weeks * _WEEK_LONG
    back, windows, times = [], [], 1
    while (start := now[0] - times * step) >= daily.start:
        window = start, now[1] - times * step
        if daily.is_covered(*window):
            back.append(times)
            windows.append(window)
        times += 1
    return back[::-1], windows[::-1]
