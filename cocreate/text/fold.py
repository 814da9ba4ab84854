"""Folding: one spelling for texts that mean the same, before anything is cut, indexed or compared."""

import re
import unicodedata
from functools import lru_cache

import opencc

# Show nothing: soft hyphen, fillers, zero-width and direction marks, joiners, variation selectors, byte order mark.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)

# Changed by OpenCC although simplified text writes them as well (著名, 乾隆, 什么): alone they prove nothing.
SHARED = frozenset("么乾著徵吒夥拚袷榘薹醣麴摺捱")

VARIANTS = str.maketrans("妳牠祂", "你它他")

FINANCIAL = "壹贰貳叁參肆伍陆陸柒捌玖拾佰仟万萬亿億零〇圆圓元角分整"
PLAIN_ONE = re.compile(f"(?<![{FINANCIAL}])壹(?![{FINANCIAL}])")

MOST_PASSES = 8  # tries reached 3 at most; the bound only makes the loop's end obvious


@lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("tw2sp")


@lru_cache(maxsize=1)
def _traditional() -> re.Pattern[str]:
    """Matches the characters only traditional text writes."""
    every = [chr(code) for first, end in ((0x3400, 0x4DC0), (0x4E00, 0xA000)) for code in range(first, end)]
    simplified = opencc.OpenCC("tw2s").convert("\n".join(every)).split("\n")
    marks = "".join(old for old, new in zip(every, simplified, strict=True) if old != new and old not in SHARED)
    return re.compile(f"[{marks}]")


def fold(text: str) -> str:
    """The text in its one comparable spelling: NFKC, lower case, simplified, mainland words, nothing invisible.

    Idempotent. A text without a traditional character keeps its words: tw2sp would otherwise read the mainland's
    文件, 程序 and 影像 as Taiwan's and rewrite them. 壹 becomes 一 except beside other financial numerals (壹万元).
    """
    seen: list[str] = []
    while text not in seen:
        seen.append(text)
        text = _fold_once(text)
        if len(seen) > MOST_PASSES:
            break
    # A fixed point ends the loop on itself; of spellings that chase each other the smallest stands for all.
    return min(seen[seen.index(text) :]) if text in seen else text


def _fold_once(text: str) -> str:
    folded = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).lower()
    if not folded.isascii():
        if _traditional().search(folded):
            folded = _converter().convert(folded)
        folded = PLAIN_ONE.sub("一", folded.translate(VARIANTS))
    return folded


def warm() -> None:
    """Load the conversion tables now, so that the first post does not wait for them."""
    fold("裡")
