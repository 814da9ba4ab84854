"""Posts as unit vectors: what they say literally (LSA of TF-IDF) beside what the words mean (PPMI word vectors)."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.extmath import randomized_svd
from sklearn.utils.validation import check_is_fitted

from feedback_cluster.pipeline.arrays import Counts, FloatArray, unit_rows
from feedback_cluster.pipeline.parallel import ALONE, Workers
from feedback_cluster.pipeline.tokens import CutPosts

Documents = Sequence[Sequence[str]]
CONTEXT_POWER = 0.75  # smooths the frequency of contexts: Levy, Goldberg and Dagan 2015, TACL 3
SIF = 1e-3  # weight a / (a + p(word)): Arora, Liang and Ma 2017, ICLR
SVD_ITERATIONS = 4
PROJECTED = 20_000  # posts projected at once
MOST_EMPTIED = 0.01  # share of posts that may lose their last word to max_df


class TextFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns cut posts into unit rows of `dim` literal and `dim` meaning columns.

    dim: columns of each half. min_df: posts a word must occur in, None = 1, 2 or 3 by the number of posts.
    max_df: share of posts above which a word says nothing. meaning_weight: of the second
    half beside the first. sample: posts the vectors are learned from; all posts are projected.
    """

    def __init__(
        self,
        dim: int = 100,
        *,
        min_df: int | None = None,
        max_df: float = 0.3,
        meaning_weight: float = 1.0,
        sample: int = 50_000,
        random_state: int = 0,
    ) -> None:
        self.dim = dim
        self.min_df = min_df
        self.max_df = max_df
        self.meaning_weight = meaning_weight
        self.sample = sample
        self.random_state = random_state

    def fit(self, documents: Documents, y: object = None) -> Self:
        """Learn the vocabulary, the weights of its words and both projections."""
        self.fit_transform(documents)
        return self

    def fit_transform(
        self, documents: Documents, y: object = None, *, workers: Workers = ALONE, **_: Any
    ) -> FloatArray:
        """`fit`, then the (n_posts, n_columns) rows of these same posts without counting twice."""
        counts = self._count(documents)
        self.counts_ = counts
        n, terms = counts.shape
        frequency = np.bincount(counts.indices, minlength=terms)
        self.idf_ = (np.log((1 + n) / (1 + frequency)) + 1).astype(np.float32)
        share = np.asarray(counts.sum(axis=0)).ravel() / max(float(counts.sum()), 1.0)
        self.sif_ = (SIF / (SIF + share)).astype(np.float32)
        drawn = counts
        if n > self.sample:
            rows = np.random.default_rng(self.random_state).choice(n, self.sample, replace=False)
            drawn = counts[np.sort(rows)]
        self.literal_ = self._literal_vectors(self.tf_idf(drawn))
        self.meaning_ = self._meaning_vectors(drawn)
        return self.project(counts, workers)

    def transform(self, documents: Documents) -> FloatArray:
        """Unit rows of posts, zeros where no word of a post is known."""
        check_is_fitted(self, "literal_")
        return self.project(self.count(documents))

    def count(self, documents: Documents) -> Counts:
        """(n_posts, n_terms) occurrences of the learned words."""
        rows: list[int] = []
        columns: list[int] = []
        for row, document in enumerate(documents):
            known = [self.vocabulary_[word] for word in document if word in self.vocabulary_]
            columns += known
            rows += [row] * len(known)
        shape = (len(documents), len(self.vocabulary_))
        # Equal positions are summed; a document costs microseconds here, where CountVectorizer pays for its checks.
        return sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)

    def project(self, counts: Counts, workers: Workers = ALONE) -> FloatArray:
        """Unit rows of counted posts, made some thousands at a time: only the result is as large as the posts."""
        n = counts.shape[0]
        if n <= PROJECTED and not workers.far:
            return self._projected(counts)
        rows = np.empty((n, self.literal_.shape[1] + self.meaning_.shape[1]), dtype=np.float32)
        parts = (counts[start : start + PROJECTED] for start in range(0, n, PROJECTED))
        done = 0
        for part in workers.each(projected, parts, self.light()) if workers.far else map(self._projected, parts):
            rows[done : done + len(part)] = part
            done += len(part)
        return rows

    def light(self) -> "TextFeatures":
        """These features without words and counts: what `project` needs, for another process."""
        bare = TextFeatures(self.dim, meaning_weight=self.meaning_weight)
        bare.idf_, bare.sif_, bare.literal_, bare.meaning_ = self.idf_, self.sif_, self.literal_, self.meaning_
        return bare

    def _projected(self, counts: Counts) -> FloatArray:
        literal = unit_rows(np.asarray(self.tf_idf(counts) @ self.literal_))
        meaning = unit_rows(np.asarray(self._means(counts) @ self.meaning_))
        return unit_rows(np.hstack([literal, np.float32(self.meaning_weight) * meaning]))

    def get_feature_names_out(self, input_features: object = None) -> Any:
        """The learned words, in the order of the columns of `count`."""
        check_is_fitted(self, "vocabulary_")
        return np.array(list(self.vocabulary_), dtype=object)

    def _count(self, documents: Documents) -> Counts:
        n = len(documents)
        least = self.min_df or (1 if n < 100 else 2 if n < 1000 else 3)
        cut = CutPosts.of(documents)
        counts = cut.counts()
        if not counts.nnz:  # not one word in all posts
            self.vocabulary_: dict[str, int] = {}
            return sp.csr_matrix(np.zeros((n, 0), dtype=np.float32))
        frequency = np.bincount(counts.indices, minlength=counts.shape[1])
        common = frequency >= least
        said = common if common.any() else frequency > 0
        subject = said & (frequency <= self.max_df * n)
        # A word in most posts says nothing, unless the posts say little else: then it is what they are about.
        if emptied(counts, subject) <= emptied(counts, said) + MOST_EMPTIED * n:
            said = subject
        counts = counts[:, said].tocsr()
        counts.sort_indices()
        words = cut.words[said]
        self.vocabulary_ = {str(word): column for column, word in enumerate(words)}
        return counts

    def tf_idf(self, counts: Counts) -> Counts:
        """Unit rows of (1 + log times) x idf."""
        post = rows_of_entries(counts)
        weight = (1 + np.log(counts.data)) * self.idf_[counts.indices]
        length = np.sqrt(np.bincount(post, weight**2, minlength=counts.shape[0]))
        return with_entries(counts, weight / length[post])

    def _means(self, counts: Counts) -> Counts:
        post = rows_of_entries(counts)
        size = np.bincount(post, counts.data, minlength=counts.shape[0])
        return with_entries(counts, counts.data * self.sif_[counts.indices] / size[post])

    def _literal_vectors(self, rows: Counts) -> FloatArray:
        terms = rows.shape[1]
        if min(rows.shape) <= self.dim:
            return np.eye(terms, dtype=np.float32)  # small enough to be kept as it is
        _, _, directions = self._svd(rows, self.dim)
        return np.ascontiguousarray(directions.T, dtype=np.float32)

    def _meaning_vectors(self, counts: Counts) -> FloatArray:
        """(n_terms, dim) unit word vectors from positive PMI, without the direction all posts share."""
        related = positive_pmi(counts)
        terms = related.shape[0]
        dim = min(self.dim, terms - 1)
        if dim < 2 or related.nnz == 0:
            return np.zeros((terms, 1), dtype=np.float32)
        left, strength, _ = self._svd(related, dim)
        vectors = unit_rows(np.ascontiguousarray(left * np.sqrt(strength), dtype=np.float32))
        means = self._means(counts) @ vectors
        _, _, common = np.linalg.svd(means.T @ means)
        shared = common[:1].astype(np.float32)
        return np.ascontiguousarray(vectors - vectors @ shared.T @ shared)

    def _svd(self, rows: Counts, dim: int) -> tuple[Any, Any, Any]:
        result: tuple[Any, Any, Any] = randomized_svd(
            rows, dim, n_iter=SVD_ITERATIONS, random_state=self.random_state, flip_sign=True
        )
        return result


def projected(counts: Counts, features: TextFeatures) -> FloatArray:
    """`project` of one part, in whichever process."""
    return features.project(counts)


def rows_of_entries(counts: Counts) -> NDArray[np.int64]:
    """The row of every entry."""
    return np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))


def with_entries(counts: Counts, entries: NDArray[Any]) -> Counts:
    """The same places with other values: a tenth of the cost of a product with a diagonal, which one post feels."""
    return sp.csr_matrix((entries.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)


def emptied(counts: Counts, kept: NDArray[np.bool_]) -> int:
    """How many posts have none of the kept words."""
    return int(np.sum(counts @ kept.astype(np.float32) == 0))


def positive_pmi(counts: Counts) -> Counts:
    """(n_terms, n_terms) positive pointwise mutual information of words that share a post; the diagonal is empty.

    log(p(a,b) / p(a) p(b)), negative values 0; the context's p is raised to the power .75.
    """
    seen = counts.sign()
    together = (seen.T @ seen).tocoo()
    apart = together.row != together.col
    row, column, times = together.row[apart], together.col[apart], together.data[apart].astype(np.float64)
    total = np.bincount(row, times, minlength=together.shape[0]) + 1.0
    context = total**CONTEXT_POWER
    pmi = np.log(times * context.sum() / (total[row] * context[column]))
    positive = pmi > 0
    kept = (pmi[positive].astype(np.float32), (row[positive], column[positive]))
    return sp.csr_matrix(kept, shape=together.shape)
