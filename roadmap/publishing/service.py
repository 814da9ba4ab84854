"""Steps are prepared, gathered, approved by a second person where many are addressed, and published together."""

import hashlib
import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from roadmap.forms import need_sentence
from roadmap.items import service as items
from roadmap.items.forms import StageForm
from roadmap.items.models import ItemStage, RoadmapItem
from roadmap.items.windows import Window, window_of
from roadmap.links import supporters
from roadmap.promises.service import ReasonMissing
from roadmap.publishing.approval import ApprovalMissing, check_second, needs_second
from roadmap.publishing.models import PreparedChange, PreparedState, Publication
from roadmap.releases.models import Release


class AlreadyPrepared(Conflict):
    code = "already_prepared"
    message = N_("A step of this item waits already. Change that one, or withdraw it first.")


class NotWaiting(Conflict):
    code = "not_waiting"
    message = N_("This step does not wait any more. Please look at the list again.")


class NothingWaits(Conflict):
    code = "nothing_waits"
    message = N_("Nothing is left to publish here.")


class Stale(Conflict):
    code = "stale"
    message = N_("These items have moved since their step was written: %(items)s. Please look at them again.")


class AlreadyPublished(Conflict):
    code = "already_published"
    message = N_("This has been published already.")


class ManyReaders(ApprovalMissing):
    code = "many_readers"
    message = N_("So many people will read this that a second person must approve it. Please prepare it instead.")


def check_alone(session: Session, item: RoadmapItem) -> None:
    """ManyReaders where a step of the item may not be told by one person alone."""
    if item.shown and wants_second(session, [item]):
        raise ManyReaders(f"item {item.id}")


def prepare(session: Session, item: RoadmapItem, form: StageForm, *, by: Actor) -> PreparedChange:
    """Lay a step aside; one waits per item. Refused like the step itself, except that nobody hears of it yet."""
    _check(session, item, form)
    row = PreparedChange(
        item_id=item.id or 0, prepared_by=by.id, seen=items.newest_change(session, item.id or 0),
        **_values(form),
    )  # fmt: skip
    if not insert_once(session, row):
        raise AlreadyPrepared(f"item {item.id}")
    waiting = find_waiting(session, item.id or 0)
    if waiting is None:
        raise NotWaiting(f"item {item.id}")
    audit.record(session, by, "step.prepare", "prepared_change", waiting.id, item=item.id, stage=form.stage.value)
    return waiting


def rewrite(session: Session, row: PreparedChange, form: StageForm, *, by: Actor) -> None:
    """Write a waiting step anew, with the item as it is now before the writer's eyes. An approval is void by it."""
    item = session.get_one(RoadmapItem, row.item_id)
    _check(session, item, form)
    _close(session, row, prepared_by=by.id, seen=items.newest_change(session, row.item_id), **_values(form))
    audit.record(session, by, "step.rewrite", "prepared_change", row.id, item=row.item_id, stage=form.stage.value)


def withdraw(session: Session, row: PreparedChange, *, by: Actor) -> None:
    """Take a waiting step back; nobody ever heard of it."""
    _close(session, row, state=PreparedState.WITHDRAWN, slot=None, closed_at=clock.now())
    audit.record(session, by, "step.withdraw", "prepared_change", row.id, item=row.item_id)


def gather(session: Session, change_ids: Collection[int], *, by: Actor) -> Publication:
    """These waiting steps leave together from now on. NotWaiting when one of them is gone or gathered elsewhere."""
    wanted = set(change_ids)
    if not wanted:
        raise Invalid("nothing chosen", fields={"changes": N_("Choose at least one step.")})
    publication = Publication(created_by=by.id)
    session.add(publication)
    session.flush()
    result: Any = session.connection().execute(
        sa.update(PreparedChange)
        .where(
            col(PreparedChange.id).in_(wanted),
            col(PreparedChange.state) == PreparedState.WAITING,
            col(PreparedChange.publication_id).is_(None),
        )
        .values(publication_id=publication.id)
    )
    if result.rowcount != len(wanted):
        raise NotWaiting(f"{len(wanted)} wanted, {result.rowcount} waiting")
    audit.record(session, by, "publication.gather", "publication", publication.id, steps=len(wanted))
    return publication


def dissolve(session: Session, publication: Publication, *, by: Actor) -> None:
    """The steps wait one by one again."""
    _turn(session, publication, dissolved_at=clock.now())
    session.connection().execute(
        sa.update(PreparedChange)
        .where(col(PreparedChange.publication_id) == publication.id, col(PreparedChange.state) == PreparedState.WAITING)
        .values(publication_id=None)
    )
    audit.record(session, by, "publication.dissolve", "publication", publication.id)


def approve(session: Session, publication: Publication, *, by: Actor, seen: str) -> None:
    """A second person has read what leaves. `seen`: the fingerprint of what they had before their eyes."""
    rows = waiting_of(session, publication)
    for preparer in {publication.created_by, *(row.prepared_by for row in rows)}:
        check_second(preparer, by)
    if not rows:
        raise NothingWaits(f"publication {publication.id}")
    if seen != fingerprint(rows):
        raise NotWaiting(f"publication {publication.id} was changed meanwhile")
    _turn(session, publication, approved_by=by.id, approved_at=clock.now(), approved_print=seen)
    audit.record(session, by, "publication.approve", "publication", publication.id, steps=len(rows))


def publish(session: Session, publication: Publication, *, by: Actor) -> int:
    """Take all steps in one transaction; how many there were. What follows for thousands of people is the outbox's.

    Refused as a whole when one is stale, when many are addressed and nobody else approved exactly this, or when one
    step could not be taken.
    """
    rows = waiting_of(session, publication)
    if publication.published_at is not None:
        raise AlreadyPublished(f"publication {publication.id}")
    if not rows:
        raise NothingWaits(f"publication {publication.id}")
    found = {row.item_id: session.get_one(RoadmapItem, row.item_id) for row in rows}
    moved = stale(session, rows)
    if moved:
        raise Stale(f"items {sorted(moved)}", items="、".join(f"“{found[item].title}”" for item in sorted(moved)))
    if not approved(publication, rows) and wants_second(session, list(found.values())):
        raise ApprovalMissing(f"publication {publication.id}")
    _turn(session, publication, published_at=clock.now(), published_by=by.id)
    for row in rows:
        change = items.change_stage(
            session, found[row.item_id], stage=row.stage, sentence=row.sentence, note=row.note, by=by,
            release_id=row.release_id, seen=row.seen, window=window_of(row.planned_from, row.planned_to),
            reason=row.reason,
        )  # fmt: skip
        _close(session, row, state=PreparedState.PUBLISHED, slot=None, change_id=change.id, closed_at=clock.now())
    outbox.enqueue(session, "roadmap.count_told", publication_id=publication.id)
    audit.record(session, by, "publication.publish", "publication", publication.id, steps=len(rows))
    return len(rows)


def count_told(session: Session, *, publication_id: int) -> None:
    """Job: how many members a batch addressed, for the list of what left; nobody waits for the count."""
    of_batch = select(RoadmapItem).join(PreparedChange, col(PreparedChange.item_id) == RoadmapItem.id)
    found = session.exec(of_batch.where(PreparedChange.publication_id == publication_id)).unique().all()
    people = count_people(session, found)
    session.connection().execute(
        sa.update(Publication).where(col(Publication.id) == publication_id).values(people=people)
    )


def get_publication(session: Session, publication_id: int) -> Publication:
    """The batch; NotFound when there is none."""
    row = session.get(Publication, publication_id)
    if row is None:
        raise NotFound(f"publication {publication_id}")
    return row


def get_prepared(session: Session, change_id: int) -> PreparedChange:
    """The prepared step; NotFound when there is none."""
    row = session.get(PreparedChange, change_id)
    if row is None:
        raise NotFound(f"prepared step {change_id}")
    return row


def find_waiting(session: Session, item_id: int) -> PreparedChange | None:
    """The step of the item that waits, if there is one."""
    statement = select(PreparedChange).where(PreparedChange.item_id == item_id, PreparedChange.slot == 1)
    return session.exec(statement).one_or_none()


def waiting_of(session: Session, publication: Publication) -> list[PreparedChange]:
    """The steps that wait in a batch, in the order in which they were written."""
    statement = select(PreparedChange).where(
        PreparedChange.publication_id == publication.id, PreparedChange.state == PreparedState.WAITING
    )
    return list(session.exec(statement.order_by(col(PreparedChange.id))))


def stale(session: Session, rows: Sequence[PreparedChange]) -> set[int]:
    """Items that took another step since theirs was written."""
    newest = items.newest_changes(session, [row.item_id for row in rows])
    return {row.item_id for row in rows if newest.get(row.item_id, 0) != row.seen}


def wants_second(session: Session, found: Sequence[RoadmapItem]) -> bool:
    """Whether steps of these items go to so many people that a second person must approve. Thousands are not counted
    for it: what is known of each item is enough."""
    known = max((supporters.at_least(item) for item in found), default=0)
    return needs_second(session, known) or needs_second(session, count_people(session, found))


def count_people(session: Session, found: Sequence[RoadmapItem]) -> int:
    """Distinct members who are addressed by steps of these items."""
    members: set[int] = set()
    for item in found:
        members |= supporters.addressed(session, item).members
    return len(members)


def fingerprint(rows: Sequence[PreparedChange]) -> str:
    """What leaves, to the letter: another word, date or step is another fingerprint."""
    said = [
        [row.id, row.item_id, row.stage.value, row.sentence, row.note, row.release_id, str(row.planned_from),
         str(row.planned_to), row.reason, row.seen]
        for row in sorted(rows, key=lambda row: row.id or 0)
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def approved(publication: Publication, rows: Sequence[PreparedChange]) -> bool:
    """Whether somebody else approved exactly these steps."""
    return bool(publication.approved_by) and publication.approved_print == fingerprint(rows)


def _check(session: Session, item: RoadmapItem, form: StageForm) -> None:
    need_sentence(form.sentence)
    old = window_of(item.planned_from, item.planned_to)
    if (form.stage, form.release, form.window) == (item.stage, item.release_id, old):
        raise items.NothingChanged(f"item {item.id} is {item.stage}")
    if item.public and old is not None and form.window != old and not form.reason.strip():
        raise ReasonMissing(fields={"reason": ReasonMissing.message})
    if form.release is not None and session.get(Release, form.release) is None:
        raise Invalid(f"no release {form.release}", fields={"release": N_("Please choose one of the options.")})


def _values(form: StageForm) -> dict[str, Any]:
    window: Window | None = form.window
    return {
        "stage": ItemStage(form.stage), "sentence": form.sentence.strip(), "note": form.note,
        "release_id": form.release, "planned_from": window.first if window else None,
        "planned_to": window.last if window else None, "reason": form.reason.strip(),
    }  # fmt: skip


def _close(session: Session, row: PreparedChange, **values: Any) -> None:
    """Change a step that still waits; NotWaiting for who comes second."""
    waiting = (col(PreparedChange.id) == row.id, col(PreparedChange.state) == PreparedState.WAITING)
    result: Any = session.connection().execute(sa.update(PreparedChange).where(*waiting).values(**values))
    if result.rowcount != 1:
        raise NotWaiting(f"prepared step {row.id}")
    session.refresh(row)


def _turn(session: Session, publication: Publication, **values: Any) -> None:
    """Change a batch that is still open; AlreadyPublished for who comes second."""
    still = (
        col(Publication.id) == publication.id,
        col(Publication.published_at).is_(None),
        col(Publication.dissolved_at).is_(None),
    )
    result: Any = session.connection().execute(sa.update(Publication).where(*still).values(**values))
    if result.rowcount != 1:
        raise AlreadyPublished(f"publication {publication.id}")
    session.refresh(publication)
