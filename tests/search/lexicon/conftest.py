"""Who keeps the lexicon in these tests, and a job that waits for nobody."""

from collections.abc import Callable

import pytest

from cocreate.core.actor import Actor, Role
from cocreate.identity.members.models import Member
from search.lexicon import recut


@pytest.fixture
def manager(make_member: Callable[..., Member]) -> Member:
    return make_member("产品经理", Role.PM)


@pytest.fixture
def by(manager: Member, make_actor_of: Callable[..., Actor]) -> Actor:
    return make_actor_of(manager, Role.PM)


@pytest.fixture(autouse=True)
def nobody_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recut, "LATE_SECONDS", 0.0)
    monkeypatch.setattr(recut, "BREATH_SECONDS", 0.0)
