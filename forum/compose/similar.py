"""While one is still typing: what is solved already, the same wish, and what only sounds like it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from markupsafe import Markup
from sqlmodel import Session, col

from cocreate.core.tables import columns
from cocreate.web.page import Page
from forum.compose.matching import content_words, says_enough, shared_words
from forum.compose.redaction import without_private
from forum.posts.models import Post, PostStatus
from forum.posts.queries import PostCard, post_cards
from forum.votes.queries import voted_ids
from search import api as search

SAME_FROM = 0.5
"""From this likeness on two posts count as the same wish; measured, see docs/decisions/0024-composing.md."""
SOLVED_FROM = 0.45
"""What is less alike is no answer, even if it is shipped."""
CHARACTERS = 500
"""A wish is said by then; what is compared costs by its length."""
ASKED, ASKED_ABOVE, SAME, ALIKE, SOLVED = 8, 8, 3, 4, 3
REASONS = 4
SLOT = "compose.solved"
"""Upper rooms fill it with what answers these posts; `compose.solved.KIND` with the rows of that kind they index."""
VOTABLE = frozenset({PostStatus.OPEN, PostStatus.REVIEWING, PostStatus.PLANNED, PostStatus.STARTED})

_MARKS = re.compile(r"[*_`#>\s]+")


@dataclass(frozen=True)
class Match:
    """One post beside what is being typed: marked words, why it is here, and what one may do with it."""

    card: PostCard
    title: Markup
    excerpt: Markup
    words: tuple[str, ...]
    voted: bool
    own: bool

    @property
    def votable(self) -> bool:
        return self.card.status in VOTABLE


@dataclass(frozen=True)
class Alike:
    """The three groups. solved: finished rows (`<li>`) of upper rooms; answered: posts that are shipped themselves."""

    solved: list[Markup] = field(default_factory=list)
    answered: list[Match] = field(default_factory=list)
    same: list[Match] = field(default_factory=list)
    similar: list[Match] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.solved) + len(self.answered) + len(self.same) + len(self.similar)


NOTHING = Alike()


def find_alike(session: Session, page: Page, text: str, *, but: int = 0) -> Alike:
    """What others have said or the brand has done about the same; nothing while there is too little to compare."""
    # A number plate is the rarest of words and says nothing about the wish.
    text = without_private(text.replace("\x00", "").strip()[:CHARACTERS])
    if not says_enough(text):
        return NOTHING
    slots = [slot for slot in page.renderer.runtime.slots if slot.startswith(f"{SLOT}.")]
    hits = search.similar(
        session, text, scope=search.scope_of(page.actor), kinds=("post", *(_kind(slot) for slot in slots)),
        limit=ASKED + ASKED_ABOVE, exclude=[but] if but else [],
    )  # fmt: skip
    scores = dict([(hit.id, hit.score) for hit in hits if hit.kind == "post"][:ASKED])
    page.about["words"] = content_words(text)  # upper rooms mark them in what they show
    matches = _matches(session, page, text, list(scores))
    close = [match for match in matches if scores[match.card.id] >= SOLVED_FROM]
    answered = [match for match in close if match.card.status == PostStatus.SHIPPED]
    others = [match for match in matches if match not in answered]
    return Alike(
        solved=_solved(session, page, slots, hits, [match.card.id for match in close]),
        answered=answered[:SOLVED],
        same=[match for match in others if scores[match.card.id] >= SAME_FROM][:SAME],
        similar=[match for match in others if scores[match.card.id] < SAME_FROM][:ALIKE],
    )


def _matches(session: Session, page: Page, text: str, ids: list[int]) -> list[Match]:
    cards = post_cards(session, ids, actor=page.actor)
    bodies = {
        post_id: _plain(body)
        for post_id, body in session.exec(columns(Post.id, Post.body).where(col(Post.id).in_(list(cards))))
    }
    voted = voted_ids(session, page.actor, list(cards))
    return [
        _match(page, text, cards[post_id], bodies.get(post_id, ""), voted=post_id in voted)
        for post_id in ids
        if post_id in cards
    ]


def _plain(body: str) -> str:
    """The beginning of a body on one line; rendering its Markdown would cost more than the whole search."""
    return _MARKS.sub(" ", body[:CHARACTERS]).strip()


def _match(page: Page, text: str, card: PostCard, body: str, *, voted: bool) -> Match:
    words = shared_words(text, f"{card.title}\n{body}")
    return Match(
        card=card,
        title=search.mark(card.title, words),
        excerpt=search.excerpt(body, words),
        words=words[:REASONS],
        voted=voted,
        own=page.actor.id is not None and card.author_id == page.actor.id,
    )


def _solved(
    session: Session, page: Page, slots: list[str], hits: list[search.Hit], post_ids: list[int]
) -> list[Markup]:
    """What upper rooms know to be done: for these posts, and among the rows of their own that search has found.

    Those are asked for together with the posts, because asking twice took as long again. Where many posts say the same
    and crowd them out, the posts themselves lead to what answers them.
    """
    found = _distinct(page.slots(session, SLOT, post_ids), post_ids)
    for slot in slots:
        ids = [hit.id for hit in hits if hit.kind == _kind(slot) and hit.score >= SOLVED_FROM]
        found += _distinct(page.slots(session, slot, ids), ids)
    return list(dict.fromkeys(found))[:SOLVED]


def _kind(slot: str) -> str:
    return slot.removeprefix(f"{SLOT}.")


def _distinct(rows: dict[int, Markup], order: Iterable[int]) -> list[Markup]:
    return list(dict.fromkeys(rows[one] for one in order if one in rows))
