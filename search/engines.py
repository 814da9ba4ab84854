"""The two databases as full-text engines: SQLite's FTS5 and PostgreSQL's tsvector answer the same questions.

Raw text never reaches a MATCH or a tsquery: both are built from tokens, each quoted.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import Session

from search.documents import lexeme
from search.models import IndexedRow
from search.phrases import Phrase
from search.port import Scope

DOC: Any = IndexedRow.__table__  # type: ignore[attr-defined]
Row = tuple[int, str, int, float]
"""Index id, kind, row id, and how well it fits: larger is better, comparable within one answer."""

TITLE_WORDS, TITLE_PAIRS, BODY_WORDS, BODY_PAIRS = 3.0, 1.5, 2.0, 1.0


class Engine(Protocol):
    """What one database has to answer."""

    name: str

    def containing(
        self, session: Session, phrases: Sequence[Phrase], where: sa.ColumnElement[bool], limit: int
    ) -> list[Row]:
        """Rows that hold all phrases, best first."""
        ...

    def sharing(
        self, session: Session, words: Sequence[str], pairs: Sequence[str], where: sa.ColumnElement[bool], limit: int
    ) -> list[Row]:
        """Rows that hold any of these tokens, best first."""
        ...

    def counts(self, session: Session, words: Sequence[str], pairs: Sequence[str]) -> dict[str, int]:
        """In how many rows each token stands; tokens that stand nowhere are left out."""
        ...


def narrowed(scope: Scope, kinds: Sequence[str] | None, exclude: Sequence[int] = ()) -> sa.ColumnElement[bool]:
    """The reader's scope and the wished kinds as a condition on the index."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if not scope.staff:
        conditions.append(DOC.c.visibility == "public")
    if kinds is not None:
        conditions.append(DOC.c.kind.in_(list(kinds)))
    if exclude:
        conditions.append(DOC.c.row_id.not_in(list(exclude)))
    return sa.and_(*conditions)


class Fts5:
    """SQLite: the external-content table `search_fts` over `search_doc`."""

    name = "sqlite-fts5"
    _fts = sa.table("search_fts", sa.column("rowid"), sa.column("search_fts"))
    _vocabulary = sa.table("search_fts_words", sa.column("term"), sa.column("doc"))

    def containing(
        self, session: Session, phrases: Sequence[Phrase], where: sa.ColumnElement[bool], limit: int
    ) -> list[Row]:
        parts = [f"{{title_grams body_grams}} : {_fts_phrase(phrase)}" for phrase in phrases]
        return self._match(session, " AND ".join(parts), where, limit)

    def sharing(
        self, session: Session, words: Sequence[str], pairs: Sequence[str], where: sa.ColumnElement[bool], limit: int
    ) -> list[Row]:
        parts = [
            f"{{{columns}}} : ({' OR '.join(_fts_token(token) for token in tokens)})"
            for columns, tokens in (("title_words body_words", words), ("title_grams body_grams", pairs))
            if tokens
        ]
        return self._match(session, " OR ".join(parts), where, limit)

    def counts(self, session: Session, words: Sequence[str], pairs: Sequence[str]) -> dict[str, int]:
        wanted = list({*words, *pairs})
        statement = sa.select(self._vocabulary.c.term, self._vocabulary.c.doc).where(
            self._vocabulary.c.term.in_(wanted)
        )
        return {row.term: row.doc for row in session.connection().execute(statement)}

    def _match(self, session: Session, match: str, where: sa.ColumnElement[bool], limit: int) -> list[Row]:
        weights = f"{TITLE_WORDS}, {TITLE_PAIRS}, {BODY_WORDS}, {BODY_PAIRS}"
        rank: sa.ColumnElement[float] = sa.literal_column(f"-bm25(search_fts, {weights})")
        statement = (
            sa.select(DOC.c.id, DOC.c.kind, DOC.c.row_id, rank.label("fit"))
            .select_from(self._fts.join(DOC, DOC.c.id == self._fts.c.rowid))
            .where(self._fts.c.search_fts.op("MATCH")(match), where)
            .order_by(sa.desc("fit"), DOC.c.id.desc())
            .limit(limit)
        )
        return [tuple(row) for row in session.connection().execute(statement)]


def _fts_token(token: str) -> str:
    escaped = token.replace('"', '""')
    return f'"{escaped}"'


def _fts_phrase(phrase: Phrase) -> str:
    return _fts_token(" ".join(phrase.tokens)) + (" *" if phrase.prefix else "")


class Tsvector:
    """PostgreSQL: the column `tokens` with words as `w…` and pairs as `g…`, under a GIN index."""

    name = "postgresql"
    _tokens: Any = sa.literal_column("search_doc.tokens")
    _weights = tuple(share / TITLE_WORDS for share in (BODY_PAIRS, BODY_WORDS, TITLE_PAIRS, TITLE_WORDS))

    def containing(
        self, session: Session, phrases: Sequence[Phrase], where: sa.ColumnElement[bool], limit: int
    ) -> list[Row]:
        return self._match(session, " & ".join(f"({_ts_phrase(phrase)})" for phrase in phrases), where, limit)

    def sharing(
        self, session: Session, words: Sequence[str], pairs: Sequence[str], where: sa.ColumnElement[bool], limit: int
    ) -> list[Row]:
        marked = [lexeme("w" + token) for token in words] + [lexeme("g" + token) for token in pairs]
        return self._match(session, " | ".join(marked), where, limit)

    def counts(self, session: Session, words: Sequence[str], pairs: Sequence[str]) -> dict[str, int]:
        wanted = [("w", token) for token in words] + [("g", token) for token in pairs if token not in words]
        if not wanted:
            return {}
        counting = [
            sa.select(sa.literal(token).label("token"), sa.func.count().label("rows"))
            .select_from(DOC)
            .where(self._tokens.op("@@")(sa.cast(lexeme(mark + token), _TSQUERY)))
            for mark, token in wanted
        ]
        return {token: count for token, count in session.connection().execute(sa.union_all(*counting)) if count}

    def _match(self, session: Session, query: str, where: sa.ColumnElement[bool], limit: int) -> list[Row]:
        asked = sa.cast(query, _TSQUERY)
        weights = sa.cast(list(self._weights), postgresql.ARRAY(sa.REAL))
        # 1: the rank is divided by 1 + log(length), so a long text does not win by its length.
        rank = sa.func.ts_rank(weights, self._tokens, asked, 1)
        statement = (
            sa.select(DOC.c.id, DOC.c.kind, DOC.c.row_id, rank.label("fit"))
            .where(self._tokens.op("@@")(asked), where)
            .order_by(sa.desc("fit"), DOC.c.id.desc())
            .limit(limit)
        )
        return [tuple(row) for row in session.connection().execute(statement)]


_TSQUERY = postgresql.TSQUERY()


def _ts_phrase(phrase: Phrase) -> str:
    parts = [lexeme("g" + token) for token in phrase.tokens]
    if phrase.prefix:
        parts[-1] += ":*"
    return " <-> ".join(parts)


_ENGINES: dict[str, Engine] = {"sqlite": Fts5(), "postgresql": Tsvector()}


def engine_of(session: Session) -> Engine:
    """The engine of the database that this session talks to."""
    return _ENGINES[session.get_bind().dialect.name]
