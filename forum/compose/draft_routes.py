"""Drafts: kept while typing, listed for their author alone, thrown away and brought back."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage
from forum.compose import drafts
from forum.compose.forms import DraftForm
from forum.compose.page import draft_line
from forum.follows import voice
from forum.posts.queries import get_post

router = APIRouter(include_in_schema=False, dependencies=[allow("forum.write")])
BoundDraft = Annotated[BoundForm[DraftForm], Depends(bind(DraftForm))]


@router.post("/drafts")
def save_draft(form: BoundDraft, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Keep what was typed so far; nobody else reads it."""
    if form.value is None:
        raise Invalid("too long for a draft", fields=form.errors)
    if form.value.post_id is not None:
        get_post(db, form.value.post_id, actor)
    saved = drafts.save_draft(db, form.value.saving(), member=actor)
    if page.partial:
        line = draft_line(saved.draft, "beside" if saved.beside else "saved")
        return page.render("forum/compose/_line.html", line=line, post_id=saved.draft.post_id, beside=saved.beside)
    page.flash(N_("Your draft is kept. Only you can read it."), level="success")
    return page.redirect("show_drafts")


@router.get("/me/drafts")
def show_drafts(actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """What one has begun and not yet published."""
    return page.render(
        "forum/compose/drafts.html", drafts=drafts.drafts_of(db, actor), counts=voice.counts(db, actor), show="drafts"
    )


@router.post("/drafts/{draft_id}/discard")
def discard_draft(draft_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Throw a draft away; for an hour it can be brought back."""
    draft = drafts.get_draft(db, draft_id, actor)
    drafts.discard_draft(db, draft)
    page.flash(N_("The draft is gone."), undo_url=page.url("keep_draft", draft_id=draft_id))
    return page.redirect("show_drafts")


@router.post("/drafts/{draft_id}/keep")
def keep_draft(draft_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Bring a draft back that was just thrown away, into the form."""
    draft = drafts.get_draft(db, draft_id, actor, discarded=True)
    drafts.keep_draft(db, draft)
    return page.redirect("new_post", query={"draft": draft_id})
