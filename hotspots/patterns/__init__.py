"""Is it a pattern? Clusters in place and week, hours of their own, concentration in places."""

from hotspots.patterns.clusters import (
    choose_min_incidents,
    find_clusters,
    summarise_clusters,
)
from hotspots.patterns.concentration import Concentration, concentration
from hotspots.patterns.scan_week import WeekScan, scan_week
from hotspots.patterns.week_dbscan import WeekDBSCAN

__all__ = [
    "Concentration",
    "WeekDBSCAN",
    "WeekScan",
    "choose_min_incidents",
    "concentration",
    "find_clusters",
    "scan_week",
    "summarise_clusters",
]
