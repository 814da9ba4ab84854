"""Items are made, edited, moved, and taken from stage to stage with a sentence to owners."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid
from cocreate.core.text_marks import N_
from forum import api as forum
from roadmap.events import ItemStageChanged
from roadmap.indexing import index_item
from roadmap.items.forms import ItemForm, NewItemForm
from roadmap.items.models import ItemChange, ItemStage, ItemStatus, RoadmapItem
from roadmap.items.stages import STATUS_OF
from roadmap.links import service as links
from roadmap.releases.models import Release


class SentenceMissing(Invalid):
    code = "sentence_missing"
    message = N_("Please say to owners, in one sentence, what happens and why.")


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
    if form.public and (form.theme or form.post) and not form.sentence:
        raise SentenceMissing(fields={"sentence": SentenceMissing.message})
    _check_targets(session, board=form.board, release=form.release)
    item = RoadmapItem(
        title=form.title, what=form.what, why=form.why, board_id=form.board, release_id=form.release,
        public=form.public, created_by=by.id, position=_top(session, ItemStatus.CONSIDERING),
    )  # fmt: skip
    item.stage_at = item.created_at
    session.add(item)
    session.flush()
    index_item(session, item)
    audit.record(session, by, "item.add", "roadmap_item", item.id)
    if form.sentence:
        write_change(session, item, stage=item.stage, sentence=form.sentence, by=by)
    return item


def edit_item(session: Session, item: RoadmapItem, form: ItemForm, *, by: Actor) -> None:
    """What the item says of itself. Becoming public gives its posts their status and tells those behind it where it
    stands; no longer public takes the status back.
    """
    _check_targets(session, board=form.board, release=None)
    shown = item.public
    item.title, item.what, item.why = form.title, form.what, form.why
    item.board_id, item.public, item.edited_at = form.board, form.public, clock.now()
    session.add(item)
    session.flush()
    index_item(session, item)
    audit.record(session, by, "item.edit", "roadmap_item", item.id, public=item.public)
    if shown != item.public:
        links.settle_item(session, item, by=by)
        change_id = newest_change(session, item.id or 0)
        if item.public and change_id:
            # No key: the step may have been queued and found not public. Each member has one message per step anyway.
            outbox.enqueue(session, "roadmap.tell_supporters", change_id=change_id)


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
) -> ItemChange:
    """Take the item to a stage and aim it at a release: history, posts' statuses and news in one transaction.

    seen: id of the newest change that the writer knew; StageMoved when there is a newer one. at: when it happened,
    for history that is written down later.
    """
    if not sentence.strip():
        raise SentenceMissing(fields={"sentence": SentenceMissing.message})
    if stage == item.stage and release_id == item.release_id:
        raise NothingChanged(f"item {item.id} is {stage}")
    _check_targets(session, board=None, release=release_id)
    if seen is not None and seen != newest_change(session, item.id or 0):
        raise StageMoved(f"item {item.id}: seen {seen}")
    _swap_stage(session, item, stage, release_id, at or clock.now())
    return write_change(session, item, stage=stage, sentence=sentence.strip(), note=note, by=by, at=at)


def _swap_stage(session: Session, item: RoadmapItem, stage: ItemStage, release_id: int | None, at: datetime) -> None:
    status = STATUS_OF[stage]
    position = item.position if status == item.status else _top(session, status)
    values = {"stage": stage, "status": status, "stage_at": at, "release_id": release_id, "position": position}
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
        release_id=item.release_id, by_id=by.id, at=at or clock.now(),
    )  # fmt: skip
    session.add(change)
    session.flush()
    links.settle_item(session, item, by=by, reason=sentence, at=at)
    audit.record(session, by, "item.stage", "roadmap_item", item.id, stage=stage.value, occurrence=change.occurrence)
    outbox.publish(
        session,
        ItemStageChanged(
            item_id=item.id or 0, change_id=change.id or 0, stage=stage.value, occurrence=change.occurrence
        ),
    )
    return change


def newest_change(session: Session, item_id: int) -> int:
    """Id of the item's newest change, 0 when it has none."""
    return session.exec(select(sa.func.max(ItemChange.id)).where(ItemChange.item_id == item_id)).one() or 0


def move_item(session: Session, item: RoadmapItem, *, up: bool, by: Actor) -> None:
    """One place up or down in its column; at the end of the column nothing changes."""
    order = select(RoadmapItem.id).where(RoadmapItem.status == item.status)
    ids = list(session.exec(order.order_by(col(RoadmapItem.position), col(RoadmapItem.id).desc())))
    here = ids.index(item.id)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(ids):
        return
    ids[here], ids[there] = ids[there], ids[here]
    # Ids are known to exist: one statement renumbers the column.
    places = sa.case({row_id: place for place, row_id in enumerate(ids)}, value=col(RoadmapItem.id))
    session.connection().execute(
        sa.update(RoadmapItem).where(col(RoadmapItem.id).in_(ids)).values(position=places)
    )  # fmt: skip
    audit.record(session, by, "item.move", "roadmap_item", item.id, up=up)


def _top(session: Session, status: ItemStatus) -> int:
    lowest = session.exec(select(sa.func.min(RoadmapItem.position)).where(RoadmapItem.status == status)).one()
    return (lowest or 0) - 1


def _check_targets(session: Session, *, board: int | None, release: int | None) -> None:
    if board is not None and all(ref.id != board for ref in forum.boards(session)):
        raise Invalid(f"no board {board}", fields={"board": N_("Please choose one of the options.")})
    if release is not None and session.get(Release, release) is None:
        raise Invalid(f"no release {release}", fields={"release": N_("Please choose one of the options.")})
