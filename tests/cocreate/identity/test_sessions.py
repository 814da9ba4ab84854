"""Who sends a request: cookies, tokens, one-time links."""

import pytest

from cocreate.core.actor import Role
from cocreate.core.errors import NotSignedIn
from cocreate.identity.sessions import service


def test_a_signed_in_browser_acts_as_its_member(runtime, make_member):
    member = make_member("阿敏", Role.PM)
    with runtime.database.write() as session:
        token = service.begin_session(session, member.id)
    actor = service.authenticate(runtime, {"session": token}, {})
    assert (actor.id, actor.name, actor.roles) == (member.id, "阿敏", frozenset({Role.MEMBER, Role.PM}))


def test_a_revoked_session_is_a_guest(runtime, make_member):
    member = make_member()
    with runtime.database.write() as session:
        token = service.begin_session(session, member.id)
        service.revoke_sessions(session, member.id)
    assert not service.authenticate(runtime, {"session": token}, {}).signed_in


def test_an_unknown_token_is_refused_and_not_taken_for_a_guest(runtime):
    with pytest.raises(NotSignedIn):
        service.authenticate(runtime, {}, {"authorization": "Bearer nope"})


def test_a_one_time_link_works_once(runtime, make_member):
    member = make_member()
    with runtime.database.write() as session:
        token = service.make_link(session, member.id)
    with runtime.database.write() as session:
        assert service.use_link(session, token) == member.id
    with pytest.raises(service.LinkSpent), runtime.database.write() as session:
        service.use_link(session, token)


def test_a_token_opens_no_page_whatever_its_scopes(client, make_member, make_token):
    token = make_token(make_member("魏一鸣", Role.ADMIN), "votes:write")
    assert client.get("/members", token=token).headers["location"].startswith("/sign-in")
    answer = client.post("/members/1/roles", token=token, data={"roles": "admin"})
    assert answer.headers["location"].startswith("/sign-in")


def test_a_proxys_own_authorization_does_not_lock_readers_out(client):
    assert client.get("/sign-in", headers={"authorization": "Basic c3RhZ2luZzpzdGFnaW5n"}).status_code == 200
