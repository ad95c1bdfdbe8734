"""The polygon of each of millions of points."""

import pickle
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.areas import polygon_index
from hotspots.areas.assignment import first_covering_by_geometry
from hotspots.areas.polygon_index import PolygonIndex
from hotspots.errors import InputError

Array = np.ndarray[Any, Any]


def by_brute_force(x: Array, y: Array, polygons: Array, ids: list[str]) -> Array:
    """Test every point against every polygon as it is, the first id last, so that it stays."""
    points = shapely.points(x, y)
    found = np.full(len(x), -1)
    for position in sorted(range(len(polygons)), key=lambda at: str(ids[at]), reverse=True):
        found[shapely.intersects(polygons[position], points)] = position
    return found


def assert_brute_force(index: PolygonIndex, ids: list[str], xy: Array) -> None:
    """Check positions and type against brute force."""
    found = index.find(xy[:, 0], xy[:, 1])
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, by_brute_force(*xy.T, index.polygons, ids))


def star(rng: np.random.Generator, x: float, y: float, size: float) -> shapely.Polygon:
    """Give a jagged polygon with a jagged hole, round a point."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, 24))
    arms = rng.uniform(0.5, 1, 24) * size
    rings = [
        np.column_stack([x + arms * part * np.cos(angles), y + arms * part * np.sin(angles)])
        for part in (1, 0.3)
    ]
    return shapely.Polygon(rings[0], [rings[1]])


def scene(seed: int) -> Array:
    """Give polygons that share edges, overlap, have holes and several parts, in 1 km by 1 km."""
    rng = np.random.default_rng(seed)
    sites = shapely.MultiPoint(rng.uniform(0, 1000, (12, 2)))
    tiles = shapely.get_parts(shapely.voronoi_polygons(sites))
    stars = [star(rng, *rng.uniform(200, 800, 2), 150) for _ in range(4)]
    parts = shapely.MultiPolygon([star(rng, 200, 200, 120), star(rng, 600, 600, 200)])
    # Blocks on whole numbers have level and upright edges that many points share.
    blocks = [shapely.box(300, 300, 500, 400), shapely.box(500, 350, 700, 500)]
    joined = shapely.union_all(shapely.box([0, 20, 40], 0, [20, 40, 60], [30, 20, 30]))
    polygons = np.array([*tiles, *stars, parts, *blocks, joined], dtype=object)
    assert shapely.is_valid(polygons).all()
    return polygons


def hard_points(polygons: Array, seed: int) -> Array:
    """Give corners, points on edges and points level with corners, and all numbers beside them."""
    rng = np.random.default_rng(seed)
    rings = shapely.get_rings(shapely.get_parts(polygons))
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    in_ring = ring[1:] == ring[:-1]
    start, end = corners[:-1][in_ring], corners[1:][in_ring]
    part = rng.uniform(0, 1, (len(start), 1))
    exact = np.vstack([corners, (start + end) / 2, start + part * (end - start)])
    around = rng.uniform(corners.min(axis=0) - 50, corners.max(axis=0) + 50, corners.shape)
    level = np.column_stack([around[:, 0], corners[:, 1]])
    upright = np.column_stack([corners[:, 0], around[:, 1]])
    steps = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)]
    beside = [
        np.column_stack(
            [np.nextafter(exact[:, axis], step[axis] * np.inf) if step[axis] else exact[:, axis]
             for axis in (0, 1)]
        )
        for step in steps
    ]  # fmt: skip
    return np.vstack([*beside, level, upright, around])


WEST, EAST = shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)


class TestByHand:
    """Boxes whose answers can be read off."""

    def test_boxes(self) -> None:
        """Inside, outside, and on the edge that both share, where B comes first."""
        index = PolygonIndex.build(np.array([WEST, EAST]), ["C", "B"], cell_size=1)
        found = index.find([5, 15, 10, 25, 5], [5, 5, 5, 5, -1])
        assert found.tolist() == [0, 1, 1, -1, -1]

    def test_ids_sort_as_text(self) -> None:
        """As text, 10 comes before 9."""
        index = PolygonIndex.build(np.array([WEST, WEST]), [9, 10])
        assert index.find([5], [5]).tolist() == [1]

    def test_hole(self) -> None:
        """A hole is outside, its edge is not; what lies in the hole is found."""
        ring = shapely.Polygon(WEST.exterior, [shapely.box(4, 4, 7, 7).exterior])
        index = PolygonIndex.build(np.array([ring, shapely.box(5, 5, 6, 6)]), "AB", cell_size=0.5)
        found = index.find([4.5, 4, 5.5, 1], [4.5, 5, 5.5, 5.5])
        assert found.tolist() == [-1, 0, 1, 0]

    @pytest.mark.parametrize(("ids", "first"), [("AB", 0), ("BA", 1)])
    def test_one_in_another(self, ids: str, first: int) -> None:
        """Where a small polygon lies in a large one, the first id wins, also in whole cells."""
        polygons = np.array([shapely.box(0, 0, 100, 100), shapely.box(40, 40, 60, 60)])
        index = PolygonIndex.build(polygons, ids, cell_size=2)
        found = index.find([10, 50, 40.5, 60], [10, 50, 40.5, 50])
        assert found.tolist() == [0, first, first, first]

    def test_diamond(self) -> None:
        """Slanting edges that run through the corners of cells: |x| + |y| ≤ 8 is inside."""
        diamond = shapely.Polygon([(8, 0), (0, 8), (-8, 0), (0, -8)])
        index = PolygonIndex.build(np.array([diamond]), ["A"], cell_size=1)
        x, y = (part.ravel() / 4 for part in np.mgrid[-40:41, -40:41])
        expected = np.where(np.abs(x) + np.abs(y) <= 8, 0, -1)
        np.testing.assert_array_equal(index.find(x, y), expected)

    def test_level_edges(self) -> None:
        """Steps on the point's own height do not count as crossings.

        The stairs cover (0..3, 0..1), (1..3, 1..2) and (2..3, 2..3); a ray at y = 1 or 2 runs along
        a step.
        """
        stairs = shapely.Polygon([(0, 0), (3, 0), (3, 3), (2, 3), (2, 2), (1, 2), (1, 1), (0, 1)])
        index = PolygonIndex.build(np.array([stairs]), ["A"])
        found = index.find([-1, 0.5, 2.5, 0.5, 1.5, 3.5, -1], [1, 1, 1, 2, 2, 2, 3])
        assert found.tolist() == [-1, 0, 0, -1, 0, -1, -1]


class TestEdges:
    """On edges and corners, next to them, and with nothing."""

    @pytest.mark.parametrize("cell_size", [1000.0, 100.0, 7.3])
    @pytest.mark.parametrize("seed", range(4))
    def test_corners_edges_and_next_numbers(self, seed: int, cell_size: float) -> None:
        """Points on corners and edges, and the nearest numbers beside them, are as in shapely."""
        polygons = scene(seed)
        ids = [f"x{number}" for number in np.random.default_rng(seed).permutation(len(polygons))]
        index = PolygonIndex.build(polygons, ids, cell_size=cell_size)
        assert_brute_force(index, ids, hard_points(polygons, seed))

    def test_doubt_is_settled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Only points next to an edge are handed to geometry, and some are."""
        handed: list[tuple[Array, Array]] = []

        def settle(x: Array, y: Array, polygons: Array, by_id: Array) -> Array:
            handed.append((x, y))
            return first_covering_by_geometry(x, y, polygons, by_id)

        monkeypatch.setattr(polygon_index, "first_covering_by_geometry", settle)
        polygons = scene(0)
        xy = hard_points(polygons, 0)
        PolygonIndex.build(polygons, range(len(polygons))).find(*xy.T)
        (doubted,) = handed
        assert 10 < len(doubted[0]) < len(xy) / 4
        edges = shapely.union_all(shapely.boundary(polygons))
        assert shapely.distance(edges, shapely.points(*doubted)).max() < 1e-9

    def test_level_and_upright_edges_leave_no_doubt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Points on the edges and corners of boxes do not need geometry."""
        monkeypatch.setattr(polygon_index, "first_covering_by_geometry", None)
        index = PolygonIndex.build(np.array([WEST, EAST]), "BA")
        found = index.find([0, 0, 5, 10, 10, 15, 20, 20], [0, 5, 10, 0, 5, 0, 3, 10])
        assert found.tolist() == [0, 0, 0, 1, 1, 1, 1, 1]

    @pytest.mark.parametrize("scale", [1e-200, 1e-160, 1e-20, 1e5])
    def test_scale(self, scale: float) -> None:
        """Tiny polygons, whose products have few digits left, and huge ones are as in shapely."""
        polygons = shapely.transform(scene(1)[:12], lambda xy: xy * scale)
        xy = hard_points(polygons, 1)
        index = PolygonIndex.build(polygons, range(12))
        assert_brute_force(index, [str(number) for number in range(12)], xy)

    def test_far_from_the_origin(self) -> None:
        """Far from the origin, where few digits are left for the raster, nothing changes."""
        polygons = shapely.transform(scene(2), lambda xy: np.round(xy) + 2.0**39)
        polygons = polygons[shapely.is_valid(polygons)]
        ids = [str(number) for number in range(len(polygons))]
        index = PolygonIndex.build(polygons, ids, cell_size=10)
        assert_brute_force(index, ids, hard_points(polygons, 2))

    def test_small_polygons(self) -> None:
        """Polygons smaller than a cell are found."""
        polygons = shapely.box([1, 3, 150], 1, [2, 4, 151], 2)
        index = PolygonIndex.build(polygons, "ABC")
        assert index.find([1.5, 2.5, 3.5, 150.5], [1.5] * 4).tolist() == [0, -1, 1, 2]

    def test_outside_of_the_bounds(self) -> None:
        """Points far and near outside are nowhere, and so are those that are not known."""
        index = PolygonIndex.build(np.array([WEST]), ["A"], cell_size=1)
        x = [-0.001, 10.001, 5, 5, 1e300, -1e300, np.nan, 5, np.inf, -np.inf, 5]
        y = [5, 5, -0.001, 10.001, 5, 5, 5, np.nan, 5, 5, np.inf]
        assert index.find(x, y).tolist() == [-1] * 11

    def test_nothing(self) -> None:
        """No points, no polygons, and polygons without ground."""
        none = PolygonIndex.build(np.array([], dtype=object), [])
        assert none.find([1, 2], [1, 2]).tolist() == [-1, -1]
        assert none.find([], []).tolist() == []
        index = PolygonIndex.build(np.array([None, shapely.Polygon(), WEST]), "ABC")
        assert index.find([5, 50], [5, 50]).tolist() == [2, -1]
        assert index.find([], []).dtype == np.int64

    def test_wide_polygons_get_wide_cells(self) -> None:
        """Polygons all over a country fit into four million cells, and are still exact."""
        polygons = shapely.box([0, 600_000], [0, 600_000], [10, 600_007], [10, 600_007])
        index = PolygonIndex.build(polygons, "AB", cell_size=1)
        assert index._raster.size <= 4_000_000
        assert index.cell_size > 100
        found = index.find([10, 10.01, 600_000, 600_007, 600_008], [10, 10, 600_000, 600_007, 5])
        assert found.tolist() == [0, -1, 1, 1, -1]

    def test_inputs_are_kept(self) -> None:
        """Coordinates of any kind and order are read, and not changed."""
        xy = np.array([[5, 5], [15, 5]])
        x = xy[:, 0]
        index = PolygonIndex.build(np.array([WEST, EAST]), "AB")
        assert index.find(x, xy[:, 1]).tolist() == [0, 1]
        assert xy.tolist() == [[5, 5], [15, 5]]

    def test_pickle(self) -> None:
        """An index that went to another process gives the same answers."""
        polygons = scene(3)
        index = PolygonIndex.build(polygons, range(len(polygons)))
        copy = pickle.loads(pickle.dumps(index))  # noqa: S301 (our own)
        xy = hard_points(polygons, 3)
        np.testing.assert_array_equal(copy.find(*xy.T), index.find(*xy.T))
        assert repr(copy) == "PolygonIndex(cell_size=100.0)"


class TestReference:
    """Shapely on the boroughs of London."""

    def test_boroughs(self) -> None:
        """200,000 points, half of them within metres of a border, and the corners themselves."""
        boroughs = hs.load_boroughs(city=True)
        polygons = boroughs.geometry.to_numpy()
        rng = np.random.default_rng(11)
        west, south, east, north = boroughs.total_bounds
        borders = shapely.boundary(polygons)[rng.integers(0, len(polygons), 100_000)]
        on = shapely.line_interpolate_point(borders, rng.uniform(0, 1, 100_000), normalized=True)
        near = shapely.get_coordinates(on) + rng.normal(0, 3, (100_000, 2))
        anywhere = rng.uniform([west, south], [east, north], (100_000, 2))
        corners = shapely.get_coordinates(polygons)
        index = PolygonIndex.build(polygons, boroughs.index)
        xy = np.vstack([near, anywhere, corners])
        assert_brute_force(index, list(boroughs.index), xy)
        assert 0.5 < (index.find(*xy.T) >= 0).mean() < 0.95

    def test_memory(self) -> None:
        """For 33 boroughs the index takes less than 100 MB."""
        boroughs = hs.load_boroughs(city=True)
        index = PolygonIndex.build(boroughs.geometry.to_numpy(), boroughs.index)
        assert len(pickle.dumps(index)) < 100e6
        assert index.cell_size == 100


@st.composite
def some_polygons(draw: st.DrawFn) -> list[shapely.Polygon]:
    """Draw valid polygons on whole numbers: boxes, triangles and boxes with a hole."""
    corner = st.tuples(st.integers(0, 12), st.integers(0, 12))
    polygons: list[shapely.Polygon] = []
    for _ in range(draw(st.integers(1, 5))):
        shape = shapely.Polygon(draw(st.lists(corner, min_size=3, max_size=3, unique=True)))
        if draw(st.booleans()):
            shape = shapely.box(*shape.bounds)
        if draw(st.booleans()):
            shape = shape.difference(shapely.box(4, 4, 7, 6))
        if shape.area > 0 and shape.geom_type in {"Polygon", "MultiPolygon"}:
            polygons.append(shape)
    return polygons


class TestRelations:
    """What holds for all polygons and points. Whole numbers often fall on edges."""

    points = st.lists(
        st.tuples(st.integers(-2, 28), st.integers(-2, 28)), min_size=1, max_size=30
    ).map(lambda xy: np.array(xy) / 2)

    @settings(deadline=None)
    @given(polygons=some_polygons(), xy=points, cell_size=st.sampled_from([0.5, 1.0, 2.7, 100.0]))
    def test_brute_force(
        self, polygons: list[shapely.Polygon], xy: Array, cell_size: float
    ) -> None:
        """Whatever the polygons and the cells, the answers are those of brute force."""
        ids = [str(7 * number % 5) for number in range(len(polygons))]
        array = np.array(polygons, dtype=object)
        index = PolygonIndex.build(array, ids, cell_size=cell_size)
        assert_brute_force(index, ids, xy)

    @settings(deadline=None)
    @given(polygons=some_polygons(), xy=points, seed=st.integers(0, 99))
    def test_order_does_not_matter(
        self, polygons: list[shapely.Polygon], xy: Array, seed: int
    ) -> None:
        """Shuffled points and shuffled polygons get the same ids."""
        rng = np.random.default_rng(seed)
        array, ids = np.array(polygons, dtype=object), np.arange(len(polygons)).astype(str)
        turn, deal = rng.permutation(len(xy)), rng.permutation(len(array))
        found = PolygonIndex.build(array, ids, cell_size=1).find(*xy.T)
        shuffled = PolygonIndex.build(array[deal], ids[deal], cell_size=1).find(*xy[turn].T)
        np.testing.assert_array_equal(
            np.append(ids[deal], "none")[shuffled], np.append(ids, "none")[found[turn]]
        )

    @settings(deadline=None)
    @given(
        polygons=some_polygons(),
        xy=points,
        steps=st.tuples(st.integers(-10_000, 10_000), st.integers(-10_000, 10_000)),
    )
    def test_shift(
        self, polygons: list[shapely.Polygon], xy: Array, steps: tuple[int, int]
    ) -> None:
        """Polygons and points that move together by whole steps keep their answers."""
        array, ids = np.array(polygons, dtype=object), range(len(polygons))
        moved = shapely.transform(array, lambda corners: corners + steps)
        found = PolygonIndex.build(array, ids, cell_size=1).find(*xy.T)
        again = PolygonIndex.build(moved, ids, cell_size=1).find(*(xy + steps).T)
        np.testing.assert_array_equal(again, found)


class TestMessages:
    """Mistakes are explained."""

    def test_ids(self) -> None:
        """Every polygon needs an id."""
        with pytest.raises(InputError, match=r"Invalid ids: 1 for 2 polygons\. Must be one for"):
            PolygonIndex.build(np.array([WEST, EAST]), ["A"])

    @pytest.mark.parametrize("cell_size", [0, -1.0, np.nan, np.inf, True, "wide"])
    def test_cell_size(self, cell_size: Any) -> None:
        """A cell is a positive number of metres wide."""
        with pytest.raises(InputError, match=r"Invalid cell_size '.*'\. Must be a positive number"):
            PolygonIndex.build(np.array([WEST]), ["A"], cell_size=cell_size)

    @pytest.mark.parametrize("far", [np.inf, 1e13])
    def test_corner(self, far: float) -> None:
        """A corner at infinity cannot be put into a raster."""
        polygon = shapely.Polygon([(0, 0), (1, 0), (0, far)])
        with pytest.raises(InputError, match=r"Invalid corner of a polygon '.*'\. Must be a numb"):
            PolygonIndex.build(np.array([polygon]), ["A"])

    def test_coordinates(self) -> None:
        """Coordinates come in pairs of numbers."""
        index = PolygonIndex.build(np.array([WEST]), ["A"])
        with pytest.raises(InputError, match=r"Invalid easting and northing of shapes \(2,\)"):
            index.find([1, 2], [1])
        with pytest.raises(InputError, match=r"could not convert .*'here'\. Must be numbers of m"):
            index.find(["here"], [1])
