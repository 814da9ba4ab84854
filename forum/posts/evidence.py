"""What a post is worth as evidence: when and from where it came, in which car, and whether its author is new here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core.tables import columns
from cocreate.exchange.imports.models import Import
from cocreate.identity.vehicles.models import Vehicle
from forum.posts.models import Post, PostTag

ORDERED = ("下单:", "订单:", "order:", "ordered:")
REGION = ("地区:", "区域:", "城市:", "region:")
"""How a tag says when a car was ordered and where it is driven; imports name both so."""
CHUNK = 5_000


@dataclass(frozen=True)
class Origin:
    """import_id, arrived_at: None for what was written here. dated: whether it names a day of its own. order_month,
    region: "" where nobody said."""

    source: str
    import_id: int | None
    arrived_at: datetime | None
    dated: bool
    vehicle_id: int | None
    verified: bool
    model: str
    model_year: int | None
    software: str
    region: str
    order_month: str = ""


def origins(session: Session, post_ids: Iterable[int]) -> dict[int, Origin]:
    """Where these posts come from."""
    wanted = sorted(set(post_ids))
    said = _tagged(session, wanted)
    found: dict[int, Origin] = {}
    for start in range(0, len(wanted), CHUNK):
        statement = (
            columns(
                Post.id, Post.source, Post.import_id, Import.created_at, Post.created_at, Post.vehicle_id,
                Vehicle.verified_at, Post.model, Post.model_year, Vehicle.software, Vehicle.region,
            )
            .outerjoin(Import, col(Import.id) == Post.import_id)
            .outerjoin(Vehicle, col(Vehicle.id) == Post.vehicle_id)
            .where(col(Post.id).in_(wanted[start : start + CHUNK]))
        )  # fmt: skip
        for post_id, source, import_id, filed_at, created_at, vehicle_id, verified_at, *car in session.exec(statement):
            model, year, software, region = car
            month, place = said.get(post_id, ("", ""))
            found[post_id] = Origin(
                source=source,
                import_id=import_id,
                arrived_at=filed_at,
                # A row without a date is given the moment of its import.
                dated=filed_at is None or created_at < filed_at,
                vehicle_id=vehicle_id,
                verified=verified_at is not None,
                model=model or "",
                model_year=year,
                software=software or "",
                region=region or place,
                order_month=month,
            )
    return found


def _tagged(session: Session, post_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    telling = sa.or_(*(col(PostTag.tag).startswith(prefix, autoescape=True) for prefix in (*ORDERED, *REGION)))
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(post_ids), CHUNK):
        chunk = list(post_ids[start : start + CHUNK])
        statement = columns(PostTag.post_id, PostTag.tag).where(col(PostTag.post_id).in_(chunk), telling)
        for post_id, tag in session.exec(statement):
            month, place = found.get(post_id, ("", ""))
            prefix, _, value = tag.partition(":")
            if f"{prefix}:" in ORDERED:
                month = value.strip()
            else:
                place = value.strip()
            found[post_id] = (month, place)
    return found


def first_words(session: Session, post_ids: Iterable[int]) -> set[int]:
    """Those of the posts whose author, member or label, had said nothing before them; posts of nobody are left out."""
    wanted = sorted(set(post_ids))
    found: set[int] = set()
    for start in range(0, len(wanted), CHUNK):
        statement = columns(Post.id, Post.created_at, Post.author_id, Post.source, Post.author_label).where(
            col(Post.id).in_(wanted[start : start + CHUNK])
        )
        rows = session.exec(statement).all()
        members = _began(session, col(Post.author_id), {row[2] for row in rows if row[2] is not None})
        labels = _began(session, col(Post.author_label), {row[4] for row in rows if row[2] is None and row[4]})
        for post_id, created_at, author_id, source, label in rows:
            began = members.get(("", author_id)) if author_id is not None else labels.get((source, label))
            if began is not None and created_at <= began:
                found.add(post_id)
    return found


def _began(session: Session, who: Any, people: set[Any]) -> dict[tuple[str, Any], datetime]:
    """When each of these people first said something; labels by source, members wherever they write."""
    if not people:
        return {}
    of_member = who.key == "author_id"
    where = who.in_(sorted(people)) if of_member else sa.and_(who.in_(sorted(people)), col(Post.author_id).is_(None))
    source = sa.literal("") if of_member else col(Post.source)
    statement = (
        columns(source, who, sa.func.min(Post.created_at))
        .where(where)
        .group_by(*([who] if of_member else [source, who]))
    )
    return {(place, one): moment for place, one, moment in session.exec(statement)}
