"""What a typed text asks for, engine by engine alike. Pure: text in, phrases of index tokens out."""

from dataclasses import dataclass

from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import PUNCTUATION, RUN, grams, words

QUERY_CHARACTERS = 200
MOST_PHRASES = 24


@dataclass(frozen=True)
class Phrase:
    """Tokens of the pair columns that must stand in a row; `prefix`: the last one may go on."""

    tokens: tuple[str, ...]
    prefix: bool = False


def as_typed(text: str) -> list[Phrase]:
    """Every run exactly as it was typed; all of them must be found. The last latin one may be half a word."""
    folded = fold(text[:QUERY_CHARACTERS]).rstrip()
    found: list[Phrase] = []
    for match in RUN.finditer(folded):
        chinese, latin = match["chinese"], match["latin"]
        found.append(_substring(chinese) if chinese else Phrase((latin,), prefix=match.end() == len(folded)))
    return list(dict.fromkeys(found))[:MOST_PHRASES]


def all_words(text: str) -> list[Phrase]:
    """The words of the text in any order; all of them must be found. Stop words count only if there is nothing else.

    A long dictionary word asks for its parts (地图更新: 地图, 更新), since the parts stand wherever the whole does.
    """
    folded = fold(text[:QUERY_CHARACTERS])
    found: list[Phrase] = []
    spare: list[Phrase] = []
    stop_words = Lexicon.default().stop_words
    for match in RUN.finditer(folded):
        if match["latin"]:
            found.append(Phrase((PUNCTUATION.sub("", match["latin"]) or match["latin"],)))
            continue
        for word in _smallest(words(match["chinese"])):
            (spare if word in stop_words or len(word) == 1 else found).append(_substring(word))
    return list(dict.fromkeys(found or spare))[:MOST_PHRASES]


def tokens(text: str) -> tuple[list[str], list[str]]:
    """Distinct words and distinct pairs of a text, single Chinese characters left out: what likeness is measured on."""
    return _telling(words(text)), _telling(grams(text))


def _telling(found: list[str]) -> list[str]:
    return [token for token in dict.fromkeys(found) if len(token) > 1 or token.isascii()]


def _substring(run: str) -> Phrase:
    if len(run) == 1:
        return Phrase((run,), prefix=True)
    return Phrase(tuple(run[i : i + 2] for i in range(len(run) - 1)))


def _smallest(found: list[str]) -> list[str]:
    """Words that hold no other word of two characters or more."""
    several = {word for word in found if len(word) > 1}
    return [w for w in dict.fromkeys(found) if not any(part != w and part in w for part in several)]
