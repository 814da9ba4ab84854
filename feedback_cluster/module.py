"""What themes bring to the house."""

from cocreate.core.actor import MEMBERS, STAFF, Role
from cocreate.core.module import Job, Module, NavItem, Timer
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from feedback_cluster import commands, demo
from feedback_cluster.changes.propose import TAKE
from feedback_cluster.changes.take import take_effect
from feedback_cluster.dossiers import fillers as dossier_fillers
from feedback_cluster.dossiers.notices import NOTICES as DOSSIER_NOTICES
from feedback_cluster.dossiers.service import forget_words
from feedback_cluster.events import AnswerPublished, AnswerWithdrawn, RunFinished
from feedback_cluster.leadership import demo as leader_demo
from feedback_cluster.leadership import listeners as leadership
from feedback_cluster.leadership import notices as leader_notices
from feedback_cluster.leadership.service import FREEZE, TELL, freeze_week
from feedback_cluster.priority.jobs import recount
from feedback_cluster.priority.listeners import follow_run
from feedback_cluster.priority.service import RECOUNT
from feedback_cluster.questions import service as questions
from feedback_cluster.questions.notices import NOTICES as QUESTION_NOTICES
from feedback_cluster.radar import demo as radar_demo
from feedback_cluster.radar import fillers as radar_fillers
from feedback_cluster.radar.jobs import JOB as RADAR
from feedback_cluster.radar.jobs import look_round
from feedback_cluster.radar.notices import NOTICES as RADAR_NOTICES
from feedback_cluster.runs.jobs import get_ready, run_clusters, run_nightly
from feedback_cluster.runs.service import JOB
from feedback_cluster.themes import declining, indexing, listeners, takebacks
from feedback_cluster.themes.assign import assign_posts, count_themes
from feedback_cluster.themes.receipts import QUEUE as RECEIPT_QUEUE
from feedback_cluster.triage import bulk, fillers
from feedback_cluster.triage import demo as triage_demo
from feedback_cluster.triage import notices as triage_notices
from feedback_cluster.triage import voices as voice_fillers
from forum.events import (
    PostDeleted,
    PostEdited,
    PostHidden,
    PostRestored,
    PostsImported,
    PostsMerged,
    PostStatusChanged,
    PostSubmitted,
    PostsWithdrawn,
    PostUnmerged,
    VoteCast,
    VoteWithdrawn,
)
from search.events import LexiconChanged

POLICIES = {
    "theme.read": STAFF,
    "theme.triage": frozenset({Role.PM, Role.ADMIN}),
    "theme.receive": STAFF,
    "question.answer": MEMBERS,
    "dossier.note": STAFF,
}

module = Module(
    name="feedback_cluster",
    # Runs come first: their address would otherwise be read as a theme's.
    routers=[
        "feedback_cluster.runs.routes",
        "feedback_cluster.changes.routes",
        "feedback_cluster.changes.api_v1",
        "feedback_cluster.guiding.routes",
        "feedback_cluster.triage.routes",
        "feedback_cluster.triage.actions",
        "feedback_cluster.triage.many",
        "feedback_cluster.triage.keeping",
        "feedback_cluster.questions.routes",
        "feedback_cluster.meetings.routes",
        "feedback_cluster.triage.api_v1",
        "feedback_cluster.triage.acts_api_v1",
        "feedback_cluster.priority.routes",
        "feedback_cluster.fleet.routes",
        "feedback_cluster.radar.routes",
        "feedback_cluster.radar.incident_routes",
        "feedback_cluster.radar.api_v1",
        "feedback_cluster.dossiers.routes",
        "feedback_cluster.dossiers.api_v1",
        "feedback_cluster.leadership.routes",
    ],
    models=[
        "feedback_cluster.runs.models",
        "feedback_cluster.themes.models",
        "feedback_cluster.triage.models",
        "feedback_cluster.questions.models",
        "feedback_cluster.meetings.models",
        "feedback_cluster.changes.models",
        "feedback_cluster.priority.models",
        "feedback_cluster.fleet.models",
        "feedback_cluster.radar.models",
        "feedback_cluster.dossiers.models",
        "feedback_cluster.leadership.models",
    ],
    jobs=[
        Job(JOB, run_clusters, own_sessions=True, slow=True),
        Job("feedback_cluster.nightly", run_nightly),
        Job(TAKE, take_effect, own_sessions=True),
        Job(listeners.ASSIGN, assign_posts, own_sessions=True),
        Job("feedback_cluster.count", count_themes, own_sessions=True),
        Job(RECOUNT, recount, own_sessions=True),
        Job(RADAR, look_round, own_sessions=True),
        Job(FREEZE, freeze_week, own_sessions=True),
        Job(TELL, leader_notices.tell_answer, own_sessions=True),
        Job(bulk.JOB, bulk.work, own_sessions=True),
        Job(declining.TELL, triage_notices.tell_declined, own_sessions=True),
        Job(takebacks.TELL_TAKEN_BACK, triage_notices.tell_taken_back, own_sessions=True),
    ],
    queues=[RECEIPT_QUEUE],
    timers=[
        Timer("feedback_cluster.nightly", hour="nightly_hour"),
        Timer(RADAR, every_minutes=60),
        Timer(FREEZE, every_minutes=60),
    ],
    commands=[commands.register],
    listeners={
        MemberLeft: [questions.forget_answers],
        PostSubmitted: [listeners.place_post],
        PostEdited: [listeners.place_post, leader_notices.forget_title, triage_notices.forget_words],
        PostRestored: [listeners.place_post],
        PostsImported: [listeners.place_imported],
        PostDeleted: [listeners.drop_post, leader_notices.forget_title, forget_words, triage_notices.forget_words],
        PostHidden: [listeners.drop_post, leader_notices.forget_title, triage_notices.forget_words],
        PostsWithdrawn: [listeners.drop_withdrawn, forget_words],
        VoteCast: [listeners.follow_votes],
        VoteWithdrawn: [listeners.follow_votes],
        PostStatusChanged: [listeners.follow_status],
        PostsMerged: [listeners.follow_merge],
        PostUnmerged: [listeners.follow_merge],
        LexiconChanged: [listeners.mark_lexicon],
        RunFinished: [follow_run],
        AnswerPublished: [leadership.stop_silence],
        AnswerWithdrawn: [leadership.break_silence],
    },
    slots={
        "post.page": [fillers.on_post_page, radar_fillers.on_post_page],
        "me.card": [fillers.on_my_card],
        "me.theme": [voice_fillers.on_my_theme],
        "theme.card": [radar_fillers.on_theme_card],
        "theme.page": [radar_fillers.on_theme_page, dossier_fillers.on_theme_page],
    },
    policies=POLICIES,
    search_sources=[indexing.themes],
    nav=[
        NavItem(
            N_("Themes"), "show_themes", "layers", room="staff", group="understand", policy="theme.read", position=10
        ),
        NavItem(
            N_("Radar"),
            "show_radar",
            "triangle-alert",
            room="staff",
            group="understand",
            policy="theme.read",
            position=12,
        ),
        NavItem(
            N_("Five of the week"),
            "show_leadership",
            "flag",
            room="staff",
            group="answer",
            policy="theme.read",
            position=5,
        ),
    ],
    notices={
        **RADAR_NOTICES,
        **DOSSIER_NOTICES,
        **leader_notices.NOTICES,
        **triage_notices.NOTICES,
        **QUESTION_NOTICES,
    },
    before_seeds=[get_ready],
    seeds=[demo.seed, radar_demo.seed, triage_demo.seed, leader_demo.seed],
    benches={
        "cluster": "feedback_cluster.bench.cluster:cluster",
        "themes": "feedback_cluster.bench.themes:themes",
        "sentiment": "feedback_cluster.bench.sentiment:sentiment",
    },
)
