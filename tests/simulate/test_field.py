"""Where it is busy: concentration as measured in London."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hotspots.areas import load_boroughs
from hotspots.simulate import Simulation
from hotspots.simulate.facts import load_facts
from hotspots.simulate.field import (
    MOST_ADDRESSES,
    draw_addresses,
    draw_cells,
    draw_places,
    locate_addresses,
)
from hotspots.simulate.ground import lay_ground

from .conftest import REAL_N

CAMDEN = "E09000007"
HEXAGON_SIDE = 100.0
SQUARE_SIDE = 150.0
FITTED = load_facts().fitted["places"]


def hexagon_of(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the number of the pointed-top hexagon of each point (by rounding cube coordinates)."""
    q, r = (np.sqrt(3) / 3 * x - y / 3) / HEXAGON_SIDE, (2 / 3 * y) / HEXAGON_SIDE
    cube = np.stack([q, r, -q - r])
    near = np.round(cube)
    worst = np.abs(near - cube).argmax(axis=0)
    others = near.sum(axis=0) - np.take_along_axis(near, worst[None], axis=0)[0]
    np.put_along_axis(near, worst[None], -others[None], axis=0)
    return (near[0] * 1_000_000 + near[1]).astype(np.int64)


def square_of(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the number of the 150 m square of each point."""
    return (np.floor(x / SQUARE_SIDE) * 1_000_000 + np.floor(y / SQUARE_SIDE)).astype(np.int64)


def count_by_month(places: NDArray[np.int64], months: NDArray[np.int64]) -> NDArray[np.float64]:
    """Count incidents in each place (row) and month (column)."""
    different, row = np.unique(places, return_inverse=True)
    counts = np.zeros((len(different), 12))
    np.add.at(counts, (row, months - 1), 1)
    return counts


def predicted_shares(counts: NDArray[np.float64], place_m2: float, land_m2: float) -> list[float]:
    """Give the share of a month's incidents on the land that ranked highest before it."""
    land_shares = load_facts().published["concentration"]["land_shares"]
    found = []
    for month in range(6, 12):
        order = np.argsort(-counts[:, :month].sum(axis=1), kind="stable")
        covered = np.cumsum(counts[order, month]) / counts[:, month].sum()
        ends = [int(share * land_m2 / place_m2) for share in land_shares]
        found.append([covered[min(end, len(covered)) - 1] for end in ends])
    return list(np.mean(found, axis=0))


HEXAGON_M2 = 3 * np.sqrt(3) / 2 * HEXAGON_SIDE**2


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_shares_add_up(self) -> None:
        """The shares of each borough's cells add up to 1; 42 % of its cells have one."""
        grounds = [lay_ground(CAMDEN), lay_ground("E09000033")]
        places = draw_places(grounds, FITTED, np.random.default_rng(1))
        for index in range(2):
            share = places.share[places.cells_of(index)]
            assert share.sum() == pytest.approx(1)
            assert (share > 0).mean() == pytest.approx(0.42, abs=0.001)

    def test_addresses_of_a_cell(self) -> None:
        """With two addresses the first has 1 / (1 + 1/2) = two thirds of the incidents."""
        places = draw_places([lay_ground(CAMDEN)], FITTED, np.random.default_rng(1))
        cell = int(np.flatnonzero(places.n_addresses == 2)[0])
        drawn = draw_addresses(np.full(30_000, cell), places, np.random.default_rng(2))
        numbers = drawn - cell * MOST_ADDRESSES
        assert set(numbers.tolist()) == {0, 1}
        # Standard error: sqrt(2/9 / 30,000) = 0.003.
        assert (numbers == 0).mean() == pytest.approx(2 / 3, abs=0.01)


class TestEdges:
    """One incident, and the borders of cells and boroughs."""

    def test_nobody(self) -> None:
        """No incidents need no cells."""
        places = draw_places([lay_ground(CAMDEN)], FITTED, np.random.default_rng(1))
        none = np.empty(0, dtype=np.int64)
        assert len(draw_cells(none, none, places, 0.5, np.random.default_rng(1))) == 0

    def test_addresses_stay_in_their_cell(self) -> None:
        """An address is at most half a cell from the middle, and always the same point."""
        places = draw_places([lay_ground(CAMDEN)], FITTED, np.random.default_rng(1))
        addresses = np.repeat(np.arange(len(places.share)) * MOST_ADDRESSES, 2)
        x, y = locate_addresses(addresses, places, np.random.default_rng(2))
        assert np.abs(x[::2] - places.easting).max() <= 50
        assert (x[::2] == x[1::2]).all()
        assert (y[::2] == y[1::2]).all()

    def test_empty_cells_have_no_incidents(self, london: Simulation) -> None:
        """Ordinary incidents lie where the rate is above zero."""
        truth = london.truth
        ordinary = truth.incidents[truth.incidents["hotspot_id"].isna()]
        lived_in = truth.places[truth.places["rate"] > 0]
        cells = set(zip(lived_in["easting"] // 100, lived_in["northing"] // 100, strict=True))
        # Extra calls come from up to 30 m away and addresses reach to the cell's very edge.
        first = ordinary.drop_duplicates("episode")
        found = [
            cell in cells
            for cell in zip(first["easting"] // 100, first["northing"] // 100, strict=True)
        ]
        assert np.mean(found) > 0.99


class TestReference:
    """Against real London."""

    @pytest.mark.parametrize("mode", ["timed", "snapped"])
    def test_concentration_in_hexagons(
        self, london: Simulation, snapped: Simulation, mode: str
    ) -> None:
        """Ranked by the months before, few hexagons hold as much as in real London (± 12 %)."""
        incidents = {"timed": london, "snapped": snapped}[mode].incidents
        counts = count_by_month(
            hexagon_of(incidents.geometry.x.to_numpy(), incidents.geometry.y.to_numpy()),
            incidents["start"].dt.month.to_numpy(),
        )
        found = predicted_shares(counts, HEXAGON_M2, load_boroughs().area.sum())
        real = load_facts().published["concentration"]["report_shares"]
        assert found == pytest.approx(real, rel=0.12)

    def test_concentration_in_squares(self, london: Simulation) -> None:
        """The same holds for 150 m squares, the size at which patrols are planned."""
        incidents = london.incidents
        counts = count_by_month(
            square_of(incidents.geometry.x.to_numpy(), incidents.geometry.y.to_numpy()),
            incidents["start"].dt.month.to_numpy(),
        )
        found = predicted_shares(counts, SQUARE_SIDE**2, load_boroughs().area.sum())
        real = load_facts().published["concentration"]["report_shares"]
        assert found == pytest.approx(real, rel=0.12)

    def test_months_vary_beyond_chance(self, london: Simulation) -> None:
        """Counts of busy hexagons vary from month to month about as in London: 2 to 2.6 times.

        Real: variance over mean 1.24 where 5 to 12 a year were reported, 2.02 at 48 to 96.
        """
        incidents = london.incidents
        counts = count_by_month(
            hexagon_of(incidents.geometry.x.to_numpy(), incidents.geometry.y.to_numpy()),
            incidents["start"].dt.month.to_numpy(),
        )
        year, month = counts.sum(axis=1), counts.sum(axis=0) / counts.sum()

        def dispersion(least: int, most: int) -> float:
            rows = (year >= least) & (year < most)
            expected = year[rows, None] * month
            return float(((counts[rows] - expected) ** 2 / expected).sum() / (rows.sum() * 11))

        assert dispersion(5, 12) == pytest.approx(1.24, rel=0.2)
        assert dispersion(48, 96) == pytest.approx(2.02, rel=0.2)

    def test_share_of_hexagons_with_any(self, london: Simulation) -> None:
        """In a year about 39 % of London's hexagons had a report, half of those at most five."""
        points = london.incidents.geometry
        counts = np.unique(
            hexagon_of(points.x.to_numpy(), points.y.to_numpy()), return_counts=True
        )[1]
        land = load_boroughs().area.sum()
        assert len(counts) * HEXAGON_M2 / land == pytest.approx(0.385, rel=0.15)
        assert 4 <= np.median(counts) <= 6

    def test_incidents_share_addresses(self, london: Simulation) -> None:
        """As real incidents do, most lie exactly where another does."""
        at_point = london.truth.incidents.groupby(["easting", "northing"])["episode"].transform(
            "size"
        )
        assert (at_point > 1).mean() > 0.5

    @pytest.mark.acceptance
    def test_figures_of_the_real_year(self, shared_data: Path) -> None:
        """The published concentration is what the real hexagons give."""
        path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
        real = pd.read_parquet(path).query("LAD24NM.notna()")
        assert real["asb_count"].sum() == REAL_N
        month = pd.factorize(real["month"], sort=True)[0]
        row = real.groupby(["hex_q", "hex_r"]).ngroup().to_numpy()
        counts = np.zeros((row.max() + 1, 12))
        np.add.at(counts, (row, month), real["asb_count"].to_numpy())
        published = load_facts().published["concentration"]
        found = predicted_shares(counts, HEXAGON_M2, published["land_m2"])
        assert published["report_shares"] == pytest.approx(found, abs=0.001)


class TestRelations:
    """What must hold whatever is given."""

    def test_places_add_up_to_the_ordinary_incidents(self, london: Simulation) -> None:
        """The rates of all places are the incidents that nobody planted."""
        truth = london.truth.incidents
        planted = truth["hotspot_id"].notna() | truth["chronic_id"].notna()
        assert london.truth.places["rate"].sum() == pytest.approx((~planted).sum())

    def test_snapping_moves_points_to_map_points(
        self, london: Simulation, snapped: Simulation
    ) -> None:
        """Every snapped point is one of the map points, the nearest, and less than 150 m away."""
        truth = london.truth
        points = set(zip(truth.places["map_easting"], truth.places["map_northing"], strict=True))
        moved = snapped.incidents.geometry
        assert set(zip(moved.x, moved.y, strict=True)) <= points
        distance = np.hypot(
            moved.x - truth.incidents["easting"], moved.y - truth.incidents["northing"]
        )
        stated = snapped.incidents["location_precision_m"].iloc[0]
        assert (distance <= stated).mean() > 0.99
        assert distance.max() < 2 * stated
        assert (
            len(set(zip(moved.x, moved.y, strict=True)))
            < truth.incidents.groupby(["easting", "northing"]).ngroups
        )
