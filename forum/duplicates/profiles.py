"""What a post says, cut down to what tells it from others: the pure half of finding duplicates, no database here.

A `Voice` is what goes in, a `Profile` what is compared, `Weights` how much a word tells in this forum.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cocreate.text.cutter import cutter_for
from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import RUN, content_words
from forum.duplicates.vocabulary import OPPOSITES, PARTICLES, POLITE

BODY_CHARACTERS = 400
"""What an owner wants stands in the first sentences; circumstances and greetings follow."""
BODY_WEIGHT = 0.35
"""A word of the body beside one of the title."""
POLITE_WEIGHT = 0.1
LEAST_WEIGHT = 0.4
SINGLE_WEIGHT = 0.6
MOST_BODY = 0.5
TELLING = 0.8
"""From this weight on a word of a title says what it is about."""
TITLE_CHARACTERS = 160

_OPPOSITES = {name: tuple(re.compile(side) for side in sides) for name, sides in OPPOSITES.items()}
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Voice:
    """A post as the matcher reads it. `staff_only`: it is compared with others of its own kind of visibility alone."""

    id: int
    title: str
    body: str = ""
    model: str = ""
    kind: str = ""
    staff_only: bool = False


@dataclass(frozen=True)
class Cut:
    """One post's tokens, each once, with 1.0 for those of the title and less for those of the body."""

    id: int
    words: Mapping[str, float]
    pairs: Mapping[str, float]
    names: frozenset[str]
    sides: frozenset[tuple[str, int]]
    model: str
    kind: str
    staff_only: bool
    synonyms: Mapping[str, tuple[str, ...]]
    """Other words for those of its words that have any."""
    plain: str
    """The title without names, blanks and punctuation: equal means the same sentence."""


@dataclass(frozen=True)
class Bag:
    """Tokens with their weights, and the sum."""

    weights: Mapping[str, float]
    total: float


@dataclass(frozen=True)
class Profile:
    """A cut post with the weight of each token in this forum: of the title alone, and of the whole post."""

    cut: Cut
    title: tuple[Bag, Bag]
    whole: tuple[Bag, Bag]
    telling: int
    """How many words of the title say what it is about."""


@dataclass(frozen=True)
class Weights:
    """In how many of `posts` posts each token occurs; tokens of one post alone need not be listed."""

    posts: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    def of(self, token: str) -> float:
        """The root of the token's surprise, little for words that say how somebody complains.

        The root, since a common symptom (异响) tells two tickets apart as well as a rare part does."""
        surprise = max(LEAST_WEIGHT, math.log((self.posts + 20) / (self.counts.get(token, 1) + 1)))
        return math.sqrt(surprise) * (POLITE_WEIGHT if token in POLITE else 1.0)


class Cutting:
    """Cuts voices with one lexicon; `models` are the car models that this forum's posts name."""

    def __init__(self, lexicon: Lexicon, models: Iterable[str] = ()) -> None:
        self.lexicon = lexicon
        spellings = {plain(fold(model)) for model in models}
        self.models = frozenset(spelling for spelling in spellings if len(spelling) > 1)
        names = sorted(lexicon.name_spellings | self.models, key=len, reverse=True)
        self._names = {first: [name for name in names if name[0] == first] for first in {n[0] for n in names if n}}

    def cut(self, voice: Voice) -> Cut:
        """The voice's tokens. Equal for texts that fold to the same."""
        title, title_names = self._without_names(fold(voice.title)[:TITLE_CHARACTERS], fold(voice.model))
        body, body_names = self._without_names(fold(voice.body)[:BODY_CHARACTERS], fold(voice.model))
        words: dict[str, float] = {}
        pairs: dict[str, float] = {}
        for text, weight in ((title, 1.0), (body, BODY_WEIGHT)):
            for word in content_words(text, self.lexicon):
                words.setdefault(word, weight)
            for rest in self._rests(text):
                words.setdefault(rest, weight * (1.0 if len(rest) > 1 else SINGLE_WEIGHT))
            for pair in _pairs(text):
                pairs.setdefault(pair, weight)
        return Cut(
            id=voice.id, words=words, pairs=pairs, names=frozenset(title_names | body_names), sides=_sides(title),
            model=plain(fold(voice.model)), kind=voice.kind, staff_only=voice.staff_only,
            synonyms={word: known for word in words if (known := self.lexicon.synonyms.get(word))}, plain=plain(title),
        )  # fmt: skip

    def _rests(self, text: str) -> Iterator[str]:
        """What the dictionary left as single characters: joined where they stand together (起皮), else alone (漏)."""
        cutter, stop_words = cutter_for(self.lexicon), self.lexicon.stop_words
        for chinese, _ in RUN.findall(text):
            rest = ""
            for word in [*(cutter.cut(chinese) if chinese else ()), "  "]:
                if len(word) == 1 and word not in PARTICLES and word not in stop_words:
                    rest += word
                elif rest:
                    yield rest
                    rest = ""

    def _without_names(self, folded: str, model: str) -> tuple[str, set[str]]:
        """The text with names of makers and models blanked out, and the names found."""
        if model and model in folded:
            folded = folded.replace(model, " ")
        found: set[str] = set()
        kept: list[str] = []
        at = 0
        while at < len(folded):
            name = next((n for n in self._names.get(folded[at], ()) if _stands(n, folded, at)), None)
            if name is None:
                kept.append(folded[at])
                at += 1
            else:
                found.add(name)
                kept.append(" ")
                at += len(name)
        return "".join(kept), found


def profile(cut: Cut, weights: Weights) -> Profile:
    """The cut post with weights; compare only profiles made with the same weights."""
    # Pairs are as many as characters and their counts follow the words', so they carry no surprise of their own.
    words = {word: (share, share * weights.of(word)) for word, share in cut.words.items()}
    pairs = {pair: (share, share) for pair, share in cut.pairs.items()}
    (title_words, whole_words), (title_pairs, whole_pairs) = _bags(words), _bags(pairs)
    telling = sum(weight >= TELLING for weight in title_words.weights.values())
    return Profile(cut, (title_words, title_pairs), (whole_words, whole_pairs), telling)


def _bags(tokens: Mapping[str, tuple[float, float]]) -> tuple[Bag, Bag]:
    """Title and whole. The body counts for half of the title at most: it tells circumstances, at any length."""
    title = {token: weight for token, (share, weight) in tokens.items() if share > BODY_WEIGHT}
    body = {token: weight for token, (share, weight) in tokens.items() if share <= BODY_WEIGHT}
    title_total, body_total = sum(title.values()), sum(body.values())
    if not body:
        bag = Bag(title, title_total)
        return bag, bag
    fit = min(1.0, MOST_BODY * title_total / body_total) if title_total and body_total else 1.0
    whole = title | {token: weight * fit for token, weight in body.items()}
    return Bag(title, title_total), Bag(whole, title_total + body_total * fit)


def plain(text: str) -> str:
    """Letters, digits and characters alone."""
    return "".join(match[0] for match in RUN.finditer(_SPACE.sub("", text)))


def _stands(name: str, text: str, at: int) -> bool:
    """Whether the name stands here as a whole: a latin one not inside a longer latin word."""
    if not text.startswith(name, at):
        return False
    before, after = text[at - 1 : at], text[at + len(name) : at + len(name) + 1]
    inside_left = name[0].isascii() and before.isascii() and before.isalnum()
    inside_right = name[-1].isascii() and after.isascii() and after.isalnum()
    return not (inside_left or inside_right)


def _pairs(text: str) -> list[str]:
    found: list[str] = []
    for chinese, latin in RUN.findall(text):
        found += [chinese[i : i + 2] for i in range(len(chinese) - 1)] or ([chinese] if chinese else [])
        if latin:
            found.append(latin)
    return found


def _sides(text: str) -> frozenset[tuple[str, int]]:
    return frozenset((name, side) for name, sides in _OPPOSITES.items() for side in (0, 1) if sides[side].search(text))
