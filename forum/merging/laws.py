"""What a merge means, as arithmetic over plain values: no database, so that it can be read and tried by itself.

A post that was merged leads to another one; following the links ends at the *head* of its group. A merge is a link and
moves nothing, so these hold whatever happens in between:

1. A group has as many votes as distinct members with a vote that counts in it.
2. An act belongs to the post that was the head when it was done. A vote given to a merged group is a vote for its head;
   taking it back there deletes that vote and *withholds* those which the member gave to merged posts.
3. A withheld vote counts nowhere while the post that withholds it stands on its path; it is never deleted.
4. So undoing a merge gives both sides what they had before, and what was done since at each of them.
5. The order of merges does not matter, and links never form a circle.
"""

from collections.abc import Iterable, Mapping

Links = Mapping[int, int | None]
"""Post → the post that it was merged into, None for a head."""


class Circle(ValueError):
    """Links that lead back to themselves."""


def path(links: Links, post_id: int) -> list[int]:
    """The post, what it leads to, and so on, up to the head of its group. Raises Circle."""
    found = [post_id]
    while (above := links.get(found[-1])) is not None:
        if above in found:
            raise Circle(f"{found} leads back to {above}")
        found.append(above)
    return found


def head_of(links: Links, post_id: int) -> int:
    """The post at the end of the links."""
    return path(links, post_id)[-1]


def counts_at(links: Links, post_id: int, withheld_by: int | None) -> int | None:
    """Where a vote for `post_id` counts: at the head of its group, or nowhere while it is withheld on the way."""
    way = path(links, post_id)
    return None if withheld_by in way else way[-1]


def people(links: Links, votes: Iterable[tuple[int, int, int | None]], head: int) -> set[int]:
    """Members whose vote counts at `head`; votes: (member, post, withheld by)."""
    return {member for member, post_id, by in votes if counts_at(links, post_id, by) == head}
