"""One act on many themes: done in steps that a crash cannot repeat, and taken back as one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import STAFF, Actor
from cocreate.core.errors import Conflict, Invalid, NotFound, Refusal
from cocreate.core.runtime import Runtime
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import departments
from cocreate.identity.members.queries import staff
from cocreate.identity.sessions.service import make_actor
from feedback_cluster.themes import decisions, handover, pins, service
from feedback_cluster.themes.declining import check_words, decline
from feedback_cluster.themes.models import DecisionKind, Theme, ThemeArea, ThemeDecision
from feedback_cluster.triage.models import Bulk, BulkAct, BulkState

JOB = "feedback_cluster.bulk"
AT_ONCE = 100
"""So many themes are done while the page waits; more of them by the worker, with progress."""
MOST = 20_000
STEP = 50
TRIED = 100
"""So many of one's last decisions are looked at for one that can still be taken back."""
Act = Callable[[Session, Theme, dict[str, Any], Actor], ThemeDecision]


class NoneChosen(Invalid):
    code = "none_chosen"
    message = N_("Please choose themes first.")


class NotNow(Conflict):
    code = "bulk_not_now"
    message = N_("This is still under way, or was taken back already.")


class NoSuchChoice(Invalid):
    code = "no_such_choice"
    message = N_("Please choose one of the options.")


ACTS: dict[BulkAct, Act] = {
    BulkAct.TRIAGE: lambda session, theme, _, by: service.triage(session, theme, by=by),
    BulkAct.REOPEN: lambda session, theme, _, by: service.reopen(session, theme, by=by),
    BulkAct.HIDE: lambda session, theme, _, by: service.hide(session, theme, by=by),
    BulkAct.ASSIGN: lambda session, theme, said, by: service.assign(session, theme, said["member"], by=by),
    BulkAct.DEPARTMENT: lambda session, theme, said, by: handover.hand_over(session, theme, said["department"], by=by),
    BulkAct.AREA: lambda session, theme, said, by: service.put_into_area(session, theme, said["area"], by=by),
    BulkAct.DECLINE: lambda session, theme, said, by: decline(
        session, theme, said["reason"], said["sentence"], said["alternative"], by=by
    ),
}


def start(session: Session, act: BulkAct, theme_ids: Sequence[int], params: dict[str, Any], *, by: Actor) -> Bulk:
    """Do the act on these themes: at once when they are few, else by the worker. Themes that are so already, or that
    were merged away, are passed over."""
    ids = list(dict.fromkeys(theme_ids))[:MOST]
    if not ids:
        raise NoneChosen(fields={"theme": NoneChosen.message})
    bulk = Bulk(act=act, params=_checked(session, act, params), themes=ids, by_id=by.member_id)
    session.add(bulk)
    session.flush()
    audit.record(session, by, f"theme.bulk.{act}", "theme_bulk", bulk.id, count=len(ids))
    if len(ids) <= AT_ONCE:
        _forward(session, bulk, ids, by)
        _reach(session, bulk, len(ids), BulkState.DONE)
    else:
        outbox.enqueue(session, JOB, key=f"theme.bulk:{bulk.id}", bulk_id=bulk.id)
    return bulk


def act_on(session: Session, theme: Theme, act: BulkAct, params: dict[str, Any], *, by: Actor) -> ThemeDecision:
    """Do one of the acts to one theme; unlike among many, what cannot be done is refused."""
    return ACTS[act](session, theme, _checked(session, act, params), by)


def undo(session: Session, bulk: Bulk, *, by: Actor, zone: ZoneInfo) -> None:
    """Take all of it back. A theme about which somebody decided anew keeps that."""
    claimed = _move(session, bulk, BulkState.DONE, BulkState.UNDOING)
    if not claimed:
        raise NotNow(f"bulk {bulk.id} is {bulk.state}")
    bulk.place = 0
    session.add(bulk)
    session.flush()
    audit.record(session, by, "theme.bulk.undo", "theme_bulk", bulk.id)
    if len(bulk.themes) <= AT_ONCE:
        _back(session, bulk, bulk.themes, by, zone)
        _reach(session, bulk, len(bulk.themes), BulkState.UNDONE)
    else:
        outbox.enqueue(session, JOB, key=f"theme.bulk.undo:{bulk.id}", bulk_id=bulk.id, by_id=by.member_id)


def work(runtime: Runtime, *, bulk_id: int, by_id: int | None = None) -> None:
    """Job: go on where the last run of it stopped, a few themes in each transaction."""
    while True:
        with runtime.database.write() as session:
            bulk = get_bulk(session, bulk_id)
            ids = bulk.themes[bulk.place : bulk.place + STEP]
            by = make_actor(runtime, by_id or bulk.by_id, "", [])
            if bulk.state is BulkState.WORKING:
                _forward(session, bulk, ids, by)
                after = BulkState.DONE
            elif bulk.state is BulkState.UNDOING:
                _back(session, bulk, ids, by, runtime.settings.zone)
                after = BulkState.UNDONE
            else:
                return
            _reach(session, bulk, bulk.place + len(ids), after)


def get_bulk(session: Session, bulk_id: int) -> Bulk:
    """The act on many themes; NotFound when there is none."""
    bulk = session.get(Bulk, bulk_id)
    if bulk is None:
        raise NotFound(f"bulk {bulk_id}")
    return bulk


def latest(session: Session, member_id: int, *, limit: int = 1) -> list[ThemeDecision]:
    """The last decisions of this member that nobody has taken back, newest first; one of many stands for all of
    them."""
    undone = sa.orm.aliased(ThemeDecision, name="undone")
    gone = select(Bulk.id).where(col(Bulk.state).in_((BulkState.UNDOING, BulkState.UNDONE)))
    statement = (
        select(ThemeDecision)
        .where(
            ThemeDecision.by_id == member_id,
            ThemeDecision.kind != DecisionKind.UNDO,
            sa.or_(col(ThemeDecision.bulk_id).is_(None), col(ThemeDecision.bulk_id).not_in(gone)),
            ~sa.exists().where(col(undone.undoes_id) == col(ThemeDecision.id)),
        )
        .order_by(col(ThemeDecision.id).desc())
        .limit(limit)
    )
    return list(session.exec(statement))


@dataclass(frozen=True)
class Back:
    """What taking back one's last act comes to. decision: None when nothing can be taken back; passed: newer ones that
    cannot, because somebody has decided anew since."""

    decision: ThemeDecision | None
    passed: list[ThemeDecision]


def last_standing(session: Session, member_id: int) -> Back:
    """The last decision of this member that can still be taken back, held for doing so."""
    run_id = pins.hold_current(session)
    passed: list[ThemeDecision] = []
    for decision in latest(session, member_id, limit=TRIED):
        try:
            if decision.bulk_id is None:  # an act on many leaves those alone that cannot go back, and says so
                decisions.check_undo(session, decision, run_id)
        except Refusal:
            passed.append(decision)
            continue
        return Back(decision, passed)
    return Back(None, passed)


def _forward(session: Session, bulk: Bulk, ids: Sequence[int], by: Actor) -> None:
    act, params, changed = ACTS[bulk.act], bulk.params, 0
    with _part_of(session, bulk):
        for theme in _themes(session, ids):
            try:
                act(session, theme, params, by)
            except Refusal:  # so already, merged away meanwhile, or the department has closed since
                continue
            changed += 1
    bulk.changed += changed


def _back(session: Session, bulk: Bulk, ids: Sequence[int], by: Actor, zone: ZoneInfo) -> None:
    undone = sa.orm.aliased(ThemeDecision, name="undone")
    statement = (
        columns(ThemeDecision.id)
        .where(
            ThemeDecision.bulk_id == bulk.id,
            ThemeDecision.kind != DecisionKind.UNDO,
            col(ThemeDecision.theme_id).in_(list(ids)),
            ~sa.exists().where(col(undone.undoes_id) == col(ThemeDecision.id)),
        )
        .order_by(col(ThemeDecision.id).desc())
    )
    kept = 0  # apart from the row: taking back forgets what was read or set before it, to look again
    with _part_of(session, bulk):
        for decision_id in session.exec(statement).all():
            try:
                decisions.undo(session, decision_id, by=by, zone=zone)
            except decisions.Overtaken:
                kept += 1
    bulk.kept += kept


def _themes(session: Session, ids: Sequence[int]) -> Iterator[Theme]:
    found = {theme.id: theme for theme in session.exec(select(Theme).where(col(Theme.id).in_(list(ids))))}
    return (found[theme_id] for theme_id in ids if theme_id in found)


@contextmanager
def _part_of(session: Session, bulk: Bulk) -> Iterator[None]:
    session.info[decisions.BULK] = bulk.id
    try:
        yield
    finally:
        session.info.pop(decisions.BULK, None)


def _reach(session: Session, bulk: Bulk, place: int, after: BulkState) -> None:
    bulk.place = place
    if place >= len(bulk.themes):
        bulk.state = after
        bulk.undone_at = clock.now() if after is BulkState.UNDONE else None
    session.add(bulk)
    session.flush()


def _move(session: Session, bulk: Bulk, old: BulkState, new: BulkState) -> bool:
    statement = sa.update(Bulk).where(col(Bulk.id) == bulk.id, col(Bulk.state) == old).values(state=new)
    result: Any = session.connection().execute(statement)
    session.refresh(bulk)
    return bool(result.rowcount)


def _checked(session: Session, act: BulkAct, said: dict[str, Any]) -> dict[str, Any]:
    """What the act needs to know, refused before anything is written when it makes no sense."""
    if act is BulkAct.DECLINE:
        reason, sentence, alternative = check_words(said["reason"], said["sentence"], said["alternative"])
        return {"reason": reason.value, "sentence": sentence, "alternative": alternative}
    known: dict[BulkAct, tuple[str, Callable[[], set[int | None]]]] = {
        BulkAct.ASSIGN: ("member", lambda: {person.id for person in staff(session, *STAFF)}),
        BulkAct.DEPARTMENT: ("department", lambda: {one.id for one in departments(session)}),
        BulkAct.AREA: ("area", lambda: set(session.exec(select(ThemeArea.id)))),
    }
    if act not in known:
        return {}
    name, ids = known[act]
    value = said[name] or None
    if value is not None and value not in ids():
        raise NoSuchChoice(fields={name: NoSuchChoice.message})
    return {name: value}
