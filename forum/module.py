"""The forum's contribution: what owners say, and what they are told about it."""

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.module import Job, Module, NavItem, Timer
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from forum import demo, exchange, indexing, notices, points, points_demo
from forum.compose import drafts
from forum.duplicates import demo as duplicates_demo
from forum.duplicates import following, outcome
from forum.duplicates import jobs as duplicates_jobs
from forum.events import (
    CommentAdded,
    ObjectionDecided,
    OfficialResponseGiven,
    PostDeleted,
    PostEdited,
    PostHidden,
    PostRestored,
    PostsImported,
    PostsMerged,
    PostStatusChanged,
    PostSubmitted,
    PostUnmerged,
    SceneAdded,
    ScenesChanged,
    VoteCast,
    VoteWithdrawn,
)
from forum.follows.service import forget_follower
from forum.merging import demo as merge_demo
from forum.merging import indexing as merging_index
from forum.merging import notices as merge_notices
from forum.merging.service import TELL, UNTELL
from forum.merging.splitting import TELL_SPLIT
from forum.scenes import demo as scene_demo
from forum.scenes import notices as scene_notices
from forum.silence import demo as silence_demo
from forum.silence import listeners as silence
from forum.silence.rules import QUEUE as FIRST_ANSWER
from forum.silence.views import on_post as show_wait

POLICIES = {
    "forum.read": EVERYONE,
    "forum.write": MEMBERS,
    "forum.moderate": frozenset({Role.MODERATOR, Role.ADMIN}),
    "forum.respond": frozenset({Role.AGENT, Role.PM, Role.ADMIN}),
    "forum.match": frozenset({Role.MODERATOR, Role.AGENT, Role.PM, Role.ADMIN}),
    "forum.merge": frozenset({Role.MODERATOR, Role.AGENT, Role.PM, Role.ADMIN}),
    "forum.set_status": frozenset({Role.AGENT, Role.PM, Role.ADMIN}),
}

module = Module(
    name="forum",
    routers=[
        "forum.compose.routes",
        "forum.compose.draft_routes",
        "forum.posts.routes",
        "forum.scenes.routes",
        "forum.votes.routes",
        "forum.comments.routes",
        "forum.follows.routes",
        "forum.desk.routes",
        "forum.silence.routes",
        "forum.moderation.routes",
        "forum.merging.routes",
        "forum.merging.split_routes",
        "forum.duplicates.routes",
        "forum.duplicates.same_routes",
        "forum.api_v1",
        "forum.merging.api_v1",
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
        OfficialResponseGiven: [notices.tell_about_response, indexing.refresh_facts, silence.hear_response],
        PostStatusChanged: [notices.tell_about_status, indexing.refresh_facts],
        VoteCast: [indexing.refresh_facts],
        VoteWithdrawn: [indexing.refresh_facts],
        CommentAdded: [notices.tell_about_comment, silence.hear_comment],
        PostDeleted: [
            points.settle_post,
            notices.forget_words,
            merge_notices.forget_own,
            merging_index.index_head,
            silence.follow_post,
            silence.forget_title,
        ],
        PostHidden: [
            points.settle_post,
            notices.forget_words,
            merge_notices.forget_own,
            merging_index.index_head,
            silence.follow_post,
            silence.forget_title,
        ],
        PostEdited: [
            notices.forget_words,
            merge_notices.forget_own,
            scene_notices.index_scenes,
            merging_index.index_head,
            duplicates_jobs.match_edited,
            silence.follow_post,
            silence.forget_title,
        ],
        PostRestored: [points.settle_post, scene_notices.index_scenes, merging_index.index_head, silence.follow_post],
        SceneAdded: [scene_notices.tell_about_scene],
        ScenesChanged: [points.settle_scenes, scene_notices.index_scenes],
        PostSubmitted: [points.settle_post, duplicates_jobs.match_submitted, silence.follow_post],
        PostsImported: [duplicates_jobs.match_imported],
        PostsMerged: [merging_index.index_heads, following.follow_merge, silence.follow_merge],
        PostUnmerged: [
            merging_index.index_heads,
            following.follow_undo,
            duplicates_jobs.match_unmerged,
            silence.follow_undo,
        ],
        ObjectionDecided: [merge_notices.tell_objector],
        MemberLeft: [forget_follower, drafts.forget_drafts],
    },
    slots={"post.page": [show_wait, notices.on_post_pages], "me.card": [show_wait], "points.post": [points.on_points]},
    queues=[FIRST_ANSWER],
    policies=POLICIES,
    points_rules=points.RULES,
    search_sources=[indexing.posts],
    tables=[exchange.posts],
    notices={**notices.NOTICES, **scene_notices.NOTICES, **outcome.NOTICES, **merge_notices.NOTICES},
    jobs=[
        Job("forum.prune_drafts", drafts.prune_drafts),
        Job(duplicates_jobs.JOB, duplicates_jobs.find_duplicates, own_sessions=True, slow=True),
        Job("forum.find_duplicates_nightly", duplicates_jobs.find_nightly),
        Job(outcome.JOB, outcome.tell_reporters),
        Job(TELL, merge_notices.tell_merge, own_sessions=True),
        Job(UNTELL, merge_notices.tell_unmerge, own_sessions=True),
        Job(TELL_SPLIT, merge_notices.tell_split),
    ],
    timers=[Timer("forum.prune_drafts"), Timer("forum.find_duplicates_nightly", hour=3)],
    seeds=[demo.seed, scene_demo.seed, merge_demo.seed, duplicates_demo.seed, points_demo.seed, silence_demo.seed],
    benches={
        "board": "forum.bench:board",
        "compose": "forum.compose.bench:compose",
        "duplicates": "forum.duplicates.bench:duplicates",
    },
    nav=[
        NavItem(N_("Look around"), "show_board", "house", position=10),
        NavItem(
            N_("Duplicates"),
            "show_duplicates",
            "git-merge",
            room="staff",
            group="care",
            policy="forum.match",
            position=20,
        ),
        NavItem(
            N_("Merges"), "show_merges", "git-merge", room="staff", group="care", policy="forum.merge", position=25
        ),
        NavItem(
            N_("Out of sight"),
            "show_hidden",
            "eye-off",
            room="staff",
            group="care",
            policy="forum.moderate",
            position=70,
        ),
    ],
)
