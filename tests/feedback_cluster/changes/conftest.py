"""Runs that wait for approval, over a pipeline whose answer a test may bend."""

from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core.runtime import Runtime
from feedback_cluster.bench.cluster import holding
from feedback_cluster.runs import folder as work
from feedback_cluster.runs import jobs, service
from feedback_cluster.runs.models import Cause, Run

Bend = Callable[[work.Outcome], None]


@pytest.fixture
def propose_now(runtime: Runtime, quick_pipeline: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """`propose_now(bend)`: a run by the button, to its end; `bend` may change what the pipeline answered."""
    real = work.run_pipeline

    def run(bend: Bend | None = None, cause: Cause = Cause.BUTTON, **options: Any) -> Run:
        def bent(*args: Any, **kwargs: Any) -> work.Outcome:
            outcome = real(*args, **kwargs)
            if bend is not None:
                bend(outcome)
            return outcome

        monkeypatch.setattr(work, "run_pipeline", bent)
        with runtime.database.write() as session:
            run_id = service.start_run(session, cause=cause, queue=False, **options).id or 0
        jobs.run_clusters(runtime, run_id=run_id)
        with runtime.database.read() as session:
            return service.get_run(session, run_id)

    return run


@pytest.fixture
def holds(runtime: Runtime) -> Callable[[], dict[str, Any]]:
    """What owners and managers see: the theme of every voice, and every theme with its figures."""

    def look() -> dict[str, Any]:
        with runtime.database.read() as session:
            return holding(session)

    return look


class Bending:
    """Ways to change an answer of the pipeline, by theme and post."""

    @staticmethod
    def cluster_of(outcome: work.Outcome, post_id: int) -> int:
        return outcome.clusters[outcome.ids.index(post_id)]

    @staticmethod
    def move(outcome: work.Outcome, post_ids: list[int], cluster: int) -> None:
        for post_id in post_ids:
            outcome.clusters[outcome.ids.index(post_id)] = cluster

    @staticmethod
    def bear(outcome: work.Outcome, post_ids: list[int], label: str) -> None:
        """A new theme of these posts."""
        number = max(told["cluster"] for told in outcome.result["themes"]) + 1
        Bending.move(outcome, post_ids, number)
        outcome.result["themes"].append({
            "cluster": number, "theme": None, "label": label, "keywords": [label], "size": len(post_ids),
            "quotes": post_ids[:3],
        })  # fmt: skip


@pytest.fixture
def bending() -> type[Bending]:
    return Bending


@pytest.fixture
def first(gold_voices: list[int], run_now: Callable[..., Run], quick_pipeline: None) -> Run:
    return run_now()


@pytest.fixture
def moving(bending: Any, gold_voices: list[int]) -> Callable[[Any], None]:
    """Five voices go to another theme."""
    return lambda outcome: bending.move(outcome, gold_voices[:5], bending.cluster_of(outcome, gold_voices[11]))
