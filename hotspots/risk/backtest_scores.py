"""The scores of each forecast of a backtest, added up and put into tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from hotspots.risk.accuracy import (
    central_share,
    chance_between,
    drawn_hit_rates,
    land_weights,
    log_scores,
    rank_biased_overlap,
    tenths,
)
from hotspots.risk.backtest_record import PLAIN

if TYPE_CHECKING:
    import geopandas as gpd

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

FEWEST_BLOCKS: Final = 10
"""From how many squares of 2 km on differences have an interval."""

_BLOCK_M: Final = 2000.0
_SUMS: Final = ("places", "expected", "actual", "held", "stated", "central")


@dataclass(frozen=True, eq=False)
class Ground:
    """The places that are scored, and the land and blocks that they lie in."""

    area_m2: Floats
    land_m2: float
    shares: Floats
    areas: pd.Index[Any]
    """Ids of the areas, sorted."""
    area: Integers
    """Number of the area of each place; −1 for none."""
    block: Integers
    """Number of the square of 2 km of each place."""

    @classmethod
    def of(cls, places: gpd.GeoDataFrame, land_m2: float, shares: Floats) -> Ground:
        """Make it of places that are not context."""
        number, names = pd.factorize(places["area_id"], sort=True)
        centres = shapely.centroid(places.geometry.to_numpy())
        corner = np.floor(shapely.get_coordinates(centres) / _BLOCK_M).astype(np.int64)
        _, block = np.unique(corner, axis=0, return_inverse=True)
        area_m2 = places["area_m2"].to_numpy(dtype=np.float64)
        return cls(area_m2, land_m2, shares, pd.Index(names), number, block.ravel())

    @property
    def n_blocks(self) -> int:
        """How many squares of 2 km hold a place."""
        return int(self.block.max()) + 1

    def weights(self, score: Floats) -> Floats:
        """Give the part of each place in the top shares of all land."""
        return land_weights(score, self.area_m2, self.shares, land_m2=np.array([self.land_m2]))

    def hits_by_area(self, score: Floats, actual: Floats) -> Floats:
        """Give what came in the top shares of the land of each area, (n_areas, n_shares)."""
        known = self.area >= 0
        area = self.area[known]
        weights = land_weights(score[known], self.area_m2[known], self.shares, group=area)
        hits = weights * actual[known, None]
        return self.sum_by_area(hits, area)

    def sum_by_area(self, values: Floats, area: Integers) -> Floats:
        """Add up rows by area."""
        sums = [np.bincount(area, weights=each, minlength=len(self.areas)) for each in values.T]
        return np.stack(sums, axis=1)


@dataclass
class _Origin:
    """What came in one step."""

    number: int
    start: pd.Timestamp
    end: pd.Timestamp
    actual: Floats
    best: Floats
    """Hit rate of the best possible at each share."""


@dataclass
class Scores:
    """Adds up the scores of the forecasts, origin by origin."""

    ground: Ground
    level: float
    _origins: list[_Origin] = field(default_factory=list)
    _table: list[dict[str, object]] = field(default_factory=list)
    _scores: list[dict[str, object]] = field(default_factory=list)
    _stability: list[dict[str, object]] = field(default_factory=list)
    _before: dict[str, Floats] = field(default_factory=dict)
    _expected: dict[str, list[Floats]] = field(default_factory=dict)
    _hits_by_area: dict[str, Floats] = field(default_factory=dict)
    _best_by_area: Floats | None = None
    _n_by_area: Floats | None = None
    _groups: dict[str, Floats] = field(default_factory=dict)

    @property
    def n_empty(self) -> int:
        """How many steps had no incident."""
        return sum(origin.actual.sum() == 0 for origin in self._origins)

    def begin(self, number: int, period: tuple[pd.Timestamp, pd.Timestamp], actual: Floats) -> None:
        """Take what came in the next step that is forecast."""
        ground = self.ground
        best = _rate(actual @ ground.weights(actual), actual.sum())
        self._origins.append(_Origin(number, *period, actual, best))
        known = ground.area >= 0
        n = ground.sum_by_area(actual[known, None], ground.area[known])[:, 0]
        hits = ground.hits_by_area(actual, actual)
        self._n_by_area = n if self._n_by_area is None else self._n_by_area + n
        self._best_by_area = hits if self._best_by_area is None else self._best_by_area + hits

    def add(self, method: str, table: pd.DataFrame) -> None:
        """Score a forecast of the last step that was begun."""
        ground, origin = self.ground, self._origins[-1]
        actual = origin.actual
        expected, size, low, high = (
            table[name].to_numpy(dtype=np.float64) for name in ("expected", "size", "low", "high")
        )
        weights = ground.weights(expected)
        held = ((actual >= low) & (actual <= high)).astype(np.float64)
        stated = chance_between(low, high, expected, size)
        central = central_share(actual, expected, size, self.level)
        each = [np.ones(len(actual)), expected, actual, held, stated, central]
        sums = np.stack(each, axis=1)
        tenth = tenths(expected)
        groups = np.concatenate(
            [
                sums.sum(axis=0)[None],
                np.stack([np.bincount(tenth, each, minlength=11)[1:] for each in sums.T], axis=1),
                weights.T @ sums,
            ]
        )
        hits = weights * actual[:, None]
        if method in self._before:
            overlap = rank_biased_overlap(self._before[method], expected / ground.area_m2)
            self._stability.append({"method": method, "origin": origin.number, "overlap": overlap})
            self._groups[method] += groups
            self._hits_by_area[method] += ground.hits_by_area(expected, actual)
        else:
            self._groups[method] = groups
            self._hits_by_area[method] = ground.hits_by_area(expected, actual)
        self._before[method] = expected / ground.area_m2
        self._expected.setdefault(method, []).append(expected)
        by_poisson, by_binomial = log_scores(actual, expected, size)
        self._scores.append(
            {
                "method": method,
                "origin": origin.number,
                "start": origin.start,
                "end": origin.end,
                "expected": expected.sum(),
                "actual": actual.sum(),
                "coverage": held.mean(),
                "log_poisson": by_poisson.mean(),
                "log_negative_binomial": by_binomial.mean(),
            }
        )
        found = groups[-len(ground.shares) :]
        rates = _rate(hits.sum(axis=0), actual.sum())
        for share, rate, best, row in zip(ground.shares, rates, origin.best, found, strict=True):
            self._table.append(
                {
                    "method": method,
                    "origin": origin.number,
                    "share": share,
                    "hit_rate": rate,
                    "best": best,
                    "pai": rate / share,
                    "pei": rate / best,
                    "expected": row[_SUMS.index("expected")],
                    "actual": row[_SUMS.index("actual")],
                }
            )

    # ---- Tables ----

    def table(self) -> pd.DataFrame:
        """Give a row a method, origin and share."""
        return self._by_method(self._table, ["method", "origin", "share"])

    def scores(self) -> pd.DataFrame:
        """Give a row a method and origin."""
        return self._by_method(self._scores, ["method", "origin"])

    def stability(self) -> pd.DataFrame:
        """Give a row a method and origin but the first."""
        if not self._stability:
            index = pd.MultiIndex.from_arrays([[], []], names=["method", "origin"])
            return pd.DataFrame({"overlap": np.empty(0)}, index=index)
        return self._by_method(self._stability, ["method", "origin"])

    def summary(self) -> pd.DataFrame:
        """Give a row a method and share: means over the origins."""
        groups = self.table().groupby(["method", "share"], sort=False)
        means = groups[["hit_rate", "best", "pai", "pei"]].mean()
        sums = groups[["actual", "expected"]].sum()
        means["ratio"] = _rate(sums["actual"].to_numpy(), sums["expected"].to_numpy())
        return means

    def areas(self) -> pd.DataFrame:
        """Give a row a method, area and share of the area's land, all origins together."""
        ground = self.ground
        names = ["method", "area_id", "share"]
        index = pd.MultiIndex.from_product([list(self._groups), ground.areas, ground.shares])
        rows = index.to_frame(index=False, name=names)
        n = np.asarray(self._n_by_area)[:, None]
        best = _rate(np.asarray(self._best_by_area), n)
        rates = [_rate(hits, n) for hits in self._hits_by_area.values()]
        table = rows.assign(
            n=np.tile(np.repeat(n.ravel(), len(ground.shares)), len(rates)),
            hit_rate=np.concatenate([each.ravel() for each in rates]),
            best=np.tile(best.ravel(), len(rates)),
        )
        table["pai"] = table["hit_rate"] / table["share"]
        table["pei"] = table["hit_rate"] / table["best"]
        return _indexed(table, names)

    def calibration(self) -> pd.DataFrame:
        """Give a row a method and group of places, all origins together."""
        groups = ["all", *(f"tenth {number}" for number in range(1, 11))]
        groups += [f"top {share:.15g}" for share in self.ground.shares]
        sums = dict(zip(_SUMS, np.concatenate(list(self._groups.values())).T, strict=True))
        table = pd.DataFrame(
            {
                "method": np.repeat(list(self._groups), len(groups)),
                "group": np.tile(groups, len(self._groups)),
                "places": sums["places"] / len(self._origins),
                "expected": sums["expected"],
                "actual": sums["actual"],
                "ratio": _rate(sums["actual"], sums["expected"]),
                "coverage": _rate(sums["held"], sums["places"]),
                "stated": _rate(sums["stated"], sums["places"]),
                "central": _rate(sums["central"], sums["places"]),
            }
        )
        return _indexed(table, ["method", "group"])

    def differences(self, n_draws: int, chance: np.random.Generator) -> pd.DataFrame:
        """Give a row a method and share: how far it is ahead of the plain count."""
        n_blocks, shares = self.ground.n_blocks, self.ground.shares
        even = np.full(n_blocks, 1 / n_blocks)
        draws = chance.multinomial(n_blocks, even, size=n_draws).astype(np.float64)
        # The first row is the data as they are, each block once.
        draws = np.vstack([np.ones(n_blocks), draws])
        means = {method: self._drawn_means(method, draws) for method in self._expected}
        plain, rows = means[PLAIN], []
        ends = [(1 - self.level) / 2, (1 + self.level) / 2]
        for method in [each for each in means if each != PLAIN]:
            ahead, ratio = means[method] - plain, _rate(means[method], plain)
            limits = [_quantiles(each[1:], ends) for each in (ahead, ratio)]
            if n_blocks < FEWEST_BLOCKS:
                limits = [np.full((2, len(shares)), np.nan)] * 2
            rows.append(
                pd.DataFrame(
                    {
                        "method": method,
                        "share": shares,
                        "hit_rate": means[method][0],
                        "plain": plain[0],
                        "difference": ahead[0],
                        "low": limits[0][0],
                        "high": limits[0][1],
                        "ratio": ratio[0],
                        "ratio_low": limits[1][0],
                        "ratio_high": limits[1][1],
                    }
                )
            )
        if not rows:
            columns = ["hit_rate", "plain", "difference", "low", "high"]
            columns += ["ratio", "ratio_low", "ratio_high"]
            index = pd.MultiIndex.from_arrays([[], []], names=["method", "share"])
            return pd.DataFrame(np.empty((0, len(columns))), index, columns)
        return _indexed(pd.concat(rows), ["method", "share"])

    def _drawn_means(self, method: str, draws: Floats) -> Floats:
        """Give the mean hit rate over the origins for each draw, (n_draws, n_shares)."""
        ground = self.ground
        rates = np.stack(
            [
                drawn_hit_rates(
                    expected,
                    origin.actual,
                    ground.area_m2,
                    ground.shares,
                    land_m2=ground.land_m2,
                    block=ground.block,
                    draws=draws,
                )
                for expected, origin in zip(self._expected[method], self._origins, strict=True)
            ]
        )
        # An origin without incidents, in the data or in a draw, is left out.
        is_known = np.isfinite(rates)
        return _rate(np.where(is_known, rates, 0.0).sum(axis=0), is_known.sum(axis=0))

    def _by_method(self, rows: list[dict[str, object]], index: list[str]) -> pd.DataFrame:
        """Make a table of rows: all of a method together, in the order of the methods."""
        table = pd.DataFrame(rows)
        order = table["method"].map(list(self._groups).index)
        return _indexed(table.iloc[order.argsort(kind="stable")], index)


def _indexed(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Make columns the index, whose levels stay in the order of the rows, not of the alphabet."""
    found: list[Any] = [pd.factorize(table[name]) for name in names]
    index = pd.MultiIndex([level for _, level in found], [code for code, _ in found], names=names)
    return table.drop(columns=names).set_axis(index)


def _rate(part: Any, whole: Any) -> Floats:  # noqa: ANN401
    """Divide; missing where there is nothing to divide by."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))


def _quantiles(values: Floats, ends: list[float]) -> Floats:
    """Give quantiles of each column over the draws that have a value."""
    columns = [each[np.isfinite(each)] for each in values.T]
    return np.stack(
        [np.quantile(each, ends) if len(each) else np.full(2, np.nan) for each in columns], axis=1
    )
