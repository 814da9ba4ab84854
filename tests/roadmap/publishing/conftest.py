"""Steps that wait, and people who may approve them."""

from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from roadmap.items.forms import StageForm
from roadmap.items.models import ItemStage, RoadmapItem
from roadmap.publishing import service
from roadmap.publishing.models import PreparedChange

Make = Callable[..., Any]


@pytest.fixture
def prepare(runtime: Runtime, pm_actor: Actor) -> Callable[..., PreparedChange]:
    """`prepare(item, "decided")`: a step that waits."""

    def make(item: RoadmapItem, stage: str = "decided", sentence: str = "会做。", **values: Any) -> PreparedChange:
        with runtime.database.write() as session:
            row = session.get_one(RoadmapItem, item.id)
            form = StageForm(stage=ItemStage(stage), sentence=sentence, **values)
            return service.prepare(session, row, form, by=pm_actor)

    return make


@pytest.fixture
def second(make_member: Make) -> Member:
    member: Member = make_member("另一位产品经理", Role.PM)
    return member


@pytest.fixture
def few(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people are many here."""
    monkeypatch.setattr(runtime, "settings", runtime.settings.model_copy(update={"approval_above": 2}))
