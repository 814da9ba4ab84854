"""Points' contribution: a ledger that every module may add rules to, one's own page, and what points are spent on."""

from sqlmodel import Session

from cocreate.core.actor import MEMBERS, Role
from cocreate.core.module import Job, Module, NavItem, Notice, Timer
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from cocreate.points import demo, grants, ledger, rewards, service


def forget_member(session: Session, event: MemberLeft) -> None:
    """Whoever leaves has no points, collects nothing and is named in no reason."""
    ledger.lock(session, event.member_id)
    rewards.drop_redemptions(session, event.member_id)
    grants.forget_grants(session, event.member_id)
    service.close_account(session, event.member_id)


module = Module(
    name="points",
    models=["cocreate.points.models"],
    routers=["cocreate.points.routes", "cocreate.points.staff_routes"],
    policies={
        "points.own": MEMBERS,
        "points.give": frozenset({Role.AGENT, Role.PM, Role.ADMIN}),
        "points.manage": frozenset({Role.PM, Role.ADMIN}),
    },
    nav=[
        NavItem(
            N_("Points"), "show_points", "badge-check", room="staff", group="care", policy="points.give", position=70
        )
    ],
    notices={
        "points.granted": Notice(
            title=N_("%(amount)s points for you: %(words)s"),
            reason=N_("The brand thanks you for what you did."),
            group="own",
        ),
        "points.handed_out": Notice(
            title=N_("“%(reward)s” was handed over to you"),
            reason=N_("You redeemed it for %(cost)s points."),
            group="own",
        ),
        "points.cancelled": Notice(
            title=N_("“%(reward)s” cannot be handed over; your points are there again"),
            reason=N_("You redeemed it for %(cost)s points."),
            group="own",
        ),
    },
    seeds=[demo.seed],
    listeners={MemberLeft: [forget_member]},
    jobs=[Job("points.expire", service.expire_due, own_sessions=True)],
    timers=[Timer("points.expire", hour=4)],
)
