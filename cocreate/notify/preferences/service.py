"""What members choose about their messages: saved, muted, stopped by a link in a mail, forgotten when they leave."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from cocreate.core.db import insert_once
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from cocreate.identity.members.models import Member
from cocreate.notify.groups import GROUPS, OWN, Mode
from cocreate.notify.mail.links import DIGEST, Stop
from cocreate.notify.plan import CAP, QUIET
from cocreate.notify.preferences.forms import ChoicesForm
from cocreate.notify.preferences.models import MessageChoice, MessageHours, MutedTopic
from cocreate.notify.topics import mutable


class UnknownTopic(Invalid):
    code = "unknown_topic"
    message = N_("There is nothing of this name that could be muted.")


def choices(session: Session, member_id: int) -> dict[str, Mode]:
    """How each group of messages reaches the member, by group."""
    rows = session.exec(select(MessageChoice).where(MessageChoice.member_id == member_id)).all()
    chosen = {row.group: row.mode for row in rows}
    return {name: chosen.get(name, group.default) for name, group in GROUPS.items()}


def hours(session: Session, member_id: int) -> MessageHours:
    """The member's quiet hours and cap, or what holds for everybody."""
    found = session.get(MessageHours, member_id)
    return found or MessageHours(member_id=member_id, quiet_from=QUIET[0], quiet_to=QUIET[1], cap=CAP)


def save_choices(session: Session, member: Member, form: ChoicesForm) -> None:
    """Keep what the member chose on the page; groups that the form leaves out stay as they are."""
    for name in GROUPS:
        mode = getattr(form, name)
        if mode is not None:
            choose(session, member.id or 0, name, mode)
    times = {"quiet_from": form.quiet_from, "quiet_to": form.quiet_to, "cap": form.cap}
    _put(session, MessageHours(member_id=member.id or 0, **times), times)
    member.language, member.timezone = form.language or None, form.timezone or None
    session.add(member)


def choose(session: Session, member_id: int, group: str, mode: Mode, *, unsubscribed: bool = False) -> None:
    """Have this group come so from now on."""
    values: dict[str, Any] = {"mode": mode, "unsubscribed": unsubscribed}
    _put(session, MessageChoice(member_id=member_id, group=group, **values), values)


def stop_mails(session: Session, stop: Stop) -> None:
    """Do what the link in a mail promised: its group, or all groups that come in digests, keep to the inbox."""
    if stop.group == DIGEST:
        held = choices(session, stop.member_id)
        groups = [name for name, mode in held.items() if mode in (Mode.DAILY, Mode.WEEKLY) and name != OWN]
    else:
        groups = [stop.group] if stop.group in GROUPS else []
    for group in groups:
        choose(session, stop.member_id, group, Mode.INBOX, unsubscribed=True)


def mute(session: Session, member_id: int, topic: str) -> None:
    """Say nothing more to the member about this; UnknownTopic for what is no topic. Twice is once."""
    if not mutable(topic):
        raise UnknownTopic(topic[:60])
    insert_once(session, MutedTopic(member_id=member_id, topic=topic))


def unmute(session: Session, member_id: int, topic: str) -> None:
    """Tell the member about this again."""
    session.connection().execute(
        sa.delete(MutedTopic).where(col(MutedTopic.member_id) == member_id, col(MutedTopic.topic) == topic)
    )


def muted(session: Session, member_id: int, topics: Iterable[str] | None = None) -> list[str]:
    """Which of these topics, or all, the member mutes, the newest first."""
    statement = select(MutedTopic.topic).where(MutedTopic.member_id == member_id)
    if topics is not None:
        statement = statement.where(col(MutedTopic.topic).in_(list(topics)))
    return list(session.exec(statement.order_by(col(MutedTopic.id).desc())))


def forget_choices(session: Session, event: MemberLeft) -> None:
    """Nothing is kept of what somebody chose who has left."""
    for table in (MessageChoice, MessageHours, MutedTopic):
        owner: Any = table.member_id
        session.connection().execute(sa.delete(table).where(owner == event.member_id))


def _put(session: Session, row: SQLModel, values: dict[str, Any]) -> None:
    """Write the row, or these values into the one that has its key."""
    if insert_once(session, row):
        return
    table: Any = type(row)
    key = [column == getattr(row, column.key) for column in table.__table__.primary_key.columns]
    session.connection().execute(sa.update(table).where(*key).values(**values))
    session.expire_all()
