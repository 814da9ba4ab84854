"""Handing a theme to a department, which says that it has received it; a clock runs until it does."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, NotAllowed
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import departments, departments_of
from cocreate.identity.departments.service import NoSuchDepartment
from feedback_cluster.themes.decisions import change, record
from feedback_cluster.themes.models import DecisionKind, Handover, Theme, ThemeDecision
from feedback_cluster.themes.pins import hold_theme
from feedback_cluster.themes.receipts import handover_of, settle_receipt
from feedback_cluster.themes.service import AlreadySo, standing


class NothingToReceive(Conflict):
    code = "nothing_to_receive"
    message = N_("No department waits to receive this theme.")


class NotTheirs(NotAllowed):
    code = "not_theirs"
    message = N_("Only somebody of that department can receive it.")


def hand_over(session: Session, theme: Theme, department_id: int | None, *, by: Actor) -> ThemeDecision:
    """Give the theme to a department, or take it back from the one that has it (None)."""
    hold_theme(session, theme)
    standing(theme)
    if department_id is not None and department_id not in {one.id for one in departments(session)}:
        raise NoSuchDepartment(f"department {department_id}")
    if department_id == theme.department_id:
        raise AlreadySo(f"theme {theme.id} is with department {department_id}")
    handover_id = None
    if department_id is not None:
        row = Handover(theme_id=theme.id or 0, department_id=department_id, by_id=by.id, at=clock.now())
        session.add(row)
        session.flush()
        handover_id = row.id
    decision = change(
        session, theme, DecisionKind.DEPARTMENT, by=by, department_id=department_id, handover_id=handover_id
    )
    settle_receipt(session, theme)
    return decision


def receive(session: Session, theme: Theme, *, by: Actor) -> ThemeDecision:
    """Somebody of the department says that the theme has arrived there."""
    handover = handover_of(session, theme)
    if handover is None or handover.received_at is not None:
        raise NothingToReceive(f"theme {theme.id}")
    if not may_receive(session, handover, by):
        raise NotTheirs(f"department {handover.department_id}")
    _sign(session, handover, by)
    decision = record(session, theme.id or 0, DecisionKind.RECEIVE, by=by, handover=handover.id)
    settle_receipt(session, theme)
    return decision


def _sign(session: Session, handover: Handover, by: Actor) -> None:
    """Two of the department may press at once: the receipt names the first."""
    statement = (
        sa.update(Handover)
        .where(col(Handover.id) == handover.id, col(Handover.received_at).is_(None))
        .values(received_by_id=by.id, received_at=clock.now())
    )
    result: Any = session.connection().execute(statement)
    if result.rowcount != 1:
        raise NothingToReceive(f"handover {handover.id}")
    session.refresh(handover)


def may_receive(session: Session, handover: Handover, by: Actor) -> bool:
    """Whether this member works in the department, or may decide about themes at all."""
    return by.can("theme.triage") or handover.department_id in departments_of(session, by.member_id)


def unreceived(session: Session, theme_ids: Collection[int]) -> set[int]:
    """Those of the themes whose department has not yet said that it received them."""
    statement = (
        select(Theme.id)
        .join(Handover, col(Handover.id) == Theme.handover_id)
        .where(col(Theme.id).in_(sorted(theme_ids)), col(Handover.received_at).is_(None))
    )
    return {theme_id or 0 for theme_id in session.exec(statement)}
