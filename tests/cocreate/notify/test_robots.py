"""Robots of staff groups: each vendor's shape, once per key, within the vendor's pace, secrets never shown again."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.departments.models import Department
from cocreate.notify.deliveries.models import Delivery, DeliveryStep
from cocreate.notify.outbound import Reply
from cocreate.notify.robots import sender, vendors
from cocreate.notify.robots.models import Robot, Vendor
from cocreate.notify.robots.seal import Unreadable, seal, unseal
from cocreate.notify.robots.service import announce
from tests.cocreate.notify.test_outbound import reply, server  # noqa: F401 (the fixture)

Make = Callable[..., Any]
NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
CANARY = "canary-key-4711"


@pytest.fixture
def chat(server: Any, configure: Make, client: Any, make_member: Make, runtime: Runtime) -> Iterator[Any]:  # noqa: F811
    """A chat group's own server; `add(vendor)` connects a robot to it as an administrator would."""
    answers = [b'{"errcode":0,"errmsg":"ok"}']

    def say(handler: Any) -> None:
        reply(200, answers[-1])(handler)

    address, bodies = server(say)
    configure(outbound_allow=address, url="https://forum.example")
    admin = make_member("管理", Role.ADMIN)

    def add(vendor: Vendor = Vendor.WECOM, **values: Any) -> int:
        form = {"name": "座舱群", "vendor": vendor.value, "url": f"http://{address}/send?key={CANARY}", **values}
        answer = client.post("/deliveries/robots", actor=admin, data=form)
        assert answer.status_code == 303, answer.text
        with runtime.database.read() as session:
            return max(robot_id or 0 for robot_id in session.exec(select(Robot.id)))

    return SimpleNamespace(add=add, bodies=bodies, answers=answers, admin=admin)


@pytest.fixture
def shout(runtime: Runtime, wording: None) -> Callable[..., int]:
    """`shout(key="k", department=None)`"""

    def call(key: str = "k", department: int | None = None, **words: Any) -> int:
        params = {"title": "座椅", "post": 12, "sentence": "三天没人回", **words}
        with runtime.database.write() as session:
            return announce(session, "test.step", key=key, params=params, url="/posts/12", department_id=department)

    return call


def states(runtime: Runtime) -> list[tuple[str, str]]:
    with runtime.database.read() as session:
        rows = sorted(session.exec(select(Delivery)).all(), key=lambda row: row.id or 0)
        return [(row.state.value, row.reason.value) for row in rows if row.robot_id]


def test_signatures_are_those_of_the_vendors() -> None:
    assert vendors.feishu_sign("1700000000", "demo-secret") == "mYHw2R2SOm8Rw/sne3lQdmz4sOfntKR+1P/8RKKTwmA="
    assert vendors.dingtalk_sign("1700000000000", "SECdemo") == "lOvVf9TQCVugV68mGbSZCg0gzOl1SVjxWi1MyVZCUuA%3D"


@pytest.mark.parametrize("vendor", list(Vendor))
def test_each_vendor_gets_its_own_shape(vendor: Vendor) -> None:
    url, body = vendors.request(vendor, "https://x/send?k=1", "s", "字", NOON)
    stamp = int(NOON.timestamp())
    if vendor == Vendor.FEISHU:
        assert body == {"msg_type": "text", "content": {"text": "字"}, "timestamp": str(stamp),
                        "sign": vendors.feishu_sign(str(stamp), "s")}  # fmt: skip
    elif vendor == Vendor.SLACK:
        assert body["text"] == "字"
    else:
        assert body == {"msgtype": "text", "text": {"content": "字"}}
    assert (f"timestamp={stamp * 1000}&sign=" in url) == (vendor == Vendor.DINGTALK)


@pytest.mark.parametrize("vendor", list(Vendor))
def test_words_neither_mention_nor_link_in_disguise(vendor: Vendor) -> None:
    _, body = vendors.request(vendor, "https://x", "", '<@all> <at user_id="all"></at> <!channel> <http://a|b>', NOON)
    assert "<" not in json.dumps(body, ensure_ascii=False)
    assert "@all" not in json.dumps(body) or vendor == Vendor.SLACK


def test_a_long_text_is_cut_between_characters_and_keeps_its_link() -> None:
    text = vendors.fit(Vendor.WECOM, ["座椅" * 2000, "x"], "https://forum.example/posts/12", more="还有")
    assert len(text.encode()) <= 2048
    assert text.endswith("还有\nhttps://forum.example/posts/12")
    short = vendors.fit(Vendor.WECOM, ["一", "二"], "l", more="还有")
    assert short == "一\n二\nl"


@pytest.mark.parametrize(
    ("vendor", "status", "body", "outcome"),
    [
        (Vendor.WECOM, 200, '{"errcode":0}', (True, False)),
        (Vendor.WECOM, 200, '{"errcode":93000,"errmsg":"invalid webhook"}', (False, False)),
        (Vendor.WECOM, 200, '{"errcode":45009}', (False, True)),
        (Vendor.FEISHU, 200, '{"code":0,"msg":"success"}', (True, False)),
        (Vendor.FEISHU, 200, '{"code":19021,"msg":"sign match fail"}', (False, False)),
        (Vendor.DINGTALK, 200, '{"errcode":130101}', (False, True)),
        (Vendor.DINGTALK, 200, "<html>", (False, True)),
        (Vendor.SLACK, 200, "ok", (True, False)),
        (Vendor.SLACK, 404, "no_service", (False, False)),
        (Vendor.SLACK, 429, "", (False, True)),
    ],
)
def test_what_a_vendor_answers_is_read_from_its_body(
    vendor: Vendor, status: int, body: str, outcome: tuple[bool, bool]
) -> None:
    assert vendors.accepted(vendor, Reply(status, body))[:2] == outcome


def test_a_robot_says_each_thing_once(runtime: Runtime, chat: Any, shout: Make) -> None:
    chat.add()
    assert (shout(), shout()) == (1, 1)
    assert sender.say_due(runtime) == 1
    assert sender.say_due(runtime) == 0
    [(path, body)] = chat.bodies
    assert path == f"/send?key={CANARY}"
    assert "座椅" in body["text"]["content"]
    assert body["text"]["content"].endswith("https://forum.example/posts/12")
    assert states(runtime) == [("sent", "")]


def test_what_comes_within_the_pause_is_said_together_after_it(
    runtime: Runtime, chat: Any, shout: Make, time_machine: Any
) -> None:
    time_machine.move_to(NOON, tick=False)
    chat.add()
    shout("a")
    sender.say_due(runtime)
    for key in ("b", "c", "d"):
        shout(key)
    assert sender.say_due(runtime) == 0
    time_machine.move_to(NOON + timedelta(seconds=4), tick=False)
    assert sender.say_due(runtime) == 3
    assert len(chat.bodies) == 2


def test_a_department_is_told_by_its_own_robot_and_others_by_nobodys(runtime: Runtime, chat: Any, shout: Make) -> None:
    with runtime.database.write() as session:
        office = Department(name="座舱")
        session.add(office)
        session.flush()
        number = office.id or 0
    general, own = chat.add(), chat.add(department=str(number))
    shout("theirs", department=number)
    shout("elsewhere", department=number + 1)
    shout("all")
    with runtime.database.read() as session:
        told = {row.key: row.robot_id for row in session.exec(select(Delivery))}
    assert told == {"theirs": own, "elsewhere": general, "all": general}


def test_a_vendor_that_says_no_is_believed_and_one_that_is_busy_asked_again(
    runtime: Runtime, chat: Any, shout: Make, time_machine: Any
) -> None:
    time_machine.move_to(NOON, tick=False)
    chat.add()
    chat.answers.append(b'{"errcode":93000,"errmsg":"invalid webhook url"}')
    shout("a")
    sender.say_due(runtime)
    assert states(runtime) == [("parked", "refused")]
    chat.answers.append(b'{"errcode":45009,"errmsg":"freq"}')
    time_machine.move_to(NOON + timedelta(minutes=1), tick=False)
    shout("b")
    sender.say_due(runtime)
    assert states(runtime)[1] == ("failed", "unreachable")
    with runtime.database.read() as session:
        assert CANARY not in str([step.detail for step in session.exec(select(DeliveryStep))])


def test_a_paused_robot_says_nothing_and_the_log_says_so(client: Any, runtime: Runtime, chat: Any, shout: Make) -> None:
    robot = chat.add()
    client.post(f"/deliveries/robots/{robot}/pause", actor=chat.admin)
    assert shout() == 0
    assert sender.say_due(runtime) == 0
    assert states(runtime) == [("skipped", "paused")]
    client.post(f"/deliveries/robots/{robot}/resume", actor=chat.admin)
    client.post(f"/deliveries/robots/{robot}/try", actor=chat.admin)
    assert sender.say_due(runtime) == 1


def test_the_address_is_sealed_never_shown_again_and_forgotten_on_removal(
    client: Any, runtime: Runtime, chat: Any
) -> None:
    robot = chat.add(Vendor.FEISHU, secret="signing-canary")
    page = client.get("/deliveries/robots", actor=chat.admin).text
    with runtime.database.read() as session:
        row = session.get_one(Robot, robot)
        stored = repr(row.model_dump())
    assert CANARY not in page + stored
    assert "signing-canary" not in page + stored
    assert CANARY in unseal(runtime.settings, row.sealed_url)
    with pytest.raises(Unreadable):
        unseal(runtime.settings.model_copy(update={"secret": "another"}), row.sealed_url)
    client.post(f"/deliveries/robots/{robot}/remove", actor=chat.admin)
    with runtime.database.read() as session:
        assert session.get_one(Robot, robot).sealed_url == ""
    assert seal(runtime.settings, "") == ""


def test_an_inner_address_is_refused_at_the_form_and_not_echoed(client: Any, make_member: Make) -> None:
    admin = make_member("管理", Role.ADMIN)
    form = {"name": "群", "vendor": "wecom", "url": f"https://127.0.0.1/send?key={CANARY}", "secret": CANARY}
    answer = client.post("/deliveries/robots", actor=admin, data=form)
    assert answer.status_code == 422
    assert "不能使用这个地址" in answer.text
    assert CANARY not in answer.text


def test_words_that_cannot_be_put_together_hold_up_no_other_robot(runtime: Runtime, chat: Any, shout: Make) -> None:
    first, second = chat.add(), chat.add(Vendor.SLACK)
    shout()
    whole = sender._line
    broken: list[int] = []

    def line(runtime: Runtime, row: Delivery) -> str:
        if row.robot_id == first:
            broken.append(row.id or 0)
            raise TypeError("%d of a word")
        return whole(runtime, row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sender, "_line", line)
        chat.answers.append(b"ok")
        sender.say_due(runtime)
    with runtime.database.read() as session:
        states = {row.robot_id: row.state.value for row in session.exec(select(Delivery))}
    assert broken
    assert states == {first: "failed", second: "sent"}
