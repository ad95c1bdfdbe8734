"""To which area a point belongs."""

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.areas import assignment
from hotspots.areas.assignment import first_covering, first_covering_xy
from hotspots.areas.polygon_index import PolygonIndex
from hotspots.errors import InputError, TableError

CRS = "EPSG:27700"


def make_areas(**polygons: shapely.Geometry) -> gpd.GeoDataFrame:
    """Give areas from polygons, the names being the ids."""
    ids = pd.Index(list(polygons), name="area_id", dtype="str")
    return gpd.GeoDataFrame(
        {"name": list(polygons)}, geometry=list(polygons.values()), index=ids, crs=CRS
    )


def make_points(*xy: tuple[float, float] | None, **columns: object) -> gpd.GeoDataFrame:
    """Give points, or None, with labels that are not positions."""
    points = [None if pair is None else shapely.Point(pair) for pair in xy]
    index = pd.Index([f"p{number}" for number in range(len(points))], name="incident_id")
    return gpd.GeoDataFrame(columns, geometry=points, index=index, crs=CRS)


def assert_areas(result: pd.Series, expected: list[str | None], index: pd.Index) -> None:
    """Check ids, type, name and index at once."""
    assert result.name == "area_id"
    assert result.dtype == pd.Series([], dtype="str").dtype
    pd.testing.assert_index_equal(result.index, index)
    assert [None if pd.isna(value) else value for value in result] == expected


# Two squares side by side with the edge x = 10 in common, and one that overlaps both.
WEST = shapely.box(0, 0, 10, 10)
EAST = shapely.box(10, 0, 20, 10)
OVER = shapely.box(5, 5, 15, 15)


class TestByHand:
    """Two squares and a few points."""

    def test_inside_and_outside(self) -> None:
        """A point inside gets the id, a point outside gets none."""
        points = make_points((5, 5), (15, 5), (25, 5))
        result = hs.assign_areas(points, make_areas(A=WEST, B=EAST))
        assert_areas(result, ["A", "B", None], points.index)

    def test_area_with_a_hole(self) -> None:
        """The hole of an area is not in it, the edge of the hole is."""
        ring = shapely.Polygon(WEST.exterior.coords, [shapely.box(4, 4, 6, 6).exterior.coords])
        points = make_points((5, 5), (4, 5), (1, 1))
        assert_areas(hs.assign_areas(points, make_areas(A=ring)), [None, "A", "A"], points.index)

    def test_code_instead_of_point(self, caplog: pytest.LogCaptureFixture) -> None:
        """Without a point the source's code counts, if it is the id of an area."""
        points = make_points(None, None, None, (5, 5), area_code=["B", "Z", None, "B"])
        with caplog.at_level(logging.INFO, logger="hotspots.areas"):
            result = hs.assign_areas(points, make_areas(A=WEST, B=EAST))
        assert_areas(result, ["B", None, None, "A"], points.index)
        assert "1 of 4 incidents have a code but no point" in caplog.text

    def test_code_does_not_move_points(self) -> None:
        """A point outside stays outside, whatever its code says."""
        points = make_points((50, 50), area_code=["A"])
        assert_areas(hs.assign_areas(points, make_areas(A=WEST)), [None], points.index)


class TestEdges:
    """On edges, in overlaps, and with nothing."""

    @pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
    def test_shared_edge(self, order: tuple[str, str]) -> None:
        """On a shared edge or corner the first id wins, in whatever order the areas stand."""
        areas = make_areas(A=EAST, B=WEST).loc[list(order)]
        points = make_points((10, 5), (10, 0), (10, 10))
        assert_areas(hs.assign_areas(points, areas), ["A", "A", "A"], points.index)

    def test_outer_edge(self) -> None:
        """The outer edge and its corners belong to the area."""
        points = make_points((0, 5), (0, 0), (20, 10), (20, 5))
        result = hs.assign_areas(points, make_areas(A=WEST, B=EAST))
        assert_areas(result, ["A", "A", "B", "B"], points.index)

    def test_overlap(self) -> None:
        """Where areas overlap the first id wins."""
        points = make_points((7, 7), (12, 7), (7, 12))
        first = hs.assign_areas(points, make_areas(A=OVER, B=WEST, C=EAST))
        assert_areas(first, ["A", "A", "A"], points.index)
        last = hs.assign_areas(points, make_areas(X=OVER, B=WEST, C=EAST))
        assert_areas(last, ["B", "C", "X"], points.index)

    def test_empty_point(self) -> None:
        """Empty points are like missing ones, and NaN coordinates are nowhere."""
        empty = gpd.GeoSeries([shapely.Point(), shapely.Point(np.nan, np.nan)], crs=CRS)
        points = gpd.GeoDataFrame({"area_code": ["A", "Z"]}, geometry=empty)
        assert_areas(hs.assign_areas(points, make_areas(A=WEST)), ["A", None], points.index)

    def test_no_incidents(self) -> None:
        """No incidents give an empty Series."""
        points = make_points()
        assert_areas(hs.assign_areas(points, make_areas(A=WEST)), [], points.index)

    def test_all_coincident(self) -> None:
        """Snapped points all get the same answer."""
        points = make_points(*[(10, 5)] * 50)
        result = hs.assign_areas(points, make_areas(A=WEST, B=EAST))
        assert_areas(result, ["A"] * 50, points.index)

    def test_repeated_labels(self) -> None:
        """Labels of incidents need not be unique for the answer to be right."""
        points = make_points((5, 5), (15, 5))
        points.index = pd.Index(["same", "same"])
        assert hs.assign_areas(points, make_areas(A=WEST, B=EAST)).tolist() == ["A", "B"]

    def test_few_points_need_no_index(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Below 100,000 points no index is built; from there on one is, and the answers agree."""
        built = []
        build = PolygonIndex.build

        def note(polygons: np.ndarray, ids: list[str]) -> PolygonIndex:
            built.append(ids)
            return build(polygons, ids)

        monkeypatch.setattr(PolygonIndex, "build", note)
        xy = np.random.default_rng(1).integers(-1, 22, (100_000, 2)).astype(float)
        polygons, ids = np.array([EAST, OVER, WEST]), ["A", "B", "C"]
        few = first_covering_xy(*xy[:-1].T, polygons, ids)
        assert not built
        many = first_covering_xy(*xy.T, polygons, ids)
        assert built == [ids]
        np.testing.assert_array_equal(many[:-1], few)
        assert set(few) == {-1, 0, 1, 2}

    def test_intricate_areas_need_more_points(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Areas with more corners than there are points are not worth an index."""
        monkeypatch.setattr(assignment, "_MANY", 1)
        monkeypatch.setattr(PolygonIndex, "build", None)
        found = first_covering_xy([5, 15, 15], [5, 5, 25], np.array([WEST]), ["A"])
        assert found.tolist() == [0, -1, -1]

    def test_points_and_coordinates(self) -> None:
        """Missing and empty points are nowhere, as NaN is, whatever their third dimension."""
        points = np.array([None, shapely.Point(), shapely.Point(5, 5, 9), shapely.Point(15, 5)])
        polygons, ids = np.array([WEST, EAST]), ["A", "B"]
        assert first_covering(points, polygons, ids).tolist() == [-1, -1, 0, 1]
        x = np.array([np.nan, 5, 5, 15])
        y = np.array([5, np.inf, 5, 5])
        assert first_covering_xy(x, y, polygons, ids).tolist() == [-1, -1, 0, 1]

    def test_inputs_are_kept(self) -> None:
        """Neither frame is changed."""
        points, areas = make_points((5, 5), None, area_code=["B", "A"]), make_areas(A=WEST)
        before = points.copy(), areas.copy()
        hs.assign_areas(points, areas)
        pd.testing.assert_frame_equal(points, before[0])
        pd.testing.assert_frame_equal(areas, before[1])


class TestReference:
    """A spatial join in geopandas gives the same, where it has one answer."""

    def test_spatial_join(self) -> None:
        """3,000 random points in the boroughs."""
        boroughs = hs.load_boroughs(city=True)
        rng = np.random.default_rng(7)
        x, y = rng.uniform(503_000, 562_000, 3000), rng.uniform(155_000, 201_000, 3000)
        points = make_points(*zip(x, y, strict=True))
        joined = points.sjoin(boroughs, predicate="within", how="left")["area_id"]
        result = hs.assign_areas(points, boroughs)
        assert 0.5 < result.notna().mean() < 0.7
        assert result.fillna("none").tolist() == joined.fillna("none").tolist()

    def test_index_and_geometry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """40,000 points in the boroughs are assigned alike with an index and without."""
        boroughs = hs.load_boroughs(city=True)
        rng = np.random.default_rng(8)
        x, y = rng.uniform(503_000, 562_000, 40_000), rng.uniform(155_000, 201_000, 40_000)
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=CRS))
        without = hs.assign_areas(points, boroughs)
        monkeypatch.setattr(assignment, "_MANY", 1)
        monkeypatch.setattr(assignment, "first_covering_by_geometry", None)
        pd.testing.assert_series_equal(hs.assign_areas(points, boroughs), without)


class TestRelations:
    """What holds for every set of points. Whole coordinates often fall on edges."""

    coordinates = st.lists(
        st.tuples(st.integers(-1, 21), st.integers(-1, 16)), min_size=1, max_size=30
    )

    @given(xy=coordinates, seed=st.integers(0, 99))
    def test_order_does_not_matter(self, xy: list[tuple[int, int]], seed: int) -> None:
        """Shuffled incidents and shuffled areas get the same areas."""
        points, areas = make_points(*xy), make_areas(A=EAST, B=OVER, C=WEST)
        shuffled = points.sample(frac=1, random_state=seed)
        result = hs.assign_areas(shuffled, areas.sample(frac=1, random_state=seed))
        pd.testing.assert_series_equal(result[points.index], hs.assign_areas(points, areas))

    @given(xy=coordinates)
    def test_nobody_twice_nobody_lost(self, xy: list[tuple[int, int]]) -> None:
        """An incident has an area exactly if at least one area covers it."""
        points, areas = make_points(*xy), make_areas(A=EAST, B=OVER, C=WEST)
        covered = np.array([areas.covers(point).any() for point in points.geometry])
        np.testing.assert_array_equal(hs.assign_areas(points, areas).notna(), covered)


class TestMessages:
    """Mistakes are explained."""

    def test_not_a_frame(self) -> None:
        """A plain table is refused."""
        with pytest.raises(InputError, match=r"^Invalid incidents 'DataFrame'\. Must be a GeoD"):
            hs.assign_areas(pd.DataFrame(), make_areas(A=WEST))

    @pytest.mark.parametrize(("crs", "remedy"), [(4326, "to_crs"), (None, "set_crs")])
    def test_coordinate_system(self, crs: int | None, remedy: str) -> None:
        """Other coordinate systems are refused, with what to type."""
        points = make_points((5, 5)).set_crs(crs, allow_override=True)
        with pytest.raises(InputError, match=rf"Must be EPSG:27700 .*Use incidents\.{remedy}\("):
            hs.assign_areas(points, make_areas(A=WEST))

    def test_not_points(self) -> None:
        """Polygons have no place in incidents."""
        lines = gpd.GeoDataFrame(geometry=[WEST, shapely.Point(1, 1)], crs=CRS)
        with pytest.raises(InputError, match=r"Invalid geometry 'Polygon'\. Must be points\. 1 of"):
            hs.assign_areas(lines, make_areas(A=WEST))

    def test_areas(self) -> None:
        """Areas are checked against their schema."""
        with pytest.raises(TableError, match="coordinate system is 'EPSG:4326'"):
            hs.assign_areas(
                make_points((5, 5)), make_areas(A=WEST).set_crs(4326, allow_override=True)
            )
        with pytest.raises(InputError, match="The areas table is empty"):
            hs.assign_areas(make_points((5, 5)), make_areas())
