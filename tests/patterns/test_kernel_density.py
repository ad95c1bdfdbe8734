"""Kernel density: by hand, at edges, against exact sums and scipy, and its relations."""

from __future__ import annotations

import doctest
import logging
from contextlib import nullcontext as nothing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gaussian_kde

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.patterns import density as density_module
from hotspots.patterns.rasters import Raster
from hotspots.times import Band
from tests.scenes import SOUTH, WEST, make_incidents, square_area

FRIDAY = "2025-01-03 21:30"
TUESDAY = "2025-01-07 12:00"
EVENING = Band(first_day=4, n_days=2, start_hour=20, n_hours=6)
NOON = Band(first_day=0, n_days=7, start_hour=12, n_hours=1)
PAGE = Path(__file__).parents[2] / "docs" / "kernel-density.md"


def points(xy: object, weight: object = 1.0) -> gpd.GeoDataFrame:
    """Give points with a weight and nothing else."""
    table = np.asarray(xy, dtype=float)
    columns = {"weight": np.broadcast_to(weight, len(table))}
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*table.T), crs="EPSG:27700")


def at_random(n: int, seed: int = 1, side: float = 3000.0) -> np.ndarray:
    """Give points spread evenly over a square of the national grid."""
    return np.random.default_rng(seed).uniform(0, side, (n, 2)) + np.array([WEST, SOUTH])


def exact(xy: np.ndarray, raster: Raster, bandwidth: float, kernel: str) -> np.ndarray:
    """Add the kernels up at the middles of the cells, per km², every pair."""
    x, y = raster.middles()
    total = np.zeros(raster.shape)
    for east, north in xy:
        squared = ((x - east) ** 2 + (y[:, None] - north) ** 2) / bandwidth**2
        if kernel == "quartic":
            total += np.where(squared < 1, 3 / np.pi * (1 - squared) ** 2, 0)
        else:
            total += np.exp(-squared / 2) / (2 * np.pi)
    return total * 1e6 / bandwidth**2


def error(density: hs.Density, xy: np.ndarray) -> float:
    """Give the largest difference to the exact sum as a share of its largest value."""
    truth = exact(xy, density.raster, density.bandwidth, density.kernel)
    return float(np.abs(density.values[0] - truth).max() / truth.max())


def mass(density: hs.Density, layer: int = 0) -> float:
    """Add a density up over the ground."""
    return float(np.nansum(density.values[layer], dtype=float) * density.cell_size**2 / 1e6)


class TestByHand:
    """Few points, every number known."""

    def test_two_points(self) -> None:
        """3 / (π h²) in the middle of each of two points that do not reach each other."""
        # Both in the middle of a cell of 10 m, so that nothing is shared out.
        found = hs.kernel_density(points([(1005, 1005), (2005, 1005)]), bandwidth=300, cell_size=10)
        height = 3 / np.pi / 0.3**2  # 10.61 per km²
        assert found.values.max() == pytest.approx(height, rel=1e-3)
        # At half a bandwidth (1 − 1/4)² of it, at a bandwidth nothing.
        there = gpd.GeoSeries.from_xy([1155, 1305, 1505], [1005] * 3, crs="EPSG:27700")
        want = [height * 0.75**2, 0, 0]
        assert found.sample(there).tolist() == pytest.approx(want, rel=1e-3, abs=1e-6)
        assert found.raster.bounds == (700, 700, 2310, 1310)
        assert found.values.shape == (1, 61, 161)
        assert found.totals == (2.0,)

    def test_gaussian(self) -> None:
        """1 / (2π h²) in the middle, and e^(−1/2) of it one bandwidth away."""
        found = hs.kernel_density(
            points([(1005, 1005), (9005, 1005)]), bandwidth=100, cell_size=10, kernel="gaussian"
        )
        there = gpd.GeoSeries.from_xy([1005, 1105], [1005] * 2, crs="EPSG:27700")
        height = 1 / (2 * np.pi * 0.1**2)
        want = [height, height * np.exp(-0.5)]
        assert found.sample(there).tolist() == pytest.approx(want, rel=1e-3)

    def test_shared_out(self) -> None:
        """A quarter of the way to the next middle, a quarter of the weight is there."""
        raster = Raster(left=0, top=2, n_rows=2, n_columns=3, cell_size=10)
        # Middles are at 5, 15, 25 east and 15, 5 north: 7.5 is a quarter on, 15 is on the first.
        binned = raster.share_out(np.array([7.5]), np.array([15.0]), np.array([8.0]))
        assert binned[1:-1, 1:-1].tolist() == [[6, 2, 0], [0, 0, 0]]

    def test_share_inside(self) -> None:
        """Half a cell on one side, a quarter in the corner, and a hole."""
        raster = Raster(left=0, top=4, n_rows=4, n_columns=4, cell_size=10)
        ground = shapely.box(5, 5, 40, 40) - shapely.box(20, 20, 30, 30)
        assert raster.share_inside(ground) == pytest.approx(
            np.array([[0.5, 1, 1, 1], [0.5, 1, 0, 1], [0.5, 1, 1, 1], [0.25, 0.5, 0.5, 0.5]])
        )

    def test_share_inside_of_parts_that_touch(self) -> None:
        """Ground that meets a square of cells in an area and, elsewhere, along a line."""
        raster = Raster(left=0, top=4, n_rows=4, n_columns=4, cell_size=10)
        ground = shapely.box(5, 0, 10, 40) | shapely.box(20, 0, 40, 10)
        assert raster.share_inside(ground) == pytest.approx(
            np.array([[0.5, 0, 0, 0], [0.5, 0, 0, 0], [0.5, 0, 0, 0], [0.5, 0, 1, 1]])
        )

    def test_edge(self) -> None:
        """On a straight edge half of the kernel is lost, so the density there is doubled."""
        rows = [(FRIDAY, WEST + 15, SOUTH + 3005), (FRIDAY, WEST + 3005, SOUTH + 3005)]
        options = {"bandwidth": 300.0, "cell_size": 10.0}
        free = hs.kernel_density(make_incidents(rows), **options)
        held = hs.kernel_density(make_incidents(rows), square_area(), **options)
        there = gpd.GeoSeries.from_xy(
            [WEST + 1, WEST + 3005, WEST - 1], [SOUTH + 3005] * 3, crs="EPSG:27700"
        )
        ratio = held.sample(there) / free.sample(there)
        # 5 m inside: half the kernel and 5 m of its widest strip, 35/32 of a radius high.
        assert ratio.iloc[0] == pytest.approx(1 / (0.5 + 5 / 300 * 35 / 32 * 30 / 32), rel=0.01)
        assert ratio.iloc[1] == pytest.approx(1)
        assert np.isnan(ratio.iloc[2])
        assert held.is_edge_corrected
        assert not free.is_edge_corrected

    def test_inner_borders_do_not_matter(self) -> None:
        """One area, or the same ground in two, gives the same."""
        calls = make_incidents([(FRIDAY, *xy) for xy in at_random(50)])
        whole = square_area(side=6000)
        halves = gpd.GeoDataFrame(
            {"name": ["west", "east"]},
            geometry=[
                shapely.box(WEST, SOUTH, WEST + 1234.5, SOUTH + 6000),
                shapely.box(WEST + 1234.5, SOUTH, WEST + 6000, SOUTH + 6000),
            ],
            index=pd.Index(["a", "b"], name="area_id"),
            crs="EPSG:27700",
        )
        one, two = (hs.kernel_density(calls, areas, bandwidth=300) for areas in (whole, halves))
        assert one.values == pytest.approx(two.values, nan_ok=True)

    def test_bands(self) -> None:
        """Each layer holds the incidents of its hours; they may be in two, or in none."""
        rows = [(FRIDAY, 1000, 1000), (FRIDAY, 1100, 1000), (TUESDAY, 1000, 1000)]
        rows += [(TUESDAY, 1000, 1300), ("2025-01-08 03:00", 1000, 1000)]
        found = hs.kernel_density(make_incidents(rows), bandwidth=300, bands=[EVENING, NOON])
        assert len(found.values) == 2
        assert found.totals == (2, 2)
        assert [mass(found, 0), mass(found, 1)] == pytest.approx([2, 2])
        alone = hs.kernel_density(make_incidents(rows[:2]), bandwidth=300)
        here = gpd.GeoSeries.from_xy([1050, 1000], [1000, 1300], crs="EPSG:27700")
        assert found.sample(here).tolist() == pytest.approx(alone.sample(here).fillna(0).tolist())
        assert found.sample(here, layer=1).gt(0).all()

    def test_bandwidth_rule(self, caplog: pytest.LogCaptureFixture) -> None:
        """Of four points in a row, 100 m apart, the third nearest is 300, 200, 200, 300 m away."""
        row = points([(1000 + 100 * number, 1000) for number in range(4)])
        with caplog.at_level(logging.INFO, logger="hotspots"):
            found = hs.kernel_density(row)
        assert found.bandwidth == 250
        assert found.cell_size == 16  # 250 / 15 is 16.7
        assert found.bandwidth_rule == "mean distance to neighbour 3"
        assert "bandwidth: 250 m, the mean distance to neighbour 3" in caplog.text
        assert "cell_size: 16 m" in caplog.text
        alike = hs.kernel_density(row, kernel="gaussian")  # a quartic kernel spreads by h / √7
        assert alike.bandwidth == 95
        assert alike.bandwidth_rule == "mean distance to neighbour 3, over √7"

    def test_bandwidth_uses_both_axes(self) -> None:
        """Turned by a right angle, the points get the same bandwidth."""
        xy = at_random(200) * [1, 3]
        upright, lying = (
            hs.kernel_density(points(each), max_ratio=1, cell_size=90).bandwidth
            for each in (xy, xy[:, ::-1])
        )
        assert upright == lying

    def test_bandwidth_is_that_of_the_fiftieth(self) -> None:
        """The mean over all incidents, with those at the same point at a distance of nothing."""
        xy = np.vstack([at_random(300), np.tile([[WEST, SOUTH]], (60, 1))])
        gaps = np.sqrt(((xy[:, None] - xy) ** 2).sum(axis=2))
        want = np.ceil(np.sort(gaps, axis=1)[:, 50].mean())
        assert hs.kernel_density(points(xy)).bandwidth == want

    def test_ratio(self) -> None:
        """Twice as many at one place, as many at another, too few at a third."""
        before = points([(1005, 1005)] * 10 + [(3005, 1005)] * 10 + [(5005, 1005)])
        after = points([(1005, 1005)] * 20 + [(3005, 1005)] * 10 + [(5005, 1005)] * 10)
        old, new = (hs.kernel_density(each, bandwidth=200) for each in (before, after))
        change = new.ratio(old)
        there = gpd.GeoSeries.from_xy([1005, 3005, 5005, 2005], [1005] * 4, crs="EPSG:27700")
        assert change.sample(there).tolist() == pytest.approx([2, 1, np.nan, np.nan], nan_ok=True)
        # Five over 5π/9 × 0.2² km².
        assert change.minimum == pytest.approx(5 / (5 * np.pi / 9 * 0.04))
        assert change.unit == "(incidents per km²) / (incidents per km²)"
        relative = new.ratio(old, relative=True, min_count=0.5)
        want = [2 * 21 / 40, 21 / 40, 10 * 21 / 40]
        assert relative.sample(there)[:3].tolist() == pytest.approx(want)

    def test_per_population(self) -> None:
        """Ten incidents where 200 people live on one square: 0.05 for each."""
        homes = make_places([(990, 990)], [200])
        calls = points([(1065, 1065)] * 10)
        people = quietly(homes, bandwidth=300, weights="population")
        assert people.unit == "population per km²"
        rate = quietly(calls, bandwidth=300).ratio(people)
        assert rate.sample(homes.geometry).tolist() == pytest.approx([0.05])
        assert rate.unit == "(incidents per km²) / (population per km²)"

    def test_places_on_the_edge(self) -> None:
        """A place with its middle outside counts in the part that is inside; one beyond does not.

        100 live in a square of which the eastern 50 m are inside, 200 in one within, 1 beyond.
        """
        west = int(WEST)
        corners = [(west - 100, 180_300), (west + 300, 180_300), (west - 400, 180_300)]
        homes = make_places(corners, [100, 200, 1])
        options = {"bandwidth": 100.0, "weights": "population"}
        with pytest.warns(HotspotsWarning, match="33 % of the incidents lie outside"):
            found = hs.kernel_density(homes, square_area(), **options)
        assert found.totals == (300,)

    def test_sample_polygons(self) -> None:
        """The mean of the cells whose middle it holds; of a sliver, the cell it is in."""
        values = np.array([[[1, 2, 3], [4, 5, np.nan]]], dtype=np.float32)
        density = make_density(values)
        grounds = [
            shapely.box(0, 0, 20, 20),  # 1, 2, 4, 5
            shapely.box(1, 1, 2, 2),  # no middle, in the cell of 4
            shapely.box(10, 0, 30, 10),  # 5 and nothing
            shapely.box(20, 0, 30, 10),
            shapely.box(500, 0, 600, 10),
            # A U whose middle is in the cell of 5, but whose widest part is in that of 4.
            shapely.box(1, 1, 3, 18) | shapely.box(27, 1, 28, 18) | shapely.box(1, 1, 28, 2),
        ]
        places = gpd.GeoSeries(grounds, index=list("abcdef"), crs="EPSG:27700")
        found = density.sample(places)
        assert found.tolist() == pytest.approx([3, 4, 5, np.nan, np.nan, 4], nan_ok=True)
        assert found.index.equals(places.index)


def quietly(table: gpd.GeoDataFrame, **options: object) -> hs.Density:
    """Smooth points that all lie at one place."""
    with pytest.warns(HotspotsWarning, match="at one point"):
        return hs.kernel_density(table, **options)


def make_places(corners: list[tuple[int, int]], population: list[int]) -> gpd.GeoDataFrame:
    """Give squares of 150 m with a population."""
    squares = [shapely.box(x, y, x + 150, y + 150) for x, y in corners]
    return gpd.GeoDataFrame({"population": population}, geometry=squares, crs="EPSG:27700")


def make_density(values: np.ndarray) -> hs.Density:
    """Give a density with the south-west corner of its cells of 10 m at the origin."""
    raster = Raster(
        left=0,
        top=values.shape[1],
        n_rows=values.shape[1],
        n_columns=values.shape[2],
        cell_size=10.0,
    )
    return hs.Density(
        values,
        raster,
        "incidents per km²",
        "quartic",
        100.0,
        "given",
        (),
        (1.0,),
        "",
        is_edge_corrected=False,
    )


class TestEdges:
    """What is at the border of a rule."""

    def test_even_density_stays_even_up_to_the_edge(self) -> None:
        """A point in each square of 10 m gives 10,000 per km² everywhere, corners included."""
        west, south = WEST + 3.3, SOUTH + 7.7  # the edge is not that of cells
        steps = np.arange(5, 1000, 10.0)
        x, y = (each.ravel() for each in np.meshgrid(west + steps, south + steps))
        area = gpd.GeoDataFrame(
            {"name": ["a"]},
            geometry=[shapely.box(west, south, west + 1000, south + 1000)],
            index=pd.Index(["a"], name="area_id"),
            crs="EPSG:27700",
        )
        found = hs.kernel_density(points(np.column_stack([x, y])), area, bandwidth=200)
        inside = found.raster.share_inside(area.geometry.iloc[0]) == 1
        assert found.values[0][inside] == pytest.approx(10_000, rel=0.003)
        assert np.nanmax(np.abs(found.values / 10_000 - 1)) < 0.01
        free = hs.kernel_density(points(np.column_stack([x, y])), bandwidth=200)
        corner = gpd.GeoSeries.from_xy([west], [south], crs="EPSG:27700")
        assert free.sample(corner).iloc[0] == pytest.approx(2500, rel=0.1)

    def test_two_areas_apart(self) -> None:
        """Nothing is said of the ground between, and nothing comes over from the other side."""
        areas = pd.concat([square_area(side=1000), square_area(west=WEST + 4000, side=1000)])
        areas.index = pd.Index(["a", "b"], name="area_id")
        calls = make_incidents([(FRIDAY, WEST + 500, SOUTH + 500)] * 3)
        with pytest.warns(HotspotsWarning, match="at one point"):
            found = hs.kernel_density(calls, areas, bandwidth=300)
        there = gpd.GeoSeries.from_xy(
            [WEST + 500, WEST + 2000, WEST + 4010], [SOUTH + 500] * 3, crs="EPSG:27700"
        )
        near, between, far = found.sample(there)
        assert near > 0
        assert np.isnan(between)
        assert far == 0

    def test_bandwidth_wider_than_the_ground(self) -> None:
        """A kernel that reaches over everything is cut, and nothing comes round."""
        xy = at_random(30, side=200)
        area = square_area(side=200)
        found = hs.kernel_density(points(xy), area, bandwidth=5000, cell_size=20)
        assert found.values.shape == (1, 10, 10)
        assert found.values == pytest.approx(30 / 0.2**2, rel=0.01)

    def test_a_cell_wider_than_the_kernel_counts(self) -> None:
        """If the caller insists, each incident stays in the cells that it is shared between."""
        found = hs.kernel_density(
            points([(150, 150), (950, 150)]), bandwidth=50, cell_size=100, max_ratio=2
        )
        assert found.values[found.values > 0].tolist() == [100, 100]  # 1 in 0.01 km²

    def test_the_last_allowed_cell(self) -> None:
        """A tenth of the bandwidth is allowed, of any number."""
        two = points([(0, 0), (50, 50)])
        assert hs.kernel_density(two, bandwidth=0.7, cell_size=0.07).cell_size == 0.07
        assert hs.kernel_density(two, bandwidth=30, max_ratio=0.05).cell_size == 1

    def test_rows_that_do_not_count(self, caplog: pytest.LogCaptureFixture) -> None:
        """Rows without a point and of weight 0 change nothing."""
        two = points([(1000, 1000), (1500, 1000)])
        spots = [*two.geometry, shapely.Point(9000, 9000), None]
        more = gpd.GeoDataFrame({"weight": [1, 1, 0, 1]}, geometry=spots, crs="EPSG:27700")
        with caplog.at_level(logging.INFO, logger="hotspots"):
            found = hs.kernel_density(more, bandwidth=300)
        assert found.values.tolist() == hs.kernel_density(two, bandwidth=300).values.tolist()
        assert "1 rows without a point are left out" in caplog.text

    def test_one_row_that_stands_for_several(self) -> None:
        """A counted cell of two incidents is enough, with a warning that it is one point."""
        assert mass(quietly(points([(5, 5)], 2.0), bandwidth=300)) == pytest.approx(2)

    def test_weights_below_one(self) -> None:
        """The 50th nearest is found among many light points, too."""
        xy = at_random(2000)
        light, heavy = (hs.kernel_density(points(xy, w)).bandwidth for w in (0.1, 1.0))
        gaps = np.sort(np.sqrt(((xy[:, None] - xy) ** 2).sum(axis=2)), axis=1)
        assert light == np.ceil(gaps[:, 509].mean())  # 51 of weight 1, itself among them
        assert heavy == np.ceil(gaps[:, 50].mean())

    def test_period(self) -> None:
        """From the first date to the last; none without a time."""
        rows = [("2025-03-01 10:00", 0, 0), ("2025-01-05 10:00", 100, 0)]
        assert hs.kernel_density(make_incidents(rows)).period == "2025-01-05 to 2025-03-01"
        assert hs.kernel_density(points([(0, 0), (100, 0)])).period == ""

    def test_ratio_over_other_ground(self) -> None:
        """Where one raster ends there is nothing; the result covers both."""
        here, there = points([(1000, 1000)] * 9), points([(1000, 1000)] * 9 + [(5000, 3000)] * 9)
        few = quietly(here, bandwidth=300)
        ratio = few.ratio(hs.kernel_density(there, bandwidth=300))
        at = gpd.GeoSeries.from_xy([1000, 5000, 1000], [1000, 3000, 3000], crs="EPSG:27700")
        assert ratio.sample(at).tolist() == pytest.approx([1, 0, np.nan], nan_ok=True)

    def test_ratio_of_bands(self) -> None:
        """Each band against all hours; an empty one has no share."""
        rows = [(FRIDAY, 1000, 1000)] * 6 + [(TUESDAY, 1000, 1000)] * 6
        calls = make_incidents(rows)
        night = Band(first_day=0, n_days=7, start_hour=3, n_hours=1)
        with pytest.warns(HotspotsWarning, match="fewer than two|at one point"):
            by_band = hs.kernel_density(calls, bandwidth=300, bands=[EVENING, night])
        share = by_band.ratio(quietly(calls, bandwidth=300))
        here = gpd.GeoSeries.from_xy([1000], [1000], crs="EPSG:27700")
        assert share.sample(here).tolist() == pytest.approx([0.5])
        relative = by_band.ratio(quietly(calls, bandwidth=300), relative=True)
        assert relative.sample(here).tolist() == pytest.approx([1])
        assert np.isnan(relative.values[1]).all()

    def test_values_cannot_be_changed(self) -> None:
        """A record is frozen to its numbers."""
        found = hs.kernel_density(points([(0, 0), (100, 0)]))
        with pytest.raises(ValueError, match="read-only"):
            found.values[0, 0, 0] = 1


class TestReference:
    """Against exact sums, and scipy."""

    @pytest.mark.parametrize("kernel", ["quartic", "gaussian"])
    @pytest.mark.parametrize("scene", ["spread", "snapped", "one point"])
    def test_half_a_percent(self, kernel: str, scene: str) -> None:
        """With the default cell nothing is off by more than 0.5 % of the maximum."""
        rng = np.random.default_rng(3)
        xy = at_random(400)
        if scene == "snapped":
            xy = xy[rng.integers(0, 12, 400)]
        if scene == "one point":  # where four cells of 10 m (15 m) meet, the worst place
            xy = np.tile([[540_000.0, 180_000.0]], (2, 1))
        table = points(xy)
        make = quietly if scene == "one point" else hs.kernel_density
        found = make(table, bandwidth=150, kernel=kernel)
        assert found.cell_size == {"quartic": 10, "gaussian": 15}[kernel]
        assert error(found, xy) < 0.005

    @pytest.mark.parametrize(
        ("kernel", "expected"),
        [("quartic", (0.0044, 0.01, 0.0402)), ("gaussian", (0.0011, 0.0025, 0.0099))],
    )
    def test_error_by_ratio(self, kernel: str, expected: tuple[float, ...]) -> None:
        """The errors of one point in the worst place are those that the page states."""
        xy = np.tile([[540_000.0, 180_000.0]], (2, 1))
        found = [
            error(
                quietly(points(xy), bandwidth=150, cell_size=cell, max_ratio=1, kernel=kernel), xy
            )
            for cell in (10, 15, 30)
        ]
        assert found == pytest.approx(expected, rel=0.02, abs=5e-5)

    def test_scipy(self) -> None:
        """A Gaussian is that of scipy, whose bandwidth is a matrix."""
        xy = at_random(300)
        xy -= xy.mean(axis=0)
        # Now as wide as high, by scipy's measure, so that its matrix is 150² on the diagonal.
        xy = 300 * xy @ np.linalg.inv(np.linalg.cholesky(np.cov(xy.T))).T
        theirs = gaussian_kde(xy.T, bw_method=0.5)
        assert theirs.covariance == pytest.approx(np.eye(2) * 150**2)
        found = hs.kernel_density(points(xy), bandwidth=150, cell_size=5, kernel="gaussian")
        x, y = found.raster.middles()
        rows, columns = np.arange(0, len(y), 29), np.arange(0, len(x), 31)
        grid = np.array([(x[c], y[r]) for r in rows for c in columns]).T
        want = theirs(grid) * 300 * 1e6
        ours = found.values[0][np.ix_(rows, columns)].ravel()
        assert np.abs(ours - want).max() / want.max() < 0.0005

    def test_edge_correction_against_the_exact_share(self) -> None:
        """Inside a disc, the share of the kernel is that of a fine sum."""
        ground = shapely.Point(WEST + 500, SOUTH + 500).buffer(400)
        area = gpd.GeoDataFrame(
            {"name": ["a"]}, geometry=[ground], index=pd.Index(["a"], name="area_id"), crs=27700
        )
        xy = at_random(200, side=1000)
        xy = xy[shapely.intersects_xy(ground, *xy.T)]
        held = hs.kernel_density(points(xy), area, bandwidth=300)
        fine = np.arange(-300, 300, 2.0) + 1
        dx, dy = (each.ravel() for each in np.meshgrid(fine, fine))
        heights = np.clip(1 - (dx**2 + dy**2) / 300**2, 0, None) ** 2
        for east, north in [(510, 510), (850, 510), (250, 250)]:  # middles of cells of 20 m
            x, y = WEST + east, SOUTH + north
            is_in = shapely.intersects_xy(ground, x + dx, y + dy)
            share = heights[is_in].sum() / heights.sum()
            squared = ((xy - [x, y]) ** 2).sum(axis=1) / 300**2
            total = 3 / np.pi * (np.clip(1 - squared, 0, None) ** 2).sum() / 0.3**2
            at = gpd.GeoSeries.from_xy([x], [y], crs="EPSG:27700")
            assert held.sample(at).iloc[0] == pytest.approx(total / share, rel=0.01)


class TestFile:
    """What is written can be opened by others, and is read back."""

    @pytest.fixture
    def saved(self, tmp_path: Path) -> tuple[hs.Density, Path]:
        """Give a density of two bands on a raster that is large enough for overviews."""
        calls = make_incidents(
            [(when, *xy) for when in (FRIDAY, TUESDAY) for xy in at_random(40, side=5900)]
        )
        found = hs.kernel_density(calls, square_area(), bandwidth=150, bands=[EVENING, NOON])
        return found, found.save(tmp_path / "calls.tif")

    def test_cloud_optimized_geotiff(self, saved: tuple[hs.Density, Path]) -> None:
        """Tiled, compressed, with overviews, in the national grid, with nodata and words."""
        import rasterio  # noqa: PLC0415 (slow to import)

        found, path = saved
        with rasterio.open(path) as file:
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert file.block_shapes == [(512, 512)] * 2
            assert file.overviews(1) == [2]
            assert file.compression.name == "deflate"
            assert file.crs.to_epsg() == 27700
            assert file.dtypes == ("float32", "float32")
            assert np.isnan(file.nodata)
            assert tuple(file.bounds) == found.raster.bounds
            assert file.descriptions == ("Fri–Sat 20:00–02:00", "every day 12:00–13:00")
            assert file.tags()["UNIT"] == "incidents per km²"
            assert file.tags()["MARKING"] == "restricted"
            assert file.tags()["PERIOD"] == "2025-01-03 to 2025-01-07"

    def test_others_sample_the_same(self, saved: tuple[hs.Density, Path]) -> None:
        """What rasterio reads at a point is what `sample` says."""
        import rasterio  # noqa: PLC0415 (slow to import)

        found, path = saved
        xy = at_random(50, seed=7, side=6000)
        there = gpd.GeoSeries.from_xy(*xy.T, crs="EPSG:27700")
        with rasterio.open(path) as file:
            theirs = np.array(list(file.sample(xy)))
        for layer in (0, 1):
            assert found.sample(there, layer=layer).tolist() == theirs[:, layer].tolist()

    def test_read_back(self, saved: tuple[hs.Density, Path]) -> None:
        """Every number and every word comes back."""
        found, path = saved
        again = hs.read_density(path)
        np.testing.assert_array_equal(again.values, found.values)
        names = ["raster", "unit", "kernel", "bandwidth", "bandwidth_rule", "bands", "totals"]
        for name in [*names, "period", "is_edge_corrected", "minimum"]:
            assert getattr(again, name) == getattr(found, name), name

    def test_ratio_is_read_back(self, tmp_path: Path) -> None:
        """With its smallest denominator."""
        calls = points(at_random(100, side=500))
        found = hs.kernel_density(calls, bandwidth=200, cell_size=200 / 15)
        ratio = found.ratio(found)
        again = hs.read_density(ratio.save(tmp_path / "ratio.tif"))
        np.testing.assert_array_equal(again.values, ratio.values)
        assert (again.raster, again.minimum) == (ratio.raster, ratio.minimum)
        assert (again.bands, again.period) == ((), "no dates / no dates")

    def test_place_is_read_back(self, tmp_path: Path) -> None:
        """30,004 cells of 11.1 m, though 30,004 × 11.1 / 11.1 is rounded below 30,004."""
        raster = Raster(left=30_004, top=30_004, n_rows=2, n_columns=3, cell_size=11.1)
        found = replace(make_density(np.ones((1, 2, 3), dtype=np.float32)), raster=raster)
        assert hs.read_density(found.save(tmp_path / "cells.tif")).raster == raster

    def test_hotspots_are_sampled(self, tmp_path: Path) -> None:
        """The file is read back to say how dense each hotspot is, where the mean is exceeded."""
        calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
        camden = hs.load_boroughs().query("name == 'Camden'")
        hotspots = hs.analyse(calls, boroughs=["Camden"], progress=False).hotspots
        path = hs.kernel_density(calls, camden).save(tmp_path / "calls.tif")
        found = hs.read_density(path).sample(hotspots)
        assert found.index.equals(hotspots.index)
        assert (found > 5000 / (camden.area.sum() / 1e6)).all()


PLACES = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 400), st.integers(1, 3)), min_size=2, max_size=30
).filter(lambda rows: len({row[:2] for row in rows}) > 1)


class TestRelations:
    """What must hold for any input."""

    @given(PLACES, st.sampled_from(["quartic", "gaussian"]))
    def test_sum_is_kept(self, rows: list[tuple[int, int, int]], kernel: str) -> None:
        """Without an edge, the density adds up to the incidents, whatever the cell."""
        table = np.array(rows, dtype=float)
        for cell in (6, 31):
            found = hs.kernel_density(
                points(table[:, :2], table[:, 2]),
                bandwidth=60,
                cell_size=cell,
                max_ratio=1,
                kernel=kernel,
            )
            assert mass(found) == pytest.approx(table[:, 2].sum(), rel=1e-5)
            assert found.values.min() >= 0

    @given(PLACES, st.randoms(use_true_random=False))
    def test_row_order_does_not_matter(
        self, rows: list[tuple[int, int, int]], random: object
    ) -> None:
        """To the last bit, bandwidth and all."""
        table = np.array(rows, dtype=float)
        order = list(range(len(rows)))
        random.shuffle(order)  # type: ignore[attr-defined]
        one, two = (
            hs.kernel_density(points(each[:, :2] * 1.1, each[:, 2] / 7), bandwidth=80, cell_size=7)
            for each in (table, table[order])
        )
        np.testing.assert_array_equal(one.values, two.values)

    @given(PLACES)
    def test_weights_are_repetition(self, rows: list[tuple[int, int, int]]) -> None:
        """A weight of 3 is the row three times, in the bandwidth too."""
        table = np.array(rows)
        repeated = np.repeat(table[:, :2], table[:, 2], axis=0)
        heavy = points(table[:, :2], table[:, 2])
        gaps = np.sqrt(((repeated[:, None] - repeated) ** 2).sum(axis=2))
        bandwidth = np.ceil(np.sort(gaps, axis=1)[:, min(50, len(gaps) - 1)].mean())
        one, two = (
            hs.kernel_density(each, cell_size=20, max_ratio=10.0)
            for each in (points(repeated), heavy)
        )
        assert one.bandwidth == two.bandwidth == bandwidth
        assert one.values == pytest.approx(two.values, rel=1e-4, abs=1e-3)

    @given(PLACES, st.integers(1, 20), st.integers(1, 20))
    def test_moved_by_whole_cells(
        self, rows: list[tuple[int, int, int]], across: int, up: int
    ) -> None:
        """Everything moved by whole cells gives the same values on a raster moved as much."""
        table = np.array(rows, dtype=float)[:, :2]
        moved = table + np.array([across, up]) * 8
        one, two = (
            hs.kernel_density(points(each), bandwidth=80, cell_size=8) for each in (table, moved)
        )
        assert one.values == pytest.approx(two.values, rel=1e-4, abs=1e-3)
        assert two.raster.bounds[:2] == (
            one.raster.bounds[0] + across * 8,
            one.raster.bounds[1] + up * 8,
        )

    @given(PLACES)
    def test_bands_that_make_the_week_add_up(self, rows: list[tuple[int, int, int]]) -> None:
        """Seven days, one layer each, are all hours together."""
        starts = [f"2025-01-{6 + number % 7:02d} 10:30" for number in range(len(rows))]
        calls = make_incidents(
            pd.DataFrame({"start": starts, "x": [r[0] for r in rows], "y": [r[1] for r in rows]})
        )
        days = [Band(first_day=day, n_days=1, start_hour=0, n_hours=24) for day in range(7)]
        whole = hs.kernel_density(calls, bandwidth=100, cell_size=10)
        with pytest.warns(HotspotsWarning, match="fewer than two") if len(rows) < 14 else nothing():
            by_day = hs.kernel_density(calls, bandwidth=100, cell_size=10, bands=days)
        assert by_day.values.sum(axis=0) == pytest.approx(whole.values[0], rel=1e-4, abs=1e-2)


def test_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page shows is what happens."""
    monkeypatch.chdir(tmp_path)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=options)
    assert tried > 5
    assert failed == 0


def test_inputs_are_not_changed() -> None:
    """Neither the incidents nor the areas."""
    calls = make_incidents([(FRIDAY, WEST + 100, SOUTH + 100), (TUESDAY, WEST + 500, SOUTH + 100)])
    areas = square_area()
    before = calls.copy(), areas.copy()
    hs.kernel_density(calls, areas, bandwidth=300)
    pd.testing.assert_frame_equal(calls, before[0])
    pd.testing.assert_frame_equal(areas, before[1])


class TestMessages:
    """What the analyst reads."""

    TWO = points([(0, 0), (100, 0)])

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"bandwidth": 0}, "Invalid bandwidth '0'. Must be a number of metres above 0"),
            ({"bandwidth": float("nan")}, "Invalid bandwidth 'nan'. Must be a number of metres"),
            ({"cell_size": -5}, "Invalid cell_size '-5'. Must be a number of metres above 0"),
            ({"max_ratio": 0}, "Invalid max_ratio '0'. Must be a number above 0"),
            (
                {"bandwidth": 300, "cell_size": 50},
                "Invalid cell_size '50'. Must be at most 0.1 of the bandwidth of 300 m. Give a",
            ),
            ({"kernel": "round"}, "Invalid kernel 'round'. Must be one of quartic, gaussian"),
            ({"bands": []}, "Invalid bands '\\[\\]'. Must be a list of at least one hotspots"),
            ({"weights": "n"}, "Invalid weights 'n'. Must be a column of numbers; the table has"),
            (
                {"bandwidth": 0.0001},
                "Invalid raster '.*'. Must be at most 50,000,000 cells. It reaches from 0 to 100 m",
            ),
        ],
    )
    def test_bad_parameter(self, options: dict[str, object], message: str) -> None:
        """A parameter out of its range is named with what is allowed."""
        with pytest.raises(hs.InputError, match=message):
            hs.kernel_density(self.TWO, **options)

    @pytest.mark.parametrize(("crs", "remedy"), [("EPSG:4326", "to_crs"), (None, "set_crs")])
    def test_coordinate_system(self, crs: str | None, remedy: str) -> None:
        """Degrees are refused, with what to type, for what is smoothed and what is sampled."""
        table = self.TWO.set_crs(crs, allow_override=True)
        message = f"Must be EPSG:27700. Use incidents.{remedy}\\('EPSG:27700'\\)"
        with pytest.raises(hs.InputError, match=message):
            hs.kernel_density(table)
        message = f"Must be EPSG:27700. Use places.{remedy}\\('EPSG:27700'\\)"
        with pytest.raises(hs.InputError, match=message):
            hs.kernel_density(self.TWO).sample(table.geometry)

    def test_no_table(self) -> None:
        """A path, or areas that are none, are refused by name."""
        with pytest.raises(hs.InputError, match="Invalid incidents 'str'.* Of a reading, use"):
            hs.kernel_density("calls.csv")
        with pytest.raises(hs.InputError, match="Invalid areas 'str'"):
            hs.kernel_density(self.TWO, "Camden")

    def test_monthly_data_has_no_bands(self) -> None:
        """It is refused by name, and smoothed without bands."""
        calls = make_incidents([("2025-01-01", 0, 0), ("2025-02-01", 100, 0)])
        calls["time_precision"] = "month"
        with pytest.raises(hs.MonthlyDataError, match="kernel_density with bands needs the hour"):
            hs.kernel_density(calls, bands=[EVENING])
        assert hs.kernel_density(calls).totals == (2,)

    @pytest.mark.parametrize("n", [0, 1])
    def test_too_few(self, n: int) -> None:
        """Fewer than two incidents make no density."""
        with pytest.raises(hs.InputError, match=f"There are {n} incidents with a point to smooth"):
            hs.kernel_density(make_incidents([(FRIDAY, 0, 0)] * n), bandwidth=300)

    def test_none_inside(self) -> None:
        """All outside the areas: said, and refused."""
        with (
            pytest.warns(HotspotsWarning, match="100 % of the incidents lie outside the areas"),
            pytest.raises(hs.InputError, match="There are 0 incidents with a point to smooth"),
        ):
            hs.kernel_density(self.TWO, square_area())

    def test_all_at_one_point(self) -> None:
        """A bandwidth cannot be chosen; with one it is smoothed, and said to be no surface."""
        calls = points([(530_000, 180_000)] * 60)
        with (
            pytest.warns(HotspotsWarning, match="All incidents lie at one point"),
            pytest.raises(hs.InputError, match="Invalid bandwidth 'None'. Must be given here"),
        ):
            hs.kernel_density(calls)
        with pytest.warns(
            HotspotsWarning,
            match="All incidents lie at one point \\(530000, 180000\\): the density is the kernel "
            "itself. Look at how the points were given",
        ):
            assert mass(hs.kernel_density(calls, bandwidth=300)) == pytest.approx(60)

    def test_bands_with_too_few(self) -> None:
        """Named, with how many they hold."""
        calls = make_incidents([(FRIDAY, 0, 0), (FRIDAY, 100, 0), (TUESDAY, 0, 0)])
        with pytest.warns(
            HotspotsWarning,
            match="fewer than two incidents: every day 12:00–13:00 \\(1\\). .* Choose longer bands",
        ):
            hs.kernel_density(calls, bands=[EVENING, NOON])

    def test_outside_the_areas(self, caplog: pytest.LogCaptureFixture) -> None:
        """A stray one in a hundred is noted in the log; more are warned of."""
        rows = [(FRIDAY, *xy) for xy in at_random(100)]
        with caplog.at_level(logging.INFO, logger="hotspots"):
            found = hs.kernel_density(
                make_incidents([*rows[:99], (FRIDAY, 0, 0)]), square_area(), bandwidth=300
            )
        assert "1 of 100 rows lie outside the areas and are left out" in caplog.text
        assert found.totals == (99,)
        with pytest.warns(HotspotsWarning, match="2 % of the incidents lie outside.* Give all"):
            hs.kernel_density(
                make_incidents([*rows[:98], *[(FRIDAY, 0, 0)] * 2]), square_area(), bandwidth=300
            )

    @pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
    def test_bad_weight(self, weight: float) -> None:
        """The rows are named."""
        calls = make_incidents([(FRIDAY, 0, 0), (FRIDAY, 100, 0)]).assign(weight=[1, weight])
        with pytest.raises(
            hs.InputError,
            match="Must be a number of at least 0. Look at the rows i1",
        ):
            hs.kernel_density(calls)

    def test_ratio(self) -> None:
        """Densities that were not made alike are not divided."""
        one = hs.kernel_density(self.TWO, bandwidth=300)
        with pytest.raises(
            hs.InputError, match="Invalid bandwidth '300.0' and '200.0'. Must be the same"
        ):
            one.ratio(hs.kernel_density(self.TWO, bandwidth=200, cell_size=20))
        with pytest.raises(hs.InputError, match="Invalid min_count '0'. Must be a number above 0"):
            one.ratio(one, min_count=0)
        with pytest.raises(hs.InputError, match="Invalid density 'a ratio'"):
            one.ratio(one).ratio(one)
        calls = make_incidents([(FRIDAY, 0, 0), (FRIDAY, 100, 0)])
        by_band = hs.kernel_density(calls, bandwidth=300, bands=[EVENING])
        with pytest.raises(hs.InputError, match="Invalid bands 'Fri–Sat 20:00–02:00'. Must be"):
            one.ratio(by_band)

    def test_layer(self) -> None:
        """There is no second layer."""
        one = hs.kernel_density(self.TWO, bandwidth=300)
        with pytest.raises(hs.InputError, match="Invalid layer '1'. Must be a whole number from"):
            one.sample(self.TWO.geometry, layer=1)

    def test_ratio_too_far_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The ground of both together may be too much."""
        one, two = (
            hs.kernel_density(points([(x, 0), (x + 100, 0)]), bandwidth=300) for x in (0, 9000)
        )
        monkeypatch.setattr(density_module, "MAX_CELLS", 5000)
        with pytest.raises(hs.InputError, match="Must be at most 5,000 cells. Give ground"):
            one.ratio(two)

    def test_files(self, tmp_path: Path) -> None:
        """What cannot be written or read is named, and nothing is left behind."""
        found = hs.kernel_density(self.TWO, bandwidth=300)
        with pytest.raises(hs.OutputError, match="Cannot write '.*calls.tif'.* Name another file"):
            found.save(tmp_path / "missing" / "calls.tif")
        (tmp_path / "folder.tif").mkdir()
        with pytest.raises(hs.OutputError, match="Cannot write '.*folder.tif'"):
            found.save(tmp_path / "folder.tif")
        assert [path.name for path in tmp_path.iterdir()] == ["folder.tif"]
        with pytest.raises(hs.InputError, match="Must be a GeoTIFF .* It cannot be opened"):
            hs.read_density(tmp_path / "missing.tif")
        import rasterio  # noqa: PLC0415 (slow to import)

        profile = {"driver": "GTiff", "width": 1, "height": 1, "count": 1, "dtype": "uint8"}
        grid = rasterio.Affine(10, 0, 0, 0, -10, 0)
        with rasterio.open(tmp_path / "other.tif", "w", transform=grid, **profile) as file:
            file.write(np.ones((1, 1, 1), dtype=np.uint8))
        with pytest.raises(hs.InputError, match="Must be a GeoTIFF that Density.save has written"):
            hs.read_density(tmp_path / "other.tif")

    def test_repr(self) -> None:
        """It answers the first questions."""
        found = hs.kernel_density(self.TWO, bandwidth=300)
        assert repr(found) == (
            "<Density: incidents per km²; quartic, 300 m (given); 35 × 30 cells of 20 m; edge not "
            "corrected>"
        )
