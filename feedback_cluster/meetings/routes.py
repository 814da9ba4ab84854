"""The meeting on the big screen: one theme at a time, its decision in one form; minutes to print and to take along."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from sqlmodel import Session, col, select

from cocreate.core.actor import STAFF
from cocreate.core.errors import Invalid
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import NOBODY, people, staff
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.meetings import minutes, service
from feedback_cluster.meetings.models import OUTCOME_LABELS, Meeting, Outcome
from feedback_cluster.themes.models import REASON_LABELS, Theme
from feedback_cluster.themes.queries import get_theme, resolve
from feedback_cluster.triage.place import filters_of, parts_of
from feedback_cluster.triage.queries import VIEW_LABELS, count, matching
from feedback_cluster.triage.views import theme_context

router = APIRouter(prefix="/triage/meetings", include_in_schema=False)
READ, TRIAGE = [allow("theme.read")], [allow("theme.triage")]
HEADS = (N_("Number"), N_("Theme"), N_("Decision"), N_("Why and how"), N_("Who does it"), N_("Until when"))
VOICES = 3


class NoSuchDay(Invalid):
    code = "no_such_day"
    message = N_("Please enter a date such as 2026-06-05.")


@router.get("", dependencies=READ)
def show_meetings(page: CurrentPage, actor: CurrentActor, db: ReadDb) -> Response:
    """Meetings so far, and the form that begins one over what the queue shows now."""
    filters = filters_of(dict(page.request.query_params))
    found = service.recent(db)
    return page.render(
        "feedback_cluster/meetings/list.html", meetings=found, names=people(db, [row.by_id for row in found]),
        filters=filters, view_label=VIEW_LABELS[filters.view], total=count(db, filters, me=actor.member_id),
        most=service.MOST_THEMES, decided={row.id: len(service.minutes_of(db, row)) for row in found},
    )  # fmt: skip


@router.post("", dependencies=TRIAGE)
def begin_meeting(
    page: CurrentPage, actor: CurrentActor, db: Db, title: Annotated[str, Form()] = "",
    attendees: Annotated[str, Form(max_length=2000)] = "", query: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Begin with the themes that a view holds; `query` is that view's address."""
    filters = filters_of(parts_of(query))
    ids = matching(db, filters, me=actor.member_id, limit=service.MOST_THEMES)
    meeting = service.begin(db, title, _lines(attendees), ids, by=actor)
    return page.redirect("show_meeting", meeting_id=meeting.id)


@router.get("/{meeting_id}", dependencies=READ)
def show_meeting(
    meeting_id: RowId, page: CurrentPage, actor: CurrentActor, db: ReadDb,
    at: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Response:  # fmt: skip
    """The theme that is on, in big type, with the form for what is decided; after the last one, the minutes."""
    meeting = service.get_meeting(db, meeting_id)
    current = at if at in meeting.themes else service.next_open(db, meeting)
    if meeting.ended_at is not None or current is None:
        return page.redirect("show_minutes", meeting_id=meeting_id)
    place = meeting.themes.index(current)
    theme = get_theme(db, resolve(db, current))
    decided = service.minutes_of(db, meeting)
    context = theme_context(db, theme, actor, limit=VOICES)
    context |= {
        "meeting": meeting,
        "place": place,
        "current": current,
        "before": meeting.themes[place - 1] if place else None,
        "after": meeting.themes[place + 1] if place + 1 < len(meeting.themes) else None,
        "minute": decided.get(current),
        "done": len(decided),
        "outcomes": OUTCOME_LABELS,
        "reason_labels": REASON_LABELS,
    }
    return page.render("feedback_cluster/meetings/meeting.html", **context)


@router.post("/{meeting_id}/themes/{theme_id}", dependencies=TRIAGE)
def decide_in_meeting(
    meeting_id: RowId,
    theme_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    runtime: CurrentRuntime,
    db: Db,
    outcome: Annotated[Outcome, Form()],
    sentence: Annotated[str, Form()] = "",
    member: Annotated[int, Form(ge=0, le=MAX_ID)] = 0,
    due_on: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form()] = "",
    alternative: Annotated[str, Form()] = "",
) -> Response:
    """Write the decision down, let it take effect, and go on to the next theme."""
    meeting = service.get_meeting(db, meeting_id)
    decided = service.Decided(outcome, sentence, member or None, _day(due_on), reason, alternative)
    service.decide(db, meeting, theme_id, decided, by=actor, zone=runtime.settings.zone)
    page.flash(N_("Written down."), level="success")
    following = service.next_open(db, meeting)
    if following is None:
        return page.redirect("show_minutes", meeting_id=meeting_id)
    return page.redirect("show_meeting", query={"at": following}, meeting_id=meeting_id)


@router.post("/{meeting_id}/attendees", dependencies=TRIAGE)
def set_attendees(
    meeting_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db,
    attendees: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    service.attend(db, service.get_meeting(db, meeting_id), _lines(attendees), by=actor)
    page.flash(N_("Written down."), level="success")
    return page.redirect("show_minutes", meeting_id=meeting_id)


@router.post("/{meeting_id}/end", dependencies=TRIAGE)
def end_meeting(meeting_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    service.end(db, service.get_meeting(db, meeting_id), by=actor)
    page.flash(N_("The meeting is over. Its minutes stand."), level="success")
    return page.redirect("show_minutes", meeting_id=meeting_id)


@router.get("/{meeting_id}/minutes", dependencies=READ)
def show_minutes(meeting_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """What was decided about every theme, who does it and until when; made to be printed."""
    meeting = service.get_meeting(db, meeting_id)
    found = minutes.lines(db, meeting, _names(db, meeting))
    by = people(db, [meeting.by_id]).get(meeting.by_id, NOBODY)
    brand = {person.name for person in staff(db, *STAFF)}
    context: dict[str, Any] = {"meeting": meeting, "lines": found, "by": by, "brand_people": sorted(brand)}
    return page.render("feedback_cluster/meetings/minutes.html", **context, open=sum(not one.label for one in found))


@router.get("/{meeting_id}/minutes.md", dependencies=READ)
def download_minutes(meeting_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """The minutes as Markdown."""
    meeting = service.get_meeting(db, meeting_id)
    found = minutes.lines(db, meeting, _names(db, meeting))
    day = page.translator.day(meeting.at)
    about = [meeting.title, day]
    if meeting.attendees:
        about.append(f"{page.text(N_('There:'))} {'、'.join(meeting.attendees)}")
    text = minutes.as_markdown(about, [page.text(head) for head in HEADS], found, page.text)
    return _file(text.encode(), "text/markdown", f"minutes-{meeting_id}.md")


@router.get("/{meeting_id}/minutes.csv", dependencies=READ)
def download_minutes_table(meeting_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """The minutes as a table."""
    meeting = service.get_meeting(db, meeting_id)
    found = minutes.lines(db, meeting, _names(db, meeting))
    body = minutes.as_csv([page.text(head) for head in HEADS], found, page.text)
    return _file(body, "text/csv", f"minutes-{meeting_id}.csv")


def _file(body: bytes, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(body, media_type=f"{kind}; charset=utf-8", headers=headers)


def _names(db: Session, meeting: Meeting) -> dict[int, str]:
    rows = db.exec(select(Theme.id, Theme.name).where(col(Theme.id).in_(meeting.themes)))
    return {theme_id or 0: name for theme_id, name in rows}


def _lines(text: str) -> list[str]:
    return [name for line in text.splitlines() for name in line.replace("、", ",").replace("，", ",").split(",")]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise NoSuchDay(fields={"due_on": NoSuchDay.message}) from error
