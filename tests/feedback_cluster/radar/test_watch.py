"""The radar's round: real rises are told once and explain themselves, imports and chatter are not."""

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from cocreate.core import clock
from cocreate.core.outbox import OutboxEntry
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from feedback_cluster.radar import alerts
from feedback_cluster.radar.alerts import JOB
from feedback_cluster.radar.models import ActKind, Alert, AlertState, RadarAct
from feedback_cluster.themes.models import Theme, TriageStatus
from forum.posts.models import PostTag

RISE = (5, 7, 8)
Look = Callable[[], list[Alert]]
MakeTheme = Callable[..., Theme]


def messages(runtime: Runtime, member: Member) -> list[str]:
    with runtime.database.read() as session:
        statement = select(InboxMessage.notice).where(InboxMessage.member_id == member.id)
        return list(session.exec(statement.order_by(col(InboxMessage.id))))


def test_a_rise_is_an_alert_that_explains_itself(
    runtime: Runtime, pm: Member, make_lively_theme: MakeTheme, look: Look
) -> None:
    make_lively_theme("座椅")
    theme = make_lively_theme("蓝牙", rise=RISE, model="云麓", model_year=2024, body="蓝牙老是断开，太差了，气人")
    (alert,) = look()
    assert (alert.theme_id, alert.state, alert.seen, alert.days) == (theme.id, AlertState.OPEN, 20, 3)
    assert 1.0 < alert.expected < 5.0
    assert alert.spread > 0
    assert alert.people == 20
    assert alert.negative == 1.0
    assert alert.newcomers == 1.0
    assert [(group["kind"], group["value"], group["seen"]) for group in alert.groups] == [
        ("model", "云麓", 20),
        ("model_year", "云麓 2024", 20),
    ]
    assert sum(alert.curve[-3:]) == 20
    assert messages(runtime, pm) == ["radar.theme"]


def test_the_same_rise_is_told_once(runtime: Runtime, pm: Member, make_lively_theme: MakeTheme, look: Look) -> None:
    make_lively_theme("蓝牙", rise=RISE)
    look()
    assert len(look()) == 1
    assert messages(runtime, pm) == ["radar.theme"]


def test_a_rise_that_grows_much_is_told_again(
    runtime: Runtime, pm: Member, make_lively_theme: MakeTheme, make_days: Any, look: Look, add_to: Any
) -> None:
    theme = make_lively_theme("蓝牙", rise=(3, 4, 4))
    (first,) = look()
    add_to(theme, make_days([25]))
    (alert,) = look()
    assert alert.id == first.id
    assert alert.seen > first.seen + 20
    assert messages(runtime, pm) == ["radar.theme", "radar.theme"]
    with runtime.database.read() as session:
        assert [act.kind for act in alerts.acts_of(session, alert.id or 0)] == [ActKind.GREW, ActKind.RAISED]


def test_calm_themes_raise_nothing(make_lively_theme: MakeTheme, look: Look, pm: Member, runtime: Runtime) -> None:
    make_lively_theme("座椅")
    make_lively_theme("蓝牙", rise=(1, 2, 1))
    assert look() == []
    assert messages(runtime, pm) == []


def test_an_imported_past_is_no_rise(
    make_lively_theme: MakeTheme, make_days: Any, make_file_of: Any, look: Look, add_to: Any
) -> None:
    """Two hundred complaints of last week that came in one file today; rows without a date as well."""
    theme = make_lively_theme("蓝牙")
    filed = make_file_of()
    add_to(theme, make_days([40] * 5, until=9, import_id=filed, source="test"))
    assert look() == []
    add_to(theme, make_days([60], import_id=filed, source="test"))
    assert look() == []


def test_the_radar_says_what_it_did_not_count(
    client: Any, pm: Member, make_lively_theme: MakeTheme, make_days: Any, make_file_of: Any, look: Look, add_to: Any
) -> None:
    theme = make_lively_theme("蓝牙")
    filed = make_file_of()
    add_to(theme, make_days([40] * 5, until=9, import_id=filed, source="客服"))
    add_to(theme, make_days([20], import_id=make_file_of(), source="问卷"))
    assert look() == []
    text = client.get("/triage/radar", actor=pm).text
    assert "200 条声音 · 日期比到达早很多" in text
    assert "20 条声音 · 没有自己的日期" in text
    assert f'href="/imports/{filed}"' in text


def test_a_new_channel_is_no_rise(
    make_lively_theme: MakeTheme, make_days: Any, look: Look, add_to: Any, make_file_of: Any
) -> None:
    theme = make_lively_theme("蓝牙")
    add_to(theme, make_days([20, 20, 20], until=1, source="客服热线", import_id=make_file_of()))
    assert look() == []


def test_a_few_people_who_write_a_lot_are_no_rise(
    make_lively_theme: MakeTheme, make_days: Any, look: Look, add_to: Any
) -> None:
    theme = make_lively_theme("蓝牙", rise=(0, 0, 0))
    for name in ("一", "二", "三"):
        add_to(theme, make_days([6, 6, 6], author_label=name))
    assert look() == []


def test_two_people_are_a_conversation(make_theme: Any, make_days: Any, look: Look, add_to: Any) -> None:
    theme = make_theme("蓝牙", posts=make_days((0, 0, 1, 0, 0, 0, 0) * 12, until=7))
    for name in ("一", "二"):
        add_to(theme, make_days([1] * 7, author_label=name))
    assert look() == []
    add_to(theme, make_days([1] * 7, author_label="三"))
    assert len(look()) == 1


def test_a_hidden_theme_is_not_watched(make_lively_theme: MakeTheme, look: Look, runtime: Runtime) -> None:
    theme = make_lively_theme("蓝牙", rise=RISE)
    with runtime.database.write() as session:
        row = session.get(Theme, theme.id)
        assert row is not None
        row.status = TriageStatus.HIDDEN
        session.add(row)
    assert look() == []


def test_a_group_rises_although_its_theme_does_not(
    make_theme: Any, make_days: Any, look: Look, runtime: Runtime
) -> None:
    """Owners who ordered in one month speak up in a theme that is large enough to swallow them."""
    usual = make_days([6, 5, 7, 6, 5, 6, 7] * 12, until=3)
    few = make_days([0, 0, 1, 0, 0, 0, 0] * 12, until=3)
    many = make_days([4, 4, 4]) + make_days([5, 6, 5])
    theme = make_theme("交付", posts=[*usual, *few, *many])
    tagged = [*few, *many[:12]]
    with runtime.database.write() as session:
        session.add_all([PostTag(post_id=post_id, tag="下单:2026-03") for post_id in tagged])
    (alert,) = look()
    assert alert.theme_id == theme.id
    assert alert.through == "order_month:2026-03"
    assert ("order_month", "2026-03") in [(group["kind"], group["value"]) for group in alert.groups]


def test_everything_at_once_is_one_alert(
    make_lively_theme: MakeTheme, look: Look, runtime: Runtime, pm: Member
) -> None:
    for number in range(10):
        make_lively_theme(f"主题{number}", rise=(3, 4, 3))
    found = look()
    assert [alert.theme_id for alert in found] == [None]
    assert messages(runtime, pm) == ["radar.traffic"]


def test_after_a_false_alarm_of_everything_more_than_that_is_told(
    make_lively_theme: MakeTheme, make_days: Any, add_to: Any, look: Look, runtime: Runtime, pm_actor: Any
) -> None:
    themes = [make_lively_theme(f"主题{number}", rise=(3, 4, 3)) for number in range(10)]
    (alert,) = look()
    with runtime.database.write() as session:
        alerts.call_false(session, alerts.get_alert(session, alert.id or 0), "车展", by=pm_actor)
    assert [one.state for one in look()] == [AlertState.FALSE_ALARM], "the same rate is usual now"
    for theme in themes:
        add_to(theme, make_days([9]))
    found = look()
    assert [(one.theme_id, one.state) for one in found] == [(None, AlertState.FALSE_ALARM), (None, AlertState.OPEN)]


def test_of_two_alerts_of_a_theme_opened_again_at_once_one_stands(
    make_lively_theme: MakeTheme, look: Look, runtime: Runtime, pm_actor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme = make_lively_theme("蓝牙", rise=RISE)
    (first,) = look()
    with runtime.database.write() as session:
        alerts.call_false(session, alerts.get_alert(session, first.id or 0), "车展", by=pm_actor)
        day, state = first.first_day, AlertState.FALSE_ALARM
        session.add(Alert(theme_id=theme.id, state=state, first_day=day, last_day=day, closed_at=clock.now()))
    looked, real, refused = threading.Barrier(2), alerts._decide, []

    def decide(*args: Any) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            looked.wait(1)  # both have looked whether the theme has one, unless one waits for the other
        real(*args)

    monkeypatch.setattr(alerts, "_decide", decide)

    def reopen(alert_id: int) -> None:
        try:
            with runtime.database.write() as session:
                alerts.reopen(session, alerts.get_alert(session, alert_id), by=pm_actor)
        except Exception as refusal:
            refused.append(type(refusal))

    with runtime.database.read() as session:
        ids = [alert_id or 0 for alert_id in session.exec(select(Alert.id))]
    threads = [threading.Thread(target=reopen, args=(alert_id,)) for alert_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert refused == [alerts.AlertMoved]
    with runtime.database.read() as session:
        assert sorted(session.exec(select(Alert.state))) == [AlertState.FALSE_ALARM, AlertState.OPEN]


def test_the_radar_is_asked_once_however_often_one_presses(
    client: Any, pm: Member, runtime: Runtime, make_lively_theme: MakeTheme, look: Look, time_machine: Any
) -> None:
    def waiting() -> int:
        with runtime.database.read() as session:
            return len(session.exec(select(OutboxEntry.id).where(OutboxEntry.name == JOB)).all())

    make_lively_theme("座椅")
    for _ in range(3):
        assert client.post("/triage/radar/look", actor=pm).status_code == 303
    assert waiting() == 1
    look()  # it has looked: whoever presses now means it anew
    for _ in range(2):
        client.post("/triage/radar/look", actor=pm)
    assert waiting() == 2


def test_many_alerts_of_one_round_are_one_message(
    make_lively_theme: MakeTheme, look: Look, runtime: Runtime, pm: Member
) -> None:
    for number in range(4):
        make_lively_theme(f"涨{number}", rise=RISE)
    assert len(look()) == 4
    assert messages(runtime, pm) == ["radar.many"]


def test_an_alert_ends_when_the_rate_is_back(
    make_lively_theme: MakeTheme, look: Look, runtime: Runtime, time_machine: Any
) -> None:
    now = clock.now()
    time_machine.move_to(now - timedelta(days=9), tick=False)
    make_lively_theme("蓝牙", rise=RISE)
    assert [alert.state for alert in look()] == [AlertState.OPEN]
    for day in range(8, -1, -1):
        time_machine.move_to(now - timedelta(days=day), tick=False)
        found = look()
    assert [(alert.state, alert.slot) for alert in found] == [(AlertState.OVER, None)]
    assert found[0].closed_at is not None
    assert look() == found, "what is over is not raised again from the same days"


def test_a_false_alarm_teaches_the_radar(
    make_lively_theme: MakeTheme, look: Look, runtime: Runtime, pm_actor: Any, pm: Member
) -> None:
    make_lively_theme("蓝牙", rise=RISE)
    (alert,) = look()
    with runtime.database.write() as session:
        alerts.call_false(session, alerts.get_alert(session, alert.id or 0), "车展", by=pm_actor)
    assert [one.state for one in look()] == [AlertState.FALSE_ALARM]
    assert messages(runtime, pm) == ["radar.theme"]


def test_what_a_false_alarm_taught_holds_for_weeks(
    make_lively_theme: MakeTheme,
    make_days: Any,
    look: Look,
    runtime: Runtime,
    pm_actor: Any,
    time_machine: Any,
    add_to: Any,
) -> None:
    """The same rate three weeks later: the two careful weeks are over, and the baseline knows little of it yet."""
    now = clock.now()
    time_machine.move_to(now - timedelta(days=20), tick=False)
    theme = make_lively_theme("蓝牙", rise=RISE)
    (alert,) = look()
    with runtime.database.write() as session:
        alerts.call_false(session, alerts.get_alert(session, alert.id or 0), "车展", by=pm_actor)
    time_machine.move_to(now, tick=False)
    add_to(theme, make_days([6] * 20))
    assert [one.state for one in look()] == [AlertState.FALSE_ALARM]


def test_an_alert_goes_with_its_theme_when_that_is_merged(
    make_lively_theme: MakeTheme, look: Look, runtime: Runtime, pm_actor: Any
) -> None:
    from feedback_cluster.themes import service
    from feedback_cluster.themes.queries import get_theme

    rising, other = make_lively_theme("蓝牙", rise=RISE), make_lively_theme("车机")
    look()
    with runtime.database.write() as session:
        source = get_theme(session, rising.id or 0)
        service.merge(session, source, other.id or 0, by=pm_actor, zone=runtime.settings.zone)
    (alert,) = look()
    assert (alert.theme_id, alert.slot) == (other.id, f"theme:{other.id}")


def test_two_alerts_that_a_merge_brings_together_become_one(
    make_lively_theme: MakeTheme, look: Look, runtime: Runtime, pm_actor: Any
) -> None:
    from feedback_cluster.themes import service
    from feedback_cluster.themes.queries import get_theme

    rising, other = make_lively_theme("蓝牙", rise=RISE), make_lively_theme("车机", rise=RISE)
    first, second = look()
    with runtime.database.write() as session:
        source = get_theme(session, rising.id or 0)
        service.merge(session, source, other.id or 0, by=pm_actor, zone=runtime.settings.zone)
    told = {alert.id: alert for alert in look()}
    own, joined = (second, first) if second.theme_id == other.id else (first, second)
    assert (told[joined.id].state, told[joined.id].slot) == (AlertState.OVER, None)
    assert (told[own.id].state, told[own.id].slot) == (AlertState.OPEN, f"theme:{other.id}")


def test_the_alert_of_a_theme_that_nobody_sees_any_more_ends(
    make_lively_theme: MakeTheme, look: Look, runtime: Runtime, pm_actor: Any, time_machine: Any
) -> None:
    from feedback_cluster.themes import service
    from feedback_cluster.themes.queries import get_theme

    now = clock.now()
    make_lively_theme("座椅")
    theme = make_lively_theme("蓝牙", rise=RISE)
    assert [alert.state for alert in look()] == [AlertState.OPEN]
    with runtime.database.write() as session:
        service.hide(session, get_theme(session, theme.id or 0), by=pm_actor)
    for day in range(1, 6):
        time_machine.move_to(now + timedelta(days=day), tick=False)
        found = look()
    assert [(alert.state, alert.slot) for alert in found] == [(AlertState.OVER, None)]


def test_the_radar_says_nothing_before_it_knows_the_usual(make_theme: Any, make_days: Any, look: Look) -> None:
    make_theme("蓝牙", posts=[*make_days(USUAL_SHORT, until=3), *make_days(RISE)])
    assert look() == []


USUAL_SHORT = (1, 0, 1, 2, 0, 1, 1) * 3


def test_the_timer_job_runs_in_the_worker(runtime: Runtime, worker: Any, make_lively_theme: MakeTheme) -> None:
    from cocreate.core import outbox

    make_lively_theme("蓝牙", rise=RISE)
    with runtime.database.write() as session:
        outbox.enqueue(session, JOB)
        outbox.enqueue(session, JOB)
    worker.drain()
    with runtime.database.read() as session:
        assert len(session.exec(select(Alert)).all()) == 1
        assert len(session.exec(select(RadarAct)).all()) == 1


def test_what_was_done_only_grows(runtime: Runtime, make_lively_theme: MakeTheme, look: Look) -> None:
    import sqlalchemy as sa

    make_lively_theme("蓝牙", rise=RISE)
    look()
    for statement in (sa.delete(RadarAct), sa.update(RadarAct).values(kind=ActKind.OVER)):
        with pytest.raises(sa.exc.DatabaseError), runtime.database.write() as session:
            session.connection().execute(statement)
