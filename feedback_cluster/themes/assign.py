"""New and changed voices find their theme within seconds, by the model of the current run."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.runtime import Runtime
from cocreate.text.segment import content_words
from feedback_cluster.events import ThemePostsChanged
from feedback_cluster.priority.queries import safety_words
from feedback_cluster.runs.folder import voice
from feedback_cluster.runs.models import RunModel
from feedback_cluster.themes import bindings, pins, stats
from feedback_cluster.themes.facts import facts_of
from feedback_cluster.themes.meanwhile import mark_unread, overtake
from feedback_cluster.themes.models import Source, ThemePost
from feedback_cluster.themes.queries import current_run_id
from forum import api as forum

if TYPE_CHECKING:
    from feedback_cluster.pipeline.model import ThemeModel

MODEL = "feedback_cluster.model"
BATCH = 500
INLINE = 6
"""Themes counted anew at once; when more are touched they are counted a little later, all together."""


class Loaded:
    """A model in this process's memory."""

    def __init__(self, run_id: int, model: "ThemeModel", theme_ids: Sequence[int]) -> None:
        self.run_id = run_id
        self.model = model
        self.theme_ids = list(theme_ids)

    def place(self, texts: Sequence[str]) -> list[tuple[int | None, float]]:
        """Theme (None: rest) and confidence of each text."""
        labels, confidence = self.model.predict(texts)
        return [
            (self.theme_ids[label] or None if 0 <= label < len(self.theme_ids) else None, round(float(sure), 6))
            for label, sure in zip(labels.tolist(), confidence.tolist(), strict=True)
        ]

    def likely(self, text: str, most: int = 3) -> list[tuple[int, float]]:
        """The themes that the text fits best, each with its probability; none when it says nothing known."""
        features = self.model.features_
        counts = features.count([content_words(text, self.model.vocabulary)])
        if not counts.nnz or not self.theme_ids:
            return []
        chances: dict[int, float] = {}
        told = self.model.judge_.probabilities(features.tf_idf(counts))[0].tolist()
        for theme_id, chance in zip(self.theme_ids, told, strict=False):
            if theme_id:
                chances[theme_id] = chances.get(theme_id, 0.0) + float(chance)
        return sorted(chances.items(), key=lambda pair: (-pair[1], pair[0]))[:most]

    def reasons(self, text: str, theme_id: int, most: int = 6) -> list[tuple[str, float]]:
        """The words of the text that speak for the theme, strongest first."""
        if theme_id not in self.theme_ids:
            return []
        cluster = self.theme_ids.index(theme_id)
        return [(word, share) for word, share in self.model.explain(text, cluster, most) if share > 0]


def loaded_model(runtime: Runtime) -> Loaded | None:
    """The current run's model, read once per run and process; None before the first run."""
    with runtime.database.read() as session:
        run_id = current_run_id(session)
        known: Loaded | None = runtime.memory.get(MODEL)
        if run_id is None or (known is not None and known.run_id == run_id):
            return known if run_id is not None else None
        row = session.get(RunModel, run_id)
        if row is None:
            return None
        data, theme_ids = row.data, row.theme_ids
    from feedback_cluster.pipeline.model import ThemeModel  # slow to import, and only a worker needs it

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        path.write_bytes(data)
        made = Loaded(run_id, ThemeModel.load(path), theme_ids)
    runtime.memory[MODEL] = made
    return made


def assign_posts(runtime: Runtime, *, post_ids: list[int]) -> None:
    """Find the theme of each of these posts; a post that a person placed stays there, one that is gone leaves."""
    for start in range(0, len(post_ids), BATCH):
        chunk = post_ids[start : start + BATCH]
        while not _assign(runtime, chunk):
            pass  # a run took effect while we thought: think again with its model


def _assign(runtime: Runtime, post_ids: list[int]) -> bool:
    loaded = loaded_model(runtime)
    with runtime.database.read() as session:
        posts = forum.post_texts(session, ids=post_ids)
    if loaded is None:
        with runtime.database.write() as session:  # the first run may be at work
            mark_unread(session, [{"post_id": post.id, **facts_of(post)} for post in posts])
        return True
    places = loaded.place([voice(post.title, post.body) for post in posts])
    with runtime.database.write() as session:
        if pins.hold_current(session) != loaded.run_id:
            return False
        touched = _write(session, loaded.run_id, post_ids, posts, places)
        _settle(session, touched, runtime)
    return True


def _write(
    session: Session,
    run_id: int,
    post_ids: list[int],
    posts: list[forum.PostText],
    places: list[tuple[int | None, float]],
) -> set[int]:
    """Replace these posts' rows; the themes that gained, lost or only need counting."""
    said, danger = pins.pins(session, post_ids), safety_words(session)
    were = dict(
        session.exec(
            select(ThemePost.post_id, ThemePost.theme_id).where(
                ThemePost.run_id == run_id, col(ThemePost.post_id).in_(post_ids)
            )
        ).all()
    )
    locked = bindings.locked_leaves(session)
    rows: list[dict[str, Any]] = []
    facts = [{"post_id": post.id, **facts_of(post, danger)} for post in posts]
    for post, known, (found, confidence) in zip(posts, facts, places, strict=True):
        told = said.get(post.id)
        theme_id, source = found, Source.NEW
        if (was := were.get(post.id)) is not None and was != found and locked & {was, found}:
            theme_id = was  # a locked theme keeps its voices, and takes none from another theme
        if told is not None and told.theme_id is not None:
            theme_id, source = told.theme_id, Source.PERSON
        elif told is not None and found in told.apart:
            theme_id, source = None, Source.PERSON
        place = {"theme_id": theme_id, "confidence": confidence, "source": source}
        rows.append({"run_id": run_id, **place, **known})
    connection = session.connection()
    connection.execute(
        sa.delete(ThemePost).where(col(ThemePost.run_id) == run_id, col(ThemePost.post_id).in_(post_ids))
    )
    if rows:
        connection.execute(sa.insert(ThemePost), rows)
    overtake(session, run_id, post_ids, facts)
    parted = bindings.part_pairs(session, run_id) if bindings.strangers(session, post_ids) else set()
    return {theme for theme in (*were.values(), *(row["theme_id"] for row in rows), *parted) if theme is not None}


def _settle(session: Session, theme_ids: set[int], runtime: Runtime) -> None:
    roots = pins.roots_of(session, theme_ids)
    if not roots:
        return
    if len(roots) <= INLINE:
        stats.refresh(session, roots, runtime.settings.zone)
    else:
        count_later(session, sorted(roots))
    outbox.publish(session, ThemePostsChanged(theme_ids=sorted(roots)))


def count_later(session: Session, root_ids: Sequence[int], *, seconds: float = 0) -> None:
    """Have figures counted soon, once, however often this is asked for meanwhile."""
    if fresh := stats.mark_stale(session, root_ids):
        due = clock.now() + timedelta(seconds=seconds)
        outbox.enqueue(session, "feedback_cluster.count", run_after=due, theme_ids=fresh)


def count_themes(runtime: Runtime, *, theme_ids: list[int]) -> None:
    """Count these themes anew."""
    with runtime.database.write() as session:
        stats.mark_fresh(session, theme_ids)  # before the count: what comes while we count asks for another one
    for start in range(0, len(theme_ids), INLINE):
        chunk = theme_ids[start : start + INLINE]
        with runtime.database.read() as session:
            before = stats.told_by(session, chunk)
            found = stats.figures(session, chunk, runtime.settings.zone)
        with runtime.database.write() as session:
            pins.hold_current(session)
            if stats.told_by(session, chunk) != before:  # a merge or a run must not be overwritten with what was
                found = stats.figures(session, chunk, runtime.settings.zone)
            stats.store(session, found)


def drop_posts(session: Session, post_ids: Sequence[int]) -> None:
    """Take posts that are gone or hidden out of every run, and have their themes counted anew."""
    rows = session.exec(
        select(ThemePost.theme_id).where(
            col(ThemePost.post_id).in_(list(post_ids)), ThemePost.run_id == current_run_id(session)
        )
    ).all()
    session.connection().execute(sa.delete(ThemePost).where(col(ThemePost.post_id).in_(list(post_ids))))
    roots = sorted(pins.roots_of(session, {theme_id for theme_id in rows if theme_id is not None}))
    if roots:
        count_later(session, roots)
        outbox.publish(session, ThemePostsChanged(theme_ids=roots))


def catch_up(runtime: Runtime, run_id: int) -> None:
    """Place the voices that came while the run was computed, and let those go that left meanwhile."""
    with runtime.database.read() as session:
        known = set(session.exec(select(ThemePost.post_id).where(ThemePost.run_id == run_id)))
        before = set(session.exec(select(ThemePost.post_id).where(ThemePost.run_id != run_id)))
        last = max(known, default=0)
        missing = sorted(before - known)
        while batch := forum.post_texts(session, after_id=last, limit=2_000):
            missing += [post.id for post in batch]
            last = batch[-1].id
        doubtful = sorted(known - before)
        gone: list[int] = []
        for start in range(0, len(doubtful), 2_000):
            chunk = doubtful[start : start + 2_000]
            here = {post.id for post in forum.post_texts(session, ids=chunk)}
            gone += [post_id for post_id in chunk if post_id not in here]
    if gone:
        with runtime.database.write() as session:
            drop_posts(session, gone)
    assign_posts(runtime, post_ids=sorted(set(missing)))
