"""One simulated London for all tests that only look."""

import pytest

from hotspots.simulate import Simulation, simulate_incidents

REAL_N = 235_759
"""Incidents of the real year to which the field of places was fitted."""


@pytest.fixture(scope="session")
def london() -> Simulation:
    """Simulate a year of all 32 boroughs, as large as the real one."""
    return simulate_incidents(REAL_N, rng=1)


@pytest.fixture(scope="session")
def snapped() -> Simulation:
    """Simulate the same year with points moved to map points."""
    return simulate_incidents(REAL_N, mode="snapped", rng=1)


@pytest.fixture(scope="session")
def camden() -> Simulation:
    """Simulate a year of one borough."""
    return simulate_incidents(6000, boroughs=["Camden"], rng=1)
