"""Areas in the inbox: a quiet word on each row, a list beside the views, a filter that lives in the address."""

from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster.themes.models import Theme, ThemeArea, TriageStatus
from forum.posts.models import Post

MakeTheme = Callable[..., Theme]


@pytest.fixture
def make_area(runtime: Runtime) -> Callable[..., int]:
    """`make_area("空调与异味")`: a stored area; its id."""

    def make(name: str, **values: Any) -> int:
        with runtime.database.write() as session:
            area = ThemeArea(name=name, label=name, **values)
            session.add(area)
            session.flush()
            return area.id or 0

    return make


def test_the_inbox_shows_one_area_when_it_is_asked_for(
    client: Any, pm: Member, make_theme: MakeTheme, make_area: Callable[..., int]
) -> None:
    cold, loud = make_area("空调与异味"), make_area("胎噪与隔音")
    make_theme("出风口有霉味", area_id=cold)
    make_theme("高速胎噪大", area_id=loud)
    make_theme("没有领域的主题")
    whole = client.get("/themes", actor=pm).text
    assert all(name in whole for name in ("出风口有霉味", "高速胎噪大", "没有领域的主题"))
    assert f"/themes?area={cold}" in whole
    assert whole.count('class="meta theme-area">空调与异味<') == 1
    one = client.get(f"/themes?area={cold}", actor=pm).text
    assert "出风口有霉味" in one
    assert "高速胎噪大" not in one
    assert "没有领域的主题" not in one
    assert f'name="area" value="{cold}"' in one  # the filter form keeps it
    assert 'class="meta theme-area">空调与异味<' not in one  # every row would say the same


def test_an_area_counts_the_themes_of_the_view(
    client: Any, pm: Member, make_theme: MakeTheme, make_area: Callable[..., int]
) -> None:
    cold, loud = make_area("空调与异味"), make_area("胎噪与隔音")
    make_theme("出风口有霉味", area_id=cold)
    make_theme("夏天不够凉", area_id=cold, status=TriageStatus.TRIAGED)
    make_theme("高速胎噪大", area_id=loud)
    counted = '<span>空调与异味</span><span class="num">{}</span>'
    assert counted.format(1) in client.get("/themes", actor=pm).text
    assert counted.format(2) in client.get("/themes?view=all", actor=pm).text
    assert counted.format(1) in client.get("/themes?view=triaged", actor=pm).text
    assert "<span>胎噪与隔音</span>" not in client.get("/themes?view=triaged", actor=pm).text


def test_an_area_without_a_theme_says_what_to_do(client: Any, pm: Member, make_theme: MakeTheme) -> None:
    make_theme("出风口有霉味")
    assert "没有符合筛选的主题" in client.get("/themes?area=999", actor=pm).text
    assert client.get("/themes?area=x", actor=pm).status_code == 200


def test_a_hidden_area_is_neither_listed_nor_named(
    client: Any, pm: Member, make_theme: MakeTheme, make_area: Callable[..., int]
) -> None:
    area = make_area("隐藏的领域", hidden=True)
    make_area("另一个")
    theme = make_theme("出风口有霉味", area_id=area)
    assert "隐藏的领域" not in client.get("/themes", actor=pm).text
    assert "隐藏的领域" not in client.get(f"/themes/{theme.id}", actor=pm).text


def test_the_theme_shows_its_area_and_who_sees_it_differently(
    client: Any, pm: Member, make_theme: MakeTheme, make_area: Callable[..., int], make_voices: Callable[..., list[int]]
) -> None:
    area = make_area("空调与异味")
    posts = make_voices(["出风口有霉味，开窗也散不掉", "我的车空调一点味道都没有，挺好"])
    theme = make_theme("出风口有霉味", posts=posts, area_id=area, quotes=posts[:1], dissent_id=posts[1])
    page = client.get(f"/themes/{theme.id}", actor=pm).text
    assert f"/themes?view=all&amp;area={area}" in page
    differently = page.split("quote-dissent", 1)[1].split("</figure>", 1)[0]
    assert "一点味道都没有" in differently
    assert "不同的声音" in differently


def test_dissent_that_was_blanked_is_not_shown(
    client: Any, pm: Member, make_theme: MakeTheme, make_voices: Callable[..., list[int]], runtime: Runtime
) -> None:
    posts = make_voices(["出风口有霉味，开窗也散不掉", "我的车空调一点味道都没有，挺好"])
    theme = make_theme("出风口有霉味", posts=posts, quotes=posts[:1], dissent_id=posts[1])
    with runtime.database.write() as session:
        post = session.get(Post, posts[1])
        assert post is not None
        post.deleted_at = clock.now()
        session.add(post)
    page = client.get(f"/themes/{theme.id}", actor=pm).text
    assert "出风口有霉味，开窗也散不掉" in page
    assert "quote-dissent" not in page


def test_the_json_of_a_theme_tells_area_quotes_and_dissent(
    client: Any, pm: Member, make_token: Any, make_theme: MakeTheme, make_area: Callable[..., int], make_voices: Any
) -> None:
    area = make_area("空调与异味")
    posts = make_voices(["出风口有霉味", "滤芯换了还有霉味", "我的车空调没有味道"])
    theme = make_theme("出风口有霉味", posts=posts, area_id=area, quotes=posts[:2], dissent_id=posts[2])
    token = make_token(pm, "themes:read")
    told = client.get(f"/api/v1/themes/{theme.id}", token=token).json()
    assert told["area"] == {"id": area, "name": "空调与异味"}
    assert [quote["post_id"] for quote in told["quotes"]] == posts[:2]
    assert told["dissent"] == {"post_id": posts[2], "text": "我的车空调没有味道"}
    listed = client.get("/api/v1/themes", token=token).json()["items"]
    assert [item["area"] for item in listed] == [{"id": area, "name": "空调与异味"}]
