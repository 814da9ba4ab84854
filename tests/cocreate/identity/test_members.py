"""Members as staff see them."""

import pytest
from sqlmodel import select

from cocreate.core import audit
from cocreate.core.actor import Role
from cocreate.identity.members.models import Member, MemberRole


@pytest.fixture
def admin(make_member):
    return make_member("管理员", Role.ADMIN)


def roles_of(runtime, member):
    with runtime.database.read() as session:
        return set(session.exec(select(MemberRole.role).where(MemberRole.member_id == member.id)))


@pytest.mark.parametrize(
    ("role", "status"), [(None, 403), (Role.HOST, 403), (Role.MODERATOR, 403), (Role.AGENT, 200), (Role.PM, 200)]
)
def test_who_may_see_the_list(client, make_member, role, status):
    assert client.get("/members", actor=make_member("谁", *([role] if role else []))).status_code == status


def test_addresses_are_for_administrators_alone(client, make_member, admin):
    member = make_member("小周")
    agent = make_member("客服", Role.AGENT)
    for path in ("/members", f"/members/{member.id}"):
        assert member.email in client.get(path, actor=admin).text
        assert member.email not in client.get(path, actor=agent).text
    assert "小周" not in client.get(f"/members?q={member.email}", actor=agent).text
    assert "小周" in client.get(f"/members?q={member.email}", actor=admin).text


def test_the_search_takes_signs_literally_and_any_case(client, make_member, admin):
    make_member("Max_100%")
    make_member("MaxX100x")
    found = client.get("/members?q=max_100%25", actor=admin).text
    assert "Max_100%" in found
    assert "MaxX100x" not in found


def test_filters_by_role_and_suspension(client, make_member, admin):
    make_member("版主甲", Role.MODERATOR)
    make_member("停用乙", suspended=True)
    assert "版主甲" in client.get("/members?role=moderator", actor=admin).text
    assert "停用乙" not in client.get("/members?role=moderator", actor=admin).text
    assert "停用乙" in client.get("/members?suspended=true", actor=admin).text
    assert client.get("/members?role=emperor", actor=admin).status_code == 422


def test_the_list_costs_few_queries(client, make_member, admin, count_queries):
    for number in range(30):
        make_member(f"成员{number}", Role.PM)
    client.get("/members", actor=admin)
    with count_queries() as statements:
        client.get("/members", actor=admin)
    assert len(statements) <= 4, statements


def test_roles_are_given_and_taken_and_noted(client, runtime, make_member, admin):
    member = make_member("林")
    answer = client.post(
        f"/members/{member.id}/roles", actor=admin, data={"roles": ["pm", "host"], "title": "座舱产品经理"}
    )
    assert answer.status_code == 303
    assert roles_of(runtime, member) == {Role.PM, Role.HOST}
    client.post(f"/members/{member.id}/roles", actor=admin, data={"roles": ["host"]})
    assert roles_of(runtime, member) == {Role.HOST}
    with runtime.database.read() as session:
        entries = audit.trail(session, "member", member.id)
    assert [(e.action, e.actor_id) for e in entries if e.action == "member.roles"] == [("member.roles", admin.id)] * 2


def test_an_unknown_role_changes_nothing(client, runtime, make_member, admin):
    member = make_member("林", Role.PM)
    client.post(f"/members/{member.id}/roles", actor=admin, data={"roles": ["emperor"]})
    assert roles_of(runtime, member) == {Role.PM}


@pytest.mark.parametrize("act", ["roles", "suspend", "resume"])
def test_only_administrators_manage(client, runtime, make_member, act):
    member, pm = make_member(), make_member("林", Role.PM)
    assert client.post(f"/members/{member.id}/{act}", actor=pm, data={"roles": ["admin"]}).status_code == 403
    assert roles_of(runtime, member) == set()


def test_an_administrator_cannot_lock_themselves_out(client, runtime, admin):
    assert client.post(f"/members/{admin.id}/roles", actor=admin, data={"roles": ["pm"]}).status_code == 409
    assert client.post(f"/members/{admin.id}/suspend", actor=admin).status_code == 409
    assert roles_of(runtime, admin) == {Role.ADMIN}


def test_suspending_ends_every_session_and_token_and_resuming_lets_in(client, runtime, make_member, make_token, admin):
    member = make_member("吵闹")
    token = make_token(member, "posts:write")
    assert client.get("/garage", actor=member).status_code == 200
    client.post(f"/members/{member.id}/suspend", actor=admin)
    assert client.get("/garage", actor=member).status_code == 303
    assert client.get("/api/v1/posts", token=token).status_code == 401
    client.post(f"/members/{member.id}/resume", actor=admin)
    assert client.get("/api/v1/posts", token=token).status_code == 200
    with runtime.database.read() as session:
        assert session.get(Member, member.id).suspended_at is None
        actions = [entry.action for entry in audit.trail(session, "member", member.id)]
    assert actions[0] == "member.resume"
    assert "member.suspend" in actions
