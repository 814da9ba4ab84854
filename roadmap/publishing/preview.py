"""What a batch would do: who hears of which step and why, what their car is told, by which way and when. Writes
nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from cocreate.notify.reach import reach
from forum.api import Supporters
from roadmap.applicability.service import count_by_kind
from roadmap.items.models import RoadmapItem
from roadmap.items.notices import FOLLOWS, VOTED, WROTE
from roadmap.items.windows import Window, window_of
from roadmap.links import supporters
from roadmap.links.supporters import Addressed
from roadmap.publishing import service
from roadmap.publishing.models import PreparedChange, PreparedState, Publication
from roadmap.releases.models import Release

AT_ONCE = 1000
"""With more messages than this the page shows the figures of each step after itself."""
NOTICES = {"wrote": WROTE, "voted": VOTED, "follows": FOLLOWS}


@dataclass(frozen=True)
class Waiting:
    """A step that waits, with its item. stale: the item took another step since. version: of its release."""

    row: PreparedChange
    item: RoadmapItem
    stale: bool
    version: str

    @property
    def window(self) -> Window | None:
        return window_of(self.row.planned_from, self.row.planned_to)

    @property
    def moves_window(self) -> bool:
        return self.window != window_of(self.item.planned_from, self.item.planned_to)


@dataclass(frozen=True)
class Told:
    """Who hears of one step: how many for which reason, what their best car is told, by which way and when.

    later: how many mails wait, by reason; skipped: how many are left out of a way, by "way:reason".
    """

    who: Addressed
    behind: Supporters
    reasons: dict[str, int] = field(default_factory=dict)
    cars: dict[str, int] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    later: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def people(self) -> int:
        return len(self.who)


@dataclass(frozen=True)
class Preview:
    """A batch before it leaves. people: distinct members over all steps; messages: what they get together. exact: all
    of it was counted; else `told` is None, and people and messages are what is known at least."""

    steps: list[tuple[Waiting, Told | None]]
    people: int
    messages: int
    exact: bool = True


def queue(session: Session) -> list[Waiting]:
    """All steps that wait, those first that were written first."""
    statement = select(PreparedChange).where(PreparedChange.state == PreparedState.WAITING)
    return drawn(session, session.exec(statement.order_by(col(PreparedChange.id))).all())


def drawn(session: Session, rows: Sequence[PreparedChange]) -> list[Waiting]:
    """These steps with their items, in a handful of statements."""
    ids = [row.item_id for row in rows]
    items = {item.id: item for item in session.exec(select(RoadmapItem).where(col(RoadmapItem.id).in_(ids)))}
    wanted = {row.release_id for row in rows if row.release_id}
    versions: dict[Any, str] = dict(
        session.exec(select(Release.id, Release.version).where(col(Release.id).in_(wanted))).all()
    )
    moved = service.stale(session, rows)
    return [
        Waiting(row, items[row.item_id], row.item_id in moved, versions.get(row.release_id, ""))
        for row in rows
        if row.item_id in items
    ]


def preview(session: Session, rows: Sequence[PreparedChange], *, whole: bool = False) -> Preview:
    """What publishing these steps now would do. Where thousands are addressed each step is asked by itself, so that the
    page does not wait for them, unless the `whole` is wanted."""
    found = drawn(session, rows)
    known = [supporters.at_least(waiting.item) for waiting in found]
    if not whole and sum(known) > AT_ONCE:
        return Preview([(waiting, None) for waiting in found], max(known), sum(known), exact=False)
    steps = [(waiting, told(session, waiting)) for waiting in found]
    everybody = set().union(*(one.who.members for _, one in steps))
    return Preview([*steps], len(everybody), sum(one.people for _, one in steps))


def told(session: Session, waiting: Waiting) -> Told:
    """Who would hear of one step."""
    behind = supporters.behind(session, waiting.item)
    who = supporters.addressed(session, waiting.item, behind)
    channels: Counter[str] = Counter()
    later: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    groups = {"wrote": who.wrote, "voted": who.voted, "follows": who.follows}
    for name, members in groups.items():
        if members:
            own = members if name == "wrote" else set()
            outcome = reach(session, members, NOTICES[name], topic=f"item:{waiting.item.id}", own=own)
            channels.update(outcome.channels)
            later.update(outcome.later)
            skipped.update(outcome.skipped)
    cars = count_by_kind(session, waiting.item.id or 0, who.members, release_id=waiting.row.release_id)
    return Told(
        who=who, behind=behind, reasons={name: len(members) for name, members in groups.items() if members},
        cars={kind: count for kind, count in cars.items() if count}, channels=dict(channels), later=dict(later),
        skipped=dict(skipped),
    )  # fmt: skip


def past(session: Session, *, limit: int = 20) -> list[Publication]:
    """What was published together lately, newest first."""
    statement = select(Publication).where(col(Publication.published_at).is_not(None))
    return list(session.exec(statement.order_by(col(Publication.published_at).desc()).limit(limit)))


def open_publications(session: Session) -> list[Publication]:
    """Batches that have not left yet, oldest first."""
    statement = select(Publication).where(
        col(Publication.published_at).is_(None), col(Publication.dissolved_at).is_(None)
    )
    return list(session.exec(statement.order_by(col(Publication.id))))
