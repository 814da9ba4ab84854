"""The posts that the search bench looks through, and the questions whose answers are known.

Every real text once; the rest are car texts with words dropped or swapped, which never count as relevant.
"""

import csv
import random
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import words

ASKED = {"lcqmc": 700, "bq": 300}
"""Clusters asked of each source; all of them would take minutes and say the same."""
SEED = 20_201


@dataclass(frozen=True)
class Asked:
    """A question, and the posts that ask the same in other words."""

    text: str
    relevant: frozenset[int]


@dataclass
class Corpus:
    """Posts by id, and what is known of them."""

    texts: dict[int, str] = field(default_factory=dict)
    opinions: list[int] = field(default_factory=list)
    made_from: dict[int, int] = field(default_factory=dict)
    """Varied car texts: the real one that each comes from."""
    written: dict[int, int] = field(default_factory=dict)
    """Hand-written posts about models: their number in the list of terms → id here."""
    questions: dict[str, list[Asked]] = field(default_factory=dict)
    real: int = 0

    def add(self, text: str) -> int:
        number = len(self.texts) + 1
        self.texts[number] = text
        return number


def build(data: Path, posts: int, written: dict[int, str]) -> Corpus:
    """A corpus of so many posts (at least all real ones) from the folder with the real feedback, and those written by
    hand, last."""
    corpus, chance = Corpus(), random.Random(SEED)  # noqa: S311 (a repeatable sample, no secret)
    opinions = list(dict.fromkeys(_column(data / "car_opinions.csv", "text")))
    complaints = list(dict.fromkeys(_column(data / "car_complaints.csv", "text")))
    corpus.opinions = [corpus.add(text) for text in opinions]
    cars = [*opinions, *complaints]
    numbers = [*corpus.opinions, *(corpus.add(text) for text in complaints)]
    _add_questions(corpus, data / "similar_questions.tsv", chance)
    corpus.real = len(corpus.texts)
    cut = [_pieces(text) for text in cars]
    while len(corpus.texts) < posts - len(written):
        place = chance.randrange(len(cars))
        corpus.made_from[corpus.add(_varied(cut[place], chance))] = numbers[place]
    corpus.written = {number: corpus.add(text) for number, text in written.items()}
    return corpus


def _column(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row[name].strip() for row in csv.DictReader(file) if row[name].strip()]


def _pieces(text: str) -> list[str]:
    """The text as words and what stands between them, in order."""
    pieces: list[str] = []
    end = 0
    for word in words(text, Lexicon()):
        start = text.find(word, end)
        if start < 0 or start - end > 12:  # an overlapping part of the word before, or a spelling the text has not
            continue
        if start > end:
            pieces.append(text[end:start])
        pieces.append(word)
        end = start + len(word)
    return [*pieces, text[end:]] if end < len(text) else pieces


def _varied(pieces: list[str], chance: random.Random) -> str:
    """The text with one to three words dropped or swapped."""
    changed = list(pieces)
    for _ in range(chance.randint(1, 3)):
        if len(changed) < 4:
            break
        here = chance.randrange(len(changed))
        if chance.random() < 0.5:
            del changed[here]
        else:
            there = chance.randrange(len(changed))
            changed[here], changed[there] = changed[there], changed[here]
    return "".join(changed)


def _add_questions(corpus: Corpus, path: Path, chance: random.Random) -> None:
    """Both sides of every pair as posts, but for one question of each asked cluster, which is held out."""
    by_source: dict[str, dict[str, str]] = defaultdict(dict)  # source → bare text → text
    same: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            pair = [row["a"].strip(), row["b"].strip()]
            bare = [_bare(text) for text in pair]
            for key, text in zip(bare, pair, strict=True):
                by_source[row["source"]].setdefault(key, text)
            if row["same"] == "1" and bare[0] != bare[1]:
                same[row["source"]].append((bare[0], bare[1]))
    for source, texts in by_source.items():
        clusters = [sorted(cluster) for cluster in _clusters(same[source])]
        clusters = chance.sample(clusters, min(ASKED.get(source, 300), len(clusters)))
        held_out = {chance.choice(cluster): cluster for cluster in clusters}
        numbers = {key: corpus.add(text) for key, text in texts.items() if key and key not in held_out}
        corpus.questions[source] = [
            Asked(texts[asked], frozenset(numbers[key] for key in cluster if key != asked))
            for asked, cluster in held_out.items()
        ]


def _bare(text: str) -> str:
    """What makes two questions equal: letters and figures, folded."""
    return re.sub(r"[\W_]+", "", fold(text))


def _clusters(pairs: list[tuple[str, str]]) -> list[set[str]]:
    """Questions that are the same by one or several pairs."""
    cluster: dict[str, set[str]] = {}
    for first, second in pairs:
        joined = cluster.get(first, {first}) | cluster.get(second, {second})
        for key in joined:
            cluster[key] = joined
    return [members for key, members in sorted(cluster.items()) if key == min(members)]
