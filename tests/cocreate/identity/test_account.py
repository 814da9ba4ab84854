"""One's own account: name, password, browsers, leaving."""

import pytest
from sqlmodel import select

from cocreate.core import audit
from cocreate.core.actor import Role
from cocreate.core.jobs import Worker
from cocreate.core.outbox import OutboxEntry
from cocreate.identity.members import service
from cocreate.identity.members.models import Member
from cocreate.identity.members.queries import people
from cocreate.identity.sessions.models import MemberSession
from cocreate.identity.sessions.service import begin_session, make_link, open_sessions
from cocreate.identity.vehicles.queries import garage
from cocreate.notify.inbox.queries import unread_count
from cocreate.notify.inbox.service import tell

PASSWORD, OTHER = "ein langer Satz 夏天", "noch ein Satz 冬天"


@pytest.fixture
def owner(make_member):
    return make_member("阿敏", password_hash=service.hash_password(PASSWORD))


def stored(runtime, member):
    with runtime.database.read() as session:
        return session.get(Member, member.id)


def test_name_and_language_can_be_changed(client, runtime, owner):
    answer = client.post("/account", actor=owner, data={"name": "  阿敏\u200b 新 ", "language": "en"})
    assert answer.status_code == 303
    member = stored(runtime, owner)
    assert (member.name, member.language) == ("阿敏 新", "en")
    assert 'lang="en"' in client.get("/account", actor=owner).text


def test_a_language_chosen_here_wins_over_an_older_switch(client, owner):
    answer = client.post(
        "/account", actor=owner, data={"name": "阿敏", "language": "en"}, headers={"cookie": "lang=zh-Hans"}
    )
    assert any(cookie.startswith('lang=""') for cookie in answer.headers.get_list("set-cookie"))


def test_a_new_password_signs_all_other_browsers_out(client, runtime, owner):
    with runtime.database.write() as session:
        elsewhere = begin_session(session, owner.id)
    answer = client.post("/account/password", actor=owner, data={"current": PASSWORD, "password": OTHER})
    assert answer.status_code == 303
    assert client.get("/garage", actor=owner).status_code == 200
    assert client.get("/garage", headers={"cookie": f"session={elsewhere}"}).status_code == 303
    assert service.password_fits(OTHER, stored(runtime, owner).password_hash)
    with runtime.database.read() as session:
        assert "member.password" in [entry.action for entry in audit.trail(session, "member", owner.id)]


def test_the_present_password_is_asked_for_and_its_tries_are_counted(client, runtime, owner):
    for _ in range(runtime.settings.sign_in_tries):
        answer = client.post("/account/password", actor=owner, data={"current": "falsch", "password": OTHER})
        assert answer.status_code == 422
        assert "当前密码不对" in answer.text
    assert (
        client.post("/account/password", actor=owner, data={"current": PASSWORD, "password": OTHER}).status_code == 429
    )
    assert service.password_fits(PASSWORD, stored(runtime, owner).password_hash)


def test_who_came_by_link_can_set_a_password(client, runtime, make_member):
    member = make_member()
    assert client.post("/account/password", actor=member, data={"password": OTHER}).status_code == 303
    assert service.password_fits(OTHER, stored(runtime, member).password_hash)


def test_browsers_are_listed_and_signed_out_one_by_one(client, runtime, owner):
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) MicroMessenger/9.0"
    with runtime.database.write() as session:
        phone = begin_session(session, owner.id, user_agent=agent, address="203.0.113.9")
    page = client.get("/account/sessions", actor=owner)
    assert "微信 · iPhone" in page.text
    assert "203.0.113.9" in page.text
    assert "当前设备" in page.text
    with runtime.database.read() as session:
        row = next(row for row in open_sessions(session, owner.id) if row.address)
    assert client.post(f"/account/sessions/{row.id}/end", actor=owner).status_code == 303
    assert client.get("/garage", headers={"cookie": f"session={phone}"}).status_code == 303
    assert client.get("/garage", actor=owner).status_code == 200


def test_nobody_ends_another_members_session(client, runtime, owner, make_member):
    stranger = make_member()
    client.get("/garage", actor=owner)
    with runtime.database.read() as session:
        row = open_sessions(session, owner.id)[0]
    client.post(f"/account/sessions/{row.id}/end", actor=stranger)
    assert client.get("/garage", actor=owner).status_code == 200


def test_all_others_are_signed_out_at_once(client, runtime, owner):
    with runtime.database.write() as session:
        others = [begin_session(session, owner.id) for _ in range(3)]
    client.post("/account/sessions/end-others", actor=owner)
    assert client.get("/garage", actor=owner).status_code == 200
    assert all(client.get("/garage", headers={"cookie": f"session={token}"}).status_code == 303 for token in others)


def test_leaving_takes_the_person_out_and_leaves_the_row(client, runtime, worker: Worker, owner, make_vehicle):
    make_vehicle(owner)
    with runtime.database.write() as session:
        link = make_link(session, owner.id)
        begin_session(session, owner.id, user_agent="Mozilla", address="203.0.113.9")
        tell(session, [owner.id], "test", key="k", params={}, url="/")
    assert client.post("/account/leave", actor=owner, data={"current": PASSWORD}).status_code == 422  # not sure
    assert client.post("/account/leave", actor=owner, data={"sure": "1", "current": "falsch"}).status_code == 422
    answer = client.post("/account/leave", actor=owner, data={"sure": "1", "current": PASSWORD})
    assert answer.status_code == 303
    member = stored(runtime, owner)
    assert (member.name, member.email, member.password_hash, member.title) == ("", None, None, "")
    assert member.deleted_at is not None
    assert client.get("/garage", actor=owner).status_code == 303
    assert client.post(f"/in/{link}").status_code == 404
    worker.drain()
    with runtime.database.read() as session:
        assert garage(session, owner.id) == []
        assert unread_count(session, owner.id) == 0
        assert {(row.user_agent, row.address) for row in session.exec(select(MemberSession))} == {("", "")}
        names = [row.name for row in session.exec(select(OutboxEntry))]
    assert "cocreate.MemberLeft" in names


def test_an_address_is_free_again_after_leaving(client, runtime, owner):
    client.post("/account/leave", actor=owner, data={"sure": "1", "current": PASSWORD})
    with runtime.database.write() as session:
        assert service.add_member(session, name="neu", email=owner.email).id != owner.id


def test_staff_who_left_carry_no_mark(client, runtime, make_member):
    pm = make_member("林", Role.PM)
    client.post("/account/leave", actor=pm, data={"sure": "1"})
    with runtime.database.read() as session:
        assert people(session, [pm.id])[pm.id].role is None


def test_the_only_administrator_stays(client, runtime, make_member):
    admin = make_member("管", Role.ADMIN)
    assert client.post("/account/leave", actor=admin, data={"sure": "1"}).status_code == 409
    make_member("管二", Role.ADMIN)
    assert client.post("/account/leave", actor=admin, data={"sure": "1"}).status_code == 303


def test_a_member_who_left_gets_no_further_message(client, runtime, owner):
    client.post("/account/leave", actor=owner, data={"sure": "1", "current": PASSWORD})
    with runtime.database.write() as session:
        assert tell(session, [owner.id], "test", key="later", params={}, url="/") == 0
