"""One vote per person; the counter always equals the votes."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from cocreate.core.outbox import OutboxEntry
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.posts.hot import hot_score
from forum.posts.models import VOTABLE, Post, PostStatus
from forum.votes import service
from forum.votes.models import Vote
from tests.factories.forum import acting


def counted(runtime: Runtime, post: Post) -> tuple[int, int, float]:
    """Counter, rows and hot score as they are stored."""
    with runtime.database.read() as session:
        row = session.get_one(Post, post.id)
        rows = session.exec(select(sa.func.count()).select_from(Vote).where(Vote.post_id == post.id)).one()
        return row.vote_count, rows, row.hot


def cast(runtime: Runtime, post: Post, member: Member) -> bool:
    with runtime.database.write() as session:
        return service.cast_vote(session, session.get_one(Post, post.id), voter=acting(runtime, member))


def withdraw(runtime: Runtime, post: Post, member: Member) -> bool:
    with runtime.database.write() as session:
        return service.withdraw_vote(session, session.get_one(Post, post.id), voter=acting(runtime, member))


def test_the_counter_equals_the_votes_whatever_people_do(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    people = [make_member() for _ in range(4)]

    class Voting(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.post = make_post(author=people[0])
            self.expected: set[int] = set()

        @rule(who=st.integers(0, 3))
        def cast(self, who: int) -> None:
            assert cast(runtime, self.post, people[who]) is (who not in self.expected)
            self.expected.add(who)

        @rule(who=st.integers(0, 3))
        def withdraw(self, who: int) -> None:
            assert withdraw(runtime, self.post, people[who]) is (who in self.expected)
            self.expected.discard(who)

        @invariant()
        def equal(self) -> None:
            counter, rows, hot = counted(runtime, self.post)
            assert counter == rows == len(self.expected) >= 0
            assert hot == hot_score(counter, self.post.created_at)

    run_state_machine_as_test(
        Voting,
        settings=settings(
            max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_two_threads_of_one_person_make_one_vote(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, member = make_post(), make_member()
    gate = threading.Barrier(2)
    results: list[bool] = []

    def press() -> None:
        gate.wait()
        results.append(cast(runtime, post, member))

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, True]
    assert counted(runtime, post)[:2] == (1, 1)


def test_many_people_at_once_lose_no_vote(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post = make_post()
    people = [make_member() for _ in range(6)]
    threads = [threading.Thread(target=cast, args=(runtime, post, member)) for member in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counter, rows, hot = counted(runtime, post)
    assert (counter, rows) == (6, 6)
    assert hot == hot_score(6, post.created_at)


@pytest.mark.parametrize("status", sorted(set(PostStatus) - VOTABLE))
def test_what_is_decided_takes_and_gives_back_no_votes(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member], status: PostStatus
) -> None:
    post, member = make_post(status=status, votes=2), make_member()
    with pytest.raises(service.VotingClosed):
        cast(runtime, post, member)
    with pytest.raises(service.VotingClosed):
        withdraw(runtime, post, member)
    assert counted(runtime, post)[:2] == (2, 2)


@pytest.mark.parametrize("status", sorted(VOTABLE))
def test_what_is_open_takes_votes(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member], status: PostStatus
) -> None:
    assert cast(runtime, make_post(status=status), make_member())


def test_a_second_cast_tells_nobody(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, member = make_post(), make_member()
    cast(runtime, post, member)
    cast(runtime, post, member)
    with runtime.database.read() as session:
        told = session.exec(select(OutboxEntry).where(col(OutboxEntry.name) == "forum.VoteCast")).all()
    assert [entry.payload for entry in told] == [{"post_id": post.id, "member_id": member.id}]
