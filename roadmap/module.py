"""The roadmap's contribution: what the brand answers, what went to the cars, what is said on a stream."""

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.module import Job, Module, NavItem, Timer
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft, SoftwareKnown
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
from roadmap import composing, demo, indexing, receipts
from roadmap.applicability import receiving
from roadmap.boards.audience import EDITORS
from roadmap.credit import fillers as credit_fillers
from roadmap.credit import rules as points_rules
from roadmap.credit import service as credit
from roadmap.events import CarReceived, ItemStageChanged
from roadmap.fairness import counting
from roadmap.fairness import demo as fairness_demo
from roadmap.fairness import service as announcing
from roadmap.fairness import telling as announcements
from roadmap.followup import asking as followup_asking
from roadmap.followup import demo as followup_demo
from roadmap.followup import fillers as followup_fillers
from roadmap.followup import notices as followup_notices
from roadmap.followup import service as followup
from roadmap.items import notices
from roadmap.links import listeners
from roadmap.promises import demo as promises_demo
from roadmap.promises import exchange as promise_table
from roadmap.promises import follow as promises
from roadmap.promises import service as promise_dates
from roadmap.promises import telling as promise_news
from roadmap.publishing import service as publishing_service
from roadmap.releases import halting, personal, rollout
from roadmap.slots import SLOTS
from roadmap.value import demo as value_demo
from roadmap.value import service as value

POLICIES = {
    "roadmap.read": EVERYONE,
    "followup.answer": MEMBERS,
    "roadmap.edit": EDITORS,
    "roadmap.arrange": frozenset({Role.ADMIN}),
    "value.read": frozenset({Role.PM, Role.ADMIN}),
    "promise.make": frozenset({Role.HOST, Role.PM, Role.ADMIN}),
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
        "roadmap.fairness.models",
        "roadmap.value.models",
        "roadmap.credit.models",
        "roadmap.followup.models",
    ],
    routers=[
        "roadmap.boards.settings_routes",
        "roadmap.boards.routes",
        "roadmap.publishing.routes",
        "roadmap.followup.routes",
        "roadmap.items.routes",
        "roadmap.links.routes",
        "roadmap.releases.feed_routes",
        "roadmap.applicability.routes",
        "roadmap.applicability.api_v1",
        "roadmap.releases.routes",
        "roadmap.releases.rollout_routes",
        "roadmap.live.routes",
        "roadmap.promises.routes",
        "roadmap.fairness.routes",
        "roadmap.value.routes",
        "roadmap.items.api_v1",
        "roadmap.releases.api_v1",
        "roadmap.live.api_v1",
        "roadmap.promises.api_v1",
        "roadmap.fairness.api_v1",
        "roadmap.value.api_v1",
    ],
    policies=POLICIES,
    search_sources=[indexing.items, indexing.releases],
    tables=[promise_table.promises],
    slots={
        **SLOTS,
        **composing.SLOTS,
        "me.receipt": [receipts.on_receipts],
        "points.item": [receipts.on_points],
        "item.page": [followup_fillers.on_item_pages, credit_fillers.on_item_pages, notices.on_item_pages],
    },
    points_rules=points_rules.RULES,
    nav=[
        NavItem(N_("Roadmap"), "show_roadmap", "route", position=20),
        NavItem(N_("Releases"), "show_releases", "rocket", position=30),
        NavItem(
            N_("To be published"),
            "show_publishing",
            "upload",
            room="staff",
            group="answer",
            policy="roadmap.edit",
            position=20,
        ),
        NavItem(N_("Roadmap boards"), "arrange_boards", "columns-3", room="staff", policy="roadmap.edit", position=60),
        NavItem(N_("Promises"), "show_promises", "circle-check", position=35),
        NavItem(
            N_("Announcements"),
            "show_announcements",
            "flag",
            room="staff",
            group="answer",
            policy="roadmap.edit",
            position=30,
        ),
        NavItem(
            N_("Value report"),
            "show_value",
            "chart-column",
            room="staff",
            group="measure",
            policy="value.read",
            position=20,
        ),
        NavItem(N_("Livestream"), "show_host", "radio", room="host", group="answer", policy="live.host", position=60),
    ],
    notices={
        **followup_notices.NOTICES,
        **notices.NOTICES,
        **promises.NOTICES,
        **promise_news.NOTICES,
        **announcements.NOTICES,
        **personal.NOTICES,
        **halting.NOTICES,
    },
    seeds=[demo.seed, followup_demo.seed, promises_demo.seed, fairness_demo.seed, value_demo.seed],
    benches={"live": "roadmap.bench:live", "publish": "roadmap.publish_bench:publish"},
    jobs=[
        Job("roadmap.tell_supporters", notices.tell_supporters, own_sessions=True),
        Job(announcing.TELL, announcements.tell_announcement, own_sessions=True),
        Job(counting.JOB, counting.count_announcements, own_sessions=True),
        Job(value.JOB, value.count_value, own_sessions=True, slow=True),
        Job(promises.JOB, promises.follow, own_sessions=True),
        Job(promise_dates.TELL, promise_news.tell_moved, own_sessions=True),
        Job(receiving.NOTE_JOB, personal.tell_receivers),
        Job(rollout.JOB, personal.release_out, own_sessions=True),
        Job(rollout.HALT_JOB, halting.tell_halted, own_sessions=True),
        Job("roadmap.open_followup", followup_asking.open_followup, own_sessions=True, slow=True),
        Job("roadmap.ask_followup", followup_asking.ask_due, own_sessions=True),
        Job("roadmap.judge_followup", followup.judge_followup, own_sessions=True),
        Job(followup.GATHER, followup.gather_reasons, own_sessions=True),
        Job("roadmap.settle_credit", credit.settle_credit, own_sessions=True),
        Job("roadmap.sync_item", listeners.sync_item, own_sessions=True),
        Job("roadmap.count_told", publishing_service.count_told),
        Job("roadmap.settle_posts", listeners.settle_posts, own_sessions=True),
    ],
    timers=[
        Timer("roadmap.ask_followup", every_minutes=60),
        Timer(promises.JOB, every_minutes=60),
        Timer(counting.JOB, every_minutes=60),
        Timer(value.JOB, hour=4),
    ],
    listeners={
        SoftwareKnown: [receiving.note_software],
        CarReceived: [followup_asking.note_receiver],
        MemberLeft: [followup.forget_replies],
        ItemStageChanged: [
            credit.queue_credit,
            followup_asking.queue_round,
            promises.ask_for_round,
        ],
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
