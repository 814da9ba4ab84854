"""Segmenting: a text as words (for search), as character pairs (for substrings), as content words (for grouping)."""

import re
from collections.abc import Callable

from cocreate.text.cutter import Cutter, cutter_for
from cocreate.text.fold import fold
from cocreate.text.fold import warm as warm_fold
from cocreate.text.lexicon import Lexicon

CHINESE = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUN = re.compile(rf"(?P<chinese>[{CHINESE}]+)|(?P<latin>[^\W_{CHINESE}](?:[+#._-]*[^\W_{CHINESE}])*[+#]*)")
URL = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+", re.IGNORECASE)
PART = re.compile(r"[^\W\d_]+|\d+")
PUNCTUATION = re.compile(r"[+#._-]+")
# 3000km, 2021-02, 一百二, 两圈, 十分钟: how much, not what about.
MEASURES = "个次天年月日周点分秒块米度倍成圈层条台辆张只遍趟夜句声口步边回下路"
NUMBER = re.compile(
    r"\d[\d._-]*(?:km|kwh|kw|kg|cm|mm|k|w|l|h|s)?"
    rf"|[一二两三四五六七八九十百千万零几半]+(?:[{MEASURES}]|分钟|小时|公里)?"
)
MOST_REMEMBERED = 200_000  # words of a memo: about 40 MB
NEIGHBOUR = 8  # most characters of a token that is read together with the one before it: model y, es 8, android auto

Memo = dict[str, tuple[str, ...]]


def words(text: str, lexicon: Lexicon | None = None) -> list[str]:
    """Search words in the order of the text: dictionary words, the shorter words inside them, latin tokens.

    Takes raw or folded text. Latin tokens come in every spelling an owner may type (es8: es8, es, 8).
    """
    cut = cutter_for(lexicon or Lexicon.default()).cut_for_search
    return _tokens(text, cut)


def grams(text: str) -> list[str]:
    """Overlapping pairs of every Chinese run, its last character once more alone, and latin tokens as in `words`.

    So one character is a prefix of some token, and n characters are a phrase of n-1 pairs: an exact substring.
    """
    return _tokens(text, _pairs)


def index_tokens(folded: str, lexicon: Lexicon | None = None) -> list[str]:
    """Of a folded text what `grams` gives, then its Chinese words of three characters and more; in one pass.

    Words of two characters are pairs already, and none of the longer ones stands between two pairs.
    """
    cut = cutter_for(lexicon or Lexicon.default()).cut_for_search
    pairs: list[str] = []
    long_words: list[str] = []
    before, end = "", -1
    for match in RUN.finditer(folded):
        run, latin = match.groups()
        if run is not None:
            pairs += [run[i : i + 2] for i in range(len(run))]
            if len(run) > 2:
                long_words += [word for word in cut(run) if len(word) > 2]
            before = ""
            continue
        pairs += _spellings(latin)
        if before and len(latin) <= NEIGHBOUR and folded[end : match.start()] == " ":
            pairs.append(before + latin)
        before, end = latin, match.end()
    return pairs + long_words


def content_words(text: str, lexicon: Lexicon | None = None, memo: Memo | None = None) -> list[str]:
    """What the text is about: words of two characters or more, in order, with repeats.

    Left out: addresses, numbers, stop words, names of makers and models. Aliases come as the word kept for them.
    A long word comes as its parts where it has any: 座椅通风 and 座椅的通风 are one subject (measured: ADR 0010).
    memo: of one lexicon, for a caller with many texts; it remembers what became of a word (a third less time).
    """
    lexicon = lexicon or Lexicon.default()
    memo = {} if memo is None else memo
    cutter = cutter_for(lexicon)
    cut = cutter.cut
    found: list[str] = []
    for chinese, latin in RUN.findall(URL.sub(" ", fold(text))):
        for word in cut(chinese) if chinese else [latin]:
            kept = memo.get(word)
            if kept is None:
                kept = _subjects(word, lexicon, cutter)
                if len(memo) < MOST_REMEMBERED:
                    memo[word] = kept
            found += kept
    return found


def _subjects(word: str, lexicon: Lexicon, cutter: Cutter) -> tuple[str, ...]:
    """What one word of a text contributes to its content words."""
    stop_words = lexicon.stop_words
    if word in lexicon.name_spellings or word in stop_words:
        return ()
    parts = (lexicon.canonical.get(part, part) for part in cutter.parts(lexicon.canonical.get(word, word)))
    return tuple(part for part in parts if len(part) > 1 and part not in stop_words and not NUMBER.fullmatch(part))


def warm(lexicon: Lexicon | None = None) -> None:
    """Load dictionary and tables now (about 0.2 s), so that the first request does not wait."""
    warm_fold()
    words("热身", lexicon)


def _tokens(text: str, cut: Callable[[str], list[str]]) -> list[str]:
    found: list[str] = []
    before, end = "", -1
    folded = fold(text)
    for match in RUN.finditer(folded):
        latin = match["latin"]
        if latin is None:
            found += cut(match["chinese"])
            before = ""
            continue
        found += _spellings(latin)
        if before and folded[end : match.start()] == " " and len(latin) <= NEIGHBOUR:
            found.append(before + latin)
        before, end = latin, match.end()
    return found


def _spellings(latin: str) -> list[str]:
    """A latin token as typed, without punctuation, and its parts of letters and digits; each once."""
    plain = PUNCTUATION.sub("", latin)
    parts = PART.findall(latin)
    return list(dict.fromkeys([latin, plain, *parts]))


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run))]
