"""Meetings: the queue walked theme by theme, decisions that take effect, minutes to print and to take along."""

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster.meetings import service
from feedback_cluster.meetings.minutes import Line, as_csv, as_markdown
from feedback_cluster.meetings.models import Meeting, Minute, Outcome
from feedback_cluster.themes.models import Theme, ThemeDecision
from feedback_cluster.themes.queries import get_theme
from forum.posts.models import Post

MakeTheme = Callable[..., Theme]


def begin(client: Any, pm: Member, query: str = "/themes") -> str:
    data = {"title": "周三主题会", "attendees": "产品林\n周工、许工\n产品林", "query": query}
    answer = client.post("/triage/meetings", actor=pm, data=data)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def fresh(runtime: Runtime, theme: Theme) -> Theme:
    with runtime.database.read() as session:
        return get_theme(session, theme.id or 0)


def test_a_meeting_walks_the_queue_and_its_decisions_take_effect(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme
) -> None:
    engineer = make_member("周工", Role.AGENT)
    one, two, three = (make_theme(name, score=score) for name, score in (("座椅", 9.0), ("蓝牙", 5.0), ("视频", 2.0)))
    room = begin(client, pm)
    first = client.get(room, actor=pm).text
    assert ">座椅</h1>" in first
    assert "0 / 3" not in first
    decided = {"outcome": "pursue", "sentence": "下个版本改三档", "member": str(engineer.id), "due_on": "2026-12-05"}
    answer = client.post(f"{room}/themes/{one.id}", actor=pm, data=decided)
    assert answer.headers["location"] == f"{room}?at={two.id}"
    assert (fresh(runtime, one).status, fresh(runtime, one).assignee_id) == ("triaged", engineer.id)
    # Left and resumed: it goes on where nothing is decided yet.
    assert ">蓝牙</h1>" in client.get(room, actor=pm).text
    client.post(f"{room}/themes/{two.id}", actor=pm, data={"outcome": "later", "sentence": "等日志"})
    no = {"outcome": "decline", "sentence": "行车中会分心", "reason": "not_safe", "alternative": "停车后看"}
    assert client.post(f"{room}/themes/{three.id}", actor=pm, data=no).headers["location"] == f"{room}/minutes"
    assert fresh(runtime, two).status == "new"
    assert fresh(runtime, three).status == "declined"
    shown = client.get(f"{room}/minutes", actor=pm).text
    for word in (
        "周三主题会",
        "产品林、周工、许工",
        "下个版本改三档",
        "2026-12-05",
        "要做，跟进",
        "等日志",
        "行车中会分心",
    ):
        assert word in shown
    assert client.post(f"{room}/end", actor=pm).status_code == 303
    assert client.post(f"{room}/themes/{one.id}", actor=pm, data=decided).status_code == 409
    assert client.post(f"{room}/end", actor=pm).status_code == 409


def test_deciding_anew_takes_the_earlier_decision_back(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme
) -> None:
    theme = make_theme("座椅")
    room = begin(client, pm)
    client.post(
        f"{room}/themes/{theme.id}", actor=pm, data={"outcome": "pursue", "sentence": "做", "member": str(pm.id)}
    )
    client.post(f"{room}/themes/{theme.id}", actor=pm, data={"outcome": "later", "sentence": "再看"})
    after = fresh(runtime, theme)
    assert (after.status, after.assignee_id) == ("new", None)
    with runtime.database.read() as session:
        minute = session.exec(select(Minute)).one()
        assert (minute.outcome, minute.sentence, minute.decisions) == (Outcome.LATER, "再看", [])


@pytest.mark.parametrize("before", ["declined", "hidden"])
def test_what_the_meeting_pursues_is_back_in_work_whatever_was_said_before(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme, before: str
) -> None:
    theme = make_theme("座椅")
    if before == "declined":
        no = {"sentence": "行车中会分心", "reason": "not_safe"}
        assert client.post(f"/themes/{theme.id}/decline", actor=pm, data=no).status_code == 303
    else:
        assert client.post(f"/themes/{theme.id}/hide", actor=pm).status_code == 303
    room = begin(client, pm, f"/themes?view={before}")
    asked = client.post(f"{room}/themes/{theme.id}", actor=pm, data={"outcome": "pursue", "sentence": "做"})
    assert asked.status_code == 303
    after = fresh(runtime, theme)
    assert (after.status, after.decline_id) == ("triaged", None)
    with runtime.database.read() as session:
        assert {post.status for post in session.exec(select(Post))} == {"open"}
    client.post(f"{room}/themes/{theme.id}", actor=pm, data={"outcome": "later", "sentence": "再看"})
    assert fresh(runtime, theme).status == ("new" if before == "declined" else "hidden")


def test_what_makes_no_sense_is_not_written_down(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme
) -> None:
    theme, other, owner = make_theme("座椅"), make_theme("蓝牙"), make_member("车主")
    room = begin(client, pm, "/themes?q=座椅")
    for wrong, status in (
        ({"sentence": " "}, 422), ({"member": str(owner.id)}, 422), ({"due_on": "下周"}, 422),
        ({"outcome": "decline"}, 422), ({"outcome": "perhaps"}, 422),
    ):  # fmt: skip
        data = {"outcome": "pursue", "sentence": "做", **wrong}
        assert client.post(f"{room}/themes/{theme.id}", actor=pm, data=data).status_code == status
    assert (
        client.post(f"{room}/themes/{other.id}", actor=pm, data={"outcome": "pursue", "sentence": "做"}).status_code
        == 404
    )
    with runtime.database.read() as session:
        assert session.exec(select(Minute)).all() == []
        assert session.exec(select(ThemeDecision)).all() == []
    assert client.post("/triage/meetings", actor=pm, data={"title": "空", "query": "/themes?q=没有"}).status_code == 409
    assert client.post("/triage/meetings", actor=pm, data={"title": " ", "query": "/themes"}).status_code == 422


def test_minutes_are_taken_along_as_markdown_and_as_a_table(client: Any, pm: Member, make_theme: MakeTheme) -> None:
    theme = make_theme("座椅|通风")
    room = begin(client, pm)
    client.post(f"{room}/themes/{theme.id}", actor=pm, data={"outcome": "clarify", "sentence": "=问*供应商*"})
    text = client.get(f"{room}/minutes.md", actor=pm).text
    assert "# 周三主题会" in text
    assert "座椅\\|通风" in text
    assert "=问\\*供应商\\*" in text
    body = client.get(f"{room}/minutes.csv", actor=pm).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body)))
    assert rows[0] == ["编号", "主题", "决定", "说明", "负责人", "截止"] or len(rows[0]) == 6
    assert rows[1][1:4] == ["座椅|通风", "先弄清楚", "'=问*供应商*"]


@pytest.mark.parametrize("path", ["/triage/meetings", "/triage/meetings/1", "/triage/meetings/1/minutes"])
def test_only_staff_reads_minutes(client: Any, pm: Member, make_member: Any, make_theme: MakeTheme, path: str) -> None:
    make_theme("座椅")
    begin(client, pm)
    assert client.get(path).status_code == 303
    assert client.get(path, actor=make_member("车主")).status_code == 403
    agent = make_member("客服", Role.AGENT)
    assert client.get(path, actor=agent).status_code == 200
    assert client.post("/triage/meetings/1/end", actor=agent).status_code == 403


def test_lines_that_were_not_discussed_stay_empty() -> None:
    lines = [
        Line(1, "座椅", None, "", "", "", None),
        Line(2, "蓝牙", Outcome.LATER, "Next", "等", "林", date(2026, 12, 1)),
    ]
    table = as_csv(["a"] * 6, lines, str).decode("utf-8-sig").splitlines()
    assert table[1:] == ["#1,座椅,,,,", "#2,蓝牙,Next,等,林,2026-12-01"]
    assert "| #1 | 座椅 |  |  |  |  |" in as_markdown(["会"], ["a"] * 6, lines, str).replace("\\#", "#")


def test_deciding_anew_keeps_what_somebody_decided_elsewhere_meanwhile(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme
) -> None:
    first, other = make_member("周工", Role.AGENT), make_member("许工", Role.AGENT)
    theme = make_theme("座椅", score=9.0)
    room = begin(client, pm)
    said = {"outcome": "pursue", "sentence": "改三档", "member": str(first.id)}
    client.post(f"{room}/themes/{theme.id}", actor=pm, data=said)
    client.post(f"/themes/{theme.id}/assign", actor=pm, data={"member": str(other.id)})
    again = {"outcome": "later", "sentence": "等日志", "member": str(other.id)}
    assert client.post(f"{room}/themes/{theme.id}", actor=pm, data=again).status_code == 303
    assert (fresh(runtime, theme).status, fresh(runtime, theme).assignee_id) == ("new", other.id)


def test_a_meeting_that_ended_meanwhile_takes_no_decision(
    runtime: Runtime, make_theme: MakeTheme, pm_actor: Any
) -> None:
    theme = make_theme("座椅")
    with runtime.database.write() as session:
        meeting = service.begin(session, "周会", [], [theme.id or 0], by=pm_actor)
        session.connection().execute(sa.update(Meeting).values(ended_at=clock.now()))
        decided = service.Decided(Outcome.LATER, "等日志")
        with pytest.raises(service.MeetingOver):
            service.decide(session, meeting, theme.id or 0, decided, by=pm_actor, zone=runtime.settings.zone)
