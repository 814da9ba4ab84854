"""The minutes as rows, as Markdown to paste anywhere, and as a table for a spreadsheet."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from cocreate.identity.members.queries import people
from feedback_cluster.meetings.models import OUTCOME_LABELS, Meeting, Outcome
from feedback_cluster.meetings.service import minutes_of

Say = Callable[[str], str]
"""A msgid in the reader's language."""
BOM = "\ufeff"


@dataclass(frozen=True)
class Line:
    """One theme of the minutes. outcome: None while nothing is decided."""

    theme_id: int
    name: str
    outcome: Outcome | None
    label: str
    sentence: str
    who: str
    due_on: date | None


def lines(session: Session, meeting: Meeting, names: dict[int, str]) -> list[Line]:
    """The agenda with what was decided; names: what the themes are called now, for those still open."""
    decided = minutes_of(session, meeting)
    known = people(session, [row.member_id for row in decided.values()])
    found = []
    for theme_id in meeting.themes:
        row = decided.get(theme_id)
        if row is None:
            found.append(Line(theme_id, names.get(theme_id, ""), None, "", "", "", None))
            continue
        who = known[row.member_id].name if row.member_id in known else ""
        found.append(Line(theme_id, row.name, row.outcome, OUTCOME_LABELS[row.outcome], row.sentence, who, row.due_on))
    return found


def as_markdown(head: Sequence[str], columns: Sequence[str], found: Sequence[Line], say: Say) -> str:
    """A heading, lines about the meeting and a table; signs that Markdown reads are escaped."""
    title, *about = (_plain(line) for line in head)
    table = [columns, ["---"] * len(columns), *(_cells(line, say) for line in found)]
    rows = ["| " + " | ".join(_plain(cell) for cell in row) + " |" for row in table]
    return "\n".join([f"# {title}", "", *(f"{line}  " for line in about), "", *rows, ""])


def as_csv(columns: Sequence[str], found: Sequence[Line], say: Say) -> bytes:
    """The same as a table that spreadsheets read, and in which nothing is taken for a formula."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(columns)
    table.writerows([_harmless(cell) for cell in _cells(line, say)] for line in found)
    return (BOM + out.getvalue()).encode()


def _cells(line: Line, say: Say) -> list[str]:
    due = line.due_on.isoformat() if line.due_on else ""
    return [f"#{line.theme_id}", line.name, say(line.label) if line.label else "", line.sentence, line.who, due]


def _plain(text: str) -> str:
    flat = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "|\\`*_[]<>" else sign for sign in flat) if set(flat) != {"-"} else flat


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
