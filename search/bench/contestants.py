"""The engines that the search bench asks: ours, and what a project without a Chinese text core would use."""

import sqlite3
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import SQLModel

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from cocreate.text.excerpt import first_sentence
from search import embedded, vocabulary
from search.documents import prepare, put
from search.port import Scope, SearchDoc, SearchQuery

AT_ONCE = 500
EVERYBODY = Scope(staff=False)


class Contestant(Protocol):
    """One engine over one corpus."""

    name: str

    def index(self, texts: dict[int, str]) -> Iterator[int]:
        """Take all posts in; yields how many are in."""
        ...

    def search(self, text: str, limit: int, *, typing: bool = False) -> list[int]: ...

    def similar(self, text: str, limit: int) -> list[int]: ...

    def megabytes(self) -> float: ...

    def close(self) -> None: ...


@dataclass
class Embedded:
    """Ours, in the database of the runtime, over posts as an import leaves them: a title derived from the text."""

    runtime: Runtime
    name: str = "cocreate"

    def fill(self, texts: dict[int, str]) -> None:
        """Write the posts themselves, which pages show; no engine's time holds it."""
        post: Any = SQLModel.metadata.tables["post"]
        for docs in self._docs(texts):
            with self.runtime.database.write() as session:
                session.connection().execute(sa.insert(post), [_post_row(doc) for doc in docs])

    def index(self, texts: dict[int, str]) -> Iterator[int]:
        done = 0
        for docs in self._docs(texts):
            with self.runtime.database.write() as session:
                put(session, prepare(session, docs))
            done += len(docs)
            yield done

    @staticmethod
    def _docs(texts: dict[int, str]) -> Iterator[list[SearchDoc]]:
        moment = clock.now() - timedelta(days=365)
        items = list(texts.items())
        for start in range(0, len(items), AT_ONCE):
            yield [
                SearchDoc(
                    "post", number, first_sentence(text) or text[:60], text, moment + timedelta(minutes=number),
                    status="open", variety="problem",
                )
                for number, text in items[start : start + AT_ONCE]
            ]  # fmt: skip

    def learn(self) -> int:
        """Read the vocabulary, as the site does in a thread after its start."""
        with self.runtime.database.read() as session:
            return vocabulary.learn(session)

    def search(self, text: str, limit: int, *, typing: bool = False) -> list[int]:
        with self.runtime.database.read() as session:
            query = SearchQuery(text, EVERYBODY, kinds=["post"], limit=limit, typing=typing)
            return [hit.id for hit in embedded.search(session, query).hits]

    def similar(self, text: str, limit: int) -> list[int]:
        with self.runtime.database.read() as session:
            return [hit.id for hit in embedded.similar(session, text, scope=EVERYBODY, limit=limit)]

    def megabytes(self) -> float:
        with self.runtime.database.read() as session:
            if not self.runtime.database.is_sqlite:
                sql = "SELECT pg_total_relation_size('search_doc') + pg_total_relation_size('search_tokens')"
            else:
                sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            return float(session.connection().execute(sa.text(sql)).scalar_one()) / 1e6

    def close(self) -> None:
        pass


def _post_row(doc: SearchDoc) -> dict[str, Any]:
    return {
        "id": doc.row_id, "title": doc.title, "title_derived": True, "body": doc.body, "kind": doc.variety,
        "status": doc.status, "visibility": "public", "source": "bench", "external_id": str(doc.row_id),
        "author_label": None, "imported_votes": 0, "channel": "import", "model": "", "src": "",
        "created_at": doc.created_at, "vote_count": 0, "comment_count": 0, "hot": 0.0,
    }  # fmt: skip


class _Sqlite(ABC):
    """A table of its own in a file of its own, as plain as the manuals show it."""

    name = ""
    create = ""

    def __init__(self, folder: Path) -> None:
        from cocreate.core.db import sqlite_driver

        self.path = folder / f"{self.name.replace(' ', '-')}.db"
        self.database: sqlite3.Connection = sqlite_driver().connect(str(self.path))
        for pragma in ("journal_mode=WAL", "cache_size=-16000", "mmap_size=268435456"):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.execute(self.create)

    def index(self, texts: dict[int, str]) -> Iterator[int]:
        items = list(texts.items())
        for start in range(0, len(items), AT_ONCE):
            with self.database:
                self.database.executemany(
                    "INSERT INTO posts (rowid, text) VALUES (?, ?)", items[start : start + AT_ONCE]
                )
            yield min(start + AT_ONCE, len(items))

    @abstractmethod
    def search(self, text: str, limit: int, *, typing: bool = False) -> list[int]: ...

    def similar(self, text: str, limit: int) -> list[int]:
        return self.search(text, limit)

    def _ask(self, sql: str, values: Sequence[Any]) -> list[int]:
        return [row[0] for row in self.database.execute(sql, values)]

    def megabytes(self) -> float:
        return self.path.stat().st_size / 1e6

    def close(self) -> None:
        self.database.close()


class Like(_Sqlite):
    """Every word of the query as a substring."""

    name = "SQL LIKE"
    create = "CREATE TABLE posts (text TEXT NOT NULL)"

    def search(self, text: str, limit: int, *, typing: bool = False) -> list[int]:
        parts = text.split() or [text]
        condition = " AND ".join("text LIKE ?" for _ in parts)
        return self._ask(
            f"SELECT rowid FROM posts WHERE {condition} LIMIT ?",  # noqa: S608 (question marks alone)
            [*(f"%{part}%" for part in parts), limit],
        )


class PlainFts(_Sqlite):
    """FTS5 as it comes, with `unicode61`: a run without blanks is one token."""

    name = "FTS5 unicode61"
    create = "CREATE VIRTUAL TABLE posts USING fts5(text)"

    def search(self, text: str, limit: int, *, typing: bool = False) -> list[int]:
        return self._match(" ".join(self._quoted(text, typing)), limit)

    def similar(self, text: str, limit: int) -> list[int]:
        return self._match(" OR ".join(self._quoted(text, False)), limit)

    def _quoted(self, text: str, typing: bool) -> list[str]:
        words = ['"' + word.replace('"', '""') + '"' for word in text.split()]
        return [*words[:-1], words[-1] + " *"] if typing and words else words

    def _match(self, query: str, limit: int) -> list[int]:
        return self._ask("SELECT rowid FROM posts WHERE posts MATCH ? ORDER BY rank LIMIT ?", [query or '""', limit])


class Trigram(PlainFts):
    """FTS5 with `trigram`: substrings of three characters and more."""

    name = "FTS5 trigram"
    create = "CREATE VIRTUAL TABLE posts USING fts5(text, tokenize='trigram')"

    def similar(self, text: str, limit: int) -> list[int]:
        pieces = {text[i : i + 3] for i in range(len(text) - 2)}
        return self._match(" OR ".join('"' + piece.replace('"', '""') + '"' for piece in sorted(pieces)), limit)


def resident_megabytes() -> float:
    """Most memory that this process has had."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)
