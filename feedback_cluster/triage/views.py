"""What the page of one theme shows, gathered once for page and pane."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from cocreate.clocks import service as clocks
from cocreate.core.actor import STAFF, Actor
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import departments, refs
from cocreate.identity.members.queries import NOBODY, Person, people, staff
from cocreate.web import paging
from feedback_cluster.changes.models import FADED_AFTER
from feedback_cluster.changes.policy import policy
from feedback_cluster.priority.understanding import understanding
from feedback_cluster.questions.queries import rounds
from feedback_cluster.questions.service import most_to_ask
from feedback_cluster.themes.answers import answers_of
from feedback_cluster.themes.bindings import apart_from
from feedback_cluster.themes.cards import Quote, dissent_of, mondays, quotes_of
from feedback_cluster.themes.decisions import DECISION_LABELS, history
from feedback_cluster.themes.declining import decline_of
from feedback_cluster.themes.handover import may_receive
from feedback_cluster.themes.models import (
    REASON_LABELS,
    Answer,
    DecisionKind,
    Handover,
    Source,
    Theme,
    ThemeArea,
    ThemeDecision,
)
from feedback_cluster.themes.notes import notes_of
from feedback_cluster.themes.queries import members
from feedback_cluster.themes.receipts import RECEIPT, handover_of
from feedback_cluster.themes.service import themes_for_choice
from forum import api as forum

SOURCE_LABELS = {
    Source.RUN: N_("by a run"),
    Source.NEW: N_("on arrival"),
    Source.PERSON: N_("by a person"),
}
QUOTES = 3


@dataclass(frozen=True)
class Voice:
    """A post as a row of its theme."""

    card: forum.PostCard
    confidence: int
    source: Source


@dataclass(frozen=True)
class Told:
    """A decision as the history tells it. subject: what it was about, in people's words."""

    id: int
    kind: DecisionKind
    label: str
    subject: str
    by: Person
    at: datetime
    can_undo: bool
    taken_back: bool


@dataclass(frozen=True)
class AnswerRow:
    """An answer with who wrote it."""

    answer: Answer
    by: Person


def voices(session: Session, theme: Theme, actor: Actor, *, cursor: str | None, limit: int, unsure: bool) -> Any:
    """A page of the theme's posts that this reader may see."""
    page = members(session, theme.id or 0, cursor=cursor, limit=limit, unsure_first=unsure)
    cards = forum.post_cards(session, [member.post_id for member in page.items], actor=actor)
    rows = [
        Voice(cards[member.post_id], round(100 * member.confidence), member.source)
        for member in page.items
        if member.post_id in cards
    ]
    return paging.Listing(rows, page.next_cursor)


def theme_context(
    session: Session, theme: Theme, actor: Actor, *, limit: int = 20, unsure: bool = False
) -> dict[str, Any]:
    """Everything the template of a theme needs."""
    answers = answers_of(session, theme.id or 0)
    past = history(session, theme.id or 0)
    assignees = staff(session, *STAFF)
    notes = notes_of(session, theme.id or 0)
    decline, handover = decline_of(session, theme), handover_of(session, theme)
    named = [row.by_id for row, _ in past] + [row.by_id for row in answers] + [note.by_id for note in notes]
    named += [theme.assignee_id, decline.by_id if decline else None]
    known = people(session, [*named, *((handover.by_id, handover.received_by_id) if handover else ())])
    others, strangers = themes_for_choice(session, theme.id or 0), apart_from(session, theme.id or 0)
    quotes: list[Quote] = quotes_of(session, [theme], actor=actor, most=QUOTES).get(theme.id or 0, [])
    dissent = dissent_of(session, theme, actor=actor)
    shown = [*quotes, *([dissent] if dissent else [])]
    quoted = forum.post_cards(session, [quote.post_id for quote in shown], actor=actor)
    return {
        "theme": theme,
        "points": curve_points(theme),
        "model_bars": [{"label": name, "value": count} for name, count in list(theme.models.items())[:6]],
        "kind_bars": [
            {"label": forum.KIND_LABELS[forum.PostKind(kind)], "value": count} for kind, count in theme.kinds.items()
        ],
        "quotes": [(quote, quoted[quote.post_id]) for quote in quotes if quote.post_id in quoted],
        "dissent": (dissent, quoted[dissent.post_id]) if dissent and dissent.post_id in quoted else None,
        "area": session.get(ThemeArea, theme.area_id) if theme.area_id else None,
        "all_areas": areas_for_choice(session),
        **understanding(session, theme),
        "assignee": known.get(theme.assignee_id or 0),
        "assignees": [(one.id, one.name) for one in sorted(assignees, key=lambda one: one.id != actor.id)],
        "notes": [(note, known.get(note.by_id or 0, NOBODY)) for note in notes],
        "decline": decline,
        "declined_by": known.get(decline.by_id or 0, NOBODY) if decline else NOBODY,
        "decline_decision": _decision_of(past) if decline else None,
        "reasons": REASON_LABELS,
        "rounds": rounds(session, theme.id or 0),
        "can_ask": most_to_ask(session, theme.id or 0) if actor.can("theme.triage") else 0,
        **_department(session, theme, handover, known, actor),
        "answers": [AnswerRow(row, known.get(row.by_id or 0, NOBODY)) for row in answers],
        "history": told(session, past, known),
        "others": others,
        "mergeable": [choice for choice in others if choice[0] not in strangers],
        "voices": voices(session, theme, actor, cursor=None, limit=limit, unsure=unsure),
        "unsure": unsure,
        "faded_after": policy(session).faded_after if theme.quiet_runs else FADED_AFTER,
        "source_labels": SOURCE_LABELS,
    }


def _decision_of(past: list[tuple[ThemeDecision, bool]]) -> int | None:
    """The decline that holds, for taking it back."""
    return next((row.id for row, gone in past if row.kind is DecisionKind.DECLINE and not gone), None)


def _department(
    session: Session, theme: Theme, handover: Handover | None, known: dict[int, Person], actor: Actor
) -> dict[str, Any]:
    """Which department has the theme, whether it has said so, and how long it still may take."""
    waits = handover is not None and handover.received_at is None
    clock = clocks.read(session, RECEIPT, [theme.id or 0]).get(theme.id or 0) if waits else None
    team = refs(session, [theme.department_id]).get(theme.department_id or 0)
    return {
        "departments": [(one.id, one.name) for one in departments(session)],
        "department": team,
        "handover": handover,
        "received_by": known.get(handover.received_by_id or 0, NOBODY) if handover else NOBODY,
        "receipt_clock": clock,
        "may_receive": handover is not None and waits and may_receive(session, handover, actor),
    }


def areas_for_choice(session: Session) -> list[tuple[int, str]]:
    """Id and name of every area that a theme may be put into."""
    statement = select(ThemeArea.id, ThemeArea.name).where(~col(ThemeArea.hidden)).order_by(col(ThemeArea.id))
    return [(area_id or 0, name) for area_id, name in session.exec(statement)]


def curve_points(theme: Theme) -> list[dict[str, Any]]:
    """Voices per week as the curve draws them."""
    return [
        {"label": f"{monday.month}/{monday.day}", "value": theme.weekly.get(monday.isoformat(), 0)}
        for monday in mondays(theme.weekly)
    ]


def told(session: Session, past: list[tuple[ThemeDecision, bool]], known: dict[int, Person]) -> list[Told]:
    """The history in people's words."""
    mentioned = {
        theme_id
        for row, _ in past
        for theme_id in (
            row.theme_id,
            row.data.get("to"),
            row.data.get("after", {}).get("merged_into_id"),
            *(row.data.get("pair", ()) if row.kind is DecisionKind.APART else ()),
        )
        if theme_id
    }
    names = dict(session.exec(select(Theme.id, Theme.name).where(col(Theme.id).in_(mentioned))).all())
    kinds = {row.id: row.kind for row, _ in past}
    return [
        Told(
            id=row.id or 0,
            kind=row.kind,
            label=DECISION_LABELS[kinds.get(row.undoes_id, row.kind) if row.undoes_id else row.kind],
            subject=_subject(row, names),
            by=known.get(row.by_id or 0, NOBODY),
            at=row.at,
            can_undo=row.kind is not DecisionKind.UNDO and not taken_back,
            taken_back=taken_back,
        )
        for row, taken_back in past
    ]


def _subject(row: ThemeDecision, names: dict[Any, str]) -> str:
    before, after = row.data.get("before", {}), row.data.get("after", {})
    if row.kind is DecisionKind.RENAME:
        return f"{before.get('name')} → {after.get('name')}"
    if row.kind is DecisionKind.MERGE:
        return f"{names.get(row.theme_id, '')} → {names.get(after.get('merged_into_id'), '')}"
    if row.kind is DecisionKind.APART:
        return " · ".join(names.get(theme_id, "") for theme_id in row.data["pair"])
    if row.kind is DecisionKind.NEVER:
        return " · ".join(f"#{post_id}" for post_id in row.data["pair"])
    if row.kind in (DecisionKind.SPLIT, DecisionKind.MOVE, DecisionKind.PLACE):
        return f"{len(row.data.get('posts', {}))} → {names.get(row.data.get('to'), '·')}"
    return ""
