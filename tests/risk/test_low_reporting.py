"""Which areas report little against their neighbours: by hand, level, planted silence, messages."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.stats import nbinom

import hotspots as hs
from hotspots.errors import InputError
from hotspots.risk.low_reporting import MEANING, fit_size


def grid(width: int, height: int, population: object = 1000) -> gpd.GeoDataFrame:
    """Give small square areas, row by row from the south-west."""
    row, column = np.divmod(np.arange(width * height), width)
    boxes = shapely.box(column * 500, row * 500, column * 500 + 500, row * 500 + 500)
    index = pd.Index([f"g{n}" for n in range(width * height)])
    table = {"population": population}
    return gpd.GeoDataFrame(table, geometry=list(boxes), index=index, crs="EPSG:27700")


def draw(seed: int, size: float, planted: float = 1.0) -> tuple[pd.Series, gpd.GeoDataFrame]:
    """Draw counts about a mean of 50; the area in the middle reports a part of its own."""
    chance = np.random.default_rng(seed)
    groups = grid(15, 15)
    rate = chance.gamma(size, 50 / size, len(groups)) if np.isfinite(size) else 50.0
    mean = np.broadcast_to(rate, len(groups)).copy()
    mean[112] = 50 * planted
    return pd.Series(chance.poisson(mean), index=groups.index), groups


class TestByHand:
    """Three in a row, and a lone one."""

    def test_three(self) -> None:
        """The middle one is compared with both others, the outer ones with the middle."""
        groups = grid(3, 1, [1000, 2000, 500])
        found = hs.find_low_reporting(pd.Series([10, 2, 5], index=groups.index), groups)
        assert found["per_1000"].tolist() == [10, 1, 10]
        # 15 reports of 1,500 residents make 10; 2 of 2,000 make 1.
        assert found["neighbours_per_1000"].tolist() == [1, 10, 1]
        assert found["expected"].tolist() == [1, 20, 0.5]
        assert found["ratio"].tolist() == [10, 0.1, 10]
        # Three areas cannot say how much neighbours usually differ.
        assert found["p"].isna().all()
        assert found["name"].tolist() == ["g0", "g1", "g2"]

    def test_p(self) -> None:
        """The p is the lower tail of the fitted distribution, of the next whole number."""
        reports, groups = draw(1, 5.0)
        found = hs.find_low_reporting(reports - 0.4 * (reports > 0), groups)
        size = fit_size(reports.to_numpy(float), found["expected"].to_numpy())
        again = nbinom.cdf(reports, size, size / (size + found["expected"]))
        assert found["p"].tolist() == pytest.approx(again.tolist())

    def test_fit(self) -> None:
        """The size of simulated counts comes back."""
        chance = np.random.default_rng(1)
        mean = np.full(20_000, 30.0)
        count = chance.poisson(chance.gamma(3, 10, 20_000)).astype(float)
        assert fit_size(count, mean) == pytest.approx(3, rel=0.03)

    def test_meaning(self) -> None:
        """The words that may be used."""
        assert MEANING == "reports little: either little happens, or little is reported"


class TestEdges:
    """Nobody lives there, no neighbour, no report."""

    def test_nobody(self) -> None:
        """An area without residents is not judged, but counts for its neighbours."""
        people = np.full(25, 1000)
        people[12] = 0
        groups = grid(5, 5, people)
        found = hs.find_low_reporting(pd.Series(10, index=groups.index), groups)
        assert np.isnan(found.loc["g12", "p"])
        assert found["p"].notna().sum() == 24

    def test_island(self) -> None:
        """One without a neighbour is not judged."""
        groups = grid(5, 5)
        away = groups.geometry.copy()
        away.iloc[24] = shapely.box(9e3, 9e3, 9.5e3, 9.5e3)
        groups = groups.set_geometry(away)
        found = hs.find_low_reporting(pd.Series(10, index=groups.index), groups)
        assert found["q"].isna().tolist() == [False] * 24 + [True]

    def test_nothing_reported(self) -> None:
        """No report at all says nothing."""
        groups = grid(5, 5)
        found = hs.find_low_reporting(pd.Series(0, index=groups.index), groups)
        assert found[["expected", "ratio", "p", "q"]].isna().all(axis=None)


class TestLevel:
    """How often it finds what is not there, and what is."""

    @pytest.mark.parametrize("size", [np.inf, 2.0])
    def test_null(self, size: float) -> None:
        """Nothing planted, alike or wildly different: hardly any world has a finding."""
        found = [
            (hs.find_low_reporting(*draw(seed, size))["q"] <= 0.05).any() for seed in range(40)
        ]
        assert sum(found) <= 5

    def test_silence(self) -> None:
        """Where neighbours are alike, one that reports a tenth is found."""
        for seed in range(5):
            found = hs.find_low_reporting(*draw(seed, np.inf, 0.1))
            assert found.index[found["q"] <= 0.05].tolist() == ["g112"]

    def test_quiet_is_not_loud(self) -> None:
        """One that reports ten times as much is no finding, and only its neighbours look low."""
        found = hs.find_low_reporting(*draw(1, np.inf, 10.0))
        assert found.loc["g112", "p"] > 0.5


class TestRelations:
    """What must not matter."""

    def test_order_labels_and_unit(self) -> None:
        """Order, labels, and residents counted in thousands."""
        reports, groups = draw(3, 2.0)
        one = hs.find_low_reporting(reports, groups)
        order = np.random.default_rng(0).permutation(len(groups))
        names = [f"x{n}" for n in range(len(groups))]
        other = hs.find_low_reporting(
            reports.iloc[order].set_axis(names), groups.iloc[order].set_axis(names)
        )
        np.testing.assert_allclose(one["q"].to_numpy()[order], other["q"], rtol=1e-5)
        thousand = groups.assign(population=groups["population"] / 1000)
        np.testing.assert_allclose(
            one["p"], hs.find_low_reporting(reports, thousand)["p"], rtol=1e-5
        )


class TestMessages:
    """What is wrong, and what to type instead."""

    def test_population(self) -> None:
        """Areas without residents."""
        groups = grid(2, 2)
        with pytest.raises(InputError, match="without population'.*Add a column population"):
            hs.find_low_reporting(
                pd.Series(1, index=groups.index), groups.drop(columns="population")
            )

    def test_reports(self) -> None:
        """Reports of other areas, or below 0."""
        groups = grid(2, 2)
        with pytest.raises(InputError, match="Invalid reports '4 rows'. Must be on the index"):
            hs.find_low_reporting(pd.Series([1, 2, 3, 4]), groups)
        with pytest.raises(InputError, match="Invalid reports 'negative, missing or infinite'"):
            hs.find_low_reporting(pd.Series([1, 2, 3, -4], index=groups.index), groups)
