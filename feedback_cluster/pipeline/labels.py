"""What a cluster says: the words that mark it, a name a person can read, posts that speak for it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from cocreate.text.excerpt import first_sentence
from feedback_cluster.pipeline.arrays import REST, Counts, FloatArray, IntArray, membership

PHRASE_SHARE = 0.05  # of a cluster's posts must say two words side by side before they become its name
LONGER_SHARE = 0.5  # of the posts with the pair must go on to a third word before it joins the name
CENTRAL, NEW = 0.7, 0.3  # of a quote: how well it speaks for the cluster, and how much it adds to the quotes before
READABLE = (8, 160)  # characters of a post that reads well as a quote
CANDIDATES = 200  # posts nearest the centre that may become quotes


def class_tf_idf(counts: Counts, labels: IntArray) -> FloatArray:
    """Weigh each term by how much it marks one cluster against the rest.

    counts: (n_posts, n_terms) occurrences; labels: (n_posts,), -1 is rest and left out.
    Returns (n_clusters, n_terms), rows by ascending label. Raises ValueError if all is rest.
    Source: c-TF-IDF, Grootendorst 2022, arXiv:2203.05794.
    """
    present = np.unique(labels[labels != REST])
    if not len(present):
        raise ValueError("every post is rest: there is no cluster to weigh words for")
    dense = np.where(labels == REST, REST, np.searchsorted(present, labels))
    told = (membership(dense, len(present)) @ counts).tocsr().astype(np.float64)
    total = np.asarray(told.sum(axis=0)).ravel()
    rarity = np.log1p(told.sum() / len(present) / np.maximum(total, 1))
    size = np.maximum(np.asarray(told.sum(axis=1)).ravel(), 1)
    weights: FloatArray = (sp.diags(1 / size) @ told @ sp.diags(rarity)).toarray().astype(np.float32)
    return weights


def keywords(weights: FloatArray, names: Sequence[str], top: int) -> list[list[str]]:
    """The heaviest words of each cluster, heaviest first; equal weights in the order of `names`.

    A word that is part of a heavier one, or contains it, is passed over: it would repeat what was said.
    """
    found = []
    for row in weights:
        chosen: list[str] = []
        for column in np.argsort(-row, kind="stable"):
            word = names[column]
            if row[column] <= 0 or len(chosen) == top:
                break
            if not any(word in other or other in word for other in chosen):
                chosen.append(word)
        found.append(chosen)
    return found


def phrase(words: Sequence[str], documents: Sequence[Sequence[str]]) -> str:
    """A short name: the two or three keywords most often said side by side, else the first two; "" without words.

    documents: cut posts of the cluster.
    """
    if not words:
        return ""
    marks = {word: place for place, word in enumerate(words)}
    runs: Counter[tuple[str, ...]] = Counter()
    for document in documents:
        for length in (2, 3):
            windows = zip(*(document[start:] for start in range(length)), strict=False)
            runs.update({run for run in windows if len(set(run)) == length and all(word in marks for word in run)})
    # The run must hold the strongest word, or the name would speak of a side matter.
    leading = [(times, [-marks[word] for word in run], run) for run, times in runs.items() if words[0] in run]
    pairs = [told for told in leading if len(told[2]) == 2]
    if not pairs or max(pairs)[0] < max(2, PHRASE_SHARE * len(documents)):
        return "、".join(shown(word) for word in words[:2])
    times, _, best = max(pairs)
    longer = [
        told for told in leading if len(told[2]) == 3 and told[0] >= LONGER_SHARE * times and holds(told[2], best)
    ]
    return joined(max(longer)[2] if longer else best)


def holds(run: tuple[str, ...], pair: tuple[str, ...]) -> bool:
    """Whether the pair stands side by side in the run."""
    return pair in (run[:2], run[1:])


def joined(run: Sequence[str]) -> str:
    """Words as one phrase; a space only beside latin letters."""
    text = ""
    for word in run:
        gap = " " if text and (text[-1].isascii() or word.isascii()) else ""
        text += gap + shown(word)
    return text


def shown(word: str) -> str:
    """A folded word as people write it: short latin ones are abbreviations."""
    return word.upper() if word.isascii() and len(word) <= 4 else word


def name_of(words: Sequence[str], documents: Sequence[Sequence[str]], quote: str) -> str:
    """`phrase`, or the beginning of a quote where no word marks the cluster; never empty."""
    return phrase(words, documents) or first_sentence(quote, 20) or "…"


def quotes(rows: FloatArray, centre: FloatArray, texts: Sequence[str], most: int) -> list[int]:
    """Places of up to `most` posts that speak for the cluster and differ from each other, best first.

    rows: (n, d) unit rows of the cluster's posts. Maximal marginal relevance: Carbonell and Goldstein 1998, SIGIR.
    """
    central = rows @ centre
    least, longest = READABLE
    readable = np.array([least <= len(text.strip()) <= longest for text in texts], dtype=bool)
    ranked = np.lexsort((np.arange(len(rows)), -central, ~readable))[:CANDIDATES]
    chosen: list[int] = []
    said: set[str] = set()
    nearest = np.zeros(len(rows), dtype=np.float32)
    while len(chosen) < most:
        left = [place for place in ranked if place not in chosen and texts[place].strip() not in said]
        if not left:
            break
        value = CENTRAL * central[left] - NEW * nearest[left] + readable[left]
        best = int(left[int(np.argmax(value))])
        chosen.append(best)
        said.add(texts[best].strip())
        nearest = np.maximum(nearest, rows @ rows[best])
    return chosen
