"""What the rooms above get from the forum."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import blank_member
from cocreate.identity.sessions.service import guest
from forum import api
from forum.boards.models import Board
from forum.follows.models import Subscription
from forum.posts.models import Post, PostHold, PostKind, PostStatus, Visibility
from forum.votes.models import Vote
from tests.factories.forum import acting


def test_texts_hold_what_may_be_grouped_and_who_speaks(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    author = make_member()
    own = make_post("自己写的", author=author, body="正文")
    named = make_post("导入的", imported=True, source="weibo", author_label="老王", visibility=Visibility.STAFF)
    nobody = make_post("没有名字", imported=True, source="weibo", external_id="1")
    make_post(deleted_at=clock.now())
    make_post(hidden_at=clock.now())
    merged = make_post("并入的", imported=True, merged_into_id=own.id, votes=2, status=PostStatus.PLANNED)
    with runtime.database.read() as session:
        texts = api.post_texts(session)
        assert [(text.id, text.person) for text in texts] == [
            (own.id, f"m{author.id}"), (named.id, "weibo:老王"), (nobody.id, None), (merged.id, None)
        ]  # fmt: skip
        # A merged post speaks for its theme still; where it stands and who votes is said at the post it leads to.
        assert (texts[3].stands, texts[3].status, texts[3].vote_count) == (PostStatus.OPEN, PostStatus.PLANNED, 0)
        assert (texts[0].title, texts[0].body, texts[1].visibility) == ("自己写的", "正文", "staff")
        assert [text.id for text in api.post_texts(session, after_id=own.id or 0, limit=1)] == [named.id]
        assert [text.id for text in api.post_texts(session, ids=[nobody.id or 0])] == [nobody.id]


def test_supporters_are_distinct_people(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    people = [make_member() for _ in range(4)]
    posts = [make_post(author=people[0]), make_post(author=people[1])]
    label = make_post(imported=True, source="weibo", author_label="老王")
    twin = make_post(imported=True, source="weibo", author_label="老王")
    other = make_post(imported=True, source="douyin", author_label="老王")
    nameless = make_post(imported=True, source="weibo")
    everyone = [post.id or 0 for post in (*posts, label, twin, other, nameless)]

    pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), max_size=8)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(votes=pairs, follows=pairs)
    def law(votes: list[tuple[int, int]], follows: list[tuple[int, int]]) -> None:
        with runtime.database.write() as session:
            for row in [*session.exec(select(Vote)), *session.exec(select(Subscription))]:
                session.delete(row)
            session.flush()
            session.add_all(Vote(member_id=people[m].id or 0, post_id=posts[p].id or 0) for m, p in set(votes))
            session.add_all(
                Subscription(member_id=people[m].id or 0, post_id=posts[p].id or 0) for m, p in set(follows)
            )
        with runtime.database.read() as session:
            behind = api.people_behind(session, everyone)
        named = {0, 1} | {m for m, _ in votes}
        assert behind.people == len(named) + 2  # 老王 counts once per source
        assert behind.voices == 6
        told = named | {m for m, _ in follows}
        assert set(behind.members) == {people[m].id for m in told}
        for member in (0, 1):
            assert behind.members[people[member].id or 0][0] == posts[member].id  # the own post comes first
            assert behind.authors[people[member].id or 0] == [posts[member].id]
        assert all(len(ids) == len(set(ids)) for ids in behind.members.values())

    law()
    with runtime.database.read() as session:
        assert api.people_behind(session, []) == api.Supporters()


def test_cards_say_who_and_whether_the_car_is_known(
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_member: Callable[..., Member],
    make_board: Callable[..., Board],
    make_vehicle: Callable[..., Post],
) -> None:
    author, board = make_member("小周"), make_board("cockpit", "智能座舱")
    car = make_vehicle(author, verified=True)
    post = make_post(author=author, board_id=board.id, vehicle_id=car.id, votes=1)
    label = make_post(imported=True, source="weibo", author_label="老王", imported_votes=9)
    with runtime.database.read() as session:
        cards = api.post_cards(session, [post.id or 0, label.id or 0, 999], actor=guest(runtime))
    one, two = cards[post.id or 0], cards[label.id or 0]
    assert (one.author_name, one.author_verified, one.board_name, one.vote_count) == ("小周", True, "智能座舱", 1)
    assert (two.author_id, two.author_name, two.author_verified, two.imported_votes) == (None, "老王", False, 9)
    assert set(cards) == {post.id, label.id}


def test_a_scope_is_ranked_by_votes(
    runtime: Runtime, make_post: Callable[..., Post], make_board: Callable[..., Board]
) -> None:
    board = make_board()
    low = make_post(board_id=board.id, model="示例 SUV")
    high = make_post(board_id=board.id, model="示例 SUV", votes=2, kind=PostKind.PROBLEM)
    make_post(votes=3, model="示例轿车", created_at=clock.now() - timedelta(days=40))
    make_post(board_id=board.id, model="内部车", visibility=Visibility.STAFF)
    with runtime.database.read() as session:
        assert api.rank_posts(session, board_id=board.id) == [high.id, low.id]
        assert api.rank_posts(session, kind="problem") == [high.id]
        assert api.rank_posts(session, since=clock.now() - timedelta(days=30)) == [high.id, low.id]
        assert api.rank_posts(session, model="示例 SUV") == [high.id, low.id]
        assert api.models_in_use(session) == sorted(["示例 SUV", "示例轿车"])
        assert [one.key for one in api.boards(session)] == [board.key]


def test_a_hold_is_kept_once_per_reason(runtime: Runtime, make_post: Callable[..., Post]) -> None:
    post = make_post()
    with runtime.database.write() as session:
        for why in ("roadmap link", "roadmap link", "moved by hand"):
            api.hold(session, [post.id or 0], why)
    with runtime.database.read() as session:
        holds = session.exec(select(PostHold.why).where(PostHold.post_id == post.id)).all()
    assert sorted(holds) == ["moved by hand", "roadmap link"]


def test_somebody_who_leaves_is_no_longer_named_nor_told(
    runtime: Runtime, worker: object, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    author = make_member("再见")
    post = make_post("留下的话", author=author)
    with runtime.database.write() as session:
        session.add(Subscription(member_id=author.id or 0, post_id=post.id or 0))
        blank_member(session, session.get_one(Member, author.id), by=acting(runtime, author))
    worker.drain()  # type: ignore[attr-defined]
    with runtime.database.read() as session:
        assert session.exec(select(Subscription)).all() == []
        assert api.post_cards(session, [post.id or 0], actor=guest(runtime))[post.id or 0].author_name == ""
