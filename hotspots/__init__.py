"""Find where and when anti-social behaviour concentrates, and turn it into tasks.

The public verbs stand here in the order of the analysis; each is loaded when it is first used, so
that importing the package stays fast.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotspots.analysis import Analysis, analyse
    from hotspots.areas import (
        Grid,
        assign_areas,
        load_boroughs,
        make_grid,
        places_from_areas,
        read_areas,
    )
    from hotspots.counts import Counts, count_incidents
    from hotspots.errors import (
        DuplicateInputError,
        HotspotsError,
        HotspotsWarning,
        InputError,
        MonthlyDataError,
        OutputError,
        TableError,
    )
    from hotspots.incidents import (
        Account,
        Dataset,
        Mapping,
        Reading,
        find_episodes,
        open_incidents,
        read_incidents,
    )
    from hotspots.maps import map_hotspots, save_map
    from hotspots.patterns import (
        Concentration,
        Density,
        NearRepeat,
        PeriodComparison,
        RecentScan,
        WeekDBSCAN,
        WeekScan,
        choose_min_incidents,
        classify_trend,
        compare_periods,
        concentration,
        find_clusters,
        getis_ord,
        global_moran,
        kernel_density,
        local_moran,
        near_repeat,
        read_density,
        scan_recent,
        scan_week,
        summarise_clusters,
    )
    from hotspots.risk import (
        HotspotList,
        HotspotMatch,
        Intensity,
        JudgedList,
        Judgement,
        ListReview,
        describe_hotspots,
        find_hotspots,
        judge_hotspots,
        match_hotspots,
        read_judgements,
        weekly_intensity,
    )
    from hotspots.settings import Settings
    from hotspots.simulate import Simulation, simulate_incidents
    from hotspots.tasking import recommend_tasks
    from hotspots.times import (
        aoristic_weights,
        exposure,
        hour_of_week,
        night_of,
        week_profile,
    )

_ROOM_OF = {
    "load_boroughs": "areas",
    "read_areas": "areas",
    "assign_areas": "areas",
    "make_grid": "areas",
    "places_from_areas": "areas",
    "Grid": "areas",
    "hour_of_week": "times",
    "night_of": "times",
    "exposure": "times",
    "week_profile": "times",
    "aoristic_weights": "times",
    "read_incidents": "incidents",
    "open_incidents": "incidents",
    "Reading": "incidents",
    "Dataset": "incidents",
    "Account": "incidents",
    "Mapping": "incidents",
    "find_episodes": "incidents",
    "simulate_incidents": "simulate",
    "Simulation": "simulate",
    "count_incidents": "counts",
    "Counts": "counts",
    "WeekDBSCAN": "patterns",
    "choose_min_incidents": "patterns",
    "find_clusters": "patterns",
    "summarise_clusters": "patterns",
    "getis_ord": "patterns",
    "local_moran": "patterns",
    "global_moran": "patterns",
    "scan_recent": "patterns",
    "RecentScan": "patterns",
    "classify_trend": "patterns",
    "compare_periods": "patterns",
    "PeriodComparison": "patterns",
    "scan_week": "patterns",
    "WeekScan": "patterns",
    "near_repeat": "patterns",
    "NearRepeat": "patterns",
    "concentration": "patterns",
    "Concentration": "patterns",
    "kernel_density": "patterns",
    "Density": "patterns",
    "read_density": "patterns",
    "weekly_intensity": "risk",
    "Intensity": "risk",
    "find_hotspots": "risk",
    "HotspotList": "risk",
    "read_judgements": "risk",
    "Judgement": "risk",
    "judge_hotspots": "risk",
    "JudgedList": "risk",
    "match_hotspots": "risk",
    "HotspotMatch": "risk",
    "ListReview": "risk",
    "describe_hotspots": "risk",
    "recommend_tasks": "tasking",
    "map_hotspots": "maps",
    "save_map": "maps",
    "analyse": "analysis",
    "Analysis": "analysis",
    "Settings": "settings",
    "HotspotsError": "errors",
    "InputError": "errors",
    "TableError": "errors",
    "MonthlyDataError": "errors",
    "DuplicateInputError": "errors",
    "OutputError": "errors",
    "HotspotsWarning": "errors",
}

__all__ = [
    "Account",
    "Analysis",
    "Concentration",
    "Counts",
    "Dataset",
    "Density",
    "DuplicateInputError",
    "Grid",
    "HotspotList",
    "HotspotMatch",
    "HotspotsError",
    "HotspotsWarning",
    "InputError",
    "Intensity",
    "JudgedList",
    "Judgement",
    "ListReview",
    "Mapping",
    "MonthlyDataError",
    "NearRepeat",
    "OutputError",
    "PeriodComparison",
    "Reading",
    "RecentScan",
    "Settings",
    "Simulation",
    "TableError",
    "WeekDBSCAN",
    "WeekScan",
    "analyse",
    "aoristic_weights",
    "assign_areas",
    "choose_min_incidents",
    "classify_trend",
    "compare_periods",
    "concentration",
    "count_incidents",
    "describe_hotspots",
    "exposure",
    "find_clusters",
    "find_episodes",
    "find_hotspots",
    "getis_ord",
    "global_moran",
    "hour_of_week",
    "judge_hotspots",
    "kernel_density",
    "load_boroughs",
    "local_moran",
    "make_grid",
    "map_hotspots",
    "match_hotspots",
    "near_repeat",
    "night_of",
    "open_incidents",
    "places_from_areas",
    "read_areas",
    "read_density",
    "read_incidents",
    "read_judgements",
    "recommend_tasks",
    "save_map",
    "scan_recent",
    "scan_week",
    "simulate_incidents",
    "summarise_clusters",
    "week_profile",
    "weekly_intensity",
]


def __getattr__(name: str) -> object:
    """Load a public verb from its room when it is first used."""
    if name == "__version__":
        return metadata.version("asb-hotspots")
    if name not in _ROOM_OF:
        msg = f"module 'hotspots' has no attribute '{name}'"
        raise AttributeError(msg)
    value = getattr(import_module(f"hotspots.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public verbs."""
    return sorted(__all__)
