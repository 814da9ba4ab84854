"""What the bench of imports takes for proof."""

from pathlib import Path
from typing import Any

import pytest

from cocreate.core.config import Settings
from cocreate.core.runtime import Runtime
from cocreate.exchange import bench

GOOD: dict[str, Any] = {"seconds": 20.0, "added": 3, "updated": 0, "skipped": 0, "failed": 0}
HEAD = "id,brand,model,text,date\n"


def test_it_reads_the_folder_it_is_given_and_makes_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Runtime(Settings(_env_file=None, home=tmp_path / "home"), ())
    monkeypatch.setattr(bench, "_timed", lambda command, _environment: {**GOOD, "file": command[4]})
    with pytest.raises(FileNotFoundError):
        bench.import_bench(runtime, tmp_path)
    (tmp_path / "car_complaints.csv").write_text(HEAD + "1,a,b,座椅太硬,2020-1-1\n", encoding="utf-8")
    told = bench.import_bench(runtime, tmp_path)
    assert (told["file"], told["first"]["file"]) == ("real", str(tmp_path / "car_complaints.csv"))
    monkeypatch.setenv("COCREATE_REALDATA", str(tmp_path))
    assert bench.import_bench(runtime)["file"] == "real"


def test_without_real_data_it_says_that_rows_are_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime = Runtime(Settings(_env_file=None, home=tmp_path / "home"), ())
    monkeypatch.setattr(bench, "_timed", lambda _command, _environment: GOOD)
    monkeypatch.setenv("COCREATE_REALDATA", str(tmp_path / "nowhere"))
    assert bench.import_bench(runtime)["file"] == "made up"
    assert "made-up" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("first", "second", "passed"),
    [
        ({}, {"added": 0, "skipped": 3}, True),
        ({"seconds": 20.1}, {"added": 0}, False),
        ({}, {"added": 1}, False),
        ({"added": 0}, {"added": 0}, False),
    ],
)
def test_it_passes_when_quick_and_the_second_time_adds_nothing(
    first: dict[str, Any], second: dict[str, Any], passed: bool
) -> None:
    assert bench.passed({**GOOD, **first}, {**GOOD, **second}) is passed
