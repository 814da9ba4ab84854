"""What the roadmap adds to the receipt of one's own sentence."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape
from sqlmodel import Session, col

from cocreate.core.tables import columns
from cocreate.points.queries import earned_for
from cocreate.web.page import Page
from roadmap.applicability.lines import my_items
from roadmap.boards.audience import may_follow
from roadmap.followup import queries as followups
from roadmap.followup.rules import REPLY_LABELS
from roadmap.items.models import RoadmapItem
from roadmap.slots import WORDS, journeys


def on_points(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """points.item: what an item is called, for whoever may see it."""
    statement = columns(RoadmapItem.id, RoadmapItem.title).where(
        col(RoadmapItem.id).in_(list(ids)), may_follow(page.actor)
    )
    return {item_id: escape(title) for item_id, title in session.exec(statement)}


def on_receipts(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """me.receipt: every step with its date and sentence, the release, one's own car, one's reply and points."""
    actor = page.actor
    found = journeys(session, actor, ids)
    item_ids = sorted({mark.item_id for marks in found.values() for mark in marks})
    if not item_ids:
        return {}
    rounds = followups.rounds_of(session, item_ids)
    asks = followups.open_asks(session, actor.member_id, [row.id or 0 for row in rounds.values()])
    earned = earned_for(session, actor.member_id, [f"item:{item_id}" for item_id in item_ids])
    releases = dict(
        session.exec(columns(RoadmapItem.id, RoadmapItem.release_id).where(col(RoadmapItem.id).in_(item_ids))).all()
    )
    cars = my_items(session, actor, item_ids)
    return {
        post_id: page.fragment(
            "roadmap/slots/me_receipt.html", marks=marks, cars=cars, releases=releases,
            asks={item_id: asks[row.id or 0] for item_id, row in rounds.items() if (row.id or 0) in asks},
            earned={item_id: earned.get(f"item:{item_id}", 0) for item_id in item_ids}, reply_labels=REPLY_LABELS,
            **WORDS,
        )
        for post_id, marks in found.items()
    }  # fmt: skip
