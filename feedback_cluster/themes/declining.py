"""Saying no: a theme is declined with a reason, a sentence and an alternative, and its owners hear it once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid, NotFound
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from feedback_cluster.themes.decisions import change
from feedback_cluster.themes.models import (
    REASON_LABELS,
    DecisionKind,
    Decline,
    DeclineReason,
    Theme,
    ThemeDecision,
    ThemePost,
    TriageStatus,
)
from feedback_cluster.themes.pins import hold_theme
from feedback_cluster.themes.queries import Root, current_run, post_ids_of
from feedback_cluster.themes.service import AlreadySo, standing
from feedback_cluster.themes.takebacks import CAUSE
from forum import api as forum

GRACE = timedelta(minutes=2)
"""For so long a decline can be taken back without any owner having heard of it."""
LONGEST = 500
TELL = "feedback_cluster.tell_declined"
ROADMAP = "roadmap_item"
"""Cause of the statuses that an item gives: it has said more about a post than a theme can."""


class ReasonMissing(Invalid):
    code = "reason_missing"
    message = N_("Please choose why.")


class SentenceMissing(Invalid):
    code = "sentence_missing"
    message = N_("Owners deserve a sentence: say why, in at most 500 characters.")


class TooLong(Invalid):
    code = "alternative_too_long"
    message = N_("The alternative may have at most 500 characters.")


@dataclass(frozen=True)
class Refusal:
    """What stands on the posts of a declined theme."""

    theme_id: int
    reason: DeclineReason
    sentence: str
    alternative: str
    at: datetime
    by_id: int | None

    @property
    def label(self) -> str:
        return REASON_LABELS[self.reason]


def check_words(reason: str, sentence: str, alternative: str) -> tuple[DeclineReason, str, str]:
    """The three parts of a refusal, cleaned; Invalid when one is missing or too long."""
    if reason not in set(DeclineReason):
        raise ReasonMissing(fields={"reason": ReasonMissing.message})
    said, instead = sentence.strip(), alternative.strip()
    if not said or len(said) > LONGEST:
        raise SentenceMissing(fields={"sentence": SentenceMissing.message})
    if len(instead) > LONGEST:
        raise TooLong(fields={"alternative": TooLong.message})
    return DeclineReason(reason), said, instead


def decline(
    session: Session, theme: Theme, reason: str, sentence: str, alternative: str = "", *, by: Actor
) -> ThemeDecision:
    """Say no to the theme. Its waiting posts take the status declined, their owners see why and are told once, after
    the time in which it can be taken back unnoticed. Posts that an item answers stay with it."""
    why, said, instead = check_words(reason, sentence, alternative)
    hold_theme(session, theme)
    standing(theme)
    if theme.status is TriageStatus.DECLINED:
        raise AlreadySo(f"theme {theme.id} is declined")
    row = Decline(theme_id=theme.id or 0, reason=why, sentence=said, alternative=instead, by_id=by.id)
    session.add(row)
    session.flush()
    before = _waiting(session, theme.id or 0)
    forum.hold(session, before, "theme")
    forum.set_status(
        session, before, forum.PostStatus.DECLINED, cause=(CAUSE, theme.id or 0), by=by, reason=said
    )  # fmt: skip
    decision = change(
        session, theme, DecisionKind.DECLINE, by=by, also={"statuses": before}, status=TriageStatus.DECLINED,
        decline_id=row.id,
    )  # fmt: skip
    outbox.enqueue(
        session, TELL, lane=outbox.MESSAGES, key=f"theme.declined:{row.id}", run_after=clock.now() + GRACE,
        decline_id=row.id,
    )  # fmt: skip
    return decision


def _waiting(session: Session, theme_id: int) -> dict[int, str]:
    """Posts of the theme that nobody has promised anything: {post: where it stands}."""
    waiting = {forum.PostStatus.OPEN, forum.PostStatus.REVIEWING}
    ids = post_ids_of(session, [theme_id])[theme_id]
    found = {post.id: post.status.value for post in forum.post_texts(session, ids=ids) if post.status in waiting}
    answered = forum.status_before(session, found, ROADMAP)
    return {post_id: status for post_id, status in found.items() if post_id not in answered}


def decline_of(session: Session, theme: Theme) -> Decline | None:
    """Why the theme is declined; None when it is not."""
    return session.get(Decline, theme.decline_id) if theme.decline_id else None


def refusals_on_posts(session: Session, post_ids: Sequence[int]) -> dict[int, Refusal]:
    """The refusal that each post shows: that of the theme it is in, where nothing else came of the post."""
    if not post_ids:
        return {}
    statement = (
        columns(
            ThemePost.post_id, Root.id, Decline.reason, Decline.sentence, Decline.alternative, Decline.at, Decline.by_id
        )
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .join(Root, Root.id == Theme.root_id)
        .join(Decline, col(Decline.id) == Root.decline_id)
        .where(
            ThemePost.run_id == current_run(),
            col(ThemePost.post_id).in_(list(post_ids)),
            Root.status == TriageStatus.DECLINED,
        )
    )
    return {row[0]: Refusal(*row[1:]) for row in session.exec(statement)}


def mark_told(session: Session, decline_id: int) -> Decline | None:
    """The refusal, now being told; None when it was taken back. Whoever takes it back waits for the transaction."""
    told_at: Any = Decline.told_at
    statement = (
        sa.update(Decline)
        .where(col(Decline.id) == decline_id, col(Decline.taken_back_at).is_(None))
        .values(told_at=sa.func.coalesce(told_at, sa.literal(clock.now(), told_at.type)))
        .returning(col(Decline.id))
    )
    result: Any = session.connection().execute(statement)
    return session.get(Decline, decline_id) if result.first() is not None else None


def posts_declined_by(session: Session, decline: Decline) -> list[int]:
    """The posts that a refusal speaks to: those that its decision brought to declined."""
    decision = _decision_of(session, decline.theme_id, decline.id)
    return sorted(int(post_id) for post_id in decision.data["statuses"]) if decision else []


def declined_by(session: Session, theme: Theme) -> int:
    """The decision by which the theme is declined, for taking it back; NotFound when it is not."""
    decision = _decision_of(session, theme.id or 0, theme.decline_id)
    if decision is None:
        raise NotFound(f"theme {theme.id} is not declined")
    return decision.id or 0


def _decision_of(session: Session, theme_id: int, decline_id: int | None) -> ThemeDecision | None:
    statement = select(ThemeDecision).where(
        ThemeDecision.theme_id == theme_id, ThemeDecision.kind == DecisionKind.DECLINE
    )
    return next((row for row in session.exec(statement) if row.data["after"]["decline_id"] == decline_id), None)
