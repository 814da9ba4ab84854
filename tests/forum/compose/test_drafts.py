"""Drafts: one window at a time, nothing overwritten, nobody else's business."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.errors import NotFound
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.events import MemberLeft
from cocreate.identity.members.models import Member
from forum.compose import drafts
from forum.compose.drafts import Saving
from forum.compose.models import Draft
from tests.factories.forum import acting


@pytest.fixture
def writer(runtime: Runtime, make_member: Callable[..., Member]) -> Actor:
    return acting(runtime, make_member("写草稿的人"))


def saving(title: str, **values: object) -> Saving:
    return Saving(**{"key": "k1", "fields": {"title": title}, "tab": "a", "seq": 1, **values})  # type: ignore[arg-type]


def titles(session: Session, member: Actor) -> set[str]:
    return {draft.fields["title"] for draft in drafts.drafts_of(session, member)}


def test_saving_again_changes_the_same_draft(session: Session, writer: Actor) -> None:
    first = drafts.save_draft(session, saving("雨"), member=writer)
    second = drafts.save_draft(session, saving("雨刷", seq=2), member=writer)
    assert (first.draft.id, second.draft.version, second.beside) == (second.draft.id, 2, None)
    assert titles(session, writer) == {"雨刷"}


def test_a_saving_that_arrives_late_does_not_undo_a_later_one(session: Session, writer: Actor) -> None:
    drafts.save_draft(session, saving("雨刷太慢", seq=5), member=writer)
    drafts.save_draft(session, saving("雨刷", seq=4), member=writer)
    assert titles(session, writer) == {"雨刷太慢"}


def test_a_second_window_that_knows_the_draft_takes_it_over(session: Session, writer: Actor) -> None:
    drafts.save_draft(session, saving("雨刷"), member=writer)
    taken = drafts.save_draft(session, saving("雨刷太慢", tab="b", version=1), member=writer)
    assert taken.beside is None
    assert titles(session, writer) == {"雨刷太慢"}


def test_two_windows_never_overwrite_each_other(session: Session, writer: Actor) -> None:
    start = drafts.save_draft(session, saving("雨刷"), member=writer).draft
    drafts.save_draft(session, saving("雨刷太慢", tab="b", version=1), member=writer)
    beside = drafts.save_draft(session, saving("雨刷太吵", seq=2, version=1), member=writer)
    assert beside.beside is not None
    assert beside.beside.id == start.id
    assert titles(session, writer) == {"雨刷太慢", "雨刷太吵"}
    on = drafts.save_draft(session, saving("雨刷太吵了", key=beside.draft.key, seq=3, version=1), member=writer)
    assert on.beside is None
    assert titles(session, writer) == {"雨刷太慢", "雨刷太吵了"}


def test_two_windows_with_the_same_words_are_one_draft(session: Session, writer: Actor) -> None:
    drafts.save_draft(session, saving("雨刷"), member=writer)
    drafts.save_draft(session, saving("雨刷太慢", seq=2), member=writer)
    same = drafts.save_draft(session, saving("雨刷太慢", tab="b", version=1), member=writer)
    assert same.beside is None
    assert titles(session, writer) == {"雨刷太慢"}


def test_the_newest_draft_is_the_one_restored(session: Session, writer: Actor) -> None:
    old = drafts.save_draft(session, saving("旧的", key="old"), member=writer).draft
    old.saved_at = clock.now() - timedelta(hours=3)
    drafts.save_draft(session, saving("新的", key="new"), member=writer)
    found = drafts.latest_draft(session, writer)
    assert found is not None
    assert found.fields["title"] == "新的"
    assert drafts.latest_draft(session, writer, post_id=1) is None


def test_the_fifty_first_draft_is_refused_and_none_is_lost(session: Session, writer: Actor) -> None:
    for number in range(drafts.MOST):
        drafts.save_draft(session, saving(f"第{number}", key=f"k{number}"), member=writer)
    with pytest.raises(drafts.TooManyDrafts):
        drafts.save_draft(session, saving("多一份", key="more"), member=writer)
    drafts.save_draft(session, saving("改第一份", key="k0", seq=2), member=writer)
    assert drafts.count_drafts(session, writer) == drafts.MOST


def test_a_draft_thrown_away_comes_back_within_the_hour_and_is_forgotten_after_it(
    session: Session, writer: Actor
) -> None:
    draft = drafts.save_draft(session, saving("雨刷"), member=writer).draft
    drafts.discard_draft(session, draft)
    assert drafts.drafts_of(session, writer) == []
    with pytest.raises(NotFound):
        drafts.get_draft(session, draft.id or 0, writer)
    drafts.prune_drafts(session)
    drafts.keep_draft(session, drafts.get_draft(session, draft.id or 0, writer, discarded=True))
    assert titles(session, writer) == {"雨刷"}
    drafts.discard_draft(session, draft)
    draft.discarded_at = clock.now() - timedelta(minutes=61)
    session.flush()
    drafts.prune_drafts(session)
    assert session.exec(select(Draft)).all() == []


def test_a_draft_is_kept_for_ninety_days(session: Session, writer: Actor) -> None:
    for days, key in ((89, "young"), (91, "old")):
        draft = drafts.save_draft(session, saving(key, key=key), member=writer).draft
        draft.saved_at = clock.now() - timedelta(days=days)
    session.flush()
    drafts.prune_drafts(session)
    assert titles(session, writer) == {"young"}


def test_nobody_else_reads_a_draft_and_nobody_keeps_one_of_somebody_who_left(
    runtime: Runtime, session: Session, writer: Actor, make_member: Callable[..., Member]
) -> None:
    other = acting(runtime, make_member())
    draft = drafts.save_draft(session, saving("只有我看得到"), member=writer).draft
    with pytest.raises(NotFound):
        drafts.get_draft(session, draft.id or 0, other)
    drafts.save_draft(session, saving("别人用同一个键"), member=other)
    assert titles(session, writer) == {"只有我看得到"}
    drafts.forget_drafts(session, MemberLeft(member_id=writer.member_id))
    assert drafts.drafts_of(session, writer) == []
    assert titles(session, other) == {"别人用同一个键"}


def test_the_hourly_job_is_installed(runtime: Runtime, worker: Worker) -> None:
    assert "forum.prune_drafts" in runtime.jobs
    assert any(timer.job == "forum.prune_drafts" for module in runtime.modules for timer in module.timers)
