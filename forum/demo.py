"""The demo community's boards, posts, votes, comments and answers, spread over twelve weeks.

Statuses come with the roadmap's own seed: every post here begins as open.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col

from cocreate.core import clock
from cocreate.core.db import insert_plain_once
from cocreate.core.runtime import Runtime
from cocreate.core.tables import columns
from cocreate.identity.vehicles.models import Vehicle
from forum.boards.models import Board
from forum.comments.models import Comment
from forum.desk.models import OfficialResponse
from forum.follows.models import Subscription
from forum.indexing import post_doc, post_facts
from forum.posts.hot import hot_score
from forum.posts.models import Post, PostKind, PostTag
from forum.votes.models import Vote
from search.api import prepare, put, refresh

CONTENT = Path(__file__).parent / "demo"
Keys = Mapping[str, int]


def content(name: str) -> list[dict[str, Any]]:
    """One of the demo's JSON files."""
    rows: list[dict[str, Any]] = json.loads((CONTENT / name).read_text(encoding="utf-8"))
    return rows


def seed(runtime: Runtime) -> None:
    """Write the community; `demo.boards` and `demo.posts` of the runtime's memory map keys to ids."""
    people: Keys = runtime.memory["demo.people"]
    rows = sorted(content("posts.json"), key=lambda row: (-row["days_ago"], row["hour"], row["key"]))
    moments = _moments(runtime, rows)
    with runtime.database.read() as session:
        cars = _cars(session)
        docs = prepare(session, (_doc(row, moments[row["key"]], cars.get(people[row["author"]])) for row in rows))
    with runtime.database.write() as session:
        boards = _boards(session)
        votes = _votes(rows, people)
        posts = [_post(row, moments[row["key"]], boards, people, cars, len(votes[row["key"]])) for row in rows]
        session.add_all(posts)
        session.flush()
        ids = {row["key"]: post.id or 0 for row, post in zip(rows, posts, strict=True)}
        _crowd(session, rows, votes, ids, people, moments)
        _talk(session, {row["key"]: post for row, post in zip(rows, posts, strict=True)}, people)
        put(
            session, [_with_id(doc, ids[row["key"]], boards[row["board"]]) for doc, row in zip(docs, rows, strict=True)]
        )
        refresh(session, "post", post_facts(session, list(ids.values())))
    runtime.memory["demo.boards"], runtime.memory["demo.posts"] = boards, ids


def _moments(runtime: Runtime, rows: list[dict[str, Any]]) -> dict[str, datetime]:
    """When each post was written: its day and hour in the site's zone, minutes scattered, never in the future."""
    now = clock.now()
    today = now.astimezone(runtime.settings.zone).replace(minute=0, second=0, microsecond=0)
    chance = random.Random(7)  # noqa: S311 (scatter, no secret)
    found = {}
    for row in rows:
        at = (today - timedelta(days=row["days_ago"])).replace(hour=row["hour"])
        at += timedelta(minutes=chance.randrange(60), seconds=chance.randrange(60))
        found[row["key"]] = min(at, now - timedelta(minutes=chance.randrange(5, 50))).astimezone(now.tzinfo)
    return found


def _cars(session: Session) -> dict[int, tuple[int, str, int | None]]:
    statement = columns(Vehicle.member_id, Vehicle.id, Vehicle.model, Vehicle.model_year).order_by(
        col(Vehicle.id).desc()
    )
    return {row[0]: (row[1], row[2], row[3]) for row in session.exec(statement)}


def _boards(session: Session) -> dict[str, int]:
    boards = [
        Board(key=row["key"], name=row["name"], description=row["description"], position=row["position"])
        for row in content("boards.json")
    ]
    session.add_all(boards)
    session.flush()
    return {board.key: board.id or 0 for board in boards}


def _votes(rows: list[dict[str, Any]], people: Keys) -> dict[str, list[int]]:
    """Who votes for what: as many personas as the row says, drawn once for all, never the author."""
    chance = random.Random(11)  # noqa: S311
    members = sorted(people.values())
    loudest: dict[str, int] = {}
    for row in rows:
        loudest[row["topic"]] = max(loudest.get(row["topic"], 0), row["votes"])
    # Not everybody cares about everything: a topic has a circle of its own, as wide as its loudest post asks for.
    circles = {topic: chance.sample(members, min(votes + 1, len(members))) for topic, votes in loudest.items()}
    drawn = {}
    for row in rows:
        others = [member for member in circles[row["topic"]] if member != people[row["author"]]]
        drawn[row["key"]] = chance.sample(others, min(row["votes"], len(others)))
    return drawn


def _post(
    row: dict[str, Any], at: datetime, boards: Keys, people: Keys, cars: Mapping[int, Any], votes: int
) -> Post:  # fmt: skip
    car = cars.get(people[row["author"]])
    return Post(
        board_id=boards[row["board"]], kind=PostKind(row["kind"]), title=row["title"], body=row["body"],
        author_id=people[row["author"]], channel=row["channel"], created_at=at, vote_count=votes,
        vehicle_id=car[0] if car else None, model=car[1] if car else "", model_year=car[2] if car else None,
        hot=hot_score(votes, at),
    )  # fmt: skip


def _doc(row: dict[str, Any], at: datetime, car: Any) -> Any:
    return post_doc(
        title=row["title"], body=row["body"], created_at=at, model=car[1] if car else "", tags=row["tags"],
        kind=PostKind(row["kind"]),
    )  # fmt: skip


def _with_id(prepared: Any, post_id: int, board_id: int) -> Any:
    return replace(prepared, doc=replace(prepared.doc, row_id=post_id, board_id=board_id))


def _crowd(
    session: Session,
    rows: list[dict[str, Any]],
    votes: dict[str, list[int]],
    ids: Keys,
    people: Keys,
    moments: dict[str, datetime],
) -> None:
    now = clock.now()
    chance = random.Random(13)  # noqa: S311
    tags = [{"post_id": ids[row["key"]], "tag": tag} for row in rows for tag in sorted(set(row["tags"]))]
    insert_plain_once(session, PostTag, tags)
    follows = [_tie(people[row["author"]], ids[row["key"]], moments[row["key"]]) for row in rows]
    insert_plain_once(session, Subscription, follows)
    cast = [
        _tie(member, ids[key], moments[key] + (now - moments[key]) * min(1.0, chance.expovariate(6)))
        for key, members in votes.items()
        for member in members
    ]
    insert_plain_once(session, Vote, cast)


def _tie(member_id: int, post_id: int, at: datetime) -> dict[str, Any]:
    """A vote or a subscription that counts where it was given."""
    return {"member_id": member_id, "post_id": post_id, "root_id": post_id, "created_at": at}


def _talk(session: Session, posts: dict[str, Post], people: Keys) -> None:
    """Comments with their replies, and official responses; each after what it answers."""
    made: dict[str, Comment] = {}
    rows = content("comments.json")
    for replies in (False, True):
        for row in rows:
            if (row["reply_to"] is not None) is not replies:
                continue
            before = made[row["reply_to"]] if replies else None
            post = posts[row["post"]]
            made[row["key"]] = comment = Comment(
                post_id=post.id or 0, parent_id=(before.parent_id or before.id) if before else None,
                author_id=people[row["author"]], body=row["body"],
                created_at=_later(row["days_ago"], before.created_at if before else post.created_at),
            )  # fmt: skip
            session.add(comment)
            post.comment_count += 1
        session.flush()
    for row in content("responses.json"):
        post = posts[row["post"]]
        session.add(
            OfficialResponse(
                post_id=post.id or 0, author_id=people[row["author"]], body=row["body"],
                created_at=_later(row["days_ago"], post.created_at),
            )
        )  # fmt: skip


def _later(days_ago: int, than: datetime) -> datetime:
    """So many days ago, but after what it answers and not in the future."""
    now = clock.now()
    at = now - timedelta(days=days_ago)
    return min(max(at, than + timedelta(minutes=9)), now - timedelta(minutes=1))
