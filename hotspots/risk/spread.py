"""How a list falls on a city: who gets visits, what repeats, who reports little, what explores.

Counts and shares beside those of residents, land and reports; nothing is corrected. What looks
uneven is for people to judge: need is uneven, too.
"""

from __future__ import annotations

from collections.abc import Sequence as SequenceABC
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from hotspots.chance import make_generator
from hotspots.counts import check_counts
from hotspots.errors import invalid, is_number, is_whole
from hotspots.risk.list_repeats import draw_repeats, shared_share, trace_hotspots
from hotspots.risk.low_reporting import check_groups
from hotspots.risk.record import ListRecord
from hotspots.risk.small_areas import SmallAreas
from hotspots.risk.spread_groups import chosen_columns
from hotspots.risk.spread_table import as_long_table
from hotspots.risk.spread_words import in_words
from hotspots.tables import check_areas, require_crs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from hotspots.counts import Counts

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_NEEDED: Final = ("name", "area", "borough", "expected_per_week")


@dataclass(frozen=True, eq=False)
class Spread:
    """How a list falls on a city. Print it for the report in words.

    Parameters
    ----------
    by_area : DataFrame
        A row an area that has a list, index `area_id`: `name`; `hotspots`; `land`, the share of its
        ground that is listed; `reports` of the period and `listed_reports` on listed ground;
        `held`, the one divided by the other; `share_of_listed`, its share of all listed reports;
        `visits` a week; `population`; `reports_per_1000` and `visits_per_1000` residents. What is
        not known is missing.
    by_group : DataFrame
        A row for each column, group and measure; see Notes of `check_spread`. Empty without groups.
    repeats : DataFrame
        A row a hotspot, index `hotspot_id`: `name`, `area`, `ground_before` (share of its ground
        that the last list held), `was_listed` (at least half), `lists_in_a_row`. Empty without a
        last list.
    low_reporting : DataFrame
        As `find_low_reporting` gives it. Empty without small areas with residents.
    figures : mapping of str to float
        Of the whole list; missing where not known: `hotspots`, `land`, `held`, `visits`,
        `exploring_visits`, `exploring`; `hotspots_repeated`, `ground_repeated`, `reports_repeated`;
        `places_repeated` with `stable`, `stable_low`, `stable_high`: the share of the last list's
        places that is listed again, and what it would be if no place had changed;
        `period_shared`, the share of the last list's period that is in this one's.
    words : tuple of str
        The report in sentences.
    alpha : float
        Intervals hold 1 − alpha; low reporting is named up to this q.
    """

    by_area: pd.DataFrame = field(repr=False)
    by_group: pd.DataFrame = field(repr=False)
    repeats: pd.DataFrame = field(repr=False)
    low_reporting: pd.DataFrame = field(repr=False)
    figures: Mapping[str, float] = field(repr=False)
    words: tuple[str, ...]
    alpha: float

    @property
    def table(self) -> pd.DataFrame:
        """All figures, one a row: a spread table."""
        return as_long_table(
            self.by_area, self.by_group, self.repeats, self.low_reporting, self.figures, self.alpha
        )

    def __str__(self) -> str:
        """Give the report, a sentence a line."""
        return "\n".join(self.words)


def check_spread(
    hotspots: gpd.GeoDataFrame,
    members: pd.DataFrame,
    counts: Counts,
    areas: gpd.GeoDataFrame,
    *,
    groups: gpd.GeoDataFrame | None = None,
    by: Sequence[str] | None = None,
    reports: pd.Series[Any] | None = None,
    previous: ListRecord | Sequence[ListRecord] | None = None,
    tasks: pd.DataFrame | None = None,
    alpha: float = 0.05,
    n_draws: int = 199,
    rng: int | np.random.Generator | None = 0,
) -> Spread:
    """Check how a list spreads over areas and groups, repeats itself, and explores.

    Parameters
    ----------
    hotspots : GeoDataFrame
        A hotspots table, such as `analysis.hotspots`.
    members : DataFrame
        Which places each hotspot is made of: columns `hotspot_id`, `place_id`, such as
        `analysis.found.members`.
    counts : Counts
        What the list was made from.
    areas : GeoDataFrame
        The areas that have a list each, an areas table; `population` is used if it is there.
    groups : GeoDataFrame, optional
        Small areas of yours such as LSOAs, EPSG:27700, an id each: `population` (residents), and
        columns to compare, such as a decile of deprivation or a share of an ethnic group.
    by : sequence of str, optional
        Columns of `groups` to compare; by default all texts with at most 20 values and all numbers.
        Numbers with more than 10 values are cut into fifths of the residents.
    reports : Series of float, optional
        Reports of the period in each small area, on the index of `groups`, counted by their points
        (`count_incidents(incidents, places_from_areas(groups)).totals()`). By default the counts of
        places are shared out by area of intersection, which blurs them. Of a small area that lies
        in part outside the listed ones, as large a part of its reports is compared.
    previous : ListRecord or sequence of ListRecord, optional
        The last list (`analysis.record`), or several, the newest first.
    tasks : DataFrame, optional
        A tasks table. Without it nothing is said of visits.
    alpha : float
        Intervals hold 1 − alpha; low reporting is named up to this q; above 0, below 1.
    n_draws : int
        Worlds without change that are drawn for comparison, above 0.
    rng : int or Generator, optional
        Seed.

    Returns
    -------
    Spread
        With `.by_area`, `.by_group`, `.repeats`, `.low_reporting`, `.figures`, `.words`, `.table`.

    Raises
    ------
    InputError
        If a table lacks its columns or is not in EPSG:27700, a member is not known, a column to
        compare is not there or is a name with many values, or a parameter is out of its range.

    Notes
    -----
    `by_group` has a row for each column, group and measure. The measure is what a hotspot counts
    for: 1 ("hotspots"), reports expected a week in its hours ("expected"), or visits a week
    ("visits"). `share` is the group's share of it, by the ground of the hotspots that lies in the
    group's small areas (area of intersection), with an interval (`low`, `high`) by Clopper and
    Pearson for as many draws as the hotspots are worth by Kish. Beside it stand the group's shares
    of `population`, `land` and `reports` in the listed areas, and the ratios `to_population` (with
    ends) and `to_reports`. Repeats are compared with `n_draws` worlds in which no place has changed
    since the last list; see `hotspots.risk.list_repeats.draw_repeats`.

    Caveats
    -------
    **An uneven list is not an unfair one, nor an even one fair**: need is uneven, and reports are
    not need. `to_reports` near 1 says that the list follows reports, with whatever they leave out.
    **Groups are of areas, not of people** (the ecological fallacy): a visit in a deprived area is
    not a visit to a deprived person. **The interval** treats hotspots as a draw from lists that
    could have come; a fixed number for each borough makes real lists vary less. Many groups are
    **many tests**. Ground is shared out evenly, although reports lie at one end of a square:
    **snapped** points, the **edge** of areas and **small counts** blur more.

    References
    ----------
    Korn, E. L., Graubard, B. I. (1998). Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data. Survey Methodology 24(2).
    Lum, K., Isaac, W. (2016). To predict and serve? Significance 13(5).
    doi:10.1111/j.1740-9713.2016.00960.x

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> run = hs.analyse(calls, boroughs=["Camden"], progress=False)
    >>> spread = hs.check_spread(
    ...     run.hotspots, run.found.members, run.counts, run.areas, tasks=run.tasks
    ... )
    >>> spread.by_area[["name", "hotspots"]].values.tolist()
    [['Camden', 10]]
    """
    if not is_number(alpha) or not 0 < alpha < 1:
        raise invalid("alpha", alpha, "a number above 0 and below 1")
    if not is_whole(n_draws, 1):
        raise invalid("n_draws", n_draws, "a whole number above 0")
    _check(hotspots, members, counts, tasks)
    check_areas(areas)
    weights = _weights(hotspots, tasks)
    own = counts.totals() - counts.context
    at_place = pd.Series(own, index=counts.places.index)[members["place_id"]].to_numpy()
    sums = pd.Series(at_place).groupby(members["hotspot_id"].to_numpy()).sum()
    n = sums.reindex(hotspots.index, fill_value=0.0).to_numpy(dtype=np.float64)
    said: list[str] = []
    by_group, low_reporting, population = pd.DataFrame(), pd.DataFrame(), None
    if groups is not None:
        check_groups(groups)
        columns, unused = chosen_columns(groups, by)
        small = SmallAreas(groups, areas, counts, own, reports)
        by_group = small.compare(columns, hotspots, weights, alpha)
        population, low_reporting = small.population_of(areas), small.low_reporting()
        said = small.said(unused)
    elif by is not None or reports is not None:
        raise invalid("groups", None, "small areas, where by or reports is given")
    by_area = _by_area(hotspots, counts, areas, own, n, weights, population)
    lists = _as_lists(previous)
    shared = [str(area) for area in areas.index if lists and area in lists[0].areas]
    repeats = trace_hotspots(hotspots, lists, shared) if lists else pd.DataFrame()
    figures = _figures(hotspots, by_area, weights, tasks)
    if lists:
        chance = make_generator(rng)
        stable = draw_repeats(lists[0], shared, counts, n_draws=int(n_draws), chance=chance)
        figures |= _repeat_figures(hotspots, members, n, repeats, lists[0], shared, counts)
        figures |= dict(zip(("stable", "stable_low", "stable_high"), stable, strict=True))
    words = (*in_words(by_area, by_group, repeats, low_reporting, figures, alpha), *said)
    return Spread(by_area, by_group, repeats, low_reporting, figures, words, float(alpha))


def _check(
    hotspots: gpd.GeoDataFrame, members: pd.DataFrame, counts: Counts, tasks: pd.DataFrame | None
) -> None:
    require_crs("hotspots", hotspots)
    check_counts(counts)
    tables: list[tuple[str, Any, tuple[str, ...], str]] = [
        ("hotspots", hotspots, _NEEDED, "Use analysis.hotspots.")
    ]
    tables.append(("members", members, ("hotspot_id", "place_id"), "Use analysis.found.members."))
    if tasks is not None:
        tables.append(("tasks", tasks, ("hotspot_id", "visits_per_week"), "Use analysis.tasks."))
    for name, table, needed, remedy in tables:
        if not isinstance(table, pd.DataFrame):
            raise invalid(name, type(table).__name__, f"a {name} table", remedy)
        missing = [column for column in needed if column not in table.columns]
        if missing:
            raise invalid(name, f"a table without {', '.join(missing)}", f"a {name} table", remedy)
    for column, known in (("hotspot_id", hotspots.index), ("place_id", counts.places.index)):
        unknown = members.loc[~members[column].isin(known), column]
        if len(unknown):
            remedy = "Use hotspots, members and counts of one analysis."
            raise invalid("members", unknown.iloc[0], f"a known {column}", remedy)


def _as_lists(previous: ListRecord | Sequence[ListRecord] | None) -> list[ListRecord]:
    if previous is None:
        return []
    lists = list(previous) if isinstance(previous, SequenceABC) else [previous]
    if not lists or not all(isinstance(each, ListRecord) for each in lists):
        given = type(lists[0]).__name__ if lists else "an empty list"
        raise invalid("previous", given, "a ListRecord, or several", "Use analysis.record.")
    return lists


def _weights(hotspots: gpd.GeoDataFrame, tasks: pd.DataFrame | None) -> dict[str, Floats]:
    """Give what each hotspot counts for, by measure."""
    weights = {
        "hotspots": np.ones(len(hotspots)),
        "expected": hotspots["expected_per_week"].to_numpy(dtype=np.float64),
    }
    if tasks is not None:
        visits = tasks.groupby("hotspot_id")["visits_per_week"].sum()
        weights["visits"] = visits.reindex(hotspots.index, fill_value=0).to_numpy(dtype=np.float64)
    return weights


def _by_area(
    hotspots: gpd.GeoDataFrame,
    counts: Counts,
    areas: gpd.GeoDataFrame,
    own: Floats,
    n: Floats,
    weights: dict[str, Floats],
    population: pd.Series[Any] | None,
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"listed_reports": n, "listed_m2": shapely.area(hotspots.geometry.to_numpy())}
    )
    frame["hotspots"] = 1
    frame["visits"] = weights.get("visits", np.nan)
    sums = frame.groupby(hotspots["borough"].to_numpy()).sum(min_count=1).reindex(areas.index)
    if len(counts.area_week):
        reports = counts.area_week.sum(axis=1).reindex(areas.index)
    else:
        reports = pd.Series(own).groupby(counts.places["area_id"].to_numpy()).sum()
        reports = reports.reindex(areas.index)
    if "population" in areas.columns:
        population = areas["population"]
    people = population if population is not None else pd.Series(np.nan, index=areas.index)
    people = people.where(people > 0).astype("float64")
    reports, listed = reports.fillna(0.0), sums["listed_reports"].fillna(0.0)
    visits = sums["visits"] if "visits" not in weights else sums["visits"].fillna(0.0)
    return pd.DataFrame(
        {
            "name": areas["name"].astype("str"),
            "hotspots": sums["hotspots"].fillna(0).astype("int64"),
            "land": sums["listed_m2"].fillna(0.0) / shapely.area(areas.geometry.to_numpy()),
            "reports": reports,
            "listed_reports": listed,
            "held": listed / reports.where(reports > 0),
            "share_of_listed": listed / (listed.sum() or np.nan),
            "visits": visits,
            "population": people,
            "reports_per_1000": 1000 * reports / people,
            "visits_per_1000": 1000 * visits / people,
        },
        index=areas.index,
    )


def _figures(
    hotspots: gpd.GeoDataFrame,
    by_area: pd.DataFrame,
    weights: dict[str, Floats],
    tasks: pd.DataFrame | None,
) -> dict[str, float]:
    reports = float(by_area["reports"].sum())
    figures = {
        "hotspots": float(len(hotspots)),
        "held": float(by_area["listed_reports"].sum()) / reports if reports else np.nan,
    }
    if tasks is not None:
        visits = float(tasks["visits_per_week"].sum())
        off_list = float(visits - weights["visits"].sum())
        share = off_list / visits if visits else np.nan
        figures |= {"visits": visits, "exploring_visits": off_list, "exploring": share}
    return figures


def _repeat_figures(
    hotspots: gpd.GeoDataFrame,
    members: pd.DataFrame,
    n: Floats,
    repeats: pd.DataFrame,
    last: ListRecord,
    shared: list[str],
    counts: Counts,
) -> dict[str, float]:
    """Give how much of the list was on the last one."""
    is_shared = hotspots["borough"].isin(shared).to_numpy()
    before = repeats["ground_before"].to_numpy()
    land = shapely.area(hotspots.geometry.to_numpy()[is_shared])
    places = np.nan
    if last.places is not None:
        is_own = last.places["area_id"].isin(shared) & ~last.places["is_context"].astype(bool)
        was = last.places.index[is_own & last.places["hotspot_id"].notna()]
        # Places of another grid have other ids: then nothing can be said.
        if len(was) and was.isin(counts.places.index).any():
            places = float(was.isin(members["place_id"]).mean())
    return {
        "hotspots_repeated": float(repeats["was_listed"].mean()) if len(repeats) else np.nan,
        "ground_repeated": _mean(before, land),
        "reports_repeated": _mean(before, n[is_shared]),
        "places_repeated": places,
        "period_shared": shared_share(last, counts),
    }


def _mean(values: Floats, weight: Floats) -> float:
    return float((values * weight).sum() / weight.sum()) if weight.sum() > 0 else np.nan
