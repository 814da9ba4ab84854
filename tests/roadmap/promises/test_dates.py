"""A date that was said in public does not change in silence, and what happened to it stays written."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.db import Database
from roadmap.promises import service
from roadmap.promises.models import Promise, PromiseAct, PromiseEvent, PromiseState

Make = Callable[..., Any]
AUTUMN, WINTER = date(2026, 9, 30), date(2026, 12, 31)


@pytest.fixture
def commit(database: Database, pm_actor: Actor) -> Callable[..., None]:
    """`commit(item, None, AUTUMN)`: the item's date changes, as its page has it written down."""

    def go(row: Any, old: date | None, new: date | None, reason: str = "", *, public: bool = True) -> None:
        kind = "item" if row.__tablename__ == "roadmap_item" else "release"
        with database.write() as session:
            service.commit_date(session, (kind, row.id), old, new, reason=reason, by=pm_actor, public=public)

    return go


def promises(session: Session) -> list[Promise]:
    return list(session.exec(select(Promise).order_by(col(Promise.id))))


def acts(session: Session) -> list[tuple[PromiseAct, str, date | None, date | None]]:
    rows = session.exec(select(PromiseEvent).order_by(col(PromiseEvent.id)))
    return [(row.act, row.reason, row.before_on, row.after_on) for row in rows]


def test_a_first_date_is_a_promise_and_the_same_date_again_is_none(
    commit: Make, make_item: Make, database: Database
) -> None:
    item = make_item("低功耗哨兵")
    commit(item, None, AUTUMN)
    commit(item, AUTUMN, AUTUMN)
    with database.read() as session:
        (promise,) = promises(session)
        assert (promise.wording, promise.due_on, promise.state) == ("低功耗哨兵", AUTUMN, PromiseState.OPEN)
        assert acts(session) == [(PromiseAct.MADE, "", None, AUTUMN)]


@pytest.mark.parametrize("reason", ["", "   \n"])
@pytest.mark.parametrize("new", [WINTER, None])
def test_a_public_date_that_changes_or_goes_needs_a_reason(
    commit: Make, make_item: Make, database: Database, new: date | None, reason: str
) -> None:
    item = make_item()
    commit(item, None, AUTUMN)
    with pytest.raises(service.ReasonMissing):
        commit(item, AUTUMN, new, reason)
    with database.read() as session:
        assert [row.due_on for row in promises(session)] == [AUTUMN]
        assert len(acts(session)) == 1


def test_with_a_reason_the_date_moves_and_both_days_stay_written(
    commit: Make, make_item: Make, database: Database
) -> None:
    item = make_item()
    commit(item, None, AUTUMN)
    commit(item, AUTUMN, WINTER, "芯片晚到。")
    with database.read() as session:
        (promise,) = promises(session)
        assert (promise.first_due_on, promise.due_on, promise.moves) == (AUTUMN, WINTER, 1)
        assert acts(session)[1] == (PromiseAct.MOVED, "芯片晚到。", AUTUMN, WINTER)


def test_a_date_that_was_said_before_the_ledger_counts_all_the_same(
    commit: Make, make_release: Make, database: Database
) -> None:
    release = make_release("2.4")
    with pytest.raises(service.ReasonMissing):
        commit(release, AUTUMN, WINTER)
    commit(release, AUTUMN, WINTER, "多测两周。")
    with database.read() as session:
        assert [(row.first_due_on, row.due_on) for row in promises(session)] == [(AUTUMN, WINTER)]


def test_a_date_that_leaves_the_public_with_its_item_needs_a_reason_too(
    commit: Make, make_item: Make, database: Database
) -> None:
    item = make_item()
    commit(item, None, AUTUMN)
    with pytest.raises(service.ReasonMissing):
        commit(item, AUTUMN, AUTUMN, public=False)
    commit(item, AUTUMN, AUTUMN, "供应商退出，先不公开承诺。", public=False)
    with database.read() as session:
        assert [row.state for row in promises(session)] == [PromiseState.DROPPED]
    commit(item, AUTUMN, WINTER)
    with database.read() as session:
        assert [(row.due_on, row.state) for row in promises(session)] == [
            (AUTUMN, PromiseState.DROPPED), (WINTER, PromiseState.OPEN),
        ]  # fmt: skip


def test_what_is_not_public_makes_no_promise(commit: Make, make_item: Make, database: Database) -> None:
    item = make_item(public=False)
    commit(item, None, AUTUMN, public=False)
    commit(item, AUTUMN, WINTER, public=False)
    with database.read() as session:
        assert promises(session) == []
    commit(item, WINTER, WINTER)
    with database.read() as session:
        assert [row.due_on for row in promises(session)] == [WINTER]


def test_history_cannot_be_changed_through_the_session_nor_by_hand(
    commit: Make, make_item: Make, database: Database
) -> None:
    commit(make_item(), None, AUTUMN)

    def rewrite(session: Session) -> None:
        event = session.exec(select(PromiseEvent)).one()
        event.after_on = WINTER
        session.add(event)

    def erase(session: Session) -> None:
        session.delete(session.exec(select(PromiseEvent)).one())

    def by_hand(statement: str) -> Callable[[Session], Any]:
        return lambda session: session.connection().execute(sa.text(statement))

    attempts: list[Callable[[Session], Any]] = [
        rewrite,
        erase,
        by_hand("UPDATE promise_event SET reason = 'x'"),
        by_hand("DELETE FROM promise_event"),
    ]
    for attempt in attempts:
        with pytest.raises(sa.exc.DatabaseError), database.write() as session:
            attempt(session)
    with database.read() as session:
        assert acts(session) == [(PromiseAct.MADE, "", None, AUTUMN)]
