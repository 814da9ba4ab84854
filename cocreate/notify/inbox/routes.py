"""The inbox page."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response
from markupsafe import Markup, escape
from sqlmodel import Session

from cocreate.core.text_marks import N_
from cocreate.notify.inbox import queries, service
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.views import Letter, letter
from cocreate.notify.preferences.service import muted
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage, Page

router = APIRouter(include_in_schema=False, dependencies=[allow("notify.inbox")])


@router.get("/inbox")
def show_inbox(
    actor: CurrentActor,
    db: ReadDb,
    page: CurrentPage,
    cursor: str | None = None,
    show: Annotated[str, Query(pattern="^(all|unread)$")] = "all",
) -> Response:
    """The member's messages, newest first."""
    listing = queries.messages(db, actor.member_id, unread_only=show == "unread", cursor=cursor)
    quiet = set(muted(db, actor.member_id, {message.topic for message in listing.items if message.topic}))
    query = {"show": show if show != "all" else None, "cursor": listing.next_cursor}
    return page.render(
        "notify/inbox/list.html",
        block="rows",
        letters=[letter(page, message, muted=message.topic in quiet) for message in listing.items],
        next_url=page.url("show_inbox", query=query) if listing.next_cursor else None,
        show=show,
        first=cursor is None,
    )


@router.post("/inbox/{message_id}/read")
def mark_message_read(
    message_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage, open: Annotated[str, Form()] = ""
) -> Response:
    """Mark one message as read; `open` leads on to what it is about."""
    message = service.mark_read(db, message_id, member_id=actor.member_id)
    if open:
        return page.redirect_to(message.url)
    if page.partial:
        return page.render("notify/inbox/_letter.html", letter=_letter(db, page, message))
    return page.redirect("show_inbox")


@router.post("/inbox/read")
def mark_all_read(actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Mark everything as read."""
    if service.mark_all_read(db, actor.member_id):
        page.flash(N_("All read."), level="success")
    return page.redirect("show_inbox")


def _letter(db: Session, page: Page, message: InboxMessage) -> Letter:
    return letter(page, message, muted=bool(message.topic and muted(db, message.member_id, [message.topic])))


def fill_unread(session: Session, _page: Page, ids: Sequence[int]) -> dict[int, Markup]:
    """How many unread messages the shell's badge shows."""
    return {member_id: escape(queries.unread_count(session, member_id)) for member_id in ids}
