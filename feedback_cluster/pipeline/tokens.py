"""Texts as numbers of words: cut once, in several processes where it pays, and held in a few bytes a word."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import overload

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from cocreate.text.lexicon import Lexicon
from feedback_cluster.pipeline.arrays import Counts
from feedback_cluster.pipeline.batches import Batch, batch_of, cut_batch
from feedback_cluster.pipeline.parallel import ALONE, Workers
from feedback_cluster.pipeline.progress import Progress, in_silence

BATCH = 10_000  # posts that travel to a process at once; their words come back as one array
WORTH_SHARING = 100_000  # posts below which two processes take longer to start than they save


@dataclass(frozen=True, eq=False)
class CutPosts(Sequence[list[str]]):
    """Cut posts as arrays: of post i the words `words[n]` for n in `numbers[starts[i]:starts[i + 1]]`.

    numbers: (n_words_said,) int32. starts: (n_posts + 1,) int64. words: each word once, sorted. A sequence of
    lists of words to whoever reads it as one.
    """

    numbers: NDArray[np.int32]
    starts: NDArray[np.int64]
    words: NDArray[np.object_]

    @classmethod
    def of(cls, documents: "Iterable[Sequence[str]] | CutPosts") -> "CutPosts":
        """The same documents as arrays; they themselves when they are that already."""
        if isinstance(documents, cls):
            return documents
        return joined([batch_of(documents)])

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, row: int) -> list[str]: ...
    @overload
    def __getitem__(self, row: slice) -> list[list[str]]: ...
    def __getitem__(self, row: int | slice) -> list[str] | list[list[str]]:
        """The words of one post, in its order."""
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(len(self)))]
        place = row + len(self) if row < 0 else row
        if not 0 <= place < len(self):
            raise IndexError(row)
        said: list[str] = self.words[self.numbers[self.starts[place] : self.starts[place + 1]]].tolist()
        return said

    def taken(self, rows: Sequence[int] | NDArray[np.int64]) -> "CutPosts":
        """These posts alone, with the same words."""
        chosen = np.asarray(rows, dtype=np.int64)
        sizes = np.diff(self.starts)[chosen]
        starts = ends_of(sizes)
        # The places of every word of every chosen post: its post's first place, and how far it is from it.
        places = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes) + np.repeat(self.starts[:-1][chosen], sizes)
        return CutPosts(self.numbers[places], starts, self.words)

    def counts(self) -> Counts:
        """(n_posts, n_words) occurrences as a sparse float32 matrix with sorted columns."""
        ones = np.ones(len(self.numbers), dtype=np.float32)
        kind = np.int32 if len(self.numbers) < np.iinfo(np.int32).max else np.int64
        shape = (len(self), len(self.words))
        counts = sp.csr_matrix((ones, self.numbers.astype(kind, copy=True), self.starts.astype(kind)), shape=shape)
        counts.sum_duplicates()
        return counts


def cut_posts(
    texts: Iterable[str],
    lexicon: Lexicon,
    *,
    total: int | None = None,
    workers: Workers = ALONE,
    progress: Progress = in_silence,
) -> CutPosts:
    """The content words of every text. Neither the number of processes nor the batches change anything in it.

    texts: read once, a few batches ahead of the work. total: how many, for the progress; len(texts) by default.
    """
    count = total if total is not None else len(texts) if isinstance(texts, Sequence) else 0
    progress("segment", 0, count)
    shared = workers if count >= WORTH_SHARING or workers.far else ALONE
    batches: list[Batch] = []
    done = 0
    sent = () if lexicon is Lexicon.default() else (lexicon,)
    for batch in shared.each(cut_batch, in_batches(texts, BATCH), *sent):
        batches.append(batch)
        done += len(batch.sizes)
        progress("segment", done, max(count, done))
    return joined(batches)


def joined(batches: Sequence[Batch]) -> CutPosts:
    """All batches in order, their words numbered as in the sorted list of all words."""
    words = sorted({word for batch in batches for word in batch.words})
    number = {word: place for place, word in enumerate(words)}
    numbers = [
        np.array([number[word] for word in batch.words] or [0], dtype=np.int32)[batch.numbers] for batch in batches
    ]
    sizes = [batch.sizes for batch in batches]
    return CutPosts(
        np.concatenate(numbers) if numbers else np.zeros(0, dtype=np.int32),
        ends_of(np.concatenate(sizes) if sizes else np.zeros(0, dtype=np.int32)),
        np.array(words, dtype=object),
    )


def ends_of(sizes: NDArray[np.int32] | NDArray[np.int64]) -> NDArray[np.int64]:
    """0 and the running total of sizes."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])


def in_batches(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """The texts in lists of `size`, the last one shorter."""
    waiting = iter(texts)
    while batch := list(islice(waiting, size)):
        yield batch
