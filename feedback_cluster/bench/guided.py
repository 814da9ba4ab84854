"""Rows of guidance: what a product manager's answers and a handful of words per theme are worth."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback_cluster.bench import corpora, metrics, ours
from feedback_cluster.bench.corpora import Corpus
from feedback_cluster.bench.rows import Row, median, spread

BUDGETS = (10, 20, 50, 100, 200, 400, 1_000)
PROMISED = 100  # decisions, for the bar

SEED_WORDS = {
    "动力": ("动力", "加速", "发动机", "变速箱", "涡轮"),
    "价格": ("价格", "优惠", "便宜", "贵", "降价"),
    "内饰": ("内饰", "做工", "中控", "用料", "塑料"),
    "配置": ("配置", "导航", "大灯", "天窗", "倒车影像"),
    "安全性": ("安全", "刹车", "气囊", "碰撞", "召回"),
    "外观": ("外观", "好看", "颜值", "漂亮", "造型"),
    "操控": ("操控", "底盘", "方向盘", "转向", "过弯"),
    "油耗": ("油耗", "省油", "费油", "百公里", "油箱"),
    "空间": ("空间", "后备箱", "后排", "宽敞", "拥挤"),
    "舒适性": ("舒适", "座椅", "噪音", "隔音", "异响"),
}
"""Five words a topic, written down knowing the names of the topics and before any result with them was seen."""


def decisions(data: Path, seeds: int = 5) -> dict[str, Any]:
    """Accuracy on the posts nobody answered for, after answers about posts that the run itself asks about.

    The answers are the labels. Beside it the same number of answers about posts drawn at random.
    """
    corpus = corpora.one_topic(data)
    asked: dict[int, list[float]] = {budget: [] for budget in BUDGETS}
    random: dict[int, list[float]] = {budget: [] for budget in BUDGETS}
    for seed in range(seeds):
        topics = topic_numbers(corpus)
        drawn = np.random.default_rng(seed).permutation(len(topics))
        queue = np.zeros(0, dtype=np.int64)
        for budget in BUDGETS:
            queue = questions(corpus, topics, queue, budget, seed)
            asked[budget].append(others_right(corpus, topics, queue[:budget], seed))
            random[budget].append(others_right(corpus, topics, drawn[:budget], seed))
    figures = {f"after {budget}": float(np.median(asked[budget])) for budget in BUDGETS}
    chance = {f"after {budget}": float(np.median(random[budget])) for budget in BUDGETS}
    what = f"answers of a product manager, {corpus.name}, k = {len(corpus.kinds)}: accuracy on all other posts"
    bars = {f"after {PROMISED}": (">=", 0.80)}
    each = [{f"after {PROMISED}": share} for share in asked[PROMISED]]
    return {"rows": [Row(what, figures, bars, {"drawn at random": chance}, spread(each))]}


def seeds(data: Path, seeds: int = 5) -> dict[str, Any]:
    """Accuracy and ARI over all posts when each theme is founded with five words and nothing else is said."""
    corpus = corpora.one_topic(data)
    topics = topic_numbers(corpus)
    told = {number: SEED_WORDS[name] for number, name in enumerate(corpus.kinds)}
    each = []
    for seed in range(seeds):
        labels = ours.fitted(corpus.texts, k=len(told), seed=seed, seeds=told).labels_
        each.append({"accuracy": float(np.mean(labels == topics)), "ARI": metrics.ari(corpus.first, labels)})
    bars = {"accuracy": (">=", 0.80), "ARI": (">=", 0.65)}
    return {"rows": [Row(f"five seed words per topic, {corpus.name}", median(each), bars, note=spread(each))]}


def topic_numbers(corpus: Corpus) -> NDArray[np.int64]:
    """The number of every post's topic, the most frequent topic first."""
    number = {name: place for place, name in enumerate(corpus.kinds)}
    return np.array([number[name] for name in corpus.first], dtype=np.int64)


def questions(
    corpus: Corpus, topics: NDArray[np.int64], queue: NDArray[np.int64], budget: int, seed: int
) -> NDArray[np.int64]:
    """The queue, grown to `budget` posts by asking run after run; each run knows the answers so far."""
    while len(queue) < budget:
        fixed = (queue, topics[queue]) if len(queue) else None
        model = ours.fitted(corpus.texts, k=len(corpus.kinds), seed=seed, fixed=fixed)
        queue = np.concatenate([queue, model.ask_])
    return queue


def others_right(corpus: Corpus, topics: NDArray[np.int64], answered: NDArray[np.int64], seed: int) -> float:
    """Share of the posts nobody answered for that are in the theme of their topic."""
    fixed = (answered, topics[answered])
    labels = ours.fitted(corpus.texts, k=len(corpus.kinds), seed=seed, fixed=fixed).labels_
    others = np.setdiff1d(np.arange(len(topics)), answered)
    return float(np.mean(labels[others] == topics[others]))
