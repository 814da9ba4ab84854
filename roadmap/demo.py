"""The demo's roadmap: items with their past, releases, a stream on air, and the messages that all of it caused."""

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.db import insert_many_once, insert_plain_once
from cocreate.core.outbox import OutboxEntry
from cocreate.core.runtime import Runtime
from cocreate.identity.demo import content as identity_content
from cocreate.notify.inbox.models import InboxMessage
from forum import api as forum
from forum.events import PostStatusChanged
from roadmap.boards import demo as boards_demo
from roadmap.indexing import index_everything
from roadmap.items import notices
from roadmap.items.models import ItemChange, ItemStage, RoadmapItem
from roadmap.items.stages import STATUS_OF
from roadmap.links import service as links
from roadmap.links.models import ItemLink, ItemPost
from roadmap.live import service as live
from roadmap.live.forms import SessionForm
from roadmap.live.models import LiveSession, LiveTopic
from roadmap.releases import demo as release_demo
from roadmap.releases.models import NoteLabel, Release, ReleaseNote
from search import api as search

CONTENT = Path(__file__).parent / "demo"
TOLD_DAYS = 21
"""Steps of the last three weeks lie in the inboxes, those older than `READ_DAYS` have been read."""
READ_DAYS = 4


def content(name: str) -> Any:
    """One of the demo's JSON files."""
    return json.loads((CONTENT / name).read_text(encoding="utf-8"))


def seed(runtime: Runtime) -> None:
    """Write releases, items with history and links, the messages they caused, and one stream."""
    memory = runtime.memory
    models = {model["key"]: model["name"] for model in identity_content("brand.json")["models"]}
    rows = content("items.json")
    with runtime.database.write() as session:
        by = Actor(id=_manager(memory["demo.people"]), roles=frozenset({Role.PM}))
        releases = _releases(session, content("releases.json"), models, by)
        items = _items(session, rows, releases, memory["demo.boards"], by)
        _notes(session, content("releases.json"), releases, items)
        _link(session, rows, items, memory["demo.topics"], memory["demo.posts"], by)
        for row in rows:
            said = row["history"][-1]
            links.sync_item(
                session, items[row["key"]], by=by, reason=said["sentence"], at=_moment(said["days_ago"], 10)
            )
        release_demo.seed(session, releases, items, models, by)
        people, lines = memory["demo.people"], memory["demo.boards"]
        boards_demo.seed(session, content("boards.json"), items, releases, lines, people, by)
        index_everything(session)
        search.refresh(session, "post", forum.post_facts(session, list(memory["demo.posts"].values())))
        _messages(session, list(items.values()))
        _stream(session, content("live.json"), memory["demo.people"], memory["demo.topics"])
        # What these events would set off is part of the seed already; draining hundreds would slow the first minute.
        session.connection().execute(
            sa.update(OutboxEntry)
            .where(col(OutboxEntry.name) == PostStatusChanged.name, col(OutboxEntry.finished_at).is_(None))
            .values(finished_at=clock.now())
        )


def _manager(people: dict[str, int]) -> int:
    return next(people[row["key"]] for row in identity_content("people.json") if "pm" in row["roles"])


def _moment(days_ago: float, hour: int = 0) -> datetime:
    """So many days ago, a little earlier in the day than now; never in the future for what has happened."""
    return clock.now() - timedelta(days=days_ago, minutes=7 * hour)


def _releases(session: Session, rows: list[Any], models: dict[str, str], by: Actor) -> dict[str, Release]:
    found: dict[str, Release] = {}
    for row in rows:
        at = _moment(row["released_days_ago"])
        out = row["released_days_ago"] >= 0
        found[row["key"]] = Release(
            version=row["version"], title=row["title"], intro=row["intro"],
            models=[] if len(row["models"]) == len(models) else [models.get(key, key) for key in row["models"]],
            rollout_percent=row["rollout_percent"], released_at=at if out else None, planned_for=None if out else at,
            created_by=by.id, created_at=min(at, clock.now()),
        )  # fmt: skip
    session.add_all(found.values())
    session.flush()
    return found


def _notes(
    session: Session, rows: list[Any], releases: dict[str, Release], items: dict[str, RoadmapItem]
) -> None:  # fmt: skip
    session.add_all(
        ReleaseNote(
            release_id=releases[row["key"]].id or 0, label=NoteLabel(note["label"]), text=note["text"],
            item_id=items[note["item"]].id if note["item"] else None, position=place,
        )
        for row in rows
        for place, note in enumerate(row["notes"])
    )  # fmt: skip


def _items(
    session: Session, rows: list[Any], releases: dict[str, Release], boards: dict[str, int], by: Actor
) -> dict[str, RoadmapItem]:
    found: dict[str, RoadmapItem] = {}
    for place, row in enumerate(rows):
        steps = row["history"]
        stage = ItemStage.DECLINED if row["status"] == "declined" else ItemStage(row["stage"])
        release = releases[row["release"]].id if row["release"] else None
        found[row["key"]] = RoadmapItem(
            title=row["title"], what=row["what"], why=row["why"], stage=stage, status=STATUS_OF[stage],
            stage_at=_moment(steps[-1]["days_ago"], 10), board_id=boards.get(row["board"]), release_id=release,
            position=place, created_by=by.id, created_at=_moment(steps[0]["days_ago"], 11),
        )  # fmt: skip
    session.add_all(found.values())
    session.flush()
    for row in rows:
        session.add_all(_history(row, found[row["key"]], by))
    session.flush()
    return found


def _history(row: dict[str, Any], item: RoadmapItem, by: Actor) -> list[ItemChange]:
    """The steps as rows; the last one of a declined item is the refusal."""
    count: Counter[ItemStage] = Counter()
    changes = []
    for place, step in enumerate(row["history"], start=1):
        last = place == len(row["history"])
        stage = item.stage if last else ItemStage(step["stage"])
        count[stage] += 1
        changes.append(
            ItemChange(
                item_id=item.id or 0,
                stage=stage,
                occurrence=count[stage],
                sentence=step["sentence"],
                release_id=item.release_id if stage not in (ItemStage.RECEIVED, ItemStage.STUDIED) else None,
                by_id=by.id,
                at=_moment(step["days_ago"], 10),
            )
        )
    return changes


def _link(
    session: Session,
    rows: list[Any],
    items: dict[str, RoadmapItem],
    topics: dict[str, int],
    posts: dict[str, int],
    by: Actor,
) -> None:
    """Items answer the themes of their topics; a theme in which two topics ended up is left to single posts."""
    shared = Counter(topics.values())
    made: list[ItemLink] = []
    for row in rows:
        item_id = items[row["key"]].id or 0
        themes = {topics[topic] for topic in row["topics"] if topic in topics and shared[topics[topic]] == 1}
        made += [ItemLink(item_id=item_id, theme_id=t, current_theme_id=t, created_by=by.id) for t in sorted(themes)]
        direct = [posts[key] for key in row["posts"] if key in posts]
        made += [ItemLink(item_id=item_id, post_id=post_id, created_by=by.id) for post_id in direct]
        forum.hold(session, direct, "roadmap")
    insert_many_once(session, made)


def _messages(session: Session, items: list[RoadmapItem]) -> None:
    """What the last weeks' steps told those behind them, dated when it happened."""
    now = clock.now()
    letters: list[dict[str, Any]] = []
    for item in items:
        changes = session.exec(
            select(ItemChange).where(ItemChange.item_id == item.id, ItemChange.at > now - timedelta(days=TOLD_DAYS))
        ).all()
        if not changes:
            continue
        ids = list(session.exec(select(ItemPost.post_id).where(ItemPost.item_id == item.id)))
        behind = forum.people_behind(session, ids)
        for change in changes:
            step = notices.Step(item.id or 0, notices.message_key(change), notices.wording(item, change))
            for notice, told in notices.by_reason(session, behind, sorted(behind.members), step).items():
                letters += [
                    {
                        "member_id": member, "key": step.key, "notice": notice, "params": params,
                        "url": f"/roadmap/{item.id}", "topic": f"item:{item.id}", "own": notice == notices.WROTE,
                        "created_at": change.at,
                        "read_at": change.at if change.at < now - timedelta(days=READ_DAYS) else None,
                    }
                    for member, params in told.items()
                ]  # fmt: skip
    insert_plain_once(session, InboxMessage, sorted(letters, key=lambda letter: letter["created_at"]))


def _stream(session: Session, row: dict[str, Any], people: dict[str, int], topics: dict[str, int]) -> None:
    """A stream on air: two topics answered, one on stage, the others waiting."""
    by = Actor(id=people[row["host"]], roles=frozenset({Role.HOST}))
    form = SessionForm(title=row["title"], days=row["scope"]["days"])
    session_row = live.open_session(session, form, by=by, code=row["code"])
    session_row.starts_at = clock.now() - timedelta(minutes=24)
    session.add(session_row)
    said = {topics[answer["topic"]]: answer["answer"] for answer in row["answers"] if answer["topic"] in topics}
    prepared = [topic for topic in live.topics_of(session, session_row) if topic.theme_id in said]
    for minutes, topic in zip((16, 7), prepared[1:3], strict=False):
        live.answered(session, session_row, topic, said[topic.theme_id], by=by)
        topic.answered_at = clock.now() - timedelta(minutes=minutes)
    if prepared:
        # The words lie ready for the host; viewers read them once the topic is answered.
        prepared[0].answer = said[prepared[0].theme_id]
        _on_stage(session, session_row, prepared[0], by)


def _on_stage(session: Session, row: LiveSession, topic: LiveTopic, by: Actor) -> None:
    live.present(session, row, topic, by=by)
    topic.now_since = clock.now() - timedelta(minutes=2)
    session.add(topic)
