"""Write a simulated year in the layouts that the reader takes.

The Met's `MPS_Antisocial_Behaviour.csv` has hours and team areas but no points; the street files of
data.police.uk have points but only months.
"""

from hotspots.simulate.met_layout import MET_COLUMNS, MetRecord, write_met_layout
from hotspots.simulate.police_uk_layout import (
    POLICE_UK_COLUMNS,
    PoliceUkRecord,
    write_police_uk_layout,
)

__all__ = [
    "MET_COLUMNS",
    "POLICE_UK_COLUMNS",
    "MetRecord",
    "PoliceUkRecord",
    "write_met_layout",
    "write_police_uk_layout",
]
