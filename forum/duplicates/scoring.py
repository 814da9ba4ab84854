"""How likely two posts are one wish: a number from 0 to 1 with the words that make it so. Pure, symmetric."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from forum.duplicates.profiles import TELLING, Bag, Cut, Profile

WORD_SHARE = 0.75
"""Whole words beside pairs of characters, which forgive a different cut."""
SOFT_FROM = 0.6
"""Two words are nearly one when they share this much of their characters (保险杠, 前保险杠). Two of two characters that
share one are too often two things: 胎噪, 吃胎."""
SOFT_CREDIT = 0.8
SYNONYM = 0.9
"""A word beside a synonym that the lexicon knows."""
SOFT_WORTH = 0.2
"""With less than this in common no spelling makes two posts one wish: the comparison of all words is spared."""
TITLE_ALONE = 0.97
"""Equal titles over different bodies: two people tell one thing in their own circumstances."""
BODY_HELPS = 0.3
"""Share of the doubt that titles leave which agreeing bodies take away."""
SAME_SENTENCE = 0.97
OTHER_MODEL = 0.55
"""A broken part of one car is another ticket than that of another car."""
OTHER_MODEL_WISH = 0.85
"""A wish or a question is often the same whatever one drives."""
NO_MODEL = 0.97
OTHER_NAME = 0.8
OPPOSITE = 0.6
OTHER_KIND = 0.95
QUESTION = 0.9
PRAISE = 0.6
SAYS_MORE = 0.9
"""For each telling word of one title that the other post has in no spelling: a further symptom or part, as a rule.
Measured on judged pairs of real complaints (benchmarks/duplicate_verdicts.csv): with it 307 instead of 288 of the 368
pairs that are one ticket stood above the score from which 90 % are."""
MOST_MORE = 3
WORTH_ASKING = 0.4
"""Below this score nobody is asked anyway, and looking for what else is said takes the longest."""


Synonyms = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Likeness:
    """value: 0 to 1. shared: words of both posts, the most telling first. doubts: codes of what lowered the value."""

    value: float
    shared: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def likeness(a: Profile, b: Profile) -> Likeness:
    """How likely both posts are one wish; the same whichever comes first."""
    like = {**a.cut.synonyms, **b.cut.synonyms}
    whole = _agreement(a.whole, b.whole, like)
    if (a.whole is not a.title or b.whole is not b.title) and min(a.telling, b.telling) > 1:
        titles = TITLE_ALONE * _agreement(a.title, b.title, like)
        whole = max(whole, titles + (1 - titles) * BODY_HELPS * whole)
    if a.cut.plain and a.cut.plain == b.cut.plain and min(a.telling, b.telling) > 1:
        whole = max(whole, SAME_SENTENCE)
    factor, doubts = _doubts(a.cut, b.cut)
    more = _says_more(a, b, like) + _says_more(b, a, like) if whole * factor >= WORTH_ASKING else 0
    if more:
        factor, doubts = factor * SAYS_MORE ** min(more, MOST_MORE), (*doubts, "more")
    mine, theirs = a.whole[0].weights, b.whole[0].weights
    shared = sorted(mine.keys() & theirs.keys(), key=lambda word: (-(mine[word] + theirs[word]), word))
    return Likeness(round(whole * factor, 4), tuple(shared), doubts)


def _agreement(a: tuple[Bag, Bag], b: tuple[Bag, Bag], like: Synonyms) -> float:
    words, pairs = _overlap(a[0], b[0], like), _overlap(a[1], b[1], None)
    return WORD_SHARE * words + (1 - WORD_SHARE) * pairs


def _overlap(a: Bag, b: Bag, like: Synonyms | None) -> float:
    """The weighted share of a found in b and of b found in a, as their harmonic mean."""
    common = a.weights.keys() & b.weights.keys()
    if not common:
        return 0.0
    in_b = sum(a.weights[token] for token in common)
    in_a = sum(b.weights[token] for token in common)
    if like is not None and min(in_b / a.total, in_a / b.total) > SOFT_WORTH:
        left = [(token, weight) for token, weight in a.weights.items() if token not in common and weight >= TELLING]
        right = [(token, weight) for token, weight in b.weights.items() if token not in common and weight >= TELLING]
        in_b += sum(weight * _nearest(token, right, like) for token, weight in left)
        in_a += sum(weight * _nearest(token, left, like) for token, weight in right)
    one, other = in_b / a.total, in_a / b.total
    return 2 * one * other / (one + other)


def _nearest(token: str, others: list[tuple[str, float]], like: Synonyms) -> float:
    """What the nearest of the other words is worth for this one: a synonym much, one of the same characters some."""
    own = like.get(token, ())
    best = 0.0
    for other, _ in others:
        if other in own or token in like.get(other, ()):
            return SYNONYM
        best = max(best, _characters(token, other))
    return SOFT_CREDIT * best if best >= SOFT_FROM else 0.0


@lru_cache(maxsize=100_000)
def _characters(token: str, other: str) -> float:
    """The share of their characters that two Chinese words have in common."""
    mine, theirs = set(token), set(other)
    return 0.0 if token.isascii() else 2 * len(mine & theirs) / (len(mine) + len(theirs))


def _says_more(a: Profile, b: Profile, like: Synonyms) -> int:
    """How many telling words of the title of a stand in b in no spelling."""
    known, mine = b.whole[0].weights, a.title[0].weights
    others = [(word, weight) for word, weight in known.items() if word not in mine]
    return sum(
        weight >= TELLING and word not in known and not _nearest(word, others, like) for word, weight in mine.items()
    )


def _doubts(a: Cut, b: Cut) -> tuple[float, tuple[str, ...]]:
    factor = 1.0
    doubts: list[str] = []
    if a.model and b.model:
        if a.model != b.model:
            factor *= OTHER_MODEL if "problem" in (a.kind, b.kind) or not a.kind else OTHER_MODEL_WISH
            doubts.append("model")
    elif a.names and b.names and not a.names & b.names:
        factor *= OTHER_NAME
        doubts.append("name")
    elif a.model or b.model:
        factor *= NO_MODEL
    if a.sides and b.sides:
        for name in sorted({name for name, _ in a.sides | b.sides}):
            mine = {side for family, side in a.sides if family == name}
            theirs = {side for family, side in b.sides if family == name}
            if mine and theirs and not mine & theirs:
                factor *= OPPOSITE
                doubts.append(f"opposite.{name}")
    if a.kind != b.kind and a.kind and b.kind:
        kinds = (a.kind, b.kind)
        factor *= PRAISE if "praise" in kinds else QUESTION if "question" in kinds else OTHER_KIND
        doubts.append("kind")
    return factor, tuple(doubts)
