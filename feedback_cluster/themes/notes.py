"""The thread of internal notes below a theme; only the brand's people read it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from cocreate.core.actor import STAFF, Actor
from cocreate.core.errors import Invalid
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import Person, staff
from cocreate.notify.inbox.service import tell
from feedback_cluster.themes.decisions import record
from feedback_cluster.themes.models import DecisionKind, Theme, ThemeDecision, ThemeNote
from feedback_cluster.themes.service import standing

LONGEST = 4_000


class NoNote(Invalid):
    code = "no_note"
    message = N_("A note needs words, at most 4,000 characters.")


@dataclass(frozen=True)
class Note:
    """A note as the thread shows it."""

    text: str
    by_id: int | None
    at: datetime


def add_note(session: Session, theme: Theme, text: str, *, by: Actor) -> ThemeDecision:
    """Add to the thread; whoever of the brand is named after an @ hears of it, once."""
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise NoNote(fields={"text": NoNote.message})
    standing(theme)
    note = ThemeNote(theme_id=theme.id or 0, text=words, by_id=by.id)
    session.add(note)
    session.flush()
    decision = record(session, theme.id or 0, DecisionKind.NOTE, by=by, note=note.id)
    named = {person.id for person in mentioned(words, staff(session, *STAFF))} - {by.id}
    if named:
        tell(
            session, named, "theme.mention", key=f"theme.note:{note.id}",
            params={"who": by.name, "theme": theme.name}, url=f"/themes/{theme.id}#notes",
        )  # fmt: skip
    return decision


def mentioned(text: str, people: list[Person]) -> list[Person]:
    """Those whose name stands after an @; of two names that begin alike the longer one counts."""
    left, found = text, []
    for person in sorted(people, key=lambda one: (-len(one.name), one.id)):
        if person.name and f"@{person.name}" in left:
            found.append(person)
            left = left.replace(f"@{person.name}", " ")
    return found


def notes_of(session: Session, root_id: int) -> list[Note]:
    """The thread of a theme and of what was merged into it, oldest first."""
    themes = select(Theme.id).where(Theme.root_id == root_id)
    statement = (
        columns(ThemeNote.text, ThemeNote.by_id, ThemeNote.at)
        .where(col(ThemeNote.theme_id).in_(themes), col(ThemeNote.removed_at).is_(None))
        .order_by(col(ThemeNote.id))
    )
    return [Note(*row) for row in session.exec(statement)]
