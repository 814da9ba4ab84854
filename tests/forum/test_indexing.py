"""Posts on the search page."""

from collections.abc import Callable

from forum.posts.models import Post
from tests.client import Client


def test_tags_find_a_post_and_are_not_shown_as_its_text(client: Client, make_post: Callable[..., Post]) -> None:
    post = make_post("车机连接", body="开着开着就断。", tags=("蓝牙", "投屏"))
    by_tag = client.get("/search?q=蓝牙").text
    assert f"/posts/{post.id}" in by_tag
    assert "search-excerpt" not in by_tag
    by_text = client.get("/search?q=就断").text
    assert "search-excerpt" in by_text
    assert "投屏" not in by_text.partition("search-excerpt")[2].partition("</p>")[0]
