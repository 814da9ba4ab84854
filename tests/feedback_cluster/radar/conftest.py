"""Themes with a past: weeks of voices, and a rise in the last days where a test asks for one."""

import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from cocreate.core import clock
from cocreate.core.config import Settings
from cocreate.core.runtime import Runtime
from cocreate.exchange.imports.models import Import
from feedback_cluster.radar.models import Alert
from feedback_cluster.radar.watch import look_round
from feedback_cluster.themes.models import Theme
from forum.posts.models import Post, PostKind

_numbers = itertools.count(1)
USUAL = (1, 0, 1, 2, 0, 1, 1)


@pytest.fixture(autouse=True)
def noon(time_machine: Any) -> None:
    """It is noon where the brand is: what happened half an hour ago happened today, at whatever hour the tests run."""
    here = clock.now().astimezone(Settings(_env_file=None).zone)  # no database: half of these tests are arithmetic
    time_machine.move_to(here.replace(hour=12, minute=0))


@pytest.fixture
def make_days(runtime: Runtime) -> Callable[..., list[int]]:
    """`make_days([1, 0, 2], until=0)`: so many voices on each of the days that end `until` days ago; their ids."""

    def make(counts: Sequence[int], *, until: int = 0, **values: Any) -> list[int]:
        moment = clock.now() - timedelta(minutes=30)
        posts = []
        for place, count in enumerate(reversed(counts)):
            for _ in range(count):
                number = next(_numbers)
                told = {"title": f"第 {number} 句", "author_label": f"车主{number}", "kind": PostKind.PROBLEM, **values}
                told.setdefault("source", "test")
                told.setdefault("external_id", f"{number}")
                posts.append(Post(created_at=moment - timedelta(days=place + until), **told))
        with runtime.database.write() as session:
            session.add_all(posts)
            session.flush()
            return [post.id or 0 for post in posts]

    return make


@pytest.fixture
def make_lively_theme(make_theme: Callable[..., Theme], make_days: Callable[..., list[int]]) -> Callable[..., Theme]:
    """`make_lively_theme("蓝牙", rise=[6, 7, 8])`: twelve usual weeks, then the rise, the last day of it today."""

    def make(name: str, *, rise: Sequence[int] = (), **values: Any) -> Theme:
        usual = make_days(USUAL * 12, until=len(rise))
        return make_theme(name, posts=[*usual, *make_days(rise, **values)])

    return make


@pytest.fixture
def look(runtime: Runtime) -> Callable[[], list[Alert]]:
    """Do a round; the alerts there are, oldest first."""
    from sqlmodel import col, select

    def look() -> list[Alert]:
        look_round(runtime)
        with runtime.database.read() as session:
            return list(session.exec(select(Alert).order_by(col(Alert.id))))

    return look


@pytest.fixture
def make_file_of(runtime: Runtime) -> Callable[..., int]:
    """`make_file_of(days_ago=0)`: an import that was handed in then; its id."""

    def make(days_ago: float = 0) -> int:
        with runtime.database.write() as session:
            row = Import(
                table="posts", file_name="客服.csv", file_bytes=1, sha256=f"{next(_numbers)}", format="csv",
                created_at=clock.now() - timedelta(days=days_ago, hours=1),
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id or 0

    return make
