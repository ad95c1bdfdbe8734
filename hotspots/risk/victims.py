"""Who was harmed and may need a call: people with a vulnerable flag, or many reports in short time.

A list of places hides people: one victim with three reports is no hotspot. This looks at persons
wherever they are, listed or not, and scores nobody as a suspect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.counts import Counts, check_counts, run
from hotspots.errors import invalid, is_whole
from hotspots.incidents import MILLIONTHS
from hotspots.risk.harm import as_weights
from hotspots.risk.harm_counts import (
    KIND,
    HarmTally,
    member_positions,
    number_kinds,
    task_of,
)
from hotspots.risk.hotspots import HotspotList
from hotspots.risk.recency import in_period
from hotspots.tables import HIGH_RISK_VICTIMS, TIMEZONE
from hotspots.words import count, day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from hotspots.counts import CountTask
    from hotspots.counts.counting import Incidents
    from hotspots.incidents import Batch
    from hotspots.risk.harm import HarmWeights

    Integers = np.ndarray[Any, np.dtype[np.int64]]

_BY: Final = ["person_key", "place", "area", "day", "kind"]
_OUT_OF_AREA: Final = 2


@dataclass(frozen=True, eq=False)
class HighRiskVictims:
    """People who were harmed and may need a call. Restricted.

    Parameters
    ----------
    table : DataFrame
        A high-risk victims table: one row a person, index `person_key`. Those with both reasons
        come first, then those with many reports; of each the latest report first.
    n_unnamed : float
        Reports that name nobody: their victims cannot be listed.
    n_unnamed_vulnerable : float
        Of these, reports flagged vulnerable.
    summary : str
        What was found, in a sentence or two, with the rule.
    n_reports, window_days : int
        Reports on so many different dates within so many days put a person on the list.
    """

    table: pd.DataFrame = field(repr=False)
    n_unnamed: float
    n_unnamed_vulnerable: float
    summary: str
    n_reports: int
    window_days: int


def find_high_risk_victims(
    incidents: Incidents | VictimTally,
    counts: Counts,
    *,
    found: HotspotList | None = None,
    weights: str | PathLike[str] | HarmWeights | None = None,
    n_reports: int = 3,
    window_days: int = 90,
) -> HighRiskVictims:
    """Find the people who were harmed and may need a call, at a hotspot or not.

    A person is listed with a report that the source flags as of somebody vulnerable, or with
    reports on several dates in a short time. It says who may need help, never who did anything.

    Parameters
    ----------
    incidents : GeoDataFrame, Reading, Dataset, path or VictimTally
        The incidents that were counted, or what a `VictimTask` has gathered from them.
    counts : Counts
        What was counted: its areas and period say whose reports are looked at, its places where
        they are. Reports without a place are looked at, too.
    found : HotspotList, optional
        What `find_hotspots` gave, to say who is at a listed hotspot.
    weights : path or HarmWeights, optional
        What a report weighs, or a file for `read_harm_weights`; by default the documented
        starting point.
    n_reports, window_days : int
        Reports on at least so many different dates, at least 2, within so many days, at least 1.
        3 in 90 days by default; other rules in use are 2 in 365, 3 in 180 and 10 in 180.

    Returns
    -------
    HighRiskVictims
        With `.table`, and how many reports name nobody.

    Raises
    ------
    InputError
        If an option is not allowed, or the hotspots lie in other places than the counts.

    Notes
    -----
    Dates are those of London, the first of the month for reports by month; several reports of one
    date count once for the rule, as in the case review under the Anti-social Behaviour, Crime and
    Policing Act 2014. A window of W days holds a date and the W − 1 days after it. Where a
    person has as many reports at two places, areas or hotspots the first by id is shown. Every
    report that names somebody is held in memory. O(n log n).

    Caveats
    -------
    **A pseudonym is a caller or a victim, as the source has it**: a shop, a warden or a neighbour
    who rings for others is listed, and who rings from several telephones, or gives no name, is not.
    Flags are set where somebody asked. That nobody is listed does not mean that nobody is at risk.
    The rule is a screen, not an assessment: a person decides.

    References
    ----------
    Anti-social Behaviour, Crime and Policing Act 2014, sections 104 and 105.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> places = hs.make_grid(hs.load_boroughs().loc[["E09000007"]])
    >>> victims = find_high_risk_victims(calls, hs.count_incidents(calls, places), n_reports=10)
    >>> bool(victims.table["n_vulnerable"].gt(0).any())
    True
    """
    weights = as_weights(weights)
    for name, value, least in (("n_reports", n_reports, 2), ("window_days", window_days, 1)):
        if not is_whole(value, least):
            raise invalid(name, value, f"a whole number of at least {least}")
    check_counts(counts)
    if not isinstance(found, HotspotList | None):
        name, rule = "found", "a HotspotList, or None"  # type: ignore[unreachable]
        raise invalid(name, type(found).__name__, rule, "Use hs.find_hotspots(intensity, areas).")
    if not isinstance(incidents, VictimTally):
        incidents = gathered_victims(run(incidents, VictimTask.build(counts))[0])
    rows, kinds = incidents.result()
    rows = in_period(rows, counts)
    rows = rows.assign(
        is_vulnerable=kinds["is_flagged_vulnerable"].to_numpy()[rows["kind"]],
        harm=rows["n"] * weights.of(kinds)[rows["kind"]],
    )
    is_named = rows["person_key"] != ""
    unnamed = rows[~is_named]
    rows = _with_hotspots(rows[is_named], counts, found)
    rows = rows[rows["person_key"].isin(_listed(rows, n_reports, window_days))]
    table = _table(rows, found, n_reports, window_days)
    n_unnamed = float(unnamed["n"].sum())
    n_unnamed_vulnerable = float(unnamed.loc[unnamed["is_vulnerable"], "n"].sum())
    summary = _say(table, n_unnamed, n_unnamed_vulnerable, n_reports, window_days)
    return HighRiskVictims(
        table, n_unnamed, n_unnamed_vulnerable, summary, int(n_reports), int(window_days)
    )


@dataclass
class VictimTally:
    """Reports by person, place, area, day and kind; parts are merged by adding."""

    kinds: HarmTally
    frames: list[pd.DataFrame] = field(default_factory=list)

    def add(self, frame: pd.DataFrame) -> None:
        """Add rows. Frames of like size are joined, so that few remain."""
        self.frames.append(_summed(frame))
        while len(self.frames) > 1 and len(self.frames[-2]) <= 2 * len(self.frames[-1]):
            last = self.frames.pop()
            self.frames[-1] = _summed(pd.concat([self.frames[-1], last], ignore_index=True))

    def merge(self, other: VictimTally) -> None:
        """Add what another part has counted."""
        numbers = self.kinds.number(other.kinds.kinds)
        for frame in other.frames:
            self.add(frame.assign(kind=numbers[frame["kind"]]))

    def result(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give the rows with `n`, sorted, and the kinds."""
        empty = pd.DataFrame({name: np.zeros(0, np.int64) for name in [*_BY, "weight"]})
        rows = pd.concat(self.frames or [empty.astype({"person_key": "object"})])
        kinds = pd.DataFrame(list(self.kinds.kinds), columns=KIND)
        for column in KIND[:2]:
            kinds[column] = kinds[column].astype("str").mask(kinds[column] == "")
        flags = {column: kinds[column].astype(bool) for column in KIND[2:]}
        rows = rows.sort_values(_BY, ignore_index=True)
        return rows.assign(n=rows.pop("weight") / MILLIONTHS), kinds.assign(**flags)


def _summed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby(_BY, sort=False)["weight"].sum().reset_index()


@dataclass(frozen=True)
class VictimTask:
    """Gathers reports by person; can be sent to another process.

    Parameters
    ----------
    count : CountTask
        What was counted with.
    """

    count: CountTask

    @classmethod
    def build(cls, counts: Counts) -> VictimTask:
        """Make everything ready to gather what was counted."""
        return cls(task_of(counts))

    def __call__(self, batches: Iterable[Batch]) -> VictimTally:
        """Gather from all batches."""
        tally = VictimTally(HarmTally(pd.Index([], dtype="str")))
        for batch in batches:
            self._gather(batch, tally)
        return tally

    def _gather(self, batch: Batch, tally: VictimTally) -> None:
        batch, _, days = self.count.in_period(batch)
        if len(batch) == 0:
            return
        place = self.count.find_places(batch)
        area, where = self.count.find_areas(batch, place)
        rows = np.flatnonzero((where != _OUT_OF_AREA) & (batch.weight > 0))
        if len(rows) == 0:
            return
        words = batch.rest(rows)
        tally.add(
            pd.DataFrame(
                {
                    "person_key": words["person_key"].astype("object").fillna("").to_numpy(),
                    "place": place[rows],
                    "area": area[rows],
                    "day": days[rows],
                    "kind": number_kinds(words, tally.kinds),
                    "weight": batch.weight[rows],
                }
            )
        )


def gathered_victims(results: Sequence[VictimTally]) -> VictimTally:
    """Join what all parts have gathered."""
    whole = results[0]
    for part in results[1:]:
        whole.merge(part)
    return whole


def _with_hotspots(rows: pd.DataFrame, counts: Counts, found: HotspotList | None) -> pd.DataFrame:
    """Add place, area and hotspot by id; "" where there is none."""
    place_ids = np.array([*counts.places.index, ""], dtype=object)
    of_place = np.array([*counts.places["area_id"].fillna("").astype(str), ""], dtype=object)
    area_ids = np.array([*counts.task.area_ids, ""], dtype=object)
    hotspot = np.full(len(counts.places) + 1, "", dtype=object)
    if found is not None:
        hotspot[member_positions(found, counts)] = found.members["hotspot_id"].to_numpy()
    place, area = rows["place"].to_numpy(), rows["area"].to_numpy()
    return rows.assign(
        place_id=place_ids[place],
        area_id=np.where(area >= 0, area_ids[area], of_place[place]),
        hotspot_id=hotspot[place],
    )


def _listed(rows: pd.DataFrame, n_reports: int, window_days: int) -> set[str]:
    """Name the persons of the rule: flagged vulnerable, or so many dates within a window."""
    many = _most_in_window(rows, window_days)
    return {*rows.loc[rows["is_vulnerable"], "person_key"], *many.index[many >= n_reports]}


def _most_in_window(rows: pd.DataFrame, window_days: int) -> pd.Series[Any]:
    """Give, for each person, the most different dates within a window."""
    dates = rows[["person_key", "day"]].drop_duplicates().sort_values(["person_key", "day"])
    person, _ = pd.factorize(dates["person_key"])
    # Persons lie further apart than any window, so that one search serves all.
    day = dates["day"].to_numpy() - dates["day"].min() if len(dates) else np.zeros(0, np.int64)
    line = day + person * (int(day.max(initial=0)) + window_days + 1)
    n = np.searchsorted(line, line + window_days, side="left") - np.arange(len(line))
    return pd.Series(n, index=dates["person_key"].to_numpy()).groupby(level=0).max()


def _table(
    rows: pd.DataFrame, found: HotspotList | None, n_reports: int, window_days: int
) -> pd.DataFrame:
    """Make the table of the persons of some rows."""
    if len(rows) == 0:
        return pd.DataFrame(HIGH_RISK_VICTIMS.empty())
    persons = rows.groupby("person_key")
    n_vulnerable = rows["n"].where(rows["is_vulnerable"], 0.0).groupby(rows["person_key"]).sum()
    first, last = persons["day"].min(), persons["day"].max()
    most = _most_in_window(rows, window_days)
    dates = (
        rows[["person_key", "day"]]
        .drop_duplicates()
        .sort_values(["person_key", "day"])
        .groupby("person_key")["day"]
        .agg(lambda days: ", ".join(days.to_numpy().astype("datetime64[D]").astype(str)))
    )
    hotspot = _main(rows, "hotspot_id")
    ranks = pd.Series(dtype="float64") if found is None else found.table["rank"].astype(float)
    table = pd.DataFrame(
        {
            "n": persons["n"].sum(),
            "n_vulnerable": n_vulnerable,
            "n_dates_in_window": most.astype("int64"),
            "first": _midnights(first),
            "last": _midnights(last),
            "dates": dates,
            "harm": persons["harm"].sum(),
            "place_id": _main(rows, "place_id"),
            "borough": _main(rows, "area_id"),
            "hotspot_id": hotspot,
            "hotspot_rank": hotspot.map(ranks).astype("float64"),
        }
    )
    table["reason"] = [
        _reason(row, n_reports, window_days) for row in table.itertuples(index=False)
    ]
    for name in ("dates", "place_id", "borough", "hotspot_id", "reason"):
        table[name] = table[name].astype("str").mask(table[name].isna())
    table.index = pd.Index(table.index.astype("str"), name="person_key")
    # Those with both reasons come first, then those with many reports; of each the latest.
    is_many = table["n_dates_in_window"].to_numpy() >= n_reports
    is_flagged = table["n_vulnerable"].to_numpy() > 0
    latest = last.reindex(table.index).to_numpy()
    return table.iloc[np.lexsort([-latest, ~is_many, ~(is_many & is_flagged)])]


def _main(rows: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Give the value with most reports of each person; missing where there is none."""
    known = rows[rows[name] != ""]
    n = known.groupby(["person_key", name])["n"].sum().reset_index()
    best = n.sort_values("n", ascending=False, kind="stable").drop_duplicates("person_key")
    return best.set_index("person_key")[name].reindex(rows["person_key"].unique())


def _midnights(days: pd.Series[int]) -> pd.Series[Any]:
    dates = days.to_numpy().astype("datetime64[D]").astype("datetime64[us]")
    return pd.Series(pd.DatetimeIndex(dates).tz_localize(TIMEZONE), index=days.index)


def _reason(row: Any, n_reports: int, window_days: int) -> str:  # noqa: ANN401 (a row of the table)
    """Say why a person is listed."""
    parts = []
    if row.n_vulnerable > 0:
        of = f"{row.n_vulnerable:,.0f} of {row.n:,.0f} reports" if row.n > 1 else "the one report"
        parts.append(f"{of} flagged vulnerable")
    if row.n_dates_in_window >= n_reports:
        parts.append(f"reports on {row.n_dates_in_window} dates within {window_days} days")
    said = "; ".join(parts)
    where = ""
    if not np.isnan(row.hotspot_rank):
        where = f" Some are at a listed hotspot, rank {row.hotspot_rank:.0f}."
    return f"{said[0].upper()}{said[1:]}; the last on {day(row.last)}.{where}"


def _say(
    table: pd.DataFrame, n_unnamed: float, n_vulnerable: float, n_reports: int, window_days: int
) -> str:
    """Say what was found, and by which rule."""
    n = len(table)
    flagged = int((table["n_vulnerable"] > 0).sum())
    many = int((table["n_dates_in_window"] >= n_reports).sum())
    people = "1 person" if n == 1 else f"{n:,} people"
    return (
        f"{people} may need a call: {flagged:,} flagged vulnerable, {many:,} with reports on "
        f"{n_reports} or more dates within {window_days} days. "
        f"{count(round(n_unnamed), 'report')} name{'s' if round(n_unnamed) == 1 else ''} nobody, "
        f"{n_vulnerable:,.0f} of them flagged vulnerable."
    )
