"""Matching: which cluster of a cold run is which theme of the run before."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray

MEMBERS, CENTRES = 0.7, 0.3  # weight of shared members, and of the nearness of centres
ENOUGH = 0.3  # below this a cluster is new rather than a theme in other clothes


def match_clusters(
    new: IntArray,
    old: IntArray,
    new_centres: FloatArray | None = None,
    old_centres: FloatArray | None = None,
    *,
    enough: float = ENOUGH,
) -> dict[int, int]:
    """{new cluster: old theme}, each at most once, with the highest total likeness; unlike ones stay unmatched.

    new, old: (n_posts,) labels of the same posts, -1 for none. Likeness is .7 Jaccard of the members and .3 cosine of
    the centres (rows by label, in the same space), or the Jaccard alone without centres.
    """
    likeness = shared_members(new, old)
    if new_centres is not None and old_centres is not None:
        near = np.zeros_like(likeness)
        found = np.clip(new_centres @ old_centres.T, 0, 1)[: likeness.shape[0], : likeness.shape[1]]
        near[: found.shape[0], : found.shape[1]] = found
        likeness = MEMBERS * likeness + CENTRES * near
    pairs = zip(*linear_sum_assignment(-likeness), strict=True)
    return {int(cluster): int(theme) for cluster, theme in pairs if likeness[cluster, theme] >= enough}


def shared_members(new: IntArray, old: IntArray) -> FloatArray:
    """(n_new, n_old) Jaccard: posts in both over posts in either."""
    both = (new != REST) & (old != REST)
    shape = (int(new.max(initial=REST)) + 1, int(old.max(initial=REST)) + 1)
    together = np.zeros(shape, dtype=np.float32)
    np.add.at(together, (new[both], old[both]), 1)
    in_new = np.bincount(new[new != REST], minlength=shape[0])[:, None]
    in_old = np.bincount(old[old != REST], minlength=shape[1])[None, :]
    either = np.maximum(in_new + in_old - together, 1)
    shares: FloatArray = (together / either).astype(np.float32)
    return shares
