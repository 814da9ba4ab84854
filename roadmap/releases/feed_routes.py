"""Releases for programs that readers already have: Atom, RSS and a calendar, each with an ETag."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Response

from cocreate.web.access import CurrentRuntime, ReadDb, allow
from cocreate.web.page import CurrentPage
from roadmap.releases import feed, queries
from roadmap.releases.calendar import icalendar
from roadmap.releases.labels import NOTE_LABELS

router = APIRouter(include_in_schema=False, dependencies=[allow("roadmap.read")])
NEWEST = 30
Known = Annotated[str | None, Header(alias="if-none-match")]


@router.get("/releases.atom")
def releases_feed(page: CurrentPage, db: ReadDb, runtime: CurrentRuntime, known: Known = None) -> Response:
    """The newest releases as an Atom feed with absolute addresses."""
    letters = queries.released_letters(db, limit=NEWEST).items
    body = feed.atom(letters, page=page, settings=runtime.settings, labels=NOTE_LABELS)
    return _answer(body, "application/atom+xml", known)


@router.get("/releases.rss")
def releases_rss(page: CurrentPage, db: ReadDb, runtime: CurrentRuntime, known: Known = None) -> Response:
    """The same as RSS 2.0, for readers that know nothing newer."""
    letters = queries.released_letters(db, limit=NEWEST).items
    body = feed.rss(letters, page=page, settings=runtime.settings, labels=NOTE_LABELS)
    return _answer(body, "application/rss+xml", known)


@router.get("/releases.ics")
def releases_calendar(page: CurrentPage, db: ReadDb, runtime: CurrentRuntime, known: Known = None) -> Response:
    """What is planned and what came, to be subscribed to in a calendar."""
    letters = [*queries.planned_letters(db), *queries.released_letters(db, limit=NEWEST).items]
    body = icalendar(letters, page=page, settings=runtime.settings, labels=NOTE_LABELS)
    return _answer(body, "text/calendar; charset=utf-8", known)


def _answer(body: bytes, media_type: str, known: str | None) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"etag": tag, "cache-control": "public, max-age=60", "vary": "Accept-Language, Cookie"}
    tags = [part.strip().removeprefix("W/") for part in (known or "").split(",")]
    if tag in tags or "*" in tags:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
