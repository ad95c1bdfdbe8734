"""The London clock against the calendar and against Python's zoneinfo."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.times import localise, london_utc, london_wall

LONDON = ZoneInfo("Europe/London")


def micros(*values: str) -> np.ndarray:
    """Give times to the microsecond."""
    return np.array(values, dtype="datetime64[us]")


class TestByHand:
    """Winter is UTC, summer an hour ahead."""

    def test_winter_and_summer(self) -> None:
        """17:30 in UTC is 17:30 in December and 18:30 in July, and back."""
        start = micros("2025-12-01T17:30", "2025-07-01T17:30")
        wall = micros("2025-12-01T17:30", "2025-07-01T18:30")
        np.testing.assert_array_equal(london_wall(start), wall)
        np.testing.assert_array_equal(london_utc(wall), start)

    def test_double_summer_time(self) -> None:
        """In July 1943 London was two hours ahead of UTC, from 1968 to 1971 always one."""
        start = london_utc(micros("1943-07-01T12:00", "1970-01-01T12:00"))
        np.testing.assert_array_equal(start, micros("1943-07-01T10:00", "1970-01-01T11:00"))


class TestEdges:
    """The hours that come twice or never, and times that are none."""

    def test_the_day_with_25_hours(self) -> None:
        """On 26 October 2025 the hour from 01:00 comes twice: the first is taken and flagged."""
        wall = micros(
            "2025-10-26T00:59:59.999999", "2025-10-26T01:00", "2025-10-26T01:59", "2025-10-26T02:00"
        )
        start, is_ambiguous, is_nonexistent = localise(wall)
        expected = micros(
            "2025-10-25T23:59:59.999999", "2025-10-26T00:00", "2025-10-26T00:59", "2025-10-26T02:00"
        )
        np.testing.assert_array_equal(start, expected)
        assert is_ambiguous.tolist() == [False, True, True, False]
        assert not is_nonexistent.any()

    def test_the_day_with_23_hours(self) -> None:
        """On 30 March 2025 the hour from 01:00 is skipped: there is no such moment."""
        wall = micros(
            "2025-03-30T00:59", "2025-03-30T01:00", "2025-03-30T01:59:59.999999", "2025-03-30T02:00"
        )
        start, is_ambiguous, is_nonexistent = localise(wall)
        expected = micros("2025-03-30T00:59", "NaT", "NaT", "2025-03-30T01:00")
        np.testing.assert_array_equal(start, expected)
        assert is_nonexistent.tolist() == [False, True, True, False]
        assert not is_ambiguous.any()

    def test_midnights_come_once(self) -> None:
        """No clock change ever touched the beginning of a day."""
        days = np.arange("1900-01-01", "2100-01-01", dtype="datetime64[D]")
        start, is_ambiguous, is_nonexistent = localise(days.astype("datetime64[us]"))
        assert not (is_ambiguous | is_nonexistent | np.isnat(start)).any()

    def test_before_1970(self) -> None:
        """A microsecond before an hour before 1970 belongs to the hour before."""
        start = np.array(["1969-12-31T22:59:59.999999", "1965-12-31T23:00"], "datetime64[us]")
        assert london_wall(start).astype(str).tolist() == [
            "1969-12-31T23:59:59.999999",
            "1965-12-31T23:00:00.000000",
        ]

    def test_missing_stays_missing(self) -> None:
        """NaT goes through both ways, alone and in company."""
        for times in (["NaT"], ["NaT", "2025-07-01T12:00"], ["NaT", "9000-07-01T12:00"]):
            array = np.array(times, dtype="datetime64[us]")
            for convert in (london_wall, london_utc):
                assert np.isnat(convert(array)).tolist() == [time == "NaT" for time in times]

    def test_nothing(self) -> None:
        """No times give no moments."""
        assert [len(array) for array in localise(micros())] == [0, 0, 0]
        assert len(london_wall(micros())) == 0

    def test_values_are_not_changed(self) -> None:
        """The caller's times stay as they were."""
        times = micros("2025-03-30T01:30", "2025-07-01T00:00")
        before = times.copy()
        london_wall(times)
        localise(times)
        np.testing.assert_array_equal(times, before)


def sample(n: int, first: int, last: int, seed: int) -> list[dt.datetime]:
    """Give random moments in UTC, half of them around a change of the clock."""
    rng = np.random.default_rng(seed)
    years = rng.integers(first, last, n)
    moments = []
    for at, year in enumerate(years.tolist()):
        # Since 1996, and mostly before, it changes on the last Sunday of March and October.
        month = (3, 10)[int(rng.integers(2))]
        last_day = dt.datetime(year, month, 31, 1, tzinfo=dt.UTC)
        change = last_day - dt.timedelta(days=(last_day.weekday() + 1) % 7)
        hours = 3 if at % 2 else 24 * 150
        seconds = int(rng.integers(-hours * 3600, hours * 3600))
        moments.append(change + dt.timedelta(seconds=seconds))
    return moments


class TestReference:
    """Python's zoneinfo, one moment at a time."""

    @pytest.mark.parametrize(("first", "last"), [(1916, 2038), (2038, 2600), (1850, 1916)])
    def test_london_wall(self, first: int, last: int) -> None:
        """5,000 moments show the same on the clock, and come back from it."""
        moments = sample(5000, first, last, seed=first)
        start = np.array([moment.replace(tzinfo=None) for moment in moments], "datetime64[us]")
        wall = london_wall(start)
        expected = [moment.astimezone(LONDON).replace(tzinfo=None) for moment in moments]
        assert wall.tolist() == expected
        # Only the second pass of an hour comes back as the first.
        is_second = np.array([moment.astimezone(LONDON).fold for moment in moments], dtype=bool)
        back = london_utc(wall)
        np.testing.assert_array_equal(back[~is_second], start[~is_second])
        assert (back[is_second] == start[is_second] - np.timedelta64(1, "h")).all()

    @pytest.mark.parametrize(("first", "last"), [(1916, 2038), (2038, 2600)])
    def test_localise(self, first: int, last: int) -> None:
        """5,000 times on the clock: the same moment, and flags where the two folds differ."""
        naive = [moment.replace(tzinfo=None) for moment in sample(5000, first, last, seed=last)]
        start, is_ambiguous, is_nonexistent = localise(np.array(naive, dtype="datetime64[us]"))
        for at, time in enumerate(naive):
            one, two = (time.replace(tzinfo=LONDON, fold=fold).utcoffset() for fold in (0, 1))
            assert one is not None
            assert two is not None
            assert is_ambiguous[at] == (one > two)
            assert is_nonexistent[at] == (one < two)
            if one < two:
                assert np.isnat(start[at])
            else:
                assert start[at] == np.datetime64(time - one)
        assert is_ambiguous.sum() > 50
        assert is_nonexistent.sum() > 50


class TestRelations:
    """What holds for every time."""

    @given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2500, 1, 1)))  # noqa: DTZ001
    def test_there_and_back(self, time: dt.datetime) -> None:
        """A time comes back from its moment, unless the clock never showed it."""
        wall = np.array([time], dtype="datetime64[us]")
        start, _, is_nonexistent = localise(wall)
        assert np.isnat(start) == is_nonexistent
        assert is_nonexistent or london_wall(start) == wall
