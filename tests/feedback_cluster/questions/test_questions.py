"""Asking back: a drawn sample, one message each, peace afterwards, answers that land on the theme."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.events import MemberLeft
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from feedback_cluster.questions import service
from feedback_cluster.questions.models import Asked, LastAsked, ThemeQuestion
from feedback_cluster.themes.models import Theme
from feedback_cluster.themes.queries import get_theme
from forum.posts.models import Post

MakeTheme = Callable[..., Theme]


@pytest.fixture
def crowd(make_member: Any, make_voices: Any, make_theme: MakeTheme) -> tuple[Theme, list[Member]]:
    """A theme that ten owners, a member of staff and an import speak of; one owner twice."""
    owners = [make_member(f"车主{number}") for number in range(10)]
    ids = [make_voices([f"座椅通风吵，第 {number} 位"], author_id=owner.id)[0] for number, owner in enumerate(owners)]
    ids += make_voices(["又吵了"], author_id=owners[0].id)
    ids += make_voices(["同事也觉得吵"], author_id=make_member("客服", Role.AGENT).id)
    ids += make_voices(["导入的一句"], author_label="某人")
    return make_theme("座椅通风", posts=ids), owners


def asked(session: Session, question_id: int | None) -> list[int]:
    return list(
        session.exec(select(Asked.member_id).where(Asked.question_id == question_id).order_by(col(Asked.member_id)))
    )


def test_a_sample_is_drawn_by_its_seed_and_asked_once(
    session: Session, crowd: tuple[Theme, list[Member]], pm_actor: Actor
) -> None:
    theme = get_theme(session, crowd[0].id or 0)
    question = service.ask(session, theme, "吵的是哪一档？", ["一档", "三档", "三档"], 4, by=pm_actor, seed=7)
    chosen = asked(session, question.id)
    assert (len(chosen), question.eligible, question.choices) == (4, 10, ["一档", "三档"])
    assert service.most_to_ask(session, theme.id or 0) == 10 + 1 - 4  # the colleague is left out when it is drawn
    assert set(chosen) <= {owner.id for owner in crowd[1]}
    letters = session.exec(select(InboxMessage.member_id).where(InboxMessage.notice == "theme.question")).all()
    assert sorted(letters) == chosen
    again = service.ask(session, theme, "换个问题", [], 50, by=pm_actor, seed=7)
    rest = asked(session, again.id)
    assert (len(rest), set(rest) & set(chosen)) == (6, set())
    with pytest.raises(service.NobodyToAsk):
        service.ask(session, theme, "第三个问题", [], 1, by=pm_actor)


def test_the_same_seed_over_the_same_people_draws_the_same(
    session: Session, crowd: tuple[Theme, list[Member]], pm_actor: Actor
) -> None:
    theme = get_theme(session, crowd[0].id or 0)
    drawn = []
    for seed in (5, 5, 6):
        for table in (Asked, LastAsked, ThemeQuestion):
            session.connection().execute(sa.delete(table))
        drawn.append(asked(session, service.ask(session, theme, "哪一档？", [], 3, by=pm_actor, seed=seed).id))
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_second_press_asks_nobody_more(
    client: Any, runtime: Runtime, pm: Member, crowd: tuple[Theme, list[Member]], time_machine: Any
) -> None:
    moment = datetime(2026, 11, 18, 4, tzinfo=UTC)
    time_machine.move_to(moment, tick=False)
    data = {"text": "哪一档？", "count": "3"}
    for _ in range(2):
        assert client.post(f"/themes/{crowd[0].id}/questions", actor=pm, data=data).status_code == 303
    with runtime.database.read() as session:
        assert len(session.exec(select(ThemeQuestion)).all()) == 1
        assert len(session.exec(select(Asked)).all()) == 3
    time_machine.move_to(moment + timedelta(minutes=2), tick=False)  # meant this time: three more
    assert client.post(f"/themes/{crowd[0].id}/questions", actor=pm, data=data).status_code == 303
    with runtime.database.read() as session:
        assert len(session.exec(select(Asked)).all()) == 6


def test_whoever_was_asked_has_peace_for_thirty_days(
    session: Session, crowd: tuple[Theme, list[Member]], pm_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [datetime(2026, 11, 18, 4, tzinfo=UTC)]
    monkeypatch.setattr(clock, "now", lambda: moment[0])
    theme = get_theme(session, crowd[0].id or 0)
    service.ask(session, theme, "哪一档？", [], 10, by=pm_actor)
    moment[0] += timedelta(days=30) - timedelta(seconds=1)
    with pytest.raises(service.NobodyToAsk):
        service.ask(session, theme, "哪一档？", [], 1, by=pm_actor)
    moment[0] += timedelta(seconds=1)
    again = service.ask(session, theme, "哪一档？", [], 10, by=pm_actor)
    assert len(asked(session, again.id)) == 10


def test_a_member_that_another_question_has_just_drawn_is_left_out(
    session: Session, crowd: tuple[Theme, list[Member]], pm_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme, first = get_theme(session, crowd[0].id or 0), crowd[1][0]
    able = service.authors_to_ask(session, theme.id or 0)
    session.add(LastAsked(member_id=first.id or 0, at=clock.now()))
    session.flush()
    monkeypatch.setattr(service, "authors_to_ask", lambda *_: able)
    question = service.ask(session, theme, "哪一档？", [], 10, by=pm_actor)
    assert first.id not in asked(session, question.id)
    assert len(asked(session, question.id)) == 9


def test_an_owner_answers_on_a_phone_and_it_lands_on_the_theme(
    client: Any, runtime: Runtime, pm: Member, crowd: tuple[Theme, list[Member]]
) -> None:
    theme, owners = crowd
    data = {"text": "吵的是哪一档？", "choices": "一档\n三档", "count": "10"}
    assert client.post(f"/themes/{theme.id}/questions", actor=pm, data=data).status_code == 303
    with runtime.database.read() as session:
        address = f"/questions/{session.exec(select(ThemeQuestion.id)).one()}"
    page = client.get(address, actor=owners[0]).text
    assert "吵的是哪一档？" in page
    assert "座椅通风吵，第 0 位" in page
    assert client.get(address, actor=pm).status_code == 404
    assert client.get(address).status_code == 303
    assert client.post(address, actor=owners[0], data={"words": " "}).status_code == 422
    assert client.post(address, actor=owners[0], data={"choice": "三档", "words": "像吹风机"}).status_code == 303
    client.post(address, actor=owners[1], data={"choice": "三档"})
    client.post(address, actor=owners[0], data={"choice": "一档", "words": "其实是一档"})
    shown = client.get(f"/themes/{theme.id}", actor=pm).text
    assert "其实是一档" in shown
    assert "像吹风机" not in shown
    assert "10 人中 2 人已回答" in shown
    assert client.post(f"/triage{address}/close", actor=pm).status_code == 303
    assert client.post(address, actor=owners[2], data={"choice": "一档"}).status_code == 409


def test_a_question_without_words_or_with_too_many_answers_asks_nobody(
    client: Any, runtime: Runtime, pm: Member, crowd: tuple[Theme, list[Member]]
) -> None:
    for data in ({"text": " "}, {"text": "长" * 401}, {"text": "哪一档？", "choices": "\n".join("一二三四五六七")},
                 {"text": "哪一档？", "count": "0"}):  # fmt: skip
        assert client.post(f"/themes/{crowd[0].id}/questions", actor=pm, data=data).status_code == 422
    with runtime.database.read() as session:
        assert session.exec(select(LastAsked)).all() == []


def test_the_words_of_somebody_who_left_are_gone(
    session: Session, crowd: tuple[Theme, list[Member]], pm_actor: Actor
) -> None:
    theme, owner = get_theme(session, crowd[0].id or 0), crowd[1][3]
    question = service.ask(session, theme, "哪一档？", [], 10, by=pm_actor)
    row = service.asked_of(session, question.id or 0, owner.id or 0)
    service.answer(session, row, "", "三档")
    session.flush()
    service.forget_answers(session, MemberLeft(member_id=owner.id or 0))
    session.refresh(row)
    assert (row.words, row.answered_at is not None) == ("", True)


def test_a_post_that_was_blanked_asks_nobody_for_its_author(
    session: Session, crowd: tuple[Theme, list[Member]], pm_actor: Actor
) -> None:
    theme, owner = get_theme(session, crowd[0].id or 0), crowd[1][5]
    post = session.exec(select(Post).where(Post.author_id == owner.id)).one()
    post.deleted_at = clock.now()
    session.add(post)
    session.flush()
    assert owner.id not in service.authors_to_ask(session, theme.id or 0)


def test_two_questions_at_once_draw_one_after_the_other(
    runtime: Runtime, crowd: tuple[Theme, list[Member]], pm_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or each would wait for somebody whom the other has drawn."""
    real = service._claim

    def slow(session: Session, member_id: int) -> bool:
        time.sleep(0.02)
        return real(session, member_id)

    monkeypatch.setattr(service, "_claim", slow)
    ready, failed = threading.Barrier(2), []

    def ask(seed: int) -> None:
        ready.wait()
        try:
            with runtime.database.write() as session:
                theme = get_theme(session, crowd[0].id or 0)
                service.ask(session, theme, f"第 {seed} 问", [], 5, by=pm_actor, seed=seed)
        except Exception as error:  # noqa: BLE001 (shown by the assertion)
            failed.append(error)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in (5, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with runtime.database.read() as session:
        assert len(set(session.exec(select(Asked.member_id)))) == 10


def test_a_question_whose_people_were_all_just_asked_is_refused(
    session: Session, crowd: tuple[Theme, list[Member]], pm_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_claim", lambda *_: False)
    with pytest.raises(service.NobodyToAsk):
        service.ask(session, get_theme(session, crowd[0].id or 0), "哪一档？", [], 4, by=pm_actor)
