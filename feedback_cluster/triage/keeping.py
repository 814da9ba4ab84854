"""What somebody keeps beside the queue: saved filters, each act on one taken back exactly, and the switch for keys."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Response

from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.triage import saved
from feedback_cluster.triage.models import SavedFilter
from feedback_cluster.triage.place import CurrentWay, filters_of

router = APIRouter(include_in_schema=False)
READ = [allow("theme.read")]


def _undo_url(page: CurrentPage, name: str, was: SavedFilter | None) -> str:
    """Where the toast brings the name back to what it meant; the address holds all of it. was: None for a new one."""
    if was is None:
        return page.url("put_filter_back", {"name": name})
    return page.url("put_filter_back", {**was.query, "name": name, "was": "true", "shared": str(was.shared).lower()})


@router.post("/triage/filters", dependencies=READ)
def save_filter(
    page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db, name: Annotated[str, Form()] = "",
    shared: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Keep what the queue shows under a name."""
    given = saved.clean_name(name)
    undo = _undo_url(page, given, saved.find_own(db, given, by=actor))
    row = saved.save(db, given, way.filters, shared, by=actor)
    page.flash(
        N_("Kept as “%(name)s”. Its address can be passed on too."), level="success", undo_url=undo, name=row.name
    )
    return page.redirect("show_themes", query=row.query)


@router.post("/triage/filters/put-back", dependencies=READ)
def put_filter_back(
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    name: Annotated[str, Query(max_length=saved.LONGEST)],
    was: bool = False,
    shared: bool = False,
) -> Response:
    """Undo of the acts on saved filters: the name means again what the address says or, without `was`, nothing."""
    filters = filters_of(dict(page.request.query_params)) if was else None
    row = saved.put_back(db, name, filters, shared, by=actor)
    page.flash(N_("Taken back: everything is as it was."), level="success")
    return page.redirect("show_themes", query=row.query if row else None)


@router.post("/triage/filters/{filter_id}/delete", dependencies=READ)
def delete_filter(filter_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    row = saved.get_own(db, filter_id, by=actor)
    name, query, undo = row.name, row.query, _undo_url(page, row.name, row)
    saved.delete(db, row)
    page.flash(N_("The filter “%(name)s” is gone; its address still works."), undo_url=undo, name=name)
    return page.redirect("show_themes", query=query)


@router.post("/triage/filters/{filter_id}/share", dependencies=READ)
def share_filter(
    filter_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db, shared: Annotated[bool, Form()] = False
) -> Response:
    row = saved.get_own(db, filter_id, by=actor)
    undo = _undo_url(page, row.name, row)
    saved.share(db, row, shared)
    message = N_("Everybody of the brand sees it now.") if shared else N_("Only you see it now.")
    page.flash(message, level="success", undo_url=undo)
    return page.redirect("show_themes", query=row.query)


@router.post("/triage/keys", dependencies=READ)
def switch_keys(
    page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db, on: Annotated[bool, Form()] = False
) -> Response:
    """Turn the single-letter keys of the workspace on or off, for good."""
    saved.set_keys(db, on, by=actor)
    page.flash(N_("Keys are on.") if on else N_("Keys are off. Every act has a button."), level="success")
    return page.redirect_to(way.back or page.url("show_themes"))
