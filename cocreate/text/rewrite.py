"""Other spellings of a query: synonyms, pinyin, initials, and a word with one wrong character of the same sound.

Works on the query alone, so the index holds no pinyin and every engine can be asked. Pure: a lexicon and the number of
posts that hold each word go in, readings of a text come out.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Literal

from cocreate.text import rewrite_sounds as sounds
from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import RUN

Via = Literal["synonym", "pinyin", "homophone"]
Learned = dict[str, list[str]]

LONGEST_INITIALS = 6
SHORTEST_PREFIX = 4
LONGEST_PINYIN = 40
HOMOPHONE_POSTS = 20
"""Posts that hold a word of no lexicon before another one is taken for its misspelling."""
TOLD_APART = 20
"""A typed text is taken for another word when that has more than so many times its posts."""
OPTIONS, SYNONYMS, MOST_READINGS, MOST_CHANGES = 4, 6, 8, 4


@dataclass(frozen=True)
class Change:
    """A part of the query read as other words: where it stands in the folded text, and what is put there."""

    start: int
    end: int
    typed: str
    words: tuple[str, ...]
    via: Via


@dataclass(frozen=True)
class Reading:
    """One way to read a query. words: put in place of what was typed; rest: what stays as it was typed.

    posts: at most so many hold it, as far as the corpus is known; None where it is not.
    """

    words: tuple[str, ...]
    rest: tuple[str, ...]
    changes: tuple[Change, ...]
    posts: int | None

    @property
    def text(self) -> str:
        """The reading as a query."""
        return " ".join((*self.words, *self.rest))

    @property
    def via(self) -> Via:
        """The boldest of its changes."""
        return max((change.via for change in self.changes), key=("synonym", "pinyin", "homophone").index)


class Rewriter:
    """Reads queries by a lexicon and by what the posts hold.

    posts: in how many posts each token stands. words: those of its tokens that are words, without the lexicon's.
    Without either the lexicon alone answers.
    """

    def __init__(self, lexicon: Lexicon, posts: Mapping[str, int] | None = None, words: Iterable[str] = ()) -> None:
        self._posts = posts if posts is not None else {}
        self._synonyms = lexicon.synonyms
        own = [*lexicon.spellings, *(word for group in lexicon.synonyms.values() for word in group)]
        self._own = frozenset(own)
        self._longest = max((LONGEST_INITIALS, *(len(word) for word in self._own)))
        learned: tuple[Learned, Learned, Learned, Learned] = tuple(defaultdict(list) for _ in range(4))  # type: ignore[assignment]
        for word in dict.fromkeys((*own, *words)):
            if sounds.CHINESE_WORD.fullmatch(word) and (parts := sounds.syllables(word)):
                self._learn(word, parts, *learned)
        # Tuples: of some 100,000 lists every full garbage collection would look at each.
        self._sound, self._fuzzy, self._initials, self._masks = (
            {key: tuple(sorted(found, key=self._rank)) for key, found in table.items()} for table in learned
        )
        self._sounds = sorted(self._sound)

    def _learn(
        self, word: str, parts: tuple[str, ...], sound: Learned, fuzzy: Learned, initials: Learned, masks: Learned
    ) -> None:
        spelled = "".join(parts)
        sound[spelled].append(word)
        fuzzy[sounds.fuzzy(spelled)].append(word)
        if len(word) <= LONGEST_INITIALS:
            initials["".join(part[0] for part in parts)].append(word)
            if word in self._own or self._posts.get(word, 0) >= HOMOPHONE_POSTS:
                for place, part in enumerate(parts):
                    masks[f"{word[:place]}{part}{word[place + 1 :]}"].append(word)

    def _rank(self, word: str) -> tuple[bool, bool, int, int]:
        """Words that posts hold first, of these the lexicon's, then the frequent ones."""
        held = self._posts.get(word, 0)
        return (bool(self._posts) and held == 0, word not in self._own, -held, len(word))

    def readings(self, text: str) -> list[Reading]:
        """Ways to read the text other than as it was typed, likeliest first, at most eight."""
        folded = fold(text)
        spots = sorted(self._spots(folded), key=lambda spot: spot[0].start)
        found: list[Reading] = []
        for chosen in _combined(spots):
            changes = tuple(change for change in chosen if change is not None)
            if changes:
                found.append(self._reading(folded, changes))
            if len(found) >= MOST_READINGS:
                break
        return found

    def _reading(self, folded: str, changes: tuple[Change, ...]) -> Reading:
        words = tuple(word for change in changes for word in change.words)
        rest: list[str] = []
        end = 0
        for change in changes:
            rest.append(folded[end : change.start])
            end = change.end
        rest.append(folded[end:])
        posts = min((self._posts.get(word, 0) for word in words), default=0) if self._posts else None
        return Reading(words, tuple(part for one in rest if (part := one.strip())), changes, posts)

    def _spots(self, folded: str) -> Iterator[list[Change]]:
        """Places of the text that may be read otherwise, none over another: for each its options, likeliest first."""
        latin: list[tuple[int, int, str]] = []
        for match in RUN.finditer(folded):
            if match["latin"]:
                token = match["latin"]
                latin.append((match.start(), match.end(), token))
                if others := self._others(token):
                    yield [Change(match.start(), match.end(), token, (word,), "synonym") for word in others]
            else:
                yield from self._chinese(match["chinese"], match.start())
        yield from self._latin(folded, latin)

    # -- pinyin

    def _latin(self, folded: str, tokens: list[tuple[int, int, str]]) -> Iterator[list[Change]]:
        unknown = [one for one in tokens if one[2] not in self._own]
        place = 0
        while place < len(unknown):
            stretch = self._spaced(folded, unknown, place)
            start, end = unknown[place][0], unknown[place + stretch - 1][1]
            letters = "".join(sounds.typed(token) for _, _, token in unknown[place : place + stretch])
            options = self.spelled(letters) if stretch > 1 or letters else []
            if not options and stretch > 1:
                stretch, end = 1, unknown[place][1]
                options = self.spelled(sounds.typed(unknown[place][2]))
            typed = folded[start:end]
            held = self._posts.get(typed, 0)
            options = [words for words in options if held * TOLD_APART <= max(1, self._least(words)) or held < 2]
            if options:
                yield [Change(start, end, typed, words, "pinyin") for words in options[:OPTIONS]]
            place += stretch

    def _least(self, words: tuple[str, ...]) -> int:
        return min(self._posts.get(word, 0) for word in words)

    def _spaced(self, folded: str, tokens: list[tuple[int, int, str]], place: int) -> int:
        """How many tokens from here on are single syllables, apart by a blank or an apostrophe: zuo yi, xi'an."""
        count = 0
        for number in range(place, len(tokens)):
            gap = folded[tokens[number - 1][1] : tokens[number][0]] if count else ""
            letters = sounds.typed(tokens[number][2])
            apart = gap.strip(" '’") == "" and len(gap) <= 2
            if not letters or letters not in sounds.all_syllables() or (count and not apart):
                break
            count += 1
        return max(1, count)

    def spelled(self, letters: str) -> list[tuple[str, ...]]:
        """Words that are typed as these letters: their pinyin, several words' pinyin, initials, half their pinyin."""
        if not 2 <= len(letters) <= LONGEST_PINYIN:
            return []
        found: list[tuple[str, ...]] = [(word,) for word in self._sound.get(letters, ())[:OPTIONS]]
        initials: list[tuple[str, ...]] = (
            [(word,) for word in self._initials.get(letters, ())[:OPTIONS]] if len(letters) <= 6 else []
        )
        if not found and len(letters) >= SHORTEST_PREFIX:
            if several := self._split(letters):
                found.append(several)
            found += [(word,) for word in self._begun(letters)]
            if not found:
                found = [(word,) for word in self._fuzzy.get(sounds.fuzzy(letters), ())[:OPTIONS]]
        return list(dict.fromkeys(found + initials))

    def _begun(self, letters: str) -> list[str]:
        """The best words whose pinyin goes on from these letters."""
        words: list[str] = []
        for sound in self._sounds[bisect_left(self._sounds, letters) :][:200]:
            if not sound.startswith(letters):
                break
            words += self._sound[sound][:2]
        return sorted(words, key=self._rank)[:OPTIONS]

    def _split(self, letters: str) -> tuple[str, ...]:
        """The letters as the fewest known words side by side; the last one may be unfinished. () if there is no way."""
        best: dict[int, tuple[str, ...]] = {0: ()}
        for end in range(1, len(letters) + 1):
            ways = []
            for start in range(max(0, end - 24), end):
                if start not in best or end - start < 3:
                    continue
                piece = letters[start:end]
                words = self._sound.get(piece, ())[:1]
                if not words and end == len(letters) and start and len(piece) >= SHORTEST_PREFIX:
                    words = tuple(self._begun(piece)[:1])
                if words:
                    ways.append((*best[start], words[0]))
            if ways:
                best[end] = min(ways, key=lambda way: (len(way), [self._rank(word) for word in way]))
        found = best.get(len(letters), ())
        return found if len(found) > 1 else ()

    # -- Chinese

    def _chinese(self, run: str, at: int) -> Iterator[list[Change]]:
        """Longest pieces first: a known word gets its synonyms, and no part of it is taken for a misspelling; what is
        none may be one."""
        taken, known = bytearray(len(run)), bytearray(len(run))
        for size in range(min(self._longest, len(run)), 1, -1):
            for start in range(len(run) - size + 1):
                piece = slice(start, start + size)
                window = run[piece]
                if any(taken[piece]):
                    continue
                via: Via = "synonym" if window in self._own else "homophone"
                if via == "synonym":
                    known[piece] = b"\1" * size
                    meant = self._others(window)
                else:
                    meant = [] if any(known[piece]) else self._misspelled(window)
                if meant:
                    taken[piece] = b"\1" * size
                    yield [Change(at + start, at + start + size, window, (word,), via) for word in meant]

    def _others(self, word: str) -> list[str]:
        """Its synonyms: those that posts hold, of these the ones that share most of its characters (暖气: 暖风 before
        制热), of these the lexicon's nearest."""

        def place(other: str) -> tuple[bool, int]:
            return bool(self._posts) and not self._posts.get(other), -len(set(word) & set(other))

        # Who looks for 后备箱 has found 后备箱空间 already.
        return sorted((one for one in self._synonyms.get(word, ()) if word not in one), key=place)[:SYNONYMS]

    def _misspelled(self, window: str) -> list[str]:
        """Known words that differ in one character of the same sound and that far more posts hold."""
        if len(window) > LONGEST_INITIALS:
            return []
        masks = (
            f"{window[:place]}{sound}{window[place + 1 :]}"
            for place, character in enumerate(window)
            for sound in sounds.readings(character)
        )
        words = dict.fromkeys(word for mask in masks for word in self._masks.get(mask, ()) if word != window)
        held = self._at_most(window)
        likely = [word for word in words if not self._posts or held * TOLD_APART < self._posts.get(word, 0)]
        return sorted(likely, key=self._rank)[:2]

    def _at_most(self, window: str) -> int:
        """No more posts than this hold the window: as many as hold the rarest of its pairs."""
        return min(self._posts.get(window[i : i + 2], 0) for i in range(len(window) - 1))


def _combined(spots: list[list[Change]]) -> Iterator[tuple[Change | None, ...]]:
    """One option of each spot, likeliest combinations first: what has synonyms may also stay as it was typed, and one
    synonym is likelier than two."""
    spots = spots[:MOST_CHANGES]
    options: list[list[Change | None]] = [[None, *spot] if spot[0].via == "synonym" else [*spot] for spot in spots]

    def cost(places: tuple[int, ...]) -> int:
        synonyms = sum(place > 0 and spot[0] is None for place, spot in zip(places, options, strict=True))
        return sum(places) + 2 * max(0, synonyms - 1)

    first = (0,) * len(options)
    queue, seen = [(0, first)], {first}
    while queue:
        _, places = heappop(queue)
        yield tuple(options[spot][place] for spot, place in enumerate(places))
        for spot, place in enumerate(places):
            following = (*places[:spot], place + 1, *places[spot + 1 :])
            if place + 1 < len(options[spot]) and following not in seen:
                seen.add(following)
                heappush(queue, (cost(following), following))
