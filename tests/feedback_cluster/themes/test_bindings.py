"""People's word binds every later run: a machine decides at random, runs happen, and everything said still holds."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlmodel import Session, select

from cocreate.core.actor import Actor, Role
from cocreate.core.errors import Refusal
from cocreate.core.runtime import Runtime
from feedback_cluster.changes import queries, take
from feedback_cluster.changes import service as changes
from feedback_cluster.runs import folder as work
from feedback_cluster.runs import jobs
from feedback_cluster.runs import service as runs
from feedback_cluster.runs.models import Cause, Run, RunState, Verdict
from feedback_cluster.themes import bonds, service
from feedback_cluster.themes.assign import assign_posts
from feedback_cluster.themes.models import Theme, ThemePost, TriageStatus
from feedback_cluster.themes.queries import current_run_id, get_theme, post_ids_of, resolve
from forum.posts.models import Post, PostKind
from tests.feedback_cluster.pipeline.gold import GOLD

SUBJECTS = [texts[:6] for texts in list(GOLD.values())[:5]]
PICK = st.integers(0, 10_000)


class Said(RuleBasedStateMachine):
    """Decides like a hurried product manager, and lets runs of every kind happen in between."""

    runtime: Runtime

    def __init__(self) -> None:
        super().__init__()
        self.by = Actor(id=None, roles=frozenset({Role.PM}))
        self.names: dict[int, str] = {}
        self.hidden: set[int] = set()
        self.merged: dict[int, int] = {}
        self.locked: dict[int, set[int]] = {}
        self.home: dict[int, int] = {}
        self.away: set[tuple[int, int]] = set()
        self.never: set[tuple[int, int]] = set()
        self.apart: set[tuple[int, int]] = set()
        self.last: Run | None = None

    @initialize()
    def begin(self) -> None:
        self.posts = self._write([text for texts in SUBJECTS for text in texts])
        self._run(Cause.COMMAND)
        self.lock(0)
        self.never_together(1, 0, 1)
        self.never_together(2, 1, 9)
        self.keep_apart(1, 2)

    def _write(self, texts: list[str]) -> list[int]:
        with self.runtime.database.write() as session:
            made = [Post(title=text, kind=PostKind.PROBLEM, source="test") for text in texts]
            session.add_all(made)
            session.flush()
            return [post.id or 0 for post in made]

    def _themes(self, session: Session) -> list[Theme]:
        rows = session.exec(select(Theme).where(Theme.size > 0, Theme.status != TriageStatus.MERGED).order_by(Theme.id))  # type: ignore[arg-type]
        return [theme for theme in rows if theme.born_at is not None]

    def _one(self, session: Session, pick: int) -> Theme:
        found = self._themes(session)
        return found[pick % len(found)]

    def _act(self, act: Callable[[Session], Any]) -> Any:
        """Do it; a refusal is an answer as well, and says nothing that would have to hold."""
        try:
            with self.runtime.database.write() as session:
                return act(session)
        except Refusal:
            return None

    def _members(self, session: Session, theme_id: int) -> list[int]:
        return post_ids_of(session, [theme_id])[theme_id]

    # -- what people say

    @rule(pick=PICK)
    def rename(self, pick: int) -> None:
        def act(session: Session) -> None:
            theme = self._one(session, pick)
            service.rename(session, theme, f"名字{pick}", by=self.by)
            self.names[theme.id or 0] = f"名字{pick}"

        self._act(act)

    @rule(pick=PICK)
    def hide(self, pick: int) -> None:
        def act(session: Session) -> None:
            theme = self._one(session, pick)
            service.hide(session, theme, by=self.by)
            self.hidden.add(theme.id or 0)

        self._act(act)

    @rule(pick=PICK, other=PICK)
    def merge(self, pick: int, other: int) -> None:
        def act(session: Session) -> None:
            theme, target = self._one(session, pick), self._one(session, other)
            service.merge(session, theme, target.id or 0, by=self.by, zone=self.runtime.settings.zone)
            self.merged[theme.id or 0] = target.id or 0
            self.hidden.discard(theme.id or 0)
            if theme.id in self.locked or target.id in self.locked:  # the lock is the target's from now on
                self.locked.pop(theme.id or 0, None)

        if self._act(act) is None:
            self._learn_locks()

    def _learn_locks(self) -> None:
        with self.runtime.database.read() as session:
            for theme_id in self.locked:
                self.locked[theme_id] = set(self._members(session, theme_id))

    @rule(pick=PICK)
    def lock(self, pick: int) -> None:
        def act(session: Session) -> None:
            theme = self._one(session, pick)
            bonds.lock(session, theme, by=self.by)
            self.locked[theme.id or 0] = set(self._members(session, theme.id or 0))

        self._act(act)

    @rule(pick=PICK, other=PICK, post=PICK)
    def move(self, pick: int, other: int, post: int) -> None:
        def act(session: Session) -> None:
            theme, goal = self._one(session, pick), self._one(session, other)
            here = self._members(session, theme.id or 0)
            chosen = here[post % len(here)]
            service.move(session, theme, [chosen], goal.id, by=self.by, zone=self.runtime.settings.zone)
            self.home[chosen] = goal.id or 0
            self.away = {(p, t) for p, t in self.away if p != chosen} | {(chosen, theme.id or 0)}
            self.away.discard((chosen, goal.id or 0))

        self._act(act)
        self._learn_locks()

    @rule(pick=PICK, post=PICK)
    def take_out(self, pick: int, post: int) -> None:
        def act(session: Session) -> None:
            theme = self._one(session, pick)
            here = self._members(session, theme.id or 0)
            chosen = here[post % len(here)]
            service.move(session, theme, [chosen], None, by=self.by, zone=self.runtime.settings.zone)
            self.home.pop(chosen, None)
            self.away.add((chosen, theme.id or 0))

        self._act(act)
        self._learn_locks()

    @rule(pick=PICK, post=PICK, more=PICK)
    def split(self, pick: int, post: int, more: int) -> None:
        def act(session: Session) -> None:
            theme = self._one(session, pick)
            here = self._members(session, theme.id or 0)
            chosen = sorted({here[post % len(here)], here[more % len(here)]})
            made = service.split(session, theme, chosen, f"分出{pick}", by=self.by, zone=self.runtime.settings.zone)
            for one in chosen:
                self.home[one] = made.data["to"]
                self.away.add((one, theme.id or 0))
            self.names[made.data["to"]] = f"分出{pick}"

        self._act(act)
        self._learn_locks()

    @rule(pick=PICK, one=PICK, other=PICK)
    def never_together(self, pick: int, one: int, other: int) -> None:
        def act(session: Session) -> None:
            theme = self._one(session, pick)
            here = self._members(session, theme.id or 0)
            pair = sorted({here[one % len(here)], self.posts[other % len(self.posts)]})
            zone = self.runtime.settings.zone
            made = bonds.never_together(session, theme, pair, by=self.by, zone=zone)
            self.never.add((pair[0], pair[1]))
            for gone in made.data["posts"]:
                self.home.pop(int(gone), None)

        self._act(act)
        self._learn_locks()

    @rule(pick=PICK, other=PICK)
    def keep_apart(self, pick: int, other: int) -> None:
        def act(session: Session) -> None:
            theme, target = self._one(session, pick), self._one(session, other)
            bonds.keep_apart(session, theme, target.id or 0, by=self.by)
            self.apart.add((theme.id or 0, target.id or 0))

        self._act(act)

    # -- what happens afterwards

    @rule(cold=st.booleans(), pick=PICK)
    def run_after_new_voices(self, cold: bool, pick: int) -> None:
        subject = SUBJECTS[pick % len(SUBJECTS)]
        added = self._write([f"{text}，又来一次" for text in subject[:2]])
        assign_posts(self.runtime, post_ids=added)
        self.posts += added
        self._holds("voices were placed on arrival")
        self._run(Cause.COMMAND, cold=cold)

    @rule()
    def a_proposal_is_approved(self) -> None:
        run = self._run(Cause.BUTTON, cold=True)
        if run.verdict is Verdict.PROPOSED:
            with self.runtime.database.write() as session:
                every = {change.id or 0 for change in queries.changes_of(session, run)}
                changes.approve(session, runs.get_run(session, run.id or 0), by=self.by, only=every)
            take.take_effect(self.runtime, run_id=run.id or 0)
        self._holds("a proposal was approved")

    @precondition(lambda self: self.last is not None)
    @rule()
    def the_last_run_is_taken_back(self) -> None:
        run_id = self.last.id or 0 if self.last else 0
        if not self._act(lambda session: self._undo(session, run_id)):
            return
        take.take_effect(self.runtime, run_id=run_id)
        self._holds("a run was taken back")

    def _undo(self, session: Session, run_id: int) -> bool:
        changes.undo(session, runs.get_run(session, run_id), by=self.by)
        return True

    def _run(self, cause: Cause, **options: Any) -> Run:
        with self.runtime.database.write() as session:
            run_id = runs.start_run(session, cause=cause, queue=False, **options).id or 0
        jobs.run_clusters(self.runtime, run_id=run_id)
        with self.runtime.database.read() as session:
            self.last = runs.get_run(session, run_id)
        assert (self.last.state, self.last.error) == (RunState.DONE, "")
        self._holds(f"a run, {cause} {options}")
        return self.last

    def _holds(self, after: str) -> None:
        with self.runtime.database.read() as session:
            run_id = current_run_id(session)
            rows = session.exec(select(ThemePost).where(ThemePost.run_id == run_id)).all()
            root = dict(session.exec(select(Theme.id, Theme.root_id)).all())
            shown = {row.post_id: root[row.theme_id] for row in rows if row.theme_id is not None}
            leaf = {row.post_id: row.theme_id for row in rows}
            for theme_id, name in self.names.items():
                assert get_theme(session, theme_id).name == name, after
            for theme_id in self.hidden:
                assert get_theme(session, theme_id).status is TriageStatus.HIDDEN, after
            for theme_id, target in self.merged.items():
                assert root[theme_id] == resolve(session, target), after
            for post_id, theme_id in self.home.items():
                assert shown.get(post_id) == root[theme_id], after
            for post_id, theme_id in self.away:
                assert leaf.get(post_id) != theme_id, after
            for a, b in self.never:
                assert shown.get(a) is None or shown.get(a) != shown.get(b), after
            for theme_id, members in self.locked.items():
                if root[theme_id] == theme_id:
                    assert members <= {post for post, theme in shown.items() if theme == theme_id}, after
            for a, b in self.apart:
                assert root[a] != root[b], after


def test_a_run_does_not_merge_themes_that_are_kept_apart(
    runtime: Runtime, gold_voices: list[int], run_now: Callable[..., Run], quick_pipeline: None, pm_actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run_now()
    with runtime.database.write() as session:
        found = session.exec(select(Theme).where(Theme.size > 4).order_by(Theme.id)).all()  # type: ignore[arg-type]
        one, other = found[0], found[1]
        bonds.keep_apart(session, one, other.id or 0, by=pm_actor)
        before = set(post_ids_of(session, [one.id or 0])[one.id or 0])
        with pytest.raises(bonds.ThemesApart):
            service.merge(session, one, other.id or 0, by=pm_actor, zone=runtime.settings.zone)
    real = work.run_pipeline

    def merged(*args: Any, **kwargs: Any) -> work.Outcome:
        outcome = real(*args, **kwargs)
        number = {told["theme"]: told["cluster"] for told in outcome.result["themes"]}
        swap = {number[one.id]: number[other.id]}
        outcome.clusters = [swap.get(cluster, cluster) for cluster in outcome.clusters]
        return outcome

    monkeypatch.setattr(work, "run_pipeline", merged)
    run_now()
    with runtime.database.read() as session:
        assert set(post_ids_of(session, [one.id or 0])[one.id or 0]) == before


def test_a_run_keeps_locked_voices_and_parts_those_that_are_never_together(
    runtime: Runtime, gold_voices: list[int], run_now: Callable[..., Run], quick_pipeline: None, pm_actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Even when the pipeline throws everything into one theme."""
    run_now()
    with runtime.database.write() as session:
        found = session.exec(select(Theme).where(Theme.size > 4).order_by(Theme.id)).all()  # type: ignore[arg-type]
        kept, one, other = found[0], found[1], found[2]
        bonds.lock(session, kept, by=pm_actor)
        before = set(post_ids_of(session, [kept.id or 0])[kept.id or 0])
        ids = post_ids_of(session, [one.id or 0, other.id or 0])
        pair = [ids[one.id or 0][0], ids[other.id or 0][0]]
        bonds.never_together(session, one, pair, by=pm_actor, zone=runtime.settings.zone)
    real = work.run_pipeline

    def heaped(*args: Any, **kwargs: Any) -> work.Outcome:
        outcome = real(*args, **kwargs)
        goal = next(told["cluster"] for told in outcome.result["themes"] if told["theme"] == one.id)
        outcome.clusters = [goal for _ in outcome.clusters]
        return outcome

    monkeypatch.setattr(work, "run_pipeline", heaped)
    run_now()
    with runtime.database.read() as session:
        assert set(post_ids_of(session, [kept.id or 0])[kept.id or 0]) == before
        together = set(post_ids_of(session, [one.id or 0])[one.id or 0])
        assert len(together & set(pair)) == 1
        assert len(together) > len(gold_voices) / 2


@pytest.mark.slow
@pytest.mark.parametrize("wayward", [False, True])
def test_what_people_said_holds_after_every_later_run(
    house: Any, dialect: str, quick_pipeline: None, monkeypatch: pytest.MonkeyPatch, wayward: bool
) -> None:
    """The real pipeline obeys by itself; a wayward one, that throws voices about, shows that nothing depends on it."""
    real, dice = work.run_pipeline, random.Random(7)

    def scrambled(*args: Any, **kwargs: Any) -> work.Outcome:
        outcome = real(*args, **kwargs)
        clusters = [told["cluster"] for told in outcome.result["themes"]][:3]
        outcome.clusters = [dice.choice(clusters) if dice.random() < 0.4 else one for one in outcome.clusters]
        return outcome

    if wayward:
        monkeypatch.setattr(work, "run_pipeline", scrambled)

    class Here(Said):
        def __init__(self) -> None:
            super().__init__()
            self.runtime = house.runtime
            self.runtime.memory.clear()
            self.lease = house.turns.lease()
            house.runtime.__dict__["database"] = self.lease.__enter__()

        def teardown(self) -> None:
            self.lease.__exit__(None, None, None)

    # The lives are the same on both; PostgreSQL walks the first of them.
    lives = 1 if dialect == "postgresql" else 3 if wayward else 2
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=lives, stateful_step_count=14, deadline=None, database=None, derandomize=True,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
