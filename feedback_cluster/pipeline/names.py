"""Names of clusters: a phrase that owners said, short enough for a card and unlike every other name of the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cocreate.text.excerpt import first_sentence
from feedback_cluster.pipeline.arrays import Counts, IntArray
from feedback_cluster.pipeline.phrases import LONGEST, Clause, Phrase, Reader, find_phrases, shown

FEWEST = 3  # posts that must hold the words of a phrase before it speaks for a cluster
HANDY, LONG = 8, 0.1  # characters of a handy name, and what each further one costs
MANY = 60  # posts read of a cluster from which a phrase must be said three times, not once
MARKS = 12  # words of a cluster around which its name is looked for
MOST_PHRASES = 120  # phrases of a cluster that are weighed, those said most
SAID, PURE, WHOLE, LEADING, STRANGE = 0.5, 0.5, 0.3, 0.7, 0.3  # what counts for a phrase, see `worth`
ONCE = 0.7  # of the posts that say a phrase the part that is chance
STEADY = 0.7  # worth by which another phrase must be better before a cluster changes its name
ENOUGH = -0.1  # worth below which two keywords name a cluster better
PAIRED, PAIR_STEP = 6, 0.01  # words that are tried beside the strongest, and how much less the next one is worth
ALIKE = 1.0  # worth that a phrase loses when another cluster has a part of it for its name


@dataclass(frozen=True)
class Sampled:
    """Posts that names are read from: rows of the fitted texts, the cluster of each, and their counts by column."""

    rows: IntArray
    labels: IntArray
    counts: Counts
    columns: dict[str, int]
    n_clusters: int
    _held: dict[frozenset[str], IntArray] = field(default_factory=dict)

    @classmethod
    def draw(cls, labels: IntArray, counts: Counts, columns: dict[str, int], n_clusters: int, most: int) -> "Sampled":
        """Up to `most` posts of each cluster, evenly over its rows; posts labelled -1 are not drawn."""
        chosen = [np.empty(0, dtype=np.int64)]
        for number in range(n_clusters):
            members = np.flatnonzero(labels == number)
            chosen.append(members[np.linspace(0, len(members) - 1, min(most, len(members))).astype(np.int64)])
        rows = np.concatenate(chosen)
        return cls(rows, labels[rows], counts[rows].tocsc(), columns, n_clusters)

    def holding(self, words: frozenset[str]) -> IntArray:
        """(n_clusters,) sampled posts that hold all of the words."""
        if words not in self._held:
            rows = [self._rows(word) for word in sorted(words)]
            held = np.bincount(np.concatenate(rows), minlength=len(self.rows)) == len(rows)
            self._held[words] = np.bincount(self.labels[held], minlength=self.n_clusters).astype(np.int64)
        return self._held[words]

    def _rows(self, word: str) -> IntArray:
        if word not in self.columns:
            return np.empty(0, dtype=np.int64)
        start, end = self.counts.indptr[self.columns[word] : self.columns[word] + 2]
        rows: IntArray = self.counts.indices[start:end]
        return rows


def candidates(
    number: int, marks: dict[str, float], sample: Sampled, texts: Sequence[str], reader: Reader
) -> list[tuple[float, str]]:
    """(worth, phrase) of what may name the cluster, best first; equal worth in the order of the phrases.

    marks: its words with their weight, the strongest 1.
    """
    if not marks:
        return []
    rows = sample.rows[sample.labels == number]
    pattern = reader.pattern(marks)
    posts: list[list[Clause]] = [reader.clauses(texts[row], pattern) for row in rows]
    sizes = np.maximum(np.bincount(sample.labels, minlength=sample.n_clusters), 1)
    found = []
    for phrase in find_phrases(posts, marks, least=1 if len(rows) < MANY else 3)[:MOST_PHRASES]:
        holding = sample.holding(phrase.words)
        if len(phrase.text) <= LONGEST and holding[number] >= FEWEST:
            found.append((worth(phrase, marks, holding / sizes, number, len(rows)), phrase.text))
    found = [told for told in found if told[0] >= ENOUGH] + pairs(number, list(marks), sample)
    return sorted(found, key=lambda told: (-told[0], told[1]))


def pairs(number: int, marks: Sequence[str], sample: Sampled) -> list[tuple[float, str]]:
    """The strongest word and another of its posts, for a cluster without a phrase that is worth anything."""
    together = [other for other in marks[1:PAIRED] if sample.holding(frozenset((marks[0], other)))[number] >= FEWEST]
    return [
        (ENOUGH - PAIR_STEP * (1 + place), f"{shown(marks[0])}与{shown(other)}")
        for place, other in enumerate(together)
        if len(shown(marks[0])) + len(shown(other)) < LONGEST and other not in marks[0] and marks[0] not in other
    ]


def worth(phrase: Phrase, marks: dict[str, float], shares: object, number: int, posts: int) -> float:
    """How well a phrase names the cluster: its words mark it, many say it, few others do, it is short and whole.

    shares: (n_clusters,) of the posts of each that hold the words of the phrase.
    """
    held = np.asarray(shares, dtype=np.float64)
    weight = sum(sorted(marks.get(word, 0.0) for word in phrase.words))
    edges = (phrase.opens + 0.5) * (phrase.closes + 0.5) / (phrase.said + 0.5) ** 2
    leading = LEADING * (next(iter(marks)) in phrase.words) - STRANGE * marks.keys().isdisjoint(phrase.opening)
    told = (
        np.log(weight)
        + SAID * np.log(100 * (phrase.said - ONCE) / posts)
        + PURE * np.log(held[number] / held.sum())
        + WHOLE * np.log(edges)
        + leading
        - LONG * max(0, len(phrase.text) - HANDY)
    )
    return round(float(told), 6)


def choose_names(
    found: Sequence[Sequence[tuple[float, str]]],
    words: Sequence[Sequence[str]],
    quotes: Sequence[str],
    called: Mapping[int, str],
) -> list[str]:
    """One name a cluster, none empty, none above `LONGEST` characters, no two alike.

    found: `candidates` of each; words: its keywords; quotes: a post of it, or ""; called: {cluster: name} of the last
    run, which stays as long as it is said and nothing is clearly better. Clusters choose in the order of their best
    worth, so that who has the best claim to a phrase gets it.
    """
    names = [""] * len(found)
    taken: list[str] = []
    worths = [
        [(value + STEADY * (text == called.get(place)), text) for value, text in offers]
        for place, offers in enumerate(found)
    ]
    best = [max((value for value, _ in offers), default=-np.inf) for offers in worths]
    for place in sorted(range(len(found)), key=lambda place: (-best[place], place)):
        offers = [(value - ALIKE * overlaps(text, taken), text) for value, text in worths[place] if text not in taken]
        _, text = min(offers, key=lambda told: (-told[0], told[1]), default=(0.0, ""))
        names[place] = text or plain_name(words[place], quotes[place], place, taken, called.get(place, ""))
        taken.append(names[place])
    return names


def plain_name(words: Sequence[str], quote: str, number: int, taken: Sequence[str], called: str) -> str:
    """A keyword, two, the beginning of a post, or a number: the first of them that is short and not taken.

    called: the name of the last run; it stays when it is one of the keywords still.
    """
    told = [shown(word) for word in words]
    two = [f"{told[0]}与{other}" for other in told[1:]]
    ways = [
        *(way for way in told if way == called),
        *told[:1],
        *two,
        *told[1:],
        first_sentence(quote, LONGEST),
        *(f"主题 {number + further}" for further in range(1, 1000)),
    ]
    return next(way for way in ways if way and len(way) <= LONGEST and way not in taken)


def overlaps(text: str, taken: Sequence[str]) -> bool:
    """Whether a name holds another or is part of it."""
    return any(text in other or other in text for other in taken)
