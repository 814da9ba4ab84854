"""Finding the pairs among many posts: candidates by shared rare tokens, then the pair score. Memory stays bounded: of
each post a few numbers are kept, and the profiles of the latest posts looked at."""

import heapq
from array import array
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from forum.duplicates.profiles import Cut, Cutting, Profile, Voice, Weights, profile
from forum.duplicates.scoring import Likeness, likeness

TOKENS_KEPT = 64
PROFILES_KEPT = 20_000
COMMONEST = 400
"""A token in more posts than this finds no candidates by itself; it still counts once a rarer one has found them."""
CANDIDATES = 24


@dataclass(frozen=True)
class Pair:
    """Two posts, the lower id first, and how alike they are."""

    low: int
    high: int
    likeness: Likeness


class Matcher:
    """Reads voices once (`add`), then yields the pairs of each block of posts (`pairs`).

    read: gives the voices of some ids again, for profiles that are no longer kept.
    """

    def __init__(self, cutting: Cutting, read: Callable[[Sequence[int]], Iterable[Voice]]) -> None:
        self._cutting, self._read = cutting, read
        self._tokens: dict[int, array[int]] = {}
        self._numbers: dict[str, int] = {}
        self._counts: Counter[str] = Counter()
        self._cuts: OrderedDict[int, Cut] = OrderedDict()
        self._ready: OrderedDict[int, Profile] = OrderedDict()
        self._weights: Weights | None = None
        self._of_number: list[float] = []
        self._holders: dict[int, array[int]] = {}
        self._staff: set[int] = set()

    def add(self, voices: Iterable[Voice]) -> None:
        """Read voices; all of them before the first pair."""
        for voice in voices:
            cut = self._cutting.cut(voice)
            tokens = [*(f"w{word}" for word in cut.words), *(f"p{pair}" for pair in cut.pairs)][:TOKENS_KEPT]
            self._counts.update(cut.words)
            self._tokens[voice.id] = array("l", [self._numbers.setdefault(t, len(self._numbers)) for t in tokens])
            if voice.staff_only:
                self._staff.add(voice.id)
            self._keep(cut)

    @property
    def weights(self) -> Weights:
        """How much each token tells, over everything added."""
        if self._weights is None:
            self._weights = Weights(len(self._tokens), {t: n for t, n in self._counts.items() if n > 1})
        return self._weights

    def pairs(self, ids: Sequence[int], *, least: float) -> Iterator[Pair]:
        """Pairs of these posts with any post of a lower id, at least this alike; best first within one post."""
        self._index()
        wanted = {post_id: self._candidates(post_id) for post_id in ids if post_id in self._tokens}
        profiles = self._profiles({*wanted, *(other for others in wanted.values() for other in others)})
        for post_id, others in wanted.items():
            mine = profiles.get(post_id)
            if mine is None:
                continue
            found = [Pair(other, post_id, likeness(mine, profiles[other])) for other in others if other in profiles]
            yield from sorted((p for p in found if p.likeness.value >= least), key=lambda p: -p.likeness.value)

    def _index(self) -> None:
        if self._holders:
            return
        holders: defaultdict[int, array[int]] = defaultdict(lambda: array("l"))
        for post_id in sorted(self._tokens):
            for number in self._tokens[post_id]:
                holders[number].append(post_id)
        posts = len(self._tokens)
        self._of_number = [0.0] * len(self._numbers)
        for number, found in holders.items():
            self._of_number[number] = max(0.2, _surprise(posts, len(found)))
        self._holders = dict(holders)

    def _candidates(self, post_id: int) -> list[int]:
        """The posts of lower id that share the most surprise, among those found by a token that is rare enough."""
        tokens = sorted(self._tokens[post_id], key=lambda number: -self._of_number[number])
        scores: defaultdict[int, float] = defaultdict(float)
        staff = post_id in self._staff
        for number in tokens:
            holders = self._holders[number]
            rare = len(holders) <= COMMONEST
            weight = self._of_number[number]
            if rare:
                for other in holders:
                    if other >= post_id:
                        break
                    scores[other] += weight
            elif scores:
                held = set(holders) if len(holders) < 4 * len(scores) else None
                for other in scores:
                    if (other in held) if held is not None else (number in self._tokens[other]):
                        scores[other] += weight
        best = heapq.nlargest(CANDIDATES, scores.items(), key=lambda item: (item[1], item[0]))
        return [other for other, _ in best if (other in self._staff) == staff]

    def _profiles(self, ids: set[int]) -> dict[int, Profile]:
        found: dict[int, Profile] = {}
        missing: list[int] = []
        for post_id in ids:
            if post_id in self._ready:
                self._ready.move_to_end(post_id)
                found[post_id] = self._ready[post_id]
            elif post_id in self._cuts:
                found[post_id] = profile(self._cuts.pop(post_id), self.weights)
            else:
                missing.append(post_id)
        for voice in self._read(missing) if missing else ():
            found[voice.id] = profile(self._cutting.cut(voice), self.weights)
        self._ready.update(found)
        while len(self._cuts) + len(self._ready) > PROFILES_KEPT and self._ready:
            self._ready.popitem(last=False)
        return found

    def _keep(self, cut: Cut) -> None:
        self._cuts[cut.id] = cut
        self._cuts.move_to_end(cut.id)
        while len(self._cuts) > PROFILES_KEPT:
            self._cuts.popitem(last=False)


def _surprise(posts: int, holders: int) -> float:
    from math import log

    return log((posts + 20) / (holders + 1))
