"""What search tells the rooms above."""

from dataclasses import dataclass

from cocreate.core.events import Event


@dataclass(frozen=True)
class LexiconChanged(Event):
    """The brand's lexicon has a new version. words: whether texts are cut or grouped otherwise; else only synonyms."""

    version: int
    words: bool = True
