"""The lexicon in and out of a CSV file."""

import pytest

from search.lexicon import sheet
from search.lexicon.models import EntryKind
from search.lexicon.overlay import Entry
from search.lexicon.queries import Row, Words

TERM = EntryKind.TERM
HEAD = "kind,word,aliases,synonyms,remove\n"


def test_a_file_says_what_it_would_add_change_and_take_out() -> None:
    told = sheet.plan(
        HEAD + "term,云感座舱,云座舱|云舱,零压座椅,\nterm,胎噪,轮胎吵,,\nterm,路噪,,,x\nname,澜星,,,\n", Words({})
    )
    assert told.errors == []
    assert [entry.word for entry in told.added] == ["云感座舱", "澜星"]
    assert [entry.word for _, entry in told.changed] == ["胎噪"]
    assert [entry.word for entry in told.removed] == ["路噪"]
    assert told.wanted[TERM, "云感座舱"] == Entry(TERM, "云感座舱", ("云座舱", "云舱"), ("零压座椅",))


def test_what_goes_out_says_nothing_new_when_it_comes_in() -> None:
    words = Words({})
    told = sheet.plan(sheet.write(words.rows.values()), words)
    assert (told.errors, told.added, told.changed, told.removed) == ([], [], [], [])
    assert told.same == len(words.rows)


def test_a_word_taken_out_stays_so_through_a_file() -> None:
    words = Words({(TERM, "胎噪"): Entry(TERM, "胎噪", removed=True)})
    told = sheet.plan(sheet.write(words.rows.values()), words)
    assert (told.errors, told.added, told.removed) == ([], [], [])


@pytest.mark.parametrize("nasty", ["=1+1", "+cmd", "-2", "@sum"])
def test_no_cell_is_a_formula(nasty: str) -> None:
    row = Row(Entry(TERM, nasty, (nasty + "别名",)), "added", None)
    line = sheet.write([row]).splitlines()[1]
    assert f",'{nasty}" in line
    assert f",{nasty}" not in line
    back = sheet.plan(sheet.write([row]), Words({}))
    assert [entry.word for entry in back.added] == [nasty]


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        ("unsinn,云感座舱,,,\n", 2, "no kind"),
        ("term,,云座舱,,\n", 2, "missing"),
        ("term,云感座舱,,,\n\nterm,雲感座艙,,,\n", 4, "line %(other)s already"),
        ("term,云感座舱,雨刷,,\n", 2, "belongs to"),
        ("term,云感座舱,云舱,,\nterm,星环尾灯,云舱,,\n", 3, "belongs to"),
        ("stop,云感座舱,云舱,,\n", 2, "no other spellings"),
        ("term,？？,,,\n", 2, "no letter"),
        (f"term,{'长' * 41},,,\n", 2, "too long"),
        ('term,"云感\n', 2, "breaks off"),
    ],
)
def test_a_wrong_line_is_named(lines: str, line: int, reason: str) -> None:
    told = sheet.plan(HEAD + lines, Words({}))
    assert [(error.line, reason in error.reason) for error in told.errors][:1] == [(line, True)]


def test_a_file_without_a_word_column_is_refused() -> None:
    assert "missing" in sheet.plan("a,b\n1,2\n", Words({})).errors[0].reason


def test_chinese_heads_tabs_and_the_encoding_of_excel_are_read() -> None:
    text = sheet.text_of("类别\t词\t别名\n词条\t云感座舱\t云座舱、云舱\n".encode("gb18030"))
    assert isinstance(text, str)
    told = sheet.plan(text, Words({}))
    assert told.added == [Entry(TERM, "云感座舱", ("云座舱", "云舱"))]


def test_a_file_that_is_too_large_is_refused() -> None:
    assert isinstance(sheet.text_of(b"a" * (sheet.MOST_BYTES + 1)), sheet.LineError)
