"""Releases as an Atom feed (RFC 4287)."""

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as Xml

from cocreate.core import clock
from cocreate.core.config import Settings
from cocreate.web.page import Page
from roadmap.releases.models import NoteLabel
from roadmap.releases.queries import Letter

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
    _text(root, "updated", (max(moments) if moments else clock.now()).isoformat(timespec="seconds"))
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
    lines = [f"{page.text(labels[label])}: {note.text}" for label, notes in letter.notes.items() for note in notes]
    if lines:
        _text(entry, "content", "\n".join(lines)).set("type", "text")


def _text(parent: Xml.Element, tag: str, text: str) -> Xml.Element:
    element = Xml.SubElement(parent, tag)
    # XML 1.0 has no place for control characters, not even escaped ones.
    element.text = "".join(char for char in text if char in "\t\n" or ord(char) >= 32)
    return element
