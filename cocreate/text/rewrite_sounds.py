"""How Chinese words sound: pinyin without tones, as it is typed on a keyboard (ü is v)."""

import re
import unicodedata
from functools import lru_cache

CHINESE_WORD = re.compile("[\u4e00-\u9fff]{2,8}")
_TYPED = re.compile(r"(?:[a-z]+[1-5])+|[a-z]+")
_CONFUSED = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_FUZZY = re.compile(r"(?:zh|ch|sh)|(?<=[aei])ng(?![aeiouv])")


@lru_cache(maxsize=4096)
def _plain(syllable: str) -> str:
    """A syllable without its tone: lǜ is lv."""
    marked = unicodedata.normalize("NFD", syllable.lower()).replace("u\u0308", "v").replace("ê", "e")
    return "".join(sign for sign in marked if not unicodedata.combining(sign))


@lru_cache(maxsize=8192)
def readings(character: str) -> tuple[str, ...]:
    """Every way to read a character, the usual one first; none for what is no Chinese character."""
    from pypinyin.constants import PINYIN_DICT

    told = PINYIN_DICT.get(ord(character), "")
    return tuple(dict.fromkeys(_plain(one) for one in told.split(",") if one))


def syllables(word: str) -> tuple[str, ...]:
    """One syllable per character; () if one of them has no reading. Set phrases are read as such (行车: xing che)."""
    from pypinyin.constants import PHRASES_DICT

    known = PHRASES_DICT.get(word)
    if known is not None and len(known) == len(word):
        return tuple(_plain(one[0]) for one in known)
    if len(word) > 2:  # the longest phrase at the front, then the rest: what a compound's parts sound like
        for end in range(min(4, len(word) - 1), 1, -1):
            if word[:end] in PHRASES_DICT:
                rest = syllables(word[end:])
                return syllables(word[:end]) + rest if rest else ()
        rest = syllables(word[1:])
        return (*readings(word[0])[:1], *rest) if rest and readings(word[0]) else ()
    found = tuple(one[0] for one in map(readings, word) if one)
    return found if len(found) == len(word) else ()


@lru_cache(maxsize=1)
def all_syllables() -> frozenset[str]:
    """Every syllable of the language (about 400), from the usual readings of all common characters."""
    usual = (readings(chr(code))[:1] for code in range(0x4E00, 0x9FA6))
    return frozenset(one[0] for one in usual if one and re.search("[aeiouv]", one[0]))


def typed(token: str) -> str:
    """A latin token as toneless pinyin letters: zuòyǐ and zuo4yi3 are zuoyi; "" when it cannot be pinyin."""
    if token.isascii():
        if not _TYPED.fullmatch(token):
            return ""
        if token.isalpha():
            return token
        parts = re.findall(r"[a-z]+", token)
        return "".join(parts) if all(part in all_syllables() for part in parts) else ""
    plain = _plain(token)
    return plain if plain.isascii() and plain.isalpha() and split(plain) else ""


def split(letters: str) -> bool:
    """Whether the letters are whole syllables side by side."""
    ends = {0}
    for end in range(1, len(letters) + 1):
        if any(start in ends and letters[start:end] in all_syllables() for start in range(max(0, end - 6), end)):
            ends.add(end)
    return len(letters) in ends


def fuzzy(sound: str) -> str:
    """What southern speakers do not tell apart made equal: zh z, ch c, sh s, and -ng -n."""
    return _FUZZY.sub(lambda found: found.group()[0], sound)
