"""The parts of a dataset on the workers of a Dask cluster.

Every worker reads its own part from a folder (or database) that all of them reach; a worker that
dies costs its part a second run and nothing else. Needs the extra `distributed`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import InputError, invalid
from hotspots.incidents.account import Ledger
from hotspots.incidents.dataset import run_part
from hotspots.progress import watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotspots.incidents.account import Account, Keys
    from hotspots.incidents.dataset import Dataset, Part, Result_co, Siblings, Task


# Seconds until a scheduler must have answered, or have a worker.
_TIMEOUT: Final = 10
_TRIES: Final = 3


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
        work = _Work(cluster, task, dataset.siblings())
        futures = [work.submit(part) for part in parts]
        for part, future in zip(parts, futures, strict=True):
            result, own = work.result(future, part)
            used = ledger.already_used(own)
            if len(used):
                # References of this part were used by an earlier one: only now is that known.
                result, own = work.result(work.submit(part, used), part, used)
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


class _Work:
    """What is done with every part. The workers hold it: it is not sent with each part."""

    def __init__(self, cluster: Any, task: Any, siblings: Siblings) -> None:  # noqa: ANN401
        self.cluster = cluster
        self.both = task, siblings
        self._send()

    def _send(self) -> None:
        try:
            self.sent = self.cluster.scatter(
                list(self.both), broadcast=True, hash=False, timeout=_TIMEOUT
            )
        except TimeoutError as error:
            msg = (
                "The Dask cluster has no workers. Must have at least one. Start one with "
                "'dask worker' and the address of the scheduler."
            )
            raise InputError(msg) from error

    def submit(self, part: Part, earlier: Keys | None = None) -> Any:  # noqa: ANN401
        """Have a worker do the part."""
        task, siblings = self.sent
        return self.cluster.submit(run_part, part, siblings, task, earlier, pure=False)

    def result(self, future: Any, part: Part, earlier: Keys | None = None) -> Any:  # noqa: ANN401
        """Wait for a part, and say in the house's words what kept it from being read."""
        from distributed import KilledWorker  # noqa: PLC0415 (an extra)
        from distributed.client import FutureCancelledError  # noqa: PLC0415

        name = part.source.name
        for _ in range(_TRIES):
            try:
                return future.result()
            except FutureCancelledError:
                # The last worker that held the work was lost, and with it the work.
                if any(held.status != "finished" for held in self.sent):
                    self._send()
                future = self.submit(part, earlier)
            except (KilledWorker, MemoryError) as error:
                msg = (
                    f"Reading '{name}' was too much for the workers. Must fit into a worker's "
                    "memory: give the workers more, or write the data as Parquet with smaller row "
                    "groups."
                )
                raise InputError(msg) from error
            except OSError as error:
                msg = (
                    f"The cluster could not read '{name}': {error}. Must be in a folder that every "
                    "worker reaches under the same path, and the cluster must keep running."
                )
                raise InputError(msg) from error
        msg = (
            f"The cluster lost '{name}' {_TRIES} times, with the workers that read it. Must keep "
            "running. Look at the workers' logs; perhaps they need more memory."
        )
        raise InputError(msg)
