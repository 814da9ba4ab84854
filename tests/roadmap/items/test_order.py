"""The order of a column: the server decides it, and two people who move at once both find what they did."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from cocreate.core.actor import Actor
from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from roadmap.items import order
from roadmap.items.models import RoadmapItem

Make = Callable[..., Any]


def listed(database: Database) -> list[int | None]:
    with database.read() as session:
        rows = select(RoadmapItem.id).order_by(col(RoadmapItem.position), col(RoadmapItem.id).desc())
        return list(session.exec(rows))


def place(database: Database, item_id: int, actor: Actor, **where: Any) -> None:
    with database.write() as session:
        order.place_item(session, session.get_one(RoadmapItem, item_id), by=actor, **where)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), max_size=6))
def test_an_item_stands_beside_the_one_it_was_put_beside(
    moves: list[tuple[int, int, bool]], make_item: Make, database: Database, pm_actor: Actor
) -> None:
    ids = [make_item().id for _ in range(5)]
    expected = ids[::-1]
    for which, beside, before in moves:
        place(database, ids[which], pm_actor, **{"before" if before else "after": ids[beside]})
        if which != beside:
            expected.remove(ids[which])
            at = expected.index(ids[beside])
            expected.insert(at if before else at + 1, ids[which])
    assert [item_id for item_id in listed(database) if item_id in ids] == expected


def test_two_people_at_once_both_find_their_item_where_they_put_it(
    make_item: Make, runtime: Runtime, database: Database, pm_actor: Actor
) -> None:
    ids = [make_item().id for _ in range(8)]
    gate = Barrier(2)

    def move(which: int, beside: int) -> None:
        gate.wait()
        place(database, ids[which], pm_actor, after=ids[beside])

    # Oldest stands last: 0 goes behind 7 at the top, 4 behind 3.
    hands = [Thread(target=move, args=pair) for pair in ((0, 7), (4, 3))]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert listed(database) == [ids[n] for n in (7, 0, 6, 5, 3, 4, 2, 1)]


def test_a_place_beside_an_item_that_has_left_is_refused(
    client: Any, make_item: Make, pm: Member, database: Database, step: Make
) -> None:
    first, second = make_item(), make_item()
    step(second, "built")
    before = listed(database)
    refused = client.post(f"/roadmap/{first.id}/move", actor=pm, data={"before": str(second.id)})
    assert refused.status_code == 409
    assert "移走" in refused.text
    assert listed(database) == before


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/roadmap?board=3"])
def test_the_way_back_stays_on_this_site(client: Any, make_item: Make, pm: Member, back: str) -> None:
    first, second = make_item(), make_item()
    moved = client.post(f"/roadmap/{first.id}/move", actor=pm, data={"before": str(second.id), "back": back})
    assert moved.headers["location"] == (back if back.startswith("/roadmap") else "/")
