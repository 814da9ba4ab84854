"""What stands in a text without being part of it: tags of a web page, entities, pinyin put beside a character."""

import html
import re

from cocreate.text import rewrite_sounds as sounds

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
SYLLABLES = re.compile(r"(?:(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?[aeiou]{1,3}(?:ng?|r)?|[nl]v[ae]?n?|hng|hm|ng|[mn])*")
"""Letters that may be readings side by side. Most brackets hold none, and the table of readings takes .1 s to load."""
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
    if not SYLLABLES.fullmatch(letters):
        return False
    toned = any(letter in TONED for letter in written)
    before = found.string[max(0, found.start() - LONGEST) : found.start()]
    return _spells(letters, before) or (toned and len(letters) <= 6 * LONGEST and sounds.split(letters))


def _spells(letters: str, characters: str) -> bool:
    """Whether the letters are readings of the last characters, one after the other."""
    if not letters or not characters:
        return not letters
    last = (sound for sound in sounds.readings(characters[-1]) if letters.endswith(sound))
    return any(_spells(letters[: -len(sound)], characters[:-1]) for sound in last)
