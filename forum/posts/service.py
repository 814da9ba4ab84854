"""Changing posts: written, edited with history, blanked."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once, insert_once
from cocreate.core.errors import Conflict, Invalid, NotAllowed, NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.models import Vehicle
from forum import indexing
from forum.boards.models import Board
from forum.comments.models import Comment
from forum.desk.models import OfficialResponse
from forum.events import PostDeleted, PostEdited, PostSubmitted
from forum.follows.models import Subscription
from forum.merging import tree
from forum.merging.heirs import pass_on
from forum.posts.hot import hot_score
from forum.posts.models import Post, PostKind, PostOnce, PostRevision, PostTag, Visibility
from forum.silence.service import begin as begin_wait
from search import api as search


class UnknownBoard(Invalid):
    code = "unknown_board"
    message = N_("There is no such board.")


class UnknownVehicle(Invalid):
    code = "unknown_vehicle"
    message = N_("This car is not in your garage.")


class NotYours(NotAllowed):
    code = "not_yours"
    message = N_("Only its author may change this.")


class HoldsOthers(Conflict):
    code = "holds_others"
    message = N_("Posts of other owners are part of this one, so it cannot become private. Delete it, and they go on.")


class PartOfPrivate(Conflict):
    code = "part_of_private"
    message = N_("This is part of another post that only staff can read. Ask them to take that back, then open it.")


@dataclass(frozen=True)
class Draft:
    """What an author enters. `vehicle_id` is a car of their own garage; `model` is for those who name none."""

    title: str
    body: str = ""
    kind: PostKind = PostKind.IDEA
    board_id: int | None = None
    vehicle_id: int | None = None
    model: str = ""
    model_year: int | None = None
    tags: Sequence[str] = ()
    private: bool = False
    src: str = ""


class SentTwice(Conflict):
    code = "sent_twice"
    message = N_("This was sent twice at the same moment; the first one is here already.")


def submit_post(session: Session, draft: Draft, *, author: Actor, once: str = "") -> Post:
    """A new post; its author follows it. With `once`, a second call with the same key returns the first post."""
    if once and (sent := session.get(PostOnce, (author.member_id, once))) is not None:
        return session.get_one(Post, sent.post_id)
    vehicle = _own_vehicle(session, draft.vehicle_id, author)
    _check_board(session, draft.board_id)
    moment = clock.now()
    post = Post(
        title=draft.title,
        body=draft.body,
        kind=draft.kind,
        board_id=draft.board_id,
        author_id=author.member_id,
        vehicle_id=draft.vehicle_id,
        model=vehicle.model if vehicle else draft.model,
        model_year=vehicle.model_year if vehicle else draft.model_year,
        visibility=Visibility.STAFF if draft.private else Visibility.PUBLIC,
        src=draft.src,
        created_at=moment,
        hot=hot_score(0, moment),
    )
    prepared = indexing.prepare_post(session, post, draft.tags)
    session.add(post)
    session.flush()
    post_id = post.id or 0
    if once and not insert_once(session, PostOnce(member_id=author.member_id, key=once, post_id=post_id)):
        raise SentTwice(once)
    insert_many_once(session, [PostTag(post_id=post_id, tag=tag) for tag in draft.tags])
    session.add(Subscription(member_id=author.member_id, post_id=post_id))
    indexing.put_post(session, prepared, post_id)
    if not author.staff:
        begin_wait(session, post, at=moment)
    outbox.publish(session, PostSubmitted(post_id=post_id))
    return post


def edit_post(session: Session, post: Post, draft: Draft, *, editor: Actor) -> bool:
    """Change the author's own post and keep what it said before; False when nothing differs.

    A post that was for staff alone keeps nothing of that time once everybody may read it. NotFound when it was blanked
    while the author was still writing.
    """
    if post.author_id != editor.id:
        raise NotYours(f"post {post.id}")
    vehicle = _own_vehicle(session, draft.vehicle_id, editor)
    _check_board(session, draft.board_id)
    post_id = post.id or 0
    old_tags = sorted(session.exec(select(PostTag.tag).where(PostTag.post_id == post_id)))
    reworded = (post.title, post.body) != (draft.title, draft.body)
    model, model_year = (vehicle.model, vehicle.model_year) if vehicle else (draft.model, draft.model_year)
    visibility = Visibility.STAFF if draft.private else Visibility.PUBLIC
    values = {
        "kind": draft.kind, "board_id": draft.board_id, "vehicle_id": draft.vehicle_id, "model": model,
        "model_year": model_year, "visibility": visibility,
    }  # fmt: skip
    if not reworded and old_tags == sorted(draft.tags) and all(getattr(post, k) == v for k, v in values.items()):
        return False
    if draft.private and post.visibility == Visibility.PUBLIC and _holds_public_posts(session, post_id):
        raise HoldsOthers(f"post {post_id}")
    if post.visibility == Visibility.STAFF and not draft.private and _leads_out_of_sight(session, post):
        raise PartOfPrivate(f"post {post_id}")
    doc = indexing.post_doc(
        post_id=post_id, title=draft.title, body=draft.body, created_at=post.created_at, board_id=draft.board_id,
        model=model, visibility=visibility, tags=draft.tags, kind=draft.kind, edited_at=clock.now(),
        facts=indexing.post_facts(session, [post_id])[post_id],
    )  # fmt: skip
    prepared = search.prepare(session, [doc])[0]
    hold_row(session, post)
    before = PostRevision(post_id=post_id, title=post.title, body=post.body, editor_id=editor.id)
    opened = post.visibility == Visibility.STAFF and not draft.private
    reworded = (post.title, post.body) != (draft.title, draft.body)
    post.title, post.body, post.title_derived = draft.title, draft.body, False
    for name, value in values.items():
        setattr(post, name, value)
    if reworded:
        post.edited_at = before.replaced_at = clock.now()
    if opened:
        _forget_wordings(session, post_id)
    elif reworded:
        session.add(before)
    session.add(post)
    session.flush()
    _replace_tags(session, post_id, draft.tags)
    if post.hidden_at is None and post.merged_into_id is None:
        indexing.put_post(session, prepared, post_id)
    outbox.publish(session, PostEdited(post_id=post_id))
    return True


def _holds_public_posts(session: Session, post_id: int) -> bool:
    merged = select(Post.id).where(
        Post.merged_into_id == post_id, Post.visibility == Visibility.PUBLIC, col(Post.deleted_at).is_(None)
    )
    return session.exec(merged.limit(1)).first() is not None


def _leads_out_of_sight(session: Session, post: Post) -> bool:
    """Whether the post, once open, would be found nowhere: not by itself, since it is merged, nor at its head."""
    return post.merged_into_id is not None and not session.get_one(Post, tree.head(session, post.id or 0)).public


def hold_row(session: Session, post: Post) -> None:
    """Lock the post until the transaction ends and read it as it is now; NotFound when it was blanked meanwhile."""
    statement = (
        sa.update(Post)
        .where(col(Post.id) == post.id, col(Post.deleted_at).is_(None))
        .values(edited_at=col(Post.edited_at))
        .returning(col(Post.id))
    )
    if session.connection().execute(statement).first() is None:
        raise NotFound(f"post {post.id}")
    session.refresh(post)


def delete_post(session: Session, post: Post, *, by: Actor) -> None:
    """Blank a post: its text, history, tags and what its author added below it are gone for good. The row stays, as
    upper rooms may point at it; its votes stay too, since other people cast them."""
    if post.author_id != by.id and not by.can("forum.moderate"):
        raise NotYours(f"post {post.id}")
    blank_post(session, post, by=by)
    audit.record(session, by, "post.delete", "post", post.id)


def blank_post(session: Session, post: Post, *, by: Actor) -> None:
    """What `delete_post` does, for callers that have asked whether `by` may."""
    post_id = post.id or 0
    moment = clock.now()
    execute = session.connection().execute
    session.flush()
    # Before anything is written: what was merged into it goes on under another head.
    pass_on(session, post, by=by)
    # Held next, so that an edit in between is blanked as well or finds the post gone.
    hold_row(session, post)
    _forget_wordings(session, post_id)
    execute(sa.delete(PostTag).where(col(PostTag.post_id) == post_id))
    execute(sa.delete(Subscription).where(col(Subscription.post_id) == post_id))
    execute(sa.update(OfficialResponse).where(col(OfficialResponse.post_id) == post_id).values(body=""))
    if post.author_id is not None:
        execute(
            sa.update(Comment)
            .where(col(Comment.post_id) == post_id, col(Comment.author_id) == post.author_id)
            .values(body="", deleted_at=moment)
        )
    post.title, post.body, post.author_label, post.src = "", "", None, ""
    post.deleted_at = moment
    session.add(post)
    session.flush()
    search.remove(session, "post", [post_id])
    outbox.publish(session, PostDeleted(post_id=post_id))


def _forget_wordings(session: Session, post_id: int) -> None:
    statement = sa.update(PostRevision).where(col(PostRevision.post_id) == post_id).values(title="", body="")
    session.connection().execute(statement)


def _replace_tags(session: Session, post_id: int, tags: Sequence[str]) -> None:
    statement = sa.delete(PostTag).where(col(PostTag.post_id) == post_id, col(PostTag.tag).not_in(list(tags)))
    session.connection().execute(statement)
    insert_many_once(session, [PostTag(post_id=post_id, tag=tag) for tag in tags])


def _own_vehicle(session: Session, vehicle_id: int | None, author: Actor) -> Vehicle | None:
    if vehicle_id is None:
        return None
    vehicle = session.get(Vehicle, vehicle_id)
    if vehicle is None or vehicle.member_id != author.id or vehicle.removed_at is not None:
        raise UnknownVehicle(fields={"vehicle_id": UnknownVehicle.message})
    return vehicle


def _check_board(session: Session, board_id: int | None) -> None:
    if board_id is not None and session.get(Board, board_id) is None:
        raise UnknownBoard(fields={"board_id": UnknownBoard.message})
