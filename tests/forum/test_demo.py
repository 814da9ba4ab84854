"""The demo community's seed: everything in its place, counters true, times in the past."""

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from cocreate.identity import demo as people
from forum import demo
from forum.comments.models import Comment
from forum.posts.models import Post
from forum.votes.models import Vote
from search import api as search

# A demo has a SQLite home of its own, whatever the environment says.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def test_the_seed_is_whole(runtime: Runtime) -> None:
    people.seed(runtime)
    demo.seed(runtime)
    ids = runtime.memory["demo.posts"]
    with runtime.database.read() as session:
        posts = session.exec(select(Post)).all()
        votes = dict(session.exec(select(Vote.post_id, sa.func.count()).group_by(col(Vote.post_id))).all())
        comments = dict(session.exec(select(Comment.post_id, sa.func.count()).group_by(col(Comment.post_id))).all())
        own = session.exec(
            select(sa.func.count()).select_from(Vote).join(Post, col(Post.id) == Vote.post_id)
            .where(Post.author_id == Vote.member_id)
        ).one()  # fmt: skip
        found = search.matching_ids(session, "蓝牙", scope=search.Scope(staff=False), kind="post")
    assert len(posts) == len(ids) >= 440
    assert all(post.vote_count == votes.get(post.id or 0, 0) for post in posts)
    assert all(post.comment_count == comments.get(post.id or 0, 0) for post in posts)
    assert own == 0
    assert all(post.created_at <= clock.now() for post in posts)
    assert len(runtime.memory["demo.boards"]) >= 4
    assert len(found) >= 5


def test_comments_come_after_what_they_answer(runtime: Runtime) -> None:
    people.seed(runtime)
    demo.seed(runtime)
    with runtime.database.read() as session:
        posts = {post.id: post for post in session.exec(select(Post))}
        comments = {comment.id: comment for comment in session.exec(select(Comment))}
    for comment in comments.values():
        assert posts[comment.post_id].created_at < comment.created_at <= clock.now()
        if comment.parent_id is not None:
            assert comments[comment.parent_id].created_at <= comment.created_at
            assert comments[comment.parent_id].parent_id is None
