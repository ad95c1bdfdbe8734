"""Is it a pattern? Clusters of incidents that are close in place and in the week."""

from hotspots.patterns.clusters import (
    choose_min_incidents,
    find_clusters,
    summarise_clusters,
)
from hotspots.patterns.scan_week import WeekScan, scan_week
from hotspots.patterns.week_dbscan import WeekDBSCAN

__all__ = [
    "WeekDBSCAN",
    "WeekScan",
    "choose_min_incidents",
    "find_clusters",
    "scan_week",
    "summarise_clusters",
]
