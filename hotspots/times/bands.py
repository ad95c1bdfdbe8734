"""Bands of the week: a run of days and an hour band, found in a profile and put into words.

A band is what a sergeant can put on a rota: 1–7 following days, the same hours on each, possibly
across midnight. The best one is found by trying all of them with running sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import invalid, is_whole
from hotspots.times.week import DAYS, HOURS

if TYPE_CHECKING:
    from typing import Any

_DAY: Final = 24
_WEEK: Final = 7


@dataclass(frozen=True)
class Band:
    """A run of days with the same hours on each.

    Parameters
    ----------
    first_day : int
        Weekday on which it starts, 0 = Monday.
    n_days : int
        Days in the run, 1–7.
    start_hour : int
        First hour, 0–23.
    n_hours : int
        Hours on each day, 1–24; the hours after midnight belong to the evening before.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    first_day: int
    n_days: int
    start_hour: int
    n_hours: int

    def __post_init__(self) -> None:
        """Refuse what is no band of a week."""
        ranges = {"first_day": (0, 6), "n_days": (1, 7), "start_hour": (0, 23), "n_hours": (1, 24)}
        for name, (least, most) in ranges.items():
            value = getattr(self, name)
            if not is_whole(value, least, most):
                raise invalid(name, value, f"a whole number, {least} to {most}")

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The weekdays on which it starts, in order of the run."""
        return tuple((self.first_day + step) % _WEEK for step in range(self.n_days))

    @property
    def end_hour(self) -> int:
        """The hour of the day at which it ends, 0–23."""
        return (self.start_hour + self.n_hours) % _DAY

    @property
    def mask(self) -> np.ndarray[Any, Any]:
        """Which of the 168 hours of the week it holds."""
        mask = np.zeros(HOURS, dtype=bool)
        for day in self.weekdays:
            mask[(day * _DAY + self.start_hour + np.arange(self.n_hours)) % HOURS] = True
        return mask


def best_bands(
    profiles: np.ndarray[Any, Any],
    *,
    hours_per_week: int = 12,
    longest_band: int = 8,
    keep: float = 1.0,
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Find, for each weekly profile, the band that holds most of it within a number of hours.

    Parameters
    ----------
    profiles : array (n, 168), all at least 0
        Expected or counted incidents in each hour of the week, a row a place.
    hours_per_week : int
        The most hours that a band may hold, 1–168.
    longest_band : int
        The most hours on one day, 1–24.
    keep : float
        Above 0 and at most 1: take the band with the fewest hours that holds at least this share
        of what the best one holds, so that empty hours are not added for little.

    Returns
    -------
    bands : int array (n, 4)
        first_day, n_days, start_hour and n_hours of each `Band`. Of bands with as many hours, the
        one that holds most.
    totals : float array (n,)
        The sum of the profile inside the band.

    Raises
    ------
    InputError
        If the profiles have not 168 columns.
    """
    profiles = np.asarray(profiles, dtype=np.float64)
    if profiles.ndim != 2 or profiles.shape[1] != HOURS:  # noqa: PLR2004
        given = f"shape {profiles.shape}"
        raise invalid("profiles", given, "168 numbers a row, one an hour of the week")
    shapes, firsts, sums = [], [], []
    band_sums = np.zeros(profiles.shape)
    for n_hours in range(1, min(longest_band, hours_per_week, _DAY) + 1):
        band_sums = band_sums + np.roll(profiles, 1 - n_hours, axis=1)
        run_sums = np.zeros(profiles.shape)
        for n_days in range(1, min(_WEEK, hours_per_week // n_hours) + 1):
            run_sums = run_sums + np.roll(band_sums, -_DAY * (n_days - 1), axis=1)
            shapes.append((n_days, n_hours))
            firsts.append(run_sums.argmax(axis=1))
            sums.append(run_sums.max(axis=1))
    # Fewest hours first; sums of the same hours added in another order differ in the last digit.
    order = sorted(range(len(shapes)), key=lambda shape: shapes[shape][0] * shapes[shape][1])
    value = np.array([sums[shape] for shape in order])
    hours = np.array([shapes[shape][0] * shapes[shape][1] for shape in order])
    is_enough = value >= keep * value.max(axis=0) * (1 - 1e-9)
    fewest = hours[is_enough.argmax(axis=0)]
    is_candidate = is_enough & (hours[:, None] == fewest)
    chosen = np.where(is_candidate, value, -1.0).argmax(axis=0)
    rows = np.arange(len(profiles))
    first = np.array([firsts[shape] for shape in order])[chosen, rows]
    shape_of = np.array([shapes[shape] for shape in order])[chosen]
    bands = np.column_stack([first // _DAY, shape_of[:, 0], first % _DAY, shape_of[:, 1]])
    return bands, value[chosen, rows]


def best_band(
    profile: np.ndarray[Any, Any],
    *,
    hours_per_week: int = 12,
    longest_band: int = 8,
    keep: float = 1.0,
) -> tuple[Band, float]:
    """Find the band that holds most of one weekly profile; see `best_bands`.

    Examples
    --------
    >>> import numpy as np
    >>> profile = np.zeros(168)
    >>> profile[[4 * 24 + 23, 5 * 24 + 0, 5 * 24 + 23, 6 * 24 + 0]] = 3
    >>> band, total = best_band(profile)
    >>> describe_band(band), total
    ('Fri–Sat 23:00–01:00', 12.0)
    """
    bands, totals = best_bands(
        np.asarray(profile)[None, :],
        hours_per_week=hours_per_week,
        longest_band=longest_band,
        keep=keep,
    )
    return Band(*(int(value) for value in bands[0])), float(totals[0])


def describe_band(band: Band) -> str:
    """Put a band into words, such as "Fri–Sat 21:00–01:00" or "every day 18:00–20:00"."""
    days = band.weekdays
    if len(days) == _WEEK:
        words = "every day"
    elif len(days) == 1:
        words = DAYS[days[0]]
    else:
        words = f"{DAYS[days[0]]}–{DAYS[days[-1]]}"
    if band.n_hours == _DAY:
        return f"{words}, all day"
    return f"{words} {band.start_hour:02d}:00–{band.end_hour:02d}:00"
