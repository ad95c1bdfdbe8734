"""Aoristic weights: intervals spread over the hours of the week."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.tables import INCIDENTS
from hotspots.times.aoristic import spread_over_week

if TYPE_CHECKING:
    from pathlib import Path

LONDON = "Europe/London"
MONDAY = "2025-01-06"


def table(*intervals: tuple[str, str | None], weight: float = 1.0) -> pd.DataFrame:
    """Give incidents a, b, … known as intervals of UTC times."""
    start, end = (
        pd.to_datetime(list(side), format="ISO8601") for side in zip(*intervals, strict=True)
    )
    return pd.DataFrame(
        {
            "start": start.tz_localize("UTC").tz_convert(LONDON),
            "end": end.tz_localize("UTC").tz_convert(LONDON),
            "time_precision": "minute",
            "weight": weight,
        },
        index=pd.Index(list("abcdefgh"[: len(intervals)]), name="incident_id"),
    )


def of_one(start: str, end: str | None) -> dict[int, float]:
    """Give the weights of one interval by hour of the week."""
    # Another incident with an end, so that there is one.
    weights = hs.aoristic_weights(table((start, end), (MONDAY, f"{MONDAY} 01:00")))
    return weights.loc["a", "weight"].to_dict()


def as_shown(times: np.ndarray) -> np.ndarray:
    """Give the time of a clock that is never changed."""
    return times


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_three_hours(self) -> None:
        """22:30 to 01:00 is 150 minutes: 30, 60 and 60 of them in three hours of the week."""
        weights = hs.aoristic_weights(table(("2025-01-06 22:30", "2025-01-07 01:00"), weight=2.0))
        expected = pd.DataFrame(
            {"weight": [0.4, 0.8, 0.8]},
            index=pd.MultiIndex.from_tuples(
                [("a", 22), ("a", 23), ("a", 24)], names=["incident_id", "hour_of_week"]
            ),
        )
        pd.testing.assert_frame_equal(weights, expected, check_index_type=False)

    def test_within_an_hour(self) -> None:
        """An interval inside one hour gives it everything."""
        assert of_one("2025-01-06 10:05", "2025-01-06 10:55") == {10: 1.0}

    def test_round_the_week(self) -> None:
        """Sunday 23:00 to Monday 01:00 is hours 167 and 0."""
        assert of_one("2025-01-12 23:00", "2025-01-13 01:00") == {0: 0.5, 167: 0.5}

    def test_hour_that_is_touched_twice(self) -> None:
        """From 00:30 six days and 23 h 30 later: 167 h 30 in all; nothing is lost at the seam."""
        weights = of_one("2025-01-06 00:30", "2025-01-13 00:00")
        assert weights[0] == pytest.approx(0.5 / 167.5)
        assert weights[1] == pytest.approx(1 / 167.5)
        weights = of_one(
            "2025-01-06 00:40", "2025-01-13 00:20"
        )  # 40 minutes of hour 0 in two parts
        assert weights[0] == pytest.approx(40 / (167 * 60 + 40))

    def test_profile(self) -> None:
        """Sums by hour and group are those of the weights."""
        incidents = table(
            (f"{MONDAY} 10:00", f"{MONDAY} 12:00"), (f"{MONDAY} 11:00", f"{MONDAY} 12:00")
        )
        incidents["borough"] = ["A", "B"]
        weights = hs.aoristic_weights(incidents)
        profile = hs.week_profile(incidents, by="borough", weights=weights)
        assert profile.loc["A", [10, 11]].tolist() == [0.5, 0.5]
        assert profile.loc["B", 11] == 1
        assert profile.to_numpy().sum() == 2
        every = hs.week_profile(incidents, weights=weights).loc["all"]
        assert every[every > 0].to_dict() == {10: 0.5, 11: 1.5}
        some = hs.week_profile(incidents, by="borough", weights=weights.loc[["b"]])
        assert some.index.tolist() == ["B"]


class TestEdges:
    """The rules' borders, clock changes, empty tables."""

    @pytest.mark.parametrize("end", [None, "2025-01-06 10:59:30", "2025-01-06 11:00"])
    def test_at_most_a_minute(self, end: str | None) -> None:
        """No end, or one at most a minute after the start: the start hour."""
        assert of_one("2025-01-06 10:59", end) == {10: 1.0}

    def test_minute_across_the_hour(self) -> None:
        """A minute from 10:59:30 is not spread over two hours."""
        assert of_one("2025-01-06 10:59:30", "2025-01-06 11:00:30") == {10: 1.0}

    def test_over_a_minute(self) -> None:
        """61 seconds are spread: one of them is in the next hour."""
        weights = of_one("2025-01-06 10:59", "2025-01-06 11:00:01")
        assert weights == {10: pytest.approx(60 / 61), 11: pytest.approx(1 / 61)}

    def test_end_on_the_hour(self) -> None:
        """The hour at which the interval ends is not touched: [start, end)."""
        assert of_one("2025-01-06 10:00", "2025-01-06 12:00") == {10: 0.5, 11: 0.5}

    def test_week_or_more(self) -> None:
        """10,080 minutes give each hour the same, one minute less does not."""
        whole = of_one("2025-01-06 10:30", "2025-01-13 10:30")
        assert list(whole) == list(range(168))
        assert set(whole.values()) == {1 / 168}
        assert of_one("2025-01-06 10:30", "2025-12-31 10:30") == whole
        less = of_one("2025-01-06 10:30", "2025-01-13 10:29")
        assert less[10] == pytest.approx(59 / 10_079)
        assert less[11] == pytest.approx(60 / 10_079)

    def test_short_day(self) -> None:
        """On 30 March 2025 the hour after 00:00 is 02:00: two elapsed hours, 00:00 to 03:00."""
        assert of_one("2025-03-30 00:00", "2025-03-30 02:00") == {144: 0.5, 146: 0.5}

    def test_long_day(self) -> None:
        """On 26 October 2025 01:00 comes twice: of 00:00 to 03:00, four hours, it has two."""
        weights = of_one("2025-10-25 23:00", "2025-10-26 03:00")
        assert weights == {144: 0.25, 145: 0.5, 146: 0.25}

    def test_days_of_the_clock_change(self) -> None:
        """The day from midnight to midnight gives each hour 1/23, or 1/25 and 2/25."""
        short = of_one("2025-03-30 00:00", "2025-03-30 23:00")
        assert len(short) == 23
        assert set(np.round(list(short.values()), 12)) == {round(1 / 23, 12)}
        long = of_one("2025-10-25 23:00", "2025-10-27 00:00")
        assert len(long) == 24
        assert long.pop(145) == pytest.approx(2 / 25)
        assert list(long.values()) == pytest.approx([1 / 25] * 23)

    def test_week_on_the_wall_clock_with_a_change(self) -> None:
        """Monday to Monday over the long day is 169 hours; over the short one 167, so 166 of 1."""
        assert set(of_one("2025-10-19 23:00", "2025-10-27 00:00").values()) == {1 / 168}
        short = of_one("2025-03-24 00:00", "2025-03-30 23:00")
        assert 145 not in short
        assert list(short.values()) == pytest.approx([1 / 167] * 167)

    def test_no_weight(self) -> None:
        """An incident that stands for none has rows, which add nothing."""
        weights = hs.aoristic_weights(table((MONDAY, f"{MONDAY} 02:00"), weight=0.0))
        assert weights["weight"].tolist() == [0.0, 0.0]

    def test_empty(self) -> None:
        """No incidents, no weights, and a profile without groups."""
        incidents = INCIDENTS.empty()
        weights = hs.aoristic_weights(incidents)
        assert weights.index.names == ["incident_id", "hour_of_week"]
        assert weights["weight"].dtype == "float64"
        assert len(weights) == 0
        assert hs.week_profile(incidents, weights=weights).shape == (0, 168)

    def test_input_is_kept(self) -> None:
        """The table is not changed."""
        incidents = table((MONDAY, f"{MONDAY} 02:00"))
        before = incidents.copy()
        hs.aoristic_weights(incidents)
        pd.testing.assert_frame_equal(incidents, before)

    def test_choices_are_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """How many intervals say little is in the log."""
        incidents = table((MONDAY, None), (MONDAY, "2025-02-01"), (MONDAY, f"{MONDAY} 01:00"))
        with caplog.at_level(logging.INFO, logger="hotspots"):
            hs.aoristic_weights(incidents)
        assert "1 of 3 without an end, 1 of a week or more" in caplog.text


class TestReference:
    """Numbers of the R package aoristic 1.1.1."""

    @pytest.mark.acceptance
    def test_burglaries(self, shared_data: Path) -> None:
        """A1: 1,025 intervals on New York's clock; the table is printed to three decimals."""
        folder = shared_data / "reference" / "aoristic"
        given = pd.read_csv(folder / "dcburglaries.csv", parse_dates=[2, 3])
        printed = pd.read_csv(folder / "dcburgsum.csv", index_col=0)

        # The file gives moments in UTC; the package reckons with what the clock showed.
        start, end = (
            given[name].dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
            for name in ("StartDateTime", "EndDateTime")
        )
        _, hour, share = spread_over_week(
            start.to_numpy("datetime64[us]"),
            end.to_numpy("datetime64[us]"),
            np.ones(len(given)),
            wall=as_shown,
        )
        ours = np.bincount(hour, weights=share, minlength=168).reshape(7, 24).T
        assert np.abs(ours - printed.to_numpy()).max() <= 0.0005 + 1e-9
        days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        assert printed.columns.tolist() == days
        spots = {
            ("Mon", 0): 6.032,
            ("Mon", 14): 9.045,
            ("Tue", 14): 11.697,
            ("Thu", 14): 11.846,
            ("Fri", 3): 10.280,
            ("Sun", 18): 7.951,
        }
        for (day, at), value in spots.items():
            assert ours[at, days.index(day)] == pytest.approx(value, abs=0.0005 + 1e-9)
        assert ours.sum() == pytest.approx(1025)
        # The printed cells are rounded, and so is their sum.
        assert printed.to_numpy().sum() == pytest.approx(1025.008)

    @pytest.mark.acceptance
    def test_collisions(self, shared_data: Path) -> None:
        """Collisions of 2025 have no ends: the weights are their profile, and the user is told."""
        path = shared_data / "timed" / "london_collisions_2025.csv.gz"
        incidents = hs.read_incidents(path).incidents
        with pytest.warns(HotspotsWarning, match="None of 20,876 incidents has an end"):
            weights = hs.aoristic_weights(incidents)
        aoristic = hs.week_profile(incidents, weights=weights)
        pd.testing.assert_frame_equal(aoristic, hs.week_profile(incidents))

    @pytest.mark.acceptance
    def test_hexagons(self, shared_data: Path) -> None:
        """A real year of months is refused by name."""
        path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
        with pytest.raises(hs.MonthlyDataError, match="aoristic_weights needs the hour"):
            hs.aoristic_weights(hs.read_incidents(path).incidents)


MINUTES = st.integers(0, 2 * 365 * 24 * 60)
SPANS = st.one_of(st.none(), st.integers(2, 300), st.integers(2, 12_000))
INTERVALS = st.lists(st.tuples(MINUTES, SPANS), min_size=1, max_size=6)


def drawn(intervals: list[tuple[int, int | None]]) -> pd.DataFrame:
    """Give incidents from minutes since 2024 and lengths; one has an end and is no month."""
    origin = pd.Timestamp("2024-01-01")
    moments = [
        (
            origin + pd.Timedelta(minutes=start),
            None if span is None else origin + pd.Timedelta(minutes=start + span),
        )
        for start, span in [*intervals, (5, 60)]
    ]
    return table(*moments)


class TestRelations:
    """What must hold for any input."""

    @given(INTERVALS, st.floats(0.001, 1000))
    def test_total_is_kept(self, intervals: list[tuple[int, int | None]], weight: float) -> None:
        """The weights of each incident add up to its weight; none is negative."""
        incidents = drawn(intervals).assign(weight=weight)
        weights = hs.aoristic_weights(incidents)["weight"]
        sums = weights.groupby(level="incident_id").sum()
        assert sums.to_numpy() == pytest.approx(np.full(len(incidents), weight))
        assert (weights >= 0).all()
        assert weights.index.is_unique
        assert weights.index.is_monotonic_increasing

    @given(INTERVALS)
    def test_minute_by_minute(self, intervals: list[tuple[int, int | None]]) -> None:
        """The same as giving every minute of the interval to the hour that London showed."""
        incidents = drawn(intervals)
        weights = hs.aoristic_weights(incidents)["weight"]
        for name, start, end in incidents[["start", "end"]].itertuples():
            span = 0 if pd.isna(end) else (end - start) // pd.Timedelta(minutes=1)
            if span >= 10_080:
                expected = np.full(168, 1 / 168)
            else:
                minutes = pd.date_range(start, periods=max(span, 1), freq="min")
                hours = minutes.day_of_week * 24 + minutes.hour
                expected = np.bincount(hours, minlength=168) / len(minutes)
            ours = weights.loc[name].reindex(range(168), fill_value=0).to_numpy()
            assert ours == pytest.approx(expected)

    @given(INTERVALS, st.randoms(use_true_random=False))
    def test_order_does_not_matter(
        self, intervals: list[tuple[int, int | None]], chance: object
    ) -> None:
        """Rows in another order have the same weights."""
        incidents = drawn(intervals)
        labels = list(incidents.index)
        chance.shuffle(labels)  # type: ignore[attr-defined]
        weights = hs.aoristic_weights(incidents)
        other = hs.aoristic_weights(incidents.loc[labels])
        pd.testing.assert_frame_equal(other.sort_index(), weights)

    @given(INTERVALS)
    def test_weeks_are_alike(self, intervals: list[tuple[int, int | None]]) -> None:
        """A week later, on a clock that is never changed, the weights are the same."""
        incidents = drawn(intervals)
        start, end = (
            incidents[name].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
            for name in ("start", "end")
        )
        week, ones = np.timedelta64(7, "D"), np.ones(len(start))

        now = spread_over_week(start, end, ones, wall=as_shown)
        later = spread_over_week(start + week, end + week, ones, wall=as_shown)
        for one, other in zip(now, later, strict=True):
            np.testing.assert_allclose(one, other)

    @given(st.lists(MINUTES, min_size=1, max_size=6))
    def test_without_ends_it_is_the_profile(self, starts: list[int]) -> None:
        """Intervals of a minute give the profile of the starts."""
        incidents = drawn([(start, None) for start in starts])
        incidents["end"] = incidents["start"] + pd.Timedelta(minutes=1)
        weights = hs.aoristic_weights(incidents)
        pd.testing.assert_frame_equal(
            hs.week_profile(incidents, weights=weights), hs.week_profile(incidents)
        )


class TestMessages:
    """What the analyst reads."""

    def test_no_table(self) -> None:
        """A reading is not its table."""
        with pytest.raises(hs.InputError, match="Invalid incidents 'list'. .* reading.incidents"):
            hs.aoristic_weights([1, 2])

    def test_missing_columns(self) -> None:
        """All columns that are missing are named."""
        incidents = table((MONDAY, None)).drop(columns=["end", "weight"])
        with pytest.raises(
            hs.InputError, match="'a table without end, weight'. Must be an incidents table"
        ):
            hs.aoristic_weights(incidents)

    def test_months(self) -> None:
        """Monthly rows are refused by name, with their number."""
        incidents = table((MONDAY, None), (MONDAY, None)).assign(time_precision="month")
        with pytest.raises(hs.MonthlyDataError, match="aoristic_weights needs .* 2 of 2"):
            hs.aoristic_weights(incidents)

    def test_months_said_to_be_times(self) -> None:
        """First moments of months are months, whatever the table says."""
        incidents = table(("2025-01-01", None), ("2025-02-01", "2025-02-02"))
        with pytest.raises(hs.MonthlyDataError, match="all 2 are the first moment of a month"):
            hs.aoristic_weights(incidents)

    @pytest.mark.parametrize("name", ["start", "end"])
    def test_no_time_zone(self, name: str) -> None:
        """Naive times are refused with what to type."""
        incidents = table((MONDAY, f"{MONDAY} 01:00"))
        incidents[name] = incidents[name].dt.tz_localize(None)
        with pytest.raises(hs.InputError, match=f"Invalid {name} .*tz-aware times.*tz_localize"):
            hs.aoristic_weights(incidents)

    def test_missing_start(self) -> None:
        """A row without a start is named."""
        incidents = table((MONDAY, None), (MONDAY, f"{MONDAY} 01:00"))
        incidents.loc["a", "start"] = pd.NaT
        with pytest.raises(hs.InputError, match="Invalid start 'missing in a'"):
            hs.aoristic_weights(incidents)

    @pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
    def test_bad_weight(self, weight: float) -> None:
        """Weights are numbers from 0."""
        incidents = table((MONDAY, None), (MONDAY, f"{MONDAY} 01:00"))
        incidents.loc["b", "weight"] = weight
        with pytest.raises(hs.InputError, match=r"weight 'negative, missing or infinite in b'"):
            hs.aoristic_weights(incidents)

    def test_weight_of_another_type(self) -> None:
        """Words are no weights."""
        incidents = table((MONDAY, None)).assign(weight="one")
        with pytest.raises(
            hs.InputError, match="Invalid weight '.*'. Must be numbers of at least 0"
        ):
            hs.aoristic_weights(incidents)

    def test_repeated_index(self) -> None:
        """The index tells incidents apart."""
        incidents = table((MONDAY, None), (MONDAY, None)).set_axis(["a", "a"])
        with pytest.raises(
            hs.InputError, match=r"'repeated in 1 row \(a\)'. .*incidents.reset_index"
        ):
            hs.aoristic_weights(incidents)

    def test_reversed(self) -> None:
        """An end before the start counts in the start hour, and the rows are named."""
        incidents = table((f"{MONDAY} 12:00", f"{MONDAY} 10:00"), (MONDAY, f"{MONDAY} 01:00"))
        with pytest.warns(
            HotspotsWarning, match=r"1 incident of 2 end before they start \(a\).*Correct"
        ):
            weights = hs.aoristic_weights(incidents)
        assert weights.loc["a", "weight"].to_dict() == {12: 1.0}

    def test_no_ends(self) -> None:
        """Weights that are only a profile are called so."""
        with pytest.warns(HotspotsWarning, match="None of 1 incident has an end.*week_profile"):
            hs.aoristic_weights(table((MONDAY, None)))

    def test_profile_of_other_incidents(self) -> None:
        """Weights of other incidents are refused."""
        incidents = table((MONDAY, f"{MONDAY} 01:00"), (MONDAY, f"{MONDAY} 01:00"))
        weights = hs.aoristic_weights(incidents)
        with pytest.raises(hs.InputError, match="'1 of 2 rows for other incidents'"):
            hs.week_profile(incidents[:1], weights=weights)

    def test_profile_of_what_is_no_weights(self) -> None:
        """A column of numbers is not what aoristic_weights gives."""
        incidents = table((MONDAY, f"{MONDAY} 01:00"))
        with pytest.raises(hs.InputError, match="Invalid weights 'Series'. Must be what aoristic"):
            hs.week_profile(incidents, weights=incidents["weight"])
        with pytest.raises(hs.InputError, match="Invalid weights 'index .* Must be what aoristic"):
            hs.week_profile(incidents, weights=incidents[["weight"]])
