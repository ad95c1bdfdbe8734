"""Concentration in places: Lorenz curve, shares of the busiest, Gini and its correction."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ive
from scipy.stats import nbinom, poisson

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.patterns.concentration import _deal, _fit_shape, _gini_of_gamma

if TYPE_CHECKING:
    from pathlib import Path


def places(*numbers: float) -> pd.Series:
    """Give counts of the places p0, p1 and so on."""
    return pd.Series(numbers, index=[f"p{at}" for at in range(len(numbers))])


def measure(counts: Any, **options: Any) -> hs.Concentration:
    """Measure with few replicates and a seed; what a warning says is tested by itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HotspotsWarning)
        return hs.concentration(counts, **{"n_permutations": 19, "rng": 1, **options})


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_lorenz(self) -> None:
        """W5: 10, 20, 30, 40 give .4, .7, .9, 1 at .25, .5, .75, 1, the busiest first."""
        found = measure(places(10, 20, 30, 40)).lorenz
        assert found.index.tolist() == ["p3", "p2", "p1", "p0"]
        assert found["n"].tolist() == [40, 30, 20, 10]
        assert found["share_of_incidents"].to_numpy() == pytest.approx([0.4, 0.7, 0.9, 1])
        assert found["share_of_places"].to_numpy() == pytest.approx([0.25, 0.5, 0.75, 1])

    def test_gini(self) -> None:
        """Of 10, 20, 30, 40 the mean difference is 200/16 = 12.5, so G = 12.5 / (2 × 25)."""
        assert measure(places(10, 20, 30, 40)).gini == pytest.approx(0.25)

    def test_shares(self) -> None:
        """The top half has 70 of 100; the top three eighths 40 and half of the next place's 30."""
        shares = measure(places(10, 20, 30, 40), top=[0.375, 0.5]).shares
        assert shares["share"].tolist() == pytest.approx([0.55, 0.7])
        assert shares["n_places"].tolist() == [1.5, 2]
        assert shares.index.name == "top"
        assert (shares["excess"] == shares["share"] - shares["by_chance"]).all()

    def test_exposure(self) -> None:
        """10 on 1 unit come before 20 on 4: a fifth of the exposure has a third of all."""
        found = measure(places(20, 10), exposure=places(4, 1), top=[0.2, 0.6])
        assert found.lorenz.index.tolist() == ["p1", "p0"]
        assert found.lorenz["share_of_places"].tolist() == pytest.approx([0.2, 1])
        assert found.shares["share"].tolist() == pytest.approx([1 / 3, 1 / 3 + 0.5 * 2 / 3])
        # The area under the curve is 0.2 × 1/6 + 0.8 × (1/3 + 1) / 2 = 17/30; twice, less one.
        assert found.gini == pytest.approx(4 / 30)

    def test_gini_of_gamma(self) -> None:
        """An exponential distribution (shape 1) has 1/2, one of shape 2 has 3/8."""
        assert _gini_of_gamma(1.0) == pytest.approx(0.5)
        assert _gini_of_gamma(2.0) == pytest.approx(0.375)
        assert _gini_of_gamma(np.inf) == 0
        assert _gini_of_gamma(1e-6) == pytest.approx(1, abs=1e-5)

    def test_counts_record(self) -> None:
        """Of counts every place counts but those of context, with their empty ones."""
        incidents = hs.simulate_incidents(2000, boroughs=["Camden"], rng=1).incidents
        camden = hs.load_boroughs().query("name == 'Camden'")
        grid = hs.make_grid(camden, cell_size=500)
        grid["is_context"] = np.arange(len(grid)) < 5
        counts = hs.count_incidents(incidents, grid)
        found = measure(counts)
        assert len(found.lorenz) == len(grid) - 5
        assert found.n == counts.totals()[5:].sum()
        plain = pd.Series(counts.totals()[5:], index=grid.index[5:])
        pd.testing.assert_frame_equal(found.lorenz, measure(plain).lorenz)


class TestEdges:
    """Ties, equal places, one busy place, few incidents."""

    def test_ties_at_the_boundary(self) -> None:
        """Of places that are alike a part counts: half of them has half of theirs."""
        shares = measure(places(2, 2, 2, 2, 0, 0, 0, 0), top=[0.25, 0.5]).shares["share"]
        assert shares.tolist() == pytest.approx([0.5, 1])
        tied = measure(places(6, 4, 4, 4), exposure=places(1, 1, 1, 1), top=[0.5]).shares["share"]
        assert tied.tolist() == pytest.approx([10 / 18])

    def test_all_equal(self) -> None:
        """Equal counts have no concentration, and less of it than chance."""
        found = measure(pd.Series(7, index=range(200)))
        assert found.gini == 0
        assert found.gini_corrected == 0
        assert found.gini < found.gini_by_chance_low
        assert (found.shares["excess"] < 0).all()

    def test_all_in_one(self) -> None:
        """One of 1,000 places has everything: Gini 1 − 1/1,000, corrected nearly 1."""
        found = measure(places(500, *[0] * 999))
        assert found.gini == pytest.approx(0.999)
        assert found.gini_corrected > 0.99
        assert (found.shares["share"] == 1).all()

    def test_one_incident(self) -> None:
        """One incident is where it is: chance does the same."""
        found = measure(places(1, *[0] * 99), top=[0.01])
        assert found.gini == pytest.approx(0.99)
        assert found.gini_by_chance == pytest.approx(0.99)
        assert found.gini_corrected == 0
        assert found.shares["excess"].tolist() == pytest.approx([0])

    def test_whole_top(self) -> None:
        """All places have all incidents, by chance too."""
        shares = measure(places(3, 1, 0), top=[1.0]).shares
        assert shares.loc[1.0, ["share", "by_chance"]].tolist() == pytest.approx([1, 1])

    @pytest.mark.parametrize("dtype", ["int8", "float64", "Int64", "uint32"])
    def test_types(self, dtype: str) -> None:
        """Whole numbers of any type are counts."""
        found = measure(places(3, 1, 0).astype(dtype))
        assert found.lorenz["n"].tolist() == [3, 1, 0]
        assert found.lorenz["n"].dtype == "int64"

    def test_input_is_kept(self) -> None:
        """The counts are not changed."""
        counts = places(1, 5, 0)
        before = counts.copy()
        measure(counts, exposure=places(1, 2, 3))
        pd.testing.assert_series_equal(counts, before)

    def test_repr_and_log(self, caplog: pytest.LogCaptureFixture) -> None:
        """The first look answers how many, where, and how much of it is chance."""
        with caplog.at_level(logging.INFO, logger="hotspots"):
            found = measure(places(500, *[0] * 999))
        expected = (
            "<Concentration: 500 incidents in 1,000 places; 100 % in the top 0.01 of places, by "
            "chance 6 %; Gini 1.00, by chance 0.68, corrected 1.00"
        )
        assert repr(found).startswith(expected)
        assert "gamma distributed risk of shape" in caplog.text


class TestReference:
    """Numbers of named independent sources."""

    @pytest.mark.parametrize(
        ("mean", "printed"), [(0.1, 0.91), (0.5, 0.67), (1, 0.52), (5, 0.25), (10, 0.18)]
    )
    def test_poisson(self, mean: float, printed: float) -> None:
        """By chance: e^(−2λ)[I₀(2λ) + I₁(2λ)], 0.91 at 0.1, 0.18 at 10, and shares by tails."""
        m = 20_000
        number = np.zeros(m)
        number[:10] = mean * m / 10  # where they are does not matter to chance
        found = measure(pd.Series(number), top=[0.02])
        formula = ive(0, 2 * mean) + ive(1, 2 * mean)
        assert found.gini_by_chance == pytest.approx(formula, abs=0.002)
        assert round(formula, 2) == printed
        assert found.gini_by_chance_low < formula < found.gini_by_chance_high
        # The top 2 %: all places with more than c, and of those with c as many as are missing.
        c = poisson.ppf(0.98, mean)
        rest = 0.02 - poisson.sf(c, mean)
        share = (mean * poisson.sf(c - 1, mean) + rest * c) / mean
        assert found.shares["by_chance"].iloc[0] == pytest.approx(share, rel=0.02)

    def test_more_places_than_crimes(self) -> None:
        """The R package lorenzgini prints G = .78 for 3, 1, 1 in ten places."""
        assert measure(places(3, 1, 1, 0, 0, 0, 0, 0, 0, 0)).gini == pytest.approx(0.78)

    def test_likelihood(self) -> None:
        """The shape has the largest likelihood by scipy's negative binomial, unequal places too."""
        chance = np.random.default_rng(3)
        size = chance.uniform(0.5, 2, 3000)
        size /= size.sum()
        number = _deal(4000, size, 0.7, chance)
        shape = _fit_shape(number, size)

        def likelihood(k: float) -> float:
            return float(nbinom.logpmf(number, k, k / (k + 4000 * size)).sum())

        assert likelihood(shape) > max(likelihood(0.999 * shape), likelihood(1.001 * shape))
        assert shape == pytest.approx(0.7, rel=0.15)

    @pytest.mark.acceptance
    def test_london(self, shared_data: Path) -> None:
        """ASB of a year in squares of 250 m: 5 % have 42 %, by chance 9 %; corrected Gini 0.78."""
        path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
        grid = hs.make_grid(hs.load_boroughs(city=True), cell_size=250)
        counts = hs.count_incidents(hs.read_incidents(path).incidents, grid)
        found = hs.concentration(counts, rng=1, n_permutations=49)
        assert found.n == 236_099
        assert found.shares["share"].round(2).tolist() == [0.16, 0.24, 0.42]
        assert found.shares["by_chance"].round(2).tolist() == [0.02, 0.04, 0.09]
        assert found.gini == pytest.approx(0.78, abs=0.005)
        assert found.gini_by_chance == pytest.approx(0.19, abs=0.005)
        assert found.gini_corrected == pytest.approx(0.78, abs=0.005)

    @pytest.mark.acceptance
    def test_hexagons_that_have_incidents(self, shared_data: Path) -> None:
        """The file holds no empty hexagon, and the user is told."""
        path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
        incidents = hs.read_incidents(path).incidents
        points = incidents.geometry.to_wkb()
        with pytest.warns(HotspotsWarning, match="No place is without incidents"):
            hs.concentration(incidents.groupby(points)["weight"].sum(), n_permutations=19, rng=1)

    @pytest.mark.acceptance
    def test_collisions(self, shared_data: Path) -> None:
        """20,876 collisions in 26,108 squares: of a Gini of 0.81 chance alone has 0.57."""
        path = shared_data / "timed" / "london_collisions_2025.csv.gz"
        grid = hs.make_grid(hs.load_boroughs(city=True), cell_size=250)
        counts = hs.count_incidents(hs.read_incidents(path).incidents, grid)
        found = hs.concentration(counts, rng=1, n_permutations=49)
        assert found.gini == pytest.approx(0.81, abs=0.005)
        assert found.gini_by_chance == pytest.approx(0.57, abs=0.005)
        assert found.gini_corrected == pytest.approx(0.74, abs=0.005)
        assert found.shares["share"].round(2).tolist() == [0.15, 0.24, 0.43]
        assert found.shares["by_chance"].round(2).tolist() == [0.05, 0.09, 0.20]


class TestKnownTruth:
    """Simulated risks whose Gini coefficient is known."""

    @pytest.mark.parametrize("mean", [0.3, 3])
    def test_null(self, mean: float) -> None:
        """Without any concentration the interval reaches down to (nearly) 0, at any mean."""
        chance = np.random.default_rng(1)
        found = measure(pd.Series(chance.poisson(mean, 4000)), n_permutations=99)
        assert found.gini_corrected_low < 0.01
        assert found.gini_corrected < 0.15
        assert found.gini_by_chance_low <= found.gini <= found.gini_by_chance_high
        low, high = found.shares["by_chance_low"], found.shares["by_chance_high"]
        assert found.shares["share"].between(low, high).all()

    @pytest.mark.parametrize(("shape", "true"), [(2, 0.375), (1, 0.5), (0.3, 0.7333)])
    @pytest.mark.parametrize("mean", [0.2, 1, 5])
    def test_gamma(self, shape: float, true: float, mean: float) -> None:
        """The corrected coefficient is that of the risk, however few the incidents."""
        chance = np.random.default_rng(2)
        counts = pd.Series(chance.poisson(mean * chance.gamma(shape, 1 / shape, 10_000)))
        found = measure(counts, n_permutations=99)
        assert found.gini_corrected == pytest.approx(true, abs=0.04)
        assert found.gini_corrected_low < found.gini_corrected < found.gini_corrected_high
        assert found.gini_of_model == pytest.approx(found.gini, abs=0.01)

    def test_coverage(self) -> None:
        """Of 60 simulated data sets at least 85 % of the 95 % intervals hold the truth."""
        chance = np.random.default_rng(5)
        found = [
            measure(pd.Series(chance.poisson(chance.gamma(1, 1, 500))), n_permutations=79, rng=seed)
            for seed in range(60)
        ]
        held = [one.gini_corrected_low <= 0.5 <= one.gini_corrected_high for one in found]
        assert np.mean(held) >= 0.85

    def test_unequal_places_by_chance(self) -> None:
        """With their exposure places of two sizes have no concentration; without, they do."""
        chance = np.random.default_rng(4)
        size = pd.Series(chance.choice([1.0, 10.0], 3000))
        counts = pd.Series(chance.poisson(size))
        by_size = measure(counts, exposure=size)
        assert by_size.gini_by_chance_low <= by_size.gini <= by_size.gini_by_chance_high
        assert by_size.gini_corrected < 0.1
        assert measure(counts).gini_corrected > 0.3


COUNTS = st.lists(st.integers(0, 30), min_size=2, max_size=30).filter(lambda each: sum(each) > 0)


class TestRelations:
    """What must hold for any counts."""

    @given(COUNTS)
    def test_curve(self, numbers: list[int]) -> None:
        """The curve rises, is concave, ends at 1, and totals are kept."""
        found = measure(pd.Series(numbers))
        for name in ("share_of_incidents", "by_chance"):
            steps = np.diff(found.lorenz[name], prepend=0)
            assert (steps >= -1e-12).all()
            assert (np.diff(steps) <= 1e-9).all()
            assert found.lorenz[name].iloc[-1] == pytest.approx(1)
        assert found.lorenz["n"].sum() == found.n == sum(numbers)
        assert 0 <= found.gini <= 1 - 1 / len(numbers) + 1e-12
        assert 0 <= found.gini_corrected <= 1
        assert found.gini_by_chance_low <= found.gini_by_chance_high

    @given(COUNTS, st.randoms(use_true_random=False))
    def test_order_and_labels_do_not_matter(self, numbers: list[int], chance: Any) -> None:
        """Rows in another order with other labels have the same answer."""
        one = measure(pd.Series(numbers))
        chance.shuffle(numbers)
        other = measure(pd.Series(numbers, index=[f"x{at}" for at in range(len(numbers))]))
        assert repr(one) == repr(other)
        pd.testing.assert_frame_equal(one.shares, other.shares)

    @given(COUNTS, st.floats(0.01, 100))
    def test_equal_exposure_is_none(self, numbers: list[int], size: float) -> None:
        """Places of equal size, whatever it is, are equal places."""
        counts = pd.Series(numbers)
        one = measure(counts)
        other = measure(counts, exposure=pd.Series(size, index=counts.index))
        assert other.gini == pytest.approx(one.gini)
        np.testing.assert_allclose(other.shares["share"], one.shares["share"])

    @given(COUNTS)
    def test_gini_is_the_mean_difference(self, numbers: list[int]) -> None:
        """Half the mean difference of two places, over the mean."""
        values = np.array(numbers, dtype=float)
        difference = np.abs(values[:, None] - values).mean()
        assert measure(pd.Series(numbers)).gini == pytest.approx(difference / values.mean() / 2)

    @given(COUNTS)
    def test_splitting_places_by_exposure(self, numbers: list[int]) -> None:
        """Two places of even counts cut into halves have the same curve as before."""
        counts = pd.Series(numbers) * 2
        halves = pd.Series(np.repeat(numbers, 2))
        assert measure(halves).gini == pytest.approx(measure(counts).gini)

    def test_seed(self) -> None:
        """The same seed gives the same answer, another one another interval."""
        counts = pd.Series(np.random.default_rng(0).poisson(2, 300))
        assert repr(measure(counts, rng=7)) == repr(measure(counts, rng=7))
        one, other = (measure(counts, rng=seed).gini_by_chance for seed in (7, 8))
        assert one != other


class TestMessages:
    """What the analyst reads."""

    def test_no_series(self) -> None:
        """A list has no places."""
        with pytest.raises(hs.InputError, match="Invalid counts 'list'. .* hs.count_incidents"):
            hs.concentration([1, 2])

    @pytest.mark.parametrize("values", [["one", "two"], [True, False]])
    def test_no_numbers(self, values: list[Any]) -> None:
        """Words and truth values are no counts."""
        with pytest.raises(hs.InputError, match="Invalid counts .* Must be whole numbers"):
            hs.concentration(pd.Series(values))

    def test_weights(self) -> None:
        """Rates and weights are refused, with the places."""
        with pytest.raises(
            hs.InputError, match=r"'not whole in 1 place \(p1\)'. .* Use counts, not rates or weig"
        ):
            hs.concentration(places(1, 0.5))
        with pytest.raises(hs.InputError, match=r"'not whole in 1 place \(p0\)'"):
            hs.concentration(places(np.inf, 1))

    def test_negative(self) -> None:
        """Counts are from 0; the first five places are named."""
        with pytest.raises(
            hs.InputError, match=r"'negative in 6 places \(p0, p1, p2, p3, p4, …\)'"
        ):
            hs.concentration(places(-1, -1, -1, -1, -1, -1, 3))

    def test_missing(self) -> None:
        """A missing count is not zero until the analyst says so."""
        with pytest.raises(hs.InputError, match=r"'missing in 1 place \(p1\)'. .*fillna\(0\)"):
            hs.concentration(places(1, np.nan))

    def test_all_zero(self) -> None:
        """Without incidents there is nothing to measure."""
        with pytest.raises(hs.InputError, match="'0 in every place'. Must be above 0 in some"):
            hs.concentration(places(0, 0))

    @pytest.mark.parametrize("numbers", [(), (3,)])
    def test_one_place(self, numbers: tuple[int, ...]) -> None:
        """Less than two places cannot be uneven."""
        with pytest.raises(hs.InputError, match="Invalid counts '. places?'. Must be at least 2"):
            hs.concentration(places(*numbers).astype("int64"))

    def test_repeated_place(self) -> None:
        """A place has one row."""
        with pytest.raises(hs.InputError, match=r"Invalid index 'repeated in 1 place \(a\)'"):
            hs.concentration(pd.Series([1, 2], index=["a", "a"]))

    def test_exposure_on_another_index(self) -> None:
        """Exposure is matched by place, never by position."""
        with pytest.raises(hs.InputError, match="'a Series on another index'. .*reindex"):
            hs.concentration(places(1, 2), exposure=places(1, 2, 3))

    def test_exposure_of_another_type(self) -> None:
        """A number is no exposure."""
        with pytest.raises(hs.InputError, match="Invalid exposure 'int'. Must be a Series"):
            hs.concentration(places(1, 2), exposure=5)

    @pytest.mark.parametrize("size", [0, -1, np.nan, np.inf])
    def test_no_exposure(self, size: float) -> None:
        """A place without size can have no incident."""
        with pytest.raises(
            hs.InputError, match=r"exposure 'missing, infinite or not above 0 in 1 place \(p1\)'"
        ):
            hs.concentration(places(1, 2), exposure=places(1, size))

    @pytest.mark.parametrize("top", [(), (0, 0.5), (0.5, 0.2), (0.5, 1.1), 0.5, ("few",)])
    def test_top(self, top: Any) -> None:
        """Shares increase from above 0 to at most 1."""
        with pytest.raises(hs.InputError, match="Invalid top .* increasing shares above 0"):
            hs.concentration(places(1, 2), top=top)

    def test_other_options(self) -> None:
        """Each option says what it allows."""
        with pytest.raises(hs.InputError, match="Invalid alpha '1'. Must be a number above 0"):
            hs.concentration(places(1, 2), alpha=1)
        with pytest.raises(
            hs.InputError, match="Invalid n_permutations '9'. Must be a whole number, at least 19"
        ):
            hs.concentration(places(1, 2), n_permutations=9)
        with pytest.raises(hs.InputError, match="Invalid rng 'dice'"):
            hs.concentration(places(1, 2), rng="dice")

    def test_grid(self) -> None:
        """Counts of a Grid lack the empty places, and are refused."""
        incidents = hs.simulate_incidents(100, rng=1).incidents
        counts = hs.count_incidents(incidents, hs.Grid(cell_size=500))
        with pytest.raises(hs.InputError, match=r"only the places with incidents. .*make_grid"):
            hs.concentration(counts)

    def test_empty_places_left_out(self) -> None:
        """Of 100 places with 1.5 incidents each 22 would be empty by chance, and none is."""
        counts = pd.Series([1, 2] * 50)
        with pytest.warns(HotspotsWarning, match="though 22 of 100 are expected.*reindex"):
            hs.concentration(counts, rng=1, n_permutations=19)

    def test_less_than_one_place(self) -> None:
        """1 % of 50 places is half a place."""
        counts = pd.Series(np.random.default_rng(0).poisson(2, 50))
        with pytest.warns(HotspotsWarning, match="top 0.01 of 50 places is less than one place"):
            hs.concentration(counts, rng=1, n_permutations=19)

    def test_misfit(self) -> None:
        """Half of the places can have no incident: gamma distributed risk does not look like it."""
        chance = np.random.default_rng(1)
        counts = pd.Series(chance.poisson(np.repeat([0, 10], 500)))
        with pytest.warns(HotspotsWarning, match="corrected Gini coefficient may mislead"):
            hs.concentration(counts, rng=1, n_permutations=19)

    def test_few_places_fit_anything(self) -> None:
        """Of four places nothing can be said against the model, so nothing is."""
        found = hs.concentration(places(10, 20, 30, 40), top=[0.5], rng=1, n_permutations=19)
        assert abs(found.gini - found.gini_of_model) > 0.02
