"""Moran's I, of each place and of all: by hand, at the edges, of other programs, and its level."""

import logging
import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import hotspots as hs
from hotspots.areas.places import make_places
from hotspots.errors import HotspotsWarning, InputError
from tests.places import make_cells, on

ALTERNATIVES = ("greater", "less", "two-sided")


def make_touching(neighbours: dict[str, list[str]]) -> gpd.GeoDataFrame:
    """Give areas that touch exactly where a table says so: each pair shares a square of its own."""
    pairs = sorted({tuple(sorted((a, b))) for a, others in neighbours.items() for b in others})
    grounds: dict[str, list[Any]] = {name: [] for name in neighbours}
    for number, pair in enumerate(pairs):
        for name in pair:
            grounds[name].append(shapely.box(10 * number, 0, 10 * number + 1, 1))
    polygons = [shapely.MultiPolygon(grounds[name]) for name in neighbours]
    return make_places(
        list(neighbours),
        polygons,
        area_id=None,
        area_m2=shapely.area(polygons),
        shape="area",
        cell_size_m=np.nan,
        column=-1,
        row=-1,
    )


class TestByHand:
    """Few places, every number known."""

    def test_row_of_four(self) -> None:
        """Squares in a row with 0, 0, 2, 6: mean 2, variance 6; z² sums to 4."""
        places = make_cells(4, 1)
        found = hs.local_moran(
            on(places, [0, 0, 2, 6]), places, alternative="greater", n_permutations=9, rng=1
        )
        # Less the mean: −2, −2, 0, 4. Their neighbours' means: −2, −1, 1, 0; times 3/4 over 6.
        assert found["local_moran"].tolist() == pytest.approx([0.5, 0.25, 0, 0])
        assert found["n_neighbours"].tolist() == [1, 2, 2, 1]
        assert found["quadrant"].tolist()[:2] == ["low among low"] * 2
        assert found["quadrant"].iloc[2] == "low among high"
        assert found.columns.tolist() == [
            "local_moran",
            "n_neighbours",
            "quadrant",
            "z",
            "p",
            "q",
        ]
        assert found.index.equals(places.index)

    def test_quadrants(self) -> None:
        """A high block, a low hole in it, and a high place among low ones."""
        places = make_cells(9, 9)
        values = np.ones((9, 9))
        values[1:4, 1:4] = 8
        values[2, 2] = 0
        values[6, 6] = 9
        found = hs.local_moran(on(places, values.ravel()), places, n_permutations=9999, rng=1)
        assert found.loc["c20", "quadrant"] == "low among high"
        assert found.loc["c60", "quadrant"] == "high among low"
        assert found.loc["c11", "quadrant"] == "high among high"
        assert found.loc["c80", "quadrant"] == "low among low"
        assert found.loc["c20", "p"] < 0.001
        assert found.loc["c20", "z"] < -3

    def test_global_by_hand(self) -> None:
        """0, 0, 2, 6 in a row: 4/4 · (−2·−2 + −2·−1 + 0·1 + 4·0) / 24 = 1/4; expected −1/3."""
        places = make_cells(4, 1)
        found = hs.global_moran(on(places, [0, 0, 2, 6]), places, rng=1)
        assert found["moran_i"] == pytest.approx(1 / 4)
        assert found["expected"] == pytest.approx(-1 / 3)
        assert found["n"] == 4
        assert found.index.tolist() == ["moran_i", "expected", "z", "p_norm", "p", "n"]
        # Of the 12 orders of 0, 0, 2, 6 the largest I is that of 0, 0, 2, 6 and 6, 2, 0, 0.
        assert found["p"] == pytest.approx(2 / 12, abs=0.04)

    def test_p_of_ties(self) -> None:
        """All sums that are equal count: one of four in a ring of like places has p 1."""
        places = make_cells(4, 4)
        values = on(places, [9] + [0] * 15)
        found = hs.local_moran(values, places, alternative="greater", rng=1)
        # Its neighbours are three of fifteen zeros in every draw.
        assert found.loc["c0", "p"] == 1
        assert np.isnan(found.loc["c0", "z"])


class TestEdges:
    """No neighbours, missing values."""

    def test_place_without_neighbours(self) -> None:
        """A place far from all others is not tested."""
        places = make_cells(5, 1)
        places.loc["c4", "column"] = 50
        found = hs.local_moran(on(places, [1, 2, 5, 7, 9]), places, n_permutations=999, rng=1)
        assert found.loc["c4", ["local_moran", "quadrant", "z", "p", "q"]].isna().all()
        assert found.loc["c4", "n_neighbours"] == 0
        tested = found.iloc[:4]
        assert tested["q"].tolist() == pytest.approx(
            stats.false_discovery_control(tested["p"]).tolist()
        )
        overall = hs.global_moran(on(places, [1, 2, 5, 7, 9]), places, rng=1)
        assert overall["n"] == 5

    def test_missing_values_are_zeros(self) -> None:
        """Places that are left out count as zero, in any order."""
        places = make_cells(3, 3)
        few, whole = pd.Series({"c4": 2, "c1": 3}), on(places, [0, 3, 0, 0, 2, 0, 0, 0, 0])
        one, other = (hs.local_moran(each, places, rng=1) for each in (few, whole))
        pd.testing.assert_frame_equal(one, other)

    def test_smallest_q_is_announced(self, caplog: pytest.LogCaptureFixture) -> None:
        """Among 16 places and two-sided, 999 draws reach 16 · 2/1000."""
        places = make_cells(4, 4)
        with caplog.at_level(logging.INFO):
            hs.local_moran(on(places, range(16)), places, rng=1)
        assert "16 places tested; the smallest p is 0.002" in caplog.text
        assert "at least 0.032" in caplog.text


class TestReference:
    """Numbers of other programs."""

    def test_sids2(self) -> None:
        """Moran's I of infant deaths in North Carolina, with the neighbours of the file."""
        from libpysal.examples import get_path  # noqa: PLC0415

        counties = gpd.read_file(get_path("sids2.dbf"))
        lines = get_path("sids2.gal")
        neighbours = read_gal(lines)
        places = make_touching(neighbours)
        values = pd.Series(counties["SIDR74"].to_numpy(), index=list(neighbours))
        found = hs.global_moran(values, places, rng=1)
        assert found["moran_i"] == pytest.approx(0.24772519320480135, rel=1e-14)
        assert f"{found['p_norm']:.7e}" == "5.7916539e-05"
        assert found["expected"] == pytest.approx(-1 / 99)
        assert found["p"] == 0.001
        two = hs.global_moran(values, places, alternative="two-sided", rng=1)
        assert two["p_norm"] == pytest.approx(2 * found["p_norm"])

    def test_desmith(self) -> None:
        """The quadrants of esda's example of ten places are 4 4 4 2 3 3 1 4 3 3."""
        from libpysal.examples import get_path  # noqa: PLC0415

        neighbours = read_gal(get_path("desmith.gal"))
        table = pd.read_csv(get_path("desmith.txt"), skiprows=1)
        places = make_touching(neighbours)
        values = pd.Series(table["z"].to_numpy(dtype=float), index=list(neighbours))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HotspotsWarning)
            found = hs.local_moran(values, places, n_permutations=99, rng=1)
        names = {
            1: "high among high",
            2: "low among high",
            3: "low among low",
            4: "high among low",
        }
        assert found["quadrant"].tolist() == [names[q] for q in (4, 4, 4, 2, 3, 3, 1, 4, 3, 3)]


def read_gal(path: str) -> dict[str, list[str]]:
    """Read who is beside whom from a GAL file, in its order."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (libpysal gives text)
        lines = [line.split() for line in file][1:]
    lines = [line for line in lines if line]
    return {
        head[0]: others if int(head[1]) else []
        for head, others in zip(lines[::2], lines[1::2], strict=True)
    }


class TestLevel:
    """Null maps: of the places that are tested no more than the level stand out."""

    @pytest.mark.filterwarnings("ignore:None of")
    @pytest.mark.parametrize("alternative", ALTERNATIVES)
    def test_sparse_counts(self, alternative: Any) -> None:
        """Poisson counts of 0.1 on 40 × 40 cells, where esda's own p is far too small."""
        places = make_cells(40, 40)
        chance = np.random.default_rng(1)
        shares = []
        for _ in range(8):
            values = on(places, chance.poisson(0.1, 1600))
            found = hs.local_moran(values, places, alternative=alternative, rng=chance)
            shares.append((found["p"] <= 0.05).mean())
        error = np.std(shares, ddof=1) / np.sqrt(len(shares))
        assert np.mean(shares) <= 0.05 + 2 * error

    def test_global(self) -> None:
        """Of a hundred maps of nothing about five have p of at most 0.05."""
        places = make_cells(8, 8)
        chance = np.random.default_rng(2)
        found = [
            hs.global_moran(on(places, chance.poisson(0.3, 64)), places, n_permutations=99, rng=n)
            for n in range(100)
        ]
        assert np.mean([each["p"] <= 0.05 for each in found]) <= 0.05 + 2 * np.sqrt(
            0.05 * 0.95 / 100
        )


class TestRelations:
    """What holds for every input."""

    @settings(max_examples=15)
    @given(data=st.data())
    def test_order_does_not_matter(self, data: Any) -> None:
        """Rows in another order have the same statistic and quadrant."""
        places = make_cells(4, 4)
        drawn = data.draw(st.lists(st.integers(-3, 6), min_size=14, max_size=14))
        values = on(places, [0, *drawn, 10])
        order = data.draw(st.permutations(range(16)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HotspotsWarning)
            one = hs.local_moran(values, places, n_permutations=19, rng=1)
            other = hs.local_moran(values, places.iloc[order], n_permutations=19, rng=1)
        fixed = ["local_moran", "n_neighbours"]
        pd.testing.assert_frame_equal(one.iloc[order][fixed], other[fixed], rtol=1e-9)

    def test_mean_of_local_is_global(self) -> None:
        """With weights that add up to 1, I is the sum of all Iᵢ over n − 1."""
        places = make_cells(7, 7)
        values = on(places, np.random.default_rng(3).gamma(1.0, 1.0, 49))
        local = hs.local_moran(values, places, rng=1, n_permutations=9999)["local_moran"]
        overall = hs.global_moran(values, places, rng=1)
        assert local.sum() / 48 == pytest.approx(overall["moran_i"])

    def test_same_seed(self) -> None:
        """The same seed gives the same answer, and numpy's own generator is left alone."""
        places = make_cells(6, 6)
        values = on(places, np.random.default_rng(4).gamma(1.0, 1.0, 36))
        before = np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
        one, again, other = (
            hs.local_moran(values, places, n_permutations=1999, rng=rng) for rng in (1, 1, 2)
        )
        pd.testing.assert_frame_equal(one, again)
        assert not one["p"].equals(other["p"])
        first, second, third = (hs.global_moran(values, places, rng=rng) for rng in (1, 1, 5))
        assert first.equals(second)
        assert first["p"] != third["p"]
        assert np.random.get_state()[1].tolist() == before  # type: ignore[index]  # noqa: NPY002

    def test_the_two_sides(self) -> None:
        """Two-sided p is twice the smaller one-sided p, and p and q are probabilities."""
        places = make_cells(8, 8)
        values = on(places, np.random.default_rng(5).poisson(1.0, 64))
        tables = [
            hs.local_moran(values, places, alternative=each, n_permutations=4999, rng=1)
            for each in ALTERNATIVES
        ]
        up, down, both = (table["p"].to_numpy() for table in tables)
        assert both == pytest.approx(np.minimum(1, 2 * np.minimum(up, down)))
        assert tables[2][["p", "q"]].gt(0).all().all()
        assert tables[2][["p", "q"]].le(1).all().all()


def test_too_few_draws() -> None:
    """Draws that cannot bring a place to a small q warn, and say how small it can be."""
    places = make_cells(30, 30)
    values = on(places, [50.0] * 3 + [0.0] * 27 + [50.0] * 3 + [0.0] * 867)
    with pytest.warns(HotspotsWarning, match=r"None of 99 draws reached .* at least 1\. Give more"):
        hs.local_moran(values, places, n_permutations=99, rng=1)


@pytest.mark.parametrize("verb", [hs.local_moran, hs.global_moran])
class TestMessages:
    """What is wrong is said, with what to do."""

    places = make_cells(3, 3)
    values = on(places, range(9))

    def test_coordinate_system(self, verb: Any) -> None:
        """Degrees are refused."""
        with pytest.raises(InputError, match="Invalid coordinate system 'EPSG:4326'. Must be"):
            verb(self.values, self.places.to_crs(4326))

    def test_few_places(self, verb: Any) -> None:
        """One place is refused, and so are too few for a variance."""
        with pytest.raises(InputError, match="there are 1. Must be at least two"):
            verb(self.values.iloc[:1], self.places.iloc[:1])
        with pytest.raises(InputError, match="Invalid number of places '3'. Must be at least 4"):
            verb(self.values.iloc[:3], self.places.iloc[:3])

    def test_values(self, verb: Any) -> None:
        """No variance, ids that are not there, missing numbers."""
        with pytest.raises(InputError, match="each place has 0. Must vary between places"):
            verb(self.values * 0, self.places)
        with pytest.raises(InputError, match="Invalid values of places that are not there"):
            verb(pd.Series(range(9)), self.places)
        with pytest.raises(InputError, match=r"missing or infinite: 1 \(c3\)"):
            verb(self.values.where(self.values != 3), self.places)

    def test_options(self, verb: Any) -> None:
        """A radius smaller than a cell, other words, no draws."""
        with pytest.raises(InputError, match="Invalid radius '50'. Must be such that places have"):
            verb(self.values, self.places, radius=50)
        with pytest.raises(InputError, match="Invalid alternative 'folded'"):
            verb(self.values, self.places, alternative="folded")
        for n in (0, None):
            with pytest.raises(InputError, match="Invalid n_permutations"):
                verb(self.values, self.places, n_permutations=n)
