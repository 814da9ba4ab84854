"""The theme model: quality on the gold corpus, memory of decisions, births, and files without code in them."""

import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import normalized_mutual_info_score

from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import content_words
from feedback_cluster.pipeline.arrays import REST
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parameters import Parameters, suggested_k
from feedback_cluster.pipeline.refine import RELUCTANT
from tests.feedback_cluster.pipeline.gold import GOLD, NEWBORN, SUBJECTS, TEXTS, VOCABULARY, told_about

EIGHT = Parameters(k=8, dim=40)


@pytest.fixture(scope="module")
def model() -> ThemeModel:
    return ThemeModel(EIGHT).fit(TEXTS)


def words_of(text: str) -> list[str]:
    """The words that the pipeline reads in a text."""
    return content_words(text, Lexicon.default())


def test_the_subjects_of_the_gold_corpus_are_found() -> None:
    agreement = [
        normalized_mutual_info_score(SUBJECTS, ThemeModel(Parameters(k=8, seed=seed)).fit(TEXTS).labels_)
        for seed in range(3)
    ]
    assert np.mean(agreement) > 0.80  # .87 when written; TF-IDF and k-means: .55


def test_clusters_are_numbered_by_falling_size(model: ThemeModel) -> None:
    sizes = [cluster.size for cluster in model.clusters_]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes == np.bincount(model.labels_[model.labels_ != REST]).tolist()


def test_quotes_are_rows_of_their_cluster(model: ThemeModel) -> None:
    for cluster in model.clusters_:
        assert cluster.quotes
        assert {int(model.labels_[row]) for row in cluster.quotes} == {cluster.number}


def test_confidence_is_a_share(model: ThemeModel) -> None:
    assert np.all((model.confidence_ >= 0) & (model.confidence_ <= 1))
    assert np.all(model.confidence_[model.labels_ != REST] >= EIGHT.min_confidence)


def test_posts_of_the_run_are_predicted_as_they_were_grouped(model: ThemeModel) -> None:
    labels, confidence = model.predict(TEXTS)
    same = labels == model.labels_
    assert same.mean() > 0.98
    assert np.allclose(confidence[same], model.confidence_[same], atol=1e-5)
    # A post of the run stays where it is until another theme is clearly likelier; a new one has nowhere to stay.
    assert np.all(confidence[~same] - model.confidence_[~same] <= RELUCTANT)


def test_a_new_post_joins_its_subject(model: ThemeModel) -> None:
    place = TEXTS.index(GOLD["蓝牙断连"][0])
    assert model.predict(["又断连了，蓝牙要重新配对"])[0][0] == model.labels_[place]


def test_a_post_without_a_known_word_is_rest(model: ThemeModel) -> None:
    labels, confidence = model.predict(["谢谢楼主", "", "https://example.com/1"])
    assert labels.tolist() == [REST] * 3
    assert not confidence.any()


def test_the_words_that_decided_add_up_to_what_the_judge_thinks(model: ThemeModel) -> None:
    told = model.explain(TEXTS[0], top=100)
    likely = model.judge_.probabilities(model.features_.tf_idf(model.features_.count([words_of(TEXTS[0])])))[0]
    odds = np.log(likely) - model.judge_.intercepts
    own = int(likely.argmax())
    assert sum(share for _, share in told) == pytest.approx(float(odds[own] - odds.mean()), abs=1e-3)
    assert {"座椅", "通风"} <= {word for word, _ in told[:4]}
    assert all(share > 0 for _, share in told[:2])
    assert model.explain("谢谢楼主") == []


def test_two_fits_are_equal() -> None:
    one, two = (ThemeModel(EIGHT).fit(TEXTS) for _ in range(2))
    assert one.clusters_ == two.clusters_
    assert np.array_equal(one.labels_, two.labels_)
    assert one.confidence_.tobytes() == two.confidence_.tobytes()


def test_a_warm_fit_on_the_same_posts_changes_nothing() -> None:
    first = ThemeModel().fit(TEXTS)
    again = ThemeModel().fit(TEXTS, warm=first.labels_)
    assert np.array_equal(again.labels_, first.labels_)
    assert again.clusters_ == first.clusters_


def test_decisions_hold_and_teach() -> None:
    subjects = list(GOLD)
    numbers = np.array([subjects.index(subject) for subject in SUBJECTS])
    decided = np.flatnonzero(np.arange(len(TEXTS)) % 10 < 3)
    wrong = decided[0]
    labels = numbers[decided].copy()
    labels[0] = 5  # a person may see it otherwise than the words do
    taught = ThemeModel(EIGHT).fit(TEXTS, fixed=(decided, labels), apart=([9], [numbers[9]]))
    assert np.array_equal(taught.labels_[decided], labels)
    assert taught.labels_[wrong] == 5
    assert taught.labels_[9] != numbers[9]
    open_posts = np.setdiff1d(np.arange(len(TEXTS)), [*decided, 9])
    assert np.mean(taught.labels_[open_posts] == numbers[open_posts]) > 0.8


def test_many_posts_about_something_new_found_a_theme() -> None:
    old = [text for words in VOCABULARY.values() for text in told_about(words, 60, 1)]
    first = ThemeModel().fit(old)
    warm = np.r_[first.labels_, np.full(60, REST)]
    again = ThemeModel().fit(old + told_about(NEWBORN, 60, 2), warm=warm)
    born = again.clusters_[len(first.clusters_) :]
    assert len(born) == 1
    assert born[0].size >= 50
    assert np.mean(again.labels_[: len(old)] == first.labels_) > 0.97


def test_a_few_posts_about_something_new_found_none() -> None:
    old = [text for words in VOCABULARY.values() for text in told_about(words, 60, 1)]
    first = ThemeModel().fit(old)
    again = ThemeModel().fit(old + told_about(NEWBORN, 12, 2), warm=np.r_[first.labels_, np.full(12, REST)])
    assert len(again.clusters_) == len(first.clusters_)


def test_nothing_is_born_when_k_was_given() -> None:
    old = [text for words in VOCABULARY.values() for text in told_about(words, 60, 1)]
    first = ThemeModel(Parameters(k=6)).fit(old)
    warm = np.r_[first.labels_, np.full(60, REST)]
    again = ThemeModel(Parameters(k=6)).fit(old + told_about(NEWBORN, 60, 2), warm=warm)
    assert len(again.clusters_) == 6


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["座椅通风太吵"],
        ["座椅通风太吵"] * 5,
        ["座椅通风太吵"] * 500,
        ["的了吗", "", "谢谢楼主"],
        ["座椅", "蓝牙", "空调", "胎噪", "语音"],
        ["12345"] * 30,
    ],
)
@pytest.mark.parametrize("k", [None, 1, 10])
def test_small_and_strange_inputs_have_a_clear_result(texts: list[str], k: int | None, tmp_path: Path) -> None:
    model = ThemeModel(Parameters(k=k)).fit(texts)
    assert len(model.labels_) == len(model.confidence_) == len(texts)
    assert sum(cluster.size for cluster in model.clusters_) == np.sum(model.labels_ != REST)
    assert len(model.clusters_) <= max(1, len(set(texts)))
    assert all(cluster.size and cluster.label for cluster in model.clusters_)
    model.save(tmp_path / "model.npz")
    assert len(ThemeModel.load(tmp_path / "model.npz").predict(["座椅坏了"])[0]) == 1


def test_equal_posts_are_one_theme_and_wordless_ones_are_rest() -> None:
    assert set(ThemeModel().fit(["座椅通风太吵"] * 500).labels_.tolist()) == {0}
    assert set(ThemeModel().fit(["的了吗", "", "谢谢楼主"]).labels_.tolist()) == {REST}


def test_a_saved_model_answers_as_before(model: ThemeModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model.npz")
    loaded = ThemeModel.load(tmp_path / "model.npz")
    labels, confidence = loaded.predict(TEXTS)
    assert np.array_equal(labels, model.predict(TEXTS)[0])
    assert np.array_equal(confidence, model.predict(TEXTS)[1])
    assert loaded.explain(TEXTS[3]) == model.explain(TEXTS[3])
    assert loaded.clusters_ == model.clusters_
    assert loaded.lexicon_fingerprint_ == model.lexicon_fingerprint_


def test_a_saved_model_holds_no_pickle(model: ThemeModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model.npz")
    with zipfile.ZipFile(tmp_path / "model.npz") as archive:
        assert all(b"'|O'" not in archive.read(name)[:200] for name in archive.namelist())


def test_a_model_of_another_format_is_refused(
    model: ThemeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedback_cluster.pipeline.model.FORMAT", 0)
    model.save(tmp_path / "model.npz")
    monkeypatch.undo()
    with pytest.raises(ValueError, match="format 0"):
        ThemeModel.load(tmp_path / "model.npz")


def test_one_post_is_placed_in_milliseconds(model: ThemeModel) -> None:
    model.predict(["热身"])
    begun = time.perf_counter()
    for text in TEXTS:
        model.predict([text])
    assert (time.perf_counter() - begun) / len(TEXTS) < 0.02  # 1 ms on an idle core; the rest is for a busy one


def test_a_model_is_cloned_and_asked_like_any_estimator() -> None:
    assert clone(ThemeModel(EIGHT)).get_params()["parameters"] == EIGHT
    with pytest.raises(NotFittedError):
        ThemeModel().predict(["座椅"])


def test_words_to_ignore_name_no_theme() -> None:
    texts = [f"澜星{text}" for text in TEXTS]
    told = ThemeModel(Parameters(k=8, ignore=("澜星",))).fit(texts)
    assert all("澜星" not in word for cluster in told.clusters_ for word in cluster.keywords)


@pytest.mark.parametrize(("posts", "k"), [(0, 1), (5, 2), (40, 10), (440, 23), (3_000, 37), (10**7, 40)])
def test_themes_grow_slower_than_posts(posts: int, k: int) -> None:
    assert suggested_k(posts) == k


def test_granularity_moves_the_number_of_themes_and_its_bound() -> None:
    assert [suggested_k(10**6, granularity) for granularity in (0.5, 1.0, 2.0)] == [20, 40, 80]


@pytest.mark.parametrize("wrong", [{"k": 0}, {"granularity": 0}, {"min_confidence": 1}, {"dim": 0}, {"unknown": 1}])
def test_senseless_parameters_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must|unknown"):
        Parameters.read(wrong)


def test_parameters_survive_json() -> None:
    told = Parameters(k=3, ignore=("某牌",))
    assert Parameters.read(told.as_dict()) == told


def test_words_to_ignore_are_brought_into_the_lexicon_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ThemeModel(Parameters(k=4, ignore=("座椅", "蓝牙"))).fit(TEXTS[:60])
    monkeypatch.setattr(Lexicon, "ignoring", lambda *_: pytest.fail("a new post made the lexicon anew"))
    assert model.vocabulary is model.vocabulary
    model.predict(TEXTS[:3])
    monkeypatch.undo()
    model.parameters = Parameters(k=4, ignore=("蓝牙",))
    assert "座椅" not in model.vocabulary.name_spellings
