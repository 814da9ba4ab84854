"""What the editor shows: the words that ship and those of the brand, how they sound, in how many posts they stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.text.fold import fold
from search.engines import engine_of
from search.lexicon.current import changes_of
from search.lexicon.models import EntryKind, LexiconSuggestion
from search.lexicon.overlay import Entry, Key, shipped
from search.phrases import as_typed

PAGE = 50
State = Literal["shipped", "changed", "added", "removed"]
SHOWN_SPELLINGS = 12
"""Spellings of one word that are counted; a word of more names is rare."""


@dataclass(frozen=True)
class Row:
    """A word in the list. shipped: how it came with the program, None for one the brand added."""

    entry: Entry
    state: State
    shipped: Entry | None

    @property
    def key(self) -> Key:
        return self.entry.key


class Words:
    """All words, with what the brand changed: read once per request."""

    def __init__(self, changes: Mapping[Key, Entry]) -> None:
        self.changes = changes
        self.rows: dict[Key, Row] = {key: self._row(key, entry) for key, entry in shipped().items()}
        self.rows |= {key: self._row(key, entry) for key, entry in changes.items() if key not in self.rows}

    def _row(self, key: Key, entry: Entry) -> Row:
        base, own = shipped().get(key), self.changes.get(key)
        if own is None:
            return Row(entry, "shipped", base)
        if own.removed:
            return Row(base or own, "removed", base)
        return Row(own, "changed" if base is not None else "added", base)

    def owners(self) -> dict[str, Key]:
        """Who has a spelling: every word and alias of terms and names that are not taken out, and stop words."""
        found: dict[str, Key] = {}
        rows = [row for row in self.rows.values() if row.state != "removed"]
        for row in rows:
            found.setdefault(row.entry.word, row.key)
        for row in rows:
            for alias in row.entry.aliases:
                found.setdefault(alias, row.key)
        return found

    def find(self, key: Key) -> Row | None:
        """The row of a word."""
        return self.rows.get(key)

    def matching(self, text: str, kind: EntryKind | None, changed: bool) -> list[Row]:
        """Rows whose spellings or pinyin hold the text, the best fits first; the brand's own first without a text."""
        wanted = fold(text).strip()
        found = [
            (fit, row)
            for row in self.rows.values()
            if (kind is None or row.entry.kind is kind)
            and (not changed or row.state != "shipped")
            and (fit := _fit(row.entry, wanted)) is not None
        ]
        order = list(EntryKind)
        found.sort(
            key=lambda pair: (
                pair[0], pair[1].state == "shipped", order.index(pair[1].entry.kind), _sound(pair[1].entry.word)
            )
        )  # fmt: skip
        return [row for _, row in found]


def words_of(session: Session) -> Words:
    """The words of this database."""
    return Words(changes_of(session))


def _fit(entry: Entry, wanted: str) -> int | None:
    if not wanted:
        return 0
    spellings = (entry.word, *entry.aliases, *entry.synonyms)
    if wanted in spellings:
        return 0
    if any(wanted in spelling for spelling in spellings):
        return 1
    letters = wanted.replace(" ", "").replace("'", "")
    if letters.isascii() and letters.isalpha() and len(letters) > 1:
        sound = _sound(entry.word)
        if letters in (sound.replace(" ", ""), "".join(part[0] for part in sound.split())):
            return 1
        if sound.replace(" ", "").startswith(letters):
            return 2
    return None


@lru_cache(maxsize=20_000)
def pinyin_of(word: str) -> str:
    """How a word is read, with tones; "" for one without Chinese characters."""
    if word.isascii():
        return ""
    from pypinyin import Style, lazy_pinyin

    return " ".join(lazy_pinyin(word, style=Style.TONE))


@lru_cache(maxsize=20_000)
def _sound(word: str) -> str:
    if word.isascii():
        return word
    from pypinyin import lazy_pinyin

    return " ".join(lazy_pinyin(word))


def posts_of(session: Session, entries: Iterable[Entry]) -> dict[Key, int]:
    """In how many posts each word or one of its aliases stands: one statement for all of them."""
    engine = engine_of(session)
    asked: dict[Key, str] = {}
    for entry in entries:
        queries = [
            engine.query(phrases)
            for spelling in (entry.word, *entry.aliases)[:SHOWN_SPELLINGS]
            if (phrases := as_typed(spelling, unfinished=False))
        ]
        if queries:
            asked[entry.key] = engine.either.join(queries)
    if not asked:
        return {}
    parts = [
        f"SELECT {place} AS place, count(*) AS held FROM {engine.source} "  # noqa: S608 (names of our own)
        f"WHERE {engine.holding(f'q{place}')} AND d.kind = 'post'"
        for place in range(len(asked))
    ]
    values = {f"q{place}": query for place, query in enumerate(asked.values())}
    rows = session.connection().execute(sa.text(" UNION ALL ".join(parts)), values)
    keys: Sequence[Key] = list(asked)
    return {keys[place]: held for place, held in rows}


def suggestions(session: Session, *, refused: bool = False, limit: int = 100) -> list[LexiconSuggestion]:
    """Unknown frequent words, most posts first; refused: those that somebody said are none."""
    fits = col(LexiconSuggestion.refused_at)
    statement = (
        select(LexiconSuggestion)
        .where(fits.is_not(None) if refused else fits.is_(None))
        .order_by(col(LexiconSuggestion.posts).desc(), col(LexiconSuggestion.word))
        .limit(limit)
    )
    return list(session.exec(statement))


def count_suggestions(session: Session) -> int:
    """Open suggestions."""
    statement = select(sa.func.count()).select_from(LexiconSuggestion)
    return session.exec(statement.where(col(LexiconSuggestion.refused_at).is_(None))).one()
