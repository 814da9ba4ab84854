"""Search as the page, the JSON routes and the command ask it: hits rechecked against the rows themselves.

The index may be late by a transaction, and a filter in it is a promise; the source's own rows have the last word.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from search import embedded
from search.api import Hit, SearchPage, SearchSource, scope_of, similar
from search.documents import titles
from search.engines import engine_of
from search.meili import remote
from search.port import Facets, SearchQuery


@dataclass(frozen=True)
class Found:
    """An answer with the words of its hits: (kind, id) → original title and body."""

    page: SearchPage
    texts: dict[tuple[str, int], tuple[str, str]]

    def title(self, hit: Hit) -> str:
        return self.texts[hit.kind, hit.id][0]

    def body(self, hit: Hit) -> str:
        return self.texts[hit.kind, hit.id][1]


def sources(runtime: Runtime) -> dict[str, SearchSource]:
    """What the packages let search find, by kind, in the order of the modules."""
    return {source.kind: source for module in runtime.modules for source in module.search_sources}


def find(session: Session, runtime: Runtime, actor: Actor, query: SearchQuery) -> Found:
    """The best rows for a query that this reader may see. Kinds that no package brings find nothing."""
    return _rechecked(session, runtime, actor, remote.search(session, runtime, _known_kinds(runtime, query)))


def facets(session: Session, runtime: Runtime, query: SearchQuery) -> Facets:
    """What the rows of this query may be narrowed to, with counts; of rows inside the query's scope alone."""
    known = list(sources(runtime))
    counted = embedded.facets(session, _known_kinds(runtime, query))
    return replace(counted, values={**counted.values, "kind": [one for one in counted["kind"] if one[0] in known]})


def _known_kinds(runtime: Runtime, query: SearchQuery) -> SearchQuery:
    return replace(query, kinds=[name for name in sources(runtime) if query.kinds is None or name in query.kinds])


def find_similar(session: Session, runtime: Runtime, actor: Actor, text: str, *, limit: int = 5) -> Found:
    """Rows that say about the same as the text, of those this reader may see."""
    kinds = [name for name in sources(runtime) if name == "post"]
    started = time.perf_counter()
    hits = similar(session, text, scope=scope_of(actor), kinds=kinds, limit=limit)
    took = round((time.perf_counter() - started) * 1000, 2)
    return _rechecked(session, runtime, actor, SearchPage(hits, engine_of(session).name, False, took))


def _rechecked(session: Session, runtime: Runtime, actor: Actor, page: SearchPage) -> Found:
    known = sources(runtime)
    allowed = {
        (kind, row_id)
        for kind, ids in by_kind(page.hits).items()
        for row_id in known[kind].visible(session, actor, ids)
    }
    hits = [hit for hit in page.hits if (hit.kind, hit.id) in allowed]
    texts = titles(session, [(hit.kind, hit.id) for hit in hits])
    return Found(replace(page, hits=[hit for hit in hits if (hit.kind, hit.id) in texts]), texts)


def by_kind(hits: Sequence[Hit]) -> dict[str, list[int]]:
    """Ids of the hits under their kinds."""
    grouped: dict[str, list[int]] = {}
    for hit in hits:
        grouped.setdefault(hit.kind, []).append(hit.id)
    return grouped
