"""Items are made, edited, and taken from stage to stage with a sentence to owners."""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once
from cocreate.core.errors import Conflict, Invalid
from cocreate.core.text_marks import N_
from forum import api as forum
from roadmap.boards.models import BoardColumn, ItemBoard, RoadmapBoard
from roadmap.events import ItemStageChanged
from roadmap.forms import need_sentence
from roadmap.indexing import index_item
from roadmap.items import dates
from roadmap.items.forms import ItemForm, NewItemForm
from roadmap.items.models import ItemChange, ItemStage, ItemStatus, RoadmapItem
from roadmap.items.notices import queue_messages
from roadmap.items.order import top
from roadmap.items.reading import settle_reading
from roadmap.items.stages import STATUS_OF
from roadmap.items.windows import Window, window_of
from roadmap.links import service as links
from roadmap.releases.models import Release


class Kept(Enum):
    """Says of an argument that nothing was said."""

    KEPT = "kept"


KEPT = Kept.KEPT


class StageMoved(Conflict):
    code = "stage_moved"
    message = N_("Somebody has moved this item in the meantime. Please look at its history first.")


class NothingChanged(Conflict):
    code = "nothing_changed"
    message = N_("The item is at this stage already. Choose another stage, or another release.")


def add_item(session: Session, form: NewItemForm, *, by: Actor) -> RoadmapItem:
    """A new item, received; with a sentence its first step is written and told to those behind it.

    A public item that will be linked at once needs the sentence: the posts behind it take another status.
    """
    if form.public and (form.theme or form.post):
        need_sentence(form.sentence)
    _check_targets(session, board=form.board, release=form.release)
    item = RoadmapItem(
        title=form.title, what=form.what, why=form.why, board_id=form.board, release_id=form.release,
        shown=form.public, public=False, created_by=by.id, position=top(session, ItemStatus.CONSIDERING),
    )  # fmt: skip
    item.stage_at = item.created_at
    session.add(item)
    session.flush()
    put_on_boards(session, item, form.views)
    settle_reading(session, item, by=by, window=form.window, tell=False)
    index_item(session, item)
    audit.record(session, by, "item.add", "roadmap_item", item.id)
    if form.sentence:
        write_change(session, item, stage=item.stage, sentence=form.sentence, by=by)
    return item


def edit_item(session: Session, item: RoadmapItem, form: ItemForm, *, by: Actor) -> None:
    """What the item says of itself, where it stands and when it is planned. Becoming readable gives its posts their
    status and tells those behind it where it stands; no longer public takes the status back. Refused without a reason
    where a date that was said in public moves.
    """
    _check_targets(session, board=form.board, release=None)
    check_boards(session, form.views)
    before = (item.shown, boards_of(session, item))
    item.title, item.what, item.why = form.title, form.what, form.why
    item.board_id, item.shown, item.edited_at = form.board, form.public, clock.now()
    session.add(item)
    session.flush()
    put_on_boards(session, item, form.views)
    moved = before != (item.shown, boards_of(session, item))
    settle_reading(session, item, by=by, window=form.window, reason=form.reason, tell=moved)
    index_item(session, item)
    audit.record(session, by, "item.edit", "roadmap_item", item.id, public=item.public)


def put_on_boards(session: Session, item: RoadmapItem, board_ids: Iterable[int]) -> None:
    """Make these the boards that the item stands on; who may read it is settled afterwards."""
    wanted = set(board_ids)
    check_boards(session, wanted)
    known = boards_of(session, item)
    for board_id in sorted(known - wanted):
        session.connection().execute(
            sa.delete(ItemBoard).where(col(ItemBoard.item_id) == item.id, col(ItemBoard.board_id) == board_id)
        )
    insert_many_once(session, [ItemBoard(item_id=item.id or 0, board_id=one) for one in sorted(wanted - known)])


def boards_of(session: Session, item: RoadmapItem) -> set[int]:
    """The boards that the item was put on."""
    return set(session.exec(select(ItemBoard.board_id).where(ItemBoard.item_id == item.id)))


def check_boards(session: Session, board_ids: Iterable[int]) -> None:
    """Refuse boards that do not exist."""
    wanted = set(board_ids)
    known = set(session.exec(select(RoadmapBoard.id).where(col(RoadmapBoard.id).in_(wanted)))) if wanted else set()
    if wanted - known:
        raise Invalid("no such board", fields={"views": N_("Please choose one of the options.")})


def change_stage(
    session: Session,
    item: RoadmapItem,
    *,
    stage: ItemStage,
    sentence: str,
    by: Actor,
    note: str = "",
    release_id: int | None = None,
    seen: int | None = None,
    at: datetime | None = None,
    column_id: int | None = None,
    window: Window | Kept | None = KEPT,
    reason: str = "",
) -> ItemChange:
    """Take the item to a stage and aim it at a release: history, posts' statuses and news in one transaction.

    seen: id of the newest change that the writer knew; StageMoved when there is a newer one. at: when it happened,
    for history that is written down later. window: when it is planned to reach the cars, kept where nothing is said;
    a date that was said in public moves with a `reason` alone.
    """
    need_sentence(sentence)
    planned = window_of(item.planned_from, item.planned_to) if isinstance(window, Kept) else window
    same_window = planned == window_of(item.planned_from, item.planned_to)
    if stage == item.stage and release_id == item.release_id and same_window:
        raise NothingChanged(f"item {item.id} is {stage}")
    _check_targets(session, board=None, release=release_id)
    if seen is not None and seen != newest_change(session, item.id or 0):
        raise StageMoved(f"item {item.id}: seen {seen}")
    _check_column(session, stage, column_id)
    dates.commit(session, item, planned, reason=reason, by=by)
    _swap_stage(session, item, stage, release_id, at or clock.now(), column_id)
    return write_change(session, item, stage=stage, sentence=sentence.strip(), note=note, by=by, at=at)


def _swap_stage(
    session: Session, item: RoadmapItem, stage: ItemStage, release_id: int | None, at: datetime, column_id: int | None
) -> None:
    status = STATUS_OF[stage]
    same = status == item.status
    values = {
        "stage": stage, "status": status, "stage_at": at, "release_id": release_id,
        "position": item.position if same else top(session, status),
        "column_id": item.column_id if same and column_id is None else column_id,
    }  # fmt: skip
    # Two people who press at once both pass the look above: only the one who still finds the old step may go on.
    unmoved = (col(RoadmapItem.id) == item.id, col(RoadmapItem.stage_at) == item.stage_at)
    result: Any = session.connection().execute(sa.update(RoadmapItem).where(*unmoved).values(**values))
    if result.rowcount != 1:
        raise StageMoved(f"item {item.id} was moved meanwhile")
    session.refresh(item)
    index_item(session, item)


def write_change(
    session: Session, item: RoadmapItem, *, stage: ItemStage, sentence: str, by: Actor, note: str = "",
    at: datetime | None = None
) -> ItemChange:  # fmt: skip
    """Write the step into the history, let the posts follow, and announce it."""
    reached = select(sa.func.count()).select_from(ItemChange)
    count = session.exec(reached.where(ItemChange.item_id == item.id, ItemChange.stage == stage)).one()
    change = ItemChange(
        item_id=item.id or 0, stage=stage, occurrence=count + 1, sentence=sentence, note=note,
        release_id=item.release_id, planned_from=item.planned_from, planned_to=item.planned_to, by_id=by.id,
        at=at or clock.now(),
    )  # fmt: skip
    session.add(change)
    session.flush()
    links.settle_change(session, item, change, by=by)
    audit.record(session, by, "item.stage", "roadmap_item", item.id, stage=stage.value, occurrence=change.occurrence)
    queue_messages(session, item, change)
    outbox.publish(
        session,
        ItemStageChanged(
            item_id=item.id or 0, change_id=change.id or 0, stage=stage.value, occurrence=change.occurrence
        ),
    )
    return change


def newest_change(session: Session, item_id: int) -> int:
    """Id of the item's newest change, 0 when it has none."""
    return newest_changes(session, [item_id]).get(item_id, 0)


def newest_changes(session: Session, item_ids: Collection[int]) -> dict[int, int]:
    """Id of each item's newest change; items without one are left out."""
    statement = select(ItemChange.item_id, sa.func.max(ItemChange.id)).where(col(ItemChange.item_id).in_(item_ids))
    return {item_id: newest or 0 for item_id, newest in session.exec(statement.group_by(col(ItemChange.item_id)))}


def _check_targets(session: Session, *, board: int | None, release: int | None) -> None:
    if board is not None and all(ref.id != board for ref in forum.boards(session)):
        raise Invalid(f"no board {board}", fields={"board": N_("Please choose one of the options.")})
    if release is not None and session.get(Release, release) is None:
        raise Invalid(f"no release {release}", fields={"release": N_("Please choose one of the options.")})


def _check_column(session: Session, stage: ItemStage, column_id: int | None) -> None:
    column = session.get(BoardColumn, column_id) if column_id else None
    if column_id and (column is None or column.kind != STATUS_OF[stage]):
        raise Invalid(f"no column {column_id}", fields={"column": N_("Please choose one of the options.")})
