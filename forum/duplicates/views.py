"""A suggestion as the queue shows it: both posts side by side, with what they share and why they are suggested."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.text.lexicon import Lexicon
from forum.duplicates.comparing import LEAST, UNSURE
from forum.duplicates.models import MergeReport, MergeSuggestion
from forum.follows.queries import people_behind
from forum.posts.models import Post
from forum.posts.queries import PostCard, post_cards
from search.api import lexicon_of, mark

BODY_SHOWN = 700
WORDS_SHOWN = 6
STRONG, FAIR = 0.9, LEAST

DOUBTS = {
    "model": N_("The cars differ."),
    "name": N_("They name different cars."),
    "kind": N_("They are of different kinds."),
    "more": N_("One of them says something more."),
    "opposite": N_("They say opposite things."),
}


@dataclass(frozen=True)
class Side:
    """One of the posts. title, body: with the shared words marked. people: authors, voters and labels, each once."""

    card: PostCard
    title: Markup
    body: Markup
    cut: bool
    people: int


@dataclass(frozen=True)
class PairView:
    """Both posts, the one that stays first."""

    suggestion: MergeSuggestion
    keep: Side
    other: Side
    reason: str
    """A msgid."""
    words: list[str]
    doubts: list[str]
    reporters: list[str]
    group: list[tuple[PostCard, bool]]
    """Further posts that hang together with the pair, and whether they are suggested for one of the two."""

    @property
    def percent(self) -> int:
        """The score for people; 0 where the words say nothing and an owner's sentence is the reason."""
        return round(100 * self.suggestion.score) if self.suggestion.score >= UNSURE else 0


def pair_view(
    session: Session, row: MergeSuggestion, actor: Actor, *, swapped: bool, group: Mapping[int, bool] | None = None
) -> PairView | None:
    """The pair for this reader; None when one of the posts is gone meanwhile. By default the post with more votes
    stays, of two with as many the older one."""
    further = group or {}
    cards = post_cards(session, {*row.pair, *further}, actor=actor)
    if not cards.keys() >= set(row.pair):
        return None
    low, high = (cards[post_id] for post_id in row.pair)
    keep, other = (low, high) if stays_first(low, high) else (high, low)
    if swapped:
        keep, other = other, keep
    wanted = spelled(row.words, lexicon_of(session))
    texts = _texts(session, row.pair)
    sides = [_side(session, card, texts, wanted) for card in (keep, other)]
    return PairView(
        suggestion=row, keep=sides[0], other=sides[1], reason=reason_of(row), words=list(row.words[:WORDS_SHOWN]),
        doubts=list(dict.fromkeys(DOUBTS[doubt.partition(".")[0]] for doubt in row.doubts)),
        reporters=_reporters(session, row),
        group=[(cards[post_id], direct) for post_id, direct in further.items() if post_id in cards],
    )  # fmt: skip


def stays_first(a: PostCard, b: PostCard) -> bool:
    """Whether a stays rather than b: more votes, then older."""
    return (-a.vote_count, a.created_at, a.id) <= (-b.vote_count, b.created_at, b.id)


def reason_of(row: MergeSuggestion) -> str:
    """Why the pair is suggested, as a msgid."""
    if row.score >= STRONG:
        return N_("Nearly the same words.")
    if row.score >= FAIR:
        return N_("Most of what they say is the same.")
    if row.score >= UNSURE:
        return N_("They share some words that matter.")
    return N_("An owner says so; their words have little in common.")


def spelled(words: Iterable[str], lexicon: Lexicon) -> tuple[str, ...]:
    """The words in every spelling that a post may use for them: 变速箱 and 波箱 for 变速器; longest first."""
    aliases: dict[str, list[str]] = {}
    for alias, word in lexicon.canonical.items():
        aliases.setdefault(word, []).append(alias)
    found = {spelling for word in words for spelling in (word, *aliases.get(word, ()), *lexicon.synonyms.get(word, ()))}
    return tuple(sorted(found, key=len, reverse=True))


def _texts(session: Session, ids: Iterable[int]) -> dict[int, str]:
    statement = columns(Post.id, Post.title, Post.body, Post.title_derived).where(col(Post.id).in_(list(ids)))
    return {
        post_id: "" if derived and body.strip() == title else body
        for post_id, title, body, derived in session.exec(statement)
    }


def _side(session: Session, card: PostCard, texts: dict[int, str], wanted: tuple[str, ...]) -> Side:
    body = texts.get(card.id, "")
    return Side(
        card=card, title=mark(card.title, wanted), body=mark(body[:BODY_SHOWN], wanted), cut=len(body) > BODY_SHOWN,
        people=people_behind(session, [card.id]).people,
    )  # fmt: skip


def _reporters(session: Session, row: MergeSuggestion) -> list[str]:
    ids = session.exec(select(MergeReport.member_id).where(MergeReport.suggestion_id == row.id)).all()
    return [person.name for person in people(session, set(ids)).values()]
