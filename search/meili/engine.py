"""Meilisearch as an engine of the port: our texts, its matching, our tiers.

What it finds is told apart as the database's own search does: as typed, then all words, other readings before or after
those. What it cannot find, a piece of a word or a row that says the same in other words, the database adds while there
is room on the page. Facets are counted where the rows are.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from cocreate.core.errors import Unavailable
from cocreate.text.fold import fold
from cocreate.text.rewrite import TOLD_APART, Reading
from cocreate.text.segment import RUN, grams
from search import embedded, phrases
from search.embedded import as_rewritten as told
from search.meili.documents import row_key, spaced
from search.meili.rerank import likeness_of, wordings
from search.meili.server import Server, ServerError
from search.meili.settings import LOCALES
from search.models import IndexedRow
from search.port import Facets, Hit, Scope, SearchFilters, SearchPage, SearchQuery, Via
from search.vocabulary import rewriter_of

Key = tuple[str, int]
NAME = "meilisearch"
SORTS: dict[str, list[str]] = {"best": [], "new": ["created_ts:desc"], "votes": ["votes:desc", "created_ts:desc"]}
MOST_READINGS = 6
ALIKE_CANDIDATES = 40
_DOC: Any = IndexedRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class _Answer:
    """Rows in the server's order, and how many there are in all."""

    keys: list[Key]
    total: int


class MeiliEngine:
    """The search server as a `SearchBackend`. Raises `Unavailable` when it does not answer as it should."""

    name = NAME

    def __init__(self, server: Server) -> None:
        self.server = server

    def search(self, session: Session, query: SearchQuery) -> SearchPage:
        """The best rows, tier by tier; the newest rows for an empty text."""
        started = time.perf_counter()
        if query.text.strip() and not phrases.as_typed(query.text):
            return self._page([], started)
        [typed] = self._ask([query.text], query)
        if not query.text.strip():
            known = _texts(session, typed.keys)
            return self._page([Hit(*key, 1.0, "literal") for key in typed.keys if key in known], started)
        readings = self._readings(session, query, typed)
        others = self._ask([reading.text for reading in readings], query) if readings else []
        if query.sort != "best":
            # Several lists in one order are one list only for who has all rows: the database does.
            if others or len(typed.keys) < query.limit:
                page = embedded.search(session, query)
                return SearchPage(page.hits, self.name, False, _since(started), page.rewritten)
            known = _texts(session, typed.keys)
            return self._page([Hit(*key, 1.0, _how(query, known[key])) for key in typed.keys if key in known], started)
        return self._tiered(session, query, typed, list(zip(readings, others, strict=True)), started)

    def facets(self, session: Session, query: SearchQuery) -> Facets:
        """Counts over the rows that hold the words, from the database: the server counts one reading at a time."""
        return embedded.facets(session, query)

    def similar(
        self, session: Session, text: str, *, scope: Scope, kinds: Sequence[str] = ("post",), limit: int = 5
    ) -> list[Hit]:
        """Rows that say about the same: the server's candidates, in the order of our likeness. The product asks the
        database for this, which does it better; here so that both can be measured."""
        wishes = {"matchingStrategy": "frequency", "limit": max(ALIKE_CANDIDATES, limit)}
        where = conditions(scope, kinds, SearchFilters())
        asked = dict.fromkeys([spaced(text[: 4 * phrases.QUERY_CHARACTERS]), *wordings(session, text)])
        answers = self._told([self._wish(one, where, wishes) for one in asked if one.strip()])
        scored = likeness_of(session, text, list(dict.fromkeys(key for answer in answers for key in answer.keys)))
        return [Hit(*key, score, "similar") for key, score in scored[:limit]]

    # -- asking

    def _ask(self, texts: Sequence[str], query: SearchQuery) -> list[_Answer]:
        where = conditions(query.scope, query.kinds, query.filters)
        sort = SORTS[query.sort] or ([] if query.text.strip() else SORTS["new"])
        # Every word has to be there: what holds some of them is the business of likeness.
        wishes = {"matchingStrategy": "all", "limit": query.limit, "sort": sort}
        return self._told([self._wish(spaced(text[: phrases.QUERY_CHARACTERS]), where, wishes) for text in texts])

    def _wish(self, text: str, where: list[Any], wishes: Mapping[str, Any]) -> dict[str, Any]:
        asked = {"q": text, "filter": where, "locales": LOCALES, "attributesToRetrieve": ["id"]}
        return {"indexUid": self.server.index, **asked, **wishes}

    def _told(self, wishes: Sequence[Mapping[str, Any]]) -> list[_Answer]:
        try:
            answers = self.server.search(wishes)
        except ServerError as trouble:
            raise Unavailable(str(trouble)) from trouble
        return [
            _Answer([key for hit in one["hits"] if (key := row_key(hit["id"])) is not None], one["estimatedTotalHits"])
            for one in answers
        ]

    # -- tiers

    @staticmethod
    def _readings(session: Session, query: SearchQuery, typed: _Answer) -> list[Reading]:
        """Other readings that are worth asking for: the page has room, or they hold far more."""
        if query.exact:
            return []
        full = len(typed.keys) >= query.limit and query.sort == "best"
        found = rewriter_of(session).readings(query.text)
        return [one for one in found if not full or (one.posts or 0) > TOLD_APART * typed.total][:MOST_READINGS]

    def _tiered(
        self,
        session: Session,
        query: SearchQuery,
        typed: _Answer,
        others: Sequence[tuple[Reading, _Answer]],
        started: float,
    ) -> SearchPage:
        known = _texts(session, {*typed.keys, *(key for _, answer in others for key in answer.keys)})
        told_apart: list[tuple[Key, Via]] = [(key, _how(query, known[key])) for key in typed.keys if key in known]
        literal = [one for one in told_apart if one[1] == "literal"]
        looser = [] if query.exact else [one for one in told_apart if one[1] == "words"]
        held = typed.total if literal else 0
        leading: list[tuple[Key, Via]] = []
        following: list[tuple[Key, Via]] = []
        for reading, answer in others:
            wanted = leading if held * TOLD_APART < answer.total else following
            wanted += [(key, reading.via) for key in answer.keys if key in known]
        found: dict[Key, Via] = {}
        for key, via in (*literal, *leading, *looser, *following):
            found.setdefault(key, via)
        rewritten = told(reading for reading, answer in others if answer.keys)
        if len(found) < query.limit:
            more = embedded.search(session, query)
            found = _joined(found, more.hits, len(literal))
            rewritten = more.rewritten or rewritten
        hits = _scored(list(found.items())[: query.limit])
        return SearchPage(hits, self.name, False, _since(started), rewritten)

    def _page(self, hits: list[Hit], started: float) -> SearchPage:
        return SearchPage(hits, self.name, False, _since(started))


def _joined(found: Mapping[Key, Via], more: Iterable[Hit], literal: int) -> dict[Key, Via]:
    """Both engines' rows: literal ones first, whoever found them, then the server's, then what the database adds."""
    fresh = [((hit.kind, hit.id), hit.via) for hit in more if (hit.kind, hit.id) not in found]
    mine = list(found.items())
    first = [one for one in fresh if one[1] == "literal"]
    return dict([*mine[:literal], *first, *mine[literal:], *(one for one in fresh if one[1] != "literal")])


def _scored(found: Sequence[tuple[Key, Via]]) -> list[Hit]:
    """Scores that fall with the place; rows that are only alike keep under all that hold the words."""
    hits = []
    for place, (key, via) in enumerate(found):
        high = 0.59 if via == "similar" else 1.0
        hits.append(Hit(*key, round(high - 0.39 * place / max(1, len(found)), 4), via))
    return hits


def _texts(session: Session, keys: Iterable[Key]) -> dict[Key, str]:
    """Everything that is searched in of these rows, folded; rows that are gone are left out."""
    wanted = list(keys)
    if not wanted:
        return {}
    columns = (_DOC.c.kind, _DOC.c.row_id, _DOC.c.title, _DOC.c.body, _DOC.c.hidden_words)
    statement = sa.select(*columns).where(sa.tuple_(_DOC.c.kind, _DOC.c.row_id).in_(wanted))
    rows = session.connection().execute(statement)
    return {(row.kind, row.row_id): fold(f"{row.title}\n{row.body}\n{row.hidden_words}") for row in rows}


def _how(query: SearchQuery, text: str) -> Via:
    """Whether a row holds everything just as it was typed; the last latin word may be half a word."""
    tokens: list[str] | None = None
    for match in RUN.finditer(fold(query.text[: phrases.QUERY_CHARACTERS])):
        if match["chinese"]:
            if match["chinese"] not in text:
                return "words"
            continue
        tokens = grams(text) if tokens is None else tokens
        if not any(token.startswith(match["latin"]) for token in tokens):
            return "words"
    return "literal"


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def conditions(scope: Scope, kinds: Sequence[str] | None, filters: SearchFilters, leave: str = "") -> list[Any]:
    """The filter of a query: the reader's scope always, then what the reader narrowed it to, except `leave`."""
    wanted: dict[str, Any] = {
        "variety": filters.variety or None,
        "status": filters.status or None,
        "board_id": filters.board_id,
        "model": filters.model or None,
        "answered": filters.answered,
    }
    found: list[Any] = [] if scope.staff else ["visibility = public"]
    if kinds is not None and leave != "kind":
        found.append([f"kind = {_quoted(kind)}" for kind in kinds] or ["kind = none"])
    found += [f"{name} = {_quoted(value)}" for name, value in wanted.items() if value is not None and name != leave]
    if filters.since is not None:
        found.append(f"created_ts >= {filters.since.timestamp()}")
    if filters.until is not None:
        found.append(f"created_ts < {filters.until.timestamp()}")
    return found


def _quoted(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
