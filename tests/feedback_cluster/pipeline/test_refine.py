"""Second thoughts: the judge learns from clear posts, moves others, and ends where it would change nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.text.segment import content_words
from feedback_cluster.pipeline import refine as refining
from feedback_cluster.pipeline.arrays import REST, Counts, FloatArray, IntArray
from feedback_cluster.pipeline.clusters import Decisions, centres_of
from feedback_cluster.pipeline.features import TextFeatures
from feedback_cluster.pipeline.refine import Refined, WordJudge, refine
from tests.feedback_cluster.pipeline.gold import SUBJECTS, TEXTS

NOBODY = Decisions.of()
SUBJECT = np.unique(SUBJECTS, return_inverse=True)[1].astype(np.int64)
K = int(SUBJECT.max()) + 1


@pytest.fixture(scope="module")
def posts() -> tuple[FloatArray, Counts]:
    features = TextFeatures(40)
    rows = features.fit_transform([content_words(text) for text in TEXTS])
    return rows, features.tf_idf(features.counts_)


def refined(posts: tuple[FloatArray, Counts], labels: IntArray, told: Decisions = NOBODY, **options: bool) -> Refined:
    rows, weights = posts
    centres = centres_of(rows, labels, K)
    return refine(rows, weights, labels, centres, told, told, least=0.12, seed=0, **options)


def test_posts_in_the_wrong_cluster_come_home(posts: tuple[FloatArray, Counts]) -> None:
    muddled = SUBJECT.copy()
    muddled[::10] = (muddled[::10] + 1) % K
    found = refined(posts, muddled).labels
    assert np.mean(found == SUBJECT) > np.mean(muddled == SUBJECT)


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_a_run_that_begins_where_one_ended_changes_nothing(posts, data: st.DataObject) -> None:
    labels = np.array(data.draw(st.lists(st.integers(REST, K - 1), min_size=len(TEXTS), max_size=len(TEXTS))))
    first = refined(posts, labels)
    if first.turns < refining.MOST_TURNS:
        again = refined(posts, first.labels, young=False)
        assert np.array_equal(again.labels, first.labels)


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_decisions_hold_whatever_the_words_say(posts, data: st.DataObject) -> None:
    n = len(TEXTS)
    rows = data.draw(st.lists(st.integers(0, n - 1), min_size=9, max_size=30, unique=True))
    cluster = data.draw(st.lists(st.integers(0, K - 1), min_size=len(rows), max_size=len(rows)))
    placed, ruled_out, one, other = rows[:3], rows[3:6], rows[6:8], [rows[8]] * 2
    told = Decisions.of((placed, cluster[:3]), (ruled_out, cluster[3:6]), (one, other))
    found = refined(posts, SUBJECT, told).labels
    assert found[placed].tolist() == cluster[:3]
    assert not np.any(found[ruled_out] == cluster[3:6])
    assert all(found[row] != found[other[0]] or found[row] == REST for row in one)


def test_many_answers_about_one_cluster_do_not_make_it_likelier_for_all(posts: tuple[FloatArray, Counts]) -> None:
    rows = np.flatnonzero(SUBJECT == 2)
    found = refined(posts, SUBJECT, Decisions.of((rows, SUBJECT[rows]))).labels
    assert np.sum(found == 2) < 1.3 * len(rows)


def test_an_empty_cluster_wins_nobody_and_keeps_its_centre(posts: tuple[FloatArray, Counts]) -> None:
    rows, weights = posts
    centres = np.vstack([centres_of(rows, SUBJECT, K), np.eye(1, rows.shape[1], dtype=np.float32)])
    found = refine(rows, weights, SUBJECT, centres, NOBODY, NOBODY, least=0.12, seed=0)
    assert K not in found.labels
    assert np.array_equal(found.centres[K], centres[K])


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_a_second_run_after_a_sampled_one_changes_nothing(posts, data: st.DataObject) -> None:
    muddled = SUBJECT.copy()
    for row in data.draw(st.lists(st.integers(0, len(TEXTS) - 1), max_size=40)):
        muddled[row] = data.draw(st.integers(0, K - 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refining, "SAMPLE", len(TEXTS) // 2)
        found = refined(posts, muddled)
        again = refined(posts, found.labels, young=False)
    assert found.turns == refining.MOST_TURNS or np.array_equal(again.labels, found.labels)


def test_a_sample_teaches_and_all_are_judged(posts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refining, "SAMPLE", len(TEXTS) // 2)
    muddled = SUBJECT.copy()
    muddled[::8] = (muddled[::8] + 1) % K
    assert np.mean(refined(posts, muddled).labels == SUBJECT) > 0.95


def test_two_clusters_and_one_are_judged_too(posts: tuple[FloatArray, Counts]) -> None:
    rows, weights = posts
    two = np.where(SUBJECT < K // 2, 0, 1)
    found = refine(rows, weights, two, centres_of(rows, two, 2), NOBODY, NOBODY, least=0.0, seed=0)
    assert np.mean(found.labels == two) > 0.9
    assert found.judge.probabilities(weights).shape == (len(TEXTS), 2)
    one = np.zeros_like(two)
    alone = refine(rows, weights, one, centres_of(rows, one, 1), NOBODY, NOBODY, least=0.0, seed=0)
    assert np.all(alone.labels == 0)


def test_an_untaught_judge_finds_all_alike() -> None:
    judge = WordJudge.untaught(4, 3)
    assert judge.coefficients.shape == (4, 3)
    assert not judge.intercepts.any()
