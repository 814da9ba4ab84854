"""Replying, judging what the replies say, and what follows: a suggestion to confirm the item, or its reopening."""

from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor, Role
from cocreate.core.errors import Conflict
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from cocreate.identity.members.queries import people, staff
from cocreate.notify.inbox.service import tell
from cocreate.points.service import award
from cocreate.web.i18n import catalogue
from feedback_cluster import api as cluster
from forum import api as forum
from roadmap.credit.rules import ANSWERED
from roadmap.followup import queries, rules
from roadmap.followup.forms import ReplyForm, SettingForm
from roadmap.followup.models import FollowUp, FollowUpAsk, FollowUpSetting, Outcome, Reply
from roadmap.items import service as items
from roadmap.items.models import ItemStage, ItemStatus, RoadmapItem
from roadmap.links import service as links

NOBODY = Actor()
"""Who acts when owners' replies alone move an item."""
CHANNEL = "followup"
GATHER = "roadmap.gather_reasons"
VOICES = 20
"""Reasons that become voices in one transaction: each is cut into words while nobody else writes."""
THEME_NAME = N_("Not solved: %(item)s")
REOPENED = N_(
    "Of %(replies)s owners who have it, %(percent)s %% call it solved. That is not enough: we take it up again and "
    "look at your reasons."
)
CONFIRMED = N_("Of %(replies)s owners who have it, %(percent)s %% call it solved.")


class RoundOver(Conflict):
    code = "round_over"
    message = N_("Thank you. The brand has taken this up again already; your earlier reply counts.")


def reply(session: Session, round_id: int, form: ReplyForm, *, by: Actor) -> FollowUpAsk:
    """The member's reply; while the round is open a later one replaces it."""
    row, ask = queries.get_ask(session, round_id, by.member_id)
    if row.outcome is Outcome.REOPENED:
        raise RoundOver(f"follow-up {round_id}")
    ask.reply, ask.why, ask.replied_at = form.reply, form.why.strip(), clock.now()
    session.add(ask)
    session.flush()
    award(session, by.member_id, ANSWERED, key=f"followup:{round_id}", about=f"item:{row.item_id}")
    outbox.enqueue(session, "roadmap.judge_followup", round_id=round_id)
    return ask


def judge_followup(runtime: Runtime, *, round_id: int) -> None:
    """Job: look at the replies and draw the consequence, in one transaction; each consequence once. The reasons follow
    by a job of their own."""
    settings = runtime.settings
    words = catalogue(settings.language)
    with runtime.database.write() as session:
        row = _held(session, round_id)
        if row is None or row.outcome is Outcome.REOPENED:
            return
        item = session.get_one(RoadmapItem, row.item_id)
        tally = queries.tallies(session, [round_id])[round_id]
        verdict = rules.solved(tally, threshold=row.threshold, least=row.least)
        if item.status is not ItemStatus.SHIPPED or item.release_id != row.release_id or verdict is None:
            return
        said = {"replies": tally.replies, "percent": tally.percent}
        if not verdict:
            _mark(session, row, Outcome.REOPENED)
            sentence = words.gettext(REOPENED) % said
            items.change_stage(session, item, stage=ItemStage.STUDIED, sentence=sentence, by=NOBODY)
            outbox.enqueue(session, GATHER, round_id=round_id)
            _tell_staff(session, row, item, "followup.reopened", said)
        elif row.outcome is None:
            _mark(session, row, Outcome.SOLVED)
            if settings.followup_automatic and item.stage is not ItemStage.VERIFIED:
                confirm(session, item, words.gettext(CONFIRMED) % said, by=NOBODY)
            else:
                _tell_staff(session, row, item, "followup.solved", said)


def confirm(session: Session, item: RoadmapItem, sentence: str, *, by: Actor) -> None:
    """Owners say that it is solved: the last stage."""
    items.change_stage(
        session, item, stage=ItemStage.VERIFIED, sentence=sentence, release_id=item.release_id, by=by
    )  # fmt: skip


def save_setting(session: Session, item_id: int, form: SettingForm, *, by: Actor) -> None:
    """Numbers for the item's next round; one that has begun keeps its own."""
    row = session.get(FollowUpSetting, item_id) or queries.setting(session, item_id)
    for name, value in form.model_dump().items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    audit.record(session, by, "followup.setting", "roadmap_item", item_id, **form.model_dump())


def forget_replies(session: Session, event: MemberLeft) -> None:
    """What somebody wrote goes with them, and they are not asked any more; their reply stays a number."""
    execute = session.connection().execute
    mine = col(FollowUpAsk.member_id) == event.member_id
    execute(sa.update(FollowUpAsk).where(mine).values(why=""))
    execute(sa.delete(FollowUpAsk).where(mine, col(FollowUpAsk.asked_at).is_(None)))


def _held(session: Session, round_id: int) -> FollowUp | None:
    """The round as it stands, held until the transaction ends, so that two judgements come one after the other."""
    session.connection().execute(
        sa.update(FollowUp).where(col(FollowUp.id) == round_id).values(item_id=col(FollowUp.item_id))
    )
    return session.get(FollowUp, round_id, populate_existing=True)


def _mark(session: Session, row: FollowUp, outcome: Outcome) -> None:
    row.outcome, row.outcome_at = outcome, clock.now()
    session.add(row)
    session.flush()


def gather_reasons(runtime: Runtime, *, round_id: int) -> None:
    """Job: the reasons become voices for colleagues alone, a few in each transaction so that others can write, and at
    last a theme of their own that the item answers. Begun again it goes on where it was."""
    settings = runtime.settings
    while True:
        with runtime.database.write() as session:
            row = _held(session, round_id)
            if row is None or row.theme_id is not None:
                return
            if not _voice_some(session, row):
                _found_theme(session, row, catalogue(settings.language).gettext(THEME_NAME), settings.zone)
                return


def _reasons(row: FollowUp) -> Any:
    return (
        select(FollowUpAsk)
        .where(FollowUpAsk.round_id == row.id, FollowUpAsk.why != "", col(FollowUpAsk.reply) != Reply.YES)
        .order_by(col(FollowUpAsk.id))
    )


def _voice_some(session: Session, row: FollowUp) -> int:
    """Make voices of some reasons that are none yet; how many."""
    asks = session.exec(_reasons(row).where(col(FollowUpAsk.post_id).is_(None)).limit(VOICES)).all()
    names = people(session, [ask.member_id for ask in asks])
    for ask in asks:
        author = Actor(id=ask.member_id, name=names[ask.member_id].name)
        ask.post_id = forum.add_private_voice(session, ask.why, author=author, channel=CHANNEL)
        session.add(ask)
    session.flush()
    return len(asks)


def _found_theme(session: Session, row: FollowUp, name: str, zone: ZoneInfo) -> None:
    ids = [ask.post_id for ask in session.exec(_reasons(row)) if ask.post_id is not None]
    if not ids:
        return
    item = session.get_one(RoadmapItem, row.item_id)
    row.theme_id = cluster.found_theme(session, (name % {"item": item.title})[:80], ids, by=NOBODY, zone=zone)
    session.add(row)
    session.flush()
    links.link_theme(session, item, row.theme_id, by=NOBODY)


def _tell_staff(session: Session, row: FollowUp, item: RoadmapItem, notice: str, said: dict[str, int]) -> None:
    tell(
        session, [person.id for person in staff(session, Role.PM)], notice, key=f"{notice}:{row.id}",
        params={"item": item.title, **said}, url=f"/roadmap/{item.id}/followup", topic=f"item:{item.id}",
    )  # fmt: skip
