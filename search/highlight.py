"""Marks what was found, in the original text: engines know only folded tokens, whose offsets are not the original's."""

from functools import lru_cache
from html import escape as quote
from html.parser import HTMLParser

from markupsafe import Markup, escape

from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import RUN, words
from search.phrases import QUERY_CHARACTERS

EXCERPT_CHARACTERS = 90
_SKIPPED = {"script", "style", "button", "time", "title"}


@lru_cache(maxsize=256)
def terms(text: str) -> tuple[str, ...]:
    """What to look for in a text that answers this query: its runs, then its words; longest first."""
    folded = fold(text[:QUERY_CHARACTERS])
    found = [match.group() for match in RUN.finditer(folded)]
    stop_words = Lexicon.default().stop_words
    parts = [word for word in words(folded) if len(word) > 1 and word not in stop_words]
    # A letter or a digit alone would mark half the page; one Chinese character is a word, when it was typed alone.
    kept = [term for term in dict.fromkeys(found + parts) if len(term) > 1 or not term.isascii()]
    return tuple(sorted(kept, key=len, reverse=True))


@lru_cache(maxsize=8192)
def _folded_character(character: str) -> str:
    return fold(character)


def spans(text: str, wanted: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where the terms stand in the original text, apart from each other and in order.

    Compared character by character, so a traditional 風 is marked for 风; words that folding exchanges as a whole
    (軟體, 软件) are not.
    """
    folded: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        one = _folded_character(character)
        folded.append(one)
        origin += [index] * len(one)
    flat = "".join(folded)
    marked = bytearray(len(text))
    for term in wanted:
        start = flat.find(term)
        while start >= 0:
            for position in range(start, start + len(term)):
                marked[origin[position]] = 1
            start = flat.find(term, start + len(term))
    found: list[tuple[int, int]] = []
    index = 0
    while index < len(text):
        if marked[index]:
            end = index
            while end < len(text) and marked[end]:
                end += 1
            found.append((index, end))
            index = end
        index += 1
    return found


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
