"""What other weights would do to the order of the queue, by arithmetic over what was counted already."""

from dataclasses import dataclass

from sqlmodel import Session, col

from cocreate.core import clock
from cocreate.core.tables import columns
from feedback_cluster.themes.models import Theme, TriageStatus
from feedback_cluster.themes.score import Evidence, Weights, parts, total

TOP = 20


@dataclass(frozen=True)
class Placed:
    """A theme in the queue by other weights and (before) by today's. Places count from 1."""

    theme_id: int
    name: str
    place: int
    before: int
    score: float
    score_before: float

    @property
    def moved(self) -> int:
        """Places that it climbs; negative when it falls."""
        return self.before - self.place


def preview(session: Session, old: Weights, new: Weights) -> list[Placed]:
    """The first twenty by the new weights beside where the old ones put them, and those that would fall out of them.

    Both orders are computed from the same evidence, so that only the weights differ. Words of danger count as they were
    counted last. One statement.
    """
    statement = columns(Theme.id, Theme.name, Theme.evidence, Theme.effort, Theme.oldest_open_at).where(
        col(Theme.merged_into_id).is_(None),
        col(Theme.born_at).is_not(None),
        col(Theme.status).in_((TriageStatus.NEW, TriageStatus.TRIAGED)),
        col(Theme.size) > 0,
    )
    names: dict[int, str] = {}
    scored: dict[int, tuple[float, float]] = {}
    for theme_id, name, data, effort, oldest in session.exec(statement):
        days = (clock.now() - oldest).total_seconds() / 86_400 if oldest else 0.0
        evidence = Evidence.from_json({**data, "effort": effort, "waiting_days": days})
        names[theme_id] = name
        scored[theme_id] = total(parts(evidence, new)), total(parts(evidence, old))
    now = _order({theme_id: score for theme_id, (score, _) in scored.items()})
    was = _order({theme_id: score for theme_id, (_, score) in scored.items()})
    places = {theme_id: place for place, theme_id in enumerate(was, 1)}
    return [
        Placed(theme_id, names[theme_id], place, places[theme_id], *scored[theme_id])
        for place, theme_id in enumerate(now, 1)
        if place <= TOP or places[theme_id] <= TOP
    ]


def _order(scores: dict[int, float]) -> list[int]:
    return sorted(scores, key=lambda theme_id: (-scores[theme_id], -theme_id))
