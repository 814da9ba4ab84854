"""What search hands out and what it asks for: the shapes that every engine and every package with texts agree on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from markupsafe import Markup
from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.web.page import Page

Via = Literal["literal", "words", "synonym", "pinyin", "homophone", "similar"]
Visibility = Literal["public", "staff"]


@dataclass(frozen=True)
class SearchDoc:
    """One row of some package as search sees it: its words, and what may narrow a search."""

    kind: str
    row_id: int
    title: str
    body: str
    created_at: datetime
    board_id: int | None = None
    status: str = ""
    model: str = ""
    visibility: str = "public"
    votes: int = 0
    hidden_words: str = ""
    """Further words that find the row, like tags; never shown as its text."""


@dataclass(frozen=True)
class Scope:
    """What the reader may see; a filter inside every query, never applied afterwards alone."""

    staff: bool


@dataclass(frozen=True)
class Hit:
    """A row that answers. score: 0 to 1, comparable inside one answer. via: how the words met."""

    kind: str
    id: int
    score: float
    via: Via


@dataclass(frozen=True)
class SearchPage:
    """Hits, best first, and which engine found them. degraded: a stand-in answered for the engine that was meant."""

    hits: list[Hit]
    engine: str
    degraded: bool
    took_ms: float


class SearchSource(Protocol):
    """A package's side of search: how its rows are indexed, rechecked and drawn. Listed in `Module.search_sources`."""

    kind: str
    label: str
    """Msgid of the tab on the search page."""

    def documents(self, session: Session, after_id: int) -> list[SearchDoc]:
        """The next rows by id, at most a few hundred; empty at the end."""
        ...

    def visible(self, session: Session, actor: Actor, ids: Sequence[int]) -> set[int]:
        """Those that this reader may see, asked of the rows themselves."""
        ...

    def cards(self, session: Session, page: Page, ids: Sequence[int]) -> dict[int, Markup]:
        """The rows as they look in a result list: block elements without `<li>`, because an excerpt is put beneath."""
        ...
