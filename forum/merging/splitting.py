"""Cutting several asks out of one post: each becomes a post of its own, the post itself stays as it is."""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once
from cocreate.core.errors import Conflict, Invalid, NotAllowed, NotFound
from cocreate.core.text_marks import N_
from cocreate.text.excerpt import first_sentence
from forum import indexing
from forum.desk.models import OfficialResponse
from forum.events import PostSplit, PostSubmitted
from forum.follows.models import Subscription
from forum.merging import tree
from forum.merging.models import Split, SplitPart
from forum.merging.service import GRACE
from forum.posts.hot import hot_score
from forum.posts.models import Post, PostHold, PostStatus
from forum.posts.service import blank_post
from forum.scenes.models import Scene

FEWEST, MOST = 2, 5
TELL_SPLIT = "forum.tell_split"
_POINT = re.compile(r"^\s*(?:\d{1,2}\s*[.、．)）:：]|[（(]\d{1,2}[)）]|[一二三四五六七八九十]\s*[、.．]|[-*•·]\s)\s*")


class TooFewAsks(Invalid):
    code = "too_few_asks"
    message = N_("Enter at least two asks, each with a sentence of its own.")


class SplitAlready(Conflict):
    code = "split_already"
    message = N_("This post is split already. Take that back first.")


class NotSplittable(Conflict):
    code = "not_splittable"
    message = N_("A hidden post, or one that is part of another, cannot be split.")


class NotYoursToSplit(NotAllowed):
    code = "not_yours_to_split"
    message = N_("Only its author and staff may split a post.")


class PartsInUse(Conflict):
    code = "parts_in_use"
    message = N_("Somebody has voted for a part, answered it or built on it, so it stays: %(parts)s.")


def suggested_asks(post: Post) -> list[tuple[str, str]]:
    """The points of a post whose author numbered them, as (title, rest); empty when there are no two."""
    points: list[list[str]] = []
    for line in post.body.splitlines():
        if _POINT.match(line):
            points.append([_POINT.sub("", line).strip()])
        elif points and line.strip():
            points[-1].append(line.strip())
    asks = []
    for lines in points[:MOST]:
        text = "\n".join(lines)
        title = first_sentence(text) or text[:60]
        asks.append((title, text if text != title else ""))
    return asks if len(asks) >= FEWEST else []


def split_post(session: Session, post: Post, asks: Sequence[tuple[str, str]], *, by: Actor) -> Split:
    """Make each ask a post of its own, with the author, channel, date and car of the post it stood in. Who follows the
    post follows the parts; votes stay where they were given, and voters are asked which part they mean."""
    if post.author_id != by.id and not by.can("forum.merge"):
        raise NotYoursToSplit(f"post {post.id}")
    if not FEWEST <= len(asks) <= MOST:
        raise TooFewAsks(fields={"title_1": TooFewAsks.message})
    post_id = post.id or 0
    parts = [_part(post, title, body) for title, body in asks]
    prepared = [indexing.prepare_post(session, part, ()) for part in parts]
    tree.lock_links(session)
    tree.lock_posts(session, [post_id])
    session.refresh(post)
    if post.deleted_at is not None or post.hidden_at is not None or post.merged_into_id is not None:
        raise NotSplittable(f"post {post_id}")
    if live_split(session, post_id) is not None:
        raise SplitAlready(f"post {post_id}")
    split = Split(post_id=post_id, by_id=by.id, at=clock.now())
    session.add(split)
    session.add_all(parts)
    session.flush()
    followers = sorted(set(session.exec(select(Subscription.member_id).where(Subscription.root_id == post_id))))
    for part, words in zip(parts, prepared, strict=True):
        part_id = part.id or 0
        session.add(SplitPart(post_id=part_id, split_id=split.id or 0))
        insert_many_once(session, [Subscription(member_id=member, post_id=part_id) for member in followers])
        indexing.put_post(session, words, part_id)
        outbox.publish(session, PostSubmitted(post_id=part_id))
    ids = [part.id or 0 for part in parts]
    audit.record(session, by, "post.split", "post", post_id, into=ids, split=split.id)
    outbox.publish(session, PostSplit(split_id=split.id or 0, post_id=post_id, part_ids=ids))
    outbox.enqueue(session, TELL_SPLIT, run_after=clock.now() + GRACE, split_id=split.id)
    return split


def undo_split(session: Session, split_id: int, *, by: Actor) -> Split:
    """Take the parts away again while nobody has built on one of them; the post was never changed."""
    split = session.get(Split, split_id)
    post = session.get(Post, split.post_id) if split else None
    if split is None or post is None or split.undone_at is not None:
        raise NotFound(f"split {split_id}")
    if post.author_id != by.id and not by.can("forum.merge"):
        raise NotYoursToSplit(f"post {post.id}")
    tree.lock_links(session, alone=True)
    ids = part_ids(session, split_id)
    tree.lock_posts(session, ids)
    tree.refresh(session, set(ids))
    parts = [session.get_one(Post, part_id) for part_id in ids]
    if used := _in_use(session, parts):
        raise PartsInUse(f"split {split_id}", parts=" ".join(f"#{part_id}" for part_id in used))
    split.undone_at = clock.now()
    session.add(split)
    for part in parts:
        if part.deleted_at is None:
            blank_post(session, part, by=by)
    audit.record(session, by, "post.unsplit", "post", split.post_id, split=split_id)
    return split


def live_split(session: Session, post_id: int) -> Split | None:
    """The split of a post that holds now."""
    return session.exec(select(Split).where(Split.post_id == post_id, col(Split.undone_at).is_(None))).first()


def part_ids(session: Session, split_id: int) -> list[int]:
    """The posts that a split made, in order."""
    statement = select(SplitPart.post_id).where(SplitPart.split_id == split_id).order_by(col(SplitPart.post_id))
    return list(session.exec(statement))


def _part(post: Post, title: str, body: str) -> Post:
    derived = not title.strip()
    title = title.strip() or first_sentence(body) or body.strip()[:60]
    return Post(
        title=title[:120], title_derived=derived, body=body.strip(), kind=post.kind, board_id=post.board_id,
        visibility=post.visibility, author_id=post.author_id, author_label=post.author_label, source=post.source,
        channel=post.channel, vehicle_id=post.vehicle_id, model=post.model, model_year=post.model_year,
        created_at=post.created_at, hot=hot_score(0, post.created_at),
    )  # fmt: skip


def _in_use(session: Session, parts: Sequence[Post]) -> list[int]:
    ids = [part.id or 0 for part in parts]
    used = {
        part.id or 0
        for part in parts
        if part.vote_count
        or part.comment_count
        or part.status != PostStatus.OPEN
        or part.merged_into_id is not None
        # Words that stand nowhere else: the post has what was cut out, not what became of it.
        or (part.edited_at is not None and part.deleted_at is None)
    }
    asked: tuple[tuple[Any, Any], ...] = (
        (Post.merged_into_id, col(Post.merged_into_id).in_(ids)),
        (OfficialResponse.post_id, col(OfficialResponse.post_id).in_(ids)),
        (PostHold.post_id, col(PostHold.post_id).in_(ids)),
        (Scene.post_id, sa.and_(col(Scene.post_id).in_(ids), col(Scene.deleted_at).is_(None))),
        (SplitPart.post_id, col(SplitPart.post_id).in_(_split_again(session, ids))),
    )
    for column, condition in asked:
        used |= {post_id for post_id in session.exec(select(column).where(condition)) if post_id is not None}
    return sorted(used)


def _split_again(session: Session, ids: Sequence[int]) -> list[int]:
    return list(session.exec(select(Split.post_id).where(col(Split.post_id).in_(ids), col(Split.undone_at).is_(None))))
