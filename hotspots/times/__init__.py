"""When was it? Hour of the week, nights, exposure, weekly profiles and the season, on the clock."""

from hotspots.times.aoristic import aoristic_weights
from hotspots.times.bands import Band, best_band, best_bands, describe_band
from hotspots.times.london import localise, london_utc, london_wall
from hotspots.times.season import season_factors, season_table, special_days
from hotspots.times.season_outlook import SeasonOutlook, season_outlook
from hotspots.times.week import (
    DAYS,
    HOURS,
    exposure,
    hour_of_week,
    night_of,
    week_profile,
)

__all__ = [
    "DAYS",
    "HOURS",
    "Band",
    "SeasonOutlook",
    "aoristic_weights",
    "best_band",
    "best_bands",
    "describe_band",
    "exposure",
    "hour_of_week",
    "localise",
    "london_utc",
    "london_wall",
    "night_of",
    "season_factors",
    "season_outlook",
    "season_table",
    "special_days",
    "week_profile",
]
