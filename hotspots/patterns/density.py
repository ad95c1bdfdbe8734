"""A density on a raster: compared with another, sampled, written as a GeoTIFF and read back.

The file is a Cloud Optimized GeoTIFF, which QGIS opens as it is; its tags say how it was made, and
are what it is read back from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from hotspots.errors import invalid
from hotspots.patterns.kernels import KERNELS
from hotspots.patterns.rasters import Raster
from hotspots.tables import CRS, require_crs
from hotspots.times import Band, describe_band
from hotspots.words import count
from hotspots.writing import write_whole

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    Singles = np.ndarray[Any, np.dtype[np.float32]]

MAX_CELLS: Final = 50_000_000
"""Cells of all layers together: 200 MB, and ten times as much while it is worked out."""

KM2: Final = 1e6
"""Square metres in a square kilometre."""

_FORMAT: Final = "kernel density, version 1"
_ALL_HOURS: Final = "all hours"


@dataclass(frozen=True, eq=False, repr=False)
class Density:
    """A density, or a ratio of two, on a raster in EPSG:27700.

    Parameters
    ----------
    values : float32 array (layers, rows, columns), read-only
        In `unit`, at the middles of the cells, row 0 in the north; NaN where nothing is said. One
        layer a band, or a single one for all hours.
    raster : Raster
        Where the cells are; `raster.bounds` and `raster.middles()` say it in metres.
    unit : str
        Such as "incidents per km²", over the whole period.
    kernel : {"quartic", "gaussian"}
        The kernel.
    bandwidth : float
        Its radius (quartic) or standard deviation (Gaussian), metres.
    bandwidth_rule : str
        "given", or how it was chosen.
    bands : tuple of Band
        The band of hours of each layer; empty for all hours.
    totals : tuple of float
        Weight of the incidents in each layer.
    period : str
        Dates of the first and last incident; empty if they have none.
    is_edge_corrected : bool
        Whether it was divided by the share of the kernel inside the outer edge.
    minimum : float or None
        Of a ratio: the smallest denominator, in its unit; below, the ratio is NaN.
    """

    values: Singles
    raster: Raster
    unit: str
    kernel: str
    bandwidth: float
    bandwidth_rule: str
    bands: tuple[Band, ...]
    totals: tuple[float, ...]
    period: str
    is_edge_corrected: bool
    minimum: float | None = None

    def __post_init__(self) -> None:
        """Keep the values from being changed."""
        self.values.setflags(write=False)

    def __repr__(self) -> str:
        """Answer the first questions: of what, how smooth, how fine, how many."""
        rows, columns = self.raster.shape
        size = f"{columns:,} × {rows:,} cells of {self.cell_size:g} m"
        layers = f"{count(len(self.bands), 'band')}, " if self.bands else ""
        edge = "edge corrected" if self.is_edge_corrected else "edge not corrected"
        return (
            f"<Density: {self.unit}; {self.kernel}, {self.bandwidth:g} m ({self.bandwidth_rule}); "
            f"{layers}{size}; {edge}>"
        )

    @property
    def cell_size(self) -> float:
        """Side of the cells, metres."""
        return self.raster.cell_size

    @property
    def footprint(self) -> float:
        """Ground that a density rests on at each point, km²: one over the kernel's roughness."""
        return KERNELS[self.kernel].footprint * self.bandwidth**2 / KM2

    def ratio(self, other: Density, *, min_count: float = 5.0, relative: bool = False) -> Density:
        """Divide this density by another: change against before, or incidents by population.

        Parameters
        ----------
        other : Density
            The denominator, with the same kernel, bandwidth, cell and edge correction; with the
            same bands, or with one layer that stands against each of this one's. The rasters may
            cover different ground.
        min_count : float
            The denominator must be at least that of so many incidents (or residents), spread
            evenly over `footprint`; elsewhere the ratio is NaN. Above 0.
        relative : bool
            Whether to divide each by its total first: then 1 is as large a share as in the other,
            and periods need not be equally long.

        Returns
        -------
        Density
            With the smallest denominator in `minimum`.

        Raises
        ------
        InputError
            If the two do not fit each other, or one is a ratio already.

        Caveats
        -------
        Without `relative`, periods of different length give a change where there is none. A ratio
        of small numbers is mostly chance; `min_count` keeps out the worst, and is no test.

        Examples
        --------
        >>> import hotspots as hs
        >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
        >>> is_late = calls["start"] >= "2025-07-01"
        >>> before, after = (
        ...     hs.kernel_density(part, bandwidth=300) for part in (calls[~is_late], calls[is_late])
        ... )
        >>> change = after.ratio(before)
        >>> round(change.minimum, 1)
        31.8
        """
        self._check_fit(other)
        if not min_count > 0 or not np.isfinite(min_count):
            raise invalid("min_count", min_count, "a number above 0")
        raster = self.raster.joined(other.raster)
        check_cells(len(self.values), raster, "Give ground that is nearer together.")
        fill = np.nan if self.is_edge_corrected else 0.0
        above, below = (each.raster.put_into(raster, each.values, fill) for each in (self, other))
        minimum = min_count / self.footprint
        result = np.full(above.shape, np.nan, dtype=np.float32)
        np.divide(above, below, out=result, where=below >= minimum)
        if relative:
            mine, theirs = np.array(self.totals), np.array(other.totals)
            scale = np.divide(theirs, mine, out=np.full(len(mine), np.nan), where=mine > 0)
            result *= scale.astype(np.float32)[:, None, None]
        words = " as shares of their totals" if relative else ""
        return replace(
            self,
            values=result,
            raster=raster,
            unit=f"({self.unit}) / ({other.unit}){words}",
            period=f"{self.period or 'no dates'} / {other.period or 'no dates'}",
            minimum=minimum,
        )

    def _check_fit(self, other: Density) -> None:
        """Refuse a ratio of densities that were not made alike."""
        if self.minimum is not None or other.minimum is not None:
            raise invalid("density", "a ratio", "a density of incidents or people")
        for name in ("kernel", "bandwidth", "cell_size", "is_edge_corrected"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                remedy = "Make both with the same kernel, bandwidth, cell_size and areas."
                raise invalid(name, f"{mine}' and '{theirs}", "the same in both", remedy)
        if other.bands not in ((), self.bands):
            words = ", ".join(describe_band(band) for band in other.bands)
            raise invalid("bands", words, "those of the numerator, or none, in the denominator")

    def sample(self, places: gpd.GeoSeries, *, layer: int = 0) -> pd.Series[float]:
        """Read the density at points, or its mean over polygons such as hotspots.

        Parameters
        ----------
        places : GeoSeries or GeoDataFrame
            Points or polygons in EPSG:27700.
        layer : int
            Which band, from 0.

        Returns
        -------
        Series of float64, named "density"
            On the same index, in `unit`. A point has the value of its cell. A polygon has the mean
            of the cells whose middle it holds, or the value at a point inside it if it holds none.
            NaN outside the raster, and where nothing is said.

        Raises
        ------
        InputError
            If the coordinate system is not EPSG:27700, or there is no such layer.
        """
        require_crs("places", places)
        if layer not in range(len(self.values)):
            raise invalid("layer", layer, f"a whole number from 0 to {len(self.values) - 1}")
        values = self.values[layer]
        points = places.geometry.representative_point()
        row, column = self.raster.cells_of(points.x.to_numpy(), points.y.to_numpy())
        found = np.where(row >= 0, values[row, column].astype(np.float64), np.nan)
        is_ground = (places.geometry.geom_type != "Point").to_numpy()
        for at in np.flatnonzero(is_ground & places.geometry.notna().to_numpy()):
            inside = values[self._middles_in(places.geometry.iloc[at])]
            if len(inside):
                is_said = ~np.isnan(inside)
                found[at] = inside[is_said].mean(dtype=np.float64) if is_said.any() else np.nan
        return pd.Series(found, index=places.index, name="density")

    def _middles_in(self, ground: BaseGeometry) -> tuple[Any, Any]:
        """Give rows and columns of the cells whose middle a polygon holds."""
        x, y = self.raster.middles()
        west, south, east, north = ground.bounds
        rows = np.flatnonzero((y >= south) & (y <= north))
        columns = np.flatnonzero((x >= west) & (x <= east))
        row, column = (each.ravel() for each in np.meshgrid(rows, columns, indexing="ij"))
        shapely.prepare(ground)
        is_in = shapely.intersects_xy(ground, x[column], y[row])
        return row[is_in], column[is_in]

    def save(self, path: str | PathLike[str]) -> Path:
        """Write it as a Cloud Optimized GeoTIFF, completely or not at all.

        Parameters
        ----------
        path : str or path
            File to write, by custom ending in `.tif`; an existing one is replaced.

        Returns
        -------
        Path
            The file. One band a layer (float32, NaN for nodata) in EPSG:27700, tiled, with
            overviews if it is large; its tags say how it was made.

        Raises
        ------
        OutputError
            If the file cannot be written.

        Caveats
        -------
        Restricted, as the tag says: round an isolated report a density is the kernel itself, and
        its peak is the address.
        """
        from rasterio import Affine  # noqa: PLC0415 (slow to import)
        from rasterio.io import MemoryFile  # noqa: PLC0415

        west, _, _, north = self.raster.bounds
        with MemoryFile() as memory:
            with memory.open(
                driver="COG",
                count=len(self.values),
                height=self.raster.n_rows,
                width=self.raster.n_columns,
                dtype="float32",
                crs=CRS,
                transform=Affine(self.cell_size, 0, west, 0, -self.cell_size, north),
                nodata=np.nan,
                compress="DEFLATE",
                predictor="YES",
                overview_resampling="AVERAGE",
            ) as file:
                file.write(self.values)
                file.update_tags(**self._tags())
                for number, band in enumerate(self.bands, 1):
                    file.set_band_description(number, describe_band(band))
                if not self.bands:
                    file.set_band_description(1, _ALL_HOURS)
            content = memory.read()
        target = Path(path)
        write_whole(content, target, "Name another file.")
        return target

    def _tags(self) -> dict[str, str]:
        return {
            "HOTSPOTS": _FORMAT,
            "UNIT": self.unit,
            "KERNEL": self.kernel,
            "BANDWIDTH_M": repr(self.bandwidth),
            "BANDWIDTH_RULE": self.bandwidth_rule,
            "CELL_SIZE_M": repr(self.cell_size),
            "BANDS": ";".join(
                f"{band.first_day},{band.n_days},{band.start_hour},{band.n_hours}"
                for band in self.bands
            ),
            "TOTALS": ";".join(repr(total) for total in self.totals),
            "PERIOD": self.period,
            "IS_EDGE_CORRECTED": str(self.is_edge_corrected),
            "MINIMUM": "" if self.minimum is None else repr(self.minimum),
            "MARKING": "restricted",
        }


def read_density(path: str | PathLike[str]) -> Density:
    """Read a density that `Density.save` has written.

    Parameters
    ----------
    path : str or path
        The GeoTIFF.

    Returns
    -------
    Density
        Equal to the one that was saved, value for value.

    Raises
    ------
    InputError
        If the file cannot be opened, or is no density of this package.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> with TemporaryDirectory() as folder:
    ...     file = hs.kernel_density(calls, bandwidth=300).save(Path(folder) / "calls.tif")
    ...     again = hs.read_density(file)
    >>> again.unit, again.bandwidth, again.cell_size
    ('incidents per km²', 300.0, 20.0)
    """
    import rasterio  # noqa: PLC0415 (slow to import)

    rule = "a GeoTIFF that Density.save has written"
    try:
        file = rasterio.open(Path(path))
    except rasterio.errors.RasterioIOError as error:
        raise invalid("path", path, rule, f"It cannot be opened: {error}.") from error
    with file:
        tags = file.tags()
        if tags.get("HOTSPOTS") != _FORMAT:
            remedy = "Open other rasters with rasterio."
            raise invalid("path", path, rule, remedy)
        values = file.read()
        cell_size = float(tags["CELL_SIZE_M"])
        left, top = round(file.transform.c / cell_size), round(file.transform.f / cell_size)
    return Density(
        values=values,
        raster=Raster(left, top, values.shape[1], values.shape[2], cell_size),
        unit=tags["UNIT"],
        kernel=tags["KERNEL"],
        bandwidth=float(tags["BANDWIDTH_M"]),
        bandwidth_rule=tags["BANDWIDTH_RULE"],
        bands=tuple(_band(text) for text in tags.get("BANDS", "").split(";") if text),
        totals=tuple(float(text) for text in tags["TOTALS"].split(";")),
        period=tags.get("PERIOD", ""),
        is_edge_corrected=tags["IS_EDGE_CORRECTED"] == str(True),
        minimum=float(tags["MINIMUM"]) if tags.get("MINIMUM") else None,
    )


def _band(text: str) -> Band:
    return Band(*(int(part) for part in text.split(",")))


def check_cells(layers: int, raster: Raster, remedy: str) -> None:
    """Raise `InputError` if a raster has more cells than memory should hold."""
    rows, columns = raster.shape
    if layers * rows * columns > MAX_CELLS:
        size = f"{columns:,} × {rows:,} cells of {raster.cell_size:g} m"
        size = f"{size}, {layers:,} times" if layers > 1 else size
        raise invalid("raster", size, f"at most {MAX_CELLS:,} cells", remedy)
