"""The lexicon: words a general dictionary lacks, other spellings of them, and words that say nothing."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib import resources

from cocreate.text.fold import fold


@dataclass(frozen=True)
class Term:
    """A word kept whole, and the spellings that mean the same."""

    word: str
    aliases: tuple[str, ...] = ()


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
        """Every word and alias, names too, in order and without repeats."""
        return tuple(dict.fromkeys(s for term in (*self.terms, *self.names) for s in (term.word, *term.aliases)))

    @cached_property
    def canonical(self) -> dict[str, str]:
        """The word kept for each alias; a spelling that is a word of its own stands for itself."""
        own = {term.word for term in self.terms}
        return {alias: term.word for term in self.terms for alias in term.aliases if alias not in own}

    @cached_property
    def name_spellings(self) -> frozenset[str]:
        """Every spelling of every name."""
        return frozenset(s for term in self.names for s in (term.word, *term.aliases))

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over everything in it: equal lexicons cut equally."""
        told = repr((self.terms, self.names, sorted(self.stop_words)))
        return hashlib.sha256(told.encode()).hexdigest()


def parse_terms(lines: Iterable[str]) -> tuple[Term, ...]:
    """Terms from lines of `word alias alias`; blank lines and # comments are skipped."""
    entries = (line.split() for line in lines if line.strip() and not line.startswith("#"))
    return tuple(Term(first, tuple(rest)) for first, *rest in entries)


def _folded(term: Term) -> Term:
    return Term(fold(term.word), tuple(fold(alias) for alias in term.aliases))


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
