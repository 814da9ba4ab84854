"""What the search bench asks, and when an answer is right."""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from search.bench.corpus import SEED, Corpus

TERMS = Path(__file__).parent.parent.parent / "benchmarks" / "search_terms.json"
"""Written without sight of the lexicon that ships; the lexicon is not tuned to it."""
ENOUGH_POSTS = 5
FEW_POSTS = 3
"""A word with synonyms is asked for when hardly a post holds the word itself: others of its group have to come."""
FIRST = 5
TYPED, CLAUSES = (2, 4, 6, 8), 200
DEEP = 300
"""Hits asked for when only the hand-written posts among them are judged."""


@dataclass(frozen=True)
class Question:
    """A query and the share of its answer that is right, 0 to 1."""

    text: str
    limit: int
    right: Callable[[list[int]], float]


@dataclass
class Sets:
    """Questions by what they try; for words also whether our lexicon has them."""

    typing: dict[str, list[Question]] = field(default_factory=dict)
    search: dict[str, list[Question]] = field(default_factory=dict)
    other: dict[str, list[Question]] = field(default_factory=dict)


def told() -> dict[str, Any]:
    """The lists of words, groups, posts and queries."""
    return dict(json.loads(TERMS.read_text(encoding="utf-8")))


def make(corpus: Corpus, lists: dict[str, Any]) -> Sets:
    """All questions but those after similar ones, which the corpus has."""
    folded = {number: fold(text) for number, text in corpus.texts.items()}
    sets = Sets()
    search: dict[str, list[Question]] = defaultdict(list)
    other: dict[str, list[Question]] = defaultdict(list)
    groups = [[fold(word) for word in group["words"]] for group in lists["synonyms"]]
    words = {fold(term["word"]) for term in lists["terms"]} | {word for group in groups for word in group}
    held = _held(words, folded)
    known = _known()
    frequent = [term for term in lists["terms"] if held[fold(term["word"])] >= ENOUGH_POSTS]
    standing = _standing({term["initials"] for term in frequent}, folded)
    for into, mine in ((search, True), (other, False)):
        meant: dict[str, list[str]] = defaultdict(list)
        for term in frequent:
            word = fold(term["word"])
            if (word in known) == mine:
                meant[term["initials"]].append(word)
                for name, text in _spellings(term):
                    into[name].append(Question(text, FIRST, _holds([word], folded)))
        # Two letters stand for several of the words, and no order of hits can mean each of them first; what owners
        # write as a word (cd, esc) means that.
        asked = {letters: ones for letters, ones in meant.items() if standing[letters] < ENOUGH_POSTS}
        for letters, ones in asked.items():
            into["initials"].append(Question(letters, FIRST, _holds(ones, folded)))
    for word, group, mine in _lonely_words(groups, held, known):
        (search if mine else other)["synonym"].append(Question(word, FIRST, _holds(group, folded)))
    for query in lists["mixed_queries"]:
        wanted = {corpus.written[number] for number in query["posts"]}
        search["model names"].append(Question(query["query"], DEEP, _brings(wanted, set(corpus.written.values()))))
    sets.search, sets.other = dict(search), dict(other)
    clauses = list(_clauses(corpus, folded))
    for count in TYPED:
        sets.typing[f"typing {count}"] = [
            Question(clause[:count], FIRST, _typed(clause[:count], source, corpus, folded))
            for clause, source in clauses
        ]
    return sets


def _lonely_words(
    groups: list[list[str]], held: dict[str, int], known: set[str]
) -> Iterator[tuple[str, list[str], bool]]:
    """Words that few posts write although their synonyms stand in enough; True: the lexicon could help."""
    for group in groups:
        for word in group:
            others = sum(held[one] for one in group if one != word)
            if held[word] < FEW_POSTS and others >= ENOUGH_POSTS:
                mates = [one for one in group if one != word and held[one] and one in known]
                yield word, group, word in known and bool(mates)


def _known() -> set[str]:
    lexicon = Lexicon.default()
    return {*lexicon.spellings, *lexicon.synonyms}


def _spellings(term: dict[str, Any]) -> Iterator[tuple[str, str]]:
    names = {
        "word": "as typed", "traditional": "traditional", "pinyin": "pinyin",
        "initials": "initials, one word meant", "homophone": "homophone",
    }  # fmt: skip
    return ((name, term[key]) for key, name in names.items() if term[key])


def _held(words: set[str], folded: dict[int, str]) -> dict[str, int]:
    """In how many posts each word stands."""
    everything = "\n".join(folded.values())
    held = {}
    for word in words:
        count, line_end, place = 0, -1, everything.find(word)
        while place >= 0:
            if place > line_end:
                count += 1
                line_end = everything.find("\n", place)
                if line_end < 0:
                    break
            place = everything.find(word, line_end)
        held[word] = count
    return held


def _standing(letters: set[str], folded: dict[int, str]) -> Counter[str]:
    """In how many posts each of these stands as a latin word of its own."""
    found: Counter[str] = Counter()
    for text in folded.values():
        found.update(letters.intersection(re.findall("[a-z0-9]+", text)))
    return found


def _holds(words: list[str], folded: dict[int, str]) -> Callable[[list[int]], float]:
    """Share of the first five that hold one of the words."""
    return lambda hits: sum(any(word in folded[hit] for word in words) for hit in hits[:FIRST]) / FIRST


def _brings(wanted: set[int], written: set[int]) -> Callable[[list[int]], float]:
    """Share of the wanted posts among as many first hits that were written by hand."""

    def right(hits: list[int]) -> float:
        ours = [hit for hit in hits if hit in written]
        return len(wanted.intersection(ours[: max(FIRST, len(wanted))])) / len(wanted)

    return right


def _clauses(corpus: Corpus, folded: dict[int, str]) -> Iterator[tuple[str, int]]:
    """Beginnings of clauses that owners wrote, each with its post."""
    chance = random.Random(SEED)  # noqa: S311 (a repeatable sample)
    count = 0
    for number in chance.sample(corpus.opinions, len(corpus.opinions)):
        clauses = re.findall("[\u4e00-\u9fff]{8,}", folded[number])
        if clauses:
            yield chance.choice(clauses)[: max(TYPED)], number
            count += 1
        if count == CLAUSES:
            return


def _typed(text: str, source: int, corpus: Corpus, folded: dict[int, str]) -> Callable[[list[int]], float]:
    """Under six characters the first hit must hold them; from six on one of the first five does, and the post itself
    or a variant of it is among them."""

    def right(hits: list[int]) -> float:
        if len(text) < 6:
            return float(bool(hits) and text in folded[hits[0]])
        first = hits[:FIRST]
        own = any(corpus.made_from.get(hit, hit) == source for hit in first)
        return float(own and any(text in folded[hit] for hit in first))

    return right
