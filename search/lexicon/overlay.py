"""The shipped lexicon with a brand's changes laid over it. Pure: entries in, a lexicon out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cocreate.text.lexicon import Lexicon, Term
from search.lexicon.models import EntryKind

Key = tuple[EntryKind, str]


@dataclass(frozen=True)
class Entry:
    """A word as the editor sees it."""

    kind: EntryKind
    word: str
    aliases: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    removed: bool = False

    @property
    def key(self) -> Key:
        return (self.kind, self.word)

    def as_json(self) -> dict[str, Any]:
        """The entry as a version keeps it."""
        return {"aliases": list(self.aliases), "synonyms": list(self.synonyms), "removed": self.removed}

    @staticmethod
    def from_json(key: Key, told: Mapping[str, Any]) -> "Entry":
        """The entry that a version kept."""
        return Entry(*key, tuple(told["aliases"]), tuple(told["synonyms"]), bool(told["removed"]))


@lru_cache(maxsize=1)
def shipped() -> dict[Key, Entry]:
    """The lexicon that comes with the program, by kind and word."""
    base = Lexicon.default()
    found = [Entry(EntryKind.TERM, term.word, term.aliases, term.synonyms) for term in base.terms]
    found += [Entry(EntryKind.NAME, term.word, term.aliases, term.synonyms) for term in base.names]
    found += [Entry(EntryKind.STOP, word) for word in sorted(base.stop_words)]
    return {entry.key: entry for entry in reversed(found)}


def laid_over(changes: Iterable[Entry]) -> Lexicon:
    """The shipped lexicon with these changes; the very object that ships when there are none."""
    over = {entry.key: entry for entry in changes}
    if not over:
        return Lexicon.default()
    whole = {**{entry.key: entry for entry in reversed(shipped().values())}, **over}
    kept = [entry for entry in whole.values() if not entry.removed]

    def terms(kind: EntryKind) -> tuple[Term, ...]:
        return tuple(Term(one.word, one.aliases, one.synonyms) for one in kept if one.kind is kind)

    stop_words = frozenset(one.word for one in kept if one.kind is EntryKind.STOP)
    return Lexicon(terms(EntryKind.TERM), terms(EntryKind.NAME), stop_words)


def rewound(changes: Mapping[Key, Entry], versions: Sequence[Sequence[Mapping[str, Any]]]) -> dict[Key, Entry]:
    """The changes as they stood before these versions, newest first."""
    before = dict(changes)
    for version in versions:
        for change in version:
            key = (EntryKind(change["kind"]), str(change["word"]))
            if change["before"] is None:
                before.pop(key, None)
            else:
                before[key] = Entry.from_json(key, change["before"])
    return before
