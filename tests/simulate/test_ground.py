"""Boroughs, team areas and cells."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.areas import load_boroughs
from hotspots.errors import InputError
from hotspots.simulate import Simulation
from hotspots.simulate.ground import choose_boroughs, lay_ground, make_team_areas
from hotspots.tables import AREAS, check_areas

CAMDEN = "E09000007"
# Cutting polygons rounds their corners; a square metre is far below what that could cost a user.
ROUNDING_M2 = 1.0


class TestByHand:
    """Known names and codes."""

    def test_names_and_codes(self) -> None:
        """Names and codes in any case, given twice, are one borough each."""
        assert choose_boroughs(["camden", "E09000033", "e09000007"]) == [CAMDEN, "E09000033"]
        assert choose_boroughs("Camden") == [CAMDEN]

    def test_team_names(self) -> None:
        """Codes and names say which borough, which number, and that it is simulated."""
        areas = make_team_areas([CAMDEN])
        assert areas.index[2] == "SIM-E09000007-03"
        assert areas["name"].iloc[2] == "Camden team area 3 (simulated)"
        assert areas["name"].str.endswith("(simulated)").all()
        assert areas.centroid.y.iloc[0] > areas.centroid.y.iloc[-1] + 1000


class TestEdges:
    """All of London, and its borders."""

    def test_number_of_teams(self, london: Simulation) -> None:
        """Each borough has 19 or 20 team areas, London 600 to 630."""
        areas = london.team_areas
        AREAS.validate(areas)
        check_areas(areas)
        assert set(areas.groupby("borough").size()) == {19, 20}
        assert 600 <= len(areas) <= 630

    def test_teams_cover_the_boroughs(self, london: Simulation) -> None:
        """The team areas of a borough together are the borough, and do not overlap."""
        boroughs = load_boroughs()
        for code, areas in london.team_areas.groupby("borough"):
            whole = boroughs.geometry[code]
            assert shapely.union_all(areas.geometry.to_numpy()).symmetric_difference(
                whole
            ).area == pytest.approx(0, abs=ROUNDING_M2)
            assert areas.area.sum() == pytest.approx(whole.area, abs=ROUNDING_M2)

    def test_teams_are_compact(self, london: Simulation) -> None:
        """No area is a splinter or a third of its borough."""
        area = london.team_areas.area
        share = area / area.groupby(london.team_areas["borough"]).transform("sum")
        assert share.min() > 0.01
        assert share.max() < 0.15

    def test_cells_cover_the_boroughs(self) -> None:
        """The 100 m cells of all boroughs have their area within half a percent, each once."""
        grounds = [lay_ground(code) for code in choose_boroughs(None)]
        n_cells = sum(len(ground.easting) for ground in grounds)
        assert n_cells * 100**2 == pytest.approx(load_boroughs().area.sum(), rel=0.005)
        cells = np.concatenate([np.column_stack([ground.column, ground.row]) for ground in grounds])
        assert len(np.unique(cells, axis=0)) == n_cells


class TestReference:
    """Against shapely's own point-in-polygon test."""

    def test_points_lie_in_their_team_area(self, london: Simulation) -> None:
        """The nearest middle gives the area whose polygon holds the point."""
        sample = london.incidents.sample(2000, random_state=1)
        polygons = london.team_areas.geometry.loc[sample["area_code"]]
        distance = shapely.distance(polygons.to_numpy(), sample.geometry.to_numpy())
        assert distance.max() < 0.01

    def test_points_lie_in_their_borough(self, london: Simulation, snapped: Simulation) -> None:
        """No incident is outside the borough that it is said to be in, snapped or not."""
        boroughs = load_boroughs()
        for simulation in (london, snapped):
            for code, part in simulation.incidents.groupby("borough"):
                points = shapely.get_coordinates(part.geometry.to_numpy())
                assert shapely.contains_xy(boroughs.geometry[code], points).all()

    def test_snapping_crosses_borders(self, london: Simulation, snapped: Simulation) -> None:
        """As with real map points, a few incidents come to lie in the next borough."""
        crossed = (snapped.incidents["borough"] != london.incidents["borough"]).mean()
        assert 0 < crossed < 0.01


class TestRelations:
    """What must hold whatever is given."""

    @settings(max_examples=10, deadline=None)
    @given(codes=st.permutations([CAMDEN, "E09000033", "E09000012"]))
    def test_order_does_not_matter(self, codes: list[str]) -> None:
        """Boroughs come in the order of their codes however they are asked for."""
        assert choose_boroughs(codes) == sorted(codes)

    def test_areas_do_not_depend_on_chance(self, london: Simulation, camden: Simulation) -> None:
        """Another simulation has the same team areas."""
        mine = london.team_areas[london.team_areas["borough"] == CAMDEN]
        assert mine.geometry.geom_equals(camden.team_areas.geometry).all()


class TestMessages:
    """What is said about a wrong borough."""

    def test_unknown(self) -> None:
        """All unknown names are listed, with the nearest spelling."""
        with pytest.raises(InputError, match=r"'Camdn', 'Atlantis'.*Did you mean 'Camden'"):
            choose_boroughs(["Camdn", "Atlantis", "Brent"])

    def test_city(self) -> None:
        """The City of London is not policed by the Met."""
        with pytest.raises(InputError, match="Invalid boroughs 'City of London'"):
            choose_boroughs(["City of London"])

    def test_none_at_all(self) -> None:
        """An empty list is not all boroughs."""
        with pytest.raises(InputError, match="Invalid boroughs"):
            choose_boroughs([])
