"""Prepared steps: they wait unheard, leave together or not at all, and many readers want a second pair of eyes."""

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import col, select

from cocreate.core.actor import Role
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.posts.models import Post, PostStatus
from roadmap.items.models import ItemChange, ItemStage, RoadmapItem
from roadmap.publishing.models import PreparedChange, PreparedState, Publication
from roadmap.publishing.preview import preview
from roadmap.publishing.service import waiting_of

Make = Callable[..., Any]


def stage_of(database: Database, item: RoadmapItem) -> ItemStage:
    with database.read() as session:
        return session.get_one(RoadmapItem, item.id).stage


def told(database: Database) -> list[str]:
    with database.read() as session:
        rows = select(InboxMessage.key).where(col(InboxMessage.key).startswith("item:")).order_by(col(InboxMessage.id))
        return list(session.exec(rows))


def gather(client: Any, pm: Member, *rows: PreparedChange) -> int:
    answer = client.post("/publishing", actor=pm, data={"changes": [str(row.id) for row in rows]})
    assert answer.status_code == 303, answer.text[:400]
    return int(answer.headers["location"].rsplit("/", 1)[1])


def test_a_prepared_step_is_heard_by_nobody_until_it_is_published_with_the_others(
    client: Any, make_item: Make, voices: SimpleNamespace, put_post: Make, make_member: Make, pm: Member,
    worker: Worker, database: Database,
) -> None:  # fmt: skip
    one = make_item("甲", themes=[voices.theme])
    other = make_item("乙", posts=[put_post(author=make_member())])
    for item, sentence in ((one, "甲会做。"), (other, "乙也会做。")):
        form = {"stage": "decided", "sentence": sentence, "prepare": "1"}
        answer = client.post(f"/roadmap/{item.id}/stage", actor=pm, data=form)
        assert answer.headers["location"] == "/publishing"
    worker.drain()
    assert (stage_of(database, one), told(database)) == (ItemStage.RECEIVED, [])
    for path in (f"/roadmap/{one.id}", "/roadmap", f"/posts/{voices.posts[0].id}", f"/api/v1/roadmap/{one.id}"):
        assert "甲会做" not in client.get(path, actor=voices.lin).text, path
    assert "甲会做" in client.get("/publishing", actor=pm).text
    with database.read() as session:
        rows = session.exec(select(PreparedChange)).all()
    number = gather(client, pm, *rows)
    shown = client.get(f"/publishing/{number}", actor=pm).text
    assert "4</b>" in shown
    assert "甲会做。" in shown
    assert client.post(f"/publishing/{number}/publish", actor=pm).status_code == 303
    worker.drain()
    assert stage_of(database, one) == stage_of(database, other) == ItemStage.DECIDED
    assert len(told(database)) == 4
    again = client.post(f"/publishing/{number}/publish", actor=pm)
    assert again.status_code == 409
    with database.read() as session:
        assert len(session.exec(select(ItemChange)).all()) == 2
        assert {row.state for row in session.exec(select(PreparedChange))} == {PreparedState.PUBLISHED}


def test_one_stale_step_keeps_the_whole_batch_and_is_named(
    client: Any, make_item: Make, prepare: Make, step: Make, pm: Member, database: Database
) -> None:
    fine, moved = make_item("没动的"), make_item("动过的")
    rows = [prepare(fine), prepare(moved)]
    number = gather(client, pm, *rows)
    step(moved, "studied", "有人先走了一步。")
    refused = client.post(f"/publishing/{number}/publish", actor=pm)
    assert refused.status_code == 409
    assert "动过的" in refused.text
    assert "没动的" not in refused.text
    assert stage_of(database, fine) == ItemStage.RECEIVED
    assert "有了变动" in client.get(f"/publishing/{number}", actor=pm).text
    # Saying it anew, with the item as it stands now, sets it free.
    form = {"stage": "decided", "sentence": "看过了，还是会做。"}
    assert client.post(f"/publishing/steps/{rows[1].id}", actor=pm, data=form).status_code == 303
    assert client.post(f"/publishing/{number}/publish", actor=pm).status_code == 303
    assert stage_of(database, fine) == stage_of(database, moved) == ItemStage.DECIDED


def test_all_or_nothing(
    client: Any, make_item: Make, prepare: Make, pm: Member, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = make_item("甲"), make_item("乙")
    number = gather(client, pm, prepare(one), prepare(other))
    from roadmap.items import service as items

    real, calls = items.change_stage, []

    def failing(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise items.StageMoved("somebody was faster")
        return real(*args, **kwargs)

    monkeypatch.setattr(items, "change_stage", failing)
    assert client.post(f"/publishing/{number}/publish", actor=pm).status_code == 409
    monkeypatch.undo()
    assert stage_of(database, one) == stage_of(database, other) == ItemStage.RECEIVED
    with database.read() as session:
        assert session.get_one(Publication, number).published_at is None
    assert client.post(f"/publishing/{number}/publish", actor=pm).status_code == 303


def test_many_readers_want_a_second_person_who_prepared_none_of_it(
    client: Any, make_item: Make, prepare: Make, voices: SimpleNamespace, pm: Member, second: Member, few: None,
    worker: Worker, database: Database,
) -> None:  # fmt: skip
    item = make_item("座椅降噪", themes=[voices.theme])
    row = prepare(item)
    number = gather(client, pm, row)
    assert client.post(f"/publishing/{number}/publish", actor=pm).status_code == 409

    def seen(reader: Member) -> str:
        return str(client.get(f"/publishing/{number}", actor=reader).text)

    def print_on_page() -> str:
        return seen(second).split('name="seen" value="', 1)[1].split('"', 1)[0]

    assert 'name="seen"' not in seen(pm)
    mark = print_on_page()
    for approver, status in ((pm, 409), (second, 303)):
        answer = client.post(f"/publishing/{number}/approve", actor=approver, data={"seen": mark})
        assert answer.status_code == status
    # Another word voids the approval.
    form = {"stage": "decided", "sentence": "会做，而且免费。"}
    assert client.post(f"/publishing/steps/{row.id}", actor=pm, data=form).status_code == 303
    assert client.post(f"/publishing/{number}/publish", actor=pm).status_code == 409
    # Who approves what was changed in between approves nothing.
    assert client.post(f"/publishing/{number}/approve", actor=second, data={"seen": mark}).status_code == 409
    assert client.post(f"/publishing/{number}/approve", actor=second, data={"seen": print_on_page()}).status_code == 303
    assert client.post(f"/publishing/{number}/publish", actor=pm).status_code == 303
    assert stage_of(database, item) == ItemStage.DECIDED
    worker.drain()
    with database.read() as session:
        done = session.get_one(Publication, number)
        assert (done.people, done.approved_by, done.published_by) == (3, second.id, pm.id)


@pytest.mark.parametrize("door", ["page", "json"])
def test_no_door_lets_one_person_alone_tell_many(
    client: Any, make_item: Make, voices: SimpleNamespace, pm: Member, few: None, make_token: Make, database: Database,
    door: str,
) -> None:  # fmt: skip
    item = make_item("座椅降噪", themes=[voices.theme])
    form = {"stage": "decided", "sentence": "会做。"}
    if door == "page":
        assert client.post(f"/roadmap/{item.id}/stage", actor=pm, data=form).status_code == 409
        assert 'value="1" ' not in client.get(f"/roadmap/{item.id}/stage", actor=pm).text.split("发布这一步")[0]
        assert client.post(f"/roadmap/{item.id}/stage", actor=pm, data={**form, "prepare": "1"}).status_code == 303
    else:
        token = make_token(pm, "roadmap:write")
        answer = client.post(f"/api/v1/roadmap/{item.id}/stage", token=token, json=form)
        assert answer.json()["error"]["code"] == "many_readers"
        answer = client.post(f"/api/v1/roadmap/{item.id}/stage", token=token, json={**form, "prepare": True})
        assert answer.json()["change_id"] == 0
    assert stage_of(database, item) == ItemStage.RECEIVED
    with database.read() as session:
        assert session.exec(select(PreparedChange.state)).one() == PreparedState.WAITING


@pytest.mark.parametrize("door", ["page", "json"])
def test_a_new_item_that_begins_with_a_sentence_to_many_is_no_way_around(
    client: Any, voices: SimpleNamespace, pm: Member, few: None, make_token: Make, worker: Worker, database: Database,
    door: str,
) -> None:  # fmt: skip
    form = {"title": "座椅降噪", "sentence": "会做。", "theme": voices.theme.id, "public": True}
    if door == "page":
        refused = client.post("/roadmap", actor=pm, data={**form, "theme": str(voices.theme.id), "public": "1"})
    else:
        token = make_token(pm, "roadmap:write")
        refused = client.post("/api/v1/roadmap", token=token, json=form)
        assert refused.json()["error"]["code"] == "many_readers"
    assert refused.status_code == 409
    worker.drain()
    with database.read() as session:
        assert session.exec(select(RoadmapItem)).all() == []
    assert told(database) == []


def test_one_waits_per_item_and_withdrawing_frees_the_place(
    client: Any, make_item: Make, prepare: Make, pm: Member
) -> None:
    item = make_item()
    row = prepare(item)
    form = {"stage": "built", "sentence": "又一步。", "prepare": "1"}
    assert client.post(f"/roadmap/{item.id}/stage", actor=pm, data=form).status_code == 409
    assert client.post(f"/publishing/steps/{row.id}/withdraw", actor=pm).status_code == 303
    assert client.post(f"/publishing/steps/{row.id}/withdraw", actor=pm).status_code == 409
    assert client.post(f"/roadmap/{item.id}/stage", actor=pm, data=form).status_code == 303


def test_a_step_is_in_one_batch_and_taking_it_apart_lets_them_wait_again(
    client: Any, make_item: Make, prepare: Make, pm: Member
) -> None:
    row = prepare(make_item())
    number = gather(client, pm, row)
    assert client.post("/publishing", actor=pm, data={"changes": [str(row.id)]}).status_code == 409
    assert client.post(f"/publishing/{number}/dissolve", actor=pm).status_code == 303
    assert client.post(f"/publishing/{number}/publish", actor=pm).status_code == 409
    assert gather(client, pm, row) != number
    assert client.post("/publishing", actor=pm, data={}).status_code == 422


def test_a_prepared_date_moves_with_its_reason_when_it_is_published(
    client: Any, make_item: Make, prepare: Make, pm: Member, database: Database
) -> None:
    item = make_item("有期限的", planned="2027-03", sentence="三月到车。")
    form = {"stage": "built", "sentence": "要晚一点。", "planned": "2027Q2", "prepare": "1"}
    refused = client.post(f"/roadmap/{item.id}/stage", actor=pm, data=form)
    assert refused.status_code == 422
    assert "要晚一点。" in refused.text
    given = client.post(f"/roadmap/{item.id}/stage", actor=pm, data={**form, "reason": "供应商晚了六周。"})
    assert given.status_code == 303
    with database.read() as session:
        row = session.exec(select(PreparedChange)).one()
        assert session.get_one(RoadmapItem, item.id).planned_to == date(2027, 3, 31)
    number = gather(client, pm, row)
    assert client.post(f"/publishing/{number}/publish", actor=pm).status_code == 303
    page = client.get(f"/roadmap/{item.id}").text
    assert "供应商晚了六周。" in page
    with database.read() as session:
        assert session.get_one(RoadmapItem, item.id).planned_to == date(2027, 6, 30)


def test_the_preview_says_who_gets_what_and_telling_does_just_that(
    client: Any, make_item: Make, prepare: Make, voices: SimpleNamespace, make_vehicle: Make, make_release: Make,
    pm: Member, worker: Worker, database: Database,
) -> None:  # fmt: skip
    release = make_release("2.4", models=["云麓"])
    make_vehicle(voices.lin, "云麓", software="2.3")
    make_vehicle(voices.chen, "小满", software="2.3")
    item = make_item("座椅降噪", themes=[voices.theme], release=release.id)
    number = gather(client, pm, prepare(item, release=release.id))
    with database.read() as session:
        rows = waiting_of(session, session.get_one(Publication, number))
        outcome = preview(session, rows)
    ((_, said),) = outcome.steps
    assert said is not None
    assert (outcome.people, outcome.messages, said.people) == (3, 3, 3)
    assert said.reasons == {"wrote": 2, "voted": 1}
    assert sum(said.cars.values()) == 3
    assert said.cars["no_car"] == 1
    assert said.channels["inbox"] == 3
    page = client.get(f"/publishing/{number}", actor=pm).text
    assert "因为他们提过" in page
    assert 'lang="en"' in page
    assert "has been decided" in page
    client.post(f"/publishing/{number}/publish", actor=pm)
    worker.drain()
    assert len(told(database)) == said.channels["inbox"]


def test_the_figures_of_a_large_batch_come_after_the_page(
    client: Any, make_item: Make, prepare: Make, voices: SimpleNamespace, pm: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    from roadmap.publishing import preview as previews

    monkeypatch.setattr(previews, "AT_ONCE", 2)
    row = prepare(make_item("座椅降噪", themes=[voices.theme]))
    number = gather(client, pm, row)
    page = client.get(f"/publishing/{number}", actor=pm).text
    assert "至少 3 人会收到" in page
    assert "因为他们提过" not in page
    figures = f"/publishing/steps/{row.id}/figures"
    assert figures in page
    for htmx in (True, False):
        assert "因为他们提过" in client.get(figures, actor=pm, htmx=htmx).text
    assert client.get(figures).status_code == 303


def test_posts_of_a_large_item_follow_by_a_job(
    client: Any, make_item: Make, put_post: Make, prepare: Make, pm: Member, worker: Worker, database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from roadmap.links import service as links

    posts = [put_post() for _ in range(3)]
    item = make_item(posts=posts)
    monkeypatch.setattr(links, "AT_ONCE", 2)
    monkeypatch.setattr(links, "CHUNK", 2)
    number = gather(client, pm, prepare(item, "built", "开工了。"))
    client.post(f"/publishing/{number}/publish", actor=pm)
    worker.drain()
    with database.read() as session:
        statuses = {session.get_one(Post, post.id).status for post in posts}
        assert statuses == {PostStatus.STARTED}


def test_only_who_edits_reaches_the_queue(client: Any, make_member: Make, make_item: Make, prepare: Make) -> None:
    row = prepare(make_item())
    paths = [
        ("GET", "/publishing"), ("POST", "/publishing"), ("GET", f"/publishing/steps/{row.id}"),
        ("POST", f"/publishing/steps/{row.id}"), ("POST", f"/publishing/steps/{row.id}/withdraw"),
        ("GET", "/publishing/1"), ("POST", "/publishing/1/approve"), ("POST", "/publishing/1/publish"),
        ("POST", "/publishing/1/dissolve"),
    ]  # fmt: skip
    for method, path in paths:
        assert client.request(method, path).status_code == 303, path
        assert client.request(method, path, actor=make_member("客服", Role.AGENT)).status_code == 403, path
