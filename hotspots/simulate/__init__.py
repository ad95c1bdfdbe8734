"""A London year with known truth: simulated incidents, what was planted, and files of them.

Everything here is simulated and says so; none of it is evidence about London.
"""

from hotspots.simulate.frames import Mode
from hotspots.simulate.layouts import (
    MetRecord,
    PoliceUkRecord,
    write_met_layout,
    write_police_uk_layout,
)
from hotspots.simulate.simulation import Simulation, Truth, simulate_incidents

__all__ = [
    "MetRecord",
    "Mode",
    "PoliceUkRecord",
    "Simulation",
    "Truth",
    "simulate_incidents",
    "write_met_layout",
    "write_police_uk_layout",
]
