"""Releases are written and rewritten by product managers."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit
from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from roadmap.indexing import index_release
from roadmap.items.models import RoadmapItem
from roadmap.releases.forms import ReleaseForm, parse_notes
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
    """Write a release and its lines, anew or over the old ones."""
    taken = session.exec(select(Release.id).where(Release.version == form.version)).first()
    if taken is not None and (release is None or release.id != taken):
        raise VersionTaken(fields={"version": VersionTaken.message})
    notes = parse_notes(form.notes)
    named = {item_id for _, _, item_id in notes if item_id is not None}
    known = set(session.exec(select(RoadmapItem.id).where(col(RoadmapItem.id).in_(named)))) if named else set()
    if named - known:
        raise UnknownItem(fields={"notes": UnknownItem.message})
    row = release or Release(version=form.version, title=form.title, created_by=by.id)
    row.version, row.title, row.intro = form.version, form.title, form.intro
    row.models, row.rollout_percent, row.public = form.model_names, form.rollout_percent, form.public
    row.planned_for = _noon(form.planned_for, zone, row.planned_for)
    row.released_at = _noon(form.released_on, zone, row.released_at)
    session.add(row)
    session.flush()
    session.connection().execute(sa.delete(ReleaseNote).where(col(ReleaseNote.release_id) == row.id))
    session.add_all(
        ReleaseNote(release_id=row.id or 0, label=label, text=text, item_id=item_id, position=place)
        for place, (label, text, item_id) in enumerate(notes)
    )
    index_release(session, row, [text for _, text, _ in notes])
    audit.record(session, by, "release.save", "roadmap_release", row.id, version=row.version, public=row.public)
    return row


def _noon(day: date | None, zone: ZoneInfo, known: datetime | None) -> datetime | None:
    """The day as a moment; a moment that falls on this day already is kept to the second."""
    if day is None:
        return None
    if known is not None and known.astimezone(zone).date() == day:
        return known
    return datetime.combine(day, time(12), tzinfo=zone)
