"""What merges, votes and undos should come to, worked out in a second way: sets that are united from the leaves up,
while the product follows each vote upwards along the links."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Wish:
    """One post: who voted for it, which merged votes were taken back at it, what it leads to."""

    votes: set[int] = field(default_factory=set)
    withheld: set[tuple[int, int]] = field(default_factory=set)
    into: int | None = None
    blanked: bool = False


class World:
    """Posts 0..n-1 and what people do with them."""

    def __init__(self, posts: int) -> None:
        self.wishes = [Wish() for _ in range(posts)]

    def head(self, post: int) -> int:
        above = self.wishes[post].into
        return post if above is None else self.head(above)

    def parts(self, post: int) -> Iterator[int]:
        return (n for n, wish in enumerate(self.wishes) if wish.into == post)

    def counted(self, post: int) -> set[tuple[int, int]]:
        """(member, post voted for) of the votes that count at a post, were it a head."""
        wish = self.wishes[post]
        own = {(member, post) for member in wish.votes}
        merged: set[tuple[int, int]] = set().union(*(self.counted(part) for part in self.parts(post)))
        return (own | merged) - wish.withheld

    def people(self, post: int) -> set[int]:
        return {member for member, _ in self.counted(post)}

    def cast(self, member: int, post: int) -> bool:
        head = self.head(post)
        was = member in self.people(head)
        wish = self.wishes[head]
        wish.votes.add(member)
        if not was:
            wish.withheld = {(m, p) for m, p in wish.withheld if m != member}
        return not was

    def withdraw(self, member: int, post: int) -> bool:
        head = self.head(post)
        was = member in self.people(head)
        wish = self.wishes[head]
        if was:
            wish.withheld |= {(m, p) for m, p in self.counted(head) if m == member and p != head}
            wish.votes.discard(member)
        return was

    def may_merge(self, source: int, target: int) -> bool:
        gone = self.wishes[source].blanked or self.wishes[target].blanked or self.wishes[self.head(target)].blanked
        return not gone and self.wishes[source].into is None and self.head(target) != source

    def merge(self, source: int, target: int) -> None:
        self.wishes[source].into = self.head(target)

    def undo(self, source: int) -> None:
        self.wishes[source].into = None

    def blank(self, post: int) -> None:
        """Its author takes it back: the strongest part becomes the head, and the blanked post a part of it."""
        wish = self.wishes[post]
        wish.blanked = True
        heirs = [part for part in self.parts(post) if not self.wishes[part].blanked]
        if wish.into is not None or not heirs:
            return
        heir = max(heirs, key=lambda part: (len(self.people(part)), -part))
        for part in list(self.parts(post)):
            self.wishes[part].into = heir
        self.wishes[heir].into, wish.into = None, heir
        inside = self.counted_in(heir)
        # What was taken back at the old head stays taken back at the new one.
        moved = {(member, at) for member, at in wish.withheld if at in inside}
        wish.withheld -= moved
        self.wishes[heir].withheld |= moved

    def counted_in(self, head: int) -> set[int]:
        return {n for n in range(len(self.wishes)) if self.head(n) == head}
