"""What stands in a text without being part of it: tags of a web page, entities, pinyin put beside a character."""

import html
import re
from functools import lru_cache
from importlib import resources

_ATTRIBUTE = r"\s+[a-z][a-z:-]*\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+)"


def _tag(names: str) -> re.Pattern[str]:
    return re.compile(rf"</?(?:{names})(?:{_ATTRIBUTE}){{0,20}}\s*/?>", re.IGNORECASE)


# Names are listed, for an owner's own 油耗<8 or <求助> is no tag. Inside a sentence a tag leaves no gap.
INLINE_TAG = _tag("b|i|u|s|em|strong|font|span|a|mark|sub|sup|small|big|label")
BLOCK_TAG = _tag("br|p|div|h[1-6]|hr|li|ul|ol|img|table|tbody|thead|tr|td|th|blockquote|center|section|pre|code|input")
ENTITY = re.compile(
    r"&(?:nbsp|ensp|emsp|thinsp|amp|lt|gt|quot|apos|ldquo|rdquo|lsquo|rsquo|hellip|mdash|ndash|middot|times"
    r"|#[0-9]{2,6}|#x[0-9a-f]{2,5});",
    re.IGNORECASE,
)

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
BRACKETED = re.compile(rf"(?<=[{HAN}])(\s?[(\[【〔]\s?([a-zü{TONED}][a-zü{TONED}1-5'’ ]{{0,40}})[)\]】〕])")
_PLAIN = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿü", "aaaaeeeeiiiioooouuuuvvvvnnnmv")
LONGEST = 6
"""Characters whose pinyin may stand in one bracket."""


def without_tags(text: str) -> str:
    """The text without tags and entities; a line break of the page becomes a blank."""
    before = None
    while text != before:  # what was escaped twice or nested comes to light one layer at a time
        before = text
        if "<" in text:
            text = BLOCK_TAG.sub(" ", INLINE_TAG.sub("", text))
        if "&" in text:
            text = ENTITY.sub(lambda found: html.unescape(found[0].lower()), text)
    return text


def without_pinyin(text: str) -> str:
    """The lower-case text without brackets that tell how the characters before them are read: 翥(zhù), 座(zuo)椅.

    A bracket goes when it is written with tones, or when it spells a reading of the very characters before it. Model
    codes and units stay: (es8), (km).
    """
    before = None
    while text != before:
        before = text
        text = BRACKETED.sub(lambda found: "" if _tells_reading(found) else found[0], text)
    return text


def _tells_reading(found: re.Match[str]) -> bool:
    written = found[2].strip()
    letters = re.sub("[1-5'’ ]", "", written.translate(_PLAIN))
    toned = any(letter in TONED for letter in written)
    if toned and _is_pinyin(letters):
        return True
    return _spells(letters, found.string[max(0, found.start() - LONGEST) : found.start()])


def _is_pinyin(letters: str, most: int = LONGEST) -> bool:
    """Whether the letters are a few syllables of Mandarin in a row."""
    if not letters or not most:
        return not letters
    return any(letters[:n] in syllables() and _is_pinyin(letters[n:], most - 1) for n in range(1, 7))


def _spells(letters: str, characters: str) -> bool:
    """Whether the letters are readings of the last characters, one after the other."""
    if not letters or not characters:
        return not letters
    return any(letters.endswith(r) and _spells(letters[: -len(r)], characters[:-1]) for r in readings(characters[-1]))


@lru_cache(maxsize=1)
def syllables() -> frozenset[str]:
    """Every syllable of Mandarin, without tones, ü written v."""
    lines = (resources.files("cocreate.text") / "data" / "syllables.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@lru_cache(maxsize=32768)
def readings(character: str) -> tuple[str, ...]:
    """Every reading of a Chinese character, without tones, ü as v; () for a character that has none."""
    from pypinyin import Style, pinyin  # loads its dictionary, which few texts need

    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return tuple(dict.fromkeys(found[0])) if found else ()
