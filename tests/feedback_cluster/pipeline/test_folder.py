"""A run over a folder, through the same process the product starts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feedback_cluster.pipeline.files import run_folder
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.posts import PostFile
from feedback_cluster.pipeline.progress import in_silence
from tests.feedback_cluster.pipeline.gold import NEWBORN, TEXTS, VOCABULARY, told_about

ROOT = Path(__file__).parents[3]
Lines = list[dict[str, Any]]


def lines_of(texts: list[str], first_id: int = 101) -> Lines:
    """Lines of posts.jsonl without any memory."""
    return [{"id": first_id + row, "text": text, "theme": None, "fixed": None} for row, text in enumerate(texts)]


def put(folder: Path, lines: Lines, job: dict[str, Any] | None = None) -> None:
    """Write the folder's input."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "posts.jsonl").write_text(text, encoding="utf-8")
    if job is not None:
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")


def start(folder: Path, lines: Lines, job: dict[str, Any] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the pipeline as the process the product starts."""
    put(folder, lines, job)
    command = [sys.executable, "-m", "feedback_cluster.pipeline", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def result_of(folder: Path) -> dict[str, Any]:
    """What the run wrote."""
    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return result


def run(folder: Path, lines: Lines, job: dict[str, Any] | None = None) -> dict[str, Any]:
    """The result of the same run without the seconds a process takes to start."""
    put(folder, lines, job)
    run_folder(folder, in_silence)
    return result_of(folder)


def themes_of(folder: Path, result: dict[str, Any]) -> dict[int, int | None]:
    """{post id: theme id or None}, reading clusters without a theme as theme 1000 + cluster."""
    named = {told["cluster"]: told["theme"] for told in result["themes"]}
    with np.load(folder / "assignments.npz", allow_pickle=False) as arrays:
        pairs = zip(arrays["ids"].tolist(), arrays["cluster"].tolist(), strict=True)
        return {
            post: None if cluster == -1 else (1000 + cluster if named[cluster] is None else named[cluster])
            for post, cluster in pairs
        }


def test_a_first_run_writes_everything_a_run_owes(tmp_path: Path) -> None:
    done = start(tmp_path, lines_of(TEXTS), {"parameters": {"k": 8, "seed": 4}})
    assert (done.returncode, done.stderr) == (0, "")
    result = result_of(tmp_path)
    assert set(result) == {
        "themes", "areas", "ask", "rest", "scores", "fingerprint", "versions", "seconds", "peak_mb"
    }  # fmt: skip
    assert 6 <= len(result["themes"]) <= 8
    assert {told["theme"] for told in result["themes"]} == {None}
    assert sum(told["size"] for told in result["themes"]) + result["rest"] == len(TEXTS)
    assert result["peak_mb"] > 10
    with np.load(tmp_path / "assignments.npz", allow_pickle=False) as arrays:
        assert arrays["ids"].tolist() == [line["id"] for line in lines_of(TEXTS)]
        clusters = dict(zip(arrays["ids"].tolist(), arrays["cluster"].tolist(), strict=True))
    for told in result["themes"]:
        assert {clusters[post] for post in told["quotes"]} == {told["cluster"]}
    labels, _ = ThemeModel.load(tmp_path / "model.npz").predict(TEXTS)
    assert np.mean(labels == list(clusters.values())) > 0.9  # where a post only stays by reluctance they differ


def test_progress_is_one_json_object_a_line_and_ends_complete(tmp_path: Path) -> None:
    done = start(tmp_path, lines_of(TEXTS))
    told = [json.loads(line) for line in done.stdout.splitlines()]
    steps = list(dict.fromkeys(line["step"] for line in told))
    assert steps == ["start", "read", "segment", "features", "cluster", "label", "write"]
    last = {line["step"]: line for line in told}
    assert all(line["done"] == line["total"] for line in last.values())


def test_a_second_run_keeps_every_theme_and_every_post(tmp_path: Path) -> None:
    lines = lines_of(TEXTS)
    first = run(tmp_path, lines)
    kept = themes_of(tmp_path, first)
    second = run(tmp_path, [line | {"theme": kept[line["id"]]} for line in lines])
    assert themes_of(tmp_path, second) == kept
    assert [{**told, "cluster": 0, "theme": 0} for told in second["themes"]] == [
        {**told, "cluster": 0, "theme": 0} for told in first["themes"]
    ]
    assert second["fingerprint"] == first["fingerprint"]
    assert second["scores"]["kept_theme"] == 1.0


def test_what_people_decided_holds(tmp_path: Path) -> None:
    lines = lines_of(TEXTS)
    kept = themes_of(tmp_path, run(tmp_path, lines))
    themes = sorted({theme for theme in kept.values() if theme is not None})
    second = [line | {"theme": kept[line["id"]]} for line in lines]
    for place, line in enumerate(second[::3]):
        line["fixed"] = themes[place % len(themes)]
    second[1]["apart"] = [kept[second[1]["id"]]]
    for job in ({}, {"cold": True}):
        now = themes_of(tmp_path, run(tmp_path, second, job))
        assert all(now[line["id"]] == line["fixed"] for line in second[::3])
        assert now[second[1]["id"]] != kept[second[1]["id"]]


def test_a_cold_run_finds_the_old_themes_again(tmp_path: Path) -> None:
    lines = lines_of(TEXTS)
    kept = themes_of(tmp_path, run(tmp_path, lines, {"parameters": {"k": 8}}))
    cold = run(tmp_path, [line | {"theme": kept[line["id"]]} for line in lines], {"parameters": {"k": 8}, "cold": True})
    assert cold["scores"]["kept_theme"] == 1.0


def test_a_locked_theme_is_listed_without_a_single_post(tmp_path: Path) -> None:
    lines = [line | {"theme": 7} for line in lines_of(TEXTS[:10])]
    result = run(tmp_path, lines, {"locked": [9]})
    assert {told["theme"]: told["size"] > 0 for told in result["themes"]} == {7: True, 9: False}


def test_a_locked_theme_without_posts_is_not_given_strangers_by_a_cold_run(tmp_path: Path) -> None:
    result = run(tmp_path, lines_of(TEXTS), {"locked": [9], "cold": True})
    assert {told["theme"] for told in result["themes"]} == {None}


def test_posts_that_must_never_be_together_are_not(tmp_path: Path) -> None:
    lines = lines_of(TEXTS)
    kept = themes_of(tmp_path, run(tmp_path, lines, {"parameters": {"k": 8}}))
    theme = next(theme for theme in kept.values() if theme is not None)
    together = [post for post, place in kept.items() if place == theme][:3]
    pairs = [[together[0], together[1]], [together[1], together[2]], [together[0], 999_999]]
    for job in ({"never": pairs}, {"never": pairs, "cold": True}):
        now = themes_of(tmp_path, run(tmp_path, [line | {"theme": kept[line["id"]]} for line in lines], job))
        assert now[together[1]] is None or now[together[1]] not in {now[together[0]], now[together[2]]}


def test_words_found_a_theme_that_keeps_its_number(tmp_path: Path) -> None:
    lines = lines_of(TEXTS)
    kept = themes_of(tmp_path, run(tmp_path, lines, {"parameters": {"k": 8}}))
    job = {"seeds": {"5000": ["蓝牙", "藍牙"], "5001": ["谁也没说过的词"]}}
    result = run(tmp_path, [line | {"theme": kept[line["id"]]} for line in lines], job)
    now = themes_of(tmp_path, result)
    said = [line["id"] for line in lines if "蓝牙" in line["text"] or "藍牙" in line["text"]]
    assert {now[post] for post in said} == {5000}
    assert {told["theme"]: told["size"] for told in result["themes"]}[5001] == 0


def test_questions_are_posts_of_the_run(tmp_path: Path) -> None:
    lines = lines_of(TEXTS)
    asked = run(tmp_path, lines, {"parameters": {"k": 8}})["ask"]
    assert len(asked) == len(set(asked))
    assert set(asked) <= {line["id"] for line in lines}


def test_a_new_subject_comes_as_a_theme_without_id(tmp_path: Path) -> None:
    old = [text for words in VOCABULARY.values() for text in told_about(words, 60, 1)]
    kept = themes_of(tmp_path, run(tmp_path, lines_of(old)))
    lines = [line | {"theme": kept[line["id"]]} for line in lines_of(old)]
    result = run(tmp_path, lines + lines_of(told_about(NEWBORN, 60, 2), first_id=9001))
    assert [told["size"] >= 50 for told in result["themes"] if told["theme"] is None] == [True]


def test_an_empty_folder_of_posts_has_an_empty_result(tmp_path: Path) -> None:
    result = run(tmp_path, [])
    assert (result["themes"], result["rest"]) == ([], 0)


def test_a_bad_line_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    done = start(tmp_path, [*lines_of(TEXTS[:1]), {"id": 1}])
    assert done.returncode == 1
    assert "posts.jsonl line 2" in done.stderr
    assert not (tmp_path / "result.json").exists()


@pytest.mark.parametrize("bad", ['{"id": "x", "text": ""}', '{"text": "座椅"}', "[]", "座椅"])
def test_a_line_that_is_no_post_is_refused(tmp_path: Path, bad: str) -> None:
    (tmp_path / "posts.jsonl").write_text(bad, encoding="utf-8")
    with pytest.raises(ValueError, match="line 1"):
        run_folder(tmp_path, in_silence)


@pytest.mark.parametrize("job", [{"parameters": {"kk": 3}}, {"surprise": 1}, {"parameters": {"k": 0}}])
def test_a_senseless_job_is_refused(tmp_path: Path, job: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown|at least"):
        run(tmp_path, lines_of(TEXTS[:1]), job)


def test_the_fingerprint_follows_texts_and_decisions_alone(tmp_path: Path) -> None:
    def of(**line: Any) -> str:
        put(tmp_path, [{"id": 1, "text": "座椅", **line}])
        posts = PostFile(tmp_path / "posts.jsonl")
        assert list(posts.stream()) == [line.get("text", "座椅")]
        return posts.fingerprint

    assert of() == of(theme=5)
    assert len({of(), of(text="座椅 "), of(id=2), of(fixed=5), of(apart=[5])}) == 5


def test_a_theme_keeps_its_label_while_its_posts_still_say_it(tmp_path: Path) -> None:
    lines = lines_of(TEXTS)
    first = run(tmp_path, lines, {"parameters": {"k": 8}})
    kept = themes_of(tmp_path, first)
    said = ("冬季续航", "冬天续航", "表显续航")  # all of one subject, and worth nearly the same as its name
    told = next(told for told in first["themes"] if told["label"] in said)
    other = next(name for name in said if name != told["label"])
    job = {"parameters": {"k": 8}, "labels": {1000 + told["cluster"]: other}}
    again = run(tmp_path, [line | {"theme": kept[line["id"]]} for line in lines], job)
    assert other in [theme["label"] for theme in again["themes"]]
    job["labels"] = {1000 + told["cluster"]: "没有人说过这句"}
    again = run(tmp_path, [line | {"theme": kept[line["id"]]} for line in lines], job)
    assert "没有人说过这句" not in [theme["label"] for theme in again["themes"]]
