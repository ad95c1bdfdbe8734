"""Counting what does not fit into memory: the same counts, to the last bit, in whatever parts."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hotspots as hs
from hotspots.areas.lattice import cells_at
from hotspots.counts import count_task
from hotspots.counts.tally import Tally, add_up, check_size, merged
from hotspots.incidents import dataset as dataset_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ROWS = 6_000


def calls(n: int = ROWS) -> pd.DataFrame:
    """Make a London year of calls with fractional weights, repeated references and bad rows."""
    rng = np.random.default_rng(7)
    start = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 365 * 1440, n), unit="min")
    frame = pd.DataFrame(
        {
            "ref": rng.integers(0, 40, n).astype(str),
            "received": start.strftime("%Y-%m-%d %H:%M"),
            "easting": rng.normal(530_000, 4_000, n).round(1),
            "northing": rng.normal(180_000, 4_000, n).round(1),
            "count": rng.choice([1.0, 0.1, 2.5, 1 / 3], n).round(6),
        }
    )
    frame.loc[::97, "received"] = "yesterday"
    frame.loc[::89, ["easting", "northing"]] = 0
    return frame


def boroughs() -> Any:
    """Give two boroughs that lie under the calls."""
    return hs.load_boroughs().loc[["E09000007", "E09000033"]]


def assert_same(counts: hs.Counts, other: hs.Counts) -> None:
    """Two counts agree in every bit, and so do their accounts."""
    pd.testing.assert_frame_equal(counts.table, other.table, check_exact=True)
    pd.testing.assert_frame_equal(counts.area_week, other.area_week, check_exact=True)
    assert counts.places.index.equals(other.places.index)
    np.testing.assert_array_equal(counts.context, other.context)
    for name in (
        "start",
        "end",
        "tier",
        "n_outside",
        "walk",
        "n_monthly",
        "n_points",
        "n_coded",
        "sources",
        "unknown_codes",
    ):
        assert getattr(counts, name) == getattr(other, name), name
    assert counts.months_seen.equals(other.months_seen)
    first, second = counts.account, other.account
    assert first is not None
    assert second is not None
    pd.testing.assert_frame_equal(first.summary, second.summary)
    assert first.n_rows == second.n_rows
    if first.files["file"].equals(second.files["file"]):
        pd.testing.assert_frame_equal(first.files, second.files)
        pd.testing.assert_frame_equal(first.rejected, second.rejected)
        pd.testing.assert_frame_equal(first.out_of_scope, second.out_of_scope)
        assert first.notes == second.notes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write the calls as five CSV files, whose references repeat across files."""
    target = tmp_path / "calls"
    target.mkdir()
    for number, part in enumerate(np.array_split(np.arange(ROWS), 5)):
        calls().iloc[part].to_csv(target / f"part{number}.csv", index=False)
    return target


def opened(path: Any) -> hs.Dataset:
    """Name the calls; a column of counts would otherwise make them cells, without references."""
    return hs.open_incidents(path, columns={"id": "ref"})


def count(source: Any, **options: Any) -> hs.Counts:
    """Count in a grid over the two boroughs."""
    places = hs.make_grid(boroughs(), cell_size=500)
    return hs.count_incidents(
        source, places, areas=boroughs(), reach=400, progress=False, **options
    )


class TestByHand:
    """Small enough to count on fingers."""

    def test_add_up(self) -> None:
        """Keys 3, 1, 3 with weights 1, 2, 4 are 1: 2 and 3: 1 + 4 = 5."""
        keys, sums = add_up(np.array([3, 1, 3]), np.array([1, 2, 4]))
        assert (keys.tolist(), sums.tolist()) == ([1, 3], [2, 5])
        keys, sums = add_up(np.array([3, 1, 3]), None)
        assert (keys.tolist(), sums.tolist()) == ([1, 3], [1_000_000, 2_000_000])

    def test_areas_are_those_of_the_points(self) -> None:
        """A cell across a border is one place; each of its calls counts in its own borough."""
        table = pd.DataFrame(
            {
                "received": ["2025-01-06 21:00", "2025-01-06 21:00", "2025-01-06 21:00"],
                "easting": [529_950, 529_950, 400_000],
                "northing": [180_400, 182_400, 400_000],
            }
        )
        counts = count(hs.read_incidents(table))
        # Monday 21:00 is hour 21 of the week.
        assert counts.area_week[21].to_dict() == {"E09000007": 1, "E09000033": 1}
        assert counts.walk == {"in areas": 2, "context": 0, "out of area": 1, "no place": 0}
        assert counts.total == 2

    def test_context_is_counted_apart(self) -> None:
        """A call a metre outside the boroughs counts in its place, not in an area."""
        x, y = min(boroughs().get_coordinates().itertuples(index=False))
        table = pd.DataFrame(
            {"received": ["2025-01-06 21:00"], "easting": [x - 1], "northing": [y]}
        )
        counts = count(hs.read_incidents(table))
        assert counts.walk == {"in areas": 0, "context": 1, "out of area": 0, "no place": 0}
        assert counts.context.sum() == counts.total == 1
        assert counts.area_week.to_numpy().sum() == 0


class TestSame:
    """The same answer for a table, chunks, Parquet, and a cluster."""

    def test_chunks_of_any_size(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Read at once, or 100 rows at a time: the same counts and the same account."""
        whole = count(opened(folder))
        monkeypatch.setattr(dataset_module, "ROWS", 100)
        assert_same(whole, count(opened(folder)))
        # The references repeat on the same day in places: that is only seen across files.
        assert whole.account is not None
        assert whole.account.by_reason("rejected").keys() >= {"bad_time", "bad_location"}

    def test_table_and_dataset(self, folder: Path) -> None:
        """What is read into memory first is counted the same."""
        reading = hs.read_incidents(folder, columns={"id": "ref"})
        assert_same(count(opened(folder)), count(reading))

    def test_csv_and_parquet(self, tmp_path: Path) -> None:
        """The form of the file does not matter, nor that of a Parquet dataset in folders."""
        frame = calls()
        frame.to_csv(tmp_path / "calls.csv", index=False)
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, tmp_path / "calls.parquet", row_group_size=500)
        first = count(opened(tmp_path / "calls.csv"))
        second = count(opened(tmp_path / "calls.parquet"))
        pd.testing.assert_frame_equal(first.table, second.table, check_exact=True)
        months = frame["received"].str[:7].where(frame["received"].str.startswith("2025"), "none")
        for month, rows in frame.groupby(months):
            part = tmp_path / "dataset" / f"period={month}"
            part.mkdir(parents=True)
            rows.to_parquet(part / "part-0.parquet", index=False)
        third = count(opened(tmp_path / "dataset"))
        assert third.account is not None
        assert first.account is not None
        assert third.account.n_rows == first.account.n_rows

    def test_grid_of_the_whole_country(self) -> None:
        """England and Wales at 100 m: fifteen million cells, of which only those hit are made."""
        rng = np.random.default_rng(1)
        n = 20_000
        table = pd.DataFrame(
            {
                "received": pd.Timestamp("2025-06-01")
                + pd.to_timedelta(rng.integers(0, 90 * 1440, n), unit="min"),
                "easting": rng.uniform(100_000, 650_000, n),
                "northing": rng.uniform(10_000, 650_000, n),
            }
        )
        counts = hs.count_incidents(hs.read_incidents(table), hs.Grid(cell_size=100))
        assert counts.total == n
        assert len(counts.places) <= n
        column, row = (table["easting"] // 100).astype(int), (table["northing"] // 100).astype(int)
        expected = (table.groupby([column, row]).size()).sort_index()
        found = pd.Series(
            counts.totals(), index=[counts.places["column"], counts.places["row"]]
        ).sort_index()
        assert found.tolist() == expected.tolist()
        assert found.index.tolist() == expected.index.tolist()

    def test_hexagons_of_a_grid_are_those_of_make_grid(self) -> None:
        """A place that comes to be where an incident is has the id and edges it always has."""
        calls_ = hs.simulate_incidents(500, boroughs=["Camden"], rng=1).incidents
        camden = hs.load_boroughs().loc[["E09000007"]]
        for shape in ("square", "hexagon"):
            grid = hs.make_grid(camden, cell_size=200, shape=shape)  # type: ignore[arg-type]
            fixed = hs.count_incidents(calls_, grid)
            free = hs.count_incidents(calls_, hs.Grid(200, shape), areas=camden)  # type: ignore[arg-type]
            hit = fixed.places.index[fixed.totals() > 0]
            assert set(free.places.index) == set(hit)
            same = fixed.places.loc[free.places.index].geometry
            assert same.geom_equals(free.places.geometry).all()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Start a real cluster of two worker processes."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local,
        distributed.Client(local) as client,
    ):
        yield client


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("shape", ["square", "hexagon"])
@pytest.mark.parametrize("cell_size", [1, 1.5, 150, 333.3, 2e6])
def test_every_cell_of_a_grid_has_a_number(shape: Any, cell_size: float) -> None:
    """From the corners of the National Grid inwards, a number stands for one cell and is small."""
    rng = np.random.default_rng(1)
    x = np.append(rng.uniform(0, 700_000, 1000), [0, 0, 700_000, 700_000, 0])
    y = np.append(rng.uniform(0, 1_300_000, 1000), [0, 1_300_000, 0, 1_300_000, cell_size / 2])
    grid = hs.Grid(cell_size, shape)
    numbers = grid.find(x, y)
    assert 0 <= numbers.min() <= numbers.max() < grid.n_cells
    column, row = cells_at(x, y, cell_size, shape)
    places = grid.places(numbers)
    assert places["column"].tolist() == column.tolist()
    assert places["row"].tolist() == row.tolist()
    check_size(grid.n_cells)


class TestCluster:
    """A real Dask cluster on this machine."""

    def test_same_counts(self, folder: Path, cluster: Any) -> None:
        """The parts on two worker processes give the same counts, references across parts too."""
        here = count(opened(folder))
        assert_same(here, count(opened(folder), client=cluster))
        assert here.account is not None
        assert here.account.by_reason("rejected")["repeated_id"] > 0

    def test_by_address(self, folder: Path, cluster: Any) -> None:
        """The address of the scheduler is enough."""
        here = count(folder)
        assert_same(here, count(folder, client=cluster.scheduler.address))

    def test_parquet_by_row_groups(
        self, tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A large file is divided, and how it is read is decided on its first rows all the same."""
        frame = calls()
        path = tmp_path / "calls.parquet"
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, row_group_size=500)
        monkeypatch.setattr(dataset_module, "_PART_ROWS", 1_000)
        assert len(opened(path).parts()) == 6
        assert_same(count(opened(path)), count(opened(path), client=cluster))

    def test_a_worker_that_is_killed_costs_nothing(
        self, folder: Path, cluster: Any, tmp_path: Path
    ) -> None:
        """The first worker that has read a part is killed; the answer is the same."""
        task = count_task(hs.make_grid(boroughs(), cell_size=500), areas=boroughs(), reach=400)
        killed = tmp_path / "killed"

        def deadly(batches: Iterable[Any]) -> Tally:
            tally = task(batches)
            if not killed.exists():
                killed.write_text(str(os.getpid()))
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            return tally

        (here,), account = opened(folder).run(task)
        parts, other = opened(folder).run(deadly, client=cluster)
        there = merged(parts)
        for first, second in zip(here.rows(), there.rows(), strict=True):
            np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(here.area_week, there.area_week)
        pd.testing.assert_frame_equal(account.files, other.files)
        cluster.wait_for_workers(2)
        assert int(killed.read_text()) not in set(cluster.run(os.getpid).values())

    def test_analyse(self, folder: Path, cluster: Any) -> None:
        """The main job gives the same hotspots from a table, a dataset and a cluster."""
        options: dict[str, Any] = {"boroughs": ["Camden", "Westminster"], "progress": False}
        here = hs.analyse(hs.read_incidents(folder, columns={"id": "ref"}), **options)
        for other in (
            hs.analyse(opened(folder), **options),
            hs.analyse(opened(folder), client=cluster, **options),
        ):
            pd.testing.assert_frame_equal(
                pd.DataFrame(here.hotspots), pd.DataFrame(other.hotspots), check_exact=True
            )
            pd.testing.assert_frame_equal(here.tasks, other.tasks, check_exact=True)
            assert len(here.clusters) == len(other.clusters)
            assert here.left_out == other.left_out
            assert here.walk == other.walk

    def test_nothing_there(self, folder: Path) -> None:
        """An address where no scheduler runs is said to be one."""
        with pytest.raises(hs.InputError, match="Cannot reach the Dask cluster"):
            count(folder, client="tcp://127.0.0.1:1")

    def test_a_table_in_memory_stays_here(self, folder: Path, cluster: Any) -> None:
        """Workers cannot see a table in this process."""
        with pytest.raises(hs.InputError, match="in memory cannot be counted on a cluster"):
            count(hs.read_incidents(folder), client=cluster)
        with pytest.raises(hs.InputError, match="in memory cannot be counted on a cluster"):
            count(hs.open_incidents(calls()), client=cluster)

    def test_a_folder_that_workers_cannot_see(self, folder: Path, cluster: Any) -> None:
        """A file that is gone when a worker wants it is an error in words."""
        dataset = opened(folder)
        for file in folder.iterdir():
            file.unlink()
        with pytest.raises(hs.InputError, match=r"Cannot read '.*part0\.csv'"):
            count(dataset, client=cluster)

    def test_no_workers(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A scheduler without workers is said to be one."""
        distributed = pytest.importorskip("distributed")
        monkeypatch.setattr("hotspots.incidents.cluster._TIMEOUT", 1)
        with (
            distributed.LocalCluster(
                n_workers=0, processes=False, dashboard_address=":0", silence_logs=50
            ) as empty,
            pytest.raises(hs.InputError, match="has no workers"),
        ):
            count(folder, client=empty.scheduler_address)

    def test_the_only_worker_is_killed(self, folder: Path, tmp_path: Path) -> None:
        """With the only worker its copy of the work is lost, too: it is sent once more."""
        distributed = pytest.importorskip("distributed")
        killed = tmp_path / "killed"

        def deadly(batches: Iterable[Any]) -> int:
            n = sum(len(batch) for batch in batches)
            if not killed.exists():
                killed.touch()
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            return n

        with distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as single:
            parts, account = opened(folder).run(deadly, client=single.scheduler_address)
        assert killed.exists()
        assert len(parts) == 5
        assert account.n_rows == ROWS


class TestMessages:
    """What cannot be counted."""

    def test_unknown_client(self, folder: Path) -> None:
        """A client is an address or a client."""
        pytest.importorskip("distributed")
        with pytest.raises(hs.InputError, match="Invalid client '3'"):
            count(folder, client=3)

    def test_nothing_accepted(self, tmp_path: Path) -> None:
        """If no row can be used, the reasons are given."""
        path = tmp_path / "calls.csv"
        path.write_text("received,easting,northing\nsoon,530000,180000\n")
        with pytest.raises(hs.InputError, match="None of the 1 rows was accepted: 1 rejected"):
            count(path)

    def test_not_incidents(self) -> None:
        """A number is no dataset."""
        with pytest.raises(hs.InputError, match="Invalid incidents 'int'"):
            count(3)
