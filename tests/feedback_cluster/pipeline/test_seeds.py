"""Seed words: which posts say them, and what a fit makes of it."""

import numpy as np

from feedback_cluster.pipeline.arrays import REST
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parameters import Parameters
from feedback_cluster.pipeline.seeds import seeded_labels
from tests.feedback_cluster.pipeline.gold import GOLD, TEXTS

BLUETOOTH = [TEXTS.index(text) for text in GOLD["蓝牙断连"]]
SAID = [row for row, text in enumerate(TEXTS) if "蓝牙" in text]


def test_a_post_goes_where_more_of_it_is_said() -> None:
    seeds = {0: ["油耗", "油耗高"], 1: ["座椅", "通风"]}
    texts = ["油耗高", "座椅通风不行，油耗高", "天气不错", "座椅和油耗高"]
    assert seeded_labels(texts, seeds).tolist() == [0, 1, -1, -1]


def test_script_width_and_case_do_not_matter() -> None:
    assert seeded_labels(["座椅通風很吵", "ｎｏｐ＋不好用"], {3: ["座椅通风"], 5: [" NOP+ ", ""]}).tolist() == [3, 5]


def test_a_theme_founded_with_words_is_filled() -> None:
    model = ThemeModel(Parameters(k=8)).fit(TEXTS, seeds={3: ["蓝牙"]})
    assert set(model.labels_[SAID].tolist()) == {3}
    filled = [row for row in BLUETOOTH if model.labels_[row] == 3]
    assert len(filled) > 0.9 * len(BLUETOOTH)
    assert np.sum(model.labels_ == 3) < 2 * len(BLUETOOTH)


def test_what_a_person_said_about_one_post_is_stronger_than_a_word() -> None:
    here, there = SAID[:2]
    model = ThemeModel(Parameters(k=8)).fit(TEXTS, seeds={3: ["蓝牙"]}, fixed=([here], [0]), apart=([there], [3]))
    assert model.labels_[here] == 0
    assert model.labels_[there] != 3


def test_posts_that_must_never_be_together_are_not_even_with_the_same_seed_word() -> None:
    model = ThemeModel(Parameters(k=8)).fit(TEXTS, seeds={3: ["蓝牙"]}, never=(SAID[:2], [SAID[2]] * 2))
    labels = model.labels_.tolist()
    assert all(labels[row] != labels[SAID[2]] or labels[row] == REST for row in SAID[:2])
