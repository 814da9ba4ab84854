"""Seed words: which posts say them, and what a fit makes of it."""

from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parameters import Parameters
from feedback_cluster.pipeline.seeds import seeded_labels

PARTS = ("主驾", "副驾", "后排")
SEATS = [f"{part}座椅{what}" for part in PARTS for what in ("太硬了", "通风没有风", "加热不热", "皮子起皱")]
MAPS = [f"{part}导航{what}" for part in PARTS for what in ("总是绕路", "定位漂移", "没有声音", "地图太旧")]


def test_a_post_goes_where_more_of_it_is_said() -> None:
    seeds = {0: ["油耗", "油耗高"], 1: ["座椅", "通风"]}
    texts = ["油耗高，座椅还行", "座椅通风不行，油耗还行", "天气不错", "座椅和油耗"]
    assert seeded_labels(texts, seeds).tolist() == [0, 1, -1, -1]


def test_script_width_and_case_do_not_matter() -> None:
    assert seeded_labels(["座椅通風很吵", "ｎｏｐ＋不好用"], {3: ["座椅通风"], 5: [" NOP+ ", ""]}).tolist() == [3, 5]


def test_a_theme_founded_with_words_is_filled() -> None:
    texts = [*SEATS, *MAPS]
    model = ThemeModel(Parameters(k=2)).fit(texts, seeds={1: ["座椅"]})
    assert set(model.labels_[: len(SEATS)].tolist()) == {1}
    assert 1 not in model.labels_[len(SEATS) :].tolist()


def test_what_a_person_said_about_one_post_is_stronger_than_a_word() -> None:
    texts = [*SEATS, *MAPS]
    model = ThemeModel(Parameters(k=2)).fit(texts, seeds={1: ["座椅"]}, fixed=([0], [0]), apart=([1], [1]))
    assert model.labels_[0] == 0
    assert model.labels_[1] != 1


def test_posts_that_must_never_be_together_are_not_even_with_the_same_seed_word() -> None:
    texts = [*SEATS, *MAPS]
    model = ThemeModel(Parameters(k=2)).fit(texts, seeds={1: ["座椅"]}, never=([0, 1], [2, 2]))
    labels = model.labels_.tolist()
    assert labels[0] != labels[2] or labels[0] == -1
    assert labels[1] != labels[2] or labels[1] == -1
