"""What about the data or the list may mislead, in sentences that every product of a run carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotspots.words import count, percent

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from hotspots.counts import Counts
    from hotspots.risk import Details
    from hotspots.settings import Settings

_MANY_AT_POINT: Final = 100
_LARGE_SHARE: Final = 0.1
_DAYS_IN_WEEK: Final = 7


def about_codes(counts: Counts, areas: gpd.GeoDataFrame) -> list[str]:
    """Say if most rows carry codes of other areas, such as wards of another year."""
    n_lost, n_rows = sum(counts.unknown_codes.values()), sum(counts.walk.values())
    if 2 * n_lost <= n_rows:
        return []
    shown = 2
    examples = " or ".join(list(counts.unknown_codes)[:shown])
    known = " or ".join(f"{code} ({name})" for code, name in areas["name"].head(shown).items())
    said = (
        f"{n_lost:,} of {n_rows:,} rows have a code or name that none of the areas has, such as "
        f"{examples}; the areas have such as {known}. Give the areas that the data mean, of the "
        "same kind and year (--areas FILE)."
    )
    return [said]


def about_walk(walk: dict[str, int], reach: float) -> list[str]:
    """Say where rows went that no place of the areas has; `reach` in metres."""
    said = []
    if walk["in areas"] == 0:
        said.append(
            "None of the accepted rows lies in the areas, so the list is empty. Give the areas "
            "that the data cover (--areas FILE)."
        )
    if walk["out of area"]:
        said.append(f"{walk['out of area']:,} accepted rows lie outside the areas.")
    if walk["context"]:
        said.append(
            f"{walk['context']:,} accepted rows lie outside the areas but within "
            f"{reach:.0f} m: counted where a hotspot crosses the border, but they make "
            "none of their own."
        )
    if walk["no place"]:
        said.append(
            f"{walk['no place']:,} accepted rows have no place that is known here (no point, and "
            "neither a code nor the name of one area): they are on no map."
        )
    return said


def missing_months(counts: Counts) -> tuple[pd.PeriodIndex, list[str]]:
    """Find the months without any incident in the whole input: missing is not zero."""
    period = counts.months
    missing = period[~period.isin(counts.months_seen)]
    if len(missing) == 0:
        return missing, []
    most = 3
    shown = ", ".join(map(str, missing[:most])) + (", …" if len(missing) > most else "")
    said = (
        f"{len(missing)} of the {len(period)} months of the period have no incident at all "
        f"({shown}): taken as missing, so expected numbers rest on the other "
        f"{len(period) - len(missing)}."
    )
    return missing, [said]


def about_counts(counts: Counts, settings: Settings) -> list[str]:
    """Say what about the counts may mislead: a short period, rows in no place, large places."""
    said = []
    if counts.n_days < _DAYS_IN_WEEK:
        said.append(
            f"The period has {count(counts.n_days, 'day')}, less than a week: expected numbers a "
            "week are a guess, and its hours of the week were seen once or never."
        )
    if counts.n_outside and counts.total:
        said.append(
            f"{counts.n_outside:,.0f} incidents belong to the areas but lie in no place: they "
            "count in totals and are on no map."
        )
    largest = counts.places["area_m2"].max()
    if largest > settings.hotspots.max_area and (counts.places["shape"] != "area").all():
        said.append(
            f"A place ({largest:,.0f} m²) is larger than hotspots.max_area "
            f"({settings.hotspots.max_area:,.0f} m²), so every hotspot is one place."
        )
    return said


def about_points(
    details: Details, hotspots: gpd.GeoDataFrame, counts: Counts, noun: str
) -> list[str]:
    """Say which exact point holds so much of an area that it may stand for "not known".

    Coordinates are told of many incidents only, and never of one caller's.
    """
    in_area = counts.area_week.sum(axis=1)
    said = []
    for name, (x, y, n) in details.top_points().items():
        row = hotspots.loc[name]
        total = in_area[row["borough"]]
        share = n / total if total else 0.0
        if n >= _MANY_AT_POINT and share >= _LARGE_SHARE and not row["is_one_caller"]:
            said.append(
                f"{n:,.0f} {noun} ({percent(share)} of those in {row['area']}) lie at exactly one "
                f"point ({x:.0f}, {y:.0f}): a default of the system? If so, {row['name']} is no "
                "hotspot: give these rows no coordinates."
            )
    return said


def without_tasks(left_out: pd.DataFrame) -> list[str]:
    """Say how many hotspots get no visit, without saying which of the reasons holds where."""
    n = len(left_out)
    if n == 0:
        return []
    return [
        (
            f"{count(n, 'hotspot')} without a visit: the tours are full, no tour or team covers "
            "it, hardly anything is expected, or a patrol is not what it needs."
        )
    ]


def withheld(hotspots: gpd.GeoDataFrame) -> list[str]:
    """Say how many hotspots partners do not get: where it is known that one caller makes them."""
    n = int(hotspots["is_one_caller"].astype(bool).sum())
    return [f"{count(n, 'hotspot')} of the list: in the restricted edition only."] if n else []


def one_callers(hotspots: gpd.GeoDataFrame) -> list[str]:
    """Say how many hotspots are one caller's: for those only who may know it."""
    n = int(hotspots["is_one_caller"].astype(bool).sum())
    if n == 0:
        return []
    return [
        (
            f"{count(n, 'hotspot')} with nine tenths or more from one caller: no patrol is planned "
            "there; visit the caller."
        )
    ]
