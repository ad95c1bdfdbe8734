"""Reports in which no place has hours of its own: what a test must not find anything in.

A square borough with uneven places and an ordinary week. Times never depend on the place, except
where a kind says so; what differs is how far the reports depend on each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.chance import make_generator
from hotspots.errors import invalid, is_whole
from hotspots.simulate.frames import SOURCE, make_index
from hotspots.tables import CRS, TIMEZONE

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

Kind = Literal["independent", "bursty", "overdispersed", "seasonal", "centre", "common"]
"""How reports depend on each other; see `simulate_null`."""

_SIDE: Final = 5_000.0
_CORNER: Final = (530_000.0, 180_000.0)
_PLACES: Final = 400
_UNEVEN: Final = 1.2
_FIRST: Final = np.datetime64("2024-01-01", "D")  # a Monday
_WEEKS: Final = 52
_HOURS: Final = 168
_WEEKEND: Final = 1.4
_BURST_SHARE: Final = 0.3
_BURST_CALLS: Final = 2.0
_BURST_METRES: Final = 15.0
_BURST_MINUTES: Final = 90.0
_GAMMA: Final = 0.3
_COMMON_GAMMA: Final = 2.0
_CENTRE_SHARE: Final = 0.2
_CENTRE_METRES: Final = 200.0
_BUSY_WEEKEND: Final = 3.0


def simulate_null(
    n: int, kind: Kind = "independent", *, rng: int | np.random.Generator | None = None
) -> gpd.GeoDataFrame:
    """Simulate a borough's year in which no place has hours of its own.

    Parameters
    ----------
    n : int
        Occurrences, above 0. Each is one call, except in bursts.
    kind : {"independent", "bursty", "overdispersed", "seasonal", "centre", "common"}
        "independent": every call by itself. "bursty": three in ten occurrences draw further
        calls, two on average, within the same hours and some metres. "overdispersed": each place
        has good and bad weeks. "seasonal": each place has its own season of the year. "centre":
        bursty and overdispersed, a fifth of all occurrences being within 200 m, and weekends three
        times as busy as other days. "common": the same, but good and bad weeks are those of the
        whole borough, so that the date does not depend on the place either.
    rng : int or Generator, optional
        Seed.

    Returns
    -------
    GeoDataFrame
        An incidents table of one borough, "N1".

    Raises
    ------
    InputError
        If `n` or `kind` is out of its range.

    Notes
    -----
    400 addresses in 5 × 5 km with log-normal rates (σ = 1.2); a year of 52 weeks; hours by a
    profile that peaks in the evening, more so at weekends. Good and bad weeks are gamma factors of
    shape 0.3, or 2 for those of a whole borough; seasons are sine waves of full height with a phase
    of their own.

    Examples
    --------
    >>> calls = simulate_null(100, "bursty", rng=1)
    >>> len(calls) > 100, calls["borough"].unique().tolist()
    (True, ['N1'])
    """
    if kind not in get_args(Kind):
        raise invalid("kind", kind, "one of " + ", ".join(get_args(Kind)))
    if not is_whole(n, 1):
        raise invalid("n", n, "a whole number above 0")
    chance = make_generator(rng)
    xy = chance.uniform(0, _SIDE, (_PLACES, 2))
    place, week = _draw_weeks(int(n), kind, chance)
    has_centre = kind in ("centre", "common")
    minute = _draw_minutes(int(n), chance, _BUSY_WEEKEND if has_centre else _WEEKEND)
    points = xy[place]
    if has_centre:
        is_inside = chance.random(n) < _CENTRE_SHARE
        around = _SIDE / 2 + chance.uniform(-0.5, 0.5, (n, 2)) * _CENTRE_METRES
        points = np.where(is_inside[:, None], around, points)
    if kind == "centre":
        rate = chance.gamma(_GAMMA, 1 / _GAMMA, _WEEKS)
        week = np.where(is_inside, chance.choice(_WEEKS, n, p=rate / rate.sum()), week)
    if kind == "bursty" or has_centre:
        calls = 1 + chance.poisson(_BURST_CALLS, n) * (chance.random(n) < _BURST_SHARE)
        points = np.repeat(points, calls, axis=0)
        week, minute = np.repeat(week, calls), np.repeat(minute, calls)
        is_further = np.arange(len(week)) - np.repeat(np.cumsum(calls) - calls, calls) > 0
        later = chance.uniform(0, _BURST_MINUTES, len(week)) * is_further
        minute = minute + later.astype(np.int64)
        points = points + chance.normal(0, _BURST_METRES, points.shape)
    wall = _FIRST.astype("datetime64[m]") + (week * 7 * 24 * 60 + minute).astype("timedelta64[m]")
    return _table(points + _CORNER, pd.Series(wall))


def ordinary_week(weekend: float = _WEEKEND) -> Floats:
    """Give the shares of the 168 hours of an ordinary week: evenings, and weekends more so.

    From Friday 18:00 to Sunday 18:00 each hour has so many times what it would have on other days.
    """
    hour = np.arange(_HOURS)
    evening = 1.0 + 0.8 * np.cos((hour % 24 - 21) / 24 * 2 * np.pi)
    is_weekend = (hour >= 4 * 24 + 18) & (hour < 7 * 24 - 6)
    week = evening * np.where(is_weekend, weekend, 1.0)
    return np.asarray(week / week.sum())


def _draw_weeks(n: int, kind: str, chance: np.random.Generator) -> tuple[Integers, Integers]:
    """Draw the place and the week of each occurrence, which may depend on each other."""
    rate = np.exp(chance.normal(0, _UNEVEN, _PLACES))[:, None] * np.ones(_WEEKS)
    if kind in ("overdispersed", "centre"):
        rate = rate * chance.gamma(_GAMMA, 1 / _GAMMA, rate.shape)
    elif kind == "common":
        rate = rate * chance.gamma(_COMMON_GAMMA, 1 / _COMMON_GAMMA, _WEEKS)
    elif kind == "seasonal":
        phase = chance.uniform(0, 2 * np.pi, (_PLACES, 1))
        rate = rate * (1 + np.sin(2 * np.pi * np.arange(_WEEKS) / _WEEKS + phase))
    drawn = chance.choice(rate.size, n, p=rate.ravel() / rate.sum())
    return drawn // _WEEKS, drawn % _WEEKS


def _draw_minutes(n: int, chance: np.random.Generator, weekend: float) -> Integers:
    """Draw the minute of the week of each occurrence."""
    hour = chance.choice(_HOURS, n, p=ordinary_week(weekend))
    return np.asarray(hour * 60 + chance.integers(0, 60, n))


def _table(xy: Floats, wall: pd.Series[Any]) -> gpd.GeoDataFrame:
    index = make_index(len(xy))
    start = wall.dt.tz_localize(TIMEZONE, ambiguous=True, nonexistent="shift_forward")
    nothing = pd.Series(None, index=index, dtype="str")
    columns = {
        "start": start.to_numpy(),
        "end": pd.NaT,
        "time_precision": "minute",
        "asb_type": "nuisance",
        "heading": nothing,
        "qualifiers": nothing,
        "source": SOURCE,
        "channel": nothing,
        "location_precision_m": np.nan,
        "location": nothing,
        "weight": 1.0,
        "person_key": nothing,
        "is_flagged_repeat": False,
        "is_flagged_vulnerable": False,
        "is_ambiguous_time": False,
        "is_context": False,
        "area_code": nothing,
        "borough": "N1",
    }
    table = pd.DataFrame(columns, index=index)
    table["start"] = pd.Series(start.array, index=index)
    table["end"] = table["start"].mask(np.ones(len(xy), dtype=bool))
    points = gpd.points_from_xy(*xy.T)
    return gpd.GeoDataFrame(table, geometry=points, crs=CRS)
