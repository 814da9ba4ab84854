"""The demo's question: most of those who have it replied, the owner to try has not; what shipped is thanked for."""

import json
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session, select

from cocreate.core import clock, outbox
from cocreate.core.runtime import Runtime
from cocreate.identity.vehicles.queries import garage
from cocreate.notify.inbox.service import tell
from roadmap.credit.service import shipped_since
from roadmap.followup import rules
from roadmap.followup.asking import behind
from roadmap.followup.models import FollowUp, FollowUpAsk, Reply
from roadmap.items.models import ItemStatus, RoadmapItem

CONTENT = Path(__file__).parent.parent / "demo" / "followup.json"


def seed(runtime: Runtime) -> None:
    """Write both, over the items of the roadmap's own seed."""
    row = json.loads(CONTENT.read_text(encoding="utf-8"))
    with runtime.database.write() as session:
        item = session.exec(select(RoadmapItem).where(RoadmapItem.title == row["item"])).one()
        _ask(session, item, row["replies"], asked=runtime.memory["demo.people"][row["unanswered"]])
        shipped = session.exec(select(RoadmapItem.id).where(RoadmapItem.status == ItemStatus.SHIPPED)).all()
        # In the order in which they shipped, so that the ledger tells one story.
        order = sorted((shipped_since(session, item_id or 0) or 0, item_id or 0) for item_id in shipped)
        for change_id, item_id in order:
            if change_id:  # by the worker, beside the first pages
                outbox.enqueue(session, "roadmap.settle_credit", item_id=item_id)


def _ask(session: Session, item: RoadmapItem, replies: list[dict[str, str]], *, asked: int) -> None:
    opened = clock.now() - timedelta(days=16)
    round_ = FollowUp(
        item_id=item.id or 0, occasion=f"release:{item.release_id}", release_id=item.release_id, days=rules.DAYS,
        threshold=rules.THRESHOLD, least=rules.LEAST, sample=rules.SAMPLE, opened_at=opened,
    )  # fmt: skip
    session.add(round_)
    session.flush()
    at = opened + timedelta(days=rules.DAYS)
    people = sorted(behind(session, item.id or 0) - {asked})
    for place, (member_id, reply) in enumerate(zip(people, replies, strict=False)):
        session.add(
            FollowUpAsk(
                round_id=round_.id or 0, member_id=member_id, due_at=at, asked_at=at, reply=Reply(reply["reply"]),
                why=reply.get("why", ""), replied_at=at + timedelta(hours=2 + 5 * place),
            )
        )  # fmt: skip
    cars = garage(session, asked)
    car = cars[0].id if cars else None
    session.add(FollowUpAsk(round_id=round_.id or 0, member_id=asked, vehicle_id=car, due_at=at, asked_at=at))
    session.flush()
    tell(
        session, [asked], "followup.asked", key=f"followup:{round_.id}", params={"item": item.title},
        url=f"/followups/{round_.id}", topic=f"item:{item.id}", own=[asked],
    )  # fmt: skip
