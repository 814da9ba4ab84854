"""A row of the index as the search server gets it: folded, with a blank at every border of scripts.

The server cuts Chinese by a simplified dictionary before it folds, and glues 001 to 极氪: both are settled here. The
same `spaced` is done to what people type, so both sides meet.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from cocreate.text.fold import fold
from cocreate.text.segment import CHINESE, grams
from search.documents import BODY_CHARACTERS, TITLE_CHARACTERS
from search.models import IndexedRow

SCHEMA = 1
"""Raise it when `document` changes: every index is then built anew."""
AT_ONCE = 500
_BORDER = re.compile(rf"(?<=[{CHINESE}])(?=[^\W_{CHINESE}])|(?<=[^\W_{CHINESE}]|[+#])(?=[{CHINESE}])")
_DOC: Any = IndexedRow.__table__  # type: ignore[attr-defined]
_SENT = [
    _DOC.c[name]
    for name in (
        "id", "kind", "row_id", "title", "body", "hidden_words", "visibility", "variety", "status", "board_id", "model",
        "answered", "votes", "created_at", "updated_at",
    )
]  # fmt: skip


def spaced(text: str) -> str:
    """The text folded, Chinese and other scripts apart: 极氪001 as 极氪 001."""
    return _BORDER.sub(" ", fold(text))


def doc_id(kind: str, row_id: int) -> str:
    """The row's name on the server."""
    return f"{kind}-{row_id}"


def row_key(name: str) -> tuple[str, int] | None:
    """The row behind a name on the server; None for a name that we never give."""
    kind, _, number = name.rpartition("-")
    return (kind, int(number)) if kind and number.isdecimal() and len(number) < 19 else None


def document(row: Any) -> dict[str, Any]:
    """The row as it is sent. `v` tells two states of it apart."""
    title, body = row.title[:TITLE_CHARACTERS], row.body[:BODY_CHARACTERS]
    latin = [token for token in grams(f"{title}\n{body}\n{row.hidden_words}") if token.isascii()]
    made = {
        "id": doc_id(row.kind, row.row_id),
        "kind": row.kind,
        "row_id": row.row_id,
        "title": spaced(title),
        # model y is also found as modely, es8 as es 8; and what is no text of the row, such as its tags.
        "terms": " ".join([spaced(row.hidden_words), *dict.fromkeys(latin)]).strip(),
        "body": spaced(body),
        "visibility": row.visibility,
        "variety": row.variety,
        "status": row.status,
        "board_id": row.board_id,
        "model": row.model,
        "answered": row.answered,
        "votes": row.votes,
        "created_ts": row.created_at.timestamp(),
        "updated_ts": row.updated_at.timestamp(),
    }
    state = json.dumps([SCHEMA, made], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    made["v"] = hashlib.blake2b(state.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return made


def current(session: Session, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Any]]:
    """The documents of these rows as they are now; rows that are gone are left out."""
    if not keys:
        return {}
    by_kind: dict[str, list[int]] = {}
    for kind, row_id in keys:
        by_kind.setdefault(kind, []).append(row_id)
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for kind, ids in by_kind.items():
        statement = sa.select(*_SENT).where(_DOC.c.kind == kind, _DOC.c.row_id.in_(ids))
        found |= {(row.kind, row.row_id): document(row) for row in session.connection().execute(statement)}
    return found


def following(session: Session, after_id: int) -> tuple[list[dict[str, Any]], int]:
    """The next documents in the order of the index, at most 500, and where to go on; none at the end."""
    statement = sa.select(*_SENT).where(_DOC.c.id > after_id).order_by(_DOC.c.id).limit(AT_ONCE)
    rows = session.connection().execute(statement).all()
    return [document(row) for row in rows], rows[-1].id if rows else after_id


def count(session: Session) -> int:
    """How many documents there are."""
    return int(session.connection().execute(sa.select(sa.func.count()).select_from(_DOC)).scalar_one())
