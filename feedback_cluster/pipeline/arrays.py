"""Names for the arrays the pipeline hands around, and the few sums several files need."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
Counts = Any  # scipy.sparse.csr_matrix of float32, (n_posts, n_terms)
REST = -1


def unit_rows(rows: FloatArray) -> FloatArray:
    """Rows of length one; a row of zeros stays zeros."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: FloatArray = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    return unit.astype(np.float32, copy=False)


def membership(labels: IntArray, n_clusters: int) -> Counts:
    """The sparse (n_clusters, n_posts) matrix of ones where a post belongs; posts labelled -1 belong nowhere."""
    rows = np.flatnonzero(labels >= 0)
    ones = np.ones(len(rows), dtype=np.float32)
    return sp.csr_matrix((ones, (labels[rows], rows)), shape=(n_clusters, len(labels)))
