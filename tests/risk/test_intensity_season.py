"""The weekly intensity and London's season: parts of a year, and coming weeks."""

import numpy as np
import pandas as pd
import pytest

import hotspots as hs
from hotspots.times import season_factors
from tests.scenes import SOUTH, WEST, make_incidents, square_area


def counts_of(start: str, end: str, *, a_day: int = 3, **options: object) -> hs.Counts:
    """Count as many incidents on every day, over 5 × 5 places and all hours."""
    days = pd.date_range(start, end, inclusive="left").repeat(a_day)
    rng = np.random.default_rng(1)
    cell = rng.integers(0, 5, (len(days), 2))
    frame = pd.DataFrame(
        {
            "start": days + pd.to_timedelta(rng.integers(0, 24, len(days)), unit="h"),
            "x": WEST + 75 + 150 * cell[:, 0],
            "y": SOUTH + 75 + 150 * cell[:, 1],
        }
    )
    places = hs.make_grid(square_area(side=750))
    return hs.count_incidents(make_incidents(frame), places, period=(start, end), **options)


class TestByHand:
    """Numbers that follow from the factors."""

    def test_summer_is_not_the_year(self) -> None:
        """Three a day, 21 a week, in July, at 1.15, are 18 in an average week."""
        counts = counts_of("2025-07-01", "2025-08-01")
        factor = season_factors(pd.date_range("2025-07-01", "2025-07-31")).mean()
        with_season, without = (hs.weekly_intensity(counts, season=s) for s in (True, False))
        assert with_season.weeks == pytest.approx(31 / 7 * factor)
        assert without.weeks == 31 / 7
        assert without.places["mean"].sum() == pytest.approx(21, rel=0.01)
        assert with_season.places["mean"].sum() == pytest.approx(21 / factor, rel=0.01)
        # Nothing else changes: the same places, and the same hours.
        shares = [i.expected(np.arange(25)) for i in (with_season, without)]
        assert shares[0] * factor == pytest.approx(shares[1], rel=0.02)

    def test_year_is_the_year(self) -> None:
        """A calendar year gives the same with the season and without."""
        counts = counts_of("2025-01-01", "2026-01-01")
        with_season, without = (hs.weekly_intensity(counts, season=s) for s in (True, False))
        pd.testing.assert_frame_equal(with_season.places, without.places, rtol=1e-9)

    def test_missing_months_are_not_observed(self) -> None:
        """Without January to March the other nine months are 1.04 of an average day."""
        missing = pd.period_range("2025-01", "2025-03", freq="M")
        counts = counts_of("2025-01-01", "2026-01-01", missing=missing)
        days = pd.date_range("2025-04-01", "2025-12-31")
        intensity = hs.weekly_intensity(counts)
        assert intensity.weeks == pytest.approx(season_factors(days).sum() / 7)

    def test_coming_week(self) -> None:
        """July's estimate for July without a season is July itself; with one, July is 1.15."""
        counts = counts_of("2025-07-01", "2025-08-01")
        days = pd.date_range("2026-07-01", "2026-07-31")
        with_season, without = (hs.weekly_intensity(counts, season=s) for s in (True, False))
        coming = with_season.season_in("2026-07-01", "2026-08-01")
        assert coming.factor == pytest.approx(season_factors(days).mean())
        assert without.season_in("2026-07-01", "2026-08-01").factor == pytest.approx(1, abs=0.001)
        assert "The data cover 31 days, less than a year" in coming.words
        halloween = with_season.season_in("2026-10-31", "2026-11-07")
        assert "Not as usual: 31 October, 1 to 6 November." in halloween.words


class TestEdges:
    """A year, monthly data."""

    def test_a_year_needs_no_word(self) -> None:
        """A period of 52 weeks is not called short."""
        intensity = hs.weekly_intensity(counts_of("2025-01-06", "2026-01-05", a_day=1))
        assert "less than a year" not in intensity.season_in("2026-02-02", "2026-02-09").words

    def test_monthly(self) -> None:
        """Monthly counts have a season, too."""
        table = make_incidents(
            [("2025-07-01", WEST + 75, SOUTH + 75)], time_precision="month", weight=31.0
        )
        counts = hs.count_incidents(table, hs.make_grid(square_area(side=150)))
        mean = hs.weekly_intensity(counts).places["mean"].iloc[0]
        factor = season_factors(pd.date_range("2025-07-01", "2025-07-31")).mean()
        assert mean == pytest.approx(7 / factor, rel=1e-3)


class TestMessages:
    """What is said about wrong input."""

    @pytest.mark.parametrize("season", ["yes", 1, None])
    def test_bad_season(self, season: object) -> None:
        """It is on or off."""
        counts = counts_of("2025-07-01", "2025-07-08")
        with pytest.raises(hs.InputError, match=f"Invalid season '{season}'. Must be True or Fal"):
            hs.weekly_intensity(counts, season=season)  # type: ignore[arg-type]

    def test_bad_days(self) -> None:
        """The end of a coming period comes after its start."""
        intensity = hs.weekly_intensity(counts_of("2025-07-01", "2025-07-08"))
        with pytest.raises(hs.InputError, match="Invalid end '2026-01-01'. Must be after"):
            intensity.season_in("2026-01-02", "2026-01-01")
