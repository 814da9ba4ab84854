"""Notify's contribution: the inbox, and every other way by which members and staff are told something."""

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.module import Module, NavItem
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from cocreate.notify.inbox import routes
from cocreate.notify.inbox.service import empty_inbox
from cocreate.notify.mail import doctor
from cocreate.notify.mail import sender as mail
from cocreate.notify.preferences.service import forget_choices
from cocreate.notify.robots import sender as robot_sender
from cocreate.notify.robots.service import NOTICES

POLICIES = {
    "notify.inbox": MEMBERS,
    "notify.stop": EVERYONE,
    "notify.deliveries": frozenset({Role.ADMIN, Role.PM, Role.AGENT}),
    "notify.robots": frozenset({Role.ADMIN}),
}

module = Module(
    name="notify",
    routers=[
        "cocreate.notify.inbox.routes",
        "cocreate.notify.preferences.routes",
        "cocreate.notify.robots.routes",
        "cocreate.notify.deliveries.routes",
    ],
    models=[
        "cocreate.notify.inbox.models",
        "cocreate.notify.preferences.models",
        "cocreate.notify.robots.models",
        "cocreate.notify.deliveries.models",
    ],
    policies=POLICIES,
    notices=NOTICES,
    background=[mail.run, robot_sender.run],
    doctor=[doctor.mail],
    listeners={MemberLeft: [empty_inbox, forget_choices]},
    slots={"shell.unread": [routes.fill_unread]},
    nav=[
        NavItem(N_("Inbox"), "show_inbox", "inbox", policy="notify.inbox", position=40),
        NavItem(
            N_("Deliveries"), "show_deliveries", "inbox", room="staff", group="care", policy="notify.deliveries",
            position=80,
        ),
    ],
)  # fmt: skip
