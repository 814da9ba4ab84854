"""What the search bench takes for an answer: nothing that was made up counts, and what is asked was never indexed."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import main
from search.bench import corpus, questions
from search.bench.contestants import Like, PlainFts, Trigram
from search.bench.measure import measure

OPINIONS = "id,text,topics,sentiments\n" + "".join(
    f"{n},这辆车的座椅通风噪音实在太大了{n}号车友也这么说，后备箱空间还行，油耗偏高,空间,0\n" for n in range(20)
)
COMPLAINTS = "id,brand,model,trim,text,date,problem_codes,system_code\n1,a,b,c,方向盘加热一直没反应,2020-1-1,,\n"
PAIRS = "source\ta\tb\tsame\n" + "".join(
    f"lcqmc\t怎么去{city}玩\t去{city}怎么玩？\t1\nlcqmc\t{city}冷吗\t{city}热吗\t0\n" for city in "沪京津渝"
)
LISTS: dict[str, Any] = {
    "terms": [
        {"word": "座椅", "pinyin": "zuoyi", "initials": "zy", "traditional": None, "homophone": "座倚"},
        {"word": "噪音", "pinyin": "zaoyin", "initials": "zy", "traditional": None, "homophone": None},
        {"word": "没有此词", "pinyin": "meiyouci", "initials": "mycc", "traditional": None, "homophone": None},
    ],
    "synonyms": [{"words": ["尾箱", "后备箱"]}],
    "posts": [{"id": 7, "text": "ES8 车机升级"}],
    "mixed_queries": [{"query": "es8", "posts": [7]}],
}


@pytest.fixture
def posted(tmp_path: Path) -> corpus.Corpus:
    for name, text in (
        ("car_opinions.csv", OPINIONS), ("car_complaints.csv", COMPLAINTS), ("similar_questions.tsv", PAIRS)
    ):  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
    return corpus.build(tmp_path, 60, {7: "ES8 车机升级"})


def test_a_question_that_is_asked_is_not_among_the_posts(posted: corpus.Corpus) -> None:
    assert len(posted.texts) == 60
    asked = posted.questions["lcqmc"]
    assert len(asked) == 4
    for one in asked:
        assert one.text not in posted.texts.values()
        assert one.relevant
        assert all(number not in posted.made_from and number <= posted.real for number in one.relevant)


def test_made_posts_vary_real_car_texts_alone(posted: corpus.Corpus) -> None:
    assert posted.made_from
    for number, source in posted.made_from.items():
        assert number > posted.real
        assert source <= 21, "an opinion or the complaint"
        assert set(posted.texts[number]) <= set(posted.texts[source])


def test_initials_mean_any_word_of_the_list_and_rare_words_are_left_out(posted: corpus.Corpus) -> None:
    sets = questions.make(posted, LISTS)
    [initials] = sets.search["initials"]
    assert initials.text == "zy"
    assert initials.right([1, 2, 3, 4, 5]) == 1.0
    assert initials.right([21]) == 0.0
    assert initials.right([1]) == 0.2, "the share is of five, whatever came"
    assert "mycc" not in {one.text for asked in (*sets.search.values(), *sets.other.values()) for one in asked}
    [synonym] = sets.search["synonym"]
    assert (synonym.text, synonym.right([1, 2, 3, 4, 5])) == ("尾箱", 1.0)


def test_a_longer_beginning_has_to_bring_its_own_post_or_a_variant(posted: corpus.Corpus) -> None:
    sets = questions.make(posted, LISTS)
    clause = sets.typing["typing 6"][0]
    source = next(n for n in posted.opinions if clause.right([n]) == 1.0)
    variants = [made for made, one in posted.made_from.items() if one == source]
    other = next(n for n in posted.opinions if n != source)
    assert clause.right([other]) == 0.0
    if variants:
        assert clause.right([other, variants[0]]) == 1.0


def test_rivals_are_asked_as_the_manuals_say(posted: corpus.Corpus, tmp_path: Path) -> None:
    results = {}
    for rival in (Like, PlainFts, Trigram):
        engine = rival(tmp_path)
        assert list(engine.index(posted.texts))[-1] == 60
        results[engine.name] = measure(engine, posted, questions.make(posted, LISTS), lambda *_: None)
        engine.close()
    assert results["SQL LIKE"]["as typed"]["right"] == 1.0
    assert results["FTS5 trigram"]["as typed"]["right"] == 0.0, "two characters are too few for it"
    assert results["FTS5 unicode61"]["model names"]["right"] == 1.0
    assert results["SQL LIKE"]["pinyin"]["right"] == 0.0


def test_the_command_refuses_what_a_bench_does_not_take() -> None:
    answer = CliRunner().invoke(main.cli, ["bench", "cluster", "--meilisearch", "nowhere"])
    assert answer.exit_code == 1
    assert "takes no --meilisearch" in answer.output
