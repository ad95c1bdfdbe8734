"""The published figures, and the arithmetic on them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.incidents import load_codes
from hotspots.simulate.facts import load_facts, months_of, shares, weekdays_of
from hotspots.tables import ASB_TYPES


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_mean_day(self) -> None:
        """254,226 reports on 366 days are 694.6 a day, so 1,312 is 1.8888 of a mean day."""
        assert load_facts().halloween_rate == pytest.approx(1312 / (254226 / 366))

    def test_weekday_rates(self) -> None:
        """The period holds 53 Fridays (38,481 reports) and 52 Mondays (35,435)."""
        rates = load_facts().weekday_rates
        assert rates[4] / rates[0] == pytest.approx((38481 / 53) / (35435 / 52))

    def test_month_rates(self) -> None:
        """The February of 2024 had 29 days: 18,466 / 29 = 636.8 a day."""
        rates = load_facts().month_rates
        assert rates[1] == pytest.approx((18466 / 29) / (254226 / 366))

    def test_shares(self) -> None:
        """1 and 3 are a quarter and three quarters."""
        assert shares([1, 3]).tolist() == [0.25, 0.75]


class TestEdges:
    """Ends of ranges."""

    def test_period(self) -> None:
        """The period is a leap year's length, from a Friday to a Saturday."""
        days = load_facts().days
        assert len(days) == 366
        assert weekdays_of(days[[0, -1]]).tolist() == [4, 5]

    def test_every_total_is_complete(self) -> None:
        """Hours, weekdays and months each add up to all reports."""
        published = load_facts().published
        for name in ("hours", "weekdays", "months"):
            assert sum(published[name]) == published["n"]

    def test_thirty_two_boroughs(self) -> None:
        """The City of London and the airport are not among the boroughs."""
        boroughs = load_facts().published["boroughs"]
        assert list(boroughs) == [f"E090000{number:02d}" for number in range(2, 34)]

    def test_names_are_those_of_the_codes(self) -> None:
        """Headings and types are spelt as the reader spells them."""
        published = load_facts().published
        codes = load_codes().values()
        headings = {code.value for code in codes if code.role == "heading"}
        assert set(published["headings"]) == headings
        assert set(published["types"]) == set(ASB_TYPES)

    @pytest.mark.parametrize("table", ["hours_of_headings", "types_of_headings"])
    def test_assumptions_name_known_headings(self, table: str) -> None:
        """A misspelt heading in an assumption would be an error at every call."""
        facts = load_facts()
        assert set(facts.assumed[table]) <= set(facts.published["headings"])


class TestReference:
    """Against independent programs and the real data."""

    def test_calendar_against_pandas(self) -> None:
        """Weekdays and months are those of pandas for a century of days."""
        dates = np.arange("1960-01-01", "2060-01-01", dtype="datetime64[D]")
        moments = pd.DatetimeIndex(dates)
        assert (weekdays_of(dates) == moments.day_of_week).all()
        assert (months_of(dates) == moments.month).all()

    @pytest.mark.acceptance
    def test_totals_of_the_real_file(self, shared_data: Path) -> None:
        """The typed figures are those of the published aggregates."""
        folder = shared_data / "asb" / "mps_asb_marginals"
        real = json.loads((folder / "mps_asb_marginals_2023-09_2024-08.json").read_text("utf-8"))
        published = load_facts().published
        assert published["n"] == real["n"]
        assert published["hours"] == list(real["hour"].values())
        assert published["weekdays"] == list(real["day_of_week_mon0"].values())
        names = pd.date_range("2024-01-01", periods=12, freq="MS").month_name()
        assert published["months"] == [real["month_name"][name] for name in names]
        boroughs = [count for name, count in real["borough"].items() if "SO18" not in name]
        assert list(published["boroughs"].values()) == boroughs
        for name, count in published["types"].items():
            assert real["opening_type_1"][f"ASB {name.capitalize()}"] == count

        counts = real["daily_counts_sorted_by_calendar_month_jan_dec"]
        ordinary = [month for number, month in enumerate(counts, 1) if number not in (10, 11)]
        variation = np.mean([np.std(month, ddof=1) / np.mean(month) for month in ordinary])
        assert published["daily_variation"] == pytest.approx(variation, abs=0.0005)
        assert published["halloween"] == max(map(max, counts))

    @pytest.mark.acceptance
    def test_headings_of_the_real_file(self, shared_data: Path) -> None:
        """Headings are sums over boroughs of the second opening code."""
        path = shared_data / "asb" / "mps_asb_marginals" / "borough_by_opening_type_2.csv"
        totals = pd.read_csv(path, index_col=0).sum()
        totals.index = totals.index.str.strip()
        met_name = {code.value: code.met_name for code in load_codes().values()}
        for heading, count in load_facts().published["headings"].items():
            assert totals[met_name[heading]] == count


class TestMessages:
    """There is nothing that a user could give wrong here; the file itself must say its sources."""

    def test_every_published_table_has_a_source(self) -> None:
        """Figures from elsewhere than the first source name it."""
        published = load_facts().published
        assert "London Datastore" in published["source"]
        for name in ("bonfire_week", "asked", "concentration"):
            assert len(published[name]["source"]) > 20
