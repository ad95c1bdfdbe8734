"""One call of each episode of a night: by hand, and the same share of every date where it is dense.

The same is tested for hours of the week in `test_week_episodes.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hotspots.patterns.drawn_episodes import episodes_to_a_call, keep_equal
from hotspots.patterns.night_episodes import draw_nights
from hotspots.patterns.recent_cases import strata_of

RADIUS = 100.0
N_DATES = 364


def draw(xy: Any, dates: Any, seed: int = 1) -> list[int]:
    """Draw from calls; beside them is one far away each night."""
    n = len(xy)
    xy = np.vstack([np.asarray(xy, dtype=float), np.full((N_DATES, 2), 9000.0)])
    dates = np.append(np.asarray(dates), np.arange(N_DATES))
    strata = strata_of(N_DATES, "weekday")
    found = draw_nights(xy, dates, strata, RADIUS, np.random.default_rng(seed))
    return [each for each in found.tolist() if each < n]


def test_one_of_a_burst() -> None:
    """Of three calls about one party one is drawn, each as likely; farther ones and others stay."""
    xy = [(0, 0), (60, 0), (0, 60), (101, 101), (0, 0)]
    drawn = [draw(xy, [7, 7, 7, 7, 100], seed) for seed in range(300)]
    assert all({3, 4} <= set(each) for each in drawn)
    assert all(len({0, 1, 2} & set(each)) == 1 for each in drawn)
    for k in (0, 1, 2):
        assert sum(k in each for each in drawn) / 300 == pytest.approx(1 / 3, abs=0.1)


def test_at_exactly_the_radius() -> None:
    """The limit belongs to the episode, and the next night does not."""
    assert len(draw([(0, 0), (100, 0)], [7, 7])) == 1
    assert len(draw([(0, 0), (100.1, 0)], [7, 7])) == 2
    assert len(draw([(0, 0), (0, 0)], [7, 8])) == 2


def test_a_place_with_a_call_each_week_keeps_all() -> None:
    """Where little is expected nothing is thinned, so an outbreak is seen in full."""
    dates = np.append(np.arange(0, 350, 7), np.arange(357, 364))
    assert len(draw(np.zeros((len(dates), 2)), dates)) == len(dates)


def share_on_busy_dates(adjust: str, calls: int, n_seeds: int = 8) -> tuple[float, float]:
    """Give the share of busy dates in what is drawn by what it should be, and its error.

    A dense place and the rest of the borough have the same dates; weekends are three times as busy,
    and so is every other week. Each occurrence has so many calls.
    """
    strata = strata_of(N_DATES, adjust)
    day = np.arange(N_DATES)
    is_busy = day // 7 % 2 == 0
    rate = np.where(day % 7 >= 5, 3.0, 1.0) * np.where(is_busy, 3.0, 1.0)
    kept = np.zeros(N_DATES)
    for seed in range(n_seeds):
        rng = np.random.default_rng([seed, 3])
        where = np.vstack([rng.uniform(0, 60, (2000, 2)), rng.uniform(1e3, 9e5, (8000, 2))])
        dates = rng.choice(N_DATES, len(where), p=rate / rate.sum())
        drawn = draw_nights(
            np.repeat(where, calls, axis=0), np.repeat(dates, calls), strata, RADIUS, rng
        )
        drawn = drawn[drawn < 2000 * calls] // calls
        kept += np.bincount(dates[drawn], minlength=N_DATES)
    # Within each stratum busy dates have three times as much as the others.
    ratio, total = 0.0, 0.0
    for stratum in np.unique(strata):
        own = strata == stratum
        ratio += kept[own & is_busy].sum()
        total += kept[own].sum() * rate[own & is_busy].sum() / rate[own].sum()
    return float(ratio / total), float(0.5 / np.sqrt(kept.sum()))


@pytest.mark.parametrize(("adjust", "calls"), [("none", 1), ("weekday", 3), ("season", 1)])
def test_same_share_of_every_date(adjust: str, calls: int) -> None:
    """A dense place loses no more on busy dates than on others of the stratum."""
    ratio, error = share_on_busy_dates(adjust, calls)
    assert ratio == pytest.approx(1, abs=max(4 * error, 0.02))


def test_calls_of_an_episode() -> None:
    """They are counted where hardly any others are to be expected, if there are enough."""
    is_kept = np.arange(400) % 4 < 2
    others = np.where(is_kept | (np.arange(400) % 4 == 2), 0.01, 3.0)
    assert episodes_to_a_call(is_kept, others) == pytest.approx(2 / 3)
    assert episodes_to_a_call(is_kept[:100], others[:100]) == 1.0


def test_equal_shares() -> None:
    """With 3 others at most and 1 now, (1 − exp(−3))/3 of (1 − exp(−1)) stay: 0.501."""
    draws = np.linspace(0, 1, 1000, endpoint=False)
    stay = keep_equal(np.ones(1000), np.full(1000, 3.0), draws)
    assert stay.mean() == pytest.approx((1 - np.exp(-3)) / 3 / (1 - np.exp(-1)), abs=1e-3)
    assert keep_equal(np.full(1000, 3.0), np.full(1000, 3.0), draws).all()
    assert keep_equal(np.full(1000, 0.01), np.full(1000, 0.2), draws).all()


def test_strata() -> None:
    """By hand: weekdays are counted back from the last date, seasons are eight weeks."""
    assert strata_of(9, "none").tolist() == [0] * 9
    week = strata_of(9, "weekday")
    assert (week[8], week[1]) == (0, 0)
    assert len(set(week.tolist())) == 7
    season = strata_of(63, "season")
    assert season[62] == season[62 - 49] != season[62 - 56]
