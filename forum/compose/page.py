"""The page with the form: a new post or an edit, what is restored into it, and what it points out."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi.responses import Response
from sqlmodel import Session

from cocreate.core.tables import MAX_ID
from cocreate.identity.vehicles.models import Vehicle
from cocreate.identity.vehicles.queries import garage, known_models
from cocreate.web.forms import BoundForm
from cocreate.web.page import Page
from forum.boards.queries import boards
from forum.compose.models import Draft
from forum.compose.redaction import Place, find_private
from forum.compose.similar import NOTHING, Alike, find_alike
from forum.posts.models import KIND_LABELS, STATUS_LABELS
from forum.posts.queries import models_in_use


@dataclass(frozen=True)
class DraftLine:
    """What the form says about its draft. said: restored | waiting | saved | beside | "" (nothing yet)."""

    key: str = ""
    version: int = 0
    id: int | None = None
    saved_at: datetime | None = None
    said: str = ""


def draft_line(draft: Draft | None, said: str) -> DraftLine:
    """The line for a stored draft; an empty one without."""
    if draft is None:
        return DraftLine()
    return DraftLine(draft.key, draft.version, draft.id, draft.saved_at, said)


def write_page(
    session: Session,
    page: Page,
    form: BoundForm[Any],
    *,
    post_id: int | None = None,
    status: int = 200,
    line: DraftLine | None = None,
    signed_out: bool = False,
    look: bool = True,
) -> Response:
    """The form with everything around it. `signed_out`: the session has ended meanwhile; nothing typed is lost."""
    actor, values = page.actor, form.values
    cars = garage(session, actor.member_id) if actor.signed_in else []
    remember_car(page, cars, values)
    text = f"{values.get('title', '')}\n{values.get('body', '')}"
    form.values.setdefault("once", secrets.token_urlsafe(12))
    alike = find_alike(session, page, text) if look and post_id is None else NOTHING
    return page.render(
        "forum/posts/write.html",
        block="form",
        status=status,
        form=form,
        post_id=post_id,
        cars=cars,
        boards=boards(session),
        models=[] if cars else sorted({*known_models(session), *models_in_use(session)}),
        kind_labels=KIND_LABELS,
        line=line or DraftLine(key=str(values.get("draft") or "")),
        signed_out=signed_out,
        **hints(alike, values),
    )


def hints(alike: Alike, values: Mapping[str, Any]) -> dict[str, Any]:
    """What stands around the fields: the three groups, and numbers that had better not be public."""
    return {"alike": alike, "private": private_places(values), "status_labels": STATUS_LABELS}


def private_places(values: Mapping[str, Any]) -> list[Place]:
    """Private numbers in title, body and tags, each once; none when staff alone will read the post."""
    if values.get("private") in ("1", True):
        return []
    text = "\n".join(str(values.get(name) or "") for name in ("title", "body", "tags"))
    return list({place.text: place for place in find_private(text)}.values())


def remember_car(page: Page, cars: list[Vehicle], values: Mapping[str, Any]) -> None:
    """Tell upper rooms which car this is about, so that they can say what was shipped for it."""
    chosen = str(values.get("vehicle_id") or "")
    car = next((car for car in cars if str(car.id) == chosen), None)
    model = car.model if car is not None else str(values.get("model") or "")[:60]
    if model:
        page.about["car"] = (model, car.software if car is not None else "")


def row_id(value: object) -> int | None:
    """An id out of a draft's text; None for anything else."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= MAX_ID else None
