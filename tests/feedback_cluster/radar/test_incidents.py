"""What people make of alerts: verdicts with a way back, incidents from holding statement to report; pages and JSON."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster.radar import alerts, incidents
from feedback_cluster.radar.models import ActKind, Alert, AlertState, Incident
from feedback_cluster.themes import service as themes
from feedback_cluster.themes.models import Answer, AnswerState, Theme
from feedback_cluster.themes.queries import get_theme
from forum.posts.models import Visibility

RISE = (5, 7, 8)
PAGES_CEILING = 22
MakeTheme = Callable[..., Theme]
Look = Callable[[], list[Alert]]


@pytest.fixture
def alert(make_lively_theme: MakeTheme, look: Look) -> Alert:
    """A standing alert."""
    make_lively_theme("蓝牙断连", rise=RISE, model="云麓", body="蓝牙老是断开，太差了")
    return look()[0]


@pytest.fixture
def incident(runtime: Runtime, alert: Alert, pm_actor: Actor) -> int:
    """An open incident's id."""
    with runtime.database.write() as session:
        made = alerts.open_incident(session, alerts.get_alert(session, alert.id or 0), by=pm_actor)
        session.flush()
        return made.id or 0


def incident_in(session: Session, incident_id: int) -> Incident:
    return incidents.get_incident(session, incident_id)


def test_the_radar_shows_why_and_for_whom(client: Any, pm: Member, alert: Alert) -> None:
    text = client.get("/triage/radar", actor=pm).text
    assert "蓝牙断连" in text
    assert "<b>20</b>" in text
    assert "3 天内" in text
    assert "主要是云麓" in text
    page = client.get(f"/triage/radar/{alert.id}", actor=pm).text
    assert "100 %" in page
    assert "雷达提醒" in page
    assert len(re.findall(r'<circle class="curve-point', page)) == 42


def test_pages_cost_few_queries(client: Any, pm: Member, alert: Alert, incident: int, count_queries: Any) -> None:
    for path in ("/triage/radar", f"/triage/radar/{alert.id}", f"/triage/incidents/{incident}"):
        client.get(path, actor=pm)
        with count_queries() as statements:
            client.get(path, actor=pm)
        assert len(statements) <= PAGES_CEILING, (path, len(statements))


def test_an_empty_radar_says_why(client: Any, pm: Member, make_lively_theme: MakeTheme) -> None:
    assert "雷达还在学习" in client.get("/triage/radar", actor=pm).text
    make_lively_theme("座椅")
    assert "一切平静" in client.get("/triage/radar", actor=pm).text
    assert "没有过去的提醒" in client.get("/triage/radar?view=past", actor=pm).text


def test_who_may_not_triage_reads_and_owners_see_nothing(
    client: Any, alert: Alert, incident: int, make_member: Callable[..., Member]
) -> None:
    host, owner = make_member("主持", Role.HOST), make_member("车主")
    for path in ("/triage/radar", f"/triage/radar/{alert.id}", f"/triage/incidents/{incident}"):
        assert client.get(path, actor=host).status_code == 200
        assert client.get(path, actor=owner).status_code == 403
        assert client.get(path).status_code in (303, 401)
    assert (
        "<form"
        not in client.get(f"/triage/radar/{alert.id}", actor=host).text.split('id="main"')[1].split("</main>")[0]
    )
    for act in ("watch", "false-alarm", "incident", "reopen"):
        assert client.post(f"/triage/radar/{alert.id}/{act}", actor=host).status_code == 403


def test_watch_and_false_alarm_can_be_taken_back(client: Any, pm: Member, alert: Alert, runtime: Runtime) -> None:
    def state() -> AlertState:
        with runtime.database.read() as session:
            return alerts.get_alert(session, alert.id or 0).state

    where = f"/triage/radar/{alert.id}"
    assert client.post(f"{where}/watch", actor=pm).status_code == 303
    assert state() is AlertState.WATCHED
    assert client.post(f"{where}/watch", actor=pm).status_code == 409
    assert client.post(f"{where}/false-alarm", data={"reason": " "}, actor=pm).status_code == 422
    client.post(f"{where}/false-alarm", data={"reason": "车展当天"}, actor=pm)
    assert state() is AlertState.FALSE_ALARM
    assert "车展当天" in client.get(where, actor=pm).text
    assert client.post(f"{where}/incident", actor=pm).status_code == 409
    client.post(f"{where}/reopen", actor=pm)
    assert state() is AlertState.OPEN
    with runtime.database.read() as session:
        row = alerts.get_alert(session, alert.id or 0)
        assert (row.floor, row.reason, row.slot) == (0.0, "", f"theme:{row.theme_id}")


def test_of_two_who_decide_at_once_the_later_is_told(
    runtime: Runtime, alert: Alert, pm_actor: Actor, look: Look
) -> None:
    number = alert.id or 0
    with runtime.database.write() as late:
        seen = alerts.get_alert(late, number)
        with runtime.database.write() as session:
            alerts.open_incident(session, alerts.get_alert(session, number), by=pm_actor)
        with pytest.raises(alerts.AlertMoved):
            alerts.watch(late, seen, by=pm_actor)
    with runtime.database.write() as late:
        incident = incidents.incident_of(late, number)
        assert incident is not None
        with runtime.database.write() as session:
            incidents.close(session, incident_in(session, incident.id or 0), "好了", by=pm_actor)
        with pytest.raises(incidents.Closed):
            incidents.close(late, incident, "又好了", by=pm_actor)
    assert look()[0].state is AlertState.OVER


def test_the_holding_statement_goes_from_draft_to_the_posts(
    client: Any, pm: Member, runtime: Runtime, alert: Alert, incident: int
) -> None:
    where = f"/triage/incidents/{incident}"
    nothing = {"answer": 1, "to": "approved"}
    assert client.post(f"{where}/statement/next", data=nothing, actor=pm).status_code == 404
    client.post(f"{where}/statement", data={"text": "我们正在查，周五再说。"}, actor=pm)
    with runtime.database.read() as session:
        answer = incidents.statement_of(session, incident_in(session, incident))
        assert answer is not None
        assert (answer.state, answer.source) == (AnswerState.DRAFT, f"incident:{incident}")
        post_id = incidents.new_voices(session, alert, Actor(id=pm.id), runtime.settings.zone)[0].id
    assert "我们正在查" not in client.get(f"/posts/{post_id}").text
    client.post(f"{where}/statement/next", data={"answer": answer.id, "to": "approved"}, actor=pm)
    assert "我们正在查" not in client.get(f"/posts/{post_id}").text
    client.post(f"{where}/statement/next", data={"answer": answer.id, "to": "published"}, actor=pm)
    assert "我们正在查" in client.get(f"/posts/{post_id}").text
    with runtime.database.read() as session:
        assert session.get(Answer, answer.id).state is AnswerState.PUBLISHED  # type: ignore[union-attr]
        kinds = [act.kind for act in alerts.acts_of(session, alert.id or 0)]
    assert kinds[:3] == [ActKind.PUBLISHED, ActKind.APPROVED, ActKind.STATEMENT]


def test_a_second_press_publishes_nothing_and_nobody_approves_what_they_have_not_read(
    client: Any, pm: Member, runtime: Runtime, incident: int
) -> None:
    def statement() -> Answer:
        with runtime.database.read() as session:
            found = incidents.statement_of(session, incident_in(session, incident))
            assert found is not None
            return found

    where = f"/triage/incidents/{incident}"
    client.post(f"{where}/statement", data={"text": "我们正在查。"}, actor=pm)
    page = client.get(where, actor=pm).text
    form = dict(re.findall(r'name="(answer|to)" value="(\w+)"', page.split("/statement/next")[1].split("</form>")[0]))
    for _ in range(2):
        client.post(f"{where}/statement/next", data=form, actor=pm)
    assert statement().state is AnswerState.APPROVED
    client.post(f"{where}/statement", data={"text": "别的说法。"}, actor=pm)
    assert client.post(f"{where}/statement/next", data=form, actor=pm).status_code == 409
    assert (statement().text, statement().state) == ("别的说法。", AnswerState.DRAFT)


def test_pinned_questions_stand_on_the_posts_while_the_incident_is_open(
    client: Any, pm: Member, runtime: Runtime, alert: Alert, incident: int
) -> None:
    where = f"/triage/incidents/{incident}"
    assert client.post(f"{where}/questions", data={"question": "为什么"}, actor=pm).status_code == 422
    client.post(f"{where}/questions", data={"question": "为什么断？", "answer": "正在查"}, actor=pm)
    with runtime.database.read() as session:
        question = incidents.questions_of(session, incident)[0].id
        post_id = incidents.new_voices(session, alert, Actor(id=pm.id), runtime.settings.zone)[0].id
    assert "为什么断？" not in client.get(f"/posts/{post_id}").text
    client.post(f"{where}/questions/{question}/pin", data={"pinned": "true"}, actor=pm)
    assert "为什么断？" in client.get(f"/posts/{post_id}").text
    client.post(f"{where}/close", data={"report": "已修复"}, actor=pm)
    assert "为什么断？" not in client.get(f"/posts/{post_id}").text
    assert "已修复" in client.get(where, actor=pm).text
    for act, told in (("close", {"report": "又"}), ("lead", {"member": pm.id}), ("exit", {"ratio": 2, "days": 3})):
        assert client.post(f"{where}/{act}", data=told, actor=pm).status_code == 409


def test_pinned_questions_follow_a_merge_and_leave_with_a_hidden_theme(
    runtime: Runtime, alert: Alert, incident: int, pm_actor: Actor, make_theme: MakeTheme
) -> None:
    whole = make_theme("车机")
    with runtime.database.write() as session:
        asked = incidents.add_question(session, incident_in(session, incident), "为什么断？", "正在查", by=pm_actor)
        incidents.pin_question(session, incident_in(session, incident), asked.id or 0, True, by=pm_actor)
        post_id = incidents.new_voices(session, alert, pm_actor, runtime.settings.zone)[0].id
        own, root = get_theme(session, alert.theme_id or 0), get_theme(session, whole.id or 0)
        themes.merge(session, own, root.id or 0, by=pm_actor, zone=runtime.settings.zone)
        assert incidents.pinned_on_posts(session, [post_id]) == {post_id: [("为什么断？", "正在查")]}
        themes.hide(session, root, by=pm_actor)
        assert incidents.pinned_on_posts(session, [post_id]) == {}


def test_the_exit_criterion_is_counted_from_whole_days(
    runtime: Runtime, incident: int, alert: Alert, pm_actor: Actor, time_machine: Any
) -> None:
    def state() -> incidents.ExitState:
        with runtime.database.read() as session:
            told = alerts.get_alert(session, alert.id or 0)
            return incidents.exit_state(session, incident_in(session, incident), told, runtime.settings.zone)

    assert (state().met, state().reached) == (0, False)
    now = clock.now()
    time_machine.move_to(now + timedelta(days=3), tick=False)
    assert (state().met, state().reached) == (2, False)
    time_machine.move_to(now + timedelta(days=4), tick=False)
    assert (state().met, state().reached) == (3, True)
    with runtime.database.write() as session:
        incidents.set_exit(session, incident_in(session, incident), 1.5, 5, by=pm_actor)
        for ratio, days in ((0.5, 3), (9.0, 3), (2.0, 0), (2.0, 99)):
            with pytest.raises(incidents.ExitUnfit):
                incidents.set_exit(session, incident_in(session, incident), ratio, days, by=pm_actor)
    assert (state().met, state().needed, state().reached) == (3, 5, False)


def test_only_staff_lead_an_incident(
    client: Any, pm: Member, incident: int, make_member: Callable[..., Member], runtime: Runtime
) -> None:
    where = f"/triage/incidents/{incident}/lead"
    assert client.post(where, data={"member": make_member("车主").id}, actor=pm).status_code == 422
    agent = make_member("客服小许", Role.AGENT)
    client.post(where, data={"member": agent.id}, actor=pm)
    assert "客服小许" in client.get(f"/triage/incidents/{incident}", actor=pm).text


def test_new_voices_are_those_that_the_reader_may_see(
    runtime: Runtime, alert: Alert, make_days: Any, add_to: Any, make_member: Callable[..., Member]
) -> None:
    theme = Theme(id=alert.theme_id, name="")
    secret = make_days([1], visibility=Visibility.STAFF)
    add_to(theme, secret)
    with runtime.database.read() as session:
        staff = Actor(id=1, roles=frozenset({Role.PM}))
        seen = {card.id for card in incidents.new_voices(session, alert, staff, runtime.settings.zone, limit=50)}
        guest = {card.id for card in incidents.new_voices(session, alert, Actor(), runtime.settings.zone, limit=50)}
    assert seen - guest == set(secret)
    assert len(seen) == 21


def test_the_theme_says_that_it_rises(client: Any, pm: Member, alert: Alert) -> None:
    assert f'href="/triage/radar/{alert.id}"' in client.get(f"/themes/{alert.theme_id}", actor=pm).text
    assert "涨到" in client.get("/themes", actor=pm).text


def test_json_tells_and_decides(client: Any, pm: Member, make_token: Any, alert: Alert) -> None:
    reading, writing = make_token(pm, "themes:read"), make_token(pm, "themes:write")
    (told,) = client.get("/api/v1/radar/alerts", token=reading).json()["items"]
    assert (told["id"], told["seen"], told["theme"], told["state"]) == (alert.id, 20, "蓝牙断连", "open")
    where = f"/api/v1/radar/alerts/{alert.id}/verdict"
    assert client.post(where, json={"verdict": "watch"}, token=reading).status_code == 403
    assert (
        client.post(where, json={"verdict": "false_alarm"}, token=writing).json()["error"]["code"] == "reason_missing"
    )
    assert client.post(where, json={"verdict": "watch"}, token=writing).json()["state"] == "watched"
    assert client.post(where, json={"verdict": "watch"}, token=writing).json()["error"]["code"] == "alert_moved"
    told = client.post(where, json={"verdict": "incident"}, token=writing).json()
    assert told["incident_id"]
    assert client.get(f"/api/v1/radar/alerts/{alert.id}", token=reading).json()["state"] == "incident"
    assert client.get("/api/v1/radar/alerts/999", token=reading).status_code == 404
    assert client.get("/api/v1/radar/alerts?cursor=xx", token=reading).status_code == 422


def test_look_now_asks_the_worker(client: Any, pm: Member, worker: Any, make_lively_theme: MakeTheme) -> None:
    make_lively_theme("蓝牙", rise=RISE)
    assert client.post("/triage/radar/look", actor=pm).status_code == 303
    worker.drain()
    assert "<b>20</b>" in client.get("/triage/radar", actor=pm).text


def test_alerts_page_without_gaps(
    client: Any, pm: Member, make_lively_theme: MakeTheme, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        make_lively_theme(f"涨{number}", rise=RISE)
    look()
    monkeypatch.setattr("feedback_cluster.radar.queries.alerts.__kwdefaults__", {"cursor": None, "limit": 2})
    seen: list[str] = []
    address: str | None = "/triage/radar"
    while address:
        text = client.get(address, actor=pm).text
        seen += re.findall(r'href="/triage/radar/(\d+)"', text)
        found = re.search(r'href="(/triage/radar\?[^"]*cursor=[^"]+)"', text)
        address = found[1].replace("&amp;", "&") if found else None
    assert len(seen) == len(set(seen)) == 5
