"""What earns points: modules declare their rules in `Module.points_rules`, staff may change amounts and caps."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlmodel import Session

from cocreate.points.models import RuleSetting

DAY, WEEK = timedelta(hours=24), timedelta(days=7)
"""Caps look back over so much time and not at a calendar: nothing is to be gained by waiting for midnight."""


@dataclass(frozen=True)
class PointsRule:
    """One thing that earns points.

    name: "forum.post", under which entries are kept. label: msgid. amount: points for each time. day_cap, week_cap: the
    most that one member earns by it within 24 hours and within seven days; None: no limit. months: how long the points
    last; None: for good. active: whether it earns anything.
    """

    name: str
    label: str
    amount: int
    day_cap: int | None = None
    week_cap: int | None = None
    months: int | None = 24
    active: bool = True
    edited: bool = False


def in_force(session: Session, rule: PointsRule) -> PointsRule:
    """The rule as staff have set it, or as it was declared."""
    row = session.get(RuleSetting, rule.name, populate_existing=True)
    if row is None:
        return rule
    return replace(
        rule, amount=row.amount, day_cap=row.day_cap, week_cap=row.week_cap, months=row.months, active=row.active,
        edited=True,
    )  # fmt: skip
