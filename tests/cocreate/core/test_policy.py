"""Who may do what, and the settings that say so."""

import secrets
import stat

import pytest

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.config import Settings
from cocreate.core.policy import Policies


def test_a_guest_passes_only_what_is_for_everyone():
    policies = Policies([{"read": EVERYONE, "vote": MEMBERS, "triage": frozenset({Role.PM})}])
    assert policies.permissions(frozenset()) == {"read"}
    assert policies.permissions(frozenset({Role.MEMBER})) == {"read", "vote"}
    assert policies.permissions(frozenset({Role.MEMBER, Role.PM})) == {"read", "vote", "triage"}


def test_a_policy_is_declared_once():
    with pytest.raises(ValueError, match="twice"):
        Policies([{"read": EVERYONE}, {"read": MEMBERS}])


def test_settings_cannot_be_changed(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_the_secret_is_made_once_and_private(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path)
    key = settings.signing_key()
    assert len(key) >= 43
    assert settings.signing_key() == key
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_two_processes_that_start_at_once_have_one_secret(tmp_path, monkeypatch):
    first, second = (Settings(_env_file=None, home=tmp_path) for _ in range(2))
    make, keys = secrets.token_urlsafe, []

    def while_the_other_makes_its_own(length: int) -> str:
        monkeypatch.setattr(secrets, "token_urlsafe", make)
        keys.append(second.signing_key())
        return make(length)

    monkeypatch.setattr(secrets, "token_urlsafe", while_the_other_makes_its_own)
    keys.append(first.signing_key())
    assert len(set(keys)) == 1
    assert len(keys[0]) >= 43
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_an_unknown_time_zone_is_refused_at_start(tmp_path):
    with pytest.raises(Exception, match="No time zone"):
        Settings(_env_file=None, home=tmp_path, timezone="Asia/Shangri-La")
