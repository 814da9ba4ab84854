"""Search for the rooms above: index a row in its own transaction, find rows, find rows that say the same.

An empty text asks for the newest rows. No text a person can type makes any of these raise.
"""

from cocreate.core.actor import Actor
from search.documents import PreparedDoc, prepare, put, remove
from search.embedded import matching_ids, search, similar
from search.highlight import excerpt, mark
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
    "mark",
    "matching_ids",
    "prepare",
    "put",
    "remove",
    "scope_of",
    "search",
    "similar",
]


def scope_of(actor: Actor) -> Scope:
    """What this reader's searches may look into."""
    return Scope(staff=actor.staff)
