"""What the roadmap's tests stand on: posts, themes and people, bare, without what making them sets off."""

import itertools
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster.runs.models import CurrentRun, Run, RunState
from feedback_cluster.themes.models import Theme, ThemePost
from forum.posts.models import Post, PostKind, Visibility
from forum.votes.models import Vote
from roadmap.items import service as items
from roadmap.items.models import ItemStage, RoadmapItem

_numbers = itertools.count(1)


@pytest.fixture
def pm(roadmap_pm: Member) -> Member:
    return roadmap_pm


@pytest.fixture
def host(stream_host: Member) -> Member:
    return stream_host


@pytest.fixture
def pm_actor(roadmap_actor: Actor) -> Actor:
    return roadmap_actor


@pytest.fixture
def put_post(runtime: Runtime) -> Callable[..., Post]:
    """`put_post("座椅太吵", author=member, voters=[…])`: a bare row, without what submitting sets off."""

    def put(title: str = "", *, author: Member | None = None, voters: Sequence[Member] = (), **values: Any) -> Post:
        number = next(_numbers)
        post = Post(
            title=title or f"声音{number}", body=values.pop("body", f"正文{number}"),
            kind=values.pop("kind", PostKind.IDEA), author_id=author.id if author else None, vote_count=len(voters),
            **values,
        )  # fmt: skip
        with runtime.database.write() as session:
            session.add(post)
            session.flush()
            session.add_all(Vote(member_id=voter.id or 0, post_id=post.id or 0) for voter in voters)
        return post

    return put


def current_run(session: Session) -> int:
    """The run whose assignments count, made when there is none."""
    current = session.get(CurrentRun, 1)
    if current is not None:
        return current.run_id
    run = Run(state=RunState.DONE, slot=None)
    session.add(run)
    session.flush()
    session.add(CurrentRun(id=1, run_id=run.id or 0))
    session.flush()
    return run.id or 0


@pytest.fixture
def put_theme(runtime: Runtime) -> Callable[..., Theme]:
    """`put_theme("座椅通风", [post, …])`: a theme of the current run with these posts, its figures filled in."""

    def put(name: str, posts: Sequence[Post] = (), **values: Any) -> Theme:
        with runtime.database.write() as session:
            run_id = current_run(session)
            theme = Theme(
                name=name, born_at=clock.now(), born_run_id=run_id, size=len(posts), people=len(posts),
                quotes=[post.id for post in posts], **values,
            )  # fmt: skip
            session.add(theme)
            session.flush()
            theme.root_id = theme.root_id or theme.id
            session.add(theme)
            session.flush()
            session.add_all(theme_post(run_id, theme, post) for post in posts)
        return theme

    return put


def theme_post(run_id: int, theme: Theme, post: Post) -> ThemePost:
    return ThemePost(
        run_id=run_id, post_id=post.id or 0, theme_id=theme.id, confidence=0.9, created_at=post.created_at,
        kind=post.kind.value, model=post.model, board_id=post.board_id,
        person=f"m{post.author_id}" if post.author_id else None, staff_only=post.visibility == Visibility.STAFF,
    )  # fmt: skip


@pytest.fixture
def join_theme(runtime: Runtime) -> Callable[[Theme, Post], None]:
    """One more post in a theme, as if it had just been placed there; nobody is told."""

    def join(theme: Theme, post: Post) -> None:
        with runtime.database.write() as session:
            session.add(theme_post(current_run(session), theme, post))

    return join


@pytest.fixture
def step(runtime: Runtime, pm_actor: Actor) -> Callable[..., None]:
    """`step(item, "built")`: the item takes a step."""

    def go(item: RoadmapItem, stage: str, sentence: str = "有进展。", **values: Any) -> None:
        with runtime.database.write() as session:
            row = session.get(RoadmapItem, item.id)
            assert row is not None
            items.change_stage(session, row, stage=ItemStage(stage), sentence=sentence, by=pm_actor, **values)

    return go


@pytest.fixture
def voices(
    put_post: Callable[..., Post], put_theme: Callable[..., Theme], make_member: Callable[..., Member]
) -> SimpleNamespace:
    """Three posts of one theme: two authors, one voter who also wrote, one who only votes on all three."""
    lin, chen, wu = make_member("林"), make_member("陈"), make_member("吴")
    posts = [
        put_post("通风三档太吵", author=lin, voters=[wu, chen]),
        put_post("座椅风扇像拖拉机", author=lin, voters=[wu]),
        put_post("孩子被风扇吵醒", author=chen, voters=[wu, lin]),
    ]
    return SimpleNamespace(lin=lin, chen=chen, wu=wu, posts=posts, theme=put_theme("座椅通风噪音", posts))
