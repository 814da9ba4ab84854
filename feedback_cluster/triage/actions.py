"""What a product manager does on a theme's page: one small form each, answered by the page it came from."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from pydantic import Field
from sqlmodel import Session

from cocreate.core.actor import STAFF
from cocreate.core.errors import Invalid
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import refs
from cocreate.identity.members.queries import staff
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.themes import answers, bonds, declining, handover, notes, service
from feedback_cluster.themes.models import ThemeDecision
from feedback_cluster.themes.queries import get_theme, resolve
from feedback_cluster.triage.desk import acted
from feedback_cluster.triage.place import CurrentWay, Way

router = APIRouter(include_in_schema=False)
TRIAGE = [allow("theme.triage")]

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Chosen = Annotated[list[Id], Form(alias="post")]


class NotStaff(Invalid):
    code = "not_staff"
    message = N_("Only somebody of the brand can be put in charge.")


def done(
    page: CurrentPage,
    db: Session,
    decision: ThemeDecision,
    way: Way,
    message: str,
    *,
    show: int | None = None,
    **params: object,
) -> Response:
    """The answer to an act: the place it came from with a way to take it back. show: a theme to go on with instead."""
    beside = way.from_queue(page.url("show_themes"))
    undo = page.url("undo_decision", {"back": way.back if beside else ""}, decision_id=decision.id)
    page.flash(message, level="success", undo_url=undo, **params)
    if page.partial and beside:
        return acted(page, db, way, decision, show=show)
    back = "" if show else way.back
    return page.redirect_to(back or page.url("show_theme", theme_id=show or decision.theme_id))


@router.post("/themes/{theme_id}/rename", dependencies=TRIAGE)
def rename_theme(
    theme_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db, name: Annotated[str, Form()] = ""
) -> Response:
    decision = service.rename(db, get_theme(db, theme_id), name, by=actor)
    return done(page, db, decision, way, N_("Renamed. No run will change this name."))


@router.post("/themes/{theme_id}/merge", dependencies=TRIAGE)
def merge_theme(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    runtime: CurrentRuntime,
    db: Db,
    target: Annotated[int, Form(ge=1, le=MAX_ID)],
    apart: Annotated[bool, Form()] = False,
) -> Response:
    """Show the theme's voices under another one or, with `apart`, say that the two are different things."""
    if apart:
        return keep_theme_apart(theme_id, page, way, actor, db, target)
    decision = service.merge(db, get_theme(db, theme_id), target, by=actor, zone=runtime.settings.zone)
    return done(page, db, decision, way, N_("Merged. Its voices are shown here now."), show=resolve(db, theme_id))


@router.post("/themes/{theme_id}/split", dependencies=TRIAGE)
def split_theme(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    runtime: CurrentRuntime,
    db: Db,
    chosen: Chosen = [],  # noqa: B006 (FastAPI copies it)
    name: Annotated[str, Form()] = "",
) -> Response:
    decision = service.split(db, get_theme(db, theme_id), chosen, name, by=actor, zone=runtime.settings.zone)
    return done(page, db, decision, way, N_("A new theme of its own."), show=decision.data["to"])


@router.post("/themes/{theme_id}/move", dependencies=TRIAGE)
def move_posts(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    runtime: CurrentRuntime,
    db: Db,
    chosen: Chosen = [],  # noqa: B006 (FastAPI copies it)
    target: Annotated[int, Form(ge=0, le=MAX_ID)] = 0,
) -> Response:
    """Put the chosen posts under another theme; target 0: under none."""
    theme = get_theme(db, theme_id)
    decision = service.move(db, theme, chosen, target or None, by=actor, zone=runtime.settings.zone)
    count = len(decision.data["posts"])
    return done(page, db, decision, way, N_("%(count)s posts moved. No run brings them back."), count=count)


@router.post("/themes/{theme_id}/lock", dependencies=TRIAGE)
def lock_theme(theme_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db) -> Response:
    decision = bonds.lock(db, get_theme(db, theme_id), by=actor)
    return done(page, db, decision, way, N_("Locked. No run changes its voices."))


@router.post("/themes/{theme_id}/unlock", dependencies=TRIAGE)
def unlock_theme(theme_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db) -> Response:
    decision = bonds.unlock(db, get_theme(db, theme_id), by=actor)
    return done(page, db, decision, way, N_("Unlocked. Runs sort its voices again."))


@router.post("/themes/{theme_id}/apart", dependencies=TRIAGE)
def keep_theme_apart(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    db: Db,
    target: Annotated[int, Form(ge=1, le=MAX_ID)],
) -> Response:
    """Say that two themes are different things."""
    decision = bonds.keep_apart(db, get_theme(db, theme_id), target, by=actor)
    return done(page, db, decision, way, N_("Kept apart. No run merges them."))


@router.post("/themes/{theme_id}/never", dependencies=TRIAGE)
def never_together(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    runtime: CurrentRuntime,
    db: Db,
    chosen: Chosen = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    """Say of two chosen posts that they do not mean the same."""
    decision = bonds.never_together(db, get_theme(db, theme_id), chosen, by=actor, zone=runtime.settings.zone)
    return done(page, db, decision, way, N_("Never together: the less sure one has left, and no run joins them."))


@router.post("/themes/{theme_id}/hide", dependencies=TRIAGE)
def hide_theme(theme_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db) -> Response:
    decision = service.hide(db, get_theme(db, theme_id), by=actor)
    return done(page, db, decision, way, N_("Hidden. Owners and hosts do not see it."))


@router.post("/themes/{theme_id}/restore", dependencies=TRIAGE)
def restore_theme(theme_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db) -> Response:
    decision = service.restore(db, get_theme(db, theme_id), by=actor)
    return done(page, db, decision, way, N_("Shown again."))


@router.post("/themes/{theme_id}/triage", dependencies=TRIAGE)
def triage_theme(theme_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db) -> Response:
    decision = service.triage(db, get_theme(db, theme_id), by=actor)
    return done(page, db, decision, way, N_("Triaged."))


@router.post("/themes/{theme_id}/reopen", dependencies=TRIAGE)
def reopen_theme(theme_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db) -> Response:
    decision = service.reopen(db, get_theme(db, theme_id), by=actor)
    return done(page, db, decision, way, N_("Back in the queue."))


@router.post("/themes/{theme_id}/assign", dependencies=TRIAGE)
def assign_theme(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    db: Db,
    member: Annotated[int, Form(ge=0, le=MAX_ID)] = 0,
) -> Response:
    """Put somebody of the brand in charge; member 0: nobody."""
    theme = get_theme(db, theme_id)
    name = _staff_name(db, member) if member else ""
    decision = service.assign(db, theme, member or None, by=actor)
    if not member:
        return done(page, db, decision, way, N_("Nobody is in charge now."))
    return done(page, db, decision, way, N_("%(name)s is in charge."), name=name)


def _staff_name(db: Session, member_id: int) -> str:
    names = {person.id: person.name for person in staff(db, *STAFF)}
    if member_id not in names:
        raise NotStaff(f"member {member_id}")
    return names[member_id]


@router.post("/themes/{theme_id}/effort", dependencies=TRIAGE)
def size_theme(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    runtime: CurrentRuntime,
    db: Db,
    size: Annotated[str, Form(pattern="^(XS|S|M|L|XL)?$")] = "",
) -> Response:
    """Size the work that a theme would be; an empty size: nobody knows yet."""
    decision = service.size_effort(db, get_theme(db, theme_id), size, by=actor, zone=runtime.settings.zone)
    if not size:
        return done(page, db, decision, way, N_("No size any more."))
    return done(page, db, decision, way, N_("Sized %(size)s. The score follows."), size=size)


@router.post("/themes/{theme_id}/note", dependencies=TRIAGE)
def note_theme(
    theme_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db, text: Annotated[str, Form()] = ""
) -> Response:
    decision = notes.add_note(db, get_theme(db, theme_id), text, by=actor)
    return done(page, db, decision, way, N_("Note kept."))


@router.post("/themes/{theme_id}/department", dependencies=TRIAGE)
def hand_theme_over(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    db: Db,
    department: Annotated[int, Form(ge=0, le=MAX_ID)] = 0,
) -> Response:
    """Give the theme to a department, which is asked to say that it has it; department 0: to none."""
    decision = handover.hand_over(db, get_theme(db, theme_id), department or None, by=actor)
    if not department:
        return done(page, db, decision, way, N_("No department has it now."))
    name = refs(db, [department])[department].name
    return done(
        page, db, decision, way, N_("Handed to %(name)s, who are asked to confirm that they have it."), name=name
    )


@router.post("/themes/{theme_id}/receive", dependencies=[allow("theme.receive")])
def receive_theme(theme_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db) -> Response:
    """Somebody of the department says that the theme has arrived."""
    decision = handover.receive(db, get_theme(db, theme_id), by=actor)
    return done(page, db, decision, way, N_("Received. Whoever handed it over sees by whom and when."))


@router.post("/themes/{theme_id}/decline", dependencies=TRIAGE)
def decline_theme(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    db: Db,
    reason: Annotated[str, Form()] = "",
    sentence: Annotated[str, Form()] = "",
    alternative: Annotated[str, Form()] = "",
) -> Response:
    """Say no, with a reason, a sentence to its owners and what they can do instead."""
    decision = declining.decline(db, get_theme(db, theme_id), reason, sentence, alternative, by=actor)
    minutes = int(declining.GRACE.total_seconds() // 60)
    message = N_("Declined. Its owners are told in %(minutes)s minutes, unless you take it back.")
    return done(page, db, decision, way, message, minutes=minutes)


@router.post("/themes/{theme_id}/area", dependencies=TRIAGE)
def set_theme_area(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    db: Db,
    area: Annotated[int, Form(ge=0, le=MAX_ID)] = 0,
) -> Response:
    """Put the theme into an area; area 0: into none."""
    decision = service.put_into_area(db, get_theme(db, theme_id), area or None, by=actor)
    return done(page, db, decision, way, N_("Put there. No run takes it out again."))


@router.post("/themes/{theme_id}/answers", dependencies=TRIAGE)
def draft_answer(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    db: Db,
    text: Annotated[str, Form()] = "",
) -> Response:
    answers.record_answer(db, theme_id, text, by=actor)
    page.flash(N_("Draft kept. Approve it, then hosts may say it; publish it, and it stands on the posts."))
    return _back(page, db, theme_id, way.back)


@router.post("/themes/{theme_id}/answers/{answer_id}/approve", dependencies=TRIAGE)
def approve_answer(
    theme_id: RowId, answer_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db
) -> Response:
    answers.approve(db, answers.get_answer(db, theme_id, answer_id), by=actor)
    page.flash(N_("Approved: hosts may say it now."), level="success")
    return _back(page, db, theme_id, way.back)


@router.post("/themes/{theme_id}/answers/{answer_id}/publish", dependencies=TRIAGE)
def publish_answer(
    theme_id: RowId, answer_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db
) -> Response:
    answers.publish(db, answers.get_answer(db, theme_id, answer_id), by=actor)
    page.flash(N_("Published: it stands on every post of this theme."), level="success")
    return _back(page, db, theme_id, way.back)


@router.post("/themes/{theme_id}/answers/{answer_id}/withdraw", dependencies=TRIAGE)
def withdraw_answer(
    theme_id: RowId, answer_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db
) -> Response:
    answers.withdraw(db, answers.get_answer(db, theme_id, answer_id), by=actor)
    page.flash(N_("Withdrawn."))
    return _back(page, db, theme_id, way.back)


def _back(page: CurrentPage, db: Session, theme_id: int, back: str) -> Response:
    return page.redirect_to(back or page.url("show_theme", theme_id=resolve(db, theme_id)))
