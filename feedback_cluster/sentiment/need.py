"""How much somebody needs what they ask for, and whether they speak of danger. Pure, like the judge beside it."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from cocreate.text.fold import fold

STRONG = (
    "必须", "务必", "强烈", "急需", "急求", "着急", "紧急", "尽快", "赶紧", "赶快", "迫切", "跪求", "恳请", "恳求",
    "求求", "刚需", "忍无可忍", "受不了", "忍不了", "再不", "无法忍受", "严重影响", "等了", "催", "早日", "抓紧",
    "立刻", "马上解决", "拜托", "千万", "不能再", "说了多少", "反馈多次", "多次反馈", "反映多次", "多次反映",
    "反馈了", "一直没解决", "还没解决", "到现在还", "维权", "投诉", "退车", "退订", "退货",
)  # fmt: skip
SAFETY_WORDS = (
    "失速", "刹车失灵", "制动失灵", "刹不住", "踩不住", "自燃", "起火", "着火", "冒烟", "断电", "失去动力",
    "动力中断", "突然熄火", "方向失灵", "转向失灵", "方向盘失灵", "方向盘锁死", "锁死", "断轴", "爆胎", "爆缸",
    "气囊没弹", "气囊未弹", "气囊误爆", "自动加速", "突然加速", "误刹", "幽灵刹车", "鬼刹", "急刹停", "失控",
    "溜车", "漏电", "短路", "鼓包", "车门打不开", "困在车里", "追尾", "高速趴窝", "黑屏熄火",
)  # fmt: skip
"""Where a brand begins; it keeps its own list with the weights."""
DENIED = re.compile(r"(?:不会|没有|没|未|无|不|从未|避免|防止|杜绝)(?:再|过|出现|发生|遇到|有)?$")
LOOK_BACK = 6


def is_urgent(text: str) -> bool:
    """Whether the text says that it matters much."""
    return _any_of(STRONG).search(fold(text)) is not None


def danger(text: str, words: Sequence[str] = SAFETY_WORDS) -> str:
    """The first of the words that the text says and does not deny (不会自燃); "" for none. words: folded."""
    if not words:
        return ""
    folded = fold(text)
    for found in _any_of(tuple(words)).finditer(folded):
        if not DENIED.search(folded, max(0, found.start() - LOOK_BACK), found.start()):
            return found.group()
    return ""


def clean_words(words: Iterable[str]) -> list[str]:
    """Words as `danger` compares them: folded, without blanks around, each once, in the order given."""
    return list(dict.fromkeys(word for raw in words if (word := fold(raw).strip())))


@lru_cache(maxsize=8)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))
