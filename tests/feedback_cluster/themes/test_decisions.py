"""What people decide holds, binds later runs, and can be taken back without a trace on the figures."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, select

from cocreate.clocks.models import ResponseClock
from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict
from cocreate.core.runtime import Runtime
from cocreate.core.tables import columns
from cocreate.identity.departments.models import Department
from feedback_cluster import api
from feedback_cluster.themes import bindings, bonds, decisions, handover, notes, service
from feedback_cluster.themes.declining import decline
from feedback_cluster.themes.models import (
    Handover,
    Theme,
    ThemeArea,
    ThemeDecision,
    ThemePin,
    ThemePost,
    TriageStatus,
)
from feedback_cluster.themes.notes import notes_of
from feedback_cluster.themes.queries import current_run_id, get_theme
from feedback_cluster.themes.service import AlreadySo, MergedAway, NothingChosen, SameTheme
from forum.posts.models import Post, Visibility

MakeTheme = Callable[..., Theme]
PASSING = {"theme": {"stale"}}
"""What a later count settles by itself."""


def state(session: Session) -> dict[str, Any]:
    """All that a decision may change, column by column: places, pins, themes, statuses, notes, clocks that run."""
    session.flush()
    session.expire_all()
    run_id = current_run_id(session)
    places = session.exec(select(ThemePost.post_id, ThemePost.theme_id).where(ThemePost.run_id == run_id)).all()
    pins = session.exec(columns(ThemePin.post_id, ThemePin.theme_id, ThemePin.apart)).all()
    themes = session.exec(select(Theme).where(Theme.size > 0).order_by(col(Theme.id))).all()
    names = [name for name in Theme.model_fields if name not in PASSING["theme"]]
    clocks = select(ResponseClock).where(col(ResponseClock.stopped_at).is_(None)).order_by(col(ResponseClock.id))
    return {
        "places": sorted(map(tuple, places)),
        "pins": sorted((post_id, theme_id, tuple(apart)) for post_id, theme_id, apart in pins),
        "themes": [{name: getattr(theme, name) for name in names} for theme in themes],
        "statuses": sorted(session.exec(select(Post.id, Post.status)).all()),
        "notes": [note.text for theme in themes for note in notes_of(session, theme.id or 0)],
        "clocks": [(row.queue, row.subject_id, row.started_at, row.due_at) for row in session.exec(clocks)],
        "receipts": sorted((row.id, row.received_by_id) for row in session.exec(select(Handover)) if row.received_at),
    }


def test_merging_shows_the_voices_of_both_and_counts_people_once(
    session: Session, runtime: Runtime, make_theme: MakeTheme, make_voices: Any, make_member: Any, pm_actor: Actor
) -> None:
    owner = make_member("车主")
    mine = make_voices(["蓝牙断连", "蓝牙又断"], author_id=owner.id)
    one, two = make_theme("蓝牙", posts=mine[:1]), make_theme("断连", posts=mine[1:])
    service.merge(session, get_theme(session, two.id or 0), one.id or 0, by=pm_actor, zone=runtime.settings.zone)
    shown = api.theme_cards(session, [one.id or 0])[one.id or 0]
    assert (shown.size, shown.people) == (2, 1)
    assert api.resolve(session, two.id or 0) == one.id
    assert sorted(api.post_ids_of(session, [two.id or 0])[two.id or 0]) == sorted(mine)


def test_a_chain_of_merges_leads_to_its_end_and_undo_frees_the_middle(
    session: Session, runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor
) -> None:
    a, b, c = (make_theme(name) for name in "甲乙丙")
    zone = runtime.settings.zone
    service.merge(session, get_theme(session, a.id or 0), b.id or 0, by=pm_actor, zone=zone)
    second = service.merge(session, get_theme(session, b.id or 0), c.id or 0, by=pm_actor, zone=zone)
    assert api.resolve(session, a.id or 0) == c.id
    decisions.undo(session, second.id or 0, by=pm_actor, zone=zone)
    assert api.resolve(session, a.id or 0) == b.id
    assert get_theme(session, b.id or 0).size == 4
    assert get_theme(session, c.id or 0).size == 2


def test_a_theme_is_not_merged_into_itself_by_a_detour(
    session: Session, runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor
) -> None:
    a, b = make_theme("甲"), make_theme("乙")
    zone = runtime.settings.zone
    service.merge(session, get_theme(session, a.id or 0), b.id or 0, by=pm_actor, zone=zone)
    with pytest.raises(SameTheme):
        service.merge(session, get_theme(session, b.id or 0), a.id or 0, by=pm_actor, zone=zone)
    with pytest.raises(MergedAway):
        service.rename(session, get_theme(session, a.id or 0), "别名", by=pm_actor)


ACTS = [
    "merge", "split", "move", "take_out", "rename", "hide", "triage", "assign", "note", "size", "area", "hand_over",
    "hand_on", "receive", "decline",
]  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_undo_loses_nothing(
    session: Session, runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor, act: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    moment = datetime(2026, 11, 18, 4, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    zone = runtime.settings.zone
    one, two = make_theme("座椅通风"), make_theme("方向盘加热")
    posts = api.post_ids_of(session, [one.id or 0])[one.id or 0]
    team, other_team = Department(name="座舱"), Department(name="三电")
    area = ThemeArea(name="座椅")
    session.add_all([team, other_team, area])
    session.flush()
    theme, other = get_theme(session, one.id or 0), two.id or 0
    if act in ("receive", "hand_on"):
        handover.hand_over(session, theme, team.id, by=pm_actor)
    before = state(session)
    acts: dict[str, Callable[[], ThemeDecision]] = {
        "merge": lambda: service.merge(session, theme, other, by=pm_actor, zone=zone),
        "split": lambda: service.split(session, theme, posts[:1], "三档噪音", by=pm_actor, zone=zone),
        "move": lambda: service.move(session, theme, posts[:1], other, by=pm_actor, zone=zone),
        "take_out": lambda: service.move(session, theme, posts[:1], None, by=pm_actor, zone=zone),
        "rename": lambda: service.rename(session, theme, "座椅", by=pm_actor),
        "hide": lambda: service.hide(session, theme, by=pm_actor),
        "triage": lambda: service.triage(session, theme, by=pm_actor),
        "assign": lambda: service.assign(session, theme, pm_actor.id, by=pm_actor),
        "note": lambda: notes.add_note(session, theme, "先看三档", by=pm_actor),
        "size": lambda: service.size_effort(session, theme, "L", by=pm_actor, zone=zone),
        "area": lambda: service.put_into_area(session, theme, area.id, by=pm_actor),
        "hand_over": lambda: handover.hand_over(session, theme, team.id, by=pm_actor),
        "hand_on": lambda: handover.hand_over(session, theme, other_team.id, by=pm_actor),
        "receive": lambda: handover.receive(session, theme, by=pm_actor),
        "decline": lambda: decline(session, theme, "not_safe", "行车中会分心。", "停车后可以看。", by=pm_actor),
    }
    decision = acts[act]()
    assert state(session) != before
    decisions.undo(session, decision.id or 0, by=pm_actor, zone=zone)
    after = state(session)
    changed = [
        (name, was[name], now[name])
        for was, now in zip(before["themes"], after["themes"], strict=True)
        for name in was
        if was[name] != now[name]
    ]
    assert changed == []
    assert after == before


def test_an_undo_is_refused_once_somebody_decided_anew(
    session: Session, runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor
) -> None:
    one, two, three = make_theme("甲"), make_theme("乙"), make_theme("丙")
    zone = runtime.settings.zone
    post = api.post_ids_of(session, [one.id or 0])[one.id or 0][:1]
    first = service.move(session, get_theme(session, one.id or 0), post, two.id, by=pm_actor, zone=zone)
    service.move(session, get_theme(session, two.id or 0), post, three.id, by=pm_actor, zone=zone)
    with pytest.raises(decisions.Overtaken):
        decisions.undo(session, first.id or 0, by=pm_actor, zone=zone)
    renamed = service.rename(session, get_theme(session, one.id or 0), "一", by=pm_actor)
    service.rename(session, get_theme(session, one.id or 0), "二", by=pm_actor)
    with pytest.raises(decisions.Overtaken):
        decisions.undo(session, renamed.id or 0, by=pm_actor, zone=zone)


def test_an_undo_brings_no_two_posts_together_that_must_not_be(
    session: Session, runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor
) -> None:
    one, two = make_theme("甲"), make_theme("乙")
    zone = runtime.settings.zone
    a, b = api.post_ids_of(session, [one.id or 0])[one.id or 0]
    moved = service.move(session, get_theme(session, one.id or 0), [a], two.id, by=pm_actor, zone=zone)
    said = bonds.never_together(session, get_theme(session, one.id or 0), [a, b], by=pm_actor, zone=zone)
    before = state(session)
    with pytest.raises(bindings.NotTogether):
        decisions.undo(session, moved.id or 0, by=pm_actor, zone=zone)
    assert state(session) == before
    decisions.undo(session, said.id or 0, by=pm_actor, zone=zone)
    decisions.undo(session, moved.id or 0, by=pm_actor, zone=zone)
    assert sorted(api.post_ids_of(session, [one.id or 0])[one.id or 0]) == sorted([a, b])


def test_a_decision_is_taken_back_once(
    session: Session, runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor
) -> None:
    theme = make_theme("甲")
    zone = runtime.settings.zone
    decision = service.triage(session, get_theme(session, theme.id or 0), by=pm_actor)
    decisions.undo(session, decision.id or 0, by=pm_actor, zone=zone)
    with pytest.raises(decisions.Overtaken):
        decisions.undo(session, decision.id or 0, by=pm_actor, zone=zone)


def test_posts_of_other_themes_cannot_be_split_off(
    session: Session, runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor
) -> None:
    one, two = make_theme("甲"), make_theme("乙")
    foreign = api.post_ids_of(session, [two.id or 0])[two.id or 0]
    with pytest.raises(NothingChosen):
        service.split(session, get_theme(session, one.id or 0), foreign, "新", by=pm_actor, zone=runtime.settings.zone)


def test_every_decision_is_audited_and_the_same_one_twice_refused(
    session: Session, make_theme: MakeTheme, pm_actor: Actor
) -> None:
    theme = get_theme(session, make_theme("甲").id or 0)
    service.triage(session, theme, by=pm_actor)
    with pytest.raises(AlreadySo):
        service.triage(session, theme, by=pm_actor)
    session.flush()
    assert [entry.action for entry in audit.trail(session, "theme", theme.id or 0)] == ["theme.triage"]


def test_hidden_themes_are_kept_from_posts_and_hosts(
    session: Session, make_theme: MakeTheme, make_voices: Any, pm_actor: Actor
) -> None:
    posts = make_voices(["蓝牙断连"])
    theme = get_theme(session, make_theme("蓝牙", posts=posts).id or 0)
    assert api.themes_of_posts(session, posts)[posts[0]].name == "蓝牙"
    assert [ranked.card.id for ranked in api.rank_themes(session)] == [theme.id]
    service.hide(session, theme, by=pm_actor)
    session.flush()
    assert api.themes_of_posts(session, posts) == {}
    assert api.rank_themes(session) == []
    assert theme.status is TriageStatus.HIDDEN


def test_undo_brings_an_earlier_word_about_a_post_back(
    session: Session, runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    moment = datetime(2026, 11, 18, 4, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    one, two, three = make_theme("甲"), make_theme("乙"), make_theme("丙")
    zone = runtime.settings.zone
    post = api.post_ids_of(session, [one.id or 0])[one.id or 0][:1]
    service.move(session, get_theme(session, one.id or 0), post, two.id, by=pm_actor, zone=zone)
    before = state(session)
    second = service.move(session, get_theme(session, two.id or 0), post, three.id, by=pm_actor, zone=zone)
    session.flush()
    assert state(session)["pins"] == [(post[0], three.id, (one.id, two.id))]
    decisions.undo(session, second.id or 0, by=pm_actor, zone=zone)
    after = state(session)
    changed = [
        (name, was[name], now[name])
        for was, now in zip(before["themes"], after["themes"], strict=True)
        for name in was
        if was[name] != now[name]
    ]
    assert changed == []
    assert after == before
    assert before["pins"] == [(post[0], two.id, (one.id,))]


def test_two_opposite_merges_at_once_make_no_circle(runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor) -> None:
    a, b = make_theme("甲"), make_theme("乙")
    both_have_looked = threading.Barrier(2, timeout=10)
    refused: list[type[Exception]] = []

    def merge(source_id: int, target_id: int) -> None:
        try:
            with runtime.database.write() as session:
                theme = get_theme(session, source_id)
                both_have_looked.wait()
                service.merge(session, theme, target_id, by=pm_actor, zone=runtime.settings.zone)
        except Conflict as refusal:
            refused.append(type(refusal))

    threads = [threading.Thread(target=merge, args=pair) for pair in ((a.id, b.id), (b.id, a.id))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert len(refused) == 1
    with runtime.database.read() as session:
        assert api.resolve(session, a.id or 0) == api.resolve(session, b.id or 0)


def test_no_word_of_a_theme_of_one_s_own_comes_from_a_voice_for_the_brand_alone(
    runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor, make_voices: Any
) -> None:
    posts = make_voices(["座椅通风噪音很大", "我邻居张三丰的座椅通风噪音"])
    theme = make_theme("座椅", posts=posts)
    with runtime.database.write() as session:
        private = session.get_one(Post, posts[1])
        private.visibility = Visibility.STAFF
        session.add(private)
    with runtime.database.write() as session:
        made = service.split(
            session, get_theme(session, theme.id or 0), posts, "通风", by=pm_actor, zone=runtime.settings.zone
        )
        words = " ".join(get_theme(session, made.data["to"]).keywords)
    assert "通风" in words
    assert not set("张三丰邻居") & set(words)
