"""Looking for duplicates: all posts by the clock or by a button, one post as soon as it is written."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from forum.duplicates import store
from forum.duplicates.comparing import MOST_PER_POST, UNSURE, compare_groups, cutting_of, pairs_of
from forum.duplicates.matching import Matcher, Pair
from forum.duplicates.models import DuplicateRun, Origin, State
from forum.duplicates.profiles import Voice
from forum.duplicates.voices import voices_after, voices_of
from forum.events import PostEdited, PostsImported, PostSubmitted, PostUnmerged
from forum.merging.queries import members_of_groups

log = logging.getLogger("cocreate.duplicates")
JOB = "forum.find_duplicates"
BLOCK = 200
"""Posts compared between two short transactions."""
MOST_WORDS = 50_000
FEW = 50
"""Imported voices up to this many are compared one by one; more are worth a run."""


def current_run(session: Session) -> DuplicateRun | None:
    """The newest run, under way or over."""
    return session.exec(select(DuplicateRun).order_by(col(DuplicateRun.id).desc()).limit(1)).first()


def start_run(session: Session, *, by: Actor | None = None) -> DuplicateRun:
    """Queue a look through all posts; the one under way when there is one."""
    run = current_run(session)
    if run is not None and run.finished_at is None:
        return run
    run = DuplicateRun(by_id=by.id if by else None)
    session.add(run)
    session.flush()
    outbox.enqueue(session, JOB, lane=outbox.SLOW, key=f"duplicates:{run.id}", run_id=run.id)
    return run


def find_nightly(session: Session) -> None:
    """Begin the nightly run, unless one is under way."""
    start_run(session)


def find_duplicates(runtime: Runtime, *, run_id: int) -> None:
    """Do a run, or go on with it where another process was interrupted; a run that is over changes nothing."""
    with runtime.database.read() as session:
        run = session.get(DuplicateRun, run_id)
        if run is None or run.finished_at is not None:
            return
        session.expunge(run)
        matcher = Matcher(cutting_of(session), lambda ids: _read(runtime, ids))
        ids = _add_all(session, matcher)
    ahead = [post_id for post_id in ids if post_id > run.last_id]
    with runtime.database.write() as session:
        session.get_one(DuplicateRun, run_id).posts = len(ids)
    for start in range(0, len(ahead), BLOCK):
        block = ahead[start : start + BLOCK]
        pairs = best_of_each(matcher.pairs(block, least=UNSURE))
        with runtime.database.write() as session:
            found = store.keep(session, pairs)
            row = session.get_one(DuplicateRun, run_id)
            row.last_id, row.found = block[-1], row.found + found
            row.done = len(ids) - len(ahead) + start + len(block)
    weights = matcher.weights
    counts = dict(Counter(weights.counts).most_common(MOST_WORDS))
    with runtime.database.write() as session:
        store.set_unseen_stale(session, run.started_at)
        row = session.get_one(DuplicateRun, run_id)
        row.weights, row.finished_at = {"posts": weights.posts, "counts": counts}, clock.now()
        _forget_old(session, run_id)
    log.info("looked for duplicates among %s posts", len(ids))


def best_of_each(pairs: Iterable[Pair]) -> list[Pair]:
    """At most MOST_PER_POST pairs of each later post; they come best first."""
    kept: list[Pair] = []
    begun: Counter[int] = Counter()
    for pair in pairs:
        begun[pair.high] += 1
        if begun[pair.high] <= MOST_PER_POST:
            kept.append(pair)
    return kept


def match_submitted(session: Session, event: PostSubmitted) -> None:
    """Compare a new post within seconds."""
    match_posts(session, [event.post_id])


def match_edited(session: Session, event: PostEdited) -> None:
    """Compare a post that reads differently now; what it no longer says is no longer asked."""
    match_posts(session, [event.post_id])


def match_imported(session: Session, event: PostsImported) -> None:
    """Compare imported voices; many of them at once are worth a run over everything."""
    if len(event.post_ids) <= FEW:
        match_posts(session, event.post_ids)
    else:
        start_run(session)


def match_unmerged(session: Session, event: PostUnmerged) -> None:
    """Both posts speak for themselves again."""
    match_posts(session, [event.source_id, event.target_id])


def match_posts(session: Session, post_ids: Sequence[int]) -> None:
    """Look for duplicates of these posts and score again what is suggested for them. Reads first, then writes."""
    ids = members_of_groups(session, post_ids)
    pairs = [pair for post_id in ids for pair in pairs_of(session, post_id)]
    gone: list[int] = []
    for row in store.touching(session, ids, State.OPEN):
        pair = compare_groups(session, row.low_id, row.high_id)
        if pair.likeness.value >= UNSURE or row.origin == Origin.OWNER:
            pairs.append(pair)
        else:
            gone.append(row.id or 0)
    store.set_stale(session, gone)
    store.keep(session, pairs)


def _add_all(session: Session, matcher: Matcher) -> list[int]:
    ids: list[int] = []
    while batch := voices_after(session, ids[-1] if ids else 0):
        matcher.add(batch)
        ids += [voice.id for voice in batch]
    return ids


def _read(runtime: Runtime, ids: Sequence[int]) -> list[Voice]:
    with runtime.database.read() as session:
        return voices_of(session, ids)


def _forget_old(session: Session, run_id: int) -> None:
    """Weights of earlier runs are of no use any more; the rows stay as a record."""
    for row in session.exec(select(DuplicateRun).where(col(DuplicateRun.id) < run_id)):
        if row.weights:
            row.weights = {}
            session.add(row)
