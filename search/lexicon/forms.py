"""What a product manager may write into the lexicon, from a form or a line of a file."""

import re
from collections.abc import Mapping

from pydantic import BaseModel, Field

from cocreate.core.text_marks import N_
from cocreate.text.fold import fold
from cocreate.text.segment import RUN
from search.lexicon.models import LONGEST, EntryKind
from search.lexicon.overlay import Entry, Key
from search.lexicon.queries import Words

MOST_SPELLINGS = 30
_BETWEEN = re.compile(r"[,，、;；|\n\r\t]+")
Problem = tuple[str, str, dict[str, object]]
"""Field, msgid and its parameters."""


class EntryForm(BaseModel):
    """A word as it is typed. was_*: the word it stands for when one is edited."""

    kind: EntryKind = EntryKind.TERM
    word: str = Field(min_length=1, max_length=200)
    aliases: str = Field(default="", max_length=4000)
    synonyms: str = Field(default="", max_length=4000)
    was_kind: EntryKind | None = None
    was_word: str = Field(default="", max_length=200)

    @property
    def entry(self) -> Entry:
        """What was meant, folded and without repeats."""
        return typed_entry(self.kind, self.word, self.aliases, self.synonyms)

    @property
    def was(self) -> Key | None:
        """The word that is edited; None for a new one."""
        return (self.was_kind, self.was_word) if self.was_kind and self.was_word else None


def typed_entry(kind: EntryKind, word: str, aliases: str, synonyms: str) -> Entry:
    """An entry from texts with commas between spellings; synonyms that are aliases already are dropped."""
    own = tidy(word)
    same = tuple(one for one in spellings(aliases) if one != own)
    near = tuple(one for one in spellings(synonyms) if one != own and one not in same)
    return Entry(kind, own, same, near)


def spellings(text: str) -> tuple[str, ...]:
    """The spellings of a list with commas, semicolons, bars or lines between them; blanks belong to a spelling."""
    return tuple(dict.fromkeys(one for part in _BETWEEN.split(text) if (one := tidy(part))))


def tidy(spelling: str) -> str:
    """A spelling as the lexicon keeps it."""
    return " ".join(fold(spelling).split())


def problems(entry: Entry, words: Words, owners: Mapping[str, Key], was: Key | None = None) -> list[Problem]:
    """Why this word cannot be taken; empty when it can. was: the word that it replaces."""
    found = [problem for name in ("word", "aliases", "synonyms") for problem in _misshapen(entry, name)]
    if entry.kind is EntryKind.STOP and (entry.aliases or entry.synonyms):
        found.append(("aliases", N_("A stop word has no other spellings."), {}))
    before = words.find(entry.key)
    known = before.entry.aliases if before is not None else ()
    for name, spelling in (("word", entry.word), *(("aliases", alias) for alias in entry.aliases)):
        holder = owners.get(spelling)
        if holder is not None and holder not in {entry.key, was} and spelling not in known:
            reason = N_("“%(word)s” belongs to “%(other)s” already.")
            found.append((name, reason, {"word": spelling, "other": holder[1]}))
    return found


def _misshapen(entry: Entry, name: str) -> list[Problem]:
    given = (entry.word,) if name == "word" else entry.aliases if name == "aliases" else entry.synonyms
    found: list[Problem] = []
    if len(given) > MOST_SPELLINGS:
        found.append((name, N_("These are too many for one word."), {}))
    for spelling in given:
        if len(spelling) > LONGEST:
            found.append((name, N_("“%(word)s” is too long for a word."), {"word": spelling[:12] + "…"}))
        elif not RUN.search(spelling):
            found.append((name, N_("“%(word)s” holds no letter and no character."), {"word": spelling}))
    return found
