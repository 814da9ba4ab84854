"""Names for the arrays the pipeline hands around, and the few sums several files need."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
Counts = Any  # scipy.sparse.csr_matrix of float32, (n_posts, n_terms)
REST = -1
HASHED = 8_192  # rows at once


def unit_rows(rows: FloatArray) -> FloatArray:
    """Rows of length one; a row of zeros stays zeros."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: FloatArray = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    return unit.astype(np.float32, copy=False)


def membership(labels: IntArray, n_clusters: int) -> Counts:
    """The sparse (n_clusters, n_posts) matrix of ones where a post belongs; posts labelled -1 belong nowhere."""
    grouped = labels >= 0
    numbers = labels[grouped]
    ends = np.concatenate([[0], np.cumsum(grouped)])  # of columns: none or one entry each, so nothing needs sorting
    return sp.csc_matrix((np.ones(len(numbers), dtype=np.float32), numbers, ends), shape=(n_clusters, len(labels)))


def count_different(rows: FloatArray) -> int:
    """How many rows differ from all before them, a row of zeros not counted.

    By a hash of their bits: sorting a million rows would take longer than grouping them.
    """
    factors = np.random.default_rng(0).integers(1, 2**63, rows.shape[1], dtype=np.uint64) | np.uint64(1)
    marks = [np.zeros(0, dtype=np.uint64)]
    for start in range(0, len(rows), HASHED):
        part = np.ascontiguousarray(rows[start : start + HASHED], dtype=np.float32)
        bits = part[np.any(part, axis=1)].view(np.uint32).astype(np.uint64)
        marks.append((bits * factors).sum(axis=1, dtype=np.uint64))
    ordered = np.sort(np.concatenate(marks))  # a third of the time of np.unique
    return int(np.count_nonzero(np.diff(ordered))) + min(len(ordered), 1)
