"""Owners' Markdown as safe HTML. The source is what we store; this runs when a page is drawn."""

import html
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType
from markupsafe import Markup

TAGS = {"p", "br", "strong", "em", "s", "ul", "ol", "li", "blockquote", "code", "pre", "a", "hr", "h3", "h4"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}


def _is_cjk(char: str) -> bool:
    return "\u2e80" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or "\uff00" <= char <= "\uffef"


class _ChineseInline(StateInline):
    """CommonMark opens and closes emphasis at word borders, which Chinese lacks: `**建议：**增加` stays literal.

    A Chinese neighbour therefore counts as a border on both sides; runs between Latin letters keep the standard rule.
    """

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 (the library's names)
        scanned = super().scanDelims(start, canSplitWord)
        before = self.src[start - 1] if start > 0 else " "
        end = start + scanned.length
        after = self.src[end] if end < self.posMax else " "
        if not (_is_cjk(before) or _is_cjk(after)) or self.src[start] == "_":
            return scanned
        return Scanned(not _space(after), not _space(before), scanned.length)


def _space(char: str) -> bool:
    return isWhiteSpace(ord(char))


class _ChineseParser(ParserInline):
    """The inline parser with our state: the library names its state class inside this one method."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _ChineseInline(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _parser() -> MarkdownIt:
    parser = MarkdownIt()
    parser.inline = _ChineseParser()
    parser.configure("commonmark", {"html": False, "linkify": False, "breaks": True})
    return parser.enable("strikethrough").disable("image")


_MARKDOWN = _parser()


@lru_cache(maxsize=4096)
def render(source: str) -> Markup:
    """HTML of a Markdown text: no raw HTML, no images, small headings, links marked as users'."""
    drawn = _MARKDOWN.render(source.replace("\x00", ""))
    for large, small in (("h1", "h3"), ("h2", "h3"), ("h5", "h4"), ("h6", "h4")):
        drawn = drawn.replace(f"<{large}>", f"<{small}>").replace(f"</{large}>", f"</{small}>")
    return Markup(  # noqa: S704 (the one place where users' text becomes markup: nh3 has just cleaned it)
        nh3.clean(
            drawn,
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes={"https", "http", "mailto"},
            link_rel="nofollow ugc noopener",
        )
    )


def plain(source: str, limit: int = 140) -> str:
    """The text of a Markdown source without its marks, on one line, cut to `limit` characters."""
    text = " ".join(nh3.clean(str(render(source)), tags=set()).split())
    text = html.unescape(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
