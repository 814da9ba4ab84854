"""Why two texts stand side by side."""

import pytest

from forum.compose.matching import says_enough, shared_words


@pytest.mark.parametrize("text", ["座椅通风", "carplay", "座椅，很吵", "ES8的NOP"])
def test_there_is_enough_to_compare(text: str) -> None:
    assert says_enough(text)


@pytest.mark.parametrize("text", ["", "座椅", "座椅吵", "es", "12345678", "？？？？"])
def test_there_is_too_little(text: str) -> None:
    assert not says_enough(text)


def test_shared_words_are_whole_in_order_and_say_something() -> None:
    assert shared_words("我的方向盘加热的时候雨刷不动", "雨刷停在中间，方向盘加热也坏了") == ("方向盘加热", "雨刷")


def test_traditional_script_shares_the_words_of_simplified() -> None:
    assert "座椅通风" in shared_words("座椅通風太吵", "座椅通风有噪音")


def test_where_no_word_is_shared_the_common_run_is_shown() -> None:
    assert shared_words("嗡鸣异声", "有嗡鸣") == ("嗡鸣",)
    assert shared_words("座椅", "雨刷") == ()
