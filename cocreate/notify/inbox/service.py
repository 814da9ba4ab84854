"""Telling members something, and noting that they have read it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.db import insert_plain_once
from cocreate.core.errors import NotFound
from cocreate.identity.events import MemberLeft
from cocreate.notify.deliveries.models import Channel, Delivery, State
from cocreate.notify.deliveries.service import planned
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.reach import plans

CHUNK = 500


def tell(
    session: Session,
    member_ids: Iterable[int],
    notice: str,
    *,
    key: str,
    params: Mapping[str, Any] | Mapping[int, Mapping[str, Any]],
    url: str | Mapping[int, str],
    topic: str = "",
    own: Collection[int] = (),
) -> int:
    """Leave one message in each inbox and plan the mail that goes with it; how many inboxes it is new in. Telling the
    same `key` again changes nothing.

    notice: a name from some module's `notices`. params: fill the wording's placeholders, the same for all or by
    member id; a value made by `translated` is put into the reader's language when the message is shown.
    url: where it leads, the same for all or by member id.
    topic: what it is about, such as "post:12", for muting and for the log. own: those for whom it is about their own
    words: they always find it in their inbox, and no digest or cap holds their mail back.
    Members who have left, muted the topic or switched the kind off are passed over; the delivery log says so.
    """
    wanted = sorted(set(member_ids))
    moment, told, words_for = clock.now(), 0, _by_member(params)
    for start in range(0, len(wanted), CHUNK):
        letters: list[dict[str, Any]] = []
        log: list[dict[str, Any]] = []
        chunk = wanted[start : start + CHUNK]
        mine = set(own).intersection(chunk)
        for member_id, plan in plans(session, chunk, notice, topic=topic, own=mine, at=moment):
            about: dict[str, Any] = {
                "member_id": member_id,
                "key": key,
                "notice": notice,
                "topic": topic,
                "own": member_id in mine,
            }
            log.append(planned(Channel.INBOX, plan.inbox, moment, about))
            log.append(planned(Channel.MAIL, plan.mail, moment, about))
            if plan.inbox.state == State.SENT:
                words = {"params": words_for(member_id), "url": url if isinstance(url, str) else url[member_id]}
                letters.append({**about, **words, "created_at": moment, "read_at": None})
        told += insert_plain_once(session, InboxMessage, letters)
        insert_plain_once(session, Delivery, log)
    return told


def told_already(session: Session, member_ids: Sequence[int], key: str) -> set[int]:
    """Those of the members about whom the log says that this was told, or why not."""
    statement = select(Delivery.member_id).where(
        col(Delivery.member_id).in_(member_ids), Delivery.key == key, Delivery.channel == Channel.INBOX
    )
    return {member_id for member_id in session.exec(statement) if member_id is not None}


def translated(message: str, **words: Any) -> dict[str, Any]:
    """A msgid as a value of `params`, translated when the message is shown: `{"stage": translated(LABELS[stage])}`.

    words: fill the placeholders of the msgid itself; they may be translated too.
    """
    return {"msgid": message, "words": words} if words else {"msgid": message}


def reword(session: Session, notices: Collection[str], name: str, value: int, **words: Any) -> int:
    """Put other `words` into the messages of these notices whose number `name` is `value`; how many there were.

    For words that must not be read any more: what a message quotes may be blanked or hidden after it was sent.
    """
    # In a case: other notices may keep something else under this name, that is no number.
    number = sa.case((col(InboxMessage.notice).in_(list(notices)), col(InboxMessage.params)[name].as_integer()))
    found = session.exec(select(InboxMessage).where(number == value)).all()
    for message in found:
        message.params = {**message.params, **words}
        session.add(message)
    return len(found)


def _by_member(params: Mapping[Any, Any]) -> Callable[[int], dict[str, Any]]:
    """The words for one member: each their own, or the same for all."""
    if params and all(isinstance(name, int) for name in params):
        return lambda member_id: dict(params.get(member_id, {}))
    return lambda _: dict(params)


def mark_read(session: Session, message_id: int, *, member_id: int) -> InboxMessage:
    """The member's message, now read; NotFound when it is not theirs."""
    message = session.get(InboxMessage, message_id)
    if message is None or message.member_id != member_id:
        raise NotFound(f"message {message_id}")
    if message.read_at is None:
        message.read_at = clock.now()
        session.add(message)
    return message


def mark_all_read(session: Session, member_id: int) -> int:
    """Everything in the member's inbox is read; how many messages were not."""
    statement = (
        sa.update(InboxMessage)
        .where(col(InboxMessage.member_id) == member_id, col(InboxMessage.read_at).is_(None))
        .values(read_at=clock.now())
    )
    result: Any = session.connection().execute(statement)
    return int(result.rowcount)


def empty_inbox(session: Session, event: MemberLeft) -> None:
    """Forget the messages of somebody who has left: their wording may quote what the person wrote."""
    session.connection().execute(sa.delete(InboxMessage).where(col(InboxMessage.member_id) == event.member_id))
