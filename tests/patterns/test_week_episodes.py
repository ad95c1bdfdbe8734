"""One call of each episode: by hand, and the same share of every hour where much is going on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hotspots.patterns.week_episodes import draw_episodes

RADIUS = 100.0


def draw(xy: Any, passed: Any, seed: int = 1, *, is_alone: bool = False) -> list[int]:
    """Draw from calls of one stratum; beside them one far away every other day, or none."""
    n = len(xy)
    n_others = 0 if is_alone else 180
    xy = np.vstack([np.asarray(xy, dtype=float), np.full((n_others, 2), 9000.0)])
    passed = np.append(np.asarray(passed, dtype=float), np.arange(n_others) * 47.0)
    hours = (passed // 1 % 168).astype(np.int64)
    strata = np.zeros(len(xy), dtype=np.int64)
    chance = np.random.default_rng(seed)
    found = draw_episodes(xy, passed, strata, hours, RADIUS, chance)
    return [each for each in found.tolist() if each < n]


def test_one_of_a_burst() -> None:
    """Of three calls about one party one is drawn, each as likely; calls far away stay."""
    xy = [(0, 0), (60, 0), (0, 60), (101, 101), (0, 0), (0, 0)]
    # A thousand hours apart, so that nothing is dense; the fifth is four hours after the first.
    passed = [1000.0, 1001.0, 1002.9, 1001.0, 1004.1, 3000.0]
    drawn = [draw(xy, passed, seed) for seed in range(300)]
    assert all({3, 5} <= set(each) for each in drawn)
    assert all(len({0, 1, 2} & set(each)) <= 1 for each in drawn)
    share = [sum(k in each for each in drawn) / 300 for k in (0, 1)]
    assert share[0] == pytest.approx(1 / 3, abs=0.1)
    assert share[1] == pytest.approx(1 / 4, abs=0.1)  # also beside the one that comes later


def test_at_exactly_the_radius_and_three_hours() -> None:
    """The limits belong to the episode."""
    assert len(draw([(0, 0), (100, 0)], [0, 3])) == 1
    assert len(draw([(0, 0), (100.1, 0)], [0, 3])) == 2
    assert len(draw([(0, 0), (100, 0)], [0, 3.1])) == 2


def test_the_same_place_and_moment() -> None:
    """Many rows of one place and moment are one episode, and take no pairs of all of them."""
    assert len(draw(np.zeros((20_000, 2)), np.full(20_000, 5.0))) == 1


def test_order_does_not_matter() -> None:
    """The same calls are drawn whatever the order they come in."""
    rng = np.random.default_rng(1)
    xy, passed = rng.uniform(0, 500, (500, 2)), rng.uniform(0, 1000, 500)
    order = rng.permutation(500)
    assert sorted(order[draw(xy[order], passed[order])]) == draw(xy, passed)


@pytest.mark.parametrize("is_bursty", [False, True])
@pytest.mark.parametrize("n", [300, 3000])
def test_every_hour_keeps_the_same_share(n: int, is_bursty: bool) -> None:  # noqa: FBT001
    """A year at one place with weekends three times as busy: the shares of hours stay.

    Without thinning the quieter hours the busy ones would lose a third more at ten calls a day.
    """
    rng = np.random.default_rng(n)
    week = np.repeat([1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 1.0], 24) * np.tile([1.0, 1.0, 2.0], 56)
    week /= week.sum()
    kept = np.zeros(168)
    for seed in range(30):
        passed = rng.integers(0, 52, n) * 168 + rng.choice(168, n, p=week) + rng.random(n)
        if is_bursty:
            calls = 1 + rng.poisson(2, n) * (rng.random(n) < 0.3)
            passed = np.repeat(passed, calls)
            passed = passed + rng.uniform(0, 0.5, len(passed))
        xy = rng.uniform(0, 60, (len(passed), 2))
        drawn = draw(xy, passed, seed, is_alone=True)
        kept += np.bincount((passed[drawn] % 168).astype(int), minlength=168)
    is_busy = (np.arange(168) >= 96) & (np.arange(168) < 144)
    share, expected = kept[is_busy].sum() / kept.sum(), week[is_busy].sum()
    error = np.sqrt(expected * (1 - expected) / kept.sum())
    assert share == pytest.approx(expected, abs=3 * error + 0.01 * expected)
