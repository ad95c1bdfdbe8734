"""How bad, and how likely next? Weekly intensity, and the hotspots found from it."""

from hotspots.risk.candidates import grow_hotspot
from hotspots.risk.describe import describe_hotspots
from hotspots.risk.details import Details, DetailTask, gathered, latest_days
from hotspots.risk.evidence import with_own_hours
from hotspots.risk.hotspots import HotspotList, find_hotspots
from hotspots.risk.intensity import Intensity, weekly_intensity
from hotspots.risk.matching import HotspotMatch, match_hotspots

__all__ = [
    "DetailTask",
    "Details",
    "HotspotList",
    "HotspotMatch",
    "Intensity",
    "describe_hotspots",
    "find_hotspots",
    "gathered",
    "grow_hotspot",
    "latest_days",
    "match_hotspots",
    "weekly_intensity",
    "with_own_hours",
]
