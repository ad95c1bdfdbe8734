"""Who may receive what of an analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotspots.errors import InputError
from hotspots.tables import check_marking

if TYPE_CHECKING:
    import geopandas as gpd


def check_product_marking(marking: str) -> None:
    """Raise `InputError` if a marking is unknown, or "public", which has no product yet."""
    check_marking(marking)
    if marking == "public":
        msg = (
            "Invalid marking 'public'. Must be 'restricted' or 'partner': a hotspot list holds "
            "small numbers and single addresses, which may not be published."
        )
        raise InputError(msg)


def check_victims(is_asked: object, marking: str) -> None:
    """Raise `InputError` if people are asked for by a product that others may receive."""
    if is_asked and marking != "restricted":
        msg = (
            f"Invalid victims with marking '{marking}'. Must be 'restricted': the list is of "
            "people. Leave out victims."
        )
        raise InputError(msg)


def received(hotspots: gpd.GeoDataFrame, marking: str) -> gpd.GeoDataFrame:
    """Give the hotspots that a product may hold: for partners none that is one caller's.

    That no patrol is planned there would tell which they are, and a place where one person calls is
    a home.
    """
    if marking == "restricted" or "is_one_caller" not in hotspots:
        return hotspots
    return hotspots[~hotspots["is_one_caller"].astype(bool)]
