"""What else speaks for a hotspot: busy surroundings, and its rank without its largest source.

Evidence beside the list. Nothing here changes a rank or takes a hotspot off it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.areas import neighbours
from hotspots.patterns import getis_ord

if TYPE_CHECKING:
    from typing import Any

    import geopandas as gpd

    from hotspots.counts import Counts
    from hotspots.risk.hotspots import HotspotList

_DRAWS = 999
_SEED = 1
_LEVEL = 0.05


def place_rates(found: HotspotList, counts: Counts, *, night_ends: int = 6) -> pd.Series[Any]:
    """Give how surely each hotspot lies in surroundings that are busier than chance makes them.

    Parameters
    ----------
    found : HotspotList
        What `find_hotspots` gave.
    counts : Counts
        What was counted, with the places.
    night_ends : int
        Hour of the day at which a night gives way to the next date.

    Returns
    -------
    Series of float
        On the index of `found.table`: the smallest `q` of its own places by `getis_ord`, over all
        places of its area, context left out. Missing where no places of an area adjoin, or all have
        as much.

    Notes
    -----
    The values are different nights with an incident, so that three calls about one party count
    once; incidents for monthly data.

    Caveats
    -------
    A single busy place in quiet surroundings has a large q: it is a spot, and no weaker hotspot.
    Surroundings end at the border of the area: what lies beyond is not known to be quiet where the
    data end there.
    """
    table = found.table
    if len(table) == 0:
        return pd.Series(np.nan, index=table.index, name="place_q")
    if counts.tier == "monthly":
        values = counts.table.groupby("place")["n"].sum()
    else:
        values = counts.occasions(night_ends=night_ends).groupby("place").size()
    number = np.zeros(len(counts.places))
    number[values.index] = values
    known = pd.Series(number, index=counts.places.index)
    rates, listed = [], set(table["borough"])
    is_own = ~counts.places["is_context"].to_numpy(dtype=bool)
    for area_id, places in counts.places[is_own].groupby("area_id"):
        own = known[places.index]
        if area_id not in listed or np.ptp(own) == 0 or neighbours(places).nnz == 0:
            continue
        # Whole numbers need no draws.
        draws = None if (own == np.rint(own)).all() else _DRAWS
        rates.append(getis_ord(own, places, n_permutations=draws, rng=_SEED)["q"])
    members = found.members.assign(
        q=pd.concat(rates).reindex(found.members["place_id"]).to_numpy() if rates else np.nan
    )
    return members.groupby("hotspot_id")["q"].min().reindex(table.index).rename("place_q")


def ranks_without_top(
    table: pd.DataFrame, top: pd.Series[float], not_listed: pd.Series[Any]
) -> pd.Series[Any]:
    """Give each hotspot's rank in its area if only its own largest source had been silent.

    Parameters
    ----------
    table : DataFrame
        Hotspots with `borough` and `harm_per_week`, in the order of the list.
    top : Series of float
        Share of the harm of each that its largest source makes up, 0–1; on the same index.
    not_listed : Series of float
        Harm to expect a week in those that came next, by area.

    Returns
    -------
    Series of int64
        On the index of `table`.

    Notes
    -----
    Of hotspots with as much, those before it on the list stay before it.
    """
    # Sums that differ in their last digits alone are tied.
    harm = table["harm_per_week"].round(12)
    rest = (table["harm_per_week"] * (1 - top)).round(12)
    ranks = pd.Series(0, index=table.index, dtype="int64")
    for area_id, rows in table.groupby("borough", sort=False):
        others = harm[rows.index].to_numpy()
        own = rest[rows.index].to_numpy()
        before = np.tri(len(rows), k=-1, dtype=bool)
        higher = (others[None, :] > own[:, None]) & ~np.eye(len(rows), dtype=bool)
        higher |= (others[None, :] == own[:, None]) & before
        below = not_listed[not_listed.index == area_id].round(12).to_numpy()
        # What a pinned hotspot stands before though it has less does not overtake it.
        passes = (below[None, :] > own[:, None]) & (below[None, :] <= others[:, None])
        ranks[rows.index] = 1 + higher.sum(axis=1) + passes.sum(axis=1)
    return ranks


def with_own_hours(hotspots: gpd.GeoDataFrame, own: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add to hotspots what the scan says of their hours.

    Parameters
    ----------
    hotspots : GeoDataFrame
        A hotspots table.
    own : DataFrame
        What `WeekScan.own_hours` gave for them.

    Returns
    -------
    GeoDataFrame
        With `own_hours_p`; with `own_hours`, and a sentence in `why`, where it is at most 0.05.
    """
    is_sure = own["own_hours_p"] <= _LEVEL
    words = own["own_hours"].where(is_sure)
    said = " Its own hours, unlike its area's: " + words + "."
    return hotspots.assign(
        own_hours_p=own["own_hours_p"],
        own_hours=words,
        why=hotspots["why"] + said.fillna(""),
    )
