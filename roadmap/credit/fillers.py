"""What the thanks add to an item's page: the formula, and what it came to."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from sqlmodel import Session

from cocreate.points.rules import in_force
from cocreate.web.page import Page
from roadmap.credit import formula, service
from roadmap.credit.rules import SHIPPED


def on_item_pages(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """item.page: how points are shared when it ships, or how they were."""
    rule = in_force(session, SHIPPED)
    drawn: dict[int, Markup] = {}
    for item_id in ids:
        credit = service.standing(session, item_id)
        if credit is None and not (rule.active and rule.amount):
            continue
        drawn[item_id] = page.fragment(
            "roadmap/credit/_shares.html", credit=credit, amount=credit.amount if credit else rule.amount,
            parts=(formula.FIRST, formula.OTHERS, formula.HELPERS),
            mine=dict(credit.shares).get(page.actor.id or 0, 0) if credit else 0,
        )  # fmt: skip
    return drawn
