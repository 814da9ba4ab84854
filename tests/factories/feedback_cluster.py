"""Voices, themes and runs for tests."""

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.db import insert_once
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.sessions.service import make_actor
from feedback_cluster.runs import folder as work
from feedback_cluster.runs import jobs, service
from feedback_cluster.runs.models import Cause, CurrentRun, Run, RunState
from feedback_cluster.themes import stats
from feedback_cluster.themes.facts import facts_of
from feedback_cluster.themes.models import Source, Theme, ThemePost
from feedback_cluster.themes.queries import current_run_id
from feedback_cluster.themes.service import add_theme
from forum import api as forum
from forum.posts.models import Post, PostKind
from tests.feedback_cluster.pipeline.gold import TEXTS

_numbers = itertools.count(1)


@pytest.fixture
def make_voices(runtime: Runtime) -> Callable[..., list[int]]:
    """`make_voices(["…", "…"], model="云麓")`: stored posts without an author; their ids."""

    def make(texts: Sequence[str], **values: Any) -> list[int]:
        moment = values.pop("created_at", None) or clock.now()
        given = {"kind": PostKind.PROBLEM, "source": "test", **values}
        with runtime.database.write() as session:
            posts = [
                Post(title=text, created_at=moment - timedelta(minutes=place), **given)
                for place, text in enumerate(texts)
            ]
            session.add_all(posts)
            session.flush()
            return [post.id or 0 for post in posts]

    return make


@pytest.fixture
def make_theme(runtime: Runtime, make_voices: Callable[..., list[int]]) -> Callable[..., Theme]:
    """`make_theme("座椅通风", posts=[1, 2])`: a theme under the current run, which is made when there is none.

    posts: ids or posts; without them two voices are written. Further values are columns of the theme.
    """

    def make(name: str = "", *, posts: Sequence[Any] | None = None, **values: Any) -> Theme:
        ids = [post if isinstance(post, int) else post.id for post in posts] if posts is not None else make_voices(
            [f"{name}，第 {next(_numbers)} 句", f"{name}，第 {next(_numbers)} 句"]
        )  # fmt: skip
        with runtime.database.write() as session:
            run_id = current_run_id(session) or _finished_run(session)
            theme = add_theme(session, name or f"主题{next(_numbers)}")
            theme.quotes, theme.keywords = list(ids), [name[:2]] if name else []
            for place, post in enumerate(forum.post_texts(session, ids=ids)):
                session.add(
                    ThemePost(
                        run_id=run_id, post_id=post.id, theme_id=theme.id, confidence=round(0.9 - 0.01 * place, 4),
                        source=Source.RUN, **facts_of(post),
                    )
                )  # fmt: skip
            session.flush()
            stats.refresh(session, [theme.id or 0], runtime.settings.zone)
            for key, value in values.items():
                setattr(theme, key, value)
            theme.reword()
            session.add(theme)
        return theme

    return make


def _finished_run(session: Session) -> int:
    run = Run(state=RunState.DONE, cause=Cause.COMMAND)
    session.add(run)
    session.flush()
    insert_once(session, CurrentRun(id=1, run_id=run.id or 0))
    return run.id or 0


@pytest.fixture
def pm(make_member: Callable[..., Member]) -> Member:
    """A product manager."""
    return make_member("产品林", Role.PM)


@pytest.fixture
def pm_actor(runtime: Runtime, pm: Member) -> Actor:
    return make_actor(runtime, pm.id, pm.name, [Role.PM])


_answers: dict[str, tuple[list[str], dict[str, bytes]]] = {}
"""What the pipeline answered to what it was asked, by the hash of the question: its steps, and the files it wrote."""


def _question(folder: Path) -> str:
    """The hash of all that a run reads; where it may keep cut posts is no part of it."""
    asked = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    job = json.loads(asked["job.json"])
    job.pop("cache", None)
    return sha256(json.dumps([job, sorted(asked.items() - {("job.json", asked["job.json"])})]).encode()).hexdigest()


@pytest.fixture
def quick_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real pipeline in this process: starting another one for each test would take the most time of all.

    Dozens of tests begin with the same run: what another test asked already is answered as it was then. A question
    that a test repeats itself is worked out again, so that equal answers to equal questions stay something to show.
    """

    from feedback_cluster.pipeline.files import run_folder  # brings scikit-learn, which most tests never need

    own: set[str] = set()

    def here(folder: Path, report: Any, *, timeout_seconds: float, pipeline: Any = None) -> work.Outcome:
        steps: list[str] = []

        def tell(step: str, done: int, total: int) -> None:
            if step not in steps:  # a run in a process of its own is heard once a second as well
                steps.append(step)
                if not report(step, done, total):
                    raise work.RunStopped

        question = _question(folder)
        if question in _answers and question not in own:
            told, written = _answers[question]
            for step in told:
                tell(step, 0, 1)
            for name, content in written.items():
                (folder / name).write_bytes(content)
        else:
            read = {path.name for path in folder.iterdir()}
            run_folder(folder, tell)
            written = {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in read}
            _answers[question] = steps, written
        own.add(question)
        return work.read_outcome(folder)

    monkeypatch.setattr(work, "run_pipeline", here)


@pytest.fixture
def run_now(runtime: Runtime) -> Callable[..., Run]:
    """`run_now(cold=True)`: do a run to its end."""

    def run(**options: Any) -> Run:
        with runtime.database.write() as session:
            run_id = service.start_run(session, cause=Cause.COMMAND, queue=False, **options).id or 0
        jobs.run_clusters(runtime, run_id=run_id)
        with runtime.database.read() as session:
            return service.get_run(session, run_id)

    return run


@pytest.fixture
def gold_voices(make_voices: Callable[..., list[int]]) -> list[int]:
    """The gold corpus as posts."""
    return make_voices(TEXTS)
