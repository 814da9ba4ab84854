"""Suggestions from the first look to the decision and back."""

from datetime import timedelta

import pytest
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.errors import NotFound
from cocreate.core.outbox import OutboxEntry, publish
from cocreate.notify.inbox.models import InboxMessage
from forum.duplicates import jobs, queries, service
from forum.duplicates.models import DuplicateRun, MergeReport, MergeSuggestion, Origin, State
from forum.events import PostEdited, PostsImported
from forum.merging.models import Merge
from forum.merging.service import merge_posts, undo_merge
from forum.posts import service as posts
from forum.posts.models import Post, Visibility
from tests.factories.forum import acting


@pytest.fixture
def moderator(runtime, make_member):
    return acting(runtime, make_member("版主", Role.MODERATOR), Role.MODERATOR)


@pytest.fixture
def owner(runtime, make_member):
    return acting(runtime, make_member("车主甲"), Role.MEMBER)


@pytest.fixture
def look(runtime, database, worker):
    """Look through all posts now."""

    def looking():
        with database.write() as session:
            run_id = jobs.start_run(session).id
        worker.drain()
        with database.read() as session:
            run = session.get_one(DuplicateRun, run_id)
            assert run.finished_at is not None
            return run

    return looking


@pytest.fixture
def rows(database):
    """All suggestions by pair, as they are now."""

    def reading():
        with database.read() as session:
            return {row.pair: row for row in session.exec(select(MergeSuggestion))}

    return reading


@pytest.fixture
def leaks(make_post):
    """Two posts that say the same, and some that do not; the second has more votes."""
    pair = make_post("天窗漏水严重"), make_post("天窗一直漏水", votes=3)
    for title in ("导航卡顿", "座椅太硬", "变速箱异响", "雨刷老化"):
        make_post(title)
    return pair


def pair_of(*posts):
    return tuple(sorted(post.id for post in posts))


def test_a_run_finds_what_says_the_same(leaks, look, rows):
    run = look()
    assert (run.posts, run.done, run.found) == (6, 6, 1)
    (row,) = rows().values()
    assert row.pair == pair_of(*leaks)
    assert (row.state, row.origin) == (State.OPEN, Origin.MACHINE)
    assert row.score >= 0.75
    assert set(row.words) == {"天窗", "漏水"}


def test_a_second_run_suggests_nothing_twice(leaks, look, rows):
    look()
    assert look().found == 0
    assert len(rows()) == 1


def test_a_run_goes_on_where_it_was_interrupted(leaks, make_post, database, runtime, rows, monkeypatch):
    again = make_post("天窗漏水")
    with database.write() as session:
        run_id = jobs.start_run(session).id
    monkeypatch.setattr(jobs, "BLOCK", 2)
    keep, calls = jobs.store.keep, []

    def dying(session, pairs):
        calls.append(len(pairs))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return keep(session, pairs)

    monkeypatch.setattr(jobs.store, "keep", dying)
    with pytest.raises(KeyboardInterrupt):
        jobs.find_duplicates(runtime, run_id=run_id)
    with database.read() as session:
        assert session.get_one(DuplicateRun, run_id).done == 4
    blocks = []
    monkeypatch.setattr(jobs.store, "keep", lambda session, pairs: blocks.append(pairs) or keep(session, pairs))
    jobs.find_duplicates(runtime, run_id=run_id)
    assert len(blocks) == 2, "only what was not compared yet"
    assert set(rows()) == {pair_of(*leaks), pair_of(leaks[0], again), pair_of(leaks[1], again)}
    with database.read() as session:
        run = session.get_one(DuplicateRun, run_id)
        assert (run.done, run.found, run.finished_at is None) == (7, 3, False)
    jobs.find_duplicates(runtime, run_id=run_id)
    assert len(blocks) == 2, "a run that is over changes nothing"


def test_one_run_at_a_time(database):
    with database.write() as session:
        first = jobs.start_run(session)
        assert jobs.start_run(session).id == first.id
        jobs.find_nightly(session)
        assert len(session.exec(select(DuplicateRun)).all()) == 1


def test_a_new_post_is_compared_at_once(make_post, database, worker, owner, rows):
    first = make_post("天窗漏水严重")
    with database.write() as session:
        written = posts.submit_post(session, posts.Draft(title="天窗一直漏水"), author=owner)
    worker.drain()
    assert set(rows()) == {pair_of(first, written)}


def test_an_edited_post_is_compared_anew(leaks, look, database, worker, rows):
    look()
    with database.write() as session:
        post = session.get_one(Post, leaks[0].id)
        post.title = "方向盘掉漆"
        session.add(post)
        publish(session, PostEdited(post_id=post.id))
    worker.drain()
    assert [row.state for row in rows().values()] == [State.STALE]
    with database.write() as session:
        post = session.get_one(Post, leaks[0].id)
        post.title = "天窗漏水"
        session.add(post)
        publish(session, PostEdited(post_id=post.id))
    worker.drain()
    assert [row.state for row in rows().values()] == [State.OPEN]


def test_few_imported_voices_are_compared_at_once_and_many_by_a_run(leaks, database, worker, rows):
    with database.write() as session:
        publish(session, PostsImported(import_id=1, post_ids=[leaks[1].id]))
    worker.drain()
    assert set(rows()) == {pair_of(*leaks)}
    with database.write() as session:
        jobs.match_imported(session, PostsImported(import_id=1, post_ids=list(range(1, jobs.FEW + 2))))
        assert session.exec(select(DuplicateRun)).one().finished_at is None


def test_what_only_staff_may_read_is_not_compared_with_what_everybody_may(make_post, look, rows):
    make_post("天窗漏水严重")
    private = [make_post(title, visibility=Visibility.STAFF) for title in ("天窗一直漏水", "天窗漏水")]
    look()
    assert set(rows()) == {pair_of(*private)}


def test_hidden_deleted_and_merged_posts_are_not_suggested(make_post, look, database, moderator, rows):
    seen, hidden, gone = (make_post(title) for title in ("天窗漏水", "天窗漏水严重", "天窗一直漏水"))
    with database.write() as session:
        for post, field in ((hidden, "hidden_at"), (gone, "deleted_at")):
            row = session.get_one(Post, post.id)
            setattr(row, field, clock.now())
            session.add(row)
    look()
    assert rows() == {}
    assert seen.id


def test_a_suggestion_whose_post_is_hidden_leaves_the_queue_at_once(leaks, look, database):
    look()
    with database.write() as session:
        assert len(queries.open_ids(session, queries.Filters())) == 1
        row = session.get_one(Post, leaks[0].id)
        row.hidden_at = clock.now()
        session.add(row)
        session.flush()
        assert queries.open_ids(session, queries.Filters()) == []


def test_accepting_merges_and_undoing_brings_both_back(leaks, look, database, worker, moderator, rows):
    look()
    low, high = leaks
    ((pair, row),) = rows().items()
    with database.write() as session:
        decision_id = service.accept(session, row.id, keep_id=high.id, by=moderator).id
    worker.drain()
    with database.read() as session:
        assert session.get_one(Post, low.id).merged_into_id == high.id
    assert rows()[pair].state == State.ACCEPTED
    with database.write() as session:
        service.undo(session, decision_id, by=moderator)
    worker.drain()
    with database.read() as session:
        assert session.get_one(Post, low.id).merged_into_id is None
    assert rows()[pair].state == State.OPEN
    with database.write() as session, pytest.raises(service.UndoneAlready):
        service.undo(session, decision_id, by=moderator)


def test_a_pair_is_decided_once(leaks, look, database, moderator, rows):
    look()
    (row,) = rows().values()
    with database.write() as session:
        service.reject(session, row.id, by=moderator)
    for decide in (
        lambda session: service.reject(session, row.id, by=moderator),
        lambda session: service.accept(session, row.id, keep_id=leaks[0].id, by=moderator),
    ):
        with pytest.raises(service.DecidedAlready), database.write() as session:
            decide(session)
    with database.read() as session:
        assert session.exec(select(Merge)).all() == []


def test_a_post_of_another_pair_cannot_stay(leaks, look, database, moderator, make_post, rows):
    look()
    (row,) = rows().values()
    with pytest.raises(service.NotOfThePair), database.write() as session:
        service.accept(session, row.id, keep_id=make_post("别的").id, by=moderator)


def test_what_was_rejected_never_comes_back(leaks, look, database, worker, moderator, rows):
    look()
    (row,) = rows().values()
    with database.write() as session:
        service.reject(session, row.id, by=moderator)
    look()
    with database.write() as session:
        publish(session, PostEdited(post_id=leaks[0].id))
    worker.drain()
    assert [one.state for one in rows().values()] == [State.REJECTED]


def test_what_was_rejected_does_not_come_back_through_a_merge(
    leaks, look, make_post, database, worker, moderator, rows
):
    look()
    (row,) = rows().values()
    head = make_post("完全是另一回事的话题")
    with database.write() as session:
        service.reject(session, row.id, by=moderator)
        merge_posts(session, leaks[0].id, head.id, by=moderator)
    worker.drain()
    look()
    assert {one.state for one in rows().values()} == {State.REJECTED}


def test_suggestions_follow_a_merged_post_to_the_head(leaks, look, make_post, database, worker, moderator, rows):
    look()
    head = make_post("完全是另一回事的话题")
    with database.write() as session:
        merge_posts(session, leaks[0].id, head.id, by=moderator)
    worker.drain()
    told = rows()
    assert told[pair_of(*leaks)].state == State.STALE
    assert told[pair_of(leaks[1], head)].state == State.OPEN
    look()
    assert rows()[pair_of(leaks[1], head)].state == State.OPEN, "the words of the merged post still speak"


def test_a_merge_on_the_page_answers_the_suggestion(leaks, look, database, worker, moderator, rows):
    look()
    with database.write() as session:
        merge_id = merge_posts(session, leaks[0].id, leaks[1].id, by=moderator).id
    worker.drain()
    (row,) = rows().values()
    assert (row.state, row.decided_by_id) == (State.ACCEPTED, moderator.id)
    with database.write() as session:
        undo_merge(session, merge_id, by=moderator)
    worker.drain()
    look()
    (row,) = rows().values()
    assert row.state == State.REJECTED, "taken back by hand: they are not the same"


def test_a_group_is_decided_at_one_stroke(leaks, look, make_post, database, worker, moderator, rows):
    third = make_post("天窗漏水")
    look()
    first, second = leaks
    assert len(rows()) >= 2
    with database.read() as session:
        assert set(queries.group_around(session, pair_of(first, second))) == {third.id}
    with database.write() as session:
        decision = service.accept_group(session, [first.id, third.id], keep_id=second.id, by=moderator)
        assert len(decision.merge_ids) == 2
    worker.drain()
    assert {row.state for row in rows().values()} == {State.ACCEPTED}
    with database.write() as session:
        service.undo(session, decision.id, by=moderator)
    worker.drain()
    assert {row.state for row in rows().values()} == {State.OPEN}
    with database.read() as session:
        assert all(session.get_one(Post, post.id).merged_into_id is None for post in (first, third))


def test_posts_that_nothing_joins_are_no_group(leaks, look, make_post, database, moderator):
    stranger = make_post("不相干的事")
    look()
    with pytest.raises(service.NotOfThePair), database.write() as session:
        service.accept_group(session, [leaks[0].id, stranger.id], keep_id=leaks[1].id, by=moderator)


def test_an_owner_says_that_two_are_the_same(make_post, database, owner, rows):
    one, other = make_post("大灯起雾"), make_post("座椅太硬")
    with database.write() as session:
        for _ in range(2):
            service.report_same(session, session.get_one(Post, other.id), one.id, by=owner)
        report = session.exec(select(MergeReport)).one()
        assert (report.member_id, report.from_id) == (owner.id, other.id)
    (row,) = rows().values()
    assert (row.pair, row.origin, row.state) == (pair_of(one, other), Origin.OWNER, State.OPEN)


def test_a_report_of_an_owner_survives_every_look(make_post, database, owner, look, rows):
    one, other = make_post("大灯起雾"), make_post("座椅太硬")
    with database.write() as session:
        service.report_same(session, session.get_one(Post, other.id), one.id, by=owner)
    look()
    assert [row.state for row in rows().values()] == [State.OPEN]


def test_an_owner_cannot_point_at_what_they_may_not_read(make_post, database, owner):
    post, secret = make_post("大灯起雾"), make_post("大灯起雾严重", visibility=Visibility.STAFF)
    with database.write() as session:
        mine = session.get_one(Post, post.id)
        with pytest.raises(NotFound):
            service.report_same(session, mine, secret.id, by=owner)
        with pytest.raises(service.SamePost):
            service.report_same(session, mine, post.id, by=owner)


def messages(database, member_id):
    with database.read() as session:
        found = session.exec(select(InboxMessage).where(InboxMessage.member_id == member_id)).all()
        return [one.notice for one in found if one.notice.startswith("forum.same.")]


def wait_for_the_outcome(database, worker):
    with database.write() as session:
        for entry in session.exec(select(OutboxEntry).where(OutboxEntry.name == "forum.tell_reporters")):
            entry.run_after = clock.now() - timedelta(seconds=1)
            session.add(entry)
    worker.drain()


@pytest.mark.parametrize(("merged", "notice"), [(True, "forum.same.merged"), (False, "forum.same.apart")])
def test_whoever_reported_hears_the_outcome_once(make_post, database, worker, owner, moderator, merged, notice):
    one, other = make_post("大灯起雾"), make_post("座椅太硬")
    with database.write() as session:
        row = service.report_same(session, session.get_one(Post, other.id), one.id, by=owner)

    def decide(session):
        if merged:
            return service.accept(session, row.id, keep_id=one.id, by=moderator).id
        return service.reject(session, row.id, by=moderator).id

    with database.write() as session:
        slip = decide(session)
        service.undo(session, slip, by=moderator)
    wait_for_the_outcome(database, worker)
    assert messages(database, owner.id) == [], "a slip of the hand is not told"
    with database.write() as session:
        decided = decide(session)
    wait_for_the_outcome(database, worker)
    assert messages(database, owner.id) == [notice]
    with database.write() as session:
        service.undo(session, decided, by=moderator)
        decide(session)
    wait_for_the_outcome(database, worker)
    assert messages(database, owner.id) == [notice]


def test_precision_counts_decisions_about_the_machine_and_says_nothing_of_few(database, make_post):
    with database.write() as session:
        for number in range(25):
            low, high = make_post().id, make_post().id
            state = State.ACCEPTED if number < 20 else State.REJECTED
            session.add(MergeSuggestion(low_id=low, high_id=high, score=0.97, state=state))
        for state in (State.ACCEPTED, State.OPEN, State.STALE):
            session.add(MergeSuggestion(low_id=make_post().id, high_id=make_post().id, score=0.8, state=state))
        session.add(
            MergeSuggestion(
                low_id=make_post().id, high_id=make_post().id, score=0.97, state=State.REJECTED, origin=Origin.OWNER
            )
        )  # fmt: skip
    with database.read() as session:
        bands = {band.least: band for band in queries.bands(session)}
    assert (bands[0.95].accepted, bands[0.95].decided, bands[0.95].share) == (20, 25, 80)
    assert (bands[0.8].accepted, bands[0.8].decided, bands[0.8].share) == (1, 1, None)
    assert set(bands) == {0.95, 0.8}
