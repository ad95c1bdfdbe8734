"""Days of the year and the London clock."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.simulate.facts import load_facts
from hotspots.simulate.year import bonfire_week, day_shares, draw_hours, make_year

SPRING_2025 = 88  # 30 March: 31 + 28 + 29 days before it
AUTUMN_2025 = 298  # 26 October: 273 days to the end of September, 25 before it


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_minutes(self) -> None:
        """Minute 61 of the year is 01:01 on 1 January."""
        moment = make_year(2025).london(np.array([61]))
        assert str(moment[0]) == "2025-01-01 01:01:00+00:00"

    def test_special_days(self) -> None:
        """31 October has 1,312 / 694.6 of a mean day, its week 1.43 × 7 mean days."""
        calendar = make_year(2025)
        days = day_shares(calendar, load_facts()) * 365
        week = days[bonfire_week(calendar)]
        assert week[0] == pytest.approx(1312 / (254226 / 366), rel=0.005)
        assert week.sum() == pytest.approx(1.43 * 7, rel=0.005)
        assert days.argmax() == bonfire_week(calendar).start

    def test_months_and_weekdays(self) -> None:
        """A mean day of July stands to one of December as 24,454 / 31 to 17,748 / 31."""
        calendar = make_year(2025)
        days = day_shares(calendar, load_facts())
        july, december = (days[calendar.months == month].mean() for month in (7, 12))
        assert july / december == pytest.approx(24454 / 17748)
        saturday, thursday = (days[calendar.weekdays == day].mean() for day in (5, 3))
        assert saturday / thursday == pytest.approx((39831 / 53) / (34185 / 52), rel=1e-6)


class TestEdges:
    """Clock changes and ends of the year."""

    def test_hour_that_never_was(self) -> None:
        """On 30 March 2025 nothing falls between 01:00 and 02:00."""
        calendar = make_year(2025)
        assert calendar.clock[SPRING_2025].tolist() == [1, 0] + [1] * 22
        hours = draw_hours(
            np.full(20_000, SPRING_2025), np.ones((7, 24)), calendar, np.random.default_rng(1)
        )
        assert set(hours.tolist()) == set(range(24)) - {1}

    def test_hour_that_came_twice(self) -> None:
        """On 26 October 2025 the hour from 01:00 has two twenty-fifths of the incidents."""
        calendar = make_year(2025)
        assert calendar.clock[AUTUMN_2025].tolist() == [1, 2] + [1] * 22
        hours = draw_hours(
            np.full(20_000, AUTUMN_2025), np.ones((7, 24)), calendar, np.random.default_rng(1)
        )
        # Standard error: sqrt(0.08 × 0.92 / 20,000) = 0.002.
        assert (hours == 1).mean() == pytest.approx(2 / 25, abs=0.008)

    def test_repeated_hour_is_the_first(self) -> None:
        """01:30 on 26 October is British Summer Time, and marked."""
        calendar = make_year(2025)
        minute = np.array([AUTUMN_2025 * 1440 + 90])
        assert str(calendar.london(minute)[0]) == "2025-10-26 01:30:00+01:00"
        assert calendar.is_repeated(minute).tolist() == [True]
        assert calendar.is_repeated(minute + 30).tolist() == [False]

    def test_lost_minutes_move_on(self) -> None:
        """01:30 on 30 March becomes 02:30; 02:00 stays."""
        minutes = SPRING_2025 * 1440 + np.array([90, 120])
        moved = make_year(2025).skip_lost(minutes)
        assert (moved - SPRING_2025 * 1440).tolist() == [150, 120]

    @pytest.mark.parametrize(("year", "days"), [(2024, 366), (2025, 365), (1972, 366)])
    def test_length(self, year: int, days: int) -> None:
        """Leap years have 366 days, and every year as many hours as days × 24."""
        calendar = make_year(year)
        assert len(calendar.dates) == days
        assert calendar.clock.sum() == days * 24
        assert calendar.minutes == days * 1440


class TestReference:
    """Against the standard library's zone database."""

    @pytest.mark.parametrize("year", [1995, 2023, 2024, 2025, 2031])
    def test_clock_against_zoneinfo(self, year: int) -> None:
        """Each clock hour occurs as often as counting real hours says."""
        london, counted = ZoneInfo("Europe/London"), np.zeros((len(make_year(year).dates), 24))
        moment = datetime(year, 1, 1, tzinfo=london).astimezone(ZoneInfo("UTC"))
        while (wall := moment.astimezone(london)).year == year:
            counted[wall.timetuple().tm_yday - 1, wall.hour] += 1
            moment += timedelta(hours=1)
        assert (make_year(year).clock == counted).all()


class TestRelations:
    """What must hold whatever is given."""

    @settings(max_examples=20, deadline=None)
    @given(year=st.integers(1972, 2037))
    def test_every_year(self, year: int) -> None:
        """Shares are positive and add up to 1, and Halloween is the busiest day."""
        calendar = make_year(year)
        days = day_shares(calendar, load_facts())
        assert days.min() > 0
        assert days.sum() == pytest.approx(1)
        assert str(calendar.dates[days.argmax()]) == f"{year}-10-31"


class TestMessages:
    """What is said about a wrong year."""

    @pytest.mark.parametrize("year", [1971, 2038, 2025.0, "2025", True])
    def test_bad_year(self, year: object) -> None:
        """A year is a whole number for which the clock changes are known."""
        with pytest.raises(InputError, match=f"Invalid year '{year}'. Must be a whole number"):
            make_year(year)  # type: ignore[arg-type]
