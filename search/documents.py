"""Writing the index: cut texts before the first write, then put them in the transaction of the row itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import grams, words
from search.lexicon.current import lexicon_of
from search.models import IndexedRow
from search.port import SearchDoc

BODY_CHARACTERS = 4000
"""What lies beyond is found by reading, not by searching."""
TITLE_CHARACTERS = 400
WORDS_FROM = 9000
"""First position of the words in a tsvector: behind every pair, so that no phrase runs from one into the other."""
LAST_POSITION = 16383
PUT_AT_ONCE = 200


@dataclass(frozen=True)
class PreparedDoc:
    """A document with its tokens; making it takes time and no lock."""

    doc: SearchDoc
    cut: str
    """`Lexicon.cut` of the lexicon that cut it."""
    title_words: list[str]
    title_grams: list[str]
    body_words: list[str]
    body_grams: list[str]


def prepare(session: Session, docs: Iterable[SearchDoc]) -> list[PreparedDoc]:
    """Documents cut into tokens by the brand's lexicon. Call it before the first write of a transaction."""
    lexicon = lexicon_of(session)
    return [_prepare(doc, lexicon) for doc in docs]


def _prepare(doc: SearchDoc, lexicon: Lexicon) -> PreparedDoc:
    title, body = doc.title[:TITLE_CHARACTERS], doc.body[:BODY_CHARACTERS]
    if doc.hidden_words:
        body = f"{body}\n{doc.hidden_words}"
    return PreparedDoc(doc, lexicon.cut, words(title, lexicon), grams(title), words(body, lexicon), grams(body))


def put(session: Session, prepared: Sequence[PreparedDoc]) -> None:
    """Make these the indexed state of their rows: new ones are added, known ones replaced. Part of the transaction."""
    if not prepared:
        return
    session.flush()
    postgres = session.get_bind().dialect.name == "postgresql"
    statement = _upsert(postgres)
    # A row given twice would be hit twice by one statement, which PostgreSQL refuses: the last one stands.
    latest = {(one.doc.kind, one.doc.row_id): one for one in prepared}
    rows = [_row(one, postgres) for one in latest.values()]
    for start in range(0, len(rows), PUT_AT_ONCE):
        session.connection().execute(statement, rows[start : start + PUT_AT_ONCE])


@lru_cache(maxsize=2)
def _upsert(postgres: bool) -> Any:
    table: Any = IndexedRow.__table__  # type: ignore[attr-defined]
    if postgres:
        # `tokens` belongs to the dialect and not to the model, so the statement meets it only here.
        table = sa.Table(
            "search_doc", sa.MetaData(), *(c._copy() for c in table.columns), sa.Column("tokens", postgresql.TSVECTOR)
        )
    insert: Any = (postgresql if postgres else sqlite).insert(table)
    changed = {c.key: insert.excluded[c.key] for c in table.columns if c.key not in ("id", "kind", "row_id")}
    # Never INSERT OR REPLACE: it skips the delete trigger, and the full-text table keeps the old words for ever.
    return insert.on_conflict_do_update(index_elements=["kind", "row_id"], set_=changed)


def remove(session: Session, kind: str, ids: Sequence[int]) -> None:
    """Forget these rows; ids that are not there are fine."""
    session.flush()
    for start in range(0, len(ids), 500):
        session.connection().execute(
            sa.delete(IndexedRow).where(
                col(IndexedRow.kind) == kind, col(IndexedRow.row_id).in_(ids[start : start + 500])
            )
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


def _row(one: PreparedDoc, postgres: bool) -> dict[str, Any]:
    doc = one.doc
    row: dict[str, Any] = {
        "kind": doc.kind,
        "row_id": doc.row_id,
        "cut": one.cut,
        "title": doc.title,
        "body": doc.body,
        "hidden_words": doc.hidden_words,
        "title_words": " ".join(one.title_words),
        "title_grams": " ".join(one.title_grams),
        "body_words": " ".join(one.body_words),
        "body_grams": " ".join(one.body_grams),
        "board_id": doc.board_id,
        "status": doc.status,
        "model": doc.model,
        "visibility": doc.visibility,
        "votes": doc.votes,
        "created_at": doc.created_at,
    }
    if postgres:
        row["tokens"] = tsvector(one)
    return row


def tsvector(one: PreparedDoc) -> str:
    """The tokens as PostgreSQL's literal, words as `w…`, pairs as `g…`; labels A to D rank title before body."""
    places: dict[str, list[str]] = {}
    _note(places, "g", one.title_grams, 1, "B")
    _note(places, "g", one.body_grams, len(one.title_grams) + 3, "D")
    _note(places, "w", one.title_words, WORDS_FROM, "A")
    _note(places, "w", one.body_words, WORDS_FROM + len(one.title_words) + 3, "C")
    return " ".join(f"{lexeme(token)}:{','.join(found[:255])}" for token, found in places.items())


def lexeme(token: str) -> str:
    """A token as a quoted lexeme, for a tsvector or a tsquery."""
    escaped = token.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _note(places: dict[str, list[str]], mark: str, tokens: list[str], first: int, label: str) -> None:
    for position, token in enumerate(tokens, first):
        # A lexeme may hold 2,046 bytes; a longer run of letters is no word anybody types.
        if len(token) <= 400:
            places.setdefault(mark + token, []).append(f"{min(position, LAST_POSITION)}{label}")
