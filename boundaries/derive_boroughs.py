"""Derive the shipped borough boundaries from the Debian package `r-cran-spdata`.

The polygons of its object `lnd` are moved to the British National Grid, the tidal Thames between
them is split at the line of equal distance from the banks, and the whole is simplified as one
coverage, so that shared edges stay shared. Run by hand; see README.md beside this file.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import struct
import tarfile
import zlib
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyproj
import rdata
import shapely

SOURCE_SHA256: Final = "cec45c198df2ad7dbbea61311067b09b1ffac79c062ffaa2f823b286811feaaf"
DATABASE: Final = "./usr/lib/R/site-library/spData/data/Rdata"
CRS: Final = "EPSG:27700"
N_BOROUGHS: Final = 33

RESOLUTION_M: Final = 0.1
"""Coordinates are multiples of this. It is the resolution that the source was drawn at."""

SPECK_M2: Final = 100.0
"""Parts smaller than this are drawing errors, not land: `lnd` has one, of 2 m², in the Roding."""

CLOSING_RADIUS_M: Final = 1000.0
"""Water narrower than twice this counts as a gap between boroughs. The Thames at the edge of
London is some 900 m wide; a larger radius lets the closing line bulge less far into its mouth."""

BANK_STEP_M: Final = 5.0
"""Distance between the bank points whose Voronoi cells split the river."""

TOLERANCE_M: Final = 2.0
"""A vertex is dropped if its triangle with the two next to it is smaller than this squared."""

# The Helmert transformation EPSG:1314. `lnd` was made with it: its inverse lands 2 mm from
# multiples of 0.1 m, whereas the more accurate OSTN15 would move every boundary by 1.8 m.
TO_GRID: Final = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
    "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 "
    "+step +inv +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 "
    "+s=-20.489 +convention=position_vector "
    "+step +inv +proj=cart +ellps=airy +step +proj=pop +v_3 "
    "+step +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
)


def read_package(package: Path) -> tuple[bytes, bytes]:
    """Give the index and the database of R objects inside the Debian package.

    A .deb is an `ar` archive of tar files; both are read here so that no Debian tool is needed.
    """
    content = package.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SOURCE_SHA256:
        msg = (
            f"Invalid package '{package.name}' with SHA-256 {digest}. Must be r-cran-spdata "
            f"2.2.1-1 with SHA-256 {SOURCE_SHA256}. Use apt-get download r-cran-spdata=2.2.1-1."
        )
        raise ValueError(msg)
    header = 60
    position = len(b"!<arch>\n")
    while position < len(content):
        name = content[position : position + 16].decode("ascii").strip()
        size = int(content[position + 48 : position + 58])
        start = position + header
        if name.startswith("data.tar"):
            with tarfile.open(fileobj=io.BytesIO(content[start : start + size])) as files:
                return _member(files, f"{DATABASE}.rdx"), _member(files, f"{DATABASE}.rdb")
        position = start + size + size % 2  # members begin at even offsets
    msg = f"Invalid package '{package.name}'. Must hold a member data.tar."
    raise ValueError(msg)


def _member(files: tarfile.TarFile, name: str) -> bytes:
    member = files.extractfile(name)
    if member is None:
        msg = f"Invalid package. Must hold the file {name}."
        raise ValueError(msg)
    return member.read()


def read_lnd(index: bytes, database: bytes) -> gpd.GeoDataFrame:
    """Give the object `lnd`: boroughs with name, code and published hectares, in degrees."""
    places = _from_r(index, {})["variables"]
    offset, length = (int(number) for number in places["lnd"])
    chunk = database[offset : offset + length]
    (size,) = struct.unpack(">I", chunk[:4])
    serialised = zlib.decompress(chunk[4:])
    if len(serialised) != size:
        msg = f"Invalid object 'lnd' of {len(serialised)} bytes. Must have {size}."
        raise ValueError(msg)

    def plain(values: object, _: object) -> object:
        return values

    def geometries(values: object, attributes: dict[str, Any]) -> object:
        if attributes["crs"]["input"][0] != "EPSG:4326":
            msg = f"Invalid coordinate system {attributes['crs']['input']}. Must be EPSG:4326."
            raise ValueError(msg)
        return values

    table = _from_r(
        serialised,
        {
            "sf": rdata.conversion.DEFAULT_CLASS_MAP["data.frame"],
            "sfc_MULTIPOLYGON": geometries,
            "XY": plain,
            "crs": plain,
            "bbox": plain,
        },
    )
    polygons = [
        shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in parts])
        for parts in table["geometry"]
    ]
    boroughs = gpd.GeoDataFrame(
        {
            "area_id": table["GSS_CODE"].astype(str).to_numpy(),
            "name": table["NAME"].astype(str).to_numpy(),
            "hectares": table["HECTARES"].to_numpy(),
        },
        geometry=polygons,
        crs="EPSG:4326",
    )
    return boroughs.set_index("area_id").sort_index()


def _from_r(serialised: bytes, constructors: dict[str, Any]) -> Any:  # noqa: ANN401 (any R object)
    parsed = rdata.parser.parse_data(serialised, extension=".rds")
    known = {**rdata.conversion.DEFAULT_CLASS_MAP, **constructors}
    return rdata.conversion.convert(parsed, constructor_dict=known)


def to_national_grid(boroughs: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Undo the source's own transformation, and drop its specks."""
    transformer = pyproj.Transformer.from_pipeline(TO_GRID)

    def move(degrees: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        metres = np.column_stack(transformer.transform(degrees[:, 0], degrees[:, 1]))
        return _round(metres)

    moved = shapely.transform(boroughs.geometry.to_numpy(), move)
    return boroughs.set_geometry([_without_specks(polygon) for polygon in moved], crs=CRS)


def _round(metres: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    # Division gives the doubles that print with one decimal; multiplying by 0.1 does not.
    per_metre = round(1 / RESOLUTION_M)
    return np.round(metres * per_metre) / per_metre


def _without_specks(polygon: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(polygon)
    return shapely.union_all(parts[shapely.area(parts) >= SPECK_M2])


def find_river(boroughs: gpd.GeoDataFrame) -> shapely.Polygon:
    """Give the tidal Thames: the largest piece of what a morphological closing adds to London."""
    london = boroughs.union_all()
    closed = london.buffer(CLOSING_RADIUS_M, quad_segs=64).buffer(-CLOSING_RADIUS_M, quad_segs=64)
    gaps = shapely.get_parts(shapely.difference(closed, london))
    return gaps[np.argmax(shapely.area(gaps))]


def fill_river(boroughs: gpd.GeoDataFrame, river: shapely.Polygon) -> gpd.GeoDataFrame:
    """Give each borough the part of the river that is nearer to its bank than to any other."""
    # The bank is where a borough's outline runs along the river; the buffer absorbs rounding.
    banks = shapely.intersection(boroughs.boundary.to_numpy(), river.buffer(RESOLUTION_M / 2))
    points, owner = shapely.get_coordinates(
        shapely.segmentize(banks, BANK_STEP_M), return_index=True
    )
    # Where two boroughs meet on the bank the point goes to the first code, as everywhere.
    points, first = np.unique(points, axis=0, return_index=True)
    owner = owner[first]
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=river, ordered=True)
    )
    shares = shapely.intersection(cells, river)
    filled = [
        shapely.union_all([polygon, *shares[owner == position]])
        for position, polygon in enumerate(boroughs.geometry)
    ]
    # Voronoi edges meet the banks between vertices; cleaning puts the same node on both sides.
    return boroughs.set_geometry(shapely.coverage_clean(filled), crs=CRS)


def simplify(boroughs: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop vertices that do not matter, the same ones on both sides of an edge, and round."""
    simple = shapely.coverage_simplify(boroughs.geometry.to_numpy(), TOLERANCE_M)
    # Rounding vertex by vertex keeps shared vertices shared.
    rounded = shapely.transform(simple, _round)
    return boroughs.set_geometry(shapely.normalize(rounded), crs=CRS)


def check(boroughs: gpd.GeoDataFrame) -> None:
    """Raise unless the boroughs are valid, cover London once, and leave no gap."""
    polygons = boroughs.geometry.to_numpy()
    london = shapely.union_all(polygons)
    whole = shapely.get_parts(london)
    problems = {
        f"there are {len(boroughs)} boroughs": len(boroughs) != N_BOROUGHS,
        "a polygon is not valid": not shapely.is_valid(polygons).all(),
        "edges do not match": not shapely.coverage_is_valid(polygons),
        "areas do not add up": abs(shapely.area(polygons).sum() - london.area) > 1,
        "London is in several parts": len(whole) != 1,
        "London has holes": sum(len(part.interiors) for part in whole) > 0,
        "a borough is in several parts": len(shapely.get_parts(polygons)) != N_BOROUGHS,
    }
    found = [problem for problem, is_true in problems.items() if is_true]
    if found:
        msg = f"The derived boundaries are wrong: {'; '.join(found)}."
        raise ValueError(msg)


def main() -> None:
    """Run the derivation and print what the source note records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, required=True, help="the .deb file")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()

    source = to_national_grid(read_lnd(*read_package(options.package)))
    river = find_river(source)
    filled = fill_river(source, river)
    boroughs = simplify(filled)
    check(boroughs)

    path = options.out / "london_boroughs.parquet"
    boroughs[["name", "geometry"]].to_parquet(path, compression="zstd", compression_level=19)

    moved = shapely.hausdorff_distance(filled.boundary.to_numpy(), boroughs.boundary.to_numpy())
    error = boroughs.area / 1e4 / boroughs["hectares"] - 1
    print(f"source vertices    {source.count_coordinates().sum():,}")
    print(f"river              {river.area / 1e4:,.1f} ha")
    print(f"shipped vertices   {boroughs.count_coordinates().sum():,}")
    print(f"moved by at most   {moved.max():.2f} m")
    print(f"area, total        {boroughs.area.sum() / 1e4 / boroughs['hectares'].sum() - 1:+.4%}")
    print(f"area, by borough   {error.min():+.3%} to {error.max():+.3%}")
    print(f"geometry SHA-256   {hashlib.sha256(b''.join(boroughs.to_wkb().geometry)).hexdigest()}")
    print(f"file               {path.stat().st_size:,} bytes")
    print(f"file SHA-256       {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
