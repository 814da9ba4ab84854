"""What stands under the search field while somebody types."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from search.asked import Asked
from search.habits import service
from tests.client import Client

MakePost = Callable[..., Any]


def options(page: str) -> list[str]:
    """Words of the options, in order."""
    found = re.findall(r'role="option".*?<span class="instant-text">(.*?)</span></a>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", text).strip() for text in found]


def test_the_best_posts_come_with_marks_and_a_way_to_all(client: Client, make_post: MakePost) -> None:
    post = make_post("座椅通风太吵")
    make_post("导航不认新路")
    page = client.get("/search/instant?q=座椅").text
    assert "<html" not in page
    assert f'href="/posts/{post.id}"' in page
    assert "<mark>座椅</mark>通风太吵" in page
    assert options(page) == ["座椅通风太吵", "查看“座椅”的全部结果"]


def test_half_a_word_is_enough(client: Client, make_post: MakePost) -> None:
    make_post("升级后 CarPlay 掉线")
    assert "升级后 CarPlay 掉线" in options(client.get("/search/instant?q=carpl").text)


def test_a_find_in_the_body_shows_its_place(client: Client, make_post: MakePost) -> None:
    make_post("夏天的烦恼", body="一开二档，座椅通风就像电吹风")
    page = client.get("/search/instant?q=座椅通风").text
    assert "<small>" in page
    assert "<mark>座椅通风</mark>就像电吹风" in page


def test_pinyin_offers_the_word_first(client: Client, make_post: MakePost) -> None:
    for number in range(6):
        make_post(f"座椅第{number}个毛病")
    found = options(client.get("/search/instant?q=zuoyi").text)
    assert found[0] == "你要找的是不是“座椅”？"
    assert len(found) == 1 + 5 + 1


def test_one_s_own_searches_go_on_from_what_was_typed(
    client: Client, runtime: Runtime, make_member: Callable[..., Member]
) -> None:
    owner, other = make_member(), make_member()
    with runtime.database.write() as session:
        for text in ("座椅通风", "座椅加热", "导航"):
            service.remember(session, owner.id or 0, text, found=1)
        service.remember(session, other.id or 0, "座椅别人", found=1)
        service.save_search(session, Asked(text="座椅", model="云麓"), "云麓的座椅", by=Actor(id=owner.id))
    empty = options(client.get("/search/instant?q=", actor=owner).text)
    assert empty == ["云麓的座椅", "导航", "座椅加热", "座椅通风"]
    typed = options(client.get("/search/instant?q=座椅", actor=owner).text)
    assert typed[:3] == ["云麓的座椅", "座椅加热", "座椅通风"]
    assert options(client.get("/search/instant?q=").text) == []
    assert "别人" not in "".join(empty + typed)


def test_markup_that_is_typed_stays_text(client: Client, make_post: MakePost) -> None:
    make_post("<script>alert(1)</script>座椅")
    for text in ("<script>", "座椅", '"><img src=x>'):
        page = client.get("/search/instant", params={"q": text}).text
        assert "<script>" not in page
        assert "<img" not in page


def test_odd_texts_are_no_failure(client: Client) -> None:
    for text in ("%00", "%ff%fe", "%22%27*", "%20", "a" * 400):
        assert client.get(f"/search/instant?q={text}").status_code == 200


def test_a_pause_in_typing_costs_few_statements(
    client: Client,
    make_post: MakePost,
    make_member: Callable[..., Member],
    count_queries: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    for number in range(12):
        make_post(f"座椅第{number}个毛病")
    owner = make_member()
    client.get("/search/instant?q=座椅", actor=owner, htmx=True)
    with count_queries() as statements:
        client.get("/search/instant?q=座椅", actor=owner, htmx=True)
    ours = [one for one in statements if "search_fts" not in one and "tokens" not in one]
    # Who asks, saved and recent searches, rows checked again, their titles; the rest is the engine's.
    assert len(ours) <= 5, ours
