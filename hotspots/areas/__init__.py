"""Where does it belong? Boroughs, the user's own areas, places of equal size and coordinates."""

from hotspots.areas.assignment import assign_areas
from hotspots.areas.boroughs import ATTRIBUTION, load_boroughs
from hotspots.areas.grid_reference import (
    from_grid_reference,
    national_grid_reference,
    to_longitude_latitude,
    to_national_grid,
)
from hotspots.areas.matching import PlaceIndex, locate, neighbours
from hotspots.areas.open_grid import Grid
from hotspots.areas.places import make_grid, places_from_areas
from hotspots.areas.polygon_index import PolygonIndex
from hotspots.areas.reading import read_areas

__all__ = [
    "ATTRIBUTION",
    "Grid",
    "PlaceIndex",
    "PolygonIndex",
    "assign_areas",
    "from_grid_reference",
    "load_boroughs",
    "locate",
    "make_grid",
    "national_grid_reference",
    "neighbours",
    "places_from_areas",
    "read_areas",
    "to_longitude_latitude",
    "to_national_grid",
]
