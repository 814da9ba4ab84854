"""What earns points: modules declare their rules in `Module.points_rules`, staff may change amounts and caps."""

from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.points.forms import RuleForm
from cocreate.points.models import RuleSetting

DAY, WEEK = timedelta(hours=24), timedelta(days=7)
"""Caps look back over so much time and not at a calendar: nothing is to be gained by waiting for midnight."""


@dataclass(frozen=True)
class PointsRule:
    """One thing that earns points.

    name: "forum.post", under which entries are kept. label: msgid. amount: points for each time. day_cap, week_cap: the
    most that one member earns by it within 24 hours and within seven days; None: no limit. months: how long the points
    last; None: for good. active: whether it earns anything. route, param: the page of what it was for, such as
    show_post and post_id, by which an entry about post:12 links to it.
    """

    name: str
    label: str
    amount: int
    day_cap: int | None = None
    week_cap: int | None = None
    months: int | None = 24
    active: bool = True
    route: str = ""
    param: str = ""
    edited: bool = False
    shared: bool = False
    """Its amount is split among several: never capped, or the shares would not sum up to it."""


def in_force(session: Session, rule: PointsRule) -> PointsRule:
    """The rule as staff have set it, or as it was declared."""
    row = session.get(RuleSetting, rule.name, populate_existing=True)
    if row is None:
        return rule
    day_cap, week_cap = (None, None) if rule.shared else (row.day_cap, row.week_cap)
    return replace(
        rule, amount=row.amount, day_cap=day_cap, week_cap=week_cap, months=row.months, active=row.active, edited=True
    )


def set_rule(session: Session, rule: PointsRule, form: RuleForm, *, by: Actor) -> None:
    """Let the rule stand like this from now on."""
    row = session.get(RuleSetting, rule.name) or RuleSetting(name=rule.name, amount=rule.amount)
    for name, value in form.model_dump().items():
        setattr(row, name, value)
    row.edited_by, row.edited_at = by.id, clock.now()
    session.add(row)
    session.flush()
    audit.record(session, by, "points.rule", "points_rule", None, rule=rule.name, **form.model_dump())


def reset_rule(session: Session, name: str, *, by: Actor) -> None:
    """Let the rule stand as its module declares it."""
    session.connection().execute(sa.delete(RuleSetting).where(col(RuleSetting.name) == name))
    audit.record(session, by, "points.rule_reset", "points_rule", None, rule=name)
