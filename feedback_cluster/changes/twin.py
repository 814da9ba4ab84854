"""Two runs side by side: what each was told, what came out, and how far they group the voices alike."""

from collections import Counter
from dataclasses import dataclass
from math import comb
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from feedback_cluster.changes.compare import NOWHERE
from feedback_cluster.runs.models import Run, RunModel
from feedback_cluster.themes.bindings import New, NewTheme, Old, OldTheme
from feedback_cluster.themes.models import Theme


@dataclass(frozen=True)
class Alike:
    """How far two runs agree. same: share of the voices under the same theme; ari: adjusted Rand index, 1 is equal."""

    voices: int
    same: float
    ari: float
    only_first: list[tuple[int, str]]
    only_second: list[tuple[int, str]]


def alike(session: Session, a: Run, b: Run) -> Alike | None:
    """How the two runs agree on the voices that both know; None when one of them is no longer stored."""
    stored = set(session.exec(select(RunModel.run_id).where(RunModel.run_id.in_([a.id, b.id]))))  # type: ignore[attr-defined]
    if stored != {a.id, b.id}:
        return None
    counts = _joint(session, a.id or 0, b.id or 0)
    voices = sum(counts.values())
    same = sum(count for (one, other), count in counts.items() if one == other)
    first, second = {one for one, _ in counts} - {NOWHERE}, {other for _, other in counts} - {NOWHERE}
    names = dict(session.exec(select(Theme.id, Theme.name)).all())
    return Alike(
        voices,
        same / voices if voices else 1.0,
        adjusted_rand(counts),
        [(theme, names.get(theme, "")) for theme in sorted(first - second)],
        [(theme, names.get(theme, "")) for theme in sorted(second - first)],
    )


def _joint(session: Session, a: int, b: int) -> Counter[tuple[int, int]]:
    one, other = sa.func.coalesce(OldTheme.root_id, NOWHERE), sa.func.coalesce(NewTheme.root_id, NOWHERE)
    statement: Any = (
        select(one, other, sa.func.count())
        .select_from(Old)
        .join(New, sa.and_(New.post_id == Old.post_id, New.run_id == b))
        .outerjoin(OldTheme, OldTheme.id == Old.theme_id)
        .outerjoin(NewTheme, NewTheme.id == New.theme_id)
        .where(Old.run_id == a)
        .group_by(sa.literal_column("1"), sa.literal_column("2"))
    )
    return Counter({(int(x), int(y)): n for x, y, n in session.connection().execute(statement)})


def adjusted_rand(counts: Counter[tuple[int, int]]) -> float:
    """Hubert and Arabie's adjusted Rand index of a table of counts; 1.0 for tables that cannot differ."""
    rows, columns = Counter[int](), Counter[int]()
    for (one, other), count in counts.items():
        rows[one] += count
        columns[other] += count
    pairs = sum(comb(count, 2) for count in counts.values())
    in_rows, in_columns = (sum(comb(count, 2) for count in side.values()) for side in (rows, columns))
    whole = comb(counts.total(), 2)
    expected = in_rows * in_columns / whole if whole else 0.0
    most = (in_rows + in_columns) / 2
    return (pairs - expected) / (most - expected) if most != expected else 1.0


def side_by_side(a: Run, b: Run) -> dict[str, list[tuple[str, Any, Any]]]:
    """Rows (name, first, second) by group: parameters, data, versions, scores, cost."""

    def rows(one: dict[str, Any], other: dict[str, Any]) -> list[tuple[str, Any, Any]]:
        return [(name, one.get(name), other.get(name)) for name in dict.fromkeys([*one, *other])]

    def cost(run: Run) -> dict[str, Any]:
        return {"seconds": run.seconds, "peak_mb": run.peak_mb, **{f"stage:{k}": v for k, v in run.stages.items()}}

    def data(run: Run) -> dict[str, Any]:
        told = {"posts": run.posts, "themes": run.themes, "rest_share": round(run.rest_share, 4)}
        return {**told, "fingerprint": run.fingerprint[:16]}

    return {
        "data": rows(data(a), data(b)),
        "scores": rows(a.scores, b.scores),
        "cost": rows(cost(a), cost(b)),
        "parameters": rows(a.parameters, b.parameters),
        "versions": rows(a.versions, b.versions),
    }
