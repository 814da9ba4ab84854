"""The leadership's page: the week's five unanswered themes with their evidence, and one answer to each."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cocreate.core import clock
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import leads
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page
from feedback_cluster.leadership import queries, service
from feedback_cluster.leadership.forms import AnswerForm

router = APIRouter(include_in_schema=False, dependencies=[allow("theme.read")])
BoundAnswer = Annotated[BoundForm[AnswerForm], Depends(bind(AnswerForm))]


@router.get("/leadership")
def show_leadership(db: ReadDb, page: CurrentPage, runtime: CurrentRuntime, week: date | None = None) -> Response:
    """The five of this week, or of an earlier one."""
    this = clock.week_start(clock.now(), runtime.settings.zone)
    return _page(db, page, week or this, this)


def _page(
    db: ReadDb, page: Page, monday: date, this: date, *, form: BoundForm[AnswerForm] | None = None,
    theme_id: int = 0, status: int = 200,
) -> Response:  # fmt: skip
    known = queries.weeks(db)
    return page.render(
        "feedback_cluster/leadership/week.html", monday=monday, this=this, weeks=known,
        entries=queries.entries(db, monday, actor=page.actor), may=page.actor.id in leads(db),
        form=form, tried=theme_id, status=status,
    )  # fmt: skip


@router.post("/leadership/{theme_id}")
def answer_theme(
    theme_id: RowId, form: BoundAnswer, actor: CurrentActor, db: Db, page: CurrentPage, runtime: CurrentRuntime
) -> Response:
    """Answer one theme for everybody behind it."""
    this = clock.week_start(clock.now(), runtime.settings.zone)
    if form.value is None:
        return _page(db, page, _week_of(form, this), this, form=form, theme_id=theme_id, status=422)
    value = form.value
    try:
        service.answer_theme(db, value.week, theme_id, value.text, recording_url=value.recording_url, by=actor)
    except Invalid as refusal:  # raised before anything was written: what was typed must not be lost
        for name, message in refusal.fields.items():
            form = form.refuse(name, message)
        return _page(db, page, value.week, this, form=form, theme_id=theme_id, status=refusal.status)
    page.flash(N_("Your answer stands on every post of the theme, and everybody behind it is being told."),
               level="success")  # fmt: skip
    return page.redirect("show_leadership", query={"week": value.week if value.week != this else None})


def _week_of(form: BoundForm[AnswerForm], this: date) -> date:
    """The week that a refused form belongs to."""
    try:
        return date.fromisoformat(str(form.values.get("week", "")))
    except ValueError:
        return this
