"""Gi and Gi* of places: by hand, at the edges, against other programs, and their level."""

import itertools
import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.sparse import csr_array

import hotspots as hs
from hotspots.areas import neighbours
from hotspots.areas.places import make_places
from hotspots.errors import HotspotsWarning, InputError
from hotspots.patterns import drawn_sums
from hotspots.patterns.drawn_sums import LEAST_P, Sums, count_draws, exact_tails
from tests.places import make_cells, on

ALTERNATIVES = ("greater", "less", "two-sided")
# E1 of esda's tests, typed in: numbers are facts.
E1_POINTS = [(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)]
E1_VALUES = [2, 3, 3.2, 5, 8, 7]
E1_GI = [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941]
E1_GI_STAR = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]


def make_points(points: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    """Give places that are points."""
    ids = [f"p{number}" for number in range(len(points))]
    return gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(*np.array(points, dtype=float).T), index=ids, crs="EPSG:27700"
    )


def all_permutations(values: np.ndarray, near: np.ndarray, alternative: str) -> list[float]:
    """Give each p by going through every choice of neighbours."""
    found = []
    for place, row in enumerate(near):
        others = np.delete(values, place)
        sums = np.array([sum(some) for some in itertools.combinations(others, int(row.sum()))])
        upper, lower = (sums >= values[row].sum()).mean(), (sums <= values[row].sum()).mean()
        both = min(1.0, 2 * min(upper, lower))
        found.append({"greater": upper, "less": lower, "two-sided": both}[alternative])
    return found


class TestByHand:
    """Few places, every number known."""

    def test_row_of_four(self) -> None:
        """Four squares in a row with 0, 0, 2, 3: chances are counted on fingers."""
        places = make_cells(4, 1)
        found = hs.getis_ord(on(places, [0, 0, 2, 3]), places)
        assert found.index.equals(places.index)
        assert found["local_sum"].tolist() == [0, 2, 5, 5]
        assert found["n_neighbours"].tolist() == [1, 2, 2, 1]
        # First: one of 0, 2, 3 is at least 0. Second: of the pairs of 0, 2, 3 with sums 2, 3, 5
        # all are at least 2. Third: of the pairs of 0, 0, 3 with sums 0, 3, 3 two are at least 3.
        # Last: one of 0, 0, 2 is at least 2.
        assert found["p"].tolist() == pytest.approx([1, 1, 2 / 3, 1 / 3])
        # The last is first of four: 4 · 1/3 = 4/3, held down to the largest, 1.
        assert found["q"].tolist() == [1, 1, 1, 1]

    def test_z_by_hand(self) -> None:
        """The mean is 5/4 and the variance 13/4 − 25/16 = 27/16; the last place has a sum of 5."""
        places = make_cells(4, 1)
        found = hs.getis_ord(on(places, [0, 0, 2, 3]), places)
        # Gi*: (5 − 2 · 5/4) / √(27/16 · (4·2 − 4)/3) = 2.5 / 1.5.
        assert found["z"].iloc[3] == pytest.approx(2.5 / 1.5)
        assert found["expected"].iloc[3] == pytest.approx(2.5)
        # Gi: of 0, 0, 2 the mean is 2/3 and the variance 4/3 − 4/9 = 8/9; (2 − 2/3) / √(8/9).
        beside = hs.getis_ord(on(places, [0, 0, 2, 3]), places, star=False)
        assert beside["z"].iloc[3] == pytest.approx((4 / 3) / np.sqrt(8 / 9))
        assert beside["local_sum"].tolist() == [0, 2, 3, 2]

    def test_normal_p(self) -> None:
        """A z of 5/3 has the one- and two-sided p of the normal distribution."""
        places = make_cells(4, 1)
        values = on(places, [0, 0, 2, 3])
        p_z = [
            hs.getis_ord(values, places, alternative=each)["p_z"].iloc[3] for each in ALTERNATIVES
        ]
        above = stats.norm.sf(5 / 3)
        assert p_z == pytest.approx([above, 1 - above, 2 * above])

    def test_exposure(self) -> None:
        """Three reports, shares of 1/6, 1/3 and 1/2: the first two have all with (1/2)³."""
        places = make_cells(3, 1)
        exposure = on(places, [1, 2, 3])
        found = hs.getis_ord(on(places, [1, 2, 0]), places, exposure=exposure)
        assert found["p"].iloc[0] == pytest.approx(1 / 8)
        assert found["expected"].iloc[0] == pytest.approx(1.5)
        assert found["z"].iloc[0] == pytest.approx(1.5 / np.sqrt(3 / 4))
        # Gi: without the first place two reports and shares of 2/5 and 3/5; both with (2/5)².
        beside = hs.getis_ord(on(places, [1, 2, 0]), places, exposure=exposure, star=False)
        assert beside["p"].iloc[0] == pytest.approx(4 / 25)

    def test_radius(self) -> None:
        """Centres exactly at the radius are neighbours, diagonal ones with a longer radius."""
        places = make_cells(3, 3)
        values = on(places, [0, 0, 0, 0, 1, 0, 0, 0, 0])
        cross = hs.getis_ord(values, places, radius=100)["n_neighbours"]
        assert cross.tolist() == [2, 3, 2, 3, 4, 3, 2, 3, 2]
        square = hs.getis_ord(values, places, radius=100 * np.sqrt(2))
        pd.testing.assert_frame_equal(square, hs.getis_ord(values, places))

    def test_hexagons(self) -> None:
        """Hexagons have their six neighbours over edges."""
        places = hs.make_grid(hs.load_boroughs().loc[["E09000007"]], cell_size=400, shape="hexagon")
        values = pd.Series(1.0, index=places.index[:5])
        assert hs.getis_ord(values, places)["n_neighbours"].max() == 6


class TestEdges:
    """No neighbours, no values, all alike, too large."""

    def test_place_without_neighbours(self) -> None:
        """A place far from all others is not tested, and does not count among the tests."""
        places = make_points([(0, 0), (10, 0), (20, 0), (5000, 0)])
        found = hs.getis_ord(on(places, [1, 2, 4, 9]), places, radius=12)
        assert found.loc["p3", ["expected", "z", "p_z", "p", "q"]].isna().all()
        assert found.loc["p3", ["local_sum", "n_neighbours"]].tolist() == [9, 0]
        tested = found.iloc[:3]
        assert tested["q"].tolist() == pytest.approx(
            stats.false_discovery_control(tested["p"]).tolist()
        )

    def test_missing_values_are_zeros(self, caplog: pytest.LogCaptureFixture) -> None:
        """Places that are left out count as zero, which is said; the order of ids is free."""
        places = make_cells(3, 3)
        few = pd.Series({"c4": 2, "c1": 3})
        with caplog.at_level(logging.INFO):
            found = hs.getis_ord(few, places)
        assert "7 places without a value count as 0" in caplog.text
        whole = on(places, [0, 3, 0, 0, 2, 0, 0, 0, 0])
        pd.testing.assert_frame_equal(found, hs.getis_ord(whole, places))

    def test_one_place_has_all(self) -> None:
        """Its neighbours are no evidence of themselves: only theirs see it."""
        places = make_cells(5, 5)
        values = pd.Series({"c12": 40})
        found = hs.getis_ord(values, places, star=False)
        # Of the others' 24 any 8 are zeros; around it, the 40 is among 8 of 24.
        assert found.loc["c12", "p"] == 1
        assert np.isnan(found.loc["c12", "z"])
        assert found.loc["c6", "p"] == pytest.approx(8 / 24)

    def test_everybody_is_near(self) -> None:
        """If all others are neighbours there is one choice of them: p is 1 and z missing."""
        places = make_cells(3, 3)
        found = hs.getis_ord(on(places, range(9)), places, radius=1000, alternative="two-sided")
        assert found["p"].tolist() == [1] * 9
        assert found["z"].isna().all()

    def test_nobody_exposed_elsewhere(self) -> None:
        """A place with all of the exposure leaves the others nothing to vary."""
        places = make_cells(2, 1)
        found = hs.getis_ord(on(places, [3, 0]), places, exposure=on(places, [1, 0]), star=False)
        assert found["p"].tolist() == [1, 1]
        assert found["z"].isna().all()

    @pytest.mark.parametrize("limit", ["_MOST_STEPS", "_MOST_ENTRIES"])
    def test_too_large_to_be_exact(
        self, limit: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Where all permutations would take too long p is drawn, and close to them."""
        places = make_cells(6, 6)
        values = on(places, np.random.default_rng(1).poisson(1.0, 36))
        exact = hs.getis_ord(values, places)
        monkeypatch.setattr(drawn_sums, limit, 10)
        with caplog.at_level(logging.INFO):
            drawn = hs.getis_ord(values, places, rng=1)
        assert "p is drawn" in caplog.text
        assert drawn["p"].to_numpy() == pytest.approx(exact["p"].to_numpy(), abs=0.01)
        assert not drawn["p"].equals(exact["p"])

    def test_inputs_are_not_changed(self) -> None:
        """Values, places and exposure stay as they were."""
        places = make_cells(4, 4)
        values, exposure = on(places, range(16)), on(places, range(1, 17))
        before = values.copy(), places.copy(), exposure.copy()
        hs.getis_ord(values, places, exposure=exposure)
        hs.getis_ord(values, places, n_permutations=99, rng=1)
        pd.testing.assert_series_equal(values, before[0])
        pd.testing.assert_frame_equal(places, before[1])
        pd.testing.assert_series_equal(exposure, before[2])


class TestReference:
    """Numbers of other programs."""

    @pytest.mark.parametrize(("star", "expected"), [(False, E1_GI), (True, E1_GI_STAR)])
    def test_e1_of_pysal(self, star: bool, expected: list[float]) -> None:  # noqa: FBT001
        """The six points of esda's test, distance band 15, binary, to all printed digits."""
        places = make_points(E1_POINTS)
        found = hs.getis_ord(on(places, E1_VALUES), places, radius=15, star=star, rng=1)
        assert found["z"].round(8).tolist() == expected

    @pytest.mark.acceptance
    @pytest.mark.parametrize(
        ("cell_size", "n_cells", "first", "decimals", "largest", "n_high"),
        [
            (
                500,
                2715,
                [-0.546, -0.598, -0.598, 0.716, 0.716, 0.716, -0.598, -0.598, -0.546, 0.893],
                3,
                8.931,
                211,
            ),
            (
                200,
                16_133,
                [-0.243, -0.266, -0.266, 3.20, 3.20, 3.20, -0.266, -0.266, -0.243],
                [3, 3, 3, 2, 2, 2, 3, 3, 3],
                11.009,
                1536,
            ),
        ],
    )
    @pytest.mark.parametrize("by", ["adjacency", "radius"])
    def test_s1_of_sfhotspot(
        self,
        shared_data: Path,
        cell_size: int,
        n_cells: int,
        first: list[float],
        decimals: Any,
        largest: float,
        n_high: int,
        by: str,
    ) -> None:
        """Robberies of Memphis in cells over their buffered hull, as sfhotspot's help prints."""
        path = shared_data / "reference" / "getis_ord" / "memphis_robberies_jan_utm15.csv"
        xy = pd.read_csv(path, header=None).to_numpy(dtype=float)
        places, values = cells_of_hull(xy, cell_size)
        radius = None if by == "adjacency" else cell_size * np.sqrt(2)
        found = hs.getis_ord(values, places, radius=radius, alternative="two-sided")
        assert len(found) == n_cells
        assert values.sum() == 206
        places_to = np.broadcast_to(decimals, len(first))
        shown = [round(z, int(to)) for z, to in zip(found["z"], places_to, strict=False)]
        assert shown == first
        assert round(found["z"].max(), 3) == largest
        assert (found["z"] > 1.96).sum() == n_high
        if cell_size == 200:
            assert round(found["p_z"].iloc[3], 5) == 0.00135
            # The page says so: hardly any of what z calls high is more than chance.
            assert not (hs.getis_ord(values, places)["q"] <= 0.05).any()

    @pytest.mark.parametrize("star", [False, True])
    def test_z_of_esda(self, star: bool) -> None:  # noqa: FBT001
        """On counts of a grid z is that of esda with binary weights."""
        from esda import G_Local  # noqa: PLC0415
        from libpysal.graph import Graph  # noqa: PLC0415

        places = make_cells(12, 9)
        values = on(places, np.random.default_rng(2).poisson(0.8, 108))
        graph = Graph.from_sparse(neighbours(places).astype(float).tocoo())
        theirs = G_Local(values.to_numpy(), graph, transform="B", star=star, permutations=0)
        ours = hs.getis_ord(values, places, star=star)
        assert ours["z"].to_numpy() == pytest.approx(theirs.Zs)

    def test_hypergeometric_of_many(self) -> None:
        """Of eighty neighbours and as many ones as zeros p is hypergeometric on either side."""
        places = make_cells(30, 30)
        values = on(places, np.random.default_rng(13).integers(0, 2, 900))
        found = hs.getis_ord(values, places, radius=500, star=False)
        others = stats.hypergeom(899, values.sum() - values, found["n_neighbours"])
        upper = others.sf(found["local_sum"] - 1)
        assert found["n_neighbours"].max() == 80
        assert found["p"].to_numpy() == pytest.approx(upper, rel=1e-10)
        low = hs.getis_ord(values, places, radius=500, alternative="less")["p"].to_numpy()
        assert low == pytest.approx(others.cdf(found["local_sum"]), rel=1e-10)

    def test_hypergeometric(self) -> None:
        """Of zeros and ones the sum is hypergeometric, far into the tail."""
        places = make_cells(40, 40)
        values = on(places, np.zeros(1600))
        values.iloc[[0, 1, 2, 40, 42, 80, 81, 82, 500, 700]] = 1
        found = hs.getis_ord(values, places)
        expected = stats.hypergeom.sf(7, 1599, 10, 8)
        assert expected == pytest.approx(1.1e-18, rel=0.1)
        assert found["p"].iloc[41] == LEAST_P
        corner = hs.getis_ord(values, places)["p"].iloc[0]  # itself 1, and two of three
        assert corner == pytest.approx(stats.hypergeom.sf(1, 1599, 9, 3), rel=1e-12)


def cells_of_hull(xy: np.ndarray, cell_size: int) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Make sfhotspot's grid: whole cells that meet the hull buffered by half a cell, and counts."""
    hull = shapely.convex_hull(shapely.multipoints(xy)).buffer(cell_size / 2)
    west, south, east, north = hull.bounds
    width, height = (int(np.ceil(side / cell_size)) for side in (east - west, north - south))
    row, column = np.divmod(np.arange(width * height), width)
    x, y = west + column * cell_size, south + row * cell_size
    cells = shapely.box(x, y, x + cell_size, y + cell_size)
    is_kept = shapely.intersects(cells, hull)
    cell_of = ((xy - [west, south]) // cell_size).astype(int) @ [1, width]
    counts = np.bincount(cell_of, minlength=width * height)[is_kept]
    ids = [f"c{number}" for number in np.flatnonzero(is_kept)]
    # The coordinates are UTM metres; only distances matter here.
    places = make_places(
        ids,
        cells[is_kept],
        area_id=None,
        area_m2=float(cell_size**2),
        shape="square",
        cell_size_m=float(cell_size),
        column=column[is_kept],
        row=row[is_kept],
    )
    return places, pd.Series(counts, index=ids)


class TestPermutations:
    """p against every choice of neighbours, and what draws are."""

    @pytest.mark.parametrize("alternative", ALTERNATIVES)
    def test_every_choice(self, alternative: Any) -> None:
        """Exact p is the share of all choices of neighbours, ties counted; draws come near."""
        places = make_cells(4, 3)
        near = neighbours(places).toarray()
        values = np.array([0, 0, 3, 1, 0, 2, 2, 0, 5, 0, 0, 1])
        expected = all_permutations(values, near, alternative)
        exact = hs.getis_ord(on(places, values), places, alternative=alternative)
        assert exact["p"].tolist() == pytest.approx(expected, rel=1e-12)
        for shift in (0, 0.1):  # 0.1 more of each makes them other than whole, with the same ties
            drawn = hs.getis_ord(
                on(places, values + shift),
                places,
                alternative=alternative,
                n_permutations=20_000,
                rng=1,
            )
            assert drawn["p"].tolist() == pytest.approx(expected, abs=0.015)

    def test_counts_of_draws_by_hand(self) -> None:
        """Each draw counts once for each place, and never holds the place itself."""
        values, n_draws = np.array([0.0, 10.0, 100.0]), 3000
        near = csr_array(np.array([[0, 1, 0], [1, 0, 0], [0, 1, 0]], dtype=bool))
        at_least, at_most = count_draws(Sums.of(values, near), n_draws, np.random.default_rng(1))
        # First: of 10 and 100 both reach 10. Second: of 0 and 100 both reach 0. Last: of 0 and
        # 10 half do.
        assert at_least[:2].tolist() == [n_draws, n_draws]
        assert at_least[2] == pytest.approx(n_draws / 2, abs=100)
        assert at_most[2] == n_draws
        assert at_most[:2] == pytest.approx([n_draws / 2] * 2, abs=100)

    def test_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Draws in batches add up to the same number, with the same distribution."""
        places = make_cells(5, 5)
        values = np.random.default_rng(3).poisson(1.0, 25).astype(float)
        sums = Sums.of(values, neighbours(places))
        whole = count_draws(sums, 5000, np.random.default_rng(1))
        monkeypatch.setattr(drawn_sums, "_BATCH_ENTRIES", 999)
        parts = count_draws(sums, 5000, np.random.default_rng(1))
        for one, other in zip(whole, parts, strict=True):
            assert one.tolist() == other.tolist()

    def test_no_draw_reached(self, caplog: pytest.LogCaptureFixture) -> None:
        """Counts that no draw reached have their exact p."""
        places = make_cells(30, 30)
        values = on(places, np.zeros(900))
        values.iloc[[0, 1, 2, 30, 31, 32, 60, 61, 62]] = 7
        with caplog.at_level(logging.INFO):
            drawn = hs.getis_ord(values, places, n_permutations=999, rng=1)
        exact = hs.getis_ord(values, places)
        assert "places that no draw reached have an exact p" in caplog.text
        is_floor = drawn["p"] < 1 / 1000
        assert is_floor.sum() > 5
        assert drawn["p"][is_floor].tolist() == exact["p"][is_floor].tolist()
        assert drawn["p"].to_numpy() == pytest.approx(exact["p"].to_numpy(), abs=0.05)
        assert drawn["q"].min() < 1e-8

    def test_more_draws(self, caplog: pytest.LogCaptureFixture) -> None:
        """Other numbers have more draws, and p no smaller than these allow."""
        places = make_cells(30, 30)
        values = on(places, np.zeros(900))
        values.iloc[[0, 1, 2, 30, 31, 32, 60, 61, 62]] = 7.5
        with caplog.at_level(logging.INFO):
            drawn = hs.getis_ord(values, places, n_permutations=999, rng=1)
        assert "have 999000 more" in caplog.text
        assert "the smallest p is 1e-06, so the q of a lone place is at least 0.0009" in caplog.text
        assert drawn["p"].min() == 1e-6
        assert drawn["q"].min() <= 9e-4

    def test_enough_draws(self, caplog: pytest.LogCaptureFixture) -> None:
        """Where draws reach every place there are no more."""
        places = make_cells(3, 3)
        with caplog.at_level(logging.INFO):
            hs.getis_ord(on(places, np.arange(9) + 0.5), places, n_permutations=9999, rng=1)
        assert "more" not in caplog.text
        assert "the smallest p is 0.0001" in caplog.text

    def test_smallest_q_is_announced(self, caplog: pytest.LogCaptureFixture) -> None:
        """A lone place among 16 with an exact p can reach 16 times the smallest p, on each side."""
        places = make_cells(4, 4)
        with caplog.at_level(logging.INFO):
            hs.getis_ord(on(places, range(16)), places, alternative="two-sided")
        assert "16 places tested; the smallest p is 2e-15" in caplog.text
        assert "at least 3.2e-14" in caplog.text

    def test_same_seed(self) -> None:
        """The same seed gives the same answer, another one another."""
        places = make_cells(8, 8)
        values = on(places, np.random.default_rng(4).gamma(1.0, 1.0, 64))
        first, again, other = (
            hs.getis_ord(values, places, n_permutations=199, rng=rng) for rng in (1, 1, 2)
        )
        pd.testing.assert_frame_equal(first, again)
        assert not first["p"].equals(other["p"])

    def test_numpy_is_left_alone(self) -> None:
        """Drawing moves no global generator."""
        before = np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
        places = make_cells(4, 4)
        hs.getis_ord(on(places, np.arange(16) / 3), places, n_permutations=99, rng=1)
        assert np.random.get_state()[1].tolist() == before  # type: ignore[index]  # noqa: NPY002


class TestLevel:
    """Null maps: of the places that are tested no more than the level stand out."""

    @pytest.mark.parametrize("alternative", ALTERNATIVES)
    @pytest.mark.parametrize("n_permutations", [None, 999])
    def test_sparse_counts(self, alternative: Any, n_permutations: int | None) -> None:
        """Poisson counts of 0.1 on 80 × 80 cells, twenty maps."""
        places = make_cells(80, 80)
        chance = np.random.default_rng(5)
        shares = [
            (
                hs.getis_ord(
                    on(places, chance.poisson(0.1, 6400)),
                    places,
                    alternative=alternative,
                    n_permutations=n_permutations,
                    rng=chance,
                )["p"]
                <= 0.05
            ).mean()
            for _ in range(20)
        ]
        error = np.std(shares, ddof=1) / np.sqrt(len(shares))
        assert np.mean(shares) <= 0.05 + 2 * error

    @pytest.mark.parametrize("star", [False, True])
    @pytest.mark.parametrize("alternative", ALTERNATIVES)
    def test_unequal_exposure(self, star: bool, alternative: Any) -> None:  # noqa: FBT001
        """Exposures from 1 to 100: with them the level holds, without them it is far off."""
        places = make_cells(40, 40)
        chance = np.random.default_rng(6)
        town_to_country = np.geomspace(100, 1, 40)[:, None] * np.ones(40)
        exposure = on(places, town_to_country.ravel())
        shares, without = [], []
        for _ in range(10):
            values = on(places, chance.poisson(exposure * 0.02))
            options = {"star": star, "alternative": alternative}
            found = hs.getis_ord(values, places, exposure=exposure, **options)
            shares.append((found["p"] <= 0.05).mean())
            without.append((hs.getis_ord(values, places, **options)["p"] <= 0.05).mean())
        error = np.std(shares, ddof=1) / np.sqrt(len(shares))
        assert np.mean(shares) <= 0.05 + 2 * error
        if alternative != "less":  # so little that less of it can hardly be told
            assert np.mean(without) > 0.1

    def test_false_discoveries(self) -> None:
        """In maps without a hotspot hardly any q is below 0.05."""
        places = make_cells(40, 40)
        chance = np.random.default_rng(7)
        finds = [
            (hs.getis_ord(on(places, chance.poisson(0.3, 1600)), places)["q"] <= 0.05).any()
            for _ in range(60)
        ]
        assert np.mean(finds) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 60)

    def test_planted(self) -> None:
        """A planted block of nine is found whole, and little else."""
        places = make_cells(40, 40)
        rate = np.full((40, 40), 0.3)
        rate[20:23, 10:13] = 6.0
        values = on(places, np.random.default_rng(8).poisson(rate.ravel()))
        found = (hs.getis_ord(values, places)["q"] <= 0.05).to_numpy().reshape(40, 40)
        assert found[20:23, 10:13].all()
        assert found.sum() <= 25  # the block and those that touch it


class TestRelations:
    """What holds for every input."""

    @settings(max_examples=40)
    @given(data=st.data(), alternative=st.sampled_from(ALTERNATIVES), star=st.booleans())
    def test_order_does_not_matter(self, data: Any, alternative: Any, star: Any) -> None:
        """Rows in another order are the same rows, with and without an exposure."""
        places = make_cells(4, 4)
        drawn = data.draw(st.lists(st.integers(0, 6), min_size=16, max_size=16))
        values = on(places, drawn) + on(places, [1] + [0] * 14 + [2])
        order = data.draw(st.permutations(range(16)))
        exposure = data.draw(st.sampled_from([None, on(places, range(1, 17))]))
        options = {"alternative": alternative, "star": star, "exposure": exposure}
        one = hs.getis_ord(values, places, **options)
        other = hs.getis_ord(values, places.iloc[order], **options)
        if values.nunique() > 1:
            pd.testing.assert_frame_equal(one.iloc[order], other, rtol=1e-9)

    @settings(max_examples=60)
    @given(
        values=st.lists(st.integers(0, 40), min_size=9, max_size=9),
        alternative=st.sampled_from(ALTERNATIVES),
        radius=st.sampled_from([None, 100.0, 250.0]),
    )
    def test_exact_is_all_permutations(
        self, values: list[int], alternative: Any, radius: float | None
    ) -> None:
        """Whatever the values and the number of neighbours, p is the share of all choices."""
        places = make_cells(3, 3)
        values[0], values[1] = 0, 1
        near = neighbours(places).toarray()
        if radius is not None:
            centres = np.column_stack([places.centroid.x, places.centroid.y])
            gap = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
            near = (gap > 0) & (gap <= radius + 1e-6)
        found = hs.getis_ord(on(places, values), places, radius=radius, alternative=alternative)
        expected = all_permutations(np.array(values), near, alternative)
        assert found["p"].tolist() == pytest.approx(expected, rel=1e-9)

    @settings(max_examples=15)
    @given(values=st.lists(st.floats(0, 1e6, width=32), min_size=16, max_size=16))
    def test_p_is_a_probability(self, values: list[float]) -> None:
        """Every p and q is above 0 and at most 1, and no q is below its p."""
        places = make_cells(4, 4)
        values[0], values[1] = 0.0, 1.5
        found = hs.getis_ord(on(places, values), places, n_permutations=99, rng=1)
        for name in ("p", "q"):
            assert found[name].between(0, 1, inclusive="right").all()
        assert (found["q"] >= found["p"] - 1e-12).all()

    @settings(max_examples=20)
    @given(scale=st.sampled_from([2, 3, 10]), seed=st.integers(0, 1000))
    def test_scale_does_not_matter(self, scale: int, seed: int) -> None:
        """Counting each report twice or ten times changes neither z nor a permutation p."""
        places = make_cells(6, 6)
        values = on(places, np.random.default_rng(seed).poisson(1.0, 36))
        one, other = (hs.getis_ord(each, places) for each in (values, values * scale))
        for name in ("z", "p", "q"):
            assert one[name].to_numpy() == pytest.approx(other[name].to_numpy(), rel=1e-9)

    def test_the_two_sides(self) -> None:
        """Two-sided p is twice the smaller one-sided p, and at most 1; Gi* has the p of Gi."""
        places = make_cells(10, 10)
        values = on(places, np.random.default_rng(9).poisson(1.0, 100))
        up, down, both = (
            hs.getis_ord(values, places, alternative=each)["p"] for each in ALTERNATIVES
        )
        assert both.to_numpy() == pytest.approx(np.minimum(1, 2 * np.minimum(up, down)).to_numpy())
        assert up.equals(hs.getis_ord(values, places, star=False)["p"])

    def test_fine_exposure_of_all_alike(self) -> None:
        """An equal exposure gives the binomial distribution of scipy."""
        places = make_cells(7, 5)
        values = on(places, np.random.default_rng(10).poisson(2.0, 35))
        found = hs.getis_ord(
            values, places, exposure=on(places, [3.0] * 35), alternative="two-sided"
        )
        share, n = (found["n_neighbours"] + 1) / 35, values.sum()
        upper = stats.binom.sf(found["local_sum"] - 1, n, share)
        lower = stats.binom.cdf(found["local_sum"], n, share)
        expected = np.minimum(1, 2 * np.minimum(upper, lower))
        assert found["p"].to_numpy() == pytest.approx(expected, rel=1e-9)

    def test_many_neighbours(self) -> None:
        """More than half of the others as neighbours: rounding does not build up."""
        values = np.random.default_rng(11).poisson(1.0, 200).astype(float)
        near = csr_array(~np.eye(200, dtype=bool))
        near = csr_array(near.toarray() & (np.random.default_rng(1).random((200, 200)) < 0.8))
        sums = Sums.of(values, near)
        tails = exact_tails(sums, np.arange(200))
        assert tails is not None
        at_least, _ = count_draws(sums, 20_000, np.random.default_rng(2))
        assert tails[0] == pytest.approx(at_least / 20_000, abs=0.02)


class TestMessages:
    """What is wrong is said, with what to do."""

    places = make_cells(3, 3)
    values = on(places, range(9))

    def refused(self, **options: Any) -> Any:
        """Call the verb with good input, apart from some options."""
        given_values = options.pop("values", self.values)
        given_places = options.pop("places", self.places)
        return hs.getis_ord(given_values, given_places, **options)

    def test_coordinate_system(self) -> None:
        """Degrees are refused."""
        with pytest.raises(InputError, match=r"Invalid coordinate system 'EPSG:4326'. Must be"):
            self.refused(places=self.places.to_crs(4326))

    def test_places(self) -> None:
        """A plain table, one place, ids that occur twice and places without ground are refused."""
        with pytest.raises(InputError, match="Invalid places 'DataFrame'. Must be a GeoDataFrame"):
            self.refused(places=pd.DataFrame(index=self.places.index))
        with pytest.raises(InputError, match="there are 1. Must be at least two"):
            self.refused(places=self.places.iloc[:1])
        with pytest.raises(InputError, match=r"Invalid places with ids more than once: 1 \(c0\)"):
            self.refused(places=self.places.iloc[[0, 0, 1]])
        nowhere = self.places.copy()
        nowhere.loc["c2", "geometry"] = None
        with pytest.raises(InputError, match=r"Invalid places without a geometry: 1 \(c2\)"):
            self.refused(places=nowhere)

    def test_not_a_places_table(self) -> None:
        """Adjacency needs the columns of a places table; a radius does not."""
        bare = self.places[["geometry"]]
        with pytest.raises(InputError, match="without cell_size_m, column, row, shape"):
            self.refused(places=bare)
        assert len(self.refused(places=bare, radius=100)) == 9

    def test_index(self) -> None:
        """Values of places that are not there are refused, and so are ids that occur twice."""
        with pytest.raises(InputError, match=r"Invalid values of places that are not there: 9 \(0"):
            self.refused(values=pd.Series(range(9)))
        twice = pd.Series([1, 2], index=["c1", "c1"])
        with pytest.raises(InputError, match=r"Invalid values with ids more than once: 1 \(c1\)"):
            self.refused(values=twice)

    def test_values(self) -> None:
        """What are no numbers, missing, negative or all the same is refused."""
        with pytest.raises(InputError, match="Invalid values 'list'. Must be a Series"):
            self.refused(values=[1, 2, 3])
        with pytest.raises(InputError, match="Invalid values '(str|object)'. Must be numbers"):
            self.refused(values=self.values.astype(str))
        with pytest.raises(InputError, match=r"missing or infinite: 1 \(c3\)"):
            self.refused(values=self.values.astype(float).where(self.values != 3))
        with pytest.raises(InputError, match=r"Invalid values '-1.0'. Must be 0 or more"):
            self.refused(values=self.values - 1)
        with pytest.raises(InputError, match="each place has 4. Must vary between places"):
            self.refused(values=self.values * 0 + 4)

    def test_nobody_has_neighbours(self) -> None:
        """A radius shorter than a cell leaves everybody alone."""
        with pytest.raises(InputError, match="Invalid radius '99'. Must be such that places have"):
            self.refused(radius=99)
        apart = self.places.loc[["c0", "c2"]]
        with pytest.raises(InputError, match="nobody has one. Give a radius in metres"):
            self.refused(places=apart, values=self.values.loc[["c0", "c2"]])

    @pytest.mark.parametrize("radius", [0, -1, float("nan"), float("inf"), "100", True])
    def test_radius(self, radius: Any) -> None:
        """A radius is a number of metres above 0."""
        with pytest.raises(InputError, match="Must be a number of metres above 0, or None"):
            self.refused(radius=radius)

    def test_options(self) -> None:
        """Words and numbers out of range are refused."""
        with pytest.raises(InputError, match="Invalid alternative 'larger'. Must be one of greate"):
            self.refused(alternative="larger")
        for n in (0, 99.5, True):
            with pytest.raises(InputError, match="Must be a whole number above 0"):
                self.refused(n_permutations=n)
        with pytest.raises(InputError, match="Invalid rng 'x'"):
            self.refused(rng="x")

    def test_exposure(self) -> None:
        """Exposures must cover every place, and every incident; values must be counts."""
        with pytest.raises(InputError, match=r"Invalid exposure without 1 \(c0\)"):
            self.refused(exposure=self.values.iloc[1:])
        with pytest.raises(InputError, match="Invalid exposure '-1.0'. Must be 0 or more"):
            self.refused(exposure=self.values - 1)
        with pytest.raises(InputError, match="Invalid exposure '0' of 1 places with incidents"):
            self.refused(exposure=self.values - 1 + (self.values == 0))
        with pytest.raises(InputError, match="Invalid values '0.5'. Must be whole numbers with"):
            self.refused(values=self.values / 2, exposure=self.values + 1)
        with pytest.raises(InputError, match="each place has 0. Must vary"):
            self.refused(values=self.values * 0, exposure=self.values + 1)

    def test_too_few_draws(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Draws that cannot bring a place to a small q warn, and say how small it can be."""
        module = import_module("hotspots.patterns.getis_ord")  # the package exports the verb
        monkeypatch.setattr(module, "_MOST_DRAWS", 99)
        places = make_cells(30, 30)
        values = on(places, np.random.default_rng(12).gamma(1.0, 1.0, 900))
        values.iloc[:3] = 50
        with pytest.warns(HotspotsWarning, match=r"None of 99 draws reached .* at least 1\. Give"):
            hs.getis_ord(values, places, n_permutations=99, rng=1)
