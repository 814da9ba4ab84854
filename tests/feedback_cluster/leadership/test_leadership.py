"""The leadership's five: chosen once a week from the score, and one answer that reaches everybody, once."""

import contextlib
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from cocreate.clocks import service as clocks
from cocreate.core.actor import Role
from cocreate.core.errors import Conflict
from cocreate.identity.departments.models import Department
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.service import tell
from feedback_cluster.leadership import notices, service
from feedback_cluster.leadership.models import LeaderAnswer, WeekTheme
from feedback_cluster.leadership.queries import entries
from feedback_cluster.themes import answers
from feedback_cluster.themes.models import Theme, ThemePost, TriageStatus
from feedback_cluster.themes.service import merge
from forum.posts.models import Post, PostKind, Visibility
from forum.posts.service import Draft, submit_post
from forum.votes.service import cast_vote
from tests.factories.forum import acting

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 9, 0, 0, tzinfo=ZONE)


@pytest.fixture(autouse=True)
def monday(runtime, time_machine):
    time_machine.move_to(MONDAY + timedelta(minutes=1), tick=False)
    return time_machine


@pytest.fixture
def lead(make_member):
    return make_member("总经理", Role.ADMIN, title="总经理")


def week(runtime, moment=MONDAY):
    with runtime.database.read() as session:
        rows = session.exec(
            select(WeekTheme).where(WeekTheme.monday == moment.date()).order_by(col(WeekTheme.place))
        ).all()
    return [row.theme_id for row in rows]


def shown(runtime, member, moment=MONDAY):
    with runtime.database.read() as session:
        return [(one.theme.id, one.answer is not None) for one in entries(session, moment.date(), actor=member)]


@pytest.fixture
def actor(runtime, lead):
    return acting(runtime, lead, Role.ADMIN)


def test_the_five_with_the_highest_score_that_nobody_answered(runtime, make_theme, pm_actor):
    themes = [make_theme(f"主题{n}", score=float(n * 10)) for n in range(9)]
    with runtime.database.write() as session:
        answer_id = answers.record_answer(session, themes[8].id, "在做了", by=pm_actor)
        answer = answers.get_answer(session, themes[8].id, answer_id)
        answers.approve(session, answer, by=pm_actor)
        answers.publish(session, answer, by=pm_actor)
        session.get_one(Theme, themes[7].id).status = TriageStatus.HIDDEN
        session.get_one(Theme, themes[6].id).oldest_open_at = None
    service.freeze_week(runtime)
    assert week(runtime) == [theme.id for theme in themes[5:0:-1]]


def test_equal_scores_are_put_in_the_order_of_their_age(runtime, make_theme):
    themes = [make_theme(f"主题{n}", score=5.0) for n in range(7)]
    service.freeze_week(runtime)
    assert week(runtime) == [theme.id for theme in themes[:5]]


def test_what_happens_during_the_week_does_not_change_the_five(runtime, make_theme, monday):
    first = [make_theme(f"主题{n}", score=10.0 + n) for n in range(5)]
    service.freeze_week(runtime)
    before = week(runtime)
    monday.move_to(MONDAY + timedelta(days=3), tick=False)
    make_theme("后来的", score=99.0)
    with runtime.database.write() as session:
        session.get_one(Theme, first[0].id).score = 98.0
    service.freeze_week(runtime)
    assert week(runtime) == before
    monday.move_to(MONDAY + timedelta(days=7), tick=False)
    service.freeze_week(runtime)
    assert len(week(runtime, MONDAY + timedelta(days=7))) == 5
    assert week(runtime, MONDAY + timedelta(days=7)) != before


def test_the_week_begins_on_monday_where_the_brand_is(runtime, make_theme, monday):
    make_theme("主题", score=1.0)
    monday.move_to(MONDAY - timedelta(minutes=1), tick=False)
    service.freeze_week(runtime)
    assert week(runtime, MONDAY - timedelta(days=7))
    assert not week(runtime)


def test_workers_that_race_choose_one_five(runtime, make_theme):
    for number in range(8):
        make_theme(f"主题{number}", score=float(number))
    threads = [threading.Thread(target=service.freeze_week, args=(runtime,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(week(runtime)) == 5


def test_a_theme_that_was_merged_is_shown_once_under_the_other(runtime, make_theme, pm_actor, actor):
    one, two = make_theme("座椅", score=9.0), make_theme("通风", score=8.0)
    service.freeze_week(runtime)
    with runtime.database.write() as session:
        merge(session, session.get_one(Theme, two.id), one.id, by=pm_actor, zone=ZONE)
    assert shown(runtime, actor) == [(one.id, False)]


@pytest.fixture
def theme(runtime, make_theme, make_member, worker):
    """Three owners wrote, one of them two posts; a fourth voted for two of these; all of them wait."""
    authors = [make_member(f"车主{n}") for n in range(3)]
    voter = make_member("投票人")
    posts = []
    with runtime.database.write() as session:
        for number, author in enumerate([*authors, authors[0]]):
            draft = Draft(title=f"座椅通风太吵，第{number}句", kind=PostKind.PROBLEM)
            posts.append(submit_post(session, draft, author=acting(runtime, author)))
        session.flush()
        for post in posts[1:3]:
            cast_vote(session, post, voter=acting(runtime, voter))
    worker.drain()  # before there is a run: what places new posts finds no model to do it by
    made = make_theme("座椅通风太吵", posts=posts, score=50.0)
    service.freeze_week(runtime)
    return {"id": made.id, "posts": [post.id for post in posts], "authors": authors, "voter": voter}


def answer(runtime, theme, actor, text="四月推送修复。", **values):
    with runtime.database.write() as session:
        return service.answer_theme(session, MONDAY.date(), theme["id"], text, by=actor, **values)


def told(runtime):
    with runtime.database.read() as session:
        rows = session.exec(select(InboxMessage).where(col(InboxMessage.notice).startswith("leadership."))).all()
    return sorted((row.member_id, row.notice, row.url) for row in rows)


def test_one_answer_reaches_everybody_behind_the_theme_once(runtime, client, theme, actor, worker):
    made = answer(runtime, theme, actor, recording_url="https://video.example.com/1")
    worker.drain()
    worker.drain()
    authors, posts = theme["authors"], theme["posts"]
    assert told(runtime) == sorted(
        [
            (authors[0].id, "leadership.wrote", f"/posts/{posts[0]}"),
            (authors[1].id, "leadership.wrote", f"/posts/{posts[1]}"),
            (authors[2].id, "leadership.wrote", f"/posts/{posts[2]}"),
            (theme["voter"].id, "leadership.voted", f"/posts/{posts[1]}"),
        ]
    )
    with runtime.database.read() as session:
        given = session.exec(select(LeaderAnswer)).one()
    assert (given.answer_id, given.told) == (made.id, 4)
    for post_id in posts:
        page = client.get(f"/posts/{post_id}").text
        assert "四月推送修复。" in page
        assert "总经理" in page
        assert "https://video.example.com/1" in page
    assert "四月推送修复。" in client.get("/inbox", actor=authors[0]).text


def test_a_job_that_died_halfway_tells_the_rest_and_nobody_twice(runtime, theme, actor, monkeypatch):
    made = answer(runtime, theme, actor)
    monkeypatch.setattr(notices, "CHUNK", 1)
    calls = []

    def dies(*args, **values):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("the machine went off")
        return tell(*args, **values)

    monkeypatch.setattr(notices, "tell", dies)
    with pytest.raises(RuntimeError):
        notices.tell_answer(runtime, answer_id=made.id)
    assert len(told(runtime)) == 2
    for _ in range(2):
        notices.tell_answer(runtime, answer_id=made.id)
    assert len(told(runtime)) == 4


def test_the_answer_stops_the_clock_of_every_post(runtime, theme, actor, worker):
    with runtime.database.read() as session:
        before = clocks.read(session, "post.first_answer", theme["posts"])
    assert {view.state for view in before.values()} == {"running"}
    answer(runtime, theme, actor)
    worker.drain()
    with runtime.database.read() as session:
        after = clocks.read(session, "post.first_answer", theme["posts"])
    assert [view.state for view in after.values()] == ["met"] * 4


def test_an_answer_that_is_withdrawn_lets_every_post_wait_on(runtime, theme, actor, worker, monday):
    def clocks_now():
        with runtime.database.read() as session:
            return clocks.read(session, "post.first_answer", theme["posts"])

    before = clocks_now()
    monday.move_to(MONDAY + timedelta(hours=9), tick=False)
    first = answer(runtime, theme, actor)
    worker.drain()
    monday.move_to(MONDAY + timedelta(hours=10), tick=False)
    with runtime.database.write() as session:
        answer_id = answers.record_answer(session, theme["id"], "改为五月。", by=actor)
        second = answers.get_answer(session, theme["id"], answer_id)
        answers.approve(session, second, by=actor)
        answers.publish(session, second, by=actor)
    worker.drain()
    assert {view.stopped_at for view in clocks_now().values()} == {MONDAY + timedelta(hours=9)}
    assert first.id != answer_id
    monday.move_to(MONDAY, tick=False)  # so that a clock that runs looks as it did
    with runtime.database.write() as session:
        answers.withdraw(session, answers.get_answer(session, theme["id"], answer_id), by=actor)
    worker.drain()
    assert {view.state for view in clocks_now().values()} == {"running"}
    assert {post_id: view.due_at for post_id, view in clocks_now().items()} == {
        post_id: view.due_at for post_id, view in before.items()
    }


def test_an_answered_theme_drops_out_and_is_not_replaced(runtime, theme, make_theme, actor):
    make_theme("第六个", score=1.0)
    answer(runtime, theme, actor)
    assert shown(runtime, actor) == [(theme["id"], True)]


def test_only_the_leadership_answers(runtime, theme, pm_actor, make_member, actor):
    with pytest.raises(service.NotALeader):
        answer(runtime, theme, pm_actor)
    boss = make_member("老板", Role.PM)
    with runtime.database.write() as session:
        session.add(Department(name="总经办", head_id=boss.id, leadership=True))
    with pytest.raises(service.NotALeader):  # the administrators step back once there is a leadership
        answer(runtime, theme, actor)
    assert answer(runtime, theme, acting(runtime, boss, Role.PM)).by_id == boss.id


def test_a_second_answer_and_words_that_are_none_are_refused(runtime, theme, actor, worker):
    with pytest.raises(answers.NoWords):
        answer(runtime, theme, actor, text="  ")
    for url in ("http://video.example.com", "javascript:alert(1)", "https://x.example/a b", "https://" + "x" * 400):
        with pytest.raises(service.BadRecording):
            answer(runtime, theme, actor, recording_url=url)
    answer(runtime, theme, actor)
    with pytest.raises(service.AnsweredAlready):
        answer(runtime, theme, actor, text="再说一次")
    worker.drain()
    assert len(told(runtime)) == 4


def test_a_theme_that_is_none_of_the_five_is_not_answered_here(runtime, theme, make_theme, actor):
    other = make_theme("别的", score=1.0)
    with pytest.raises(service.NotOfTheWeek):
        answer(runtime, {"id": other.id}, actor)


# -- the page


def test_the_page_shows_the_evidence_and_takes_the_answer(client, runtime, theme, lead, pm, worker):
    page = client.get("/leadership", actor=lead).text
    assert "座椅通风太吵，第0句" in page
    assert "<textarea" in page
    seen = client.get("/leadership", actor=pm).text
    assert "座椅通风太吵" in seen
    assert "<textarea" not in seen
    form = {"week": "2026-03-09", "text": "四月推送修复。", "recording_url": ""}
    refused = client.post(f"/leadership/{theme['id']}", data=form, actor=pm)
    assert refused.status_code == 403
    empty = client.post(f"/leadership/{theme['id']}", data={**form, "text": ""}, actor=lead)
    assert empty.status_code == 422
    done = client.post(f"/leadership/{theme['id']}", data=form, actor=lead)
    assert done.status_code == 303
    worker.drain()
    after = client.get("/leadership", actor=lead).text
    assert "四月推送修复。" in after
    assert "通知了 4 人" in after


def test_the_page_is_for_staff_and_says_when_nothing_waits(client, runtime, lead, make_member):
    assert client.get("/leadership", actor=make_member()).status_code == 403
    assert "没有主题等待管理层答复" in client.get("/leadership", actor=lead).text


def test_an_answer_that_was_withdrawn_makes_room_for_another(runtime, theme, actor, worker):
    first = answer(runtime, theme, actor)
    worker.drain()
    with runtime.database.write() as session:
        answers.withdraw(session, session.get_one(answers.Answer, first.id), by=actor)
    second = answer(runtime, theme, actor, text="改为五月推送。")
    worker.drain()
    with runtime.database.read() as session:
        given = session.exec(select(LeaderAnswer)).one()
    assert (given.answer_id, given.told) == (second.id, 4)
    with pytest.raises(service.AnsweredAlready):
        answer(runtime, theme, actor, text="第三次")


def test_a_theme_that_is_hidden_meanwhile_is_answered_no_more(runtime, theme, actor):
    with runtime.database.write() as session:
        session.get_one(Theme, theme["id"]).status = TriageStatus.HIDDEN
    with pytest.raises(service.NotOfTheWeek):
        answer(runtime, theme, actor)


def test_the_name_of_a_theme_that_only_staff_may_read_is_not_told(runtime, theme, actor, worker):
    with runtime.database.write() as session:
        for post_id in theme["posts"]:
            session.get_one(Post, post_id).visibility = Visibility.STAFF
        session.get_one(Theme, theme["id"]).name = "内部批次 B7 缺陷"
        for row in session.exec(select(ThemePost)):
            row.staff_only = True
    answer(runtime, theme, actor)
    worker.drain()
    with runtime.database.read() as session:
        rows = session.exec(select(InboxMessage).where(col(InboxMessage.notice).startswith("leadership."))).all()
    assert rows
    assert not [row for row in rows if "B7" in str(row.params)]


def test_of_two_leaders_in_two_weeks_one_answers_the_theme(runtime, theme, lead, make_member, monkeypatch):
    with runtime.database.write() as session:
        service.freeze(session, MONDAY.date() + timedelta(days=7))
    leaders = [acting(runtime, lead, Role.ADMIN), acting(runtime, make_member("副总", Role.ADMIN), Role.ADMIN)]
    looked, real, refused = threading.Barrier(2), service.published, []

    def published(*args):
        found = real(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            looked.wait(1)  # both have looked, unless one waits for the other
        return found

    monkeypatch.setattr(service, "published", published)

    def give(monday, leader):
        try:
            with runtime.database.write() as session:
                service.answer_theme(session, monday, theme["id"], f"{leader.name}的答复", by=leader)
        except Conflict as refusal:
            refused.append(type(refusal))

    weeks = [MONDAY.date(), MONDAY.date() + timedelta(days=7)]
    threads = [threading.Thread(target=give, args=pair) for pair in zip(weeks, leaders, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert refused == [service.AnsweredAlready]
    with runtime.database.read() as session:
        assert len(session.exec(select(LeaderAnswer)).all()) == 1
        states = session.exec(select(answers.Answer.state)).all()
    assert states == [answers.AnswerState.PUBLISHED]


def test_of_two_answers_that_are_published_at_once_one_stands(runtime, theme, pm_actor, monkeypatch):
    with runtime.database.write() as session:
        ids = [answers.record_answer(session, theme["id"], words, by=pm_actor) for words in ("四月", "五月")]
        for answer_id in ids:
            answers.approve(session, answers.get_answer(session, theme["id"], answer_id), by=pm_actor)
    stepped, real = threading.Barrier(2), answers._step

    def step(*args, **values):
        real(*args, **values)
        with contextlib.suppress(threading.BrokenBarrierError):
            stepped.wait(1)

    monkeypatch.setattr(answers, "_step", step)

    def publish(answer_id):
        with runtime.database.write() as session:
            answers.publish(session, answers.get_answer(session, theme["id"], answer_id), by=pm_actor)

    threads = [threading.Thread(target=publish, args=(answer_id,)) for answer_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with runtime.database.read() as session:
        states = session.exec(select(answers.Answer.state)).all()
    assert sorted(states) == [answers.AnswerState.PUBLISHED, answers.AnswerState.WITHDRAWN]


def test_a_refused_answer_keeps_its_words_and_its_week(client, runtime, theme, lead, monday):
    monday.move_to(MONDAY + timedelta(days=8), tick=False)
    bad = {"week": "2026-03-09", "text": "四月推送修复。", "recording_url": "http://video.example.com"}
    for wrong in (bad, {**bad, "recording_url": "https://" + "x" * 400}, {**bad, "text": "字" * 2001}):
        refused = client.post(f"/leadership/{theme['id']}", data=wrong, actor=lead)
        assert refused.status_code == 422
        assert f">\n{wrong['text']}</textarea>" in refused.text
        assert 'name="week" value="2026-03-09"' in refused.text
    assert client.post(f"/leadership/{theme['id']}", data={**bad, "week": "neulich"}, actor=lead).status_code == 422
    with runtime.database.read() as session:
        assert session.exec(select(answers.Answer)).all() == []
