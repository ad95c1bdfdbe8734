"""Grids of places, and areas as places."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.areas.lattice import Shape, cell_polygons
from hotspots.errors import InputError, TableError
from hotspots.tables import PLACES

CRS = "EPSG:27700"
SHAPES: tuple[Shape, Shape] = ("square", "hexagon")


def make_areas(**polygons: shapely.Geometry) -> gpd.GeoDataFrame:
    """Give areas from polygons, the names being the ids."""
    ids = pd.Index(list(polygons), name="area_id", dtype="str")
    return gpd.GeoDataFrame(
        {"name": list(polygons)}, geometry=list(polygons.values()), index=ids, crs=CRS
    )


@pytest.fixture(scope="module")
def camden() -> gpd.GeoDataFrame:
    """Give one borough."""
    return hs.load_boroughs().loc[["E09000007"]]


class TestByHand:
    """Grids that can be drawn on paper."""

    def test_two_by_two(self) -> None:
        """An area of 300 m by 300 m on the grid lines has four squares of 150 m."""
        area = shapely.box(529_950, 180_150, 530_250, 180_450)  # columns 3533-34, rows 1201-02
        grid = hs.make_grid(make_areas(A=area))
        assert grid.index.tolist() == [
            "sq150-3533-1201",
            "sq150-3534-1201",
            "sq150-3533-1202",
            "sq150-3534-1202",
        ]
        assert grid.index.name == "place_id"
        assert grid.geometry.iloc[0].equals(shapely.box(529_950, 180_150, 530_100, 180_300))
        assert set(grid["area_m2"]) == {22_500.0}
        assert set(grid["cell_size_m"]) == {150.0}
        assert grid["column"].tolist() == [3533, 3534, 3533, 3534]

    def test_one_hexagon(self) -> None:
        """Hexagon (0, 0) has its corners at ±173.2 and ±100, ±200 m, and 103,923 m²."""
        grid = hs.make_grid(make_areas(A=shapely.box(-1, -1, 1, 1)), cell_size=200, shape="hexagon")
        assert grid.index.tolist() == ["hex200-0-0"]
        hexagon = grid.geometry.iloc[0]
        # Half the width is 200 √3 / 2 = 173.205.
        assert hexagon.bounds == pytest.approx((-173.205, -200, 173.205, 200), abs=0.001)
        # The area of a hexagon is 3 √3 / 2 · 200² = 103,923.05.
        assert grid["area_m2"].iloc[0] == pytest.approx(103_923.05, abs=0.01)
        assert hexagon.area == pytest.approx(103_923.05, abs=0.01)

    def test_hexagon_rows_lean(self) -> None:
        """The centre of (1, 2) lies 2 widths east (1 + 2/2) and 3 sides north."""
        centre = cell_polygons(np.array([1]), np.array([2]), 10.0, "hexagon")[0].centroid
        assert centre.x == pytest.approx(2 * 10 * np.sqrt(3))
        assert centre.y == pytest.approx(30)

    def test_centre_decides(self) -> None:
        """A cell is listed under the area of its centre, not the one with more of it."""
        # The cell is 0-150. Its centre, 75, is in the narrow A; B has the wide rest.
        narrow, wide = shapely.box(70, 0, 80, 150), shapely.box(80, 0, 150, 150)
        assert hs.make_grid(make_areas(B=wide, A=narrow))["area_id"].tolist() == ["A"]

    def test_largest_share(self) -> None:
        """Without a centre the largest share decides: 40 m against 20 m of the width."""
        small, large = shapely.box(0, 0, 20, 150), shapely.box(110, 0, 150, 150)
        assert hs.make_grid(make_areas(A=small, B=large))["area_id"].tolist() == ["B"]

    def test_equal_share(self) -> None:
        """Of two equal shares the first id wins, in whatever order the areas stand."""
        left, right = shapely.box(0, 0, 20, 150), shapely.box(130, 0, 150, 150)
        for areas in (make_areas(A=right, B=left), make_areas(B=left, A=right)):
            assert hs.make_grid(areas)["area_id"].tolist() == ["A"]

    def test_places_from_areas(self) -> None:
        """Areas become places with their own id, in their order."""
        areas = make_areas(B=shapely.box(0, 0, 10, 20), A=shapely.box(10, 0, 20, 10))
        places = hs.places_from_areas(areas)
        PLACES.validate(places)
        assert places.index.tolist() == places["area_id"].tolist() == ["B", "A"]
        assert places.index.name == "place_id"
        assert places["area_m2"].tolist() == [200.0, 100.0]
        assert set(places["shape"]) == {"area"}
        assert set(places["column"]) == set(places["row"]) == {-1}
        assert places["cell_size_m"].isna().all()


class TestEdges:
    """Touching, splinters, negative numbers and odd sizes."""

    @pytest.mark.parametrize("shape", SHAPES)
    def test_touching_is_not_enough(self, shape: Shape) -> None:
        """The cells themselves as areas give the same cells: neighbours only touch."""
        cell = cell_polygons(np.array([5]), np.array([7]), 100.0, shape)[0]
        grid = hs.make_grid(make_areas(A=cell), cell_size=100, shape=shape)
        assert grid[["column", "row"]].to_numpy().tolist() == [[5, 7]]

    def test_splinter(self) -> None:
        """A millimetre beyond the edge is ground, and takes another cell."""
        grid = hs.make_grid(make_areas(A=shapely.box(10, 10, 150.001, 100)))
        assert grid["column"].tolist() == [0, 1]

    def test_area_within_a_cell(self) -> None:
        """An area smaller than a cell has one cell, which is whole."""
        grid = hs.make_grid(make_areas(A=shapely.box(10, 10, 20, 20)))
        assert grid["area_m2"].tolist() == [22_500.0]
        assert grid["area_id"].tolist() == ["A"]

    def test_west_of_the_origin(self) -> None:
        """Columns and rows may be negative."""
        grid = hs.make_grid(make_areas(A=shapely.box(-10, -10, -1, -1)))
        assert grid.index.tolist() == ["sq150--1--1"]

    def test_size_is_printed_short(self) -> None:
        """Ids carry the size without needless zeros."""
        area = make_areas(A=shapely.box(1, 1, 2, 2))
        assert hs.make_grid(area, cell_size=150.0).index[0] == "sq150-0-0"
        assert hs.make_grid(area, cell_size=np.float32(12.5)).index[0] == "sq12.5-0-0"

    def test_two_areas_far_apart(self) -> None:
        """Cells between the areas are left out."""
        grid = hs.make_grid(
            make_areas(A=shapely.box(0, 0, 150, 150), B=shapely.box(1500, 0, 1650, 150))
        )
        assert grid["column"].tolist() == [0, 10]
        assert grid["area_id"].tolist() == ["A", "B"]

    @pytest.mark.parametrize("shape", SHAPES)
    def test_schema(self, camden: gpd.GeoDataFrame, shape: Shape) -> None:
        """The result is a valid places table in the documented order, and areas are kept."""
        before = camden.copy()
        grid = hs.make_grid(camden, shape=shape)
        PLACES.validate(grid)
        assert list(grid.columns) == [column.name for column in PLACES.columns]
        assert grid["area_m2"].dtype == float
        pd.testing.assert_frame_equal(camden, before)


class TestReference:
    """Geometry, without the short cuts."""

    @pytest.mark.parametrize("shape", SHAPES)
    def test_against_plain_geometry(self, camden: gpd.GeoDataFrame, shape: Shape) -> None:
        """The grid of Camden holds every cell that shares more than nothing with it."""
        grid = hs.make_grid(camden, cell_size=200, shape=shape)
        share = grid.intersection(camden.geometry.iloc[0]).area
        assert (share > 0).all()
        assert share.sum() == pytest.approx(camden.area.iloc[0], rel=1e-9)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_no_gap_between_cells(self, camden: gpd.GeoDataFrame, shape: Shape) -> None:
        """Cells share their corners exactly, so that they tile the plane."""
        grid = hs.make_grid(camden, cell_size=200, shape=shape)
        assert shapely.coverage_is_valid(grid.geometry.to_numpy())
        np.testing.assert_allclose(grid.area, grid["area_m2"], rtol=1e-9)

    def test_of_london(self) -> None:
        """London has its area's worth of cells and a rim, each in exactly one borough."""
        boroughs = hs.load_boroughs(city=True)
        grid = hs.make_grid(boroughs)
        cells = boroughs.area.sum() / 22_500  # 70,849.6
        assert cells < len(grid) < 1.02 * cells
        assert grid["area_id"].notna().all()
        centre = gpd.GeoDataFrame(geometry=grid.geometry.centroid, crs=CRS)
        area = hs.assign_areas(centre, boroughs)
        assert (area.isna() | (area == grid["area_id"])).all()


class TestRelations:
    """What holds for every area."""

    @settings(deadline=None, max_examples=50)
    @given(
        west=st.integers(-1000, 1000),
        south=st.integers(-1000, 1000),
        width=st.integers(1, 700),
        height=st.integers(1, 700),
        cell_size=st.sampled_from([50.0, 90.0, 150.0, 333.3]),
        shape=st.sampled_from(SHAPES),
    )
    def test_cells_cover_the_area(
        self, west: int, south: int, width: int, height: int, cell_size: float, shape: Shape
    ) -> None:
        """Together the cells cover the area, and each has a share of it."""
        box = shapely.box(west, south, west + width, south + height)
        grid = hs.make_grid(make_areas(A=box), cell_size=cell_size, shape=shape)
        share = grid.intersection(box).area
        assert share.sum() == pytest.approx(box.area)
        assert (share > 0).all()
        assert grid.index.is_unique

    @settings(deadline=None, max_examples=20)
    @given(shape=st.sampled_from(SHAPES), seed=st.integers(0, 99))
    def test_order_of_areas_does_not_matter(self, shape: Shape, seed: int) -> None:
        """Shuffled areas give the same grid."""
        areas = make_areas(
            A=shapely.box(0, 0, 400, 400),
            B=shapely.box(300, 100, 900, 500),
            C=shapely.box(400, 0, 777, 100),
        )
        shuffled = areas.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(
            hs.make_grid(shuffled, shape=shape), hs.make_grid(areas, shape=shape)
        )

    def test_a_part_of_london_has_the_cells_of_london(self, camden: gpd.GeoDataFrame) -> None:
        """The grid is anchored: the same ground has the same id in every analysis."""
        moved = camden.set_geometry(camden.buffer(1234))
        assert set(hs.make_grid(camden).index) < set(hs.make_grid(moved).index)


class TestMessages:
    """Mistakes are explained."""

    @pytest.mark.parametrize("cell_size", [0, -5, 0.5, np.nan, np.inf, "150", True, None])
    def test_cell_size(self, camden: gpd.GeoDataFrame, cell_size: object) -> None:
        """Sizes that are not a sensible number of metres are refused."""
        with pytest.raises(InputError, match=rf"^Invalid cell_size '{cell_size}'\. Must be a numb"):
            hs.make_grid(camden, cell_size=cell_size)

    def test_too_many_cells(self) -> None:
        """A grid that would not fit in memory is refused before it is made."""
        with pytest.raises(InputError, match="at most 5,000,000 cells; these areas would need"):
            hs.make_grid(hs.load_boroughs(), cell_size=5)

    def test_shape(self, camden: gpd.GeoDataFrame) -> None:
        """Only squares and hexagons are known."""
        with pytest.raises(InputError, match=r"Invalid shape 'hex'\. Must be one of square, hexa"):
            hs.make_grid(camden, shape="hex")

    def test_areas(self, camden: gpd.GeoDataFrame) -> None:
        """Both functions check the areas."""
        for make in (hs.make_grid, hs.places_from_areas):
            with pytest.raises(InputError, match="The areas table is empty"):
                make(make_areas())
            with pytest.raises(TableError, match="coordinate system is 'EPSG:4326'"):
                make(camden.to_crs(4326))
            with pytest.raises(InputError, match="Invalid areas 'DataFrame'"):
                make(pd.DataFrame(camden))
