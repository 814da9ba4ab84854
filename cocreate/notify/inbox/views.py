"""Messages in the reader's language: the wording comes from the module that sent them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cocreate.core.module import Notice
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.models import InboxMessage
from cocreate.web.page import Page

UNKNOWN = Notice(title=N_("Something new for you"), reason=N_("You follow what this is about."))
"""For a message whose sender is no longer installed."""


@dataclass(frozen=True)
class Letter:
    """A message as it is read."""

    id: int
    title: str
    reason: str
    body: str
    url: str
    at: datetime
    unread: bool


class _Values(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return ""


def letter(page: Page, message: InboxMessage) -> Letter:
    """The message in the language of the page's reader."""
    notice = page.renderer.runtime.notices.get(message.notice, UNKNOWN)
    values = _Values({name: _value(page, value) for name, value in message.params.items()})
    return Letter(
        id=message.id or 0,
        title=page.text(notice.title) % values,
        reason=page.text(notice.reason) % values,
        body=page.text(notice.body) % values if notice.body else "",
        url=message.url,
        at=message.created_at,
        unread=message.read_at is None,
    )


def _value(page: Page, value: Any) -> Any:
    if isinstance(value, Mapping) and "msgid" in value:
        return page.text(str(value["msgid"]))
    return value
