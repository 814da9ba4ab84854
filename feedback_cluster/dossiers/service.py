"""Issuing a dossier, taking note of one, and blanking words that their author took back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.service import tell
from feedback_cluster.dossiers import content
from feedback_cluster.dossiers.models import Dossier, DossierReceipt, DossierVoice
from feedback_cluster.themes import pins
from feedback_cluster.themes.models import Theme
from feedback_cluster.themes.queries import current_run_id, get_theme, resolve
from forum.events import PostDeleted, PostsWithdrawn


class NothingToShow(Conflict):
    code = "nothing_to_show"
    message = N_("This theme has no voice that a dossier could show.")


class NothingNew(Conflict):
    code = "nothing_new"
    message = N_("Nothing has changed since the last issue: the same voices with the same votes.")


class AlreadyNoted(Conflict):
    code = "already_noted"
    message = N_("You have taken note of this issue already.")


@dataclass(frozen=True)
class Receipt:
    """Who took note, when, and what they said."""

    member_id: int
    department: str
    remark: str
    at: Any


def issue(session: Session, theme_id: int, *, by: Actor, zone: ZoneInfo) -> Dossier:
    """Freeze what is known of the theme now, under the theme's number, as its next issue."""
    theme = get_theme(session, resolve(session, theme_id))
    voices, words = content.gather(session, theme, zone)
    if not voices:
        raise NothingToShow(f"theme {theme.id}")
    pins.hold_current(session)  # two at once would take the same number
    theme = get_theme(session, resolve(session, theme_id))
    if content.voices_now(session, theme, by) != {voice["id"] for voice in voices}:
        voices, words = content.gather(session, theme, zone)  # merged, moved or taken back meanwhile
        if not voices:
            raise NothingToShow(f"theme {theme.id}")
    last = latest(session, theme.id or 0)
    moment = clock.now()
    record = content.compose(theme, voices, words, last.content if last else None, moment)
    if last is not None and _same(record, last.content):
        raise NothingNew(f"theme {theme.id}, issue {last.issue}")
    year, serial = (last.year, last.serial) if last else _next_number(session, moment.astimezone(zone).year)
    number = last.issue + 1 if last else 1
    record |= {"number": f"D-{year}-{serial:04d}", "issue": number}
    made = Dossier(
        year=year, serial=serial, issue=number, theme_id=theme.id or 0, previous_id=last.id if last else None,
        by_id=by.id, at=moment, run_id=current_run_id(session), name=theme.name, voices=len(voices),
        fresh=len(record["since"]["new"]) if record["since"] else len(voices), content=record,
        digest=content.digest(record),
    )  # fmt: skip
    session.add(made)
    session.flush()
    rows = [{"dossier_id": made.id, "blanked_at": None, **vars(one)} for one in words]
    for start in range(0, len(rows), 500):
        session.connection().execute(sa.insert(DossierVoice), rows[start : start + 500])
    audit.record(session, by, "dossier.issue", "theme", theme.id, dossier=made.id, digest=made.digest)
    return made


def _same(record: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    def votes(of: Mapping[str, Any]) -> dict[int, int]:
        return {voice["id"]: voice["votes"] for voice in of["voices"]}

    return votes(record) == votes(before)


def _next_number(session: Session, year: int) -> tuple[int, int]:
    last = session.exec(select(sa.func.max(Dossier.serial)).where(Dossier.year == year)).first()
    return year, (last or 0) + 1


def latest(session: Session, theme_id: int) -> Dossier | None:
    """The theme's newest issue; a merged theme's own issues stay under its own number."""
    return session.exec(_of(theme_id).limit(1)).first()


def get_dossier(session: Session, dossier_id: int) -> Dossier:
    """The issue, or NotFound."""
    dossier = session.get(Dossier, dossier_id)
    if dossier is None:
        raise NotFound(f"dossier {dossier_id}")
    return dossier


def take_note(session: Session, dossier: Dossier, *, by: Actor, department: str = "", remark: str = "") -> None:
    """Somebody of the brand stands by having read it; once each. Who issued it is told."""
    row = DossierReceipt(
        dossier_id=dossier.id or 0,
        member_id=by.member_id,
        department=" ".join(department.split())[:60],
        remark=remark.strip()[:500],
    )
    if not insert_once(session, row):
        raise AlreadyNoted(f"dossier {dossier.id} by {by.id}")
    audit.record(session, by, "dossier.receipt", "dossier", dossier.id)
    params = {
        "who": by.name,
        "number": dossier.number,
        "issue": dossier.issue,
        "theme": dossier.name,
    }
    readers = {dossier.by_id} - {by.id, None}
    key = f"dossier:{dossier.id}:receipt:{by.id}"
    tell(session, [reader for reader in readers if reader], "dossier.receipt", key=key, params=params,
         url=f"/triage/dossiers/{dossier.id}")  # fmt: skip


def receipts(session: Session, dossier_ids: Sequence[int]) -> dict[int, list[Receipt]]:
    """By issue, who took note, the first first."""
    if not dossier_ids:
        return {}
    statement = (
        select(DossierReceipt)
        .where(col(DossierReceipt.dossier_id).in_(list(dossier_ids)))
        .order_by(col(DossierReceipt.id))
    )
    found: dict[int, list[Receipt]] = {}
    for row in session.exec(statement):
        found.setdefault(row.dossier_id, []).append(Receipt(row.member_id, row.department, row.remark, row.at))
    return found


def words_of(session: Session, dossier_id: int, post_ids: Sequence[int]) -> dict[int, DossierVoice]:
    """What these voices said, as it was frozen; blanked ones are there without words."""
    found: dict[int, DossierVoice] = {}
    for start in range(0, len(post_ids), 2_000):
        statement = select(DossierVoice).where(
            DossierVoice.dossier_id == dossier_id, col(DossierVoice.post_id).in_(list(post_ids[start : start + 2_000]))
        )
        found |= {row.post_id: row for row in session.exec(statement)}
    return found


def unharmed(dossier: Dossier) -> bool:
    """Whether the record is what it was when it was issued."""
    return content.digest(dossier.content) == dossier.digest


def forget_words(session: Session, event: PostDeleted | PostsWithdrawn) -> None:
    """Listener: words that their author took back leave every dossier; number, date and figures stay."""
    pins.hold_current(session)  # a dossier that is being issued has the words and has not shown them to anybody yet
    ids = event.post_ids if isinstance(event, PostsWithdrawn) else [event.post_id]
    for start in range(0, len(ids), 2_000):
        session.connection().execute(
            sa.update(DossierVoice)
            .where(col(DossierVoice.post_id).in_(ids[start : start + 2_000]), col(DossierVoice.blanked_at).is_(None))
            .values(title="", body="", person=None, salt="", blanked_at=clock.now())
        )


def issues_of(session: Session, theme_id: int) -> list[Dossier]:
    """All issues of a theme, the newest first."""
    return list(session.exec(_of(theme_id)))


def _of(theme_id: int) -> SelectOfScalar[Dossier]:
    """Issues without their content, a megabyte for thousands of voices, which is read where somebody asks for it."""
    statement = select(Dossier).where(Dossier.theme_id == theme_id).order_by(col(Dossier.issue).desc())
    return statement.options(defer(Dossier.content))  # type: ignore[arg-type]


def theme_name(session: Session, theme_id: int) -> str:
    """What the theme is called now."""
    return session.exec(select(Theme.name).where(Theme.id == theme_id)).first() or ""
