"""The only place that wires: every package's module in one tuple, and the programs made from it. Imported by nobody."""

import gc

gc.disable()  # what is imported here stays; looking through it again and again was half of a command's start and end

from fastapi import FastAPI

from cocreate.cli import create_cli
from cocreate.clocks.module import module as clocks
from cocreate.core.config import Settings
from cocreate.core.runtime import Runtime
from cocreate.exchange.module import module as exchange
from cocreate.identity.module import module as identity
from cocreate.notify.module import module as notify
from cocreate.points.module import module as points
from cocreate.web.app import KERNEL, create_app
from feedback_cluster.module import module as feedback_cluster
from forum.module import module as forum
from roadmap.module import module as roadmap
from search.module import module as search

MODULES = (KERNEL, identity, notify, clocks, points, exchange, search, forum, feedback_cluster, roadmap)

cli = create_cli(MODULES)

gc.freeze()
gc.enable()


def create() -> FastAPI:
    """ASGI factory: `uvicorn main:create --factory`."""
    settings = Settings()
    runtime = Runtime(settings, MODULES)
    return create_app(runtime, worker=runtime.database.is_sqlite)
