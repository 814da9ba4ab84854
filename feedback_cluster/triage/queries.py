"""The queue of themes: filters that live in the address, the most urgent first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.text_marks import N_
from cocreate.identity.departments.models import Department, DepartmentMember
from cocreate.text.fold import fold
from cocreate.web import paging
from feedback_cluster.changes.models import FADED_AFTER, RunPolicy
from feedback_cluster.themes.cards import twelve_weeks
from feedback_cluster.themes.models import Theme, ThemeArea, ThemePost, TriageStatus
from feedback_cluster.themes.queries import current_run
from feedback_cluster.themes.score import TERM_LABELS

GROWING = 0.15
PAGE = 50


class View(StrEnum):
    """Saved views of the queue."""

    NEW = "new"
    MINE = "mine"
    DEPARTMENT = "department"
    GROWING = "growing"
    TRIAGED = "triaged"
    ALL = "all"
    DECLINED = "declined"
    HIDDEN = "hidden"
    FADED = "faded"


VIEW_LABELS = {
    View.NEW: N_("To triage"),
    View.MINE: N_("Assigned to me"),
    View.DEPARTMENT: N_("For my department"),
    View.GROWING: N_("Growing"),
    View.TRIAGED: N_("Triaged"),
    View.ALL: N_("All"),
    View.DECLINED: N_("Declined"),
    View.HIDDEN: N_("Hidden"),
    View.FADED: N_("Faded"),
}


@dataclass(frozen=True)
class Filters:
    """What of the queue is asked for."""

    view: View = View.NEW
    model: str = ""
    board: int | None = None
    assignee: int | None = None
    q: str = ""
    area: int | None = None
    department: int | None = None

    @property
    def narrowed(self) -> bool:
        """Whether it asks for less than its view."""
        return bool(self.q or self.model or self.board or self.assignee or self.area or self.department)

    def as_query(self, **changed: Any) -> dict[str, Any]:
        """The same as parts of an address, some of them changed."""
        told: dict[str, Any] = {
            "view": "" if self.view is View.NEW else self.view.value,
            "model": self.model,
            "board": self.board,
            "assignee": self.assignee,
            "q": self.q,
            "area": self.area,
            "department": self.department,
        }
        return told | changed


@dataclass(frozen=True)
class QueueRow:
    """A theme in the queue."""

    id: int
    name: str
    status: TriageStatus
    size: int
    people: int
    weekly: list[int]
    trend: float
    score: float
    parts: dict[str, float]
    oldest_open_at: datetime | None
    assignee_id: int | None
    area_id: int | None = None
    department_id: int | None = None

    @property
    def growing(self) -> bool:
        return self.trend >= GROWING

    @property
    def waiting_days(self) -> int:
        """For how many days its oldest unanswered voice has waited; 0 when none waits."""
        return (clock.now() - self.oldest_open_at).days if self.oldest_open_at else 0


def queue(
    session: Session, filters: Filters, *, me: int, cursor: str | None = None, limit: int = PAGE
) -> paging.Listing[QueueRow]:
    """A page of the queue, by score, or by growth in the view that is about it."""
    by = col(Theme.trend) if filters.view is View.GROWING else col(Theme.score)
    order = (by, col(Theme.id))
    statement = (
        select(Theme)
        .where(*_conditions(filters, me))
        .order_by(by.desc(), col(Theme.id).desc())
        .limit(limit + 1)
    )  # fmt: skip
    if cursor:
        statement = statement.where(paging.after(order, paging.decode_cursor(cursor, 2)))
    themes = session.exec(statement).all()
    place = (lambda row: (row.trend, row.id)) if filters.view is View.GROWING else (lambda row: (row.score, row.id))
    return paging.cut([_row(theme) for theme in themes], limit, place)


def line(session: Session, filters: Filters, theme_id: int, *, me: int) -> QueueRow | None:
    """The theme's row, if this view of the queue holds it."""
    theme = session.exec(select(Theme).where(Theme.id == theme_id, *_conditions(filters, me))).first()
    return _row(theme) if theme else None


def count(session: Session, filters: Filters, *, me: int) -> int:
    """How many themes match."""
    return session.exec(select(sa.func.count()).select_from(Theme).where(*_conditions(filters, me))).one()


def matching(session: Session, filters: Filters, *, me: int, limit: int) -> list[int]:
    """Ids of all themes that match, in the order of the queue."""
    by = col(Theme.trend) if filters.view is View.GROWING else col(Theme.score)
    statement = select(Theme.id).where(*_conditions(filters, me)).order_by(by.desc(), col(Theme.id).desc())
    return [theme_id or 0 for theme_id in session.exec(statement.limit(limit))]


def view_counts(session: Session, me: int) -> dict[View, int]:
    """How many themes each view holds."""
    statement: Any = select(
        *[sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*_of_view(view, me)), 1), else_=0)), 0) for view in View]
    ).where(*_standing())
    return dict(zip(View, session.exec(statement).one(), strict=True))


@dataclass(frozen=True)
class AreaRow:
    """An area with how many themes of the view stand in it."""

    id: int
    name: str
    themes: int


def areas_of(session: Session, view: View, me: int) -> list[AreaRow]:
    """The areas that have themes with voices, those with most voices first; themes counts those of the view."""
    here = sa.func.sum(sa.case((sa.and_(*_of_view(view, me)), 1), else_=0))
    statement: Any = (
        select(ThemeArea.id, ThemeArea.name, sa.func.coalesce(here, 0))
        .join(Theme, col(Theme.area_id) == ThemeArea.id)
        .where(*_alive(), ThemeArea.hidden == sa.false())
        .group_by(col(ThemeArea.id), col(ThemeArea.name))
        .order_by(sa.func.sum(Theme.size).desc(), col(ThemeArea.id))
    )
    return [AreaRow(*row) for row in session.exec(statement)]


def areas_by_id(session: Session, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Id and name of these areas, without hidden ones."""
    if not ids:
        return {}
    statement = select(ThemeArea.id, ThemeArea.name).where(
        col(ThemeArea.id).in_(sorted(ids)), ThemeArea.hidden == sa.false()
    )
    return {area_id or 0: {"id": area_id, "name": name} for area_id, name in session.exec(statement)}


def find_themes(
    session: Session, *, status: TriageStatus | None, cursor: str | None, limit: int
) -> paging.Listing[Theme]:
    """Themes with voices by falling score, for the JSON list; without hidden ones unless they are asked for."""
    wanted = [Theme.status == status] if status else [col(Theme.status) != TriageStatus.HIDDEN]
    order = (col(Theme.score), col(Theme.id))
    statement = select(Theme).where(*_alive(), *wanted).order_by(order[0].desc(), order[1].desc()).limit(limit + 1)
    if cursor:
        statement = statement.where(paging.after(order, paging.decode_cursor(cursor, 2)))
    return paging.cut(session.exec(statement).all(), limit, lambda theme: (theme.score, theme.id))


def _standing() -> list[Any]:
    return [col(Theme.merged_into_id).is_(None), col(Theme.born_at).is_not(None)]


def _alive() -> list[Any]:
    return [*_standing(), sa.or_(col(Theme.size) > 0, col(Theme.name_locked))]


def _faded() -> list[Any]:
    """No voice for so many runs as the rule of runs says; the theme is kept, with its name and history."""
    rule = select(RunPolicy.faded_after).where(RunPolicy.id == 1).scalar_subquery()
    return [col(Theme.size) == 0, col(Theme.quiet_runs) >= sa.func.coalesce(rule, FADED_AFTER)]


def _of_view(view: View, me: int) -> list[Any]:
    status = col(Theme.status)
    kept = status.in_((TriageStatus.NEW, TriageStatus.TRIAGED))
    works = select(DepartmentMember.department_id).where(DepartmentMember.member_id == me)
    mine = works.union(select(Department.id).where(Department.head_id == me))
    conditions: dict[View, list[Any]] = {
        View.NEW: [status == TriageStatus.NEW],
        View.MINE: [kept, col(Theme.assignee_id) == me],
        View.DEPARTMENT: [kept, col(Theme.department_id).in_(mine)],
        View.GROWING: [kept, col(Theme.trend) >= GROWING],
        View.TRIAGED: [status == TriageStatus.TRIAGED],
        View.ALL: [kept],
        View.DECLINED: [status == TriageStatus.DECLINED],
        View.HIDDEN: [status == TriageStatus.HIDDEN],
        View.FADED: [kept, *_faded()],
    }
    return conditions[view] if view is View.FADED else [*_alive(), *conditions[view]]


def _conditions(filters: Filters, me: int) -> list[Any]:
    found = [*_standing(), *_of_view(filters.view, me)]
    if filters.assignee is not None:
        found.append(col(Theme.assignee_id) == filters.assignee)
    if filters.department is not None:
        found.append(col(Theme.department_id) == filters.department)
    if filters.area is not None:
        found.append(col(Theme.area_id) == filters.area)
    for word in fold(filters.q).split():
        found.append(col(Theme.words).contains(word, autoescape=True))
    within = []
    if filters.model:
        within.append(ThemePost.model == filters.model)
    if filters.board is not None:
        within.append(ThemePost.board_id == filters.board)
    if within:
        leaf = sa.orm.aliased(Theme, name="leaf")
        talked = (
            select(leaf.root_id)
            .join(ThemePost, col(ThemePost.theme_id) == leaf.id)
            .where(ThemePost.run_id == current_run(), *within)
        )
        found.append(col(Theme.id).in_(talked))
    return found


def _row(theme: Theme) -> QueueRow:
    return QueueRow(
        id=theme.id or 0,
        name=theme.name,
        status=theme.status,
        size=theme.size,
        people=theme.people,
        weekly=twelve_weeks(theme.weekly),
        trend=theme.trend,
        score=theme.score,
        parts=ordered_parts(theme.parts),
        oldest_open_at=theme.oldest_open_at,
        assignee_id=theme.assignee_id,
        area_id=theme.area_id,
        department_id=theme.department_id,
    )


def ordered_parts(parts: dict[str, float]) -> dict[str, float]:
    """The parts of a score in the order in which they are explained."""
    return {name: parts.get(name, 0.0) for name in TERM_LABELS}


def ids_of(rows: Sequence[QueueRow]) -> list[int]:
    return [row.id for row in rows]
