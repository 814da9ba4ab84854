"""Staff look at what was told, what was not and why."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.notify.deliveries import queries, service
from cocreate.notify.deliveries.models import Channel, Reason, State
from cocreate.notify.deliveries.queries import Filter
from cocreate.notify.topics import named
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage

router = APIRouter(include_in_schema=False, dependencies=[allow("notify.deliveries")])
CHANNEL_LABELS = {Channel.INBOX: N_("Inbox"), Channel.MAIL: N_("E-mail"), Channel.ROBOT: N_("Robot")}
STATE_LABELS = {
    State.PLANNED: N_("waiting"),
    State.SENDING: N_("being sent"),
    State.SENT: N_("sent"),
    State.SKIPPED: N_("skipped"),
    State.FAILED: N_("failed, is tried again"),
    State.PARKED: N_("given up"),
}
REASON_LABELS = {
    Reason.NONE: "",
    Reason.LEFT: N_("has left"),
    Reason.SUSPENDED: N_("is suspended"),
    Reason.MUTED: N_("has muted this"),
    Reason.OFF: N_("has switched this kind off"),
    Reason.INBOX_ONLY: N_("wants this in the inbox alone"),
    Reason.UNSUBSCRIBED: N_("stopped these mails by the link in one"),
    Reason.NO_ADDRESS: N_("has no address"),
    Reason.NOT_SET_UP: N_("mail is not set up"),
    Reason.PAUSED: N_("the robot was paused"),
    Reason.GONE: N_("the message is gone"),
    Reason.QUIET: N_("until the quiet hours end"),
    Reason.DIGEST: N_("goes into the digest"),
    Reason.CAP: N_("over the day's limit, goes into the digest"),
    Reason.REFUSED: N_("the other side refuses it"),
    Reason.UNREACHABLE: N_("the other side could not be reached"),
    Reason.AGAIN: N_("whoever was sending it stopped; sent once more"),
    Reason.READ: N_("was read in the inbox first"),
}


@router.get("/deliveries")
def show_deliveries(
    actor: CurrentActor, db: ReadDb, page: CurrentPage,
    channel: Channel | None = None, state: State | None = None,
    member: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    topic: Annotated[str, Query(max_length=60)] = "", cursor: str | None = None,
) -> Response:  # fmt: skip
    """The log, newest first; the address is the filter."""
    wanted = Filter(channel, state, member, topic)
    listing = queries.deliveries(db, wanted, cursor=cursor)
    query = {"channel": channel, "state": state, "member": member, "topic": topic}
    return page.render(
        "notify/deliveries/list.html", block="rows", rows=listing.items, wanted=wanted, query=query,
        receivers=queries.receivers(db, listing.items), tallies=queries.tallies(db) if cursor is None else {},
        topics={topic: named(page, topic) for topic in {topic, *(row.topic for row in listing.items)} if topic},
        channels=CHANNEL_LABELS, states=STATE_LABELS, reasons=REASON_LABELS,
        next_url=page.url("show_deliveries", query={**query, "cursor": listing.next_cursor})
        if listing.next_cursor else None,
        may_robots=actor.can("notify.robots"), mail_on=bool(page.renderer.runtime.settings.smtp_host),
    )  # fmt: skip


@router.get("/deliveries/{delivery_id}")
def show_delivery(delivery_id: RowId, db: ReadDb, page: CurrentPage) -> Response:
    """One delivery, and every step since it was planned."""
    row = queries.get_delivery(db, delivery_id)
    return page.render(
        "notify/deliveries/delivery.html", row=row, steps=queries.steps(db, delivery_id),
        about=named(page, row.topic), receiver=queries.receivers(db, [row])[delivery_id],
        channels=CHANNEL_LABELS, states=STATE_LABELS, reasons=REASON_LABELS,
    )  # fmt: skip


@router.post("/deliveries/{delivery_id}/retry")
def retry_delivery(delivery_id: RowId, db: Db, page: CurrentPage) -> Response:
    """Try once more what was given up."""
    queries.get_delivery(db, delivery_id)
    service.retry(db, delivery_id)
    page.flash(N_("It is being tried again."), level="success")
    return page.redirect("show_delivery", delivery_id=delivery_id)
