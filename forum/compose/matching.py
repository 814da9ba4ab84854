"""Why two texts look alike: the words that stand in both. Pure."""

import re

from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import CHINESE, RUN, words

LOOKED_AT = 1000
"""Characters of each text that are compared."""
_HAN = re.compile(f"[{CHINESE}]")
_WORD = re.compile(r"[a-z][a-z0-9+-]{2,}")
ENOUGH_HAN = 4


def says_enough(text: str) -> bool:
    """Whether there is something to compare: four Chinese characters, or a latin word of three letters."""
    folded = fold(text[:LOOKED_AT])
    return len(_HAN.findall(folded)) >= ENOUGH_HAN or _WORD.search(folded) is not None


def content_words(text: str, lexicon: Lexicon | None = None) -> tuple[str, ...]:
    """Folded words of the text that say something, each once, in its order."""
    lexicon = lexicon or Lexicon.default()
    found = dict.fromkeys(words(text[:LOOKED_AT], lexicon))
    return tuple(word for word in found if len(word) > 1 and word not in lexicon.stop_words)


def shared_words(text: str, other: str, lexicon: Lexicon | None = None) -> tuple[str, ...]:
    """Folded words of the text that the other text says as well, in the order of the text, the whole of each only.

    Where no word is shared: the runs of two characters and more that stand in both.
    """
    lexicon = lexicon or Lexicon.default()
    mine, theirs = fold(text[:LOOKED_AT]), fold(other[:LOOKED_AT])
    found = [word for word in content_words(mine, lexicon) if word in theirs]
    found = found or _runs(mine, theirs, lexicon)
    return tuple(word for word in found if not any(word != one and word in one for one in found))


def _runs(mine: str, theirs: str, lexicon: Lexicon) -> list[str]:
    found: list[str] = []
    for match in RUN.finditer(mine):
        run, start = match.group(), 0
        while start < len(run) - 1:
            end = start + 2
            if run[start:end] not in theirs:
                start += 1
                continue
            while end < len(run) and run[start : end + 1] in theirs:
                end += 1
            if run[start:end] not in lexicon.stop_words:
                found.append(run[start:end])
            start = end
    return list(dict.fromkeys(found))
