"""Items, releases and streams for tests."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.sessions.service import make_actor
from feedback_cluster.themes.models import Theme
from forum.posts.models import Post
from roadmap.items import service as items
from roadmap.items.forms import NewItemForm
from roadmap.items.models import ItemStage, RoadmapItem
from roadmap.links import service as links
from roadmap.live import service as live
from roadmap.live.forms import SessionForm
from roadmap.live.models import LiveSession
from roadmap.releases.models import Release

_numbers = itertools.count(1)


@pytest.fixture
def roadmap_pm(make_member: Callable[..., Member]) -> Member:
    """The product manager who makes the items of these factories."""
    return make_member("产品周", Role.PM)


@pytest.fixture
def roadmap_actor(runtime: Runtime, roadmap_pm: Member) -> Actor:
    return make_actor(runtime, roadmap_pm.id, roadmap_pm.name, [Role.PM])


@pytest.fixture
def stream_host(make_member: Callable[..., Member]) -> Member:
    return make_member("主持南", Role.HOST)


@pytest.fixture
def make_item(runtime: Runtime, roadmap_actor: Actor) -> Callable[..., RoadmapItem]:
    """`make_item("座椅降噪", themes=[theme], posts=[post], stage="decided")`."""

    def make(
        title: str = "", *, themes: Sequence[Theme] = (), posts: Sequence[Post] = (), stage: str = "received",
        public: bool = True, release: int | None = None, **values: Any
    ) -> RoadmapItem:  # fmt: skip
        form = NewItemForm(title=title or f"条目{next(_numbers)}", public=public, release=release, **values)
        with runtime.database.write() as session:
            item = items.add_item(session, form, by=roadmap_actor)
            for theme in themes:
                links.link_theme(session, item, theme.id or 0, by=roadmap_actor)
            for post in posts:
                links.link_post(session, item, post.id or 0, by=roadmap_actor)
            if stage != "received":
                items.change_stage(
                    session,
                    item,
                    stage=ItemStage(stage),
                    sentence=f"走到{stage}。",
                    by=roadmap_actor,
                    release_id=release,
                )
        return item

    return make


@pytest.fixture
def make_release(runtime: Runtime) -> Callable[..., Release]:
    def make(version: str, **values: Any) -> Release:
        row = Release(version=version, title=values.pop("title", f"版本 {version}"), **values)
        with runtime.database.write() as session:
            session.add(row)
        return row

    return make


@pytest.fixture
def make_live(runtime: Runtime, stream_host: Member) -> Callable[..., LiveSession]:
    """`make_live("夜话", days=30)`: an open session, its run-down filled from the themes that are there."""

    def make(title: str = "直播", **values: Any) -> LiveSession:
        with runtime.database.write() as session:
            by = make_actor(runtime, stream_host.id, stream_host.name, [Role.HOST])
            return live.open_session(session, SessionForm(title=title, **values), by=by)

    return make
