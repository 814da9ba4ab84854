"""How the thanks for an item are shared out: the formula that its page publishes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cocreate.points.laws import split

FIRST, OTHERS, HELPERS = 50, 30, 20
"""Parts of a hundred: who said it first; everybody else who said it; whoever helped with a comment that staff called
useful. A part that nobody stands in goes to the others in their proportion; within a part all get the same."""


@dataclass(frozen=True)
class Shares:
    """Who gets how much. `members`: by id, each above zero, together the amount. The sums are those of the three
    parts; somebody who stands in two of them gets both."""

    members: dict[int, int]
    first: int
    others: int
    helpers: int


def share_out(amount: int, authors: Sequence[int], helpers: Sequence[int]) -> Shares:
    """Shares of the amount. authors: members, the first one said it first; helpers: in the order of their comments.

    Whole points by largest remainder; where two remainders are equal the earlier one gets the point. Nobody there:
    nobody gets anything.
    """
    places: list[tuple[int, Fraction]] = []
    if authors:
        places.append((authors[0], Fraction(FIRST)))
    places += [(member_id, Fraction(OTHERS, len(authors) - 1)) for member_id in authors[1:]]
    places += [(member_id, Fraction(HELPERS, len(helpers))) for member_id in helpers]
    if not places or amount <= 0:
        return Shares({}, 0, 0, 0)
    parts = split(amount, [weight for _, weight in places])
    members: dict[int, int] = {}
    for (member_id, _), part in zip(places, parts, strict=True):
        if part:
            members[member_id] = members.get(member_id, 0) + part
    lead = 1 if authors else 0
    return Shares(members, sum(parts[:lead]), sum(parts[lead : len(authors)]), sum(parts[len(authors) :]))
