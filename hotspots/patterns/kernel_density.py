"""The density of incidents as a smooth surface, all in one or by bands of hours.

Incidents are shared out over the cells of a raster and smoothed by FFT; at the outer edge of the
data, and only there, the surface is raised by what the kernel has lost.
"""

from __future__ import annotations

import logging
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from hotspots.errors import HotspotsWarning, InputError, invalid, is_number
from hotspots.patterns.density import KM2, Density, check_cells
from hotspots.patterns.kernels import KERNELS, Kernel, smooth
from hotspots.patterns.rasters import PAD, Raster
from hotspots.tables import check_areas, has_point, require_clock, require_crs
from hotspots.times import Band, describe_band, hour_of_week
from hotspots.words import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_LOG = logging.getLogger(__name__)

MAX_RATIO: Final = 0.1
"""Largest cell, in bandwidths, unless the caller insists."""

NEIGHBOURS: Final = 50
"""Others that an average incident has within the chosen bandwidth."""

_MOST_ASKED: Final = 50_000
_TOLERATED_OUTSIDE: Final = 0.01
_LEAST_SHARE: Final = 1e-6


def kernel_density(
    incidents: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None = None,
    *,
    cell_size: float | None = None,
    max_ratio: float = MAX_RATIO,
    bandwidth: float | None = None,
    kernel: Literal["quartic", "gaussian"] = "quartic",
    bands: Sequence[Band] | None = None,
    weights: str = "weight",
) -> Density:
    """Smooth incidents into a density, in incidents per km² over their period.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table, or any points in EPSG:27700 with a column of weights. Polygons, such as
        places with a population, count at their middles, or at a point in the part of them that is
        inside the areas. Rows without geometry are left out.
    areas : GeoDataFrame, optional
        The ground that the data cover, an areas table. The density is corrected at the outer edge
        of all areas together and is NaN outside; incidents outside are left out. Borders between
        areas do not matter. By default there is no edge and no correction.
    cell_size : float, optional
        Side of the cells, metres. By default a fifteenth (quartic) or a tenth (Gaussian) of the
        bandwidth, rounded down to whole metres.
    max_ratio : float
        Largest cell that is accepted, in bandwidths. Raise it for a coarser picture.
    bandwidth : float, optional
        Radius (quartic) or standard deviation (Gaussian), metres. By default the mean distance of
        an incident to its 50th nearest, in whole metres, for the Gaussian over √7, which smooths as
        widely; it is announced in the log.
    kernel : {"quartic", "gaussian"}
        The kernel.
    bands : sequence of Band, optional
        Hours of the week, one layer each. Every incident then needs a clock time.
    weights : str
        Column that says how many each row stands for, none below 0.

    Returns
    -------
    Density
        With `.values`, `.ratio(other)`, `.sample(places)` and `.save(path)`.

    Raises
    ------
    MonthlyDataError
        If bands are asked for and a row has no clock time.
    InputError
        If a parameter is out of its range, the coordinate system is not EPSG:27700, there are
        fewer than two incidents, a bandwidth is to be chosen and none lies apart from the others,
        or the raster would have more than 50 million cells.

    Warns
    -----
    HotspotsWarning
        If all incidents lie at one point, a band holds fewer than two, or more than a hundredth
        lie outside the areas.

    Notes
    -----
    The density at a point is Σ wᵢ k(dᵢ/h) / h², dᵢ being its distance to incident i, with
    k(t) = 3/π (1 − t²)² for t ≤ 1 (quartic) or exp(−t²/2) / 2π (Gaussian), here up to t = 5. With
    areas it is divided by the share of the kernel round the point that lies in them, so that an
    even density stays even up to the edge; the sum over the cells is then no longer exactly the
    number of incidents.

    Each incident is shared out between the middles of four cells (linear binning), which makes the
    density of a single point wrong by up to (c/h)² (quartic) or (c/h)²/4 (Gaussian) of its height,
    c being the cell: 0.44 % and 0.25 % by default. Of many points the errors partly cancel; the
    page on kernel density has them by that ratio.

    For the default bandwidth at most 50,000 different points are asked for their neighbours.
    O(n log n + c log c) in time for n incidents and c cells.

    Caveats
    -------
    A density shows where incidents are and proves nothing: chance alone makes peaks, and some of
    many peaks will be high. Its look depends on the bandwidth; try another. Points that were moved
    to map points make peaks at those. A correction at the edge assumes that outside it is as
    inside. A bump with few incidents under it is those incidents.

    References
    ----------
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis. Chapman & Hall,
    equations 4.5 and 4.13. doi:10.1201/9781315140919
    Diggle, P. (1985). A kernel method for smoothing point process data. Applied Statistics 34(2),
    138–147. doi:10.2307/2347366
    Wand, M. P. (1994). Fast computation of multivariate kernel estimators. Journal of
    Computational and Graphical Statistics 3(4), 433–445. doi:10.1080/10618600.1994.10474656
    Williamson, D., McLafferty, S., McGuire, P., Ross, T., Mollenkopf, J., Goldsmith, V., Quinn, S.
    (1999). A better method to smooth crime incident data. ArcUser, January–March 1999.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> camden = hs.load_boroughs().query("name == 'Camden'")
    >>> density = hs.kernel_density(calls, camden, bandwidth=300)
    >>> density.cell_size, density.unit
    (20.0, 'incidents per km²')
    """
    _check(cell_size, max_ratio, bandwidth, kernel, bands)
    ground = None
    if areas is not None:
        check_areas(areas)
        ground = areas.geometry.union_all()
        shapely.prepare(ground)
    points = _Points.of(incidents, weights, ground, needs_clock=bands is not None)
    if ground is not None:
        points = points.within(shapely.intersects_xy(ground, *points.xy.T))
    shape = KERNELS[kernel]
    rule = "given"
    points.check()
    if bandwidth is None:
        bandwidth, rule = _choose_bandwidth(points, shape.narrower)
    cell_size = _choose_cell_size(bandwidth, cell_size, max_ratio, shape)
    if ground is None:
        reach = shape.reach * bandwidth
        low, high = points.xy.min(axis=0) - reach, points.xy.max(axis=0) + reach
        bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        _LOG.info("no areas are given, so the density is not corrected at the edge of the data")
    else:
        bounds = ground.bounds
    raster = Raster.covering(bounds, cell_size)
    west, south, east, north = (round(edge) for edge in bounds)
    remedy = (
        f"It reaches from {west:,} to {east:,} m east and {south:,} to {north:,} m north: look for "
        "stray points, or give a larger cell_size and bandwidth, or fewer bands."
    )
    check_cells(len(bands or [None]), raster, remedy)
    inside = None if ground is None else raster.share_inside(ground)
    layers = points.by_band(bands)
    values = _estimate(layers, raster, inside, shape, bandwidth)
    return Density(
        values=values,
        raster=raster,
        unit=f"{'incidents' if weights == 'weight' else weights} per km²",
        kernel=kernel,
        bandwidth=float(bandwidth),
        bandwidth_rule=rule,
        bands=tuple(bands or ()),
        totals=tuple(float(layer.weight.sum()) for layer in layers),
        period=_period(incidents),
        is_edge_corrected=areas is not None,
    )


def _check(
    cell_size: float | None,
    max_ratio: float,
    bandwidth: float | None,
    kernel: str,
    bands: Sequence[Band] | None,
) -> None:
    """Refuse parameters that are out of their range, each with what is allowed."""
    for name, value in (("cell_size", cell_size), ("bandwidth", bandwidth)):
        if value is not None and not (is_number(value) and value > 0):
            raise invalid(name, value, "a number of metres above 0")
    if not (is_number(max_ratio) and max_ratio > 0):
        raise invalid("max_ratio", max_ratio, "a number above 0")
    if kernel not in KERNELS:
        raise invalid("kernel", kernel, f"one of {', '.join(KERNELS)}")
    is_list = np.iterable(bands) and bands and all(isinstance(band, Band) for band in bands)
    if bands is not None and not is_list:
        remedy = "Leave bands out for all hours."
        raise invalid("bands", bands, "a list of at least one hotspots.times.Band", remedy)


def _choose_cell_size(
    bandwidth: float, cell_size: float | None, max_ratio: float, kernel: Kernel
) -> float:
    """Take the caller's cell if it is fine enough, or choose one."""
    if cell_size is None:
        cell_size = bandwidth * min(1 / kernel.fineness, max_ratio)
        cell_size = float(math.floor(cell_size)) if cell_size >= 1 else cell_size
        _LOG.info("cell_size: %g m", cell_size)
    if cell_size > max_ratio * bandwidth * (1 + 1e-9):
        rule = f"at most {max_ratio:g} of the bandwidth of {bandwidth:g} m"
        remedy = (
            f"Give a cell_size of {max_ratio * bandwidth:g} m or less, or a larger max_ratio for a "
            "coarser picture."
        )
        raise invalid("cell_size", cell_size, rule, remedy)
    return float(cell_size)


@dataclass(frozen=True)
class _Points:
    """Points in an order that is not that of the rows, so that sums do not depend on it."""

    xy: Floats
    weight: Floats
    hour: Integers

    @classmethod
    def of(
        cls,
        incidents: gpd.GeoDataFrame,
        weights: str,
        ground: BaseGeometry | None,
        *,
        needs_clock: bool,
    ) -> _Points:
        """Take the rows of a table that have a place."""
        require_crs("incidents", incidents)
        if not isinstance(weights, str) or weights not in incidents:
            have = ", ".join(str(name) for name in incidents.columns)
            raise invalid("weights", weights, f"a column of numbers; the table has {have}")
        if needs_clock:
            require_clock(incidents, "kernel_density with bands")
        is_used = has_point(incidents)
        if not is_used.all():
            _LOG.info("%d rows without a point are left out", int((~is_used).sum()))
        used = incidents[is_used]
        if (used.geom_type != "Point").any():
            _LOG.info("polygons count at their middles")
            used = used.set_geometry(_middles(used.geometry.to_numpy(), ground))
        if not pd.api.types.is_numeric_dtype(used[weights]):
            raise invalid(weights, used[weights].dtype, "numbers of at least 0")
        weight = used[weights].to_numpy(dtype=float)
        is_bad = ~(np.isfinite(weight) & (weight >= 0))
        if is_bad.any():
            some = ", ".join(str(label) for label in used.index[is_bad][:5])
            given = f"{weight[is_bad][0]:g}"
            raise invalid(weights, given, "a number of at least 0", f"Look at the rows {some}.")
        xy = np.column_stack([used.geometry.x, used.geometry.y])
        is_lost = ~np.isfinite(xy).all(axis=1)
        if is_lost.any():
            some = ", ".join(str(label) for label in used.index[is_lost][:5])
            raise invalid("geometry", f"infinite in {some}", "points with finite coordinates")
        hour = np.zeros(len(used), dtype=np.int64)
        if needs_clock:
            hour = hour_of_week(used["start"]).to_numpy(dtype=np.int64)
        order = np.lexsort([weight, hour, xy[:, 1], xy[:, 0]])
        return cls(xy, weight, hour).taken(order[weight[order] > 0])

    def taken(self, rows: Flags | Integers) -> _Points:
        return _Points(self.xy[rows], self.weight[rows], self.hour[rows])

    @property
    def is_too_little(self) -> bool:
        """Whether there are fewer than two, by rows and by weight."""
        return bool(max(len(self.weight), self.weight.sum()) < 2)  # noqa: PLR2004

    def within(self, is_inside: Flags) -> _Points:
        """Leave out what lies outside the areas, and say so."""
        n, n_outside = len(self.weight), int((~is_inside).sum())
        if n_outside:
            _LOG.info("%d of %d rows lie outside the areas and are left out", n_outside, n)
        if n_outside > _TOLERATED_OUTSIDE * n:
            warnings.warn(
                f"{percent(n_outside / n)} of the incidents lie outside the areas and are left "
                "out, and the density is corrected as if there were no data there. Give all areas "
                "that the data cover; borders between them do not matter.",
                HotspotsWarning,
                stacklevel=3,
            )
        return self.taken(is_inside)

    def check(self) -> None:
        """Refuse what is too little, and warn of what is no surface."""
        if self.is_too_little:
            msg = (
                f"There are {len(self.weight)} incidents with a point to smooth. Must be at least "
                "two. Look at what was left out: reading.summary, and the areas."
            )
            raise InputError(msg)
        if (self.xy == self.xy[0]).all():
            x, y = self.xy[0]
            warnings.warn(
                f"All incidents lie at one point ({x:.0f}, {y:.0f}): the density is the kernel "
                "itself. Look at how the points were given before reading it as a map.",
                HotspotsWarning,
                stacklevel=3,
            )

    def by_band(self, bands: Sequence[Band] | None) -> list[_Points]:
        """Give the points of each band, or all together."""
        if bands is None:
            return [self]
        layers = [self.taken(band.mask[self.hour]) for band in bands]
        few = [
            f"{describe_band(band)} ({len(layer.weight)})"
            for band, layer in zip(bands, layers, strict=True)
            if layer.is_too_little
        ]
        if few:
            warnings.warn(
                f"Bands with fewer than two incidents: {', '.join(few)}. Their layers show single "
                "incidents or nothing. Choose longer bands or a longer period.",
                HotspotsWarning,
                stacklevel=3,
            )
        return layers


def _middles(places: Any, ground: BaseGeometry | None) -> Any:  # noqa: ANN401 (arrays of geometry)
    """Give a point for each place: its middle, or one in the part of it that is inside."""
    middles = shapely.centroid(np.asarray(places))
    if ground is not None:
        at = np.flatnonzero(~shapely.intersects(ground, middles))
        inside = shapely.point_on_surface(shapely.intersection(np.asarray(places)[at], ground))
        is_any = ~shapely.is_empty(inside)
        middles[at[is_any]] = inside[is_any]
    return middles


def _choose_bandwidth(points: _Points, narrower: float) -> tuple[float, str]:
    """Take the mean distance of an incident to its 50th nearest, or a part of it.

    A rule by the spread of all points would take a wider bandwidth for two boroughs than for each.
    """
    place, place_of = np.unique(points.xy, axis=0, return_inverse=True)
    weight = np.bincount(place_of.ravel(), points.weight)
    k = min(NEIGHBOURS, math.ceil(weight.sum()) - 1)
    asked = np.arange(0, len(place), math.ceil(len(place) / _MOST_ASKED))
    distance = np.zeros(len(place))
    tree, is_open, wanted = cKDTree(place), asked, k + 1
    while len(is_open):
        wanted = min(wanted, len(place))
        ranks = range(1, wanted + 1)
        far, near = (np.asarray(part) for part in tree.query(place[is_open], ranks, workers=-1))
        held = np.cumsum(weight[near], axis=1)
        is_enough = held >= min(k + 1, weight.sum()) * (1 - 1e-9)
        is_enough[:, -1] |= wanted == len(place)
        distance[is_open] = far[np.arange(len(far)), is_enough.argmax(axis=1)]
        is_open = is_open[~is_enough.any(axis=1)]
        wanted *= 2
    bandwidth = math.ceil(narrower * np.average(distance[asked], weights=weight[asked]))
    if bandwidth == 0:
        raise invalid(
            "bandwidth",
            None,
            "given here, because each incident has others at its point and there is no spread to "
            "choose it from",
            "Give a number of metres, such as bandwidth=300.",
        )
    rule = f"mean distance to neighbour {k}" + (", over √7" if narrower < 1 else "")
    _LOG.info("bandwidth: %d m, the %s", bandwidth, rule)
    return float(bandwidth), rule


def _estimate(
    layers: list[_Points], raster: Raster, inside: Floats | None, kernel: Kernel, bandwidth: float
) -> Any:  # noqa: ANN401 (an array of float32)
    """Give the density of each layer per km², corrected and cut to what is inside."""
    in_cells = bandwidth / raster.cell_size
    values = np.empty((len(layers), *raster.shape), dtype=np.float32)
    rasters = _binned(layers, raster, inside)
    smoothed = (found[PAD:-PAD, PAD:-PAD] for found in smooth(rasters, kernel, in_cells))
    held = None if inside is None else next(smoothed)
    for layer, found in zip(values, smoothed, strict=True):
        layer[:] = found * (KM2 / raster.cell_size**2)
        if inside is not None and held is not None:
            is_in = inside > _LEAST_SHARE
            layer[is_in] /= held[is_in]
            layer[~is_in] = np.nan
    return values


def _binned(layers: list[_Points], raster: Raster, inside: Floats | None) -> Iterator[Floats]:
    """Give what is to be smoothed: the ground, if there is an edge, and then each layer."""
    if inside is not None:
        yield np.pad(inside, PAD)
    for layer in layers:
        yield raster.share_out(layer.xy[:, 0], layer.xy[:, 1], layer.weight)


def _period(incidents: gpd.GeoDataFrame) -> str:
    """Say from when to when, by the dates of the first and last row."""
    start = incidents["start"].dropna() if "start" in incidents else incidents.index[:0]
    if len(start) == 0 or not isinstance(start.dtype, pd.DatetimeTZDtype):
        return ""
    last = start.max()
    if "time_precision" in incidents and (incidents["time_precision"] == "month").any():
        last += pd.offsets.MonthEnd(0)  # a month is written as its first day
    return f"{start.min():%Y-%m-%d} to {last:%Y-%m-%d}"
