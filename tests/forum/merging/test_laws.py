"""The laws of merging, on random lives of a handful of posts: in the database, and in plain arithmetic."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import col, select

from cocreate.core.actor import Actor, Role
from cocreate.core.errors import Refusal
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.follows.models import Subscription
from forum.follows.service import follow, unfollow
from forum.merging import laws, service
from forum.merging.queries import group_of, merge_of
from forum.posts.hot import hot_score
from forum.posts.models import Post
from forum.posts.service import delete_post
from forum.votes.models import Vote
from forum.votes.service import cast_vote, withdraw_vote
from tests.factories.forum import acting
from tests.forum.merging.world import World

POSTS, PEOPLE = 4, 3
numbers, members = st.integers(0, POSTS - 1), st.integers(0, PEOPLE - 1)


class Stage:
    """Stored posts and people, and what can be done with them, each act in a transaction of its own."""

    def __init__(self, runtime: Runtime, posts: list[Post], people: list[Member]) -> None:
        self.runtime, self.people = runtime, people
        self.ids = [post.id or 0 for post in posts]
        self.actors = [acting(runtime, member) for member in people]
        self.staff: Actor = acting(runtime, people[0], Role.MODERATOR)

    def do(self, act: Callable[..., Any], post: int, **words: Any) -> Any:
        with self.runtime.database.write() as session:
            return act(session, session.get_one(Post, self.ids[post]), **words)

    def cast(self, member: int, post: int) -> bool:
        return bool(self.do(cast_vote, post, voter=self.actors[member]))

    def withdraw(self, member: int, post: int) -> bool:
        return bool(self.do(withdraw_vote, post, voter=self.actors[member]))

    def merge(self, source: int, target: int) -> None:
        with self.runtime.database.write() as session:
            service.merge_posts(session, self.ids[source], self.ids[target], by=self.staff)

    def undo(self, source: int) -> None:
        with self.runtime.database.write() as session:
            merge = merge_of(session, self.ids[source])
            assert merge is not None
            service.undo_merge(session, merge.id or 0, by=self.staff)

    def blank(self, post: int) -> None:
        self.do(delete_post, post, by=self.staff)

    def heads(self) -> dict[int, tuple[set[int], int, float]]:
        """Post → members whose vote counts there, counter, hot score; of the posts that lead nowhere else."""
        with self.runtime.database.read() as session:
            rows = session.exec(
                select(Post).where(col(Post.id).in_(self.ids), col(Post.merged_into_id).is_(None))
            ).all()
            votes = session.exec(select(Vote).where(col(Vote.post_id).in_(self.ids))).all()
            found = {}
            for row in rows:
                assert row.hot == hot_score(row.vote_count, row.created_at)
                who = {self.member(vote.member_id) for vote in votes if vote.root_id == row.id}
                found[self.ids.index(row.id or 0)] = (who, row.vote_count, row.hot)
            return found

    def member(self, member_id: int) -> int:
        return [one.id for one in self.people].index(member_id)

    def votes(self) -> set[tuple[int, int]]:
        with self.runtime.database.read() as session:
            rows = session.exec(select(Vote).where(col(Vote.post_id).in_(self.ids))).all()
            return {(self.member(row.member_id), self.ids.index(row.post_id)) for row in rows}


@pytest.fixture
def stage(runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]) -> Callable[[], Stage]:
    people = [make_member() for _ in range(PEOPLE)]
    return lambda: Stage(runtime, [make_post(author=people[0]) for _ in range(POSTS)], people)


class Life(RuleBasedStateMachine):
    """Anybody does anything; the database and the sets of `World` must agree after each step."""

    stage: Callable[[], Stage]

    @initialize(ballots=st.lists(st.tuples(members, numbers), min_size=2, max_size=6))
    def begin(self, ballots: list[tuple[int, int]]) -> None:
        self.real, self.told = type(self).stage(), World(POSTS)
        for member, post in ballots:
            assert self.real.cast(member, post) is self.told.cast(member, post)

    @rule(member=members, post=numbers)
    def cast(self, member: int, post: int) -> None:
        if not self.told.wishes[self.told.head(post)].blanked:
            assert self.real.cast(member, post) is self.told.cast(member, post)

    @rule(member=members, post=numbers)
    def withdraw(self, member: int, post: int) -> None:
        if not self.told.wishes[self.told.head(post)].blanked:
            assert self.real.withdraw(member, post) is self.told.withdraw(member, post)

    @rule(source=numbers, step=st.integers(1, POSTS - 1))
    def merge(self, source: int, step: int) -> None:
        into = (source + step) % POSTS
        if self.told.may_merge(source, into):
            self.real.merge(source, into)
            self.told.merge(source, into)
        else:
            with pytest.raises(Refusal):
                self.real.merge(source, into)

    @precondition(lambda self: any(wish.into is not None for wish in self.told.wishes))
    @rule(data=st.data())
    def undo(self, data: Any) -> None:
        merged = [n for n, wish in enumerate(self.told.wishes) if wish.into is not None]
        source = data.draw(st.sampled_from(merged))
        self.real.undo(source)
        self.told.undo(source)

    @rule(post=numbers)
    def blank(self, post: int) -> None:
        if not self.told.wishes[post].blanked:
            self.real.blank(post)
            self.told.blank(post)

    @invariant()
    def counters_equal_people(self) -> None:
        found = self.real.heads()
        heads = {n for n, wish in enumerate(self.told.wishes) if wish.into is None}
        assert found.keys() == heads  # a circle would have none
        for post, (who, counter, _) in found.items():
            assert who == self.told.people(post)
            assert counter == len(who)


def test_votes_of_a_group_are_its_distinct_people_whatever_happens(stage: Callable[[], Stage], dialect: str) -> None:
    # The lives are the same on both; PostgreSQL, where each step takes twice as long, walks fewer of them.
    run_state_machine_as_test(
        type("Life", (Life,), {"stage": staticmethod(stage)}),
        settings=settings(
            max_examples=25 if dialect == "sqlite" else 10,
            stateful_step_count=18,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


acts = st.lists(st.tuples(st.sampled_from(["cast", "withdraw"]), members, st.integers(0, 1)), max_size=6)


def test_an_undo_gives_both_sides_what_they_had_and_what_was_done_since(stage: Callable[[], Stage]) -> None:
    """The same acts with and without a merge in between end at the same votes: an act at either address of the merged
    pair is one at its head."""

    @given(voted=st.permutations(["source", "head", "both"]), since=acts, upwards=st.booleans())
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    def law(voted: list[str], since: list[Any], upwards: bool) -> None:
        merged, plain = stage(), stage()
        source, head = (0, 1) if upwards else (1, 0)
        for member, where in enumerate(voted):
            for post in {"source": [source], "head": [head], "both": [source, head]}[where]:
                assert merged.cast(member, post) is plain.cast(member, post) is True
        was = merged.heads()
        merged.merge(source, head)
        for name, member, post in since:
            getattr(merged, name)(member, post)
            getattr(plain, name)(member, head)
        merged.undo(source)
        assert merged.votes() == plain.votes()
        now = merged.heads()
        assert {post: row[:2] for post, row in now.items()} == {post: row[:2] for post, row in plain.heads().items()}
        assert now[source] == was[source]
        if not since:
            assert now == was

    law()


def test_the_order_of_merges_does_not_matter(stage: Callable[[], Stage]) -> None:
    links = [(0, 1), (1, 2), (3, 2)]
    ballots = [(0, 0), (0, 1), (1, 3), (2, 2), (1, 0)]
    ends = []
    for order in itertools.permutations(links):
        one = stage()
        for member, post in ballots:
            one.cast(member, post)
        for source, target in order:
            one.merge(source, target)
        with one.runtime.database.read() as session:
            group = group_of(session, one.ids[0])
        heads = one.heads()
        ends.append(({one.ids.index(i) for i in group.post_ids}, heads[2][:2]))
    assert all(end == ({0, 1, 2, 3}, ({0, 1, 2}, 3)) for end in ends), ends


def test_following_merges_and_comes_back_as_votes_do(stage: Callable[[], Stage]) -> None:
    one = stage()

    def heard(post: int) -> set[int]:
        with one.runtime.database.read() as session:
            rows = session.exec(select(Subscription.member_id).where(Subscription.root_id == one.ids[post]))
            return {one.member(member_id) for member_id in rows}

    one.do(follow, 0, member=one.actors[1])
    one.do(follow, 1, member=one.actors[2])
    one.merge(0, 1)
    assert heard(1) == {1, 2}
    one.do(unfollow, 1, member=one.actors[1])
    assert heard(1) == {2}
    one.do(follow, 0, member=one.actors[0])
    assert heard(1) == {0, 2}
    one.undo(0)
    assert (heard(0), heard(1)) == ({1}, {0, 2})
    one.merge(0, 1)
    assert heard(1) == {0, 2}
    assert one.do(follow, 1, member=one.actors[1])
    assert heard(1) == {0, 1, 2}


links_of = st.dictionaries(numbers, st.one_of(st.none(), numbers), min_size=1)


@given(links=links_of, votes=st.lists(st.tuples(members, numbers, st.one_of(st.none(), numbers)), max_size=8))
def test_the_arithmetic_counts_people_once_or_names_the_circle(links: Any, votes: Any) -> None:
    try:
        heads = {post: laws.head_of(links, post) for post in range(POSTS)}
    except laws.Circle:
        return
    for head in set(heads.values()):
        found = laws.people(links, votes, head)
        assert found <= {member for member, post, _ in votes if heads[post] == head}
        free = {member for member, post, by in votes if heads[post] == head and by is None}
        assert free <= found
        withheld_here = {member for member, post, by in votes if heads[post] == head and by == head}
        assert found.isdisjoint(withheld_here - {m for m, p, by in votes if heads[p] == head and by != head})


def test_a_circle_is_named() -> None:
    with pytest.raises(laws.Circle):
        laws.path({1: 2, 2: 3, 3: 1}, 1)
