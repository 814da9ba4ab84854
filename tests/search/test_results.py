"""The results page: tabs, filters, counts in the address, other spellings, and nothing the reader may not see."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.indexing import index_posts
from forum.moderation.service import hide_post
from forum.posts.models import Post, PostKind, PostStatus, Visibility
from roadmap.indexing import index_item, index_release
from roadmap.items.models import RoadmapItem
from roadmap.releases.models import Release
from search import facade
from tests.client import Client

MakePost = Callable[..., Post]
MakeMember = Callable[..., Member]


@pytest.fixture
def make_indexed(make_post: MakePost, runtime: Runtime) -> MakePost:
    """A post of the factory whose status and votes the index knows as well."""

    def make(title: str, **values: Any) -> Post:
        post = make_post(title, **values)
        with runtime.database.write() as session:
            index_posts(session, [post.id or 0])
        return post

    return make


def main_of(page: str) -> str:
    return page.split("<main")[1].split("</main>")[0]


def plain(page: str) -> str:
    return re.sub(r"</?mark>", "", page)


def tabs_of(page: str) -> dict[str, int]:
    """Labels and counts of the tabs."""
    found = re.search(r'<nav class="tabs".*?</nav>', page, re.DOTALL)
    text = found.group() if found else ""
    return {
        label: int(count) for label, count in re.findall(r'">([^<]+)<span class="tab-count">(\d+)</span></a>', text)
    }


def facets_of(page: str) -> dict[str, int]:
    """Labels and counts of all values of the filters."""
    return {
        label: int(count)
        for label, count in re.findall(r"<span>([^<]+)</span><span class=\"search-count\">(\d+)", page)
    }


def test_each_kind_has_its_tab_with_a_count(
    client: Client, make_post: MakePost, make_item: Callable[..., RoadmapItem], runtime: Runtime
) -> None:
    make_post("座椅通风太吵")
    make_post("座椅太硬")
    item = make_item("座椅通风降噪")
    with runtime.database.write() as session:
        release = Release(version="2.4", title="座椅安静了")
        session.add(release)
        session.flush()
        index_release(session, release, ["座椅通风的风扇换了曲线"])
    page = client.get("/search?q=座椅").text
    assert tabs_of(page) == {"全部": 4, "帖子": 2, "路线图": 1, "版本": 1}
    only = client.get("/search?q=座椅&kind=roadmap_item").text
    assert f"/roadmap/{item.id}" in main_of(only)
    assert "座椅太硬" not in plain(main_of(only))
    assert "OTA 2.4" in main_of(client.get("/search?q=风扇换了&kind=release").text)


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("variety=problem", {"太吵"}),
        ("status=planned", {"太硬"}),
        ("model=云麓", {"太吵"}),
        ("model=云麓&variety=idea", set()),
        ("since=7d", {"太吵", "太硬"}),
        ("until=2020-01-01", set()),
        ("answered=no", {"太吵", "太硬"}),
        ("answered=yes", set()),
    ],
)
def test_filters_of_the_address_narrow_the_results(
    client: Client, make_indexed: MakePost, query: str, left: set[str]
) -> None:
    make_indexed("座椅太吵", kind=PostKind.PROBLEM, model="云麓")
    make_indexed("座椅太硬", kind=PostKind.IDEA, status=PostStatus.PLANNED, model="晴川")
    page = plain(main_of(client.get(f"/search?q=座椅&{query}").text))
    assert {word for word in ("太吵", "太硬") if f"座椅{word}" in page} == left


def test_filters_say_how_many_they_leave_and_can_be_taken_away(client: Client, make_post: MakePost) -> None:
    make_post("座椅太吵", model="云麓")
    make_post("座椅太硬", model="云麓")
    make_post("座椅太热", model="晴川")
    facets = facets_of(client.get("/search?q=座椅").text)
    assert (facets["云麓"], facets["晴川"]) == (2, 1)
    narrowed = client.get("/search?q=座椅&model=晴川").text
    assert tabs_of(narrowed)["全部"] == 1
    assert facets_of(narrowed)["云麓"] == 2
    assert re.search(r'class="chip-remove" href="/search\?q=[^"&]+"', narrowed)


def test_the_order_is_in_the_address(client: Client, make_indexed: MakePost) -> None:
    old = make_indexed("座椅太吵", votes=3)
    new = make_indexed("座椅太硬，另外还有点热")
    best = plain(client.get("/search?q=座椅&sort=votes").text)
    assert best.index(f"/posts/{old.id}") < best.index(f"/posts/{new.id}")
    newest = plain(client.get("/search?q=座椅&sort=new").text)
    assert newest.index(f"/posts/{new.id}") < newest.index(f"/posts/{old.id}")


def test_pinyin_is_read_as_words_marked_and_can_be_taken_literally(client: Client, make_post: MakePost) -> None:
    for number in range(6):
        make_post(f"座椅第{number}个毛病")
    page = client.get("/search?q=zuoyi").text
    assert "<mark>座椅</mark>" in main_of(page)
    assert re.search(r'你要找的是不是\s*<a href="/search\?q=%E5%BA%A7%E6%A4%85">座椅</a>', page)
    assert 'href="/search?exact=1&amp;q=zuoyi"' in page
    exact = client.get("/search?q=zuoyi&exact=1").text
    assert "<mark>座椅</mark>" not in exact


def test_one_wrong_character_is_read_as_the_word_and_marked(client: Client, make_post: MakePost) -> None:
    for number in range(25):
        make_post(f"座椅第{number}个毛病")
    page = client.get("/search?q=座倚").text
    assert "<mark>座椅</mark>" in main_of(page)
    assert re.search(r"你要找的是不是\s*<a [^>]+>座椅</a>", page)


def test_nothing_found_leads_on(client: Client, make_post: MakePost) -> None:
    make_post("空调除雾")
    page = main_of(client.get("/search?q=空调量子悬挂").text)
    assert "/posts/new?title=%E7%A9%BA%E8%B0%83%E9%87%8F%E5%AD%90%E6%82%AC%E6%8C%82" in page
    narrowed = main_of(client.get("/search?q=空调除雾&model=没有这车").text)
    assert 'href="/search?q=%E7%A9%BA%E8%B0%83%E9%99%A4%E9%9B%BE"' in narrowed


def test_the_json_takes_the_same_filters_and_says_what_was_rewritten(client: Client, make_post: MakePost) -> None:
    for number in range(6):
        make_post(f"座椅第{number}个毛病", model="云麓" if number else "晴川")
    body = client.get("/api/v1/search?q=zuoyi&model=晴川").json()
    assert [hit["title"] for hit in body["hits"]] == ["座椅第0个毛病"]
    assert {"typed": "zuoyi", "words": ["座椅"], "via": "pinyin"} in body["rewritten"]
    for wrong in ("sort=worst", "since=gestern", "answered=maybe", "board=x"):
        assert client.get(f"/api/v1/search?q=座椅&{wrong}").status_code == 422
    titles = client.get("/api/v1/search/suggest?q=座椅第3").json()["suggestions"]
    assert titles[0]["text"] == "座椅第3个毛病"
    assert client.get("/api/v1/search/suggest?q=").json() == {"suggestions": []}


def test_a_stand_in_says_that_it_is_one(client: Client, make_post: MakePost, monkeypatch: pytest.MonkeyPatch) -> None:
    make_post("座椅通风太吵")
    sentence = "平时的搜索暂时不在"
    assert sentence not in client.get("/search?q=座椅").text
    meant = facade.find

    def find(*arguments: Any) -> facade.Found:
        found = meant(*arguments)
        return replace(found, page=replace(found.page, degraded=True))

    monkeypatch.setattr(facade, "find", find)
    page = client.get("/search?q=座椅").text
    assert sentence in page
    assert "通风太吵" in page


# -- what the reader may not see


def _staff_only(make_post: MakePost, runtime: Runtime) -> str:
    post = make_post("召回内部讨论", visibility=Visibility.STAFF, model="机密车", status=PostStatus.PLANNED)
    with runtime.database.write() as session:
        index_posts(session, [post.id or 0])
    return f"/posts/{post.id}"


def _hidden(make_post: MakePost, runtime: Runtime) -> str:
    post = make_post("召回内部讨论", model="机密车", status=PostStatus.PLANNED)
    with runtime.database.write() as session:
        row = session.get(Post, post.id)
        assert row is not None
        hide_post(session, row, by=Actor(id=None, roles=frozenset({Role.MODERATOR})), reason="测试")
    return f"/posts/{post.id}"


def _draft_item(_make_post: MakePost, runtime: Runtime) -> str:
    with runtime.database.write() as session:
        item = RoadmapItem(title="召回内部讨论", public=False)
        session.add(item)
        session.flush()
        index_item(session, item)
    return f"/roadmap/{item.id}"


@pytest.fixture
def theme(make_theme: Callable[..., Any], runtime: Runtime) -> Any:
    """A theme as the staff sees it."""
    from feedback_cluster.themes.indexing import index_themes

    made = make_theme("召回内部讨论")
    with runtime.database.write() as session:
        index_themes(session, [made])
    return made


PLACES = (
    "/search?q={0}", "/search?q={0}&kind=post", "/search?q={0}&kind=theme", "/search?q={0}&sort=new", "/search",
    "/search/instant?q={0}", "/api/v1/search?q={0}", "/api/v1/search/suggest?q={0}", "/api/v1/similar?text={0}",
)  # fmt: skip


def _look(client: Client, words: Sequence[str], actor: Member | None) -> str:
    places = [place.format(word) for place in PLACES for word in words]
    return plain("\n".join(client.get(place, actor=actor).text for place in places))


@pytest.mark.parametrize("secret", [_staff_only, _hidden, _draft_item])
def test_what_a_reader_may_not_see_is_not_found_counted_suggested_or_marked(
    client: Client, make_post: MakePost, make_member: MakeMember, runtime: Runtime, secret: Callable[..., str]
) -> None:
    address = secret(make_post, runtime)
    make_post("别的话题")
    for reader in (None, make_member()):
        seen = _look(client, ["召回内部", "zhaohui", "zhnbtl", "召会内部"], reader)
        for word in ("召回内部讨论", "机密车", ">召回<", f'"{address}"'):
            assert word not in seen.replace("“召回", ""), word
        page = client.get("/search?q=召回内部", actor=reader).text
        assert set(tabs_of(page).values()) <= {0}
        assert facets_of(page) == {}


def test_themes_are_found_and_counted_for_the_staff_alone(
    client: Client, theme: Any, make_member: MakeMember, make_post: MakePost
) -> None:
    make_post("召回内部讨论是什么意思")
    for reader in (None, make_member()):
        assert f"/themes/{theme.id}" not in _look(client, ["召回内部"], reader)
        assert tabs_of(client.get("/search?q=召回内部", actor=reader).text) == {"全部": 1, "帖子": 1}
    agent = make_member("客服", Role.AGENT)
    assert f"/themes/{theme.id}" in client.get("/search?q=召回内部", actor=agent).text
    assert tabs_of(client.get("/search?q=召回内部", actor=agent).text)["主题"] == 1
    assert f"/themes/{theme.id}" in client.get("/search/instant?q=召回内部", actor=agent).text


def test_the_staff_finds_what_is_for_staff(
    client: Client, make_post: MakePost, make_member: MakeMember, runtime: Runtime
) -> None:
    address = _staff_only(make_post, runtime)
    page = client.get("/search?q=召回内部", actor=make_member("客服", Role.AGENT)).text
    assert f'"{address}"' in page
    assert tabs_of(page)["帖子"] == 1


def test_a_merged_or_renamed_theme_is_found_by_its_new_name_alone(
    client: Client, theme: Any, make_member: MakeMember, runtime: Runtime, pm_actor: Actor, make_post: MakePost
) -> None:
    from feedback_cluster.themes import service as themes
    from feedback_cluster.themes.models import Theme

    agent = make_member("客服", Role.AGENT)
    make_post("充电桩地图不准")
    with runtime.database.write() as session:
        row = session.get(Theme, theme.id)
        assert row is not None
        themes.rename(session, row, "充电桩地图", by=pm_actor)
    assert f"/themes/{theme.id}" in client.get("/search?q=充电桩地图&kind=theme", actor=agent).text
    with runtime.database.write() as session:
        row = session.get(Theme, theme.id)
        assert row is not None
        themes.hide(session, row, by=pm_actor)
    assert f"/themes/{theme.id}" not in client.get("/search?q=充电桩地图&kind=theme", actor=agent).text
    assert "主题" not in tabs_of(client.get("/search?q=充电桩地图", actor=agent).text)


def test_counts_that_were_capped_say_so(client: Client, make_post: MakePost, monkeypatch: pytest.MonkeyPatch) -> None:
    make_post("座椅太吵", model="云麓")
    make_post("座椅太硬", model="晴川")
    counted = facade.facets
    monkeypatch.setattr(facade, "facets", lambda *arguments: replace(counted(*arguments), capped=True))
    page = client.get("/search?q=座椅").text
    assert '<span class="tab-count">2+</span>' in page
    assert '<span class="search-count">1+</span>' in page
