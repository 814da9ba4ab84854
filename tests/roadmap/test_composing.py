"""What is shipped is said to whoever is about to ask for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cocreate.core import clock
from cocreate.identity.members.models import Member
from forum.posts.models import Post, PostStatus
from tests.client import Client


def ask(client: Client, actor: Member, title: str, **data: str) -> str:
    html = client.post("/posts/similar", actor=actor, htmx=True, data={"title": title, **data}).text
    return str(html.replace("<mark>", "").replace("</mark>", ""))


@pytest.fixture
def crowd(make_post: Callable[..., Post]) -> None:
    for part in ("雨刷", "蓝牙", "导航", "后备箱", "天窗"):
        for what in ("反应太慢", "经常没反应", "升级以后变差了", "希望增加记忆功能"):
            make_post(f"{part}{what}")


def test_a_shipped_item_is_named_with_its_release_and_the_chosen_car(
    client: Client, crowd: None, make_post: Callable[..., Post], make_member: Callable[..., Member],
    make_item: Callable[..., Any], make_release: Callable[..., Any], make_vehicle: Callable[..., Any],
) -> None:  # fmt: skip
    release = make_release("2.4", released_at=clock.now() - timedelta(days=2), models=["云麓"])
    post = make_post("方向盘加热低温自动打开")
    item = make_item("低温自动加热", posts=[post], stage="arrived", release=release.id)
    member = make_member()
    has = make_vehicle(member, "云麓", software="2.4")
    other = make_vehicle(member, "小满", software="2.4")
    html = ask(client, member, "方向盘加热能不能低温自动打开", vehicle_id=str(has.id))
    assert "可能已经解决" in html
    assert f'href="/roadmap/{item.id}"' in html
    assert "已随 OTA 2.4 上线" in html
    assert "我的云麓：OTA 2.4 已带来" in html
    html = ask(client, member, "方向盘加热能不能低温自动打开", vehicle_id=str(other.id))
    assert "我的小满：OTA 2.4 不适用" in html
    assert "我的云麓" not in html


def test_an_item_is_found_by_its_own_words_without_any_post(
    client: Client, crowd: None, make_member: Callable[..., Member], make_item: Callable[..., Any]
) -> None:
    shipped = make_item("天窗自动除雾", stage="arrived")
    planned = make_item("天窗自动除雾升级", stage="decided")
    secret = make_item("天窗自动除雾内测", stage="arrived", public=False)
    html = ask(client, make_member(), "天窗能不能自动除雾")
    assert f'href="/roadmap/{shipped.id}"' in html
    assert f'href="/roadmap/{planned.id}"' not in html
    assert f'href="/roadmap/{secret.id}"' not in html


def test_an_item_that_answers_a_similar_post_and_reads_alike_is_named_once(
    client: Client, crowd: None, make_post: Callable[..., Post], make_member: Callable[..., Member],
    make_item: Callable[..., Any],
) -> None:  # fmt: skip
    posts = [make_post("天窗能自动除雾吗"), make_post("希望天窗自动除雾")]
    item = make_item("天窗自动除雾", posts=posts, stage="arrived")
    html = ask(client, make_member(), "天窗自动除雾")
    assert html.count(f'href="/roadmap/{item.id}"') == 1


def test_a_release_answers_only_once_it_is_out(
    client: Client, crowd: None, make_member: Callable[..., Member], make_release: Callable[..., Any], runtime: Any
) -> None:
    from roadmap.indexing import index_release

    out = make_release("3.1", title="天窗自动除雾来了", released_at=clock.now() - timedelta(days=1))
    coming = make_release("3.2", title="天窗自动除雾再快一点", planned_for=clock.now() + timedelta(days=9))
    with runtime.database.write() as session:
        for release in (out, coming):
            index_release(session, release, [])
    html = ask(client, make_member(), "天窗自动除雾")
    assert f'href="/releases/{out.id}"' in html
    assert f'href="/releases/{coming.id}"' not in html


def test_a_scene_makes_the_item_count_one_owner_more(
    client: Client, runtime: Any, worker: Any, make_post: Callable[..., Post], make_member: Callable[..., Member],
    make_item: Callable[..., Any],
) -> None:  # fmt: skip
    from roadmap.items.models import RoadmapItem

    post = make_post("天窗能自动除雾吗", status=PostStatus.DECLINED)
    item = make_item("天窗自动除雾", posts=[post], stage="declined")
    worker.drain()
    with runtime.database.read() as session:
        before = session.get_one(RoadmapItem, item.id).people
    client.post(f"/posts/{post.id}/scenes", actor=make_member(), data={"body": "下雨天看不清"})
    worker.drain()
    with runtime.database.read() as session:
        assert session.get_one(RoadmapItem, item.id).people == before + 1
