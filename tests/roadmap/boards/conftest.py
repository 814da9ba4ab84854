"""Boards for some readers, and one reader of each kind."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from roadmap.boards.models import Audience, BoardReader, RoadmapBoard

Make = Callable[..., Any]


@pytest.fixture
def put_board(runtime: Runtime) -> Callable[..., RoadmapBoard]:
    """`put_board("verified")`: a board for this audience; readers: members of its cohort."""

    def put(audience: str, *, readers: tuple[Member, ...] = (), **values: Any) -> RoadmapBoard:
        board = RoadmapBoard(name=values.pop("name", f"看板{audience}"), audience=Audience(audience), **values)
        with runtime.database.write() as session:
            session.add(board)
            session.flush()
            session.add_all(BoardReader(board_id=board.id or 0, member_id=one.id or 0) for one in readers)
        return board

    return put


@pytest.fixture
def readers(make_member: Make, make_vehicle: Make, pm: Member) -> SimpleNamespace:
    """Everybody who may come by: with which boards they can read is in `allowed`."""
    verified, insider, agent, owner = (
        make_member("认证"),
        make_member("先行"),
        make_member("客服", Role.AGENT),
        make_member(),
    )
    make_vehicle(verified, "云麓", verified=True)
    make_vehicle(owner, "云麓")
    return SimpleNamespace(
        verified=verified, insider=insider, agent=agent, owner=owner, pm=pm,
        allowed={
            "public": {"guest", "verified", "insider", "agent", "owner", "pm"}, "verified": {"verified", "pm"},
            "cohort": {"insider", "pm"}, "staff": {"agent", "pm"},
        },
        every={"guest": None, "verified": verified, "insider": insider, "agent": agent, "owner": owner, "pm": pm},
    )  # fmt: skip
