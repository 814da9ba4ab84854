"""How posts are indexed, rechecked and drawn by search."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from markupsafe import Markup
from sqlmodel import Session, col

from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.web.page import Page
from forum.boards.queries import boards
from forum.desk.models import OfficialResponse
from forum.events import OfficialResponseGiven, PostStatusChanged, VoteCast, VoteWithdrawn
from forum.merging.queries import merged_words
from forum.posts.models import KIND_LABELS, STATUS_LABELS, Post, PostKind, PostStatus, PostTag, Visibility
from forum.posts.queries import listed, post_cards, visible_ids
from forum.scenes.behind import scene_words
from search.api import Facts, PreparedDoc, SearchDoc, prepare, put, refresh

BATCH = 500
NEW = Facts(PostStatus.OPEN.value, 0, False)
"""What holds of a post that was written just now."""


def post_doc(
    *,
    post_id: int = 0,
    title: str,
    body: str,
    created_at: datetime,
    board_id: int | None = None,
    model: str = "",
    visibility: Visibility = Visibility.PUBLIC,
    tags: Sequence[str] = (),
    scenes: str = "",
    kind: PostKind = PostKind.IDEA,
    facts: Facts = NEW,
    edited_at: datetime | None = None,
) -> SearchDoc:
    """A post as search sees it; tags and scenes are found like words of the body. facts: see `post_facts`."""
    return SearchDoc(
        kind="post", row_id=post_id, title=title, body=body, created_at=created_at, board_id=board_id, model=model,
        visibility=visibility.value, hidden_words="\n".join(filter(None, [" ".join(tags), scenes])),
        variety=kind.value, status=facts.status, votes=facts.votes, answered=facts.answered, updated_at=edited_at,
    )  # fmt: skip


def post_facts(session: Session, post_ids: Sequence[int]) -> dict[int, Facts]:
    """Status, votes and whether the brand answered, by post; votes counted elsewhere count as well."""
    answered = sa.exists().where(col(OfficialResponse.post_id) == col(Post.id))
    statement = columns(Post.id, Post.status, Post.vote_count, Post.imported_votes, answered).where(
        col(Post.id).in_(list(post_ids))
    )
    return {
        post_id: Facts(PostStatus(status).value, votes + imported, bool(has_answer))
        for post_id, status, votes, imported, has_answer in session.exec(statement)
    }


def refresh_facts(
    session: Session, event: VoteCast | VoteWithdrawn | PostStatusChanged | OfficialResponseGiven
) -> None:
    """Listener: what searches filter and order by follows the post; its words are not indexed again."""
    ids = event.post_ids if isinstance(event, PostStatusChanged) else [event.post_id]
    refresh(session, "post", post_facts(session, ids))


def prepare_post(session: Session, post: Post, tags: Sequence[str]) -> PreparedDoc:
    """The post's words, cut; call it before the first write of the transaction."""
    doc = post_doc(
        post_id=post.id or 0, title=post.title, body=post.body, created_at=post.created_at, board_id=post.board_id,
        model=post.model, visibility=post.visibility, tags=tags, kind=post.kind, edited_at=post.edited_at,
        facts=post_facts(session, [post.id]).get(post.id, NEW) if post.id else NEW,
    )  # fmt: skip
    return prepare(session, [doc])[0]


def index_posts(session: Session, post_ids: Sequence[int]) -> None:
    """Index these posts as their rows are now, with tags, scenes and what was merged into them; those that no list
    may show are left alone."""
    put(session, prepare(session, _documents(session, col(Post.id).in_(list(post_ids)))))


def put_post(session: Session, prepared: PreparedDoc, post_id: int) -> None:
    """Index the post under the id that its row has got in the meantime."""
    put(session, [replace(prepared, doc=replace(prepared.doc, row_id=post_id))])


def _documents(session: Session, condition: sa.ColumnElement[bool]) -> list[SearchDoc]:
    statement = (
        columns(
            Post.id,
            Post.title,
            Post.body,
            Post.created_at,
            Post.board_id,
            Post.model,
            Post.visibility,
            Post.kind,
            Post.edited_at,
        )
        .where(*listed(), condition)
        .order_by(col(Post.id))
        .limit(BATCH)
    )
    rows = list(session.exec(statement))
    tags: dict[int, list[str]] = {}
    wanted = [row[0] for row in rows]
    for post_id, tag in session.exec(columns(PostTag.post_id, PostTag.tag).where(col(PostTag.post_id).in_(wanted))):
        tags.setdefault(post_id, []).append(tag)
    scenes, merged = scene_words(session, wanted), merged_words(session, wanted)
    facts = post_facts(session, wanted)
    return [
        post_doc(
            post_id=post_id, title=title, body=body, created_at=created_at, board_id=board_id, model=model,
            visibility=visibility, tags=tags.get(post_id, ()), scenes=scenes.get(post_id, "") + merged.get(post_id, ""),
            kind=kind, facts=facts[post_id], edited_at=edited_at,
        )
        for post_id, title, body, created_at, board_id, model, visibility, kind, edited_at in rows
    ]  # fmt: skip


class PostSource:
    """The forum's side of search."""

    kind = "post"
    label = N_("Posts")

    def documents(self, session: Session, after_id: int) -> list[SearchDoc]:
        """The next posts that lists may show, by id."""
        return _documents(session, col(Post.id) > after_id)

    def visible(self, session: Session, actor: Actor, ids: Sequence[int]) -> set[int]:
        return visible_ids(session, actor, ids)

    def cards(self, session: Session, page: Page, ids: Sequence[int]) -> dict[int, Markup]:
        """One list row for each post that the reader may see."""
        cards = post_cards(session, ids, actor=page.actor)
        extras = page.slots(session, "post.card", list(cards))
        return {
            post_id: page.fragment(
                "forum/posts/_result.html", card=card, extra=extras.get(post_id), status_labels=STATUS_LABELS
            )
            for post_id, card in cards.items()
        }

    def url(self, page: Page, row_id: int) -> str:
        return page.url("show_post", post_id=row_id)

    def filter_labels(self, session: Session) -> Mapping[str, Mapping[str, str]]:
        return {
            "variety": {kind.value: label for kind, label in KIND_LABELS.items()},
            "status": {status.value: label for status, label in STATUS_LABELS.items()},
            "board": {str(board.id): board.name for board in boards(session)},
        }


posts = PostSource()
