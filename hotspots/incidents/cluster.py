"""The parts of a dataset on the workers of a Dask cluster.

Every worker reads its own part from a folder (or database) that all of them reach; a worker that
dies costs its part a second run and nothing else. Needs the extra `distributed`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import HotspotsError, InputError, invalid
from hotspots.incidents.account import Ledger
from hotspots.incidents.dataset import run_part
from hotspots.progress import watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotspots.incidents.account import Account
    from hotspots.incidents.dataset import Dataset, Result_co, Task


_TIMEOUT: Final = "10s"


def run_on_cluster(
    dataset: Dataset,
    task: Task[Result_co],
    client: Any,  # noqa: ANN401 (a distributed.Client, which is an extra)
    *,
    progress: bool | None = None,
) -> tuple[list[Result_co], Account]:
    """Do something with all accepted incidents on a cluster; see `Dataset.run`."""
    ledger = Ledger()
    results = []
    with _connected(client) as cluster, watch("Reading on the cluster", show=progress) as seen:
        parts = dataset.parts()
        # The task holds the index of places: it is sent once to each worker, not with each part.
        sent = cluster.scatter(task, broadcast=True, hash=False)
        futures = [
            cluster.submit(run_part, part, dataset.mapping, sent, pure=False) for part in parts
        ]
        for part, future in zip(parts, futures, strict=True):
            result, own = _result(future, part.source.name)
            used = ledger.already_used(own)
            if len(used):
                # References of this part were used by an earlier one: only now is that known.
                again = cluster.submit(run_part, part, dataset.mapping, sent, used, pure=False)
                result, own = _result(again, part.source.name)
            n_rows = sum(file.accepted + int(file.reasons.sum()) for file in own.files.values())
            ledger.merge(own)
            results.append(result)
            seen(part.source.name, n_rows)
            future.release()
    return results, ledger.close()


@contextmanager
def _connected(client: Any) -> Iterator[Any]:  # noqa: ANN401
    """Give a client of the cluster: the caller's own, or one for its address."""
    try:
        from distributed import Client  # noqa: PLC0415 (an extra)
    except ImportError as error:
        msg = (
            "Counting on a cluster needs Dask, which is not installed. Install it with "
            'pip install "asb-hotspots[distributed]".'
        )
        raise InputError(msg) from error
    if isinstance(client, Client):
        yield client
        return
    if not isinstance(client, str):
        raise invalid("client", client, "the address of a Dask scheduler or a distributed.Client")
    try:
        own = Client(client, set_as_default=False, timeout=_TIMEOUT)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        msg = (
            f"Cannot reach the Dask cluster at '{client}'. Must be the address of a running "
            "scheduler, such as tcp://10.0.0.5:8786. Start one with 'dask scheduler'."
        )
        raise InputError(msg) from error
    with own:
        yield own


def _result(future: Any, name: str) -> Any:  # noqa: ANN401
    """Wait for a part, and say in the house's words what kept it from being read."""
    from distributed import KilledWorker  # noqa: PLC0415 (an extra)
    from distributed.client import FutureCancelledError  # noqa: PLC0415

    try:
        return future.result()
    except HotspotsError:
        raise
    except KilledWorker as error:
        msg = (
            f"Reading '{name}' ended several workers. Must fit into a worker's memory: give the "
            "workers more, or write the data as Parquet with smaller row groups."
        )
        raise InputError(msg) from error
    except (FutureCancelledError, OSError) as error:
        msg = (
            f"The cluster could not read '{name}': {error}. Must be in a folder that every worker "
            "reaches under the same path, and the cluster must keep running."
        )
        raise InputError(msg) from error
