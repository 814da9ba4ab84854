"""Boards, posts and comments for tests."""

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.sessions.service import make_actor
from forum.boards.models import Board
from forum.comments.models import Comment
from forum.comments.service import add_comment
from forum.indexing import prepare_post, put_post
from forum.posts.hot import hot_score
from forum.posts.models import Post, PostTag
from forum.votes.models import Vote

_numbers = itertools.count(1)


@pytest.fixture
def make_board(runtime: Runtime) -> Callable[..., Board]:
    """`make_board("cockpit", "智能座舱")`: a stored product line."""

    def make(key: str = "", name: str = "", **values: Any) -> Board:
        number = next(_numbers)
        row = Board(key=key or f"board-{number}", name=name or f"板块{number}", **values)
        with runtime.database.write() as session:
            session.add(row)
        return row

    return make


@pytest.fixture
def make_post(runtime: Runtime, make_member: Callable[..., Member]) -> Callable[..., Post]:
    """`make_post("座椅通风太吵", author=member, votes=3)`: a stored, indexed post; the votes are real ones."""

    def make(
        title: str = "",
        *,
        author: Member | None = None,
        votes: int = 0,
        tags: tuple[str, ...] = (),
        created_at: datetime | None = None,
        imported: bool = False,
        **values: Any,
    ) -> Post:
        moment = created_at or clock.now()
        voters = [make_member() for _ in range(votes)]
        if not imported:
            author = author or make_member()
            values["author_id"] = author.id
        row = Post(
            title=title or f"想法{next(_numbers)}", created_at=moment, vote_count=votes, hot=hot_score(votes, moment),
            **values,
        )  # fmt: skip
        with runtime.database.write() as session:
            prepared = prepare_post(session, row, tags)
            session.add(row)
            session.flush()
            insert_many_once(session, [Vote(member_id=one.id or 0, post_id=row.id or 0) for one in voters])
            session.add_all(PostTag(post_id=row.id or 0, tag=tag) for tag in tags)
            if row.public:
                put_post(session, prepared, row.id or 0)
        return row

    return make


@pytest.fixture
def make_comment(runtime: Runtime, make_member: Callable[..., Member]) -> Callable[..., Comment]:
    """`make_comment(post, "我的也是", author=member, reply_to=comment)`."""

    def make(
        post: Post, body: str = "我的也一样", *, author: Member | None = None, reply_to: Comment | None = None
    ) -> Comment:
        writer = author or make_member()
        with runtime.database.write() as session:
            found = session.get_one(Post, post.id)
            parent = reply_to.id if reply_to else None
            return add_comment(session, found, body, author=acting(runtime, writer), parent_id=parent)

    return make


def acting(runtime: Runtime, member: Member, *roles: Any) -> Actor:
    """The actor that stands for a stored member, for tests of services."""
    return make_actor(runtime, member.id, member.name, list(roles))
