"""Messages in the reader's language: the wording comes from the module that sent them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cocreate.core.module import Notice
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.topics import mutable
from cocreate.web.i18n import Translator
from cocreate.web.page import Page

UNKNOWN = Notice(title=N_("Something new for you"), reason=N_("You follow what this is about."))
"""For a message whose sender is no longer installed."""


@dataclass(frozen=True)
class Wording:
    """What a message says. quote: the reader's own words that it is about. aside: what it means for their car."""

    title: str
    reason: str
    body: str = ""
    quote: str = ""
    aside: str = ""


@dataclass(frozen=True)
class Letter(Wording):
    """A message as it is read."""

    id: int = 0
    url: str = ""
    at: datetime | None = None
    unread: bool = False
    topic: str = ""
    """What it is about, where that can be muted."""
    muted: bool = False


class _Values(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return ""


def letter(page: Page, message: InboxMessage, *, muted: bool = False) -> Letter:
    """The message in the language of the page's reader. muted: whether they mute what it is about."""
    said = worded(page.renderer.runtime.notices, page.translator, message.notice, message.params)
    return Letter(
        **vars(said), id=message.id or 0, url=message.url, at=message.created_at, unread=message.read_at is None,
        topic=message.topic if mutable(message.topic) else "", muted=muted,
    )  # fmt: skip


def worded(notices: Mapping[str, Notice], translator: Translator, name: str, params: Mapping[str, Any]) -> Wording:
    """The words of a notice in one language, its gaps filled. `quote` and `aside` among the params stand for
    themselves."""
    notice = notices.get(name, UNKNOWN)
    values = _Values({key: _value(translator, value) for key, value in params.items()})
    return Wording(
        title=translator.gettext(notice.title) % values,
        reason=translator.gettext(notice.reason) % values,
        body=translator.gettext(notice.body) % values if notice.body else "",
        quote=str(values["quote"]),
        aside=str(values["aside"]),
    )


def _value(translator: Translator, value: Any) -> Any:
    if isinstance(value, Mapping) and "msgid" in value:
        text = translator.gettext(str(value["msgid"]))
        words = value.get("words")
        return text % _Values({key: _value(translator, word) for key, word in words.items()}) if words else text
    return value
