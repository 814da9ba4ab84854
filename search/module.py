"""Search's contribution: the index, the page, the JSON routes, the commands."""

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.module import Job, Module, NavItem, Timer
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from search import api_v1, commands, jobs, routes
from search.bench import made
from search.habits import routes as habits
from search.habits.service import forget_searcher
from search.meili import jobs as meili_jobs
from search.meili import pump
from search.meili import routes as meili
from search.misses import routes as misses

module = Module(
    name="search",
    # One's own searches and the misses come first: their addresses begin with that of the page.
    routers=[habits.router, misses.router, meili.router, routes.router, api_v1.router],
    models=[
        "search.models",
        "search.meili.models",
        "search.lexicon.models",
        "search.habits.models",
        "search.misses.models",
    ],
    jobs=[Job("search.tidy", jobs.tidy), Job("search.check_server", meili_jobs.want_nightly_check)],
    timers=[Timer("search.tidy", hour="nightly_hour"), Timer("search.check_server", hour="nightly_hour")],
    background=[pump.run],
    listeners={MemberLeft: [forget_searcher]},
    commands=[commands.register],
    policies={
        "search.use": EVERYONE,
        "search.keep": MEMBERS,
        "search.misses": frozenset({Role.PM, Role.ADMIN}),
        "search.server": frozenset({Role.ADMIN}),
    },
    nav=[
        NavItem(N_("Not found"), "show_misses", "search", room="staff", policy="search.misses", position=45),
        NavItem(
            N_("Search server"), "show_search_health", "settings", room="staff", policy="search.server", position=95
        ),
    ],
    doctor=[meili_jobs.doctor],
    benches={"search": made.search_bench},
)
