"""The calls that a scan of the week looks at: those with a place, a clock time and a borough."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import HotspotsWarning, InputError
from hotspots.patterns.week_episodes import draw_episodes
from hotspots.tables import require_clock, require_columns, require_points, require_weights
from hotspots.times import hour_of_week, night_of

if TYPE_CHECKING:
    import geopandas as gpd

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_LOG = logging.getLogger(__name__)

ALL: Final = "all"
"""What all calls together are called where none has a borough."""


@dataclass(frozen=True)
class Calls:
    """The calls that are scanned."""

    xy: Floats
    passed: Floats
    hours: Integers
    nights: Integers
    weights: Floats
    strata: Integers
    names: tuple[str, ...]

    @classmethod
    def of(cls, incidents: gpd.GeoDataFrame, night_ends: int) -> Calls:
        """Take the calls of an incidents table that have a place."""
        require_columns(incidents, ("start", "time_precision", "borough", "weight"), "scan_week")
        require_clock(incidents, "scan_week")
        require_weights(incidents)
        is_used = require_points(incidents, "scan_week") & (incidents["weight"] > 0).to_numpy()
        has_borough = incidents["borough"].notna().to_numpy()
        if has_borough.any():
            is_used = is_used & has_borough
        n_left = int((~is_used).sum())
        if n_left:
            _LOG.info("%d incidents without a point or borough are left out", n_left)
        used = incidents[is_used]
        if len(used) < 2:  # noqa: PLR2004 (one has no other to differ from)
            msg = (
                f"There are {len(used)} incidents with a point to scan. Must be at least two. Look "
                "at what was left out: reading.summary."
            )
            raise InputError(msg)
        if (used["weight"] != 1).any():
            warnings.warn(
                "Some rows stand for another number of incidents than one; each is scanned as one "
                "call. For counted cells use counts, not this scan.",
                HotspotsWarning,
                stacklevel=3,
            )
        group = used["borough"].where(used["borough"].notna(), ALL)
        names, strata = np.unique(group.to_numpy(dtype=object).astype(str), return_inverse=True)
        nights = night_of(used["start"], night_ends=night_ends)
        passed = used["start"] - pd.Timestamp(0, tz="UTC")
        return cls(
            xy=np.column_stack([used.geometry.x, used.geometry.y]),
            passed=passed.dt.total_seconds().to_numpy() / 3600,
            hours=hour_of_week(used["start"]).to_numpy(dtype=np.int64),
            nights=(nights - pd.Timestamp(0)).dt.days.to_numpy().astype(np.int64),
            weights=used["weight"].to_numpy(dtype=float),
            strata=strata.astype(np.int64),
            names=tuple(names.tolist()),
        )

    def drawn(self, radius: float, chance: np.random.Generator) -> Integers:
        """Draw one call of each episode."""
        return draw_episodes(self.xy, self.passed, self.strata, self.hours, radius, chance)
