"""A mail server of our own that keeps what it is given, and a site that sends through it."""

import socket
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlmodel import Session, col, select

from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.notify.deliveries.models import Channel, Delivery
from cocreate.notify.inbox.service import tell

WORDING = Notice("“%(title)s” moves", "Because you wrote #%(post)s", "%(sentence)s", group="stages")


class Mailbox:
    """What an SMTP server was handed; `refuse` answers instead of taking, once per entry."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []
        self.refuse: list[str] = []
        self.refuse_sender = ""
        self.port = 0

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if not self.refuse_sender:
            envelope.mail_from = address
        return self.refuse_sender or "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        if self.refuse:
            return self.refuse.pop(0)
        self.envelopes.append(envelope)
        return "250 taken"

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(one.content, policy=default) for one in self.envelopes]

    @property
    def to(self) -> list[str]:
        return [one.rcpt_tos[0] for one in self.envelopes]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A real SMTP server on a port of its own."""
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def configure(runtime: Runtime) -> Iterator[Callable[..., None]]:
    """`configure(smtp_host=…)`: other settings for this test."""
    before = runtime.settings
    yield lambda **values: setattr(runtime, "settings", runtime.settings.model_copy(update=values))
    runtime.settings = before


@pytest.fixture
def mailing(configure: Callable[..., None], mailbox: Mailbox) -> Mailbox:
    """The site sends mail to the mailbox."""
    configure(
        smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_tls="none",
        mail_from="共创 <hello@brand.example>", url="https://forum.example",
    )  # fmt: skip
    return mailbox


@pytest.fixture
def wording(runtime: Runtime) -> Iterator[None]:
    runtime.notices["test.step"] = WORDING
    yield
    del runtime.notices["test.step"]


@pytest.fixture
def say(runtime: Runtime, wording: None) -> Callable[..., int]:
    """`say(member, key="k", topic="", own=False, **words)`: tell members something."""

    def leave(*members: Any, key: str = "k", topic: str = "item:3", own: bool = False, **words: Any) -> int:
        ids = [member.id for member in members]
        params = {"title": "座椅通风", "post": 12, "sentence": "排进 2.4", **words}
        with runtime.database.write() as session:
            mine = ids if own else ()
            return tell(session, ids, "test.step", key=key, params=params, url="/roadmap/3", topic=topic, own=mine)

    return leave


@pytest.fixture
def logged(runtime: Runtime) -> Callable[..., list[tuple[str, str]]]:
    """`logged(member, channel)`: state and reason of each delivery, the first planned first."""

    def read(member: Any, channel: Channel = Channel.MAIL) -> list[tuple[str, str]]:
        with runtime.database.read() as session:
            return [(row.state.value, row.reason.value) for row in rows(session, member, channel)]

    return read


def rows(session: Session, member: Any, channel: Channel = Channel.MAIL) -> list[Delivery]:
    statement = select(Delivery).where(Delivery.member_id == member.id, Delivery.channel == channel)
    return list(session.exec(statement.order_by(col(Delivery.id))))
