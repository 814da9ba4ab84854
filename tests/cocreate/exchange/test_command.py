"""`cocreate import` as a process of its own: killed, interrupted, refused, run beside itself."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import main

ROOT = Path(__file__).parent.parent.parent.parent
PROGRAM = [sys.executable, "-c", "import main; main.cli()", "import"]
ROWS = 3000
Call = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def big_file(tmp_path: Path) -> Path:
    path = tmp_path / "声音.csv"
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["id", "text"])
        writer.writerows([number, f"第{number}条：座椅通风开大以后噪音明显，希望优化"] for number in range(1, ROWS + 1))
    return path


def start(home: Path, file: Path, *more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "COCREATE_HOME": str(home), "COCREATE_LANGUAGE": "en"}
    environment.pop("COCREATE_DATABASE_URL", None)
    command = [*PROGRAM, str(file), *more, "--json"]
    # A shell's background jobs ignore Ctrl-C and hand that down; here it is to be heard.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, heard)


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, problems = process.communicate(timeout=240)
    assert output, problems
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result


def written(home: Path) -> list[str]:
    if not (home / "cocreate.db").exists():
        return []
    with sqlite3.connect(f"file:{home / 'cocreate.db'}?mode=ro", uri=True) as connection:
        try:
            rows = connection.execute("SELECT external_id FROM post ORDER BY id").fetchall()
        except sqlite3.OperationalError:
            return []
    return [row[0] for row in rows]


def stop_midway(home: Path, file: Path, number: int) -> subprocess.Popen[str]:
    process = start(home, file, "--map", "id=external_id,text=body")
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        # It stands still while it is looked at: however busy the machine is, the import cannot end in between.
        process.send_signal(signal.SIGSTOP)
        midway = 0 < len(written(home)) < ROWS
        if midway:
            process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        if midway:
            break
        time.sleep(0.02)
    process.communicate(timeout=60)
    return process


@pytest.mark.slow
def test_a_killed_import_goes_on_and_has_every_row_once(home: Path, big_file: Path, call: Call) -> None:
    process = stop_midway(home, big_file, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    before = written(home)
    assert before == [str(number) for number in range(1, len(before) + 1)]
    assert 0 < len(before) < ROWS
    assert len(before) % 500 == 0

    result = finish(start(home, big_file, "--map", "id=external_id,text=body"))
    assert result == {"added": ROWS, "updated": 0, "skipped": 0, "failed": 0, "errors": []}
    assert sorted(written(home), key=int) == [str(number) for number in range(1, ROWS + 1)]
    _, again = call(big_file, "--map", "id=external_id,text=body")
    assert (again["added"], again["skipped"]) == (0, ROWS)


@pytest.mark.slow
def test_ctrl_c_leaves_it_interrupted(home: Path, big_file: Path, call: Call) -> None:
    process = stop_midway(home, big_file, signal.SIGINT)
    assert process.returncode == 130
    assert 0 < len(written(home)) < ROWS
    with sqlite3.connect(home / "cocreate.db") as connection:
        assert connection.execute("SELECT state FROM import").fetchall() == [("interrupted",)]
    assert call(big_file, "--map", "id=external_id,text=body")[1]["added"] == ROWS


@pytest.fixture
def call(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, dict[str, Any]]]:
    """`call(file, "--dry-run")`: the same command in this process; its exit code and what it says."""
    monkeypatch.delenv("COCREATE_DATABASE_URL", raising=False)
    monkeypatch.setenv("COCREATE_HOME", str(home))
    monkeypatch.setenv("COCREATE_LANGUAGE", "en")

    def invoke(file: Path, *more: str) -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(main.cli, ["import", str(file), *more, "--json"])
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return done.exit_code, said

    return invoke


@pytest.mark.parametrize(
    ("content", "mapping", "line"),
    [
        (b"", "", None),
        (b'id,text\n1,"never closed\n', "", 2),
        ("id,text\n1,好\n".encode(), "nowhere=body", None),
        ("id,text\n1,好\n".encode(), "text", None),
    ],
)
def test_bad_files_and_mappings_change_nothing_and_say_why(
    home: Path, call: Call, make_file: Callable[..., Path], content: bytes, mapping: str, line: int | None
) -> None:
    code, said = call(make_file(content, "a.csv"), *(["--map", mapping] if mapping else []))
    assert (code, said["added"], said["errors"][0]["line"]) == (1, 0, line)
    assert said["errors"][0]["reason"]
    assert written(home) == []


def test_guessed_columns_that_do_not_fit_leave_nothing_behind(home: Path, tmp_path: Path, call: Call) -> None:
    file = tmp_path / "a.csv"
    file.write_text("编号,日期\n1,2020-6-5\n", encoding="utf-8")
    code, said = call(file)
    assert (code, said["errors"][0]["line"]) == (1, None)
    with sqlite3.connect(home / "cocreate.db") as connection:
        assert connection.execute("SELECT count(*) FROM import").fetchone() == (0,)
    assert list((home / "imports").iterdir()) == []


def test_a_dry_run_counts_and_writes_nothing(home: Path, call: Call, make_file: Callable[..., Path]) -> None:
    file = make_file("id,text,date\n1,好的,2020-6-5\n2,不好,某天\n")
    _, said = call(file, "--dry-run")
    assert (said["added"], said["failed"], said["errors"][0]["line"]) == (1, 1, 3)
    assert written(home) == []
    with sqlite3.connect(home / "cocreate.db") as connection:
        assert connection.execute("SELECT count(*) FROM import").fetchone() == (0,)
