"""The question on a phone, and the round as product managers see it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlmodel import select

from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.queries import cars
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page
from forum import api as forum
from roadmap.followup import queries, service
from roadmap.followup.forms import ReplyForm, SettingForm
from roadmap.followup.models import Outcome
from roadmap.followup.rules import PUBLIC_FROM, REPLY_LABELS
from roadmap.items.models import ItemStage, ItemStatus, RoadmapItem
from roadmap.items.queries import get_item
from roadmap.links.models import ItemPost

router = APIRouter(include_in_schema=False)
ANSWER, EDIT = [allow("followup.answer")], [allow("roadmap.edit")]
BoundReply = Annotated[BoundForm[ReplyForm], Depends(bind(ReplyForm))]
BoundSetting = Annotated[BoundForm[SettingForm], Depends(bind(SettingForm))]


@router.get("/followups/{round_id}", dependencies=ANSWER)
def show_followup(round_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """Did it fix it? The one question, with three answers."""
    return _question(page, db, round_id, None)


@router.post("/followups/{round_id}", dependencies=ANSWER)
def reply_followup(round_id: RowId, form: BoundReply, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Reply, or reply anew while the round is open."""
    if form.value is None:
        queries.get_ask(db, round_id, actor.member_id)
        return _question(page, db, round_id, form, status=422)
    service.reply(db, round_id, form.value, by=actor)
    page.flash(N_("Thank you. Your reply counts."), level="success")
    return page.redirect("show_followup", round_id=round_id)


@router.get("/roadmap/{item_id}/followup", dependencies=EDIT)
def show_item_followup(item_id: RowId, db: ReadDb, page: CurrentPage) -> Response:
    """The round of an item: replies, reasons, and the numbers for the next one."""
    item = get_item(db, item_id, page.actor)
    known = queries.setting(db, item_id)
    values = {name: getattr(known, name) for name in ("days", "threshold", "least", "sample")}
    return _staff_page(page, db, item, BoundForm.blank(**values, asks="1" if known.asks else ""))


@router.post("/roadmap/{item_id}/followup", dependencies=EDIT)
def set_item_followup(item_id: RowId, form: BoundSetting, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """When to ask, whom, and from when on it counts."""
    item = get_item(db, item_id, page.actor)
    if form.value is None:
        return _staff_page(page, db, item, form, status=422)
    service.save_setting(db, item_id, form.value, by=actor)
    page.flash(N_("Saved. It holds for the next round."), level="success")
    return page.redirect("show_item_followup", item_id=item_id)


def _question(
    page: Page, db: ReadDb, round_id: int, form: BoundForm[ReplyForm] | None, *, status: int = 200
) -> Response:
    row, ask = queries.get_ask(db, round_id, page.actor.member_id)
    item = db.get_one(RoadmapItem, row.item_id)
    behind = db.exec(select(ItemPost.post_id).where(ItemPost.item_id == row.item_id)).all()
    mine = forum.people_behind(db, behind).members.get(page.actor.member_id, [])
    cards = forum.post_cards(db, mine[:1], actor=page.actor)
    return page.render(
        "roadmap/followup/question.html", status=status, row=row, ask=ask, item=item, form=form,
        said=next(iter(cards.values()), None), car=cars(db, [ask.vehicle_id]).get(ask.vehicle_id or 0),
        labels=REPLY_LABELS, over=row.outcome is Outcome.REOPENED, seen=item.shown,
    )  # fmt: skip


def _staff_page(
    page: Page, db: ReadDb, item: RoadmapItem, form: BoundForm[SettingForm], *, status: int = 200
) -> Response:
    item_id = item.id or 0
    row = queries.rounds_of(db, [item_id]).get(item_id)
    tally = queries.tallies(db, [row.id or 0])[row.id or 0] if row else None
    return page.render(
        "roadmap/followup/round.html", status=status, item=item, row=row, tally=tally, form=form,
        reasons=queries.reasons(db, row.id or 0) if row else [], labels=REPLY_LABELS, public_from=PUBLIC_FROM,
        confirmable=item.status is ItemStatus.SHIPPED and item.stage is not ItemStage.VERIFIED,
    )  # fmt: skip
