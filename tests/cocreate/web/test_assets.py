"""What the shell is made of: vendored files as published, colours one can read, templates that a strict CSP allows."""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from cocreate.web.brand import contrast
from cocreate.web.page import STATIC, TEMPLATES
from tests.client import Client

ROOT = TEMPLATES.parent
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if path.parent.name != "email")
SHEETS = sorted((STATIC / "css").glob("*.css"))
STATUSES = ("reviewing", "planned", "started", "shipped", "declined")
GROUNDS = ("ground", "paper", "sunken")


def vendored() -> list[dict[str, str]]:
    lines = [line for line in (STATIC / "vendor" / "VENDORED.txt").read_text().splitlines() if not line.startswith("#")]
    names = ("name", "version", "licence", "sha256", "file", "origin")
    return [dict(zip(names, map(str.strip, line.split("|")), strict=True)) for line in lines if line]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# -- vendored files


@pytest.mark.parametrize("entry", vendored(), ids=lambda entry: entry["file"])
def test_a_vendored_file_is_the_one_that_was_recorded(entry: dict[str, str]) -> None:
    assert hashlib.sha256((STATIC / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


def test_every_vendored_script_is_recorded_and_named_in_the_notice() -> None:
    recorded = {entry["file"] for entry in vendored()}
    assert {f"vendor/{path.name}" for path in (STATIC / "vendor").glob("*.js")} <= recorded
    notice = (ROOT / "NOTICE").read_text()
    for entry in vendored():
        assert f"{entry['name'].split()[0]} {entry['version']}" in notice


def test_the_sprite_holds_the_listed_icons_and_every_icon_that_a_template_names() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    listed = {line for line in (STATIC / "icons.txt").read_text().splitlines() if line and not line.startswith("#")}
    assert sprite == listed
    assert len(sprite) <= 60
    for page in PAGES:
        named = set(re.findall(r'(?:\b(?:icon|draw|icon_button)\(|\bicon=|"icon": )"([\w-]+)"', page.read_text()))
        assert named <= sprite, f"{name_of(page)}: {sorted(named - sprite)}"


# -- weight and form


def test_styles_and_script_of_every_page_stay_light() -> None:
    shell = (ROOT / "templates" / "shell" / "base.html").read_text()
    everywhere = re.findall(r'"(\w+)"', re.search(r"for sheet in \(([^)]*)\)", shell).group(1)) + ["print"]
    for page in PAGES:
        own = re.findall(r"css/(\w+)\.css", page.read_text())
        loaded = b"".join((STATIC / "css" / f"{name}.css").read_bytes() for name in [*everywhere, *own])
        at_a_desk = '"shell/staff.html"' in page.read_text()  # owners read on phones, in a lift
        assert len(gzip.compress(loaded)) < (24_000 if at_a_desk else 20_000), name_of(page)
    assert len(gzip.compress((STATIC / "js" / "app.js").read_bytes())) < 6_000


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_a_sheet_asks_nothing_that_an_older_web_view_does_not_know(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    assert text.count("{") == text.count("}")
    for unknown in ("light-dark(", "&", "@import", "@container", "color-mix(", "url("):
        assert unknown not in text


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_template_holds_nothing_that_the_content_policy_forbids(page: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", page.read_text(), flags=re.DOTALL)
    assert not re.search(r"""\sstyle\s*=|<style|\son\w+\s*=\s*["']|hx-on|["']js:|javascript:""", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""", text)


# -- colours


@cache
def tokens(selector: str) -> dict[str, str]:
    block = (STATIC / "css" / "tokens.css").read_text().split(selector + " {", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): ([^;]+);", block))


LIGHT, DARK = ":root", ':root[data-scheme="dark"]'


def test_dark_by_wish_and_dark_by_device_are_the_same() -> None:
    assert tokens(DARK) == tokens(':root[data-scheme="auto"]')
    assert set(tokens(DARK)) == set(tokens(LIGHT))


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_colour_can_be_read_on_every_ground(scheme: str) -> None:
    colours = tokens(scheme)
    pairs = [(ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent-text", "danger") for ground in GROUNDS]
    pairs += [(status, ground) for status in STATUSES for ground in (*GROUNDS, f"{status}-soft")]
    pairs += [("accent-ink", "accent"), ("danger-ink", "danger"), ("danger", "danger-soft")]
    pairs += [("ink-2", f"{name}-soft") for name in (*STATUSES, "accent", "danger")] + [("accent-text", "accent-soft")]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_edge_of_a_field_can_be_seen(scheme: str) -> None:
    colours = tokens(scheme)
    for ground in ("paper", "ground"):
        assert contrast(colours["line-2"], colours[ground]) >= 3


# -- words


def test_every_sentence_of_the_shell_has_its_chinese_once() -> None:
    path = ROOT / "cocreate" / "locale" / "zh_Hans" / "LC_MESSAGES" / "shell.po"
    with path.open("rb") as source:
        known = {message.id: message.string for message in read_po(source, locale="zh_Hans") if message.id}
    written = re.findall(r'^msgid "(.+)"$', path.read_text(), flags=re.MULTILINE)
    assert len(written) == len(set(written))
    methods: Any = [("components/**.html", "jinja2"), ("shell/**.html", "jinja2")]
    used = {found[2] for found in extract_from_dir(str(TEMPLATES), methods, options_map={})}
    assert used, "the extraction found nothing"
    assert {msgid for msgid in used if not known.get(msgid)} == set()


# -- the design page


def macros() -> list[str]:
    parts = sorted((TEMPLATES / "components").glob("*.html"))
    return [name for part in parts for name in re.findall(r"\{%-? macro ([a-z]\w*)\(", part.read_text())]


def test_the_design_page_and_the_reference_know_every_component() -> None:
    shown = "".join(path.read_text() for path in (TEMPLATES / "shell").glob("*.html"))
    reference = (TEMPLATES / "components" / "README.md").read_text()
    assert macros()
    for name in set(macros()) - {"hidden"}:
        assert re.search(rf"\b{name}\(", shown), f"/design does not show {name}"
        assert f"`{name}(" in reference, f"the reference does not describe {name}"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_design_page_keeps_the_content_policy(client: Client, language: str) -> None:
    answer = client.get("/design", language=language)
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    tags = re.findall(r"<[a-zA-Z][^>]*>", answer.text)
    assert len(tags) > 500
    for tag in tags:
        assert not re.search(r"\sstyle=|\son[a-z]+=|\shx-on", tag), tag
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style", answer.text)


def test_the_scheme_cookie_is_drawn_by_the_server(client: Client) -> None:
    assert 'data-scheme="auto"' in client.get("/design").text
    assert 'data-scheme="dark"' in client.get("/design", headers={"cookie": "scheme=dark"}).text
