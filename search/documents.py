"""Writing the index: cut texts before the first write, then put them in the transaction of the row itself.

A text's tokens are its character pairs in order, then its words of three characters and more. Words of two are pairs
already; pairs that stand beside each other make every substring a phrase, and the longer words stand behind all pairs,
where they part none of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import index_tokens
from search.lexicon.current import lexicon_of
from search.models import IndexedRow, IndexedTokens
from search.port import Facts, SearchDoc

BODY_CHARACTERS = 4000
"""What lies beyond is found by reading, not by searching."""
TITLE_CHARACTERS = 400
LAST_POSITION = 16383
PUT_AT_ONCE = 500
LONGEST_LEXEME = 400
"""A lexeme may hold 2,046 bytes; a longer run of letters is no word anybody types."""


@dataclass(frozen=True)
class PreparedDoc:
    """A document with its tokens; making it takes time and no lock."""

    doc: SearchDoc
    cut: str
    """`Lexicon.cut` of the lexicon that cut it."""
    title_tokens: list[str]
    body_tokens: list[str]


def prepare(session: Session, docs: Iterable[SearchDoc]) -> list[PreparedDoc]:
    """Documents cut into tokens by the brand's lexicon. Call it before the first write of a transaction."""
    lexicon = lexicon_of(session)
    return [cut(doc, lexicon) for doc in docs]


def cut(doc: SearchDoc, lexicon: Lexicon) -> PreparedDoc:
    """One document cut by this lexicon (some 20,000 short ones a second)."""
    body = doc.body[:BODY_CHARACTERS]
    if doc.hidden_words:
        body = f"{body}\n{doc.hidden_words}"
    title = fold(doc.title[:TITLE_CHARACTERS])
    return PreparedDoc(doc, lexicon.cut, index_tokens(title, lexicon), index_tokens(fold(body), lexicon))


def put(session: Session, prepared: Sequence[PreparedDoc]) -> None:
    """Make these the indexed state of their rows: new ones are added, known ones replaced. Part of the transaction."""
    if not prepared:
        return
    session.flush()
    postgres = session.get_bind().dialect.name == "postgresql"
    connection = session.connection()
    upsert = _upsert(postgres)
    # A row given twice would be hit twice by one statement, which PostgreSQL refuses: the last one stands.
    latest = list({(one.doc.kind, one.doc.row_id): one for one in prepared}.values())
    for start in range(0, len(latest), PUT_AT_ONCE):
        batch = latest[start : start + PUT_AT_ONCE]
        connection.execute(upsert, [_row(one) for one in batch])
        numbers = _numbers(session, batch)
        tokens = [_tokens(one, numbers[one.doc.kind, one.doc.row_id], postgres) for one in batch]
        connection.exec_driver_sql(TSVECTOR_UPSERT if postgres else FTS_UPSERT, tokens)


# Never INSERT OR REPLACE: it skips the delete trigger, and the full-text table keeps the old words for ever. As plain
# SQL, because composing the statement anew took a third of the time. Equal tokens are not written again.
FTS_UPSERT = """
    INSERT INTO search_tokens (doc_id, title_tokens, body_tokens) VALUES (?, ?, ?)
    ON CONFLICT (doc_id) DO UPDATE SET title_tokens = excluded.title_tokens, body_tokens = excluded.body_tokens
    WHERE search_tokens.title_tokens <> excluded.title_tokens OR search_tokens.body_tokens <> excluded.body_tokens
"""
TSVECTOR_UPSERT = """
    INSERT INTO search_tokens (doc_id, title_tokens, body_tokens, tokens) VALUES (%s, %s, %s, CAST(%s AS tsvector))
    ON CONFLICT (doc_id) DO UPDATE SET title_tokens = excluded.title_tokens, body_tokens = excluded.body_tokens,
    tokens = excluded.tokens
    WHERE search_tokens.title_tokens <> excluded.title_tokens OR search_tokens.body_tokens <> excluded.body_tokens
"""


@lru_cache(maxsize=2)
def _upsert(postgres: bool) -> Any:
    table: Any = IndexedRow.__table__  # type: ignore[attr-defined]
    insert: Any = (postgresql if postgres else sqlite).insert(table)
    kept = {c.key: insert.excluded[c.key] for c in table.columns if c.key not in ("id", "kind", "row_id")}
    return insert.on_conflict_do_update(index_elements=["kind", "row_id"], set_=kept)


def _numbers(session: Session, batch: Sequence[PreparedDoc]) -> dict[tuple[str, int], int]:
    """Index ids by (kind, row id)."""
    found: dict[tuple[str, int], int] = {}
    by_kind: dict[str, list[int]] = {}
    for one in batch:
        by_kind.setdefault(one.doc.kind, []).append(one.doc.row_id)
    for kind, ids in by_kind.items():
        statement = sa.select(IndexedRow.row_id, IndexedRow.id).where(  # type: ignore[call-overload]
            col(IndexedRow.kind) == kind, col(IndexedRow.row_id).in_(ids)
        )
        found |= {(kind, row_id): number for row_id, number in session.connection().execute(statement)}
    return found


def remove(session: Session, kind: str, ids: Sequence[int]) -> None:
    """Forget these rows; ids that are not there are fine."""
    for start in range(0, len(ids), 500):
        forget(session, (col(IndexedRow.kind) == kind) & col(IndexedRow.row_id).in_(ids[start : start + 500]))


def forget(session: Session, condition: Any) -> None:
    """Forget the rows of the index that meet a condition on `IndexedRow`."""
    session.flush()
    gone = sa.select(col(IndexedRow.id)).where(condition).scalar_subquery()
    session.connection().execute(sa.delete(IndexedTokens).where(col(IndexedTokens.doc_id).in_(gone)))
    session.connection().execute(sa.delete(IndexedRow).where(condition))


def refresh(session: Session, kind: str, facts: Mapping[int, Facts]) -> None:
    """Bring status, votes and whether there is an answer up to date by row id; the words stay as they are."""
    if not facts:
        return
    table: Any = IndexedRow.__table__  # type: ignore[attr-defined]
    now = {name: sa.bindparam(f"now_{name}", type_=table.c[name].type) for name in ("status", "votes", "answered")}
    differs = sa.or_(*(table.c[name] != value for name, value in now.items()))
    which = (table.c.kind == kind) & (table.c.row_id == sa.bindparam("of_row"))
    session.connection().execute(
        sa.update(table).where(which, differs).values(now),
        [
            {"of_row": row_id, "now_status": fact.status, "now_votes": fact.votes, "now_answered": fact.answered}
            for row_id, fact in sorted(facts.items())
        ],
    )


def titles(session: Session, keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], tuple[str, str]]:
    """Original title and body by (kind, row id), in one statement."""
    wanted = list(keys)
    if not wanted:
        return {}
    statement = sa.select(IndexedRow.kind, IndexedRow.row_id, IndexedRow.title, IndexedRow.body).where(  # type: ignore[call-overload]
        sa.tuple_(col(IndexedRow.kind), col(IndexedRow.row_id)).in_(wanted)
    )
    return {(kind, row_id): (title, body) for kind, row_id, title, body in session.connection().execute(statement)}


def _row(one: PreparedDoc) -> dict[str, Any]:
    doc = one.doc
    title = set(one.title_tokens)
    return {
        "kind": doc.kind, "row_id": doc.row_id, "visibility": doc.visibility, "variety": doc.variety,
        "status": doc.status, "board_id": doc.board_id, "model": doc.model, "answered": doc.answered,
        "votes": doc.votes, "title_length": len(title), "length": len(title.union(one.body_tokens)),
        "created_at": doc.created_at, "updated_at": doc.updated_at or doc.created_at, "cut": one.cut,
        "hidden_words": doc.hidden_words, "title": doc.title, "body": doc.body,
    }  # fmt: skip


def _tokens(one: PreparedDoc, number: int, postgres: bool) -> tuple[Any, ...]:
    row = (number, " ".join(one.title_tokens), " ".join(one.body_tokens))
    return (*row, tsvector(one)) if postgres else row


def tsvector(one: PreparedDoc) -> str:
    """The tokens as PostgreSQL's literal; label A marks those of the title."""
    places: dict[str, list[str]] = {}
    _note(places, one.title_tokens, 1, "A")
    _note(places, one.body_tokens, len(one.title_tokens) + 3, "D")
    return " ".join(f"{lexeme(token)}:{','.join(found[:255])}" for token, found in places.items())


def lexeme(token: str) -> str:
    """A token as a quoted lexeme, for a tsvector or a tsquery."""
    escaped = token.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _note(places: dict[str, list[str]], found: list[str], first: int, label: str) -> None:
    for position, token in enumerate(found, first):
        if len(token) <= LONGEST_LEXEME:
            places.setdefault(token, []).append(f"{min(position, LAST_POSITION)}{label}")
