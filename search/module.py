"""Search's contribution: the index, the page, the JSON routes, the commands."""

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.module import Job, Module, NavItem, Timer
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from search import commands, jobs, vocabulary
from search.events import LexiconChanged
from search.habits.service import forget_searcher
from search.lexicon import listeners as lexicon_news
from search.lexicon import recut
from search.lexicon.unknown import find_suggestions
from search.meili import jobs as meili_jobs
from search.meili import pump

module = Module(
    name="search",
    # One's own searches and the misses come first: their addresses begin with that of the page.
    routers=[
        "search.habits.routes",
        "search.misses.routes",
        "search.lexicon.routes",
        "search.meili.routes",
        "search.routes",
        "search.api_v1",
    ],
    models=[
        "search.models",
        "search.meili.models",
        "search.lexicon.models",
        "search.habits.models",
        "search.misses.models",
    ],
    jobs=[
        Job("search.recut", recut.recut, own_sessions=True, slow=True),
        Job("search.catch_up", recut.catch_up, own_sessions=True, slow=True),
        Job("search.suggest_words", find_suggestions, own_sessions=True, slow=True),
        Job("search.tidy", jobs.tidy),
        Job("search.check_server", meili_jobs.want_nightly_check),
    ],
    timers=[
        Timer("search.catch_up", hour="nightly_hour"),
        Timer("search.tidy", hour="nightly_hour"),
        Timer("search.check_server", hour="nightly_hour"),
    ],
    background=[pump.run],
    beside_pages=[vocabulary.keep_learning],
    listeners={MemberLeft: [forget_searcher], LexiconChanged: [lexicon_news.bring_into_index]},
    commands=[commands.register],
    policies={
        "search.use": EVERYONE,
        "search.keep": MEMBERS,
        "search.misses": frozenset({Role.PM, Role.ADMIN}),
        "search.lexicon": frozenset({Role.PM, Role.ADMIN}),
        "search.server": frozenset({Role.ADMIN}),
    },
    nav=[
        NavItem(N_("Lexicon"), "show_lexicon", "languages", room="staff", policy="search.lexicon", position=44),
        NavItem(N_("Not found"), "show_misses", "search", room="staff", policy="search.misses", position=45),
        NavItem(
            N_("Search server"), "show_search_health", "settings", room="staff", policy="search.server", position=95
        ),
    ],
    doctor=[meili_jobs.doctor],
    benches={
        "search": "search.bench.compare:search_bench",
        "search-outage": "search.meili.bench:outage",
        "search-server": "search.meili.bench:speed",
    },
)
