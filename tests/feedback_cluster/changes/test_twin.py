"""Two runs side by side."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster.changes import twin
from feedback_cluster.runs.models import Run

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


@given(LABELS)
def test_the_index_is_the_one_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    one, other = zip(*pairs, strict=True)
    assert twin.adjusted_rand(Counter(pairs)) == pytest.approx(adjusted_rand_score(one, other), abs=1e-9)


def test_two_runs_are_compared_by_figures_and_by_voices(
    runtime: Runtime, gold_voices: list[int], run_now: Callable[..., Run], propose_now: Callable[..., Run],
    bending: Any, client: Any, pm: Member,
) -> None:  # fmt: skip
    assert "需要两次已完成的运行" in client.get("/triage/runs/compare", actor=pm).text
    first, same = run_now(), run_now()
    with runtime.database.read() as session:
        equal = twin.alike(session, first, same)
    assert equal is not None
    assert (equal.same, equal.ari, equal.only_first, equal.only_second) == (1.0, 1.0, [], [])
    third = propose_now(
        lambda outcome: bending.move(outcome, gold_voices[:4], bending.cluster_of(outcome, gold_voices[11]))
    )
    with runtime.database.read() as session:
        other = twin.alike(session, same, third)
        gone = twin.alike(session, first, third)
    assert other is not None
    assert other.same == pytest.approx(1 - 4 / other.voices)
    assert other.ari < 1
    assert gone is not None or first.id != same.base_id
    text = client.get(f"/triage/runs/compare?a={same.id}&b={third.id}", actor=pm).text
    for part in ("调整兰德指数", "归在同一主题", "数据指纹", "numpy"):
        assert part in text
