"""Rows of agreement with labels: at a given k beside the peers, with the number left to us, and of keywords."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from feedback_cluster.bench import corpora, metrics, ours, peers
from feedback_cluster.bench.corpora import Corpus
from feedback_cluster.bench.rows import Row, ahead_of, median, spread

TEN = 10
MOST_THEMES = 40  # at normal granularity

Figures = dict[str, dict[str, float]]


def run(data: Path, seeds: int = 5) -> dict[str, Any]:
    """Agreement at a given number of themes, the medians of the seeds."""
    opinions, every, faults = corpora.one_topic(data), corpora.all_opinions(data), corpora.complaints(data)
    bars = {"NMI": (">=", 0.50), "ARI": (">=", 0.38), "purity": (">=", 0.70)}
    at_ten = row_of(data, opinions, TEN, seeds, bars)
    hits = [_hit(every, ours.at(every.texts, TEN, seed).labels_) for seed in range(seeds)]
    of_peers = _simple_ones(data, every, TEN, seeds, lambda groups: _hit(every, groups))
    everything = Row(
        f"{every.name} ({len(every.texts)}), k = {TEN}", median(hits), {"hit": (">=", 0.70)}, of_peers, spread(hits)
    )
    return {"rows": [at_ten, everything, row_of(data, faults, len(faults.kinds), seeds, None)]}


def row_of(data: Path, corpus: Corpus, k: int, seeds: int, bars: dict[str, tuple[str, float]] | None) -> Row:
    """Our agreement with one corpus beside the peers'; without bars of its own it must be ahead of BERTopic."""
    topics = corpus.first
    each = [peers.agreement(topics, ours.at(corpus.texts, k, seed).labels_) for seed in range(seeds)]
    others = _simple_ones(data, corpus, k, seeds, lambda groups: peers.agreement(topics, groups))
    rivals, note = bertopic(data, corpus, k, seeds)
    wanted = ahead_of(rivals, ("NMI", "ARI", "purity")) if bars is None else bars
    notes = "; ".join(part for part in (spread(each), note) if part)
    return Row(f"{corpus.name} ({len(topics)}), k = {k}", median(each), wanted, {**others, **rivals}, notes)


def automatic(data: Path, seeds: int = 5) -> dict[str, Any]:
    """The number of themes left to us, then each under its majority topic: purity, rest, and how many there were."""
    rows = []
    for corpus in (corpora.one_topic(data), corpora.complaints(data)):
        each = []
        for seed in range(seeds):
            labels = ours.at(corpus.texts, None, seed).labels_
            named = metrics.merged(corpus.first, labels)
            each.append({
                "purity": metrics.purity(corpus.first, named), "rest": metrics.rest(labels),
                "themes": float(len(np.unique(labels[labels >= 0]))),
                "NMI": metrics.nmi(corpus.first, named), "ARI": metrics.ari(corpus.first, named),
            })  # fmt: skip
        purity = {"purity": (">=", 0.78)} if corpus.name.startswith("opinions") else {}
        bars = {**purity, "rest": ("<=", 0.10), "themes": ("<=", float(MOST_THEMES))}
        rows.append(Row(f"{corpus.name}, number of themes left to us, merged", median(each), bars, note=spread(each)))
    return {"rows": rows}


def words(data: Path, seeds: int = 5) -> dict[str, Any]:
    """Diversity and coherence of the keywords that are shown, at ten themes."""
    corpus = corpora.one_topic(data)
    documents = ours.tokens(corpus.texts)
    each = []
    for seed in range(seeds):
        shown = [list(c.keywords[: peers.KEYWORDS]) for c in ours.at(corpus.texts, TEN, seed).clusters_ if c.size]
        each.append({"diversity": metrics.diversity(shown), "NPMI": metrics.npmi(documents, shown)})
    rivals, note = bertopic(data, corpus, TEN, seeds)
    rivals = {name: {key: figures[key] for key in ("diversity", "NPMI")} for name, figures in rivals.items()}
    bars = {"diversity": (">=", 0.80), **ahead_of(rivals, ("NPMI",))}
    notes = "; ".join(part for part in (spread(each), note) if part)
    return {"rows": [Row(f"keywords, {corpus.name}, k = {TEN}", median(each), bars, rivals, notes)]}


def bertopic(data: Path, corpus: Corpus, k: int, seeds: int) -> tuple[Figures, str]:
    """({variant: median figures}, why there are none)."""
    absent = peers.bertopic_absent() or ("" if peers.yardstick(data) else "no vectors: the yardstick is not there")
    if absent:
        return {}, f"BERTopic {absent}"
    return _bertopic(data, corpus, k, seeds), ""


@lru_cache(maxsize=8)
def _bertopic(data: Path, corpus: Corpus, k: int, seeds: int) -> Figures:
    documents = ours.tokens(corpus.texts)
    every: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        rows = peers.vectors(data, documents, seed)
        for name, half, dense in peers.variants():
            labels, shown = peers.bertopic_groups(documents, rows[half], k, seed, dense=dense)
            figures = peers.agreement(corpus.first, labels) | {
                "diversity": metrics.diversity(shown), "NPMI": metrics.npmi(documents, shown)
            }  # fmt: skip
            every.setdefault(name, []).append(figures)
    return {name: median(each) for name, each in every.items()}


def _simple_ones(data: Path, corpus: Corpus, k: int, seeds: int, figures: Callable[[Any], dict[str, float]]) -> Figures:
    documents = ours.tokens(corpus.texts)
    methods: dict[str, Callable[[int], Any]] = {
        "TF-IDF + k-means": lambda seed: peers.plain_groups(documents, k, seed),
        "yardstick": lambda seed: peers.yardstick_groups(data, documents, k, seed),
    }
    if peers.yardstick(data) is None:
        del methods["yardstick"]
    return {name: median([figures(group(seed)) for seed in range(seeds)]) for name, group in methods.items()}


def _hit(corpus: Corpus, labels: Any) -> dict[str, float]:
    return {"hit": metrics.hit(corpus.topics, labels), "NMI": metrics.nmi(corpus.first, labels)}
