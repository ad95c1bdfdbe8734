"""Is it still the same hotspot? Identity from one list to the next, by ground and hours.

A list is made anew from new data, and a hotspot grows by a place or moves by a street. What is
mostly the same ground keeps its id, so that tasks and minutes of the last list still mean it, and
every change has its measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment

from hotspots.errors import invalid, is_number
from hotspots.tables import HOTSPOT_CHANGES, HOTSPOTS, require_crs
from hotspots.times import HOURS
from hotspots.words import count

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]

_NEEDED: Final = ("borough", "rank", "weekdays", "start_hour", "end_hour", "own_hours_share")
_DAY: Final = 24
_WEEKDAYS: Final = frozenset("0123456")
_SHOWN: Final = 3
_MOSTLY: Final = 0.5
_HAIR: Final = 1e-9


@dataclass(frozen=True)
class HotspotMatch:
    """What became of the hotspots of one list in the next.

    Parameters
    ----------
    changes : DataFrame
        A hotspot changes table: one row for each previous and current hotspot that share ground,
        and one for each that shares none.
    hotspots : GeoDataFrame
        The current hotspots in their order, with the ids that they carry on.
    """

    changes: pd.DataFrame
    hotspots: gpd.GeoDataFrame

    def __repr__(self) -> str:
        """Say how many of each kind there are."""
        return (
            f"<HotspotMatch: {count(len(self.hotspots), 'hotspot')}; {say_changes(self.changes)}>"
        )


def match_hotspots(
    previous: gpd.GeoDataFrame, current: gpd.GeoDataFrame, *, least_share: float = 0.3
) -> HotspotMatch:
    """Carry the identity of hotspots from one list to the next.

    Parameters
    ----------
    previous, current : GeoDataFrame
        Two hotspots tables of the same areas, such as `analysis.hotspots` of two runs.
    least_share : float
        Two hotspots are the same, or part of each other, if they share at least so much of the
        ground of the smaller one; above 0 and up to 1.

    Returns
    -------
    HotspotMatch
        With `.changes` and `.hotspots`.

    Raises
    ------
    InputError
        If a table lacks its columns, is not in EPSG:27700, has an id twice, an area or a sound
        polygon is missing, hours cannot be read, or the share is out of its range.

    Notes
    -----
    Within an area, a previous and a current hotspot are linked if they share enough ground. Each id
    goes on along one link, so that the sum of g·(1 + h)/2 is largest, g being the shared ground and
    h the shared hours as shares of all of the two (an assignment; where sums are equal, earlier
    ranks come first; h is 1 without hours). Of the links

    - *kept*: one to one, and at least half of all ground of the two is shared, and of all hours
      where those of either are its own (`own_hours_share` of at least a half);
    - *moved*: one to one with less of either;
    - *split*: the previous one has several; *merged*: the current one has several;
    - *new*, *gone*: none.

    A split hotspot's id goes on with one part; the other parts have ids of their own. A hotspot
    whose own id belonged to another in either list gets a number behind it. Hours that are borrowed
    from the area change for all its hotspots at once and say nothing about one, and monthly lists
    have no hours: these are matched by their ground.

    Caveats
    -------
    The same ground does not mean the same problem. A list that was made with other areas, or with
    places of another size, matches as far as the ground does; ids of other areas are never carried.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(20_000, boroughs=["Camden"], rng=1).incidents
    >>> is_early = calls["start"] < "2025-09-01"
    >>> first = hs.analyse(calls[is_early], boroughs=["Camden"], progress=False).hotspots
    >>> whole = hs.analyse(calls, boroughs=["Camden"], progress=False).hotspots
    >>> bool((hs.match_hotspots(first, first).changes["change"] == "kept").all())
    True
    >>> "kept" in set(hs.match_hotspots(first, whole).changes["change"])
    True
    """
    if not is_number(least_share) or not 0 < least_share <= 1:
        raise invalid("least_share", least_share, "a number above 0 and up to 1")
    for name, table in (("previous", previous), ("current", current)):
        _check(name, table)
    rows = []
    carried: dict[Any, str] = {}
    for area_id in pd.unique(pd.concat([previous["borough"], current["borough"]])):
        before = previous[previous["borough"] == area_id].sort_values("rank", kind="stable")
        after = current[current["borough"] == area_id].sort_values("rank", kind="stable")
        overlap = _Overlap.of(before, after)
        is_linked = overlap.is_linked(least_share)
        was, now = linear_sum_assignment(overlap.weight(is_linked), maximize=True)
        heirs = {(int(a), int(b)) for a, b in zip(was, now, strict=True) if is_linked[a, b]}
        carried |= {after.index[b]: str(before.index[a]) for a, b in heirs}
        rows += _changes(before, after, overlap, is_linked)
    ids = _ids(current, carried, set(map(str, previous.index)))
    known = dict(zip(current.index, ids, strict=True))
    for row in rows:
        row["hotspot_id"] = known.get(row["current_id"], row["previous_id"])
    changes = pd.DataFrame(index=pd.RangeIndex(len(rows), name=HOTSPOT_CHANGES.index.name))
    for column in HOTSPOT_CHANGES.columns:
        cells = pd.Series([row.get(column.name) for row in rows], dtype=object)
        is_text = column.kind == "text"
        kept = cells.astype("str").where(cells.notna()) if is_text else cells.astype("float64")
        changes[column.name] = kept.set_axis(changes.index)
    return HotspotMatch(
        changes=changes, hotspots=current.set_axis(pd.Index(ids, name=HOTSPOTS.index.name))
    )


def _check(name: str, table: gpd.GeoDataFrame) -> None:
    """Refuse what is no list of hotspots."""
    rule, remedy = "a hotspots table", "Use analysis.hotspots."
    if not isinstance(table, gpd.GeoDataFrame):
        raise invalid(name, type(table).__name__, rule, remedy)
    require_crs(name, table)
    missing = [column for column in _NEEDED if column not in table.columns]
    if missing:
        raise invalid(name, f"a table without {', '.join(missing)}", rule, remedy)
    rows = {
        "a repeated id": table.index.duplicated(),
        "no area (borough)": table["borough"].isna().to_numpy(),
        "no sound polygon": ~table.geometry.is_valid
        | table.geometry.is_empty
        | table.geometry.isna(),
        "weekdays that cannot be read": ~table["weekdays"].map(_is_readable).to_numpy(dtype=bool),
        "hours that cannot be read": _is_odd(table),
    }
    for what, is_bad in rows.items():
        if np.any(is_bad):
            which = ", ".join(str(each) for each in table.index[np.asarray(is_bad)][:_SHOWN])
            raise invalid(name, f"{what} in {which}", rule, remedy)


def _is_readable(weekdays: object) -> bool:
    """Say whether weekdays are missing, or numbers from 0 to 6 parted by commas."""
    if not isinstance(weekdays, str):
        return bool(pd.isna(weekdays))  # type: ignore[call-overload]
    return all(day in _WEEKDAYS for day in weekdays.split(","))


def _is_odd(table: gpd.GeoDataFrame) -> Flags:
    """Say which rows have weekdays and no hours of the day from 0 to 23."""
    hours = table[["start_hour", "end_hour"]].apply(pd.to_numeric, errors="coerce")
    is_hour = hours.isin(range(_DAY)).all(axis=1)
    return np.asarray(table["weekdays"].notna() & ~is_hour)


@dataclass(frozen=True)
class _Overlap:
    """What each previous hotspot (row) shares with each current one (column)."""

    ground: Floats
    """Shared ground as a share of all of the two."""
    of_smaller: Floats
    """Shared ground as a share of the smaller one."""
    hours: Floats
    """Shared hours of the week as a share of all of the two; NaN without hours."""
    apart: Floats
    """Metres between their middles."""

    @classmethod
    def of(cls, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> _Overlap:
        """Measure all pairs of one area."""
        a, b = before.geometry.to_numpy(), after.geometry.to_numpy()
        shared = shapely.area(shapely.intersection(a[:, None], b[None, :]))
        area_a, area_b = shapely.area(a)[:, None], shapely.area(b)[None, :]
        masks_a, masks_b = week_masks(before), week_masks(after)
        both = masks_a.astype(float) @ masks_b.T
        n_a, n_b = masks_a.sum(axis=1)[:, None], masks_b.sum(axis=1)[None, :]
        either = np.where((n_a > 0) & (n_b > 0), n_a + n_b - both, np.nan)
        with np.errstate(invalid="ignore"):
            hours = both / either
        return cls(
            ground=shared / (area_a + area_b - shared),
            of_smaller=shared / np.minimum(area_a, area_b),
            hours=hours,
            apart=shapely.distance(shapely.centroid(a)[:, None], shapely.centroid(b)[None, :]),
        )

    def weight(self, is_linked: Flags) -> Floats:
        """Give how much speaks for each pair being the same; a hair more for earlier ranks."""
        alike = self.ground * (1 + np.nan_to_num(self.hours, nan=1.0)) / 2
        was, now = np.ogrid[: alike.shape[0], : alike.shape[1]]
        return np.where(is_linked, alike - _HAIR * (was + now + (was - now) ** 2), 0.0)

    def is_linked(self, least_share: float) -> Flags:
        """Say which pairs are the same, or parts of each other."""
        return np.asarray(self.of_smaller >= least_share)


def week_masks(hotspots: gpd.GeoDataFrame) -> Flags:
    """Give the hours of the week of each hotspot, bool (n, 168); none where it has no hours."""
    masks = np.zeros((len(hotspots), HOURS), dtype=bool)
    for row, (weekdays, start, end) in enumerate(
        zip(hotspots["weekdays"], hotspots["start_hour"], hotspots["end_hour"], strict=True)
    ):
        if not isinstance(weekdays, str) or np.isnan(start):
            continue
        n_hours = int((end - start - 1) % _DAY + 1)
        for day in weekdays.split(","):
            masks[row, (int(day) * _DAY + int(start) + np.arange(n_hours)) % HOURS] = True
    return masks


def _changes(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, overlap: _Overlap, is_linked: Flags
) -> list[dict[str, object]]:
    """Give a row for each link of one area, and for each hotspot without one."""
    rows: list[dict[str, object]] = []
    own_before, own_after = (
        table["own_hours_share"].fillna(0.0).to_numpy() for table in (before, after)
    )
    for a, b in np.argwhere(is_linked):
        hours = overlap.hours[a, b]
        if is_linked[a].sum() > 1:
            change = "split"
        elif is_linked[:, b].sum() > 1:
            change = "merged"
        else:
            has_own = max(own_before[a], own_after[b]) >= _MOSTLY
            is_same = overlap.ground[a, b] >= _MOSTLY and not (has_own and hours < _MOSTLY)
            change = "kept" if is_same else "moved"
        rows.append(
            {
                "change": change,
                "previous_id": before.index[a],
                "current_id": after.index[b],
                "ground_shared": overlap.ground[a, b],
                "hours_shared": hours,
                "moved_m": overlap.apart[a, b],
            }
        )
    rows += [
        {"change": "gone", "previous_id": before.index[a], "current_id": None}
        for a in np.flatnonzero(~is_linked.any(axis=1))
    ]
    rows += [
        {"change": "new", "previous_id": None, "current_id": after.index[b]}
        for b in np.flatnonzero(~is_linked.any(axis=0))
    ]
    for row in rows:
        of = after.loc[row["current_id"]] if row["current_id"] is not None else None
        of = before.loc[row["previous_id"]] if of is None else of
        row["borough"] = of["borough"]
    return rows


def say_changes(changes: pd.DataFrame) -> str:
    """Say how many hotspots of each kind there are: of this list; split and gone of the last."""
    said = []
    for kind in ("kept", "moved", "split", "merged", "new", "gone"):
        of = "previous_id" if kind in ("split", "gone") else "current_id"
        n = changes.loc[changes["change"] == kind, of].nunique()
        if n:
            said.append(f"{n} {kind}")
    return ", ".join(said) or "no hotspot in an area that both lists have"


def _ids(current: gpd.GeoDataFrame, carried: dict[Any, str], taken: set[str]) -> list[str]:
    """Give each current hotspot the id it carries on, or one that no other has or had."""
    ids = []
    for own in current.index:
        name = carried.get(own)
        if name is None:
            name, number = str(own), 2
            while name in taken:
                name, number = f"{own}-{number}", number + 1
        taken.add(name)
        ids.append(name)
    return ids
