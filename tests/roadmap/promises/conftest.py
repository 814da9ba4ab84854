"""A calendar that stands still, and promises to look at."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.db import Database
from roadmap.promises import service
from roadmap.promises.models import Promise, PromiseKind
from roadmap.promises.service import Words

NOON = datetime(2026, 10, 15, 4, tzinfo=UTC)
"""Noon in Shanghai."""


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """`at(moment)`: it is that moment from now on."""

    def go(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    go(NOON)
    return go


@pytest.fixture
def make_promise(database: Database, pm_actor: Actor) -> Callable[..., Promise]:
    """`make_promise("保养 45 分钟", due_on=date(…))`: a promise of its own, as its form makes it."""

    def make(wording: str, due_on: date | None = None, **values: Any) -> Promise:
        with database.write() as session:
            words = Words(wording, due_on=due_on, **values)
            return service.make(session, words, kind=PromiseKind.SERVICE, by=pm_actor)

    return make
