"""One batch of texts cut into words, as the arrays that travel between processes; imports little, for it is imported
by every process that helps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import Memo, content_words


@dataclass(frozen=True)
class Batch:
    """A few thousand cut posts with words numbered among themselves: small enough to travel between processes."""

    numbers: NDArray[np.int32]
    sizes: NDArray[np.int32]
    words: list[str]


def cut_batch(texts: Sequence[str], lexicon: Lexicon | None = None) -> Batch:
    """One batch, cut in this process; None stands for the shipped lexicon, which then need not travel."""
    lexicon = lexicon or Lexicon.default()
    memo = _memo_of(lexicon)
    return batch_of(content_words(text, lexicon, memo) for text in texts)


def batch_of(documents: Iterable[Sequence[str]]) -> Batch:
    """Documents that are cut already, with their words numbered as they come."""
    said: list[str] = []
    sizes: list[int] = []
    for document in documents:
        said += document
        sizes.append(len(document))
    number = {word: place for place, word in enumerate(dict.fromkeys(said))}
    numbers = np.fromiter(map(number.__getitem__, said), dtype=np.int32, count=len(said))
    return Batch(numbers, np.array(sizes, dtype=np.int32), list(number))


_memos: dict[str, Memo] = {}


def _memo_of(lexicon: Lexicon) -> Memo:
    """What became of each word under this lexicon, for as long as it is the one in use."""
    if lexicon.fingerprint not in _memos:
        _memos.clear()
        _memos[lexicon.fingerprint] = {}
    return _memos[lexicon.fingerprint]
