"""How bad is it there? Expected harm a week in each hotspot and its hours, and what it is made of.

The list says where reports are expected; the score says what they weigh, by weights that the user
owns. Nothing here changes the list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.counts import count_steps, run
from hotspots.errors import invalid, is_number
from hotspots.risk.harm import as_weights
from hotspots.risk.harm_counts import KIND, HarmCounts, HarmTask, added_up, member_positions
from hotspots.risk.harm_intensity import weekly_harm
from hotspots.risk.hotspots import HotspotList
from hotspots.risk.intensity import check_intensity
from hotspots.risk.matching import week_masks
from hotspots.risk.months import describe_months
from hotspots.risk.recency import HALF_LIFE, check_half_life, in_period, row_weights
from hotspots.words import count

if TYPE_CHECKING:
    from os import PathLike

    from hotspots.counts import Counts
    from hotspots.counts.counting import Incidents
    from hotspots.risk.harm import HarmWeights
    from hotspots.risk.harm_intensity import HarmIntensity
    from hotspots.risk.intensity import Intensity

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_NOT_KNOWN: Final = "not known"


@dataclass(frozen=True, eq=False)
class RiskScores:
    """The expected harm a week of each hotspot in its hours, and what it is made of.

    Parameters
    ----------
    table : DataFrame
        One row a hotspot, index `hotspot_id`, in the order of the list: `name`, `borough`;
        `harm_per_week` (harm points, in its hours), `harm_low` and `harm_high` (of the weekly mean,
        not of what one week brings); `harm_rank` in its borough, beside it `count_rank` (by
        `expected_per_week`) and `harm_rank_without_top` (among those listed, if only its own
        largest source had been silent); `expected_per_week` (reports, from the list); `n`,
        `n_vulnerable`, `n_repeat` (reports of the period at any hour, and those flagged);
        `harm_per_report`; `prior`, `own_history` and `recency`, which add up to `harm_per_week`;
        `top_share` (share of
        `harm_per_week` that the reports of one caller or at one exact point make up, whichever is
        larger, 0–1).
    by_kind : DataFrame
        A row for each hotspot and type, and each hotspot and heading: `hotspot_id`, `by` ("type" or
        "heading"), `value` ("not known" where it is missing), `n` (reports of the period) and
        `harm_per_week`, which adds up to the hotspot's over types, and over headings. What its
        area's mix adds is in it, so that a hotspot has a little of what its area has.
    described : DataFrame
        What is no part of the score, index `hotspot_id`: `n_months` with a report of `months` with
        data; `trend` in words, with `tau` and `p` of Mann and Kendall over whole months (missing
        where not even a rise in every month has a p of 0.05: with fewer than five whole months, or
        with fewer on either side of a break in the records); `persistence` ("new", "intermittent",
        "persistent" or "diminishing"; see `hotspots.risk.months`); `hours` in words.
    reports : DataFrame
        Reports to expect a week in each hotspot and its hours by kind: index `hotspot_id`, a column
        a kind. Times the weights of the kinds they are the score.
    kinds : DataFrame
        What each kind is: `asb_type`, `heading`, `is_flagged_vulnerable`, `is_flagged_repeat`.
    weights : HarmWeights
        What a report of each kind weighs.
    half_life : float or None
        Weeks after which a report counts half; None if all count alike.
    level : float
        Of the interval, 0–1.
    harm : HarmIntensity
        The harm of all places, for ranking other sets of places by it.
    """

    table: pd.DataFrame
    by_kind: pd.DataFrame
    described: pd.DataFrame
    reports: pd.DataFrame
    kinds: pd.DataFrame
    weights: HarmWeights
    half_life: float | None
    level: float
    harm: HarmIntensity = field(repr=False)

    def __repr__(self) -> str:
        """Answer the first questions: how many, how much, by which weights."""
        recency = "none" if self.half_life is None else f"half after {self.half_life:g} weeks"
        return (
            f"<RiskScores: {count(len(self.table), 'hotspot')}, "
            f"{self.table['harm_per_week'].sum():,.1f} harm points a week in their hours; weights "
            f"'{self.weights.name}' {self.weights.version}; recency: {recency}>"
        )


def score_risk(
    found: HotspotList,
    intensity: Intensity,
    incidents: Incidents | HarmCounts,
    *,
    weights: str | PathLike[str] | HarmWeights | None = None,
    half_life: float | None = HALF_LIFE,
    level: float = 0.9,
) -> RiskScores:
    """Score each hotspot by the harm to expect a week in it and its hours.

    A score of 3 reads: as much harm a week as three ordinary nuisance reports, by these weights.

    Parameters
    ----------
    found : HotspotList
        What `find_hotspots` gave.
    intensity : Intensity
        What `weekly_intensity` estimated, and the hotspots were found from.
    incidents : GeoDataFrame, Reading, Dataset, path or HarmCounts
        The incidents that were counted, or what a `HarmTask` built with these hotspots has counted.
    weights : path or HarmWeights, optional
        What a report weighs, or a file for `read_harm_weights`; by default the documented
        starting point.
    half_life : float, optional
        Weeks after which a report counts half, above 0; None if all count alike.
    level : float
        Of the interval of the weekly harm, above 0 and below 1.

    Returns
    -------
    RiskScores
        Scores, ranks and what they are made of; the list itself is not changed.

    Raises
    ------
    InputError
        If the hotspots or the incidents are not those of the intensity, an option is not allowed,
        or no report in the data weighs anything.

    Warns
    -----
    HotspotsWarning
        If no report has a type, or the weights name a heading that is neither the Met's nor in the
        data.

    Notes
    -----
    The score is the sum over the hotspot's places of the harm of `weekly_harm` times the share of
    their common week in the hotspot's hours. It is additive in reports: a report adds its weight ×
    how much its day counts × that share / (dispersion × rate). So, with shares, priors,
    dispersions and weights held, a further report lowers no score. `prior` and `own_history` are
    what the score would be if all reports of the period counted alike, and `recency` the rest.
    The interval is that of a gamma distribution with the posterior's mean and variance (reports of
    each kind, and shares of the week). Ties have the order of the list. O(rows + hotspots × kinds).

    Caveats
    -------
    **The score is by the weights**: look at `weight_sensitivity` before a rank decides anything. It
    measures what was reported, and flags where somebody asked. Estimated anew, with one more report
    in the data, dispersions and priors change, and a burst can then lower a score: forty calls in
    one night are one bad night. The interval does not hold what is not known of the priors, nor of
    the weights. **A score of a place hides no victim** only if `find_high_risk_victims` is read
    beside it.

    References
    ----------
    Sherman, L., Neyroud, P. W., Neyroud, E. (2016). The Cambridge Crime Harm Index: measuring total
    harm from crime based on sentencing guidelines. Policing 10(3). doi:10.1093/police/paw003

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> camden = hs.load_boroughs().loc[["E09000007"]]
    >>> intensity = hs.weekly_intensity(hs.count_incidents(calls, hs.make_grid(camden)))
    >>> scores = score_risk(hs.find_hotspots(intensity, camden), intensity, calls)
    >>> parts = scores.table[["prior", "own_history", "recency"]].sum(axis=1)
    >>> bool((abs(parts - scores.table["harm_per_week"]) < 1e-9).all())
    True
    """
    weights = as_weights(weights)
    check_half_life(half_life)
    if not is_number(level) or not 0 < level < 1:
        raise invalid("level", level, "a number above 0 and below 1")
    _check_found(found, intensity)
    counts = intensity.counts
    members = _Members.of(found, counts)
    if not isinstance(incidents, HarmCounts):
        incidents = added_up(run(incidents, HarmTask.build(counts, found))[0])
    elif not incidents.ids.equals(pd.Index(found.table.index)):
        remedy = "Use HarmTask.build(counts, found) with these hotspots."
        raise invalid("incidents", "HarmCounts of other hotspots", "of these hotspots", remedy)
    if len(incidents.kinds) and not weights.of(incidents.kinds).any():
        rule = "weights by which at least one kind of report in the data weighs more than 0"
        remedy = "Otherwise nothing can be ranked by harm."
        raise invalid("weights", f"{weights.name} {weights.version}", rule, remedy)
    harm = weekly_harm(intensity, incidents, weights=weights, half_life=half_life)
    reports = pd.DataFrame(
        [harm.by_kind(positions, mask) for positions, mask in members],
        index=found.table.index,
        columns=incidents.kinds.index,
        dtype=np.float64,
    )
    raw = _raw(members, incidents, counts)
    table = _table(found, members, harm, reports, raw, level)
    return RiskScores(
        table=table,
        by_kind=_by_kind(reports, raw, incidents.kinds, weights),
        described=_described(found, members, counts),
        reports=reports,
        kinds=incidents.kinds,
        weights=weights,
        half_life=half_life,
        level=float(level),
        harm=harm,
    )


@dataclass(frozen=True, eq=False)
class _Members:
    """The places of each hotspot, and its hours."""

    positions: list[Integers]
    masks: list[Flags | None]
    number: Integers
    """Number of the hotspot of each place; −1 for none."""

    @classmethod
    def of(cls, found: HotspotList, counts: Counts) -> _Members:
        position = member_positions(found, counts)
        hotspot = found.table.index.get_indexer(pd.Index(found.members["hotspot_id"]))
        number = np.full(len(counts.places), -1, dtype=np.int64)
        number[position] = hotspot
        masks: list[Flags | None] = [
            mask if mask.any() else None for mask in week_masks(found.table)
        ]
        return cls([position[hotspot == each] for each in range(len(found.table))], masks, number)

    def __iter__(self) -> Any:  # noqa: ANN401 (an iterator of pairs)
        """Give places and hours of each hotspot."""
        return zip(self.positions, self.masks, strict=True)


def _check_found(found: object, intensity: object) -> None:
    """Raise `InputError` unless these are hotspots and an intensity."""
    if not isinstance(found, HotspotList):
        remedy = "Use hs.find_hotspots(intensity, areas)."
        raise invalid("found", type(found).__name__, "a HotspotList", remedy)
    check_intensity(intensity)


def _raw(members: _Members, counted: HarmCounts, counts: Counts) -> Floats:
    """Count the reports of the period of each hotspot by kind, at any hour: (hotspots, kinds)."""
    rows = counted.places.assign(hotspot=members.number[counted.places["place"]])
    inside = in_period(rows[rows["hotspot"] >= 0], counts)
    n = np.zeros((len(members.positions), len(counted.kinds)))
    np.add.at(n, (inside["hotspot"].to_numpy(), inside["kind"].to_numpy()), inside["n"].to_numpy())
    return n


def _table(
    found: HotspotList,
    members: _Members,
    harm: HarmIntensity,
    reports: pd.DataFrame,
    raw: Floats,
    level: float,
) -> pd.DataFrame:
    parts = []
    places = harm.places
    for positions, mask in members:
        share = harm.share_in(positions, mask)
        part = places.iloc[positions][["harm_per_week", "prior", "own_history", "recency"]]
        low, high = harm.interval(positions, mask, level)
        parts.append({**part.sum().mul(share).to_dict(), "low": low, "high": high})
    columns = ["harm_per_week", "prior", "own_history", "recency", "low", "high"]
    made = pd.DataFrame(parts, index=found.table.index, columns=columns, dtype=np.float64)
    score, expected = made["harm_per_week"], found.table["expected_per_week"].astype(float)
    borough, kinds = found.table["borough"], harm.counted.kinds
    most = _largest_source(members, harm)
    return pd.DataFrame(
        {
            "name": found.table["name"],
            "borough": borough,
            "harm_per_week": score,
            "harm_low": made["low"],
            "harm_high": made["high"],
            "harm_rank": ranks_in(borough, score),
            "count_rank": ranks_in(borough, expected),
            "harm_rank_without_top": _ranks_without(borough, score, most),
            "expected_per_week": expected,
            "n": raw.sum(axis=1),
            "n_vulnerable": raw @ kinds["is_flagged_vulnerable"].to_numpy(dtype=float),
            "n_repeat": raw @ kinds["is_flagged_repeat"].to_numpy(dtype=float),
            "harm_per_report": score / reports.sum(axis=1),
            "prior": made["prior"],
            "own_history": made["own_history"],
            "recency": made["recency"],
            "top_share": most / score.where(score > 0, np.inf),
        },
        index=found.table.index,
    )


def ranks_in(borough: pd.Series[Any], score: pd.Series[Any]) -> pd.Series[Any]:
    """Rank within each borough, 1 for the largest; ties have the order of the rows."""
    # Sums that differ in their last digits alone are tied.
    return (-score.round(12)).groupby(borough).rank(method="first").astype("int64")


def _largest_source(members: _Members, harm: HarmIntensity) -> pd.Series[Any]:
    """Give the harm a week that each hotspot's largest source makes up: a caller or exact point."""
    counted, counts = harm.counted, harm.intensity.counts
    model = harm.model
    share = np.zeros(len(model))
    for positions, mask in members:
        share[positions] = harm.share_in(positions, mask)
    effect = share / (model["dispersion"] * model["recent_rate"]).to_numpy()
    weight = harm.weights.of(counted.kinds)
    most: pd.Series[Any] = pd.Series(0.0, index=range(len(counted.ids)))
    for table in (counted.callers, counted.points):
        rows = in_period(table, counts)
        each = row_weights(rows, counts, harm.half_life) * effect[rows["place"].to_numpy()]
        of_source = pd.Series(each * weight[rows["kind"].to_numpy()]).groupby(
            [rows["hotspot"].to_numpy(), rows["source"].to_numpy()]
        )
        largest = of_source.sum().groupby(level=0).max()
        most = most.where(most >= largest.reindex(most.index).fillna(0.0), largest)
    return most.set_axis(counted.ids)


def _ranks_without(
    borough: pd.Series[Any], score: pd.Series[Any], most: pd.Series[Any]
) -> pd.Series[Any]:
    """Give each hotspot's rank if only its own largest source had been silent."""
    ranks = pd.Series(0, index=score.index, dtype="int64")
    for _, rows in score.groupby(borough, sort=False):
        full = rows.round(12).to_numpy()
        rest = (rows - most[rows.index]).round(12).to_numpy()
        before = np.tri(len(rows), k=-1, dtype=bool)  # of equal ones, those before it on the list
        higher = (full[None, :] > rest[:, None]) | ((full[None, :] == rest[:, None]) & before)
        ranks[rows.index] = 1 + (higher & ~np.eye(len(rows), dtype=bool)).sum(axis=1)
    return ranks


def _by_kind(
    reports: pd.DataFrame, raw: Floats, kinds: pd.DataFrame, weights: HarmWeights
) -> pd.DataFrame:
    """Add up harm and reports by type, and by heading."""
    harm = reports.to_numpy() * weights.of(kinds)
    parts = []
    for by, column in (("type", KIND[0]), ("heading", KIND[1])):
        value, names = pd.factorize(kinds[column].fillna(_NOT_KNOWN), sort=True)
        to_value = np.eye(len(names))[value]
        parts.append(
            pd.DataFrame(
                {
                    "hotspot_id": np.repeat(reports.index.to_numpy(), len(names)),
                    "by": by,
                    "value": np.tile(np.asarray(names, dtype=object), len(reports)),
                    "n": (raw @ to_value).ravel(),
                    "harm_per_week": (harm @ to_value).ravel(),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    return table.astype({"hotspot_id": "str", "by": "str", "value": "str"})


def _described(found: HotspotList, members: _Members, counts: Counts) -> pd.DataFrame:
    """Say what is no part of the score: persistence, trend and hours."""
    steps = count_steps(counts)
    n = np.array([steps.matrix[positions].sum(axis=0) for positions in members.positions])
    months = describe_months(n.reshape(len(found.table), len(steps.weeks)), steps)
    return months.set_axis(found.table.index).assign(hours=found.table["hours"])
