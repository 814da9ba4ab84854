"""Boards and columns are arranged; whoever may read an item from then on follows at once."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.members.models import Member
from forum import api as forum
from roadmap.boards.columns import TONES
from roadmap.boards.forms import BoardForm, ColumnForm
from roadmap.boards.models import Audience, BoardColumn, BoardReader, ItemBoard, RoadmapBoard
from roadmap.items.models import ItemStatus, RoadmapItem
from roadmap.items.reading import settle_reading
from roadmap.items.windows import window_of

MOST_READERS = 5000


class UnknownReaders(Invalid):
    code = "unknown_readers"
    message = N_("Nobody has an account with some of these addresses. Please check the lines.")


class LastColumn(Conflict):
    code = "last_column"
    message = N_("Each kind of status needs a column. Rename it, or hide it instead.")


def save_board(session: Session, form: BoardForm, *, by: Actor, board: RoadmapBoard | None = None) -> RoadmapBoard:
    """Write a board, anew or over the old one. Items that stand on it are read by its audience from now on; where a
    date leaves the public with them, the ledger asks for a reason."""
    known = {ref.id for ref in forum.boards(session)}
    if set(form.lines) - known:
        raise Invalid("no such product line", fields={"lines": N_("Please choose one of the options.")})
    readers = _members_named(session, form.readers) if form.audience == Audience.COHORT else set()
    row = board or RoadmapBoard(name=form.name)
    row.name, row.audience, row.position = form.name, form.audience, form.position
    row.lines = sorted(set(form.lines))
    row.closed_at = (row.closed_at or clock.now()) if form.closed else None
    session.add(row)
    session.flush()
    _set_readers(session, row.id or 0, readers)
    on_it = select(RoadmapItem).join(ItemBoard, col(ItemBoard.item_id) == RoadmapItem.id)
    for item in session.exec(on_it.where(ItemBoard.board_id == row.id).order_by(col(RoadmapItem.id))).all():
        planned = window_of(item.planned_from, item.planned_to)
        settle_reading(session, item, by=by, window=planned, reason=form.reason)
    audit.record(session, by, "board.save", "roadmap_board", row.id, audience=row.audience.value)
    return row


def readers_of(session: Session, board_id: int) -> list[str]:
    """Addresses of a cohort, for the form that edits it."""
    statement = select(Member.email).join(BoardReader, col(BoardReader.member_id) == Member.id)
    return sorted(email for email in session.exec(statement.where(BoardReader.board_id == board_id)) if email)


def _members_named(session: Session, text: str) -> set[int]:
    wanted = {line.casefold() for line in re.split(r"[\s,;，；]+", text) if line}
    if len(wanted) > MOST_READERS:
        raise Invalid("too many readers", fields={"readers": N_("This is too long.")})
    found: dict[str, int] = {}
    ordered = sorted(wanted)
    for start in range(0, len(ordered), 500):
        statement = select(Member.email, Member.id).where(
            sa.func.lower(col(Member.email)).in_(ordered[start : start + 500]), col(Member.deleted_at).is_(None)
        )
        found |= {email.casefold(): member_id for email, member_id in session.exec(statement) if email and member_id}
    if wanted - found.keys():
        raise UnknownReaders(fields={"readers": UnknownReaders.message})
    return set(found.values())


def _set_readers(session: Session, board_id: int, members: Iterable[int]) -> None:
    wanted = set(members)
    known = set(session.exec(select(BoardReader.member_id).where(BoardReader.board_id == board_id)))
    gone = sorted(known - wanted)
    for start in range(0, len(gone), 500):
        session.connection().execute(
            sa.delete(BoardReader).where(
                col(BoardReader.board_id) == board_id, col(BoardReader.member_id).in_(gone[start : start + 500])
            )
        )
    rows = [BoardReader(board_id=board_id, member_id=member) for member in sorted(wanted - known)]
    insert_many_once(session, rows)


def name_columns(session: Session, names: dict[ItemStatus, tuple[str, str]]) -> None:
    """Before the first column is named, write one for each kind with the words that it had: nothing moves by it."""
    if session.exec(select(BoardColumn.id).limit(1)).first() is None:
        session.add_all(
            BoardColumn(kind=kind, name=names[kind][0], name_en=names[kind][1], tone=TONES[kind], position=place * 10)
            for place, kind in enumerate(ItemStatus)
        )
        session.flush()


def save_column(session: Session, form: ColumnForm, *, by: Actor, column_id: int | None = None) -> BoardColumn:
    """Write a column. The kind of one that exists is fixed: its items would have another status by a word."""
    row = _get_column(session, column_id) if column_id else BoardColumn(kind=form.kind, name=form.name)
    if row.kind != form.kind:
        raise Invalid("the kind is fixed", fields={"kind": N_("The kind of a column that exists is fixed.")})
    row.name, row.name_en, row.tone = form.name, form.name_en, form.tone
    row.position, row.hidden = form.position, form.hidden
    session.add(row)
    session.flush()
    audit.record(session, by, "column.save", "roadmap_column", row.id, kind=row.kind.value, name=row.name)
    return row


def remove_column(session: Session, column_id: int, *, by: Actor) -> None:
    """Take a column away; its items stand in the first one of their kind. LastColumn where there is no other."""
    row = _get_column(session, column_id)
    same = select(sa.func.count()).select_from(BoardColumn).where(BoardColumn.kind == row.kind)
    if session.exec(same).one() < 2:
        raise LastColumn(f"column {column_id} is the last {row.kind}")
    session.connection().execute(
        sa.update(RoadmapItem).where(col(RoadmapItem.column_id) == column_id).values(column_id=None)
    )
    session.delete(row)
    session.flush()
    audit.record(session, by, "column.remove", "roadmap_column", column_id, kind=row.kind.value, name=row.name)


def _get_column(session: Session, column_id: int) -> BoardColumn:
    row = session.get(BoardColumn, column_id)
    if row is None:
        raise NotFound(f"column {column_id}")
    return row
