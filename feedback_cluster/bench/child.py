"""`python -m feedback_cluster.bench.child WHAT COUNT SEED DATA`: one timed fit in a process of its own.

Prints one JSON object: seconds from strings to labels, keywords and quotes; the processor seconds of all processes it
used. Loading Python and its packages is not in them; loading the dictionary is.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from feedback_cluster.bench import corpora, peers


def ours(texts: list[str], seed: int, data: Path) -> dict[str, float]:
    """Our default over these texts, the number of themes left to it."""
    from feedback_cluster.pipeline.model import ThemeModel
    from feedback_cluster.pipeline.parameters import Parameters

    steps: dict[str, float] = {}
    begun = last = time.perf_counter()
    at = ""

    def note(step: str, done: int, total: int) -> None:
        nonlocal last, at
        now = time.perf_counter()
        steps[at] = steps.get(at, 0.0) + now - last
        last, at = now, step

    processor = time.process_time()
    model = ThemeModel(Parameters(seed=seed)).fit(texts, progress=note)
    seconds, here = time.perf_counter() - begun, time.process_time() - processor
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown()  # only a process that has ended is in the sum of the children
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {f"{step} s": each for step, each in steps.items() if step}
    themes = float(sum(cluster.size > 0 for cluster in model.clusters_))
    return {"seconds": seconds, "processor": here + used.ru_utime + used.ru_stime, "themes": themes, **told}


def bertopic(texts: list[str], seed: int, data: Path) -> dict[str, float]:
    """BERTopic's two variants over tokens and vectors that are there already, after its compilation."""
    from cocreate.text.segment import content_words

    documents = [content_words(text) for text in texts]
    rows = peers.vectors(data, documents, seed)["LSA"]
    peers.compile_once(data, documents)
    told = {}
    for name, dense in (("HDBSCAN", True), ("k-means", False)):
        begun = time.perf_counter()
        peers.bertopic_groups(documents, rows, None if dense else 40, seed, dense=dense)
        told[f"{name} s"] = time.perf_counter() - begun
    return {"seconds": min(told.values()), **told}


def yardstick(texts: list[str], seed: int, data: Path) -> dict[str, float]:
    """The yardstick, with as many themes as we make; tokenising included."""
    from cocreate.text.segment import content_words

    begun = time.perf_counter()
    documents = [content_words(text) for text in texts]
    peers.yardstick_groups(data, documents, 40, seed)
    return {"seconds": time.perf_counter() - begun}


WHAT = {"ours": ours, "bertopic": bertopic, "yardstick": yardstick}


def main(arguments: list[str]) -> None:
    """Make the texts, time the fit, print what it took."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # as the pipeline's own process does
    what, count, seed, data = arguments[0], int(arguments[1]), int(arguments[2]), Path(arguments[3])
    real = corpora.every_text(data)
    texts = real[:count] if count <= len(real) else list(corpora.resampled(real, count))
    with threadpool_limits(limits=1):
        told: dict[str, Any] = WHAT[what](texts, seed, data)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
