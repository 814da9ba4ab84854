"""One's own searches: saved ones with a name, recent ones, and the switch."""

from fastapi import APIRouter
from fastapi.responses import Response

from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from search.asked import from_address
from search.habits import queries, service
from search.habits.forms import BoundNameForm, BoundSaveForm, BoundSwitchForm

router = APIRouter(include_in_schema=False, dependencies=[allow("search.keep")])


@router.get("/search/mine")
def show_my_searches(actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """What one has saved and looked for."""
    return page.render(
        "search/mine.html",
        saved=queries.saved_searches(db, actor),
        recent=queries.recent_searches(db, actor),
        remembers=service.remembers(db, actor.member_id),
    )


@router.post("/search/saved")
def save_search(form: BoundSaveForm, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Keep a search under a name."""
    asked = from_address(str(form.values.get("query", ""))[: service.LONGEST_ADDRESS])
    if form.value is None:
        page.flash(N_("Give it a name of at most 60 characters."), level="error")
    else:
        service.save_search(db, asked, form.value.name, by=actor)
        page.flash(N_("Saved. You find it under “My searches” and while typing."), level="success")
    return page.redirect("show_search", query=asked.query())


@router.post("/search/saved/{saved_id}/rename")
def rename_search(saved_id: RowId, form: BoundNameForm, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Give a saved search another name."""
    saved = service.get_saved(db, saved_id, by=actor)
    if form.value is None:
        page.flash(N_("Give it a name of at most 60 characters."), level="error")
    else:
        service.rename_saved(db, saved, form.value.name)
        page.flash(N_("It is called “%(name)s” now."), level="success", name=form.value.name)
    return page.redirect("show_my_searches")


@router.post("/search/saved/{saved_id}/remove")
def remove_search(saved_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take a saved search off the list."""
    service.remove_saved(db, service.get_saved(db, saved_id, by=actor))
    page.flash(N_("Removed."), undo_url=page.url("restore_search", saved_id=saved_id))
    return page.redirect("show_my_searches")


@router.post("/search/saved/{saved_id}/restore")
def restore_search(saved_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Put it back."""
    service.restore_saved(db, service.get_saved(db, saved_id, by=actor, removed=True))
    return page.redirect("show_my_searches")


@router.post("/search/recent/clear")
def clear_recent(actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Forget all recent searches."""
    service.forget_recent(db, by=actor)
    page.flash(N_("Forgotten."))
    return page.redirect("show_my_searches")


@router.post("/search/recent/{recent_id}/forget")
def forget_recent(recent_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Forget one of them."""
    service.forget_recent(db, by=actor, recent_id=recent_id)
    return page.redirect("show_my_searches")


@router.post("/search/recent/switch")
def switch_remembering(form: BoundSwitchForm, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Remember searches from now on, or no longer."""
    wanted = form.value is not None and form.value.remember
    service.set_remembering(db, by=actor, wanted=wanted)
    if wanted:
        page.flash(N_("Your searches are remembered."))
    else:
        page.flash(N_("Your searches are no longer remembered, and what was there is forgotten."))
    return page.redirect("show_my_searches")
