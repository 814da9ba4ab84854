"""The labelled feedback that the bench of themes is measured on, and the larger loads made of it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cocreate.text.cutter import cutter_for
from cocreate.text.lexicon import Lexicon

DROPOUT = 0.15  # share of words a resampled post loses, so that no two are the same


@dataclass(frozen=True)
class Corpus:
    """Texts and, of each, its topics; the first of several stands for the post where only one can."""

    name: str
    texts: tuple[str, ...]
    topics: tuple[tuple[str, ...], ...]

    @property
    def first(self) -> list[str]:
        """The first topic of every post."""
        return [topics[0] for topics in self.topics]

    @property
    def kinds(self) -> list[str]:
        """The topics there are, most frequent first."""
        names, times = np.unique(self.first, return_counts=True)
        return [str(names[place]) for place in np.lexsort((names, -times))]

    def part(self, rows: list[int]) -> "Corpus":
        """The posts in these rows alone."""
        return Corpus(self.name, tuple(self.texts[row] for row in rows), tuple(self.topics[row] for row in rows))


def one_topic(data: Path) -> Corpus:
    """The owners' opinions that have exactly one topic."""
    whole = all_opinions(data)
    rows = [row for row, topics in enumerate(whole.topics) if len(topics) == 1]
    return replace(whole.part(rows), name="opinions, one topic")


def all_opinions(data: Path) -> Corpus:
    """All of the owners' opinions, with one topic or several."""
    rows = read(data / "car_opinions.csv")
    topics = tuple(tuple(row["topics"].split("|")) for row in rows)
    return Corpus("opinions, all", tuple(row["text"] for row in rows), topics)


def complaints(data: Path) -> Corpus:
    """The complaints whose system at fault is known."""
    rows = [row for row in read(data / "car_complaints.csv") if row["system_code"]]
    return Corpus(
        "complaints with a code", tuple(row["text"] for row in rows), tuple((row["system_code"],) for row in rows)
    )


def every_text(data: Path) -> list[str]:
    """The texts of both files."""
    return [row["text"] for name in ("car_opinions.csv", "car_complaints.csv") for row in read(data / name)]


def resampled(texts: list[str], count: int, *, seed: int = 0) -> Iterator[str]:
    """`count` posts drawn from `texts` with replacement, each without some of its words."""
    cutter = cutter_for(Lexicon.default())
    cut = [cutter.cut(text) for text in texts]
    rng = np.random.default_rng(seed)
    for start in range(0, count, 10_000):
        for place in rng.integers(len(cut), size=min(10_000, count - start)):
            words = cut[place]
            kept = rng.random(len(words)) >= DROPOUT
            yield "".join(word for word, stays in zip(words, kept, strict=True) if stays)


def read(path: Path) -> list[dict[str, str]]:
    """The rows of one table."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
