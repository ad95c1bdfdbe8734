"""How bad, and how likely next? Weekly intensity, and the hotspots found from it."""

from hotspots.risk.describe import describe_hotspots
from hotspots.risk.hotspots import HotspotList, find_hotspots, grow_hotspot
from hotspots.risk.intensity import Intensity, weekly_intensity

__all__ = [
    "HotspotList",
    "Intensity",
    "describe_hotspots",
    "find_hotspots",
    "grow_hotspot",
    "weekly_intensity",
]
