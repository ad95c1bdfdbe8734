"""Show it: maps of hotspots as one file that opens without a network."""

from __future__ import annotations

from hotspots.maps.hotspot_map import map_hotspots
from hotspots.maps.save import save_map
from hotspots.maps.shortfall_map import map_shortfall

__all__ = ["map_hotspots", "map_shortfall", "save_map"]
