"""Reading a dossier: the list of issues, and the voices of one behind each of its numbers."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col

from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from cocreate.web import markdown, paging
from feedback_cluster.dossiers import service
from feedback_cluster.dossiers.content import Voice
from feedback_cluster.dossiers.models import Dossier
from forum import api as forum

PAGE, VOICES = 30, 50
CELLS = (
    "id", "on", "kind", "title", "body", "model", "model_year", "software", "region", "order_month", "car", "verified",
    "votes", "stance", "staff_only", "new",
)  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """Which voices of a dossier are asked for; every number of it is one of these."""

    new: bool = False
    gone: bool = False
    named: bool = False
    car: str = ""
    voted: bool = False
    staff: bool = False
    model: str = ""
    model_year: str = ""
    software: str = ""
    region: str = ""
    order_month: str = ""
    kind: str = ""
    stance: str = ""
    week: str = ""

    @property
    def chosen(self) -> dict[str, Any]:
        """What is asked for, as parts of an address."""
        return {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name)}

    def admits(self, voice: Voice, new: set[int]) -> bool:
        """Whether the voice is among those that are asked for."""
        wanted = [
            not self.new or voice["id"] in new,
            not self.named or voice["named"],
            not self.car or bool(voice["car"] and (self.car != "verified" or voice["verified"])),
            not self.voted or voice["votes"] > 0,
            not self.staff or voice["staff_only"],
            not self.week or _monday(voice["on"]) == self.week,
        ]
        for name in ("model", "model_year", "software", "region", "order_month", "kind", "stance"):
            asked = getattr(self, name)
            wanted.append(not asked or str(voice[name]) == asked)
        return all(wanted)


def _monday(day: str) -> str:
    moment = date.fromisoformat(day)
    return (moment - timedelta(days=moment.weekday())).isoformat()


@dataclass(frozen=True)
class Row:
    """A voice as a page shows it. gone: "" while its words may be read, else why they may not."""

    facts: Voice
    title: str
    body: str
    gone: str
    new: bool

    @property
    def text(self) -> str:
        """Title and body as plain words, once each."""
        body = markdown.plain(self.body, len(self.body) + 1).strip()
        if not body or body == self.title.strip():
            return self.title
        return body if body.startswith(self.title.rstrip("…")) else f"{self.title}\n{body}"


def new_ids(dossier: Dossier) -> set[int]:
    """Posts that the issue before did not have; all of a first issue."""
    told = dossier.content["since"]
    return set(told["new"]) if told else {voice["id"] for voice in dossier.content["voices"]}


def voices(dossier: Dossier, filters: Filters) -> list[Voice]:
    """The voices that are asked for, oldest first."""
    new = new_ids(dossier)
    return [voice for voice in dossier.content["voices"] if filters.admits(voice, new)]


def rows(session: Session, dossier: Dossier, chosen: Sequence[Voice], actor: Actor) -> list[Row]:
    """These voices with their words, as far as this reader may read the post today."""
    ids = [voice["id"] for voice in chosen]
    words = service.words_of(session, dossier.id or 0, ids)
    readable = set()
    for start in range(0, len(ids), 2_000):
        readable |= forum.visible_ids(session, actor, ids[start : start + 2_000])
    new = new_ids(dossier) if dossier.issue > 1 else set()
    found = []
    for voice in chosen:
        said = words.get(voice["id"])
        gone = "blanked" if said is None or said.blanked_at else "" if voice["id"] in readable else "hidden"
        title, body = (said.title, said.body) if said is not None and not gone else ("", "")
        found.append(Row(voice, title, body, gone, voice["id"] in new))
    return found


def as_csv(listed: Sequence[Row]) -> bytes:
    """The voices as a table that spreadsheets open: UTF-8 with a mark, formulas made harmless."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(CELLS)
    for row in listed:
        told = {**row.facts, "title": row.title, "body": row.body, "new": row.new}
        table.writerow([_cell(told[name]) for name in CELLS])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@dataclass(frozen=True)
class Listed:
    """An issue in the list, without its voices."""

    id: int
    number: str
    issue: int
    theme_id: int
    theme: str
    at: datetime
    by_id: int | None
    voices: int
    new: int


def listing(session: Session, *, cursor: str | None = None, limit: int = PAGE) -> paging.Listing[Listed]:
    """All issues, newest first."""
    order = (col(Dossier.at), col(Dossier.id))
    statement = (
        columns(
            Dossier.id, Dossier.year, Dossier.serial, Dossier.issue, Dossier.theme_id, Dossier.name, Dossier.at,
            Dossier.by_id, Dossier.voices, Dossier.fresh,
        )
        .order_by(order[0].desc(), order[1].desc())
        .limit(limit + 1)
    )  # fmt: skip
    if cursor:
        statement = statement.where(paging.after(order, paging.decode_cursor(cursor, 2)))
    found = [
        Listed(dossier_id, f"D-{year}-{serial:04d}", *rest)
        for dossier_id, year, serial, *rest in session.exec(statement)
    ]
    return paging.cut(found, limit, lambda row: (row.at.isoformat(), row.id))
