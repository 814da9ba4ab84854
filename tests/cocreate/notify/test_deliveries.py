"""Staff see what was meant for whom and why it did not leave; nobody else does, and no address is shown whole."""

from collections.abc import Callable
from typing import Any

from sqlmodel import select

from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.notify.deliveries.models import Channel, Delivery, Reason, State
from cocreate.notify.deliveries.queries import masked
from cocreate.notify.deliveries.service import settle

Make = Callable[..., Any]


def test_every_way_of_a_message_is_in_the_log_with_its_reason(client: Any, make_member: Make, say: Make) -> None:
    member, pm = make_member("青城"), make_member("产品", Role.PM)
    say(member)
    page = client.get("/deliveries", actor=pm).text
    assert page.count("青城") == 2
    assert "没有配置邮件" in page
    assert member.email not in page
    assert masked(member.email) in page


def test_the_log_is_narrowed_by_way_end_member_and_topic(client: Any, make_member: Make, say: Make) -> None:
    one, two, pm = make_member("甲甲"), make_member("乙乙"), make_member("产品", Role.PM)
    say(one, key="a", topic="item:3")
    say(two, key="b", topic="item:4")

    def seen(query: str) -> tuple[int, int]:
        page = client.get(f"/deliveries?{query}", actor=pm).text
        return page.count("甲甲"), page.count("乙乙")

    assert seen("channel=mail") == (1, 1)
    assert seen("state=sent") == (1, 1)
    assert seen("state=parked") == (0, 0)
    assert seen(f"member={one.id}") == (2, 0)
    assert seen("topic=item:4") == (0, 2)


def test_owners_and_guests_do_not_see_the_log(client: Any, make_member: Make) -> None:
    assert client.get("/deliveries", actor=make_member()).status_code == 403
    assert client.get("/deliveries").status_code == 303
    assert client.get("/deliveries/robots", actor=make_member("产品", Role.PM)).status_code == 403


def test_what_was_given_up_is_tried_again_and_nothing_else(
    client: Any, runtime: Runtime, make_member: Make, say: Make
) -> None:
    member, pm = make_member(), make_member("产品", Role.PM)
    say(member)
    with runtime.database.write() as session:
        row = session.exec(select(Delivery).where(Delivery.channel == Channel.MAIL)).one()
        row.state = State.PLANNED
        session.add(row)
        session.flush()
        settle(session, [row.id or 0], State.PARKED, Reason.REFUSED, detail="550 no")
        delivery_id = row.id
    page = client.get(f"/deliveries/{delivery_id}", actor=pm).text
    assert "550 no" in page
    assert client.post(f"/deliveries/{delivery_id}/retry", actor=pm).status_code == 303
    with runtime.database.read() as session:
        assert session.get_one(Delivery, delivery_id).state == State.PLANNED
    assert client.post(f"/deliveries/{delivery_id}/retry", actor=pm).status_code == 409


def test_what_has_ended_does_not_change_any_more(runtime: Runtime, make_member: Make, say: Make) -> None:
    say(make_member())
    with runtime.database.write() as session:
        ids = [row.id or 0 for row in session.exec(select(Delivery))]
        assert settle(session, ids, State.SENT) == 0


def test_an_address_shows_only_its_ends() -> None:
    assert masked("zhou@example.com") == "z…@…\u200b.com".replace("\u200b", "")
    assert masked("") == ""
