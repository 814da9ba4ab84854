"""The editor of rules: tried on the garages first, every button without script, and the same by JSON."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from cocreate.core.db import Database
from cocreate.identity.members.models import Member
from roadmap.applicability.models import ApplicabilityRule
from roadmap.applicability.preview import covered, preview
from roadmap.applicability.rules import Facts, Rule, RuleKind, fit
from tests.roadmap.applicability import brute

Make = Callable[..., Any]
FIELDS = ("kind", "models", "year_from", "year_to", "hardware", "software_from", "software_below", "regions", "version")
OTA, RETROFIT, NEVER = RuleKind.OTA, RuleKind.RETROFIT, RuleKind.NOT_POSSIBLE


def lines(*rows: dict[str, str], act: str = "save", seen: str = "") -> dict[str, Any]:
    """A posted editor with these lines."""
    data: dict[str, Any] = {name: [row.get(name, "") for row in rows] for name in (*FIELDS, "text")}
    data["kind"] = [row.get("kind", "ota" if row else "") for row in rows]
    return {**data, "act": act, "seen": seen}


def sign_of(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"')[0]


def stored(database: Database) -> list[ApplicabilityRule]:
    with database.read() as session:
        return list(session.exec(select(ApplicabilityRule).order_by(ApplicabilityRule.position)))  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_line_that_is_called_covered_decides_about_no_car(dice: Any) -> None:
    rules = brute.random_rules(dice)
    world = brute.world()
    for line, other in covered(rules).items():
        assert other < line
        for car in world:
            assert fit(rules[line], car).holds is not True or fit(rules[other], car).holds is True
    shown = preview(rules, [(car, 1) for car in world])
    assert shown.cars == shown.decided + shown.none == len(world)
    assert [shown.hits[line] for line in shown.covered] == [0] * len(shown.covered)
    assert sum(shown.hits) == shown.decided


def test_covered_lines_are_found_where_a_pm_makes_them() -> None:
    wide = Rule(OTA, models=("云麓",), year_from=2022, hardware=("HW3*",))
    assert covered([wide, Rule(NEVER, models=("云麓",), year_from=2023, hardware=("HW3 Plus",), text="x")]) == {1: 0}
    assert covered([wide, Rule(NEVER, models=("云麓",), year_from=2023, text="x")]) == {}
    assert covered([Rule(OTA, year_to=2023), Rule(NEVER, year_to=2022, text="x")]) == {1: 0}
    assert covered([Rule(OTA, year_to=2022), Rule(NEVER, year_to=2023, text="x")]) == {}
    assert covered([Rule(OTA, year_to=2022), Rule(NEVER, text="x")]) == {}
    assert covered([Rule(OTA), Rule(OTA, models=("青川",))]) == {1: 0}
    assert covered([Rule(OTA, software_below="2.4"), Rule(NEVER, software_below="2.2", text="x")]) == {1: 0}
    assert covered([Rule(OTA, software_below="2.2"), Rule(NEVER, software_below="2.4", text="x")]) == {}


def test_the_preview_counts_cars_and_names_what_is_missing() -> None:
    rules = [Rule(NEVER, hardware=("HW2",), text="x"), Rule(OTA, models=("云麓",))]
    fleet = [
        (Facts("云麓", hardware="HW3"), 900), (Facts("云麓", hardware="HW2"), 84), (Facts("青川", hardware="HW3"), 40),
        (Facts("云麓"), 20),
    ]  # fmt: skip
    shown = preview(rules, fleet)
    assert shown.by_kind == {"ota": 900, "retrofit": 0, "not_possible": 84}
    assert (shown.cars, shown.decided, shown.none, shown.undecided, shown.missing) == (
        1044, 984, 40, 20, {"hardware": 20},
    )  # fmt: skip


def test_rules_are_written_tried_moved_and_taken_out_without_script(
    client: Any, database: Database, pm: Member, make_item: Make, make_member: Make, make_vehicle: Make
) -> None:
    for hardware in ("HW2", "HW3", "HW3"):
        make_vehicle(make_member(), "云麓", hardware=hardware)
    path = f"/roadmap/{make_item('座椅降噪').id}/cars"
    seen = sign_of(client.get(path, actor=pm).text)
    ota = {"kind": "ota", "models": "云麓"}
    never = {"kind": "not_possible", "models": "云麓， 云麓", "hardware": "HW2*", "text": "没有电机"}
    tried = client.post(path, actor=pm, data=lines(ota, never, act="look", seen=seen))
    assert tried.status_code == 200
    assert "永远轮不到：第 1 条在前面" in tried.text
    assert "能说清 3 辆" in tried.text
    moved = client.post(path, actor=pm, data=lines(ota, never, act="up:1", seen=seen)).text
    assert moved.index("没有电机") < moved.index('<option value="ota" selected')
    assert client.post(path, actor=pm, data=lines(ota, act="add", seen=seen)).text.count('class="card rule-line"') == 2
    assert client.post(path, actor=pm, data=lines(ota, never, act="remove:0", seen=seen)).text.count("rule-fields") == 1
    assert stored(database) == []
    assert client.post(path, actor=pm, data=lines(never, ota, seen=seen)).status_code == 303
    first, second = stored(database)
    assert (first.kind, first.models, first.hardware, first.text) == (NEVER, ["云麓"], ["HW2*"], "没有电机")
    assert (second.kind, second.position) == (OTA, 1)
    # Who still has the old page in front of them does not write over it.
    assert client.post(path, actor=pm, data=lines(ota, seen=seen)).status_code == 409
    assert len(stored(database)) == 2
    again = sign_of(client.get(path, actor=pm).text)
    # A line without conditions decides about all that are left; one in which nothing was entered is no line.
    assert client.post(path, actor=pm, data=lines(never, {"kind": "ota"}, {}, seen=again)).status_code == 303
    assert [row.kind for row in stored(database)] == [NEVER, OTA]
    assert "能说清 3 辆" in client.get(path, actor=pm).text
    again = sign_of(client.get(path, actor=pm).text)
    assert client.post(path, actor=pm, data=lines({}, seen=again)).status_code == 303
    assert stored(database) == []
    assert client.get(path, actor=make_member()).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kind": "retrofit"}, "加装要多少钱"), ({"kind": "not_possible"}, "为什么做不到"),
        ({"year_from": "2024", "year_to": "2022"}, "起始年款晚于截止年款"), ({"year_from": "二〇二二"}, "整数"),
        ({"software_from": "2.4", "software_below": "2.4"}, "“不低于”不小于"), ({"version": "下一版"}, "版本要有数字"),
        ({"kind": "gift", "text": "x"}, "请从选项里选一个"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused_and_shown_again(
    client: Any, database: Database, pm: Member, make_release: Make, wrong: dict[str, str], words: str
) -> None:
    path = f"/releases/{make_release('2.4').id}/cars"
    seen = sign_of(client.get(path, actor=pm).text)
    refused = client.post(path, actor=pm, data=lines({"models": "云麓", **wrong}, {"models": "青川"}, seen=seen))
    assert refused.status_code == 422
    assert words in refused.text
    assert "青川" in refused.text
    assert stored(database) == []


def test_the_preview_follows_while_one_writes(
    client: Any, pm: Member, make_release: Make, make_member: Make, make_vehicle: Make
) -> None:
    make_vehicle(make_member(), "云麓")
    path = f"/releases/{make_release('2.4').id}/cars/preview"
    part = client.post(path, actor=pm, htmx=True, data=lines({"models": "云麓"})).text
    assert "能说清 1 辆" in part
    assert "<form" not in part


def test_rules_by_json_say_what_a_car_gets(
    client: Any, database: Database, pm: Member, make_item: Make, make_token: Make, make_release: Make
) -> None:
    item = make_item("座椅降噪", release=make_release("2.4").id)
    path, token = f"/api/v1/roadmap/{item.id}/applicability", make_token(pm, "roadmap:write")
    rules = [{"kind": "not_possible", "hardware": ["HW2"], "text": "没有电机"}, {"kind": "ota"}]
    sign = client.get(path).json()["sign"]
    assert client.put(path, json={"rules": rules, "sign": sign}).status_code == 401
    assert client.put(path, token=make_token(pm, "themes:read"), json={"rules": rules, "sign": sign}).status_code == 403
    saved = client.put(path, token=token, json={"rules": rules, "sign": sign})
    assert saved.status_code == 200
    assert [rule["kind"] for rule in saved.json()["rules"]] == ["not_possible", "ota"]
    assert client.put(path, token=token, json={"rules": [], "sign": sign}).status_code == 409
    bad = {"rules": [{"kind": "retrofit"}], "sign": saved.json()["sign"]}
    assert client.put(path, token=token, json=bad).status_code == 422
    assert len(stored(database)) == 2

    def asked(**car: str) -> dict[str, Any]:
        answer: dict[str, Any] = client.get(path, params=car).json()["verdict"]
        return answer

    assert asked(model="云麓", hardware="HW2")["reason"] == "没有电机"
    assert (asked(model="云麓", hardware="HW3")["kind"], asked(model="云麓", hardware="HW3")["version"]) == (
        "planned",
        "2.4",
    )
    assert asked(model="云麓", hardware="HW3", software="2.4.1")["kind"] == "has"
    assert asked(model="云麓")["missing"] == ["hardware"]
    assert client.get(path).json()["verdict"] is None
    other = f"/api/v1/releases/{make_release('3.0', models=['青川']).id}/applicability"
    assert client.get(other, params={"model": "云麓"}).json()["verdict"]["note"] == "not_for"
