"""Thousands of owners behind one item, as bare rows: for the bench of publishing and the test that kills the worker."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from cocreate.core import clock

POSTS_EACH = 5
"""One of so many people writes; the others vote, a few follow alone."""
CHUNK = 2000


@dataclass(frozen=True)
class Crowd:
    """Who stands behind the item, and who of them wrote."""

    item_id: int
    members: list[int]
    authors: list[int]
    posts: list[int]


def gather(session: Session, people: int, *, each: int = POSTS_EACH) -> Crowd:
    """So many members behind one theme, and an item that answers it.

    Every tenth post is merged into another, every twentieth is an imported one of nobody; who votes, votes for up to
    three posts, so that most stand behind the item more than once.
    """
    moment = clock.now()
    members = _rows(
        session,
        "member",
        [{"name": f"车主{n}", "email": f"crowd{n}@example.com", "created_at": moment} for n in range(people)],
    )
    count = max(1, people // each)
    authors = members[:count]
    posts = _rows(session, "post", [_post(n, author, moment) for n, author in enumerate(authors)])
    imported = [_post(n, None, moment) | {"author_label": f"名字{n}"} for n in range(count // 20)]
    posts += _rows(session, "post", imported)
    heads = {post: posts[place - 1] if place % 10 == 9 else post for place, post in enumerate(posts)}
    table: Any = SQLModel.metadata.tables["post"]
    for post, head in heads.items():
        if post != head:
            session.connection().execute(sa.update(table).where(table.c.id == post).values(merged_into_id=head))
    votes: list[dict[str, Any]] = []
    follows: list[dict[str, Any]] = []
    for place, member in enumerate(members[count:]):
        chosen = {posts[(place * 7 + step * 13) % len(posts)] for step in range(1 + place % 3)}
        kind = follows if place % 25 == 24 else votes
        by_head = {heads[post]: post for post in chosen}
        kind += [
            {"member_id": member, "post_id": post, "root_id": head, "created_at": moment}
            for head, post in by_head.items()
        ]
    _rows(session, "vote", votes, ids=False)
    _rows(session, "subscription", follows, ids=False)
    return Crowd(_item(session, posts, moment), members, authors, posts)


def _post(number: int, author: int | None, moment: Any) -> dict[str, Any]:
    return {
        "title": f"座椅通风第{number}档太吵", "body": f"开到第{number}档就听不清音乐，希望降噪。", "kind": "idea",
        "author_id": author, "source": "" if author else "crowd", "created_at": moment,
    }  # fmt: skip


def _item(session: Session, posts: list[int], moment: Any) -> int:
    """Theme, its voices, and an item that is linked to it."""
    [run] = _rows(session, "cluster_run", [{"state": "done", "slot": None}])
    _rows(session, "cluster_current", [{"id": 1, "run_id": run}], ids=False)
    [theme] = _rows(session, "theme", [{"name": "座椅通风噪音", "born_at": moment, "size": len(posts)}])
    facts = {"run_id": run, "theme_id": theme, "created_at": moment, "kind": "idea"}
    _rows(session, "theme_post", [{"post_id": post, **facts} for post in posts], ids=False)
    [item] = _rows(session, "roadmap_item", [{"title": "座椅通风降噪", "people": 0, "voices": len(posts)}])
    link = {"item_id": item, "theme_id": theme, "current_theme_id": theme}
    _rows(session, "item_link", [link])
    _rows(session, "item_post", [{"item_id": item, "post_id": post, "theme_id": theme} for post in posts], ids=False)
    return item


def _rows(session: Session, name: str, rows: list[dict[str, Any]], *, ids: bool = True) -> list[int]:
    """Write rows of one table, what they leave out as the model would have it; their ids."""
    table: Any = SQLModel.metadata.tables[name]
    plain = {column.name: _default(column) for column in table.columns if column.name != "id"}
    made: list[int] = []
    for start in range(0, len(rows), CHUNK):
        values = [{**plain, **row} for row in rows[start : start + CHUNK]]
        if ids:
            found = session.connection().execute(
                table.insert().returning(table.c.id, sort_by_parameter_order=True), values
            )
            made += [row[0] for row in found]
        else:
            session.connection().execute(table.insert(), values)
    return made


def _default(column: Any) -> Any:
    """What the model would put there; an own id of the theme's is its root."""
    if column.default is None:
        return None
    return column.default.arg if column.default.is_scalar else column.default.arg(None)
