"""Marks what was found, in the original text: engines know only folded tokens, whose offsets are not the original's."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from html import escape as quote
from html.parser import HTMLParser

from markupsafe import Markup, escape

from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import RUN, words
from search.phrases import QUERY_CHARACTERS

EXCERPT_CHARACTERS = 90
LOOKED_AT = 2000
"""Characters of a text that are looked through for marks."""
_SKIPPED = {"script", "style", "button", "time", "title"}
_PIECE = re.compile(r"[^\n。！？!?；;]{1,200}[\n。！？!?；;]*|[\n。！？!?；;]+")
"""Where a text may be folded apart: no word that folding exchanges reaches over the end of a sentence."""


@lru_cache(maxsize=256)
def terms(text: str, rewritten: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What to look for in a text that answers this query: its runs, then its words, then the words that search put in
    the place of pinyin or of a wrong character; longest first."""
    folded = fold(text[:QUERY_CHARACTERS])
    found = [match.group() for match in RUN.finditer(folded)]
    stop_words = Lexicon.default().stop_words
    parts = [word for word in words(folded) if len(word) > 1 and word not in stop_words]
    put = [fold(word) for word in rewritten]
    # A letter or a digit alone would mark half the page; one Chinese character is a word, when it was typed alone.
    kept = [term for term in dict.fromkeys(found + parts + put) if len(term) > 1 or not term.isascii()]
    return tuple(sorted(kept, key=len, reverse=True))


def spans(text: str, wanted: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where the terms stand in the original text, apart from each other and in order.

    A traditional 風 is marked for 风, and so are words that folding exchanges as a whole: 軟體 for 软件.
    """
    marked = bytearray(len(text))
    for piece in _PIECE.finditer(text[:LOOKED_AT]):
        folded, origin = _folded(piece.group())
        for term in wanted:
            for match in _pattern(term).finditer(folded):
                first, last = origin[match.start()][0], origin[match.end() - 1][1]
                start = piece.start()
                marked[start + first : start + last] = b"\x01" * (last - first)
    return [(match.start(), match.end()) for match in re.finditer(rb"\x01+", marked)]


@lru_cache(maxsize=1024)
def _pattern(term: str) -> re.Pattern[str]:
    """A folded term as it may be written: ES8 also as ES 8 and ES-8, never in the middle of another word."""
    if not term.isascii():
        return re.compile(re.escape(term))
    before = r"(?<!\d)" if term[0].isdigit() else "(?<![a-z])"
    gap = r"[ ._-]?" if len(term) > 2 else ""
    return re.compile(before + gap.join(re.escape(sign) for sign in term if sign not in " ._-"))


@lru_cache(maxsize=8192)
def _folded_character(character: str) -> str:
    return fold(character)


@lru_cache(maxsize=2048)
def _folded(piece: str) -> tuple[str, list[tuple[int, int]]]:
    """The piece folded, and for each of its characters where it comes from: (first, behind the last) in the piece."""
    single: list[str] = []
    origin: list[tuple[int, int]] = []
    for index, character in enumerate(piece):
        one = _folded_character(character)
        single.append(one)
        origin += [(index, index + 1)] * len(one)
    flat, whole = "".join(single), fold(piece)
    if flat == whole:
        return flat, origin
    # Folding knows words: 軟體 becomes 软件 and not 软体. What differs is laid side by side and keeps its place.
    aligned: list[tuple[int, int]] = []
    for kind, a, b, c, d in SequenceMatcher(None, flat, whole, autojunk=False).get_opcodes():
        if kind == "equal":
            aligned += origin[a:b]
            continue
        at = origin[a:b] or origin[max(0, a - 1) : a] or [(0, 0)]
        aligned += [(at[0][0], at[-1][1])] * (d - c)
    return whole, aligned


def mark(text: str, wanted: tuple[str, ...]) -> Markup:
    """The text, escaped, with `<mark>` around what was looked for."""
    pieces: list[Markup] = []
    last = 0
    for start, end in spans(text, wanted):
        pieces += [escape(text[last:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        last = end
    pieces.append(escape(text[last:]))
    return Markup("").join(pieces)


def excerpt(text: str, wanted: tuple[str, ...], limit: int = EXCERPT_CHARACTERS) -> Markup:
    """The piece of a long text around the first find, marked; empty when nothing of the query stands in it."""
    found = spans(text, wanted)
    if not found:
        return Markup("")
    first = max(0, found[0][0] - limit // 4)
    piece = text[first : first + limit]
    before, after = "…" if first else "", "…" if first + limit < len(text) else ""
    return Markup("{}{}{}").format(before, mark(piece, wanted), after)


def mark_html(html: Markup, wanted: tuple[str, ...]) -> Markup:
    """Finished HTML with marks in its text; tags and attributes stay as they are."""
    marker = _Marker(wanted)
    marker.feed(str(html))
    marker.close()
    return Markup("").join(marker.pieces)


def marked_words(rewritten: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """All words of all rewritings, each once: the second argument of `terms`."""
    return tuple(dict.fromkeys(word for group in rewritten for word in group))


class _Marker(HTMLParser):
    def __init__(self, wanted: tuple[str, ...]) -> None:
        super().__init__(convert_charrefs=True)
        self.wanted = wanted
        self.pieces: list[Markup] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in _SKIPPED
        self._raw(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._raw(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in _SKIPPED and self._skipped > 0
        self._raw(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.pieces.append(Markup(quote(data)) if self._skipped else mark(data, self.wanted))  # noqa: S704 (quoted)

    def _raw(self, html: str) -> None:
        self.pieces.append(Markup(html))  # noqa: S704 (a tag of the HTML that was handed in as safe)
