"""Changing what matters: weights are saved as a new wording, audited, and every theme is counted anew."""

from sqlmodel import Session, col, select

from cocreate.core import audit, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.text_marks import N_
from feedback_cluster.priority.models import ScoreRecount, ScoreWeights
from feedback_cluster.priority.queries import current_weights, newest
from feedback_cluster.themes.score import FORMULA, Weights

RECOUNT = "feedback_cluster.recount"


class NothingChanged(Conflict):
    code = "weights_unchanged"
    message = N_("These weights hold already.")


class Overtaken(Conflict):
    code = "weights_overtaken"
    message = N_("Somebody has changed the weights since. Please look again before you take this back.")


def save(
    session: Session, weights: Weights, *, by: Actor, cause: str = "change", undoes: int | None = None
) -> ScoreWeights:
    """Let these weights hold from now on; themes follow in the background."""
    before = current_weights(session)
    if weights == before:
        raise NothingChanged()
    row = ScoreWeights(formula=FORMULA, data=weights.as_json(), cause=cause, undoes_id=undoes, by_id=by.id)
    session.add(row)
    session.flush()
    audit.record(session, by, f"score_weights.{cause}", "score_weights", row.id, changed=changed(before, weights))
    begin_recount(session, row)
    return row


def begin_recount(session: Session, weights: ScoreWeights, *, again: bool = False) -> None:
    """Have all themes counted anew; again: look for the words of danger even if they are those of the last time."""
    recount = ScoreRecount(weights_id=weights.id or 0)
    session.add(recount)
    session.flush()
    outbox.enqueue(session, RECOUNT, recount_id=recount.id, again=again)


def reset(session: Session, *, by: Actor) -> ScoreWeights:
    """Back to the weights that ship."""
    return save(session, Weights(), by=by, cause="reset")


def undo(session: Session, weights_id: int, *, by: Actor) -> ScoreWeights:
    """Take the newest saving back: what held before it holds again."""
    row = session.get(ScoreWeights, weights_id)
    if row is None:
        raise NotFound(f"score weights {weights_id}")
    last = newest(session)
    if last is None or last.id != weights_id:
        raise Overtaken(f"score weights {weights_id}")
    return save(session, weights_before(session, row), by=by, cause="undo", undoes=weights_id)


def weights_before(session: Session, row: ScoreWeights) -> Weights:
    """What held before this wording did."""
    earlier = session.exec(
        select(ScoreWeights).where(col(ScoreWeights.id) < row.id).order_by(col(ScoreWeights.id).desc()).limit(1)
    ).first()
    return Weights.from_json(earlier.data) if earlier else Weights()


def changed(before: Weights, after: Weights) -> list[str]:
    """Names of what differs, for the audit."""
    found = [f"points.{term}" for term, points in after.points.items() if before.points.get(term) != points]
    found += [
        f"model.{model}"
        for model in sorted({*before.models, *after.models})
        if before.models.get(model, 1.0) != after.models.get(model, 1.0)
    ]
    if before.verified != after.verified:
        found.append("verified")
    if before.safety != after.safety:
        found.append("safety")
    return found
