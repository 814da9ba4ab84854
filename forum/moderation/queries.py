"""What moderators have taken out of sight, with who did it and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.audit import AuditEntry
from cocreate.core.tables import columns
from cocreate.identity.members.queries import NOBODY, Person, people
from cocreate.text.excerpt import first_sentence
from cocreate.web.paging import Listing, after, cut, decode_cursor
from forum.comments.models import Comment
from forum.posts.models import Post
from forum.posts.queries import readable_by


class HiddenKind(StrEnum):
    POST = "post"
    COMMENT = "comment"


@dataclass(frozen=True)
class HiddenRow:
    """One line of the list. `words`: a post's title, or how a comment begins."""

    id: int
    post_id: int
    words: str
    author: str
    hidden_at: datetime
    by: Person
    reason: str


def hidden(
    session: Session, kind: HiddenKind, actor: Actor, *, cursor: str | None = None, limit: int = 20
) -> Listing[HiddenRow]:
    """A page of what is out of sight, last hidden first, as far as this reader may open it; three statements."""
    shown: Any = Post if kind == HiddenKind.POST else Comment
    if kind == HiddenKind.POST:
        statement = columns(Post.id, Post.id, Post.title, Post.author_id, Post.author_label, Post.hidden_at)
    else:
        statement = columns(
            Comment.id, Comment.post_id, Comment.body, Comment.author_id, sa.null(), Comment.hidden_at
        ).join(Post, col(Post.id) == Comment.post_id)
    statement = statement.where(shown.hidden_at.is_not(None), shown.deleted_at.is_(None), *readable_by(actor))
    if cursor is not None:
        statement = statement.where(after((shown.hidden_at, shown.id), decode_cursor(cursor, 2)))
    rows = session.exec(statement.order_by(shown.hidden_at.desc(), shown.id.desc()).limit(limit + 1)).all()
    page = cut(rows, limit, lambda row: [row[5].isoformat(), row[0]])
    acts = _last_acts(session, kind, [row[0] for row in page.items])
    names = people(session, [row[3] for row in page.items] + [act.actor_id for act in acts.values()])
    return Listing([_row(row, acts.get(row[0]), names) for row in page.items], page.next_cursor)


def _row(row: Any, act: AuditEntry | None, names: dict[int, Person]) -> HiddenRow:
    id_, post_id, words, author_id, label, hidden_at = row
    return HiddenRow(
        id=id_,
        post_id=post_id,
        words=first_sentence(words) or words[:60],
        author=names.get(author_id or 0, NOBODY).name or label or "",
        hidden_at=hidden_at,
        by=names.get(act.actor_id or 0, NOBODY) if act else NOBODY,
        reason=str(act.detail.get("reason", "")) if act else "",
    )


def _last_acts(session: Session, kind: HiddenKind, ids: Sequence[int]) -> dict[int, AuditEntry]:
    """The last act that hid each of these rows."""
    if not ids:
        return {}
    statement = select(AuditEntry).where(
        AuditEntry.subject_kind == kind.value,
        col(AuditEntry.subject_id).in_(ids),
        AuditEntry.action == f"{kind.value}.hide",
    )
    return {entry.subject_id or 0: entry for entry in session.exec(statement.order_by(col(AuditEntry.id)))}
