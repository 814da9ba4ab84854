"""The record of people's decisions, and how one is taken back."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from feedback_cluster.events import ThemePostsChanged, ThemesMerged
from feedback_cluster.themes import bindings, pins, stats
from feedback_cluster.themes.indexing import index_themes
from feedback_cluster.themes.models import (
    DecisionKind,
    KeptApart,
    NeverTogether,
    Theme,
    ThemeDecision,
    TriageStatus,
)
from feedback_cluster.themes.queries import get_theme
from feedback_cluster.themes.takebacks import take_back

DECISION_LABELS = {
    DecisionKind.RENAME: N_("Renamed"),
    DecisionKind.MERGE: N_("Merged"),
    DecisionKind.SPLIT: N_("Split off"),
    DecisionKind.MOVE: N_("Moved posts"),
    DecisionKind.HIDE: N_("Hidden"),
    DecisionKind.RESTORE: N_("Shown again"),
    DecisionKind.ASSIGN: N_("Assigned"),
    DecisionKind.TRIAGE: N_("Triaged"),
    DecisionKind.REOPEN: N_("Back to the queue"),
    DecisionKind.NOTE: N_("Note"),
    DecisionKind.FOUND: N_("Founded"),
    DecisionKind.PLACE: N_("Placed"),
    DecisionKind.LOCK: N_("Locked"),
    DecisionKind.UNLOCK: N_("Unlocked"),
    DecisionKind.NEVER: N_("Never together"),
    DecisionKind.APART: N_("Kept apart"),
    DecisionKind.SEEDS: N_("Seed words"),
    DecisionKind.EFFORT: N_("Effort"),
    DecisionKind.DEPARTMENT: N_("Handed over"),
    DecisionKind.RECEIVE: N_("Received by the department"),
    DecisionKind.DECLINE: N_("Declined"),
    DecisionKind.AREA: N_("Put into an area"),
    DecisionKind.UNDO: N_("Taken back"),
}
BULK = "theme.bulk"
"""Under this name a session knows the act on many themes that its decisions are part of."""


class Overtaken(Conflict):
    code = "overtaken"
    message = N_("Somebody has decided anew since. Please look again before you take this back.")


def change(
    session: Session, theme: Theme, kind: DecisionKind, *, by: Actor, also: dict[str, Any] | None = None, **fields: Any
) -> ThemeDecision:
    """Set fields of a theme and record the decision with what was there before. also: what else undo needs."""
    before = {name: getattr(theme, name) for name in fields}
    for name, value in fields.items():
        setattr(theme, name, value)
    theme.reword()
    session.add(theme)
    session.flush()
    index_themes(session, [theme])
    return record(session, theme.id or 0, kind, by=by, before=before, after=fields, **(also or {}))


def record(session: Session, theme_id: int, kind: DecisionKind, *, by: Actor, **data: Any) -> ThemeDecision:
    """Write the decision down."""
    decision = ThemeDecision(
        theme_id=theme_id, kind=kind, by_id=by.id, data=_plain(data), bulk_id=session.info.get(BULK)
    )
    session.add(decision)
    session.flush()
    audit.record(session, by, f"theme.{kind}", "theme", theme_id, decision=decision.id)
    return decision


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            told[key] = {str(name): _word(inner) for name, inner in value.items()}
        else:
            told[key] = value
    return told


def _word(value: Any) -> Any:
    return value.value if isinstance(value, TriageStatus) else value


def history(
    session: Session, root_id: int, *, limit: int = 30, before_id: int | None = None
) -> list[tuple[ThemeDecision, bool]]:
    """Decisions about a theme and what was merged into it, newest first, each with whether it was taken back.

    before_id: those before this one, for the next page.
    """
    themes = select(Theme.id).where(Theme.root_id == root_id)
    statement = select(ThemeDecision).where(col(ThemeDecision.theme_id).in_(themes))
    if before_id is not None:
        statement = statement.where(col(ThemeDecision.id) < before_id)
    rows = session.exec(statement.order_by(col(ThemeDecision.id).desc()).limit(limit)).all()
    taken_back = {row.undoes_id for row in rows if row.undoes_id is not None}
    if before_id is not None:  # what takes one back is newer, and may stand on a page before
        ids = [row.id for row in rows]
        taken_back |= set(session.exec(columns(ThemeDecision.undoes_id).where(col(ThemeDecision.undoes_id).in_(ids))))
    return [(row, row.id in taken_back) for row in rows]


def undo(session: Session, decision_id: int, *, by: Actor, zone: ZoneInfo) -> ThemeDecision:
    """Take a decision back, exactly. Overtaken when somebody decided otherwise about the same thing since."""
    run_id = pins.hold_current(session)
    decision = session.get(ThemeDecision, decision_id)
    if decision is None:
        raise NotFound(f"decision {decision_id}")
    theme, before = check_undo(session, decision, run_id)
    data = decision.data
    if "pair" in data:
        _loosen(session, decision)
    if before:
        pins.put_back(session, run_id, before)
    for name, value in data.get("before", {}).items():
        setattr(theme, name, TriageStatus(value) if name == "status" else value)
    theme.reword()
    session.add(theme)
    session.flush()
    index_themes(session, [theme])
    if decision.kind is DecisionKind.MERGE:
        reroot(session)
    take_back(session, decision, theme, by=by)
    taken = ThemeDecision(
        theme_id=theme.id or 0, kind=DecisionKind.UNDO, by_id=by.id, undoes_id=decision_id,
        bulk_id=session.info.get(BULK),
    )  # fmt: skip
    session.add(taken)
    session.flush()
    audit.record(session, by, "theme.undo", "theme", theme.id, decision=decision_id)
    touched = pins.roots_of(session, data.get("touched", []))
    if touched:
        announce(session, touched, zone)
    return taken


def check_undo(
    session: Session, decision: ThemeDecision, run_id: int | None
) -> tuple[Theme, dict[int, dict[str, Any]]]:
    """What taking a decision back needs, the theme and where its posts were; a Refusal when it cannot be taken back.

    Looks and changes nothing. run_id: the current run, held.
    """
    if decision.kind is DecisionKind.UNDO:
        raise NotFound(f"decision {decision.id} took another one back")
    done = session.exec(select(ThemeDecision.id).where(ThemeDecision.undoes_id == decision.id)).first()
    if done is not None:
        raise Overtaken(f"decision {decision.id} was taken back by {done}")
    theme = get_theme(session, decision.theme_id)
    _check_fields(theme, decision.data.get("after", {}))
    before = {int(post_id): was for post_id, was in decision.data.get("posts", {}).items()}
    if before:
        _check_posts(session, run_id, before, decision.data.get("to"))
        _check_company(session, before, decision.data.get("pair", ()))
    return theme, before


def _loosen(session: Session, decision: ThemeDecision) -> None:
    """Let two posts or two themes be together again."""
    a, b = decision.data["pair"]
    row = session.get(NeverTogether if decision.kind is DecisionKind.NEVER else KeptApart, (a, b))
    if row is not None:
        session.delete(row)
        session.flush()


def _check_fields(theme: Theme, after: dict[str, Any]) -> None:
    for name, value in after.items():
        if _word(getattr(theme, name)) != value:
            raise Overtaken(f"theme {theme.id}: {name} has changed since")


def _check_posts(session: Session, run_id: int | None, before: dict[int, Any], goal: int | None) -> None:
    now = pins.pins(session, list(before))
    there = pins.placed(session, run_id, list(before))
    for post_id in list(before):
        if post_id not in there:
            del before[post_id]  # deleted since, or hidden: there is nothing to put back
        elif post_id not in now or now[post_id].theme_id != goal:
            raise Overtaken(f"post {post_id} has been moved since")


def _check_company(session: Session, before: dict[int, dict[str, Any]], pair: Sequence[int]) -> None:
    """NotTogether when the posts would go back to one with which they must not be since."""
    places: dict[int, list[int]] = {}
    for post_id, was in before.items():
        if was["theme"] is not None:
            places.setdefault(was["theme"], []).append(post_id)
    together: dict[int, list[int]] = {}
    for theme_id, root_id in session.exec(select(Theme.id, Theme.root_id).where(col(Theme.id).in_(list(places)))):
        together.setdefault(root_id or 0, []).extend(places[theme_id or 0])
    for root_id, post_ids in together.items():
        bindings.check_together(session, root_id, post_ids, but=pair)


def reroot(session: Session) -> None:
    """Let every theme know under which one it is shown, following merges to their end."""
    rows: Sequence[Any] = session.exec(select(Theme.id, Theme.merged_into_id, Theme.root_id)).all()
    into = {theme_id: target for theme_id, target, _ in rows}
    for theme_id, _, known in rows:
        root, seen = theme_id, {theme_id}
        while (target := into[root]) is not None:
            if target in seen:
                raise Overtaken(f"themes {sorted(seen)} lead to each other")
            seen.add(target)
            root = target
        if root != known:
            session.connection().execute(sa.update(Theme).where(col(Theme.id) == theme_id).values(root_id=root))
    session.flush()


def announce(session: Session, root_ids: set[int], zone: ZoneInfo) -> None:
    """Count these themes anew and tell the rooms above that their posts are others."""
    stats.refresh(session, root_ids, zone)
    outbox.publish(session, ThemePostsChanged(theme_ids=sorted(root_ids)))


def announce_merge(session: Session, source_id: int, target_id: int) -> None:
    outbox.publish(session, ThemesMerged(source_id=source_id, target_id=target_id))
