"""Pages of the ledger: everybody reads how promises were kept; staff make, change and settle them."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from markupsafe import Markup
from sqlmodel import Session

from cocreate.core.errors import Invalid
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.identity.vehicles.queries import known_models
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm
from cocreate.web.page import CurrentPage, Page
from roadmap.applicability.service import cars_of
from roadmap.forms import refused
from roadmap.items.windows import window_of
from roadmap.live.models import LiveTopic
from roadmap.promises import queries, service
from roadmap.promises.acts import act_on
from roadmap.promises.follow import today
from roadmap.promises.forms import BoundAct, BoundEdit, BoundPromise
from roadmap.promises.models import Promise, PromiseKind, PromiseState
from roadmap.promises.words import ACT_LABELS, KIND_LABELS, STATE_LABELS, STATE_PILLS, day, when

router = APIRouter(include_in_schema=False)
READ = [allow("roadmap.read")]
MAKE = [allow("promise.make")]
EDIT = [allow("roadmap.edit")]


@router.get("/promises", dependencies=READ)
def show_promises(
    page: CurrentPage, db: ReadDb, runtime: CurrentRuntime, state: PromiseState | None = None,
    kind: PromiseKind | None = None, model: Annotated[str, Query(max_length=60)] = "", cursor: str | None = None
) -> Response:  # fmt: skip
    """All promises, what is due next first, and how many were kept. model: "mine" for the reader's own cars."""
    now = today(runtime.settings.zone)
    mine = sorted({car.model for car in cars_of(db, [page.actor.member_id])}) if page.actor.signed_in else []
    models = (mine if model == "mine" else [model]) if model else None
    found = queries.listing(db, now, state=state, kind=kind, models=models, cursor=cursor)
    asked = {"state": state.value if state else "", "kind": kind.value if kind else "", "model": model}
    return page.render(
        "roadmap/promises/list.html",
        block="rows" if cursor else None,
        public=True,
        rows=found.items,
        rate=queries.rate(db, now),
        asked=asked,
        mine=mine,
        models=queries.named_models(db),
        next_url=page.url("show_promises", query={**asked, "cursor": found.next_cursor}) if found.next_cursor else None,
        **words(page),
    )


@router.get("/promises/new", dependencies=MAKE)
def new_promise(page: CurrentPage, db: ReadDb, topic: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None) -> Response:
    """A promise in words; of a topic that was answered on air, with those words."""
    spoken = db.get(LiveTopic, topic) if topic else None
    form: BoundForm[Any] = BoundForm.blank(wording=spoken.answer[:300] if spoken else "", topic=topic or "")
    return _form(page, db, form)


@router.post("/promises", dependencies=MAKE)
def add_promise(form: BoundPromise, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    if form.value is None:
        return _form(page, db, form, status=422)
    topic = form.value.topic
    if topic is not None and db.get(LiveTopic, topic) is None:
        raise Invalid(f"no topic {topic}", fields={"topic": N_("Please choose one of the options.")})
    kind, about = (PromiseKind.LIVE, f"topic:{topic}") if topic else (PromiseKind.SERVICE, None)
    promise = service.make(db, form.value.words, kind=kind, about=about, by=actor)
    page.flash(N_("It is public now. From here on it changes only with a reason."), level="success")
    return page.redirect("show_promise", promise_id=promise.id)


@router.get("/promises/{promise_id}", dependencies=READ)
def show_promise(promise_id: RowId, page: CurrentPage, db: ReadDb, runtime: CurrentRuntime) -> Response:
    """One promise with everything that happened to it."""
    return _promise(page, db, service.get_promise(db, promise_id), today(runtime.settings.zone))


@router.get("/promises/{promise_id}/edit", dependencies=EDIT)
def edit_promise(promise_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """The promise in a form that asks why it changes."""
    row = service.get_promise(db, promise_id)
    window = window_of(row.starts_on, row.due_on)
    form: BoundForm[Any] = BoundForm.blank(
        wording=row.wording, models="、".join(row.models), scope=row.scope, measure=row.measure,
        due=window.written if window else "", since=row.starts_on.isoformat() if row.starts_on and not window else "",
    )  # fmt: skip
    return _form(page, db, form, promise=row)


@router.post("/promises/{promise_id}/edit", dependencies=EDIT)
def save_promise(promise_id: RowId, form: BoundEdit, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    row = service.get_promise(db, promise_id)
    if form.value is None:
        return _form(page, db, form, promise=row, status=422)
    try:
        service.reword(db, row, form.value.words, reason=form.value.reason, by=actor)
    except Invalid as problem:
        return _form(page, db, refused(form, problem), promise=row, status=422)
    page.flash(N_("Changed. The reason stands in its history."), level="success")
    return page.redirect("show_promise", promise_id=promise_id)


@router.post("/promises/{promise_id}/act", dependencies=EDIT)
def act_on_promise(
    promise_id: RowId, form: BoundAct, page: CurrentPage, actor: CurrentActor, db: Db, runtime: CurrentRuntime
) -> Response:
    """keep | drop | explain | measure."""
    row, now = service.get_promise(db, promise_id), today(runtime.settings.zone)
    if form.value is None:
        return _promise(page, db, row, now, form=form, status=422)
    try:
        act_on(db, row, form.value, by=actor, today=now)
    except Invalid as problem:
        return _promise(page, db, row, now, form=refused(form, problem), status=422)
    page.flash(N_("Written into its history."), level="success")
    return page.redirect("show_promise", promise_id=promise_id)


def ledger_block(page: Page, db: Session, subject: tuple[str, int], now: date) -> Markup:
    """The promises about an item or a release, for its page; empty where none was made."""
    rows = queries.ledger(db, subject, now)
    return page.fragment("roadmap/promises/_ledger.html", rows=rows, **words(page)) if rows else Markup("")


def words(page: Page) -> dict[str, Any]:
    """Labels, and how days are written."""
    return {
        "state_labels": STATE_LABELS,
        "state_pills": STATE_PILLS,
        "kind_labels": KIND_LABELS,
        "act_labels": ACT_LABELS,
        "on_day": lambda value: day(page.translator, value),
        "when": lambda first, last: when(page.translator, first, last),
    }


def _promise(
    page: Page, db: Session, row: Promise, now: date, *, form: BoundForm[Any] | None = None, status: int = 200
) -> Response:
    (entry,) = queries.entries(db, [row], now)
    staff = page.actor.can("roadmap.edit")
    return page.render(
        "roadmap/promises/promise.html", status=status, public=form is None, entry=entry, form=form, today=now,
        names=people(db, [row.assignee_id, *(line.by_id for line in entry.history)]) if staff else {}, **words(page),
    )  # fmt: skip


def _form(
    page: Page, db: Session, form: BoundForm[Any], *, promise: Promise | None = None, status: int = 200
) -> Response:
    return page.render(
        "roadmap/promises/edit.html", block="form", status=status, form=form, promise=promise,
        models=known_models(db),
    )  # fmt: skip
