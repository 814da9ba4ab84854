"""Which merges are refused, what one tells the rooms above, and 200 votes while posts are merged and taken apart."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.audit import trail
from cocreate.core.errors import NotFound
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.api import people_behind
from forum.desk.service import PartOfAnother, decide, set_status
from forum.merging import service
from forum.merging.models import Merge
from forum.merging.queries import group_of, merge_of, merge_sum
from forum.moderation.service import hide_post, restore_post
from forum.posts.hot import hot_score
from forum.posts.listing import Filters, list_posts
from forum.posts.models import Post, PostStatus, Visibility
from forum.posts.service import Draft, HoldsOthers, delete_post, edit_post
from forum.votes.models import Vote
from forum.votes.service import VotingClosed, cast_vote, withdraw_vote
from search import api as search
from tests.factories.forum import acting

MakePost = Callable[..., Post]
MakeMember = Callable[..., Member]


def stored(runtime: Runtime, post: Post) -> Post:
    with runtime.database.read() as session:
        return session.get_one(Post, post.id)


def test_a_post_is_not_merged_into_itself_nor_in_a_circle_nor_twice(
    make_post: MakePost, merge: Callable[..., Merge]
) -> None:
    one, two, three = make_post(), make_post(), make_post()
    with pytest.raises(service.SamePost):
        merge(one, one)
    merge(one, two)
    with pytest.raises(service.Circular):
        merge(two, one)
    with pytest.raises(service.MergedAlready):
        merge(one, three)
    assert merge(two, three).target_id == three.id
    with pytest.raises(service.Circular):
        merge(three, one)


def test_merging_into_a_merged_post_goes_to_the_head(
    runtime: Runtime, make_post: MakePost, merge: Callable[..., Merge]
) -> None:
    one, two, three = make_post(), make_post(), make_post()
    merge(two, three)
    assert merge(one, two).target_id == three.id
    with runtime.database.read() as session:
        assert group_of(session, one.id or 0).post_ids == (three.id, one.id, two.id)


def test_public_words_never_go_behind_a_post_for_staff_alone(
    make_post: MakePost, merge: Callable[..., Merge], runtime: Runtime
) -> None:
    public, private = make_post(votes=1), make_post(visibility=Visibility.STAFF)
    with pytest.raises(service.ForStaffAlone):
        merge(public, private)
    assert stored(runtime, public).merged_into_id is None
    merge(private, public)


def test_hidden_and_blanked_posts_are_not_merged(make_post: MakePost, merge: Callable[..., Merge]) -> None:
    seen, hidden, gone = make_post(), make_post(hidden_at=clock.now()), make_post(deleted_at=clock.now())
    for pair in ((hidden, seen), (seen, hidden)):
        with pytest.raises(service.OutOfSight):
            merge(*pair)
    for pair in ((gone, seen), (seen, gone)):
        with pytest.raises(NotFound):
            merge(*pair)


def test_an_undo_is_done_once(make_post: MakePost, merge: Callable[..., Merge], undo: Callable[..., Merge]) -> None:
    made = merge(make_post(), make_post())
    undo(made)
    with pytest.raises(service.UndoneAlready):
        undo(made)


def test_the_arithmetic_counts_who_voted_for_both_once(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge]
) -> None:
    one, two = make_post(votes=3, imported_votes=7), make_post(votes=2)
    both = make_member()
    for post in (one, two):
        with runtime.database.write() as session:
            cast_vote(session, session.get_one(Post, post.id), voter=acting(runtime, both))
    with runtime.database.read() as session:
        assert merge_sum(session, one.id or 0, two.id or 0).plain() == {
            "source": 4, "target": 3, "both": 1, "together": 6, "posts": 2, "imported": 7
        }  # fmt: skip
    made = merge(one, two)
    assert made.sums["together"] == stored(runtime, two).vote_count == 6
    with runtime.database.read() as session:
        assert [entry.action for entry in trail(session, "post", one.id or 0)] == ["post.merge"]


def test_the_source_keeps_its_own_status_and_follows_none_by_hand(
    runtime: Runtime, make_post: MakePost, merge: Callable[..., Merge], undo: Callable[..., Merge], moderator: Member
) -> None:
    source, target = make_post(status=PostStatus.REVIEWING), make_post()
    made = merge(source, target)
    staff = acting(runtime, moderator, Role.PM)
    with runtime.database.write() as session:
        with pytest.raises(PartOfAnother):
            decide(session, session.get_one(Post, source.id), PostStatus.PLANNED, reason="下个版本", by=staff)
        decide(session, session.get_one(Post, target.id), PostStatus.PLANNED, reason="下个版本", by=staff)
    assert stored(runtime, source).shown_status == PostStatus.MERGED
    # An item that answers the source itself moves what will be seen once it stands by itself.
    with runtime.database.write() as session:
        set_status(session, [source.id or 0], PostStatus.STARTED, cause=("roadmap_item", 1), by=staff)
    undo(made)
    assert (stored(runtime, source).status, stored(runtime, target).status) == (PostStatus.STARTED, PostStatus.PLANNED)


def test_lists_and_search_show_the_head_alone_and_find_it_by_the_words_of_both(
    runtime: Runtime, worker: Worker, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge],
    undo: Callable[..., Merge],
) -> None:  # fmt: skip
    reader = acting(runtime, make_member())
    source, target = make_post("方向盘太凉"), make_post("冬天手冷")
    secret = make_post("保密的雷达问题", visibility=Visibility.STAFF)
    made = merge(source, target)
    merge(secret, target)
    worker.drain()

    def found(text: str) -> list[int]:
        with runtime.database.read() as session:
            return search.matching_ids(session, text, scope=search.scope_of(reader), kind="post")

    with runtime.database.read() as session:
        assert [row.id for row in list_posts(session, Filters(), reader).items] == [target.id]
    assert found("方向盘") == found("手冷") == [target.id]
    assert found("雷达") == []
    undo(made)
    worker.drain()
    assert found("方向盘") == [source.id]
    assert found("手冷") == [target.id]


def test_an_edited_or_restored_merged_post_finds_its_head_and_never_itself(
    runtime: Runtime, worker: Worker, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge],
    moderator: Member,
) -> None:  # fmt: skip
    author = make_member()
    source, target = make_post("方向盘太凉", author=author), make_post("冬天手冷", author=author)
    merge(source, target)
    staff = acting(runtime, moderator, Role.MODERATOR)
    with runtime.database.write() as session:
        row = session.get_one(Post, source.id)
        edit_post(session, row, Draft("按摩座椅太吵"), editor=acting(runtime, author))
        hide_post(session, row, reason="看看", by=staff)
        restore_post(session, row, by=staff)
    worker.drain()
    with runtime.database.write() as session:
        edit_post(session, session.get_one(Post, target.id), Draft("手冷得很"), editor=acting(runtime, author))
    worker.drain()
    for text in ("按摩座椅", "手冷"):
        with runtime.database.read() as session:
            found = search.matching_ids(session, text, scope=search.scope_of(staff), kind="post")
        assert found == [target.id]
    with runtime.database.write() as session, pytest.raises(HoldsOthers):
        edit_post(
            session, session.get_one(Post, target.id), Draft("手冷", private=True), editor=acting(runtime, author)
        )


def test_a_vote_at_the_address_of_a_merged_post_counts_at_the_head_as_long_as_that_takes_votes(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge]
) -> None:
    source, target = make_post(), make_post()
    merge(source, target)
    voter = acting(runtime, make_member())
    with runtime.database.write() as session:
        assert cast_vote(session, session.get_one(Post, source.id), voter=voter)
    assert (stored(runtime, target).vote_count, stored(runtime, source).vote_count) == (1, 0)
    with runtime.database.read() as session:
        assert list_posts(session, Filters(), voter).items[0].voted
    with runtime.database.write() as session:
        session.get_one(Post, target.id).hidden_at = clock.now()
    with runtime.database.write() as session, pytest.raises(VotingClosed):
        withdraw_vote(session, session.get_one(Post, source.id), voter=voter)


def test_whoever_voted_for_both_has_one_row_in_the_list(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge]
) -> None:
    source, target = make_post(), make_post()
    voter = acting(runtime, make_member())
    for post in (source, target):
        with runtime.database.write() as session:
            cast_vote(session, session.get_one(Post, post.id), voter=voter)
    merge(source, target)
    with runtime.database.read() as session:
        rows = list_posts(session, Filters(), voter).items
    assert [(row.id, row.voted, row.vote_count) for row in rows] == [(target.id, True, 1)]


def test_people_behind_the_head_are_everybody_of_the_group_once(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge]
) -> None:
    writer, voter = make_member(), make_member()
    source, target = make_post(author=writer), make_post(author=voter)
    with runtime.database.write() as session:
        cast_vote(session, session.get_one(Post, source.id), voter=acting(runtime, voter))
        cast_vote(session, session.get_one(Post, target.id), voter=acting(runtime, writer))
    merge(source, target)
    with runtime.database.read() as session:
        behind = people_behind(session, [target.id or 0])
        assert (behind.people, behind.voices) == (2, 2)
        assert behind.authors == {writer.id: [source.id], voter.id: [target.id]}
        assert people_behind(session, [target.id or 0, source.id or 0]) == behind
    with runtime.database.write() as session:
        withdraw_vote(session, session.get_one(Post, target.id), voter=acting(runtime, voter))
    with runtime.database.read() as session:
        assert voter.id not in people_behind(session, [source.id or 0]).voters


def test_when_the_head_is_taken_back_the_strongest_part_takes_its_place_and_its_status(
    runtime: Runtime, make_post: MakePost, merge: Callable[..., Merge], moderator: Member, make_member: MakeMember
) -> None:
    author = make_member()
    head = make_post(author=author, votes=2, status=PostStatus.PLANNED)
    weak, strong = make_post(votes=1), make_post(votes=3)
    secret = make_post(votes=5, visibility=Visibility.STAFF)
    for one in (weak, strong, secret):
        merge(one, head)
    with runtime.database.write() as session:
        delete_post(session, session.get_one(Post, head.id), by=acting(runtime, author))
    now = stored(runtime, strong)
    assert (now.merged_into_id, now.status, now.vote_count) == (None, PostStatus.PLANNED, 11)
    assert {stored(runtime, one).merged_into_id for one in (weak, secret, head)} == {strong.id}
    with runtime.database.read() as session:
        assert (held := merge_of(session, weak.id or 0)) is not None
        assert held.target_id == strong.id
        assert merge_of(session, strong.id or 0) is None


def test_a_vote_that_comes_while_a_merge_is_being_written_waits_and_counts_at_the_head(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, moderator: Member
) -> None:
    source, target, voter = make_post(), make_post(), acting(runtime, make_member())

    def vote() -> None:
        with runtime.database.write() as session:
            cast_vote(session, session.get_one(Post, source.id), voter=voter)

    with ThreadPoolExecutor(1) as pool:
        with runtime.database.write() as session:
            staff = acting(runtime, moderator, Role.MODERATOR)
            service.merge_posts(session, source.id or 0, target.id or 0, by=staff)
            session.flush()
            voting = pool.submit(vote)
            with pytest.raises(TimeoutError):
                voting.result(timeout=0.7)
        voting.result(timeout=20)
    assert (stored(runtime, source).vote_count, stored(runtime, target).vote_count) == (0, 1)


@pytest.fixture
def crowd(runtime: Runtime) -> list[int]:
    """200 members, stored in one go."""
    with runtime.database.write() as session:
        people = [Member(name=f"车主{n}", email=f"crowd{n}@example.com") for n in range(200)]
        session.add_all(people)
        session.flush()
        return [person.id or 0 for person in people]


def test_200_votes_at_once_while_posts_are_merged_and_taken_apart(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, crowd: list[int], moderator: Member
) -> None:
    """Everybody votes for one of three posts, and every fourth takes it back, while the posts are merged in changing
    directions; at every end the counters are the distinct voters, and nobody was turned away by a lock."""
    posts = [make_post() for _ in range(3)]
    staff = acting(runtime, moderator, Role.MODERATOR)
    voters = {member: acting(runtime, Member(id=member, name="")) for member in crowd}
    done = threading.Event()
    failures: list[BaseException] = []

    def vote(number: int) -> None:
        member, post = crowd[number], posts[number % 3]
        try:
            for act in (cast_vote, withdraw_vote) if number % 4 == 0 else (cast_vote,):
                with runtime.database.write() as session:
                    act(session, session.get_one(Post, post.id), voter=voters[member])
        except Exception as problem:
            failures.append(problem)

    def shuffle() -> int:
        rounds = 0
        pairs: Iterator[Any] = iter([(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)] * 200)
        while not done.is_set():
            source, target = next(pairs)
            with runtime.database.write() as session:
                made = service.merge_posts(session, posts[source].id or 0, posts[target].id or 0, by=staff)
            with runtime.database.write() as session:
                service.undo_merge(session, made.id or 0, by=staff)
            rounds += 1
        return rounds

    with ThreadPoolExecutor(9) as pool:
        shuffling = pool.submit(shuffle)
        list(pool.map(vote, range(200)))
        done.set()
        rounds = shuffling.result(timeout=60)
    assert failures == []
    assert rounds >= 1
    check_counters(runtime, posts)
    for source, target in ((0, 1), (1, 2)):
        with runtime.database.write() as session:
            service.merge_posts(session, posts[source].id or 0, posts[target].id or 0, by=staff)
    # 150 keep their vote. Of the others, some had voted at a merged post's head and took nothing back after the undo,
    # because an act belongs to the post that was the head when it was done.
    assert 150 <= check_counters(runtime, posts) <= 200


def check_counters(runtime: Runtime, posts: list[Post]) -> int:
    """Every head's counter is the number of distinct members whose vote counts there; the last one's votes."""
    with runtime.database.read() as session:
        for post in posts:
            row = session.get_one(Post, post.id)
            if row.merged_into_id is not None:
                continue
            distinct = sa.func.count(sa.distinct(col(Vote.member_id)))
            group = group_of(session, row.id or 0).post_ids
            free = session.exec(
                select(distinct).where(col(Vote.post_id).in_(group), col(Vote.withheld_by).is_(None))
            ).one()
            at_head = session.exec(select(distinct).where(Vote.root_id == row.id)).one()
            assert row.vote_count == at_head
            assert at_head >= free
            assert row.hot == hot_score(row.vote_count, row.created_at)
        return session.get_one(Post, posts[-1].id).vote_count
