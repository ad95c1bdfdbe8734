"""WeekDBSCAN against scikit-learn's DBSCAN, by hand, and at its edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN
from sklearn.utils.estimator_checks import parametrize_with_checks

import hotspots as hs

FRIDAY_NIGHT = 4 * 24 + 23


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

    def test_twenty_thousand_at_one_point(self) -> None:
        """Coincident points are one cluster, where some peers find none."""
        points = np.tile([[530_000.0, 180_000.0, 100.0]], (20_000, 1))
        assert (hs.WeekDBSCAN(min_incidents=10).fit_predict(points) == 0).all()

    def test_hours_of_zero(self) -> None:
        """With 0 hours only the same hour is near."""
        points = np.array([[0.0, 0, 10], [0, 0, 10], [0, 0, 11]])
        labels = hs.WeekDBSCAN(radius=10, hours=0, min_incidents=2).fit_predict(points)
        assert labels.tolist() == [0, 0, -1]


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
