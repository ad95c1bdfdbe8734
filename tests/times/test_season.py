"""The season of London: the wave, Halloween and Bonfire Night, bank holidays."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.times import season_factors, season_table, special_days
from hotspots.times.bank_holidays import bank_holidays
from hotspots.times.season import load_totals

MEAN_DAY = 254226 / 366


def year_of(year: int) -> pd.DatetimeIndex:
    """Give every day of a year."""
    return pd.date_range(f"{year}-01-01", f"{year}-12-31")


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_season_of_one_year(self) -> None:
        """The mean July day, 24,454 / 31 reports, is 1.136 mean days, December's 0.824.

        The wave is within 0.04 of both, and about 1.16 at its top, in July.
        """
        factors = season_factors(year_of(2025))
        months = factors.groupby(factors.index.month).mean()
        assert months[7] == pytest.approx(24454 / 31 / MEAN_DAY, abs=0.04)
        assert months[12] == pytest.approx(17748 / 31 / MEAN_DAY, abs=0.04)
        assert factors.drop(pd.Timestamp("2025-10-31")).idxmax().month in (6, 7)

    def test_halloween(self) -> None:
        """1,312 reports are 1.889 mean days, or 1.947 mean Tuesdays (35,039 / 52 reports).

        The wave is about 0.955 of a mean day then, so the day stood out by 2.04. The two published
        weeks of Bonfire Night differ by 0.32 on the log scale, so one year says little: log 2.04 =
        0.712 is drawn to about four fifths of it, 1.76.
        """
        assert pytest.approx(2.04, abs=0.01) == 1312 / MEAN_DAY / (35039 / 52 / MEAN_DAY) / 0.955
        assert season_table().loc["31 October", "factor"] == pytest.approx(1.76, abs=0.02)

    def test_bonfire_week_lies_between_its_years(self) -> None:
        """2017: (7 × 1.43 − 1.889) / 6 = 1.354 mean days, over a wave of 0.947: 1.43.

        2023: November's 19,251 reports less the wave on its other 24 days leave about 1.04. Their
        geometric mean is 1.22; it is drawn towards 1.
        """
        factor = season_table().loc["1 to 6 November", "factor"]
        assert pytest.approx(1.43, abs=0.01) == (7 * 1.43 - 1.889) / 6 / 0.947
        assert 1.1 < factor < (1.43 * 1.04) ** 0.5

    def test_only_special_days_leave_the_wave(self) -> None:
        """The factor moves by less than 0.01 a day, but round the special days."""
        factors = season_factors(year_of(2025))
        steps = factors.diff().abs().dropna()
        jumps = steps.index[steps > 0.01].strftime("%d %b").tolist()
        assert jumps == ["31 Oct", "01 Nov", "07 Nov"]

    def test_bank_holidays_change_nothing(self) -> None:
        """No published total is theirs, so Christmas is as the days beside it."""
        christmas = season_factors(pd.date_range("2025-12-24", "2025-12-26"))
        assert christmas.max() - christmas.min() < 0.01

    def test_range_of_bank_holidays(self) -> None:
        """The quietest day of a month with one was of May, 578 of a mean of 24,046 / 31 = 776."""
        row = season_table().loc["bank holidays, Christmas Eve, New Year's Eve"]
        assert row["factor"] == 1
        assert row["low"] == pytest.approx(578 / (24046 / 31))
        assert row["high"] == pytest.approx(720 / (17840 / 31))


class TestEdges:
    """Leap years, time zones, nothing, days that are given twice."""

    @pytest.mark.parametrize("year", [2023, 2024, 2025])
    def test_mean_of_a_year_is_one(self, year: int) -> None:
        """Also in a leap year."""
        assert season_factors(year_of(year)).mean() == pytest.approx(1, abs=1e-12)

    def test_no_days(self) -> None:
        """Nothing in, nothing out."""
        none = pd.DatetimeIndex([])
        assert len(season_factors(none)) == len(special_days(none)) == 0

    def test_london_day(self) -> None:
        """23:30 UTC on 30 June is 1 July in London; midnight in London is its own day."""
        late = pd.DatetimeIndex(["2025-06-30 23:30"], tz="UTC")
        july = pd.DatetimeIndex(["2025-07-01"])
        assert season_factors(late).iloc[0] == season_factors(july).iloc[0]
        assert season_factors(late).index.equals(late)
        assert special_days(pd.DatetimeIndex(["2025-10-31"], tz="Europe/London")).iloc[0]

    def test_special_days(self) -> None:
        """Christmas 2022 was a Sunday: it is named, and so is the Tuesday off for it."""
        names = special_days(pd.date_range("2022-12-23", "2022-12-28"))
        assert names.fillna("").tolist() == [
            "", "Christmas Eve", "Christmas Day", "Boxing Day", "Christmas Day", "",
        ]  # fmt: skip
        autumn = special_days(pd.date_range("2025-10-30", "2025-11-07"))
        assert autumn.isna().tolist() == [True, *[False] * 7, True]
        assert autumn.iloc[1:3].tolist() == ["31 October", "1 to 6 November"]


class TestReference:
    """Against gov.uk, and the published files."""

    def test_bank_holidays_of_gov_uk(self) -> None:
        """The dates of https://www.gov.uk/bank-holidays for England and Wales."""
        given = {
            2019: "01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26",
            2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
            2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
            2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
            2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
            2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
            2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
            2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
        }
        for year, dates in given.items():
            assert bank_holidays(year, year).index.strftime("%m-%d").tolist() == dates.split()

    @pytest.mark.acceptance
    def test_extremes_of_the_real_file(self, shared_data: Path) -> None:
        """The quietest and busiest days are those of the published aggregates."""
        folder = shared_data / "asb" / "mps_asb_marginals"
        real = json.loads((folder / "mps_asb_marginals_2023-09_2024-08.json").read_text("utf-8"))
        days = real["daily_counts_sorted_by_calendar_month_jan_dec"]
        totals = load_totals()
        assert totals["quietest_days"] == [min(month) for month in days]
        assert totals["busiest_days"] == [max(month) for month in days]
        # What the wave leaves for 1 to 6 November 2023 is no more than its six busiest days had.
        assert sum(sorted(days[10])[-6:]) / MEAN_DAY / 5.68 == pytest.approx(1.18, abs=0.01)

    @pytest.mark.acceptance
    def test_another_year(self, shared_data: Path) -> None:
        """Of a year that was not used, months are foretold with a third of a flat year's error."""
        path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
        totals = pd.read_parquet(path).groupby("month")["asb_count"].sum()
        days = pd.date_range("2025-05-01", "2026-04-30")
        month = days.strftime("%Y-%m")
        actual = totals / pd.Series(month).value_counts().loc[totals.index]
        factors = season_factors(days).groupby(np.asarray(month)).mean()
        actual, factors = actual / (totals.sum() / len(days)), factors.loc[actual.index]
        of_season, of_flat = ((actual - each).pow(2).mean() ** 0.5 for each in (factors, 1.0))
        assert of_season < 0.05
        assert of_season < 0.4 * of_flat


class TestRelations:
    """What must hold whatever is given."""

    @given(st.lists(st.integers(-10_000, 30_000), max_size=40))
    def test_order_does_not_matter(self, numbers: list[int]) -> None:
        """A day's factor depends on the day alone."""
        days = pd.Timestamp("2000-01-01") + pd.to_timedelta(np.array(numbers, dtype=int), unit="D")
        days = pd.DatetimeIndex(days)
        factors = season_factors(days)
        assert factors.index.equals(days)
        assert (factors > 0.5).all()
        backwards = season_factors(days[::-1]).to_numpy()[::-1]
        assert np.array_equal(factors.to_numpy(), backwards)

    @given(st.integers(1990, 2060))
    def test_ranges_hold_their_factor(self, year: int) -> None:
        """Every row of the table has its factor inside its range, and every year eight or more."""
        table = season_table()
        assert ((table["low"] < table["factor"]) & (table["factor"] < table["high"])).all()
        assert len(bank_holidays(year, year)) >= 8
        assert bank_holidays(year, year).index.year.unique().tolist() == [year]
        assert (bank_holidays(year, year).index.day_of_week < 5).all()

    def test_table_is_not_shared(self) -> None:
        """Who changes the table changes their own."""
        own = season_table()
        own.loc["July", "factor"] = 0.0
        assert season_table().loc["July", "factor"] > 1


class TestMessages:
    """What is said about wrong input."""

    @pytest.mark.parametrize("verb", [season_factors, special_days])
    def test_bad_days(self, verb) -> None:  # noqa: ANN001
        """Days are a DatetimeIndex, and none is missing."""
        with pytest.raises(hs.InputError, match="Invalid days 'list'. Must be a DatetimeIndex."):
            verb(["2025-01-01"])
        with pytest.raises(hs.InputError, match="Invalid days '1 missing'. Must be dates, none"):
            verb(pd.DatetimeIndex(["2025-01-01", None]))
