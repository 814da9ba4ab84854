"""What binds every run besides pins: locked themes, themes kept apart, posts that are never together."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from cocreate.core.errors import Conflict
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from feedback_cluster.themes import pins
from feedback_cluster.themes.models import KeptApart, NeverTogether, Source, Theme, ThemePin, ThemePost
from feedback_cluster.themes.queries import current_run_id

Old: Any = aliased(ThemePost, name="old")
New: Any = aliased(ThemePost, name="new")
OldTheme: Any = aliased(Theme, name="old_theme")
NewTheme: Any = aliased(Theme, name="new_theme")


class NotTogether(Conflict):
    code = "not_together"
    message = N_("Two of these voices were said never to be together. Take that back first.")


def locked_roots(session: Session) -> set[int]:
    """Themes that a person locked."""
    return {theme_id or 0 for theme_id in session.exec(select(Theme.id).where(col(Theme.locked).is_(True)))}


def locked_leaves(session: Session) -> set[int]:
    """Locked themes and what is merged into them."""
    roots = locked_roots(session)
    found = session.exec(select(Theme.id).where(col(Theme.root_id).in_(roots))) if roots else ()
    return {theme_id or 0 for theme_id in found}


def locked_members(session: Session) -> dict[int, int]:
    """{post: theme} of the voices of locked themes."""
    locked = locked_leaves(session)
    statement = select(ThemePost.post_id, ThemePost.theme_id).where(
        ThemePost.run_id == current_run_id(session), col(ThemePost.theme_id).in_(locked)
    )
    return {post_id: theme_id or 0 for post_id, theme_id in session.exec(statement)}


def never_pairs(session: Session) -> list[tuple[int, int]]:
    """Posts that are never together, each pair once."""
    statement = select(NeverTogether.a_id, NeverTogether.b_id).order_by(
        col(NeverTogether.a_id), col(NeverTogether.b_id)
    )
    return [(a, b) for a, b in session.exec(statement)]


def strangers(session: Session, post_ids: Sequence[int]) -> dict[int, set[int]]:
    """The posts with which each of these is never together."""
    if not post_ids:
        return {}
    ids = list(post_ids)
    found: dict[int, set[int]] = {}
    statement = select(NeverTogether.a_id, NeverTogether.b_id).where(
        sa.or_(col(NeverTogether.a_id).in_(ids), col(NeverTogether.b_id).in_(ids))
    )
    for a, b in session.exec(statement):
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return {post_id: others for post_id, others in found.items() if post_id in set(ids)}


def check_together(session: Session, root_id: int | None, post_ids: Sequence[int], *, but: Sequence[int] = ()) -> None:
    """NotTogether when these posts, among themselves or with what the theme holds, include a pair that must not.

    but: a pair that may, because what was said of it is being taken back.
    """
    pair = set(but)
    others = {post: found - pair if post in pair else found for post, found in strangers(session, post_ids).items()}
    if root_id is None or not any(others.values()):
        return
    mine = set(post_ids)
    wanted = sorted({post for found in others.values() for post in found})
    there = select(ThemePost.post_id).join(Theme, col(Theme.id) == ThemePost.theme_id)
    there = there.where(
        ThemePost.run_id == current_run_id(session), Theme.root_id == root_id, col(ThemePost.post_id).in_(wanted)
    )
    present = mine | set(session.exec(there))
    if any(found & present for found in others.values()):
        raise NotTogether(f"theme {root_id}")


def kept_apart(session: Session) -> set[tuple[int, int]]:
    """Pairs of themes, as they are shown now, that are kept apart."""
    rows = session.exec(select(KeptApart.a_id, KeptApart.b_id)).all()
    named = {theme_id for row in rows for theme_id in row}
    roots = dict(session.exec(select(Theme.id, Theme.root_id).where(col(Theme.id).in_(named))).all()) if named else {}
    return {(min(a, b), max(a, b)) for x, y in rows if (a := roots[x] or x) != (b := roots[y] or y)}


def apart_from(session: Session, theme_id: int) -> set[int]:
    """The themes from which this one is kept apart."""
    return {a if b == theme_id else b for a, b in kept_apart(session) if theme_id in (a, b)}


def bind(session: Session, base_id: int | None, run_id: int) -> set[int]:
    """Let people's word hold in a run's assignments, compared with those of another; the themes that changed."""
    touched = _hold_themes(session, base_id, run_id) if base_id is not None else set()
    touched |= pins.apply_all(session, run_id)
    return touched | part_pairs(session, run_id)


def moved(base_id: int, run_id: int, *more: Any) -> Any:
    """Rows (post, old theme, old source, old confidence, new theme) of voices that change, by `more` conditions."""
    return (
        columns(Old.post_id, Old.theme_id, Old.source, Old.confidence, New.theme_id)
        .join(New, sa.and_(New.post_id == Old.post_id, New.run_id == run_id))
        .outerjoin(OldTheme, OldTheme.id == Old.theme_id)
        .outerjoin(NewTheme, NewTheme.id == New.theme_id)
        .where(Old.run_id == base_id, OldTheme.root_id.is_distinct_from(NewTheme.root_id), *more)
    )


def _hold_themes(session: Session, base_id: int, run_id: int) -> set[int]:
    locked = locked_roots(session)
    conditions = []
    if locked:
        conditions.append(OldTheme.root_id.in_(locked))
        conditions.append(sa.and_(NewTheme.root_id.in_(locked), OldTheme.root_id.is_not(None)))
    for a, b in kept_apart(session):
        conditions.append(sa.and_(OldTheme.root_id == a, NewTheme.root_id == b))
        conditions.append(sa.and_(OldTheme.root_id == b, NewTheme.root_id == a))
    if not conditions:
        return set()
    pinned = select(ThemePin.post_id).where(col(ThemePin.theme_id).is_not(None))
    rows = session.exec(moved(base_id, run_id, sa.or_(*conditions), Old.post_id.not_in(pinned))).all()
    return put(session, run_id, rows)


def put(session: Session, run_id: int, rows: Iterable[Any]) -> set[int]:
    """Give these voices, rows of `moved`, the place that they had; the themes that changed by it."""
    goals: dict[tuple[int | None, Source], list[int]] = {}
    touched: set[int] = set()
    for post_id, theme_id, source, _confidence, new_theme_id in rows:
        goals.setdefault((theme_id, source), []).append(post_id)
        touched |= {theme for theme in (theme_id, new_theme_id) if theme is not None}
    for (theme_id, source), post_ids in goals.items():
        pins.move(session, run_id, post_ids, theme_id, source)
    return touched


def part_pairs(session: Session, run_id: int) -> set[int]:
    """Take one of two posts that are never together out of a theme that would hold both; the themes that lost one.

    The one that a person placed stays, else the surer one.
    """
    statement = (
        columns(
            NeverTogether.a_id, NeverTogether.b_id, OldTheme.root_id, NewTheme.root_id,
            Old.source, New.source, Old.confidence, New.confidence, Old.theme_id, New.theme_id,
        )
        .join(Old, sa.and_(Old.post_id == NeverTogether.a_id, Old.run_id == run_id))
        .join(New, sa.and_(New.post_id == NeverTogether.b_id, New.run_id == run_id))
        .join(OldTheme, OldTheme.id == Old.theme_id)
        .join(NewTheme, NewTheme.id == New.theme_id)
        .where(OldTheme.root_id == NewTheme.root_id)
        .order_by(col(NeverTogether.a_id), col(NeverTogether.b_id))
    )  # fmt: skip
    out: dict[int, int] = {}
    for a, b, _, _, a_source, b_source, a_sure, b_sure, a_theme, b_theme in session.exec(statement):
        if a in out or b in out:
            continue
        stays_a = (a_source is Source.PERSON, a_sure, -a) >= (b_source is Source.PERSON, b_sure, -b)
        out |= {b: b_theme} if stays_a else {a: a_theme}
    pins.move(session, run_id, sorted(out), None, Source.RUN)
    return set(out.values())
