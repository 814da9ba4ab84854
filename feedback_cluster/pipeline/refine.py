"""Second thoughts: the words of clear posts teach a classifier, and it moves the posts that it is sure about."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from feedback_cluster.pipeline.arrays import REST, Counts, FloatArray, IntArray
from feedback_cluster.pipeline.clusters import CHUNK, Decisions, SphericalKMeans, keep_apart, similarities
from feedback_cluster.pipeline.settle import centres_of
from feedback_cluster.pipeline.softmax import Softmax

CLEAR = 0.7  # share of the posts, the clearest ones, that teach
HEARD = 0.3  # share of each cluster's posts that teach in any case
SAMPLE = 6_000  # posts over which the cluster's words are learned; the others are only judged
FREE = 3_000  # posts that teach from which the solver's usual regularisation is right; fewer are believed more
A_PERSONS_WORD = 5.0  # weight of a post that a person placed, beside one that nobody looked at
EAGER, RELUCTANT = 0.1, 0.3  # probability a post must win by moving, while a run is young and later or warm
EAGER_TURNS = 2
MOST_TURNS = 20
TERMS = 2_000  # words that are heard, the most frequent; the others change no label and cost the solver time
STEPS, PRECISION = 60, 2e-3  # of the solver from a fresh start
FURTHER_STEPS = 6  # of the solver going on from the turn before
ANSWERS = 3_000  # answers of people that have a neighbourhood of their own; beyond that only the classifier hears them
DIGITS = 5  # of a confidence; further ones depend on the order of sums
NEIGHBOURS = 10  # turns until a neighbourhood has settled


@dataclass(frozen=True)
class WordJudge:
    """Multinomial logistic regression from the words of a post to its cluster.

    coefficients: (n_clusters, n_terms) log-odds per unit of TF-IDF; intercepts: (n_clusters,), minus infinity for a
    cluster that nobody taught, so that it never wins a post.
    """

    coefficients: FloatArray
    intercepts: FloatArray

    @classmethod
    def untaught(cls, n_clusters: int, n_terms: int) -> Self:
        """A judge that knows nothing: every cluster is as likely as any other."""
        return cls(np.zeros((n_clusters, n_terms), np.float32), np.zeros(n_clusters, np.float32))

    @classmethod
    def of(cls, solver: Softmax, taught: IntArray, n_clusters: int, terms: IntArray, n_terms: int) -> Self:
        """The judge in a solver that was fitted to these clusters and these terms alone."""
        coefficients = np.zeros((n_clusters, n_terms), np.float32)
        coefficients[np.ix_(taught, terms)] = solver.coefficients.T
        intercepts = np.full(n_clusters, -np.inf, np.float32)
        intercepts[taught] = solver.intercepts
        return cls(coefficients, intercepts)

    def probabilities(self, weights: Counts) -> FloatArray:
        """(n_posts, n_clusters) of TF-IDF rows."""
        odds = np.asarray(weights @ self.coefficients.T) + self.intercepts
        odds -= odds.max(axis=1, keepdims=True)
        likely = np.exp(odds, out=odds)
        likely /= likely.sum(axis=1, keepdims=True)
        told: FloatArray = likely.astype(np.float32, copy=False)
        return told

    def shares(self, weights: Counts, cluster: int) -> FloatArray:
        """What each word of one TF-IDF row adds to the log-odds of the cluster against the average cluster."""
        usual = self.coefficients.mean(axis=0)
        told: FloatArray = weights.data * (self.coefficients[cluster] - usual)[weights.indices]
        return told


@dataclass(frozen=True)
class Refined:
    """Labels that the judge taught by them would not change, and how sure it is of each."""

    labels: IntArray
    confidence: FloatArray
    centres: FloatArray
    judge: WordJudge
    turns: int


def refine(
    rows: FloatArray,
    weights: Counts,
    labels: IntArray,
    centres: FloatArray,
    decisions: Decisions,
    answers: Decisions,
    *,
    least: float,
    seed: int,
    young: bool = True,
) -> Refined:
    """Teach a judge by the clear posts of each cluster, move the posts it is surer about, until none moves.

    rows, weights: (n_posts, …) unit rows and TF-IDF; labels: (n_posts,), -1 for posts without a cluster yet; centres:
    (n_clusters, …), kept by clusters that are empty. decisions bind; answers are those of them that people gave post by
    post. A post whose cosine to every centre is below `least` is rest. young: the labels are of no earlier run.
    Ends where one more turn, which depends on the labels alone, would change nothing: so does a run that begins there.
    """
    if not len(centres):
        judge = WordJudge.untaught(0, weights.shape[1])
        return Refined(np.full(len(rows), REST, dtype=np.int64), np.zeros(len(rows), np.float32), centres, judge, 0)
    drawn = sampled(len(rows), decisions.bound, seed)
    inner = decisions.among(drawn)
    part, words, told = rows[drawn], weights[drawn], labels[drawn]
    school = School(part, words, inner, near_answers(part, answers.among(drawn), centres), len(centres))
    lonely = ~np.any(part, axis=1)
    fresh = True
    turn = 0
    while True:
        turn += 1
        centres = moved_centres(part, told, centres)
        judge = school.teach(told, centres, fresh=fresh)
        unlike = lonely | (nearest_similarity(part, centres) < least)
        stay = EAGER if young and turn <= EAGER_TURNS else RELUCTANT
        new, sure = judged(judge, words, told, unlike, inner, stay)
        moved = not np.array_equal(new, told)
        told = new
        if fresh and stay == RELUCTANT and (not moved or turn >= MOST_TURNS):
            break
        # The solver went on from its last answer: only a fresh start may have the last word.
        fresh = not moved or turn >= MOST_TURNS
    if len(drawn) == len(rows):
        return Refined(told, sure, moved_centres(rows, told, centres), judge, turn)
    unlike = ~np.any(rows, axis=1) | (nearest_similarity(rows, centres) < least)
    labels, likely = judged(judge, weights, labels, unlike, decisions, EAGER if young else RELUCTANT)
    labels[drawn], likely[drawn] = told, sure  # these have settled, and the next run begins with them
    return Refined(labels, likely, moved_centres(rows, labels, centres), judge, turn)


def sampled(n: int, needed: IntArray, seed: int) -> IntArray:
    """`SAMPLE` rows of n and all needed ones, ascending; all when there are no more than that."""
    if n <= SAMPLE:
        return np.arange(n)
    return np.union1d(np.random.default_rng(seed).choice(n, SAMPLE, replace=False), needed)


def judged(
    judge: WordJudge, weights: Counts, labels: IntArray, unlike: NDArray[np.bool_], decisions: Decisions, stay: float
) -> tuple[IntArray, FloatArray]:
    """(labels, probability of the own label): each post stays unless another cluster is likelier by `stay`."""
    new = np.full(len(labels), REST, dtype=np.int64)
    sure = np.zeros(len(labels), dtype=np.float32)
    strangers = decisions.strangers()
    near: dict[int, FloatArray] = {}
    for start in range(0, len(labels), CHUNK):
        part = slice(start, min(start + CHUNK, len(labels)))
        likely = judge.probabilities(weights[part])
        here = (decisions.apart_rows >= part.start) & (decisions.apart_rows < part.stop)
        likely[decisions.apart_rows[here] - start, decisions.apart_labels[here]] = -1.0
        own = np.flatnonzero(labels[part] != REST)
        ranked = likely.copy()
        ranked[own, labels[part][own]] += stay
        new[part] = ranked.argmax(axis=1)
        sure[part] = likely[np.arange(len(likely)), new[part]]
        near |= {row: ranked[row - start] for row in strangers if part.start <= row < part.stop}
    new[unlike] = REST
    sure[np.diff(weights.indptr) == 0] = 0.0  # not one known word: the judge would only repeat what is usual
    new[decisions.rows] = decisions.labels
    sure[decisions.rows] = 1.0
    if near:
        keep_apart(near, decisions, new, sure, 0.0)
    np.clip(sure, 0.0, 1.0, out=sure)
    return new, sure.round(DIGITS)


class School:
    """Chooses the posts that teach and keeps the solver between turns."""

    def __init__(
        self, rows: FloatArray, weights: Counts, decisions: Decisions, near: FloatArray | None, n_clusters: int
    ) -> None:
        self.rows, self.weights, self.near, self.n_clusters = rows, weights, near, n_clusters
        self.placed = np.zeros(len(rows), dtype=bool)
        self.placed[decisions.rows] = True
        said = np.bincount(weights.indices, minlength=weights.shape[1])
        self.terms = np.sort(np.argsort(-said, kind="stable")[:TERMS])
        self.heard = weights[:, self.terms].tocsr()
        self.solver: Softmax | None = None
        self.taught: IntArray = np.zeros(0, dtype=np.int64)

    def teach(self, labels: IntArray, centres: FloatArray, *, fresh: bool) -> WordJudge:
        """The judge that the clear posts teach."""
        pupils = self._pupils(labels, centres)
        # In the order of their first posts: what a cluster is numbered must not reach even the last digit.
        numbers, first = np.unique(labels[pupils], return_index=True)
        taught = numbers[np.argsort(first)]
        if len(taught) < 2:
            return WordJudge.untaught(self.n_clusters, self.weights.shape[1])
        solver, steps = self.solver, FURTHER_STEPS
        if not fresh and solver is not None and np.array_equal(np.sort(self.taught), numbers):
            taught = self.taught
        else:
            belief = max(1.0, FREE / len(pupils))
            solver, steps = Softmax(len(self.terms), len(taught), belief=belief), STEPS
        weight = np.where(self.placed[pupils], A_PERSONS_WORD, 1.0)
        # Inside each cluster: a cluster with many answers must not become likelier for all posts.
        sizes = np.bincount(labels[pupils], minlength=self.n_clusters)
        weight *= (sizes / np.maximum(np.bincount(labels[pupils], weight, self.n_clusters), 1e-9))[labels[pupils]]
        place = np.empty(self.n_clusters, dtype=np.int64)
        place[taught] = np.arange(len(taught))
        solver.fit(
            self.heard[pupils], place[labels[pupils]], weight.astype(np.float32), steps=steps, precision=PRECISION
        )
        self.solver, self.taught = solver, taught
        return WordJudge.of(solver, taught, self.n_clusters, self.terms, self.weights.shape[1])

    def _pupils(self, labels: IntArray, centres: FloatArray) -> IntArray:
        """The clearest posts of each cluster and all that people placed, ascending."""
        grouped = np.flatnonzero(labels != REST)
        margin = self._margins(grouped, labels, centres)
        order = np.lexsort((grouped, -margin, labels[grouped]))
        sizes = np.bincount(labels[grouped], minlength=self.n_clusters)
        first = np.cumsum(sizes) - sizes
        rank = np.empty(len(grouped), dtype=np.int64)
        rank[order] = np.arange(len(grouped)) - first[labels[grouped][order]]
        clear = margin >= np.quantile(margin, 1 - CLEAR) if len(margin) else np.zeros(0, dtype=bool)
        heard = rank < np.ceil(HEARD * sizes)[labels[grouped]]
        pupils: IntArray = grouped[clear | heard | self.placed[grouped]]
        return pupils

    def _margins(self, grouped: IntArray, labels: IntArray, centres: FloatArray) -> FloatArray:
        """How much better each row fits its own cluster than the next best."""
        margin = np.empty(len(grouped), dtype=np.float32)
        for start in range(0, len(grouped), CHUNK):
            part = grouped[start : start + CHUNK]
            fits = similarities(self.rows[part], centres)
            if self.near is not None:
                fits += self.near[part]
            each = np.arange(len(part))
            own = fits[each, labels[part]].copy()
            fits[each, labels[part]] = -np.inf
            margin[start : start + len(part)] = own - fits.max(axis=1) if fits.shape[1] > 1 else own
        return margin


def near_answers(rows: FloatArray, answers: Decisions, centres: FloatArray) -> FloatArray | None:
    """(n_posts, n_clusters) cosine to the nearest neighbourhood of each cluster; None without answers of people.

    Each post a person placed begins a neighbourhood of the posts nearest to it; a cluster nobody spoke about is one.
    """
    if not 0 < len(answers.rows) <= ANSWERS:
        return None
    silent = np.setdiff1d(np.flatnonzero(np.any(centres, axis=1)), answers.labels)
    cluster = np.concatenate([answers.labels, silent])
    engine = SphericalKMeans(len(cluster), max_iter=NEIGHBOURS)
    own = Decisions.of((answers.rows, np.arange(len(answers.rows))))
    begun = np.vstack([rows[answers.rows], centres[silent]])
    settled = engine.resume(rows, begun, own).cluster_centers_
    near = np.zeros((len(rows), len(centres)), dtype=np.float32)
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        fits = similarities(rows[part], settled)
        for one in np.unique(cluster):
            near[part, one] = fits[:, cluster == one].max(axis=1)
    return near


def moved_centres(rows: FloatArray, labels: IntArray, centres: FloatArray) -> FloatArray:
    """Unit means of the labels; an emptied cluster stays where it was."""
    moved = centres_of(rows, labels, len(centres))
    gone = ~np.any(moved, axis=1)
    moved[gone] = centres[gone]
    return moved


def nearest_similarity(rows: FloatArray, centres: FloatArray) -> FloatArray:
    """(n_rows,) cosine to the nearest centre."""
    best = np.zeros(len(rows), dtype=np.float32)
    for start in range(0, len(rows) if len(centres) else 0, CHUNK):
        best[start : start + CHUNK] = similarities(rows[start : start + CHUNK], centres).max(axis=1)
    return best
