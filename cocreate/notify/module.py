"""Notify's contribution: the inbox."""

from cocreate.core.actor import MEMBERS
from cocreate.core.module import Module, NavItem
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from cocreate.notify.inbox import routes
from cocreate.notify.inbox.service import empty_inbox

module = Module(
    name="notify",
    routers=[routes.router],
    models=[
        "cocreate.notify.inbox.models",
        "cocreate.notify.preferences.models",
        "cocreate.notify.robots.models",
        "cocreate.notify.deliveries.models",
    ],
    policies={"notify.inbox": MEMBERS},
    listeners={MemberLeft: [empty_inbox]},
    slots={"shell.unread": [routes.fill_unread]},
    nav=[NavItem(N_("Inbox"), "show_inbox", "inbox", policy="notify.inbox", position=40)],
)
