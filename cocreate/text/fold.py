"""Folding: one spelling for texts that mean the same, before anything is cut, indexed or compared."""

import re
import unicodedata
from functools import lru_cache

import opencc

from cocreate.text.clutter import without_pinyin, without_tags

# Show nothing: control signs, soft hyphen, fillers, zero-width and direction marks, joiners, variation selectors (the
# supplement marks forms of Chinese characters), byte order mark, tags.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)

# Changed by OpenCC although simplified text writes them as well (著名, 乾隆, 什么): alone they prove nothing.
SHARED = frozenset("么乾著徵吒夥拚袷榘薹醣麴摺捱")

_VARIANTS = {
    # Forms of "you" and "it" by sex or rank that the mainland does not write, and the playful ones of forums.
    "妳祢伱沵": "你", "牠": "它", "祂": "他",
    # Old and hand-written forms, which OpenCC leaves as they are.
    "囬囘": "回", "亊": "事", "囙": "因", "幇": "帮", "鬪闘": "斗", "賸": "剩", "煖": "暖", "燄": "焰", "拏": "拿",
    "嚒": "么", "吿": "告", "靑": "青", "値": "值", "戸": "户",
    # Forms of Japanese fonts and input methods.
    "気": "气", "駆": "驱", "転": "转", "毎": "每", "歩": "步", "徳": "德", "黒": "黑", "讃": "赞", "対": "对",
    "発": "发", "変": "变", "関": "关", "検": "检", "査": "查", "総": "总", "続": "续", "験": "验", "単": "单",
    # Radicals that programs put in place of characters when a PDF is copied; NFKC knows only the older block of them.
    "⻋": "车", "⻔": "门", "⻅": "见", "⻓": "长", "⻛": "风", "⻚": "页", "⻢": "马", "⻜": "飞", "⻩": "黄",
    "⻬": "齐", "⻮": "齿", "⻰": "龙", "⻉": "贝", "⻘": "青", "⻝": "食", "⻄": "西", "⺠": "民", "⻥": "鱼",
    "⻦": "鸟", "⻨": "麦", "⻆": "角",
}  # fmt: skip
VARIANTS = str.maketrans({old: new for group, new in _VARIANTS.items() for old in group})

FINANCIAL = "壹贰貳叁參肆伍陆陸柒捌玖拾佰仟万萬亿億零〇圆圓元角分整"
PLAIN_ONE = re.compile(f"(?<![{FINANCIAL}])壹(?![{FINANCIAL}])")

_WIDE = tuple(zip("，！？：；～", ",!?:;~", strict=True))  # as NFKC has them, in a third of its time

MOST_PASSES = 64  # tries reached 4 at most; the bound only makes the loop's end obvious


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


@lru_cache(maxsize=1)
def _unsettled() -> re.Pattern[str]:
    """Matches what may have to change: anything but simplified Chinese, small letters, digits and harmless signs."""
    traditional = _traditional()
    han = (chr(code) for first, end in ((0x3400, 0x4DC0), (0x4E00, 0xA000)) for code in range(first, end))
    settled = "".join(
        sign for sign in han if ord(sign) not in VARIANTS and sign != "壹" and not traditional.match(sign)
    )
    return re.compile(f"[^{settled}a-z0-9 \n。、“”‘’《》·—,!?:;.%+#_*/~=@$|\"')\\]\\\\-]")


def fold(text: str) -> str:
    """The text in its one comparable spelling: NFKC, lower case, simplified, mainland words, no clutter.

    Idempotent. Invisible signs, stray tags and pinyin in brackets after its character are dropped. A text without a
    traditional character keeps its words: tw2sp would otherwise read the mainland's 文件, 程序 and 影像 as Taiwan's
    and rewrite them. 壹 becomes 一 except beside other financial numerals (壹万元).
    """
    unsettled = _unsettled()
    if not unsettled.search(text):
        return text
    plain = text.lower()
    for wide, narrow in _WIDE:
        plain = plain.replace(wide, narrow)
    if not unsettled.search(plain):
        return plain  # most texts: full-width signs and capitals are all there was
    seen: list[str] = []
    while text not in seen:
        seen.append(text)
        text = _fold_once(text)
        if not unsettled.search(text) or len(seen) > MOST_PASSES:
            break
    # A fixed point ends the loop on itself; of spellings that chase each other the smallest stands for all.
    return min(seen[seen.index(text) :]) if text in seen else text


def _fold_once(text: str) -> str:
    folded = without_tags(unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).lower())
    if not folded.isascii():
        if _traditional().search(folded):
            folded = _converter().convert(folded)
        folded = without_pinyin(PLAIN_ONE.sub("一", folded.translate(VARIANTS)))
    return folded


def warm() -> None:
    """Load the conversion tables now, so that the first post does not wait for them."""
    fold("裡")
