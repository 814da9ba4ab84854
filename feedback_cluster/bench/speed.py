"""Rows of speed and memory: ten thousand posts, a hundred thousand, a million, and the next single one."""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import feedback_cluster
from feedback_cluster.bench import corpora, peers
from feedback_cluster.bench.rows import Row
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parameters import Parameters

CHECKOUT = Path(feedback_cluster.__file__).parent.parent
TICK_SECONDS = 0.05
REPEATS = 3
SINGLE_POSTS = 2_000
BRAND = ("共创", "星海", "星海 S7")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def run(data: Path) -> dict[str, Any]:
    """Ten thousand posts, strings to labels, beside BERTopic's fit in the same run."""
    count = 10_000
    each = [child("ours", count, data) for _ in range(REPEATS)]
    figures = middle(each)
    bars = {"seconds": ("<=", 2.0), "MB": ("<=", 400.0)}
    others = {}
    if peers.yardstick(data) is not None:
        others["yardstick"] = child("yardstick", count, data)
    note = f"median of {REPEATS}: " + ", ".join(f"{told['seconds']:.2f} s" for told in each) + f"; load {load()}"
    if absent := peers.bertopic_absent():
        note += f"; BERTopic {absent}"
    else:
        others["BERTopic, fit alone"] = child("bertopic", count, data)
        figures["times faster"] = others["BERTopic, fit alone"]["seconds"] / figures["seconds"]
        bars["times faster"] = (">=", 8.0)
    return {"rows": [Row(f"{count:,} posts, strings to labels and quotes", figures, bars, others, note)]}


def large(data: Path) -> dict[str, Any]:
    """A hundred thousand and a million posts, and whether the time grows faster than their number."""
    rows, seconds = [], {}
    for count, most_seconds, most_mb in ((10_000, None, None), (100_000, 9.0, 1024.0), (1_000_000, 35.0, 3072.0)):
        figures = child("ours", count, data)
        seconds[count] = figures["seconds"]
        if most_seconds is None or most_mb is None:
            continue
        grows = math.log(seconds[count] / seconds[count // 10]) / math.log(10)
        bars = {"seconds": ("<=", most_seconds), "MB": ("<=", most_mb)}
        # From ten thousand the fixed costs make any growth look small; the promise is about the large step.
        if count == 1_000_000:
            bars["growth exponent"] = ("<=", 1.0)
        figures["growth exponent"] = grows
        rows.append(Row(f"{count:,} posts, resampled with word dropout", figures, bars, note=f"load {load()}"))
    return {"rows": rows}


def one_post(data: Path) -> dict[str, Any]:
    """One new post in process: cut, projected, placed; by the model as the product stores and loads it."""
    texts = corpora.every_text(data)[:10_000]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        # A brand always has words that say nothing: its name and its models.
        ThemeModel(Parameters(ignore=BRAND)).fit(texts).save(path)
        model = ThemeModel.load(path)
    model.predict(texts[:50])
    spent = []
    for text in texts[:SINGLE_POSTS]:
        begun = time.perf_counter()
        model.predict([text])
        spent.append((time.perf_counter() - begun) * 1000)
    figures = {"ms p50": float(np.percentile(spent, 50)), "ms p95": float(np.percentile(spent, 95))}
    bars = {"ms p95": ("<=", 2.0)}
    return {"rows": [Row(f"one new post, in process ({SINGLE_POSTS:,} asked)", figures, bars, note=f"load {load()}")]}


def child(what: str, count: int, data: Path, seed: int = 0) -> dict[str, float]:
    """The figures of `feedback_cluster.bench.child`, and the most memory that it and its helpers held, in MB."""
    command = [sys.executable, "-m", "feedback_cluster.bench.child", what, str(count), str(seed), str(data.resolve())]
    environment = {**os.environ, **ONE_THREAD, "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, cwd=CHECKOUT, env=environment)  # noqa: S603 (ourselves)
        most = 0.0
        while process.poll() is None:
            most = max(most, held(process.pid))
            time.sleep(TICK_SECONDS)
        if process.returncode:
            raise RuntimeError(f"{what} over {count} posts ended with {process.returncode}")
        said.seek(0)
        told: dict[str, float] = json.loads(said.read().splitlines()[-1])
    return {**told, "MB": most}


def held(pid: int) -> float:
    """Resident MB of a process and of all it started, as Linux tells; shared pages count each time."""
    folder = Path("/proc") / str(pid)
    try:
        pages = int((folder / "statm").read_text(encoding="ascii").split()[1])
        children = [
            int(word) for task in (folder / "task").iterdir() for word in (task / "children").read_text().split()
        ]
    except (OSError, ValueError, IndexError):  # it ended while we looked
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2 + sum(held(each) for each in children)


def middle(each: list[dict[str, float]]) -> dict[str, float]:
    """The run with the median time, with the most memory of all."""
    ranked = sorted(each, key=lambda told: told["seconds"])
    return {**ranked[len(ranked) // 2], "MB": max(told["MB"] for told in each)}


def load() -> str:
    """How busy the machine was."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
