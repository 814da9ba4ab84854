"""The arithmetic of points: splitting without a remainder, and which points are used first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction


def split(amount: int, weights: Sequence[Fraction | int]) -> list[int]:
    """Whole shares of `amount` in proportion to the weights; they always sum up to it.

    Largest remainder (Hamilton): everybody gets the whole part of their quota, what is left goes one by one to the
    largest fractions, the earlier one first where two are equal. No weight above zero: ValueError, for nobody is there.
    """
    total = sum(Fraction(weight) for weight in weights)
    if amount < 0 or total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("shares need an amount from 0 and weights of which one is above 0")
    quotas = [amount * Fraction(weight) / total for weight in weights]
    shares = [int(quota) for quota in quotas]
    order = sorted(range(len(quotas)), key=lambda place: (shares[place] - quotas[place], place))
    for place in order[: amount - sum(shares)]:
        shares[place] += 1
    return shares


@dataclass(frozen=True)
class Lot:
    """What is left of one award; `expires_at` None: it lasts."""

    id: int
    remaining: int
    expires_at: datetime | None = None


def _first_to_go(lot: Lot) -> tuple[bool, float, int]:
    return lot.expires_at is None, lot.expires_at.timestamp() if lot.expires_at else 0.0, lot.id


def take(amount: int, lots: Sequence[Lot], *, first: int | None = None) -> dict[int, int]:
    """From which lots `amount` is taken, as lot id → points: `first` before all others, then what expires soonest.

    Takes what there is when the lots hold less.
    """
    taken: dict[int, int] = {}
    for lot in sorted(lots, key=lambda one: (one.id != first, *_first_to_go(one))):
        part = min(amount - sum(taken.values()), lot.remaining)
        if part > 0:
            taken[lot.id] = part
    return taken


def put_back(amount: int, uses: Sequence[Lot]) -> dict[int, int]:
    """To which lots `amount` goes back, each at most what was taken from it: what lasts longest first."""
    back: dict[int, int] = {}
    for use in sorted(uses, key=_first_to_go, reverse=True):
        part = min(amount - sum(back.values()), use.remaining)
        if part > 0:
            back[use.id] = part
    return back
