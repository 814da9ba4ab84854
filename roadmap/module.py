"""The roadmap's contribution: what the brand answers, what went to the cars, what is said on a stream."""

from cocreate.core.actor import EVERYONE, Role
from cocreate.core.module import Job, Module, NavItem
from cocreate.core.text_marks import N_
from feedback_cluster.events import RunFinished, ThemePostsChanged, ThemesMerged
from forum.events import (
    PostDeleted,
    PostEdited,
    PostHidden,
    PostRestored,
    PostsMerged,
    PostUnmerged,
    ScenesChanged,
    VoteCast,
    VoteWithdrawn,
)
from roadmap import bench, composing, demo, indexing
from roadmap.events import ItemStageChanged
from roadmap.items import api_v1 as items_api
from roadmap.items import notices
from roadmap.items import routes as items
from roadmap.links import listeners
from roadmap.links import routes as links
from roadmap.live import api_v1 as live_api
from roadmap.live import routes as live
from roadmap.releases import api_v1 as releases_api
from roadmap.releases import routes as releases
from roadmap.slots import SLOTS

POLICIES = {
    "roadmap.read": EVERYONE,
    "roadmap.edit": frozenset({Role.PM, Role.ADMIN}),
    "live.watch": EVERYONE,
    "live.host": frozenset({Role.HOST, Role.PM, Role.ADMIN}),
}

module = Module(
    name="roadmap",
    models=[
        "roadmap.items.models",
        "roadmap.boards.models",
        "roadmap.publishing.models",
        "roadmap.links.models",
        "roadmap.releases.models",
        "roadmap.applicability.models",
        "roadmap.live.models",
        "roadmap.promises.models",
    ],
    routers=[
        items.router,
        links.router,
        releases.router,
        live.router,
        items_api.router,
        releases_api.router,
        live_api.router,
    ],
    policies=POLICIES,
    search_sources=[indexing.items, indexing.releases],
    slots={**SLOTS, **composing.SLOTS},
    nav=[
        NavItem(N_("Roadmap"), "show_roadmap", "route", position=20),
        NavItem(N_("Releases"), "show_releases", "rocket", position=30),
        NavItem(N_("Livestream"), "show_host", "radio", room="host", group="answer", policy="live.host", position=60),
    ],
    notices=notices.NOTICES,
    seeds=[demo.seed],
    benches={"live": bench.live},
    jobs=[
        Job("roadmap.tell_supporters", notices.tell_supporters, own_sessions=True),
        Job("roadmap.sync_item", listeners.sync_item, own_sessions=True),
        Job("roadmap.settle_posts", listeners.settle_posts, own_sessions=True),
    ],
    listeners={
        ItemStageChanged: [notices.queue_messages],
        ThemePostsChanged: [listeners.follow_posts],
        ThemesMerged: [listeners.follow_merge],
        RunFinished: [listeners.follow_run],
        VoteCast: [listeners.recount],
        VoteWithdrawn: [listeners.recount],
        PostDeleted: [listeners.recount, notices.forget_title],
        PostEdited: [notices.forget_title],
        PostHidden: [listeners.recount, notices.forget_title],
        PostRestored: [listeners.recount],
        ScenesChanged: [listeners.recount],
        PostsMerged: [listeners.follow_posts_merged],
        PostUnmerged: [listeners.follow_posts_merged],
    },
)
