"""Hour of the week, nights, exposure and profiles."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.times import Band, best_band, best_bands, describe_band

LONDON = "Europe/London"


def moments(*texts: str) -> pd.Series:
    """Give London times on an index of letters."""
    return pd.Series(
        pd.to_datetime(list(texts)), index=list("abcdefgh"[: len(texts)])
    ).dt.tz_localize(LONDON, ambiguous=np.ones(len(texts), dtype=bool))


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_hour_of_week(self) -> None:
        """Monday 00:30 is hour 0, Sunday 23:59 is hour 167, Friday 21:00 is 4 × 24 + 21 = 117."""
        hours = hs.hour_of_week(moments("2025-01-06 00:30", "2025-01-12 23:59", "2025-01-10 21:00"))
        expected = pd.Series([0, 167, 117], index=list("abc"), dtype="Int64", name="hour_of_week")
        pd.testing.assert_series_equal(hours, expected)

    def test_hour_is_local(self) -> None:
        """23:30 UTC on a summer Sunday is 00:30 on Monday in London."""
        utc = pd.Series(pd.to_datetime(["2025-07-06 23:30"])).dt.tz_localize("UTC")
        assert hs.hour_of_week(utc).tolist() == [0]

    def test_night(self) -> None:
        """The small hours belong to the evening before, 06:00 begins a new night."""
        night = hs.night_of(
            moments("2025-01-11 05:59", "2025-01-11 06:00", "2025-01-11 23:00"), night_ends=6
        )
        assert night.dt.strftime("%d").tolist() == ["10", "11", "11"]
        assert hs.night_of(moments("2025-01-11 00:00"), night_ends=0).dt.day.tolist() == [11]

    def test_exposure_of_two_weeks(self) -> None:
        """Each hour of the week occurs twice in a fortnight without a clock change."""
        assert (hs.exposure("2025-01-06", "2025-01-20") == 2).all()

    def test_profile_sums_weights(self) -> None:
        """Two incidents of weight 1 and 3 in one hour make 4."""
        start = moments("2025-01-06 00:30", "2025-01-13 00:10", "2025-01-12 23:59")
        table = pd.DataFrame(
            {
                "start": start,
                "time_precision": "minute",
                "weight": [1.0, 3.0, 5.0],
                "borough": ["A", "A", "B"],
            }
        )
        profile = hs.week_profile(table, by="borough")
        assert profile.loc["A", 0] == 4
        assert profile.loc["B", 167] == 5
        assert profile.to_numpy().sum() == 9
        assert hs.week_profile(table).index.tolist() == ["all"]

    def test_best_band_across_midnight(self) -> None:
        """Four hours at Friday and Saturday 23:00–01:00 are one band."""
        profile = np.zeros(168)
        profile[[119, 120, 143, 144]] = 1
        band, total = best_band(profile)
        assert band == Band(first_day=4, n_days=2, start_hour=23, n_hours=2)
        assert total == 4
        assert describe_band(band) == "Fri–Sat 23:00–01:00"

    def test_keep_leaves_out_hours_in_which_little_happens(self) -> None:
        """Of 100 in two hours and 4 in a third, 90 % need only the two."""
        profile = np.zeros(168)
        profile[[10, 11, 12]] = [60, 40, 4]
        assert best_band(profile)[0] == Band(0, 1, 10, 3)
        assert best_band(profile, keep=0.9) == (Band(0, 1, 10, 2), 100.0)

    def test_band_round_the_week(self) -> None:
        """A band may run from Sunday to Monday."""
        band = Band(first_day=6, n_days=2, start_hour=22, n_hours=3)
        assert band.weekdays == (6, 0)
        assert np.flatnonzero(band.mask).tolist() == [0, 22, 23, 24, 166, 167]
        assert describe_band(band) == "Sun–Mon 22:00–01:00"

    @pytest.mark.parametrize(
        ("band", "words"),
        [
            (Band(0, 7, 18, 2), "every day 18:00–20:00"),
            (Band(2, 1, 9, 1), "Wed 09:00–10:00"),
            (Band(5, 2, 6, 24), "Sat–Sun, all day"),
        ],
    )
    def test_words(self, band: Band, words: str) -> None:
        """Bands are said as on a rota."""
        assert describe_band(band) == words


class TestEdges:
    """Clock changes, missing times, empty tables."""

    def test_exposure_of_the_short_day(self) -> None:
        """On 30 March 2025 Sunday 01:00 does not occur, so the week has 167 hours."""
        counts = hs.exposure("2025-03-24", "2025-03-31")
        assert counts.sum() == 167
        assert counts[6 * 24 + 1] == 0

    def test_exposure_of_the_long_day(self) -> None:
        """On 26 October 2025 Sunday 01:00 occurs twice, so the week has 169 hours."""
        counts = hs.exposure("2025-10-20", "2025-10-27")
        assert counts.sum() == 169
        assert counts[6 * 24 + 1] == 2

    def test_exposure_of_a_year(self) -> None:
        """2025 has 8,760 hours, whatever the clocks do."""
        assert hs.exposure("2025-01-01", "2026-01-01").sum() == 8760

    def test_repeated_hour(self) -> None:
        """Both 01:30 of the long day are hour 145."""
        start = pd.Series(pd.to_datetime(["2025-10-26 00:30", "2025-10-26 01:30"])).dt.tz_localize(
            "UTC"
        )
        assert hs.hour_of_week(start).tolist() == [145, 145]

    def test_night_of_a_clock_change(self) -> None:
        """01:30 on the morning of a clock change belongs to Saturday night."""
        assert hs.night_of(moments("2025-10-26 01:30")).dt.day.tolist() == [25]

    def test_missing_time(self) -> None:
        """A missing time has a missing hour."""
        hours = hs.hour_of_week(moments("2025-01-06 00:30", "NaT"))
        assert hours.isna().tolist() == [False, True]

    def test_empty(self) -> None:
        """No times, no hours."""
        empty = pd.Series([], dtype=f"datetime64[us, {LONDON}]")
        assert len(hs.hour_of_week(empty)) == 0
        assert len(hs.night_of(empty)) == 0

    def test_one_midnight_on_the_first(self) -> None:
        """A single report at midnight on New Year's Day is a time."""
        assert hs.hour_of_week(moments("2025-01-01 00:00")).tolist() == [48]

    def test_flat_profile(self) -> None:
        """Of many bands with the same sum the shortest and earliest is taken."""
        band, total = best_band(np.zeros(168))
        assert (band, total) == (Band(0, 1, 0, 1), 0.0)


class TestRelations:
    """What must hold for any input."""

    @given(st.integers(0, 167), st.integers(1, 8), st.integers(1, 7))
    def test_mask_has_its_hours(self, first: int, n_hours: int, n_days: int) -> None:
        """A band holds days × hours different hours of the week."""
        band = Band(first // 24, n_days, first % 24, n_hours)
        assert band.mask.sum() == n_days * n_hours

    @given(st.lists(st.integers(0, 5), min_size=168, max_size=168), st.integers(1, 20))
    def test_best_band_is_best(self, profile: list[int], hours_per_week: int) -> None:
        """No band within the same number of hours holds more."""
        values = np.array(profile, dtype=float)
        band, total = best_band(values, hours_per_week=hours_per_week)
        assert total == pytest.approx(values[band.mask].sum())
        assert band.n_days * band.n_hours <= hours_per_week
        tried = [
            values[Band(day, n_days, hour, n_hours).mask].sum()
            for n_hours in range(1, 9)
            for n_days in range(1, 8)
            if n_hours * n_days <= hours_per_week
            for day in range(7)
            for hour in (0, 11, 22, 23)
        ]
        assert total >= max(tried)

    @given(st.integers(0, 167))
    def test_bands_turn_with_the_week(self, shift: int) -> None:
        """Turning the profile does not change what its best band holds."""
        profile = np.random.default_rng(0).poisson(1.0, 168).astype(float)
        _, totals = best_bands(np.array([profile, np.roll(profile, shift // 24 * 24)]))
        assert totals[0] == pytest.approx(totals[1])

    @given(st.datetimes(pd.Timestamp("2024-01-01"), pd.Timestamp("2026-01-01")))
    def test_hour_of_week_is_weekday_and_hour(self, wall: object) -> None:
        """The hour of the week is that of the wall clock."""
        time = pd.Timestamp(wall).tz_localize(LONDON, ambiguous=True, nonexistent="shift_forward")
        hour = hs.hour_of_week(pd.Series([time])).iloc[0]
        assert hour == time.weekday() * 24 + time.hour


class TestMessages:
    """What the analyst reads."""

    def test_no_time_zone(self) -> None:
        """Naive times are refused with what to type."""
        with pytest.raises(hs.InputError, match=r"tz-aware times.*tz_localize"):
            hs.hour_of_week(pd.Series(pd.to_datetime(["2025-01-01"])))

    def test_months(self) -> None:
        """Months are refused by name."""
        with pytest.raises(hs.MonthlyDataError, match="hour_of_week needs the hour"):
            hs.hour_of_week(moments("2025-01-01", "2025-02-01"))

    def test_profile_of_months(self) -> None:
        """A monthly table is refused by name, with the number of rows."""
        table = pd.DataFrame(
            {
                "start": moments("2025-01-01", "2025-02-01"),
                "time_precision": "month",
                "weight": 1.0,
            }
        )
        with pytest.raises(hs.MonthlyDataError, match="week_profile needs .* 2 of 2 incidents"):
            hs.week_profile(table)

    def test_group_that_does_not_exist(self) -> None:
        """An unknown column is refused with the columns there are."""
        table = pd.DataFrame(
            {"start": moments("2025-01-01 10:00"), "time_precision": "minute", "weight": 1.0}
        )
        with pytest.raises(hs.InputError, match="Invalid by 'ward'. Must be one of start"):
            hs.week_profile(table, by="ward")
        with pytest.raises(hs.InputError, match="another index"):
            hs.week_profile(table, by=pd.Series(["x"]))

    def test_period_backwards(self) -> None:
        """A period that ends before it starts is refused."""
        with pytest.raises(hs.InputError, match="Invalid end '2024-01-01'. Must be after"):
            hs.exposure("2025-01-01", "2024-01-01")

    def test_night_ends_too_late(self) -> None:
        """A night does not end in the afternoon."""
        with pytest.raises(hs.InputError, match="Invalid night_ends '13'"):
            hs.night_of(moments("2025-01-01 10:00"), night_ends=13)

    def test_profile_shape(self) -> None:
        """A profile has 168 numbers."""
        with pytest.raises(hs.InputError, match="168 numbers"):
            best_bands(np.zeros((2, 24)))
