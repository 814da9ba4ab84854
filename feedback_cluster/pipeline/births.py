"""Birth of a theme: many posts that fit nothing so far and fit each other well."""

import numpy as np

from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray
from feedback_cluster.pipeline.clusters import SphericalKMeans, similarities

FEWEST = 20  # posts; and at least
SHARE = 0.005  # of all posts
LOOSE = 0.6  # of the usual cosine: a post held more loosely than that may be looking for a theme
TIGHT = 0.6  # of the usual cosine: how well the posts of a young theme must fit each other
GAIN = 0.1  # cosine a post must win by moving
APIECE = 10  # times the evidence, of posts without a home, for each group they are searched in


def find_birth(
    rows: FloatArray, labels: IntArray, similarity: FloatArray, free: IntArray, *, seed: int
) -> FloatArray | None:
    """The unit centre of the strongest new theme, or None when the evidence is too small.

    rows: unit rows of all posts; similarity: cosine of each to its nearest centre; free: rows nobody has decided about.
    Depends on its arguments alone, so a run that ended without a birth has none when it is repeated.
    """
    held = similarity[labels != REST]
    evidence = max(FEWEST, int(np.ceil(SHARE * len(rows))))
    if not len(held):
        return None
    usual = float(np.median(held))
    homeless = free[(similarity[free] < LOOSE * usual) & np.any(rows[free], axis=1)]
    if len(homeless) < evidence:
        return None
    groups = int(np.clip(len(homeless) // (APIECE * evidence), 1, 12))
    found = SphericalKMeans(groups, n_init=3, random_state=seed).fit(rows[homeless])
    cosines = similarities(rows[homeless], found.cluster_centers_)
    convinced = (cosines >= TIGHT * usual) & (cosines >= similarity[homeless][:, None] + GAIN)
    support = convinced.sum(axis=0)
    strongest = int(support.argmax())
    if support[strongest] < evidence:
        return None
    centre: FloatArray = found.cluster_centers_[strongest]
    return centre
