"""The whole program on a home where nothing was ever started."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

import main
from cocreate.core.config import Settings
from cocreate.core.runtime import Runtime
from cocreate.exchange.imports import runners, service
from cocreate.exchange.imports.models import Import, ImportState
from feedback_cluster.runs.models import Cause
from feedback_cluster.runs.service import start_run

CSV = "id,text\n1,座椅通风噪音太大\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("COCREATE_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COCREATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def call(words: Sequence[str]) -> tuple[int, str]:
    done = CliRunner().invoke(main.cli, list(words))
    return done.exit_code, done.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("member", "add", "lin@example.com", "--json"), 0),
        (("token", "add", "lin@example.com", "--scope", "posts:write", "--json"), 1),
        (("search", "座椅", "--json"), 0),
        (("reindex", "--json"), 0),
        pytest.param(("cluster", "run", "--json"), 0, marks=pytest.mark.slow),
    ],
)
def test_a_command_makes_the_database_that_it_needs(home: Path, words: Sequence[str], code: int) -> None:
    done = CliRunner().invoke(main.cli, list(words))
    assert (done.exit_code, type(done.exception)) == (code, SystemExit if code else type(None)), done.output
    if not code:
        assert json.loads(done.stdout.splitlines()[-1])
    assert (home / "cocreate.db").exists()


def test_a_refused_run_says_so_in_json(home: Path) -> None:
    assert call(["reindex"])[0] == 0
    runtime = Runtime(Settings(_env_file=None, home=home), main.MODULES)
    with runtime.database.write() as session:
        start_run(session, cause=Cause.COMMAND, queue=False)
    runtime.close()
    code, out = call(["cluster", "run", "--json"])
    assert (code, list(json.loads(out.splitlines()[-1]))) == (3, ["error"])
    assert call(["cluster", "run"]) == (3, "")


def test_an_import_that_another_process_has_says_so_in_json(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(CSV, encoding="utf-8")
    assert call(["import", str(file)])[0] == 0
    runtime = Runtime(Settings(_env_file=None, home=home), main.MODULES)
    with runtime.database.write() as session:
        row = session.get_one(Import, 1)
        row.state, row.runner, row.heard_at = ImportState.RUNNING, runners.token(), service.clock.now()
        session.add(row)
    runtime.close()
    code, out = call(["import", str(file), "--json"])
    assert (code, list(json.loads(out.splitlines()[-1]))) == (1, ["error"])
