"""The lexicon: words a general dictionary lacks, other spellings of them, and words that say nothing."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

from cocreate.text.fold import fold

CUT_VERSION = 1
"""To be raised with any change of `fold` or `segment` that cuts a stored text differently."""


@dataclass(frozen=True)
class Term:
    """A word kept whole; aliases are other names of the same thing, synonyms only widen a search."""

    word: str
    aliases: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """The word and its aliases."""
        return (self.word, *self.aliases)


@dataclass(frozen=True)
class Lexicon:
    """What the cutter knows beyond its dictionary. Spellings are folded when it is made."""

    terms: tuple[Term, ...] = ()
    names: tuple[Term, ...] = ()  # makers and models: searched like terms, left out when posts are grouped
    stop_words: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", tuple(_folded(term) for term in self.terms))
        object.__setattr__(self, "names", tuple(_folded(term) for term in self.names))
        object.__setattr__(self, "stop_words", frozenset(fold(word) for word in self.stop_words))

    @staticmethod
    def default() -> "Lexicon":
        """The lexicon that ships with the program; the same object every time."""
        return _default()

    def ignoring(self, words: Iterable[str]) -> "Lexicon":
        """This lexicon with further words that say nothing; itself when there are none."""
        names = tuple(Term(word) for word in words)
        return replace(self, names=(*self.names, *names)) if names else self

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """Every word and alias, names too, in order and without repeats: what the cutter keeps whole."""
        return tuple(dict.fromkeys(s for term in (*self.terms, *self.names) for s in term.spellings))

    @cached_property
    def canonical(self) -> dict[str, str]:
        """The word kept for each alias; a spelling that is a word of its own stands for itself."""
        own = {term.word for term in self.terms}
        return {alias: term.word for term in self.terms for alias in term.aliases if alias not in own}

    @cached_property
    def synonyms(self) -> dict[str, tuple[str, ...]]:
        """For each spelling the others that a search may put in its place, in both directions, nearest first.

        A synonym that is a word of its own brings its aliases along, but not its synonyms: groups do not run together.
        """
        aliases: dict[str, tuple[str, ...]] = {}
        for term in (*self.terms, *self.names):
            aliases.setdefault(term.word, term.aliases)
        groups: dict[str, dict[str, None]] = {}
        for term in (*self.terms, *self.names):
            further = tuple(s for word in term.synonyms for s in (word, *aliases.get(word, ())))
            group = dict.fromkeys((*term.spellings, *further))
            for spelling in group if len(group) > 1 else ():
                groups.setdefault(spelling, {}).update(group)
        return {spelling: tuple(s for s in group if s != spelling) for spelling, group in groups.items()}

    @cached_property
    def name_spellings(self) -> frozenset[str]:
        """Every spelling of every name."""
        return frozenset(s for term in self.names for s in term.spellings)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over everything in it."""
        told = repr((self.terms, self.names, sorted(self.stop_words)))
        return hashlib.sha256(told.encode()).hexdigest()

    @cached_property
    def cut(self) -> str:
        """Sixteen characters that name how it cuts: synonyms, stop words and the order of the terms change nothing."""
        told = repr((CUT_VERSION, sorted(self.spellings)))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """Everything in it as lists and strings; `from_json` makes an equal lexicon of them."""

        def rows(terms: tuple[Term, ...]) -> list[list[Any]]:
            return [[term.word, list(term.aliases), list(term.synonyms)] for term in terms]

        return {"terms": rows(self.terms), "names": rows(self.names), "stop_words": sorted(self.stop_words)}

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> "Lexicon":
        """The lexicon that `as_json` told of. Raises KeyError or ValueError when the shape is another."""

        def terms(rows: Iterable[Any]) -> tuple[Term, ...]:
            return tuple(Term(word, tuple(aliases), tuple(synonyms)) for word, aliases, synonyms in rows)

        return Lexicon(terms(told["terms"]), terms(told["names"]), frozenset(told["stop_words"]))


def parse_terms(lines: Iterable[str]) -> tuple[Term, ...]:
    """Terms from lines of `word alias alias | synonym synonym`; blank lines and # comments are skipped.

    An underscore stands for a blank inside a spelling: model_y.
    """
    found = []
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        same, _, like = line.partition("|")
        word, *aliases = _spellings(same)
        found.append(Term(word, tuple(aliases), tuple(_spellings(like))))
    return tuple(found)


def _spellings(part: str) -> list[str]:
    return [spelling.replace("_", " ") for spelling in part.split()]


def _folded(term: Term) -> Term:
    return Term(fold(term.word), tuple(map(fold, term.aliases)), tuple(map(fold, term.synonyms)))


@lru_cache(maxsize=1)
def _default() -> Lexicon:
    data = resources.files("cocreate.text") / "data"

    def lines(name: str) -> list[str]:
        return (data / name).read_text(encoding="utf-8").splitlines()

    stop_lines = [line for line in lines("stop_words.txt") if not line.startswith("#")]
    return Lexicon(
        terms=parse_terms(lines("car_terms.txt")),
        names=parse_terms(lines("car_names.txt")),
        stop_words=frozenset(word for line in stop_lines for word in line.split()),
    )
