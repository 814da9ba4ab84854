"""What the difference page shows: changes in their order, the voices that move, what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from cocreate.identity.members.queries import NOBODY, Person, people
from cocreate.web import paging
from feedback_cluster.changes.compare import NOWHERE
from feedback_cluster.changes.models import ChangeKind, Choice, RunAct, RunChange, RunDecision
from feedback_cluster.runs.models import Run, RunFound, RunModel, Verdict
from feedback_cluster.themes.bindings import New, NewTheme, Old, OldTheme
from feedback_cluster.themes.cards import spoken
from feedback_cluster.themes.models import Source, Theme
from forum import api as forum

QUOTES = 2
MOVES = 30


@dataclass(frozen=True)
class ChangeRow:
    """One change as the page draws it. flows: (from or None, to or None, voices) by name, largest first."""

    change: RunChange
    before_quotes: list[str]
    after_quotes: list[str]
    flows: list[tuple[str | None, str | None, int]]

    @property
    def seen_once(self) -> bool:
        """Whether it is a new subject that only this run has seen."""
        return bool(self.change.figures.get("seen", 2) < 2)


@dataclass(frozen=True)
class Move:
    """A voice that changes its theme; None stands for no theme."""

    post: forum.PostCard
    old_id: int | None
    old: str | None
    new_id: int | None
    new: str | None


@dataclass(frozen=True)
class Act:
    """What was decided about the run."""

    act: RunAct
    by: Person | None
    at: datetime
    data: dict[str, Any]


def changes_of(session: Session, run: Run) -> list[RunChange]:
    """The run's changes in the order in which they are worth reading."""
    return list(session.exec(select(RunChange).where(RunChange.run_id == run.id).order_by(col(RunChange.id))))


def waiting_run(session: Session) -> Run | None:
    """The run that waits for approval."""
    return session.exec(select(Run).where(Run.verdict == Verdict.PROPOSED).order_by(col(Run.id).desc())).first()


def rows_of(session: Session, run: Run, changes: Sequence[RunChange], actor: Actor) -> list[ChangeRow]:
    """Changes with quotes before and after, and names instead of ids."""
    after = _quotes(session, run.id)
    before = _quotes(session, run.base_id)
    shown = {post for listed in (after, before) for posts in listed.values() for post in posts}
    visible = forum.visible_ids(session, actor, sorted(shown)) if shown else set()
    texts = {post.id: spoken(post.title, post.body) for post in forum.post_texts(session, ids=sorted(visible))}
    names = names_of(
        session, run, {t for change in changes for flow in change.figures.get("flows", []) for t in flow[:2]}
    )

    def said(listed: dict[int, list[int]], theme_id: int) -> list[str]:
        return [texts[post] for post in listed.get(theme_id, []) if post in texts][:QUOTES]

    return [
        ChangeRow(
            change,
            said(before, change.theme_id),
            said(after, change.theme_id),
            [
                (names.get(old) if old != NOWHERE else None, names.get(new) if new != NOWHERE else None, count)
                for old, new, count in sorted(change.figures.get("flows", []), key=lambda flow: -flow[2])
            ],
        )
        for change in changes
    ]


def _quotes(session: Session, run_id: int | None) -> dict[int, list[int]]:
    found = session.get(RunFound, run_id) if run_id is not None else None
    return {told["id"]: told["quotes"][:8] for told in found.themes} if found is not None else {}


def names_of(session: Session, run: Run, theme_ids: set[int]) -> dict[int, str]:
    """The name of each theme, and of one that is not born yet what the run calls it."""
    found = session.get(RunFound, run.id)
    told = {one["id"]: one["label"] for one in found.themes} if found is not None else {}
    rows = session.exec(columns(Theme.id, Theme.name, Theme.born_at).where(col(Theme.id).in_(theme_ids)))
    return {theme_id: name if born_at else told.get(theme_id, name) for theme_id, name, born_at in rows}


def comparable(session: Session, run: Run) -> bool:
    """Whether both assignments are still stored, so that every single move can be shown."""
    stored = set(session.exec(select(RunModel.run_id).where(col(RunModel.run_id).in_([run.id, run.base_id or 0]))))
    return stored == {run.id, run.base_id}


def moves(
    session: Session, run: Run, *, theme_id: int | None, actor: Actor, cursor: str | None = None, limit: int = MOVES
) -> paging.Listing[Move]:
    """Voices that change their theme, newest first; with `theme_id` those that leave or join it."""
    either = [sa.or_(OldTheme.root_id == theme_id, NewTheme.root_id == theme_id)] if theme_id else []
    statement = (
        columns(Old.post_id, OldTheme.root_id, NewTheme.root_id)
        .join(New, sa.and_(New.post_id == Old.post_id, New.run_id == run.id))
        .outerjoin(OldTheme, OldTheme.id == Old.theme_id)
        .outerjoin(NewTheme, NewTheme.id == New.theme_id)
        .where(
            Old.run_id == run.base_id, Old.source != Source.NEW,
            OldTheme.root_id.is_distinct_from(NewTheme.root_id), *either,
        )
        .order_by(Old.post_id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if cursor:
        statement = statement.where(paging.after((Old.post_id,), paging.decode_cursor(cursor, 1)))
    listing = paging.cut(session.exec(statement).all(), limit, lambda row: (row[0],))
    cards = forum.post_cards(session, [row[0] for row in listing.items], actor=actor)
    names = names_of(session, run, {theme for row in listing.items for theme in row[1:] if theme})
    found = [
        Move(cards[post_id], old, names.get(old), new, names.get(new))
        for post_id, old, new in listing.items
        if post_id in cards
    ]
    return paging.Listing(found, listing.next_cursor)


def acts_of(session: Session, run: Run) -> list[Act]:
    """What was decided about the run as a whole, newest first."""
    rows = session.exec(
        select(RunDecision).where(RunDecision.run_id == run.id).order_by(col(RunDecision.id).desc())
    ).all()
    known = people(session, [row.by_id for row in rows])
    return [Act(row.act, known.get(row.by_id, NOBODY) if row.by_id else None, row.at, row.data) for row in rows]


GROUPS: dict[str, tuple[ChangeKind, ...]] = {
    "new": (ChangeKind.BORN, ChangeKind.SPLIT),
    "gone": (ChangeKind.MERGED, ChangeKind.GONE),
    "moved": (ChangeKind.GREW, ChangeKind.SHRANK, ChangeKind.SHIFTED),
    "named": (ChangeKind.RENAMED,),
}


def tally(changes: Sequence[RunChange]) -> dict[str, int]:
    """How many changes of each group there are, and how many of each choice."""
    counts = {name: sum(change.kind in kinds for change in changes) for name, kinds in GROUPS.items()}
    return counts | {choice.value: sum(change.choice is choice for change in changes) for choice in Choice}


def told_of(change: RunChange) -> str:
    """The change in a line for a terminal."""
    told = change.figures
    if change.kind is ChangeKind.RENAMED:
        return f"  {change.kind:8} {told['name']} -> {told['to']}"
    other = f" ({told['other']})" if told.get("other") else ""
    held = f", {change.choice}" if change.choice in (Choice.REJECTED, Choice.WAITING) else ""
    moved = f"{told['fresh']} new, {told['joined']} joined, {told['left']} left"
    return f"  {change.kind:8} {told['name']}{other}: {told['before']} -> {told['after']}, {moved}{held}"
