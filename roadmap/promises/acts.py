"""One act on a promise, for the page and for JSON alike."""

from datetime import date

from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from roadmap.promises import service
from roadmap.promises.forms import ActForm
from roadmap.promises.history import need
from roadmap.promises.models import Promise, PromiseKind


class KeptByItself(service.DateElsewhere):
    code = "kept_by_itself"
    message = N_("This promise follows its item or release: it is kept when that arrives.")


def act_on(session: Session, promise: Promise, form: ActForm, *, by: Actor, today: date) -> None:
    """Do it; refused where the promise or what was entered does not fit the act."""
    if form.act in ("keep", "drop") and promise.kind in (PromiseKind.ITEM, PromiseKind.RELEASE):
        raise KeptByItself(f"promise {promise.id} is about {promise.about}")
    if form.on is not None and form.on > today:
        raise Invalid("a day to come", fields={"on": N_("This day is yet to come.")})
    day = form.on or today
    if form.act == "keep":
        if promise.overdue(today) and promise.due_on is not None and day <= promise.due_on:
            # Owners saw it late: that it was in time after all is said with the reason that they read.
            need(form.reason)
        service.keep(session, promise, on=day, by=by, reason=form.reason)
    elif form.act == "drop":
        service.drop(session, promise, reason=form.reason, by=by, on=day)
    elif form.act == "explain":
        service.explain(session, promise, reason=form.reason, by=by, today=today)
    else:
        service.measured(
            session, promise, cases=form.cases, missed=form.missed, until=day, by=by, reason=form.reason
        )  # fmt: skip
