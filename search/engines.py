"""The two databases as full-text engines: SQLite's FTS5 and PostgreSQL's tsvector answer the same questions.

Raw text never reaches a MATCH or a tsquery: both are built from tokens, each quoted. A search for a frequent word
weighs the newest rows that hold it and no others: neither engine's own rank is used, because it reads every row first.
Statements are SQL as it stands, and several questions go in one: composing and compiling them took longer than SQLite.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sqlmodel import Session

from search.documents import lexeme
from search.models import IndexedRow
from search.phrases import Phrase
from search.port import Scope, SearchFilters, Sort

DOC: Any = IndexedRow.__table__  # type: ignore[attr-defined]
WEIGHED = 100
"""Rows of one tier that are weighed against each other, the newest ones that hold the words."""
HEAVIEST = 150
_ORDERS = {"new": "d.created_at DESC, d.id DESC", "votes": "d.votes DESC, d.id DESC"}
_COLUMNS = "d.id, d.kind, d.row_id, d.title_length, d.length, d.votes, d.created_at"


class Row(NamedTuple):
    """What ranks a row that holds the words."""

    index_id: int
    kind: str
    row_id: int
    title_length: int
    length: int
    votes: int
    created_at: Any


@dataclass(frozen=True)
class Where:
    """A condition on `search_doc d` as SQL, with its parameters."""

    sql: str = "1 = 1"
    values: Mapping[str, Any] = field(default_factory=dict)


class Ask(NamedTuple):
    """Phrases that a row has to hold, all of them; title: in its title."""

    phrases: Sequence[Phrase]
    title: bool = False


def narrowed(
    scope: Scope, kinds: Sequence[str] | None, filters: SearchFilters | None = None, exclude: Sequence[int] = ()
) -> Where:
    """The reader's scope and what was wished for as a condition on the index."""
    wanted = filters or SearchFilters()
    conditions: list[tuple[str, str, Any]] = [
        ("d.variety = :variety", "variety", wanted.variety or None),
        ("d.status = :status", "status", wanted.status or None),
        ("d.model = :model", "model", wanted.model or None),
        ("d.board_id = :board_id", "board_id", wanted.board_id),
        ("d.answered = :answered", "answered", wanted.answered),
        ("d.created_at >= :since", "since", wanted.since),
        ("d.created_at < :until", "until", wanted.until),
    ]
    parts = [] if scope.staff else ["d.visibility = 'public'"]
    parts += [sql for sql, _, value in conditions if value is not None]
    values = {name: value for _, name, value in conditions if value is not None}
    for sql, name, several in (("d.kind IN", "kind", kinds), ("d.row_id NOT IN", "but", exclude or None)):
        if several is not None:
            values |= {f"{name}{place}": value for place, value in enumerate(several)}
            parts.append(f"{sql} ({', '.join(f':{name}{place}' for place in range(len(several))) or 'NULL'})")
    return Where(" AND ".join(parts) or "1 = 1", values)


class Engine(Protocol):
    """What one database has to be asked differently."""

    name: str
    source: str
    """FROM part: the index as `t`, joined with `search_doc d`, the index leading."""
    table: str
    """The index alone."""
    number: str
    """The index id in either."""
    either: str
    """Between queries of which one has to be met."""

    def holding(self, name: str) -> str:
        """SQL: the index row holds the query that stands in this parameter."""
        ...

    def query(self, phrases: Sequence[Phrase], *, title: bool = False) -> str:
        """All of these phrases; title: all of them in the title."""
        ...

    def counts(self, session: Session, tokens: Sequence[str]) -> dict[str, int]:
        """In how many rows each token stands; tokens that stand nowhere are left out."""
        ...


class Fts5:
    """SQLite: the external-content table `search_fts` over `search_tokens`."""

    name = "sqlite-fts5"
    # CROSS JOIN keeps SQLite from reading all rows and asking the index about each.
    source = "search_fts t CROSS JOIN search_doc d ON d.id = t.rowid"
    table = "search_fts t"
    number = "t.rowid"
    either = " OR "

    def holding(self, name: str) -> str:
        return f"t.search_fts MATCH :{name}"

    def query(self, phrases: Sequence[Phrase], *, title: bool = False) -> str:
        found = " AND ".join(_fts_phrase(phrase, "title_tokens : " if title else "") for phrase in phrases)
        return f"({found})"

    def counts(self, session: Session, tokens: Sequence[str]) -> dict[str, int]:
        names = {f"t{place}": token for place, token in enumerate(dict.fromkeys(tokens))}
        # `=` finds a term in the index; IN would walk through all of them.
        one = "SELECT term, doc FROM search_fts_words WHERE term = :{}"
        return dict(_rows(session, " UNION ALL ".join(map(one.format, names)), names)) if names else {}


def _fts_phrase(phrase: Phrase, column: str) -> str:
    escaped = " ".join(phrase.tokens).replace('"', '""')
    return f'{column}"{escaped}"' + (" *" if phrase.prefix else "")


class Tsvector:
    """PostgreSQL: the column `tokens` of `search_tokens` under a GIN index; label A marks the title's."""

    name = "postgresql"
    source = "search_tokens t JOIN search_doc d ON d.id = t.doc_id"
    table = "search_tokens t"
    number = "t.doc_id"
    either = " | "

    def holding(self, name: str) -> str:
        return f"t.tokens @@ CAST(:{name} AS tsquery)"

    def query(self, phrases: Sequence[Phrase], *, title: bool = False) -> str:
        found = " & ".join(f"({_ts_phrase(phrase, 'A' if title else '')})" for phrase in phrases)
        return f"({found})"

    def counts(self, session: Session, tokens: Sequence[str]) -> dict[str, int]:
        wanted = list(dict.fromkeys(tokens))
        if not wanted:
            return {}
        sql = " UNION ALL ".join(
            f"SELECT {place} AS place, count(*) AS held FROM {self.table} WHERE {self.holding(f'q{place}')}"  # noqa: S608
            for place in range(len(wanted))
        )
        values = {f"q{place}": lexeme(token) for place, token in enumerate(wanted)}
        return {wanted[place]: held for place, held in _rows(session, sql, values) if held}


def _ts_phrase(phrase: Phrase, label: str) -> str:
    tail = f":{label}" if label else ""
    parts = [lexeme(token) + tail for token in phrase.tokens]
    if phrase.prefix:
        parts[-1] = f"{lexeme(phrase.tokens[-1])}:*{label}"
    return " <-> ".join(parts)


_ENGINES: dict[str, Engine] = {"sqlite": Fts5(), "postgresql": Tsvector()}


def engine_of(session: Session) -> Engine:
    """The engine of the database that this session talks to."""
    return _ENGINES[session.get_bind().dialect.name]


def _rows(session: Session, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What a statement with `:name` parameters brings, as the driver gives it."""
    connection = session.connection()
    dialect: Any = connection.dialect
    if dialect.name == "postgresql":
        sql = _percent(sql)
    given = dict(values)
    for name in ("since", "until"):
        if name in given and (store := DOC.c.created_at.type.dialect_impl(dialect).bind_processor(dialect)):
            given[name] = store(given[name])
    result = connection.exec_driver_sql(sql, given)
    found: Any = result.cursor.fetchall()
    result.close()
    return list(found)


@lru_cache(maxsize=512)
def _percent(sql: str) -> str:
    return re.sub(r"(?<!:):(\w+)", r"%(\1)s", sql)


def containing(
    session: Session, asks: Sequence[Ask], where: Where, *, limit: int, sort: Sort = "best"
) -> list[list[Row]]:
    """For each ask the rows that hold it: of "best" the newest `limit` indexed, in no rank yet; else the first of the
    order."""
    engine = engine_of(session)
    order = _ORDERS.get(sort) or f"{engine.number} DESC"
    found: list[list[Row]] = [[] for _ in asks]
    values: dict[str, Any] = {**where.values, "most": limit}
    parts: list[str] = []
    for place, ask in enumerate(asks):
        if ask.phrases:
            parts.append(
                f"SELECT * FROM (SELECT {place} AS place, {_COLUMNS} FROM {engine.source} "  # noqa: S608
                f"WHERE {engine.holding(f'q{place}')} AND {where.sql} ORDER BY {order} LIMIT :most) AS part{place}"
            )
            values[f"q{place}"] = engine.query(ask.phrases, title=ask.title)
    if parts:
        for row in _rows(session, " UNION ALL ".join(parts), values):
            found[row[0]].append(Row._make(row[1:]))
    return found


def newest(session: Session, where: Where, *, limit: int, sort: Sort = "best") -> list[Row]:
    """The first rows of the order, whatever they hold; "best" is the newest."""
    order = _ORDERS["votes" if sort == "votes" else "new"]
    sql = f"SELECT {_COLUMNS} FROM search_doc d WHERE {where.sql} ORDER BY {order} LIMIT :most"  # noqa: S608
    return [Row(*row) for row in _rows(session, sql, {**where.values, "most": limit})]


def facts_of(
    session: Session, readings: Sequence[Sequence[Phrase]], where: Where, *, limit: int
) -> list[tuple[str, str, str, int | None, str, bool]]:
    """Kind, variety, status, board, model, answered of the newest rows that hold one of the readings; of all rows if
    there is none."""
    engine = engine_of(session)
    facts = "SELECT d.kind, d.variety, d.status, d.board_id, d.model, d.answered"
    values = {**where.values, "most": limit}
    if readings:
        values["q"] = engine.either.join(engine.query(phrases) for phrases in readings)
        sql = f"{facts} FROM {engine.source} WHERE {engine.holding('q')} AND {where.sql} ORDER BY {engine.number} DESC"
    else:
        sql = f"{facts} FROM search_doc d WHERE {where.sql} ORDER BY d.created_at DESC, d.id DESC"
    return [(*row[:-1], bool(row[-1])) for row in _rows(session, f"{sql} LIMIT :most", values)]


def sharing(
    session: Session, masses: Mapping[str, float], where: Where, *, limit: int
) -> list[tuple[int, str, int, int, int, str, str]]:
    """The `limit` rows that hold most mass of these tokens, in no order: index id, kind, row id, title length, length,
    and the tokens of title and body."""
    engine = engine_of(session)
    parts: list[str] = []
    values: dict[str, Any] = {**where.values, "most": limit}
    for place, (token, mass) in enumerate(masses.items()):
        parts.append(
            f"SELECT {engine.number} AS id, CAST(:m{place} AS double precision) AS mass "  # noqa: S608
            f"FROM {engine.table} WHERE {engine.holding(f'q{place}')}"
        )
        values |= {f"q{place}": engine.query([Phrase((token,))]), f"m{place}": mass}

    def ask(first: str) -> list[Any]:
        sql = (
            "SELECT a.id, a.kind, a.row_id, a.title_length, a.length, k.title_tokens, k.body_tokens FROM ("  # noqa: S608
            "SELECT d.id, d.kind, d.row_id, d.title_length, d.length FROM "
            f"(SELECT id, sum(mass) AS mass FROM ({' UNION ALL '.join(parts)}) AS held GROUP BY id {first}) AS best "
            # CROSS JOIN keeps SQLite from asking for every row of the kind first.
            f"CROSS JOIN search_doc d WHERE d.id = best.id AND {where.sql} ORDER BY best.mass DESC, d.id DESC "
            "LIMIT :most) AS a CROSS JOIN search_tokens k WHERE k.doc_id = a.id"
        )
        return _rows(session, sql, values)

    # Weighing the heaviest rows alone takes half the time. What the reader may not see, or did not ask for, may be most
    # of them: then all are weighed.
    rows = ask(f"ORDER BY 2 DESC, 1 DESC LIMIT {HEAVIEST}")
    return rows if len(rows) >= min(limit, HEAVIEST) else ask("")
