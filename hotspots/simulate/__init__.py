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
from hotspots.simulate.null import Kind, ordinary_week, simulate_null
from hotspots.simulate.simulation import Simulation, Truth, simulate_incidents

__all__ = [
    "Kind",
    "MetRecord",
    "Mode",
    "PoliceUkRecord",
    "Simulation",
    "Truth",
    "ordinary_week",
    "simulate_incidents",
    "simulate_null",
    "write_met_layout",
    "write_police_uk_layout",
]
