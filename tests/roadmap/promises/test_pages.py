"""Where promises are read and written down: their own pages, the pages of items and releases, the host's console."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlmodel import select

from cocreate.core.actor import Role
from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from roadmap.live import service as live
from roadmap.promises import follow
from roadmap.promises.models import Promise, PromiseKind

Make = Callable[..., Any]


def test_an_item_and_a_release_show_their_ledger_with_its_reasons(
    client: Any, pm: Member, make_item: Make, make_release: Make, runtime: Runtime
) -> None:
    item, release = make_item("低功耗哨兵"), make_release("2.4")
    first = follow.today(runtime.settings.zone) + timedelta(days=20)
    later = first + timedelta(days=30)
    page, form = f"/roadmap/{item.id}/edit", {"title": "低功耗哨兵", "public": "1"}
    assert "公开承诺过的时间" not in client.get(f"/roadmap/{item.id}").text
    for day, reason in ((first, ""), (later, "芯片晚到。")):
        client.post(page, actor=pm, data={**form, "planned": day.isoformat(), "reason": reason})
        told = {"version": "2.4", "title": "出远门", "public": "1", "planned_for": day.isoformat(), "reason": reason}
        assert client.post(f"/releases/{release.id}/edit", actor=pm, data=told).status_code == 303
    for path in (f"/roadmap/{item.id}", f"/releases/{release.id}"):
        shown = client.get(path).text
        assert "公开承诺过的时间" in shown
        assert "芯片晚到。" in shown
        assert pm.name not in shown.split("公开承诺过的时间")[1].split("在承诺簿里查看")[0], "names are for staff"


def test_a_host_writes_down_what_was_promised_on_air(
    client: Any, host: Member, pm_actor: Any, put_post: Make, put_theme: Make, make_live: Make, make_member: Make,
    database: Database
) -> None:  # fmt: skip
    put_theme("冬季续航", [put_post(), put_post()])
    row = make_live()
    with database.write() as session:
        open_row = live.get_session(session, row.code)
        topic = live.topics_of(session, open_row)[0]
        live.answered(session, open_row, topic, "年底前公布五种温度的实测续航。", by=pm_actor)
        topic_id = topic.id
    link = f"/promises/new?topic={topic_id}"
    assert link in client.get(f"/host/{row.code}", actor=host).text
    assert "年底前公布五种温度的实测续航。" in client.get(link, actor=host).text
    said = {"wording": "年底前公布五种温度的实测续航。", "due": "2099Q4", "topic": str(topic_id)}
    assert client.post("/promises", actor=host, data=said).status_code == 303
    with database.read() as session:
        promise = session.exec(select(Promise)).one()
        assert (promise.kind, promise.about, promise.created_by) == (PromiseKind.LIVE, f"topic:{topic_id}", host.id)
    assert client.post("/promises", actor=host, data={**said, "topic": "999"}).status_code == 422
    assert client.post("/promises", actor=make_member("", Role.MODERATOR), data=said).status_code == 403
    assert client.post(f"/promises/{promise.id}/edit", actor=host, data=said).status_code == 403


def test_a_promise_that_is_not_readable_comes_back_and_nothing_is_promised(
    client: Any, pm: Member, database: Database
) -> None:
    for wrong in ({"wording": ""}, {"due": "bald"}, {"wording": "x" * 301}):
        answer = client.post("/promises", actor=pm, data={"wording": "保养 45 分钟", **wrong})
        assert answer.status_code == 422
    with database.read() as session:
        assert session.exec(select(Promise)).all() == []


def test_filters_keep_to_states_kinds_and_the_readers_cars(
    client: Any, make_promise: Make, make_member: Make, make_vehicle: Make
) -> None:
    owner = make_member()
    make_vehicle(owner, "云麓")
    make_promise("给云麓的", models=("云麓",))
    make_promise("给小满的", models=("小满",))
    make_promise("给所有人的")
    mine = client.get("/promises?model=mine", actor=owner).text
    assert ("给云麓的" in mine, "给小满的" in mine, "给所有人的" in mine) == (True, False, True)
    assert "没有这样的承诺" in client.get("/promises?state=dropped").text
    assert "给云麓的" not in client.get("/promises?kind=release").text
    assert "还没有公开的承诺" not in client.get("/promises").text
