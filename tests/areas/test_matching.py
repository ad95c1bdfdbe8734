"""Which place holds a point, and which places lie side by side."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

import hotspots as hs
from hotspots.areas import locate, neighbours
from hotspots.areas.lattice import Shape, cell_polygons, cells_at
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

    def test_nothing(self) -> None:
        """No points give no positions, and no places hold no points."""
        assert locate(grid(), [], []).tolist() == []
        none = grid().iloc[:0]
        assert locate(none, [1, 2], [1, 2]).tolist() == [-1, -1]
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


BOX = shapely.box(0, 0, 300, 300)
