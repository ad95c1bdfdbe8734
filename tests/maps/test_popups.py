"""The words about one hotspot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hotspots.maps.classes import make_classes
from hotspots.maps.popups import Words, describe_hotspot
from hotspots.tables import HOTSPOTS

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def describe(make_areas: Any, make_hotspots: Any) -> Callable[..., Words]:
    """Give a function that describes one hotspot with some values changed."""

    def one(*, marking: Any = "restricted", monthly: bool = False, **values: object) -> Words:
        table = make_hotspots(make_areas(["Camden"]), 1, monthly=monthly)
        usual = {
            "harm_per_week": 2.0,
            "harm_low": 1.55,
            "harm_high": 2.5,
            "forecast": 8.6,
            "forecast_low": 4.0,
            "forecast_high": 14.0,
            "trend": "rising",
            "expected_per_week": 1.36,
            "expected_low": 0.0,
            "expected_high": 3.0,
            "expected_all_hours": 2.04,
            "n": 106.0,
            "n_nights": 71.0,
            "n_months": 11,
            "n_in_hours": 40.0,
            "n_context": 0.0,
            "n_places": 4,
            "area_m2": 90_000.0,
            "grid_ref": "TQ 3026 7964",
            "top_caller_share": 0.35,
            "top_point_share": 0.6,
        }
        if monthly:
            usual |= {"n_nights": np.nan, "n_in_hours": np.nan}
        else:
            usual |= {"hours": "Fri–Sat 21:00–01:00"}
        table = HOTSPOTS.for_audience(table.assign(**(usual | values)), marking)
        return describe_hotspot(table.iloc[0], make_classes(table["expected_per_week"]))

    return one


def test_other_rank_by_number(describe: Callable[..., Words]) -> None:
    """Where harm changes the rank, the rank by number stands beside it."""
    assert dict(describe(count_rank=3).facts)["Harm"].endswith("; rank 3 by number of reports")


def test_little_harm(describe: Callable[..., Words]) -> None:
    """Harm that is small is not said to be none."""
    words = describe(harm_per_week=0.04, harm_low=0.001, harm_high=0.12)
    assert dict(words.facts)["Harm"] == "0.04 points a week (mean likely under 0.01 to 0.12)"


def test_not_scored(describe: Callable[..., Words]) -> None:
    """What was not scored or forecast is not spoken of."""
    facts = dict(describe(harm_low=np.nan, forecast=np.nan).facts)
    assert "Harm" not in facts
    assert "Coming month" not in facts


def test_borrowed_hours(describe: Callable[..., Words]) -> None:
    """Hours that are mostly the area's are said to be so."""
    words = describe(own_hours_share=0.2)
    assert dict(words.facts)["When"] == "Fri–Sat 21:00–01:00 (its area's usual hours)"


def test_timed(describe: Callable[..., Words]) -> None:
    """A timed hotspot says when, how many, how sure, what and who."""
    words = describe()
    assert (words.name, words.rank, words.expected) == ("Camden 1", "1", "1.4")
    assert words.where == "On or near High Street 1, TQ 3026 7964"
    assert words.hours == "Fri–Sat 21:00–01:00"
    assert dict(words.facts) == {
        "When": "Fri–Sat 21:00–01:00",
        "Expect": "1.4 reports a week in these hours, likely range 0 to 3; 2.0 a week at any hour",
        "Harm": "2.0 points a week (mean likely 1.6 to 2.5)",
        "Coming month": "9 reports at any hour, likely range 4 to 14; months so far rising",
        "Recorded": "106 reports on 71 nights, 40 of them in these hours",
        "Most often": "nuisance (81 %), Rowdy or inconsiderate behaviour (64 %)",
        "Callers": "35 % from the most frequent caller; 60 % at one exact point",
        "Since the last list": "new",
        "Ground": "4 places, 0.090 km²",
        "Source": "cad",
    }
    assert words.why.startswith("Rank 1 of at most 10")
    assert not words.is_one_caller


def test_monthly(describe: Callable[..., Words]) -> None:
    """Monthly data says that it has no hours, and counts months instead of nights."""
    words = describe(monthly=True)
    facts = dict(words.facts)
    assert words.hours == facts["When"] == "no hours: monthly data"
    assert facts["Expect"] == "1.4 reports a week at any hour, likely range 0 to 3"
    assert facts["Recorded"] == "106 reports in 11 months"


def test_one_of_each(describe: Callable[..., Words]) -> None:
    """One is not plural."""
    facts = dict(describe(n=1.0, n_nights=1.0, n_places=1).facts)
    assert facts["Recorded"].startswith("1 report on 1 night,")
    assert facts["Ground"].startswith("1 place,")


def test_weights_and_context(describe: Callable[..., Words]) -> None:
    """Broken weights keep a decimal; incidents across the border are named."""
    facts = dict(describe(n=1106.5, n_context=4.0).facts)
    assert facts["Recorded"] == (
        "1,106.5 reports on 71 nights, 40 of them in these hours; 4 lie outside the chosen areas"
    )


def test_one_caller(describe: Callable[..., Words]) -> None:
    """A hotspot of one caller is marked."""
    words = describe(is_one_caller=True, top_caller_share=1.0)
    assert words.is_one_caller
    assert dict(words.facts)["Callers"].startswith("100 % from the most frequent caller;")


def test_callers_not_known(describe: Callable[..., Words]) -> None:
    """Missing callers are said to be missing, which is not the same as many."""
    words = describe(top_caller_share=np.nan, top_point_share=np.nan)
    assert dict(words.facts)["Callers"] == "not known"


def test_nothing_more_known(describe: Callable[..., Words]) -> None:
    """Missing location, type and heading leave no empty line and no 'nan'."""
    words = describe(location=None, main_type=None, main_heading=None)
    assert words.where == "TQ 3026 7964"
    assert "Most often" not in dict(words.facts)
    assert "nan" not in str(words).lower()


def test_partner(describe: Callable[..., Words]) -> None:
    """At partner, nothing is said of callers, address and reason."""
    words = describe(marking="partner", is_one_caller=True, top_caller_share=1.0)
    assert words.where == "TQ 3026 7964"
    assert words.why == ""
    assert not words.is_one_caller
    assert "Callers" not in dict(words.facts)
