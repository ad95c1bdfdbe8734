"""Show it: maps of hotspots as one file that opens without a network."""

from __future__ import annotations

from hotspots.maps.hotspot_map import map_hotspots
from hotspots.maps.save import save_map

__all__ = ["map_hotspots", "save_map"]
