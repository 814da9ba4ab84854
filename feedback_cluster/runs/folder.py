"""The folder of a run: posts and people's decisions written for the pipeline, its process watched, its answer read."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import feedback_cluster
from cocreate.text.lexicon import Lexicon
from feedback_cluster.themes.pins import Pin
from forum.api import PostText, Visibility

CHECKOUT = Path(feedback_cluster.__file__).parent.parent
TICK_SECONDS = 0.1
REPORT_SECONDS = 1.0

Report = Callable[[str, int, int], bool]
"""Told how far the process is; False stops it."""


class RunFailed(Exception):
    """The pipeline ended without a result; the text says why."""


class RunStopped(Exception):
    """Somebody cancelled the run."""


@dataclass
class Outcome:
    """What the pipeline answered. cluster and confidence go with ids; theme is None for a cluster that is new."""

    result: dict[str, Any]
    ids: list[int] = field(default_factory=list)
    clusters: list[int] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    model: bytes = b""


def voice(title: str, body: str) -> str:
    """The text of a post as the pipeline reads it: a title that is only the beginning of the body is not read twice."""
    start = title.rstrip("…").strip()
    return body if start and body.lstrip().startswith(start) else f"{title}\n{body}"


@dataclass(frozen=True)
class Bound:
    """What binds a run besides pins: {post: theme} of locked themes, pairs of posts, words by founded theme.

    labels: what the last run called its themes; it leans on them, for a theme keeps its name where it can.
    """

    locked: dict[int, int] = field(default_factory=dict)
    never: list[tuple[int, int]] = field(default_factory=list)
    seeds: dict[int, list[str]] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)


FREE = Bound()


def write_job(
    folder: Path,
    parameters: dict[str, Any],
    *,
    cold: bool,
    lexicon: Lexicon | None = None,
    bound: Bound = FREE,
    means: Mapping[str, Any] | None = None,
) -> None:
    """Tell the pipeline what it shall do, and by which lexicon; None: by the one that ships.

    means: entries of the job that say with what it is done (scheduler, embedding, cache).
    """
    if lexicon is not None:
        (folder / "lexicon.json").write_text(json.dumps(lexicon.as_json(), ensure_ascii=False), encoding="utf-8")
    told: dict[str, Any] = {"parameters": parameters, "cold": cold, **(means or {})}
    if bound.locked:
        told["locked"] = sorted(set(bound.locked.values()))
    if bound.never:
        told["never"] = [list(pair) for pair in bound.never]
    if bound.seeds:
        told["seeds"] = {str(theme_id): words for theme_id, words in bound.seeds.items()}
    if bound.labels:
        told["labels"] = {str(theme_id): label for theme_id, label in bound.labels.items()}
    (folder / "job.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def write_posts(
    folder: Path, posts: Iterable[PostText], themes: dict[int, int], pins: dict[int, Pin], *, bound: Bound = FREE
) -> int:
    """Write one line per post; how many there are. Voices of locked themes are as fixed as those people placed."""
    count = 0
    nothing = Pin()
    with (folder / "posts.jsonl").open("w", encoding="utf-8") as file:
        for post in posts:
            said = pins.get(post.id, nothing)
            line: dict[str, Any] = {"id": post.id, "text": voice(post.title, post.body), "theme": themes.get(post.id)}
            if post.visibility is Visibility.STAFF:
                line["public"] = False
            if said.theme_id is not None:
                line["fixed"] = said.theme_id
            elif post.id in bound.locked:
                line["fixed"] = bound.locked[post.id]
            elif said.apart:
                line["apart"] = said.apart
                line["theme"] = None if line["theme"] in said.apart else line["theme"]
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    return count


class Pipeline:
    """A process of its own, at low priority, that loads its libraries and waits for the folder of a run."""

    def __init__(self) -> None:
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "feedback_cluster.pipeline", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, cwd=CHECKOUT, text=True,
        )  # fmt: skip

    def begin(self, folder: Path) -> None:
        """Name the folder. A process that has ended already says why when it is waited for."""
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.write(f"{folder.absolute()}\n")
                self.process.stdin.flush()

    def close(self) -> str:
        """End it, if it has not ended; what it wrote on its standard error."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        self.errors.seek(0)
        with self.errors:
            return self.errors.read().decode("utf-8", "replace").strip()

    def __del__(self) -> None:
        # Nobody needed it after all: it ends with whoever let it get ready.
        if not self.errors.closed:
            self.close()


def run_pipeline(folder: Path, report: Report, *, timeout_seconds: float, pipeline: Pipeline | None = None) -> Outcome:
    """Run the pipeline over the folder, in the process that waits or else in a new one. RunFailed or RunStopped
    otherwise."""
    begun = time.monotonic()
    pipeline = pipeline or Pipeline()
    pipeline.begin(folder)
    process = pipeline.process
    latest = Latest()
    reader = threading.Thread(target=latest.read, args=(process.stdout,), name="run-progress", daemon=True)
    reader.start()
    import numpy  # noqa: F401 (its answer will be read with it: loaded while there is nothing to do but wait)

    try:
        reported = 0.0
        while process.poll() is None:
            passed = time.monotonic() - begun
            if passed > timeout_seconds:
                raise RunFailed(f"it took longer than {timeout_seconds:.0f} seconds")
            if time.monotonic() - reported >= REPORT_SECONDS:
                reported = time.monotonic()
                if not report(*latest.step):
                    raise RunStopped
            with suppress(subprocess.TimeoutExpired):
                process.wait(TICK_SECONDS)
        reader.join(timeout=5)
    finally:
        said = pipeline.close()
    if process.returncode != 0:
        raise RunFailed(said.splitlines()[-1] if said else f"the process ended with {process.returncode}")
    return read_outcome(folder)


class Latest:
    """The newest line of progress that the process wrote."""

    def __init__(self) -> None:
        self.step: tuple[str, int, int] = ("start", 0, 1)

    def read(self, lines: Iterable[str] | None) -> None:
        for line in lines or ():
            try:
                told = json.loads(line)
                self.step = (str(told["step"]), int(told["done"]), int(told["total"]))
            except (ValueError, KeyError, TypeError):
                continue  # a library that prints something of its own does no harm


def read_outcome(folder: Path) -> Outcome:
    """What the pipeline wrote into the folder."""
    import numpy as np

    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    with np.load(folder / "assignments.npz", allow_pickle=False) as arrays:
        ids, clusters, confidence = arrays["ids"].tolist(), arrays["cluster"].tolist(), arrays["confidence"].tolist()
    return Outcome(result, ids, clusters, confidence, (folder / "model.npz").read_bytes())
