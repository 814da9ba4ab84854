"""Pages of announcements: everybody reads what was published; staff write, check, approve and publish."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from sqlmodel import Session, col, select

from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.identity.vehicles.queries import known_models
from cocreate.notify.reach import reach
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm
from cocreate.web.page import CurrentPage, Page
from roadmap.fairness import queries, service, telling
from roadmap.fairness.counting import checked, counted_at, few_cars, groups_of
from roadmap.fairness.fleet import cars_for
from roadmap.fairness.forms import GROUPS, BoundAnnouncement, shown
from roadmap.fairness.models import Announcement, AnnouncementEvent
from roadmap.fairness.rules import Car, Group, best_group
from roadmap.fairness.words import (
    ACT_LABELS,
    KIND_LABELS,
    STATE_LABELS,
    STATE_PILLS,
    conditions,
    sentence,
)

router = APIRouter(include_in_schema=False)
READ = [allow("roadmap.read")]
EDIT = [allow("roadmap.edit")]


@router.get("/announcements", dependencies=READ)
def show_announcements(page: CurrentPage, db: ReadDb, cursor: Annotated[str | None, Query()] = None) -> Response:
    """What was announced, newest first; above its first page, for staff, what is being prepared."""
    found = queries.published(db, cursor=cursor)
    return page.render(
        "roadmap/fairness/list.html",
        block="rows" if cursor else None,
        public=True,
        published=found.items,
        prepared=queries.prepared(db) if page.actor.can("roadmap.edit") and not cursor else [],
        next_url=page.url("show_announcements", query={"cursor": found.next_cursor}) if found.next_cursor else None,
        **_words(page),
    )


@router.get("/announcements/new", dependencies=EDIT)
def new_announcement(page: CurrentPage, db: ReadDb) -> Response:
    return _form(page, db, BoundForm.blank(kind="benefit", tell_others="1"))


@router.post("/announcements", dependencies=EDIT)
def add_announcement(form: BoundAnnouncement, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    if form.value is None:
        return _form(page, db, form, status=422)
    row = service.write(db, form.value.draft, by=actor)
    page.flash(N_("Written. Nobody outside sees it before a second person has approved it."), level="success")
    return page.redirect("show_announcement", announcement_id=row.id)


@router.get("/announcements/{announcement_id}", dependencies=READ)
def show_announcement(announcement_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """What is announced and what it means for the reader's cars; for staff, who gains less and what is missing."""
    return _page(page, db, service.get_announcement(db, announcement_id, page.actor))


@router.get("/announcements/{announcement_id}/edit", dependencies=EDIT)
def edit_announcement(announcement_id: RowId, page: CurrentPage, actor: CurrentActor, db: ReadDb) -> Response:
    row = service.get_announcement(db, announcement_id, actor)
    draft = service.Draft(
        row.kind, row.title, row.text, tuple(groups_of(db, row)), row.answer, row.tell_others
    )  # fmt: skip
    return _form(page, db, BoundForm.blank(**shown(draft), seen=row.edits), row=row)


@router.post("/announcements/{announcement_id}/edit", dependencies=EDIT)
def save_announcement(
    announcement_id: RowId, form: BoundAnnouncement, page: CurrentPage, actor: CurrentActor, db: Db
) -> Response:
    row = service.get_announcement(db, announcement_id, actor)
    if form.value is None:
        return _form(page, db, form, row=row, status=422)
    service.edit(db, row, form.value.draft, by=actor, seen=form.value.seen)
    page.flash(N_("Saved. It needs the approval of a second person."), level="success")
    return page.redirect("show_announcement", announcement_id=announcement_id)


@router.post("/announcements/{announcement_id}/approve", dependencies=EDIT)
def approve_announcement(announcement_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    row = service.get_announcement(db, announcement_id, actor)
    try:
        service.approve(db, row, by=actor)
    except Invalid as problem:
        return _page(page, db, row, problem=problem, status=422)
    page.flash(N_("Approved, exactly as it stands here."), level="success")
    return page.redirect("show_announcement", announcement_id=announcement_id)


@router.post("/announcements/{announcement_id}/publish", dependencies=EDIT)
def publish_announcement(announcement_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    row = service.get_announcement(db, announcement_id, actor)
    try:
        service.publish(db, row, by=actor)
    except Invalid as problem:
        return _page(page, db, row, problem=problem, status=422)
    page.flash(N_("Published. Those whom it concerns are being told."), level="success")
    return page.redirect("show_announcement", announcement_id=announcement_id)


@router.post("/announcements/{announcement_id}/withdraw", dependencies=EDIT)
def withdraw_announcement(
    announcement_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db, reason: Annotated[str, Form()] = ""
) -> Response:
    row = service.get_announcement(db, announcement_id, actor)
    try:
        service.withdraw(db, row, reason=reason, by=actor)
    except Invalid as problem:
        return _page(page, db, row, problem=problem, status=422)
    page.flash(N_("Withdrawn. It stays readable with the reason above it."))
    return page.redirect("show_announcement", announcement_id=announcement_id)


def _page(
    page: Page, db: Session, row: Announcement, *, problem: Invalid | None = None, status: int = 200
) -> Response:  # fmt: skip
    groups = groups_of(db, row)
    cars = cars_for(db, groups, member_id=page.actor.member_id) if page.actor.signed_in else []
    desk = _desk(page, db, row, groups) if page.actor.can("roadmap.edit") else {"findings": None}
    return page.render(
        "roadmap/fairness/announcement.html", status=status, public=bool(row.published_at), row=row, groups=groups,
        mine=[(car, _gain(groups, car)) for car in cars], problem=problem,
        **{"counting": False, **desk}, **_words(page),
    )  # fmt: skip


def _gain(groups: list[Group], car: Car) -> Group | None:
    place = best_group(groups, car)
    return groups[place] if place is not None else None


def _desk(page: Page, db: Session, row: Announcement, groups: list[Group]) -> dict[str, Any]:
    """What staff see beside the announcement: the check, what is missing, whom it would reach, what was done."""
    waiting = row.published_at is None
    findings = checked(db, row, groups) if waiting else row.findings
    if findings is None:
        return {"findings": None, "counting": True}
    acts = db.exec(
        select(AnnouncementEvent)
        .where(AnnouncementEvent.announcement_id == row.id)
        .order_by(col(AnnouncementEvent.id).desc())
    ).all()
    told = telling.letters(db, row) if waiting and few_cars(db) else {}
    return {
        "findings": findings,
        "sentences": [(one, sentence(page.translator, one)) for one in findings["neighbours"]],
        "acts": acts,
        "names": people(db, [row.edited_by, row.approved_by, *(act.by_id for act in acts)]),
        "reached": [(notice, reach(db, words, notice)) for notice, words in told.items()],
        "gain_notice": telling.GAIN,
        "counted_at": counted_at(findings) if waiting and "counted_at" in findings else None,
        "answer_missing": bool(findings["losing_owners"]) and not row.answer.strip(),
    }


def _form(
    page: Page, db: Session, form: BoundForm[Any], *, row: Announcement | None = None, status: int = 200
) -> Response:
    return page.render(
        "roadmap/fairness/edit.html", block="form", status=status, form=form, row=row, places=range(GROUPS),
        models=known_models(db), **_words(page),
    )  # fmt: skip


def _words(page: Page) -> dict[str, Any]:
    return {
        "kind_labels": KIND_LABELS,
        "state_labels": STATE_LABELS,
        "state_pills": STATE_PILLS,
        "act_labels": ACT_LABELS,
        "conditions": lambda rule: conditions(page.translator, rule),
    }
