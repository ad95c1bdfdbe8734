"""Smoothed rates: by hand, at the edges, beside esda, what must not matter, and coverage."""

from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from esda.smoothing import Empirical_Bayes, Spatial_Empirical_Bayes
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.weights import W
from scipy import stats

import hotspots as hs
from hotspots.areas import neighbours
from hotspots.errors import HotspotsWarning, InputError
from hotspots.risk.gamma_poisson import fit_likelihood, fit_moments
from tests.places import make_cells, on
from tests.rates import MEAN, coverage, simulate_rates
from tests.scenes import SOUTH, WEST, make_incidents

COLUMNS = [
    "n",
    "exposure",
    "raw",
    "prior",
    "mean",
    "low",
    "high",
    "p_above",
    "p_top",
    "shape",
    "rate",
]
# What came of what was expected of the top 1 % of squares by raw and by smoothed rates.
LONDON_RAW, LONDON_SMOOTH = 0.94, 0.98
WAYS = [
    {"prior": prior, "method": method}
    for prior in ("global", "area", "neighbours")
    for method in ("likelihood", "moments")
]


def uneven(width: int, height: int, seed: int, shape: float = 1.0) -> dict[str, Any]:
    """Give places, exposures, and counts of gamma rates."""
    chance = np.random.default_rng(seed)
    places = make_cells(width, height)
    exposure = chance.uniform(0.5, 3, len(places))
    rates = chance.gamma(shape, 2 / shape, len(places))
    return {
        "n": on(places, chance.poisson(rates * exposure)),
        "exposure": on(places, exposure),
        "places": places,
    }


def of_areas(sizes: list[int], n: list[float]) -> tuple[pd.Series, gpd.GeoDataFrame]:
    """Give a row of places, so many in each area, with the same counts over and over."""
    places = make_cells(sum(sizes), 1)
    places["area_id"] = pd.Series(
        np.repeat([f"a{number}" for number in range(len(sizes))], sizes), places.index, dtype="str"
    )
    return on(places, np.resize(n, sum(sizes))), places


class TestByHand:
    """Numbers that follow from the formulas."""

    def test_moments(self) -> None:
        """Counts 0, 2, 10 in exposures 1, 1, 2: m = 3, shape 4, so b = 4/3."""
        n = pd.Series([0, 2, 10], index=["a", "b", "c"])
        found = hs.smooth_rates(n, pd.Series([1.0, 1, 2], index=n.index), method="moments")
        assert found.columns.tolist() == COLUMNS
        assert (found.dtypes == "float64").all()
        assert found["raw"].tolist() == [0, 2, 5]
        assert found["prior"].tolist() == pytest.approx([3, 3, 3])
        # 4 and 4/3 are added: 4 in 7/3, 6 in 7/3, 14 in 10/3.
        assert found["mean"].tolist() == pytest.approx([12 / 7, 18 / 7, 4.2])
        assert found[["p_above", "p_top"]].isna().all(axis=None)

    def test_interval_is_of_the_gamma(self) -> None:
        """Limits and p_above are those of the gamma distribution that is given."""
        drawn = uneven(6, 5, seed=1)
        found = hs.smooth_rates(drawn["n"], drawn["exposure"], threshold=2.5, level=0.8)
        gamma = stats.gamma(found["shape"], scale=1 / found["rate"])
        assert found["low"].to_numpy() == pytest.approx(gamma.ppf(0.1))
        assert found["high"].to_numpy() == pytest.approx(gamma.ppf(0.9))
        assert found["p_above"].to_numpy() == pytest.approx(gamma.sf(2.5))
        assert found["mean"].to_numpy() == pytest.approx(gamma.mean())

    def test_top_of_two(self) -> None:
        """Which of two rates is higher: a beta distribution says it exactly."""
        n = pd.Series([4, 9], index=["a", "b"])
        with pytest.warns(HotspotsWarning, match="no more than chance"):
            alike = hs.smooth_rates(n, 1.0, top=1, rng=1)
        assert alike["p_top"].tolist() == [0.5, 0.5]
        n = pd.Series([4, 20], index=["a", "b"])
        found = hs.smooth_rates(n, 1.0, top=1, n_draws=20_000, rng=1)
        # Gamma variables over their means have the F distribution of twice their shapes.
        (a, b), (mean_a, mean_b) = found["shape"], found["mean"]
        share = stats.f.sf(mean_b / mean_a, 2 * a, 2 * b)
        assert found["p_top"].iloc[0] == pytest.approx(share, abs=4 * np.sqrt(share / 20_000))
        assert share > 0.001

    def test_dispersion(self) -> None:
        """With a dispersion of 4, 40 incidents in 8 weeks count as 10 in 2."""
        drawn = uneven(5, 5, seed=2)
        quarter = hs.smooth_rates(drawn["n"], drawn["exposure"])
        found = hs.smooth_rates(drawn["n"] * 4, drawn["exposure"] * 4, dispersion=4)
        same = ["raw", "prior", "mean", "low", "high", "shape", "rate"]
        pd.testing.assert_frame_equal(found[same], quarter[same])
        assert found["n"].tolist() == (drawn["n"] * 4).tolist()
        each = hs.smooth_rates(
            drawn["n"] * 4, drawn["exposure"] * 4, dispersion=on(drawn["places"], [4.0] * 25)
        )
        pd.testing.assert_frame_equal(each, found)


class TestAreas:
    """An own prior for each area, as far as it has enough to say."""

    def test_own(self) -> None:
        """Fifty places and 200 incidents: the same as the area alone."""
        n, places = of_areas([50, 60], [0, 4, 2, 10, 4])
        n["c0"] = 30
        found = hs.smooth_rates(n, 1.0, prior="area", places=places)
        alone = hs.smooth_rates(n.iloc[:50], 1.0)
        assert n.iloc[:50].sum() >= 200
        pd.testing.assert_frame_equal(found.iloc[:50], alone)

    @pytest.mark.parametrize("method", ["likelihood", "moments"])
    def test_shape_of_all(self, method: Any) -> None:
        """Forty-nine places, or 199 incidents: the area's mean, and the shape of all."""
        for sizes, first in (([49, 100], [0, 5, 10, 5]), ([60, 100], [0, 3, 6, 3])):
            n, places = of_areas(sizes, [0, 8, 1, 3])
            n.iloc[: sizes[0]] = np.resize(first, sizes[0])
            assert sizes[0] < 50 or n.iloc[: sizes[0]].sum() < 200
            found = hs.smooth_rates(n, 1.0, prior="area", places=places, method=method)
            mean = n.iloc[: sizes[0]].mean()
            assert found["prior"].iloc[: sizes[0]].to_numpy() == pytest.approx(mean)
            fit = fit_likelihood if method == "likelihood" else fit_moments
            shape = fit(n.to_numpy(float), np.ones(len(n))).shape
            expected = (n.iloc[0] + shape) / (1 + shape / mean)
            assert found["mean"].iloc[0] == pytest.approx(expected)

    def test_prior_of_all(self) -> None:
        """Nineteen places, or no area at all: the prior of all places."""
        n, places = of_areas([19, 20, 30], [0, 8, 1, 3])
        places.loc[places.index[-30:], "area_id"] = None
        n.iloc[19:39] += 2
        found = hs.smooth_rates(n, 1.0, prior="area", places=places)
        of_all = hs.smooth_rates(n, 1.0)
        is_few = np.r_[np.ones(19), np.zeros(20), np.ones(30)].astype(bool)
        pd.testing.assert_frame_equal(found[is_few], of_all[is_few])
        assert found["prior"].iloc[19] == pytest.approx(n.iloc[19:39].mean())

    def test_quiet_area(self) -> None:
        """An area where nothing was counted: that of half an incident, and no certain zero."""
        n, places = of_areas([40, 60], [0, 8, 1, 3])
        n.iloc[:40] = 0
        found = hs.smooth_rates(n, 2.0, prior="area", places=places).iloc[0]
        assert found["prior"] == pytest.approx(0.5 / 80)
        assert 0 < found["mean"] < found["prior"]
        assert found["high"] > 0


class TestNeighbours:
    """What is usual beside the place."""

    def test_own_count_has_no_part(self) -> None:
        """Both ends of a row of three have one neighbour, the middle: the same prior."""
        chance = np.random.default_rng(3)
        cells = make_cells(300, 2)
        places = cells[(cells["column"] % 4 < 3) & (cells["row"] == 0)]
        rate = np.repeat(chance.gamma(1, 4, 75), 3) * chance.gamma(4, 1 / 4, 225)
        n = on(places, chance.poisson(rate))
        found = hs.smooth_rates(n, 1.0, prior="neighbours", places=places)
        left, middle, right = (found.iloc[number::3] for number in range(3))
        assert left["prior"].to_numpy() == pytest.approx(right["prior"].to_numpy())
        assert (left["n"].to_numpy() != right["n"].to_numpy()).any()
        # The more beside, the higher; and a mean of s (N + k)/(X + k/m) is a line in N.
        both = left["n"].to_numpy() + right["n"].to_numpy()
        assert np.polyfit(both, middle["prior"], 1, full=True)[1] == pytest.approx(0, abs=1e-9)
        assert stats.spearmanr(left["prior"], middle["n"])[0] == pytest.approx(1)

    def test_nothing_to_borrow(self) -> None:
        """Where neighbours are unlike, the prior is that of all."""
        places = make_cells(20, 20)
        row, column = np.divmod(np.arange(400), 20)
        n = on(places, np.where((row + column) % 2, 9, 1))
        found = hs.smooth_rates(n, 1.0, prior="neighbours", places=places)
        of_all = hs.smooth_rates(n, 1.0)
        assert found["prior"].to_numpy() == pytest.approx(of_all["prior"].to_numpy(), rel=0.02)

    def test_better_on_a_surface(self) -> None:
        """Where rates follow a surface, the error is less than with the prior of all."""
        drawn = simulate_rates("smooth", 40, 1)
        errors = [
            (hs.smooth_rates(drawn.n, drawn.exposure, **way)["mean"] - drawn.rate).std()
            for way in ({}, {"prior": "neighbours", "places": drawn.places})
        ]
        assert errors[1] < 0.95 * errors[0]

    @pytest.mark.parametrize("method", ["likelihood", "moments"])
    def test_alone(self, method: Any) -> None:
        """A place without neighbours has the mean of all, or by moments its own."""
        cells = make_cells(12, 10)
        places = cells[(cells["column"] < 10) | (cells.index == "c11")]
        chance = np.random.default_rng(4)
        n = on(places, chance.poisson(chance.gamma(1, 3, len(places))))
        found = hs.smooth_rates(n, 2.0, prior="neighbours", places=places, method=method)
        if method == "moments":
            assert found.loc["c11", "prior"] == pytest.approx(max(n["c11"], 0.5) / 2)
        else:
            of_all = hs.smooth_rates(n, 2.0)["prior"].iloc[0]
            assert found.loc["c11", "prior"] == pytest.approx(of_all, rel=0.1)


class TestEsda:
    """The smoothers of esda, to rounding."""

    def test_global(self) -> None:
        """Marshall's global estimator."""
        drawn = uneven(15, 10, seed=5)
        expected = Empirical_Bayes(drawn["n"].to_numpy(), drawn["exposure"].to_numpy()).r.ravel()
        found = hs.smooth_rates(drawn["n"], drawn["exposure"], method="moments")
        assert found["mean"].to_numpy() == pytest.approx(expected, rel=1e-12)

    def test_sids(self) -> None:
        """Sudden infant deaths in the 100 counties of North Carolina, 1974–78."""
        from libpysal import examples, io  # noqa: PLC0415 (only here)

        with closing(io.open(examples.get_path("sids2.dbf"))) as table:
            n, births = (pd.Series(table.by_col(name), dtype=float) for name in ("SID74", "BIR74"))
        expected = Empirical_Bayes(n.to_numpy(), births.to_numpy()).r.ravel()
        found = hs.smooth_rates(n, births, method="moments")
        assert found["mean"].to_numpy() == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize("shape", [1.0, 1e6])
    def test_local(self, shape: float) -> None:
        """Marshall's local estimator; with rates that are alike, most variances are cut at 0."""
        drawn = uneven(12, 12, seed=6, shape=shape)
        beside = neighbours(drawn["places"])
        near = {place: beside[[place]].indices.tolist() for place in range(144)}
        weights = W(near, id_order=list(range(144)))
        n, exposure = (drawn[name].to_numpy() for name in ("n", "exposure"))
        expected = Spatial_Empirical_Bayes(n, exposure, weights).r.ravel()
        found = hs.smooth_rates(**drawn, prior="neighbours", method="moments")
        assert found["mean"].to_numpy() == pytest.approx(expected, rel=1e-9)

    def test_where_esda_stops(self) -> None:
        """Without spread esda's weight is below 0; where nothing was counted it gives NaN."""
        n = pd.Series([3.0, 3, 4, 3])
        theirs = Empirical_Bayes(n.to_numpy(), np.ones(4)).r.ravel()
        assert theirs[2] < theirs[0]  # the higher count has the lower rate
        with pytest.warns(HotspotsWarning, match="no more than chance"):
            assert hs.smooth_rates(n, 1.0, method="moments")["mean"].tolist() == [3.25] * 4
        with np.errstate(invalid="ignore"):
            assert np.isnan(Empirical_Bayes(np.zeros(4), np.ones(4)).r).all()


class TestEdges:
    """Few, none, huge."""

    def test_empty(self) -> None:
        """No places, no rows, all columns."""
        none = pd.Series([], index=pd.Index([], name="place_id", dtype="str"), dtype="float64")
        for way in WAYS:
            found = hs.smooth_rates(none, 1.0, **way, places=make_cells(2, 1), threshold=1, rng=1)
            assert found.columns.tolist() == COLUMNS
            assert found.index.name == "place_id"
            assert len(found) == 0

    def test_one_place(self) -> None:
        """Five incidents in ten weeks, and nothing to compare with: the interval of five."""
        with pytest.warns(HotspotsWarning, match="no more than chance"):
            found = hs.smooth_rates(pd.Series([5]), 10.0, top=1, rng=1).iloc[0]
        assert found["mean"] == pytest.approx(0.5)
        assert found["low"] == pytest.approx(stats.gamma.ppf(0.05, 5) / 10)
        assert found["p_top"] == 1

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.filterwarnings("ignore:The counts differ no more")
    def test_all_zero(self, way: dict[str, Any]) -> None:
        """Nothing counted anywhere: low, but not known to be 0."""
        places = make_cells(5, 5)
        found = hs.smooth_rates(on(places, np.zeros(25)), 2.0, **way, places=places)
        assert (found["mean"] > 0).all()
        assert (found["high"] > found["mean"]).all()
        assert (found["low"] >= 0).all()

    @pytest.mark.parametrize("way", WAYS)
    def test_no_history(self, way: dict[str, Any]) -> None:
        """A place without exposure has its prior, and changes nothing for others far away."""
        drawn = uneven(10, 10, seed=7)
        exposure = drawn["exposure"].copy()
        exposure["c99"] = 0.0
        n = drawn["n"].where(exposure > 0, 0)
        found = hs.smooth_rates(n, exposure, places=drawn["places"], **way)
        row = found.loc["c99"]
        assert np.isnan(row["raw"])
        assert row["mean"] == pytest.approx(row["prior"])
        assert 0 <= row["low"] < row["mean"] < row["high"]
        if way["prior"] == "global":
            without = hs.smooth_rates(n.iloc[:99], exposure.iloc[:99], **way)
            pd.testing.assert_frame_equal(found.iloc[:99], without)

    def test_huge_exposure(self) -> None:
        """Of a place that is known, the prior says nothing."""
        drawn = uneven(5, 8, seed=12)
        n, exposure = drawn["n"].copy(), drawn["exposure"].copy()
        n["c0"], exposure["c0"] = 5_000_000_000, 1e9
        found = hs.smooth_rates(n, exposure).loc["c0"]
        assert found["mean"] == pytest.approx(5)
        assert found["high"] - found["low"] == pytest.approx(2 * 1.645 * 5 / np.sqrt(5e9), rel=1e-3)

    def test_threshold_of_zero(self) -> None:
        """Every rate is above 0."""
        assert (hs.smooth_rates(pd.Series([0, 9]), 1.0, threshold=0)["p_above"] == 1).all()

    def test_all_are_at_the_top(self) -> None:
        """Of three places all three are among the highest three."""
        found = hs.smooth_rates(pd.Series([0, 3, 20]), 1.0, top=3, rng=1)
        assert found["p_top"].tolist() == [1, 1, 1]

    def test_many_draws(self) -> None:
        """Draws that do not fit into one block: the same as any number, and exact on average."""
        drawn = uneven(60, 40, seed=8)
        found = hs.smooth_rates(drawn["n"], drawn["exposure"], top=24, n_draws=2000, rng=1)
        assert found["p_top"].sum() == pytest.approx(24)
        other = hs.smooth_rates(drawn["n"], drawn["exposure"], top=24, n_draws=2000, rng=2)
        assert (found["p_top"] - other["p_top"]).abs().max() < 5 * np.sqrt(2) * 0.5 / np.sqrt(2000)


class TestRelations:
    """What must not matter, and what must."""

    @pytest.mark.parametrize("way", WAYS)
    @given(seed=st.integers(0, 10_000))
    @settings(max_examples=5)
    def test_order_and_labels(self, way: dict[str, Any], seed: int) -> None:
        """Rows in any order under any names: the same to the last bit."""
        drawn = uneven(8, 7, seed=seed)
        drawn["places"]["area_id"] = pd.Series(["a", "b"] * 28, drawn["places"].index, dtype="str")
        options: dict[str, Any] = {**way, "threshold": 2, "top": 5, "n_draws": 50, "rng": 1}
        found = hs.smooth_rates(**drawn, **options)
        order = np.random.default_rng(seed).permutation(56)
        names = pd.Index([f"z{number}" for number in np.argsort(order)], dtype="str")
        moved = {name: each.iloc[order] for name, each in drawn.items()}
        again = hs.smooth_rates(
            moved["n"].set_axis(names),
            moved["exposure"].set_axis(names).iloc[::-1],
            places=moved["places"].set_axis(names).sort_index(),
            **options,
        )
        assert again.index.equals(names)
        pd.testing.assert_frame_equal(
            again.set_axis(moved["n"].index), found.iloc[order], check_exact=True
        )

    @pytest.mark.parametrize("way", WAYS)
    def test_unit(self, way: dict[str, Any]) -> None:
        """Per day instead of per week: a seventh, with the same chances."""
        drawn = uneven(9, 9, seed=9)
        weeks = hs.smooth_rates(**drawn, **way, threshold=2)
        drawn["exposure"] = drawn["exposure"] * 7
        days = hs.smooth_rates(**drawn, **way, threshold=2 / 7)
        for name in ("raw", "prior", "mean", "low", "high"):
            assert days[name].to_numpy() * 7 == pytest.approx(weeks[name].to_numpy(), rel=1e-5)
        assert days["p_above"].to_numpy() == pytest.approx(weeks["p_above"].to_numpy(), abs=1e-5)

    def test_inputs_are_left_alone(self) -> None:
        """Nothing that is given is changed."""
        drawn = uneven(6, 6, seed=10)
        before = {name: each.copy() for name, each in drawn.items()}
        for way in WAYS:
            hs.smooth_rates(**drawn, **way, top=3, rng=1, n_draws=10)
        for name in ("n", "exposure"):
            pd.testing.assert_series_equal(drawn[name], before[name])
        pd.testing.assert_frame_equal(drawn["places"], before["places"])

    def test_seed(self) -> None:
        """The same seed, the same draws; a generator is moved on."""
        drawn = uneven(6, 6, seed=11)
        first, same = (
            hs.smooth_rates(drawn["n"], drawn["exposure"], top=3, rng=5) for _ in range(2)
        )
        pd.testing.assert_frame_equal(first, same)
        generator = np.random.default_rng(5)
        moved, on_ = (
            hs.smooth_rates(drawn["n"], drawn["exposure"], top=3, rng=generator) for _ in range(2)
        )
        pd.testing.assert_frame_equal(first, moved)
        assert not on_["p_top"].equals(first["p_top"])

    @given(st.lists(st.integers(0, 50), min_size=2, max_size=30), st.floats(0.1, 100))
    @pytest.mark.filterwarnings("ignore:The counts differ no more")
    def test_bounds(self, counts: list[int], exposure: float) -> None:
        """Means lie between raw and prior, chances in 0–1, the more counted the higher."""
        n = pd.Series(counts)
        found = hs.smooth_rates(n, exposure, threshold=1 / exposure, top=1, n_draws=20, rng=1)
        low, high = (found[["raw", "prior"]].agg(side, axis=1) for side in ("min", "max"))
        assert (found["mean"] >= low * (1 - 1e-9)).all()
        assert (found["mean"] <= high * (1 + 1e-9)).all()
        assert found["p_above"].between(0, 1).all()
        assert found["p_top"].sum() == pytest.approx(1)
        assert (found.sort_values("n")["mean"].diff().dropna() >= -1e-9 / exposure).all()


class TestCoverage:
    """Intervals hold the rate as often as they say, on maps where it is known."""

    @pytest.mark.parametrize(
        ("world", "prior", "options"),
        [
            ("gamma", "global", {}),
            ("gamma", "global", {"method": "moments"}),
            ("areas", "area", {}),
            ("smooth", "neighbours", {}),
        ],
    )
    def test_level(self, world: Any, prior: Any, options: dict[str, Any]) -> None:
        """Of all places and of the top 1 % by raw rate, about nine in ten; so is p_above."""
        found, truth, chosen = [], [], []
        for seed in range(4):
            drawn = simulate_rates(world, 48, seed)
            given_ = {"places": drawn.places, "threshold": 2 * MEAN}
            each = hs.smooth_rates(drawn.n, drawn.exposure, prior=prior, **given_, **options)
            found.append(each)
            truth.append(drawn.rate)
            chosen.append(each["raw"].rank(ascending=False) <= 23)
        table, rates, is_top = (
            pd.concat(parts, ignore_index=True) for parts in (found, truth, chosen)
        )
        # Binomial limits of 0.9, one in a thousand each side; 9,216 places, 92 of them selected.
        for share, size in (
            (coverage(table, rates), len(table)),
            (coverage(table, rates, is_top), is_top.sum()),
        ):
            low, high = stats.binom.ppf([0.001, 0.999], size, 0.9) / size
            # Models are a little off on a map of finite size: a further hundredth.
            assert low - 0.01 <= share <= high + 0.01
        is_even = table["p_above"].between(0.4, 0.6)
        hits, size = (rates[is_even] > 2 * MEAN).sum(), is_even.sum()
        assert stats.binomtest(int(hits), int(size), table["p_above"][is_even].mean()).pvalue > 1e-3

    def test_bursts(self) -> None:
        """Calls in bursts: far too narrow, and mended by their dispersion."""
        drawn = simulate_rates("bursts", 60, 1)
        narrow, mended = (
            hs.smooth_rates(drawn.n, drawn.exposure, dispersion=each)
            for each in (1.0, drawn.dispersion)
        )
        top = narrow["raw"].nlargest(36).index
        assert coverage(narrow, drawn.rate) < 0.8
        assert coverage(narrow, drawn.rate, top) < 0.5
        assert coverage(mended, drawn.rate) > 0.85
        assert coverage(mended, drawn.rate, top) > 0.7


class TestMessages:
    """What cannot be used is said, with what to do instead."""

    N = pd.Series([1, 2, 3], index=["a", "b", "c"])

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"n": [1, 2]}, "Invalid n 'list'. Must be a Series by the ids of the places."),
            ({"n": 3}, "Invalid n 'int'. Must be a Series by the ids of the places. Use pd.Series"),
            ({"n": pd.Series(["x", "y"])}, "Invalid n '(str|object)'. Must be numbers."),
            ({"n": pd.Series([1, np.nan])}, r"Invalid n that are missing or infinite: 1 \(1\)."),
            ({"n": pd.Series([1, -2])}, r"Invalid n 'below 0 in 1 \(1\)'. Must be counts of at"),
            ({"n": pd.Series([1, 2], index=["a", "a"])}, r"ids more than once: 1 \(a\)"),
            ({"exposure": 0}, "Invalid exposure '0'. Must be a number above 0, or a Series"),
            ({"exposure": -1.0}, "Invalid exposure '-1.0'. Must be a number above 0"),
            ({"exposure": None}, "Invalid exposure 'None'. Must be a number above 0"),
            ({"exposure": [1, 2, 3]}, "Use pd.Series\\(numbers, index=n.index\\)"),
            ({"exposure": N * -1}, r"Invalid exposure 'below 0 in 3 \(a, b, c\)'. Must be at leas"),
            ({"exposure": N * np.nan}, "Invalid exposure that are missing or infinite: 3"),
            ({"exposure": N * 0}, r"Invalid exposure '0 in 3 \(a, b, c\)'. Must be above 0 where"),
            ({"exposure": N.iloc[:2]}, r"Invalid exposure without 1 \(c\). Must have a number"),
            ({"exposure": N.rename({"c": "d"})}, r"Invalid exposure of places that are not there"),
            ({"n": N * 0, "exposure": N * 0}, "Invalid exposure '0 in all places'. Must be above"),
            ({"dispersion": 0.5}, "Invalid dispersion '0.5'. Must be a number of at least 1, or"),
            ({"dispersion": N / 2}, r"Invalid dispersion 'below 1 in 1 \(a\)'. Must be at least 1"),
            ({"prior": "borough"}, "Invalid prior 'borough'. Must be one of global, area, neigh"),
            ({"method": "ml"}, "Invalid method 'ml'. Must be one of likelihood, moments."),
            ({"threshold": -1}, "Invalid threshold '-1'. Must be a rate of at least 0, or None."),
            ({"top": 4}, "Invalid top '4'. Must be a whole number from 1 to the 3 places, or"),
            ({"top": 0}, "Invalid top '0'. Must be a whole number from 1 to the 3 places"),
            ({"top": 1.5}, "Invalid top '1.5'. Must be a whole number"),
            ({"level": 1}, "Invalid level '1'. Must be a number above 0 and below 1."),
            ({"level": 90}, "Invalid level '90'. Must be a number above 0 and below 1."),
            ({"n_draws": 0}, "Invalid n_draws '0'. Must be a whole number above 0."),
            ({"rng": "x"}, "Invalid rng 'x'. Must be a whole number, 0 or more"),
            ({"prior": "area"}, "Invalid places 'None'. Must be a places table for prior='area'."),
            ({"prior": "area", "places": N}, "Invalid places 'Series'. Must be a places table"),
        ],
    )
    def test_bad_input(self, change: dict[str, Any], message: str) -> None:
        """In the house pattern."""
        options = {"n": self.N, "exposure": 1.0, **change}
        with pytest.raises(InputError, match=message):
            hs.smooth_rates(**options)

    def test_counts_as_they_are(self) -> None:
        """What was counted is not yet one number a place."""
        counts = hs.count_incidents(make_incidents([("2025-01-06", WEST, SOUTH)]), hs.Grid(150))
        remedy = r"Use pd.Series\(counts.totals\(\), index=counts.places.index\)."
        with pytest.raises(InputError, match=f"Invalid n 'Counts'. .*{remedy}"):
            hs.smooth_rates(counts, 1.0)  # type: ignore[arg-type]

    @pytest.mark.parametrize("places", [3, N])
    def test_no_places_at_all(self, places: Any) -> None:
        """Whatever the prior."""
        with pytest.raises(InputError, match="Invalid places '(int|Series)'. Must be a places tab"):
            hs.smooth_rates(self.N, 1.0, places=places)

    @pytest.mark.parametrize("prior", ["global", "area", "neighbours"])
    def test_other_places(self, prior: Any) -> None:
        """Counts of busy places alone would make every rate too high."""
        places = make_cells(3, 1)
        n = on(places, [4, 0, 9])
        remedy = r"Use n.reindex\(places.index, fill_value=0\)."
        with pytest.raises(InputError, match=rf"Invalid n 'without 1 \(c1\)'.*{remedy}"):
            hs.smooth_rates(n[n > 0], 1.0, prior=prior, places=places)
        with pytest.raises(InputError, match=r"Invalid places 'without 1 \(c2\)'"):
            hs.smooth_rates(n, 1.0, prior=prior, places=places.iloc[:2])

    def test_nobody_beside(self) -> None:
        """Places far apart have no neighbours to borrow from."""
        places = make_cells(3, 1).iloc[[0, 2]]
        with pytest.raises(InputError, match="nobody has one"):
            hs.smooth_rates(on(places, [1, 2]), 1.0, prior="neighbours", places=places)


@pytest.mark.acceptance
def test_london(shared_data: Path) -> None:
    """Half a year of London's reports, and the next: what the page says."""
    path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
    places = hs.make_grid(hs.load_boroughs(city=True), cell_size=250)
    months = hs.count_incidents(hs.read_incidents(path).incidents, places).by("month").toarray()
    n, later = (
        pd.Series(half.sum(axis=1), places.index) for half in (months[:, :6], months[:, 6:])
    )
    level = later.sum() / n.sum()
    top = n.nlargest(len(n) // 100).index
    raw = later[top].sum() / (level * n[top].sum())
    found = hs.smooth_rates(n, 1.0, prior="area", places=places)
    smooth = later[top].sum() / (level * found.loc[top, "mean"].sum())
    assert len(n) == 26_108
    # The highest come down by themselves, and smoothed rates know most of it beforehand.
    assert [raw, smooth] == pytest.approx([LONDON_RAW, LONDON_SMOOTH], abs=0.005)
