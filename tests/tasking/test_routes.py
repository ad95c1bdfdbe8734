"""Routes: in order, in time, walked where that can be done."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.tasking.routes import Leg, Stop, plan_routes, way


class TestByHand:
    """Ways that can be reckoned."""

    def test_way(self) -> None:
        """800 m in the street are 1,040 m and 13 minutes; 4 km are driven: 5 + 20.8 minutes."""
        assert way(Stop("a", 0, 0, 0), Stop("b", 0, 800, 0)) == pytest.approx((1040, 13, True))
        assert way(Stop("a", 0, 0, 0), Stop("b", 0, 0, 4000)) == pytest.approx((5200, 25.8, False))

    def test_one_hour_goes_the_shortest_way(self) -> None:
        """Of three on a line in one hour, from one end to the other."""
        stops = [Stop("b", 60, 400, 0), Stop("a", 60, 0, 0), Stop("c", 60, 800, 0)]
        legs = plan_routes(stops, 480)
        assert [leg.key for leg in legs] in (["a", "b", "c"], ["c", "b", "a"])
        # 400 m are 520 m of street, 6.5 minutes.
        assert [leg.arrive for leg in legs] == pytest.approx([60, 81.5, 103])
        assert [leg.metres for leg in legs] == pytest.approx([0, 520, 520])
        assert [leg.order for leg in legs] == [1, 2, 3]

    def test_hours_come_first(self) -> None:
        """A visit of a later hour is made later, wherever it is; there is time to wait."""
        stops = [Stop("late", 240, 0, 0), Stop("early", 0, 0, 0), Stop("mid", 120, 900, 0)]
        legs = plan_routes(stops, 480)
        assert [(leg.key, leg.arrive) for leg in legs] == [
            ("early", 0),
            ("mid", 120),
            ("late", 240),
        ]

    def test_the_last_hour(self) -> None:
        """Two visits of the last hour are both made before the tour ends."""
        legs = plan_routes([Stop("a", 420, 0, 0, 30), Stop("b", 420, 800, 0, 30)], 480)
        assert [(leg.arrive, leg.leave) for leg in legs] == [(407, 437), (450, 480)]

    def test_a_second_crew(self) -> None:
        """Five quarters do not fit into an hour: the fifth visit has a crew of its own."""
        stops = [Stop(name, 0, 0, 0) for name in "abcde"]
        legs = plan_routes(stops, 60)
        assert [(leg.route, leg.order) for leg in legs] == [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1)]

    def test_nothing(self) -> None:
        """No visits, no route."""
        assert plan_routes([], 480) == []


class TestRelations:
    """What must hold for any visits."""

    @given(
        points=st.lists(
            st.tuples(st.integers(0, 7), st.integers(0, 5000), st.integers(0, 5000)),
            min_size=1,
            max_size=12,
        ),
        visit=st.integers(5, 60),
    )
    def test_in_the_tour_and_one_after_the_other(
        self, points: list[tuple[int, int, int]], visit: int
    ) -> None:
        """Every visit once, inside the tour, and nobody is in two places or comes too soon."""
        stops = [Stop(key, 60 * hour, x, y, visit) for key, (hour, x, y) in enumerate(points)]
        legs = plan_routes(stops, 480)
        assert sorted(int(str(leg.key)) for leg in legs) == list(range(len(points)))
        routes: dict[int, list[Leg]] = {}
        for leg in legs:
            routes.setdefault(leg.route, []).append(leg)
            assert leg.arrive >= -1e-9
            assert leg.leave <= 480 + 1e-9
            assert leg.leave - leg.arrive == pytest.approx(visit)
        for own in routes.values():
            gaps = [two.arrive - one.leave - two.minutes for one, two in zip(own, own[1:])]  # noqa: B905, RUF007
            assert np.all(np.array(gaps) >= -1e-6)
