"""Features: unit rows that new posts get as well, and an explanation that adds up."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from cocreate.text.segment import content_words
from feedback_cluster.pipeline.features import TextFeatures, positive_pmi
from tests.feedback_cluster.pipeline.gold import TEXTS


@pytest.fixture(scope="module")
def documents() -> list[list[str]]:
    return [content_words(text) for text in TEXTS]


@pytest.mark.parametrize("dim", [4, 20, 500])
def test_rows_are_of_length_one(dim: int, documents: list[list[str]]) -> None:
    rows = TextFeatures(dim).fit_transform(documents)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_post_is_projected_as_it_was_fitted(documents: list[list[str]]) -> None:
    features = TextFeatures(20)
    assert np.allclose(features.fit_transform(documents), features.transform(documents), atol=1e-6)


def test_the_same_seed_gives_the_same_bytes(documents: list[list[str]]) -> None:
    one, two = (TextFeatures(20, random_state=3).fit_transform(documents) for _ in range(2))
    assert one.tobytes() == two.tobytes()


def test_unknown_words_give_a_row_of_zeros(documents: list[list[str]]) -> None:
    features = TextFeatures(20).fit(documents)
    assert not features.transform([["从未见过"], []]).any()


def test_nothing_is_projected_before_fit(documents: list[list[str]]) -> None:
    with pytest.raises(NotFittedError):
        TextFeatures().transform(documents)


def test_a_word_in_most_posts_says_nothing(documents: list[list[str]]) -> None:
    features = TextFeatures(20).fit([["车机", *document] for document in documents])
    assert "车机" not in features.vocabulary_


def test_a_word_in_most_posts_stays_where_it_is_all_they_say() -> None:
    features = TextFeatures(20).fit([["座椅"]] * 300 + [["空调", "异味"]] * 10)
    assert "座椅" in features.vocabulary_


def test_pmi_knows_who_keeps_company() -> None:
    features = TextFeatures(20)
    features.fit([["座椅", "通风"]] * 4 + [["蓝牙", "断连"]] * 4 + [["座椅", "蓝牙"]])
    related = positive_pmi(features.counts_).toarray()
    place = features.vocabulary_
    assert related[place["座椅"], place["通风"]] > related[place["座椅"], place["蓝牙"]]
    assert related[place["通风"], place["断连"]] == 0
    assert not np.diag(related).any()
