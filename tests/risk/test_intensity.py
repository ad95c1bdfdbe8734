"""The weekly intensity: shrinkage, bursts, own hours, intervals."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.risk.hotspots import predictive_interval
from tests.scenes import SOUTH, WEST, make_incidents, square_area

WEEKS = 52
MONDAY = pd.Timestamp("2025-01-06")


def middle(column: int, row: int = 0) -> tuple[float, float]:
    """Give the middle of a 150 m place by column and row."""
    return WEST + 75 + 150 * column, SOUTH + 75 + 150 * row


def background(n: int, seed: int, side: int = 10) -> pd.DataFrame:
    """Give incidents spread over side × side places and all hours of 52 weeks."""
    rng = np.random.default_rng(seed)
    cell = rng.integers(0, side, (n, 2))
    start = MONDAY + pd.to_timedelta(rng.integers(0, WEEKS * 168, n), unit="h")
    return pd.DataFrame(
        {
            "start": start,
            "x": WEST + 75 + 150 * cell[:, 0],
            "y": SOUTH + 75 + 150 * cell[:, 1],
        }
    )


def at(column: int, starts: pd.DatetimeIndex) -> pd.DataFrame:
    """Give incidents in one place of the first row."""
    x, y = middle(column)
    return pd.DataFrame({"start": starts, "x": x, "y": y})


def intensity_of(*parts: pd.DataFrame, side: float = 1500.0) -> hs.Intensity:
    """Estimate the intensity of incidents over a grid of 150 m places."""
    table = make_incidents(pd.concat(parts, ignore_index=True))
    places = hs.make_grid(square_area(side=side))
    period = (MONDAY, MONDAY + pd.Timedelta(weeks=WEEKS))
    counts = hs.count_incidents(table, places, period=period)
    return hs.weekly_intensity(counts, season=False)


def place_id(column: int) -> str:
    """Give the id of a place of the first row."""
    return f"sq150-{int(WEST // 150) + column}-{int(SOUTH // 150)}"


class TestByHand:
    """Numbers that follow from the formulas."""

    def test_posterior(self) -> None:
        """With n incidents of dispersion 1 in T weeks the mean is (n + a) / (T + b)."""
        intensity = intensity_of(background(500, seed=1))
        row = intensity.places.iloc[7]
        rates = intensity.places["n"] / WEEKS
        noise = (intensity.places["dispersion"] * intensity.places["n"] / WEEKS**2).mean()
        between = max(rates.var(ddof=0) - noise, rates.mean() ** 2 * 1e-6)
        a, b = rates.mean() ** 2 / between, rates.mean() / between
        d = row["dispersion"]
        expected = (row["n"] / d + a) / (WEEKS / d + b)
        assert row["mean"] == pytest.approx(expected)
        assert row["shape"] / row["rate"] == pytest.approx(expected)

    def test_dispersion(self) -> None:
        """Forty calls in one of 364 nights have a variance of 40 − 40/364 times their mean."""
        one_night = at(0, pd.DatetimeIndex([MONDAY + pd.Timedelta(hours=21)] * 40))
        intensity = intensity_of(background(300, seed=2), one_night)
        alone = intensity.places.loc[place_id(0)]
        n = alone["n"]
        squares = 40**2 + (n - 40)
        assert alone["dispersion"] == pytest.approx(squares / n - n / 364, rel=0.03)

    def test_one_bad_night_does_not_lead(self) -> None:
        """Thirty calls on thirty nights are expected again, forty in one night are not."""
        one_night = at(0, pd.DatetimeIndex([MONDAY + pd.Timedelta(hours=21)] * 40))
        many = at(5, pd.date_range(MONDAY + pd.Timedelta(hours=21), periods=30, freq="11D"))
        intensity = intensity_of(background(300, seed=2), one_night, many)
        mean = intensity.places["mean"]
        assert mean[place_id(5)] > 1.5 * mean[place_id(0)]
        assert mean.idxmax() == place_id(5)

    def test_own_hours_are_followed(self) -> None:
        """A place whose forty calls came on Friday nights is expected to be busy then."""
        fridays = at(3, pd.date_range("2025-01-10 22:00", periods=40, freq="7D"))
        intensity = intensity_of(background(2000, seed=3), fridays)
        position = intensity.counts.places.index.get_loc(place_id(3))
        week = intensity.expected(np.array([position]))[0]
        assert int(week.argmax()) == 4 * 24 + 22
        assert week[4 * 24 + 22] > 0.5 * week.sum()
        weights = intensity.places["week_weight"]
        assert weights[place_id(3)] < 0.2 * weights.median()

    def test_ordinary_places_follow_their_area(self) -> None:
        """Where hours are the same everywhere, hardly a place gets hours of its own."""
        places = intensity_of(background(10_000, seed=4)).places
        own = places["n_timed"] / (places["n_timed"] + places["week_weight"])
        assert own.max() < 0.02

    def test_empty_context(self) -> None:
        """A ring of context without data, around the area, says nothing of the area's places."""
        inside = hs.make_grid(square_area(side=1500.0))
        wide = square_area(west=WEST - 600, side=2700.0)
        ring = hs.make_grid(wide).assign(is_context=True)
        ring = ring[~ring.index.isin(inside.index)]
        table = make_incidents(background(600, 1))
        period = (MONDAY, MONDAY + pd.Timedelta(weeks=WEEKS))
        places = [
            hs.weekly_intensity(hs.count_incidents(table, each, period=period)).places
            for each in (inside, pd.concat([inside, ring]))
        ]
        assert len(places[1]) > 2 * len(inside)
        pd.testing.assert_frame_equal(places[0], places[1].loc[inside.index])


class TestTogether:
    """Places whose hours are taken as one."""

    def test_by_hand(self) -> None:
        """Six places with twelve calls each on Fridays at 22:00 borrow less together than alone.

        The set has 72 nights in that hour; with k, what its area's week is worth to it, the share
        of the hour is (k q + 72) / (k + n), and q is next to nothing there.
        """
        fridays = pd.date_range("2025-01-10 22:00", periods=12, freq="28D")
        parts = [at(column, fridays) for column in range(6)]
        intensity = intensity_of(background(1500, seed=3), *parts)
        index = intensity.counts.places.index
        positions = index.get_indexer([place_id(column) for column in range(6)])
        alone = intensity.expected(positions).sum(axis=0)
        together = intensity.together(positions)
        assert together.sum() == pytest.approx(alone.sum())
        hour = 4 * 24 + 22
        assert together[hour] > alone[hour]
        n = intensity.places["n_timed"].iloc[positions].sum()
        own = intensity.own_hours_share(positions)
        k = n * (1 - own) / own
        assert intensity.week is not None
        q = intensity.week.iloc[0].to_numpy()[hour]
        ours = intensity._own[positions].sum(axis=0)[hour]
        assert together[hour] / together.sum() == pytest.approx((k * q + ours) / (k + n))

    def test_one_place_is_itself(self) -> None:
        """A set of one place has its hours, its share of own hours and its variance."""
        fridays = at(3, pd.date_range("2025-01-10 22:00", periods=40, freq="7D"))
        intensity = intensity_of(background(2000, seed=3), fridays)
        position = np.array([intensity.counts.places.index.get_loc(place_id(3))])
        assert intensity.together(position) == pytest.approx(intensity.expected(position)[0])
        row = intensity.places.iloc[position[0]]
        own = row["n_timed"] / (row["n_timed"] + row["week_weight"])
        assert intensity.own_hours_share(position) == pytest.approx(own)

    def test_variance_by_hand(self) -> None:
        """Chance, what is not known of the totals, and what is not known of the week."""
        fridays = at(3, pd.date_range("2025-01-10 22:00", periods=40, freq="7D"))
        intensity = intensity_of(background(2000, seed=3), fridays)
        position = np.array([intensity.counts.places.index.get_loc(place_id(3))])
        hours = np.arange(168) == 4 * 24 + 22
        row = intensity.places.iloc[position[0]]
        week = intensity.expected(position)[0]
        share = week[hours].sum() / week.sum()
        total = row["shape"] / row["rate"] ** 2
        unsure = share * (1 - share) / (row["week_weight"] + row["n_timed"] + 1)
        by_hand = row["dispersion"] * row["mean"] * share + total * share**2
        by_hand += (row["mean"] ** 2 + total) * unsure
        assert intensity.variance(position, hours) == pytest.approx(by_hand)

    def test_places_of_two_areas(self) -> None:
        """Their areas count by what is expected: with all k and no nights, by hand."""
        intensity = intensity_of(background(2000, seed=6))
        some = np.array([2, 5])
        assert intensity.week is not None
        ours = intensity.week.to_numpy()[0]
        other = np.roll(ours, 12)
        places = intensity.places.copy()
        places.iloc[5, places.columns.get_loc("area_id")] = "Z"
        week = pd.DataFrame([ours, other], index=[places["area_id"].iloc[0], "Z"])
        across = replace(intensity, places=places, week=week)
        mean = places["mean"].to_numpy()[some]
        base = (mean[0] * ours + mean[1] * other) / mean.sum()
        own = across.own_hours_share(some)
        nights = across._own[some].sum(axis=0)
        share = (1 - own) * base + own * nights / nights.sum()
        assert across.together(some) == pytest.approx(mean.sum() * share)

    def test_order_does_not_matter(self) -> None:
        """A set is a set."""
        intensity = intensity_of(background(2000, seed=6))
        some = np.array([3, 40, 7, 99])
        assert intensity.together(some) == pytest.approx(intensity.together(some[::-1]))
        hours = np.arange(168) < 24
        assert intensity.variance(some, hours) == pytest.approx(
            intensity.variance(some[::-1], hours)
        )

    def test_monthly(self) -> None:
        """Without weeks it is the sum."""
        x, y = middle(0)
        table = make_incidents([("2025-01-01", x, y)], time_precision="month", weight=10.0)
        intensity = hs.weekly_intensity(
            hs.count_incidents(table, hs.make_grid(square_area(side=300)))
        )
        some = np.array([0, 1])
        assert intensity.together(some).tolist() == [intensity.expected(some).sum()]


class TestEdges:
    """Nothing at all, one place, monthly data."""

    def test_no_incidents(self) -> None:
        """Without incidents next to nothing is expected, and nothing fails."""
        places = hs.make_grid(square_area(side=300))
        counts = hs.count_incidents(make_incidents([]), places, period=("2025-01-06", "2025-12-29"))
        intensity = hs.weekly_intensity(counts)
        assert (intensity.places["mean"] < 1e-3).all()
        assert np.isfinite(intensity.expected(np.arange(len(places)))).all()

    def test_one_place(self) -> None:
        """An area of one place keeps its own rate."""
        intensity = intensity_of(
            at(0, pd.date_range(MONDAY, periods=52, freq="7D") + pd.Timedelta(hours=20)), side=150
        )
        assert intensity.places["mean"].tolist() == pytest.approx([1.0], rel=1e-3)

    def test_monthly(self) -> None:
        """Monthly counts give a total for each place and no hours."""
        x, y = middle(0)
        table = make_incidents(
            [(f"2025-{month:02d}-01", x, y) for month in range(1, 13)],
            time_precision="month",
            weight=10.0,
        )
        counts = hs.count_incidents(table, hs.make_grid(square_area(side=1500)))
        intensity = hs.weekly_intensity(counts)
        assert intensity.week is None
        assert intensity.expected(np.arange(3)).shape == (3, 1)
        assert intensity.places["mean"].max() == pytest.approx(120 / (365 / 7), rel=0.05)


class TestRelations:
    """What must hold for any input."""

    @given(st.integers(0, 1000))
    def test_expected_is_kept(self, seed: int) -> None:
        """The hours of a place add up to its mean, and all places to about the count a week."""
        intensity = intensity_of(background(400, seed=seed, side=5), side=750)
        positions = np.arange(len(intensity.places))
        week = intensity.expected(positions)
        assert (week > 0).all()
        assert week.sum(axis=1) == pytest.approx(intensity.places["mean"].to_numpy())
        assert intensity.places["mean"].sum() == pytest.approx(400 / WEEKS, rel=0.05)

    def test_interval_covers(self) -> None:
        """Of next weeks drawn from the model, at least 90 % fall in the 90 % interval."""
        rng = np.random.default_rng(5)
        rates = rng.gamma(0.6, 1.0, 100)
        weekly = rng.poisson(rates[:, None] * np.ones(WEEKS))
        rows = [
            (MONDAY + pd.Timedelta(weeks=week, hours=int(rng.integers(0, 168))), place)
            for place in range(100)
            for week in range(WEEKS)
            for _ in range(weekly[place, week])
        ]
        frame = pd.DataFrame(rows, columns=["start", "place"])
        frame["x"] = WEST + 75 + 150 * (frame["place"] % 10)
        frame["y"] = SOUTH + 75 + 150 * (frame["place"] // 10)
        intensity = intensity_of(frame[["start", "x", "y"]])
        order = [
            f"sq150-{int(WEST // 150) + place % 10}-{int(SOUTH // 150) + place // 10}"
            for place in range(100)
        ]
        positions = intensity.counts.places.index.get_indexer(order)
        inside = []
        for place, position in enumerate(positions):
            mean = float(intensity.expected(np.array([position])).sum())
            variance = intensity.variance(np.array([position]), None)
            low, high = predictive_interval(mean, variance, 0.9)
            following = rng.poisson(rates[place], 50)
            inside.append(((following >= low) & (following <= high)).mean())
        assert 0.9 <= np.mean(inside) <= 0.985


def test_interval_by_hand() -> None:
    """Poisson with mean 2: P(0) = 0.135 and P(≤ 5) = 0.983, so the 90 % interval is 0–5."""
    assert predictive_interval(2.0, 2.0, 0.9) == (0, 5)
    assert predictive_interval(2.0, 1.0, 0.9) == (0, 5)
    low, high = predictive_interval(20.0, 60.0, 0.9)
    assert low < 10
    assert high > 30


def test_no_counts() -> None:
    """What is no counts is named."""
    wrong: Any = 3
    with pytest.raises(hs.InputError, match="Invalid counts 'int'. Must be Counts. Use hs.count_"):
        hs.weekly_intensity(wrong)


@pytest.mark.parametrize("hour", ["six", -1, 24, 6.5, None])
def test_no_hour(hour: Any) -> None:
    """What is no hour of the day cannot end a night."""
    counts = hs.count_incidents(
        make_incidents([("2025-06-02 20:00", WEST + 1, SOUTH + 1)]), hs.make_grid(square_area())
    )
    with pytest.raises(hs.InputError, match=f"Invalid night_ends '{hour}'. Must be an hour of"):
        hs.weekly_intensity(counts, night_ends=hour)
