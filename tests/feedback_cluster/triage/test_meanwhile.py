"""What happens to the workspace's acts while others act: halfway, at once, and taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from cocreate.clocks import service as clocks
from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from cocreate.identity.departments.models import Department
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.service import tell
from feedback_cluster.themes import handover
from feedback_cluster.themes.declining import decline
from feedback_cluster.themes.models import Decline, Handover, Theme, TriageStatus
from feedback_cluster.themes.queries import get_theme
from feedback_cluster.themes.receipts import handover_of
from feedback_cluster.themes.service import AlreadySo
from feedback_cluster.triage import bulk, notices
from feedback_cluster.triage.models import Bulk, BulkState
from forum.posts.models import PostKind, Visibility
from forum.posts.service import Draft, submit_post
from tests.factories.forum import acting

MakeTheme = Callable[..., Theme]
NO = {"reason": "not_safe", "sentence": "行车中会分心。", "alternative": "停车后可以看。"}


def heard(runtime: Runtime, prefix: str = "theme.") -> list[tuple[int, str]]:
    with runtime.database.read() as session:
        rows = session.exec(select(InboxMessage.member_id, InboxMessage.notice)).all()
        return sorted((member_id, notice) for member_id, notice in rows if notice.startswith(prefix))


def test_a_department_that_closes_meanwhile_leaves_no_act_half_done(
    client: Any, runtime: Runtime, pm: Member, make_theme: MakeTheme, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    for number in range(3):
        make_theme(f"主题{number}")
    with runtime.database.write() as session:
        team = Department(name="座舱")
        session.add(team)
        session.flush()
        number = team.id or 0
    data = {"back": "/themes", "act": "department", "department": str(number), "all": "true"}
    assert client.post("/triage/bulk", actor=pm, data=data).status_code == 303
    with runtime.database.write() as session:
        session.get_one(Department, number).closed_at = clock.now()
    worker.drain()
    with runtime.database.read() as session:
        made = session.exec(select(Bulk)).one()
    assert (made.state, made.changed) == (BulkState.DONE, 0)
    assert client.post(f"/triage/bulk/{made.id}/undo", actor=pm).status_code == 303


@pytest.fixture
def many(runtime: Runtime, make_theme: MakeTheme, make_member: Any, make_voices: Any) -> tuple[int, list[int]]:
    """A theme of five owners, each with a post."""
    owners = [make_member(f"车主{number}").id for number in range(5)]
    ids = [make_voices([f"行车视频 {number}"], author_id=owner)[0] for number, owner in enumerate(owners)]
    return make_theme("行车视频", posts=ids).id or 0, owners


def declined(client: Any, runtime: Runtime, pm: Member, theme_id: int) -> int:
    assert client.post(f"/themes/{theme_id}/decline", actor=pm, data=NO).status_code == 303
    with runtime.database.read() as session:
        return session.exec(select(Decline.id)).one() or 0


def test_a_no_is_told_in_steps_and_a_crash_tells_nobody_twice(
    client: Any, runtime: Runtime, pm: Member, many: tuple[int, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    decline_id = declined(client, runtime, pm, many[0])
    monkeypatch.setattr(notices, "CHUNK", 2)
    calls: list[int] = []

    def dies(session: Any, member_ids: Any, *args: Any, **values: Any) -> int:
        calls.append(len(list(member_ids)))
        if len(calls) == 2:
            raise RuntimeError("the machine went off")
        return tell(session, member_ids, *args, **values)

    monkeypatch.setattr(notices, "tell", dies)
    with pytest.raises(RuntimeError):
        notices.tell_declined(runtime, decline_id=decline_id)
    assert len(heard(runtime)) == 2
    for _ in range(2):
        notices.tell_declined(runtime, decline_id=decline_id)
    assert heard(runtime) == sorted((owner, "theme.declined.own") for owner in many[1])
    assert calls[:5] == [2, 2, 2, 2, 1]


def test_a_no_that_is_taken_back_while_it_is_told_goes_no_further(
    client: Any, runtime: Runtime, pm: Member, many: tuple[int, list[int]], worker: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    decline_id = declined(client, runtime, pm, many[0])
    monkeypatch.setattr(notices, "CHUNK", 2)
    real, calls = notices._tell_some, [0]

    def late(*args: Any) -> bool:
        calls[0] += 1
        if calls[0] == 2:
            client.post("/triage/undo", actor=pm)
        return real(*args)

    monkeypatch.setattr(notices, "_tell_some", late)
    notices.tell_declined(runtime, decline_id=decline_id)
    first = [owner for owner, _ in heard(runtime)]
    assert first == sorted(many[1])[:2]
    worker.drain()
    # Only who heard the no hears that it is gone.
    both = [(owner, name) for owner in first for name in ("theme.again.own", "theme.declined.own")]
    assert heard(runtime) == sorted(both)


def test_a_no_taken_back_lets_its_posts_wait_on(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme, worker: Any
) -> None:
    with runtime.database.write() as session:
        owner = acting(runtime, make_member("车主"))
        post = submit_post(session, Draft(title="行车时看视频", kind=PostKind.IDEA), author=owner)
    worker.drain()
    theme = make_theme("行车视频", posts=[post]).id

    def wait() -> Any:
        with runtime.database.read() as session:
            return clocks.read(session, "post.first_answer", [post.id or 0])[post.id or 0]

    before = wait()
    client.post(f"/themes/{theme}/decline", actor=pm, data=NO)
    assert not wait().open
    client.post("/triage/undo", actor=pm)
    worker.drain()
    assert (wait().state, wait().started_at, wait().due_at) == ("running", before.started_at, before.due_at)


def test_who_comes_second_declines_nothing(runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor) -> None:
    made = make_theme("行车视频")
    with runtime.database.write() as session:
        theme = get_theme(session, made.id or 0)
        # Somebody else, after this one has read the theme.
        session.connection().execute(
            sa.update(Theme).where(col(Theme.id) == made.id).values(status=TriageStatus.DECLINED)
        )
        with pytest.raises(AlreadySo):
            decline(session, theme, NO["reason"], NO["sentence"], "", by=pm_actor)


def test_of_two_departments_at_once_the_clock_asks_the_one_that_has_it(
    runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor
) -> None:
    made = make_theme("座椅")
    with runtime.database.write() as session:
        teams = [Department(name=name) for name in ("座舱", "三电")]
        session.add_all(teams)
        session.flush()
        theme = get_theme(session, made.id or 0)
        session.connection().execute(sa.update(Theme).where(col(Theme.id) == made.id).values(department_id=teams[0].id))
        with pytest.raises(AlreadySo):
            handover.hand_over(session, theme, teams[0].id, by=pm_actor)


def test_a_receipt_is_written_by_the_first_alone(runtime: Runtime, make_theme: MakeTheme, pm_actor: Actor) -> None:
    made = make_theme("座椅")
    with runtime.database.write() as session:
        team = Department(name="座舱")
        session.add(team)
        session.flush()
        theme = get_theme(session, made.id or 0)
        handover.hand_over(session, theme, team.id, by=pm_actor)
        row = handover_of(session, theme)
        assert row is not None
        session.connection().execute(
            sa.update(Handover).where(col(Handover.id) == row.id).values(received_at=clock.now() - timedelta(hours=1))
        )
        with pytest.raises(handover.NothingToReceive):
            handover.receive(session, theme, by=pm_actor)


def test_the_no_is_told_in_the_lane_of_messages(client: Any, runtime: Runtime, pm: Member, many: Any) -> None:
    declined(client, runtime, pm, many[0])
    with runtime.database.read() as session:
        lanes = session.exec(select(outbox.OutboxEntry.lane).where(outbox.OutboxEntry.key == "theme.declined:1")).all()
    assert lanes == [outbox.MESSAGES]


def test_the_name_of_a_theme_that_only_staff_may_read_is_not_on_the_post(
    client: Any, runtime: Runtime, pm: Member, make_member: Any, make_theme: MakeTheme, make_voices: Any
) -> None:
    owner = make_member("车主")
    mine = make_voices(["私下说一句"], author_id=owner.id, visibility=Visibility.STAFF)
    theme = make_theme("内部批次 B7 缺陷", posts=mine).id
    client.post(f"/themes/{theme}/decline", actor=pm, data=NO)
    shown = client.get(f"/posts/{mine[0]}", actor=owner).text
    assert "行车中会分心。" in shown
    assert "B7" not in shown
    assert "B7" in client.get(f"/posts/{mine[0]}", actor=pm).text
