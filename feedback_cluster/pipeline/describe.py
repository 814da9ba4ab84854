"""What a run says about its clusters: words, name, quotes and the area of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cocreate.text.lexicon import Lexicon
from feedback_cluster.pipeline.areas import Area, group_centres, name_areas
from feedback_cluster.pipeline.arrays import REST, Counts, FloatArray, IntArray
from feedback_cluster.pipeline.labels import class_tf_idf, dissent, keywords, quotes, surest
from feedback_cluster.pipeline.names import MARKS, Sampled, candidates, choose_names
from feedback_cluster.pipeline.parameters import Parameters
from feedback_cluster.pipeline.phrases import Reader
from feedback_cluster.pipeline.progress import Progress, in_silence
from feedback_cluster.sentiment.judge import polarity

READ, MOST_READ = 6_000, 1_000  # posts of all clusters, and of one, that names are read from


@dataclass(frozen=True)
class Cluster:
    """What one cluster shows: quotes and dissent are rows of the fitted texts, quotes best first; -1: in no area."""

    number: int
    label: str
    keywords: tuple[str, ...]
    size: int
    quotes: tuple[int, ...]
    dissent: int | None = None
    area: int = REST

    @classmethod
    def read(cls, told: dict[str, Any]) -> "Cluster":
        """The cluster that was written with `vars`."""
        lists = {"keywords": tuple(told["keywords"]), "quotes": tuple(told["quotes"])}
        return cls(**{**told, **lists})


@dataclass(frozen=True)
class Described:
    """Clusters by number, areas by falling size."""

    clusters: list[Cluster]
    areas: list[Area]


def describe(
    texts: Sequence[str],
    documents: object,
    rows: FloatArray,
    labels: IntArray,
    confidence: FloatArray,
    centres: FloatArray,
    counts: Counts,
    names: Sequence[str],
    told: Parameters,
    *,
    lexicon: Lexicon | None = None,
    public: Any = None,
    called: Mapping[int, str] | None = None,
    progress: Progress = in_silence,
) -> Described:
    """Words, name, quotes, dissent and area of each of the (k, d) `centres`.

    rows, labels, confidence, counts: as the fit left them, a row a post; names: the words of the columns of counts.
    public: (n_posts,) booleans; words and quotes come from these posts alone, from all when it is None. called:
    {cluster: name} of the last run. Reads a bounded number of posts of each cluster: its time hardly grows with the
    posts. `documents` are not looked at.
    """
    k = len(centres)
    allowed = None if public is None else np.asarray(public, dtype=bool)
    shown = labels if allowed is None else np.where(allowed, labels, REST)
    reader = Reader(lexicon or Lexicon.default())
    columns = {str(word): column for column, word in enumerate(names)}
    weights = weigh(counts, shown, k)
    weights[:, [column for word, column in columns.items() if reader.is_noise(word)]] = 0
    words = keywords(weights, names, told.keywords, counts if allowed is None else counts[np.flatnonzero(allowed)])
    sample = Sampled.draw(shown, counts, columns, k, min(MOST_READ, READ // max(k, 1)))
    voices: list[Voices] = []
    found: list[list[tuple[float, str]]] = []
    for number in range(k):
        progress("label", number, k)
        members = surest(np.flatnonzero(shown == number), confidence)
        telling = held(counts[members], [columns[word] for word in words[number]])
        own = [texts[row] for row in members]
        voices.append(Voices.choose(members, own, rows[members], centres[number], telling, told.quotes))
        found.append(candidates(number, marks_of(weights[number], names), sample, texts, reader))
    labelled = choose_names(
        found, words, [texts[said.quotes[0]] if said.quotes else "" for said in voices], called or {}
    )
    progress("label", k, k)
    sizes = np.bincount(labels[labels != REST], minlength=k).tolist()
    areas = find_areas(centres, sizes, shown, weights, counts, names)
    area_of = {cluster: area.number for area in areas for cluster in area.clusters}
    clusters = [
        Cluster(n, labelled[n], tuple(words[n]), sizes[n], voices[n].quotes, voices[n].dissent, area_of.get(n, REST))
        for n in range(k)
    ]
    return Described(clusters, areas)


@dataclass(frozen=True)
class Voices:
    """Rows of the posts that speak for a cluster, and of the one that speaks against."""

    quotes: tuple[int, ...]
    dissent: int | None

    @classmethod
    def choose(
        cls, members: IntArray, texts: Sequence[str], rows: FloatArray, centre: FloatArray, telling: IntArray, most: int
    ) -> "Voices":
        """Voices from the members of a cluster, surest first; telling: how many keywords each of them holds."""
        chosen = quotes(rows, centre, texts, most, telling)
        opposed = dissent(texts, polarity, telling, chosen)
        return cls(tuple(members[chosen].tolist()), None if opposed is None else int(members[opposed]))


def held(counts: Counts, columns: Sequence[int]) -> IntArray:
    """How many of the words in `columns` each post holds."""
    told = np.zeros(counts.shape[1], dtype=np.float32)
    told[list(columns)] = 1
    return np.asarray((counts > 0) @ told).astype(np.int64)


def weigh(counts: Counts, labels: IntArray, k: int) -> FloatArray:
    """(k, n_terms) weights by cluster number, zeros for a cluster without posts."""
    weights = np.zeros((k, counts.shape[1]), dtype=np.float32)
    present = np.unique(labels[labels != REST])
    if len(present):
        weights[present] = class_tf_idf(counts, labels)
    return weights


def find_areas(
    centres: FloatArray,
    sizes: Sequence[int],
    labels: IntArray,
    weights: FloatArray,
    counts: Counts,
    names: Sequence[str],
) -> list[Area]:
    """The areas of the clusters, named by the words that mark each area against the others.

    sizes: posts of each cluster; labels: the cluster of each post whose words may be used; weights: of the words in
    each cluster, 0 for a word that is not to be used.
    """
    groups = group_centres(centres, sizes)
    area_of = np.full(len(centres) + 1, REST, dtype=np.int64)  # the last entry answers for the rest's -1
    for number, group in enumerate(groups):
        area_of[group] = number
    marking = weigh(counts, area_of[labels], len(groups)) * np.any(weights > 0, axis=0)
    words = [list(marks_of(row, names)) for row in marking]
    theme_of = {word: int(weights[:, column].argmax()) for column, word in enumerate(map(str, names)) if len(weights)}
    called = name_areas(words, theme_of)
    return [Area(number, called[number], tuple(sorted(group))) for number, group in enumerate(groups)]


def marks_of(weights: FloatArray, names: Sequence[str]) -> dict[str, float]:
    """The heaviest words of one cluster, the strongest weighing 1."""
    told = [column for column in np.argsort(-weights, kind="stable")[:MARKS] if weights[column] > 0]
    return {str(names[column]): float(weights[column] / weights[told[0]]) for column in told}
