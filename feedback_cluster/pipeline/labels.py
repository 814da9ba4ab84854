"""What a cluster says: the words that mark it, posts that speak for it, and one that speaks against."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from feedback_cluster.pipeline.arrays import REST, Counts, FloatArray, IntArray, membership

POOL = 40  # heaviest words of a cluster that may become keywords
OWN = 0.25  # power of a word's share in the cluster beside its weight: words of many themes name none
TOGETHER = 2.0  # weight of how often keywords stand in one post, beside the logarithm of their weight
COUNTED = 50_000  # posts in which words are counted together
CENTRAL, NEW, TELLING = 0.7, 0.3, 0.3  # of a quote: how near the centre, how new beside the others, how many keywords
TOLD = 3  # keywords in a post that make a whole quote
READABLE, PLEASANT = (8, 160), (14, 90)  # characters of a post that can be quoted, and that reads well as a quote
NEAREST = 400  # surest posts of a cluster that are looked at
CANDIDATES = 200  # of these, the ones that may become quotes
RUDE = re.compile(r"\*{2,}|[傻装逼]逼|傻[叉子瓜]|他妈|妈的|去死|滚蛋|脑残|狗屎|tmd|nmd|\bsb\b", re.IGNORECASE)
"""A theme has better spokesmen than who insults somebody; the post stays a voice like any other."""
OPPOSED = 0.4  # polarity from which a post takes a side: as the judge of sentiment draws its line
HEARD = 40  # posts of a cluster that are asked for their side


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
    told = np.asarray((membership(dense, len(present)) @ counts).todense(), dtype=np.float64)
    rarity = np.log1p(told.sum() / len(present) / np.maximum(told.sum(axis=0), 1))
    size = np.maximum(told.sum(axis=1, keepdims=True), 1)
    weights: FloatArray = (told / size * rarity).astype(np.float32)
    return weights


def keywords(weights: FloatArray, names: Sequence[str], top: int, counts: Counts | None = None) -> list[list[str]]:
    """Up to `top` words of each cluster that mark it and are said together, the heaviest first.

    weights: (n_clusters, n_terms), see `class_tf_idf`; a term of weight 0 is no keyword. counts: posts in which words
    are counted together, by normalised PMI (Bouma 2009); without them weight alone decides. Equal ones come in
    the order of `names`. A word that is part of one before, or contains it, is passed over: it would repeat that one.
    """
    share = weights / np.maximum(weights.sum(axis=0, keepdims=True), np.finfo(np.float32).tiny)
    marking = weights * share**OWN
    said = None if counts is None else (sampled(counts) > 0).astype(np.float32).tocsc()
    found: list[list[str]] = []
    for row in marking:
        columns = [int(column) for column in np.argsort(-row, kind="stable")[:POOL] if row[column] > 0]
        if not columns:
            found.append([])
            continue
        value = np.log(row[columns] / row[columns[0]]).astype(np.float64)
        together = np.zeros((len(columns), len(columns))) if said is None else pair_likeness(said[:, columns])
        found.append(_chosen(value, together, [str(names[column]) for column in columns], top))
    return found


def _chosen(value: NDArray[np.float64], together: NDArray[np.float64], words: Sequence[str], top: int) -> list[str]:
    chosen = [0]
    while len(chosen) < top:
        left = [
            place
            for place, word in enumerate(words)
            if not any(word in words[other] or words[other] in word for other in chosen)
        ]
        if not left:
            break
        worth = np.round(value[left] + TOGETHER * together[left][:, chosen].mean(axis=1), 6)
        chosen.append(left[int(np.argmax(worth))])
    return [words[place] for place in chosen]


def pair_likeness(said: Counts) -> NDArray[np.float64]:
    """(n_words, n_words) normalised PMI of the columns, -1 (never in one post) to 1 (always)."""
    posts = max(said.shape[0], 1)
    joint = np.asarray((said.T @ said).todense(), dtype=np.float64) / posts
    alone = np.diag(joint)
    with np.errstate(divide="ignore", invalid="ignore"):
        likeness: NDArray[np.float64] = np.log(joint / np.outer(alone, alone)) / -np.log(joint)
    likeness[joint <= 0] = -1.0
    likeness[joint >= 1] = 1.0
    return likeness


def sampled(counts: Counts) -> Counts:
    """At most `COUNTED` rows, evenly drawn."""
    if counts.shape[0] <= COUNTED:
        return counts
    return counts[np.linspace(0, counts.shape[0] - 1, COUNTED).astype(np.int64)]


def surest(members: IntArray, confidence: FloatArray) -> IntArray:
    """The members of a cluster that are looked at for quotes, surest first; equal ones in their order."""
    if len(members) > NEAREST:
        bound = np.partition(confidence[members], -NEAREST)[-NEAREST]
        members = members[confidence[members] >= bound]
    return members[np.argsort(-confidence[members], kind="stable")][:NEAREST]


def quotes(
    rows: FloatArray, centre: FloatArray, texts: Sequence[str], most: int, telling: IntArray | None = None
) -> list[int]:
    """Places of up to `most` posts that speak for the cluster and differ from each other, best first.

    rows: (n, d) unit rows of the cluster's posts; telling: keywords in each.
    Maximal marginal relevance: Carbonell and Goldstein 1998, SIGIR.
    """
    central = rows @ centre
    lengths = np.array([len(text.strip()) for text in texts], dtype=np.int64)
    readable = within(lengths, READABLE) - rude(texts)
    worth = CENTRAL * central + readable + 0.2 * within(lengths, PLEASANT)
    if telling is not None:
        worth += TELLING * np.minimum(telling, TOLD) / TOLD
    ranked = np.lexsort((np.arange(len(rows)), -np.round(worth, 6)))[:CANDIDATES]
    chosen: list[int] = []
    said: set[str] = set()
    nearest = np.zeros(len(rows), dtype=np.float32)
    while len(chosen) < most:
        left = [place for place in ranked if place not in chosen and texts[place].strip() not in said]
        if not left:
            break
        best = int(left[int(np.argmax(np.round(worth[left] - NEW * nearest[left], 6)))])
        chosen.append(best)
        said.add(texts[best].strip())
        nearest = np.maximum(nearest, rows @ rows[best])
    return chosen


def dissent(
    texts: Sequence[str], polarity: Callable[[str], float], telling: IntArray, quoted: Sequence[int]
) -> int | None:
    """The place of the post that most clearly opposes what the others say; None where they agree or take no side.

    texts: posts of one cluster, surest first; telling: keywords in each, it has at least one; quoted: places of the
    quotes, which cannot be it. The majority is the side with more posts. Of equally clear posts the surest wins.
    """
    heard = texts[:HEARD]
    sides = np.array([polarity(text) for text in heard])
    praise, complaint = int(np.sum(sides >= OPPOSED)), int(np.sum(sides <= -OPPOSED))
    if praise == complaint:
        return None
    against = -sides if praise > complaint else sides
    lengths = np.array([len(text.strip()) for text in heard])
    worth = np.round(against, 2) + 0.5 * within(lengths, PLEASANT)
    worth -= rude(heard)
    worth[(against < OPPOSED) | (within(lengths, READABLE) == 0) | (telling[:HEARD] == 0)] = -np.inf
    worth[[place for place in quoted if place < len(heard)]] = -np.inf
    best = int(np.argmax(worth))
    return best if np.isfinite(worth[best]) else None


def rude(texts: Sequence[str]) -> FloatArray:
    """1 for a post that insults, 0 for one that can be quoted to anybody."""
    return np.array([RUDE.search(text) is not None for text in texts], dtype=np.float32)


def within(lengths: IntArray, bounds: tuple[int, int]) -> FloatArray:
    """1 where the length is inside the bounds, 0 elsewhere."""
    inside: FloatArray = ((lengths >= bounds[0]) & (lengths <= bounds[1])).astype(np.float32)
    return inside
