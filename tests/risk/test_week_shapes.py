"""Weekly shapes: as smooth as they have to be, sharp where the data say so, and better unseen."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

import hotspots as hs
from hotspots.risk.week_shapes import area_weeks, smooth_weeks
from hotspots.simulate.null import simulate_null
from tests.held_out import FEWEST, SHAPES, by_band, judge_shapes, planted_places

HOURS = np.arange(168)
EVENING = np.where((HOURS % 24 >= 18) & (HOURS % 24 < 23), 4.0, 1.0) / 168 / (4 * 5 + 19) * 24
"""Four times as much from 18:00 to 23:00 as at other hours, every day."""


def drawn(n: int, seed: int) -> np.ndarray:
    """Draw a week of n incidents."""
    counts = np.random.default_rng(seed).multinomial(n, EVENING / EVENING.sum())
    return counts[None, :].astype(float)


def distance(shape: np.ndarray) -> float:
    """Give the Kullback–Leibler divergence of a shape from the truth, nats."""
    truth = EVENING / EVENING.sum()
    return float((truth * np.log(truth / shape)).sum())


class TestByHand:
    """Shapes whose answer is known."""

    def test_sharp_edges_survive(self) -> None:
        """With 200,000 incidents the step at 23:00, four to one, is there in full."""
        shape = smooth_weeks(drawn(200_000, 1))[0]
        steps = shape[22::24] / shape[23::24]
        assert steps == pytest.approx(4, abs=0.5)

    def test_few_incidents_are_smoothed(self) -> None:
        """With 500 incidents the smooth shape is far nearer to the truth than the counts are."""
        counts = drawn(500, 2)
        raw = (counts + 0.5) / (counts + 0.5).sum()
        assert distance(smooth_weeks(counts)[0]) < 0.4 * distance(raw[0])

    def test_a_flat_week_stays_flat(self) -> None:
        """The same count in every hour is the same share in every hour."""
        assert smooth_weeks(np.full((1, 168), 10.0)) == pytest.approx(1 / 168)

    def test_one_incident_says_nothing(self) -> None:
        """Nothing foretells a single one, so all kernels weigh the same, and none is left out.

        Half an incident is spread over the week: 1.5 in all, of which every hour has at least
        0.5/168 + 1/9 × 1/168 (the flat kernel).
        """
        counts = np.zeros((1, 168))
        counts[0, 100] = 1
        shape = smooth_weeks(counts)[0]
        assert shape.argmax() == 100
        assert shape.min() >= (0.5 + 1 / 9) / 168 / 1.5


class TestEdges:
    """Nothing at all; the turn of the week; areas without incidents."""

    def test_nothing(self) -> None:
        """Without incidents the week is flat."""
        assert smooth_weeks(np.zeros((2, 168))) == pytest.approx(1 / 168)

    def test_the_week_is_a_circle(self) -> None:
        """What is true of Wednesday noon is true of Sunday midnight."""
        counts = drawn(3000, 3)
        moved = smooth_weeks(np.roll(counts, 80, axis=1))
        # Days are shifted by 80 hours too, and the mean of the days with them.
        assert np.roll(moved, -80, axis=1) == pytest.approx(smooth_weeks(counts))

    def test_area_without_incidents(self) -> None:
        """It has the week of all areas."""
        own = csr_array(np.vstack([drawn(2000, 4), drawn(2000, 5), np.zeros(168)]))
        week, overall = area_weeks(own, np.array(["b", "a", "c"]))
        assert week.index.tolist() == ["a", "b", "c"]
        assert week.loc["c"].to_numpy() == pytest.approx(overall)

    def test_one_area_is_all_of_them(self) -> None:
        """Its week is the smoothed one, however much either is worth."""
        counts = drawn(800, 8)
        week, overall = area_weeks(csr_array(counts), np.array(["a"]))
        assert week.loc["a"].to_numpy() == pytest.approx(overall)
        assert overall == pytest.approx(smooth_weeks(counts)[0])

    def test_area_with_its_own_week(self) -> None:
        """An area that is busy in the mornings, with enough incidents, keeps its mornings."""
        mornings = np.roll(drawn(4000, 6), -12, axis=1)
        own = csr_array(np.vstack([drawn(4000, 4 + number) for number in range(5)] + [mornings]))
        week, _ = area_weeks(own, np.array(["a", "b", "c", "d", "e", "f"]))
        assert week.loc["f"].to_numpy()[6:11].sum() > 1.5 * week.loc["a"].to_numpy()[6:11].sum()


class TestHeldOut:
    """Whether they foretell hours that they have not seen."""

    @staticmethod
    def check(judged: pd.DataFrame) -> pd.DataFrame:
        """No band of volume loses by the model, and the raw place profile is well behind."""
        table = by_band(judged)
        large = table[table["n"] >= FEWEST]
        assert len(large) >= 3
        assert (large["model"] >= large["smoothed borough"] - 0.01).all()
        assert table.loc["all", "model"] >= table.loc["all", "raw place"] + 0.1
        assert table.loc["all", "smoothed borough"] > table.loc["all", "borough"]
        return table

    def test_small_null(self) -> None:
        """Where no place has hours of its own the model is as good as its area's week."""
        places = hs.make_grid(hs.load_boroughs())
        counts = hs.count_incidents(simulate_null(6000, rng=2), places)
        table = self.check(judge_shapes(counts, n_splits=2, rng=1))
        assert table.loc["all", "model"] == pytest.approx(
            table.loc["all", "smoothed borough"], abs=0.002
        )

    def test_planted_hours_are_found(self) -> None:
        """Where hours were planted the model is far ahead of the borough's week, and of its own."""
        simulation = hs.simulate_incidents(60_000, boroughs=["Camden", "Brent", "Newham"], rng=4)
        grid = hs.make_grid(hs.load_boroughs())
        judged = judge_shapes(hs.count_incidents(simulation.incidents, grid), n_splits=1, rng=1)
        self.check(judged)
        planted = judged[judged["place"].isin(planted_places(simulation, grid))]
        table = by_band(planted)
        assert table.loc["all", "model"] > table.loc["all", "smoothed borough"] + 1
        assert table.loc["all", "model"] > table.loc["all", "raw place"] + 0.2

    def test_likelihood_by_hand(self) -> None:
        """The log-likelihoods are of shares of 168 hours: their exponentials are below 1."""
        places = hs.make_grid(hs.load_boroughs())
        counts = hs.count_incidents(simulate_null(2000, rng=3), places)
        judged = judge_shapes(counts, n_splits=1, rng=1)
        # A place without a training incident has half of one in each of 168 hours: log 1/168.
        none = judged[judged["band"] == "none"]
        assert none["raw place"].to_numpy() == pytest.approx(np.log(1 / 168))
        assert (judged[list(SHAPES)] < 0).all().all()
        assert judged["n"].sum() == pytest.approx(0.3 * counts.total, rel=0.15)

    @pytest.mark.acceptance
    def test_collisions(self, shared_data: Path) -> None:
        """Real points with a clock, whose places have no more hours of their own than chance."""
        path = shared_data / "timed" / "london_collisions_2025.csv.gz"
        grid = hs.make_grid(hs.load_boroughs(city=True))
        counts = hs.count_incidents(hs.read_incidents(path).incidents, grid)
        table = self.check(judge_shapes(counts, n_splits=3, rng=1))
        ahead = table["model"] - table["raw place"]
        assert ahead["all"] == pytest.approx(0.19, abs=0.02)

    @pytest.mark.acceptance
    def test_london_year(self) -> None:
        """The simulated London year, in every band."""
        grid = hs.make_grid(hs.load_boroughs())
        simulation = hs.simulate_incidents(236_000, rng=1)
        judged = judge_shapes(hs.count_incidents(simulation.incidents, grid), n_splits=1, rng=1)
        table = self.check(judged)
        assert (table["n"] >= FEWEST).all()


class TestRelations:
    """What must hold for any input."""

    @given(st.integers(0, 1000), st.integers(1, 3000))
    def test_shares(self, seed: int, n: int) -> None:
        """Shares are above 0 and add up to 1, and the order of rows does not matter."""
        counts = np.vstack([drawn(n, seed), drawn(2 * n, seed + 1)])
        shape = smooth_weeks(counts)
        assert (shape > 0).all()
        assert shape.sum(axis=1) == pytest.approx(1)
        assert smooth_weeks(counts[::-1])[::-1] == pytest.approx(shape, rel=1e-6)

    def test_more_incidents_are_less_smoothed(self) -> None:
        """The more there are, the nearer to the truth."""
        far = [distance(smooth_weeks(drawn(n, 7))[0]) for n in (300, 3000, 30_000)]
        assert far[0] > far[1] > far[2]
