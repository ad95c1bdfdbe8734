"""What no verb of patterns can use: each says what is wrong, what was given, what is allowed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely

import hotspots as hs
from hotspots.simulate import simulate_null
from tests.places import make_cells, on

if TYPE_CHECKING:
    import geopandas as gpd

Verb = Callable[[Any], object]


def compare(table: Any, **options: Any) -> hs.PeriodComparison:
    """Compare two weeks with those before; the history is said to be short."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hs.HotspotsWarning)
        return hs.compare_periods(
            table,
            ("2024-12-16", "2024-12-30"),
            **{"against": "recent", "period": ("2024-01-01", "2024-12-30"), **options},
        )


def repeat(table: Any, **options: Any) -> hs.NearRepeat:
    """Look for near repeats of a week, within 200 m."""
    given: dict[str, Any] = {"space": [0, 200], "days": [0, 7], "n_permutations": 19, "rng": 1}
    return hs.near_repeat(table, **{**given, **options})


def recent(table: Any, **options: Any) -> hs.RecentScan:
    """Scan for what has just begun."""
    return hs.scan_recent(table, n_permutations=10, rng=1, **options)


BY_INCIDENT: dict[str, Verb] = {
    "scan_recent": recent,
    "near_repeat": repeat,
    "compare_periods": compare,
    "scan_week": lambda table: hs.scan_week(table, n_permutations=10, rng=1),
    "kernel_density": lambda table: hs.kernel_density(table, bandwidth=200),
    "find_clusters": hs.find_clusters,
    "choose_min_incidents": hs.choose_min_incidents,
    "find_episodes": hs.find_episodes,
    "count_incidents": lambda table: hs.count_incidents(table, make_cells(60, 60)),
}
BY_CLOCK: dict[str, Verb] = {
    **{
        name: BY_INCIDENT[name]
        for name in ("scan_week", "scan_recent", "find_clusters", "find_episodes")
    },
    "aoristic_weights": hs.aoristic_weights,
    "week_profile": hs.week_profile,
    "kernel_density": lambda table: hs.kernel_density(
        table, bandwidth=200, bands=[hs.times.Band(0, 1, 0, 1)]
    ),
}
CELLS = make_cells(4, 4)
BY_PLACE: dict[str, Callable[[Any, Any], object]] = {
    "getis_ord": hs.getis_ord,
    "local_moran": hs.local_moran,
    "global_moran": hs.global_moran,
}


@pytest.fixture(scope="module")
def calls() -> gpd.GeoDataFrame:
    """Give sixty calls."""
    return simulate_null(60, rng=1)


@pytest.mark.parametrize("verb", BY_INCIDENT.values(), ids=BY_INCIDENT)
class TestIncidents:
    """Verbs that take an incidents table with points."""

    def test_degrees(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Another coordinate system is named, with what to type."""
        with pytest.raises(
            hs.InputError, match=r"EPSG:4326'. Must be EPSG:27700.*incidents.to_crs"
        ):
            verb(calls.to_crs(4326))

    def test_no_system(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Where nothing is known about it, it is to be said and not converted."""
        with pytest.raises(hs.InputError, match=r"system 'None'. Must be EPSG:27700.*set_crs"):
            verb(calls.set_crs(None, allow_override=True))

    def test_reading(self, verb: Verb) -> None:
        """What is no table is named."""
        with pytest.raises(hs.InputError, match="Invalid incidents 'Account'"):
            verb(hs.Account.__new__(hs.Account))


@pytest.mark.parametrize("verb", BY_CLOCK.values(), ids=BY_CLOCK)
class TestClock:
    """Verbs that need the hour of each incident."""

    def test_months(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Monthly data is refused by name."""
        with pytest.raises(hs.MonthlyDataError, match="needs the hour of each incident"):
            verb(calls.assign(time_precision="month"))

    def test_no_precision(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """So is what does not say how finely the time is known."""
        with pytest.raises(hs.MonthlyDataError, match="needs the hour of each incident"):
            verb(calls.assign(time_precision=None))

    def test_no_time(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Rows without a time are named."""
        some = calls.copy()
        some.iloc[3, some.columns.get_loc("start")] = pd.NaT
        with pytest.raises(hs.InputError, match=f"Invalid start.*{some.index[3]}"):
            verb(some)

    def test_no_column(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """A table of another kind is named by what it lacks."""
        with pytest.raises(hs.InputError, match="time_precision"):
            verb(calls.drop(columns="time_precision"))


@pytest.mark.parametrize("verb", [repeat, compare], ids=["near_repeat", "compare_periods"])
class TestDates:
    """Verbs that need less than the hour, and say how much."""

    def test_no_precision(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """What does not say how finely the time is known is refused."""
        with pytest.raises(hs.MonthlyDataError, match="needs the (date|month) of each incident"):
            verb(calls.assign(time_precision=None))

    def test_no_time(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Rows without a time are named."""
        some = calls.copy()
        some.iloc[3, some.columns.get_loc("start")] = pd.NaT
        with pytest.raises(hs.InputError, match=f"Invalid start.*{some.index[3]}"):
            verb(some)

    def test_months(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Months have no dates, and no episodes."""
        with pytest.raises(hs.MonthlyDataError, match="needs the (date|hour) of each incident"):
            verb(calls.assign(time_precision="month"))


FOUR: dict[str, Verb] = {"scan_recent": recent, "near_repeat": repeat, "compare_periods": compare}


@pytest.mark.parametrize("verb", FOUR.values(), ids=FOUR)
class TestRows:
    """What rows may be: each is refused with what to do, or leads to the right answer."""

    def test_no_column(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """A table of another kind is named by what it lacks."""
        for name in ("start", "time_precision", "weight"):
            with pytest.raises(hs.InputError, match=name):
                verb(calls.drop(columns=name))

    def test_too_few(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Nothing is to be said of no row, or of one."""
        for n in (0, 1):
            with pytest.raises(hs.InputError, match=f"here are {n}.*at least two"):
                verb(calls.iloc[:n])

    def test_naive(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Times without a zone are refused; those of another zone are the same moments."""
        naive = calls.assign(start=calls["start"].dt.tz_localize(None))
        with pytest.raises(hs.InputError, match="Invalid start.*tz_localize"):
            verb(naive)
        other = calls.assign(start=calls["start"].dt.tz_convert("Asia/Tokyo"))
        assert_same(verb(calls), verb(other))

    def test_index(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Neither the labels of rows nor their order matter, nor whether labels are repeated."""
        expected = verb(calls)
        for other in (
            calls.sample(frac=1, random_state=1),
            calls.reset_index(drop=True),
            calls.set_axis(["x"] * len(calls)),
        ):
            assert_same(expected, verb(other))

    def test_nothing_stood_for(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Rows that stand for no incident are as if they were not there."""
        none = calls.iloc[:20].assign(weight=0.0)
        assert_same(verb(calls.iloc[20:]), verb(pd.concat([none, calls.iloc[20:]])))

    def test_no_points(self, verb: Verb, calls: gpd.GeoDataFrame) -> None:
        """Rows without a point are left out where a point is needed."""
        geometry = calls.geometry.copy()
        geometry.iloc[:20] = None
        if verb is compare:
            assert verb(calls.set_geometry(geometry)).table["n_against"].sum() > 0
        else:
            assert_same(verb(calls.iloc[20:]), verb(calls.set_geometry(geometry)))
            geometry.iloc[:] = None
            with pytest.raises(hs.InputError, match="There are 0 incidents with a point"):
                verb(calls.set_geometry(geometry))


def assert_same(one: Any, other: Any) -> None:
    """Compare the tables of two results."""
    name = "clusters" if isinstance(one, hs.RecentScan) else "table"
    pd.testing.assert_frame_equal(
        pd.DataFrame(getattr(one, name)), pd.DataFrame(getattr(other, name))
    )


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda calls: recent(calls, night_ends="6"), "Invalid night_ends '6'"),
        (lambda calls: recent(calls, max_days="7"), "Invalid max_days '7'"),
        (lambda calls: recent(calls, history="30"), "Invalid history '30'"),
        (lambda calls: recent(calls, cell_size=np.nan), "Invalid cell_size 'nan'"),
        (lambda calls: recent(calls, max_radius=None), "Invalid max_radius 'None'"),
        (lambda calls: recent(calls, prospective="no"), "Invalid prospective 'no'. Must be True"),
        (lambda calls: recent(calls, episode_radius="9"), "Invalid episode_radius '9'"),
        (lambda calls: recent(calls, every=np.inf), "Invalid every 'inf'"),
        (lambda calls: recent(calls, until=5), "Invalid until '5'. Must be a date"),
        (lambda calls: repeat(calls, days=["0", "7"]), "Invalid days"),
        (lambda calls: repeat(calls, space=[0, np.nan]), "Invalid space"),
        (lambda calls: repeat(calls, episode_radius=np.nan), "Invalid episode_radius 'nan'"),
        (lambda calls: repeat(calls, within=["week"]), "Invalid within"),
        (lambda calls: compare(calls, by=["borough"]), "Invalid by .*name of one column"),
        (lambda calls: compare(calls, expected="N1"), "Invalid expected 'N1'. Must be several ids"),
        (lambda calls: compare(calls, expected=5), "Invalid expected '5'"),
        (lambda calls: compare(calls, missing="2024-01"), "Invalid missing.*pd.PeriodIndex"),
        (lambda calls: compare(calls, alpha="x"), "Invalid alpha 'x'"),
        (lambda calls: compare(calls, n_recent="6"), "Invalid n_recent '6'"),
        (lambda calls: compare(calls, against=(5, 6)), "Invalid against '5'. Must be a date"),
        (lambda _: trend(alpha="x"), "Invalid alpha 'x'"),
        (lambda _: trend(n_previous="1"), "Invalid n_previous '1'"),
        (lambda _: trend(radius="x"), "Invalid radius 'x'"),
        (lambda _: trend(since=5), "Invalid since '5'. Must be a date"),
        (lambda _: trend(step=["month"]), "Invalid step"),
        (lambda _: trend(breaks=None), "Invalid breaks 'None'"),
        (lambda _: trend(counts=STEPS.where(STEPS > 0)), "Invalid counts 'nan'. Must be whole"),
        (lambda _: trend(counts=STEPS - 1), "Invalid counts '-1.0'. Must be whole"),
        (lambda _: trend(counts=STEPS.iloc[:0]), "each place has 0 in each step. Must vary"),
        (lambda _: trend(counts=STEPS["2025-01"]), "Invalid counts 'Series'"),
        (lambda _: trend(counts=STEPS.set_axis(range(12), axis=1)), "Invalid columns 'int64'"),
        (lambda _: hs.classify_trend(STEPS, CELLS.to_crs(4326)), r"4326'.*places.to_crs"),
        (lambda _: hs.classify_trend(STEPS, None), "Invalid places 'NoneType'"),
        (lambda _: hs.classify_trend(STEPS, CELLS.iloc[:1]), "there are 1. Must be at least two"),
        (lambda _: hs.classify_trend(STEPS, pd.concat([CELLS] * 2)), "ids more than once"),
    ],
)
def test_of_the_four(
    call: Callable[[gpd.GeoDataFrame], object], match: str, calls: gpd.GeoDataFrame
) -> None:
    """What is no such thing is named, and is no traceback of a library."""
    with pytest.raises(hs.InputError, match=match):
        call(calls)


MONTHS = pd.period_range("2025-01", periods=12, freq="M")
STEPS = pd.DataFrame(
    np.random.default_rng(1).poisson(2, (16, 12)), index=CELLS.index, columns=MONTHS
)


def trend(**options: Any) -> pd.DataFrame:
    """Classify sixteen cells and twelve months."""
    return hs.classify_trend(options.pop("counts", STEPS), CELLS, **options)


def test_order_of_counts() -> None:
    """Counts belong to places by their ids, in whatever order."""
    pd.testing.assert_frame_equal(trend(), trend(counts=STEPS.sample(frac=1, random_state=1)))


def test_nothing_in_the_last_days(calls: gpd.GeoDataFrame) -> None:
    """A date after the data leaves nothing to find, which is said."""
    with pytest.warns(hs.HotspotsWarning, match="no incident in the last 7 days.*until"):
        assert recent(calls, until="2025-06-30").p == 1


def test_episodes_of_counted_rows(calls: gpd.GeoDataFrame) -> None:
    """Rows that stand for several incidents are calls of an episode, which is said."""
    period = {"against": "recent", "period": ("2024-01-01", "2024-12-30")}
    with pytest.warns(hs.HotspotsWarning, match="stand for another number.*use unit='call'"):
        hs.compare_periods(calls.assign(weight=2.0), ("2024-12-16", "2024-12-30"), **period)


@pytest.mark.parametrize(
    "verb", [hs.scan_week, hs.find_clusters, hs.find_episodes, recent, repeat, compare]
)
def test_points(verb: Verb, calls: gpd.GeoDataFrame) -> None:
    """Polygons and points without end are no points."""
    for shape in (shapely.box(0, 0, 1, 1), shapely.Point(np.inf, 0)):
        geometry = calls.geometry.copy()
        geometry.iloc[2] = shape
        with pytest.raises(hs.InputError, match=f"Invalid geometry.*{calls.index[2]}"):
            verb(calls.set_geometry(geometry))


@pytest.mark.parametrize(
    "verb", [hs.scan_week, hs.kernel_density, hs.aoristic_weights, recent, repeat, compare]
)
@pytest.mark.parametrize("weight", [-1.0, np.nan, "x"])
def test_weights(verb: Verb, weight: object, calls: gpd.GeoDataFrame) -> None:
    """Weights are numbers of at least 0."""
    with pytest.raises(hs.InputError, match="Invalid weight .*of at least 0|0 or more"):
        verb(calls.assign(weight=weight))


@pytest.mark.parametrize("verb", BY_PLACE.values(), ids=BY_PLACE)
class TestPlaces:
    """Verbs that take a number for each place."""

    def test_degrees(self, verb: Callable[[Any, Any], object]) -> None:
        """Places are in metres."""
        with pytest.raises(hs.InputError, match=r"Must be EPSG:27700.*places.to_crs"):
            verb(on(CELLS, range(16)), CELLS.to_crs(4326))

    def test_no_variance(self, verb: Callable[[Any, Any], object]) -> None:
        """Nothing is compared where all places have as much."""
        with pytest.raises(hs.InputError, match="each place has 2"):
            verb(on(CELLS, [2] * 16), CELLS)

    def test_one_place(self, verb: Callable[[Any, Any], object]) -> None:
        """One place has no other to differ from."""
        with pytest.raises(hs.InputError, match="there are 1. Must be at least two"):
            verb(on(CELLS, range(16)).iloc[:1], CELLS.iloc[:1])

    def test_other_ids(self, verb: Callable[[Any, Any], object]) -> None:
        """Values belong to places by their ids."""
        with pytest.raises(hs.InputError, match="places that are not there: 16"):
            verb(pd.Series(range(16)), CELLS)

    def test_radius_below_a_cell(self, verb: Callable[..., object]) -> None:
        """A radius that reaches no other place leaves everybody alone."""
        with pytest.raises(hs.InputError, match="Invalid radius '50'.*nobody has one"):
            verb(on(CELLS, range(16)), CELLS, radius=50)


@pytest.mark.parametrize(
    ("numbers", "match"),
    [
        ((9, 2, 8, 6), "Invalid first_day '9'. Must be a whole number, 0 to 6"),
        (("Fri", 2, 8, 6), "Invalid first_day 'Fri'"),
        ((0, 9, 8, 6), "Invalid n_days '9'. Must be a whole number, 1 to 7"),
        ((0, 2, 30, 6), "Invalid start_hour '30'. Must be a whole number, 0 to 23"),
        ((0, 2, 8, 30), "Invalid n_hours '30'. Must be a whole number, 1 to 24"),
    ],
)
def test_bands(numbers: tuple[Any, ...], match: str) -> None:
    """A band has whole numbers inside a week."""
    with pytest.raises(hs.InputError, match=match):
        hs.times.Band(*numbers)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda calls: hs.scan_week(calls, radii="300"), "Invalid radii '300'"),
        (lambda calls: hs.scan_week(calls, radii=300), "Invalid radii '300'"),
        (lambda calls: hs.scan_week(calls, radii=[150, "300"]), "Invalid radii"),
        (lambda calls: hs.scan_week(calls, alpha="x"), "Invalid alpha 'x'"),
        (lambda calls: hs.find_episodes(calls, radius="50"), "Invalid radius '50'"),
        (lambda calls: hs.kernel_density(calls, bandwidth="300"), "Invalid bandwidth '300'"),
        (lambda calls: hs.kernel_density(calls, cell_size="20"), "Invalid cell_size '20'"),
        (lambda calls: hs.kernel_density(calls, bandwidth=9, max_ratio="x"), "Invalid max_ratio"),
        (lambda calls: hs.kernel_density(calls, weights=calls["weight"]), "Invalid weights"),
        (lambda _: hs.getis_ord(on(CELLS, range(16)), CELLS, star="no"), "Invalid star 'no'"),
        (lambda _: hs.concentration(on(CELLS, range(16)), alpha="x"), "Invalid alpha 'x'"),
        (
            lambda _: hs.concentration(on(CELLS, range(16)), n_permutations="99"),
            "Invalid n_permutations '99'",
        ),
        (lambda calls: hs.week_profile(calls, by=["borough"]), "Invalid by"),
        (lambda calls: hs.analyse(calls, settings={"scan": {}}), "Invalid settings 'dict'"),
        (lambda _: hs.Settings(scan={}), "Invalid scan 'dict'. Must be ScanSettings"),
        (
            lambda _: hs.Settings.from_dict({"scan": {"n_permutations": "99"}}),
            "Invalid scan.n_permutations '99'",
        ),
    ],
)
def test_words_for_numbers(
    call: Callable[[gpd.GeoDataFrame], object], match: str, calls: gpd.GeoDataFrame
) -> None:
    """A text where a number belongs is named, and is no traceback of a library."""
    with pytest.raises(hs.InputError, match=match):
        call(calls)


def test_aoristic_weights_that_are_none(calls: gpd.GeoDataFrame) -> None:
    """Negative and missing weights do not add up to a week."""
    weights = hs.aoristic_weights(calls.assign(end=calls["start"] + pd.Timedelta(hours=3)))
    for wrong in (-1.0, np.nan):
        with pytest.raises(hs.InputError, match="Invalid weights 'negative or missing"):
            hs.week_profile(calls, weights=weights.assign(weight=wrong))
    with pytest.raises(hs.InputError, match="Invalid index 'repeated ids'"):
        hs.week_profile(pd.concat([calls, calls]), weights=weights)


def test_empty_points(calls: gpd.GeoDataFrame) -> None:
    """Empty points are left out, and no library warns of them."""
    geometry = calls.geometry.copy()
    geometry.iloc[:5] = shapely.Point()
    geometry.iloc[5] = None
    assert hs.scan_week(calls.set_geometry(geometry), n_permutations=10, rng=1).n_episodes <= 54


def test_period_of_months(calls: gpd.GeoDataFrame) -> None:
    """Months end with their last day, also in the tag of a density."""
    first = pd.Timestamp("2025-04-01", tz="Europe/London")
    monthly = calls.assign(time_precision="month", start=first)
    assert hs.kernel_density(monthly, bandwidth=200).period == "2025-04-01 to 2025-04-30"
