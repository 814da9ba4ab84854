"""What our themes are compared with, on the same tokens: a fixed yardstick, and BERTopic where it is installed.

The yardstick is a file beside the data (`DATA/../bench/theme_baseline.py`), loaded by its path. BERTopic is the
dependency group `bench` (no sentence encoder): UMAP, then HDBSCAN or k-means, over the yardstick's LSA and PPMI halves.
"""

import importlib.util
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback_cluster.bench import metrics

Documents = Sequence[list[str]]
Grouping = NDArray[np.int64]
YARDSTICK = "bench/theme_baseline.py"
KEYWORDS = 8  # as many as a theme of ours shows
SMALLEST = 15  # posts of a BERTopic topic: its min_topic_size, as for a corpus of a few thousand


@lru_cache(maxsize=1)
def yardstick(data: Path) -> Any:
    """The module of the yardstick, or None where the data folder has none beside it."""
    path = data.resolve().parent / YARDSTICK
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("theme_baseline", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bertopic_absent() -> str:
    """Why there is no BERTopic here; "" where there is."""
    names = ("bertopic", "umap", "hdbscan")
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""


def yardstick_groups(data: Path, documents: Documents, k: int, seed: int) -> Grouping:
    """The yardstick's clusters."""
    labels: Grouping = yardstick(data).ThemeModel(k=k, seed=seed).fit(documents).labels_.astype(np.int64)
    return labels


def plain_groups(documents: Documents, k: int, seed: int) -> Grouping:
    """What anyone would write first: TF-IDF and k-means."""
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = TfidfVectorizer(analyzer=as_is, min_df=3).fit_transform(documents)
    labels: Grouping = KMeans(k, n_init=3, random_state=seed).fit_predict(rows).astype(np.int64)
    return labels


def as_is(document: list[str]) -> list[str]:
    """The analyzer of texts that are cut already."""
    return document


def vectors(data: Path, documents: Documents, seed: int) -> dict[str, Any]:
    """{"LSA": rows, "PPMI": rows} of the same posts, unit rows each, as the yardstick makes them."""
    both = yardstick(data).ThemeModel(seed=seed).fit_features(documents)
    half = both.shape[1] // 2
    return {
        name: np.nan_to_num(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)
        for name, rows in (("LSA", both[:, :half]), ("PPMI", both[:, half:]))
    }


def bertopic_groups(
    documents: Documents, rows: Any, k: int | None, seed: int, *, dense: bool
) -> tuple[Grouping, list[list[str]]]:
    """(labels, keywords of the topics) of one fit; dense: HDBSCAN, its topics reduced to k, else k-means.

    k None: as many topics as HDBSCAN finds.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its dependencies, about seeds, threads and renamed arguments
        from bertopic import BERTopic
        from sklearn.cluster import KMeans
        from sklearn.feature_extraction.text import CountVectorizer
        from umap import UMAP

        if dense:
            from hdbscan import HDBSCAN

            cluster: Any = HDBSCAN(min_cluster_size=SMALLEST, metric="euclidean", prediction_data=False)
        else:
            cluster = KMeans(k or 8, n_init=10, random_state=seed)
        model = BERTopic(
            umap_model=UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed),
            hdbscan_model=cluster, vectorizer_model=CountVectorizer(analyzer=str.split), top_n_words=KEYWORDS,
            # One more topic than asked for: BERTopic counts its outliers among them.
            nr_topics=k + 1 if dense and k else None, calculate_probabilities=False,
            language="multilingual",  # "english" would strip every Chinese character
        )  # fmt: skip
        texts = [" ".join(word.replace(" ", "_") for word in document) for document in documents]
        topics, _ = model.fit_transform(texts, embeddings=rows)
    labels = np.asarray(topics, dtype=np.int64)
    words = [
        [word.replace("_", " ") for word, _ in model.get_topic(int(topic)) if word]
        for topic in np.unique(labels[labels >= 0])
    ]
    return labels, words


def variants() -> list[tuple[str, str, bool]]:
    """(name, vectors, dense) of every BERTopic the bench tries."""
    return [
        (f"BERTopic {maths}, {half}", half, maths == "HDBSCAN")
        for half in ("LSA", "PPMI")
        for maths in ("HDBSCAN", "k-means")
    ]


def compile_once(data: Path, documents: Documents) -> None:
    """Let numba compile what BERTopic needs, on a few posts, so that no measured fit pays for it."""
    some = list(documents[:600])
    rows = vectors(data, some, 0)["LSA"]
    for dense in (True, False):
        bertopic_groups(some, rows, 4, 0, dense=dense)


def agreement(topics: list[str], groups: Any) -> dict[str, float]:
    """The four figures of every table."""
    return {
        "NMI": metrics.nmi(topics, groups),
        "ARI": metrics.ari(topics, groups),
        "purity": metrics.purity(topics, groups),
        "rest": metrics.rest(groups),
    }


def of_seeds(seeds: int, group: Callable[[int], dict[str, float]]) -> list[dict[str, float]]:
    """The figures of every seed."""
    return [group(seed) for seed in range(seeds)]
