"""Acts on themes by programs: the same rules as beside the queue, and each taken back exactly."""

from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster.themes.models import Theme, ThemeArea
from feedback_cluster.themes.queries import get_theme

MakeTheme = Callable[..., Theme]
NO = {"act": "decline", "reason": "not_safe", "sentence": "行车中会分心。", "alternative": "停车后可以看。"}


@pytest.fixture
def token(pm: Member, make_token: Any) -> str:
    return str(make_token(pm, "themes:read", "themes:write"))


def fresh(runtime: Runtime, theme: Theme) -> Theme:
    with runtime.database.read() as session:
        return get_theme(session, theme.id or 0)


def test_acts_are_done_listed_and_taken_back(
    client: Any, runtime: Runtime, pm: Member, token: str, make_theme: MakeTheme
) -> None:
    theme = make_theme("座椅")
    where = f"/api/v1/themes/{theme.id}/acts"
    with runtime.database.write() as session:
        session.add(ThemeArea(id=3, name="座椅与空调"))
    for told in ({"act": "assign", "member_id": pm.id}, {"act": "area", "area_id": 3}, {"act": "triage"}, NO):
        made = client.post(where, token=token, json=told)
        assert (made.status_code, made.json()["kind"]) == (201, told["act"])
    after = fresh(runtime, theme)
    assert (after.status, after.assignee_id, after.area_id) == ("declined", pm.id, 3)
    first = client.get(f"{where}?limit=3", token=token).json()
    assert [one["kind"] for one in first["items"]] == ["decline", "triage", "area"]
    back = client.post(f"{where}/{made.json()['id']}/undo", token=token)
    assert (back.status_code, back.json()["undoes_id"]) == (200, made.json()["id"])
    assert fresh(runtime, theme).status == "triaged"
    listed, cursor = [], ""
    while cursor is not None:  # an undo stands on a page before what it took back
        page = client.get(f"{where}?limit=1{cursor and f'&cursor={cursor}'}", token=token).json()
        listed += [(one["kind"], one["taken_back"]) for one in page["items"]]
        cursor = page["next_cursor"]
    assert listed == [("undo", False), ("decline", True), ("triage", False), ("area", False), ("assign", False)]


def test_what_makes_no_sense_is_refused_and_changes_nothing(
    client: Any, runtime: Runtime, token: str, make_theme: MakeTheme, make_member: Any
) -> None:
    theme, other, owner = make_theme("座椅"), make_theme("蓝牙"), make_member("车主")
    where = f"/api/v1/themes/{theme.id}/acts"
    for told, status, code in (
        ({"act": "assign", "member_id": owner.id}, 422, "no_such_choice"),
        ({"act": "department", "department_id": 77}, 422, "no_such_choice"),
        ({"act": "decline", "sentence": "不做。"}, 422, "reason_missing"),
        ({"act": "decline", "reason": "law", "sentence": " "}, 422, "sentence_missing"),
        ({"act": "explode"}, 422, "invalid"), ({"act": "reopen"}, 409, "already_so"),
    ):  # fmt: skip
        refused = client.post(where, token=token, json=told)
        assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert client.get(where, token=token).json()["items"] == []
    made = client.post(where, token=token, json={"act": "hide"}).json()
    assert client.post(f"/api/v1/themes/{other.id}/acts/{made['id']}/undo", token=token).status_code == 404
    assert client.post(f"{where}/{made['id']}/undo", token=token).status_code == 200
    again = client.post(f"{where}/{made['id']}/undo", token=token)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "overtaken")
    assert fresh(runtime, theme).status == "new"


def test_only_who_may_decide_acts(client: Any, pm: Member, make_token: Any, make_member: Any, make_theme: Any) -> None:
    where = f"/api/v1/themes/{make_theme('座椅').id}/acts"
    reading = make_token(pm, "themes:read")
    agent = make_token(make_member("客服", Role.AGENT), "themes:read", "themes:write")
    for token in (reading, agent):
        assert client.get(where, token=token).status_code == 200
        assert client.post(where, token=token, json={"act": "hide"}).status_code == 403
    assert client.post(where, json={"act": "hide"}).status_code == 401
    assert client.get(where, actor=pm).status_code == 401
