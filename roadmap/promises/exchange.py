"""Promises from files: new ones, and days that move, each line with its reason or refused.

Who a row is: the number of a promise here, an item, the version of a release, or an id of the file's own. Promises made
by a file stay when the import is taken back: what was said in public is dropped with a reason, never erased.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlmodel import Session, col, select

from cocreate.core.actor import GUEST, Actor
from cocreate.core.errors import Conflict, Invalid, NotFound, Refusal
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.exchange import values
from cocreate.exchange.table import (
    BATCH,
    Field,
    Kept,
    Options,
    Outcome,
    PlannedRow,
    RowError,
    SourceRow,
    UndoStep,
    plan_once,
)
from roadmap.forms import split_names
from roadmap.items import dates
from roadmap.items.models import RoadmapItem
from roadmap.items.windows import Window, parse_window, window_of
from roadmap.promises import service
from roadmap.promises.history import PromiseMoved
from roadmap.promises.models import Promise, PromiseKind
from roadmap.promises.service import Words
from roadmap.releases.models import Release

FIELDS = (
    Field("wording", N_("What is promised"), ("承诺", "承诺内容", "内容", "promise", "wording"), text=True),
    Field("due", N_("Until when"), ("日期", "承诺日期", "计划", "时间", "截止", "due", "date", "planned")),
    Field("reason", N_("Why it changes"), ("原因", "理由", "说明", "reason", "why")),
    Field("promise", N_("Number of the promise"), ("承诺编号", "promise id")),
    Field("item", N_("Number of the item"), ("条目", "条目编号", "item", "item id")),
    Field("release", N_("Version of the release"), ("版本", "版本号", "release", "version")),
    Field("external_id", N_("Own id"), ("编号", "序号", "id", "key", "number")),
    Field("models", N_("Vehicle models"), ("车型", "适用车型", "models", "model")),
    Field("scope", N_("Limits"), ("范围", "限制", "scope", "limits")),
    Field("measure", N_("How it is measured"), ("衡量", "衡量方式", "measure")),
)  # fmt: skip
NOBODY = N_("The line names no promise: a number, an item, a version or an own id.")
WORDLESS = N_("A new promise needs its words.")
TWICE = N_("Line %(line)s is about the same promise.")
STAYS = N_("A promise that was made in public stays. Drop it with a reason instead.")


@dataclass(frozen=True)
class Row:
    """A line of a file. Texts that are None were not said and stay as they are."""

    promise: int | None
    item: int | None
    release: str
    external_id: str
    wording: str | None
    window: Window | None
    models: tuple[str, ...] | None
    scope: str | None
    measure: str | None
    reason: str

    @property
    def who(self) -> str:
        for name, value in (("promise", self.promise), ("item", self.item), ("release", self.release)):
            if value:
                return f"{name}:{value}"
        return f"own:{self.external_id}" if self.external_id else ""


class PromiseTable:
    """The ledger's side of import."""

    name = "promises"
    label = N_("Promises")
    fields = FIELDS
    link = ("show_promise", "promise_id")

    def plan(self, rows: Iterable[SourceRow], options: Options) -> Iterator[PlannedRow | RowError]:
        """Lines in the order of the file; a second line about the same promise is refused."""
        return plan_once(rows, _read, lambda read: read.who, twice=TWICE)

    def preview(self, row: PlannedRow, options: Options) -> Mapping[str, str]:
        read: Row = row.data
        return {
            "wording": read.wording or "", "due": read.window.written if read.window else "", "reason": read.reason,
            "promise": str(read.promise or ""), "item": str(read.item or ""), "release": read.release,
            "external_id": read.external_id, "models": "、".join(read.models or ()), "scope": read.scope or "",
            "measure": read.measure or "",
        }  # fmt: skip

    def compare(self, session: Session, rows: Sequence[PlannedRow], options: Options) -> Outcome:
        return self._all(session, rows, options, import_id=None)

    def write(self, session: Session, import_id: int, rows: Sequence[PlannedRow], options: Options) -> Outcome:
        return self._all(session, rows, options, import_id=import_id)

    def _all(self, session: Session, rows: Sequence[PlannedRow], options: Options, *, import_id: int | None) -> Outcome:
        """Look at each line and, with an import, write it. What the ledger refuses is an error of that line alone."""
        outcome = Outcome()
        for row in rows:
            try:
                what = _take(session, row.data, options, import_id)
            except PromiseMoved:
                raise  # somebody writes beside us: the batch is tried again
            except (Invalid, Conflict, NotFound) as problem:
                outcome.errors.append(RowError(row.number, row.line, _said(problem)))
                continue
            outcome.added += what == "added"
            outcome.updated += what == "updated"
            outcome.skipped += what == "skipped"
        return outcome

    def undo(self, session: Session, import_id: int, after_id: int) -> UndoStep:
        mine = select(Promise.id).where(Promise.import_id == import_id, col(Promise.id) > after_id)
        ids = [found or 0 for found in session.exec(mine.order_by(col(Promise.id)).limit(BATCH))]
        return UndoStep(0, [Kept(one, STAYS) for one in ids], ids[-1] if len(ids) == BATCH else None)

    def titles(self, session: Session, actor: Actor, ids: Sequence[int]) -> Mapping[int, str]:
        found = session.exec(select(Promise).where(col(Promise.id).in_(list(ids))))
        return {row.id or 0: row.wording for row in found}


promises = PromiseTable()


def _said(problem: Refusal) -> str:
    return next(iter(problem.fields.values()), problem.message)


def _read(row: SourceRow) -> Row:
    def text(name: str, most: int) -> str | None:
        value = row.one(name)
        if len(value) > most:
            raise values.BadValue(N_("“%(value)s” is too long."), value=value[:40])
        return value or None

    def number(name: str) -> int | None:
        value = row.one(name).lstrip("#")
        return values.whole_number(value, least=1, most=MAX_ID) if value else None

    try:
        window = parse_window(row.one("due"))
    except ValueError as problem:
        raise values.BadValue(str(problem)) from problem
    models = split_names(row.one("models")) or None
    read = Row(
        number("promise"), number("item"), row.one("release"), text("external_id", 120) or "", text("wording", 300),
        window, models, text("scope", 200), text("measure", 300), text("reason", 1000) or "",
    )  # fmt: skip
    if not read.who:
        raise values.BadValue(NOBODY)
    return read


def _take(session: Session, row: Row, options: Options, import_id: int | None) -> str:
    """added | updated | skipped; without an import nothing is written. Raises what the ledger refuses."""
    if row.item or row.release:
        return _take_date(session, row, options, write=import_id is not None)
    known = _known(session, row)
    if known is None:
        if row.wording is None:
            raise Invalid("no words", fields={"wording": WORDLESS})
        if import_id is not None:
            words = Words(row.wording, row.models or (), row.scope or "", row.measure or "", *_days(row.window))
            service.make(
                session, words, kind=PromiseKind.SERVICE, by=GUEST, external_id=row.external_id, import_id=import_id
            )
        return "added"
    words = service.words_of(known)
    wanted = replace(
        words, wording=row.wording or words.wording, models=row.models or words.models,
        scope=row.scope or words.scope, measure=row.measure or words.measure,
    )  # fmt: skip
    if row.window is not None:
        first, last = _days(row.window)
        wanted = replace(wanted, starts_on=first, due_on=last)
    if wanted == words:
        return "skipped"
    service.check_reword(known, wanted, reason=row.reason)
    if import_id is not None:
        service.reword(session, known, wanted, reason=row.reason, by=GUEST)
    return "updated"


def _known(session: Session, row: Row) -> Promise | None:
    if row.promise:
        return service.get_promise(session, row.promise)
    return session.exec(select(Promise).where(Promise.external_id == row.external_id)).one_or_none()


def _days(window: Window | None) -> tuple[date | None, date | None]:
    if window is None:
        return None, None
    return (window.first if window.first != window.last else None), window.last


def _take_date(session: Session, row: Row, options: Options, *, write: bool) -> str:
    """The day of an item or a release moves where it stands, and the ledger with it."""
    if row.window is None:
        raise Invalid("no day", fields={"due": N_("Please fill this in.")})
    if row.item:
        item = session.get(RoadmapItem, row.item)
        if item is None:
            raise NotFound(f"item {row.item}")
        if window_of(item.planned_from, item.planned_to) == row.window:
            return "skipped"
        service.check_date(
            session,
            ("item", row.item),
            item.planned_to,
            row.window.last,
            reason=row.reason,
            public=item.public,
            starts_on=_days(row.window)[0],
        )
        if write:
            dates.commit(session, item, row.window, reason=row.reason, by=GUEST)
        return "updated"
    release = session.exec(select(Release).where(Release.version == row.release)).first()
    if release is None or release.id is None:
        raise NotFound(f"release {row.release}")
    old = release.planned_for.astimezone(options.zone).date() if release.planned_for else None
    if old == row.window.last:
        return "skipped"
    subject = ("release", release.id)
    service.check_date(session, subject, old, row.window.last, reason=row.reason, public=release.public)
    if write:
        service.commit_date(
            session, subject, old, row.window.last, reason=row.reason, by=GUEST, public=release.public
        )  # fmt: skip
        release.planned_for = datetime.combine(row.window.last, time(12), tzinfo=options.zone)
        session.add(release)
    return "updated"
