"""The demo's themes: found by a real run, then triaged as its content says."""

import pytest
from sqlmodel import col, select

from cocreate.core.runtime import Runtime
from feedback_cluster import api
from feedback_cluster.demo import CONTENT, _read
from feedback_cluster.runs.models import Run, RunState
from feedback_cluster.themes.models import Answer, AnswerState, Theme, TriageStatus


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)  # a demo has a SQLite home of its own
def test_the_demo_shows_triaged_and_untriaged_themes(runtime: Runtime, quick_pipeline: None) -> None:
    for module in runtime.modules:
        if module.name in ("identity", "forum", "feedback_cluster"):
            for seed in module.seeds:
                seed(runtime)
    topics: dict[str, int] = runtime.memory["demo.topics"]
    wanted = {row["topic"]: row["name"] for row in _read(CONTENT / "triage.json")}
    with runtime.database.read() as session:
        # The first run, and a night that the worker of the served demo will do.
        assert session.exec(select(Run.state).order_by(col(Run.id))).all() == [RunState.DONE, RunState.QUEUED]
        themes = {theme.id: theme for theme in session.exec(select(Theme).where(Theme.size > 0))}
        triaged = {theme.name for theme in themes.values() if theme.status is TriageStatus.TRIAGED}
        assert len(triaged) >= 8
        assert triaged <= set(wanted.values())
        assert sum(theme.status is TriageStatus.NEW for theme in themes.values()) >= 10
        assert all(themes[topics[topic]].people > 5 for topic in wanted)
        states = set(session.exec(select(Answer.state)))
        assert states >= {AnswerState.APPROVED, AnswerState.PUBLISHED}
        ranked = api.rank_themes(session, limit=5)
    assert len(ranked) == 5
    assert all(theme.card.quote for theme in ranked)
