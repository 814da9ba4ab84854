"""The program: members, tokens, doctor, demo."""

import json
import shutil
import stat

import pytest
from sqlmodel import select
from starlette.testclient import TestClient
from typer.testing import CliRunner

import main
from cocreate.cli_demo import demo_settings, prepare
from cocreate.core import schema
from cocreate.core.actor import Role
from cocreate.core.config import Settings
from cocreate.core.runtime import Runtime
from cocreate.identity import demo
from cocreate.identity.members.models import Member, MemberRole
from cocreate.identity.sessions.service import authenticate
from cocreate.identity.vehicles.models import Vehicle
from cocreate.web.app import create_app


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of its own, with a migrated database."""
    for name in ("COCREATE_DATABASE_URL", "COCREATE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COCREATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def own(home):
    made = Runtime(Settings(_env_file=None, home=home), main.MODULES)
    schema.upgrade(made)
    yield made
    made.close()


def run(*words):
    done = CliRunner().invoke(main.cli, list(words))
    return done.exit_code, done.stdout.strip(), done.stderr


def test_member_add_makes_an_account_and_prints_a_link_that_works_once(own):
    code, out, _ = run("member", "add", "Lin@Example.com", "--role", "pm", "--role", "host", "--name", "林", "--json")
    result = json.loads(out.splitlines()[-1])
    assert (code, result["email"], result["roles"]) == (0, "lin@example.com", ["host", "pm"])
    web = TestClient(create_app(own), base_url="http://127.0.0.1:8000", follow_redirects=False)
    path = result["link"].removeprefix("http://127.0.0.1:8000")
    headers = {"sec-fetch-site": "same-origin"}
    assert web.post(path, headers=headers).status_code == 303
    assert web.get("/members", headers=headers).status_code == 200
    web.cookies.clear()
    assert web.post(path, headers=headers).status_code == 404


def test_member_add_gives_an_existing_account_the_roles(own):
    run("member", "add", "lin@example.com")
    run("member", "add", "lin@example.com", "--role", "admin")
    with own.database.read() as session:
        assert len(session.exec(select(Member)).all()) == 1
        assert [row.role for row in session.exec(select(MemberRole))] == [Role.ADMIN]
    assert run("member", "add", "no-address")[0] == 1


def test_token_add_shows_a_secret_that_acts_within_its_scopes(own):
    run("member", "add", "lin@example.com", "--role", "pm")
    code, secret, _ = run("token", "add", "lin@example.com", "--scope", "posts:write")
    assert code == 0
    actor = authenticate(own, {}, {"authorization": f"Bearer {secret}"})
    assert (actor.scopes, Role.PM in actor.roles) == ({"posts:write"}, True)
    with own.database.read() as session:
        dump = str(session.connection().exec_driver_sql("SELECT * FROM api_token").all())
    assert secret not in dump


@pytest.mark.parametrize(
    "words", [("lin@example.com", "--scope", "posts:wriet"), ("nobody@example.com", "--scope", "posts:write")]
)
def test_token_add_refuses_what_would_not_work(own, words):
    run("member", "add", "lin@example.com")
    assert run("token", "add", *words)[0] == 1


def test_doctor_says_what_is_wrong_and_how_to_mend_it(home, own):
    code, out, _ = run("doctor", "--json")
    assert (code, json.loads(out)["ok"]) == (0, True), out
    own.settings.signing_key()
    (home / "secret").chmod(0o644)
    schema.downgrade(own)
    code, out, _ = run("doctor")
    assert code == 1
    assert "chmod 600" in out
    assert "cocreate migrate" in out


def test_doctor_names_a_database_out_of_reach(home, monkeypatch):
    monkeypatch.setenv("COCREATE_DATABASE_URL", "postgresql://nobody:geheim@127.0.0.1:1/none")
    code, out, _ = run("doctor")
    assert code == 1
    assert "COCREATE_DATABASE_URL" in out
    assert "geheim" not in out


@pytest.mark.slow
@pytest.mark.xdist_group("pages")
def test_the_demo_is_seeded_once_and_kept(home, seeded_demo):
    shutil.copytree(seeded_demo, home / "demo")
    marker = home / "demo" / demo.MARKER
    first = marker.read_bytes()
    assert stat.S_IMODE(marker.stat().st_mode) == 0o600
    assert run("demo", "--no-serve")[0] == 0
    assert marker.read_bytes() == first
    runtime = prepare(demo_settings(home / "demo", 8000), main.MODULES)
    with runtime.database.read() as session:
        members = session.exec(select(Member)).all()
        assert len(members) >= 30
        assert {member.password_hash for member in members} == {None}
        assert all(member.email.endswith("@example.com") for member in members)
        assert len(session.exec(select(Vehicle)).all()) >= 15
    headers = {"sec-fetch-site": "same-origin"}
    here = TestClient(
        create_app(runtime), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 9), follow_redirects=False
    )
    people = demo.personas(runtime.settings)
    assert {person.role for person in people} >= {Role.MEMBER, Role.PM, Role.HOST, Role.AGENT, Role.ADMIN}
    page = here.get("/sign-in").text
    assert all(person.token in page for person in people)
    for _ in range(2):  # the demo's links may be tapped again
        assert here.post(f"/in/{people[0].token}", headers=headers).status_code == 303
        here.cookies.clear()
    for base, client in (("http://127.0.0.1:8000", "203.0.113.9"), ("http://foreign.example", "127.0.0.1")):
        away = TestClient(create_app(runtime), base_url=base, client=(client, 9))
        assert people[0].token not in away.get("/sign-in").text
    runtime.close()


def test_a_seeding_that_was_interrupted_is_begun_anew(home, monkeypatch):
    settings = demo_settings(home / "demo", 8000)

    def stumble(_runtime):
        raise RuntimeError("power cut")

    from dataclasses import replace

    identity = [module for module in main.MODULES if module.name in ("kernel", "identity", "notify")]
    with pytest.raises(RuntimeError):
        prepare(settings, [*identity, replace(main.MODULES[-1], seeds=[stumble])])
    assert not (home / "demo" / demo.MARKER).exists()
    runtime = prepare(
        settings, [replace(module, seeds=[]) if module.name not in ("identity",) else module for module in main.MODULES]
    )
    with runtime.database.read() as session:
        names = [member.name for member in session.exec(select(Member))]
    assert len(names) == len(set(names))
    runtime.close()


def test_the_demo_never_clears_a_home_that_is_not_its_own(home):
    (home / "demo").mkdir(parents=True)
    (home / "demo" / "diary.txt").write_text("mine")
    assert run("demo", "--no-serve")[0] == 1
    assert (home / "demo" / "diary.txt").read_text() == "mine"


def test_serve_refuses_the_demos_home(home, monkeypatch):
    home.mkdir()
    (home / demo.MARKER).write_text("{}")
    code, _, err = run("serve")
    assert code == 1
    assert "cocreate demo" in " ".join(err.split())
