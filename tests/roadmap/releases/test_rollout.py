"""Roll-outs: steps by model, a stop, a way back in public; dates that do not move in silence, on page and JSON."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from roadmap.promises.models import Promise, PromiseEvent
from roadmap.releases import rollout
from roadmap.releases.models import Release, ReleaseRollout, ReleaseState

Make = Callable[..., Any]


def get(database: Database, release: Release) -> Release:
    with database.read() as session:
        return session.get_one(Release, release.id)


def test_it_reaches_the_cars_step_by_step_and_model_by_model(
    client: Any, database: Database, pm: Member, make_release: Make, make_member: Make, make_vehicle: Make
) -> None:
    for model, cars in (("云麓", 3), ("青川", 1)):
        for _ in range(cars):
            make_vehicle(make_member(), model)
    release = make_release("2.4", models=["云麓", "青川"])
    path = f"/releases/{release.id}/rollout"
    assert "云麓" in client.get(path, actor=pm).text
    assert get(database, release).state == ReleaseState.PLANNED
    assert client.post(path, actor=pm, data={"percent": "10"}).status_code == 303
    row = get(database, release)
    assert (row.state, row.rollout_percent, row.rollout, row.released_at is not None) == ("rolling", 10, {}, True)
    assert client.post(path, actor=pm, data={"percent": "50", "model": "云麓"}).status_code == 303
    row = get(database, release)
    # Three of four cars are at fifty percent, one at ten.
    assert (row.rollout, row.rollout_percent) == ({"云麓": 50, "青川": 10}, 40)
    page = client.get(f"/releases/{release.id}").text
    assert "已推送 50%" in page
    assert "已推送 10%" in page
    for wrong, words in (
        ({"percent": "50", "model": "云麓"}, "只增不减"), ({"percent": "10"}, "只增不减"),
        ({"percent": "60", "model": "飞船"}, "不给这款车"), ({"percent": "101"}, "太大"), ({}, "请填写"),
    ):  # fmt: skip
        refused = client.post(path, actor=pm, data=wrong)
        assert refused.status_code == 422, wrong
        assert words in refused.text, wrong
    client.post(path, actor=pm, data={"percent": "100", "sentence": "都推完了。"})
    row = get(database, release)
    assert (row.state, row.rollout_percent, row.rollout) == ("done", 100, {})
    history = client.get(path, actor=pm).text
    assert history.index("都推完了。") < history.index("50%")
    assert client.get(path, actor=make_member()).status_code == 403


def test_owners_who_have_it_are_told_of_a_stop_and_of_the_way_back(
    client: Any, database: Database, worker: Worker, pm: Member, make_release: Make, make_member: Make,
    make_vehicle: Make
) -> None:  # fmt: skip
    release = make_release("2.4", released_at=clock.now() - timedelta(days=1), rollout_percent=40)
    has, lacks = make_member(), make_member()
    car, _ = make_vehicle(has, "云麓", software="2.0"), make_vehicle(lacks, "云麓", software="2.2")
    client.post(f"/garage/{car.id}", actor=has, data={"model": "云麓", "software": "2.4"})
    worker.drain()
    halt = f"/releases/{release.id}/halt"
    silent = client.post(halt, actor=pm, data={"act": "pause", "sentence": " "})
    assert silent.status_code == 422
    assert get(database, release).state == ReleaseState.ROLLING
    assert client.post(halt, actor=pm, data={"act": "resume", "sentence": "x"}).status_code == 409
    client.post(halt, actor=pm, data={"act": "pause", "sentence": "个别车重启慢，先停下来查。"})
    assert client.post(f"/releases/{release.id}/rollout", actor=pm, data={"percent": "50"}).status_code == 409
    for path in ("/releases", f"/releases/{release.id}"):
        page = client.get(path).text
        assert "推送已暂停" in page
        assert "先停下来查" in page
    assert "暂停推送" in client.get(f"/releases/{release.id}", actor=lacks).text
    client.post(halt, actor=pm, data={"act": "resume", "sentence": "查清楚了，继续。"})
    client.post(halt, actor=pm, data={"act": "roll_back", "sentence": "撤回，2.4.1 会带来同样的内容。"})
    worker.drain()
    with database.read() as session:
        rows = session.exec(select(InboxMessage).where(InboxMessage.key.contains(":halt:"))).all()  # type: ignore[attr-defined]
    assert sorted((row.member_id, row.notice) for row in rows) == [
        (has.id, "roadmap.release.paused"), (has.id, "roadmap.release.resumed"),
        (has.id, "roadmap.release.rolled_back"),
    ]  # fmt: skip
    page = client.get(f"/releases/{release.id}", actor=lacks).text
    assert "这个版本已撤回" in page
    assert "已撤回，接下来怎么办会告诉你" in page
    assert "这个版本已撤回" in client.get(f"/releases/{release.id}", actor=has).text
    assert client.post(halt, actor=pm, data={"act": "resume", "sentence": "x"}).status_code == 409


def test_the_history_of_a_roll_out_cannot_be_changed(
    database: Database, make_release: Make, pm_actor: Actor
) -> None:  # fmt: skip
    release = make_release("2.4")
    with database.write() as session:
        rollout.roll_out(session, session.get_one(Release, release.id), percent=10, by=pm_actor)
    for statement in (sa.update(ReleaseRollout).values(percent=1), sa.delete(ReleaseRollout)):
        with pytest.raises(sa.exc.DBAPIError), database.write() as session:
            session.connection().execute(statement)


def test_of_two_who_press_at_once_only_one_moves_it(
    database: Database, make_release: Make, pm_actor: Actor
) -> None:  # fmt: skip
    release = make_release("2.4")
    with database.read() as session:
        stale = session.get_one(Release, release.id)
        session.expunge(stale)
    with database.write() as session:
        rollout.roll_out(session, session.get_one(Release, release.id), percent=30, by=pm_actor)
    with database.write() as session:
        late = session.merge(stale, load=False)
        with pytest.raises(rollout.RolloutMoved):
            rollout.roll_out(session, late, percent=20, by=pm_actor)
        session.rollback()
    assert get(database, release).rollout_percent == 30


def test_a_draft_goes_nowhere(client: Any, pm: Member, make_release: Make) -> None:
    draft = make_release("3.0", public=False)
    refused = client.post(f"/releases/{draft.id}/rollout", actor=pm, data={"percent": "10"})
    assert refused.status_code == 409
    assert "草稿" in client.get(f"/releases/{draft.id}/rollout", actor=pm).text


# -- dates

FORM = {"version": "2.4", "title": "出远门", "public": "1", "planned_for": "2027-03-15"}
BODY = {"version": "2.4", "title": "出远门", "public": True, "planned_for": "2027-03-15"}


@pytest.fixture
def promised(client: Any, pm: Member, database: Database) -> Release:
    """A release whose day stands in public."""
    assert client.post("/releases", actor=pm, data=FORM).status_code == 303
    with database.read() as session:
        return session.exec(select(Release)).one()


def test_a_public_day_does_not_move_without_a_reason_on_the_page(
    client: Any, pm: Member, database: Database, promised: Release, runtime: Any
) -> None:
    path = f"/releases/{promised.id}/edit"
    for changed in ({"planned_for": "2027-04-20"}, {"planned_for": ""}, {"public": ""}):
        refused = client.post(path, actor=pm, data={**FORM, **changed})
        assert refused.status_code == 422, changed
        assert "请用一句话说明为什么要改" in refused.text
        assert get(database, promised) == promised
    assert client.post(path, actor=pm, data={**FORM, "title": "别的题目"}).status_code == 303
    moved = client.post(path, actor=pm, data={**FORM, "planned_for": "2027-04-20", "reason": "低温标定多要一个月"})
    assert moved.status_code == 303
    day = get(database, promised).planned_for
    assert day is not None
    assert day.astimezone(runtime.settings.zone).date().isoformat() == "2027-04-20"
    with database.read() as session:
        promise = session.exec(select(Promise)).one()
        reasons = [event.reason for event in session.exec(select(PromiseEvent).order_by(PromiseEvent.id))]  # type: ignore[arg-type]
    assert (promise.due_on or day).isoformat() == "2027-04-20"
    assert reasons[-1] == "低温标定多要一个月"


def test_a_public_day_does_not_move_without_a_reason_in_json(
    client: Any, pm: Member, database: Database, promised: Release, make_token: Make
) -> None:
    path, token = f"/api/v1/releases/{promised.id}", make_token(pm, "roadmap:write")
    for changed in ({"planned_for": "2027-04-20"}, {"planned_for": None}, {"public": False}):
        refused = client.put(path, token=token, json={**BODY, **changed})
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "reason_missing")
    assert get(database, promised) == promised
    moved = client.put(path, token=token, json={**BODY, "planned_for": "2027-04-20", "reason": "低温标定多要一个月"})
    assert (moved.status_code, moved.json()["planned_for"]) == (200, "2027-04-20")


def test_releases_are_written_and_rolled_out_with_a_token(
    client: Any, pm: Member, make_token: Make, make_item: Make
) -> None:
    item = make_item("一键儿童模式")
    token, reads = make_token(pm, "roadmap:write"), make_token(pm, "themes:read")
    body = {**BODY, "notes": [{"label": "new", "text": "一键儿童模式", "item_id": item.id}]}
    assert client.post("/api/v1/releases", token=reads, json=body).status_code == 403
    made = client.post("/api/v1/releases", token=token, json=body)
    assert (made.status_code, made.json()["state"], made.json()["notes"][0]["item_id"]) == (201, "planned", item.id)
    path = f"/api/v1/releases/{made.json()['id']}"
    assert client.post("/api/v1/releases", token=token, json=body).status_code == 422
    assert client.post(f"{path}/rollout", token=token, json={"percent": 30}).json()["state"] == "rolling"
    assert client.post(f"{path}/rollout", token=token, json={"percent": 20}).status_code == 422
    halted = client.post(f"{path}/halt", token=token, json={"act": "pause", "sentence": "先停。"}).json()
    assert (halted["state"], halted["halted"]) == ("paused", "先停。")
    assert client.post(f"{path}/rollout", token=token, json={"percent": 50}).status_code == 409
    assert client.get(path).json() == halted
    draft = client.post("/api/v1/releases", token=token, json={**BODY, "version": "9", "public": False}).json()
    assert client.get(f"/api/v1/releases/{draft['id']}").status_code == 404


@pytest.mark.parametrize("door", ["page", "json"])
def test_what_is_out_stays_out_when_a_form_without_its_day_comes_back(
    client: Any, pm: Member, database: Database, promised: Release, make_token: Make, door: str
) -> None:
    client.post(f"/releases/{promised.id}/rollout", actor=pm, data={"percent": "60"})
    out = get(database, promised).released_at
    if door == "page":
        saved = client.post(f"/releases/{promised.id}/edit", actor=pm, data={**FORM, "title": "出远门去"})
        assert saved.status_code == 303
    else:
        token = make_token(pm, "roadmap:write")
        saved = client.put(f"/api/v1/releases/{promised.id}", token=token, json={**BODY, "title": "出远门去"})
        assert saved.status_code == 200
    row = get(database, promised)
    assert (row.title, row.released_at, row.state) == ("出远门去", out, ReleaseState.ROLLING)


def test_nobody_is_told_on_a_day_that_was_put_off(
    client: Any, pm: Member, database: Database, worker: Worker, make_item: Make, put_post: Make, make_member: Make,
    make_vehicle: Make, make_release: Make, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    owner = make_member()
    make_vehicle(owner, "云麓")
    now = clock.now()
    release = make_release("2.4", released_at=now + timedelta(days=10))
    make_item("座椅降噪", posts=[put_post(author=owner)], stage="rolling_out", release=release.id)
    # The job was queued for a day that is no longer the one of the release.
    with database.write() as session:
        outbox.enqueue(session, rollout.JOB, release_id=release.id)
    worker.drain()
    with database.read() as session:
        assert session.exec(select(InboxMessage).where(InboxMessage.key == f"release:{release.id}:mine")).all() == []
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=11))
    with database.write() as session:
        outbox.enqueue(session, rollout.JOB, release_id=release.id)
    worker.drain()
    with database.read() as session:
        told = session.exec(select(InboxMessage).where(InboxMessage.key == f"release:{release.id}:mine")).all()
    assert [row.member_id for row in told] == [owner.id]


def test_nobody_is_told_to_expect_what_was_stopped_before_the_word_went_out(
    client: Any, pm: Member, database: Database, worker: Worker, make_item: Make, put_post: Make, make_member: Make,
    make_vehicle: Make, make_release: Make
) -> None:  # fmt: skip
    owner = make_member()
    make_vehicle(owner, "云麓")
    release = make_release("2.4")
    make_item("座椅降噪", posts=[put_post(author=owner)], stage="rolling_out", release=release.id)

    def told() -> list[int]:
        with database.read() as session:
            rows = select(InboxMessage.member_id).where(InboxMessage.key == f"release:{release.id}:mine")
            return list(session.exec(rows))

    client.post(f"/releases/{release.id}/rollout", actor=pm, data={"percent": "10"})
    client.post(f"/releases/{release.id}/halt", actor=pm, data={"act": "pause", "sentence": "先停下来查。"})
    worker.drain()
    assert told() == []
    client.post(f"/releases/{release.id}/halt", actor=pm, data={"act": "resume", "sentence": "查清了。"})
    worker.drain()
    assert told() == [owner.id]


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2201-01-01", "9999-12-31"])
def test_a_day_that_no_calendar_shows_is_refused(client: Any, pm: Member, make_token: Make, day: str) -> None:
    form = {"version": "2.4", "title": "出远门", "public": "1"}
    token = make_token(pm, "roadmap:write")
    for field in ("planned_for", "released_on"):
        assert client.post("/releases", actor=pm, data={**form, field: day}).status_code == 422
        body = {"version": "2.4", "title": "出远门", "public": True, field: day}
        assert client.post("/api/v1/releases", token=token, json=body).status_code == 422
    assert client.get("/releases.ics").status_code == 200


def test_a_form_that_lay_open_does_not_set_the_roll_out_back(
    client: Any, pm: Member, database: Database, promised: Release
) -> None:
    client.post(f"/releases/{promised.id}/rollout", actor=pm, data={"percent": "60"})
    day = clock.now().astimezone(UTC).date().isoformat()
    client.post(
        f"/releases/{promised.id}/edit", actor=pm, data={**FORM, "released_on": day, "rollout_percent": "0"}
    )  # fmt: skip
    assert get(database, promised).rollout_percent == 60
    assert isinstance(get(database, promised).released_at, datetime)


@pytest.mark.parametrize("door", ["page", "json"])
def test_what_is_out_does_not_go_out_of_sight_in_silence(
    client: Any, pm: Member, make_token: Make, make_release: Make, database: Database, door: str
) -> None:
    release, token = make_release("2.4", released_at=clock.now() - timedelta(days=3)), make_token(pm, "roadmap:write")
    later = (clock.now() + timedelta(days=30)).date().isoformat()

    def save(**values: Any) -> int:
        said = {"version": "2.4", "title": "出远门", **values}
        if door == "page":
            form = {name: "1" if value is True else value for name, value in said.items() if value is not False}
            return int(client.post(f"/releases/{release.id}/edit", actor=pm, data=form).status_code)
        path = f"/api/v1/releases/{release.id}"
        return int(client.request("PUT", path, token=token, json=said, browser=False).status_code)

    def lines() -> list[tuple[str, str]]:
        with database.read() as session:
            return [(row.kind.value, row.sentence) for row in session.exec(select(ReleaseRollout))]

    for silent in ({"public": False}, {"public": True, "released_on": later}, {"public": False, "reason": " "}):
        assert save(**silent) == 422, silent
        row = get(database, release)
        assert (row.public, row.released_at, row.title) == (True, release.released_at, release.title), silent
    assert lines() == []
    assert save(public=True) in (200, 303), "other words need no reason"
    assert save(public=True, released_on=later, reason="这一版要再测两周。") in (200, 303)
    assert get(database, release).state == ReleaseState.PLANNED
    assert "这一版要再测两周。" in client.get(f"/releases/{release.id}").text
    assert lines() == [("withdrawn", "这一版要再测两周。")]
    assert save(public=False) in (200, 303), "what is only planned may become a draft again"


def test_a_step_is_one_models_however_it_is_spelled(
    client: Any, database: Database, pm: Member, make_release: Make, make_member: Make, make_vehicle: Make
) -> None:
    for model in ("maxus9", "ＭＡＸＵＳ 9", "云麓"):  # noqa: RUF001
        make_vehicle(make_member(), model)
    release = make_release("2.4", models=["MAXUS 9", "云麓"])
    path = f"/releases/{release.id}/rollout"
    assert client.post(path, actor=pm, data={"percent": "30", "model": "maxus 9"}).status_code == 303
    row = get(database, release)
    assert (row.rollout, row.rollout_percent) == ({"MAXUS 9": 30, "云麓": 0}, 20)
    assert "maxus9" not in client.get(path, actor=pm).text
