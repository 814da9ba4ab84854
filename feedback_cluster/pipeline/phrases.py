"""Phrases as owners say them, cleaned for a title: 座椅通风的噪音真的很大 is 座椅通风噪音大."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cocreate.text.cutter import Cutter, cutter_for
from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import CHINESE, NUMBER, RUN, URL

LONGEST = 14  # characters of a name: what a card shows in one line at 390 px
MOST_TOKENS = 4
READ = 400  # characters of a post that are read: what a theme is called is said early, or by many others
ABBREVIATION = re.compile(r"(?<![a-z0-9.])[a-z0-9.]{1,4}(?![a-z0-9.])")
LISTED = re.compile(rf"[{CHINESE}] [{CHINESE}]")
CLAUSE = re.compile(r"[，。！？；：、,!?;:…~\n\r\t()（）【】\[\]<>《》“”\"]+|\s{2,}")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


GLUE = _set("""
    的 地 得 了 着 过 很 太 真 好 非常 特别 十分 有点 有点儿 有些 稍微 比较 相当 挺 蛮 超 超级 极其 极 更 最 更加 越来越
    都 也 就 还 又 再 才 只 已经 总 总是 老是 经常 时常 常常 一直 突然 会 是 有 被 出现 发生 产生 存在 确实 实在 真的
    的确 一点 一下 自己 时 时候 开始 仍 仍然 依然 依旧 始终 反复 屡次 频频 使用 感觉 觉得 之后 以后 后 现在 目前 疑似
""")
"""Left out of the inside of a phrase."""
ASKING = frozenset("哪啥何")
BEGINNING = re.compile("一[开关按踩拐停动转响坐到上下来去]")
DEGREES = frozenset("很太真更最挺超较")
NEGATIONS = _set("不 没 没有 无 未 无法 不能 不会 难以")
"""Stand before what they deny, never at the end."""
ENDINGS = _set("""
    高 低 大 小 差 慢 快 少 短 贵 硬 软 重 轻 弱 强 难 窄 糙 响 吵 抖 漏 坏 脏 裂 卡 臭 偏高 偏低 偏大 偏小 偏硬 偏软
    异常 严重 明显 频繁 简单 不足 不够 不好 不准 不满 减少 增加 降低 提升 下降 困难
""")
"""Say nothing alone and much at the end of a phrase."""
ADDRESSEES = _set("4s店 经销商 厂家 厂商 客服 官方 店家 门店")
"""Stand at the end of a phrase only because a complaint goes on to whom it is made: 车身生锈4S店."""
NOISE = frozenset("个这那我你他她的了未没不还就也都吗呢吧啊款")
"""At the edge of a word that no dictionary knows they tell that it was cut in the wrong place."""


@dataclass(frozen=True)
class Token:
    """One word as written, and the words of the vocabulary it counts as."""

    text: str
    parts: tuple[str, ...] = ()
    opens: bool = False  # whether a phrase may begin with it
    closes: bool = False  # whether one may end with it


Clause = list[Token]
BREAK = Token("")


@dataclass(frozen=True)
class Phrase:
    """Tokens side by side that may become a name, and who says them."""

    text: str
    words: frozenset[str]
    opening: tuple[str, ...]  # the words of its first token
    said: int  # posts with it
    opens: int  # posts where a clause begins with it
    closes: int  # posts where a clause ends with it


@dataclass
class Reader:
    """Cuts clauses into tokens with one lexicon, remembering what each word is."""

    lexicon: Lexicon
    cutter: Cutter = field(init=False)
    _known: dict[str, Token | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cutter = cutter_for(self.lexicon)

    def pattern(self, words: Iterable[str]) -> re.Pattern[str]:
        """Matches folded text that holds one of the words, or another spelling of it."""
        wanted = set(words)
        spellings = wanted | {alias for alias, word in self.lexicon.canonical.items() if word in wanted}
        return re.compile("|".join(map(re.escape, sorted(spellings, key=lambda word: (-len(word), word)))))

    def clauses(self, text: str, holding: re.Pattern[str]) -> list[Clause]:
        """The clauses of a post that `holding` matches, as tokens; a clause ends, too, at a word no title has."""
        found: list[Clause] = []
        for clause in CLAUSE.split(URL.sub("，", fold(text[:READ]))):
            if holding.search(clause):
                found += self._cut(clause)
        return found

    def is_noise(self, word: str) -> bool:
        """Whether a word asks (哪条), only begins (一开), or was guessed from what says nothing: 个油, 店未, 出个."""
        if word[0] in ASKING or BEGINNING.fullmatch(word):
            return True
        if NOISE.isdisjoint((word[0], word[-1])) or word.isascii() or len(word) > 3:
            return False
        return self.cutter.cut_known(word) != [word]

    def _cut(self, clause: str) -> list[Clause]:
        found: list[Clause] = [[]]
        known = self._known
        listed = LISTED.search(clause) is not None  # 中控异响 carplay 消失: here a blank is a comma
        end, was_latin = 0, False
        for match in RUN.finditer(clause):
            if match.start() < end:
                continue
            gap, end = clause[end : match.start()], match.end()
            chinese, latin = match.groups()
            if gap and (gap != " " or (chinese and not was_latin) or (listed and (chinese or not was_latin))):
                found.append([])
            was_latin = latin is not None
            words = [latin]
            if chinese:
                words = self.cutter.cut(chinese)
            elif (whole := self.lexicon.canonical.get(latin, latin)) != latin and clause.startswith(
                whole, match.start()
            ):
                # 4s is kept as 4s店, and 店 stands there: it is one word, and the run after it begins later.
                end = match.start() + len(whole)
                rest = RUN.match(clause, end)
                words = [whole, *(self.cutter.cut(rest["chinese"]) if rest and rest["chinese"] else ())]
                end += len("".join(words[1:]))
            for word in words:
                token = known[word] if word in known else self._token(word)
                if token is BREAK:
                    found.append([])
                elif token is not None:
                    found[-1].append(token)
        return [tokens for tokens in found if tokens]

    def _token(self, word: str) -> Token | None:
        if word not in self._known:
            self._known[word] = self._read(word)
        return self._known[word]

    def _read(self, word: str) -> Token | None:
        """The word as a token; None for glue, BREAK for what no title has."""
        lexicon = self.lexicon
        if len(word) == 2 and word[0] in DEGREES and word[1] in ENDINGS:
            word = word[1]  # 很大 comes in one piece
        if word in GLUE:
            return None
        if word in NEGATIONS:
            return Token(word, opens=len(word) > 1)
        if word in ENDINGS:
            return Token(word, () if word in lexicon.stop_words or len(word) < 2 else (word,), closes=True)
        if self._is_silent(word) or self.is_noise(word):
            return BREAK
        kept = [lexicon.canonical.get(part, part) for part in self.cutter.parts(lexicon.canonical.get(word, word))]
        parts = tuple(part for part in kept if len(part) > 1 and not self._is_silent(part))
        return Token(word, parts, opens=len(word) > 1 and bool(parts), closes=bool(parts) and word not in ADDRESSEES)

    def _is_silent(self, word: str) -> bool:
        lexicon = self.lexicon
        return word in lexicon.name_spellings or word in lexicon.stop_words or NUMBER.fullmatch(word) is not None


def find_phrases(posts: Iterable[list[Clause]], marks: Iterable[str], *, least: int = 1) -> list[Phrase]:
    """The phrases that at least `least` of these posts say around one of `marks`, by falling number of posts.

    A post counts once for a phrase. Phrases cut in two ways are one.
    """
    wanted = frozenset(marks)
    runs: dict[str, Clause] = {}
    said: Counter[str] = Counter()
    opens: Counter[str] = Counter()
    closes: Counter[str] = Counter()
    for clauses in posts:
        here: set[str] = set()
        for clause in clauses:
            for start, end in windows(clause, wanted):
                run = clause[start:end]
                key = " ".join([token.text for token in run])
                if key in here:
                    continue
                here.add(key)
                runs.setdefault(key, run)
                opens[key] += start == 0
                closes[key] += end == len(clause)
        said.update(here)
    ways: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(said):
        ways[key.replace(" ", "")].append(key)
    found = []
    for keys in ways.values():
        if (times := sum(said[key] for key in keys)) >= least:
            run = runs[keys[0]]
            words = frozenset(part for token in run for part in token.parts)
            edges = (sum(opens[key] for key in keys), sum(closes[key] for key in keys))
            found.append(Phrase(written(run), words, run[0].parts, times, *edges))
    return sorted(found, key=lambda phrase: (-phrase.said, phrase.text))


def windows(clause: Clause, marks: frozenset[str]) -> Iterator[tuple[int, int]]:
    """(start, end) of the runs of one clause that may be a title and hold a mark."""
    places = [place for place, token in enumerate(clause) if not marks.isdisjoint(token.parts)]
    for start, first in enumerate(clause):
        if not places or places[-1] < start:
            return
        if not first.opens:
            continue
        ahead = next(place for place in places if place >= start)
        for end in range(ahead + 1, min(start + MOST_TOKENS, len(clause)) + 1):
            if not clause[end - 1].closes:
                continue
            if end == start + 1 and (len(first.parts) < 2 or len(first.text) < 4):
                continue  # one word is a keyword, not a title; one that is made of two may be
            if len({token.text for token in clause[start:end]}) == end - start:  # none is said twice
                yield start, end


def written(run: Iterable[Token]) -> str:
    """Tokens as one phrase; a space only beside latin letters."""
    text = ""
    for token in run:
        gap = " " if text and (text[-1].isascii() or token.text.isascii()) else ""
        text += gap + shown(token.text)
    return text


def shown(word: str) -> str:
    """A folded word as people write it: short latin ones are abbreviations."""
    return ABBREVIATION.sub(lambda found: found[0].upper(), word)
