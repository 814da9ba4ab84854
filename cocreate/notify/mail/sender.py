"""Sends the mails that are due, one by one: a thread beside the worker.

A mail is taken with a lease, handed to the server, and only then noted as sent. Whoever is killed in between leaves one
mail that is sent again, with the same Message-ID; no other is repeated, and none is lost.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.deliveries.models import OPEN, Channel, Delivery, DeliveryStep, Reason, State
from cocreate.notify.deliveries.service import failed, settle
from cocreate.notify.groups import OWN
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.views import worded
from cocreate.notify.mail import links
from cocreate.notify.mail.compose import Addressee, Item, digest, single, translator_for
from cocreate.notify.mail.server import MailServer, Refused, Unreachable
from cocreate.notify.plan import WEEKLY, Outcome, after_quiet, decide
from cocreate.notify.reach import House, house_of, mails_lately, readers

log = logging.getLogger("cocreate.mail")
LEASE = timedelta(minutes=2)
PAUSE_SECONDS, TROUBLE_SECONDS = 1.0, 30.0
DIGEST_ITEMS = 30
CHUNK = 500


@dataclass(frozen=True)
class Taken:
    """Deliveries that one mail is to carry, now in our hands. first: that by which a digest is known: what was taken
    before and may have left, else the oldest part; later parts join it without making it another mail."""

    ids: list[int]
    member_id: int
    first: int = 0


@dataclass
class Ready:
    """What came of looking at them again: a mail with those that go into it, and what becomes of the others."""

    mail: EmailMessage | None = None
    to: str = ""
    ids: list[int] = field(default_factory=list)
    others: list[tuple[int, Outcome]] = field(default_factory=list)


def run(runtime: Runtime, over: threading.Event) -> None:
    """Background: send what is due until `over`; without a mail server say of everything owed that it is not sent."""
    if not runtime.settings.smtp_host:
        give_up_all(runtime)
        return
    if runtime.database.is_sqlite:
        release_all(runtime)
    pause = PAUSE_SECONDS
    while not over.wait(pause):
        pause = PAUSE_SECONDS
        try:
            deliver(runtime, over)
        except Unreachable as error:
            log.warning("the mail server cannot be used: %s", error)
            pause = TROUBLE_SECONDS
        except Exception:
            log.exception("mails were not sent")
            pause = TROUBLE_SECONDS


def deliver(runtime: Runtime, over: threading.Event | None = None) -> int:
    """Send all that is due now; how many mails left. Raises Unreachable when the server cannot be used."""
    server, sent = MailServer(runtime.settings), 0
    try:
        while over is None or not over.is_set():
            with runtime.database.write() as session:
                taken = take(session)
            if taken is None:
                break
            sent += _deliver(runtime, server, taken)
    finally:
        server.close()
    return sent


def _deliver(runtime: Runtime, server: MailServer, taken: Taken) -> int:
    try:
        with runtime.database.read() as session:
            ready = prepare(runtime, session, taken)
        if ready.mail is not None:
            server.send(ready.mail, ready.to)
    except Unreachable as error:
        _note_failure(runtime, taken.ids, Reason.UNREACHABLE, str(error))
        raise
    except Refused as error:
        _note_failure(runtime, taken.ids, Reason.REFUSED, str(error), final=error.final)
        return 0
    except Exception as error:  # one mail that cannot be put together must not hold up the others
        log.exception("deliveries %s could not be sent", taken.ids)
        _note_failure(runtime, taken.ids, Reason.REFUSED, type(error).__name__)
        return 0
    with runtime.database.write() as session:
        settle(session, ready.ids, State.SENT)
        for delivery_id, outcome in ready.others:
            settle(session, [delivery_id], outcome.state, outcome.reason, due_at=outcome.due_at, bundle=outcome.bundle)
    return int(ready.mail is not None)


def take(session: Session) -> Taken | None:
    """The oldest due mail, or all due parts of a digest, now held by us for one lease; None when nothing is due.

    One UPDATE takes them: of two processes that want the same, the second finds them no longer due.
    """
    moment = clock.now()
    due: Sequence[Any] = (
        Delivery.channel == Channel.MAIL,
        col(Delivery.state).in_(OPEN),
        col(Delivery.ended_at).is_(None),  # the same once more: the index of what is owed goes by it
        col(Delivery.due_at) <= moment,
    )
    first = session.exec(select(Delivery).where(*due).order_by(col(Delivery.due_at), col(Delivery.id)).limit(1)).first()
    if first is None:
        return None
    which: Sequence[Any] = [col(Delivery.id) == first.id]
    if first.bundle:
        which = [col(Delivery.member_id) == first.member_id, col(Delivery.bundle) == first.bundle]
    tried = select(Delivery.id, Delivery.state).where(*due, *which, col(Delivery.attempts) > 0)
    before = {one or 0: state for one, state in session.exec(tried)}
    statement = (
        sa.update(Delivery)
        .where(*due, *which)
        .values(state=State.SENDING, due_at=moment + LEASE, attempts=col(Delivery.attempts) + 1)
        .returning(col(Delivery.id))
        .execution_options(synchronize_session=False)
    )
    ids = sorted(row[0] or 0 for row in session.connection().execute(statement))
    known = before.keys() & set(ids)
    for delivery_id in sorted(known):
        if before[delivery_id] == State.SENDING:
            session.add(DeliveryStep(delivery_id=delivery_id, state=State.SENDING, reason=Reason.AGAIN))
    return Taken(ids, first.member_id or 0, min(known or ids, default=0))


def prepare(runtime: Runtime, session: Session, taken: Taken) -> Ready:
    """Look at the deliveries once more, as the reader wants it now, and put the mail together."""
    rows = session.exec(select(Delivery).where(col(Delivery.id).in_(taken.ids)).order_by(col(Delivery.id))).all()
    member = session.get_one(Member, taken.member_id)
    keys = [row.key for row in rows]
    inbox = select(InboxMessage).where(InboxMessage.member_id == member.id, col(InboxMessage.key).in_(keys))
    messages = {message.key: message for message in session.exec(inbox)}
    house, ready, kept = house_of(session), Ready(), list[tuple[Delivery, InboxMessage]]()
    for row in rows:
        message = messages.get(row.key)
        other = _otherwise(session, house, row, message)
        if other is None and message is not None:
            kept.append((row, message))
        else:
            ready.others.append((row.id or 0, other or Outcome(State.SKIPPED, Reason.GONE)))
    if kept:
        ready.ids, ready.to = [row.id or 0 for row, _ in kept], member.email or ""
        ready.mail = _compose(runtime, house, member, kept, taken.first)
    return ready


def _otherwise(session: Session, house: House, row: Delivery, message: InboxMessage | None) -> Outcome | None:
    """What becomes of a delivery that is not to be sent now; None when it is."""
    moment, group = clock.now(), OWN if row.own else house.group(row.notice)
    member_id = row.member_id or 0
    lately = {} if row.own or row.bundle else mails_lately(session, [member_id], moment)
    own = {member_id} if row.own else set()
    [reader] = readers(session, [member_id], group, row.topic, own=own, lately=lately)
    plan = decide(reader, group, own=row.own, moment=moment, mail_on=house.mail_on, site=house.zone)
    if plan.mail.state == State.SKIPPED:
        return plan.mail
    if message is None:
        return Outcome(State.SKIPPED, Reason.GONE)
    if row.bundle:
        if message.read_at is not None:
            return Outcome(State.SKIPPED, Reason.READ, bundle=row.bundle)
        due = after_quiet(moment, reader.zone or house.zone, reader.quiet)
        return Outcome(State.PLANNED, Reason.DIGEST, due, row.bundle) if due > moment else None
    return plan.mail if plan.mail.bundle or (plan.mail.due_at or moment) > moment else None


def _compose(
    runtime: Runtime, house: House, member: Member, kept: Sequence[tuple[Delivery, InboxMessage]], number: int
) -> EmailMessage:
    settings = runtime.settings
    reader = Addressee(
        member.id or 0, member.email or "", member.name, member.language or settings.language,
        member.timezone or settings.timezone,
    )  # fmt: skip
    translator = translator_for(reader)
    items = [
        Item(worded(runtime.notices, translator, message.notice, message.params), settings.public_url + message.url)
        for _, message in kept
    ]
    first = kept[0][0]
    if not first.bundle:
        stop = links.Stop(reader.id, OWN if first.own else house.group(first.notice), first.topic)
        return single(settings, reader, items[0], key=first.key, stop=stop)
    shown, more = items[:DIGEST_ITEMS], max(0, len(items) - DIGEST_ITEMS)
    return digest(settings, reader, shown, more=more, key=f"digest:{number}", weekly=first.bundle == WEEKLY)


def _note_failure(runtime: Runtime, ids: list[int], reason: Reason, detail: str, *, final: bool = False) -> None:
    with runtime.database.write() as session:
        if final:
            settle(session, ids, State.PARKED, reason, detail=detail)
            return
        for row in session.exec(select(Delivery).where(col(Delivery.id).in_(ids))).all():
            failed(session, row, reason, detail)


def release_all(runtime: Runtime) -> None:
    """What a killed process held is due at once; only for the sole sender of a database, at its start."""
    with runtime.database.write() as session:
        _release(session, clock.now())


def _release(session: Session, moment: datetime) -> None:
    held: Sequence[Any] = (Delivery.channel == Channel.MAIL, Delivery.state == State.SENDING)
    session.connection().execute(sa.update(Delivery).where(*held).values(due_at=moment))


def give_up_all(runtime: Runtime) -> int:
    """Note of every mail still owed that it is not sent, because none can be; how many. Old news is not sent when a
    mail server is set up one day."""
    total = 0
    while True:
        with runtime.database.write() as session:
            owed = select(Delivery.id).where(Delivery.channel == Channel.MAIL, col(Delivery.ended_at).is_(None))
            ids = [one or 0 for one in session.exec(owed.limit(CHUNK))]
            total += settle(session, ids, State.SKIPPED, Reason.NOT_SET_UP)
        if len(ids) < CHUNK:
            return total
