"""Team capacity: from posts to minutes that can truly be delivered."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.tables import TEAM_TOURS

MONDAY = "2026-06-01"
TEAM = hs.Team(
    "North",
    posts={"pc": 4, "pcso": 2},
    vacancies={"pcso": 1},
    leave=0.2,
    abstraction={"pc": 0.25},
)


def absences(**change: Any) -> pd.DataFrame:
    """Give a calendar of one row."""
    row = {
        "team": "North",
        "rank": "pc",
        "kind": "leave",
        "first_day": MONDAY,
        "last_day": MONDAY,
        "officers": 1,
    }
    return pd.DataFrame([row | change])


class TestByHand:
    """Every step worked out."""

    def test_rates(self) -> None:
        """Posts less vacancies, leave and abstraction, over tours, by share and delivery."""
        capacity = hs.team_capacity([TEAM], start=MONDAY)
        TEAM_TOURS.validate(capacity.tours)
        # Constables: 4 × 0.8 = 3.2, a quarter of them abstracted; PCSOs: 1 × 0.8.
        assert capacity.strength["on_leave"].tolist() == pytest.approx([0.8, 0.2])
        assert capacity.strength["abstracted"].tolist() == pytest.approx([0.8, 0])
        assert capacity.strength["available"].tolist() == pytest.approx([2.4, 0.8])
        # 3.2 officers × 5 tours a week / 14 tours; × 480 minutes × 0.25 × 0.6.
        assert len(capacity.tours) == 28
        assert capacity.tours["officers"].to_numpy() == pytest.approx(3.2 * 5 / 14)
        assert capacity.tours["minutes_on_duty"].to_numpy() == pytest.approx(3.2 * 5 / 14 * 480)
        assert capacity.tours["minutes"].to_numpy() == pytest.approx(3.2 * 5 / 14 * 72)
        assert capacity.tours.index[0] == "North 2026-06-01 early"

    def test_shares_and_weekdays(self) -> None:
        """Duties follow the tours' shares, and no officer works twice on one day."""
        team = hs.Team(
            "A",
            posts={"pc": 1},
            leave=0,
            abstraction=0,
            tours=(hs.Tour("late", 15, 23, (0, 1), 3), hs.Tour("night", 23, 7, (1,), 1)),
            tours_per_week=3,
        )
        tours = hs.team_capacity([team], start=MONDAY, days=7).tours
        # Shares 3, 3 and 1 of 7: 9/7 on Monday, of which one officer can work 1; 12/7 on Tuesday,
        # of which 1, 3 to 1.
        assert tours["date"].tolist() == ["2026-06-01", "2026-06-02", "2026-06-02"]
        assert tours["officers"].tolist() == pytest.approx([1, 0.75, 0.25])

    def test_calendar_takes_the_place_of_the_rate(self) -> None:
        """One constable away on Monday: no rate of leave, and that of abstraction as before."""
        calendar = absences()
        tours = hs.team_capacity([TEAM], start=MONDAY, days=2, absences=calendar).tours
        # (4 − 1) × 0.75 + 1 on Monday, 4 × 0.75 + 1 on Tuesday.
        assert tours["officers"].to_numpy()[::2] == pytest.approx(np.array([3.25, 4]) * 5 / 14)

    def test_all_of_a_rank_named(self) -> None:
        """Four constables taken for aid leave none, whatever the rate of leave says."""
        calendar = absences(kind="abstraction", officers=4)
        strength = hs.team_capacity([TEAM], start=MONDAY, days=1, absences=calendar).strength
        assert strength["abstracted"].tolist() == [4, 0]
        assert strength["on_leave"].tolist() == pytest.approx([0, 0.2])
        assert strength["available"].tolist() == pytest.approx([0, 0.8])

    def test_all_vacant(self) -> None:
        """A team that has lost everybody has no minutes, and that is said."""
        team = hs.Team("A", posts={"pc": 2}, vacancies={"pc": 2})
        capacity = hs.team_capacity([team], start=MONDAY)
        assert capacity.tours["minutes"].sum() == 0
        assert capacity.remarks == ("A has no officer: all 2 posts are vacant.",)
        more = capacity.with_officers(1)
        # 0.85 × 0.85 of one officer, 5 tours a week.
        assert more.tours["officers"].to_numpy() == pytest.approx(0.7225 * 5 / 14)

    def test_more_and_fewer_officers(self) -> None:
        """An officer more is away as often as the others; a team does not fall below none."""
        capacity = hs.team_capacity([TEAM], start=MONDAY)
        # The five are present 0.6 (4 times) and 0.8: 3.2 of 5.
        more = capacity.with_officers(2)
        assert more.extra_officers == 2
        assert more.tours["officers"].to_numpy() == pytest.approx((3.2 + 2 * 0.64) * 5 / 14)
        assert capacity.with_officers(-9).tours["minutes"].sum() == 0

    def test_clock_change(self) -> None:
        """A night of nine hours has nine hours' minutes, and that is said."""
        team = hs.Team(
            "A", posts={"pc": 7}, leave=0, abstraction=0, tours=[hs.Tour("night", 23, 7)]
        )
        capacity = hs.team_capacity([team], start="2026-10-23", days=2)
        assert capacity.tours["minutes_on_duty"].tolist() == pytest.approx([5 * 480, 5 * 540])
        assert capacity.remarks == (
            "The clocks change in the night tour of 24 October 2026: it has 9 hours and not 8.",
        )

    def test_repr(self) -> None:
        """The first questions are answered."""
        assert repr(hs.team_capacity([TEAM], start=MONDAY)) == (
            "<Capacity: 1 team, 1 June 2026 to 14 June 2026; 6 posts, 1 vacant, 3.2 officers "
            "available; 38 officer-hours for hotspots>"
        )


class TestEdges:
    """Files, and days without a tour."""

    def test_files(self, tmp_path: Path) -> None:
        """Teams and absences can be files."""
        (tmp_path / "teams.csv").write_text("team,rank,posts\nNorth,pc,4\n")
        absences().to_csv(tmp_path / "away.csv", index=False)
        capacity = hs.team_capacity(
            tmp_path / "teams.csv", start=MONDAY, absences=tmp_path / "away.csv"
        )
        assert capacity.strength["on_leave"].tolist() == pytest.approx([1 / 14])

    def test_no_tour_on_the_days(self) -> None:
        """A tour of Fridays gives nothing on a Monday."""
        team = hs.Team("A", posts={"pc": 1}, tours=(hs.Tour("late", 15, 23, (4,)),))
        capacity = hs.team_capacity([team], start=MONDAY, days=1)
        TEAM_TOURS.validate(capacity.tours)
        assert len(capacity.tours) == 0


class TestRelations:
    """What must hold whatever the numbers."""

    @given(
        posts=st.lists(st.floats(0.5, 50), min_size=1, max_size=3),
        leave=st.floats(0, 0.99),
        abstraction=st.floats(0, 0.99),
        per_week=st.floats(0.1, 7),
        extra=st.integers(-3, 3),
    )
    def test_never_more_than_there_are(
        self, posts: list[float], leave: float, abstraction: float, per_week: float, extra: int
    ) -> None:
        """Nobody works twice a day, no minute is delivered that is not worked; more give more."""
        team = hs.Team(
            "A",
            posts={f"rank {number}": n for number, n in enumerate(posts)},
            leave=leave,
            abstraction=abstraction,
            tours_per_week=per_week,
        )
        capacity = hs.team_capacity([team], start=MONDAY, days=7)
        on_day = capacity.tours.groupby("date")["officers"].sum()
        assert (on_day <= sum(posts) + 1e-9).all()
        assert (capacity.tours["minutes"] <= capacity.tours["minutes_on_duty"]).all()
        # Over the week every available officer works the tours of the week.
        available = capacity.strength["available"].sum()
        assert on_day.sum() == pytest.approx(available * per_week)
        more = capacity.with_officers(extra).tours["minutes"].sum()
        assert np.sign(round(more - capacity.tours["minutes"].sum(), 9)) in (0, np.sign(extra))


class TestMessages:
    """What the analyst reads."""

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"start": "soon"}, "Invalid start 'soon'"),
            ({"days": 0}, "Invalid days '0'. Must be a whole number from 1 to 366"),
            ({"days": 1.5}, "Invalid days '1.5'"),
            ({"extra_officers": "two"}, "Invalid extra_officers 'two'"),
            ({"absences": 3}, "Invalid absences 'int'"),
            ({"absences": "none.csv"}, "Cannot read the absences 'none.csv'"),
            ({"absences": pd.DataFrame({"team": []})}, "a table without rank, kind"),
            ({"absences": absences(team="Nort")}, "Line 2: Invalid team 'Nort'.*Did you mean"),
            ({"absences": absences(rank="sergeant")}, "Must be one of the team's: pc, pcso"),
            ({"absences": absences(kind="ill")}, "Invalid kind 'ill'"),
            ({"absences": absences(last_day="2026-05-01")}, "Invalid last_day '2026-05-01'"),
            ({"absences": absences(first_day="?")}, "Invalid first_day"),
            ({"absences": absences(officers=-1)}, "Invalid officers '-1'"),
            (
                {"absences": absences(officers=5)},
                "5 of rank 'pc' away on 1 June 2026. Must be at most 4",
            ),
        ],
    )
    def test_bad_input(self, change: dict[str, Any], said: str) -> None:
        """What is wrong, what was given, what is allowed."""
        with pytest.raises(hs.InputError, match=f"(?s){said}"):
            hs.team_capacity([TEAM], **({"start": MONDAY} | change))
