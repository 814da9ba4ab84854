"""Planned and released versions as an iCalendar (RFC 5545): whole days, in the site's time zone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cocreate.core.config import Settings
from cocreate.web.page import Page
from roadmap.releases.models import NoteLabel, Release, ReleaseState
from roadmap.releases.queries import Letter

LINE_BYTES = 75


def icalendar(letters: Sequence[Letter], *, page: Page, settings: Settings, labels: Mapping[NoteLabel, str]) -> bytes:
    """The calendar in the reader's language; an entry keeps its UID when its day is moved, so that calendars follow."""
    name = f"{settings.brand_name} · {page.text('Releases')}"
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Cocreate//Releases//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT12H",
    ]  # fmt: skip
    for letter in letters:
        lines += _event(letter, page=page, settings=settings, labels=labels)
    return "".join(folded(line) + "\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def _event(letter: Letter, *, page: Page, settings: Settings, labels: Mapping[NoteLabel, str]) -> list[str]:
    release = letter.release
    moment = release.released_at if letter.out else release.planned_for or release.released_at
    if moment is None:
        return []
    day = moment.astimezone(settings.zone).date()
    said = [
        release.intro,
        *(f"{page.text(labels[label])}: {note.text}" for label, notes in letter.notes.items() for note in notes),
    ]
    address = settings.public_url + page.url("show_release", release_id=letter.id)
    stamp = _utc(release.edited_at or release.created_at)
    return [
        "BEGIN:VEVENT",
        f"UID:release-{letter.id}@{urlsplit(settings.public_url).hostname or 'cocreate'}",
        f"DTSTAMP:{stamp}",
        f"LAST-MODIFIED:{stamp}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escaped(f'OTA {release.version} · {release.title}')}",
        f"DESCRIPTION:{escaped(chr(10).join(filter(None, said)))}",
        f"URL:{address}",
        f"STATUS:{_status(release)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _status(release: Release) -> str:
    if release.state == ReleaseState.ROLLED_BACK:
        return "CANCELLED"
    return "TENTATIVE" if release.state == ReleaseState.PLANNED else "CONFIRMED"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escaped(text: str) -> str:
    """A TEXT value: backslash, semicolon, comma and line breaks have a form of their own, control characters none."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    plain = plain.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")
    return "".join(char for char in plain if char == "\t" or (ord(char) >= 32 and ord(char) != 127))


def folded(line: str) -> str:
    """The line in pieces of at most 75 bytes, never cut inside a character; each further piece begins with a blank."""
    pieces: list[str] = []
    piece, size = "", 0
    for char in line:
        width = len(char.encode())
        if size + width > LINE_BYTES:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + char, size + width
    return "\r\n".join([*pieces, piece])
