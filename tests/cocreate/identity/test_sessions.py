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
