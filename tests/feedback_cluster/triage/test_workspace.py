"""The workspace beside the queue: many at once and back, filters kept, departments with receipts, notes, noes."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from cocreate.clocks.models import ResponseClock
from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.departments.models import Department, DepartmentMember
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from feedback_cluster.themes.models import Decline, Theme, TriageStatus
from feedback_cluster.themes.queries import get_theme
from feedback_cluster.triage import bulk
from feedback_cluster.triage.models import Bulk, BulkState, SavedFilter
from forum.posts.models import Post, PostStatus

MakeTheme = Callable[..., Theme]
NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)


def statuses(runtime: Runtime) -> list[tuple[int | None, TriageStatus]]:
    with runtime.database.read() as session:
        return [(theme.id, theme.status) for theme in session.exec(select(Theme).order_by(col(Theme.id)))]


def team(runtime: Runtime, name: str = "座舱", *people: Member) -> int:
    with runtime.database.write() as session:
        row = Department(name=name)
        session.add(row)
        session.flush()
        for person in people:
            session.add(DepartmentMember(department_id=row.id or 0, member_id=person.id or 0))
        return row.id or 0


def posts(runtime: Runtime) -> dict[str, PostStatus]:
    with runtime.database.read() as session:
        return {post.title: post.status for post in session.exec(select(Post))}


def inbox(runtime: Runtime, prefix: str = "theme.") -> list[tuple[int, str]]:
    with runtime.database.read() as session:
        rows = session.exec(select(InboxMessage.member_id, InboxMessage.notice).order_by(col(InboxMessage.id))).all()
        return sorted((member_id, notice) for member_id, notice in rows if notice.startswith(prefix))


# -- many at once


def test_chosen_themes_are_triaged_and_one_undo_takes_all_back(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme
) -> None:
    ids = [make_theme(f"主题{number}").id for number in range(4)]
    before = statuses(runtime)
    data = {"back": "/themes", "act": "triage", "theme": [str(one) for one in ids[:3]]}
    assert client.post("/triage/bulk", actor=pm, data=data).headers["location"] == "/themes"
    assert [status for _, status in statuses(runtime)] == ["triaged"] * 3 + ["new"]
    assert client.post("/triage/undo", actor=pm, data={"back": "/themes"}).status_code == 303
    assert statuses(runtime) == before
    assert client.post("/triage/undo", actor=pm, data={"back": "/themes"}).status_code == 404


def test_everything_that_matches_but_what_was_left_out(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme
) -> None:
    seats = [make_theme(f"座椅{number}").id for number in range(3)]
    other = make_theme("蓝牙").id
    data = {"back": "/themes?q=座椅", "act": "hide", "all": "true", "except": [str(seats[1])], "theme": [str(other)]}
    assert client.post("/triage/bulk", actor=pm, data=data).status_code == 303
    assert dict(statuses(runtime)) == {seats[0]: "hidden", seats[1]: "new", seats[2]: "hidden", other: "new"}


def test_a_theme_decided_anew_meanwhile_keeps_that_when_the_rest_goes_back(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme
) -> None:
    one, two = make_theme("甲").id, make_theme("乙").id
    client.post("/triage/bulk", actor=pm, data={"back": "/themes", "act": "triage", "theme": [str(one), str(two)]})
    client.post(f"/themes/{two}/hide", actor=pm)
    with runtime.database.read() as session:
        made = session.exec(select(Bulk.id)).one()
    client.post(f"/triage/bulk/{made}/undo", actor=pm)
    assert dict(statuses(runtime)) == {one: "new", two: "hidden"}
    with runtime.database.read() as session:
        row = session.get_one(Bulk, made)
        assert (row.state, row.changed, row.kept) == (BulkState.UNDONE, 2, 1)
    assert client.post(f"/triage/bulk/{made}/undo", actor=pm).status_code == 409


def test_many_are_done_by_the_worker_and_a_crash_repeats_nothing(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    monkeypatch.setattr(bulk, "STEP", 2)
    for number in range(7):
        make_theme(f"主题{number}")
    before = statuses(runtime)
    answer = client.post("/triage/bulk", actor=pm, data={"back": "/themes", "act": "triage", "all": "true"})
    page = answer.headers["location"]
    assert {status for _, status in statuses(runtime)} == {"new"}
    assert "0 / 7" in client.get(page, actor=pm).text
    real, steps = bulk._forward, [0]

    def crash(*args: Any) -> None:
        steps[0] += 1
        if steps[0] == 3:
            raise RuntimeError("the machine stopped")
        real(*args)

    monkeypatch.setattr(bulk, "_forward", crash)
    made = int(page.rpartition("/")[2])
    with pytest.raises(RuntimeError):
        bulk.work(runtime, bulk_id=made)
    with runtime.database.read() as session:
        assert session.get_one(Bulk, made).place == 4
    worker.drain()
    with runtime.database.read() as session:
        row = session.get_one(Bulk, made)
        assert (row.state, row.changed) == (BulkState.DONE, 7)
    assert {status for _, status in statuses(runtime)} == {"triaged"}
    assert client.post(f"{page}/undo", actor=pm).headers["location"] == page
    worker.drain()
    assert statuses(runtime) == before


def test_senseless_choices_for_many_are_refused_before_anything_changes(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme, make_member: Any
) -> None:
    theme, owner = make_theme("甲").id, make_member("车主")
    for data in (
        {"act": "triage"}, {"act": "assign", "member": str(owner.id)}, {"act": "department", "department": "77"},
        {"act": "area", "area": "77"}, {"act": "decline", "reason": "not_safe"}, {"act": "explode"},
    ):  # fmt: skip
        chosen = {} if data == {"act": "triage"} else {"theme": [str(theme)]}
        assert client.post("/triage/bulk", actor=pm, data={"back": "/themes", **data, **chosen}).status_code == 422
    with runtime.database.read() as session:
        assert session.exec(select(Bulk)).all() == []


# -- beside the queue


def test_an_act_beside_the_queue_answers_with_row_pane_and_undo(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme
) -> None:
    first, second = make_theme("座椅", score=9.0).id, make_theme("蓝牙", score=5.0).id
    sent = {"back": f"/themes?theme={first}", "next": str(second)}
    answer = client.post(f"/themes/{first}/triage", actor=pm, htmx=True, data=sent).text
    assert f'hx-target="#line-{first}" hx-swap="delete"' in answer
    assert f'<article class="theme stack" data-theme="{second}"' in answer
    assert "/themes/decisions/" in answer
    named = client.post(f"/themes/{second}/rename", actor=pm, htmx=True, data={**sent, "name": "蓝牙断连"}).text
    assert f'hx-target="#line-{second}" hx-swap="outerHTML"' in named
    assert ">蓝牙断连</a>" in named
    undone = client.post("/triage/undo", actor=pm, htmx=True, data={"back": "/themes"}).text
    assert 'hx-target="#queue"' in undone
    assert ">蓝牙断连</a>" not in undone


def test_filters_are_kept_shared_and_forgotten(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme
) -> None:
    make_theme("座椅")
    colleague = make_member("产品周", Role.PM)
    kept = client.post(
        "/triage/filters", actor=pm, data={"back": "/themes?view=all&q=座椅&x=1", "name": " 座椅  周会 "}
    )
    assert kept.headers["location"] == "/themes?view=all&q=%E5%BA%A7%E6%A4%85"
    assert "座椅 周会" in client.get("/themes", actor=pm).text
    assert "座椅 周会" not in client.get("/themes", actor=colleague).text
    found = re.search(r"/triage/filters/(\d+)/share", client.get("/themes", actor=pm).text)
    assert found is not None
    assert client.post(found[0], actor=colleague, data={"shared": "true"}).status_code == 404
    client.post(found[0], actor=pm, data={"shared": "true"})
    assert "座椅 周会" in client.get("/themes", actor=colleague).text
    client.post(f"/triage/filters/{found[1]}/delete", actor=pm)
    assert "座椅 周会" not in client.get("/themes", actor=pm).text
    assert client.post("/triage/filters", actor=pm, data={"back": "/themes", "name": " "}).status_code == 422


def filters_kept(runtime: Runtime) -> list[tuple[str, dict[str, Any], bool]]:
    with runtime.database.read() as session:
        rows = session.exec(select(SavedFilter).order_by(col(SavedFilter.name)))
        return [(row.name, row.query, row.shared) for row in rows]


def take_back(client: Any, pm: Member, answer: Any) -> None:
    """Press undo in the toast of an act."""
    page = client.get(answer.headers["location"], actor=pm, headers={"cookie": f"flash={answer.cookies['flash']}"})
    found = re.search(r'<form[^>]*action="([^"]*)"[^>]*>\s*<button[^>]*toast-undo', page.text)
    assert found is not None
    assert client.post(html.unescape(found[1]), actor=pm).status_code == 303


def test_every_act_on_a_saved_filter_is_taken_back_exactly(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme
) -> None:
    make_theme("座椅")
    first = client.post(
        "/triage/filters", actor=pm, data={"back": "/themes?view=all&q=座椅", "name": "周会", "shared": "true"}
    )
    before = filters_kept(runtime)
    assert before == [("周会", {"view": "all", "q": "座椅"}, True)]
    over = client.post("/triage/filters", actor=pm, data={"back": "/themes?q=蓝牙&model=云麓", "name": "周会"})
    assert filters_kept(runtime) == [("周会", {"q": "蓝牙", "model": "云麓"}, False)]
    take_back(client, pm, over)
    assert filters_kept(runtime) == before
    with runtime.database.read() as session:
        address = f"/triage/filters/{session.exec(select(SavedFilter.id)).one()}"
    for act, data in (("share", {}), ("delete", {})):
        changed = client.post(f"{address}/{act}", actor=pm, data=data)
        assert filters_kept(runtime) != before
        take_back(client, pm, changed)
        assert filters_kept(runtime) == before
    take_back(client, pm, first)
    assert filters_kept(runtime) == []


def test_undo_passes_over_what_somebody_has_decided_anew(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme
) -> None:
    one, two, other = make_theme("座椅").id, make_theme("蓝牙").id, make_member("产品周", Role.PM)
    client.post(f"/themes/{one}/hide", actor=pm)
    client.post(f"/themes/{two}/rename", actor=pm, data={"name": "蓝牙断连"})
    client.post(f"/themes/{two}/rename", actor=other, data={"name": "蓝牙"})
    back = client.post("/triage/undo", actor=pm, data={"back": "/themes"})
    assert back.status_code == 303
    assert dict(statuses(runtime)) == {one: "new", two: "new"}
    with runtime.database.read() as session:
        assert get_theme(session, two or 0).name == "蓝牙"
    told = client.get("/themes", actor=pm, headers={"cookie": f"flash={back.cookies['flash']}"}).text
    assert "“改名”（蓝牙）撤不回来了" in told
    assert "已撤回" in told
    refused = client.post("/triage/undo", actor=pm, data={"back": "/themes"})
    assert (refused.status_code, "之后又有人做了新的决定" in refused.text) == (409, True)


def test_keys_are_switched_off_for_the_member_and_stay_off(client: Any, pm: Member, make_member: Any) -> None:
    assert 'data-letters="on"' in client.get("/themes", actor=pm).text
    client.post("/triage/keys", actor=pm, data={"back": "/themes"})
    assert 'data-letters="off"' in client.get("/themes", actor=pm).text
    assert 'data-letters="on"' in client.get("/themes", actor=make_member("产品周", Role.PM)).text
    client.post("/triage/keys", actor=pm, data={"on": "true"})
    assert 'data-letters="on"' in client.get("/themes", actor=pm).text


# -- departments


def test_a_department_confirms_that_it_has_the_theme_and_the_clock_stops(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    engineer, stranger = make_member("工程师", Role.AGENT), make_member("客服", Role.AGENT)
    department = team(runtime, "座舱", engineer)
    theme = make_theme("座椅通风").id
    assert client.post(f"/themes/{theme}/department", actor=pm, data={"department": str(department)}).status_code == 303
    with runtime.database.read() as session:
        running = session.exec(select(ResponseClock).where(col(ResponseClock.stopped_at).is_(None))).one()
        assert (running.queue, running.subject_id, running.department_id) == ("theme.receipt", theme, department)
    assert "座椅通风" in client.get("/themes?view=department", actor=engineer).text
    assert ">座椅通风</a>" not in client.get("/themes?view=department", actor=stranger).text
    assert client.post(f"/themes/{theme}/receive", actor=stranger).status_code == 403
    assert client.post(f"/themes/{theme}/receive", actor=engineer).status_code == 303
    assert "工程师 已签收" in client.get(f"/themes/{theme}", actor=pm).text
    with runtime.database.read() as session:
        row = session.exec(select(ResponseClock)).one()
        assert (row.stopped_at, row.stopped_by, row.answered) == (NOON, engineer.id, True)
    assert client.post(f"/themes/{theme}/receive", actor=engineer).status_code == 409
    assert client.post(f"/themes/{theme}/department", actor=pm, data={"department": "99"}).status_code == 422


def test_who_may_only_receive_takes_back_only_what_is_theirs(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme
) -> None:
    engineer = make_member("工程师", Role.AGENT)
    theme = make_theme("座椅").id
    client.post(f"/themes/{theme}/department", actor=pm, data={"department": str(team(runtime, "座舱", engineer))})
    assert client.post("/themes/decisions/1/undo", actor=engineer).status_code == 404
    client.post(f"/themes/{theme}/receive", actor=engineer)
    assert client.post("/themes/decisions/2/undo", actor=engineer).status_code == 303


# -- notes


def test_notes_make_a_thread_and_tell_whom_they_name_once(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme
) -> None:
    anna, annabel = make_member("小林", Role.PM), make_member("小林溪", Role.AGENT)
    theme = make_theme("座椅").id
    for text in ("先看三档", "@小林溪 请查批次"):
        assert client.post(f"/themes/{theme}/note", actor=pm, data={"text": text}).status_code == 303
    page = client.get(f"/themes/{theme}", actor=pm).text
    assert page.index("先看三档") < page.index("请查批次")
    assert inbox(runtime) == [(annabel.id, "theme.mention")]
    assert anna.id != annabel.id
    client.post("/triage/undo", actor=pm)
    assert "请查批次" not in client.get(f"/themes/{theme}", actor=pm).text
    assert client.post(f"/themes/{theme}/note", actor=pm, data={"text": " "}).status_code == 422


# -- noes


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Stops the clock at noon; `later(timedelta(minutes=3))` moves it on."""
    moment = [NOON]
    monkeypatch.setattr(clock, "now", lambda: moment[0])

    def move(by: timedelta) -> None:
        moment[0] += by

    return move


NO = {"reason": "not_safe", "sentence": "行车中会分心。", "alternative": "停车后可以看。"}


def test_a_no_stands_on_the_posts_and_each_owner_hears_it_once(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme, make_voices: Any, worker: Any,
    later: Callable[[timedelta], None],
) -> None:  # fmt: skip
    owner, voter = make_member("车主甲"), make_member("车主乙")
    mine = make_voices(["行车时看视频", "开车看视频", "希望能看视频"], author_id=owner.id)
    theme = make_theme("行车视频", posts=mine).id
    client.post(f"/posts/{mine[0]}/vote", actor=voter)
    with runtime.database.write() as session:
        session.get_one(Post, mine[2]).status = PostStatus.PLANNED
    assert client.post(f"/themes/{theme}/decline", actor=pm, data=NO).status_code == 303
    assert posts(runtime) == {"行车时看视频": "declined", "开车看视频": "declined", "希望能看视频": "planned"}
    shown = client.get(f"/posts/{mine[0]}").text
    assert "行车中会分心。" in shown
    assert "停车后可以看。" in shown
    assert "不安全" in shown
    worker.drain()
    assert inbox(runtime) == []
    later(timedelta(minutes=3))
    worker.drain()
    worker.drain()
    told = sorted([(owner.id, "theme.declined.own"), (voter.id, "theme.declined.behind")])
    assert inbox(runtime) == told
    with runtime.database.read() as session:
        assert session.exec(select(Decline)).one().told_at is not None
    assert "行车中会分心。" in client.get("/inbox", actor=owner).text
    # Taken back after they were told: the posts stand where they stood, and who heard the no hears that.
    client.post("/triage/undo", actor=pm)
    worker.drain()
    assert posts(runtime) == {"行车时看视频": "open", "开车看视频": "open", "希望能看视频": "planned"}
    again = sorted([(owner.id, "theme.again.own"), (voter.id, "theme.again.behind")])
    assert inbox(runtime) == sorted(told + again)
    assert "行车中会分心。" not in client.get(f"/posts/{mine[0]}").text


def test_a_no_that_is_taken_back_in_time_is_never_told(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme, make_voices: Any, worker: Any,
    later: Callable[[timedelta], None],
) -> None:  # fmt: skip
    theme = make_theme("行车视频", posts=make_voices(["行车时看视频"], author_id=make_member("车主").id)).id
    client.post(f"/themes/{theme}/decline", actor=pm, data=NO)
    client.post("/triage/undo", actor=pm)
    later(timedelta(minutes=3))
    worker.drain()
    assert inbox(runtime) == []
    assert posts(runtime) == {"行车时看视频": "open"}


def test_a_no_needs_a_reason_and_a_sentence(client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme) -> None:
    theme = make_theme("行车视频").id
    for missing in ({"reason": ""}, {"reason": "because"}, {"sentence": "  "}, {"alternative": "长" * 501}):
        assert client.post(f"/themes/{theme}/decline", actor=pm, data={**NO, **missing}).status_code == 422
    assert dict(statuses(runtime)) == {theme: "new"}
    client.post(f"/themes/{theme}/decline", actor=pm, data=NO)
    assert client.post(f"/themes/{theme}/triage", actor=pm).status_code == 409
    assert client.post(f"/themes/{theme}/hide", actor=pm).status_code == 409


def test_a_person_put_a_theme_into_an_area_and_no_run_takes_it_out(
    client: Any, runtime: Runtime, session: Session, pm: Member, make_theme: MakeTheme
) -> None:
    from feedback_cluster.runs.found import _gather
    from feedback_cluster.runs.models import RunFound
    from feedback_cluster.themes.models import ThemeArea

    theme = make_theme("座椅").id or 0
    own = ThemeArea(name="舒适")
    session.add(own)
    session.commit()
    assert client.post(f"/themes/{theme}/area", actor=pm, data={"area": str(own.id)}).status_code == 303
    told = {"label": "空调", "themes": [theme]}
    with runtime.database.write() as later:
        _gather(later, RunFound(run_id=0, areas=[told], themes=[{"id": theme, "size": 2}]))
    with runtime.database.read() as reading:
        assert get_theme(reading, theme).area_id == own.id
