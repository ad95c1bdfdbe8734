"""The mixed-integer program: the best visits, against every plan there is."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.tasking.program import (
    OPTION_COLUMNS,
    Solution,
    VisitLimits,
    gap_in_words,
    solve_visits,
    value_of,
    worth,
)

FREE = VisitLimits(per_week=7, consecutive_days=14, repeat=1.0, floors={})


def options_of(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Give options of (place, slot, nth, gain), all of group G; a slot's name begins with its day.

    A slot "9a" is on day 9, in week 1.
    """
    made = [
        (place, slot, nth, gain, "G", "", int(slot[0]), int(slot[0]) // 7, False)
        for place, slot, nth, gain in rows
    ]
    return pd.DataFrame(made, columns=list(OPTION_COLUMNS))


def limits(**change: Any) -> VisitLimits:
    """Give limits that bind nowhere but where they are changed."""
    base = {"per_week": 7, "consecutive_days": 14, "repeat": 1.0, "floors": {}}
    return VisitLimits(**(base | change))


def solve(options: pd.DataFrame, room: dict[str, float], **change: Any) -> Solution:
    """Solve to the best; every slot has a team of its own."""
    slots = pd.DataFrame({"team": room.keys(), "visits": room.values()}, index=list(room))
    return solve_visits(options, slots, limits(**change), gap=0)


def solve_one_team(options: pd.DataFrame, *visits: float, **change: Any) -> Solution:
    """Solve to the best, with one team whose slots are 0, 1, 2, …."""
    names = [str(number) for number in range(len(visits))]
    slots = pd.DataFrame({"team": "T", "visits": visits}, index=names)
    return solve_visits(options, slots, limits(**change), gap=0)


def chosen_in(solution: Solution) -> list[str]:
    """Name the visits that were chosen."""
    rows = solution.chosen[["place", "slot", "nth"]].astype("str").to_numpy()
    return sorted(" ".join(row) for row in rows)


class TestByHand:
    """Plans that can be made in the head."""

    def test_the_most_where_it_fits(self) -> None:
        """Two tours with room for one visit each: the better place in each."""
        options = options_of(("a", "0", 0, 3), ("b", "0", 0, 2), ("a", "1", 0, 1), ("b", "1", 0, 2))
        solved = solve(options, {"0": 1, "1": 1})
        assert chosen_in(solved) == ["a 0 0", "b 1 0"]
        assert solved.covered == pytest.approx(5)
        assert solved.gap == pytest.approx(0)

    def test_further_visits_count_for_less(self) -> None:
        """A second visit to a counts half of 3, less than b's 2; without the discount it is a."""
        options = options_of(("a", "0", 0, 3), ("a", "1", 0, 3), ("b", "1", 0, 2))
        room = {"0": 1, "1": 1}
        half = solve(options, room, repeat=0.5)
        assert chosen_in(half) == ["a 0 0", "b 1 0"]
        assert half.covered == pytest.approx(5)
        assert chosen_in(solve(options, room)) == ["a 0 0", "a 1 0"]

    def test_worth(self) -> None:
        """Two and a half visits' worth at a half each: 1 + 1/2 + 1/2 × 1/4."""
        assert worth(np.array([2.5]), 0.5).tolist() == [1.625]
        assert worth(np.array([2.5]), 1.0).tolist() == [2.5]

    def test_value(self) -> None:
        """Gains 4 and 2 in one week are 1.5 of the best: 4 × (1 + 0.5 × 0.5); another is apart."""
        options = options_of(("a", "0", 0, 4), ("a", "1", 0, 2), ("a", "7", 0, 4))
        assert value_of(options, options, 0.5) == pytest.approx(4 * 1.25 + 4)

    def test_visits_a_week(self) -> None:
        """No more visits to a place than the week allows, and again in the next."""
        options = options_of(*[("a", str(day), 0, 10 - day) for day in range(10)])
        room = {str(day): 1 for day in range(10)}
        assert chosen_in(solve(options, room, per_week=2)) == ["a 0 0", "a 1 0", "a 7 0", "a 8 0"]

    def test_days_in_a_row(self) -> None:
        """After two days in a row the third is left out, the one with least."""
        options = options_of(*[("a", str(day), 0, gain) for day, gain in enumerate((3, 1, 3, 3))])
        room = {str(day): 1 for day in range(4)}
        assert chosen_in(solve(options, room, consecutive_days=2)) == ["a 0 0", "a 2 0", "a 3 0"]

    def test_second_visits_follow_first_ones(self) -> None:
        """The second visit of a tour is not made before the first, though they cover alike."""
        options = options_of(("a", "0", 0, 2), ("a", "0", 1, 2), ("b", "0", 0, 1))
        assert chosen_in(solve(options, {"0": 1})) == ["a 0 0"]
        assert chosen_in(solve(options, {"0": 2})) == ["a 0 0", "a 0 1"]

    def test_fixed(self) -> None:
        """What is fixed is made, takes no room, and makes further visits count for less."""
        options = options_of(("a", "0", 0, 3), ("a", "1", 0, 3), ("b", "1", 0, 2))
        options.loc[0, "is_fixed"] = True
        solved = solve(options, {"0": 0, "1": 1}, repeat=0.5)
        assert chosen_in(solved) == ["a 0 0", "b 1 0"]

    def test_floors(self) -> None:
        """A group gets its least number of visits, although it covers less."""
        options = options_of(("a", "0", 0, 3), ("b", "0", 0, 1))
        options["group"] = ["A", "B"]
        assert chosen_in(solve(options, {"0": 1})) == ["a 0 0"]
        assert chosen_in(solve(options, {"0": 1}, floors={"B": 1})) == ["b 0 0"]

    def test_time_is_kept_for_later(self) -> None:
        """Half a visit's time each tour is a visit in every second, in the tours with most."""
        options = options_of(*[("a", str(day), 0, gain) for day, gain in enumerate((9, 1, 3, 4))])
        assert chosen_in(solve_one_team(options, 0.5, 0.5, 0.5, 0.5)) == ["a 2 0", "a 3 0"]
        assert chosen_in(solve_one_team(options, 1, 0, 0.4, 0.4)) == ["a 0 0"]
        # No tour makes more visits than its own time, rounded up.
        assert chosen_in(solve_one_team(options, 0.9, 0.9, 0, 0)) == ["a 1 0"]

    def test_gap_in_words(self) -> None:
        """A gap of nothing, of a little, of more."""
        assert gap_in_words(0.02) == "No plan covers more than 2 % more."


class TestEdges:
    """Nothing to choose from, no room."""

    def test_nothing(self) -> None:
        """Without options nothing is covered, and nothing is better."""
        solved = solve(options_of(), {})
        assert (len(solved.chosen), solved.covered, solved.gap) == (0, 0, 0)

    def test_no_room(self) -> None:
        """A slot that nobody has time for gets no visit, named or not."""
        options = options_of(("a", "0", 0, 3), ("a", "1", 0, 3))
        assert len(solve(options, {"0": 0}).chosen) == 0


PROGRAMS = st.fixed_dictionaries(
    {
        "gains": st.lists(
            st.tuples(st.sampled_from("abc"), st.sampled_from("0123"), st.floats(0.1, 10)),
            min_size=1,
            max_size=8,
            unique_by=lambda row: row[:2],
        ),
        "room": st.tuples(*[st.integers(0, 8).map(lambda n: n / 4)] * 4),
        "repeat": st.floats(0.2, 1),
        "per_week": st.integers(1, 4),
        "consecutive_days": st.integers(1, 4),
    }
)


def is_allowed(plan: pd.DataFrame, given: dict[str, Any]) -> bool:
    """Say whether a plan keeps to all limits, one by one."""
    made = [int((plan["slot"] == slot).sum()) for slot in "0123"]
    time = given["room"]
    if any(n > np.ceil(own) for n, own in zip(made, time, strict=True)):
        return False
    if any(sum(made[: n + 1]) > sum(time[: n + 1]) for n in range(4)):
        return False
    for _, own in plan.groupby("place"):
        if len(own) > given["per_week"]:
            return False
        days = set(own["day"])
        longest = given["consecutive_days"]
        if any(all(day + step in days for step in range(longest + 1)) for day in days):
            return False
    return True


class TestRelations:
    """What must hold for any program, on small ones solved to the best."""

    @given(program=PROGRAMS)
    @settings(max_examples=60)
    def test_against_every_plan(self, program: dict[str, Any]) -> None:
        """Of all plans that keep to the limits none covers more."""
        options = options_of(*[(place, slot, 0, gain) for place, slot, gain in program["gains"]])
        change = {key: program[key] for key in ("repeat", "per_week", "consecutive_days")}
        solved = solve_one_team(options, *program["room"], **change)
        assert is_allowed(solved.chosen, program)
        best = 0.0
        for size in range(len(options) + 1):
            for rows in combinations(range(len(options)), size):
                plan = options.iloc[list(rows)]
                if is_allowed(plan, program):
                    best = max(best, value_of(plan, options, program["repeat"]))
        assert solved.covered == pytest.approx(best, abs=1e-6)
        assert solved.bound >= best - 1e-6

    @given(program=PROGRAMS, rng=st.randoms(use_true_random=False))
    def test_row_order_does_not_matter(self, program: dict[str, Any], rng: Any) -> None:
        """The same plan, whatever the order of the rows."""
        options = options_of(*[(place, slot, 0, gain) for place, slot, gain in program["gains"]])
        order = list(range(len(options)))
        rng.shuffle(order)
        change = {key: program[key] for key in ("repeat", "per_week", "consecutive_days")}
        first = solve_one_team(options, *program["room"], **change)
        again = solve_one_team(options.iloc[order], *program["room"], **change)
        pd.testing.assert_frame_equal(first.chosen, again.chosen)

    @given(program=PROGRAMS, slot=st.integers(0, 3), more=st.floats(0, 2))
    def test_more_time_never_covers_less(
        self, program: dict[str, Any], slot: int, more: float
    ) -> None:
        """With more time in a tour as much is covered, or more."""
        options = options_of(*[(place, slot, 0, gain) for place, slot, gain in program["gains"]])
        change = {key: program[key] for key in ("repeat", "per_week", "consecutive_days")}
        longer = [n + more * (number == slot) for number, n in enumerate(program["room"])]
        less = solve_one_team(options, *program["room"], **change).covered
        assert solve_one_team(options, *longer, **change).covered >= less - 1e-6


class TestMessages:
    """Which limit binds."""

    def test_time_binds(self) -> None:
        """A floor above what the tours have time for."""
        options = options_of(("a", "0", 0, 3), ("b", "0", 0, 1))
        said = (
            "Invalid floor of G '2'. Must be at most 1: the tours have time for 1 visit there: the "
            "minutes bind"
        )
        with pytest.raises(hs.InputError, match=said):
            solve(options, {"0": 1}, floors={"G": 2})

    def test_visits_a_week_bind(self) -> None:
        """A floor above what its places may have."""
        options = options_of(("a", "0", 0, 3), ("a", "1", 0, 1))
        with pytest.raises(hs.InputError, match="the limit of 1 a place and week binds"):
            solve(options, {"0": 1, "1": 1}, floors={"G": 2}, per_week=1)

    def test_nothing_there(self) -> None:
        """A floor of a group without anything to visit."""
        with pytest.raises(hs.InputError, match=r"(?s)Invalid floor of H '1'.*nothing can be"):
            solve(options_of(("a", "0", 0, 3)), {"0": 1}, floors={"H": 1})

    def test_together(self) -> None:
        """Two floors of which each could be met, but not both."""
        options = options_of(("a", "0", 0, 3), ("b", "0", 0, 1))
        options["group"] = ["A", "B"]
        with pytest.raises(hs.InputError, match="Invalid floors 'A 1, B 1'. Must be possible toge"):
            solve(options, {"0": 1}, floors={"A": 1, "B": 1})
