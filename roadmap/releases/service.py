"""Releases are written and rewritten by product managers; a public date that changes says why."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from roadmap.forms import split_names
from roadmap.indexing import index_release
from roadmap.items.models import RoadmapItem
from roadmap.promises.history import need
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


@dataclass(frozen=True)
class Draft:
    """A release as it shall be, whichever door it came through. reason: why a public day changes, or why it is out of
    everybody's sight again."""

    version: str
    title: str
    intro: str = ""
    models: list[str] = field(default_factory=list)
    planned_for: date | None = None
    reason: str = ""
    released_on: date | None = None
    public: bool = False
    notes: list[Note] = field(default_factory=list)
    rollout_percent: int = 0


def draft_of(form: ReleaseForm) -> Draft:
    """What the page's form says."""
    return Draft(
        version=form.version, title=form.title, intro=form.intro, models=list(split_names(form.models)),
        planned_for=form.planned_for, reason=form.reason, released_on=form.released_on, public=form.public,
        notes=parse_notes(form.notes), rollout_percent=form.rollout_percent,
    )  # fmt: skip


def write_release(
    session: Session, draft: Draft, *, by: Actor, zone: ZoneInfo, release: Release | None = None
) -> Release:
    """Write a release and its lines, anew or over the old ones. Its date goes through the promise ledger: ReasonMissing
    when one that stood in public changes without a reason, or when everybody could read that it is out and could not
    any more."""
    _check(session, draft, release)
    withdrawn = release is not None and _withdraws(release, draft, zone)
    if withdrawn:
        need(draft.reason)
    if release is not None:
        _commit_date(session, release, draft, by, zone)
    row = release or Release(version=draft.version, title=draft.title, public=False, created_by=by.id)
    row.version, row.title, row.intro, row.models = draft.version, draft.title, draft.intro, list(draft.models)
    row.edited_at = clock.now()
    if release is None:
        session.add(row)
        session.flush()
        _commit_date(session, row, draft, by, zone)
    row.public = draft.public
    row.planned_for = _noon(draft.planned_for, zone, row.planned_for)
    row.released_at = _released(row, draft, zone)
    session.add(row)
    session.flush()
    write_notes(session, row, draft.notes)
    # Once there is a release its roll-out goes by steps: a form that lay open must not set it back.
    if release is None and draft.rollout_percent:
        rollout.note_share(session, row, draft.rollout_percent, by=by)
    if withdrawn:
        rollout.note_withdrawal(session, row, reason=draft.reason, by=by)
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


def _check(session: Session, draft: Draft, release: Release | None) -> None:
    taken = session.exec(select(Release.id).where(Release.version == draft.version)).first()
    if taken is not None and (release is None or release.id != taken):
        raise VersionTaken(fields={"version": VersionTaken.message})
    named = {item_id for _, _, item_id in draft.notes if item_id is not None}
    known = set(session.exec(select(RoadmapItem.id).where(col(RoadmapItem.id).in_(named)))) if named else set()
    if named - known:
        raise UnknownItem(fields={"notes": UnknownItem.message})


def _commit_date(session: Session, row: Release, draft: Draft, by: Actor, zone: ZoneInfo) -> None:
    """Before the row is written: the ledger compares the day that it has with the one that it gets."""
    # A draft's day was said to nobody; it becomes a promise when everybody may read it.
    old = row.planned_for.astimezone(zone).date() if row.planned_for and row.public else None
    commit_date(
        session, ("release", row.id or 0), old, draft.planned_for, reason=draft.reason, by=by, public=draft.public
    )  # fmt: skip


def _released(row: Release, draft: Draft, zone: ZoneInfo) -> datetime | None:
    """What is out stays out: a form that lay open since before, and names no day, does not call cars back. For that
    there is the way back in public."""
    if draft.released_on is None and row.released_at is not None and row.released_at <= clock.now():
        return row.released_at
    return _noon(draft.released_on, zone, row.released_at)


def _withdraws(row: Release, draft: Draft, zone: ZoneInfo) -> bool:
    """Whether everybody can read that it is out, and could not any more: made private, or given a day to come."""
    now = clock.now()
    if not row.public or row.released_at is None or row.released_at > now:
        return False
    released_at = _released(row, draft, zone)
    return not draft.public or released_at is None or released_at > now


def _noon(day: date | None, zone: ZoneInfo, known: datetime | None) -> datetime | None:
    """The day as a moment; a moment that falls on this day already is kept to the second."""
    if day is None:
        return None
    if known is not None and known.astimezone(zone).date() == day:
        return known
    return datetime.combine(day, time(12), tzinfo=zone)
