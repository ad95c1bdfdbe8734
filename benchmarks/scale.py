"""Counting millions of points by borough and by 100 m cell × hour, beside geopandas and sedonadb.

Each way runs in a process of its own, reads the same Parquet file, and writes its answer; the
answers must be the same number for number. 10 million points, unless `--rows` says otherwise;
`--only hotspots` measures growth: see [Scale](scale.md). Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from measure import print_head, run_measured

CELL = 100
WAYS = ("hotspots", "geopandas", "sedonadb")
MILLION = 1_000_000


def make_points(path: Path, n: int) -> None:
    """Write random points over London's bounding box, with times of one year."""
    import pyarrow as pa  # noqa: PLC0415 (peers run in their own processes)
    import pyarrow.parquet as pq  # noqa: PLC0415

    rng = np.random.default_rng(2012)
    start = np.datetime64("2025-01-01", "us")
    schema = pa.schema(
        [("easting", "float64"), ("northing", "float64"), ("received", pa.timestamp("us"))]
    )
    with pq.ParquetWriter(path, schema) as file:
        for first in range(0, n, MILLION):
            rows = min(MILLION, n - first)
            # In winter time only, so that no clock change tells the ways apart.
            minutes = rng.integers(0, 88 * 24 * 60, rows)
            columns = [
                rng.uniform(503_500, 562_000, rows),
                rng.uniform(155_800, 201_000, rows),
                start + minutes.astype("timedelta64[m]"),
            ]
            file.write_table(pa.table(columns, schema=schema))


def by_hotspots(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Count with this package."""
    import hotspots as hs  # noqa: PLC0415

    boroughs = hs.load_boroughs(city=True)
    counts = hs.count_incidents(path, hs.Grid(cell_size=CELL), areas=boroughs, progress=False)
    week = counts.by("hour_of_week").tocoo()
    column, row = (counts.places[name].to_numpy()[week.row] for name in ("column", "row"))
    cells = np.column_stack([column, row, week.col, week.data])
    return cells.astype(np.int64), counts.area_week.to_numpy()[:, :168]


def by_geopandas(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Count with geopandas' sjoin."""
    import geopandas as gpd  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    import hotspots as hs  # noqa: PLC0415 (for the boroughs alone)

    boroughs = hs.load_boroughs(city=True)
    frame = pd.read_parquet(path)
    points = gpd.GeoDataFrame(
        frame[["received"]],
        geometry=gpd.points_from_xy(frame["easting"], frame["northing"]),
        crs=boroughs.crs,
    )
    joined = points.sjoin(boroughs[["geometry"]], predicate="intersects")
    joined = joined[~joined.index.duplicated()]
    time_of = joined["received"].dt
    hour = time_of.day_of_week * 24 + time_of.hour
    rows = pd.DataFrame(
        {
            "column": frame["easting"].loc[joined.index] // CELL,
            "row": frame["northing"].loc[joined.index] // CELL,
            "hour": hour,
            "area": boroughs.index.get_indexer(joined["area_id"]),
        }
    )
    cells = rows.groupby(["column", "row", "hour"]).size().reset_index()
    week = rows.groupby(["area", "hour"]).size().unstack(fill_value=0)
    return cells.to_numpy().astype(np.int64), week.to_numpy()


def by_sedonadb(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Count with sedonadb's spatial join."""
    import pyarrow as pa  # noqa: PLC0415
    import sedonadb  # noqa: PLC0415

    import hotspots as hs  # noqa: PLC0415 (for the boroughs alone)

    boroughs = hs.load_boroughs(city=True).reset_index()
    boroughs["area"] = np.arange(len(boroughs))
    engine = sedonadb.connect()
    engine.create_data_frame(boroughs[["area", "geometry"]]).to_view("boroughs")
    engine.read_parquet(str(path)).to_view("points")
    engine.sql(
        f"""
        SELECT b.area, floor(p.easting / {CELL}) AS col, floor(p.northing / {CELL}) AS line,
               ((date_part('dow', p.received) + 6) % 7) * 24
               + date_part('hour', p.received) AS hour
        FROM points p JOIN boroughs b
        ON ST_Intersects(b.geometry, ST_SetSRID(ST_Point(p.easting, p.northing), 27700))
        """  # noqa: S608 (a constant)
    ).to_memtable().to_view("rows")
    # Through Arrow's C interface: `to_pandas` wants a further package.
    cells, week = (
        pa.table(engine.sql(f"SELECT {by}, count(*) AS n FROM rows GROUP BY {by}")).to_pandas()  # noqa: S608
        for by in ("col, line, hour", "area, hour")
    )
    dense = np.zeros((len(boroughs), 168))
    dense[week["area"].to_numpy(), week["hour"].to_numpy().astype(int)] = week["n"]
    return cells.to_numpy().astype(np.int64), dense


def run(way: str, points: Path, answer: Path) -> tuple[float, float]:
    """Run one way in its own process; give wall seconds and peak memory in GB."""
    return run_measured([sys.executable, __file__, "--way", way, str(points), str(answer)])


def work(way: str, points: Path, answer: Path) -> None:
    """Do one way and write its answer, in one order."""
    cells, week = globals()[f"by_{way}"](points)
    order = np.lexsort(cells.T[::-1])
    np.savez(answer, cells=cells[order], week=week.astype(np.int64))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, default=10, help="million points")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=WAYS)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        work(asked.way, *asked.paths)
        return
    ways = (asked.only,) if asked.only else WAYS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        points = folder / "points.parquet"
        make_points(points, int(asked.rows * MILLION))
        # One round that is not measured: numba compiles once on a machine, files get into memory.
        for way in ways:
            run(way, points, folder / f"{way}.npz")
        measured = {way: [] for way in ways}
        for _ in range(asked.runs):
            for way in ways:
                measured[way].append(run(way, points, folder / f"{way}.npz"))
        print_head(
            *("way", "wall, s (median)", "of geopandas", "peak memory, GB", "same answer"),
            measured=f"{asked.rows:g} million points, ",
        )
        first = np.load(folder / f"{ways[0]}.npz")
        base = statistics.median(row[0] for row in measured[ways[min(1, len(ways) - 1)]])
        for way in ways:
            answer = np.load(folder / f"{way}.npz")
            same = all(np.array_equal(first[part], answer[part]) for part in ("cells", "week"))
            seconds = statistics.median(row[0] for row in measured[way])
            peak = max(row[1] for row in measured[way])
            print(f"| {way} | {seconds:.1f} | {seconds / base:.2f} | {peak:.2f} | {same} |")


if __name__ == "__main__":
    main()
