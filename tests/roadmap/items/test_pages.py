"""The roadmap's pages and JSON: who sees what, forms without script, few queries."""

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.db import Database
from cocreate.identity.members.models import Member
from forum.posts.models import Post, PostStatus, Visibility
from roadmap.items.models import ItemChange, RoadmapItem

Make = Callable[..., Any]
READ = ["/roadmap", "/roadmap/{item}", "/api/v1/roadmap", "/releases", "/releases.atom", "/api/v1/releases"]
EDIT = [
    ("GET", "/roadmap/new"), ("POST", "/roadmap"), ("GET", "/roadmap/{item}/edit"), ("POST", "/roadmap/{item}/edit"),
    ("GET", "/roadmap/{item}/stage"), ("POST", "/roadmap/{item}/stage"), ("POST", "/roadmap/{item}/move"),
    ("POST", "/roadmap/{item}/links"), ("POST", "/roadmap/{item}/links/1/remove"), ("POST", "/themes/1/link"),
    ("GET", "/posts/1/link"), ("POST", "/posts/1/link"), ("GET", "/releases/new"), ("POST", "/releases"),
    ("GET", "/releases/1/edit"), ("POST", "/releases/1/edit"),
]  # fmt: skip
HOST = [
    ("GET", "/host"), ("POST", "/host"), ("GET", "/host/ABCDEF"), ("GET", "/host/ABCDEF/screen"),
    ("GET", "/host/ABCDEF/more"), ("POST", "/host/ABCDEF/next"), ("POST", "/host/ABCDEF/state"),
    ("POST", "/host/ABCDEF/themes"), ("POST", "/host/ABCDEF/topics/1/answered"),
    ("POST", "/host/ABCDEF/topics/1/present"),
]  # fmt: skip


@pytest.mark.parametrize("path", READ)
def test_everybody_reads(client: Any, make_item: Make, path: str) -> None:
    assert client.get(path.format(item=make_item().id)).status_code == 200


def test_only_those_who_may_edit_reach_the_forms(client: Any, make_item: Make, make_member: Make) -> None:
    item = make_item()
    outsiders = [make_member("车主"), make_member("客服", Role.AGENT), make_member("版主", Role.MODERATOR)]
    for method, path in EDIT:
        address = path.format(item=item.id)
        assert client.request(method, address).status_code == 303, address
        for outsider in [*outsiders, make_member("主持", Role.HOST)]:
            assert client.request(method, address, actor=outsider).status_code == 403, (address, outsider.name)
    for method, path in HOST:
        assert client.request(method, path).status_code == 303, path
        for outsider in outsiders:
            assert client.request(method, path, actor=outsider).status_code == 403, (path, outsider.name)


def test_an_item_that_is_not_public_does_not_exist_for_owners(
    client: Any, make_item: Make, make_member: Make, pm: Member
) -> None:
    item = make_item("还没想好的事", public=False)
    for path in ("/roadmap", "/api/v1/roadmap", "/roadmap?board=1"):
        assert "还没想好的事" not in client.get(path).text
    for reader in (None, make_member()):
        assert client.get(f"/roadmap/{item.id}", actor=reader).status_code == 404
    assert client.get(f"/roadmap/{item.id}", actor=pm).status_code == 200
    assert "还没想好的事" in client.get("/roadmap", actor=pm).text
    assert client.get(f"/roadmap/{item.id}", actor=pm).headers["cache-control"] == "private, no-store"


def test_notes_and_staff_posts_and_draft_releases_stay_inside(
    client: Any, make_item: Make, step: Make, put_post: Make, make_release: Make, pm: Member
) -> None:
    secret = put_post("员工内部的话", visibility=Visibility.STAFF)
    release = make_release("9.9-秘密", public=False)
    item = make_item("条目", posts=[put_post("公开的话"), secret])
    step(item, "decided", "会做。", note="供应商还没签。", release_id=release.id)
    for path in (f"/roadmap/{item.id}", "/roadmap", "/api/v1/roadmap", "/releases", "/api/v1/releases"):
        seen = client.get(path).text
        for inside in ("供应商还没签", "员工内部的话", "9.9-秘密"):
            assert inside not in seen, (path, inside)
    staff = client.get(f"/roadmap/{item.id}", actor=pm).text
    assert "供应商还没签" in staff
    assert "9.9-秘密" in staff


def test_the_page_says_who_asked_and_what_is_mine(client: Any, make_item: Make, voices: SimpleNamespace) -> None:
    item = make_item("座椅降噪", themes=[voices.theme], stage="studied")
    guest = client.get(f"/roadmap/{item.id}").text
    assert "座椅通风噪音" in guest
    assert "走到studied。" in guest
    assert "来自 3 位车主" in guest
    assert "这里有你的一份" not in guest
    mine = client.get(f"/roadmap/{item.id}", actor=voices.wu).text
    assert "这里有你的一份" in mine
    assert "你支持或关注了" in mine


def test_shipped_items_thank_those_by_name_who_agreed_to_it(
    client: Any, make_item: Make, put_post: Make, make_member: Make, pm: Member
) -> None:
    willing, silent, hidden = make_member("林愿意"), make_member("陈沉默"), make_member("吴内部")
    for member in (willing, hidden):
        client.post("/account", actor=member, data={"name": member.name, "named_in_releases": "1"})
    posts = [put_post(author=silent), put_post(author=willing), put_post(author=hidden, visibility="staff")]
    item = make_item("座椅降噪", posts=posts, stage="arrived")

    def thanks(path: str, reader: Member | None) -> str:
        page = client.get(path, actor=reader).text
        found = re.search(r'<p class="road-(?:thanks|celebrate)">.*?</p>', page, re.DOTALL)
        return found[0] if found else ""

    for path in (f"/roadmap/{item.id}", "/roadmap"):
        # A colleague reads the internal post, and still nobody is thanked for it who is not thanked in public.
        for reader in (None, pm):
            said = thanks(path, reader)
            assert "谢谢 林愿意" in said, path
            assert "陈沉默" not in said, path
            assert "吴内部" not in said, path
    client.post("/account", actor=willing, data={"name": willing.name})
    assert "林愿意" not in thanks(f"/roadmap/{item.id}", None)
    assert "谢谢每一位" in thanks(f"/roadmap/{item.id}", None)
    assert thanks("/roadmap", None) == ""


def test_my_car_is_told_from_the_release(
    client: Any, make_item: Make, make_release: Make, make_member: Make, make_vehicle: Make
) -> None:
    out = make_release("2.2", released_at=clock.now() - timedelta(days=3), models=["云麓"])
    item = make_item("方向盘加热", stage="arrived", release=out.id)
    expected = {
        ("云麓", "2.2.1"): "OTA 2.2 已带来", ("云麓", "2.1"): "随 OTA 2.2 推送", ("小满", "2.2"): "不适用",
    }  # fmt: skip
    for (model, software), words in expected.items():
        owner = make_member()
        make_vehicle(owner, model, software=software)
        assert words in client.get(f"/roadmap/{item.id}", actor=owner).text
        assert words in client.get("/roadmap", actor=owner).text


def test_a_new_item_and_its_first_step_without_script(client: Any, pm: Member, database: Database) -> None:
    assert client.get("/roadmap/new", actor=pm).status_code == 200
    refused = client.post("/roadmap", actor=pm, data={"title": "", "what": "写了一半"})
    assert refused.status_code == 422
    assert "写了一半" in refused.text
    made = client.post("/roadmap", actor=pm, data={"title": "新条目", "public": "1", "sentence": "收到了，谢谢。"})
    assert made.status_code == 303
    page = client.get(made.headers["location"])
    assert "新条目" in page.text
    assert "收到了，谢谢。" in page.text
    with database.read() as session:
        assert session.exec(select(ItemChange.occurrence)).one() == 1


@pytest.mark.parametrize("way", ["theme", "post"])
def test_a_new_item_that_moves_posts_says_a_sentence_to_their_owners(
    client: Any, pm: Member, voices: SimpleNamespace, database: Database, way: str
) -> None:
    data = {"title": "座椅降噪", way: str(voices.theme.id if way == "theme" else voices.posts[0].id)}
    refused = client.post("/roadmap", actor=pm, data={**data, "public": "1", "sentence": "  "})
    assert refused.status_code == 422
    assert "请用一句话告诉车主" in refused.text
    assert f'name="{way}" value="{data[way]}"' in refused.text
    with database.read() as session:
        assert session.exec(select(RoadmapItem)).all() == []
    # Inside the house nothing moves yet, so nobody is owed a sentence.
    assert client.post("/roadmap", actor=pm, data=data).status_code == 303
    assert client.post("/roadmap", actor=pm, data={**data, "public": "1", "sentence": "收到了。"}).status_code == 303
    with database.read() as session:
        assert session.get_one(Post, voices.posts[0].id).status == PostStatus.REVIEWING


def test_a_step_without_a_sentence_comes_back_with_what_was_typed(
    client: Any, make_item: Make, pm: Member, database: Database
) -> None:
    item = make_item()
    form = {"stage": "built", "sentence": " ", "note": "内部备注留着", "seen": "0"}
    refused = client.post(f"/roadmap/{item.id}/stage", actor=pm, data=form)
    assert refused.status_code == 422
    assert "内部备注留着" in refused.text
    done = client.post(f"/roadmap/{item.id}/stage", actor=pm, data={**form, "sentence": "开工了。"})
    assert done.headers["location"] == f"/roadmap/{item.id}"
    crossed = client.post(f"/roadmap/{item.id}/stage", actor=pm, data={**form, "stage": "pilot", "sentence": "又一步"})
    assert crossed.status_code == 409
    with database.read() as session:
        assert list(session.exec(select(ItemChange.sentence))) == ["开工了。"]


def test_editing_and_moving_without_script(client: Any, make_item: Make, pm: Member, database: Database) -> None:
    first, second = make_item("甲"), make_item("乙")
    edited = client.post(f"/roadmap/{first.id}/edit", actor=pm, data={"title": "甲改", "why": "因为", "public": "1"})
    assert edited.status_code == 303
    moved = client.post(f"/roadmap/{first.id}/move", actor=pm, data={"way": "up"})
    assert moved.headers["location"] == "/roadmap?status=considering"
    with database.read() as session:
        titles = select(RoadmapItem.title).order_by(RoadmapItem.position)  # type: ignore[arg-type]
        assert list(session.exec(titles)) == ["甲改", "乙"]
    assert client.post(f"/roadmap/{second.id}/edit", actor=pm, data={"title": "乙", "board": "77"}).status_code == 422


def test_a_phone_sees_the_chosen_column(client: Any, make_item: Make) -> None:
    make_item(stage="decided")
    page = client.get("/roadmap?status=planned").text
    assert 'class="road-column road-planned is-current"' in page
    assert client.get("/roadmap?status=unknown").status_code == 422


@pytest.mark.parametrize("signed_in", [False, True])
def test_the_board_costs_few_queries_however_long_it_is(
    client: Any, make_item: Make, put_post: Make, make_member: Make, count_queries: Make, signed_in: bool
) -> None:
    reader = make_member() if signed_in else None
    client.get("/roadmap", actor=reader)
    for stage in ("studied", "built", "arrived", "verified", "decided") * 2:
        make_item(posts=[put_post(author=make_member())], stage=stage)
    with count_queries() as statements:
        client.get("/roadmap", actor=reader)
    # items, columns, boards, product lines, contributors, their posts and who of them agreed to be named; for members
    # also the session, the cars with what they get, and the unread count
    assert len(statements) <= (11 if signed_in else 7), statements


def test_the_json_board_pages_without_gap_or_repeat(client: Any, make_item: Make) -> None:
    ids = {make_item(stage=stage).id for stage in ("studied", "decided", "built", "arrived", "declined")}
    seen: list[int] = []
    cursor = ""
    while True:
        answer = client.get(f"/api/v1/roadmap?limit=2{cursor}").json()
        seen += [item["id"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert len(seen) == len(ids)
    assert set(seen) == ids
    only = client.get("/api/v1/roadmap?status=shipped").json()["items"]
    assert [item["stage"] for item in only] == ["arrived"]
    assert client.get("/api/v1/roadmap?cursor=nonsense").json()["error"]["code"] == "bad_cursor"
