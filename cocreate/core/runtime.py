"""The assembled application: settings, database, what all modules brought. Web, worker, commands and tests share it."""

import importlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from cocreate.core.config import Settings
from cocreate.core.db import Database
from cocreate.core.module import Filler, Job, Listener, Module, Notice
from cocreate.core.policy import Policies

if TYPE_CHECKING:
    from fastapi import APIRouter


class Runtime:
    """Settings plus modules; the database opens at first use."""

    def __init__(self, settings: Settings, modules: Sequence[Module]) -> None:
        self.settings = settings
        self.modules = tuple(modules)
        load_models(self.modules)
        self.jobs: dict[str, Job] = {job.name: job for module in modules for job in module.jobs}
        self.listeners: dict[str, dict[str, Listener]] = {}
        self.slots: dict[str, list[Filler]] = {}
        self.notices: dict[str, Notice] = {}
        self.policies = Policies(module.policies for module in modules)
        for module in modules:
            for event, listeners in module.listeners.items():
                known = self.listeners.setdefault(event.name, {})
                known.update({f"{listener.__module__}.{listener.__qualname__}": listener for listener in listeners})
            for slot, fillers in module.slots.items():
                self.slots.setdefault(slot, []).extend(fillers)
            self.notices.update(module.notices)
        self.memory: dict[str, Any] = {}
        """What a module keeps per process, such as a loaded model; keyed by the module's own names."""

    @cached_property
    def database(self) -> Database:
        return self.adopt(Database(self.settings.effective_database_url))

    def adopt(self, database: Database) -> Database:
        """Work on this database; its sessions know what they belong to, see `runtime_of`."""
        database.info["runtime"] = self
        self.__dict__["database"] = database
        return database

    def close(self) -> None:
        if "database" in self.__dict__:
            self.database.dispose()


def runtime_of(session: Session) -> Runtime | None:
    """What the session was opened by; None for a database of nobody's, as in a few tests."""
    found: Runtime | None = session.info.get("runtime")
    return found


def load_models(modules: Sequence[Module]) -> None:
    """Import every module that holds tables, so that the metadata is complete."""
    importlib.import_module("cocreate.core.audit")
    importlib.import_module("cocreate.core.outbox")
    for module in modules:
        for name in module.models:
            importlib.import_module(name)


def load_routers(modules: Sequence[Module]) -> "Iterator[APIRouter]":
    """Import what answers requests, in the order in which addresses are tried."""
    for module in modules:
        for name in module.routers:
            yield importlib.import_module(name).router
