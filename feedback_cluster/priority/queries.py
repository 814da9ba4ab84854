"""Which weights hold, and what held before."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from feedback_cluster.priority.models import ScoreRecount, ScoreWeights
from feedback_cluster.themes.score import Weights


def newest(session: Session) -> ScoreWeights | None:
    """The row that holds; None while the defaults do."""
    return session.exec(select(ScoreWeights).order_by(col(ScoreWeights.id).desc()).limit(1)).first()


def current_weights(session: Session) -> Weights:
    """The weights by which themes are scored now."""
    row = newest(session)
    return Weights.from_json(row.data) if row else Weights()


def safety_words(session: Session) -> tuple[str, ...]:
    """The brand's words of danger."""
    return current_weights(session).safety


def history(session: Session, limit: int = 20) -> Sequence[ScoreWeights]:
    """What was saved, newest first."""
    return session.exec(select(ScoreWeights).order_by(col(ScoreWeights.id).desc()).limit(limit)).all()


def recount_under_way(session: Session) -> ScoreRecount | None:
    """The newest recount, unless it is over."""
    row = session.exec(select(ScoreRecount).order_by(col(ScoreRecount.id).desc()).limit(1)).first()
    return row if row is not None and row.finished_at is None else None
