"""What the season says of some coming days."""

import pandas as pd
import pytest

import hotspots as hs
from hotspots.times import season_factors, season_outlook, season_table


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_week_of_halloween(self) -> None:
        """The factor is the mean over the seven days."""
        outlook = season_outlook("2025-10-31", "2025-11-07")
        days = pd.date_range("2025-10-31", "2025-11-06")
        assert outlook.factor == pytest.approx(season_factors(days).mean())
        assert outlook.special == ("31 October", "1 to 6 November")
        assert "31 October to 6 November 2025: " in outlook.words
        assert "Not as usual: 31 October, 1 to 6 November." in str(outlook)

    def test_ordinary_week(self) -> None:
        """A week of July has July's range, as a share of its factor."""
        outlook = season_outlook("2025-07-07", "2025-07-14")
        july = season_table().loc["July"]
        assert outlook.low / outlook.factor == pytest.approx(july["low"] / july["factor"])
        assert outlook.high / outlook.factor == pytest.approx(july["high"] / july["factor"])
        assert outlook.special == ()
        assert "usual" not in outlook.words

    def test_beside_other_days(self) -> None:
        """Beside days that are 0.8 of an average day a factor of 1 becomes 1.25."""
        plain, beside = (season_outlook("2025-04-07", "2025-04-14", beside=b) for b in (1.0, 0.8))
        assert beside.factor == pytest.approx(1.25 * plain.factor)
        assert "times a week of the data" in beside.words


class TestEdges:
    """One day, a whole year, the turn of the year, bank holidays."""

    def test_one_day(self) -> None:
        """A day is named by itself."""
        assert season_outlook("2025-10-31", "2025-11-01").words.startswith("31 October 2025: 1.68 ")

    def test_year(self) -> None:
        """A calendar year is an average one."""
        assert season_outlook("2025-01-01", "2026-01-01").factor == pytest.approx(1)

    def test_christmas(self) -> None:
        """Holidays are named, and both years."""
        outlook = season_outlook("2025-12-24", "2026-01-02")
        assert "24 December 2025 to 1 January 2026" in outlook.words
        assert outlook.special == (
            "Christmas Eve", "Christmas Day", "Boxing Day", "New Year's Eve", "New Year's Day",
        )  # fmt: skip


class TestMessages:
    """What is said about wrong days."""

    def test_bad_days(self) -> None:
        """The end comes after the start, and both are dates."""
        with pytest.raises(hs.InputError, match="Invalid end '2025-01-01'. Must be after the sta"):
            season_outlook("2025-01-01", "2025-01-01")
        with pytest.raises(hs.InputError, match="Invalid start 'soon'. Must be a date"):
            season_outlook("soon", "2025-01-01")
