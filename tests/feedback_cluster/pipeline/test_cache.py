"""Cut posts kept between nights: what comes out is the same, and only what changed is cut."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import content_words
from feedback_cluster.pipeline import batches
from feedback_cluster.pipeline.cache import cut_with_cache
from feedback_cluster.pipeline.job import Job
from feedback_cluster.pipeline.posts import PostFile
from feedback_cluster.pipeline.progress import in_silence
from feedback_cluster.pipeline.tokens import CutPosts
from tests.feedback_cluster.pipeline.gold import TEXTS

Night = Callable[..., CutPosts]


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were really cut."""
    seen: list[str] = []

    def watched(text: str, *told: Any) -> list[str]:
        seen.append(text)
        return content_words(text, *told)

    monkeypatch.setattr(batches, "content_words", watched)
    return seen


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """Cut these (id, text) pairs with the cache of the nights before."""

    def run(posts: list[tuple[int, str]], lexicon: Lexicon | None = None) -> CutPosts:
        lines = (json.dumps({"id": post, "text": text}, ensure_ascii=False) for post, text in posts)
        (tmp_path / "posts.jsonl").write_text("\n".join(lines), encoding="utf-8")
        job = Job(cache=tmp_path / "cut.npz")
        return cut_with_cache(PostFile(tmp_path / "posts.jsonl"), lexicon or Lexicon.default(), job, in_silence)

    return run


def plainly(posts: list[tuple[int, str]]) -> CutPosts:
    return CutPosts.of([content_words(text) for _, text in posts])


def same(one: CutPosts, other: CutPosts) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("numbers", "starts", "words"))


def test_a_second_night_cuts_only_what_is_new_or_changed(night: Night, cut: list[str]) -> None:
    posts = list(enumerate(TEXTS))
    assert same(night(posts), plainly(posts))
    assert len(cut) == len(TEXTS)
    cut.clear()
    later = [(7, "座椅按摩不错"), *posts[3:7], *posts[8:], (900, "新来的一句话"), (2, "改过的第三句")]
    assert same(night(later), plainly(later))
    assert cut == ["座椅按摩不错", "新来的一句话", "改过的第三句"]


def test_another_lexicon_cuts_everything_again(night: Night, cut: list[str]) -> None:
    posts = list(enumerate(TEXTS[:20]))
    night(posts)
    cut.clear()
    night(posts, Lexicon.default().ignoring(["蓝牙"]))
    assert len(cut) == 20


def test_posts_that_are_gone_leave_the_file(night: Night, tmp_path: Path) -> None:
    night([(1, "蓝牙断连"), (2, "霹雳火引擎")])
    assert "霹雳火".encode() in (tmp_path / "cut.npz").read_bytes()
    night([(1, "蓝牙断连")])
    assert "霹雳火".encode() not in (tmp_path / "cut.npz").read_bytes()


@pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda raw: b"", lambda raw: b"PK" + raw[9:]])
def test_a_damaged_file_costs_time_and_nothing_else(night: Night, tmp_path: Path, damage: Any) -> None:
    posts = list(enumerate(TEXTS[:30]))
    night(posts)
    path = tmp_path / "cut.npz"
    path.write_bytes(damage(path.read_bytes()))
    assert same(night(posts), plainly(posts))


def test_an_empty_night_is_an_empty_file(night: Night) -> None:
    assert len(night([])) == 0
    assert same(night([(1, "蓝牙断连")]), plainly([(1, "蓝牙断连")]))


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(TEXTS[:6])), max_size=8), max_size=4))
@settings(max_examples=30, deadline=None)
def test_any_nights_give_what_cutting_gives(tmp_path_factory: pytest.TempPathFactory, nights: Any) -> None:
    home = tmp_path_factory.mktemp("nights")
    for posts in nights:
        lines = (json.dumps({"id": post, "text": text}) for post, text in posts)
        (home / "posts.jsonl").write_text("\n".join(lines), encoding="utf-8")
        job = Job(cache=home / "cut.npz")
        found = cut_with_cache(PostFile(home / "posts.jsonl"), Lexicon.default(), job, in_silence)
        assert same(found, plainly(posts))
