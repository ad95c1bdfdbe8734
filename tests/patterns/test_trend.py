"""Emerging hot spots: by hand, at the edges, against known numbers, and their relations."""

import itertools
import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import hotspots as hs
from hotspots.areas import neighbours
from hotspots.errors import HotspotsWarning, InputError, MonthlyDataError
from hotspots.patterns import drawn_sums
from hotspots.patterns.breaks import BREAKS, eras_of
from hotspots.patterns.drawn_sums import pooled_tails
from hotspots.patterns.mann_kendall import mann_kendall
from hotspots.patterns.space_time import judge_cube, make_cube
from hotspots.patterns.surroundings import false_discovery_rates, normal_p
from hotspots.patterns.trend import CLASSES, name_categories
from tests.places import make_cells
from tests.scenes import SOUTH, WEST, make_incidents, square_area

H, C, N = "hot", "cold", "neither"


def frame_of(places: gpd.GeoDataFrame, values: np.ndarray, first: str = "2025-01") -> pd.DataFrame:
    """Put counts on places and months."""
    months = pd.period_range(first, periods=values.shape[1], freq="M")
    return pd.DataFrame(values, index=places.index, columns=months)


def noise(places: gpd.GeoDataFrame, n_steps: int = 12, seed: int = 1) -> pd.DataFrame:
    """Give independent counts of one mean."""
    values = np.random.default_rng(seed).poisson(1.0, (len(places), n_steps))
    return frame_of(places, values)


def category_of(steps: str, run: float = 0.0) -> str:
    """Name the category of one place: h for hot, c for cold, a dot for neither."""
    hot, cold = (np.array([[each == one for each in steps]]) for one in "hc")
    return str(name_categories(hot, cold, np.array([run]))[0])


class TestRules:
    """The published rules, each on a row of ten steps: h hot, c cold, a dot neither."""

    @pytest.mark.parametrize(
        ("steps", "run", "category"),
        [
            (".........h", 0, "new hot spot"),
            ("ccc......h", 0, "new hot spot"),  # new although once cold: no hot step before
            ("........hh", 0, "consecutive hot spot"),
            ("..hhhhhhhh", 0, "consecutive hot spot"),  # 80 %
            (".hhhhhhhhh", 0, "persistent hot spot"),  # one run, but 90 %
            (".hhhhhhhhh", 1, "intensifying hot spot"),
            ("h.hhhhhhhh", 1, "intensifying hot spot"),
            ("hhhhhhhhhh", -1, "diminishing hot spot"),
            ("hhhhhhhhhh", 0, "persistent hot spot"),
            ("h........h", 1, "sporadic hot spot"),
            ("h.hhhhhh.h", 0, "sporadic hot spot"),  # 80 %
            ("h..c.....h", 0, "oscillating hot spot"),
            ("hhhhhhhhh.", 0, "historical hot spot"),
            ("hhhhhhhhhc", 0, "historical hot spot"),
            ("hhhhhhhh..", 0, "no pattern"),
            ("..........", 1, "no pattern"),
            (".........c", 0, "new cold spot"),
            ("cccccccccc", -1, "intensifying cold spot"),  # ever fewer
            ("cccccccccc", 1, "diminishing cold spot"),
            ("h..c.....c", 0, "oscillating cold spot"),
            ("ccccccccc.", 0, "historical cold spot"),
            ("ccccccccch", 0, "new hot spot"),  # hot rules come first
        ],
    )
    def test_category(self, steps: str, run: float, category: str) -> None:
        """One place."""
        assert category_of(steps, run) == category

    @given(st.text("hc.", min_size=5, max_size=14), st.sampled_from([-1.0, 0.0, 1.0]))
    def test_last_step_decides(self, steps: str, run: float) -> None:
        """Hot at last is a hot class; hot and cold are mirrors; without hot or cold no pattern."""
        category = category_of(steps, run)
        if steps[-1] == "h":
            assert category.endswith("hot spot")
            assert not category.startswith("historical")
        elif steps[-1] == "c" and not category.startswith("historical hot"):
            assert category.endswith("cold spot")
        if category.startswith("historical"):
            assert steps[-1] != category.split()[1][0]
        if steps.strip(".") == "":
            assert category == "no pattern"
        mirror = category_of(steps.translate(str.maketrans("hc", "ch")), -run)
        if not ({"h", "c"} <= set(steps)):
            swapped = {"hot": "cold", "cold": "hot"}
            assert mirror == " ".join(swapped.get(word, word) for word in category.split())

    def test_all_classes_can_be_reached(self) -> None:
        """No rule hides another."""
        reached = {
            category_of("".join(steps), run)
            for steps in itertools.product("hc.", repeat=6)
            for run in (-1.0, 0.0, 1.0)
        }
        expected = {f"{name} {kind} spot" for name in CLASSES for kind in ("hot", "cold")}
        # Of six steps 90 % are six, which cannot be followed by another.
        gone = {"historical hot spot", "historical cold spot"}
        assert reached == (expected | {"no pattern"}) - gone


class TestMannKendall:
    """Known numbers, ties, eras."""

    @pytest.mark.parametrize(
        ("series", "s", "tau", "p"),
        [
            # n = 10, Var S = 125; reference values: S 17, −45 and 37.
            ((3, 4, 5, 6, 7, 8, 9, 1, 2, 10), 17, 0.378, 0.1524),
            (tuple(range(10, 0, -1)), -45, -1.0, 8.30e-5),
            ((2, 1, 4, 3, 6, 5, 8, 7, 9, 10), 37, 0.822, 0.00128),
        ],
    )
    def test_reference(self, series: tuple[int, ...], s: float, tau: float, p: float) -> None:
        """The values of the reference collection, from other programs."""
        found = mann_kendall(np.array([series], dtype=float), np.zeros(10, dtype=int))
        assert found.variance[0] == 125
        assert found.s[0] == s
        assert found.tau[0] == pytest.approx(tau, abs=5e-4)
        assert found.p[0] == pytest.approx(p, rel=4e-3)

    def test_ties_by_hand(self) -> None:
        """1 1 2 2 2: six pairs rise, four tie; 5·4·15 − 2·1·9 − 3·2·11 = 216, a twelfth… is 12."""
        found = mann_kendall(np.array([[1.0, 1.0, 2.0, 2.0, 2.0]]), np.zeros(5, dtype=int))
        assert (found.s[0], found.variance[0]) == (6, 216 / 18)
        assert found.tau[0] == pytest.approx(6 / 10)
        # z = 5 / √12 = 1.4434
        assert found.p[0] == pytest.approx(0.14892, abs=1e-5)

    def test_constant(self) -> None:
        """Nothing changes: no trend, for sure."""
        found = mann_kendall(np.full((1, 12), 3.0), np.zeros(12, dtype=int))
        assert (found.s[0], found.tau[0], found.p[0]) == (0, 0, 1)

    def test_eras_by_hand(self) -> None:
        """A jump between two level sides is a trend, and none within the sides."""
        series = np.array([[1.0, 2.0, 1.0, 2.0, 9.0, 8.0, 9.0, 8.0]])
        eras = np.array([0, 0, 0, 0, 1, 1, 1, 1])
        # Within: 1 2 1 2 has S = 1 + 0 + 1 − 1 + 0 + 1 = 2, and 9 8 9 8 has −2.
        assert mann_kendall(series, np.zeros(8, dtype=int)).s[0] == 16
        split = mann_kendall(series, eras)
        assert split.s[0] == 0
        alone = [mann_kendall(series[:, part], eras[part]) for part in (slice(4), slice(4, 8))]
        assert split.variance[0] == sum(each.variance[0] for each in alone)
        assert [each.s[0] for each in alone] == [2, -2]

    @given(st.lists(st.integers(0, 4), min_size=2, max_size=15), st.integers(1, 50))
    def test_relations(self, series: list[int], scale: int) -> None:
        """Backwards turns the sign; what keeps the order changes nothing."""
        values, eras = np.array([series], dtype=float), np.zeros(len(series), dtype=int)
        one, back = mann_kendall(values, eras), mann_kendall(values[:, ::-1], eras)
        more = mann_kendall(values * scale + 7, eras)
        assert one.s[0] == -back.s[0]
        assert (one.s[0], one.p[0], one.variance[0]) == (more.s[0], more.p[0], more.variance[0])
        assert 0 < one.p[0] <= 1
        assert abs(one.tau[0]) <= 1


class TestPooledTails:
    """Sums of values drawn from all of them."""

    def test_every_choice(self) -> None:
        """The tails are those of going through every choice."""
        values = np.array([0, 0, 1, 1, 3, 5, 0])
        sums, sizes = np.array([0, 1, 4, 6, 9, 10]), np.array([1, 2, 3, 4, 5, 7])
        tails = pooled_tails(values, sizes, sums)
        assert tails is not None
        for at, (k, s) in enumerate(zip(sizes, sums, strict=True)):
            all_sums = np.array([sum(some) for some in itertools.combinations(values, int(k))])
            assert tails[0][at] == pytest.approx((all_sums >= s).mean())
            assert tails[1][at] == pytest.approx((all_sums <= s).mean())

    def test_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What would take too long is not begun; the verb says so and takes the normal p."""
        places = make_cells(5, 5)
        table = noise(places)
        exact = hs.classify_trend(table, places)
        monkeypatch.setattr(drawn_sums, "_MOST_ENTRIES", 1)
        with pytest.warns(HotspotsWarning, match="too large to work p out"):
            normal = hs.classify_trend(table, places)
        assert normal["last_p"].corr(exact["last_p"]) > 0.98
        assert normal["last_z"].tolist() == exact["last_z"].tolist()
        monkeypatch.setattr(drawn_sums, "_MOST_ENTRIES", 10**9)
        monkeypatch.setattr(drawn_sums, "_MOST_STEPS", 1)
        with pytest.warns(HotspotsWarning, match="too large to work p out"):
            hs.classify_trend(table, places)


class TestByHand:
    """Small cubes, every number known."""

    def test_z_and_p(self) -> None:
        """Two squares, two months of five: n = 10 bins, one of 3 and nine zeros."""
        places = make_cells(2, 1)
        values = np.zeros((2, 5), dtype=int)
        values[0, 4] = 3
        cube = make_cube(frame_of(places, values), places, "month", None, None)
        found = judge_cube(cube, neighbours(places), 1, np.zeros(5, dtype=int))
        # The last neighbourhood has both squares and two months: m = 4, S = 3.
        # x̄ = 0.3, s² = 0.9 − 0.09 = 0.81; z = (3 − 1.2) / (0.9 √(4 · 6 / 9)).
        assert found.z[0, 4] == pytest.approx(1.8 / (0.9 * np.sqrt(24 / 9)))
        # 3 is among four of ten with 0.4; two-sided 0.8.
        assert found.p[0, 4] == pytest.approx(0.8)
        # The first month has no month before: m = 2, S = 0, at least with 1, at most with 0.8.
        assert found.z[0, 0] == pytest.approx(-0.6 / (0.9 * np.sqrt(2 * 8 / 9)))
        assert found.p[0, 0] == pytest.approx(1.0)
        assert found.step_sums.tolist() == [[0, 0, 0, 0, 3]] * 2

    def test_previous_steps(self) -> None:
        """Counts of the months before are in the neighbourhood, as many as are asked for."""
        places = make_cells(9, 1)
        values = np.zeros((9, 6), dtype=int)
        values[1, 2] = 4
        cube = make_cube(frame_of(places, values), places, "month", None, None)
        for n_previous, steps in ((0, [2]), (1, [2, 3]), (2, [2, 3, 4]), (9, [2, 3, 4, 5])):
            found = judge_cube(cube, neighbours(places), n_previous, np.zeros(6, dtype=int))
            assert np.flatnonzero(found.z[1] > 0).tolist() == steps

    def test_z_agrees_with_getis_ord(self) -> None:
        """With one step before and one step in all, Gi* through time is Gi*."""
        places = make_cells(6, 5)
        values = np.random.default_rng(2).poisson(1.5, 30)
        cube = make_cube(frame_of(places, values[:, None]), places, "month", None, None)
        found = judge_cube(cube, neighbours(places), 1, np.zeros(1, dtype=int))
        alone = hs.getis_ord(pd.Series(values, index=places.index), places)
        assert found.z[:, 0] == pytest.approx(alone["z"].to_numpy())

    def test_planted(self) -> None:
        """A place that turns hot, one that was hot, one that grows: each has its class."""
        places = make_cells(30, 20)
        values = np.random.default_rng(3).poisson(0.5, (600, 12))
        near = neighbours(places).toarray() + np.eye(600, dtype=bool)
        more = {155: np.eye(12)[11] * 9, 170: np.repeat([0, 9], [8, 4])}
        more |= {425: 6 + 2 * np.arange(12), 440: np.repeat([9, 0], [10, 2])}
        for place, planted in more.items():
            values[near[place]] += planted.astype(int)
        found = hs.classify_trend(frame_of(places, values), places)
        category = found["category"]
        assert category["c155"] == "new hot spot"
        assert category["c170"] == "consecutive hot spot"
        assert category["c425"] == "intensifying hot spot"
        # Hot for ten months and, by the month before, the eleventh: 11 of 12 and not the last.
        assert category["c440"] == "historical hot spot"
        assert found.loc["c155", ["share_hot", "last_is_hot", "n_steps"]].tolist() == [
            1 / 12,
            True,
            12,
        ]
        assert found.loc["c425", "trend_tau"] > 0.9
        assert found.loc["c425", "trend_p"] < 1e-4
        is_far = ~near[:, near[list(more)].any(axis=0)].any(axis=1)
        assert (category[is_far] == "no pattern").mean() > 0.98

    def test_rates_are_over_all_bins(self) -> None:
        """The last q is the Benjamini–Hochberg rate over all places and steps."""
        places = make_cells(6, 6)
        table = noise(places)
        cube = make_cube(table, places, "month", None, None)
        p = judge_cube(cube, neighbours(places), 1, np.zeros(12, dtype=int)).p
        order = np.sort(p.ravel())
        q = np.minimum.accumulate((order * p.size / np.arange(1, p.size + 1))[::-1])[::-1]
        expected = np.minimum(q[np.searchsorted(order, p[:, -1], side="right") - 1], 1)
        found = hs.classify_trend(table, places)
        assert found["last_q"].to_numpy() == pytest.approx(expected)

    @pytest.mark.parametrize("alpha", [0.001, 0.05, 0.3])
    @pytest.mark.parametrize("trend_of", ["counts", "shares"])
    def test_every_column(self, alpha: float, trend_of: str) -> None:
        """Each column from the cube itself, at three levels, with hot and cold places."""
        places = make_cells(20, 8)
        means = np.repeat([0.3, 4.0, 9.0, 4.0], 5)[np.arange(160) % 20][:, None]
        lines = np.where(np.arange(160) < 80, 0.05, -0.05)[:, None] * np.arange(12)
        values = np.random.default_rng(4).poisson(means * (1 + lines))
        table = frame_of(places, values)
        found = hs.classify_trend(table, places, alpha=alpha, trend_of=trend_of)
        era = np.zeros(12, dtype=int)
        bins = judge_cube(make_cube(table, places, "month", None, None), neighbours(places), 1, era)
        q = stats.false_discovery_control(bins.p.ravel()).reshape(bins.p.shape)
        hot, cold = (q <= alpha) & (bins.z > 0), (q <= alpha) & (bins.z < 0)
        for name, is_out in (("hot", hot), ("cold", cold)):
            assert found[f"share_{name}"].tolist() == pytest.approx(is_out.mean(axis=1).tolist())
            assert found[f"last_is_{name}"].tolist() == is_out[:, -1].tolist()
            assert is_out[:, -1].any() != is_out[:, -1].all()
        assert found["n"].tolist() == values.sum(axis=1).tolist()
        assert found["n_last"].tolist() == values[:, -1].tolist()
        total = values.sum(axis=0) if trend_of == "shares" else 1
        trends = mann_kendall(bins.step_sums / total, era)
        assert found["trend_p"].tolist() == pytest.approx(trends.p.tolist())
        rates = stats.false_discovery_control(trends.p)
        assert found["trend_q"].tolist() == pytest.approx(rates.tolist())
        assert (found["trend_q"] > found["trend_p"]).any()
        runs = np.where(trends.p <= alpha, np.sign(trends.s), 0)
        assert found["category"].tolist() == name_categories(hot, cold, runs).tolist()
        at_five = np.where(trends.p <= 0.05, np.sign(trends.s), 0)
        as_at_five = name_categories(hot, cold, at_five).tolist() == found["category"].tolist()
        assert as_at_five == (alpha == 0.05)

    def test_shares(self) -> None:
        """A season that is everywhere is a trend of counts and none of shares."""
        places = make_cells(8, 8)
        base = np.random.default_rng(5).integers(1, 9, 64)
        table = frame_of(places, base[:, None] * np.arange(1, 13)[None, :])
        by_count = hs.classify_trend(table, places)
        by_share = hs.classify_trend(table, places, trend_of="shares")
        assert (by_count["trend_tau"] == 1).all()
        assert (by_share["trend_tau"].abs() < 1e-12).all()
        assert (by_share["trend_p"] == 1).all()


class TestBreaks:
    """The days on which recording changed."""

    def test_days(self) -> None:
        """The recording standard, the lockdown and CONNECT."""
        days = [str(each.day.date()) for each in BREAKS]
        assert days == ["2011-04-01", "2020-03-23", "2024-02-28"]

    def test_eras(self) -> None:
        """A month belongs to the side on which most of it lies; a week that begins there is new."""
        months = pd.period_range("2020-02", "2020-04", freq="M")
        assert eras_of(months.start_time, (months + 1).start_time).tolist() == [1, 1, 2]
        weeks = pd.DatetimeIndex(["2024-02-21", "2024-02-28"])
        assert eras_of(weeks, weeks + pd.Timedelta(days=7)).tolist() == [2, 3]
        inside = pd.DatetimeIndex(["2024-02-23", "2024-02-26"])
        assert eras_of(inside, inside + pd.Timedelta(days=7)).tolist() == [2, 3]

    @pytest.mark.parametrize(
        ("first", "words"), [("2010-10", "2011"), ("2019-10", "lockdown"), ("2023-09", "CONNECT")]
    )
    def test_warning(self, first: str, words: str) -> None:
        """A period that spans one is warned of, by name and with the remedy."""
        places = make_cells(5, 5)
        table = noise(places).set_axis(pd.period_range(first, periods=12, freq="M"), axis=1)
        with pytest.warns(HotspotsWarning, match=f"{words}.*breaks='split', or since="):
            hs.classify_trend(table, places)

    def test_split(self) -> None:
        """A jump at a break is a trend with a warning, and none if the sides are kept apart."""
        places = make_cells(6, 6)
        table = noise(places, 24)
        table.iloc[:, 12:] += 5
        table.columns = pd.period_range("2023-03", periods=24, freq="M")
        with pytest.warns(HotspotsWarning, match="CONNECT"):
            across = hs.classify_trend(table, places)
        split = hs.classify_trend(table, places, breaks="split")
        assert (across["trend_p"] <= 0.05).all()
        assert (split["trend_p"] <= 0.05).mean() < 0.2
        assert (across["last_z"] > 0).all()
        assert split["last_z"].abs().mean() < 2

    def test_split_keeps_neighbourhoods_apart(self) -> None:
        """The first month after a break has none before it, and is judged by its own side."""
        places = make_cells(6, 6)
        values = np.random.default_rng(8).poisson(1.0, (36, 12))
        table = frame_of(places, values, "2023-09")
        cube = make_cube(table, places, "month", None, None)
        assert cube.eras.tolist() == [2] * 6 + [3] * 6
        both = judge_cube(cube, neighbours(places), 1, cube.eras)
        later = make_cube(table, places, "month", "2024-03-01", None)
        alone = judge_cube(later, neighbours(places), 1, np.zeros(6, dtype=int))
        assert both.z[:, 6:].tolist() == alone.z.tolist()
        assert both.p[:, 6:].tolist() == alone.p.tolist()

    def test_since_and_until(self) -> None:
        """One side of a break is the frame without the other, and needs no warning."""
        places = make_cells(5, 5)
        table = noise(places, 24).set_axis(pd.period_range("2023-03", periods=24, freq="M"), axis=1)
        since = hs.classify_trend(table, places, since="2024-03-01")
        until = hs.classify_trend(table, places, until=pd.Timestamp("2024-03-01"))
        pd.testing.assert_frame_equal(since, hs.classify_trend(table.iloc[:, 12:], places))
        pd.testing.assert_frame_equal(until, hs.classify_trend(table.iloc[:, :12], places))
        # A day later, March 2024 does not lie behind it as a whole.
        later = hs.classify_trend(table, places, since="2024-03-02")
        assert later["n_steps"].iloc[0] == 11


def calls_of(days: pd.DatetimeIndex, n: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Give calls at random in nine squares of 150 m."""
    chance = np.random.default_rng(seed)
    start = chance.choice(days.to_numpy(), n) + chance.integers(0, 1440, n).astype("m8[m]")
    xy = np.array([WEST, SOUTH]) + chance.uniform(0, 450, (n, 2))
    rows = pd.DataFrame({"start": pd.Series(start), "x": xy[:, 0], "y": xy[:, 1]})
    return make_incidents(rows)


class TestEdges:
    """Months in part, gaps, weeks, and what is all alike."""

    def test_counts_and_frame_agree(self) -> None:
        """Counts and a frame of them give the same."""
        places = hs.make_grid(square_area(side=450.0))
        calls = calls_of(pd.date_range("2025-01-01", "2025-12-31"), 2000)
        counts = hs.count_incidents(calls, places, period=("2025-01-01", "2026-01-01"))
        frame = pd.DataFrame(counts.by("month").toarray(), places.index, counts.months)
        found = hs.classify_trend(counts, places)
        pd.testing.assert_frame_equal(found, hs.classify_trend(frame, places))
        assert found["n"].sum() == 2000
        dated = frame.set_axis(frame.columns.start_time, axis=1)
        pd.testing.assert_frame_equal(found, hs.classify_trend(dated, places))

    def test_month_in_part(self) -> None:
        """A month that is not whole is left out with a warning."""
        places = hs.make_grid(square_area(side=450.0))
        calls = calls_of(pd.date_range("2025-01-01", "2025-12-31"), 2000)
        counts = hs.count_incidents(calls, places, period=("2025-01-15", "2025-12-08"))
        with pytest.warns(HotspotsWarning, match="covers 2025-01 and 2025-12 in part"):
            found = hs.classify_trend(counts, places)
        assert found["n_steps"].unique().tolist() == [10]

    def test_missing_month(self, caplog: pytest.LogCaptureFixture) -> None:
        """A month without data is no month of zeros, and the next has none before it."""
        places = hs.make_grid(square_area(side=450.0))
        calls = calls_of(pd.date_range("2025-01-01", "2025-12-31"), 3000)
        calls = calls[calls["start"].dt.month != 4]
        period = ("2025-01-01", "2026-01-01")
        gap = pd.PeriodIndex(["2025-04"], freq="M")
        counts = hs.count_incidents(calls, places, period=period, missing=gap)
        with caplog.at_level(logging.INFO):
            found = hs.classify_trend(counts, places)
        assert found["n_steps"].iloc[0] == 11
        assert "steps are missing" in caplog.text
        cube = make_cube(counts, places, "month", None, None)
        whole = judge_cube(cube, neighbours(places), 1, np.zeros(11, dtype=int))
        alone = judge_cube(cube, neighbours(places), 0, np.zeros(11, dtype=int))
        assert whole.z[:, 3].tolist() == alone.z[:, 3].tolist()  # May
        assert whole.z[:, 4].tolist() != alone.z[:, 4].tolist()
        # Nobody said so, but nobody at all reported anything then: it is no month of zeros either.
        unsaid = hs.count_incidents(calls, places, period=period)
        with pytest.warns(HotspotsWarning, match="Nobody reported anything in 2025-04: left out"):
            pd.testing.assert_frame_equal(found, hs.classify_trend(unsaid, places))
        # Who knows better gives the numbers themselves.
        zeros = pd.DataFrame(unsaid.by("month").toarray(), places.index, unsaid.months)
        assert hs.classify_trend(zeros, places)["n_steps"].iloc[0] == 12

    def test_quiet_month(self) -> None:
        """A month in which these places had none, but others had, is a month of zeros."""
        places = hs.make_grid(square_area(side=450.0))
        calls = calls_of(pd.date_range("2025-01-01", "2025-12-31"), 3000)
        is_april = calls["start"].dt.month == 4
        far = calls.geometry.where(~is_april, calls.geometry.translate(9000, 0))
        counts = hs.count_incidents(
            calls.set_geometry(far), places, period=("2025-01-01", "2026-01-01")
        )
        found = hs.classify_trend(counts, places)
        assert found["n_steps"].iloc[0] == 12
        assert found["n"].sum() == 3000 - is_april.sum()

    def test_weeks(self) -> None:
        """Weeks end with the period; days at its start that fill no week are left out."""
        places = hs.make_grid(square_area(side=450.0))
        calls = calls_of(pd.date_range("2025-01-01", "2025-03-31"), 1500)
        counts = hs.count_incidents(calls, places, period=("2025-01-01", "2025-04-01"))
        cube = make_cube(counts, places, "week", None, None)
        # 90 days are twelve weeks and six days.
        assert cube.starts[0] == pd.Timestamp("2025-01-07")
        assert cube.starts[-1] == pd.Timestamp("2025-03-25")
        day = calls["start"].dt.tz_localize(None)
        last = day >= pd.Timestamp("2025-03-25")
        assert cube.counts[:, -1].sum() == last.sum()
        assert cube.counts.sum() == (day >= pd.Timestamp("2025-01-07")).sum()
        found = hs.classify_trend(counts, places, step="week")
        assert found["n_steps"].iloc[0] == 12
        frame = pd.DataFrame(cube.counts, places.index, cube.starts)
        pd.testing.assert_frame_equal(found, hs.classify_trend(frame, places, step="week"))

    def test_weeks_without_data(self) -> None:
        """Weeks that touch a month without data are left out."""
        places = hs.make_grid(square_area(side=450.0))
        calls = calls_of(pd.date_range("2025-01-01", "2025-03-31"), 1500)
        gap = pd.PeriodIndex(["2025-02"], freq="M")
        period = ("2025-01-01", "2025-04-01")
        counts = hs.count_incidents(calls, places, period=period, missing=gap)
        cube = make_cube(counts, places, "week", None, None)
        # Three whole weeks in January (from the 7th) and four in March (from the 4th).
        assert len(cube.starts) == 7
        assert np.diff(cube.numbers).tolist() == [1, 1, 6, 1, 1, 1]
        # The same if nobody said so; both weeks that touch February lack a part of their data.
        silent = calls[calls["start"].dt.month != 2]
        unsaid = hs.count_incidents(silent, places, period=period)
        with pytest.warns(HotspotsWarning, match="Nobody reported anything in the weeks of 2025-0"):
            again = make_cube(unsaid, places, "week", None, None)
        assert again.starts.equals(cube.starts)
        assert again.counts.tolist() == cube.counts.tolist()
        # What is said to be missing is not warned of.
        said = hs.count_incidents(silent, places, period=period, missing=gap)
        assert make_cube(said, places, "week", None, None).starts.equals(cube.starts)

    def test_silent_week(self) -> None:
        """A week in which nobody reported anything is left out; a quiet start of a month is not."""
        places = hs.make_grid(square_area(side=450.0))
        calls = calls_of(pd.date_range("2025-01-01", "2025-03-31"), 1500)
        day = calls["start"].dt.tz_localize(None)
        # Weeks before 2 April end on Tuesdays; nobody called on 1 April, the last day.
        is_lost = (day >= pd.Timestamp("2025-02-12")) & (day < pd.Timestamp("2025-02-19"))
        counts = hs.count_incidents(calls[~is_lost], places, period=("2025-01-01", "2025-04-02"))
        with pytest.warns(HotspotsWarning, match="the weeks of 2025-02-12: left out"):
            cube = make_cube(counts, places, "week", None, None)
        assert np.diff(cube.numbers).tolist() == [1] * 5 + [2] + [1] * 5
        assert cube.starts[-1] == pd.Timestamp("2025-03-26")

    def test_all_in_one_place(self) -> None:
        """One place has everything: two of twelve bins near each other are little, four a lot."""
        places = make_cells(12, 12)
        values = np.zeros((144, 12), dtype=int)
        values[6 * 12 + 6] = 5
        table = frame_of(places, values)
        assert (hs.classify_trend(table, places)["category"] == "no pattern").all()
        found = hs.classify_trend(table, places, n_previous=3)
        assert found["last_is_hot"].sum() == 9
        assert (found.loc[~found["last_is_hot"], "category"] == "no pattern").all()

    def test_place_without_neighbours(self) -> None:
        """It is judged by itself alone."""
        places = pd.concat([make_cells(4, 4), make_cells(20, 1).iloc[[19]]])
        places.loc["c19", ["column", "row"]] = [19, 9]
        values = np.random.default_rng(1).poisson(1.0, (17, 12))
        values[16] = 9
        near = neighbours(places)
        assert near.toarray()[16].sum() == 0
        cube = make_cube(frame_of(places, values), places, "month", None, None)
        found = judge_cube(cube, near, 1, np.zeros(12, dtype=int))
        assert found.step_sums[16].tolist() == [9] * 12
        # Two of twelve nines of 204 bins: 2 · (12 · 11) / (204 · 203).
        assert found.p[16, 1:] == pytest.approx(2 * 12 * 11 / (204 * 203))

    def test_few_steps(self) -> None:
        """Under ten steps are warned of, under five refused."""
        places = make_cells(4, 4)
        with pytest.warns(HotspotsWarning, match="There are 6 steps"):
            hs.classify_trend(noise(places, 6), places)
        with pytest.raises(InputError, match="Invalid number of steps '4'. Must be at least 5"):
            hs.classify_trend(noise(places, 4), places)

    def test_lacking_rows(self, caplog: pytest.LogCaptureFixture) -> None:
        """A place without a row has none, which is said."""
        places = make_cells(5, 5)
        table = noise(places)
        table.iloc[3:] = 0
        with caplog.at_level(logging.INFO):
            found = hs.classify_trend(table.iloc[:3], places)
        assert "22 places without a row count as 0" in caplog.text
        pd.testing.assert_frame_equal(found, hs.classify_trend(table, places))


class TestRelations:
    """What must not matter, and what must."""

    @settings(max_examples=20)
    @given(st.integers(0, 10_000))
    def test_order_of_rows(self, seed: int) -> None:
        """The order of rows, and of places, does not matter; nothing is changed."""
        places = make_cells(6, 5)
        table = noise(places, seed=seed)
        before = table.copy()
        found = hs.classify_trend(table, places)
        order = np.random.default_rng(seed).permutation(30)
        pd.testing.assert_frame_equal(found, hs.classify_trend(table.iloc[order], places))
        moved = hs.classify_trend(table, places.iloc[order])
        pd.testing.assert_frame_equal(found, moved.loc[found.index])
        pd.testing.assert_frame_equal(before, table)
        assert found["last_p"].between(0, 1, inclusive="right").all()
        assert found["trend_p"].between(0, 1, inclusive="right").all()
        assert (found["last_q"] >= found["last_p"] - 1e-12).all()

    def test_radius(self) -> None:
        """A radius over edges and corners is adjacency."""
        places = make_cells(6, 5)
        table = noise(places)
        near = hs.classify_trend(table, places, radius=142)
        pd.testing.assert_frame_equal(near, hs.classify_trend(table, places))

    def test_weights_are_repetition(self) -> None:
        """A row that stands for three is three rows."""
        places = hs.make_grid(square_area(side=450.0))
        calls = calls_of(pd.date_range("2025-01-01", "2025-12-31"), 500)
        period = ("2025-01-01", "2026-01-01")
        heavy = hs.count_incidents(calls.assign(weight=3.0), places, period=period)
        often = pd.concat([calls.set_axis(calls.index + suffix) for suffix in "abc"])
        many = hs.count_incidents(often, places, period=period)
        pd.testing.assert_frame_equal(
            hs.classify_trend(heavy, places), hs.classify_trend(many, places)
        )

    def test_level(self) -> None:
        """Of independent counts few bins are hot or cold, and 5 in 100 trends are false at most."""
        places = make_cells(20, 20)
        shares, trends = [], []
        for seed in range(10):
            found = hs.classify_trend(noise(places, seed=seed), places)
            shares.append((found["last_p"] <= 0.05).mean())
            trends.append((found["trend_p"] <= 0.05).mean())
        assert 0.02 < np.mean(shares) < 0.06
        assert 0.02 < np.mean(trends) < 0.06


class TestMessages:
    """What is wrong, and what to type instead."""

    def test_coordinate_system(self) -> None:
        """Places in degrees."""
        places = make_cells(3, 3)
        with pytest.raises(InputError, match="Invalid coordinate system 'EPSG:4326'"):
            hs.classify_trend(noise(places), places.to_crs("EPSG:4326"))

    def test_monthly_weeks(self) -> None:
        """Weeks of monthly data."""
        places = hs.make_grid(square_area(side=450.0))
        calls = make_incidents(
            [("2025-01-01", WEST + 75, SOUTH + 75), ("2025-12-01", WEST + 75, SOUTH + 75)],
            time_precision="month",
        )
        counts = hs.count_incidents(calls, places)
        with pytest.raises(MonthlyDataError, match="steps of a week.*Use step='month'"):
            hs.classify_trend(counts, places, step="week")

    def test_some_monthly_weeks(self) -> None:
        """Weeks of counts of which a few rows are known only to the month."""
        places = hs.make_grid(square_area(side=450.0))
        calls = calls_of(pd.date_range("2025-01-01", "2025-12-31"), 300)
        calls.loc[calls.index[:90], "time_precision"] = "month"
        counts = hs.count_incidents(calls, places, period=("2025-01-01", "2026-01-01"))
        assert counts.tier == "timed"
        with pytest.raises(MonthlyDataError, match="of 90 rows these counts know only the month"):
            hs.classify_trend(counts, places, step="week")
        assert hs.classify_trend(counts, places)["n_steps"].iloc[0] == 12

    def test_other_places(self) -> None:
        """Counts of other places."""
        places = make_cells(3, 3)
        table = noise(places).rename(index={"c0": "x0"})
        with pytest.raises(InputError, match=r"counts of 1 places that are not there \(x0\)"):
            hs.classify_trend(table, places)
        twice = noise(places).rename(index={"c0": "c1"})
        with pytest.raises(InputError, match="Invalid counts 'c1'. Must be by places, each once"):
            hs.classify_trend(twice, places)

    @pytest.mark.parametrize("value", [0.5, -1, np.nan, np.inf])
    def test_no_counts(self, value: float) -> None:
        """Shares of incidents, negative and missing numbers."""
        places = make_cells(3, 3)
        table = noise(places).astype(float)
        table.iloc[2, 3] = value
        with pytest.raises(InputError, match="Must be whole numbers of at least 0"):
            hs.classify_trend(table, places)

    def test_text(self) -> None:
        """Counts that are text."""
        places = make_cells(3, 3)
        with pytest.raises(InputError, match="Invalid counts 'text'"):
            hs.classify_trend(noise(places).astype(str), places)

    def test_all_alike(self) -> None:
        """Nothing varies."""
        places = make_cells(3, 3)
        with pytest.raises(InputError, match="each place has 2 in each step"):
            hs.classify_trend(frame_of(places, np.full((9, 12), 2)), places)

    def test_side_of_zeros(self) -> None:
        """One side of a break is empty: which, and what to do."""
        places = make_cells(6, 6)
        table = noise(places, 24).set_axis(pd.period_range("2023-03", periods=24, freq="M"), axis=1)
        table.iloc[:, 12:] = 0
        with pytest.raises(
            InputError, match="0 in each step from 2024-03-01 to 2025-02-01.*until='2024-03-01'"
        ):
            hs.classify_trend(table, places, breaks="split")
        table = table.iloc[:, ::-1].set_axis(table.columns, axis=1)
        with pytest.raises(
            InputError, match="0 in each step from 2023-03-01 to 2024-02-01.*since='2024-03-01'"
        ):
            hs.classify_trend(table, places, breaks="split")

    def test_one_place(self) -> None:
        """A place without any other."""
        places = make_cells(1, 1)
        with pytest.raises(InputError, match="Must be at least two"):
            hs.classify_trend(noise(places), places)

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            (range(12), "Must be months or dates"),
            (pd.date_range("2025-01-02", periods=12, freq="MS") + pd.Timedelta(days=1), "step='we"),
            (pd.period_range("2025-01", periods=12, freq="M")[::-1], "the earliest first"),
            (pd.period_range("2016Q1", periods=12, freq="Q"), "Invalid columns '3 months apart'"),
            (pd.period_range("2005", periods=12, freq="Y"), "Invalid columns '12 months apart'"),
            (pd.date_range("2024-07-01", periods=12, freq="2MS"), "'2 months apart'. Must be mont"),
        ],
    )
    def test_columns(self, columns: object, message: str) -> None:
        """Columns that are not months in order."""
        places = make_cells(3, 3)
        with pytest.raises(InputError, match=message):
            hs.classify_trend(noise(places).set_axis(columns, axis=1), places)

    def test_uneven_weeks(self) -> None:
        """Weeks that are not seven days apart."""
        places = make_cells(3, 3)
        days = pd.date_range("2025-01-06", periods=12, freq="6D")
        with pytest.raises(InputError, match="whole weeks apart"):
            hs.classify_trend(noise(places).set_axis(days, axis=1), places, step="week")
        days = pd.date_range("2025-01-06", periods=12, freq="14D")
        with pytest.raises(InputError, match="Invalid columns '2 weeks apart'. Must be weeks"):
            hs.classify_trend(noise(places).set_axis(days, axis=1), places, step="week")

    @pytest.mark.parametrize(
        ("option", "message"),
        [
            ({"n_previous": -1}, "Invalid n_previous '-1'"),
            ({"n_previous": True}, "Invalid n_previous 'True'"),
            ({"trend_of": "z"}, "Must be one of counts, shares"),
            ({"breaks": "ignore"}, "Must be one of warn, split"),
            ({"alpha": 0}, "Invalid alpha '0'"),
            ({"alpha": "x"}, "Invalid alpha 'x'. Must be a number above 0"),
            ({"alpha": None}, "Invalid alpha 'None'"),
            ({"step": "day"}, "Must be 'month' or 'week'"),
            ({"since": "then"}, "Invalid since 'then'. Must be a date"),
            ({"until": pd.NaT}, "Invalid until 'NaT'"),
            ({"radius": -3}, "Invalid radius '-3'"),
        ],
    )
    def test_options(self, option: dict[str, object], message: str) -> None:
        """Options out of their range."""
        places = make_cells(3, 3)
        with pytest.raises(InputError, match=message):
            hs.classify_trend(noise(places), places, **option)

    def test_no_counts_at_all(self) -> None:
        """A path instead of counts."""
        with pytest.raises(InputError, match="Use hs.count_incidents"):
            hs.classify_trend("counts.csv", make_cells(3, 3))


@pytest.fixture(scope="module")
def year(shared_data: Path) -> tuple[hs.Counts, gpd.GeoDataFrame]:
    """Give the counts of the hexagon year and the squares."""
    path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
    places = hs.make_grid(hs.load_boroughs(city=True), cell_size=250)
    return hs.count_incidents(hs.read_incidents(path).incidents, places), places


@pytest.mark.acceptance
class TestLondon:
    """The hexagon year in squares of 250 m: what the page on trends says."""

    @pytest.mark.parametrize(
        ("trend_of", "intensifying", "persistent", "diminishing", "least_q", "n_trends"),
        [("counts", 14, 682, 187, 0.38, 209), ("shares", 96, 738, 49, 0.57, 147)],
    )
    def test_classes(
        self,
        year: tuple[hs.Counts, gpd.GeoDataFrame],
        trend_of: str,
        intensifying: int,
        persistent: int,
        diminishing: int,
        least_q: float,
        n_trends: int,
    ) -> None:
        """How many squares are in each class, and that no single trend is proved."""
        found = hs.classify_trend(*year, trend_of=trend_of)
        assert (len(found), found["n"].sum()) == (26_108, 236_099)
        assert found["category"].value_counts().to_dict() == {
            "new hot spot": 54,
            "consecutive hot spot": 74,
            "intensifying hot spot": intensifying,
            "persistent hot spot": persistent,
            "diminishing hot spot": diminishing,
            "sporadic hot spot": 629,
            "historical hot spot": 14,
            "new cold spot": 121,
            "consecutive cold spot": 383,
            "persistent cold spot": 2801,
            "sporadic cold spot": 1405,
            "no pattern": 19_744,
        }
        is_hot = found["category"].str.endswith("hot spot")
        assert is_hot.sum() == 1654
        assert found.loc[is_hot, "n"].sum() / found["n"].sum() == pytest.approx(0.34, abs=0.005)
        assert found["trend_q"].min() == pytest.approx(least_q, abs=0.005)
        is_mostly = found["share_hot"] >= 0.9
        assert is_mostly.sum() == 897
        assert (found.loc[is_mostly, "trend_p"] <= 0.05).sum() == n_trends
        new = found[found["category"] == "new hot spot"]
        assert new["last_q"].between(0.019, 0.05).all()
        assert new["n_last"].median() == 2

    def test_by_z(self, year: tuple[hs.Counts, gpd.GeoDataFrame]) -> None:
        """By the p of z 2,281 squares would be hot at last, and none cold."""
        cube = make_cube(*year, "month", None, None)
        assert cube.counts.sum(axis=0)[[2, 8]].tolist() == [24_313, 16_285]
        found = judge_cube(cube, neighbours(year[1]), 1, np.zeros(12, dtype=int))
        for p, n_hot, is_cold in (
            (found.p, 1640, True),
            (normal_p(found.z, "two-sided"), 2281, False),
        ):
            is_out = false_discovery_rates(p.ravel()).reshape(p.shape) <= 0.05
            assert (is_out & (found.z > 0))[:, -1].sum() == n_hot
            assert (is_out & (found.z < 0)).any() == is_cold
