"""What the reader's own cars are told, as lines that a page may draw."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from cocreate.core.actor import Actor
from roadmap.applicability.rules import Verdict
from roadmap.applicability.service import Car, cars_of, release_verdicts, verdicts


@dataclass(frozen=True)
class CarLine:
    """One line: a car, what it is called among the reader's cars, and its verdict."""

    car: Car
    name: str
    verdict: Verdict


@dataclass(frozen=True)
class MyCars:
    """The reader's cars and what each subject means for them. empty: signed in, but no car in the garage."""

    cars: Sequence[Car] = ()
    empty: bool = False
    by_subject: Mapping[int, list[CarLine]] = field(default_factory=dict)

    def get(self, subject: int, default: Sequence[CarLine] = ()) -> Sequence[CarLine]:
        return self.by_subject.get(subject, default)


def my_items(
    session: Session, actor: Actor, item_ids: Iterable[int], *, only: Car | None = None, release_id: int | None = None
) -> MyCars:
    """What these items mean for the reader's cars, or for the one named; nothing where nothing is decided yet.

    release_id: what this release brings of them.
    """
    cars = [only] if only else _cars(session, actor)
    return _drawn(actor, cars, verdicts(session, item_ids, cars, release_id=release_id))


def my_releases(session: Session, actor: Actor, release_ids: Iterable[int], *, only: Car | None = None) -> MyCars:
    """What these releases mean for the reader's cars, or for the one named."""
    cars = [only] if only else _cars(session, actor)
    return _drawn(actor, cars, release_verdicts(session, release_ids, cars))


def _cars(session: Session, actor: Actor) -> list[Car]:
    return cars_of(session, [actor.member_id]) if actor.signed_in else []


def _drawn(actor: Actor, cars: Sequence[Car], told: Mapping[tuple[int, int], Verdict]) -> MyCars:
    by_subject: dict[int, dict[tuple[str, Verdict], CarLine]] = {}
    known = {car.id: car for car in cars}
    for (subject, car_id), verdict in told.items():
        if verdict.silent:
            continue
        car = known[car_id]
        differ = {told[subject, other.id] for other in cars if other.model == car.model} != {verdict}
        name = f"{car.model} {car.year}" if differ and car.year else car.model
        # Two equal cars with one verdict are one line.
        by_subject.setdefault(subject, {}).setdefault((name, verdict), CarLine(car, name, verdict))
    lines = {subject: list(found.values()) for subject, found in by_subject.items()}
    return MyCars(cars, actor.signed_in and not cars, lines)
