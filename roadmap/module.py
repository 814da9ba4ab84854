"""The roadmap's contribution: what the brand answers, what went to the cars, what is said on a stream."""

from cocreate.core.actor import EVERYONE, Role
from cocreate.core.module import Job, Module
from feedback_cluster.events import RunFinished, ThemePostsChanged, ThemesMerged
from forum.events import PostDeleted, PostHidden, PostRestored, VoteCast, VoteWithdrawn
from roadmap.events import ItemStageChanged
from roadmap.items import notices
from roadmap.links import listeners

POLICIES = {
    "roadmap.read": EVERYONE,
    "roadmap.edit": frozenset({Role.PM, Role.ADMIN}),
    "live.watch": EVERYONE,
    "live.host": frozenset({Role.HOST, Role.PM, Role.ADMIN}),
}

module = Module(
    name="roadmap",
    models=["roadmap.items.models", "roadmap.links.models", "roadmap.releases.models", "roadmap.live.models"],
    policies=POLICIES,
    notices=notices.NOTICES,
    jobs=[
        Job("roadmap.tell_supporters", notices.tell_supporters, own_sessions=True),
        Job("roadmap.sync_item", listeners.sync_item),
    ],
    listeners={
        ItemStageChanged: [notices.queue_messages],
        ThemePostsChanged: [listeners.follow_posts],
        ThemesMerged: [listeners.follow_merge],
        RunFinished: [listeners.follow_run],
        VoteCast: [listeners.recount],
        VoteWithdrawn: [listeners.recount],
        PostDeleted: [listeners.recount],
        PostHidden: [listeners.recount],
        PostRestored: [listeners.recount],
    },
)
