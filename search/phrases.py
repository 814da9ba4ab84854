"""What a typed text asks for, engine by engine alike. Pure: text in, phrases of index tokens out."""

from dataclasses import dataclass

from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.rewrite import Reading
from cocreate.text.segment import PUNCTUATION, RUN, words

QUERY_CHARACTERS = 200
MOST_PHRASES = 24


@dataclass(frozen=True)
class Phrase:
    """Tokens that must stand in a row side by side; `prefix`: the last one may go on."""

    tokens: tuple[str, ...]
    prefix: bool = False


def as_typed(text: str, *, unfinished: bool = True) -> list[Phrase]:
    """Every run exactly as it was typed; all must be found. unfinished: the last latin one may be half a word."""
    folded = fold(text[:QUERY_CHARACTERS]).rstrip()
    found: list[Phrase] = []
    for match in RUN.finditer(folded):
        chinese, latin = match["chinese"], match["latin"]
        last = unfinished and match.end() == len(folded)
        found.append(_substring(chinese) if chinese else Phrase((latin,), prefix=last))
    return list(dict.fromkeys(found))[:MOST_PHRASES]


def glued(text: str) -> list[Phrase]:
    """The text with latin tokens beside each other taken as one (car play: carplay); [] when there are none."""
    folded = fold(text[:QUERY_CHARACTERS]).rstrip()
    found: list[str] = []
    before, joined = -1, False
    for match in RUN.finditer(folded):
        if match["latin"] and before >= 0 and folded[before : match.start()] == " ":
            found[-1] += match["latin"]
            joined = True
        else:
            found.append(match.group())
        before = match.end() if match["latin"] else -1
    if not joined:
        return []
    return [Phrase((run,)) if run.isascii() else _substring(run) for run in dict.fromkeys(found)][:MOST_PHRASES]


def all_words(text: str, lexicon: Lexicon) -> list[Phrase]:
    """The words of the text in any order; all of them must be found. Stop words count only if there is nothing else.

    A long dictionary word asks for its parts (地图更新: 地图, 更新), since the parts stand wherever the whole does.
    """
    folded = fold(text[:QUERY_CHARACTERS])
    found: list[Phrase] = []
    spare: list[Phrase] = []
    for match in RUN.finditer(folded):
        if match["latin"]:
            found.append(Phrase((PUNCTUATION.sub("", match["latin"]) or match["latin"],)))
            continue
        for word in _smallest(words(match["chinese"], lexicon)):
            (spare if word in lexicon.stop_words or len(word) == 1 else found).append(_substring(word))
    return list(dict.fromkeys(found or spare))[:MOST_PHRASES]


def as_read(reading: Reading, lexicon: Lexicon) -> list[Phrase]:
    """What another reading asks for: each word that was put in as it stands, and the words of what was left."""
    found = [phrase for word in reading.words for phrase in as_typed(word, unfinished=False)]
    found += [phrase for part in reading.rest for phrase in all_words(part, lexicon)]
    return list(dict.fromkeys(found))[:MOST_PHRASES]


def _substring(run: str) -> Phrase:
    if len(run) == 1:
        return Phrase((run,), prefix=True)
    return Phrase(tuple(run[i : i + 2] for i in range(len(run) - 1)))


def _smallest(found: list[str]) -> list[str]:
    """Words that hold no other word of two characters or more."""
    several = {word for word in found if len(word) > 1}
    return [w for w in dict.fromkeys(found) if not any(part != w and part in w for part in several)]
