"""Lists: every row once, in order, for every sort; filters; what a page may cost."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.web.paging import BadCursor, encode_cursor
from forum.boards.models import Board
from forum.posts.listing import Filters, Sort, list_ids, list_posts
from forum.posts.models import Post, PostKind, PostStatus, Visibility
from forum.votes import service as votes
from tests.client import Client
from tests.factories.forum import acting

GUEST = Actor()


def walk(runtime: Runtime, filters: Filters, actor: Actor = GUEST, limit: int = 3) -> list[int]:
    """All ids of a list, page by page."""
    found: list[int] = []
    cursor: str | None = None
    while True:
        with runtime.database.read() as session:
            page = list_posts(session, filters, actor, limit=limit, cursor=cursor)
            assert list_ids(session, filters, actor, limit=limit, cursor=cursor).items == [r.id for r in page.items]
        found += [row.id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
        assert len(page.items) == limit


@pytest.mark.parametrize("sort", list(Sort))
def test_paging_shows_every_row_once_and_in_order(runtime: Runtime, make_post: Callable[..., Post], sort: Sort) -> None:
    now = clock.now()
    # Equal keys on purpose: ties must neither repeat nor skip at the seam of two pages.
    posts = [
        make_post(votes=number % 3, created_at=now - timedelta(days=number // 4))
        for number in range(11)
    ]  # fmt: skip
    key = {Sort.HOT: lambda p: (p.hot, p.id), Sort.NEW: lambda p: (p.created_at, p.id),
           Sort.TOP: lambda p: (p.vote_count, p.id)}[sort]  # fmt: skip
    assert walk(runtime, Filters(sort=sort)) == [p.id for p in sorted(posts, key=key, reverse=True)]


def test_a_vote_between_two_pages_repeats_nothing_that_was_not_voted(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    posts = [make_post() for _ in range(6)]
    with runtime.database.read() as session:
        first = list_posts(session, Filters(sort=Sort.TOP), GUEST, limit=3)
    with runtime.database.write() as session:
        votes.cast_vote(session, session.get_one(Post, first.items[0].id), voter=acting(runtime, make_member()))
    with runtime.database.read() as session:
        second = list_posts(session, Filters(sort=Sort.TOP), GUEST, limit=3, cursor=first.next_cursor)
    assert sorted(row.id for row in [*first.items, *second.items]) == sorted(post.id or 0 for post in posts)


def test_filters_narrow_and_combine(
    runtime: Runtime, make_post: Callable[..., Post], make_board: Callable[..., Board]
) -> None:
    board = make_board("cockpit")
    one = make_post("蓝牙断开", board_id=board.id, kind=PostKind.PROBLEM, model="示例 SUV", tags=("蓝牙",))
    two = make_post("座椅通风", board_id=board.id, status=PostStatus.PLANNED)
    three = make_post("蓝牙耳机", kind=PostKind.PROBLEM)
    assert set(walk(runtime, Filters(board="cockpit"))) == {one.id, two.id}
    assert walk(runtime, Filters(board="nowhere")) == []
    assert set(walk(runtime, Filters(kind=PostKind.PROBLEM))) == {one.id, three.id}
    assert walk(runtime, Filters(status=PostStatus.PLANNED)) == [two.id]
    assert walk(runtime, Filters(model="示例 SUV")) == [one.id]
    assert walk(runtime, Filters(tag="蓝牙")) == [one.id]
    assert set(walk(runtime, Filters(text="藍牙"))) == {one.id, three.id}
    assert walk(runtime, Filters(text="蓝牙", board="cockpit")) == [one.id]
    assert walk(runtime, Filters(text="没有人说过这句")) == []


def test_my_car_shows_the_models_of_the_garage(
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_member: Callable[..., Member],
    make_vehicle: Callable[..., object],
) -> None:
    member = make_member()
    make_vehicle(member, "示例 SUV")
    mine, _other = make_post(model="示例 SUV"), make_post(model="示例轿车")
    assert walk(runtime, Filters(mine=True), acting(runtime, member)) == [mine.id]
    assert walk(runtime, Filters(mine=True), acting(runtime, make_member())) == []


def test_lists_leave_out_what_is_not_for_everybody(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    shown = make_post()
    staff_only = make_post(visibility=Visibility.STAFF)
    make_post(hidden_at=clock.now())
    make_post(deleted_at=clock.now())
    make_post(merged_into_id=shown.id)
    for actor in (GUEST, acting(runtime, make_member())):
        assert walk(runtime, Filters(), actor) == [shown.id]
    assert set(walk(runtime, Filters(), acting(runtime, make_member(), Role.AGENT))) == {shown.id, staff_only.id}


def test_rows_know_the_readers_vote(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    member, post = make_member(), make_post()
    other = make_post()
    with runtime.database.write() as session:
        votes.cast_vote(session, session.get_one(Post, post.id), voter=acting(runtime, member))
    with runtime.database.read() as session:
        rows = list_posts(session, Filters(), acting(runtime, member)).items
    assert {row.id: row.voted for row in rows} == {post.id: True, other.id: False}


@pytest.mark.parametrize(
    "cursor",
    ["x", encode_cursor(["new", "2026-01-01T00:00:00+00:00", 1]), encode_cursor(["hot", "drop table", 1]),
     encode_cursor(["hot", 1.0, 2**62]), encode_cursor(["hot", 1.0, -1]), encode_cursor([1])],
)  # fmt: skip
def test_a_damaged_cursor_is_refused(runtime: Runtime, cursor: str) -> None:
    with runtime.database.read() as session, pytest.raises(BadCursor):
        list_posts(session, Filters(), GUEST, cursor=cursor)


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-01T00:00:00"])
def test_a_cursor_of_newest_holds_an_exact_time(runtime: Runtime, moment: str) -> None:
    with runtime.database.read() as session, pytest.raises(BadCursor):
        list_posts(session, Filters(sort=Sort.NEW), GUEST, cursor=encode_cursor(["new", moment, 1]))


def test_a_page_costs_six_statements_signed_out_and_eight_signed_in(
    client: Client,
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_member: Callable[..., Member],
    make_board: Callable[..., Board],
    count_queries: Callable[..., object],
) -> None:
    board, member = make_board(), make_member()
    for _ in range(25):
        make_post(board_id=board.id, model="示例 SUV")
    client.get("/", actor=member)
    for actor, ceiling in ((None, 6), (member, 8)):
        runtime.memory.clear()
        with count_queries() as statements:  # type: ignore[attr-defined]
            answer = client.get("/", actor=actor)
        assert answer.status_code == 200
        assert answer.text.count("data-row") == 20
        assert len(statements) <= ceiling, statements


def test_the_board_pages_without_script_and_with(client: Client, make_post: Callable[..., Post]) -> None:
    posts = [make_post() for _ in range(23)]
    first = client.get("/")
    next_url = first.text.split('class="pager"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    rest = client.get(next_url)
    assert rest.text.count("data-row") == 3
    assert "<html" in rest.text
    part = client.get(next_url, htmx=True)
    assert part.text.count("data-row") == 3
    assert "<html" not in part.text
    assert "board-controls" not in part.text
    shown = [post.id for post in posts if f'id="post-{post.id}"' in first.text + rest.text]
    assert len(shown) == 23


def test_filters_live_in_the_address(
    client: Client, make_post: Callable[..., Post], make_board: Callable[..., Board]
) -> None:
    board = make_board("cockpit")
    make_post("蓝牙断开", board_id=board.id, kind=PostKind.PROBLEM)
    make_post("座椅通风")
    page = client.get("/?board=cockpit&kind=problem&sort=new&status=&model=&nonsense=1")
    assert "蓝牙断开" in page.text
    assert "座椅通风" not in page.text
    assert "/?sort=new&amp;kind=problem" in page.text  # the other boards keep the other filters
    assert client.get("/boards/cockpit").headers["location"] == "/?board=cockpit"
    part = client.get("/?board=cockpit&kind=&status=&q=", htmx=True)
    assert part.headers["hx-push-url"] == "/?board=cockpit"
    assert "<html" not in part.text
    assert "board-controls" in part.text


def test_public_pages_may_be_kept_for_guests_alone(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member], runtime: Runtime
) -> None:
    post = make_post()
    for path in ("/", f"/posts/{post.id}"):
        assert client.get(path, actor=make_member()).headers["cache-control"] == "private, no-store"
    # The tests' settings keep nothing; then nothing may be called public either.
    assert runtime.settings.guest_cache_seconds == 0
    assert client.get("/").headers["cache-control"] == "private, no-store"


def test_the_strip_counts_what_came_true_this_month(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    from forum.desk.service import set_status

    pm = acting(runtime, make_member(), Role.PM)
    posts = [make_post() for _ in range(3)]
    hidden = make_post(visibility=Visibility.STAFF)
    assert "条建议已上线" not in client.get("/").text
    with runtime.database.write() as session:
        done = [post.id or 0 for post in posts[:2]]
        set_status(session, [*done, hidden.id or 0], PostStatus.SHIPPED, cause=None, by=pm, reason="已上线")
        long_ago = clock.now() - timedelta(days=70)
        set_status(session, [posts[2].id or 0], PostStatus.SHIPPED, cause=None, by=pm, reason="早已上线", at=long_ago)
    runtime.memory.clear()
    assert "本月 2 条建议已上线" in client.get("/").text


def test_rows_kept_drawn_show_every_change_at_once(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, member, other = make_post(), make_member(), make_member()
    assert 'aria-pressed="true"' not in client.get("/", actor=member).text
    client.post(f"/posts/{post.id}/vote", actor=member)
    assert 'aria-pressed="true"' in client.get("/", actor=member).text
    page = client.get("/", actor=other).text
    assert 'aria-pressed="true"' not in page
    assert '<b class="vote-count">1</b>' in page
    assert "待回应" in page
    assert "Waiting for an answer" in client.get("/", actor=other, language="en").text
