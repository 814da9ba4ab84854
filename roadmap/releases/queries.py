"""Reading releases: a letter each, newest first, and what a version means for one car."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.errors import NotFound
from cocreate.core.tables import columns
from cocreate.identity.vehicles.models import Vehicle
from cocreate.web.paging import Listing, after, cut, decode_cursor
from roadmap.applicability.models import CarRelease
from roadmap.items.models import RoadmapItem
from roadmap.releases.models import (
    NoteLabel,
    Release,
    ReleaseNote,
    ReleaseRollout,
    ReleaseState,
    RolloutKind,
    serves,
)
from roadmap.releases.thanks import thanked_names
from roadmap.releases.versions import version_key


@dataclass(frozen=True)
class ReleaseRef:
    """A release as a card names it."""

    id: int
    version: str
    released_at: datetime | None
    planned_for: datetime | None
    rollout_percent: int
    models: list[str]

    @property
    def out(self) -> bool:
        return self.released_at is not None and self.released_at <= clock.now()

    def reaches(self, model: str) -> bool:
        return serves(self.models, model)


@dataclass(frozen=True)
class NoteLine:
    """One line of a letter. `item_id` leads to the item it answers, if everybody may read that."""

    id: int
    label: NoteLabel
    text: str
    item_id: int | None
    people: int


@dataclass(frozen=True)
class Letter:
    """A release with its lines by label, in the order new, better, fixed. halted: why it was stopped or taken back.
    thanks: by item, people who asked for it and agreed to be named."""

    release: Release
    notes: dict[NoteLabel, list[NoteLine]] = field(default_factory=dict)
    halted: str = ""
    thanks: dict[int, list[str]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        return self.release.id or 0

    @property
    def answered(self) -> set[int]:
        """Items that its lines answer."""
        return {line.item_id for lines in self.notes.values() for line in lines if line.item_id is not None}

    @property
    def out(self) -> bool:
        return self.release.released_at is not None and self.release.released_at <= clock.now()


def get_release(session: Session, release_id: int, *, drafts: bool = False) -> Release:
    """The release; NotFound when there is none, or it is not public and the reader sees no drafts."""
    release = session.get(Release, release_id)
    if release is None or not (release.public or drafts):
        raise NotFound(f"release {release_id}")
    return release


def release_refs(session: Session, *, drafts: bool = False) -> list[ReleaseRef]:
    """All releases, the newest version first; for choosing a target."""
    statement = columns(
        Release.id, Release.version, Release.released_at, Release.planned_for, Release.rollout_percent, Release.models
    )
    if not drafts:
        statement = statement.where(col(Release.public))
    return sorted((ReleaseRef(*row) for row in session.exec(statement)), key=lambda ref: version_key(ref.version))[::-1]


def planned_letters(session: Session, *, drafts: bool = False) -> list[Letter]:
    """What is on its way, the next one first."""
    moment = clock.now()
    statement = select(Release).where((col(Release.released_at).is_(None)) | (col(Release.released_at) > moment))
    if not drafts:
        statement = statement.where(col(Release.public))
    rows = list(session.exec(statement))
    rows.sort(key=lambda row: (row.planned_for is None, row.planned_for, row.id))
    return _letters(session, rows)


def released_letters(
    session: Session, *, cursor: str | None = None, limit: int = 10, label: NoteLabel | None = None, model: str = ""
) -> Listing[Letter]:
    """What went to the cars, newest first, a page at a time. label: only lines of this kind, and releases that have
    one. model: only releases for these cars."""
    order = (col(Release.released_at), col(Release.id))
    statement = (
        select(Release)
        .where(col(Release.public), col(Release.released_at) <= clock.now(), *_narrowed(session, label, model))
        .order_by(order[0].desc(), order[1].desc())
        .limit(limit + 1)
    )
    if cursor:
        moment, release_id = decode_cursor(cursor, 2)
        statement = statement.where(after(order, (moment, release_id)))
    page = cut(list(session.exec(statement)), limit, lambda row: (row.released_at.isoformat(), row.id))
    return Listing(_letters(session, page.items, only=label), page.next_cursor)


def _narrowed(session: Session, label: NoteLabel | None, model: str) -> list[Any]:
    conditions: list[Any] = []
    if label is not None:
        conditions.append(col(Release.id).in_(select(ReleaseNote.release_id).where(ReleaseNote.label == label)))
    if model:
        # The models of a release are a list in one column, which the two databases look into in different ways.
        rows = session.exec(columns(Release.id, Release.models).where(col(Release.public))).all()
        conditions.append(col(Release.id).in_([row[0] for row in rows if serves(row[1], model)]))
    return conditions


def letter(session: Session, release: Release, *, drafts: bool = False) -> Letter:
    """One release with its lines; `drafts`: lines lead to items that are not public as well."""
    return _letters(session, [release], drafts=drafts)[0]


def _letters(
    session: Session, releases: Sequence[Release], *, drafts: bool = False, only: NoteLabel | None = None
) -> list[Letter]:
    lines: dict[int, dict[NoteLabel, list[NoteLine]]] = defaultdict(lambda: {label: [] for label in NoteLabel})
    statement = (
        columns(
            ReleaseNote.release_id, ReleaseNote.id, ReleaseNote.label, ReleaseNote.text, ReleaseNote.item_id,
            RoadmapItem.people, RoadmapItem.public,
        )
        .outerjoin(RoadmapItem, col(RoadmapItem.id) == ReleaseNote.item_id)
        .where(col(ReleaseNote.release_id).in_([row.id for row in releases]))
        .order_by(col(ReleaseNote.position), col(ReleaseNote.id))
    )  # fmt: skip
    if releases:
        for release_id, note_id, label, text, item_id, people, public in session.exec(statement):
            shown = public or drafts
            line = NoteLine(note_id, label, text, item_id if shown else None, (people or 0) if shown else 0)
            lines[release_id][label].append(line)
    stopped = (ReleaseState.PAUSED, ReleaseState.ROLLED_BACK, ReleaseState.PLANNED)
    halted = _halted(session, [row.id or 0 for row in releases if row.state in stopped])
    thanks = thanked_names(
        session, [line.item_id for found in lines.values() for each in found.values() for line in each]
    )
    return [
        Letter(
            row,
            {label: found for label, found in lines[row.id or 0].items() if found and only in (None, label)},
            halted.get(row.id or 0, ""),
            thanks,
        )
        for row in releases
    ]


def _halted(session: Session, release_ids: Sequence[int]) -> dict[int, str]:
    """What owners were told when the release was stopped, taken back after that, or shown as released no longer."""
    if not release_ids:
        return {}
    statement = (
        columns(ReleaseRollout.release_id, ReleaseRollout.sentence)
        .where(
            col(ReleaseRollout.release_id).in_(release_ids),
            col(ReleaseRollout.kind).in_([RolloutKind.PAUSED, RolloutKind.ROLLED_BACK, RolloutKind.WITHDRAWN]),
        )
        .order_by(col(ReleaseRollout.id))
    )
    return dict(session.exec(statement).all())


def cars_having(session: Session, release_id: int) -> int:
    """How many cars in garages are known to have the release."""
    statement = (
        select(sa.func.count())
        .select_from(CarRelease)
        .join(Vehicle, col(Vehicle.id) == CarRelease.vehicle_id)
        .where(CarRelease.release_id == release_id, col(Vehicle.removed_at).is_(None))
    )
    return session.exec(statement).one()
