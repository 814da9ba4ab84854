"""What the pipeline is told, and how its process is watched."""

import gc
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_cluster.runs import folder as work
from feedback_cluster.themes.pins import Pin
from forum.api import PostKind, PostStatus, PostText, Visibility

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def post(post_id: int, title: str, body: str = "") -> PostText:
    return PostText(
        post_id, title, body, NOW, "", PostKind.IDEA, PostStatus.OPEN, None, Visibility.PUBLIC, None, 0
    )  # fmt: skip


def lines(folder: Path) -> dict[int, dict[str, Any]]:
    told = [json.loads(line) for line in (folder / "posts.jsonl").read_text(encoding="utf-8").splitlines()]
    return {line["id"]: line for line in told}


@pytest.mark.parametrize(
    ("title", "body", "text"),
    [
        ("蓝牙断连", "每天三次", "蓝牙断连\n每天三次"),
        ("蓝牙断连，每天三…", "蓝牙断连，每天三次，烦", "蓝牙断连，每天三次，烦"),
        ("蓝牙断连", "", "蓝牙断连\n"),
        ("", "只有正文", "\n只有正文"),
    ],
)
def test_a_derived_title_is_not_read_twice(title: str, body: str, text: str) -> None:
    assert work.voice(title, body) == text


def test_people_s_word_goes_with_the_posts(tmp_path: Path) -> None:
    pins = {1: Pin(theme_id=7, apart=[3]), 2: Pin(apart=[3]), 3: Pin(apart=[4])}
    posts = [post(number, f"第 {number} 条") for number in (1, 2, 3, 4)]
    assert work.write_posts(tmp_path, posts, {1: 3, 2: 3, 3: 3}, pins) == 4
    told = lines(tmp_path)
    assert (told[1]["theme"], told[1]["fixed"], "apart" in told[1]) == (3, 7, False)
    assert (told[2]["theme"], told[2]["apart"]) == (None, [3])
    assert (told[3]["theme"], told[3]["apart"]) == (3, [4])
    assert (told[4]["theme"], "fixed" in told[4]) == (None, False)


def test_a_stop_kills_the_process(tmp_path: Path) -> None:
    work.write_job(tmp_path, {}, cold=False)
    work.write_posts(tmp_path, [], {}, {})
    asked = iter([True, False])
    with pytest.raises(work.RunStopped):
        work.run_pipeline(tmp_path, lambda *_: next(asked), timeout_seconds=60)
    assert not (tmp_path / "result.json").exists()


@pytest.mark.slow
def test_the_process_says_why_it_failed(tmp_path: Path) -> None:
    work.write_job(tmp_path, {"unheard": 1}, cold=False)
    work.write_posts(tmp_path, [], {}, {})
    with pytest.raises(work.RunFailed, match="unheard"):
        work.run_pipeline(tmp_path, lambda *_: True, timeout_seconds=60)


def test_foreign_lines_in_the_progress_do_no_harm() -> None:
    latest = work.Latest()
    latest.read(["{}", "Building prefix dict", '{"step": "label", "done": 3, "total": 9}', "[1]", '{"step": 1}'])
    assert latest.step == ("label", 3, 9)


def test_a_process_that_waits_ends_when_nobody_names_a_folder() -> None:
    waiting = work.Pipeline()
    assert waiting.process.stdin is not None
    waiting.process.stdin.close()
    assert waiting.process.wait(timeout=60) == 0
    assert waiting.close() == ""


def test_a_process_that_nobody_needed_ends_with_its_owner() -> None:
    waiting = work.Pipeline()
    process = waiting.process
    del waiting
    gc.collect()
    assert process.returncode is not None
