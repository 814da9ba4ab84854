"""Seed words: a manager founds a theme with a few words, and posts that say them are where it starts."""

from collections.abc import Mapping, Sequence

import numpy as np

from cocreate.text.fold import fold
from feedback_cluster.pipeline.arrays import REST, IntArray


def seeded_labels(texts: Sequence[str], seeds: Mapping[int, Sequence[str]]) -> IntArray:
    """(n_posts,) the cluster whose seed words a post says, -1 where none or several equally.

    seeds: {cluster: words}. A post that says words of several clusters goes where it says more of them; of words inside
    each other (油耗 in 油耗高) only the longer counts, so a cluster gains nothing by naming both.
    Case, width and traditional script do not matter.
    """
    words = {cluster: sorted({fold(word).strip() for word in told} - {""}, key=len) for cluster, told in seeds.items()}
    labels = np.full(len(texts), REST, dtype=np.int64)
    for row, text in enumerate(texts):
        folded = fold(text)
        said = {cluster: weight for cluster, told in words.items() if (weight := _said(folded, told))}
        if said:
            most = max(said.values())
            leading = [cluster for cluster, weight in said.items() if weight == most]
            labels[row] = leading[0] if len(leading) == 1 else REST
    return labels


def _said(text: str, words: Sequence[str]) -> int:
    found = [word for word in words if word in text]
    return sum(not any(word in longer for longer in found[place + 1 :]) for place, word in enumerate(found))
