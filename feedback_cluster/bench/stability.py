"""Rows of memory: ids that last from night to night, samples that agree, and a new subject that is offered as one.

All of it runs with the defaults, the number of themes left to us unless a row says k; nights go through the real
folder. The row of births counts how many ids the same runs kept, so that the one is not bought with the other.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback_cluster.bench import corpora, metrics, ours
from feedback_cluster.bench.corpora import Corpus
from feedback_cluster.bench.nights import Memory
from feedback_cluster.bench.rows import Row, median, spread

NIGHTS = 5
GROWTH = 0.10  # of last night's posts come new
SAMPLE = 0.90
ENOUGH = 0.6  # F1 of a birth that counts as the held-out subject
RUNS = 2


def run(data: Path, seeds: int = 5) -> dict[str, Any]:
    """Theme ids kept per night, and agreement between two samples."""
    corpus = corpora.one_topic(data)
    kept = []
    for seed in range(seeds):
        each = nights(corpus, seed)
        kept.append({"kept per night": float(np.mean(each)), "worst night": min(each)})
    rows = [
        Row(
            f"theme id kept per night, {GROWTH:.0%} new posts, {NIGHTS} nights", median(kept),
            {"kept per night": (">=", 0.97)}, note=spread(kept),
        )
    ]  # fmt: skip
    for k, name in ((10, "k = 10"), (None, "number left to us")):
        pairs = [samples(corpus, k, seed) for seed in range(seeds)]
        bars = {"warm": (">=", 0.92), "cold": (">=", 0.85)} if k else {}
        rows.append(Row(f"ARI between two {SAMPLE:.0%} samples, {name}", median(pairs), bars, note=spread(pairs)))
    return {"rows": rows}


def nights(corpus: Corpus, seed: int) -> list[float]:
    """Share of ids kept, night by night, while the corpus grows from two thirds to the whole."""
    order = np.random.default_rng(seed).permutation(len(corpus.texts)).tolist()
    count = int(len(order) / (1 + GROWTH) ** NIGHTS)
    memory = Memory({"seed": seed})
    memory.night(corpus.texts, sorted(order[:count]))
    found = []
    for night in range(1, NIGHTS + 1):
        now = len(order) if night == NIGHTS else round(count * (1 + GROWTH) ** night)
        found.append(memory.night(corpus.texts, sorted(order[:now])).kept)
    return found


def samples(corpus: Corpus, k: int | None, seed: int) -> dict[str, float]:
    """ARI on the posts that two samples share: each on its own, and both from the themes of the whole."""
    rng = np.random.default_rng(seed)
    size = int(SAMPLE * len(corpus.texts))
    parts = [np.sort(rng.permutation(len(corpus.texts))[:size]) for _ in range(2)]
    base = ours.at(corpus.texts, k, seed).labels_
    cold = [ours.fitted(corpus.part(part.tolist()).texts, k=k, seed=seed).labels_ for part in parts]
    known = int(base.max()) + 1
    warm = [
        ours.fitted(corpus.part(part.tolist()).texts, k=k, seed=seed, warm=base[part], known=known).labels_
        for part in parts
    ]
    return {"warm": _shared_ari(parts, warm), "cold": _shared_ari(parts, cold)}


def births(data: Path, seeds: int = 1) -> dict[str, Any]:
    """Every topic held out once and then added: how well the best theme born in two runs is that topic."""
    corpus = corpora.one_topic(data)
    found: dict[str, float] = {}
    kept: list[float] = []
    for topic in corpus.kinds:
        scores, shares = zip(*(birth_of(corpus, topic, seed) for seed in range(max(1, min(seeds, 3)))), strict=True)
        found[topic] = float(np.median(scores))
        kept += [share for shares_of_seed in shares for share in shares_of_seed]
    offered = float(sum(score >= ENOUGH for score in found.values()))
    note = "F1: " + ", ".join(f"{topic} {score:.2f}" for topic, score in found.items())
    figures = {"topics offered": offered, "kept in these runs": float(np.mean(kept))}
    what = f"one topic of {len(found)} held out, then added: offered as a birth with F1 >= {ENOUGH} within {RUNS} runs"
    bars = {"topics offered": (">=", 6.0), "kept in these runs": (">=", 0.97)}
    return {"rows": [Row(what, figures, bars, note=note)]}


def birth_of(corpus: Corpus, topic: str, seed: int) -> tuple[float, list[float]]:
    """(F1 of the best theme born within the runs that follow, shares of ids kept by the older posts)."""
    is_topic = np.array([name == topic for name in corpus.first])
    everyone = list(range(len(is_topic)))
    memory = Memory({"seed": seed})
    memory.night(corpus.texts, np.flatnonzero(~is_topic).tolist())
    best, kept = 0.0, []
    born: list[int] = []
    for _ in range(RUNS):
        night = memory.night(corpus.texts, everyone)
        born += night.born
        kept.append(night.kept)
        best = max([best, *(metrics.f1(is_topic, night.holding(theme, everyone)) for theme in born)])
    return best, kept


def _shared_ari(parts: list[NDArray[np.int64]], labels: list[NDArray[np.int64]]) -> float:
    both = np.intersect1d(parts[0], parts[1])
    left, right = (each[np.searchsorted(part, both)] for part, each in zip(parts, labels, strict=True))
    return metrics.ari(left, right)
