"""A release goes to the cars: in steps, by model; it is stopped, goes on, or is taken back, and owners are told why."""

from collections import Counter
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.queries import fleet
from cocreate.text.names import name_key
from roadmap.forms import need_sentence
from roadmap.promises import follow as promises
from roadmap.releases.models import Release, ReleaseRollout, ReleaseState, RolloutKind

JOB, HALT_JOB = "roadmap.release_out", "roadmap.tell_halted"
SENTENCE_CHARACTERS = 400


class NotOutYet(Conflict):
    code = "release_not_out"
    message = N_("This release is a draft. Let everybody see it first.")


class Stopped(Conflict):
    code = "release_stopped"
    message = N_("This release has been stopped. It must go on before it can reach more cars.")


class NotRolling(Conflict):
    code = "release_not_rolling"
    message = N_("This release is not on its way to the cars.")


class RolloutMoved(Conflict):
    code = "rollout_moved"
    message = N_("Somebody has moved this roll-out in the meantime. Please look again.")


class BadShare(Invalid):
    code = "bad_share"
    message = N_("A roll-out only grows: enter more than it has reached, 100 at most.")


class OtherModel(Invalid):
    code = "other_model"
    message = N_("This release is not for that model.")


def roll_out(
    session: Session, release: Release, *, percent: int, by: Actor, model: str = "", sentence: str = ""
) -> ReleaseRollout:
    """One more step: so many percent of the cars, or of one model's, may load it. The first step releases it."""
    if not release.public:
        raise NotOutYet(f"release {release.id}")
    if release.state in (ReleaseState.PAUSED, ReleaseState.ROLLED_BACK):
        raise Stopped(f"release {release.id} is {release.state}")
    if model and not release.reaches(model):
        raise OtherModel(fields={"model": OtherModel.message})
    model = next((known for known in cars_by_model(session, release) if name_key(known) == name_key(model)), model)
    if not reached(release, model) < percent <= 100:
        raise BadShare(fields={"percent": BadShare.message})
    shares = by_model(session, release, model, percent)
    now = clock.now()
    released_at = release.released_at if release.released_at and release.released_at <= now else now
    _swap(
        session, release, rollout=shares, rollout_percent=overall(session, shares) if shares else percent,
        released_at=released_at, edited_at=now,
    )  # fmt: skip
    row = _note(session, release, RolloutKind.STEP, by, model=model, percent=percent, sentence=sentence)
    announce(session, release)
    return row


def pause(session: Session, release: Release, *, sentence: str, by: Actor) -> None:
    """No more cars get it for now; those that have it are told why."""
    need_sentence(sentence)
    if release.state not in (ReleaseState.ROLLING, ReleaseState.DONE):
        raise NotRolling(f"release {release.id} is {release.state}")
    _swap(session, release, paused_at=clock.now(), edited_at=clock.now())
    _tell(session, _note(session, release, RolloutKind.PAUSED, by, percent=release.rollout_percent, sentence=sentence))


def resume(session: Session, release: Release, *, sentence: str, by: Actor) -> None:
    """It goes on where it was stopped."""
    need_sentence(sentence)
    if release.state != ReleaseState.PAUSED:
        raise NotRolling(f"release {release.id} is {release.state}")
    _swap(session, release, paused_at=None, edited_at=clock.now())
    _tell(session, _note(session, release, RolloutKind.RESUMED, by, percent=release.rollout_percent, sentence=sentence))
    # Whoever was not told yet when it was stopped is told now.
    announce(session, release)


def roll_back(session: Session, release: Release, *, sentence: str, by: Actor) -> None:
    """It is taken back for good; the way on is another version. Owners of cars that have it are told."""
    need_sentence(sentence)
    if release.state not in (ReleaseState.ROLLING, ReleaseState.DONE, ReleaseState.PAUSED):
        raise NotRolling(f"release {release.id} is {release.state}")
    _swap(session, release, rolled_back_at=clock.now(), edited_at=clock.now())
    row = _note(session, release, RolloutKind.ROLLED_BACK, by, percent=release.rollout_percent, sentence=sentence)
    _tell(session, row)


def note_share(session: Session, release: Release, percent: int, *, by: Actor) -> None:
    """The share that the release's form gives, for all models alike."""
    release.rollout, release.rollout_percent = {}, percent
    session.add(release)
    _note(session, release, RolloutKind.STEP, by, percent=percent)


def note_withdrawal(session: Session, release: Release, *, reason: str, by: Actor) -> None:
    """A line that says why what everybody could read as released is so no longer."""
    sentence = reason.strip()[:SENTENCE_CHARACTERS]
    _note(session, release, RolloutKind.WITHDRAWN, by, percent=release.rollout_percent, sentence=sentence)


def announce(session: Session, release: Release) -> None:
    """Have its owners told once it is out; a release that is out already is looked at at once."""
    if release.public and release.released_at is not None and release.rolled_back_at is None:
        moment = max(release.released_at, clock.now())
        outbox.enqueue(session, JOB, run_after=moment, release_id=release.id)
        outbox.enqueue(session, promises.JOB, run_after=moment)


def reached(release: Release, model: str = "") -> int:
    """The share that was reached before: of one model, or at least of every one."""
    if not release.rollout:
        return release.rollout_percent if release.released_at and release.released_at <= clock.now() else 0
    return release.rollout.get(model, 0) if model else min(release.rollout.values())


def by_model(session: Session, release: Release, model: str, percent: int) -> dict[str, int]:
    """Shares by model after this step; empty when all models have come equally far."""
    if not model:
        return {}
    base = reached(release) if not release.rollout else 0
    models = release.models or sorted({*cars_by_model(session, release), model})
    shares = {name: release.rollout.get(name, base) for name in models} | {model: percent}
    return {} if len(set(shares.values())) == 1 else shares


def overall(session: Session, shares: dict[str, int]) -> int:
    """The share over all models, each weighed by its cars in garages; alike where nobody knows of a car."""
    cars: Counter[str] = Counter()
    for part in fleet(session):
        cars[name_key(part.model)] += part.cars
    known = {model: cars[name_key(model)] for model in shares}
    weights = known if any(known.values()) else dict.fromkeys(shares, 1)
    total = sum(weights.values())
    return sum(percent * weights[model] for model, percent in shares.items()) // total


def cars_by_model(session: Session, release: Release) -> dict[str, int]:
    """Models that the release is for and their cars in garages, each model once: as the release spells it, or as the
    garages do."""
    names = {name_key(name): name for name in [*release.models, *release.rollout]}
    cars = dict.fromkeys(names.values(), 0)
    for part in fleet(session):
        if release.reaches(part.model):
            name = names.setdefault(name_key(part.model), part.model)
            cars[name] = cars.get(name, 0) + part.cars
    return cars


def history(session: Session, release_id: int) -> list[ReleaseRollout]:
    """All that happened on its way, newest first."""
    statement = select(ReleaseRollout).where(ReleaseRollout.release_id == release_id)
    return list(session.exec(statement.order_by(col(ReleaseRollout.id).desc())))


def _swap(session: Session, release: Release, **values: Any) -> None:
    # Two people who press at once both pass the look above: only the one who still finds the old state may go on.
    unmoved = (
        col(Release.id) == release.id,
        col(Release.rollout_percent) == release.rollout_percent,
        col(Release.edited_at).is_not_distinct_from(release.edited_at),
        col(Release.paused_at).is_not_distinct_from(release.paused_at),
        col(Release.rolled_back_at).is_not_distinct_from(release.rolled_back_at),
    )
    result: Any = session.connection().execute(sa.update(Release).where(*unmoved).values(**values))
    if result.rowcount != 1:
        raise RolloutMoved(f"release {release.id}")
    session.refresh(release)


def _note(session: Session, release: Release, kind: RolloutKind, by: Actor, **values: Any) -> ReleaseRollout:
    row = ReleaseRollout(release_id=release.id or 0, kind=kind, by_id=by.id, at=clock.now(), **values)
    session.add(row)
    session.flush()
    audit.record(session, by, f"release.{kind.value}", "roadmap_release", release.id, percent=row.percent)
    return row


def _tell(session: Session, row: ReleaseRollout) -> None:
    outbox.enqueue(session, HALT_JOB, key=f"roadmap.halt:{row.id}", rollout_id=row.id)
