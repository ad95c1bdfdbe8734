"""Which place holds a point, and which places lie side by side."""

import pickle
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

import hotspots as hs
from hotspots.areas import locate, matching, neighbours
from hotspots.areas.lattice import Shape, cell_polygons, cells_at
from hotspots.areas.matching import PlaceIndex
from hotspots.errors import InputError

CRS = "EPSG:27700"
SHAPES: tuple[Shape, Shape] = ("square", "hexagon")


def make_areas(**polygons: shapely.Geometry) -> gpd.GeoDataFrame:
    """Give areas from polygons, the names being the ids."""
    ids = pd.Index(list(polygons), name="area_id", dtype="str")
    return gpd.GeoDataFrame(
        {"name": list(polygons)}, geometry=list(polygons.values()), index=ids, crs=CRS
    )


def grid(side: float = 450, cell_size: float = 150, shape: Shape = "square") -> gpd.GeoDataFrame:
    """Give a grid over a square area at the origin; by default three by three squares."""
    areas = make_areas(A=shapely.box(0, 0, side, side))
    return hs.make_grid(areas, cell_size=cell_size, shape=shape)


def ids_at(places: gpd.GeoDataFrame, *xy: tuple[float, float]) -> list[str | None]:
    """Give the ids of the places at some points."""
    x, y = np.array(xy, dtype=float).T
    return [None if at < 0 else places.index[at] for at in locate(places, x, y)]


class TestByHand:
    """A grid of three by three squares."""

    def test_locate_squares(self) -> None:
        """Points inside get their cell, points outside none."""
        found = ids_at(grid(), (75, 75), (449, 151), (451, 151))
        assert found == ["sq150-0-0", "sq150-2-1", None]

    def test_locate_hexagons(self) -> None:
        """Centres get their hexagon: (1, 0) is a width of 346.4 m east, (0, 1) 300 m north."""
        places = grid(1000, 200, "hexagon")
        found = ids_at(places, (0, 0), (346.4, 0), (173.2, 300))
        assert found == ["hex200-0-0", "hex200-1-0", "hex200-0-1"]

    def test_locate_areas(self) -> None:
        """Areas follow the rule of assign_areas: the first id wins."""
        places = hs.places_from_areas(
            make_areas(B=shapely.box(0, 0, 10, 10), A=shapely.box(5, 0, 20, 10))
        )
        assert ids_at(places, (1, 1), (7, 1), (5, 5), (30, 1)) == ["B", "A", "A", None]

    def test_neighbours_of_squares(self) -> None:
        """Of three by three, the middle has 8 neighbours, corners 3, sides 5: 40 in all."""
        beside = neighbours(grid())
        assert beside.sum(axis=1).tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
        assert beside.dtype == bool

    def test_neighbours_of_hexagons(self) -> None:
        """Around a hexagon there are six, and these are the ones whose polygons touch."""
        places = grid(3000, 200, "hexagon")
        beside = neighbours(places)
        assert beside.sum(axis=1).max() == 6
        expected = np.array([places.touches(cell) for cell in places.geometry])
        np.testing.assert_array_equal(beside.toarray(), expected)

    def test_neighbours_of_areas(self) -> None:
        """Areas that touch, even at a corner, or overlap are neighbours."""
        places = hs.places_from_areas(
            make_areas(
                A=shapely.box(0, 0, 10, 10),
                B=shapely.box(10, 10, 20, 20),  # corner of A
                C=shapely.box(15, 15, 30, 30),  # overlaps B
                D=shapely.box(100, 0, 110, 10),  # alone
            )
        )
        expected = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
        assert neighbours(places).toarray().astype(int).tolist() == expected


class TestEdges:
    """Corners, selections, missing and nothing."""

    def test_corner_of_squares(self) -> None:
        """The corner of four squares belongs to the north-east one."""
        found = ids_at(grid(), (150, 150), (150, 149.999), (149.999, 150), (450, 0))
        assert found == ["sq150-1-1", "sq150-1-0", "sq150-0-1", None]

    def test_corner_of_hexagons(self) -> None:
        """A corner and an edge of hexagons belong to one of the hexagons that share them."""
        places = grid(1000, 200, "hexagon")
        corner, edge = ids_at(places, (173.205, 100), (86.6025, 150))
        assert corner in {"hex200-0-0", "hex200-1-0", "hex200-0-1"}
        assert edge in {"hex200-0-0", "hex200-0-1"}

    @pytest.mark.parametrize("cell_size", [0.1 * 33, 100 / 3, 1e3 / 7, 150.0])
    def test_edges_of_odd_sizes(self, cell_size: float) -> None:
        """The edge of the polygon is the edge of the arithmetic, to the last bit."""
        columns = np.arange(-2000, 2000)
        west = columns * cell_size
        found, _ = cells_at(west, west, cell_size, "square")
        np.testing.assert_array_equal(found, columns)
        found, _ = cells_at(np.nextafter(west, -np.inf), west, cell_size, "square")
        np.testing.assert_array_equal(found, columns - 1)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_selection(self, shape: Shape) -> None:
        """A shuffled selection of a grid works; the cells that are left out hold nothing."""
        places = grid(2000, 150, shape)
        chosen = places.sample(frac=0.5, random_state=1)
        middle = places.geometry.centroid
        position = locate(chosen, middle.x, middle.y)
        expected = chosen.index.get_indexer(places.index)
        np.testing.assert_array_equal(position, expected)
        full = neighbours(places).toarray()
        rows = places.index.get_indexer(chosen.index)
        np.testing.assert_array_equal(neighbours(chosen).toarray(), full[np.ix_(rows, rows)])

    def test_missing_and_far(self) -> None:
        """NaN, infinite and absurd coordinates are nowhere, in cells and in areas."""
        x = np.array([np.nan, 75, np.inf, 1e300, -1e12, 75])
        y = np.array([75, np.nan, 75, 75, 75, 75])
        for places in (grid(), grid(shape="hexagon"), hs.places_from_areas(make_areas(A=BOX))):
            position = locate(places, x, y)
            assert position.dtype == np.int64
            assert position[:5].tolist() == [-1] * 5
            assert position[5] >= 0

    @pytest.mark.parametrize("shape", SHAPES)
    def test_more_points_than_at_once(self, shape: Shape) -> None:
        """Points that are looked up in several turns are as if looked up one by one."""
        places = grid(2000, 150, shape)
        rng = np.random.default_rng(6)
        x, y = rng.uniform(-500, 2500, (2, 2 * matching._POINTS_AT_ONCE + 5))
        x[::1000] = np.nan
        y[-1] = np.inf
        known = np.isfinite(x) & np.isfinite(y)
        column, row = cells_at(x[known], y[known], 150, shape)
        at = {cell: n for n, cell in enumerate(zip(places["column"], places["row"], strict=True))}
        expected = np.full(len(x), -1)
        expected[known] = [at.get(cell, -1) for cell in zip(column, row, strict=True)]
        np.testing.assert_array_equal(locate(places, x, y), expected)

    def test_places_far_apart(self) -> None:
        """Two cells at the ends of a country do not need the memory of all between them."""
        far = make_areas(A=shapely.box(0, 0, 150, 150), B=shapely.box(6e5, 9e5, 6e5 + 150, 9e5 + 1))
        places = pd.concat([hs.make_grid(far.iloc[[0]]), hs.make_grid(far.iloc[[1]])])
        index = PlaceIndex.build(places)
        assert len(pickle.dumps(index)) < 2000
        found = index.find([75, 6e5 + 75, 6e5 + 75, -75, 75], [75, 9e5 + 1, 75, 75, 225])
        assert found.tolist() == [0, 1, -1, -1, -1]

    def test_far_columns_do_not_run_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Column 2³¹ of row −1 has the key of column 0 in row 0, and is still nowhere."""
        monkeypatch.setattr(matching, "_MOST_CELLS", 0)
        assert ids_at(grid(), (75, 75), (75 + 150 * 2**31, -75)) == ["sq150-0-0", None]

    @pytest.mark.parametrize("most", [0, 10**6])
    def test_a_cell_twice(self, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
        """Of two places with the same cell the first is found."""
        monkeypatch.setattr(matching, "_MOST_CELLS", most)
        places = grid()
        places = pd.concat([places, places.rename(index=lambda name: f"again {name}")])
        assert ids_at(places, (75, 75), (449, 449)) == ["sq150-0-0", "sq150-2-2"]

    def test_nothing(self) -> None:
        """No points give no positions, and no places hold no points."""
        assert locate(grid(), [], []).tolist() == []
        none = grid().iloc[:0]
        assert locate(none, [1, 2], [1, 2]).tolist() == [-1, -1]
        assert PlaceIndex.build(none).find([1, 2], [1, 2]).tolist() == [-1, -1]
        assert neighbours(none).shape == (0, 0)

    def test_one_place(self) -> None:
        """A single place has no neighbours."""
        assert neighbours(grid(100)).toarray().tolist() == [[False]]


class TestReference:
    """Geometry and nearest neighbours, from shapely and scipy."""

    def test_hexagon_is_the_nearest_centre(self) -> None:
        """Hexagons are the Voronoi cells of their centres: 20,000 random points."""
        places = grid(4000, 130, "hexagon")
        rng = np.random.default_rng(3)
        x, y = rng.uniform(0, 4000, (2, 20_000))
        middle = places.geometry.centroid
        _, nearest = cKDTree(np.column_stack([middle.x, middle.y])).query(np.column_stack([x, y]))
        np.testing.assert_array_equal(locate(places, x, y), nearest)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_polygons_agree(self, shape: Shape) -> None:
        """The polygon of the place found covers the point: 20,000 random points."""
        places = grid(4000, 130, shape)
        rng = np.random.default_rng(4)
        x, y = rng.uniform(0, 4000, (2, 20_000))
        position = locate(places, x, y)
        assert (position >= 0).all()
        cells = places.geometry.to_numpy()[position]
        assert shapely.covers(cells, shapely.points(x, y)).all()

    def test_areas_agree_with_assign_areas(self) -> None:
        """Located boroughs are assigned boroughs."""
        boroughs = hs.load_boroughs()
        rng = np.random.default_rng(5)
        x, y = rng.uniform(503_000, 562_000, 5000), rng.uniform(155_000, 201_000, 5000)
        position = locate(hs.places_from_areas(boroughs), x, y)
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS)
        area = hs.assign_areas(points, boroughs)
        assert [None if at < 0 else boroughs.index[at] for at in position] == [
            None if pd.isna(value) else value for value in area
        ]


class TestRelations:
    """What holds for every point and every grid."""

    @pytest.mark.parametrize("kind", [*SHAPES, "area"])
    def test_index_goes_elsewhere(self, kind: str) -> None:
        """An index that was pickled finds in chunks what locate finds at once."""
        boroughs = hs.load_boroughs()
        places = (
            hs.places_from_areas(boroughs)
            if kind == "area"
            else hs.make_grid(boroughs, cell_size=500, shape=kind)
        )
        rng = np.random.default_rng(9)
        x, y = rng.uniform(503_000, 562_000, 9000), rng.uniform(155_000, 201_000, 9000)
        index = pickle.loads(pickle.dumps(PlaceIndex.build(places)))  # noqa: S301 (our own)
        assert index.shape == kind
        parts = [index.find(x[at : at + 3000], y[at : at + 3000]) for at in (0, 3000, 6000)]
        np.testing.assert_array_equal(np.concatenate(parts), locate(places, x, y))

    @settings(deadline=None)
    @given(
        cells=st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1),
        wanted=st.lists(st.tuples(st.integers(-12, 12), st.integers(-12, 12)), min_size=1),
    )
    def test_runs_and_raster(
        self, cells: list[tuple[int, int]], wanted: list[tuple[int, int]]
    ) -> None:
        """Both ways of looking up cells find the first place with the cell."""
        column, row = np.array(cells).T
        expected = [cells.index(cell) if cell in cells else -1 for cell in wanted]
        for kind in (matching._CellRaster, matching._CellRuns):
            found = kind.build(column, row).find(*np.array(wanted).T)
            assert found.tolist() == expected
            assert found.dtype == np.int64

    @pytest.mark.parametrize("shape", SHAPES)
    def test_runs_and_raster_of_london(self, shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
        """London's grid gives the same places from runs and from a raster."""
        places = hs.make_grid(hs.load_boroughs(), cell_size=300, shape=shape)
        rng = np.random.default_rng(10)
        x, y = rng.uniform(503_000, 562_000, 50_000), rng.uniform(155_000, 201_000, 50_000)
        raster = PlaceIndex.build(places)
        monkeypatch.setattr(matching, "_MOST_CELLS", 0)
        runs = PlaceIndex.build(places)
        assert type(raster._cells) is not type(runs._cells)
        np.testing.assert_array_equal(runs.find(x, y), raster.find(x, y))

    @given(
        steps=st.tuples(st.integers(-3000, 3000), st.integers(-3000, 3000)),
        xy=st.lists(st.tuples(st.integers(-10, 460), st.integers(-10, 460)), min_size=1),
    )
    def test_shift(self, steps: tuple[int, int], xy: list[tuple[int, int]]) -> None:
        """Squares and points that move together by whole cells keep their answers."""
        here = matching._CellRaster.build(*(np.indices((3, 3)).reshape(2, -1)))
        there = matching._CellRaster.build(
            *(np.indices((3, 3)).reshape(2, -1) + np.array(steps)[:, np.newaxis])
        )
        points = np.array(xy, dtype=float)
        moved = points + 150 * np.array(steps)
        np.testing.assert_array_equal(
            PlaceIndex("square", 150.0, there).find(*moved.T),
            PlaceIndex("square", 150.0, here).find(*points.T),
        )

    @given(
        x=st.floats(-1e6, 1e6),
        y=st.floats(-1e6, 1e6),
        cell_size=st.floats(1, 5000),
        shape=st.sampled_from(SHAPES),
    )
    def test_exactly_one_cell(self, x: float, y: float, cell_size: float, shape: Shape) -> None:
        """The point lies in the polygon of its cell, but for rounding at the edge of hexagons."""
        column, row = cells_at(np.array([x]), np.array([y]), cell_size, shape)
        cell = cell_polygons(column, row, cell_size, shape)[0]
        assert cell.distance(shapely.Point(x, y)) < 1e-6

    @settings(deadline=None)
    @given(
        xy=st.lists(st.tuples(st.integers(-10, 910), st.integers(-10, 910)), min_size=1),
        shape=st.sampled_from([*SHAPES, "area"]),
        seed=st.integers(0, 99),
    )
    def test_order_does_not_matter(
        self, xy: list[tuple[int, int]], shape: Shape, seed: int
    ) -> None:
        """Shuffled places hold the same points."""
        areas = make_areas(
            A=BOX, B=shapely.box(300, 0, 600, 300), C=shapely.box(500, 200, 900, 900)
        )
        places = (
            hs.places_from_areas(areas) if shape == "area" else hs.make_grid(areas, shape=shape)
        )
        shuffled = places.sample(frac=1, random_state=seed)
        assert ids_at(shuffled, *xy) == ids_at(places, *xy)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_neighbours_are_mutual(self, shape: Shape) -> None:
        """The matrix of a borough is symmetric and has no diagonal."""
        beside = neighbours(hs.make_grid(hs.load_boroughs().iloc[[5]], shape=shape))
        assert (beside != beside.T).nnz == 0
        assert beside.diagonal().sum() == 0


class TestMessages:
    """Mistakes are explained."""

    def test_mixed_places(self) -> None:
        """Places of two sizes or shapes are refused, with what was found."""
        mixed = pd.concat([grid(), grid(cell_size=100), grid(shape="hexagon")])
        with pytest.raises(InputError, match=r"3 kinds \(square 150 m, square 100 m, hexagon 150"):
            locate(mixed, [1], [1])
        mixed = pd.concat([grid(), hs.places_from_areas(make_areas(A=BOX))])
        with pytest.raises(InputError, match=r"\(square 150 m, area\)\. Must be all of one shape"):
            neighbours(mixed)

    def test_lengths(self) -> None:
        """Coordinates of different length are refused."""
        with pytest.raises(InputError, match=r"Invalid easting and northing of shapes \(2,\)"):
            locate(grid(), [1, 2], [1])
        with pytest.raises(InputError, match=r"northing of shapes \(\) and \(\)\. Must be two lis"):
            locate(grid(), 1, 1)

    @pytest.mark.parametrize("wrong", ["here", object()])
    def test_not_numbers(self, wrong: Any) -> None:
        """Coordinates that are not numbers are refused."""
        for places in (grid(), hs.places_from_areas(make_areas(A=BOX))):
            with pytest.raises(InputError, match=r"Invalid easting or northing: .*Must be numbers"):
                locate(places, [wrong], [1])


BOX = shapely.box(0, 0, 300, 300)
