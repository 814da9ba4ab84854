"""The dictionary cutter behind `segment`: rjieba, or jieba where no wheel of rjieba fits the machine."""

import logging
import threading
import warnings
from typing import Any, Protocol

from cocreate.text.lexicon import Lexicon

SHORTEST_COMPOUND = 4
MOST_PARTS = 50_000  # long words remembered; owners use a few thousand


_import_made_one = threading.Lock()
"""Taken for good by whoever uses the engine that belongs to nobody yet."""


class Engine(Protocol):
    """What rjieba and jieba both do with one run of Chinese characters."""

    def cut(self, run: str) -> list[str]:
        """Words side by side, unknown ones guessed (HMM)."""

    def cut_known(self, run: str) -> list[str]:
        """Words side by side, nothing guessed: what no dictionary knows falls apart into characters."""

    def cut_for_search(self, run: str) -> list[str]:
        """Words, and the shorter words inside long ones; nothing is guessed."""


class Cutter:
    """An engine, and what it says of a single word."""

    def __init__(self, engine: Engine) -> None:
        self.cut = engine.cut
        self.cut_known = engine.cut_known
        self.cut_for_search = engine.cut_for_search
        self._parts: dict[str, tuple[str, ...]] = {}

    def parts(self, word: str) -> tuple[str, ...]:
        """The fewest dictionary words of two or three characters that make up the word; itself when none do."""
        if len(word) < SHORTEST_COMPOUND or word.isascii():
            return (word,)
        known = self._parts.get(word)
        if known is None:
            known = tile(word, {part for part in self.cut_for_search(word) if 1 < len(part) < len(word)})
            if len(self._parts) < MOST_PARTS:
                self._parts[word] = known
        return known


class FastEngine:
    """rjieba: ten times the speed of jieba and the same words, but for exact ties in tripled characters (咕咕咕)."""

    def __init__(self, spellings: tuple[str, ...]) -> None:
        import rjieba

        # Importing it makes an engine: the first cutter takes that one, for another costs .1 s and 30 MB.
        first = _import_made_one.acquire(blocking=False)
        made: Any = rjieba.cut
        self._engine: rjieba.Jieba = made.__self__ if first else rjieba.Jieba()
        for word in spellings:
            if self._engine.cut(word, False) != [word]:
                self._engine.add_word(word, self._engine.suggest_freq(word), "n")

    def cut(self, run: str) -> list[str]:
        return self._engine.cut(run, True)

    def cut_known(self, run: str) -> list[str]:
        return self._engine.cut(run, False)

    def cut_for_search(self, run: str) -> list[str]:
        return self._engine.cut_for_search(run, False)


class ReferenceEngine:
    """jieba itself, in pure Python."""

    def __init__(self, spellings: tuple[str, ...]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its sources hold invalid escapes: a SyntaxWarning from Python 3.12 on
            import jieba

        jieba.setLogLevel(logging.WARNING)
        self._engine: Any = jieba.Tokenizer()
        self._engine.initialize()
        for word in spellings:
            # What is whole already is left alone by both engines: the frequencies they suggest for it differ by one.
            if list(self._engine.cut(word, HMM=False)) != [word]:
                self._engine.add_word(word)

    def cut(self, run: str) -> list[str]:
        return list(self._engine.cut(run, HMM=True))

    def cut_known(self, run: str) -> list[str]:
        return list(self._engine.cut(run, HMM=False))

    def cut_for_search(self, run: str) -> list[str]:
        return list(self._engine.cut_for_search(run, HMM=False))


def make_cutter(spellings: tuple[str, ...]) -> Cutter:
    """A cutter that keeps these spellings whole."""
    try:
        return Cutter(FastEngine(spellings))
    except ImportError:
        logging.getLogger(__name__).info("rjieba is not installed: cutting with jieba, about ten times slower")
        return Cutter(ReferenceEngine(spellings))


def tile(word: str, parts: set[str]) -> tuple[str, ...]:
    """The word as the fewest of these parts in a row, longer ones first; itself when they leave gaps."""
    ways: dict[int, tuple[str, ...]] = {0: ()}
    for end in range(1, len(word) + 1):
        last = [part for part in parts if word[:end].endswith(part) and end - len(part) in ways]
        if last:
            found = [(*ways[end - len(part)], part) for part in last]
            ways[end] = min(found, key=lambda way: (len(way), [-len(part) for part in way]))
    return ways.get(len(word), (word,))


_cutters: dict[str, Cutter] = {}
_lock = threading.Lock()
MOST_CUTTERS = 4  # two lexicons while a new one is being indexed, and room for a test


def cutter_for(lexicon: Lexicon) -> Cutter:
    """The cutter of this lexicon, made once (0.15 s, 30 MB) and kept."""
    cutter = _cutters.get(lexicon.cut)
    if cutter is None:
        cutter = make_cutter(tuple(sorted(lexicon.spellings)))
        with _lock:
            while len(_cutters) >= MOST_CUTTERS:
                _cutters.pop(next(iter(_cutters)))
            _cutters[lexicon.cut] = cutter
    return cutter
