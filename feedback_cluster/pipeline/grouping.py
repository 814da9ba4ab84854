"""From rows to themes: last night's clusters or new ones, births of what fits none, and second thoughts by words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from feedback_cluster.pipeline.arrays import REST, Counts, FloatArray, IntArray, count_different
from feedback_cluster.pipeline.births import find_birth
from feedback_cluster.pipeline.clusters import CHUNK, Decisions, SphericalKMeans, similarities
from feedback_cluster.pipeline.parameters import MOST_BORN, MOST_THEMES, Parameters, suggested_k
from feedback_cluster.pipeline.refine import Refined, refine
from feedback_cluster.pipeline.seeds import seeded_labels


@dataclass(frozen=True)
class Guidance:
    """What a fit was told: clusters of the last run, what people decided, words that found a cluster."""

    warm: IntArray | None
    answers: Decisions
    decisions: Decisions
    """The answers, and what follows from seed words."""
    seeds: Mapping[int, Sequence[str]]
    known: int
    grow: bool

    @property
    def named(self) -> int:
        """How many clusters have a number that somebody knows."""
        told = [self.decisions.labels, self.decisions.apart_labels, np.array(list(self.seeds), dtype=np.int64)]
        if self.warm is not None:
            told.append(self.warm)
        return max(self.known, 1 + max(int(labels.max(initial=REST)) for labels in told))

    def seeded(self, texts: Sequence[str]) -> "Guidance":
        """The same, with posts that say a seed word placed as if by a person who may be overruled by any other."""
        if not self.seeds:
            return self
        labels = seeded_labels(texts, self.seeds)
        labels[self.decisions.bound] = REST
        return replace(self, decisions=self.decisions.with_placed(labels))


def group(rows: FloatArray, weights: Counts, guidance: Guidance, told: Parameters) -> Refined:
    """Clusters of unit `rows` (n_posts, n_columns); weights: their (n_posts, n_terms) TF-IDF.

    Warm labels are kept where nothing speaks against them; without them clusters are made afresh. Unless k was given,
    clusters are born from posts that fit nothing until there is no evidence for another.
    """
    named = guidance.named
    warm = named > 0 and guidance.warm is not None and not guidance.grow
    k = named if warm else how_many(rows, named, told)
    engine = SphericalKMeans(
        k, n_init=told.n_init, max_iter=told.max_iter, min_similarity=told.min_confidence, random_state=told.seed
    )
    if warm:
        centres = engine.known_centres(rows, guidance.warm, guidance.decisions)
        # A new post has no cluster yet, and so no reason to stay in the nearest one when its words say otherwise.
        labels = np.array(guidance.warm, dtype=np.int64)
        labels[guidance.decisions.rows] = guidance.decisions.labels
    else:
        engine.fit(rows, warm=guidance.warm, decisions=guidance.decisions)
        centres, labels = engine.cluster_centers_, engine.labels_
    most = round((MOST_BORN if warm else MOST_THEMES) * told.granularity) if told.k is None else 0
    centres, labels = with_births(rows, centres, labels, guidance.decisions, most=most, seed=told.seed)
    while True:
        found = refine(
            rows, weights, labels, centres, guidance.decisions, guidance.answers,
            least=told.min_confidence, seed=told.seed, young=not warm,
        )  # fmt: skip
        centres, labels = with_births(rows, found.centres, found.labels, guidance.decisions, most=most, seed=told.seed)
        if len(centres) == len(found.centres):
            return found


def with_births(
    rows: FloatArray, centres: FloatArray, labels: IntArray, decisions: Decisions, *, most: int, seed: int
) -> tuple[FloatArray, IntArray]:
    """Centres and labels with the clusters, up to `most`, that many posts ask for; the same ones without evidence.

    A post moves to a young cluster that is nearer to it than its own.
    """
    free = np.delete(np.arange(len(rows)), decisions.bound)
    while 0 < len(centres) < most:
        own = similarity_to(rows, centres, labels)
        born = find_birth(rows, labels, own, free, seed=seed)
        if born is None:
            break
        moves = free[(rows[free] @ born) > own[free]]
        labels = labels.copy()
        labels[moves] = len(centres)
        centres = np.vstack([centres, born])
    return centres, labels


def similarity_to(rows: FloatArray, centres: FloatArray, labels: IntArray) -> FloatArray:
    """(n_rows,) cosine to the own centre, or the nearest one without a label."""
    best = np.zeros(len(rows), dtype=np.float32)
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        near = similarities(rows[part], centres)
        own = np.where(labels[part] == REST, near.argmax(axis=1), labels[part])
        best[part] = near[np.arange(len(near)), own]
    return best


def how_many(rows: FloatArray, least: int, told: Parameters) -> int:
    """k: what was asked for or suits the number of different posts, at least as many as have a number already."""
    different = count_different(rows)
    wanted = told.k or suggested_k(different, told.granularity)
    return max(least, min(wanted, different))
