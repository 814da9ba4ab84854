"""The fleet in use, and who of it speaks: from garages or from a file that is taken whole or not at all."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, select

from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster.fleet import queries, service
from feedback_cluster.fleet.index import Verdict
from feedback_cluster.fleet.models import FleetRow, FleetUpload
from feedback_cluster.fleet.reading import Part
from feedback_cluster.themes.models import Theme

MakeTheme = Callable[..., Theme]
PARTS = [Part("云麓", 2025, "广东", 300), Part("晴川", 2025, "黑龙江", 700)]
GOOD = "车型,年款,地区,数量\n云麓,2025,广东,300\n晴川,2025,黑龙江,700\n"


def use(session: Session, parts: list[Part], by: Actor, name: str = "车队.csv") -> FleetUpload:
    upload = service.keep_draft(session, parts, name, by=by)
    service.use(session, upload, by=by)
    return upload


def test_without_a_file_the_garages_are_the_fleet(session: Session, make_member: Any, make_vehicle: Any) -> None:
    owner = make_member("老周")
    make_vehicle(owner, "云麓", model_year=2025, region="广东")
    make_vehicle(owner, "云麓", model_year=2024)
    gone = make_vehicle(owner, "晴川")
    session.merge(gone).removed_at = gone.created_at
    session.flush()
    fleet = queries.current_fleet(session)
    assert (fleet.sampled, fleet.cars) == (True, 2)
    assert fleet.groups == {"model": {"云麓": 2}, "model_year": {"2025": 1, "2024": 1}, "region": {"广东": 1}}


def test_a_file_replaces_the_fleet_and_is_taken_back(session: Session, pm_actor: Actor) -> None:
    first = use(session, PARTS, pm_actor)
    second = use(session, [Part("小满", None, "", 9)], pm_actor)
    assert queries.current_fleet(session).groups["model"] == {"小满": 9}
    with pytest.raises(service.NotInUse):
        service.take_back(session, first, by=pm_actor)
    with pytest.raises(service.AlreadyUsed):
        service.use(session, second, by=pm_actor)
    held = service.take_back(session, second, by=pm_actor)
    assert held is not None
    assert held.id == first.id
    assert queries.current_fleet(session).cars == 1_000
    assert service.take_back(session, first, by=pm_actor) is None
    assert queries.current_fleet(session).sampled


def test_a_draft_is_forgotten_with_the_next(session: Session, pm_actor: Actor) -> None:
    service.keep_draft(session, PARTS, "一.csv", by=pm_actor)
    kept = service.keep_draft(session, PARTS[:1], "二.csv", by=pm_actor)
    assert queries.current_upload(session) is None
    assert [row.name for row in session.exec(select(FleetUpload))] == ["二.csv"]
    assert [row.upload_id for row in session.exec(select(FleetRow))] == [kept.id]


def test_who_speaks_counts_people_once_by_their_last_car(
    session: Session, pm_actor: Actor, make_theme: MakeTheme, make_voices: Any, make_member: Any, count_queries: Any
) -> None:
    owners = [make_member(f"车主{n}") for n in range(12)]
    posts: list[int] = []
    for place, owner in enumerate(owners):
        model = "雲麓" if place % 2 else "云麓"
        posts += make_voices(
            ["又断了", "还是断"], author_id=owner.id, model=model if place < 9 else "晴川", model_year=2025
        )
    posts += make_voices(["没说车型"])
    theme = make_theme("蓝牙", posts=posts)
    use(session, PARTS, pm_actor)
    session.flush()
    with count_queries() as statements:
        fleet, traits = queries.representation(session, theme.id or 0)
    assert len(statements) == 3
    assert [one.trait for one in traits] == ["model", "model_year"]
    models = {group.name: group for group in traits[0].groups}
    assert (traits[0].speakers, models["云麓"].speakers, models["晴川"].speakers) == (12, 9, 3)
    assert models["云麓"].index == pytest.approx((9 / 12) / 0.3)
    assert (models["云麓"].verdict, models["晴川"].verdict) == (Verdict.LOUD, Verdict.QUIET)
    assert traits[1].groups[0].index == 1
    told = queries.as_json(fleet, traits)
    assert told["traits"]["model"][0]["group"] == "云麓"
    assert told["traits"]["model"][0]["low"] > 1


def test_a_file_is_looked_at_then_used_then_taken_back(client: Any, runtime: Runtime, pm: Member) -> None:
    def hand_in(text: str, name: str = "车队.csv") -> Any:
        return client.post("/triage/fleet", actor=pm, files={"file": (name, io.BytesIO(text.encode("gb18030")))})

    bad = hand_in("车型,数量\n云麓,3\n,5\n")
    assert bad.status_code == 422
    assert "缺少车型" in bad.text
    with runtime.database.read() as session:
        assert session.exec(select(FleetUpload)).all() == []
    assert hand_in("").status_code == 422
    draft = hand_in(GOOD)
    assert draft.status_code == 303
    path = draft.headers["location"]
    shown = client.get(path, actor=pm).text
    assert "黑龙江" in shown
    assert "还没有生效" in shown
    with runtime.database.read() as session:
        assert queries.current_upload(session) is None
    assert client.post(f"{path}/use", actor=pm).status_code == 303
    assert "正在使用：车队.csv" in client.get("/triage/fleet", actor=pm).text
    assert client.get(path, actor=pm).status_code == 303
    again = client.post(f"{path}/use", actor=pm)
    assert (again.status_code, "已经在使用" in again.text) == (409, True)
    client.post(f"{path}/undo", actor=pm)
    assert "还没有上传车队" in client.get("/triage/fleet", actor=pm).text


def test_the_theme_page_says_it_in_words(
    client: Any,
    session: Session,
    pm: Member,
    pm_actor: Actor,
    make_theme: MakeTheme,
    make_voices: Any,
    make_member: Any,
) -> None:
    posts: list[int] = []
    for number in range(20):
        model = "云麓" if number < 16 else "晴川"
        posts += make_voices(["又断了"], author_id=make_member(f"车主{number}").id, model=model)
    theme = make_theme("蓝牙", posts=posts)
    use(session, PARTS, pm_actor)
    session.commit()
    page = client.get(f"/themes/{theme.id}", actor=pm).text
    assert "云麓 车主发声是其车队占比的 2.7 倍（1.9–3.1）" in page
    few = make_theme("雨刮", posts=make_voices(["刮不干净"], model="云麓"))
    assert "人数太少，看不出来" in client.get(f"/themes/{few.id}", actor=pm).text


def test_lines_of_no_cars_leave_the_page_standing(client: Any, pm: Member) -> None:
    text = "车型,地区,数量\n云麓,,3\n晴川,黑龙江,0\n"
    draft = client.post("/triage/fleet", actor=pm, files={"file": ("车队.csv", io.BytesIO(text.encode()))})
    path = draft.headers["location"]
    assert "黑龙江" not in client.get(path, actor=pm).text
    client.post(f"{path}/use", actor=pm)
    assert "正在使用：车队.csv" in client.get("/triage/fleet", actor=pm).text


@pytest.mark.parametrize("path", ["", "/1/use", "/1/undo"])
def test_only_product_managers_change_the_fleet(client: Any, make_member: Any, path: str) -> None:
    agent = make_member("客服", Role.AGENT)
    assert client.get("/triage/fleet", actor=agent).status_code == 200
    assert client.post(f"/triage/fleet{path}", actor=agent).status_code == 403
    assert client.get("/triage/fleet", actor=make_member("车主")).status_code == 403
