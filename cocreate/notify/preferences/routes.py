"""The page on which members choose what reaches them and how, muting, and the link in every mail that stops it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response

from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import get_member
from cocreate.notify.groups import GROUPS, OWN, Mode
from cocreate.notify.mail import links
from cocreate.notify.preferences import service
from cocreate.notify.preferences.forms import ZONES, ChoicesForm
from cocreate.notify.topics import mutable, named
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage

router = APIRouter(include_in_schema=False)
MEMBERS = [allow("notify.inbox")]
ANYBODY = [allow("notify.stop")]
BoundChoices = Annotated[BoundForm[ChoicesForm], Depends(bind(ChoicesForm))]
Topic = Annotated[str, Form(max_length=60)]
MODE_LABELS = {
    Mode.MAIL: N_("Inbox, and a mail at once"),
    Mode.DAILY: N_("Inbox, and a mail a day"),
    Mode.WEEKLY: N_("Inbox, and a mail a week"),
    Mode.INBOX: N_("Inbox alone"),
    Mode.OFF: N_("Not at all"),
}


@router.get("/me/messages", dependencies=MEMBERS)
def show_message_choices(actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """What reaches the member, and how."""
    member = get_member(db, actor.member_id)
    times = service.hours(db, actor.member_id)
    form: BoundForm[ChoicesForm] = BoundForm.blank(
        **{name: mode.value for name, mode in service.choices(db, actor.member_id).items()},
        quiet_from=times.quiet_from, quiet_to=times.quiet_to, cap=times.cap, language=member.language or "",
        timezone=member.timezone or "",
    )  # fmt: skip
    return _page(page, db, form, actor.member_id, has_address=bool(member.email))


@router.post("/me/messages", dependencies=MEMBERS)
def save_message_choices(form: BoundChoices, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Keep what was chosen."""
    member = get_member(db, actor.member_id)
    if form.value is None:
        return _page(page, db, form, actor.member_id, has_address=bool(member.email), status=422)
    service.save_choices(db, member, form.value)
    page.flash(N_("Saved. It holds from the next message on."), level="success")
    return page.redirect("show_message_choices")


def _page(
    page: CurrentPage, db: ReadDb, form: BoundForm[ChoicesForm], member_id: int, *, has_address: bool,
    status: int = 200,
) -> Response:  # fmt: skip
    settings = page.renderer.runtime.settings
    topics = [(topic, *named(page, topic)) for topic in service.muted(db, member_id)]
    groups = [
        (name, group, [(mode.value, page.text(MODE_LABELS[mode])) for mode in group.modes])
        for name, group in GROUPS.items()
        if page.actor.staff or not group.staff
    ]
    zone = str(form.values.get("timezone") or "")
    return page.render(
        "notify/preferences/page.html", status=status, form=form, groups=groups, topics=topics,
        has_address=has_address, mail_on=bool(settings.smtp_host), site_zone=settings.timezone,
        zones=[(one, one.replace("_", " ")) for one in [*ZONES, *([zone] if zone and zone not in ZONES else [])]],
    )  # fmt: skip


@router.post("/messages/mute", dependencies=MEMBERS)
def mute_topic(
    topic: Topic, actor: CurrentActor, db: Db, page: CurrentPage, next: Annotated[str, Form()] = "/inbox"
) -> Response:
    """Say nothing more about this to the member; what they wrote themselves stays in their inbox."""
    service.mute(db, actor.member_id, topic)
    page.flash(N_("You will hear nothing more about this, except what becomes of your own words."), level="success")
    return page.redirect_to(next)


@router.post("/messages/unmute", dependencies=MEMBERS)
def unmute_topic(
    topic: Topic, actor: CurrentActor, db: Db, page: CurrentPage, next: Annotated[str, Form()] = "/inbox"
) -> Response:
    """Tell the member about this again."""
    service.unmute(db, actor.member_id, topic)
    page.flash(N_("You will hear about this again."), level="success")
    return page.redirect_to(next)


@router.get("/unsubscribe/{token}", dependencies=ANYBODY)
def show_stop(token: str, runtime: CurrentRuntime, page: CurrentPage) -> Response:
    """What the link would stop, with a button: programs that preview links must not press it."""
    return _stop_page(page, links.read(runtime.settings, token), token, done="")


@router.post("/unsubscribe/{token}", dependencies=ANYBODY)
def stop_mails(
    token: str, runtime: CurrentRuntime, db: Db, page: CurrentPage, what: Annotated[str, Form()] = "group"
) -> Response:
    """Stop it, without logging in; mail programs post here by themselves."""
    stop = links.read(runtime.settings, token)
    get_member(db, stop.member_id)
    done = "topic" if what == "topic" and mutable(stop.topic) else "group"
    if done == "topic":
        service.mute(db, stop.member_id, stop.topic)
    else:
        service.stop_mails(db, stop)
    return _stop_page(page, stop, token, done=done)


def _stop_page(page: CurrentPage, stop: links.Stop, token: str, *, done: str) -> Response:
    label = N_("Digests") if stop.group == links.DIGEST else GROUPS.get(stop.group, GROUPS[OWN]).label
    topic = named(page, stop.topic)[0] if mutable(stop.topic) else ""
    answer = page.render("notify/preferences/stop.html", label=label, topic=topic, token=token, done=done)
    answer.headers["x-robots-tag"] = "noindex"
    return answer
