"""Who would get a message, and by which way: the same rule that telling uses, for previews. Writes nothing."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cocreate.core import clock
from cocreate.core.runtime import runtime_of
from cocreate.core.tables import columns
from cocreate.identity.members.models import Member
from cocreate.notify.deliveries.models import Channel, Delivery, State
from cocreate.notify.groups import FALLBACK, OWN, group_named
from cocreate.notify.plan import CAP, QUIET, Plan, Reader, decide
from cocreate.notify.preferences.models import MessageChoice, MessageHours, MutedTopic

CHUNK = 5000
"""Ids that one statement names."""


@dataclass(frozen=True)
class Reach:
    """What telling would do. total: people. channels: how many hear of it by each way, mails of a digest among them.
    later: for how many a mail waits, by reason ("quiet", "digest", "cap"). skipped: how many do not even get it into
    their inbox, or get no mail, by "channel:reason".
    """

    total: int = 0
    channels: dict[str, int] = field(default_factory=dict)
    later: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class House:
    """What the rule has to know of the site."""

    mail_on: bool
    zone: str
    groups: dict[str, str]

    def group(self, notice: str) -> str:
        return self.groups.get(notice, FALLBACK)


def house_of(session: Session) -> House:
    """The site that the session belongs to."""
    runtime = runtime_of(session)
    if runtime is None:
        return House(False, "Asia/Shanghai", {})
    groups = {name: group_named(notice.group) for name, notice in runtime.notices.items()}
    return House(bool(runtime.settings.smtp_host), runtime.settings.timezone, groups)


def reach(
    session: Session,
    member_ids: Iterable[int],
    notice: str,
    *,
    topic: str = "",
    own: Collection[int] = (),
    at: datetime | None = None,
) -> Reach:
    """What `tell` would do with these members at that moment, or now: how many by which way, later, or not and why."""
    wanted = sorted(set(member_ids))
    channels: Counter[str] = Counter()
    later: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for _, plan in plans(session, wanted, notice, topic=topic, own=own, at=at, count=True):
        for channel, outcome in ((Channel.INBOX, plan.inbox), (Channel.MAIL, plan.mail)):
            if outcome.state == State.SKIPPED:
                skipped[f"{channel.value}:{outcome.reason.value}"] += 1
            else:
                channels[channel.value] += 1
                if outcome.reason:
                    later[outcome.reason.value] += 1
    return Reach(len(wanted), dict(channels), dict(later), dict(skipped))


def plans(
    session: Session,
    member_ids: Sequence[int],
    notice: str,
    *,
    topic: str = "",
    own: Collection[int] = (),
    at: datetime | None = None,
    count: bool = False,
) -> Iterator[tuple[int, Plan]]:
    """For each member that exists what the rule says. count: also ask how many mails they had lately; whoever sends
    asks again anyway."""
    house, moment, mine = house_of(session), at or clock.now(), set(own)
    group = house.group(notice)
    mine |= set(member_ids) if group == OWN else set()
    for start in range(0, len(member_ids), CHUNK):
        chunk = member_ids[start : start + CHUNK]
        counted = mails_lately(session, chunk, moment) if count else {}
        for reader in readers(session, chunk, group, topic, own=mine, lately=counted):
            yield (
                reader.id,
                decide(reader, group, own=reader.id in mine, moment=moment, mail_on=house.mail_on, site=house.zone),
            )


def readers(
    session: Session,
    member_ids: Sequence[int],
    group: str,
    topic: str,
    *,
    own: Collection[int] = (),
    lately: dict[int, int] | None = None,
) -> Iterator[Reader]:
    """What decides about a message of this group and topic, for each member: one statement."""
    choice, mine = aliased(MessageChoice), aliased(MessageChoice)
    statement = (
        columns(
            Member.id, Member.email, Member.deleted_at, Member.suspended_at, Member.timezone,
            choice.mode, choice.unsubscribed, mine.mode, mine.unsubscribed,
            MessageHours.quiet_from, MessageHours.quiet_to, MessageHours.cap, MutedTopic.id,
        )
        .outerjoin(choice, sa.and_(col(choice.member_id) == Member.id, col(choice.group) == group))
        .outerjoin(mine, sa.and_(col(mine.member_id) == Member.id, col(mine.group) == OWN))
        .outerjoin(MessageHours, col(MessageHours.member_id) == Member.id)
        .outerjoin(MutedTopic, sa.and_(col(MutedTopic.member_id) == Member.id, col(MutedTopic.topic) == topic))
        .where(col(Member.id).in_(member_ids))
        .order_by(col(Member.id))
    )  # fmt: skip
    for row in session.exec(statement):
        yield _reader(row, own=row[0] in own, lately=(lately or {}).get(row[0], 0))


def _reader(row: Any, *, own: bool, lately: int) -> Reader:
    mode, unsubscribed = (row[7], row[8]) if own else (row[5], row[6])
    return Reader(
        id=row[0], address=bool(row[1]), left=row[2] is not None, suspended=row[3] is not None, zone=row[4],
        mode=mode, unsubscribed=bool(unsubscribed), muted=row[12] is not None,
        quiet=QUIET if row[9] is None else (row[9], row[10]), cap=CAP if row[11] is None else row[11], lately=lately,
    )  # fmt: skip


def mails_lately(session: Session, member_ids: Sequence[int], moment: datetime) -> dict[int, int]:
    """Mails of their own, not digests, that these members were sent within the 24 hours before the moment."""
    statement = (
        columns(Delivery.member_id, sa.func.count())
        .where(
            col(Delivery.member_id).in_(member_ids), Delivery.channel == Channel.MAIL, Delivery.state == State.SENT,
            Delivery.bundle == "", col(Delivery.ended_at) > moment - timedelta(days=1),
        )
        .group_by(col(Delivery.member_id))
    )  # fmt: skip
    return dict(session.exec(statement).all())
