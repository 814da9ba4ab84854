"""Search's contribution: the index, the page, the JSON routes, the commands."""

from cocreate.core.actor import EVERYONE
from cocreate.core.module import Module
from search import api_v1, bench, commands, routes

module = Module(
    name="search",
    routers=[routes.router, api_v1.router],
    models=["search.models", "search.lexicon.models"],
    commands=[commands.register],
    policies={"search.use": EVERYONE},
    benches={"search": bench.search_bench},
)
