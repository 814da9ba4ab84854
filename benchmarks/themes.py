"""Themes on real feedback: our default beside plain TF-IDF and k-means.

`python -m benchmarks.themes [DATA_DIR]` prints one table and, last, one JSON object. The data is not part of the
repository; without an argument it is looked for where COCREATE_REALDATA says, or in ../shared/data beside the checkout.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from cocreate.text.segment import content_words
from feedback_cluster.pipeline.features import as_is
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parameters import Parameters

ROOT = Path(__file__).parents[1]
SEEDS = (0, 1, 2)
K = 10
Labels = NDArray[np.int64]
Grouping = Callable[[Sequence[str], int], Labels]


def run(data_dir: Path | str) -> dict[str, Any]:
    """Measure speed, memory, sameness and agreement with labels; prints a table and returns the figures."""
    data = Path(data_dir)
    opinions, complaints = rows_of(data / "car_opinions.csv"), rows_of(data / "car_complaints.csv")
    told = {
        "folder": folder_run([row["text"] for row in [*opinions, *complaints]]),
        "quality": quality(opinions, complaints),
    }
    show(told)
    return told


def quality(opinions: list[dict[str, str]], complaints: list[dict[str, str]]) -> dict[str, dict[str, dict[str, float]]]:
    """{corpus: {method: mean scores over the seeds}} at K clusters; rest counts as a cluster of its own."""
    labelled = {
        "opinions, one topic": [(row["text"], row["topics"]) for row in opinions if "|" not in row["topics"]],
        "opinions, all": [(row["text"], row["topics"].split("|")[0]) for row in opinions],
        "complaints with a code": [(row["text"], row["system_code"]) for row in complaints if row["system_code"]],
    }
    methods: dict[str, Grouping] = {"ours": ours, "tf-idf + k-means": plain}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for corpus, pairs in labelled.items():
        texts, topics = [text for text, _ in pairs], np.array([topic for _, topic in pairs])
        for method, group in methods.items():
            begun = time.perf_counter()
            each = [agreement(topics, group(texts, seed)) for seed in SEEDS]
            mean = {name: round(float(np.mean([scores[name] for scores in each])), 3) for name in each[0]}
            seconds = round((time.perf_counter() - begun) / len(SEEDS), 2)
            found.setdefault(corpus, {})[method] = {**mean, "seconds": seconds, "posts": float(len(texts))}
    return found


def ours(texts: Sequence[str], seed: int) -> Labels:
    """Our default parameters with k given."""
    labels: Labels = ThemeModel(Parameters(k=K, seed=seed)).fit(texts).labels_
    return labels


def plain(texts: Sequence[str], seed: int) -> Labels:
    """What anyone would write first, with our words: TF-IDF and k-means."""
    rows = TfidfVectorizer(analyzer=as_is, min_df=3).fit_transform([content_words(text) for text in texts])
    labels: Labels = KMeans(K, n_init=3, random_state=seed).fit_predict(rows).astype(np.int64)
    return labels


def agreement(topics: NDArray[Any], labels: Labels) -> dict[str, float]:
    """NMI, ARI, purity and the share left as rest."""
    majority = sum(Counter(topics[labels == label]).most_common(1)[0][1] for label in np.unique(labels))
    return {
        "nmi": float(normalized_mutual_info_score(topics, labels)),
        "ari": float(adjusted_rand_score(topics, labels)),
        "purity": majority / len(topics),
        "rest": float(np.mean(labels == -1)),
    }


def folder_run(texts: list[str]) -> dict[str, Any]:
    """The process the product starts, three times over the same posts: cold, cold again, warm from its own themes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds, first = timed(folder, texts, None)
        clusters = assigned(folder)
        _, second = timed(folder, texts, None)
        cold_same = clusters == assigned(folder) and first["themes"] == second["themes"]
        warm_seconds, warm = timed(folder, texts, clusters)
        theme_of = {told["cluster"]: told["theme"] for told in warm["themes"]}
        warm_same = clusters == [theme_of.get(cluster, -1) for cluster in assigned(folder)]
        model = ThemeModel.load(folder / "model.npz")
        begun = time.perf_counter()
        for text in texts[:500]:
            model.predict([text])
        one_post = (time.perf_counter() - begun) / min(len(texts), 500)
    return {
        "posts": len(texts),
        "themes": len(first["themes"]),
        "rest": first["rest"],
        "seconds": seconds,
        "seconds_warm": warm_seconds,
        "peak_mb": max(first["peak_mb"], warm["peak_mb"]),
        "same_themes_cold": cold_same,
        "same_themes_warm": warm_same,
        "predict_ms": round(one_post * 1000, 2),
    }


def timed(folder: Path, texts: list[str], themes: list[int] | None) -> tuple[float, dict[str, Any]]:
    """Wall seconds and result of one process over the folder."""
    with (folder / "posts.jsonl").open("w", encoding="utf-8") as file:
        for row, text in enumerate(texts):
            theme = None if themes is None or themes[row] == -1 else themes[row]
            file.write(json.dumps({"id": row, "text": text, "theme": theme}, ensure_ascii=False) + "\n")
    begun = time.perf_counter()
    command = [sys.executable, "-m", "feedback_cluster.pipeline", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    seconds = round(time.perf_counter() - begun, 2)
    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return seconds, result


def assigned(folder: Path) -> list[int]:
    """The cluster of every post of the last run."""
    with np.load(folder / "assignments.npz", allow_pickle=False) as arrays:
        clusters: list[int] = arrays["cluster"].tolist()
    return clusters


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of one real file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def show(told: dict[str, Any]) -> None:
    """Print what was measured for people."""
    console = Console()
    table = Table("corpus", "method", "NMI", "ARI", "purity", "rest", "s", title=f"k = {K}, mean of {len(SEEDS)} seeds")
    for corpus, methods in told["quality"].items():
        for method, scores in methods.items():
            cells = [f"{scores[name]:.3f}" for name in ("nmi", "ari", "purity", "rest")]
            table.add_row(corpus, method, *cells, f"{scores['seconds']:.2f}")
    console.print(table)
    console.print(told["folder"])


def main() -> None:
    """Measure on the folder given, print the table, then one JSON object."""
    default = os.environ.get("COCREATE_REALDATA") or ROOT.parent / "shared" / "data"
    print(json.dumps(run(Path(sys.argv[1] if len(sys.argv) > 1 else default))))


if __name__ == "__main__":
    main()
