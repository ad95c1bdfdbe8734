"""Tours of duty: read, in the week, and on the nights on which the clocks change."""

from typing import Any

import pandas as pd
import pytest

import hotspots as hs
from hotspots.tasking import read_tours
from hotspots.tasking.tours import hours_between


class TestByHand:
    """What was written is what is meant."""

    def test_presets_and_texts(self) -> None:
        """A preset, a name and two hours, and right to midnight."""
        tours = read_tours(["Early", "late turn 15-23", "night"])
        assert tours[0] == hs.Tour("early", 7, 15)
        assert tours[1] == hs.Tour("late turn", 15, 23)
        assert [tour.n_hours for tour in tours] == [8, 8, 9]
        assert read_tours(["day 0-24"])[0].n_hours == 24

    def test_hours_of_week(self) -> None:
        """The night of Sunday ends on Monday, in the first hours of the week."""
        night = hs.Tour("night", 23, 7)
        assert night.hours_of_week(6).tolist() == [167, 0, 1, 2, 3, 4, 5, 6]

    def test_tables(self) -> None:
        """A table says weekdays and share, too."""
        town, late = read_tours(
            [
                {"name": "town", "hours": "18-02", "weekdays": "Fri; saturday", "share": 2},
                {"name": "late", "weekdays": ["Mon"]},
            ]
        )
        assert town == hs.Tour("town", 18, 2, (4, 5), 2)
        assert late == hs.Tour("late", 15, 23, (0,))


class TestClocks:
    """Nights of 7 and 9 hours of 8."""

    @pytest.mark.parametrize(
        ("tour", "date", "hours"),
        [
            (hs.Tour("night", 23, 7), "2026-03-28", 7),  # 01:00 GMT is 02:00 BST on 29 March
            (hs.Tour("night", 23, 7), "2026-10-24", 9),  # 02:00 BST is 01:00 GMT on 25 October
            (hs.Tour("night", 23, 7), "2026-06-01", 8),
            (hs.Tour("begins in the missing hour", 1, 9), "2026-03-29", 7),
            (hs.Tour("ends in the missing hour", 17, 1), "2026-03-28", 8),
            (hs.Tour("begins in the double hour", 1, 9), "2026-10-25", 9),
            (hs.Tour("ends in the double hour", 17, 1), "2026-10-24", 8),
            (hs.Tour("all of the missing hour", 1, 2), "2026-03-29", 0),
        ],
    )
    def test_length(self, tour: hs.Tour, date: str, hours: int) -> None:
        """Real hours, not those by the clock."""
        start, end = tour.on(pd.Timestamp(date))
        assert (end - start) == pd.Timedelta(hours=hours)
        assert len(hours_between(start, end)) == hours

    def test_hours_of_the_long_night(self) -> None:
        """Sunday 01:00 comes twice on 25 October, and is left out on 29 March."""
        night = hs.Tour("night", 23, 7)
        long = hours_between(*night.on(pd.Timestamp("2026-10-24")))
        assert long.tolist() == [143, 144, 145, 145, 146, 147, 148, 149, 150]
        short = hours_between(*night.on(pd.Timestamp("2026-03-28")))
        assert short.tolist() == [143, 144, 146, 147, 148, 149, 150]


class TestMessages:
    """What the analyst reads."""

    @pytest.mark.parametrize("text", ["noon", "late 15-25", "late 24-3", "15-23", 3])
    def test_bad_tour(self, text: Any) -> None:
        """A tour that cannot be read is named with an example."""
        with pytest.raises(hs.InputError, match=rf"Invalid tours '{text}'.*'late 14-22'"):
            read_tours((text,))

    @pytest.mark.parametrize("given", ["late", (), 3, None])
    def test_no_list(self, given: Any) -> None:
        """One text is not a list of tours."""
        with pytest.raises(hs.InputError, match="Must be a list of tours"):
            read_tours(given)

    def test_two_tours_of_one_name(self) -> None:
        """Tours need different names."""
        with pytest.raises(hs.InputError, match="Must have different names"):
            read_tours(("a 1-2", "a 3-4"))

    def test_overlap(self) -> None:
        """Two hours are a handover, three are not; nor over midnight and the end of the week."""
        assert len(read_tours(["early 07-15", "late 13-21"])) == 2
        with pytest.raises(hs.InputError, match="'late 12-20': they overlap by 3"):
            read_tours(["early 07-15", "late 12-20"])
        sunday = {"name": "sun", "hours": "20-06", "weekdays": "Sun"}
        monday = {"name": "mon", "hours": "0-06", "weekdays": "Mon"}
        with pytest.raises(hs.InputError, match="they overlap by 6 hours"):
            read_tours([sunday, monday])
        assert len(read_tours([sunday, monday | {"weekdays": "Tue"}])) == 2

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ({"hours": "18-02"}, "Must be a table with 'name'"),
            ({"name": "town", "hour": "18-02"}, "Must be a table with 'name'"),
            ({"name": "late", "weekdays": "Fry"}, "Invalid weekdays .*'Fry'"),
            ({"name": "late", "weekdays": "Fri, Fri"}, "Must be different days"),
            ({"name": "late", "weekdays": 5}, "Invalid weekdays"),
            ({"name": "late", "share": 0}, "Invalid share of the tour 'late' '0'"),
            ({"name": "late", "share": "half"}, "Invalid share"),
        ],
    )
    def test_bad_table(self, table: dict[str, Any], said: str) -> None:
        """Each part of a table is checked."""
        with pytest.raises(hs.InputError, match=said):
            read_tours([table])

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (("", 1, 2), "Invalid name of a tour"),
            (("late", -1, 2), "Invalid start_hour of the tour 'late' '-1'"),
            (("late", 1, 24), "Invalid end_hour"),
            (("late", 1.5, 2), "Must be an hour from 0 to 23"),
            (("late", 1, 2, ()), "Invalid weekdays"),
            (("late", 1, 2, (7,)), "Invalid weekdays"),
        ],
    )
    def test_bad_fields(self, given: tuple[Any, ...], said: str) -> None:
        """A tour made in Python is checked as well."""
        with pytest.raises(hs.InputError, match=said):
            hs.Tour(*given)
