"""Search's contribution: the index, the page, the JSON routes, the commands."""

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.module import Job, Module, NavItem, Timer
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from search import api_v1, commands, jobs, routes
from search.bench import made
from search.habits import routes as habits
from search.habits.service import forget_searcher
from search.misses import routes as misses

module = Module(
    name="search",
    # One's own searches and the misses come first: their addresses begin with that of the page.
    routers=[habits.router, misses.router, routes.router, api_v1.router],
    models=[
        "search.models",
        "search.meili.models",
        "search.lexicon.models",
        "search.habits.models",
        "search.misses.models",
    ],
    jobs=[Job("search.tidy", jobs.tidy)],
    timers=[Timer("search.tidy", hour="nightly_hour")],
    listeners={MemberLeft: [forget_searcher]},
    commands=[commands.register],
    policies={
        "search.use": EVERYONE,
        "search.keep": MEMBERS,
        "search.misses": frozenset({Role.PM, Role.ADMIN}),
    },
    nav=[NavItem(N_("Not found"), "show_misses", "search", room="staff", policy="search.misses", position=45)],
    benches={"search": made.search_bench},
)
