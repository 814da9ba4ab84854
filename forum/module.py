"""The forum's contribution: what owners say, and what they are told about it."""

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.module import Job, Module, NavItem, Timer
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from forum import api_v1, bench, demo, exchange, indexing, notices
from forum.comments import routes as comments
from forum.compose import bench as compose_bench
from forum.compose import draft_routes, drafts
from forum.compose import routes as compose
from forum.desk import routes as desk
from forum.duplicates import bench as duplicates_bench
from forum.duplicates import following, outcome, same_routes
from forum.duplicates import jobs as duplicates_jobs
from forum.duplicates import routes as duplicates
from forum.events import (
    CommentAdded,
    OfficialResponseGiven,
    PostDeleted,
    PostEdited,
    PostHidden,
    PostRestored,
    PostStatusChanged,
    PostUnmerged,
    PostSubmitted,
    PostsMerged,
    PostsImported,
    SceneAdded,
    ScenesChanged,
)
from forum.follows import routes as follows
from forum.follows.service import forget_follower
from forum.moderation import routes as moderation
from forum.posts import routes as posts
from forum.scenes import demo as scene_demo
from forum.scenes import notices as scene_notices
from forum.scenes import routes as scenes
from forum.votes import routes as votes

POLICIES = {
    "forum.read": EVERYONE,
    "forum.write": MEMBERS,
    "forum.moderate": frozenset({Role.MODERATOR, Role.ADMIN}),
    "forum.respond": frozenset({Role.AGENT, Role.PM, Role.ADMIN}),
    "forum.match": frozenset({Role.MODERATOR, Role.AGENT, Role.PM, Role.ADMIN}),
    "forum.set_status": frozenset({Role.AGENT, Role.PM, Role.ADMIN}),
}

module = Module(
    name="forum",
    routers=[
        compose.router,
        draft_routes.router,
        posts.router,
        scenes.router,
        votes.router,
        comments.router,
        follows.router,
        desk.router,
        moderation.router,
        duplicates.router,
        same_routes.router,
        api_v1.router,
    ],
    models=[
        "forum.boards.models",
        "forum.posts.models",
        "forum.votes.models",
        "forum.follows.models",
        "forum.comments.models",
        "forum.desk.models",
        "forum.duplicates.models",
        "forum.scenes.models",
        "forum.compose.models",
        "forum.merging.models",
    ],
    listeners={
        OfficialResponseGiven: [notices.tell_about_response],
        PostStatusChanged: [notices.tell_about_status],
        CommentAdded: [notices.tell_about_comment],
        PostDeleted: [notices.forget_words],
        PostHidden: [notices.forget_words],
        PostEdited: [notices.forget_words, scene_notices.index_scenes],
        PostRestored: [scene_notices.index_scenes],
        SceneAdded: [scene_notices.tell_about_scene],
        ScenesChanged: [scene_notices.index_scenes],
        MemberLeft: [forget_follower, drafts.forget_drafts],
    },
    policies=POLICIES,
    search_sources=[indexing.posts],
    tables=[exchange.posts],
    notices={**notices.NOTICES, **scene_notices.NOTICES},
    jobs=[Job("forum.prune_drafts", drafts.prune_drafts)],
    timers=[Timer("forum.prune_drafts")],
    seeds=[demo.seed, scene_demo.seed],
    benches={"board": bench.board, "compose": compose_bench.compose},
    nav=[
        NavItem(N_("Look around"), "show_board", "house", position=10),
        NavItem(N_("Out of sight"), "show_hidden", "eye-off", room="staff", policy="forum.moderate", position=70),
    ],
)
