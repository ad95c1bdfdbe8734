"""WeekDBSCAN against scikit-learn's DBSCAN, by hand, and at its edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN
from sklearn.utils.estimator_checks import parametrize_with_checks

import hotspots as hs

FRIDAY_NIGHT = 4 * 24 + 23
Row = tuple[float, float, float]


def reference(
    points: np.ndarray,
    weights: np.ndarray,
    radius: float,
    hours: float,
    least: float,
    days: str = "cyclic",
) -> DBSCAN:
    """Cluster with scikit-learn on the same metric, computed in full."""
    space = np.sqrt(((points[:, None, :2] - points[None, :, :2]) ** 2).sum(axis=2)) / radius
    cycle = 168 if days == "cyclic" else 24
    gap = np.abs(points[:, None, 2] - points[None, :, 2]) % cycle
    time = np.minimum(gap, cycle - gap) / max(hours, 1e-9)
    if days == "nights":
        weekend = ((points[:, 2] - 6) % 168 // 24 == 4) | ((points[:, 2] - 6) % 168 // 24 == 5)
        time = np.where(weekend[:, None] != weekend[None, :], np.inf, time)
    distance = np.maximum(space, time)
    distance[~np.isfinite(distance)] = 1e9
    model = DBSCAN(eps=1.0, min_samples=int(least), metric="precomputed")
    return model.fit(distance, sample_weight=weights)


def is_near(first: Row, second: Row, radius: float, hours: float, days: str) -> float | None:
    """Give the gap of two points in hours if they are neighbours, by the definition."""
    cycle = 168 if days == "cyclic" else 24
    gap = abs(first[2] - second[2]) % cycle
    gap = min(gap, cycle - gap)
    if days == "nights" and (102 <= first[2] < 150) != (102 <= second[2] < 150):
        return None
    return gap if gap <= hours and squared(first, second) <= radius**2 else None


def squared(first: Row, second: Row) -> float:
    """Give the squared distance of two points."""
    return (first[0] - second[0]) ** 2 + (first[1] - second[1]) ** 2


def by_every_pair(rows: list[Row], radius: float, hours: float, least: int, days: str) -> list[int]:
    """Label points by the definition, one pair at a time, with the rules for every tie."""
    west, south = min(row[0] for row in rows), min(row[1] for row in rows)
    # Squares as wide as the radius, column by column; in a square by coordinates, then by hour.
    order = [((row[0] - west) // radius, (row[1] - south) // radius, row) for row in rows]
    n = range(len(rows))
    gap = [[is_near(rows[i], rows[j], radius, hours, days) for j in n] for i in n]
    core = [sum(each is not None for each in gap[i]) >= least for i in n]
    root = [-1] * len(rows)
    for start in sorted(n, key=order.__getitem__):
        reached = [start] if core[start] and root[start] < 0 else []
        while reached:
            i = reached.pop()
            root[i] = start
            reached += [j for j in n if core[j] and root[j] < 0 and gap[i][j] is not None]
    cores = [j for j in n if core[j]]
    for i in n:
        near = [(squared(rows[i], rows[j]), gap[i][j], order[j], j) for j in cores]
        near = [each for each in near if each[1] is not None]
        if near and not core[i]:
            root[i] = root[min(near)[-1]]
    found = sorted({r for r in root if r >= 0}, key=lambda r: (-root.count(r), order[r]))
    return [found.index(r) if r >= 0 else -1 for r in root]


def same_partition(first: np.ndarray, second: np.ndarray) -> bool:
    """Say whether two labelings make the same groups."""
    return bool(((first[:, None] == first[None, :]) == (second[:, None] == second[None, :])).all())


class TestByHand:
    """Few points, all distances known."""

    def test_round_the_week(self) -> None:
        """Sunday 23:00 is next to Monday 00:00."""
        points = np.array([[0.0, 0, 167], [0, 0, 0], [0, 0, 1], [0, 0, 80]])
        model = hs.WeekDBSCAN(radius=10, hours=1, min_incidents=2).fit(points)
        assert model.labels_.tolist() == [0, 0, 0, -1]
        assert model.core_sample_indices_.tolist() == [0, 1, 2]

    def test_both_must_be_near(self) -> None:
        """Near in place and far in time is not near, nor the other way round."""
        points = np.array([[0.0, 0, 10], [5, 0, 20], [500, 0, 10]])
        model = hs.WeekDBSCAN(radius=10, hours=2, min_incidents=2)
        assert model.fit_predict(points).tolist() == [-1, -1, -1]

    def test_every_night_is_one_cluster_or_seven(self) -> None:
        """A place busy each night at 22:00 is seven clusters in the week, one by hour of day."""
        points = np.array([[0.0, 0, day * 24 + 22] for day in range(7)] * 3)
        weekly = hs.WeekDBSCAN(radius=10, hours=2, min_incidents=3).fit_predict(points)
        daily = hs.WeekDBSCAN(radius=10, hours=2, min_incidents=3, days="any").fit_predict(points)
        nights = hs.WeekDBSCAN(radius=10, hours=2, min_incidents=3, days="nights")
        assert len(set(weekly)) == 7
        assert set(daily) == {0}
        labels = nights.fit_predict(points)[:7]
        assert labels.tolist() == [0, 0, 0, 0, 1, 1, 0]

    def test_saturday_morning_after_belongs_to_friday_night(self) -> None:
        """At 01:00 on Saturday it is still Friday night, at 07:00 it is Saturday."""
        model = hs.WeekDBSCAN(radius=10, hours=3, min_incidents=2, days="nights")
        points = np.array([[0.0, 0, FRIDAY_NIGHT], [0, 0, FRIDAY_NIGHT + 2], [0, 0, 3 * 24 + 22]])
        assert model.fit_predict(points).tolist() == [0, 0, -1]

    def test_border_point_joins_the_nearest_core(self) -> None:
        """A point within reach of two clusters goes to the nearer, in whatever order they come."""
        left = [[0.0, 0, 0], *[[-5.0, 0, 0]] * 4]
        right = [[18.0, 0, 0], *[[23.0, 0, 0]] * 4]
        border = [[9.5, 0, 0]]  # 9.5 m from the left core, 8.5 m from the right one; no core itself
        model = hs.WeekDBSCAN(radius=10, hours=1, min_incidents=5)
        labels = model.fit_predict(np.array(left + right + border))
        assert labels.tolist() == [1] * 5 + [0] * 6
        labels = model.fit_predict(np.array(border + right + left))
        assert labels.tolist() == [0] * 6 + [1] * 5

    def test_equally_near_cores_are_told_apart_by_hour_and_then_by_place(self) -> None:
        """Between two cores 10 m away the nearer in time wins, else the one in the west."""
        west = [[0.0, 0, 10], *[[-5.0, 0, 10]] * 4]
        east = [[20.0, 0, 11], *[[25.0, 0, 11]] * 5]
        model = hs.WeekDBSCAN(radius=10, hours=3, min_incidents=5)
        border = [[10.0, 0, 11.5], [10.0, 0, 9.5], [10.0, 0, 10.5]]
        # 1.5 and 0.5 hours from them; 0.5 and 1.5; 0.5 and 0.5. None is a core: 2 are in reach.
        weight = [1] * 11 + [0] * 3
        for flip in (1, -1):
            points = np.array(west + east + border)[::flip]
            labels = model.fit(points, sample_weight=weight[::flip]).labels_[::flip]
            assert labels.tolist() == [1] * 5 + [0] * 6 + [0, 1, 1]

    def test_weights_need_not_be_whole(self) -> None:
        """Ten incidents of 0.1 are one, though the computer's sum of them is 0.9999999999999999."""
        points = np.array([[i, 0, i] for i in range(10)], dtype=float)
        model = hs.WeekDBSCAN(radius=10, hours=10, min_incidents=1)
        assert model.fit(points, sample_weight=[0.1] * 10).labels_.tolist() == [0] * 10
        assert model.fit(points, sample_weight=[0.0999] * 10).labels_.tolist() == [-1] * 10

    def test_largest_is_cluster_0(self) -> None:
        """Labels go from the heaviest cluster down."""
        points = np.array([[0.0, 0, 0]] * 3 + [[900.0, 0, 0]] * 5)
        labels = hs.WeekDBSCAN(radius=10, hours=1, min_incidents=3).fit_predict(points)
        assert labels.tolist() == [1] * 3 + [0] * 5


class TestEdges:
    """Boundaries and coincident points."""

    def test_distances_are_inclusive(self) -> None:
        """Exactly at the radius and exactly at the hours is within reach."""
        points = np.array([[0.0, 0, 10], [30.0, 40.0, 12]])
        model = hs.WeekDBSCAN(radius=50, hours=2, min_incidents=2)
        assert model.fit_predict(points).tolist() == [0, 0]
        model = hs.WeekDBSCAN(radius=49.99, hours=2, min_incidents=2)
        assert model.fit_predict(points).tolist() == [-1, -1]

    def test_a_border_point_may_be_exactly_at_the_edge(self) -> None:
        """Only the middle is a core, 1 + 1 + 4; the others are 50 m and 2 hours away from it."""
        points = np.array([[0.0, 0, 10], [30.0, 40.0, 12], *[[-30.0, -40.0, 8]] * 4])
        model = hs.WeekDBSCAN(radius=50, hours=2, min_incidents=6).fit(points)
        assert model.core_sample_indices_.tolist() == [0]
        assert model.labels_.tolist() == [0] * 6

    def test_twenty_thousand_at_one_point(self) -> None:
        """Coincident points are one cluster, where some peers find none."""
        points = np.tile([[530_000.0, 180_000.0, 100.0]], (20_000, 1))
        assert (hs.WeekDBSCAN(min_incidents=10).fit_predict(points) == 0).all()

    def test_the_window_is_inclusive_round_the_week(self) -> None:
        """Exactly two hours over the end of the week is within reach, a second more is not."""
        points = np.array([[0.0, 0, 166.5], [0, 0, 0.5]])
        model = hs.WeekDBSCAN(radius=10, hours=2, min_incidents=2)
        assert model.fit_predict(points).tolist() == [0, 0]
        assert model.fit_predict(points[::-1]).tolist() == [0, 0]
        later = points + np.array([[0, 0, 0], [0, 0, 1 / 3600]])
        assert model.fit_predict(later).tolist() == [-1, -1]

    def test_exactly_at_the_radius_by_any_coordinates(self) -> None:
        """1.0 is within 0.1 of 0.9, though (0.9 − 0.2) / 0.1 is rounded below 7."""
        points = np.array([[0.2, 0, 0], [0.9, 0, 0], [1.0, 0, 0]])
        model = hs.WeekDBSCAN(radius=0.1, hours=1, min_incidents=2)
        assert model.fit_predict(points).tolist() == [-1, 0, 0]

    def test_no_core_and_only_cores(self) -> None:
        """With a threshold of 1 all are cores, with one of 3 none is."""
        points = np.array([[0.0, 0, 10], [0, 0, 11], [500, 0, 11]])
        model = hs.WeekDBSCAN(radius=10, hours=1, min_incidents=1).fit(points)
        assert model.labels_.tolist() == [0, 0, 1]
        model = hs.WeekDBSCAN(radius=10, hours=1, min_incidents=3).fit(points)
        assert model.labels_.tolist() == [-1, -1, -1]
        assert model.core_sample_indices_.tolist() == []

    def test_hours_of_zero(self) -> None:
        """With 0 hours only the same hour is near."""
        points = np.array([[0.0, 0, 10], [0, 0, 10], [0, 0, 11]])
        labels = hs.WeekDBSCAN(radius=10, hours=0, min_incidents=2).fit_predict(points)
        assert labels.tolist() == [0, 0, -1]


# Steps of a tenth of an hour, which no binary number holds, round the end of the week and the day.
TENTHS = st.one_of(st.integers(0, 30), st.integers(1020, 1080), st.integers(1650, 1679))
CROWDED = st.lists(
    st.tuples(
        st.integers(0, 4).map(float), st.integers(0, 4).map(float), TENTHS.map(lambda t: t / 10)
    ),
    min_size=20,  # by itself hypothesis draws lists of six or so, in which hardly any two are near
    max_size=60,
)
POINTS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 167)), min_size=1, max_size=40
)


class TestReference:
    """Core points and their partition are those of scikit-learn."""

    @settings(max_examples=150)
    @given(
        POINTS,
        st.integers(1, 4),
        st.integers(1, 30),
        st.integers(1, 6),
        st.sampled_from(["cyclic", "any", "nights"]),
    )
    def test_same_cores_and_partition(
        self, rows: list[tuple[int, int, int]], radius: int, hours: int, least: int, days: str
    ) -> None:
        """On any points, by any of the three rules of closeness in the week."""
        points = np.array(rows, dtype=float)
        weights = np.ones(len(points))
        ours = hs.WeekDBSCAN(radius=radius, hours=hours, min_incidents=least, days=days).fit(points)
        theirs = reference(points, weights, radius, hours, least, days)
        assert ours.core_sample_indices_.tolist() == theirs.core_sample_indices_.tolist()
        core = theirs.core_sample_indices_
        assert same_partition(ours.labels_[core], theirs.labels_[core])
        assert ((ours.labels_ == -1) == (theirs.labels_ == -1)).all()

    @settings(max_examples=300)
    @given(
        CROWDED,
        st.sampled_from([1.0, 1.5, 2.0]),
        st.one_of(st.integers(0, 30), st.sampled_from([119, 120, 121, 839, 840])),
        st.integers(1, 8),
        st.sampled_from(["cyclic", "any", "nights"]),
    )
    def test_every_label(
        self, rows: list[Row], radius: float, tenths: int, least: int, days: str
    ) -> None:
        """Every label, border points and ties too, is that of the definition, pair by pair."""
        model = hs.WeekDBSCAN(radius=radius, hours=tenths / 10, min_incidents=least, days=days)
        labels = model.fit_predict(np.array(rows))
        assert labels.tolist() == by_every_pair(rows, radius, tenths / 10, least, days)

    def test_in_space_alone(self) -> None:
        """With all hours near, cores, their partition and noise are DBSCAN's on the places."""
        rng = np.random.default_rng(2)
        places = rng.normal(rng.uniform(0, 5000, (60, 1, 2)), 45, (60, 50, 2)).reshape(-1, 2)
        points = np.column_stack([places, rng.uniform(0, 168, len(places))])
        ours = hs.WeekDBSCAN(radius=30, hours=12, min_incidents=8, days="any").fit(points)
        theirs = DBSCAN(eps=30, min_samples=8).fit(places)
        core = theirs.core_sample_indices_
        assert 500 < len(core) < 2500
        assert ours.core_sample_indices_.tolist() == core.tolist()
        assert same_partition(ours.labels_[core], theirs.labels_[core])
        assert ((ours.labels_ == -1) == (theirs.labels_ == -1)).all()

    @pytest.mark.parametrize("days", ["cyclic", "any", "nights"])
    def test_few_places_and_many_hours(self, days: str) -> None:
        """Snapped to twelve places at any minute, as reports to map points are."""
        rng = np.random.default_rng(3)
        places = rng.integers(0, 300, (12, 2))[rng.integers(0, 12, 1200)]
        points = np.column_stack([places, rng.integers(0, 168 * 60, 1200) / 60])
        ours = hs.WeekDBSCAN(radius=100, hours=0.25, min_incidents=4, days=days).fit(points)
        theirs = reference(points, np.ones(1200), 100, 0.25, 4, days)
        core = theirs.core_sample_indices_
        assert len(core) > 100
        assert ours.core_sample_indices_.tolist() == core.tolist()
        assert same_partition(ours.labels_[core], theirs.labels_[core])

    def test_a_thousand_points(self) -> None:
        """On a thousand random points in four hundred metres."""
        rng = np.random.default_rng(1)
        points = np.column_stack([rng.uniform(0, 400, (1000, 2)), rng.integers(0, 168, 1000)])
        ours = hs.WeekDBSCAN(radius=50, hours=3, min_incidents=4).fit(points)
        theirs = reference(points, np.ones(1000), 50, 3, 4)
        core = theirs.core_sample_indices_
        assert len(core) > 100
        assert ours.core_sample_indices_.tolist() == core.tolist()
        assert same_partition(ours.labels_[core], theirs.labels_[core])


class TestRelations:
    """What must hold for any input."""

    @given(POINTS, st.randoms(use_true_random=False))
    def test_row_order_does_not_matter(
        self, rows: list[tuple[int, int, int]], random: object
    ) -> None:
        """Shuffled rows get the same labels."""
        points = np.array(rows, dtype=float)
        order = list(range(len(points)))
        random.shuffle(order)  # type: ignore[attr-defined]
        model = hs.WeekDBSCAN(radius=2, hours=20, min_incidents=3)
        labels = model.fit_predict(points)
        assert model.fit_predict(points[order]).tolist() == labels[order].tolist()

    @given(POINTS, st.data())
    def test_weights_are_repetition(
        self, rows: list[tuple[int, int, int]], data: st.DataObject
    ) -> None:
        """A weight of 3 is the row three times."""
        points = np.array(rows, dtype=float)
        weights = np.array(
            data.draw(st.lists(st.integers(1, 3), min_size=len(rows), max_size=len(rows)))
        )
        model = hs.WeekDBSCAN(radius=2, hours=20, min_incidents=4)
        weighted = model.fit(points, sample_weight=weights).labels_
        repeated = model.fit(np.repeat(points, weights, axis=0)).labels_
        assert np.repeat(weighted, weights).tolist() == repeated.tolist()


_CLUSTERING = (
    "the check clusters blobs of arbitrary columns; here the last column is an hour of the week, "
    "which is taken modulo 168"
)


@parametrize_with_checks(
    [hs.WeekDBSCAN()],
    expected_failed_checks=lambda estimator: {"check_clustering": _CLUSTERING},  # noqa: ARG005
)
def test_scikit_learn_contract(estimator: object, check: object) -> None:
    """The estimator keeps scikit-learn's contract, but for one check that cannot apply."""
    check(estimator)  # type: ignore[operator]


class TestMessages:
    """What the analyst reads."""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"radius": 0}, "Invalid radius '0'. Must be a number of metres above 0"),
            ({"hours": 85}, "Invalid hours '85'. Must be a number from 0 to 84"),
            ({"days": "weekly"}, "Invalid days 'weekly'. Must be one of cyclic, any, nights"),
        ],
    )
    def test_bad_parameter(self, options: dict[str, object], message: str) -> None:
        """A parameter out of its range is named with what is allowed."""
        with pytest.raises(hs.InputError, match=message):
            hs.WeekDBSCAN(**options).fit(np.zeros((2, 3)))  # type: ignore[arg-type]
