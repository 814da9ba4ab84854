"""What search hands out and what it asks for: the shapes that every engine and every package with texts agree on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from markupsafe import Markup
from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.web.page import Page

Via = Literal["literal", "words", "synonym", "pinyin", "homophone", "similar"]
Visibility = Literal["public", "staff"]
Sort = Literal["best", "new", "votes"]


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
    variety: str = ""
    """What sort of row it is within its kind, a post's idea, problem, question or praise; empty elsewhere."""
    answered: bool = False
    """Whether the brand answered it."""
    updated_at: datetime | None = None
    """None: at `created_at`, never changed since."""


@dataclass(frozen=True)
class Facts:
    """What changes about a row without its words: written alone, so that a vote does not index a text again."""

    status: str
    votes: int
    answered: bool


@dataclass(frozen=True)
class Scope:
    """What the reader may see; a filter inside every query, never applied afterwards alone."""

    staff: bool


@dataclass(frozen=True)
class SearchFilters:
    """What a reader narrows a search to; an empty value narrows nothing."""

    variety: str = ""
    status: str = ""
    board_id: int | None = None
    model: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """The first moment that is too late."""
    answered: bool | None = None


@dataclass(frozen=True)
class SearchQuery:
    """A search as a reader asks it.

    kinds: None for all. typing: the last word may be unfinished and the answer has to be quick. exact: no other
    spellings and nothing alike, only what was typed.
    """

    text: str
    scope: Scope
    kinds: Sequence[str] | None = None
    filters: SearchFilters = field(default_factory=SearchFilters)
    sort: Sort = "best"
    limit: int = 20
    typing: bool = False
    exact: bool = False


@dataclass(frozen=True)
class Rewritten:
    """A part of the query that was read as other words: zuoyi as 座椅. Named only if a hit holds one of the words."""

    typed: str
    words: tuple[str, ...]
    via: Via


@dataclass(frozen=True)
class Facets:
    """How many rows that hold the words have each value. capped: only the newest `total` of them were counted."""

    values: Mapping[str, list[tuple[Any, int]]]
    """By "kind", "variety", "status", "board_id", "model", "answered": (value, rows), most rows first."""
    total: int = 0
    capped: bool = False

    def __getitem__(self, name: str) -> list[tuple[Any, int]]:
        return self.values[name]


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
    rewritten: tuple[Rewritten, ...] = ()


class SearchBackend(Protocol):
    """What answers searches: the database itself, or a server beside it. One contract suite holds for all.

    The reader's scope is a condition inside the engine. No typed text makes it raise; a server that cannot be reached
    raises `Unavailable`, and the facade asks the database instead.
    """

    name: str

    def search(self, session: Session, query: SearchQuery) -> SearchPage:
        """The best rows, tier by tier; the newest rows for an empty text."""
        ...

    def facets(self, session: Session, query: SearchQuery) -> Facets:
        """Counts over the rows that hold the words, each facet without its own filter."""
        ...


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

    def url(self, page: Page, row_id: int) -> str:
        """Where the row is read."""
        ...

    def filter_labels(self, session: Session) -> Mapping[str, Mapping[str, str]]:
        """What the values of "variety", "status" and "board" are called in this package: msgids, or names as given."""
        ...
