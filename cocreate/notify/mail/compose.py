"""Puts mails together: HTML and text in the reader's language, with the headers that make them easy to stop."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from cocreate.core import clock
from cocreate.core.config import Settings
from cocreate.notify.inbox.views import Wording
from cocreate.notify.mail import links
from cocreate.notify.plan import zone_named
from cocreate.web.i18n import LANGUAGES, Translator
from cocreate.web.page import TEMPLATES

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
SUBJECT_CHARACTERS = 120


@dataclass(frozen=True)
class Addressee:
    """Who gets a mail, and how they read."""

    id: int
    email: str
    name: str
    language: str
    zone: str


@dataclass(frozen=True)
class Item:
    """One message in a mail; `url` is absolute."""

    wording: Wording
    url: str


def single(settings: Settings, reader: Addressee, item: Item, *, key: str, stop: links.Stop) -> EmailMessage:
    """A mail with one message. The same key gives the same Message-ID, so that a repeat can be told from news."""
    words = {"item": item, "topic": stop.topic}
    return _mail(settings, reader, "message", item.wording.title, words, key=f"{reader.id}:{key}", stop=stop)


def digest(
    settings: Settings, reader: Addressee, items: Sequence[Item], *, more: int, key: str, weekly: bool
) -> EmailMessage:
    """A mail with all that was held for a day or a week; `more` says how much else the inbox has."""
    count = len(items) + more
    subject = translator_for(reader).ngettext("%(num)s piece of news for you", "%(num)s pieces of news for you", count)
    words = {"items": items, "more": more, "weekly": weekly}
    stop = links.Stop(reader.id, links.DIGEST)
    return _mail(settings, reader, "digest", subject, words, key=f"{reader.id}:{key}", stop=stop)


@lru_cache(maxsize=64)
def _translator(language: str, zone: str) -> Translator:
    return Translator(language, zone_named(zone))


def translator_for(reader: Addressee) -> Translator:
    """Sentences and times as this person reads them."""
    return _translator(reader.language if reader.language in LANGUAGES else "zh-Hans", reader.zone)


@lru_cache(maxsize=64)
def _environment(language: str, zone: str) -> Environment:
    translator = _translator(language, zone)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(["html"]), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    install: Any = environment
    install.install_gettext_callables(translator.gettext, translator.plural, newstyle=True)
    return environment


def _mail(
    settings: Settings, reader: Addressee, name: str, subject: str, words: dict[str, Any], *, key: str,
    stop: links.Stop,
) -> EmailMessage:  # fmt: skip
    site = settings.public_url
    token = links.sign(settings, stop)
    translator = translator_for(reader)
    values = {
        **words, "lang": translator.language, "brand": settings.brand_name, "accent": settings.brand_accent,
        "inbox_url": f"{site}/inbox", "stop_url": f"{site}/unsubscribe/{token}",
        "choices_url": f"{site}/me/messages", "sent_at": translator.exact(clock.now()),
    }  # fmt: skip
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = plain(subject)[:SUBJECT_CHARACTERS]
    mail["From"] = sender(settings)
    mail["To"] = formataddr((None, reader.email))
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = message_id(settings, key)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["List-Unsubscribe"] = f"<{values['stop_url']}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    environment = _environment(translator.language, reader.zone)
    mail.set_content(environment.get_template(f"email/{name}.txt").render(values))
    mail.add_alternative(environment.get_template(f"email/{name}.html").render(values), subtype="html")
    return mail


def plain(text: str) -> str:
    """One line without control characters: no header can be begun in it, and none is turned around."""
    return " ".join(_CONTROL.sub(" ", text).split())


def sender(settings: Settings) -> str:
    """The From line: as set, or no-reply at the site's own host under the brand's name."""
    name, address = parseaddr(settings.mail_from)
    host = urlsplit(settings.public_url).hostname or "localhost"
    return formataddr((plain(name or settings.brand_name), plain(address) or f"no-reply@{host}"))


def message_id(settings: Settings, key: str) -> str:
    """Stable: the same message to the same person has the same id, however often it must be sent."""
    host = urlsplit(settings.public_url).hostname or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{host}>"
