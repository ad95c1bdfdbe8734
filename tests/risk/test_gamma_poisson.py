"""The gamma–Poisson model: closed forms, the fits, and what they do at the edge."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import minimize

from hotspots.risk.gamma_poisson import (
    GammaPrior,
    fit_likelihood,
    fit_moments,
    log_likelihood,
    posterior,
)

FITS = [fit_likelihood, fit_moments]


def drawn(shape: float, mean: float, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Give counts and exposures of places with gamma rates."""
    chance = np.random.default_rng(seed)
    exposure = chance.uniform(0.2, 3, size)
    rates = chance.gamma(shape, mean / shape, size)
    return chance.poisson(rates * exposure).astype(float), exposure


class TestLikelihood:
    """The chance of a count."""

    @pytest.mark.parametrize("shape", [0.05, 1.0, 7.3, 1e4])
    @pytest.mark.parametrize("mean", [0.01, 2.0, 500.0])
    def test_negative_binomial(self, shape: float, mean: float) -> None:
        """Scipy's negative binomial of size a and success probability a/(a + μ)."""
        n = np.array([0.0, 1, 2, 5, 40, 1000])
        expected = stats.nbinom.logpmf(n, shape, shape / (shape + mean))
        assert log_likelihood(n, np.full(6, mean), shape) == pytest.approx(expected, rel=1e-9)

    def test_poisson(self) -> None:
        """Without any spread of rates it is Poisson, and nearly so with hardly any."""
        n, mean = np.array([0.0, 3, 10]), np.full(3, 2.5)
        expected = stats.poisson.logpmf(n, 2.5)
        assert log_likelihood(n, mean, np.inf) == pytest.approx(expected)
        assert log_likelihood(n, mean, 1e6) == pytest.approx(expected, rel=1e-5)

    def test_is_an_integral(self) -> None:
        """It is the Poisson chance, integrated over the gamma distribution of the rate."""
        chance = quad(
            lambda rate: stats.poisson.pmf(4, rate * 2) * stats.gamma.pdf(rate, 1.5, scale=2 / 1.5),
            0,
            100,
        )[0]
        found = log_likelihood(np.array([4.0]), np.array([4.0]), 1.5)
        assert found[0] == pytest.approx(np.log(chance))


class TestMoments:
    """Marshall's estimator."""

    def test_by_hand(self) -> None:
        """Counts 0, 2, 10 in exposures 1, 1, 2."""
        # m = 12/4 = 3. Σ E (r − m)² / ΣE = (1·9 + 1·1 + 2·4)/4 = 4.5; m/Ē = 3/(4/3) = 2.25.
        # A = 2.25, shape = 9/2.25 = 4. Variance of m = 3/4 + 2.25·(1 + 1 + 4)/16 = 1.59375.
        found = fit_moments(np.array([0.0, 2, 10]), np.array([1.0, 1, 2]))
        assert found == pytest.approx((3, 4, 9 / 1.59375))

    def test_no_more_than_chance(self) -> None:
        """If rates differ less than chance has them, the variance is 0 and the shape infinite."""
        # m = 3, and the mean rests on all 6 incidents.
        assert fit_moments(np.array([3.0, 3]), np.ones(2)) == pytest.approx((3, np.inf, 6))


class TestMaximum:
    """Maximum likelihood."""

    def test_red_mites(self) -> None:
        """Fisher's fit to the mites on 150 apple leaves: k = 1.02459.

        Bliss and Fisher (1953), Biometrics 9(2), 176–200.
        """
        n = np.repeat(np.arange(8.0), [70, 38, 17, 10, 9, 3, 2, 1])
        found = fit_likelihood(n, np.ones(150))
        assert found.mean == pytest.approx(172 / 150)
        assert found.shape == pytest.approx(1.02459, abs=1e-5)

    @pytest.mark.parametrize(("shape", "mean"), [(0.3, 2.0), (4.0, 0.5), (2.0, 80.0)])
    def test_scipy_agrees(self, shape: float, mean: float) -> None:
        """Nelder and Mead, on scipy's negative binomial, find the same."""
        n, exposure = drawn(shape, mean, 300, seed=5)

        def loss(at: np.ndarray) -> float:
            m, a = np.exp(at)
            return -float(stats.nbinom.logpmf(n, a, a / (a + m * exposure)).sum())

        best = minimize(loss, np.log([mean, shape]), method="Nelder-Mead", options={"xatol": 1e-9})
        found = fit_likelihood(n, exposure)
        assert [found.mean, found.shape] == pytest.approx(np.exp(best.x), rel=1e-4)

    @pytest.mark.parametrize("fit", FITS)
    def test_finds_the_truth(self, fit: object) -> None:
        """Of many places, within a few standard errors."""
        n, exposure = drawn(0.8, 3.0, 40_000, seed=1)
        found = fit(n, exposure)  # type: ignore[operator]
        assert found.mean == pytest.approx(3, abs=4 * 3 / np.sqrt(found.information))
        assert found.shape == pytest.approx(0.8, rel=0.06)

    def test_information(self) -> None:
        """The mean rests on as many incidents as the curvature of the likelihood says."""
        n, exposure = drawn(1.5, 2.0, 500, seed=2)
        found, step = fit_likelihood(n, exposure), 1e-3
        at = [
            log_likelihood(n, exposure * found.mean * np.exp(by), found.shape).sum()
            for by in (-step, 0, step)
        ]
        curvature = -(at[0] - 2 * at[1] + at[2]) / step**2
        # Expected and observed curvature differ by chance.
        assert found.information == pytest.approx(curvature, rel=0.1)

    @pytest.mark.parametrize("size", [20, 2000])
    def test_alike(self, size: int) -> None:
        """Counts that vary less than by chance: the shape is infinite."""
        n = np.tile([3.0, 4.0], size // 2)
        found = fit_likelihood(n, np.ones(size))
        assert found == pytest.approx((3.5, np.inf, 3.5 * size))

    def test_alike_unless_likelier(self) -> None:
        """Of counts that are Poisson, a spread is found only where it is the likelier."""
        chance = np.random.default_rng(0)
        n_finite = 0
        for _ in range(150):
            exposure = chance.uniform(0.1, 3, int(chance.integers(2, 60)))
            n = chance.poisson(2 * exposure).astype(float)
            found = fit_likelihood(n, exposure)
            if np.isfinite(found.shape):
                n_finite += 1
                spread = log_likelihood(n, exposure * found.mean, found.shape).sum()
                alike = log_likelihood(n, exposure * n.sum() / exposure.sum(), np.inf).sum()
                assert spread > alike
        # About half of all samples vary more than their mean, and half less.
        assert 30 < n_finite < 90


class TestEdges:
    """Few, none, many."""

    @pytest.mark.parametrize("fit", FITS)
    def test_one_place(self, fit: object) -> None:
        """One place says nothing of a spread; its own rate is all that is known, from 5."""
        found = fit(np.array([5.0]), np.array([10.0]))  # type: ignore[operator]
        assert found == pytest.approx((0.5, np.inf, 5))

    @pytest.mark.parametrize("fit", FITS)
    def test_nothing(self, fit: object) -> None:
        """Nothing counted in an exposure of 8: half an incident."""
        found = fit(np.zeros(4), np.full(4, 2.0))  # type: ignore[operator]
        assert found == pytest.approx((0.5 / 8, np.inf, 0.5))

    @pytest.mark.parametrize("fit", FITS)
    def test_no_exposure_says_nothing(self, fit: object) -> None:
        """A place without exposure changes nothing."""
        n, exposure = drawn(1.0, 2.0, 50, seed=3)
        more = fit(np.append(n, [0, 0]), np.append(exposure, [0, 0]))  # type: ignore[operator]
        assert more == fit(n, exposure)  # type: ignore[operator]

    @pytest.mark.parametrize("fit", FITS)
    @pytest.mark.parametrize("unit", [1e-9, 1e9])
    def test_huge(self, fit: object, unit: float) -> None:
        """Exposure in seconds or in aeons: the same shape, the mean by the unit."""
        n, exposure = drawn(2.0, 4.0, 200, seed=4)
        found, other = fit(n, exposure), fit(n, exposure * unit)  # type: ignore[operator]
        assert other.mean * unit == pytest.approx(found.mean, rel=1e-6)
        assert other[1:] == pytest.approx(found[1:], rel=1e-5)

    def test_billions(self) -> None:
        """Counts of a billion are no trouble."""
        chance = np.random.default_rng(6)
        rates = chance.gamma(5, 1 / 5, 400)
        found = fit_likelihood(chance.poisson(rates * 1e9).astype(float), np.full(400, 1e9))
        # The shape of the rates themselves, by scipy's own fit.
        assert found.shape == pytest.approx(stats.gamma.fit(rates, floc=0)[0], rel=1e-4)

    def test_no_warnings(self) -> None:
        """Nothing on the way divides by zero."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for n in ([0.0], [0, 0.0], [0, 1e6], [1e-3, 2e-3], [0, 0, 0, 1.0]):
                exposure = np.ones(len(n))
                posterior(np.array(n), exposure, fit_likelihood(np.array(n), exposure))


class TestPosterior:
    """What is known of a rate."""

    def test_closed_form(self) -> None:
        """Shape n + a, rate E + b, as scipy's gamma distribution has them by Bayes' rule."""
        prior = GammaPrior(0.5, 2.0, np.inf)
        found = posterior(np.array([3.0]), np.array([10.0]), prior)
        # a = 2, b = 2/0.5 = 4: 5 incidents in 14.
        assert [found.mean[0], found.shape[0], found.rate[0]] == pytest.approx([5 / 14, 5, 14])

        def product(rate: float) -> float:
            return float(stats.poisson.pmf(3, 10 * rate) * stats.gamma.pdf(rate, 2, scale=0.25))

        whole, below = (quad(product, 0, end)[0] for end in (5, 0.4))
        assert below / whole == pytest.approx(stats.gamma.cdf(0.4, 5, scale=1 / 14))

    def test_unsure_mean(self) -> None:
        """What is not known of the prior's mean adds to the variance, not to the mean."""
        found = posterior(np.array([3.0]), np.array([10.0]), GammaPrior(0.5, 2.0, 20.0))
        # (n + a)/(E + b)² = 5/196; (b/(E + b))² m²/I = (4/14)² · 0.25/20.
        variance = 5 / 196 + (4 / 14) ** 2 * 0.25 / 20
        assert found.mean[0] == pytest.approx(5 / 14)
        assert found.shape[0] / found.rate[0] ** 2 == pytest.approx(variance)

    def test_alike(self) -> None:
        """Places that are alike have the rate of all, as sure as all their incidents make it."""
        found = posterior(np.array([3.0, 3]), np.array([1.0, 1]), GammaPrior(3.0, np.inf, 6.0))
        assert found.shape.tolist() == pytest.approx([6, 6])
        assert found.rate.tolist() == pytest.approx([2, 2])

    @given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1e-6, 1e6), st.floats(1e-3, 1e6))
    def test_between(self, n: float, exposure: float, mean: float, shape: float) -> None:
        """The mean lies between the raw rate and the prior's."""
        n = n if exposure > 0 else 0.0
        prior = GammaPrior(mean, shape, 100.0)
        found = posterior(np.array([n]), np.array([exposure]), prior).mean[0]
        raw = n / exposure if exposure > 0 else mean
        assert min(raw, mean) * (1 - 1e-9) <= found <= max(raw, mean) * (1 + 1e-9)
