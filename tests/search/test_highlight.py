"""What is marked in the original text."""

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from search.highlight import excerpt, mark, mark_html, spans, terms


def marked(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in spans(text, terms(query))]


def test_the_typed_text_is_marked() -> None:
    assert marked("我想要座椅通风功能", "座椅通风") == ["座椅通风"]


def test_traditional_text_is_marked_for_a_simplified_query_and_back() -> None:
    assert marked("座椅通風有噪音", "通风") == ["通風"]
    assert marked("座椅通风有噪音", "通風") == ["通风"]


def test_full_width_and_capital_letters_are_marked() -> None:
    assert marked("升级ＯＴＡ以后", "ota") == ["ＯＴＡ"]


def test_words_apart_are_marked_each() -> None:
    assert marked("通风时座椅会响", "座椅通风") == ["通风", "座椅"]


def test_a_single_letter_marks_nothing() -> None:
    assert marked("a car is a car", "a") == []


def test_markup_in_a_text_stays_text() -> None:
    assert mark("<b>通风</b>", terms("通风")) == Markup("&lt;b&gt;<mark>通风</mark>&lt;/b&gt;")


def test_attributes_of_finished_html_are_left_alone() -> None:
    html = Markup('<a title="通风" href="/posts/1?a=1&amp;b=2">通风 &amp; <b>加热</b></a><br>')
    expected = '<a title="通风" href="/posts/1?a=1&amp;b=2"><mark>通风</mark> &amp; <b>加热</b></a><br>'
    assert str(mark_html(html, terms("通风"))) == expected


def test_buttons_and_times_are_not_marked() -> None:
    html = Markup("<button>通风</button><time>通风</time><p>通风</p>")
    assert str(mark_html(html, terms("通风"))) == "<button>通风</button><time>通风</time><p><mark>通风</mark></p>"


def test_an_excerpt_shows_the_place_that_was_found() -> None:
    piece = excerpt("一" * 300 + "座椅通风" + "二" * 300, terms("座椅通风"))
    assert "<mark>座椅通风</mark>" in piece
    assert piece.startswith("…")
    assert piece.endswith("…")
    assert excerpt("没有那个词", terms("座椅通风")) == ""


@given(st.text(max_size=80), st.text(max_size=20))
def test_marking_changes_no_letter(text: str, query: str) -> None:
    plain = mark(text, terms(query)).replace(Markup("<mark>"), Markup("")).replace(Markup("</mark>"), Markup(""))
    assert plain.unescape() == Markup(str(mark(text, ()))).unescape()


def test_words_that_folding_exchanges_as_a_whole_are_marked_whole() -> None:
    assert marked("車機軟體更新之後影片卡住", "软件") == ["軟體"]
    assert marked("車機軟體更新之後影片卡住", "視頻更新") == ["更新", "影片"]
    assert marked("長句子。" * 60 + "車機軟體更新", "软件") == ["軟體"]


def test_words_put_in_place_of_pinyin_are_marked() -> None:
    text = "前排座椅一热就响"
    assert [text[a:b] for a, b in spans(text, terms("zuoyi", ("座椅",)))] == ["座椅"]
    assert [text[a:b] for a, b in spans(text, terms("座倚", ("座椅",)))] == ["座椅"]
    assert [text[a:b] for a, b in spans(text, terms("座倚"))] == []


def test_a_model_is_marked_however_it_is_spaced() -> None:
    assert marked("我的 ES 8 和 es-8 都这样", "es8") == ["ES 8", "es-8"]
    assert marked("Model Y 后排", "modely") == ["Model Y"]


def test_letters_inside_another_word_are_not_marked() -> None:
    assert marked("The canopy of NOP+", "nop") == ["NOP"]
