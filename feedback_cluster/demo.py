"""The demo's themes: a real run over the seeded posts, then what its product managers made of the first few."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from sqlmodel import Session

from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from feedback_cluster.fleet import service as fleet
from feedback_cluster.fleet.reading import read_fleet
from feedback_cluster.runs import service as runs
from feedback_cluster.runs.jobs import run_clusters
from feedback_cluster.runs.models import Cause
from feedback_cluster.themes import answers, notes, service
from feedback_cluster.themes.models import AnswerState, TriageStatus
from feedback_cluster.themes.queries import get_theme, resolve, themes_of_posts

CONTENT = Path(__file__).parent / "demo"
POSTS = Path(__file__).parent.parent / "forum" / "demo" / "posts.json"
SAME_SUBJECT = 0.6
"""Share of a second theme that must speak of the same subject before the manager merges it."""
FEWEST = 3
"""Posts that speak of something else before the manager moves them there."""
GRANULARITY, FINER = 1.3, 1.6
"""Rather fine: merging clean themes is easier than taking mixed ones apart."""


def seed(runtime: Runtime) -> None:
    """Group the demo's posts and triage as `triage.json` says; `demo.topics` maps topics to the themes they became."""
    with runtime.database.write() as session:
        run_id = runs.start_run(session, cause=Cause.SEED, granularity=GRANULARITY, queue=False).id or 0
    run_clusters(runtime, run_id=run_id)
    topics = {runtime.memory["demo.posts"][row["key"]]: row["topic"] for row in _read(POSTS)}
    with runtime.database.write() as session:
        members = _members(session, topics)
        counts = {theme_id: Counter(topics[post_id] for post_id in ids) for theme_id, ids in members.items()}
        homes = _homes(counts)
        people: dict[str, int] = runtime.memory["demo.people"]
        for row in _read(CONTENT / "triage.json"):
            _triage(session, runtime, row, homes, counts, people)
            _tidy(session, runtime, row, homes, members, topics, people)
        for row in _read(CONTENT / "answers.json"):
            _answer(session, row, homes, people)
        _fleet(session, people)
    runtime.memory["demo.topics"] = homes
    _propose(runtime)


def _propose(runtime: Runtime) -> None:
    """A night that finds more and smaller themes and then waits for somebody's approval.

    It is the worker's to do, beside the first pages: nobody shall wait for it.
    """
    with runtime.database.write() as session:
        runs.start_run(session, cause=Cause.NIGHTLY, granularity=FINER, cold=True)


def _read(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _fleet(session: Session, people: dict[str, int]) -> None:
    """The brand's table of its cars, as a product manager would hand it in."""
    by = Actor(id=people["lin_zhixia"], roles=frozenset({Role.PM}))
    with (CONTENT / "fleet.csv").open("rb") as file:
        read = read_fleet(file, "fleet.csv")
    fleet.use(session, fleet.keep_draft(session, read.parts, "槐序汽车在用车辆.csv", by=by), by=by)


def _members(session: Session, topics: dict[int, str]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for post_id, theme in sorted(themes_of_posts(session, list(topics)).items()):
        found[theme.id].append(post_id)
    return found


def _homes(counts: dict[int, Counter[str]]) -> dict[str, int]:
    """The theme in which most posts of a topic are."""
    best: dict[str, tuple[int, int]] = {}
    for theme_id, said in sorted(counts.items()):
        for topic, count in said.items():
            best[topic] = max(best.get(topic, (0, 0)), (count, -theme_id))
    return {topic: -place for topic, (_, place) in best.items()}


def _triage(
    session: Session,
    runtime: Runtime,
    row: dict[str, Any],
    homes: dict[str, int],
    counts: dict[int, Counter[str]],
    people: dict[str, int],
) -> None:
    topic, home = row["topic"], homes.get(row["topic"])
    if home is None:
        return
    theme = get_theme(session, home)
    if theme.status is not TriageStatus.NEW:
        return  # a theme that speaks of two subjects was triaged for the first of them
    by = Actor(id=people[row["assignee"]], roles=frozenset({Role.PM}))
    for other, said in counts.items():
        alike = said[topic] >= FEWEST and said[topic] >= SAME_SUBJECT * said.total()
        if other != home and alike and other not in homes.values():
            service.merge(session, get_theme(session, other), home, by=by, zone=runtime.settings.zone)
    service.rename(session, theme, row["name"], by=by)
    service.assign(session, theme, by.id, by=by)
    notes.add_note(session, theme, row["note"], by=by)
    service.triage(session, theme, by=by)
    if size := row.get("effort"):
        service.size_effort(session, theme, size, by=by, zone=runtime.settings.zone)


def _tidy(
    session: Session,
    runtime: Runtime,
    row: dict[str, Any],
    homes: dict[str, int],
    members: dict[int, list[int]],
    topics: dict[int, str],
    people: dict[str, int],
) -> None:
    """Move posts of another subject to the theme that speaks of it."""
    home = homes.get(row["topic"])
    if home is None:
        return
    by = Actor(id=people[row["assignee"]], roles=frozenset({Role.PM}))
    strangers: dict[str, list[int]] = defaultdict(list)
    for post_id in members[home]:
        strangers[topics[post_id]].append(post_id)
    for topic, post_ids in sorted(strangers.items()):
        goal = homes.get(topic)
        if goal is not None and resolve(session, goal) != resolve(session, home) and len(post_ids) >= FEWEST:
            theme = get_theme(session, resolve(session, home))
            service.move(session, theme, post_ids, goal, by=by, zone=runtime.settings.zone)


def _answer(session: Session, row: dict[str, Any], homes: dict[str, int], people: dict[str, int]) -> None:
    home = homes.get(row["topic"])
    if home is None:
        return
    theme = get_theme(session, home)
    by = Actor(id=theme.assignee_id or next(iter(people.values())), roles=frozenset({Role.PM}))
    answer = answers.get_answer(session, home, answers.record_answer(session, home, row["text"], by=by))
    state = AnswerState(row["state"])
    if state is not AnswerState.DRAFT:
        answers.approve(session, answer, by=by)
    if state is AnswerState.PUBLISHED:
        answers.publish(session, answer, by=by)
