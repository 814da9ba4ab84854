"""`cocreate search` and `cocreate reindex`."""

from typing import Annotated

import typer

from cocreate.core import schema
from cocreate.core.actor import GUEST
from cocreate.core.console import answer, fail, progress
from cocreate.core.errors import Refusal
from search.api import SearchQuery, scope_of
from search.facade import find
from search.meili.jobs import rebuild_now
from search.rebuild import reindex as rebuild_index


def register(cli: typer.Typer) -> None:
    """Add the commands of search to the program."""

    @cli.command()
    def search(
        context: typer.Context,
        query: Annotated[str, typer.Argument(help="What to look for.")],
        limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")] = False,
    ) -> None:
        """Find public rows, as a visitor would."""
        runtime = context.obj.runtime
        schema.upgrade(runtime)
        with runtime.database.read() as session:
            found = find(session, runtime, GUEST, SearchQuery(query, scope_of(GUEST), limit=limit))
        hits = [
            {"id": hit.id, "kind": hit.kind, "title": found.title(hit), "score": hit.score, "via": hit.via}
            for hit in found.page.hits
        ]
        page = found.page
        result = {"hits": hits, "engine": page.engine, "degraded": page.degraded, "took_ms": page.took_ms}
        lines = [f"{hit['kind']} {hit['id']:>6}  {hit['score']:.2f}  {hit['via']:<8} {hit['title']}" for hit in hits]
        answer(result, as_json=as_json, text="\n".join(lines) or "nothing found")

    @cli.command()
    def reindex(
        context: typer.Context,
        remote: Annotated[bool, typer.Option("--remote", help="Only the index of the search server.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")] = False,
    ) -> None:
        """Index every row again; may run beside `serve`."""
        runtime = context.obj.runtime
        schema.upgrade(runtime)
        if remote:
            try:
                with progress("search server") as update:
                    documents = rebuild_now(runtime, update)
            except Refusal as refusal:
                fail(str(refusal), as_json=as_json)
            answer({"documents": documents}, as_json=as_json, text=f"{documents} documents")
            return
        with progress("index") as update:
            counts = rebuild_index(runtime, update)
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing to index"
        answer({"indexed": counts}, as_json=as_json, text=told)
