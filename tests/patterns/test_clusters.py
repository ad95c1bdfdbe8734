"""Clusters of incidents: thresholds, splitting, summaries, and planted truth."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson
from sklearn.metrics import adjusted_rand_score

import hotspots as hs
from hotspots.tables import CLUSTERS
from tests.scenes import make_incidents, make_scene


def friday_nights(n: int, x: float = 0.0, y: float = 0.0, hour: int = 21) -> list:
    """Give calls at one point on following Fridays."""
    fridays = pd.date_range("2025-01-03", periods=n, freq="7D")
    return [(f"{day:%Y-%m-%d} {hour}:30", x, y) for day in fridays]


class TestByHand:
    """Few incidents, every number known."""

    def test_one_cluster(self) -> None:
        """Ten Fridays at 21:30 and one Tuesday noon: ten in cluster 0, one in none."""
        table = make_incidents([*friday_nights(10), ("2025-01-07 12:00", 0, 0)])
        clusters = hs.find_clusters(table, min_incidents=5)
        assert clusters.tolist() == [0] * 10 + [-1]
        assert clusters.index.equals(table.index)

    def test_summary(self) -> None:
        """One row says where, when, how many, what kind and how often."""
        rows = [*friday_nights(8), *friday_nights(2, hour=22), ("2025-03-11 12:00", 5000, 0)]
        kinds = ["nuisance"] * 8 + ["personal"] * 2 + [None]
        table = make_incidents(rows, asb_type=np.array(kinds, dtype=object), borough="E09000007")
        clusters = hs.find_clusters(table, min_incidents=5)
        summary = hs.summarise_clusters(table, clusters)
        CLUSTERS.validate(summary)
        row = summary.loc[0]
        assert (row["n"], row["n_nights"], row["borough"]) == (10, 8, "E09000007")
        assert row["peak"] == "Fri 21:00–23:00"
        assert (row["peak_weekdays"], row["peak_start_hour"], row["peak_end_hour"]) == ("4", 21, 23)
        assert row["share_in_peak"] == 1
        assert row["types"] == "nuisance 80 %, personal 20 %"
        # 3 January to 11 March is 67 days, so 10 weeks; it recurred in 8 of them.
        assert row["share_of_weeks"] == pytest.approx(8 / 10)
        assert row["area_m2"] == 2500  # one square of half a radius

    def test_threshold_by_hand(self) -> None:
        """With S others near and a share W of the week in the window, Poisson(S × W) decides."""
        rng = np.random.default_rng(0)
        n = 400
        start = pd.Timestamp("2025-01-06") + pd.to_timedelta(rng.integers(0, 168, n), unit="h")
        table = make_incidents(pd.DataFrame({"start": start, "x": 0.0, "y": 0.0}))
        least = hs.choose_min_incidents(table, hours=2, shuffled_share=0.01, least_incidents=2)
        week = np.bincount(hs.hour_of_week(table["start"]).astype(int), minlength=168) / n
        near = np.array([np.roll(week, -shift)[[0, 1, 2, -1, -2]].sum() for shift in range(168)])
        share = [(poisson.sf(m - 2, (n - 1) * near) * week).sum() for m in range(2, 60)]
        expected = next(m for m, value in zip(range(2, 60), share, strict=True) if value <= 0.01)
        assert least.to_dict() == {"all": expected}

    def test_busy_borough_needs_more(self) -> None:
        """Each borough is judged by itself."""
        rng = np.random.default_rng(1)
        start = pd.Timestamp("2025-01-06") + pd.to_timedelta(rng.integers(0, 168, 3000), unit="h")
        busy = np.arange(3000) < 2900
        rows = pd.DataFrame({"start": start, "x": np.where(busy, 0.0, 50_000.0), "y": 0.0})
        table = make_incidents(rows, borough=np.where(busy, "busy", "quiet"))
        least = hs.choose_min_incidents(table)
        assert least["busy"] > least["quiet"] >= 5


class TestEdges:
    """Empty, too large, without a place."""

    def test_empty(self) -> None:
        """No incidents, no clusters, the right columns."""
        table = make_incidents([])
        clusters = hs.find_clusters(table)
        summary = hs.summarise_clusters(table, clusters)
        assert len(clusters) == len(summary) == 0
        CLUSTERS.validate(summary)

    def test_without_a_point(self) -> None:
        """An incident without a place is in no cluster."""
        table = make_incidents(friday_nights(10))
        table.loc["i3", "geometry"] = None
        assert hs.find_clusters(table, min_incidents=5).tolist() == [0] * 3 + [-1] + [0] * 6

    def test_large_cluster_is_split_at_its_peaks(self) -> None:
        """A street of three kilometres becomes walkable parts, the heaviest end first."""
        street = [
            (f"2025-01-{3 + 7 * (number % 4):02d} 21:00", 20.0 * step, 0.0)
            for step in range(150)
            for number in range(8 if step < 10 else 4)
        ]
        table = make_incidents(street)
        whole = hs.find_clusters(table, min_incidents=5, max_area=None)
        assert whole.nunique() == 1
        parts = hs.find_clusters(table, min_incidents=5)
        summary = hs.summarise_clusters(table, parts)
        assert len(summary) >= 5
        assert (summary["area_m2"] <= 100_000).all()
        assert summary["n"].is_monotonic_decreasing
        assert summary.geometry.iloc[0].bounds[0] < 200

    def test_ground_gives_no_point_away(self) -> None:
        """The outline of a cluster at one house is a square of the grid, not a ring round it."""
        table = make_incidents(friday_nights(9, x=541_234.56, y=181_234.78))
        clusters = hs.find_clusters(table, min_incidents=5)
        ground = hs.summarise_clusters(table, clusters).geometry.iloc[0]
        assert ground.bounds == (541_200, 181_200, 541_250, 181_250)

    def test_order_of_rows_with_two_thresholds(self) -> None:
        """Coincident incidents of two boroughs make the same cluster in either order."""
        table = make_incidents(friday_nights(6), borough=np.array(["a", "b"] * 3, dtype=object))
        least = pd.Series({"a": 5, "b": 50})
        forwards = hs.find_clusters(table, min_incidents=least)
        backwards = hs.find_clusters(table.iloc[::-1], min_incidents=least)
        assert forwards.tolist() == backwards.tolist() == [0] * 6

    def test_hours_at_random(self) -> None:
        """Where hours mean nothing, at most about the stated share of incidents is a core."""
        rng = np.random.default_rng(2)
        n = 6000
        start = pd.Timestamp("2025-01-06") + pd.to_timedelta(rng.integers(0, 8736, n), unit="h")
        rows = pd.DataFrame(
            {"start": start, "x": rng.uniform(0, 3000, n), "y": rng.uniform(0, 3000, n)}
        )
        table = make_incidents(rows)
        least = hs.choose_min_incidents(table, least_incidents=2)
        model = hs.WeekDBSCAN(radius=100, hours=2, min_incidents=int(least["all"]))
        points = np.column_stack(
            [table.geometry.x, table.geometry.y, hs.hour_of_week(table["start"]).astype(int)]
        )
        model.fit(points)
        assert len(model.core_sample_indices_) / n <= 0.015


class TestPlanted:
    """Clusters found against clusters planted."""

    def test_easy(self) -> None:
        """The adjusted Rand index on the easy scene is at least 0.9."""
        scene = make_scene("easy", seed=1)
        found = hs.find_clusters(scene.incidents)
        assert adjusted_rand_score(scene.planted, found) >= 0.9

    def test_ladder(self) -> None:
        """Harder scenes score lower, and the medium one still well above chance."""
        scores = {}
        for setting in ("easy", "medium", "hard"):
            scene = make_scene(setting, seed=2)
            found = hs.find_clusters(scene.incidents)
            scores[setting] = adjusted_rand_score(scene.planted, found)
        assert scores["easy"] >= scores["medium"] >= scores["hard"]
        assert scores["medium"] >= 0.6


class TestMessages:
    """What the analyst reads."""

    def test_monthly(self) -> None:
        """Monthly data is refused by name."""
        table = make_incidents([("2025-01-01", 0, 0)], time_precision="month")
        with pytest.raises(hs.MonthlyDataError, match="find_clusters needs the hour"):
            hs.find_clusters(table)
        with pytest.raises(hs.MonthlyDataError, match="choose_min_incidents needs the hour"):
            hs.choose_min_incidents(table)

    def test_borough_without_a_number(self) -> None:
        """A Series of thresholds must hold every borough."""
        table = make_incidents(friday_nights(3), borough="E09000007")
        with pytest.raises(hs.InputError, match="Must hold a number for E09000007"):
            hs.find_clusters(table, min_incidents=pd.Series({"E09000008": 5}))

    def test_bad_number(self) -> None:
        """A cluster has at least one incident."""
        with pytest.raises(hs.InputError, match="Invalid min_incidents '0'"):
            hs.find_clusters(make_incidents(friday_nights(3)), min_incidents=0)

    def test_max_area_too_small(self) -> None:
        """A cluster cannot be smaller than a circle of half the radius."""
        with pytest.raises(hs.InputError, match="Invalid max_area '1000'"):
            hs.find_clusters(make_incidents(friday_nights(9)), min_incidents=2, max_area=1000)

    def test_clusters_on_another_index(self) -> None:
        """Clusters belong to their incidents."""
        table = make_incidents(friday_nights(3))
        with pytest.raises(hs.InputError, match="on another index"):
            hs.summarise_clusters(table, pd.Series([0, 0, 0]))
