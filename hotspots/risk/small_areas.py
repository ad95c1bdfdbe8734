"""The user's small areas, and what of the city and of a list lies in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from hotspots.errors import invalid
from hotspots.risk.low_reporting import find_low_reporting
from hotspots.risk.spread_groups import compare_groups, group_labels, shared_ground

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.counts import Counts

    Floats = np.ndarray[Any, np.dtype[np.float64]]


class SmallAreas:
    """The user's small areas, with what lies in each.

    Parameters
    ----------
    groups, areas, counts, reports
        As for `check_spread`.
    own : array of float (n_places,)
        Reports of each place of the counts, without context.
    """

    def __init__(
        self,
        groups: gpd.GeoDataFrame,
        areas: gpd.GeoDataFrame,
        counts: Counts,
        own: Floats,
        reports: pd.Series[Any] | None,
    ) -> None:
        self.groups = groups
        self.polygons = groups.geometry.to_numpy()
        self.in_areas = shared_ground(self.polygons, areas.geometry.to_numpy())
        self.inside = np.asarray(self.in_areas.sum(axis=1)).ravel()
        self.is_blurred = reports is None
        has_report = own > 0
        ground = counts.places.geometry.to_numpy()[has_report]
        self.is_too_fine = self.is_blurred and (
            np.median(shapely.area(ground)) > np.median(shapely.area(self.polygons))
            if len(ground)
            else True
        )
        if reports is not None:
            if not reports.index.equals(groups.index):
                remedy = "Use reports.reindex(groups.index, fill_value=0)."
                raise invalid("reports", f"{len(reports)} rows", "on the index of groups", remedy)
            self.reports = reports.to_numpy(dtype=np.float64)
        elif self.is_too_fine:
            self.reports = np.full(len(groups), np.nan)
        else:
            self.reports = np.asarray(shared_ground(ground, self.polygons).T @ own[has_report])

    def _people(self) -> Floats | None:
        if "population" not in self.groups.columns:
            return None
        people: Floats = self.groups["population"].to_numpy(dtype=np.float64) * self.inside
        return people

    def compare(
        self,
        columns: list[str],
        hotspots: gpd.GeoDataFrame,
        weights: dict[str, Floats],
        alpha: float,
    ) -> pd.DataFrame:
        """Compare the groups of each column."""
        part = shared_ground(hotspots.geometry.to_numpy(), self.polygons)
        land = shapely.area(self.polygons) * self.inside
        people = self._people()
        # What was shared out from the places of the listed areas lies inside them already.
        reports = self.reports if self.is_blurred else self.reports * self.inside
        inside = {"land": land, "reports": reports}
        if people is not None:
            inside["population"] = people
        tables = []
        for column in columns:
            labels = group_labels(self.groups[column], land if people is None else people)
            table = compare_groups(labels, inside, part, weights, alpha)
            table.insert(0, "column", column)
            tables.append(table)
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def population_of(self, areas: gpd.GeoDataFrame) -> pd.Series[Any] | None:
        """Give the residents of each area, those of cut small areas by their ground."""
        if "population" not in self.groups.columns:
            return None
        people = self.groups["population"].to_numpy(dtype=np.float64)
        return pd.Series(np.asarray(self.in_areas.T @ people), index=areas.index)

    def low_reporting(self) -> pd.DataFrame:
        """Give the small areas of the listed areas that report little."""
        if "population" not in self.groups.columns or self.is_too_fine:
            return pd.DataFrame()
        is_own = self.inside >= 0.5  # noqa: PLR2004 (mostly inside)
        if not is_own.any():
            return pd.DataFrame()
        own = self.groups[is_own]
        return find_low_reporting(pd.Series(self.reports[is_own], index=own.index), own)

    def said(self, unused: list[str]) -> list[str]:
        """Say what was not used, and what was blurred."""
        said = []
        if unused:
            said.append(f"Not compared, because they are names or empty: {', '.join(unused)}.")
        if self.is_too_fine:
            said.append(
                "The places are larger than the small areas, so reports by small area are not "
                "known, and nothing is said of areas that report little."
            )
        elif self.is_blurred:
            said.append(
                "Reports were shared out among small areas by area of intersection; counted by "
                "their points (reports=…) they are exact."
            )
        return said
