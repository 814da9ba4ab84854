"""Runtimes made of modules that only the tests know."""

from collections.abc import Callable, Iterator

import pytest
from huey import MemoryHuey

from cocreate.core.jobs import Worker
from cocreate.core.module import Module
from cocreate.core.runtime import Runtime


@pytest.fixture
def make_worker(runtime: Runtime) -> Iterator[Callable[..., Worker]]:
    """`make_worker(module, sole=True)`: a worker over one module and the test's own database."""
    made: list[Worker] = []

    def make(module: Module, *, sole: bool = True) -> Worker:
        own = Runtime(runtime.settings, [module])
        own.__dict__["database"] = runtime.database
        made.append(Worker(own, sole=sole, queue=MemoryHuey(f"test-{len(made)}", results=False)))
        return made[-1]

    yield make
    for worker in made:
        worker.stop()
