"""What has changed since the last list, and how that list did on what came afterwards.

A list is judged only on incidents that it has not seen: how much of them it held, and at which of
its places fewer came than before for no other reason than that they were chosen when high.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.incidents.layouts import ASB_REPORTS
from hotspots.risk.later import Later, look_later
from hotspots.risk.list_outcomes import LEVEL, Outcomes, judge_outcomes
from hotspots.risk.list_shares import ANY_HOUR, IN_HOURS, share_held
from hotspots.risk.matching import match_hotspots, say_changes
from hotspots.tables import LIST_OUTCOMES, LIST_SHARES
from hotspots.words import count, days, percent

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.counts import Counts
    from hotspots.risk.hotspots import HotspotList
    from hotspots.risk.record import ListRecord

_SAID: Final = 3
_MOSTLY: Final = 0.5
_SMALL: Final = 0.01
_STEP: Final = 50


@dataclass(frozen=True)
class ListReview:
    """What has changed since the last list, and how it did. Print it for the report in words.

    Parameters
    ----------
    last : ListRecord
        The last list.
    changes : DataFrame
        A hotspot changes table.
    shares : DataFrame
        A list shares table; empty if nothing can be said.
    outcomes : DataFrame
        A list outcomes table; empty likewise.
    words : tuple of str
        The report in sentences.
    """

    last: ListRecord
    changes: pd.DataFrame
    shares: pd.DataFrame
    outcomes: pd.DataFrame
    words: tuple[str, ...]

    @property
    def gone(self) -> gpd.GeoDataFrame:
        """The hotspots of the last list that are on this one no more, as they were."""
        is_gone = self.changes["change"] == "gone"
        return self.last.hotspots.loc[self.changes.loc[is_gone, "previous_id"]]

    @property
    def track_record(self) -> str:
        """What it held, beside plain counts and the best possible; in its hours if it has them."""
        if self.shares.empty:
            return ""
        has_hours = IN_HOURS in set(self.shares["when"])
        of_when = self.shares[self.shares["when"] == (IN_HOURS if has_hours else ANY_HOUR)]
        row = of_when.iloc[0]
        held, plain, best = (_share(row[name]) for name in ("held", "plain", "best"))
        when = " in its hours" if has_hours else ""
        return f"it held {held}{when}, plain counts {plain}, best possible {best}"

    def __str__(self) -> str:
        """Give the report, a sentence a line."""
        return "\n".join(self.words)

    def __repr__(self) -> str:
        """Say how many of each kind there are."""
        return f"<ListReview: {say_changes(self.changes)}; {count(len(self.outcomes), 'outcome')}>"


def review_list(
    last: ListRecord,
    found: HotspotList,
    counts: Counts,
    areas: gpd.GeoDataFrame,
    *,
    noun: str = ASB_REPORTS,
) -> tuple[HotspotList, ListReview]:
    """Carry the ids of the last list on, and say what has changed and how that list did.

    Parameters
    ----------
    last : ListRecord
        The last list.
    found : HotspotList
        What `find_hotspots` gave this time.
    counts : Counts
        What it was found in. The last list is judged only on what came after its period.
    areas : GeoDataFrame
        The areas that have a list this time.
    noun : str
        What the incidents are, in the plural.

    Returns
    -------
    found : HotspotList
        The same list under the ids that go on, with the column `since_last`.
    review : ListReview
        Of the areas that both lists have.

    Notes
    -----
    See `match_hotspots` for changes, `share_held` for shares and `judge_outcomes` for outcomes.

    Caveats
    -------
    A fall beyond chance is not what a patrol has done, and no fall is not that it did nothing: for
    that, places with and without patrols must be drawn by lot. The share that a list held says
    where reports came from, not what was prevented there.
    """
    shared = areas[areas.index.isin(last.areas)]
    is_shared = found.table["borough"].isin(shared.index).to_numpy()
    before = last.hotspots[last.hotspots["borough"].isin(shared.index)]
    match = match_hotspots(before, found.table[is_shared])
    ids = found.table.index.to_numpy().astype(object)
    ids[is_shared] = match.hotspots.index
    found = found.with_ids(pd.Index(ids, name="hotspot_id", dtype="str"))
    told = _since_last(match.changes, last.hotspots).reindex(found.table.index)
    told = told.astype("str").where(told.notna())
    found = replace(found, table=found.table.assign(since_last=told))
    changed = say_changes(match.changes)
    words = [f"Since the last list, made from {days(last.start, last.end)}: {changed}."]
    n_gone, n_more = len(last.areas) - len(shared), len(areas) - len(shared)
    if n_gone or n_more:
        words.append(
            f"{count(len(shared), 'area')} had a list then and now; {n_gone} only then, {n_more} "
            "only now: they are not compared."
        )
    sources = set(", ".join(last.hotspots["source"].unique()).split(", ")) - {""}
    if sources and counts.sources and sources != set(counts.sources):
        words.append(
            f"The last list was made from other sources ({', '.join(sorted(sources))}) than this "
            f"one ({', '.join(counts.sources)})."
        )
    if last.tier != counts.tier:
        words.append(
            f"The last list was made from {last.tier} data and this one from {counts.tier} data, "
            "whose points may lie elsewhere: what moved or cooled may be that."
        )
    if counts.end <= last.end and counts.start < last.start:
        words.append("The data are older than the last list: what is new here had gone by then.")
    later = look_later(last, counts, shared)
    if isinstance(later, str):
        nothing = LIST_SHARES.empty(), LIST_OUTCOMES.empty()
        return found, ListReview(last, match.changes, *nothing, (*words, later))
    shares = share_held(later, shared)
    outcomes = judge_outcomes(later)
    words += _shares_in_words(shares, later, noun)
    words += _outcomes_in_words(outcomes, noun)
    return found, ListReview(last, match.changes, shares, outcomes.table, tuple(words))


def _since_last(changes: pd.DataFrame, last: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Say of each current hotspot what became of it."""
    told: dict[str, str] = {}
    linked = changes[changes["current_id"].notna()]
    linked = linked.sort_values("ground_shared", ascending=False, kind="stable")
    for hotspot_id, rows in linked.groupby("hotspot_id", sort=False):
        row = rows.iloc[0]
        was = " and ".join(last.loc[rows["previous_id"].dropna(), "name"])
        moved = "to other hours"
        if row["ground_shared"] < _MOSTLY:
            moved = f"by {row['moved_m']:.0f} m" if row["moved_m"] >= _STEP else "in size"
        told[str(hotspot_id)] = {
            "new": "new",
            "kept": f"kept (was {was})",
            "moved": f"moved {moved} (was {was})",
            "split": f"{'parts' if len(rows) > 1 else 'part'} of what was {was}",
            "merged": f"merged from {was}",
        }[row["change"]]
    return pd.Series(told, dtype=object)


def _shares_in_words(shares: pd.DataFrame, later: Later, noun: str) -> list[str]:
    """Say how much the list held, in all areas, beside a plain count and the best possible."""
    said = []
    has_hours = IN_HOURS in set(shares["when"])
    for when, rows in shares.groupby("when", sort=False):
        row = rows.iloc[0]
        which, of = "Its ground", "of the places"
        if when == IN_HOURS:
            which, of = "In its hours it", "of the places and hours"
        held, plain, best = (
            f"{_share(row[name])} (on {_share(row[land])} {of})"
            for name, land in (("held", "land"), ("plain", "plain_land"), ("best", "best_land"))
        )
        verdict = _ahead(row)
        if has_hours and when == ANY_HOUR:
            verdict = "It was chosen for its hours and not for this."
        said.append(
            f"{which} held {held} of the {row['n']:,.0f} {noun} of "
            f"{days(later.counts.start, later.counts.end)}; a list by plain counts {plain}; one "
            f"that had known what came {best}. {verdict}"
        )
    return said


def _ahead(row: pd.Series[Any]) -> str:
    """Say whether the list was better than a plain count."""
    difference = row["held"] - row["plain"]
    if np.isnan(row["ahead_low"]):
        return "The time since is too short to say whether it did better than a plain count."
    low, high = (f"{100 * row[name]:+.1f}" for name in ("ahead_low", "ahead_high"))
    said = (
        f"The list minus plain counts: {100 * difference:+.1f} points (95 % interval {low} to "
        f"{high})"
    )
    if row["ahead_low"] <= 0 <= row["ahead_high"]:
        return f"{said}: no clear difference."
    return f"{said}: {'better' if difference > 0 else 'worse'} than a plain count."


def _outcomes_in_words(outcomes: Outcomes, noun: str) -> list[str]:
    """Say what came at the listed places, and how much of it was to be expected."""
    table = outcomes.table
    if len(table) == 0:
        return []
    before, expected, since = table[["before", "expected", "since"]].sum()
    n_of = table["outcome"].value_counts()
    said = []
    said.append(
        f"Its {count(len(table), 'hotspot')} had {before:,.1f} {noun} a week when they were "
        f"chosen. {expected:,.1f} were to be expected since, as they were chosen when high and at "
        f"the level of their areas since; {since:,.1f} came."
    )
    said.append(
        f"{n_of.get('cooled', 0)} of them had fewer than before, and no fewer than is to be "
        "expected without anybody's doing: no credit is due."
    )
    if np.isnan(outcomes.usual_change):
        said.append(
            "Too few places on no list had reports enough to see how much places change anyway, so "
            "no fall or rise is claimed."
        )
        return said
    if outcomes.usual_change == 0:
        said.append("Places on no list changed no more than by chance.")
    else:
        said.append(
            "Places on no list changed by a standard deviation of "
            f"{percent(outcomes.usual_change)} beyond chance."
        )
    for kind in ("fell", "rose"):
        names = table[table["outcome"] == kind].sort_values("q")["name"]
        shown = ", ".join(names.head(_SAID)) + (", …" if len(names) > _SAID else "")
        said.append(
            f"{len(names)} {kind} more than that (q of at most {LEVEL}), by the last list's names: "
            f"{shown}."
            if len(names)
            else f"None {kind} more than that."
        )
    return said


def _share(share: float) -> str:
    """Say a share in percent, to two figures where it is small."""
    return f"{100 * share:.{1 if share >= _SMALL else 2}f} %"
