"""Templates: nothing inline, nothing that evaluates, no bare sentence, and every sentence in Chinese as well."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from cocreate.web.i18n import catalogue

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PACKAGES = ("cocreate", "search", "forum", "feedback_cluster", "roadmap")
PO_FILES = sorted((ROOT / "cocreate/locale/zh_Hans/LC_MESSAGES").glob("*.po"))
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
WORDS = re.compile(r"(?!OTA\b)\b[A-Za-z]{2,}|[\u4e00-\u9fff]")
"""What needs a translator; OTA is a word of every owner's language."""
SPOKEN = {"aria-label", "title", "placeholder", "alt"}
IDENTIFIERS = [("placeholder", "import")]
"""A name that a program gives, the same in every language."""
REMOVED = ("hx-vars", "hx-params", "hx-prompt", "hx-ext", "hx-disinherit", "hx-inherit", "hx-request", "hx-history",
           "hx-disabled-elt", "sse-connect", "sse-swap", "ws-connect")  # fmt: skip


def name(path):
    return path.relative_to(ROOT).as_posix()


def without_jinja(text):
    """The HTML of a template; what jinja inserts is left out."""
    text = re.sub(r"(</?)\{\{ ?tag ?\}\}", r"\1div", text)
    # Blocks that fill an attribute of the frame, see shell/base.html.
    text = re.sub(r"\{% block (scheme|room|frame) %\}.*?\{% endblock %\}", "", text)
    # The gap must not end an attribute whose value it is.
    return JINJA.sub(lambda found: "\n" * found.group().count("\n"), text)


class Reader(HTMLParser):
    """Collects texts, attributes and tags of a template."""

    def __init__(self, text):
        super().__init__()
        self.texts, self.attributes, self.scripts = [], [], []
        self._inside = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, key, value or "") for key, value in attrs]
        self._inside.append(tag)

    def handle_endtag(self, tag):
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data):
        if self._inside and self._inside[-1] in ("script", "style"):
            self.scripts.append(data)
        elif data.strip():
            self.texts.append(data.strip())


def messages():
    """Every msgid in templates and code, with where it stands."""
    found = {}
    for path in TEMPLATES:
        options = {"trimmed": "true", "extensions": "jinja2.ext.i18n,jinja2.ext.loopcontrols"}
        with path.open("rb") as source:
            for line, _function, message, _comments in babel_extract(source, ["_", "ngettext"], [], options):
                first = message[0] if isinstance(message, tuple) else message
                if first:
                    found.setdefault(first, f"{name(path)}:{line}")
    keywords = {"_": None, "N_": None, "ngettext": (1, 2)}
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))):
        for line, message, _comments, _context in extract_from_file("python", str(path), keywords=keywords):
            first = message[0] if isinstance(message, tuple) else message
            if first:
                found.setdefault(first, f"{name(path)}:{line}")
    return found


def test_every_sentence_has_its_chinese():
    chinese = catalogue("zh-Hans")
    known = set()
    for path in PO_FILES:
        with path.open("rb") as source:
            for message in read_po(source, locale="zh_Hans"):
                if message.id and any(message.string if isinstance(message.string, tuple) else [message.string]):
                    known.add(message.id[0] if isinstance(message.id, tuple) else message.id)
    found = messages()
    assert len(found) > 300
    assert {message: place for message, place in found.items() if message not in known} == {}
    assert chinese.gettext("Inbox") == "消息"


def test_two_packages_say_the_same_sentence_alike():
    """All catalogues are read as one: of two translations of a word one would win on every page."""
    said: dict[object, set[object]] = {}
    for path in PO_FILES:
        with path.open("rb") as source:
            for message in read_po(source, locale="zh_Hans"):
                if message.id:
                    said.setdefault(message.id, set()).add(message.string)
    assert {message: found for message, found in said.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.stem)
def test_a_catalogue_names_each_sentence_once_and_keeps_its_placeholders(path):
    ids = re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted({one for one in ids if ids.count(one) > 1}) == []
    with path.open("rb") as source:
        for message in read_po(source, locale="zh_Hans"):
            if not message.id:
                continue
            english = message.id if isinstance(message.id, tuple) else (message.id,)
            for text in message.string if isinstance(message.string, tuple) else (message.string,):
                wanted = set().union(*(re.findall(r"%\((\w+)\)[sd]", one) for one in english))
                assert set(re.findall(r"%\((\w+)\)[sd]", text)) <= wanted | {"num"}, message.id
                assert not text.endswith(" "), message.id


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_holds_no_bare_sentence(path):
    reader = Reader(without_jinja(path.read_text(encoding="utf-8")))
    loose = re.compile(r"([a-z-]+=\"[^\"]*\"\s*)+")  # attributes that a macro writes for its caller
    assert [text for text in reader.texts if WORDS.search(text) and not loose.fullmatch(text)] == []
    spoken = [(key, value) for _, key, value in reader.attributes if key in SPOKEN and WORDS.search(value)]
    assert [pair for pair in spoken if pair not in IDENTIFIERS] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_holds_nothing_that_the_content_policy_forbids(path):
    text = path.read_text(encoding="utf-8")
    reader = Reader(without_jinja(text))
    assert [text for text in reader.scripts if text.strip()] == []
    for tag, key, value in reader.attributes:
        assert key != "style", (tag, value)
        assert not key.startswith(("on", "hx-on")), (tag, key)
        assert not value.strip().lower().startswith(("javascript:", "js:")), (tag, key, value)
        assert key not in REMOVED, (tag, key)
        if key in ("src", "href") and tag in ("script", "link", "img"):
            assert not value.startswith(("http:", "https:", "//")), (tag, value)
    assert not re.search(r"""["'](style|on[a-z]+|hx-on[^"']*)["']\s*:""", text), "in attrs={…}"
    assert not re.search(r"\bjs:|hx-on|hx-vars", text)
    assert not re.search(r"[^'\"]\|\s*safe\b", text), "only a literal of the template is safe by itself"


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_form_that_writes_works_without_script(path):
    """Every hx-post stands on a form that posts by itself; htmx only makes it quicker."""
    reader = Reader(without_jinja(path.read_text(encoding="utf-8")))
    assert {tag for tag, key, _ in reader.attributes if key == "hx-post"} <= {"form"}
    assert [key for _, key, _ in reader.attributes if key in ("hx-put", "hx-patch", "hx-delete")] == []
