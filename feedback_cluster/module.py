"""What themes bring to the house."""

from cocreate.core.actor import STAFF, Role
from cocreate.core.module import Job, Module, Timer
from feedback_cluster import commands
from feedback_cluster.runs.jobs import run_clusters, run_nightly
from feedback_cluster.runs.service import JOB
from feedback_cluster.themes import listeners
from feedback_cluster.themes.assign import assign_posts, count_themes
from forum.events import (
    PostDeleted,
    PostEdited,
    PostHidden,
    PostRestored,
    PostsImported,
    PostStatusChanged,
    PostSubmitted,
    VoteCast,
    VoteWithdrawn,
)

POLICIES = {
    "theme.read": STAFF,
    "theme.triage": frozenset({Role.PM, Role.ADMIN}),
}

module = Module(
    name="feedback_cluster",
    models=["feedback_cluster.runs.models", "feedback_cluster.themes.models"],
    jobs=[
        Job(JOB, run_clusters, own_sessions=True, slow=True),
        Job("feedback_cluster.nightly", run_nightly),
        Job(listeners.ASSIGN, assign_posts, own_sessions=True),
        Job("feedback_cluster.count", count_themes, own_sessions=True),
    ],
    timers=[Timer("feedback_cluster.nightly", hour="nightly_hour")],
    commands=[commands.register],
    listeners={
        PostSubmitted: [listeners.place_post],
        PostEdited: [listeners.place_post],
        PostRestored: [listeners.place_post],
        PostsImported: [listeners.place_imported],
        PostDeleted: [listeners.drop_post],
        PostHidden: [listeners.drop_post],
        VoteCast: [listeners.follow_votes],
        VoteWithdrawn: [listeners.follow_votes],
        PostStatusChanged: [listeners.follow_status],
    },
    policies=POLICIES,
)
