"""One call of each episode: by hand, and the same share of every hour where much is going on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hotspots.patterns.week_episodes import draw_episodes

RADIUS = 100.0


def draw(xy: Any, passed: Any, seed: int = 1, strata: Any = None) -> list[int]:
    """Draw from calls; beside them is one far away every other day."""
    n, n_others = len(xy), 180
    xy = np.vstack([np.asarray(xy, dtype=float), np.full((n_others, 2), 9000.0)])
    passed = np.append(np.asarray(passed, dtype=float), np.arange(n_others) * 47.0)
    given = np.zeros(n) if strata is None else np.asarray(strata)
    found = draw_episodes(
        xy,
        passed,
        np.append(given, np.zeros(n_others)).astype(np.int64),
        (passed // 1 % 168).astype(np.int64),
        RADIUS,
        np.random.default_rng(seed),
    )
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


def uneven_week(busy: slice = slice(96, 144)) -> Any:
    """Give a week of which some days are three times as busy as the others."""
    week = np.tile([1.0, 1.0, 2.0], 56)
    week[busy] *= 3
    return week / week.sum()


def hours_of(rng: Any, n: int, week: Any, weeks: Any, minutes: int = 60) -> Any:
    """Draw hours that have passed, in weeks that are given with their weights."""
    of_week = rng.choice(len(weeks), n, p=weeks / weeks.sum())
    return of_week * 168 + rng.choice(168, n, p=week) + rng.integers(0, minutes, n) / 60


def share_kept(
    scene: Any, *, busy: slice = slice(96, 144), n_seeds: int = 20
) -> tuple[float, float]:
    """Give the share of busy hours in what is drawn by what it should be, and its error."""
    kept, expected = np.zeros(168), 0.0
    for seed in range(n_seeds):
        rng = np.random.default_rng([seed, 5])
        xy, passed, strata, week = scene(rng)
        # Elsewhere as much happens at the same hours, a call or a burst at a place.
        n = 2000
        far = hours_of(rng, n, week, np.ones(52))
        calls = np.ones(n, dtype=int)
        if scene is bursts:
            calls += rng.poisson(2, n) * (rng.random(n) < 0.3)
        where = np.repeat(np.column_stack([np.arange(n) * 500.0, np.full(n, 5e4)]), calls, axis=0)
        far = np.repeat(far, calls) + rng.uniform(0, 0.5, calls.sum()) * (scene is bursts)
        everywhere = np.vstack([xy, where])
        when = np.append(passed, far)
        hours = (when // 1 % 168).astype(np.int64)
        belongs = np.append(strata, np.zeros(len(far))).astype(np.int64)
        drawn = draw_episodes(everywhere, when, belongs, hours, RADIUS, rng)
        drawn = drawn[(drawn < len(xy)) & (belongs[drawn] == 0)]
        kept += np.bincount(hours[drawn], minlength=168)
        expected = week[busy].sum()
    ratio = kept[busy].sum() / kept.sum() / expected
    return float(ratio), float(np.sqrt((1 - expected) / expected / kept.sum()))


def ordinary(rng: Any) -> Any:
    """Give a place with ten calls a day."""
    week = uneven_week()
    passed = hours_of(rng, 3000, week, np.ones(52))
    return rng.uniform(0, 60, (3000, 2)), passed, np.zeros(3000), week


def bursts(rng: Any) -> Any:
    """Give the same, three in ten occurrences with further calls."""
    xy, passed, _, week = ordinary(rng)
    calls = 1 + rng.poisson(2, len(xy)) * (rng.random(len(xy)) < 0.3)
    passed = np.repeat(passed, calls) + rng.uniform(0, 0.5, calls.sum())
    return np.repeat(xy, calls, axis=0), passed, np.zeros(calls.sum()), week


def good_and_bad_weeks(rng: Any) -> Any:
    """Give the same with weeks of which few have nearly everything."""
    week = uneven_week()
    passed = hours_of(rng, 3000, week, rng.gamma(0.3, size=52))
    return rng.uniform(0, 60, (3000, 2)), passed, np.zeros(3000), week


def three_weeks(rng: Any) -> Any:
    """Give data of three weeks."""
    week = uneven_week()
    passed = hours_of(rng, 300, week, np.ones(3))
    return rng.uniform(0, 60, (300, 2)), passed, np.zeros(300), week


def rounded(rng: Any) -> Any:
    """Give times to the hour."""
    week = uneven_week()
    passed = hours_of(rng, 3000, week, np.ones(52), minutes=1)
    return rng.uniform(0, 60, (3000, 2)), passed, np.zeros(3000), week


def border(rng: Any) -> Any:
    """Give a place across a border, mostly in the other borough, which has another week."""
    week = uneven_week()
    own = hours_of(rng, 1000, week, np.ones(52))
    other = hours_of(rng, 6000, uneven_week(slice(0, 48)), np.ones(52))
    return (
        rng.uniform(0, 60, (7000, 2)),
        np.append(own, other),
        np.append(np.zeros(1000), np.ones(6000)),
        week,
    )


@pytest.mark.parametrize(
    "scene", [ordinary, bursts, good_and_bad_weeks, three_weeks, rounded, border]
)
def test_every_hour_keeps_the_same_share(scene: Any) -> None:
    """Of a dense place with weekends three times as busy, weekends keep their share.

    Without thinning the quieter hours they would lose a third more at ten calls a day.
    """
    ratio, error = share_kept(scene)
    assert ratio == pytest.approx(1, abs=3 * error + 0.02)
