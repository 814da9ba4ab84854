"""What a product manager does on a theme's page: one small form each, answered by the page it came from."""

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Response
from pydantic import Field
from sqlmodel import Session

from cocreate.core.actor import STAFF, Actor
from cocreate.core.errors import Invalid
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import refs
from cocreate.identity.members.queries import staff
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, RowId, allow
from cocreate.web.page import CurrentPage, Page
from feedback_cluster.themes import answers, bonds, declining, handover, notes, service
from feedback_cluster.themes.models import Theme, ThemeDecision
from feedback_cluster.themes.queries import get_theme, resolve
from feedback_cluster.triage.desk import acted
from feedback_cluster.triage.place import CurrentWay, Way

router = APIRouter(include_in_schema=False)
TRIAGE = [allow("theme.triage")]

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Chosen = Annotated[list[Id], Form(alias="post")]
OptionalId = Annotated[int, Form(ge=0, le=MAX_ID)]
Text = Annotated[str, Form()]


class NotStaff(Invalid):
    code = "not_staff"
    message = N_("Only somebody of the brand can be put in charge.")


@dataclass(frozen=True)
class Act:
    """What every act on a theme has at hand, and how it is answered."""

    theme_id: int
    page: Page
    way: Way
    by: Actor
    zone: ZoneInfo
    db: Session

    @property
    def theme(self) -> Theme:
        return get_theme(self.db, self.theme_id)

    def done(self, decision: ThemeDecision, message: str, /, *, show: int | None = None, **params: object) -> Response:
        """The answer: the place it came from with a way to take it back. show: a theme to go on with instead."""
        page, way = self.page, self.way
        beside = way.from_queue(page.url("show_themes"))
        undo = page.url("undo_decision", {"back": way.back if beside else ""}, decision_id=decision.id)
        page.flash(message, level="success", undo_url=undo, **params)
        if page.partial and beside:
            return acted(page, self.db, way, decision, show=show)
        back = "" if show else way.back
        return page.redirect_to(back or page.url("show_theme", theme_id=show or decision.theme_id))

    def back(self) -> Response:
        """The page that it came from, else that of the theme."""
        theme_page = self.page.url("show_theme", theme_id=resolve(self.db, self.theme_id))
        return self.page.redirect_to(self.way.back or theme_page)


def _act(
    theme_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, runtime: CurrentRuntime, db: Db
) -> Act:
    return Act(theme_id, page, way, actor, runtime.settings.zone, db)


CurrentAct = Annotated[Act, Depends(_act)]


@router.post("/themes/{theme_id}/rename", dependencies=TRIAGE)
def rename_theme(act: CurrentAct, name: Text = "") -> Response:
    decision = service.rename(act.db, act.theme, name, by=act.by)
    return act.done(decision, N_("Renamed. No run will change this name."))


@router.post("/themes/{theme_id}/merge", dependencies=TRIAGE)
def merge_theme(act: CurrentAct, target: Annotated[Id, Form()], apart: Annotated[bool, Form()] = False) -> Response:
    """Show the theme's voices under another one or, with `apart`, say that the two are different things."""
    if apart:
        return keep_theme_apart(act, target)
    decision = service.merge(act.db, act.theme, target, by=act.by, zone=act.zone)
    return act.done(decision, N_("Merged. Its voices are shown here now."), show=resolve(act.db, act.theme_id))


@router.post("/themes/{theme_id}/split", dependencies=TRIAGE)
def split_theme(
    act: CurrentAct,
    chosen: Chosen = [],  # noqa: B006 (FastAPI copies it)
    name: Text = "",
) -> Response:
    decision = service.split(act.db, act.theme, chosen, name, by=act.by, zone=act.zone)
    return act.done(decision, N_("A new theme of its own."), show=decision.data["to"])


@router.post("/themes/{theme_id}/move", dependencies=TRIAGE)
def move_posts(
    act: CurrentAct,
    chosen: Chosen = [],  # noqa: B006 (FastAPI copies it)
    target: OptionalId = 0,
) -> Response:
    """Put the chosen posts under another theme; target 0: under none."""
    decision = service.move(act.db, act.theme, chosen, target or None, by=act.by, zone=act.zone)
    return act.done(decision, N_("%(count)s posts moved. No run brings them back."), count=len(decision.data["posts"]))


@router.post("/themes/{theme_id}/lock", dependencies=TRIAGE)
def lock_theme(act: CurrentAct) -> Response:
    return act.done(bonds.lock(act.db, act.theme, by=act.by), N_("Locked. No run changes its voices."))


@router.post("/themes/{theme_id}/unlock", dependencies=TRIAGE)
def unlock_theme(act: CurrentAct) -> Response:
    return act.done(bonds.unlock(act.db, act.theme, by=act.by), N_("Unlocked. Runs sort its voices again."))


@router.post("/themes/{theme_id}/apart", dependencies=TRIAGE)
def keep_theme_apart(act: CurrentAct, target: Annotated[Id, Form()]) -> Response:
    """Say that two themes are different things."""
    return act.done(bonds.keep_apart(act.db, act.theme, target, by=act.by), N_("Kept apart. No run merges them."))


@router.post("/themes/{theme_id}/never", dependencies=TRIAGE)
def never_together(
    act: CurrentAct,
    chosen: Chosen = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    """Say of two chosen posts that they do not mean the same."""
    decision = bonds.never_together(act.db, act.theme, chosen, by=act.by, zone=act.zone)
    return act.done(decision, N_("Never together: the less sure one has left, and no run joins them."))


@router.post("/themes/{theme_id}/hide", dependencies=TRIAGE)
def hide_theme(act: CurrentAct) -> Response:
    return act.done(service.hide(act.db, act.theme, by=act.by), N_("Hidden. Owners and hosts do not see it."))


@router.post("/themes/{theme_id}/restore", dependencies=TRIAGE)
def restore_theme(act: CurrentAct) -> Response:
    return act.done(service.restore(act.db, act.theme, by=act.by), N_("Shown again."))


@router.post("/themes/{theme_id}/triage", dependencies=TRIAGE)
def triage_theme(act: CurrentAct) -> Response:
    return act.done(service.triage(act.db, act.theme, by=act.by), N_("Triaged."))


@router.post("/themes/{theme_id}/reopen", dependencies=TRIAGE)
def reopen_theme(act: CurrentAct) -> Response:
    return act.done(service.reopen(act.db, act.theme, by=act.by), N_("Back in the queue."))


@router.post("/themes/{theme_id}/assign", dependencies=TRIAGE)
def assign_theme(act: CurrentAct, member: OptionalId = 0) -> Response:
    """Put somebody of the brand in charge; member 0: nobody."""
    theme = act.theme
    name = _staff_name(act.db, member) if member else ""
    decision = service.assign(act.db, theme, member or None, by=act.by)
    if not member:
        return act.done(decision, N_("Nobody is in charge now."))
    return act.done(decision, N_("%(name)s is in charge."), name=name)


def _staff_name(db: Session, member_id: int) -> str:
    names = {person.id: person.name for person in staff(db, *STAFF)}
    if member_id not in names:
        raise NotStaff(f"member {member_id}")
    return names[member_id]


@router.post("/themes/{theme_id}/effort", dependencies=TRIAGE)
def size_theme(act: CurrentAct, size: Annotated[str, Form(pattern="^(XS|S|M|L|XL)?$")] = "") -> Response:
    """Size the work that a theme would be; an empty size: nobody knows yet."""
    decision = service.size_effort(act.db, act.theme, size, by=act.by, zone=act.zone)
    if not size:
        return act.done(decision, N_("No size any more."))
    return act.done(decision, N_("Sized %(size)s. The score follows."), size=size)


@router.post("/themes/{theme_id}/note", dependencies=TRIAGE)
def note_theme(act: CurrentAct, text: Text = "") -> Response:
    return act.done(notes.add_note(act.db, act.theme, text, by=act.by), N_("Note kept."))


@router.post("/themes/{theme_id}/department", dependencies=TRIAGE)
def hand_theme_over(act: CurrentAct, department: OptionalId = 0) -> Response:
    """Give the theme to a department, which is asked to say that it has it; department 0: to none."""
    decision = handover.hand_over(act.db, act.theme, department or None, by=act.by)
    if not department:
        return act.done(decision, N_("No department has it now."))
    name = refs(act.db, [department])[department].name
    return act.done(decision, N_("Handed to %(name)s, who are asked to confirm that they have it."), name=name)


@router.post("/themes/{theme_id}/receive", dependencies=[allow("theme.receive")])
def receive_theme(act: CurrentAct) -> Response:
    """Somebody of the department says that the theme has arrived."""
    decision = handover.receive(act.db, act.theme, by=act.by)
    return act.done(decision, N_("Received. Whoever handed it over sees by whom and when."))


@router.post("/themes/{theme_id}/decline", dependencies=TRIAGE)
def decline_theme(act: CurrentAct, reason: Text = "", sentence: Text = "", alternative: Text = "") -> Response:
    """Say no, with a reason, a sentence to its owners and what they can do instead."""
    decision = declining.decline(act.db, act.theme, reason, sentence, alternative, by=act.by)
    minutes = int(declining.GRACE.total_seconds() // 60)
    message = N_("Declined. Its owners are told in %(minutes)s minutes, unless you take it back.")
    return act.done(decision, message, minutes=minutes)


@router.post("/themes/{theme_id}/area", dependencies=TRIAGE)
def set_theme_area(act: CurrentAct, area: OptionalId = 0) -> Response:
    """Put the theme into an area; area 0: into none."""
    decision = service.put_into_area(act.db, act.theme, area or None, by=act.by)
    return act.done(decision, N_("Put there. No run takes it out again."))


@router.post("/themes/{theme_id}/answers", dependencies=TRIAGE)
def draft_answer(act: CurrentAct, text: Text = "") -> Response:
    answers.record_answer(act.db, act.theme_id, text, by=act.by)
    act.page.flash(N_("Draft kept. Approve it, then hosts may say it; publish it, and it stands on the posts."))
    return act.back()


@router.post("/themes/{theme_id}/answers/{answer_id}/approve", dependencies=TRIAGE)
def approve_answer(act: CurrentAct, answer_id: RowId) -> Response:
    answers.approve(act.db, answers.get_answer(act.db, act.theme_id, answer_id), by=act.by)
    act.page.flash(N_("Approved: hosts may say it now."), level="success")
    return act.back()


@router.post("/themes/{theme_id}/answers/{answer_id}/publish", dependencies=TRIAGE)
def publish_answer(act: CurrentAct, answer_id: RowId) -> Response:
    answers.publish(act.db, answers.get_answer(act.db, act.theme_id, answer_id), by=act.by)
    act.page.flash(N_("Published: it stands on every post of this theme."), level="success")
    return act.back()


@router.post("/themes/{theme_id}/answers/{answer_id}/withdraw", dependencies=TRIAGE)
def withdraw_answer(act: CurrentAct, answer_id: RowId) -> Response:
    answers.withdraw(act.db, answers.get_answer(act.db, act.theme_id, answer_id), by=act.by)
    act.page.flash(N_("Withdrawn."))
    return act.back()
