"""Work in several processes: here, or on a Dask cluster by one setting; always in order, a few batches ahead.

Both go through joblib. A function given to `Workers.each` is a module's own, so that other processes find it.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")

AHEAD = 3  # batches per process that are handed out before their turn: what bounds the memory of a stream
CONNECT_SECONDS = 10
ORPHAN_SECONDS = 0.5


@dataclass(frozen=True)
class Workers:
    """How much may run at once: so many processes here, or all that the scheduler at this address has."""

    processes: int = 1
    scheduler: str = ""

    @property
    def far(self) -> bool:
        """Whether the work goes to a cluster."""
        return bool(self.scheduler)

    def each(self, function: Callable[..., Result], batches: Iterable[Any], *arguments: Any) -> Iterator[Result]:
        """`function(batch, *arguments)` of every batch, in order. ValueError when the cluster cannot be used."""
        if self.processes <= 1 and not self.far:
            for batch in batches:
                yield function(batch, *arguments)
            return
        from joblib import Parallel, delayed, parallel_config
        from joblib.externals.loky import get_reusable_executor

        failed: list[Exception] = []
        with ExitStack() as opened:
            if self.far:
                client = opened.enter_context(connected(self.scheduler))
                size, task = sum(client.nthreads().values()), function
                told: dict[str, Any] = {"backend": _cluster(client)}
            else:
                size, task = self.processes, partial(_in_a_child, function)
                told = {"backend": "loky", "inner_max_num_threads": 1}
                # Helpers that wait for more work would hold their memory for minutes.
                opened.callback(lambda: get_reusable_executor().shutdown(wait=True))
            opened.enter_context(parallel_config(**told))
            run = Parallel(n_jobs=size, batch_size=1, pre_dispatch=AHEAD * size, return_as="generator")
            yield from run(delayed(task)(batch, *arguments) for batch in _until_one_fails(batches, failed))
        if failed:
            raise failed[0]


ALONE = Workers()
_watching = threading.Event()


def _cluster(client: Any) -> Any:
    """joblib's Dask backend; a cluster with a single thread does the work too, where joblib would stay at home."""
    from joblib._dask import DaskDistributedBackend

    class Cluster(DaskDistributedBackend):  # type: ignore[misc]
        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, int(super().effective_n_jobs(n_jobs)))

    return Cluster(client=client)


def _until_one_fails(batches: Iterable[Any], failed: list[Exception]) -> Iterator[Any]:
    """The batches; joblib reads them in a thread of its own, where an error would be lost."""
    try:
        yield from batches
    except Exception as wrong:
        failed.append(wrong)


def _in_a_child(function: Callable[..., Result], *arguments: Any) -> Result:
    """The function, in a process that ends by itself when the one that started it was killed."""
    if not _watching.is_set():
        _watching.set()
        threading.Thread(target=_leave_with, args=(os.getppid(),), name="orphan-watch", daemon=True).start()
    return function(*arguments)


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_SECONDS)
    os._exit(1)  # nobody waits for the result, and nobody else would end this process


@contextmanager
def connected(scheduler: str) -> Iterator[Any]:
    """A client of the Dask scheduler; ValueError says what is wrong when there is none."""
    try:
        from dask.distributed import Client
    except ImportError as absent:
        raise ValueError(
            "COCREATE_DASK_SCHEDULER is set, but Dask is not installed: pip install 'cocreate[dask]', or unset it"
        ) from absent
    try:
        client: Any = Client(
            scheduler,  # type: ignore[no-untyped-call]
            timeout=CONNECT_SECONDS,
            set_as_default=False,
        )
    except (OSError, ValueError) as wrong:
        raise ValueError(f"no Dask scheduler answers at {scheduler}: {wrong}") from wrong
    with client:
        if not client.nthreads():
            raise ValueError(f"the Dask scheduler at {scheduler} has no workers")
        yield client
