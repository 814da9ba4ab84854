"""Releases are written and rewritten by product managers; a public date that changes says why."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from roadmap.indexing import index_release
from roadmap.items.models import RoadmapItem
from roadmap.promises.service import commit_date
from roadmap.releases import rollout
from roadmap.releases.forms import Note, ReleaseForm, parse_notes
from roadmap.releases.models import Release, ReleaseNote


class VersionTaken(Invalid):
    code = "version_taken"
    message = N_("There is a release with this version already.")


class UnknownItem(Invalid):
    code = "unknown_item"
    message = N_("A line names an item that does not exist.")


def save_release(
    session: Session, form: ReleaseForm, *, by: Actor, zone: ZoneInfo, release: Release | None = None
) -> Release:
    """Write a release and its lines, anew or over the old ones. Its date goes through the promise ledger: ReasonMissing
    when one that stood in public changes without a reason."""
    notes = parse_notes(form.notes)
    _check(session, form, release, notes)
    if release is not None:
        _commit_date(session, release, form, by, zone)
    row = release or Release(version=form.version, title=form.title, public=False, created_by=by.id)
    row.version, row.title, row.intro, row.models = form.version, form.title, form.intro, form.model_names
    row.edited_at = clock.now()
    if release is None:
        session.add(row)
        session.flush()
        row.public = form.public
        _commit_date(session, row, form, by, zone)
    row.public = form.public
    row.planned_for = _noon(form.planned_for, zone, row.planned_for)
    row.released_at = _noon(form.released_on, zone, row.released_at)
    session.add(row)
    session.flush()
    write_notes(session, row, notes)
    # Once there is a release its roll-out goes by steps: a form that lay open must not set it back.
    if release is None and form.rollout_percent:
        rollout.note_share(session, row, form.rollout_percent, by=by)
    rollout.announce(session, row)
    audit.record(session, by, "release.save", "roadmap_release", row.id, version=row.version, public=row.public)
    return row


def write_notes(session: Session, row: Release, notes: list[Note]) -> None:
    """The release's lines, in place of the old ones."""
    session.connection().execute(sa.delete(ReleaseNote).where(col(ReleaseNote.release_id) == row.id))
    session.add_all(
        ReleaseNote(release_id=row.id or 0, label=label, text=text, item_id=item_id, position=place)
        for place, (label, text, item_id) in enumerate(notes)
    )
    index_release(session, row, [text for _, text, _ in notes])


def _check(session: Session, form: ReleaseForm, release: Release | None, notes: list[Note]) -> None:
    taken = session.exec(select(Release.id).where(Release.version == form.version)).first()
    if taken is not None and (release is None or release.id != taken):
        raise VersionTaken(fields={"version": VersionTaken.message})
    named = {item_id for _, _, item_id in notes if item_id is not None}
    known = set(session.exec(select(RoadmapItem.id).where(col(RoadmapItem.id).in_(named)))) if named else set()
    if named - known:
        raise UnknownItem(fields={"notes": UnknownItem.message})


def _commit_date(session: Session, row: Release, form: ReleaseForm, by: Actor, zone: ZoneInfo) -> None:
    """Before the row is written: the ledger compares the day that it has with the one that it gets."""
    before = row.planned_for.astimezone(zone).date() if row.planned_for else None
    was_public = row.public
    # A draft's day was said to nobody; it becomes a promise on the day on which everybody may read it.
    old = before if was_public else None
    commit_date(
        session, ("release", row.id or 0), old, form.planned_for, reason=form.reason, by=by, public=form.public
    )  # fmt: skip


def _noon(day: date | None, zone: ZoneInfo, known: datetime | None) -> datetime | None:
    """The day as a moment; a moment that falls on this day already is kept to the second."""
    if day is None:
        return None
    if known is not None and known.astimezone(zone).date() == day:
        return known
    return datetime.combine(day, time(12), tzinfo=zone)
