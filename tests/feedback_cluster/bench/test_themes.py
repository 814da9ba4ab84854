"""The bench of themes over a small made corpus: it measures what it says, and an unmet bar is shown as one."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from feedback_cluster.bench import corpora, ours, peers, quality, speed, stability
from feedback_cluster.bench import themes as frame
from feedback_cluster.bench.nights import Memory
from feedback_cluster.bench.rows import Row, ahead_of, median
from tests.feedback_cluster.pipeline.gold import NEWBORN, VOCABULARY, told_about

NOBODY: Any = None  # the bench of themes needs no database


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the real one: opinions of a few subjects, some of two, and complaints with codes."""
    folder = tmp_path_factory.mktemp("home") / "data"
    folder.mkdir()
    told = [(text, name) for name, words in VOCABULARY.items() for text in told_about(words, 60, 3)]
    first, second = list(VOCABULARY)[:2]
    told += [(text, f"{first}|{second}") for text in told_about(VOCABULARY[second], 12, 8)]
    with (folder / "car_opinions.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text", "topics", "sentiments"])
        rows.writerows([place, text, name, "0"] for place, (text, name) in enumerate(told))
    with (folder / "car_complaints.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text", "system_code"])
        rows.writerows(
            [place, text, "AB"[place % 2] if place % 5 else ""] for place, (text, _) in enumerate(told[:200])
        )
    return folder


def test_the_corpora_are_what_the_table_says(data: Path) -> None:
    every, single, faults = corpora.all_opinions(data), corpora.one_topic(data), corpora.complaints(data)
    assert len(every.texts) - len(single.texts) == 12
    assert {len(topics) for topics in single.topics} == {1}
    assert faults.kinds == ["A", "B"]
    assert len(faults.texts) == 160


def test_resampled_posts_lose_about_a_seventh_of_their_words(data: Path) -> None:
    real = corpora.every_text(data)
    made = list(corpora.resampled(real, 2_000))
    assert made == list(corpora.resampled(real, 2_000))
    assert 0.80 < np.mean([len(text) for text in made]) / np.mean([len(text) for text in real]) < 0.90


@pytest.mark.slow
def test_every_family_measures_and_tells(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = frame.themes(NOBODY, data, "quality,automatic,words,post", seeds=2, out=tmp_path / "all.json")
    assert json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["rows"].keys() == told["rows"].keys()
    at_ten = told["rows"]["quality"][0]
    assert at_ten["ours"]["purity"] > 0.8
    assert at_ten["peers"]["TF-IDF + k-means"].keys() == at_ten["ours"].keys()
    assert "BERTopic" in at_ten["note"] or any(name.startswith("BERTopic") for name in at_ten["peers"])
    assert told["passed"] is all(row["met"] for rows in told["rows"].values() for row in rows if row["met"] is not None)
    printed = capsys.readouterr().err
    assert "missed" in printed or "met" in printed
    assert "BLAS threads 1" in told["table"]


def test_an_unknown_row_is_refused(data: Path) -> None:
    with pytest.raises(ValueError, match="no rows named qualty; known: quality"):
        frame.themes(NOBODY, data, "qualty")


def test_a_bar_is_held_against_the_figure_and_not_its_rounding() -> None:
    assert Row("x", {"NMI": 0.49996}, {"NMI": (">=", 0.5)}).met is False
    assert Row("x", {"s": 2.0}, {"s": ("<=", 2.0)}).met is True
    assert Row("x", {}, {"s": ("<=", 2.0)}).met is False
    assert Row("x", {"s": 1.0}).met is None


def test_being_ahead_means_ahead_of_the_best_in_every_figure() -> None:
    rivals = {"one": {"NMI": 0.2, "ARI": 0.5}, "two": {"NMI": 0.4, "ARI": 0.1}}
    assert ahead_of(rivals, ("NMI", "ARI")) == {"NMI": (">=", 0.4), "ARI": (">=", 0.5)}
    assert ahead_of({}, ("NMI",)) == {}
    assert median([{"a": 1.0}, {"a": 5.0}, {"a": 2.0}]) == {"a": 2.0}


def test_a_peer_that_is_not_there_is_said_so(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers.importlib.util, "find_spec", lambda name: None)
    assert peers.bertopic_absent() == "not installed: bertopic, umap, hdbscan"
    figures, note = quality.bertopic(data, corpora.one_topic(data), 4, 1)
    assert (figures, note) == ({}, "BERTopic not installed: bertopic, umap, hdbscan")


def test_nights_carry_themes_on_and_see_what_is_new() -> None:
    old = [text for words in VOCABULARY.values() for text in told_about(words, 60, 1)]
    texts = [*old, *told_about(NEWBORN, 60, 2)]
    memory = Memory({"seed": 0})
    first = memory.night(texts, range(len(old)))
    assert (first.before, set(first.born)) == ({}, set(first.after.values()))
    second = memory.night(texts, range(len(texts)))
    assert second.kept > 0.9
    assert len(second.born) >= 1
    newest = range(len(old), len(texts))
    assert max(second.holding(theme, newest).mean() for theme in second.born) > 0.8
    assert set(second.born).isdisjoint(first.born)


def test_a_birth_is_scored_against_the_subject_held_out(data: Path) -> None:
    corpus = corpora.one_topic(data)
    score, kept = stability.birth_of(corpus, corpus.kinds[0], 0)
    assert score > 0.6
    assert len(kept) == stability.RUNS


def test_samples_that_agree_wholly_have_an_ari_of_one(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpora.one_topic(data)
    by_topic = {text: corpus.kinds.index(topic) for text, topic in zip(corpus.texts, corpus.first, strict=True)}

    def known(texts: Any, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(labels_=np.array([by_topic[text] for text in texts]))

    monkeypatch.setattr(ours, "at", known)
    monkeypatch.setattr(ours, "fitted", known)
    assert stability.samples(corpus, 4, 0) == {"warm": 1.0, "cold": 1.0}


@pytest.mark.slow
def test_a_child_tells_its_time_and_memory(data: Path) -> None:
    told = speed.child("ours", 150, data)
    assert told["seconds"] > 0
    assert told["processor"] > 0
    assert 50 < told["MB"] < 1_000
