"""Is it a pattern? Hours of their own, what is new, repeats and trends, density, hot places."""

from hotspots.patterns.clusters import (
    choose_min_incidents,
    find_clusters,
    summarise_clusters,
)
from hotspots.patterns.compare_periods import PeriodComparison, compare_periods
from hotspots.patterns.concentration import Concentration, concentration
from hotspots.patterns.density import Density, read_density
from hotspots.patterns.getis_ord import getis_ord
from hotspots.patterns.kernel_density import kernel_density
from hotspots.patterns.local_moran import global_moran, local_moran
from hotspots.patterns.near_repeat import NearRepeat, near_repeat
from hotspots.patterns.scan_recent import RecentScan, scan_recent
from hotspots.patterns.scan_week import WeekScan, scan_week
from hotspots.patterns.trend import classify_trend
from hotspots.patterns.week_dbscan import WeekDBSCAN

__all__ = [
    "Concentration",
    "Density",
    "NearRepeat",
    "PeriodComparison",
    "RecentScan",
    "WeekDBSCAN",
    "WeekScan",
    "choose_min_incidents",
    "classify_trend",
    "compare_periods",
    "concentration",
    "find_clusters",
    "getis_ord",
    "global_moran",
    "kernel_density",
    "local_moran",
    "near_repeat",
    "read_density",
    "scan_recent",
    "scan_week",
    "summarise_clusters",
]
