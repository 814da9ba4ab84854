"""Search for the rooms above: index a row in its own transaction, find rows, find rows that say the same.

An empty text asks for the newest rows. No text a person can type makes any of these raise.
"""

from collections.abc import Sequence

from sqlmodel import Session

from cocreate.core.actor import Actor
from search import embedded
from search.documents import PreparedDoc, prepare, put, refresh, remove
from search.embedded import matching_ids, similar
from search.highlight import excerpt, mark
from search.lexicon.current import lexicon_of
from search.port import (
    Facets,
    Facts,
    Hit,
    Rewritten,
    Scope,
    SearchDoc,
    SearchFilters,
    SearchPage,
    SearchQuery,
    SearchSource,
)

__all__ = [
    "Facets",
    "Facts",
    "Hit",
    "PreparedDoc",
    "Rewritten",
    "Scope",
    "SearchDoc",
    "SearchFilters",
    "SearchPage",
    "SearchQuery",
    "SearchSource",
    "excerpt",
    "lexicon_of",
    "mark",
    "matching_ids",
    "prepare",
    "put",
    "refresh",
    "remove",
    "scope_of",
    "search",
    "similar",
]


def search(
    session: Session, text: str, *, scope: Scope, kinds: Sequence[str] | None = None, limit: int = 20
) -> SearchPage:
    """The best `limit` rows for a typed text, of these kinds or of all."""
    return embedded.search(session, SearchQuery(text, scope, kinds=kinds, limit=limit))


def scope_of(actor: Actor) -> Scope:
    """What this reader's searches may look into."""
    return Scope(staff=actor.staff)
