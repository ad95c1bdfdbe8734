"""The boroughs of London, shipped with the package.

They are derived from public boundaries by `boundaries/derive_boroughs.py`, which also splits the
tidal Thames between the boroughs on its banks.
"""

from __future__ import annotations

import io
from importlib import resources
from typing import Final

import geopandas as gpd

ATTRIBUTION: Final = (
    "Contains National Statistics data © Crown copyright and database right; Contains Ordnance "
    "Survey data © Crown copyright and database right; Open Government Licence v3."
)
"""What a product that shows these boundaries must say."""

_FILE: Final = "data/london_boroughs.parquet"
_CITY: Final = "E09000001"


def load_boroughs(*, city: bool = False) -> gpd.GeoDataFrame:
    """Load the 32 London boroughs that the Metropolitan Police covers.

    Parameters
    ----------
    city : bool, default False
        Whether to add the City of London, which has a police force of its own.

    Returns
    -------
    GeoDataFrame
        Index `area_id` (GSS code, sorted); columns `name` and `geometry` (EPSG:27700). 32 rows,
        or 33 with the City.

    Notes
    -----
    The boundaries are simplified by at most 1.6 m, edges are shared exactly, and there is neither
    a gap nor an overlap. The tidal Thames and its creeks belong to the borough with the nearest
    bank, so that a report on a bridge belongs somewhere.

    **Caveats.** In the river the line of equal distance stands in for the legal boundary. Half of
    it is within 8 m of the boundaries of the Greater London Authority and nine tenths within
    40 m, but at the mouth of Barking Creek it is 160 m off, and Blackfriars Bridge, all of which
    belongs to the City, is split in the middle. East of Erith London ends on a smooth line from
    bank to bank. Later changes of the legal boundaries are not in the source.

    Contains National Statistics data © Crown copyright and database right; Contains Ordnance
    Survey data © Crown copyright and database right; Open Government Licence v3.

    References
    ----------
    Bivand, R., Nowosad, J. and Lovelace, R. spData: Datasets for Spatial Analysis, version
    2.2.1, object `lnd`. https://jakubnowosad.com/spData/

    Examples
    --------
    >>> boroughs = load_boroughs()
    >>> len(boroughs)
    32
    >>> boroughs.loc["E09000007", "name"]
    'Camden'
    >>> load_boroughs(city=True).index[0]
    'E09000001'
    """
    content = (resources.files("hotspots.areas") / _FILE).read_bytes()
    boroughs = gpd.read_parquet(io.BytesIO(content))
    return boroughs if city else boroughs.drop(index=_CITY)
