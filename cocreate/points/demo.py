"""The demo's points: what they can be spent on, one gift and one reward that waits to be handed over."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from cocreate.points import service
from cocreate.points.grants import MONTHS
from cocreate.points.models import GrantState, PointGrant, Redemption, Reward

CONTENT = Path(__file__).parent / "demo.json"


def seed(runtime: Runtime) -> None:
    """Write them; expects the ids that identity's seed left in the runtime's memory."""
    people: dict[str, int] = runtime.memory["demo.people"]
    rows = json.loads(CONTENT.read_text(encoding="utf-8"))
    with runtime.database.write() as session:
        rewards = [Reward(**row) for row in rows["rewards"]]
        session.add_all(rewards)
        session.flush()
        for row in rows["gifts"]:
            _give(session, row, people)
        for row in rows["redeemed"]:
            _redeem(session, row, people, rewards[row["reward"]])


def _give(session: Session, row: dict[str, Any], people: dict[str, int]) -> None:
    at = clock.now() - timedelta(days=row["days_ago"])
    gift = PointGrant(
        member_id=people[row["who"]], amount=row["amount"], reason=row["reason"], by_id=people[row["by"]], at=at,
        state=GrantState(row["state"]),
    )  # fmt: skip
    session.add(gift)
    session.flush()
    if gift.state is GrantState.GIVEN:
        key = f"grant:{gift.id}"
        service.grant(session, gift.member_id, gift.amount, key=key, about=key, months=MONTHS, at=at)


def _redeem(session: Session, row: dict[str, Any], people: dict[str, int], reward: Reward) -> None:
    paid = Redemption(
        reward_id=reward.id or 0, member_id=people[row["who"]], title=reward.title, cost=reward.cost, code=row["code"]
    )
    session.add(paid)
    session.flush()
    service.spend(session, paid.member_id, paid.cost, key=f"redemption:{paid.id}", about=f"redemption:{paid.id}")
