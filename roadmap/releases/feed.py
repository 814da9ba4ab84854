"""Releases as an Atom feed (RFC 4287) and as RSS 2.0."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree as Xml

from cocreate.core.config import Settings
from cocreate.web.page import Page
from roadmap.releases.models import NoteLabel
from roadmap.releases.queries import Letter

NEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""When a feed without an entry was changed last: it must not look new each time that it is asked for."""
NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, not even escaped: most control characters, halves of pairs, U+FFFE and U+FFFF."""
ATOM = "http://www.w3.org/2005/Atom"


def atom(letters: Sequence[Letter], *, page: Page, settings: Settings, labels: Mapping[NoteLabel, str]) -> bytes:
    """The feed in the reader's language; addresses begin with the public one."""
    site = settings.public_url
    root = Xml.Element("feed", {"xmlns": ATOM, "xml:lang": page.language})
    _text(root, "title", f"{settings.brand_name} · {page.text('Releases')}")
    _text(root, "id", site + page.url("show_releases"))
    Xml.SubElement(root, "link", {"rel": "self", "href": site + page.url("releases_feed")})
    Xml.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": site + page.url("show_releases")})
    moments = [letter.release.released_at for letter in letters if letter.release.released_at is not None]
    _text(root, "updated", (max(moments) if moments else NEVER).isoformat(timespec="seconds"))
    author = Xml.SubElement(root, "author")
    _text(author, "name", settings.brand_name)
    for letter in letters:
        _entry(root, letter, page=page, site=site, labels=labels)
    body: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _entry(root: Xml.Element, letter: Letter, *, page: Page, site: str, labels: Mapping[NoteLabel, str]) -> None:
    release = letter.release
    entry = Xml.SubElement(root, "entry")
    address = site + page.url("show_release", release_id=release.id)
    _text(entry, "title", f"{release.version} · {release.title}")
    _text(entry, "id", address)
    Xml.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": address})
    if release.released_at is not None:
        moment = release.released_at.isoformat(timespec="seconds")
        _text(entry, "published", moment)
        _text(entry, "updated", moment)
    if release.intro:
        _text(entry, "summary", release.intro)
    lines = _lines(letter, page, labels)
    if lines:
        _text(entry, "content", "\n".join(lines)).set("type", "text")


def rss(letters: Sequence[Letter], *, page: Page, settings: Settings, labels: Mapping[NoteLabel, str]) -> bytes:
    """The same releases as RSS 2.0."""
    site = settings.public_url
    root = Xml.Element("rss", {"version": "2.0"})
    channel = Xml.SubElement(root, "channel")
    _text(channel, "title", f"{settings.brand_name} · {page.text('Releases')}")
    _text(channel, "link", site + page.url("show_releases"))
    _text(channel, "description", page.text("What went to your car, and who asked for it."))
    _text(channel, "language", page.language)
    for letter in letters:
        entry = Xml.SubElement(channel, "item")
        address = site + page.url("show_release", release_id=letter.id)
        _text(entry, "title", f"{letter.release.version} · {letter.release.title}")
        _text(entry, "link", address)
        _text(entry, "guid", address)
        if letter.release.released_at is not None:
            _text(entry, "pubDate", format_datetime(letter.release.released_at.astimezone(UTC), usegmt=True))
        _text(entry, "description", "\n".join(filter(None, [letter.release.intro, *_lines(letter, page, labels)])))
    body: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _lines(letter: Letter, page: Page, labels: Mapping[NoteLabel, str]) -> list[str]:
    return [f"{page.text(labels[label])}: {note.text}" for label, notes in letter.notes.items() for note in notes]


def _text(parent: Xml.Element, tag: str, text: str) -> Xml.Element:
    element = Xml.SubElement(parent, tag)
    element.text = NO_XML.sub("", text)
    return element
