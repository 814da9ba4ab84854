"""Row of Dask: the same run with one and with two worker processes of a local cluster, beside this process alone."""

import importlib.util
import time
from pathlib import Path
from typing import Any

import numpy as np

from feedback_cluster.bench import corpora
from feedback_cluster.bench.rows import Row
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parallel import ALONE, Workers
from feedback_cluster.pipeline.parameters import Parameters

POSTS = 100_000
HERE = ("segment", "features")  # the steps that a cluster takes over


def run(data: Path) -> dict[str, Any]:
    """Whether labels are the same, seconds of the shared steps, and what the cluster costs and saves."""
    what = f"Dask, {POSTS:,} posts: same labels as one process, seconds of cutting and projecting"
    if importlib.util.find_spec("distributed") is None:
        return {"rows": [Row(what, {}, note="not installed: distributed")]}
    from dask.distributed import LocalCluster

    texts = list(corpora.resampled(corpora.every_text(data), POSTS))
    alone, seconds = fitted(texts, ALONE)
    figures = {"one process s": seconds}
    same = True
    for count in (1, 2):
        with LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None) as cluster:  # type: ignore[no-untyped-call]
            labels, figures[f"{count} workers s"] = fitted(texts, Workers(scheduler=cluster.scheduler_address))
        same = same and bool(np.array_equal(labels, alone))
    figures["overhead"] = figures["1 workers s"] / seconds - 1
    figures["speed-up of the second"] = figures["1 workers s"] / figures["2 workers s"]
    figures["same labels"] = float(same)
    return {"rows": [Row(what, figures, {"same labels": (">=", 1.0)})]}


def fitted(texts: list[str], workers: Workers) -> tuple[Any, float]:
    """(labels, seconds of the steps that can be shared)."""
    spent: dict[str, float] = {}
    at, last = "", time.perf_counter()

    def note(step: str, done: int, total: int) -> None:
        nonlocal at, last
        now = time.perf_counter()
        spent[at] = spent.get(at, 0.0) + now - last
        at, last = step, now

    model = ThemeModel(Parameters(), workers=workers).fit(texts, progress=note)
    return model.labels_, sum(spent.get(step, 0.0) for step in HERE)
