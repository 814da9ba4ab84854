"""What only staff may read does not show in the names of themes either."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.posts.models import Visibility
from roadmap import bench
from roadmap.live import queries, service
from roadmap.live.models import LiveTopic
from roadmap.live.snapshot import Shelf

Make = Callable[..., Any]


@pytest.fixture
def silent(
    make_item: Make, make_live: Make, put_post: Make, put_theme: Make, database: Database, runtime: Runtime
) -> SimpleNamespace:
    """A public item and a stream, both of a theme that nobody speaks for in public and of one without any voice."""
    theme = put_theme("金丝雀的事", [put_post(visibility=Visibility.STAFF) for _ in range(2)])
    empty = put_theme("金丝雀无声")
    item, live = make_item(themes=[theme, empty]), make_live(days=None)
    with database.write() as session:
        session.add_all(LiveTopic(session_id=live.id, theme_id=one.id, position=9) for one in (theme, empty))
    clock = SimpleNamespace(now=1000.0)
    runtime.memory["roadmap.live"] = Shelf(clock=lambda: clock.now)
    code, page = live.code, f"/roadmap/{item.id}"
    return SimpleNamespace(
        theme=theme, clock=clock, item=page, pages=[page, f"/live/{code}", f"/api/v1/live/{code}/topics"]
    )


def test_a_theme_without_a_public_voice_is_named_to_staff_alone(
    client: Any, silent: SimpleNamespace, make_member: Make, pm: Member
) -> None:
    for path in silent.pages:
        assert "金丝雀" not in client.get(path).text
    assert "金丝雀" not in client.get(silent.item, actor=make_member("车主")).text
    assert "金丝雀的事" in client.get(silent.item, actor=pm).text


def test_it_is_named_to_everybody_once_somebody_speaks_for_it_in_public(
    client: Any, silent: SimpleNamespace, put_post: Make, join_theme: Make
) -> None:
    join_theme(silent.theme, put_post("一句公开的话"))
    silent.clock.now += 10
    for path in silent.pages:
        shown = client.get(path).text
        assert "金丝雀的事" in shown
        assert "金丝雀无声" not in shown


def test_the_crowd_of_the_bench_reads_a_full_board(runtime: Runtime, database: Database) -> None:
    bench._fill(runtime)
    with database.read() as session:
        assert len(queries.board(session, service.get_session(session, bench.CODE)).topics) == bench.TOPICS
