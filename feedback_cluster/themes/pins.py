"""People's word on single posts: where a post belongs and where it does not. Every run is bound by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.tables import columns
from feedback_cluster.runs.models import CurrentRun
from feedback_cluster.themes.models import Source, Theme, ThemePin, ThemePost
from feedback_cluster.themes.queries import current_run_id

CHUNK = 5_000
"""Posts that one statement names: databases take so many values and not many more."""


@dataclass(frozen=True)
class Pin:
    """theme_id: the post belongs there (None: nothing was said); apart: it does not belong there."""

    theme_id: int | None = None
    apart: list[int] = field(default_factory=list)


def hold_current(session: Session) -> int | None:
    """The current run, which no other transaction replaces until this one ends; None before the first run.

    What was read before is read again: somebody may have decided while this one waited.
    """
    session.connection().execute(sa.update(CurrentRun).where(col(CurrentRun.id) == 1).values(run_id=CurrentRun.run_id))
    session.expire_all()
    return current_run_id(session)


def hold_theme(session: Session, theme: Theme) -> None:
    """Read the theme again and let nobody else decide about it until this ends: of two at once one comes second."""
    own = col(Theme.id) == theme.id
    session.connection().execute(sa.update(Theme).where(own).values(root_id=Theme.root_id))
    session.refresh(theme)


def pins(session: Session, post_ids: Sequence[int] | None = None) -> dict[int, Pin]:
    """What people said about these posts, or about all."""
    statement = columns(ThemePin.post_id, ThemePin.theme_id, ThemePin.apart)
    if post_ids is not None:
        statement = statement.where(col(ThemePin.post_id).in_(list(post_ids)))
    return {post_id: Pin(theme_id, list(apart)) for post_id, theme_id, apart in session.exec(statement)}


def placed(session: Session, run_id: int | None, post_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Where these posts are now, as plain values that a decision can keep and `put_back` understands."""
    known = pins(session, post_ids)
    rows = session.exec(
        columns(ThemePost.post_id, ThemePost.theme_id, ThemePost.source).where(
            ThemePost.run_id == run_id, col(ThemePost.post_id).in_(list(post_ids))
        )
    )
    return {
        post_id: {
            "theme": theme_id,
            "source": source.value,
            "pin": [known[post_id].theme_id, known[post_id].apart] if post_id in known else None,
        }
        for post_id, theme_id, source in rows
    }


def pin(
    session: Session, run_id: int | None, before: dict[int, dict[str, Any]], theme_id: int | None, apart: Iterable[int]
) -> None:
    """Say that these posts belong to the theme (or, with None, only where they do not), now and in every later run."""
    rows = [
        {
            "post_id": post_id,
            "theme_id": theme_id,
            "apart": sorted({*(was["pin"][1] if was["pin"] else ()), *apart} - {theme_id or 0}),
        }
        for post_id, was in before.items()
    ]
    _replace(session, list(before), rows)
    move(session, run_id, list(before), theme_id, Source.PERSON)


def put_back(session: Session, run_id: int | None, before: dict[int, dict[str, Any]]) -> None:
    """Undo `pin`: the posts are where they were, and people's earlier word holds again."""
    places: dict[tuple[int | None, str], list[int]] = {}
    rows = []
    for post_id, was in before.items():
        places.setdefault((was["theme"], was["source"]), []).append(post_id)
        if was["pin"]:
            rows.append({"post_id": post_id, "theme_id": was["pin"][0], "apart": was["pin"][1]})
    _replace(session, list(before), rows)
    for (theme_id, source), post_ids in places.items():
        move(session, run_id, post_ids, theme_id, Source(source))


def _replace(session: Session, post_ids: Sequence[int], rows: list[dict[str, Any]]) -> None:
    session.flush()
    connection = session.connection()
    connection.execute(sa.delete(ThemePin).where(col(ThemePin.post_id).in_(list(post_ids))))
    if rows:
        connection.execute(sa.insert(ThemePin), rows)


def apply_all(session: Session, run_id: int) -> set[int]:
    """Let people's word hold in a run that was computed before some of it was spoken; the themes that changed by it."""
    known = pins(session)
    decided = {post_id for post_id, told in known.items() if told.theme_id is not None}
    rows = session.exec(
        columns(ThemePost.post_id, ThemePost.theme_id, ThemePost.source).where(
            ThemePost.run_id == run_id,
            sa.or_(
                col(ThemePost.post_id).in_(select(ThemePin.post_id)), col(ThemePost.source) == Source.PERSON
            ),
        )
    ).all()  # fmt: skip
    touched: set[int] = set()
    moves: dict[tuple[int | None, Source], list[int]] = {}
    taken_back = [post_id for post_id, _, source in rows if source is Source.PERSON and post_id not in decided]
    earlier = _where_now(session, taken_back)
    for post_id, theme_id, source in rows:
        told = known.get(post_id)
        if told is not None and told.theme_id is not None:
            goal: tuple[int | None, Source] = (told.theme_id, Source.PERSON)
        elif post_id in earlier:
            goal = earlier[post_id]
        elif told is not None and theme_id in told.apart:
            goal = (None, Source.PERSON)
        else:
            continue
        if (theme_id, source) != goal:
            moves.setdefault(goal, []).append(post_id)
            touched |= {theme for theme in (theme_id, goal[0]) if theme is not None}
    for (theme_id, source), post_ids in moves.items():
        move(session, run_id, post_ids, theme_id, source)
    return touched


def _where_now(session: Session, post_ids: Sequence[int]) -> dict[int, tuple[int | None, Source]]:
    found: dict[int, tuple[int | None, Source]] = {}
    for start in range(0, len(post_ids), CHUNK):
        statement = columns(ThemePost.post_id, ThemePost.theme_id, ThemePost.source).where(
            ThemePost.run_id == current_run_id(session), col(ThemePost.post_id).in_(post_ids[start : start + CHUNK])
        )
        found |= {post_id: (theme_id, source) for post_id, theme_id, source in session.exec(statement)}
    return found


def move(session: Session, run_id: int | None, post_ids: Sequence[int], theme_id: int | None, source: Source) -> None:
    """Place these voices of a run."""
    for start in range(0, len(post_ids), CHUNK):
        session.connection().execute(
            sa.update(ThemePost)
            .where(col(ThemePost.run_id) == run_id, col(ThemePost.post_id).in_(post_ids[start : start + CHUNK]))
            .values(theme_id=theme_id, source=source)
        )


def roots_of(session: Session, theme_ids: Iterable[int]) -> set[int]:
    """The themes under which these are shown."""
    ids = list(theme_ids)
    found = session.exec(select(Theme.root_id).where(col(Theme.id).in_(ids))) if ids else ()
    return {root for root in found if root is not None}
