"""Owners' Markdown: Chinese emphasis works, nothing runs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.web.markdown import ATTRIBUTES, TAGS, plain, render


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**建议：**增加座椅通风", "<p><strong>建议：</strong>增加座椅通风</p>"),
        ("我觉得**“通风”**太吵", "<p>我觉得<strong>“通风”</strong>太吵</p>"),
        ("这个*很*好", "<p>这个<em>很</em>好</p>"),
        ("版本**2.4**之后", "<p>版本<strong>2.4</strong>之后</p>"),
        ("~~不要~~", "<p><s>不要</s></p>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
        ("一行\n二行", "<p>一行<br>\n二行</p>"),
    ],
)
def test_emphasis_needs_no_blanks_in_chinese(source, expected):
    assert render(source).strip() == expected


def test_headings_stay_small_and_lists_are_lists():
    assert render("# 标题\n\n- 一\n- 二").split() == ["<h3>标题</h3>", "<ul>", "<li>一</li>", "<li>二</li>", "</ul>"]


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![bild](https://foreign.example/pixel.png)",
        "[klick](javascript:alert(1))",
        "[klick](data:text/html;base64,PHNjcmlwdD4=)",
        "<a href='https://x' style='position:fixed'>x</a>",
        "`<script>`",
        '[x](https://e.example "onmouseover=alert(1)")',
        "\x00<script>",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(source):
    drawn = str(render(source))
    assert not re.search(r"<(script|img|iframe|style|svg)|<[^>]+\s(on\w+|style|src)=|href=.(javascript|data)", drawn)


def test_links_are_marked_as_users_links():
    assert (
        render("[x](https://example.com)") == '<p><a href="https://example.com" rel="nofollow ugc noopener">x</a></p>\n'
    )


@given(st.text(alphabet=st.sampled_from("*_~`[]()<>!#-+=\"' \nab建议：/:&;\\x00"), max_size=60))
def test_only_allowed_tags_and_attributes_come_out(source):
    for tag, attributes in re.findall(r"<([a-z0-9]+)((?:\s[^>]*)?)>", str(render(source))):
        assert tag in TAGS
        names = set(re.findall(r"\s([a-z-]+)=", attributes))
        assert names <= ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())


def test_plain_text_has_no_marks_and_is_cut():
    assert plain("**建议：**增加 <b>\n\n- 一") == "建议：增加 <b> 一"
    assert len(plain("长" * 300, limit=50)) == 50
